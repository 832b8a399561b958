"""The saliency job: one map of one pixel of one frame, as .npy (raw), .tif (raw, calibrated) or .png (picture)."""

from pathlib import Path

import numpy as np

from segdepth_app.config import SaliencyConfig
from segdepth_app.errors import InputError
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.run import calibration
from segdepth_app.inference.saliency import Saliency, saliency_map
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import find_model
from segdepth_app.models.model_file import load_model
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Reporter
from segdepth_app.series.opener import open_series

ENDINGS = (".npy", ".tif", ".tiff", ".png")


def run(config: SaliencyConfig, reporter: Reporter) -> None:
    """Writes the map. Raises: InputError where anything asked for does not exist or cannot be written."""
    out = writable_target(config.out)
    if out.suffix.lower() not in ENDINGS:
        raise InputError(f"A saliency map cannot be written as {out.name}.", f"Choose {', '.join(ENDINGS)}.")
    model_path = find_model(config.model)
    device = pick_device(config.device)
    with open_series(config) as series:
        if config.frame >= series.n_frames:
            raise InputError(f"There is no frame {config.frame}.", f"Frames run from 0 to {series.n_frames - 1}.")
        loaded = load_model(model_path, device)
        pixel_size, dose = calibration(series, loaded.card)
        reporter.started(device=str(device), folder=str(out.parent))
        reporter.raise_if_cancelled()
        found = saliency_map(
            Predictor(loaded, device),
            series.normalised(config.frame),
            pixel_size_pm=pixel_size,
            dose_e_per_px=dose,
            x_px=config.x_px,
            y_px=config.y_px,
            depth=config.depth,
            rotation_deg=config.rotation_deg,
            shift=series.rest_shift(config.frame),
        )
        for text in series.warnings:
            reporter.warning(text)
    write_map(out, found, pixel_size)
    reporter.artifact(out)


def write_map(out: Path, found: Saliency, pixel_size_pm: float) -> None:
    """One file, whole or not there. The pixel size is that of the source file."""
    with written_whole(out) as temporary, temporary.open("wb") as stream:
        if out.suffix.lower() == ".npy":
            np.save(stream, found.map)
        elif out.suffix.lower() == ".png":
            from PIL import Image

            Image.fromarray(_in_grey(found.map)).save(stream, format="PNG")
        else:
            import tifffile

            pixel_nm = pixel_size_pm * found.scale / 1000
            about = {"axes": "YX", "unit": "nm", "depth": found.depth, "probability": found.probability}
            about["rotation_deg"] = found.grid.rotation_deg
            resolution = (1 / pixel_nm, 1 / pixel_nm)
            tifffile.imwrite(stream, found.map, imagej=True, resolution=resolution, metadata=about)


def _in_grey(values: np.ndarray) -> np.ndarray:
    """0 is black, the largest white."""
    return np.rint(values / max(float(values.max()), 1e-30) * 255).astype(np.uint8)
