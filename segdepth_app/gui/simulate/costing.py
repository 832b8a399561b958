"""What a new dataset will take: images, bytes, time, and whether the disk has room. No Qt.

The time comes from a dataset that was made with these very settings on this computer, else from the preview's
seconds per specimen, else from the pace of the last dataset.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segdepth_app.config import SimulateConfig
from segdepth_app.gui.simulate.library import estimate
from segdepth_app.gui.texts import duration, size

PACE_KEY = "simulate/pixels_per_second"
LIKE_KEY = "simulate/pace_like"
SIZES_WHILE_MADE = 2
"""Parts and the file they are put together to, both at once."""


@dataclass(frozen=True)
class Measured:
    """What the preview measured: seconds per specimen, one thread, on a device."""

    seconds: float
    device: str


@dataclass(frozen=True)
class Pace:
    """How fast the last dataset was made: reference pixels per second, and with which settings."""

    pixels_per_second: float
    like: str


@dataclass(frozen=True)
class Cost:
    """What a dataset will take."""

    n_images: int
    image_bytes: int
    free_bytes: int | None
    seconds: float | None = None
    source: str = ""
    """Where the time comes from, in words."""

    @property
    def fits(self) -> bool:
        """Whether the disk has room for it while it is made."""
        return self.free_bytes is None or SIZES_WHILE_MADE * self.image_bytes <= self.free_bytes

    def text(self) -> str:
        """In words."""
        while_made = size(SIZES_WHILE_MADE * self.image_bytes)
        disk = "" if self.free_bytes is None else f" ({while_made} while it is made, {size(self.free_bytes)} free)"
        text = f"{self.n_images:,} images, {size(self.image_bytes)}{disk}"
        if self.seconds is not None:
            text += f", about {duration(self.seconds)} {self.source}"
        else:
            text += ". The time is shown once this computer's pace is measured."
        return text if self.fits else f"The disk has too little room. {text}"


def cost(
    config: SimulateConfig,
    *,
    measured: Measured | None = None,
    pace: Pace | None = None,
    n_cores: int | None = None,
    free_bytes: int | None = None,
) -> Cost:
    """What the dataset will take, as far as it can be told."""
    plain = estimate(config, pace.pixels_per_second if pace else None)
    seconds: float | None = plain.minutes * 60 if plain.minutes is not None else None
    source = "at the pace of the last dataset on this computer"
    if pace is not None and pace.like == likeness(config):
        source = "at the pace of a dataset like this on this computer"
    elif measured is not None and config.scheduler is None:
        seconds = measured.seconds * config.n_specimens / processes(config, measured.device, n_cores)
        source = "by the preview's measure on this computer"
    return Cost(plain.n_images, plain.image_bytes, free_bytes, seconds, source if seconds is not None else "")


def processes(config: SimulateConfig, device: str, n_cores: int | None = None) -> int:
    """Specimens made at the same time: a GPU is driven by one process; more processes than cores do not help."""
    if not device.startswith("cpu"):
        return 1
    cores = n_cores or os.cpu_count() or 1
    return max(1, min(config.workers or cores, cores, config.n_specimens))


def likeness(config: SimulateConfig) -> str:
    """The settings that decide how long a specimen takes."""
    values = config.model_dump(mode="json", include={"optics", "grid", "detector", "n_defoci", "workers", "device"})
    return json.dumps(values, sort_keys=True)


def free_space(folder: Path) -> int | None:
    """Free bytes where a folder is or will be; None where the disk does not say."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            try:
                return shutil.disk_usage(place).free
            except OSError:
                return None
    return None


def remembered(settings: Any) -> Pace | None:
    """The pace of the last dataset."""
    rate = settings.get(PACE_KEY)
    return Pace(float(rate), str(settings.get(LIKE_KEY) or "")) if isinstance(rate, int | float) and rate > 0 else None


def remember(settings: Any, config: SimulateConfig, specimens_left: int, seconds_left: float) -> None:
    """Keeps the pace of a running job."""
    pixels = specimens_left * config.n_defoci * config.grid.height_px * config.grid.width_px
    settings.set(PACE_KEY, pixels / seconds_left)
    settings.set(LIKE_KEY, likeness(config))
