"""Decisions around time: the job that measures the drift, whether it is undone, how many frames are added up."""

from collections.abc import Callable
from typing import Any

import numpy as np

from segdepth_app.gui import texts
from segdepth_app.gui.texts import signed
from segdepth_app.gui.view.calibration_state import DriftPage, frames_of_file, shown, sum_text
from segdepth_app.gui.view.scene import Scene
from segdepth_app.series.drift_files import Drift, drift_key, load_drift

UNMEASURED = "The drift has not been measured yet."
OTHER_DRIFT = "⚠ The frames shown are moved by the drift that the result was made with, not by this one."
LONGEST_SUM = 10_000


class DriftPresenter:
    """The page of time. No widgets."""

    def __init__(self, view: Any, context: Any, scene: Scene, *, type_values: Callable[..., None]) -> None:
        self._view, self._context, self._scene, self._type_values = view, context, scene, type_values
        self._forget()

    def _forget(self) -> None:
        self._job: Any = None
        self._share: float | None = None
        self._progress = ""
        self._drift: Drift | None = None
        self._known_for = ""

    def reset(self) -> None:
        """Another series: a measurement goes on in the jobs dock, its outcome is kept for its own series."""
        self._forget()
        self._view.show_shifts(None, None)

    def refresh(self) -> None:
        """Shows what is known now."""
        facts = self._scene.facts
        if facts is None:
            return
        if facts.fingerprint and facts.fingerprint != self._known_for:
            self._take_drift(facts.fingerprint)
        text, role = self._words()
        self._view.show_drift(
            DriftPage(
                frame_time=shown(_frame_time(facts), facts.frame_time_source, "not in the file: type it"),
                aligned=self._scene.typed.align != "none",
                can_align=self._drift is not None or self._scene.typed.align != "none",
                running=self._job is not None,
                share=self._share,
                text=text,
                role=role,
                sum_frames=self._scene.typed.sum_frames,
                most_frames=min(max(frames_of_file(facts), 1), LONGEST_SUM),
                sum_text=sum_text(facts, self._scene.typed.sum_frames),
            )
        )

    def _words(self) -> tuple[str, str]:
        if self._job is not None:
            return self._progress, "muted"
        if self._drift is None:
            return UNMEASURED, "muted"
        text = drift_text(self._drift)
        shown = self._scene.facts.drift if self._scene.facts else ""
        is_other = bool(shown) and shown != drift_key(self._drift.shift_px)
        doubtful = is_other or self._drift.warnings or not (self._drift.quality > 0).all()
        return f"{OTHER_DRIFT} {text}" if is_other else text, "warning" if doubtful else "muted"

    def _take_drift(self, fingerprint: str) -> None:
        self._known_for = fingerprint
        self._drift = load_drift(fingerprint)
        if self._drift is None:
            self._view.show_shifts(None, None)
        else:
            self._view.show_shifts(self._drift.shift_px, self._drift.quality)

    # --- the measurement

    def measure(self) -> None:
        """Starts the job."""
        facts = self._scene.file_facts
        if self._job is not None or facts is None:
            return
        options = {name: value for name, value in self._scene.options().items() if name not in ("align", "sum_frames")}
        job = self._context.jobs.start("align", options, f"Drift of {facts.name}")
        self._job, self._share, self._progress = job, None, "Measuring the drift…"
        job.told.connect(lambda event: self._on_event(job, event))
        job.state_changed.connect(lambda _: self._on_state(job, facts.fingerprint))
        self.refresh()

    def stop(self) -> None:
        """Ends the job; nothing is kept of it."""
        if self._job is not None:
            self._job.cancel()

    def _on_event(self, job: Any, event: dict[str, Any]) -> None:
        if job is self._job and event.get("event") == "progress" and event["total"]:
            self._share = event["done"] / event["total"]
            left = f", {texts.duration(job.seconds_left)} left" if job.seconds_left else ""
            self._progress = f"{event['done']} of {event['total']} {event['unit']}{left}"
            self.refresh()

    def _on_state(self, job: Any, fingerprint: str) -> None:
        if job is not self._job or not job.has_ended:
            return
        self._job = None
        if job.state in ("failed", "lost"):
            error = job.error or {}
            message = str(error.get("message") or "The drift could not be measured.")
            self._context.report(message, str(error.get("hint") or ""))
        else:
            self._take_drift(fingerprint)
        if self._drift is not None and self._scene.typed.align != "none":
            self._type_values(align=self._scene.typed.align)  # the frames shown are moved by the new shifts
        self.refresh()

    # --- what becomes of it

    def choose_align(self, wanted: bool) -> None:
        """Undoes the drift, or shows the frames as they were recorded."""
        self._type_values(align="rigid" if wanted else "none")

    def ask_sum(self, sum_frames: int) -> None:
        """Says what a number of frames would do."""
        facts = self._scene.facts
        if facts is not None:
            changed = sum_frames != self._scene.typed.sum_frames
            self._view.show_sum(sum_text(facts, sum_frames), changed=changed)

    def choose_sum(self, sum_frames: int) -> None:
        """Adds up so many frames to one image."""
        if sum_frames != self._scene.typed.sum_frames:
            self._type_values(sum_frames=sum_frames)


def _frame_time(facts: Any) -> float | None:
    """Of one frame of the file."""
    return None if facts.frame_time_s is None else facts.frame_time_s / facts.sum_frames


def _short(shift: float) -> str:
    """To a hundredth of a pixel, which is finer than any measurement."""
    return signed(round(float(shift), 2), "g")


def drift_text(drift: Drift) -> str:
    """The drift in words, with what is doubtful about it."""
    low, high = drift.shift_px.min(axis=0), drift.shift_px.max(axis=0)
    (dy_low, dx_low), (dy_high, dx_high) = (tuple(_short(shift) for shift in ends) for ends in (low, high))
    parts = [
        f"Largest drift {_short(drift.largest_px)} px: dy {dy_low} to {dy_high}, dx {dx_low} to {dx_high}. "
        f"Quality {float(np.median(drift.quality)):.2f} (median)."
    ]
    lost = int((drift.quality == 0).sum())
    if lost:
        n_frames = len(drift.quality)
        parts.append(f"⚠ Not found in {lost} of {n_frames} frames: their shifts are interpolated.")
    return " ".join(parts + [f"⚠ {text}" for text in drift.warnings])
