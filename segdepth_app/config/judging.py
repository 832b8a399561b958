"""Settings of what judges models: evaluations, studies, reports."""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from segdepth_app.config.base import Config, Device

Dose = Annotated[float, Field(gt=0, le=1e6)]
StudyKind = Literal["compare", "model-size", "noise", "denoising", "shuffled", "spread", "gradient", "observer"]
Variant = Literal["none", "separate", "joint"]


class StudyFacts(NamedTuple):
    """What a study is, for the command line, the window and the guide."""

    title: str
    question: str
    paper: str
    """Where the paper has it; empty where it does not."""
    doses_e_per_px: tuple[float, ...]
    """Doses taken where none are given."""
    test_presets: tuple[str, ...]
    """Simulation presets of the test sets that the study makes where no dataset is given."""
    trains: str
    """Field of StudyConfig that says what is trained; empty where nothing is."""


SWEEP_E_PER_PX = (0.1, 0.2, 0.5, 1.0, 1.83, 2.5, 5.0, 10.0)

STUDIES: dict[StudyKind, StudyFacts] = {
    "compare": StudyFacts(
        "Compare", "How do these models do on these datasets at these doses?", "", (2.5,), ("wedge-test-25pm",), ""
    ),
    "model-size": StudyFacts(
        "Model size", "Does a wider network count better?", "Table I", (2.5,), ("wedge-test-25pm",), "widths"
    ),
    "noise": StudyFacts(
        "Noise generalisation",
        "How does a model do at doses it was not trained at?",
        "Fig. 9",
        SWEEP_E_PER_PX,
        ("wedge-test-25pm",),
        "train_doses_e_per_px",
    ),
    "denoising": StudyFacts(
        "Denoising",
        "Does it help to denoise before segmenting?",
        "Table II",
        (2.5,),
        ("wedge-test-25pm",),
        "denoisers",
    ),
    "shuffled": StudyFacts(
        "Evidence against prior",
        "Does the model read single columns, or fill them in from their neighbours?",
        "",
        (2.5,),
        ("rough-test-25pm", "terraced-test-25pm", "shuffled-test-25pm"),
        "",
    ),
    "spread": StudyFacts(
        "Image spread",
        "How much image spread does the model bear?",
        "",
        (2.5,),
        ("spread-test",),
        "",
    ),
    "gradient": StudyFacts(
        "Gradient analysis",
        "Which input pixels does an estimate depend on, and how far away are they?",
        "Fig. 8",
        (0.5, 1.0, 2.5, 5.0),
        ("wedge-test-25pm",),
        "",
    ),
    "observer": StudyFacts(
        "Ideal observer",
        "How near is the model to the best that any observer can do with these electrons?",
        "",
        (1.0, 2.5, 5.0),
        ("wedge-test-25pm",),
        "",
    ),
}


class EvaluateConfig(Config):
    """Judge a model on a dataset."""

    model: str = Field(description="Model file, or the name of a shipped model.")
    dataset: Path = Field(description="Dataset file (.h5).")
    out: Path = Field(description="Folder for metrics.json, arrays and figures.")
    split: Literal["train", "validation", "test", "all"] = Field("test", description="Specimens to judge on.")
    doses_e_per_px: tuple[Dose, ...] = Field((2.5,), min_length=1, description="Doses to judge at.")
    max_images: int = Field(0, ge=0, description="Judge on at most this many images; 0: all.")
    n_bootstrap: int = Field(
        1000, ge=0, le=100_000, description="Resamplings of the specimens behind the 95 % intervals; 0: no intervals."
    )
    n_examples: int = Field(4, ge=0, le=50, description="Examples kept for each cell of the confusion matrix; 0: none.")
    n_worst: int = Field(4, ge=0, le=50, description="Worst images kept at each dose, as files for View; 0: none.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of the noise and of the resamplings.")
    device: Device = Field("auto", description="Where the network runs.")


class StudyConfig(Config):
    """Judge several models together: a table or figure of the paper, or one that it lacks. Can be resumed."""

    kind: StudyKind = Field(description="What is studied.")
    out: Path = Field(description="Folder of the study; the same settings in the same folder go on where it ended.")
    models: tuple[str, ...] = Field((), description="Model files, or names of shipped models.")
    datasets: tuple[Path, ...] = Field((), description="Dataset files (.h5); none: the study simulates its test sets.")
    split: Literal["train", "validation", "test", "all"] = Field("test", description="Specimens to judge on.")
    doses_e_per_px: tuple[Dose, ...] = Field((), description="Doses to judge at; none: the study's own.")
    max_images: int = Field(0, ge=0, description="Judge on at most this many images of a dataset; 0: all.")
    n_bootstrap: int = Field(
        1000, ge=0, le=100_000, description="Resamplings of the specimens behind the 95 % intervals; 0: no intervals."
    )
    test_specimens: int = Field(
        20, ge=1, le=100_000, description="Specimens of each test set that the study simulates itself."
    )
    train_dataset: Path | None = Field(
        None, description="Train the models that the study compares on this dataset first; none: train nothing."
    )
    train_preset: str = Field("fast", description="Training settings of those models.")
    train_set: tuple[str, ...] = Field((), description="Changes to them, key=value each.")
    widths: tuple[Annotated[int, Field(ge=4, le=256)], ...] = Field(
        (16, 32, 64, 96, 130), description="Model size: base channels to train."
    )
    train_doses_e_per_px: tuple[Dose, ...] = Field(
        (0.5, 1.0, 2.5, 5.0), description="Noise: doses to train a model at, each."
    )
    denoisers: tuple[Variant, ...] = Field(("none", "separate", "joint"), description="Denoising: variants to train.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of noise, test sets, resamplings and trainings.")
    device: Device = Field("auto", description="Where the networks run.")

    @property
    def facts(self) -> StudyFacts:
        """What this kind of study is."""
        return STUDIES[self.kind]

    @property
    def doses(self) -> tuple[float, ...]:
        """The doses given, or the study's own; each once."""
        return tuple(dict.fromkeys(self.doses_e_per_px or self.facts.doses_e_per_px))

    @model_validator(mode="after")
    def _has_models(self) -> Self:
        if self.train_dataset and not self.facts.trains:
            raise ValueError(f"The study {self.kind} trains no models. Leave the training dataset out.")
        if not self.models and not self.train_dataset:
            raise ValueError("There is no model to study. Name one or more, or a dataset to train them on.")
        return self


class ReportConfig(Config):
    """Write everything that is known of evaluations and studies as a report with figures and tables."""

    sources: tuple[Path, ...] = Field(min_length=1, description="Folders of evaluations and studies.")
    out: Path = Field(description="Folder for report.html, figures and tables (CSV).")
    formats: tuple[Literal["png", "svg", "pdf"], ...] = Field(
        ("png", "svg", "pdf"), min_length=1, description="Formats of the figures."
    )
    title: str = Field("", description="Title of the report; empty: made from what it holds.")
