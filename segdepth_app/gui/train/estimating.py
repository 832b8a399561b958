"""What a run will take, measured by the `estimate` job: a few real steps with the very settings. No widgets."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from segdepth_app.config import TrainConfig
from segdepth_app.errors import SegDepthError
from segdepth_app.gui.texts import duration, size

MEASURING = "Measuring a few real steps…"
FAILED = "The steps could not be measured: {}"


@dataclass(frozen=True)
class Estimate:
    """Figures of the job's answer. `peak_bytes` is None where the device does not tell."""

    seconds_per_step: float
    steps_per_epoch: int
    epochs: int
    seconds: float
    peak_bytes: float | None
    device: str
    device_note: str

    def text(self) -> str:
        """In words; training may stop before its longest time."""
        epochs, steps = counted(self.epochs, "epoch"), counted(self.steps_per_epoch, "step")
        memory = f" {size(self.peak_bytes)} of memory at most." if self.peak_bytes else ""
        note = f" {self.device_note}" if self.device_note else ""
        time = f"At most {duration(self.seconds)}: {epochs} of {steps}, {pace(self.seconds_per_step)} each."
        return f"{time}{memory} Measured on {self.device}.{note}"


def counted(number: int, what: str) -> str:
    """1 step, 2 steps."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def pace(seconds: float) -> str:
    """Seconds of one step: 12 ms, 0.41 s, 8.2 s."""
    return f"{1000 * seconds:.3g} ms" if seconds < 0.1 else f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"


class Estimator:
    """Runs one job at a time; its answer is kept for the settings it was measured with."""

    def __init__(self, jobs: Any, show: Callable[[str, bool], object]) -> None:
        """`show` takes the text and whether it is bad news."""
        self._jobs = jobs
        self._show = show
        self._job: Any = None
        self._key = ""
        self._measured: dict[str, Estimate] = {}

    def measure(self, config: TrainConfig) -> None:
        """Starts measuring, or shows what was measured with these settings before."""
        self.cancel()
        self._key = _key(config)
        if self._key in self._measured:
            self._show(self._measured[self._key].text(), False)
            return
        try:
            job = self._jobs.start("estimate", config.model_dump(mode="json"), "Estimate of a run")
        except SegDepthError as error:
            self._fail(str(error))
            return
        self._job = job
        job.told.connect(lambda event: self._on_event(job, event))
        job.state_changed.connect(lambda _: self._on_state(job))
        self._show(MEASURING, False)

    def cancel(self) -> None:
        """The answer is no longer wanted."""
        job, self._job = self._job, None
        if job is not None and not job.has_ended:
            job.cancel()

    def _on_event(self, job: Any, event: dict[str, Any]) -> None:
        if job is not self._job:
            return
        if event["event"] == "answer":
            try:
                self._measured[self._key] = read_estimate(event)
            except (KeyError, TypeError, ValueError):
                self._fail("its answer cannot be read.")
            else:
                self._show(self._measured[self._key].text(), False)
            self._job = None
        elif event["event"] == "error":
            self._job = None
            self._fail(f"{event['message']} {event['hint']}".strip())

    def _on_state(self, job: Any) -> None:
        if job is self._job and job.has_ended:
            self._job = None
            self._fail("its process ended without an answer.")

    def _fail(self, reason: str) -> None:
        self._show(FAILED.format(reason), True)


def read_estimate(answer: dict[str, Any]) -> Estimate:
    """The answer's figures. Raises: KeyError, TypeError or ValueError where one is missing or none."""
    peak = answer["peak_bytes"]
    return Estimate(
        seconds_per_step=float(answer["seconds_per_step"]),
        steps_per_epoch=int(answer["steps_per_epoch"]),
        epochs=int(answer["epochs"]),
        seconds=float(answer["seconds"]),
        peak_bytes=float(peak) if peak is not None else None,
        device=str(answer["device"]),
        device_note=str(answer.get("device_note") or ""),
    )


def _key(config: TrainConfig) -> str:
    return json.dumps(config.model_dump(mode="json", exclude={"out", "preset"}), sort_keys=True)
