"""The preview job: single specimens of settings that are being typed, and label maps of finished datasets.

Requests come through `reporter.requests()`; answers name .npy files in the config's folder. Of several requests of
a kind that wait, only the newest is answered. What cannot be done is an answer too (`problem`, `hint`, and `field`
where a file of the draft is at fault): the job lives until its parent is gone. It takes one thread, so that the
window beside it stays quick; torch comes with the first specimen, maps need none.

specimen  id, settings (raw SimulateConfig values), number, image, dose_e_per_px; kind and step: the next specimen
          of that kind, forwards (1) or backwards (-1) from `number`; have: serial number of the specimen whose maps
          and columns the caller has already
maps      id, dataset (path), specimen (its id)
noise     id, dataset (path), image (its row in the file), dose_e_per_px
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.config import DetectorConfig, GridConfig, LabelConfig, PreviewConfig, SimulateConfig, build
from segdepth_app.datasets.batches import noisy
from segdepth_app.datasets.contrast import ContrastScale, contrast_scale
from segdepth_app.datasets.labels import ring_maps
from segdepth_app.datasets.plan import PlannedSpecimen, plan_dataset
from segdepth_app.datasets.store import Dataset, SimulatedSpecimen
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.reporting import Reporter
from segdepth_app.units import dose_per_area

KEPT_SPECIMENS = 4
"""Going back to one of the last few costs nothing."""
LEVEL_PERCENTILES = (0.5, 99.8)
NOISE_STREAM = 7
"""Keeps the noise of a preview apart from the draws of specimens (specimen_rng uses 1)."""

TINY = GridConfig(height_px=64, width_px=64, binning=4)

Request = dict[str, Any]


def run(config: PreviewConfig, reporter: Reporter) -> None:
    """Answers requests until they end. Raises: InputError where the folder for the answers cannot be made."""
    try:
        config.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot write to {config.folder}: {error.strerror or error}.") from error
    reporter.started(folder=str(config.folder))
    desk = _Desk(config)
    for request in newest_of_each_kind(reporter.requests()):
        if reporter.command() is not None:
            return
        number = request.get("id")
        if isinstance(number, int):
            reporter.answer(number, **answer(desk.acts.get(str(request.get("cmd"))), request))


def answer(act: Callable[[Request], dict[str, Any]] | None, request: Request) -> dict[str, Any]:
    """What `act` makes of a request; a problem is put into words."""
    if act is None:
        return {"problem": f"A preview knows no {request.get('cmd')!r}.", "hint": ""}
    try:
        return act(request)
    except SegDepthError as error:
        return {"problem": error.message, "hint": error.hint}
    except MemoryError:
        return {"problem": "There is not enough memory for this preview.", "hint": "Choose smaller images."}
    except Exception as error:  # noqa: BLE001 (settings in the making reach places that nobody thought of)
        return {"problem": f"This specimen could not be simulated: {type(error).__name__}: {error}", "hint": ""}


def newest_of_each_kind(requests: Iterable[Request]) -> Iterator[Request]:
    """Requests in the order they came, but of those of a kind that wait together only the newest."""
    waiting: OrderedDict[str, Request] = OrderedDict()
    changed = threading.Condition()
    over = False

    def collect() -> None:
        nonlocal over
        for request in requests:
            with changed:
                kind = str(request.get("cmd"))
                waiting.pop(kind, None)
                waiting[kind] = request
                changed.notify()
        with changed:
            over = True
            changed.notify()

    threading.Thread(target=collect, daemon=True, name="requests").start()
    while True:
        with changed:
            changed.wait_for(lambda: waiting or over)
            if not waiting:
                return
            _, request = waiting.popitem(last=False)
        yield request


@dataclass(frozen=True)
class _Kept:
    """A specimen that was simulated, and what does not change from image to image."""

    serial: int
    made: SimulatedSpecimen
    seconds: float
    """It took so long to simulate."""
    device: str
    depth: np.ndarray
    weight: np.ndarray
    levels: tuple[float, float]
    """Black and white for all its images."""


class _Desk:
    """Answers single requests; keeps the last specimens and the last plan."""

    def __init__(self, config: PreviewConfig) -> None:
        self._config = config
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._serial = 0
        self._plan: tuple[Hashable, list[PlannedSpecimen]] = (None, [])
        self._warm: set[str] = set()
        self.acts = {"specimen": self.specimen, "maps": self.maps, "noise": self.noise}

    def specimen(self, request: Request) -> dict[str, Any]:
        """One specimen as the dataset would hold it, with noise, labels and weights."""
        values = {**_of_type(request, "settings", dict), "out": str(self._config.folder / "preview.h5")}
        config = build(SimulateConfig, values)
        if refusal := refused_file(config):
            return refusal
        plan = self._planned(config)
        planned = pick(plan, _of_type(request, "number", int), request.get("kind"), request.get("step", 1))
        kept = self._simulated(config, planned)
        made = kept.made
        image = min(max(_of_type(request, "image", int), 0), len(made.images) - 1)
        dose = _dose(request)
        clean = made.images[image].astype(np.float32)
        grid = config.grid
        rng = np.random.default_rng([config.seed, NOISE_STREAM, planned.id, image])
        scale = scale_of(config.detector)
        noise, drawn = _counted(clean, dose, grid.binning, scale, rng)
        arrays = {"clean": clean, "noisy": noise}
        if request.get("have") != kept.serial:
            arrays |= {"depth": kept.depth, "weight": kept.weight, "columns": made.columns}
        return {
            "serial": kept.serial,
            "number": planned.id,
            "n_specimens": len(plan),
            "image": image,
            "n_images": len(made.images),
            "paths": self._saved(request["id"], arrays),
            "levels": kept.levels,
            "specimen": _row(made.specimen),
            "optics": _row(made.index[image]),
            "pixel_size_pm": grid.pixel_size_pm,
            "binning": grid.binning,
            **_doses(dose, grid.pixel_size_pm),
            "contrast": drawn,
            "seconds": kept.seconds,
            "device": kept.device,
        }

    def maps(self, request: Request) -> dict[str, Any]:
        """Depth rings and weights of a specimen of a finished dataset."""
        with Dataset(Path(_of_type(request, "dataset", str))) as dataset:
            columns = dataset.columns(_of_type(request, "specimen", int))
            shape = dataset.images.shape[1:]
            depth, weight = _maps(columns, (int(shape[0]), int(shape[1])), dataset.pixel_size_pm, dataset.binning)
        return {"paths": self._saved(request["id"], {"depth": depth, "weight": weight})}

    def noise(self, request: Request) -> dict[str, Any]:
        """An image of a finished dataset with the noise of a dose."""
        row, dose = _of_type(request, "image", int), _dose(request)
        with Dataset(Path(_of_type(request, "dataset", str))) as dataset:
            if not 0 <= row < len(dataset):
                raise InputError(f"The dataset has no image {row}.", f"Images run from 0 to {len(dataset) - 1}.")
            rng = np.random.default_rng([NOISE_STREAM, row])
            image, drawn = _counted(dataset.image(row), dose, dataset.binning, contrast_scale(dataset), rng)
            pixel = dataset.pixel_size_pm
        return {"paths": self._saved(request["id"], {"noisy": image}), **_doses(dose, pixel), "contrast": drawn}

    def _planned(self, config: SimulateConfig) -> list[PlannedSpecimen]:
        key = (config.seed, config.n_specimens, config.specimen, config.validation_share, config.test_share)
        if self._plan[0] != key:
            self._plan = key, plan_dataset(config)
        return self._plan[1]

    def _simulated(self, config: SimulateConfig, planned: PlannedSpecimen) -> "_Kept":
        settings = (config.specimen, config.optics, config.grid, config.detector)
        key = (planned, config.seed, config.n_defoci, config.device, *settings)
        if key not in self._kept:
            simulate, device = self._simulator(config)
            begin = time.perf_counter()
            made = simulate(config, planned, device)
            seconds = time.perf_counter() - begin
            self._serial += 1
            depth, weight = _maps(made.columns, made.images.shape[1:], config.grid.pixel_size_pm, config.grid.binning)
            low, high = np.percentile(made.images, LEVEL_PERCENTILES)
            levels = (float(low), float(high))
            self._kept[key] = _Kept(self._serial, made, seconds, str(device), depth, weight, levels)
            while len(self._kept) > KEPT_SPECIMENS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _simulator(self, config: SimulateConfig) -> tuple[Callable[..., SimulatedSpecimen], Any]:
        import torch

        from segdepth_app.datasets.simulate_one import simulate_specimen
        from segdepth_app.microscope.device import pick_device

        device = pick_device(self._config.device if config.device == "auto" else config.device)
        if str(device) not in self._warm:
            torch.set_num_threads(1)
            self._warm.add(str(device))
            # tables and libraries are loaded now, so that the seconds that are measured are those of a specimen
            tiny = SimulateConfig(out=config.out, n_specimens=1, n_defoci=1, grid=TINY)
            simulate_specimen(tiny, plan_dataset(tiny)[0], device)
        return simulate_specimen, device

    def _saved(self, number: int, arrays: dict[str, np.ndarray]) -> dict[str, str]:
        paths = {name: self._config.folder / f"{number}-{name}.npy" for name in arrays}
        for name, values in arrays.items():
            np.save(paths[name], np.ascontiguousarray(values))
        return {name: str(path) for name, path in paths.items()}


def pick(plan: list[PlannedSpecimen], number: int, kind: object, step: object) -> PlannedSpecimen:
    """The planned specimen of that number, or the next of a kind from there on; past an end, the one at the end.

    Raises: InputError where there is none of the kind.
    """
    number = min(max(number, 0), len(plan) - 1)
    if not kind:
        return plan[number]
    order = range(len(plan)) if step != -1 else range(len(plan) - 1, -1, -1)
    found = [i for i in order if plan[i].plan.kind == kind]
    if not found:
        raise InputError(f"None of the {len(plan)} specimens is {kind}.", "Raise its share, or look at every kind.")
    ahead = [i for i in found if (i >= number if step != -1 else i <= number)]
    return plan[ahead[0] if ahead else found[-1]]


def _of_type(request: Request, name: str, kind: type) -> Any:
    value = request.get(name)
    if not isinstance(value, kind):
        raise InputError(f"The preview was asked for {name} = {value!r}.")
    return value


def _dose(request: Request) -> float:
    value = request.get("dose_e_per_px")
    if not isinstance(value, int | float) or not 0 < value <= 1e6:
        raise InputError(f"A dose of {value} e/px cannot be counted.", "Give one above 0 and up to 1,000,000.")
    return float(value)


def _doses(dose: float, pixel_size_pm: float) -> dict[str, float]:
    return {"dose_e_per_px": dose, "dose_e_per_a2": dose_per_area(dose, pixel_size_pm)}


def _counted(
    clean: np.ndarray, dose: float, binning: int, scale: ContrastScale, rng: np.random.Generator
) -> tuple[np.ndarray, dict[str, Any] | None]:
    """What a network sees: Poisson counts over those expected in vacuum, float32 (H, W), on an unknown scale.

    The second is that scale and the ranges it was drawn from; None where the counts are shown as they are.
    """
    counts = noisy(clean, dose * binning**2, rng)
    if scale == ContrastScale():
        return counts, None
    gains, offsets = scale.drawn(1, rng)
    gain, offset = float(gains[0]), float(offsets[0])
    drawn = {"gain": gain, "offset": offset, "gain_range": scale.gain, "offset_range": scale.offset}
    return gains[0] * counts + offsets[0], drawn


def scale_of(detector: DetectorConfig) -> ContrastScale:
    """The ranges of gain and offset in a draft."""
    return ContrastScale((detector.gain_low, detector.gain_high), (detector.offset_low, detector.offset_high))


def refused_file(config: SimulateConfig) -> dict[str, Any]:
    """An answer that names the field of a file that cannot be used; empty where all can."""
    from segdepth_app.microscope.mtf import mtf_of
    from segdepth_app.specimen.build import crystal_of
    from segdepth_app.specimen.structure import LOWER_INDICES

    field = "specimen.structure"
    try:
        crystal_of(config.specimen)
        field = "detector.mtf_file"
        mtf_of(config.detector)
    except InputError as error:
        if error.hint == LOWER_INDICES:
            field = "specimen.zone_axis"
        return {"problem": error.message, "hint": error.hint, "field": field}
    return {}


def _maps(
    columns: np.ndarray, shape: tuple[int, ...], pixel_size_pm: float, binning: int
) -> tuple[np.ndarray, np.ndarray]:
    height, width = shape
    return ring_maps(columns, shape=(height, width), pixel_size_pm=pixel_size_pm, binning=binning, labels=LabelConfig())


def _row(row: np.void) -> dict[str, Any]:
    """A table row in JSON's own types."""
    values = {name: row[name].item() for name in row.dtype.names or ()}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}
