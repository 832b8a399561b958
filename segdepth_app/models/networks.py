"""The two segmentation networks: the paper's U-Net, and a faster one on summed counts.

Both take `network(image, log_dose)`: image (B, 1, H, W) = counts over expected vacuum counts at the
network's input pixel, log_dose (B,) = ln(electrons per Å² / 100), and give logits (B, 11, h, w) at the
output pixel of 4 reference pixels. `paper` reads reference pixels and halves its map twice in the head;
`fast` reads counts summed 4 × 4 and keeps their size. H and W must be multiples of `network.multiple`.

Reference: Leibovich et al., "Atomic Depth Estimation From Noisy Electron Microscopy Data Via Deep Learning".
"""

from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segdepth_app.config import N_CLASSES, NetworkConfig

OUTPUT_BINNING = 4
"""The output pixel of both networks, in reference pixels."""

REFERENCE_PIXEL_PM = 5.3
"""The paper's pixel; a dataset may have another."""


class DoubleConv(nn.Sequential):
    """Two times 3×3 convolution (replicate padding), batch normalisation, ReLU: `channels` in, between, out."""

    def __init__(self, n_in: int, n_out: int, n_between: int | None = None) -> None:
        n_between = n_between or n_out
        layers: list[nn.Module] = []
        for a, b in ((n_in, n_between), (n_between, n_out)):
            layers += [
                nn.Conv2d(a, b, 3, padding=1, padding_mode="replicate"),
                nn.BatchNorm2d(b),
                nn.ReLU(inplace=True),
            ]
        super().__init__(*layers)
        self.channels = (n_in, n_between, n_out)


class MedianHalving(nn.Module):
    """Halves both axes: the median of each 2×2 block, which is the mean of its two middle values."""

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h/2 w/2"]:
        """Needs even h and w."""
        a, b, c, d = x[..., ::2, ::2], x[..., ::2, 1::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]
        highest = torch.maximum(torch.maximum(a, b), torch.maximum(c, d))
        lowest = torch.minimum(torch.minimum(a, b), torch.minimum(c, d))
        return (a + b + c + d - highest - lowest) / 2


class DepthNetwork(nn.Module):
    """A U-Net from noisy counts to logits of the number of atoms at each output pixel.

    `factors` are the channels of each encoder level over the first one's; each decoder block ends with
    the channels of the level above it.
    """

    def __init__(self, config: NetworkConfig, factors: tuple[int, ...], *, input_binning: int, n_halvings: int) -> None:
        super().__init__()
        self.config = config
        self.input_binning = input_binning
        self.output_binning = OUTPUT_BINNING
        self.multiple = 2 ** max(config.scales, n_halvings)
        width = [config.width * factor for factor in factors]
        first = 2 if config.dose_input else 1
        self.encoder = nn.ModuleList([DoubleConv(first, width[0])])
        self.encoder.extend(DoubleConv(a, b) for a, b in pairwise(width))
        self.decoder = nn.ModuleList()
        below = width[-1]
        for level in reversed(range(config.scales)):
            joined, above = below + width[level], width[max(level - 1, 0)]
            self.decoder.append(DoubleConv(joined, above, joined // 2))
            below = above
        head: list[nn.Module] = []
        for _ in range(n_halvings):
            head += [MedianHalving(), DoubleConv(below, 2 * below)]
            below *= 2
        self.head = nn.Sequential(*head, nn.Conv2d(below, N_CLASSES, 1))
        self.shrink = nn.MaxPool2d(2)
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def forward(self, image: Float[Tensor, "b 1 H W"], log_dose: Float[Tensor, " b"]) -> Float[Tensor, "b 11 h w"]:
        """Logits of the classes 0 to 10."""
        x = image
        if self.config.dose_input:
            x = torch.cat([image, log_dose.to(image.dtype).view(-1, 1, 1, 1).expand_as(image)], dim=1)
        skips = []
        for level, block in enumerate(self.encoder):
            x = block(self.shrink(x) if level else x)
            skips.append(x)
        skips.pop()
        for block in self.decoder:
            x = block(torch.cat([skips.pop(), self.grow(x)], dim=1))
        return self.head(x)


def build_network(config: NetworkConfig) -> DepthNetwork:
    """A network with fresh weights; torch's seed decides them."""
    levels = range(config.scales + 1)
    if config.kind == "paper":
        # 1, 1, 1, 2, 4, 8, 8 with the paper's six scales
        start = max(config.scales - 4, 0)
        factors = tuple(2 ** min(max(level - start, 0), 3) for level in levels)
        return DepthNetwork(config, factors, input_binning=1, n_halvings=2)
    return DepthNetwork(config, tuple(min(level + 1, 3) for level in levels), input_binning=4, n_halvings=0)


def count_parameters(network: nn.Module) -> int:
    """Number of learnt values."""
    return sum(parameter.numel() for parameter in network.parameters())


def description(config: NetworkConfig, pixel_size_pm: float = REFERENCE_PIXEL_PM) -> dict[str, Any]:
    """What `segdepth describe` says of a network; makes no weights."""
    with torch.device("meta"):
        network = build_network(config)
    blocks = []
    for part in ("encoder", "decoder"):
        for number, block in enumerate(getattr(network, part)):
            blocks.append(_block_line(f"{part} {number}", block))
    blocks += [_block_line(f"head {n}", b) for n, b in enumerate(network.head) if count_parameters(b)]
    return {
        "kind": config.kind,
        "width": config.width,
        "scales": config.scales,
        "dose_input": config.dose_input,
        "n_classes": N_CLASSES,
        "parameters": count_parameters(network),
        "input_pixel_pm": round(pixel_size_pm * network.input_binning, 4),
        "output_pixel_pm": round(pixel_size_pm * network.output_binning, 4),
        "multiple_px": network.multiple,
        "blocks": blocks,
    }


def _block_line(name: str, block: nn.Module) -> dict[str, Any]:
    channels = block.channels if isinstance(block, DoubleConv) else (block.in_channels, block.out_channels)
    return {"block": name, "channels": list(channels), "parameters": count_parameters(block)}
