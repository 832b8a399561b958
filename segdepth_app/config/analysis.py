"""Settings of what a model does with real series."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from segdepth_app.config.base import N_CLASSES, Config, Device
from segdepth_app.config.series import SeriesOptions

PANES = ("frame", "depth", "confidence", "columns", "activity")
"""What a figure or movie of a result may show."""


class InferConfig(SeriesOptions):
    """Estimate depth, confidence, columns and traces of a series."""

    model: str = Field(description="Model file, or the name of a shipped model.")
    out: Path = Field(description="Result file to write (.h5).")
    mirror: bool = Field(False, description="Average with the mirrored image (slower, a little better).")
    stay_probability: float | None = Field(
        None,
        ge=0.5,
        lt=1,
        description="Hidden-Markov smoothing: chance that a column keeps its count to the next image; none: fitted.",
    )
    longest_sum_frames: int = Field(
        64,
        ge=1,
        le=4096,
        description="Images are also added up, 2, 4, 8 … of them, at most so many, to see what stands still; 1: not.",
    )
    precision: Literal["auto", "float32"] = Field(
        "auto", description="Arithmetic: auto takes half precision on a GPU, and float32 on a CPU."
    )
    device: Device = Field("auto", description="Where the network runs.")


class SaliencyConfig(SeriesOptions):
    """Which input pixels the estimate at one pixel depends on (paper, eq. 7)."""

    model: str = Field(description="Model file, or the name of a shipped model.")
    out: Path = Field(description="Map to write (.npy, .tif or .png).")
    frame: int = Field(0, ge=0, description="Frame, from 0.")
    x_px: int = Field(ge=0, description="Pixel of the source file, x to the right, from 0.")
    y_px: int = Field(ge=0, description="Pixel of the source file, y down, from 0.")
    depth: int | None = Field(None, ge=0, le=N_CLASSES - 1, description="Depth class; none: the estimated one.")
    device: Device = Field("auto", description="Where the network runs.")


class ExportResultConfig(Config):
    """Write a result in other programs' formats: what is named is written."""

    result: Path = Field(description="Result file (.h5).")
    tiff: Path | None = Field(None, description="Maps as calibrated TIFF stacks: this name and _confidence beside it.")
    csv: Path | None = Field(None, description="Columns of all frames (.csv).")
    events: Path | None = Field(None, description="Changes of columns (.csv).")
    hdf5: Path | None = Field(
        None, description="Maps, probabilities, columns and events as plain HDF5 without our own conventions."
    )
    figure: Path | None = Field(None, description="Figure of one frame (.png, .svg or .pdf).")
    movie: Path | None = Field(None, description="Movie of the panes (.mp4 or .gif).")
    panes: tuple[str, ...] = Field(
        ("frame", "depth", "confidence", "columns"), description="Panes of figure and movie, in order."
    )
    frame: int | None = Field(None, ge=0, description="Frame of the figure, from 0; none: the middle one.")
    first: int = Field(0, ge=0, description="First frame of the movie, from 0.")
    last: int | None = Field(None, ge=0, description="Last frame of the movie, from 0; none: the last of the series.")
    frames_per_second: float = Field(10.0, gt=0, le=240, description="Speed of the movie.")
    pixels: tuple[tuple[int, int], ...] = Field((), description="Pixels x, y whose traces the figure shows.")

    @field_validator("panes")
    @classmethod
    def _panes_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in value if name not in PANES]
        if unknown or not value:
            raise ValueError(f"Unknown pane {', '.join(unknown) or '(none)'}. Choose from {', '.join(PANES)}.")
        return value


class ExploreConfig(SeriesOptions):
    """Serve frames and saliency maps of one series, on request, while the View tab shows it."""

    model: str | None = Field(None, description="Model for saliency; none: frames only.")
    folder: Path = Field(description="Folder for the answers (.npy files).")
    drift_of: Path | None = Field(
        None, description="Result, or folder of one in the making, whose drift is undone; none: the one measured last."
    )
    device: Device = Field("auto", description="Where the network runs.")


class DemoConfig(Config):
    """Analyse the shipped sample series with the shipped model and draw the paper's Figs. 10 to 12."""

    out: Path = Field(description="Folder for everything the demo writes.")
    device: Device = Field("auto", description="Where the network runs.")
