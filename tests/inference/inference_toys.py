"""A tiny model with random weights, and a tiny series of counts."""

from pathlib import Path

import numpy as np
import torch

from segdepth_app import __version__
from segdepth_app.config import LabelConfig, NetworkConfig, OpticsConfig
from segdepth_app.models.card import ModelCard
from segdepth_app.models.model_file import LoadedModel, save_model
from segdepth_app.models.networks import build_network, count_parameters

PIXEL_PM = 5.3
DOSE = 1.83


def toy_model(
    kind: str = "fast", *, width: int = 4, scales: int = 2, denoiser: str = "none", seed: int = 0, **card
) -> LoadedModel:
    """Random weights, with enough spread in the head that classes differ."""
    torch.manual_seed(seed)
    config = NetworkConfig(kind=kind, width=width, scales=scales, denoiser=denoiser)
    network = build_network(config)
    with torch.no_grad():
        network.head[-1].weight.normal_(0, 1.5)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.05, 0.2)
    values = {
        "name": "toy",
        "version": __version__,
        "network": config,
        "parameters": count_parameters(network),
        "pixel_size_pm": PIXEL_PM,
        "binning": network.input_binning,
        "output_binning": network.output_binning,
        "dose_low_e_per_px": 0.8,
        "dose_high_e_per_px": 8.0,
        "labels": LabelConfig(),
        "optics": OpticsConfig(),
        "training_set": {},
        "training": {},
        "temperatures": {"0.8": 1.5, "8.0": 1.0},
        "class_prior": (0.5, *[0.05] * 10),
    }
    return LoadedModel(network.eval(), ModelCard(**{**values, **card}))


def toy_model_file(folder: Path, **settings) -> Path:
    """toy_model() as a file."""
    model = toy_model(**settings)
    return save_model(folder / "toy.safetensors", model.network, model.card)


def toy_counts(n_frames: int = 6, shape: tuple[int, int] = (132, 180), dose: float = DOSE) -> np.ndarray:
    """Counts uint8 (T, H, W): vacuum on the left, bright dots 25 px apart on the right."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    dots = np.cos(2 * np.pi * x / 25) + np.cos(2 * np.pi * y / 25)
    clean = 1 + np.where(x > shape[1] // 2, np.clip(dots, 0, None), 0)
    return np.random.default_rng(5).poisson(clean * dose, (n_frames, *shape)).astype(np.uint8)


def toy_series_file(folder: Path, counts: np.ndarray | None = None, *, calibrated: bool = True) -> Path:
    """toy_counts() as an ImageJ TIFF stack of 5.3 pm pixels, 0.13 s a frame."""
    import tifffile

    path = folder / "series.tif"
    per_nm = 1000 / PIXEL_PM
    metadata = {"axes": "TYX", "unit": "nm", "finterval": 0.13} if calibrated else {"axes": "TYX"}
    resolution = (per_nm, per_nm) if calibrated else None
    tifffile.imwrite(
        path, toy_counts() if counts is None else counts, imagej=True, resolution=resolution, metadata=metadata
    )
    return path
