"""Gradient analysis (Fig. 8): which input pixels an estimate depends on, per depth, on a column and in vacuum.

One step for each model and dataset: gradient/MODEL_DATASET.npz holds the spreads (JSON) and the maps of the pictures.
"""

import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from segdepth_app import __version__
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import ResultError
from segdepth_app.evaluation.gradient import SPREADS, measure
from segdepth_app.evaluation.gradient_places import VACUUM
from segdepth_app.evaluation.studies.kinds import Context, Done, Outcome, Picture, Setup, Source, Step
from segdepth_app.evaluation.studies.parts import Value, curve, plot, table, with_interval
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.model_file import load_model
from segdepth_app.paths import written_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMAT = "segdepth-gradient-1"
FOLDER = "gradient"
SURE = 1.96
NAMED = {"model": "Model", "dataset": "Dataset", "dose_e_per_px": "Dose (e/px)", "what": "Place"}
FIGURES = {
    "half_pm": "Radius of half (pm)",
    "ninety_pm": "Radius of nine tenths (pm)",
    "rms_pm": "Rms distance (pm)",
    "in_disc": "Share in the label disc",
    "strength": "Sum of the gradient",
}
COUNTS = {"counts": "Atoms", "n_places": "Places", "n_draws": "Draws of noise"}


class Gradients(NamedTuple):
    """The file of one model and dataset."""

    model: Source
    dataset: Source
    record: dict[str, Any]
    pictures: npt.NDArray[np.float32]
    """(doses, shown places, 11, h, w)"""


def plan(setup: Setup) -> list[Step]:
    """A step for every model and dataset."""
    return [_step(model, dataset, len(setup.config.doses)) for model, dataset in setup.pairs()]


def step_name(model: Source, dataset: Source) -> str:
    """Name of the step, and of its file."""
    return f"gradient_{model.name}_{dataset.name}"


def _step(model: Source, dataset: Source, n_doses: int) -> Step:
    def run(context: Context) -> None:
        record, pictures = gradients(context, model, dataset)
        stream = io.BytesIO()
        np.savez_compressed(stream, record=np.array(json.dumps(record, allow_nan=False)), pictures=pictures)
        with written_whole(context.place) as temporary:
            temporary.write_bytes(stream.getvalue())

    return Step(
        name=step_name(model, dataset),
        label=f"Gradients of {model.name} on {dataset.name}",
        what="gradient",
        place=f"{FOLDER}/{model.name}_{dataset.name}.npz",
        run=run,
        uses=(model, dataset),
        weight=2 * n_doses,
    )


def gradients(context: Context, model: Source, dataset: Source) -> tuple[dict[str, Any], npt.NDArray[np.float32]]:
    """What is written to the file of a model and dataset.

    Raises: InputError where they do not fit each other, or cannot be read.
    """
    config = context.config
    device = str(pick_device(config.device))
    with Dataset(dataset.path) as opened:
        loaded = load_model(model.path, device)
        found = measure(
            opened,
            loaded,
            config.split,
            doses_e_per_px=config.doses,
            seed=config.seed,
            reporter=context.reporter,
            device=device,
        )
        pixel_pm = opened.pixel_size_pm * loaded.card.output_binning
    record = {
        "format": FORMAT,
        "version": __version__,
        "model": str(model.path),
        "dataset": str(dataset.path),
        "split": config.split,
        "seed": config.seed,
        "doses_e_per_px": list(config.doses),
        "rows": found.rows,
        "shown": [asdict(place) for place in found.shown],
        "probabilities": found.probabilities.tolist(),
        "picture_pixel_pm": pixel_pm,
        "furthest_pm": found.furthest_pm,
    }
    return record, found.pictures


