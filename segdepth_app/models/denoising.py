"""The denoiser: the same U-Net trunk with a head of one channel, from noisy counts to the clean image.

It works at the segmenter's input pixel and at its full size, and keeps the scale of the image: vacuum is about 1.
How it is trained, alone and first or together with the segmenter, is training/denoise.py.

Reference: Leibovich et al. (see models/networks.py), section IV.F; its denoiser follows Mohan et al., Deep
Denoising for Scientific Discovery (2022), whose U-Net has the same trunk.
"""

from jaxtyping import Float
from torch import Tensor, nn

from segdepth_app.config import NetworkConfig
from segdepth_app.models.blocks import Trunk


class Denoiser(Trunk):
    """A U-Net whose output is an image; `config` and `factors` are those of the segmenter behind it."""

    def __init__(self, config: NetworkConfig, factors: tuple[int, ...]) -> None:
        super().__init__(config, factors)
        self.head = nn.Sequential(nn.Conv2d(self.n_features, 1, 1))

    def forward(self, image: Float[Tensor, "b 1 H W"], log_dose: Float[Tensor, " b"]) -> Float[Tensor, "b 1 H W"]:
        """The mean image that the counts were drawn from, as far as it can be told."""
        return self.head(self.features(image, log_dose))
