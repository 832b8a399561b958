"""Steps that train the models which a study compares; each leaves a run folder as any training does."""

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import torch

from segdepth_app.config import StudyConfig, TrainConfig, build, preset_values, set_value
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import SegDepthError
from segdepth_app.evaluation.studies.kinds import Context, Source, Step
from segdepth_app.evaluation.study_records import RUNS
from segdepth_app.models.networks import build_network
from segdepth_app.training import run as trainer
from segdepth_app.training.runs import read_run

MODEL_FILE = "model.safetensors"


class Training(NamedTuple):
    """One model to train."""

    name: str
    label: str
    config: TrainConfig

    @property
    def input_pixel_pm(self) -> float:
        """The pixel that the network will read."""
        with torch.device("meta"):
            binning = int(build_network(self.config.network).input_binning)
        with Dataset(self.config.dataset) as dataset:
            return float(dataset.pixel_size_pm) * binning


def trainings(config: StudyConfig) -> list[Training]:
    """The models that resolved settings ask for; none where there is nothing to train on.

    Raises: InputError where their settings are unusable.
    """
    if config.train_dataset is None:
        return []
    if config.facts.trains == "widths":
        return [
            _training(config, f"width-{width}", f"of width {width}", {"network": {"width": width}})
            for width in dict.fromkeys(config.widths)
        ]
    if config.facts.trains == "train_doses_e_per_px":
        return [
            _training(config, f"dose-{dose:g}", f"at λ = {dose:g}", {f"dose_{end}_e_per_px": dose for end in ENDS})
            for dose in dict.fromkeys(config.train_doses_e_per_px)
        ]
    return [
        _training(config, VARIANTS[variant], LABELS[variant], {"network": {"denoiser": variant}})
        for variant in dict.fromkeys(config.denoisers)
    ]


ENDS = ("low", "high")
VARIANTS = {"none": "segment-only", "separate": "denoise-then-segment", "joint": "denoise-and-segment-joint"}
LABELS = {"none": "without denoiser", "separate": "with a separate denoiser", "joint": "with a joint denoiser"}


def _training(config: StudyConfig, name: str, label: str, changes: dict[str, Any]) -> Training:
    values = preset_values("train", config.train_preset)
    values |= {"dataset": config.train_dataset, "seed": config.seed, "device": config.device}
    for assignment in config.train_set:
        set_value(values, assignment)
    # what the study varies comes last: it stands above any other setting
    for key, value in changes.items():
        values[key] = {**values.get(key, {}), **value} if isinstance(value, dict) else value
    values["out"] = config.out / RUNS / name
    return Training(name, label, build(TrainConfig, values))


def training(config: StudyConfig, item: Training) -> tuple[Step, Source]:
    """The step that trains a model, and the model."""
    out = config.out / RUNS / item.name
    settings = item.config.model_copy(update={"out": out})
    name = f"train_{item.name}"
    step = Step(
        name=name,
        label=f"Train a model {item.label}",
        what="train",
        place=f"{RUNS}/{item.name}",
        run=lambda context: _train(settings, context),
        pauses=True,
    )
    return step, Source(item.name, out / MODEL_FILE, name)


def _train(settings: TrainConfig, context: Context) -> str | None:
    out = context.place
    if out.exists() and read_run(out).state in ("done", "stopped") and (out / MODEL_FILE).is_file():
        return None
    goes_on = (out / "last.ckpt").is_file()
    if out.exists() and not goes_on:
        shutil.rmtree(out)  # killed before its first checkpoint: nothing is lost
    state = trainer.run(settings.model_copy(update={"resume": goes_on}), context.reporter)
    if state != "paused" and not (out / MODEL_FILE).is_file():
        raise SegDepthError(f"The training in {Path(out)} left no model.", "Its log.txt may say why.")
    return "paused" if state == "paused" else None
