"""What the explore job answers: frames, saliency maps, the lattice, whether a model suits, smoothed regions.

Frames need no torch, so the first picture is fast. Torch and the model are loaded on the hint `warm`, in a thread
while frames are still served, or with the first saliency map.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from segdepth_app.config import ExploreConfig
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.series.drift_files import drift_key
from segdepth_app.series.opener import Series

if TYPE_CHECKING:
    from segdepth_app.inference.predictor import Predictor
    from segdepth_app.inference.result_reader import ResultReader
    from segdepth_app.series.reflections import LatticeFit

Request = dict[str, Any]
Answer = dict[str, Any]


def describe(series: Series) -> Answer:
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
        "is_counts": series.is_counts,
        "vacuum": float(series.vacuum),
        "vacuum_source": series.vacuum_source,
        "vacuum_reason": series.vacuum_reason,
        "gain": series.gain,
        "gain_source": series.gain_source,
        "offset": series.offset,
        "offset_source": series.offset_source,
        "dose_e_per_px": series.dose_e_per_px,
        "dose_source": series.dose_source,
        "image_dose_e_per_px": series.image_dose_e_per_px,
        "rotation_deg": series.rotation_deg,
        "align": series.align,
        "sum_frames": series.sum_frames,
        "drift": drift_key(series.shift_px),
        "fingerprint": series.fingerprint(),
        "warnings": series.warnings,
    }


def drift_undone_in(path: Path | None) -> np.ndarray | None:
    """Shifts (n, 2) that a result, or the folder of one in the making, was made with; None: none, or none is named."""
    if path is None:
        return None
    with _reader(str(path)) as result:
        return result.source_shift_px()


def lattice_values(fit: "LatticeFit") -> Answer:
    """A fit as JSON, without its power map."""
    from dataclasses import asdict

    return {
        "fits": fit.fits,
        "reason": fit.reason,
        "pixel_size_pm": fit.pixel_size_pm,
        "pixel_size_error_pm": fit.pixel_size_error_pm,
        "rotation_deg": fit.rotation_deg,
        "spots": [asdict(spot) for spot in fit.spots],
        "rms_percent": fit.rms_percent,
        "anisotropy": fit.anisotropy,
        "confidence": fit.confidence,
        "power_step": fit.power_step,
    }


class Desk:
    """Answers single requests; keeps the model once it is loaded. A method per command."""

    def __init__(self, config: ExploreConfig, series: Series) -> None:
        self._config = config
        self._series = series
        self._predictor: Predictor | None = None
        self._loading: Thread | None = None
        self.commands: dict[str, Callable[[int, Request], Answer]] = {
            "frame": self.frame,
            "warm": self.warm,
            "saliency": self.saliency,
            "lattice": self.lattice,
            "suits": self.suits,
            "smooth": self.smooth,
        }

    def close(self) -> None:
        """Waits for what runs beside the requests."""
        if self._loading is not None:
            self._loading.join()

    def frame(self, number: int, request: Request) -> Answer:
        """A frame as it is in the file: uint8 where it fits, else float32."""
        index = self._index(request)
        image = self._series.frame(index)
        if self._series.dtype == np.uint8 and (image == np.rint(image)).all() and image.max() <= 255:
            image = image.astype(np.uint8)
        return {"frame": index, "path": self._saved(number, image), "vacuum": float(self._series.vacuum)}

    def warm(self, _: int, __: Request) -> Answer:
        """Begins to load torch and the model, if there is one; says whether it did."""
        if self._config.model is not None and self._loading is None and self._predictor is None:
            self._loading = Thread(target=self._load_quietly, daemon=True)
            self._loading.start()
        return {"loading": self._loading is not None}

    def saliency(self, number: int, request: Request) -> Answer:
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
            rotation_deg=self._series.rotation_deg,
            shift=self._series.rest_shift(index),
        )
        return {
            "frame": index,
            "path": self._saved(number, found.map),
            "scale": found.scale,
            "grid": found.grid.as_dict(),
            "depth": found.depth,
            "probability": found.probability,
        }

    def lattice(self, number: int, request: Request) -> Answer:
        """The net of reflections, of a region {region: [x, y, w, h]} or all, of one frame or of sampled ones."""
        from segdepth_app.series.reflections import lattice_of_series

        frame = None if request.get("frame") is None else self._index(request)
        fit = lattice_of_series(self._series, frame=frame, region=request.get("region"))
        path = None if fit.power is None else self._saved(number, fit.power)
        return {**lattice_values(fit), "path": path}

    def suits(self, _: int, request: Request) -> Answer:
        """Whether the model suits the series, and the result, if one is named."""
        from segdepth_app.inference.suits import findings

        if self._config.model is None:
            raise InputError("There is no model to compare the series with.", "Choose one.")
        frame = None if request.get("frame") is None else self._index(request)
        result, region = request.get("result"), request.get("region")
        return {"findings": findings(self._series, self._config.model, result, frame=frame, region=region)}

    def smooth(self, number: int, request: Request) -> Answer:
        """Counts (T,) and posteriors (T, 11) of a region [x, y, w, h] of a result, smoothed through time."""
        from segdepth_app.inference.traces import column_prior, smooth_trace

        try:
            x, y, width, height = (float(value) for value in request["region"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{request.get('region')!r} is no region.", "Give x, y, width and height.") from error
        with _reader(request.get("result")) as result:
            trace = result.roi_trace(x, y, width, height)
            prior = result.info.prior or column_prior(result.card.class_prior)
            # an analysis that still runs may not have fitted it yet
            found = smooth_trace(trace, prior=prior, stay_probability=result.info.stay_probability or None)
        return {
            "path": self._saved(number, found.path[:, 0].astype(np.float32)),
            "posterior_path": self._saved(number, found.posterior[:, 0].astype(np.float32), "posterior"),
        }

    def _load_quietly(self) -> None:
        """Loads the model and makes one map of nothing, so that the first real one need not set anything up."""
        try:
            predictor = self._new_predictor()
            self._predictor = predictor
            self._rehearse(predictor)
        except SegDepthError:
            pass  # whoever asks for a map is told

    def _rehearse(self, predictor: "Predictor") -> None:
        from segdepth_app.inference.saliency import saliency_map

        series = self._series
        if series.pixel_size_pm is None:
            return
        # not a frame of the series: files are read in one thread only
        blank = np.ones((series.height_px, series.width_px), np.float32)
        saliency_map(
            predictor,
            blank,
            pixel_size_pm=series.pixel_size_pm,
            dose_e_per_px=1.0,
            x_px=series.width_px // 2,
            y_px=series.height_px // 2,
        )

    def _loaded(self) -> "Predictor":
        if self._loading is not None:
            self._loading.join()
        if self._predictor is None:
            self._predictor = self._new_predictor()
        return self._predictor

    def _new_predictor(self) -> "Predictor":
        if self._config.model is None:
            raise InputError("A saliency map needs a model.", "Choose one.")
        from segdepth_app.inference.predictor import Predictor
        from segdepth_app.microscope.device import pick_device
        from segdepth_app.models.card import find_model
        from segdepth_app.models.model_file import load_model

        device = pick_device(self._config.device)
        return Predictor(load_model(find_model(self._config.model), device), device)

    def _index(self, request: Request) -> int:
        index = request.get("frame")
        if not isinstance(index, int) or not 0 <= index < self._series.n_frames:
            raise InputError(f"There is no frame {index}.", f"Frames run from 0 to {self._series.n_frames - 1}.")
        return index

    def _saved(self, number: int, values: np.ndarray, what: str = "") -> str:
        path: Path = self._config.folder / f"{number}{what and '-' + what}.npy"
        np.save(path, np.ascontiguousarray(values))
        return str(path)


def _reader(path: str | None) -> "ResultReader":
    """A result, or the folder of one that is being made."""
    from segdepth_app.inference.journal import Partial
    from segdepth_app.inference.results import Result

    if not path:
        raise InputError("There is no result to smooth.", "Analyse the series first.")
    return Partial(path) if Path(path).is_dir() else Result(path)
