"""What the `advise` child says about networks and devices, in words. The window itself has no torch.

The child starts with the first question and ends with `close()`; answers to older questions are dropped.
"""

from collections.abc import Callable
from typing import Any

from segdepth_app.errors import SegDepthError
from segdepth_app.gui.child import ServingChild

ENDED = ("The helper that knows networks and devices has ended.", "")
LOOKING = "Looking for it…"
COUNTING = "Counting its parameters…"
Tell = Callable[[str], object]


class Advisor:
    """Asks one child; every kind of question has one listener."""

    def __init__(self, jobs: Any) -> None:
        self._jobs = jobs
        self._child: ServingChild | None = None
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
        if self._child is not None:
            self._child.close()
            self._child.deleteLater()
            self._child = None

    def _ask(self, about: str, tell: Tell, **fields: Any) -> None:
        if self._child is None:
            try:
                self._child = ServingChild(self._jobs, "advise", {}, "Advice for a new run", ended=ENDED)
            except SegDepthError as error:
                tell(str(error))
                return
            self._child.answered.connect(self._on_answer)
            self._child.failed.connect(self._on_failure)
        self._asked[about] = self._child.send(about, **fields), tell

    def _on_answer(self, answer: dict[str, Any]) -> None:
        about = str(answer.get("about"))
        number, tell = self._asked.get(about, (None, None))
        if tell is None or answer["id"] != number:
            return
        del self._asked[about]
        words = {"device": device_text, "network": network_text}[about]
        tell(str(answer["problem"]) if "problem" in answer else words(answer))

    def _on_failure(self, message: str, hint: str) -> None:
        waiting = [tell for _, tell in self._asked.values()]
        self.close()
        for tell in waiting:
            tell(f"{message} {hint}".strip())


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
