"""The two segmentation networks: the paper's U-Net, and a faster one on summed counts.

Both take `network(image, log_dose)`: image (B, 1, H, W) = counts over expected vacuum counts at the
network's input pixel, log_dose (B,) = ln(electrons per Å² / 100), and give logits (B, 11, h, w) at the
output pixel of 4 reference pixels. `paper` reads reference pixels and halves its map twice in the head;
`fast` reads counts summed 4 × 4 and keeps their size. H and W must be multiples of `network.multiple`.

Either may have a denoiser in front (models/denoising.py), trained on its own or along with it; the two are one
network to whoever applies it.

Reference: Leibovich et al., "Atomic Depth Estimation From Noisy Electron Microscopy Data Via Deep Learning".
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segdepth_app.config import N_CLASSES, NetworkConfig
from segdepth_app.models.blocks import DoubleConv, MedianHalving, Trunk, count_parameters
from segdepth_app.models.denoising import Denoiser

OUTPUT_BINNING = 4
"""The output pixel of both networks, in reference pixels."""

REFERENCE_PIXEL_PM = 5.3
"""The paper's pixel; a dataset may have another."""


class DepthNetwork(Trunk):
    """A U-Net from noisy counts to logits of the number of atoms at each output pixel."""

    def __init__(self, config: NetworkConfig, factors: tuple[int, ...], *, input_binning: int, n_halvings: int) -> None:
        super().__init__(config, factors)
        self.input_binning = input_binning
        self.output_binning = OUTPUT_BINNING
        self.multiple = 2 ** max(config.scales, n_halvings)
        below = self.n_features
        head: list[nn.Module] = []
        for _ in range(n_halvings):
            head += [MedianHalving(), DoubleConv(below, 2 * below)]
            below *= 2
        self.head = nn.Sequential(*head, nn.Conv2d(below, N_CLASSES, 1))
        self.denoiser = Denoiser(config, factors) if config.denoiser != "none" else None

    def forward(self, image: Float[Tensor, "b 1 H W"], log_dose: Float[Tensor, " b"]) -> Float[Tensor, "b 11 h w"]:
        """Logits of the classes 0 to 10. Gradients reach the image, through the denoiser where there is one."""
        return self.segmented(self.denoised(image, log_dose), log_dose)

    def denoised(self, image: Float[Tensor, "b 1 H W"], log_dose: Float[Tensor, " b"]) -> Float[Tensor, "b 1 H W"]:
        """The image as the segmenter gets to see it: cleaned, or the very same where there is no denoiser."""
        return image if self.denoiser is None else self.denoiser(image, log_dose)

    def segmented(self, image: Float[Tensor, "b 1 H W"], log_dose: Float[Tensor, " b"]) -> Float[Tensor, "b 11 h w"]:
        """Logits of an image that needs no denoising any more."""
        return self.head(self.features(image, log_dose))


def build_network(config: NetworkConfig) -> DepthNetwork:
    """A network with fresh weights; torch's seed decides them."""
    levels = range(config.scales + 1)
    if config.kind == "paper":
        # 1, 1, 1, 2, 4, 8, 8 with the paper's six scales
        start = max(config.scales - 4, 0)
        factors = tuple(2 ** min(max(level - start, 0), 3) for level in levels)
        return DepthNetwork(config, factors, input_binning=1, n_halvings=2)
    return DepthNetwork(config, tuple(min(level + 1, 3) for level in levels), input_binning=4, n_halvings=0)


def in_words(config: NetworkConfig) -> str:
    """A network's name in messages: its kind and size, and what is not usual about it."""
    unusual = {
        f"{config.upsampling} upsampling": config.upsampling != "bilinear",
        f"{config.denoiser} denoiser": config.denoiser != "none",
        "blind to the dose": not config.dose_input,
    }
    remarks = ", ".join(text for text, is_so in unusual.items() if is_so)
    name = f"{config.kind} network of width {config.width} and {config.scales} scales"
    return f"{name} ({remarks})" if remarks else name


def description(config: NetworkConfig, pixel_size_pm: float = REFERENCE_PIXEL_PM) -> dict[str, Any]:
    """What `segdepth describe` says of a network; makes no weights."""
    with torch.device("meta"):
        network = build_network(config)
    parts: dict[str, Trunk] = {"": network}
    if network.denoiser is not None:
        parts = {"denoiser ": network.denoiser, **parts}
    return {
        "kind": config.kind,
        "width": config.width,
        "scales": config.scales,
        "dose_input": config.dose_input,
        "upsampling": config.upsampling,
        "denoiser": config.denoiser,
        "n_classes": N_CLASSES,
        "parameters": count_parameters(network),
        "denoiser_parameters": count_parameters(network.denoiser) if network.denoiser is not None else 0,
        "input_pixel_pm": round(pixel_size_pm * network.input_binning, 4),
        "output_pixel_pm": round(pixel_size_pm * network.output_binning, 4),
        "multiple_px": network.multiple,
        "blocks": [line for prefix, part in parts.items() for line in _block_lines(prefix, part)],
    }


def _block_lines(prefix: str, network: Trunk) -> list[dict[str, Any]]:
    """The blocks of one U-Net that hold parameters, in the order of its data's way."""
    blocks = [(f"encoder {n}", block) for n, block in enumerate(network.encoder)]
    for n, pair in enumerate(zip(network.grow, network.decoder, strict=True)):
        blocks += zip((f"growing {n}", f"decoder {n}"), pair, strict=True)
    blocks += [(f"head {n}", block) for n, block in enumerate(network.head)]
    return [_block_line(prefix + name, block) for name, block in blocks if count_parameters(block)]


def _block_line(name: str, block: nn.Module) -> dict[str, Any]:
    channels = block.channels if isinstance(block, DoubleConv) else (block.in_channels, block.out_channels)
    return {"block": name, "channels": list(channels), "parameters": count_parameters(block)}
