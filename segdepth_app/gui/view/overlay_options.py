"""What is drawn over the frame: the choices a user has, and a session keeps. No Qt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

OPACITIES = (0, 25, 50, 75, 100)
THIRD = {"confidence": "Confidence", "activity": "Activity"}
"""What the third pane may show."""


@dataclass(frozen=True)
class OverlayOptions:
    """Each is a switch or a choice in the menu over the frame."""

    columns: bool = False
    numbers: bool = True
    """Numbers of atoms in the discs; without them discs are rings."""
    smoothed: bool = True
    """Counts after HMM smoothing; else those of each frame alone."""
    changes: bool = True
    """Rings around columns that change in the frame shown, the one before or the one after."""
    depth_percent: int = 0
    """Opacity of the depth map over the frame."""
    third: str = "confidence"
    region: bool = False

    def with_value(self, name: str, value: Any) -> "OverlayOptions":
        """Another one with this changed."""
        return replace(self, **{name: value})

    def as_dict(self) -> dict[str, Any]:
        """For the session."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "OverlayOptions":
        """What a session kept; anything in it that makes no sense is left at its default."""
        choices: dict[str, tuple[Any, ...]] = {
            "depth_percent": OPACITIES,
            "third": tuple(THIRD),
        }
        sound = {
            item.name: kept[item.name]
            for item in fields(cls)
            if item.name in kept
            and kept[item.name] in choices.get(item.name, (True, False))
            and type(kept[item.name]) is type(item.default)
        }
        return cls(**sound)
