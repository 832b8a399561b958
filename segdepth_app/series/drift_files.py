"""The drift of a series from frame to frame, and where it is kept: one file per series, named by its fingerprint.

Shifts are (dy, dx) in pixels of the file: the specimen of frame i stands so much further down and right than in
frame 0, so aligned(y, x) = frame(y + dy, x + dx). Whoever opens the series with `align` finds the drift again, also
after the series has been moved or copied.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.paths import cache_folder, writable_target, written_whole

FORMAT = "segdepth-drift-1"


@dataclass(frozen=True)
class Drift:
    """Where the specimen stands in every frame."""

    shift_px: np.ndarray
    """float64 (T, 2), (dy, dx); zero for frame 0."""
    quality: np.ndarray
    """float32 (T,), 0 to 1: correlation with the mean of the other frames, over what its noise allows; 0 = not found
    in this frame, its shift is interpolated."""
    reference: int = 0
    """Frame whose shift is zero."""
    method: str = ""
    """How it was measured, in words."""
    warnings: list[str] = field(default_factory=list)

    @property
    def largest_px(self) -> float:
        """Largest distance from the reference, in pixels."""
        return float(np.hypot(*self.shift_px.T).max()) if len(self.shift_px) else 0.0


def drift_key(shift_px: np.ndarray | None) -> str:
    """SHA-256 of shifts (T, 2), empty for None: frames that were moved in the same way have the same key."""
    if shift_px is None:
        return ""
    return hashlib.sha256(np.ascontiguousarray(shift_px, np.float64).tobytes()).hexdigest()


def drift_file(fingerprint: str) -> Path:
    """Where the drift of a series is kept."""
    return cache_folder() / "drift" / f"{fingerprint[:32]}.npz"


def save_drift(fingerprint: str, drift: Drift) -> Path:
    """Keeps it, whole or not at all; the file."""
    path = writable_target(drift_file(fingerprint))
    about = {"format": FORMAT, "fingerprint": fingerprint, "reference": drift.reference, "method": drift.method}
    text = json.dumps(about | {"warnings": drift.warnings})
    with written_whole(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, shift_px=drift.shift_px, quality=drift.quality, about=np.array(text))
    return path


def load_drift(fingerprint: str) -> Drift | None:
    """The drift kept for a series; None where there is none that can be read."""
    try:
        with drift_file(fingerprint).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            shift_px, quality = file["shift_px"], file["quality"]
        if about["format"] != FORMAT or about["fingerprint"] != fingerprint:
            return None
        if shift_px.shape != (len(quality), 2) or not np.isfinite(shift_px).all():
            return None
        return Drift(shift_px, quality, int(about["reference"]), str(about["method"]), list(about["warnings"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        # a file of another version or a damaged one is measured anew
        return None


def require_drift(fingerprint: str, name: str, n_frames: int) -> Drift:
    """The drift kept for a series. Raises: SeriesError where it has not been measured."""
    drift = load_drift(fingerprint)
    if drift is None or len(drift.shift_px) != n_frames:
        raise SeriesError(
            f"The drift of {name} has not been measured.",
            "Measure it with `segdepth align` (in the View tab: Measure drift), or open the series without alignment.",
        )
    return drift
