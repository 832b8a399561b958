"""Tables, plots and notes of the ideal observer: bounds beside what the models do.

Models are compared with the bound at their own input pixel. Intervals of bounds are ±1.96 standard errors over
specimens, those of models come from their evaluations.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from segdepth_app.config import N_CLASSES
from segdepth_app.errors import ResultError
from segdepth_app.evaluation.records import dose_key
from segdepth_app.evaluation.studies.figures_of import at_dose, look, missing_notes
from segdepth_app.evaluation.studies.kinds import Done, Judged, Outcome, Source
from segdepth_app.evaluation.studies.parts import Value, curve, plot, table, with_interval
from segdepth_app.models.card import read_card

FORMAT = "segdepth-observer-1"
SURE = 1.96

STEPS = range(N_CLASSES - 1)
NAMED = {
    "dataset": "Dataset",
    "input_pixel_pm": "Input pixel (pm)",
    "dose_e_per_px": "Dose (e/px)",
    "element": "Element",
}
OBSERVERS = {"flat": "no prior", "told_plane": "told the plane"}

Record = dict[str, Any]


def observer_name(dataset: Source) -> str:
    """Name of the step that finds a dataset's ideal observer."""
    return f"observer_{dataset.name}"


def read_observation(path: Path) -> Record:
    """The record in an observer's file. Raises: ResultError for anything else."""
    try:
        record: Record = json.loads(path.read_text(encoding="utf-8"))
        if record["format"] != FORMAT or not record["inputs"]:
            raise ValueError("another format")
        return record
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultError(f"{path} is damaged, or of another version.", "Delete it and run the study again.") from error


class _View:
    """What is known of one dataset at one input pixel and one dose."""

    def __init__(self, done: Done, dataset: Source, record: Record, at_input: Record, dose: float) -> None:
        self.done, self.dataset, self.record, self.dose = done, dataset, record, dose
        self.pixel_pm = float(at_input["input_pixel_pm"])
        self.bounds = at_input["doses"][dose_key(dose)]
        self.judged = [
            item
            for item in done.judged()
            if item.dataset.name == dataset.name and abs(_input_pixel(item) / self.pixel_pm - 1) < 0.02
        ]

    @property
    def named(self) -> dict[str, Value]:
        return {"dataset": self.dataset.name, "input_pixel_pm": self.pixel_pm, "dose_e_per_px": self.dose}

    @property
    def key(self) -> str:
        """Part of the names of its plots."""
        several = len(self.record["inputs"]) > 1
        return f"{self.dataset.name}{f'_{self.pixel_pm:g}pm' if several else ''}"

    def step(self, judged: Judged, element: str, lower: int) -> Record:
        """What a model does at one step; empty where that is not known."""
        steps = look(at_dose(judged, self.dose), "steps_by_element", element) or []
        return next((item for item in steps if item["lower"] == lower), {})


def _input_pixel(judged: Judged) -> float:
    return read_card(judged.model.path).input_pixel_pm


def _views(done: Done) -> Iterator[_View]:
    for dataset in done.setup.datasets:
        place = done.place(observer_name(dataset))
        if place is None:
            continue
        record = read_observation(place)
        for at_input in record["inputs"]:
            for dose in done.config.doses:
                yield _View(done, dataset, record, at_input, dose)


