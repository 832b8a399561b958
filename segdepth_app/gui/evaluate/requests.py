"""What the form asks for: whether it can be done, how much it is, and the job that does it. No Qt."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from segdepth_app.config import EvaluateConfig, StudyConfig, build
from segdepth_app.gui.evaluate import choices
from segdepth_app.paths import studies_folder

LARGEST_DOSE = 1e6


@dataclass(frozen=True)
class Request:
    """A job to start."""

    job: str
    """evaluate or study."""
    config: dict[str, Any]
    title: str


def problems(typed: dict[str, Any]) -> dict[str, str]:
    """Field (models, datasets, doses) → why it cannot be used and what to do; empty when all can."""
    found = {}
    if not typed["models"]:
        found["models"] = "Tick a model, or choose a file with … ."
    if not typed["datasets"]:
        found["datasets"] = "Tick a dataset, or choose a file with … ."
    if reason := dose_problem(typed["doses"]):
        found["doses"] = reason
    return found


def dose_problem(text: str) -> str:
    """Why a text holds no doses; nothing where it does."""
    doses = choices.doses_from_text(text)
    if not doses:
        return "A dose is missing: electrons per pixel, for example 1; 2.5; 5."
    wrong = [
        f"{dose:g}" if isinstance(dose, float) else dose
        for dose in doses
        if not isinstance(dose, float) or not 0 < dose <= LARGEST_DOSE
    ]
    return f"No dose: {', '.join(wrong)}. Give electrons per pixel, for example 1; 2.5; 5." if wrong else ""


def amount(typed: dict[str, Any]) -> str:
    """How much will be judged, in words; nothing while something is missing."""
    if problems(typed):
        return ""
    n_models, n_datasets = len(typed["models"]), len(typed["datasets"])
    n_doses = len(_doses(typed))
    at = "one dose" if n_doses == 1 else f"{n_doses} doses"
    if n_models * n_datasets == 1:
        return f"1 evaluation at {at}."
    return (
        f"{n_models * n_datasets} evaluations: {_counted(n_models, 'model')} × {_counted(n_datasets, 'dataset')}, "
        f"each at {at}; one study, which can be paused and resumed."
    )


def request(typed: dict[str, Any], now: datetime) -> Request:
    """The job for a form without problems(). Raises: InputError where a setting is refused all the same."""
    shared = {
        "split": typed["split"],
        "doses_e_per_px": _doses(typed),
        "max_images": typed["max_images"],
        "n_bootstrap": typed["n_bootstrap"],
    }
    models, datasets = typed["models"], typed["datasets"]
    if len(models) == len(datasets) == 1:
        values = {**shared, "model": models[0], "dataset": datasets[0]}
        config = build(EvaluateConfig, {**values, "out": choices.new_folder(models[0], datasets[0], now)})
        title = f"Evaluate {typed['labels'][models[0]]} on {Path(datasets[0]).stem}"
        return Request("evaluate", config.model_dump(mode="json"), title)
    out = choices.free_folder(studies_folder(), f"compare_{now:%Y%m%d-%H%M%S}")
    values = {**shared, "kind": "compare", "models": models, "datasets": datasets, "out": out}
    study = build(StudyConfig, values)
    title = f"Compare {_counted(len(models), 'model')} on {_counted(len(datasets), 'dataset')}"
    return Request("study", study.model_dump(mode="json"), title)


def _doses(typed: dict[str, Any]) -> list[float | str]:
    # each once: a dose typed twice is judged once
    return list(dict.fromkeys(choices.doses_from_text(typed["doses"])))


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
