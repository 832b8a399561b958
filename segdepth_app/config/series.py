"""How a TEM series is read, and the jobs that look at a series without a model."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from segdepth_app.config.base import Config

Align = Literal["none", "rigid"]


class SeriesOptions(Config):
    """How a TEM series is read; shared by every job that opens one.

    Vacuum level and dose are those of one frame of the file, also where frames are summed.
    """

    series: tuple[Path, ...] = Field(min_length=1, description="One file, a folder of frames, or the frames in order.")
    pixel_size_pm: float | None = Field(None, gt=0, le=1e5, description="Pixel size; overrides the file's own.")
    pixel_size_from: Literal["typed", "lattice"] = Field(
        "typed", description="Where a pixel size that is given comes from; results say so."
    )
    dose_e_per_px: float | None = Field(
        None, gt=0, le=1e9, description="Electrons per pixel and frame of the file in vacuum; counts: the vacuum level."
    )
    vacuum: str = Field(
        "auto", description="Mean value in vacuum: auto, a number, or a rectangle x,y,width,height in pixels."
    )
    frame_time_s: float | None = Field(None, gt=0, le=1e5, description="Time from frame to frame.")
    gain: float | None = Field(
        None, gt=0, le=1e9, description="Value of the file per electron; unset 1 for counts, else estimated."
    )
    offset: float | None = Field(
        None,
        ge=-1e9,
        le=1e9,
        description="Value of the file without electrons; unset 0 for counts, else estimated.",
    )
    rotation_deg: float = Field(
        0.0,
        ge=-180,
        le=180,
        description="How far the crystal is turned in the frame, counterclockwise as seen, from [001] along +x; "
        "undone before the network.",
    )
    align: Align = Field("none", description="Undo the drift of the specimen from frame to frame: none, or rigid.")
    sum_frames: int = Field(1, ge=1, le=10_000, description="Frames of the file that are added up to one image.")
    raw: str | None = Field(
        None, description="Layout of a file without a header: height,width,type[,offset in bytes], as 4092,5760,uint8."
    )

    @field_validator("raw")
    @classmethod
    def _raw_has_parts(cls, value: str | None) -> str | None:
        if value is not None and len(value.split(",")) not in (3, 4):
            raise ValueError("Give height,width,type or height,width,type,offset, for example 4092,5760,uint8.")
        return value


class AlignConfig(SeriesOptions):
    """Measure the drift of a series from frame to frame; it is kept for whoever opens the series with `align`."""

    csv: Path | None = Field(None, description="Table of the shifts to write as well (.csv).")


class CalibrateConfig(SeriesOptions):
    """What a series says of itself: vacuum, counts or gain and offset, and pixel size and rotation from the lattice."""

    frame: int | None = Field(
        None, ge=0, description="Frame for the lattice, from 0; none: the mean of sampled frames."
    )
    region: tuple[int, int, int, int] | None = Field(
        None, description="Rectangle x, y, width, height around the particle; none: the whole frame."
    )
    model: str | None = Field(None, description="Model to compare the series with; none: no comparison.")
    out: Path | None = Field(None, description="File for what was found (.json); none: the terminal.")
    figure: Path | None = Field(None, description="Figure of the fitted reflections to write (.png, .svg or .pdf).")