def read_gradients(path: Path, model: Source, dataset: Source) -> Gradients:
    """One step's file. Raises: ResultError for anything else."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            record = json.loads(str(file["record"]))
            if record["format"] != FORMAT:
                raise ValueError("another format")
            return Gradients(model, dataset, record, file["pictures"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ResultError(f"{path} is damaged, or of another version.", "Delete it and run the study again.") from error


def outcome(done: Done) -> Outcome:
    """Spreads as a table and against the dose; a sheet of maps for each model, place and dataset."""
    found = [
        read_gradients(place, model, dataset)
        for model, dataset in done.setup.pairs()
        if (place := done.place(step_name(model, dataset)))
    ]
    rows = [_row(item, row) for item in found for row in item.record["rows"]]
    several = len(done.setup.datasets) > 1
    return Outcome(
        tables=[table("spread", "How far the dependency reaches", NAMED | FIGURES | COUNTS, rows)],
        plots=[
            _plot(dataset, found, name, what)
            for dataset in done.setup.datasets
            if any(item.dataset == dataset for item in found)
            for name, what in (("half_pm", "Radius of half of the gradient (pm)"), ("in_disc", FIGURES["in_disc"]))
        ],
        pictures=[picture for item in found for picture in _pictures(item, several)],
        notes=[note for item in found for note in _notes(item)],
    )


def _row(item: Gradients, row: dict[str, Any]) -> dict[str, Value]:
    cells: dict[str, Value] = {
        "model": item.model.name,
        "dataset": item.dataset.name,
        "dose_e_per_px": row["dose_e_per_px"],
        "what": row["what"],
        "counts": ", ".join(map(str, row["counts"])),
        "n_places": row["n_places"],
        "n_draws": row["n_draws"],
    }
    for name in SPREADS:
        cells |= with_interval(name, row[name], _ends(row, name))
    return cells


def _ends(row: dict[str, Any], name: str) -> tuple[float, float] | None:
    value, error = row[name], row[f"{name}_error"]
    if value is None or error is None:
        return None
    return max(0.0, value - SURE * error), value + SURE * error


def _plot(dataset: Source, found: list[Gradients], name: str, label: str) -> dict[str, Any]:
    """A figure against the dose: a curve for each model and kind of place."""
    curves = []
    for item in found:
        if item.dataset != dataset:
            continue
        for what in dict.fromkeys(row["what"] for row in item.record["rows"]):
            rows = sorted(
                (row for row in item.record["rows"] if row["what"] == what), key=lambda row: float(row["dose_e_per_px"])
            )
            where = "in vacuum" if what == VACUUM else f"on {what}"
            doses, values = [row["dose_e_per_px"] for row in rows], [row[name] for row in rows]
            ends = [_ends(row, name) for row in rows]
            curves.append(curve(f"{item.model.name}, {where}", doses, values, intervals=ends))
    return plot(
        f"{name}_{dataset.name}",
        f"{label} against the dose on {dataset.name}",
        x="Dose λ (e/px)",
        y=label,
        curves=curves,
        log=True,
        low=0,
        high=1 if name == "in_disc" else None,
    )


def _pictures(item: Gradients, several: bool) -> list[Picture]:
    made = []
    for number, place in enumerate(item.record["shown"]):
        where = "in vacuum" if place["what"] == VACUUM else f"on a {place['what']} column of {place['count']}"
        key = "vacuum" if place["what"] == VACUUM else "column"
        title = f"{item.model.name}, {where}: saliency of each depth"
        if several:
            title += f" ({item.dataset.name})"

        def draw(number: int = number, title: str = title) -> "Figure":
            from segdepth_app.evaluation.gradient_sheet import saliency_sheet

            return saliency_sheet(
                item.pictures[:, number],
                np.array(item.record["probabilities"])[:, number],
                doses_e_per_px=item.record["doses_e_per_px"],
                pixel_pm=item.record["picture_pixel_pm"],
                title=f"{title}. {item.dataset.name}, image {item.record['shown'][number]['image']}",
            )

        name = f"gradient_{item.model.name}_{item.dataset.name}_{key}"
        text = (
            "Rows are doses, columns depth classes; the place is in the middle of each map. The colour scale is the "
            "same throughout; P is the probability that the model gives to the depth there."
        )
        made.append(Picture(name, title, text, draw))
    return made


def _notes(item: Gradients) -> list[str]:
    name = f"{item.model.name} on {item.dataset.name}"
    notes = [
        f"{name}: spreads are those of the true depth's class, averaged over places and draws of noise; the images end "
        f"{item.record['furthest_pm']:.0f} pm from the places, so a wider spread is cut off."
    ]
    if not any(row["what"] == VACUUM for row in item.record["rows"]):
        notes.append(f"{name}: no place lies far enough from all columns to count as vacuum.")
    flat = [row for row in item.record["rows"] if row["half_pm"] is None]
    notes += [f"{name}: all gradients {row['what']} at λ = {row['dose_e_per_px']:g} are 0." for row in flat]
    return notes