def outcome_of(done: Done) -> Outcome:
    """Everything that the steps done so far say."""
    views = list(_views(done))
    models = {f"model_{number}": model.name for number, model in enumerate(done.setup.models)}
    bounds = {"bound": "Ideal observer", "bound_disc": "Its label disc alone", "bound_whole": "Widest window"}
    numbers = {"low_tenth": "Lowest tenth", "high_tenth": "Highest tenth", "n_columns": "Columns", "n_pairs": "Pairs"}
    by_observer = {f"bound_{name}": f"Ideal observer, {text}" for name, text in OBSERVERS.items()}
    within = {f"within_one_{name}": f"Within ±1, {text}" for name, text in OBSERVERS.items()}
    return Outcome(
        tables=[
            table(
                "steps",
                "Telling n from n + 1 atoms: ideal observer and models",
                NAMED | {"step": "Atoms"} | bounds | models | numbers,
                [_step_row(view, element, lower) for view in views for element in _elements(view) for lower in STEPS],
            ),
            table(
                "columns",
                "Columns called right: ideal observer and models",
                NAMED | by_observer | models | within | {"n": "Images of columns simulated"},
                [_column_row(view, element) for view in views for element in _elements(view)],
            ),
        ],
        plots=[*(item for view in views for item in _step_plots(view)), *_dose_plots(views)],
        notes=[*_notes(views), *missing_notes(done.judged())],
    )


def _elements(view: _View) -> list[str]:
    return list(view.bounds["steps_by_element"])


def _model_cells(view: _View, values: dict[str, tuple[float | None, Any]]) -> dict[str, Value]:
    cells: dict[str, Value] = {}
    for number, model in enumerate(view.done.setup.models):
        if model.name in values:
            cells |= with_interval(f"model_{number}", *values[model.name])
    return cells


def _bound(entry: Record, name: str) -> tuple[float | None, tuple[float, float] | None]:
    """A bound and its interval."""
    value, error = entry[name], entry[f"{name}_error"]
    if value is None or error is None:
        return value, None
    return value, (max(0.0, value - SURE * error), min(1.0, value + SURE * error))


def _step_row(view: _View, element: str, lower: int) -> dict[str, Value]:
    entry = view.bounds["steps_by_element"][element][lower]
    row = view.named | {"element": element, "step": f"{lower} ↔ {lower + 1}"}
    for key, name in (("bound", "accuracy"), ("bound_disc", "accuracy_disc"), ("bound_whole", "accuracy_whole")):
        row |= with_interval(key, *_bound(entry, name))
    found = {item.model.name: view.step(item, element, lower) for item in view.judged}
    row |= _model_cells(view, {name: (step.get("accuracy"), step.get("interval")) for name, step in found.items()})
    return row | {key: entry[key] for key in ("low_tenth", "high_tenth", "n_columns", "n_pairs")}


def _column_row(view: _View, element: str) -> dict[str, Value]:
    entry = view.bounds["columns_by_element"][element]
    row: dict[str, Value] = view.named | {"element": element, "n": entry["n"]}
    for name in OBSERVERS:
        row |= with_interval(f"bound_{name}", *_bound(entry, f"accuracy_{name}"))
        row[f"within_one_{name}"] = entry[f"within_one_{name}"]
    return row | _model_cells(view, {item.model.name: _accuracy(view, item, element) for item in view.judged})


def _accuracy(view: _View, judged: Judged, element: str) -> tuple[float | None, Any]:
    found = look(at_dose(judged, view.dose), "by_element", element) or {}
    return found.get("accuracy"), found.get("interval")


def _step_plots(view: _View) -> Iterator[dict[str, Any]]:
    """Accuracy against the step, for each element."""
    for element in _elements(view):
        entries = view.bounds["steps_by_element"][element]
        bounds = [_bound(entry, "accuracy") for entry in entries]
        curves = [
            curve(
                f"ideal observer, {view.record['radius_pm']:g} pm around the column",
                list(STEPS),
                [value for value, _ in bounds],
                intervals=[ends for _, ends in bounds],
                role="bound",
            )
        ]
        for item in view.judged:
            steps = [view.step(item, element, lower) for lower in STEPS]
            values = [step.get("accuracy") for step in steps]
            ends = [step.get("interval") for step in steps]
            curves.append(curve(item.model.name, list(STEPS), values, intervals=ends))
        yield plot(
            f"steps_{element}_{view.key}_{view.dose:g}",
            f"{element} on {view.dataset.name} at λ = {view.dose:g} e/px: one atom more or less",
            x="n, of the step from n to n + 1 atoms",
            y="Share told apart rightly",
            curves=curves,
            low=0.5 if all(value is None or value >= 0.5 for item in curves for value in item["y"]) else 0.0,
            high=1,
        )


