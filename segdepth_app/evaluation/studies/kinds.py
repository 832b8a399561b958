"""What a kind of study is: the interface between the engine (run.py) and one module per kind.

A kind is a module with two functions, entered in registry.py; `compare` is the shortest example:

    def plan(setup: Setup) -> list[Step]     what to do, once every model and test set is there
    def outcome(done: Done) -> Outcome       what the steps done so far say: tables, plots, pictures, notes

The engine itself puts steps in front that simulate missing test sets and train missing models; their files
(`Source.path`) are not there yet when `plan` is called, so `plan` must not open them. It calls `outcome` after
every step, also with none done, and at the end.

The rules of a step's `run(context)`:
- it writes into `context.place` (a folder or file of its own inside the study folder), whole or not at all;
- it may be called again, after a kill or a pause, and then goes on or starts anew;
- it asks `context.reporter.raise_if_cancelled()` between units of work, and leaves nothing half-made then. A pause
  of the study reaches it as a cancel, unless the step has `pauses`: such a step is told to pause, and returns "paused";
- it raises SegDepthError where it cannot be done: the step is marked failed with that sentence, the others go on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from segdepth_app.config import EvaluateConfig, StudyConfig
from segdepth_app.evaluation import run as evaluation
from segdepth_app.evaluation.records import Evaluation, read_evaluation
from segdepth_app.evaluation.study_records import EVALUATIONS
from segdepth_app.reporting import Reporter

if TYPE_CHECKING:
    from matplotlib.figure import Figure

What = Literal["simulate", "train", "evaluate", "gradient", "observe"]

WEIGHTS: dict[What, float] = {"simulate": 5, "train": 60, "evaluate": 5, "gradient": 2, "observe": 2}
"""How long the kinds of steps take beside each other, roughly; for the progress of the whole study."""


@dataclass(frozen=True)
class Source:
    """A model or a dataset of the study."""

    name: str
    """Unique among the study's models, or datasets; for people, and fit for a file's name."""
    path: Path
    made_by: str = ""
    """Name of the step that makes the file; empty where it was there before."""


@dataclass(frozen=True)
class Context:
    """What a step gets."""

    config: StudyConfig
    place: Path
    reporter: Reporter


@dataclass(frozen=True)
class Step:
    """One thing the study does."""

    name: str
    """Unique in the study."""
    label: str
    """What it does, for people: "Evaluate ceria-110-fast on wedge-test-25pm"."""
    what: What
    place: str
    """Where its outcome lies, a path inside the study folder with `/`; there only when the step is done."""
    run: "Callable[[Context], str | None]"
    """Does it; gives "paused" where it has paused (see `pauses`), else None."""
    uses: tuple[Source, ...] = ()
    """Models and datasets it reads: it waits for the steps that make them, and is done anew when they change."""
    after: tuple[str, ...] = ()
    """Names of other steps whose outcome it reads."""
    pauses: bool = False
    """Whether `run` heeds a pause by itself and goes on from there when it is called again."""
    weight: float = 0
    """Share in the study's progress; 0: as usual for `what`."""

    @property
    def share(self) -> float:
        """The weight, or the usual one."""
        return self.weight or WEIGHTS[self.what]

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the steps without which this one cannot be done."""
        return (*(source.made_by for source in self.uses if source.made_by), *self.after)


@dataclass(frozen=True)
class Setup:
    """What a study works on."""

    config: StudyConfig
    models: tuple[Source, ...]
    datasets: tuple[Source, ...]

    def pairs(self) -> list[tuple[Source, Source]]:
        """Every model with every dataset."""
        return [(model, dataset) for model in self.models for dataset in self.datasets]

    def evaluations(self) -> list[Step]:
        """A step for each pair: the model judged on the dataset at all doses of the study."""
        return [_evaluation(model, dataset, len(self.config.doses)) for model, dataset in self.pairs()]


@dataclass(frozen=True)
class Judged:
    """One model's evaluation on one dataset."""

    model: Source
    dataset: Source
    evaluation: Evaluation


@dataclass(frozen=True)
class Done:
    """What of a study is done."""

    setup: Setup
    folder: Path
    steps: dict[str, str]
    """Name and place of the steps that are done."""

    @property
    def config(self) -> StudyConfig:
        """The study's settings."""
        return self.setup.config

    def place(self, step: str) -> Path | None:
        """Where the outcome of a step lies; none while it is not done."""
        return self.folder / self.steps[step] if step in self.steps else None

    def judged(self) -> list[Judged]:
        """The evaluations that are done, in the order of the models, then of the datasets."""
        return [
            Judged(model, dataset, read_evaluation(place))
            for model, dataset in self.setup.pairs()
            if (place := self.place(evaluation_name(model, dataset)))
        ]


@dataclass(frozen=True)
class Picture:
    """What is neither table nor plot: drawn by matplotlib when the study ends, as PNG, SVG and PDF."""

    name: str
    title: str
    text: str
    draw: "Callable[[], Figure]"


@dataclass(frozen=True)
class Outcome:
    """What a study found; tables and plots as study_records says (evaluation.studies.parts makes them)."""

    tables: list[dict[str, Any]] = field(default_factory=list)
    plots: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Kind(Protocol):
    """A module of one kind of study."""

    def plan(self, setup: Setup) -> list[Step]:
        """The steps after simulating and training, in order."""

    def outcome(self, done: Done) -> Outcome:
        """What the steps that are done say; a figure that is not there yet, or cannot be, is None with a note."""


def evaluation_name(model: Source, dataset: Source) -> str:
    """Name of the step that judges a model on a dataset, and of its folder."""
    return f"{model.name}_{dataset.name}"


def _evaluation(model: Source, dataset: Source, n_doses: int) -> Step:
    def run(context: Context) -> None:
        config = context.config
        settings = EvaluateConfig(
            model=str(model.path),
            dataset=dataset.path,
            out=context.place,
            split=config.split,
            doses_e_per_px=config.doses,
            max_images=config.max_images,
            n_bootstrap=config.n_bootstrap,
            # examples and worst images are looked at one evaluation at a time
            n_examples=0,
            n_worst=0,
            seed=config.seed,
            device=config.device,
        )
        evaluation.run(settings, context.reporter)

    name = evaluation_name(model, dataset)
    return Step(
        name=name,
        label=f"Evaluate {model.name} on {dataset.name}",
        what="evaluate",
        place=f"{EVALUATIONS}/{name}",
        run=run,
        uses=(model, dataset),
        weight=WEIGHTS["evaluate"] * n_doses,
    )
