"""The parts every network here is made of: double convolutions, halving and doubling, and the U-Net's trunk.

Maps are (B, channels, H, W); a trunk's input must have edges that are multiples of 2 to the number of scales.

Reference: Leibovich et al., "Atomic Depth Estimation From Noisy Electron Microscopy Data Via Deep Learning",
appendix.
"""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segdepth_app.config import NetworkConfig


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


def doubling(channels: int, upsampling: str) -> nn.Module:
    """Doubles both axes and keeps the channels: interpolated, or a 2×2 kernel per pixel that is learnt."""
    if upsampling == "transposed":
        return nn.ConvTranspose2d(channels, channels, 2, stride=2)
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)


class Trunk(nn.Module):
    """A U-Net without its head: from an image, and the dose where the network is told it, to maps of its size.

    `factors` are the channels of each encoder level over the first one's; each decoder block ends with the channels
    of the level above it, so that `features` gives `config.width × factors[0]` maps. Who inherits adds the head.
    """

    head: nn.Sequential

    def __init__(self, config: NetworkConfig, factors: tuple[int, ...]) -> None:
        super().__init__()
        self.config = config
        width = [config.width * factor for factor in factors]
        first = 2 if config.dose_input else 1
        self.encoder = nn.ModuleList([DoubleConv(first, width[0])])
        self.encoder.extend(DoubleConv(a, b) for a, b in pairwise(width))
        self.decoder = nn.ModuleList()
        self.grow = nn.ModuleList()
        below = width[-1]
        for level in reversed(range(config.scales)):
            joined, above = below + width[level], width[max(level - 1, 0)]
            self.grow.append(doubling(below, config.upsampling))
            self.decoder.append(DoubleConv(joined, above, joined // 2))
            below = above
        self.shrink = nn.MaxPool2d(2)
        self.n_features = below

    def features(self, image: Float[Tensor, "b 1 H W"], log_dose: Float[Tensor, " b"]) -> Float[Tensor, "b n H W"]:
        """The last maps of the decoder."""
        x = image
        if self.config.dose_input:
            x = torch.cat([image, log_dose.to(image.dtype).view(-1, 1, 1, 1).expand_as(image)], dim=1)
        skips = []
        for level, block in enumerate(self.encoder):
            x = block(self.shrink(x) if level else x)
            skips.append(x)
        skips.pop()
        for grow, block in zip(self.grow, self.decoder, strict=True):
            x = block(torch.cat([skips.pop(), grow(x)], dim=1))
        return x


def count_parameters(module: nn.Module) -> int:
    """Number of learnt values."""
    return sum(parameter.numel() for parameter in module.parameters())
