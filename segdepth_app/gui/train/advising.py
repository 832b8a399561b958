"""What the `advise` child says about networks and devices, in words. The window itself has no torch.

The child starts with the first question and ends with `close()`; answers to older questions are dropped.
"""

from collections.abc import Callable
from typing import Any

ENDED = "Not known: the helper that finds it out has ended."
LOOKING = "Looking for the device…"
COUNTING = "Counting its parameters…"
Tell = Callable[[str], object]


class Advisor:
    """Asks one child; of each kind of question, the last one counts."""

    def __init__(self, jobs: Any) -> None:
        self._jobs = jobs
        self._job: Any = None
        self._n_asked = 0
        self._asked: dict[str, tuple[int, Tell]] = {}

    def about_device(self, tell: Tell) -> None:
        """Tells which device a training takes here, or why it is not the GPU."""
        self._ask("device", tell)

    def about_network(self, network: dict[str, Any], pixel_size_pm: float, tell: Tell) -> None:
        """Tells how large a network is and which pixels it reads."""
        self._ask("network", tell, network=network, pixel_size_pm=pixel_size_pm)

    def close(self) -> None:
        """Ends the child; nothing more is told."""
        self._asked = {}
        job, self._job = self._job, None
        if job is not None and not job.has_ended:
            job.cancel()

    def _ask(self, about: str, tell: Tell, **fields: Any) -> None:
        if self._job is None:
            job = self._jobs.start("advise", {}, "Advice for a new run")
            self._job = job
            job.told.connect(lambda event: self._on_event(job, event))
            job.state_changed.connect(lambda _: self._on_state(job))
        self._n_asked += 1
        self._asked[about] = self._n_asked, tell
        self._job.send({"cmd": about, "id": self._n_asked, **fields})

    def _on_event(self, job: Any, event: dict[str, Any]) -> None:
        if job is not self._job:
            return
        if event["event"] == "error":
            self._fail(f"{event['message']} {event['hint']}".strip())
        elif event["event"] == "answer":
            about = str(event.get("about"))
            number, tell = self._asked.get(about, (None, None))
            if tell is not None and event["id"] == number:
                del self._asked[about]
                tell(str(event["problem"]) if "problem" in event else WORDS[about](event))

    def _on_state(self, job: Any) -> None:
        if job is self._job and job.has_ended:
            self._fail(ENDED)

    def _fail(self, reason: str) -> None:
        """Whoever waits hears why; the next question starts another child."""
        waiting = [tell for _, tell in self._asked.values()]
        self.close()
        for tell in waiting:
            tell(reason)


def device_text(facts: dict[str, Any]) -> str:
    """The GPU by its name, or the processor and why no GPU is used."""
    gpus = facts.get("gpus") or []
    if gpus:
        names = ", ".join(f"{gpu['name']} ({gpu['memory_gib']:g} GiB)" for gpu in gpus)
        return f"GPU: {names}"
    cores = facts.get("cpu_cores")
    cpu = f"CPU: {facts.get('cpu')}" + (f", {cores} cores" if cores else "")
    return f"{cpu}. No GPU: {facts.get('no_gpu_because')}."


def network_text(facts: dict[str, Any]) -> str:
    """Parameters and pixels."""
    return (
        f"{facts['parameters']:,} parameters. Reads pixels of {facts['input_pixel_pm']:g} pm, tells the depth of "
        f"pixels of {facts['output_pixel_pm']:g} pm. Edges are multiples of {facts['multiple_px']} px."
    )


WORDS = {"device": device_text, "network": network_text}
