"""What a study works on: its models and datasets, and the steps that make those which are not there yet."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from segdepth_app.config import StudyConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.evaluation.studies.kinds import Setup, Source, Step, evaluation_name
from segdepth_app.evaluation.studies.simulations import simulation
from segdepth_app.evaluation.studies.trainings import Training, training, trainings
from segdepth_app.models.card import find_model, read_card, shipped_models
from segdepth_app.paths import existing_file


def resolved(config: StudyConfig) -> StudyConfig:
    """The same settings with whole paths, so that they mean the same in another working folder.

    Raises: InputError where a model or dataset is missing or unreadable: better now than after hours of work.
    """
    models = tuple(dict.fromkeys(_model(name) for name in config.models))
    datasets = tuple(dict.fromkeys(_dataset(path) for path in config.datasets))
    train = _dataset(config.train_dataset) if config.train_dataset else None
    changes = {"models": models, "datasets": datasets, "train_dataset": train, "out": config.out.absolute()}
    return config.model_copy(update=changes)


def _model(name: str) -> str:
    path = find_model(name)
    read_card(path)
    # a shipped model keeps its name: it lies elsewhere in the next version
    return name if name in shipped_models() else str(path.absolute())


def _dataset(path: Path) -> Path:
    with Dataset(existing_file(path, "Dataset")):
        return path.absolute()


def prepare(config: StudyConfig) -> tuple[Setup, list[Step]]:
    """The models and datasets of resolved settings, and the steps that simulate and train first.

    Raises: InputError where the settings of a training are unusable.
    """
    planned = trainings(config)
    taken: set[str] = set()
    models = [_source(read_card(path).name, path, taken) for path in map(find_model, config.models)]
    train_steps = []
    for item in planned:
        name = _free(item.name, lambda name: name.casefold() not in taken)
        taken.add(name.casefold())
        step, source = training(config, Training(name, item.label, item.config))
        train_steps.append(step)
        models.append(source)
    pixels_pm = [read_card(find_model(name)).input_pixel_pm for name in config.models]
    pixels_pm += [item.input_pixel_pm for item in planned]
    datasets, simulate_steps = _datasets(config, models, pixels_pm)
    return Setup(config, tuple(models), tuple(datasets)), simulate_steps + train_steps


def _datasets(config: StudyConfig, models: list[Source], pixels_pm: list[float]) -> tuple[list[Source], list[Step]]:
    if not config.datasets:
        made = [simulation(config, preset, pixels_pm) for preset in config.facts.test_presets]
        return [source for _, source in made], [step for step, _ in made]
    taken: set[str] = set()
    found = []
    for path in config.datasets:
        # neither the dataset's name nor that of a pair may come twice
        name = _free(_slug(path.stem), lambda name: taken.isdisjoint(_pair_names(name, models)))
        taken.update(_pair_names(name, models))
        found.append(Source(name, path))
    return found, []


def _pair_names(name: str, models: Iterable[Source]) -> list[str]:
    pairs = [evaluation_name(model, Source(name, Path())).casefold() for model in models]
    return [name.casefold(), *pairs]


def _source(name: str, path: Path, taken: set[str]) -> Source:
    name = _free(_slug(name), lambda name: name.casefold() not in taken)
    taken.add(name.casefold())
    return Source(name, path)


def _slug(name: str) -> str:
    """The name with only what any file system takes."""
    return re.sub(r"[^\w.+-]+", "-", name).strip(".-") or "unnamed"


def _free(name: str, is_free: Callable[[str], bool]) -> str:
    """The name, or the first of name-2, name-3, … that is free."""
    candidate, number = name, 1
    while not is_free(candidate):
        number += 1
        candidate = f"{name}-{number}"
    return candidate
