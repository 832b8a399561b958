"""What the user typed, chose or took over for one series, on top of what its file says. No Qt."""

from dataclasses import dataclass, fields, replace
from typing import Any

from pydantic import ValidationError

from segdepth_app.config import SeriesOptions

TYPED = "typed"
FROM_LATTICE = "from the lattice"
"""How a source begins that a series and its results give a pixel size taken over from the lattice."""
PROVED_BY = "x.tif"
"""Any name: the settings are looked at, no file is."""


@dataclass(frozen=True)
class Typed:
    """Values in place of the file's own; None, 0°, no alignment and sums of 1 leave the series as it is."""

    pixel_size_pm: float | None = None
    dose_e_per_px: float | None = None
    vacuum: str | None = None
    frame_time_s: float | None = None
    gain: float | None = None
    offset: float | None = None
    rotation_deg: float = 0.0
    align: str = "none"
    sum_frames: int = 1
    raw: str | None = None
    pixel_size_from: str = ""
    """Where a pixel size comes from that nobody typed by hand: from the lattice."""
    rotation_from: str = ""

    def options(self) -> dict[str, Any]:
        """As fields of SeriesOptions."""
        options: dict[str, Any] = {"pixel_size_pm": self.pixel_size_pm, "dose_e_per_px": self.dose_e_per_px}
        options |= {name: value for name, value in self.kept().items() if not name.endswith("_from")}
        if self.pixel_size_pm is not None and self.pixel_size_from.startswith(FROM_LATTICE):
            options["pixel_size_from"] = "lattice"
        return options

    def changed(self, **values: Any) -> "Typed":
        """With other values; one that is typed over a found one is typed."""
        for name in ("pixel_size", "rotation"):
            if any(key.startswith(f"{name}_") for key in values):
                values = {f"{name}_from": "", **values}
        return replace(self, **values)

    def kept(self) -> dict[str, Any]:
        """What differs from an untouched series, as JSON can hold it."""
        return {item.name: value for item in fields(self) if (value := getattr(self, item.name)) != item.default}

    @classmethod
    def restored(cls, kept: dict[str, Any]) -> "Typed":
        """From what a session kept; a value that SeriesOptions does not take is left out."""
        names = {item.name for item in fields(cls)}
        return cls(**{name: value for name in names & kept.keys() if (value := _sound(name, kept[name])) is not None})

    @property
    def pixel_size_source(self) -> str:
        """For the fact beside the number."""
        return self.pixel_size_from or TYPED


def _sound(name: str, value: Any) -> Any:
    """The value as SeriesOptions has it, None where it has no use for it."""
    if name.endswith("_from"):
        return value if isinstance(value, str) else None
    try:
        return getattr(SeriesOptions.model_validate({"series": [PROVED_BY], name: value}), name)
    except ValidationError:
        return None
