"""The explore job: serves frames and saliency maps of one series while the View tab shows it.

Requests come through `reporter.requests()`; answers name .npy files in the config's folder. The first
answer, id 0, describes the series. Frames need no torch, so the first picture is fast: torch comes with the
first saliency map.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segdepth_app.config import ExploreConfig
from segdepth_app.errors import InputError
from segdepth_app.reporting import Reporter
from segdepth_app.series.opener import Series, open_series

if TYPE_CHECKING:
    from segdepth_app.inference.predictor import Predictor


def run(config: ExploreConfig, reporter: Reporter) -> None:
    """Answers requests until they end. Raises: InputError where the series or a request cannot be used."""
    try:
        config.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot write to {config.folder}: {error.strerror or error}.") from error
    with open_series(config) as series:
        reporter.started(folder=str(config.folder))
        reporter.answer(0, **describe(series))
        desk = _Desk(config, series)
        for request in reporter.requests():
            command, number = request.get("cmd"), request.get("id")
            if not isinstance(number, int):
                continue
            if command == "frame":
                reporter.answer(number, **desk.frame(number, request))
            elif command == "saliency":
                reporter.answer(number, **desk.saliency(number, request))


def describe(series: Series) -> dict[str, Any]:
    """What the window shows about a series."""
    return {
        "name": series.name,
        "n_frames": series.n_frames,
        "height_px": series.height_px,
        "width_px": series.width_px,
        "pixel_size_pm": series.pixel_size_pm,
        "pixel_size_source": series.pixel_size_source,
        "frame_time_s": series.frame_time_s,
        "frame_time_source": series.frame_time_source,
        "vacuum": float(series.vacuum),
        "vacuum_source": series.vacuum_source,
        "dose_e_per_px": series.dose_e_per_px,
        "dose_source": series.dose_source,
        "fingerprint": series.fingerprint(),
        "warnings": series.warnings,
    }


class _Desk:
    """Answers single requests; keeps the model once it is loaded."""

    def __init__(self, config: ExploreConfig, series: Series) -> None:
        self._config = config
        self._series = series
        self._predictor: Predictor | None = None

    def frame(self, number: int, request: dict[str, Any]) -> dict[str, Any]:
        """A frame as it is in the file: uint8 where it fits, else float32."""
        index = self._index(request)
        image = self._series.frame(index)
        if self._series.dtype == np.uint8:
            image = image.astype(np.uint8)
        return {"frame": index, "path": self._saved(number, image), "vacuum": float(self._series.vacuum)}

    def saliency(self, number: int, request: dict[str, Any]) -> dict[str, Any]:
        """A saliency map over the whole frame."""
        from segdepth_app.inference.run import calibration
        from segdepth_app.inference.saliency import saliency_map

        index = self._index(request)
        predictor = self._loaded()
        pixel_size, dose = calibration(self._series, predictor.card)
        found = saliency_map(
            predictor,
            self._series.normalised(index),
            pixel_size_pm=pixel_size,
            dose_e_per_px=dose,
            x_px=float(request.get("x", -1)),
            y_px=float(request.get("y", -1)),
            depth=request.get("depth"),
        )
        return {
            "frame": index,
            "path": self._saved(number, found.map),
            "scale": found.scale,
            "depth": found.depth,
            "probability": found.probability,
        }

    def _loaded(self) -> "Predictor":
        if self._predictor is None:
            if self._config.model is None:
                raise InputError("A saliency map needs a model.", "Choose one.")
            from segdepth_app.inference.predictor import Predictor
            from segdepth_app.microscope.device import pick_device
            from segdepth_app.models.card import find_model
            from segdepth_app.models.model_file import load_model

            device = pick_device(self._config.device)
            self._predictor = Predictor(load_model(find_model(self._config.model), device), device)
        return self._predictor

    def _index(self, request: dict[str, Any]) -> int:
        index = request.get("frame")
        if not isinstance(index, int) or not 0 <= index < self._series.n_frames:
            raise InputError(f"There is no frame {index}.", f"Frames run from 0 to {self._series.n_frames - 1}.")
        return index

    def _saved(self, number: int, values: np.ndarray) -> str:
        path: Path = self._config.folder / f"{number}.npy"
        np.save(path, np.ascontiguousarray(values))
        return str(path)
