"""What a training starts from: the two splits as the network sees them, and its first weights."""

import torch

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.batches import CropSource, middle_dose
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import ModelError
from segdepth_app.models.card import find_model, read_card
from segdepth_app.models.model_file import network_with_weights
from segdepth_app.models.networks import DepthNetwork, build_network
from segdepth_app.training.module import ImageGroups

VALIDATION_IMAGES = 64


def open_sources(dataset: Dataset, config: TrainConfig) -> tuple[CropSource, CropSource]:
    """Training and validation images as the network sees them. Raises: DatasetError where they do not suit."""
    with torch.device("meta"):
        network = build_network(config.network)
    train, validation = (
        CropSource(
            dataset,
            split,
            labels=config.labels,
            input_binning=network.input_binning,
            output_binning=network.output_binning,
            multiple=network.multiple,
        )
        for split in ("train", "validation")
    )
    return train, validation


def validation_groups(validation: CropSource, config: TrainConfig) -> ImageGroups:
    """The images every epoch is judged on, at the dose in the middle of the training's range."""
    dose = middle_dose(config.dose_low_e_per_px, config.dose_high_e_per_px)
    return ImageGroups(validation.whole_images(dose_e_per_px=dose, seed=config.seed, limit=VALIDATION_IMAGES))


def first_network(config: TrainConfig) -> DepthNetwork:
    """The network to start from: fresh weights by seed, or those of `initial_model`.

    Raises: ModelError where the initial model is another network.
    """
    if config.initial_model is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            return build_network(config.network)
    path = find_model(config.initial_model)
    theirs = read_card(path).network
    if theirs != config.network:
        raise ModelError(
            f"{path} is a {theirs.kind} network of width {theirs.width} and {theirs.scales} scales; the settings "
            f"ask for {config.network.kind}, {config.network.width} and {config.network.scales}.",
            "Choose the same network in the settings, or another initial model.",
        )
    return network_with_weights(path, config.network)
