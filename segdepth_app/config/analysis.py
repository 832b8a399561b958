"""Settings of what is done with real series."""

from pathlib import Path

from pydantic import Field

from segdepth_app.config.base import N_CLASSES, Config, Device


class SeriesOptions(Config):
    """How a TEM series is read; shared by every job that opens one."""

    series: tuple[Path, ...] = Field(min_length=1, description="One file, a folder of frames, or the frames in order.")
    pixel_size_pm: float | None = Field(None, gt=0, le=1e5, description="Pixel size; overrides the file's own.")
    dose_e_per_px: float | None = Field(
        None, gt=0, le=1e9, description="Electrons per pixel of the file in vacuum; counts: the vacuum level."
    )
    vacuum: str = Field(
        "auto", description="Mean value in vacuum: auto, a number, or a rectangle x,y,width,height in pixels."
    )
    frame_time_s: float | None = Field(None, gt=0, le=1e5, description="Time from frame to frame.")


class InferConfig(SeriesOptions):
    """Estimate depth, confidence, columns and traces of a series."""

    model: str = Field(description="Model file, or the name of a shipped model.")
    out: Path = Field(description="Result file to write (.h5).")
    mirror: bool = Field(False, description="Average with the mirrored image (slower, a little better).")
    stay_probability: float = Field(
        0.98,
        ge=0.5,
        lt=1,
        description="Hidden-Markov smoothing: chance that a column keeps its count to the next frame.",
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


class ExploreConfig(SeriesOptions):
    """Serve frames and saliency maps of one series, on request, while the View tab shows it."""

    model: str | None = Field(None, description="Model for saliency; none: frames only.")
    folder: Path = Field(description="Folder for the answers (.npy files).")
    device: Device = Field("auto", description="Where the network runs.")


class DemoConfig(Config):
    """Analyse the shipped sample series with the shipped model and draw the paper's Figs. 10 to 12."""

    out: Path = Field(description="Folder for everything the demo writes.")
    device: Device = Field("auto", description="Where the network runs.")
