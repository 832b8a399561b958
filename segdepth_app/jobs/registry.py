"""Every job: where its settings and its function are, and what may be asked of it. Imports nothing before its time."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from segdepth_app.errors import InputError
from segdepth_app.reporting import Command, Reporter

if TYPE_CHECKING:  # pydantic takes a fifth of a second, which the window has not when it starts
    from segdepth_app.config import Config

Run = Callable[[Any, Reporter], "str | None"]
STOP, PAUSE, CANCEL = Command.STOP, Command.PAUSE, Command.CANCEL


@dataclass(frozen=True)
class JobSpec:
    """One kind of job."""

    config: str
    """`module:class` of its settings, below segdepth_app."""
    target: str
    """`module:function` that runs it."""
    verbs: tuple[Command, ...] = (CANCEL,)
    """What the job heeds."""
    when_alone: Command | None = CANCEL
    """What it is told when its parent vanishes (end of file on stdin); None: it goes on."""
    on_close: Command = CANCEL
    """What it is told when the window closes."""

    def config_class(self) -> "type[Config]":
        """The model of its settings."""
        return cast("type[Config]", _find(self.config))

    def function(self) -> Run:
        """The function that runs it; imports all it needs."""
        return cast(Run, _find(self.target))


JOBS: dict[str, JobSpec] = {
    "simulate": JobSpec("config:SimulateConfig", "datasets.generate:run", (PAUSE, CANCEL), None, PAUSE),
    "verify": JobSpec("config:VerifyConfig", "datasets.verify:run"),
    "export-dataset": JobSpec("config:ExportConfig", "datasets.export:run"),
    "convergence": JobSpec("config:ConvergenceConfig", "datasets.convergence:run"),
    "movie": JobSpec("config:MovieConfig", "datasets.movie:run"),
    "image": JobSpec("config:ImageConfig", "microscope.image_job:run"),
    "train": JobSpec("config:TrainConfig", "training.run:run", (STOP, PAUSE, CANCEL), None, PAUSE),
    "estimate": JobSpec("config:TrainConfig", "training.estimate:run"),
    "export-cluster": JobSpec("config:ClusterConfig", "training.cluster:run"),
    "evaluate": JobSpec("config:EvaluateConfig", "evaluation.run:run"),
    "study": JobSpec("config:StudyConfig", "evaluation.studies.run:run", (PAUSE, CANCEL), None, PAUSE),
    "report": JobSpec("config:ReportConfig", "evaluation.report.run:run"),
    "infer": JobSpec("config:InferConfig", "inference.run:run", (STOP, PAUSE, CANCEL), PAUSE, PAUSE),
    "align": JobSpec("config:AlignConfig", "series.drift_job:run"),
    "calibrate": JobSpec("config:CalibrateConfig", "inference.calibrate:run"),
    "export-result": JobSpec("config:ExportResultConfig", "inference.export_job:run"),
    "saliency": JobSpec("config:SaliencyConfig", "inference.saliency_job:run"),
    "explore": JobSpec("config:ExploreConfig", "inference.explore:run", (STOP, CANCEL), STOP, STOP),
    "preview": JobSpec("config:PreviewConfig", "datasets.preview:run", (STOP, CANCEL), STOP, STOP),
    "advise": JobSpec("advice:AdviceConfig", "advice:run", (STOP, CANCEL), STOP, STOP),
    "doctor": JobSpec("doctor.job:DoctorConfig", "doctor.job:run"),
    "demo": JobSpec("config:DemoConfig", "inference.demo:run"),
    "fake": JobSpec("jobs.fake:FakeConfig", "jobs.fake:run", (STOP, PAUSE, CANCEL), STOP, PAUSE),
}


def find_job(name: str) -> JobSpec:
    """The job of that name. Raises: InputError that lists the jobs there are."""
    if name not in JOBS:
        raise InputError(f"No job is called {name!r}.", f"There are: {', '.join(JOBS)}.")
    return JOBS[name]


def _find(place: str) -> Any:
    module, name = place.split(":")
    return getattr(import_module(f"segdepth_app.{module}"), name)
