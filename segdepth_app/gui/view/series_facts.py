"""What is known of an open series, and where each number comes from. No Qt."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class SeriesFacts:
    """What the child says about a series when it has opened it. `…_source` tells where a value came from.

    Frames, frame time and `image_dose_e_per_px` are those of the images after summing; vacuum level, gain, offset and
    `dose_e_per_px` those of one frame of the file.
    """

    name: str
    n_frames: int
    height_px: int
    width_px: int
    pixel_size_pm: float | None = None
    pixel_size_source: str = ""
    frame_time_s: float | None = None
    frame_time_source: str = ""
    vacuum: float | None = None
    vacuum_source: str = ""
    vacuum_reason: str = ""
    """Why this level: what it rests on, or what is doubtful about it."""
    dose_e_per_px: float | None = None
    dose_source: str = ""
    image_dose_e_per_px: float | None = None
    """What a network is told: of one image, after summing."""
    is_counts: bool | None = None
    gain: float | None = None
    gain_source: str = ""
    offset: float | None = None
    offset_source: str = ""
    rotation_deg: float = 0.0
    align: str = "none"
    sum_frames: int = 1
    drift: str = ""
    """Key of the drift that is undone (series.drift_files.drift_key); empty: none."""
    fingerprint: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> "SeriesFacts":
        """From the child's first answer; further keys are ignored, and so are those of text that hold nothing."""
        known = {field.name: answer[field.name] for field in fields(cls) if field.name in answer}
        known = {name: "" if value is None and _is_text(name) else value for name, value in known.items()}
        return cls(**{**known, "warnings": tuple(known.get("warnings") or ())})


def _is_text(name: str) -> bool:
    return name.endswith(("_source", "_reason"))
