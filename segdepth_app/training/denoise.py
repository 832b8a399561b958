"""Training with a denoiser in front: what is learnt in which epoch, and from which loss.

separate  (Table II, denoise → segment) In the first epochs the denoiser alone, by the mean squared error against the
          clean image; then the segmenter alone, on what the finished denoiser gives.
joint     (denoise + segment) Both at once and each by a loss of its own: the squared error drives the denoiser, the
          labels drive the segmenter. The paper words it so, and no gradient of the labels reaches the denoiser here.

Which part learns follows from the number of finished epochs alone, so a resumed training goes on as it would have.

Reference: Leibovich et al. (see models/networks.py), section IV.F.
"""

from typing import Literal, Protocol

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from segdepth_app.config import TrainConfig
from segdepth_app.models.networks import DepthNetwork
from segdepth_app.training.loss import segmentation_loss

Stage = Literal["whole", "denoise", "segment", "joint"]


class DenoisingBatch(Protocol):
    """What a step needs; `clean` may be missing where there is no denoiser to train."""

    image: Tensor
    log_dose: Tensor
    depth: Tensor
    weight: Tensor
    clean: Tensor | None  # (B, 1, H, W), the image without its noise, on the same scale


def stage_of(config: TrainConfig, epoch: int) -> Stage:
    """What is learnt after `epoch` finished epochs: the whole network, one part of it, or each part by itself."""
    if config.network.denoiser == "none":
        return "whole"
    if config.network.denoiser == "joint":
        return "joint"
    return "denoise" if epoch < config.denoising_epochs else "segment"


def needs_clean(config: TrainConfig, epoch: int) -> bool:
    """Whether the batches of this epoch must bring their clean images."""
    return stage_of(config, epoch) in ("denoise", "joint")


def steps_of_stage(config: TrainConfig, steps_done: int, steps_per_epoch: int) -> tuple[int, int]:
    """(steps done of the stage under way, steps of it in all): each stage has a schedule of its own."""
    first = config.denoising_epochs * steps_per_epoch
    if steps_done < first:
        return steps_done, first
    return steps_done - first, config.max_epochs * steps_per_epoch - first


def is_first_judged(config: TrainConfig, epoch: int) -> bool:
    """Whether nothing before epoch `epoch` (from 0) can be compared with it: the segmenter has only begun.

    So each of a separate denoiser's epochs, and the first one after them, is the best so far, and patience
    starts with the segmenter.
    """
    return config.denoising_epochs > 0 and epoch <= config.denoising_epochs


def begin_epoch(network: DepthNetwork, average: DepthNetwork, config: TrainConfig, epoch: int) -> None:
    """Before a segmenter learns alone, its denoiser becomes the averaged one, in which nothing moves any more.

    Doing it again changes nothing, so it may be done at the start of every epoch, finished or resumed.
    """
    if stage_of(config, epoch) == "segment" and network.denoiser is not None and average.denoiser is not None:
        network.denoiser.load_state_dict(average.denoiser.state_dict())


def training_loss(network: DepthNetwork, batch: DenoisingBatch, config: TrainConfig, epoch: int) -> Float[Tensor, ""]:
    """Loss of a batch; its gradient reaches the parts that learn in this epoch, and no others."""
    stage = stage_of(config, epoch)
    if stage == "denoise":
        return squared_error(network.denoised(batch.image, batch.log_dose), _clean(batch))
    if stage == "whole":
        logits = network(batch.image, batch.log_dose)
        return segmentation_loss(logits, batch.depth, batch.weight, config)
    if stage == "segment":
        denoised = fixed_denoised(network, batch.image, batch.log_dose)
    else:
        denoised = network.denoised(batch.image, batch.log_dose)
    logits = network.segmented(denoised.detach(), batch.log_dose)
    loss = segmentation_loss(logits, batch.depth, batch.weight, config)
    return loss + squared_error(denoised, _clean(batch)) if stage == "joint" else loss


def fixed_denoised(network: DepthNetwork, image: Tensor, log_dose: Tensor) -> Float[Tensor, "b 1 h w"]:
    """What a finished denoiser gives: with its own batch statistics, which stay as they are."""
    if network.denoiser is not None:
        network.denoiser.eval()
    with torch.no_grad():
        return network.denoised(image, log_dose)


def squared_error(denoised: Float[Tensor, "b 1 h w"], clean: Float[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    """Mean squared error over all pixels, in float32; vacuum is about 1."""
    return functional.mse_loss(denoised.float(), clean.float())


def _clean(batch: DenoisingBatch) -> Tensor:
    if batch.clean is None:
        raise ValueError("Expected a batch with clean images: its denoiser learns in this epoch.")
    return batch.clean