def _dose_plots(views: list[_View]) -> Iterator[dict[str, Any]]:
    """Column accuracy against the dose, for each element and dataset."""
    for key in dict.fromkeys(view.key for view in views):
        chosen = sorted((view for view in views if view.key == key), key=lambda view: view.dose)
        doses = [view.dose for view in chosen]
        for element in _elements(chosen[0]):
            curves = []
            for name, text in OBSERVERS.items():
                found = [_bound(view.bounds["columns_by_element"][element], f"accuracy_{name}") for view in chosen]
                values, ends = [value for value, _ in found], [pair for _, pair in found]
                curves.append(curve(f"ideal observer, {text}", doses, values, intervals=ends, role="bound"))
            for model in chosen[0].judged:
                cells = [
                    _accuracy(view, item, element)
                    for view in chosen
                    for item in view.judged
                    if item.model == model.model
                ]
                values, ends = [value for value, _ in cells], [pair for _, pair in cells]
                curves.append(curve(model.model.name, doses, values, intervals=ends))
            title = f"{element} on {chosen[0].dataset.name}: columns called right"
            yield plot(
                f"columns_{element}_{key}",
                title,
                x="Dose λ (e/px)",
                y="Column accuracy",
                curves=curves,
                log=True,
                low=0,
                high=1,
            )


def _notes(views: list[_View]) -> list[str]:
    notes = []
    beyond: dict[str, list[str]] = {}
    for view in views:
        notes += _setting_notes(view)
        for element in _elements(view):
            notes += _missing_steps(view, element)
            for item in view.judged:
                if steps := _beyond(view, item, element):
                    subject = f"{item.model.name} on {view.dataset.name} is above the bound for {element}"
                    beyond.setdefault(subject, []).append(f"λ = {view.dose:g} e/px ({', '.join(steps)})")
    notes += [
        f"{subject} at {', '.join(where)}: the column's own electrons do not say that much, so the model guesses from "
        "its surroundings there."
        for subject, where in beyond.items()
    ]
    return list(dict.fromkeys(notes))


def _setting_notes(view: _View) -> list[str]:
    record, name = view.record, view.dataset.name
    notes = [
        f"{name}: the ideal observer knows all but one column and sees {record['radius_pm']:g} pm around it. Means "
        f"over {record['n_specimens']} specimens that were simulated again with single columns changed."
    ]
    if record["n_specimens"] < 2:
        notes.append(f"{name}: with one specimen the bounds have no standard error.")
    if record["contrast_is_told"]:
        notes.append(f"{name}: the ideal observer is told each image's gain and offset; models are not.")
    if record["phonons_are_replaced"]:
        notes.append(f"{name}: frozen phonons are replaced by damped potentials for the ideal observer.")
    return notes


def _missing_steps(view: _View, element: str) -> list[str]:
    entries = view.bounds["steps_by_element"][element]
    steps = [f"{entry['lower']} ↔ {entry['lower'] + 1}" for entry in entries if entry["accuracy"] is None]
    if not steps:
        return []
    return [f"{view.dataset.name}: no {element} column of the simulated ones stands near the steps {', '.join(steps)}."]


def _beyond(view: _View, judged: Judged, element: str) -> list[str]:
    """The steps at which the model does better than the bound, beyond both intervals."""
    better = []
    for lower, entry in enumerate(view.bounds["steps_by_element"][element]):
        low = (view.step(judged, element, lower).get("interval") or (None,))[0]
        high = (_bound(entry, "accuracy")[1] or (None, None))[1]
        if low is not None and high is not None and low > high:
            better.append(f"{lower} ↔ {lower + 1}")
    return better
