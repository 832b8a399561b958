"""Steps that simulate the test sets of a study."""

from pathlib import Path

from segdepth_app.config import SimulateConfig, StudyConfig, build, preset_values
from segdepth_app.datasets import generate
from segdepth_app.evaluation.bench import PIXEL_TOLERANCE
from segdepth_app.evaluation.studies.kinds import Context, Source, Step
from segdepth_app.evaluation.study_records import DATASETS

SEEDS_APART = 1000
"""Between the test sets of two study seeds; the presets' own seeds lie closer together."""
LARGEST_SEED = 2**31 - 1


def simulation(config: StudyConfig, preset: str, pixels_pm: list[float]) -> tuple[Step, Source]:
    """The step that makes a preset's test set, and the dataset; `pixels_pm` are the pixels that the models read."""
    name = f"simulate_{preset}"
    settings = settings_of(config, preset, pixels_pm)
    step = Step(
        name=name,
        label=f"Simulate {preset}",
        what="simulate",
        place=f"{DATASETS}/{preset}.h5",
        run=lambda context: _simulate(settings, context),
        pauses=True,
    )
    return step, Source(preset, settings.out, name)


def settings_of(config: StudyConfig, preset: str, pixels_pm: list[float]) -> SimulateConfig:
    """A preset with the study's number of specimens and a seed that follows from the study's.

    Study seed 1 gives the shipped preset's own seed. Its pixels are stored as fine as the finest network needs.
    """
    values = preset_values("simulate", preset) | {
        "out": config.out / DATASETS / f"{preset}.h5",
        "n_specimens": config.test_specimens,
        "device": config.device,
    }
    values["seed"] = (values["seed"] + SEEDS_APART * (config.seed - 1)) % LARGEST_SEED
    settings = build(SimulateConfig, values)
    grid = settings.grid
    binning = stored_binning(grid.pixel_size_pm, grid.binning, pixels_pm)
    return settings.model_copy(update={"grid": grid.model_copy(update={"binning": binning})})


def stored_binning(pixel_size_pm: float, usual: int, pixels_pm: list[float]) -> int:
    """The coarsest binning, at most the usual one, whose pixels divide what every network reads.

    The usual one where none does: judging then says which model does not fit.
    """
    for binning in (4, 2, 1):
        ratios = [pixel / (pixel_size_pm * binning) for pixel in pixels_pm]
        if binning <= usual and all(abs(ratio / max(1, round(ratio)) - 1) <= PIXEL_TOLERANCE for ratio in ratios):
            return binning
    return usual


def _simulate(settings: SimulateConfig, context: Context) -> str | None:
    if not Path(settings.out).exists():  # it is written whole
        generate.run(settings, context.reporter)
    return None if Path(settings.out).exists() else "paused"
