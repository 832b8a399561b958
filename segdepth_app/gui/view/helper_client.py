"""The second child of the open series: all that takes longer than a frame, so that no frame waits for it. No widgets.

Saliency maps, the lattice, the comparison with a model, smoothing. It starts with the first question, or when it is
warmed, and answers in order.
"""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from segdepth_app.gui.view.explore_child import ExploreChild

Then = Callable[[dict[str, Any]], None]
Setting = tuple[dict[str, Any], str | None]


class HelperClient(QObject):
    """One series with one model at a time; other settings end the child, and what it was asked is forgotten."""

    failed = Signal(str, str)
    """The child died, with all that it was asked: message, what to do."""
    closed = Signal()
    """What was asked until now is not answered any more."""

    def __init__(self, jobs: Any) -> None:
        super().__init__()
        self._jobs = jobs
        self._child: ExploreChild | None = None
        self._setting: Setting | None = None
        self._opened = False
        self._waiting: list[tuple[str, Then, dict[str, Any]]] = []
        self._asked: dict[int, Then] = {}

    def use(self, options: dict[str, Any], model: str | None) -> bool:
        """The series (SeriesOptions) and model that is spoken of from now on; whether that is news."""
        if self._setting == (options, model):
            return False
        self.close()
        self._setting = (options, model)
        return True

    def ask(self, command: str, then: Then, **fields: Any) -> None:
        """Asks; `then` gets the answer, or a dict with `error` where this one thing cannot be answered."""
        self._start()
        self._waiting.append((command, then, fields))
        self._send()

    def warm(self) -> None:
        """Starts the child and has it load the model, so that the first map comes soon."""
        if self._setting is not None and self._setting[1] is not None and self._child is None:
            self.ask("warm", lambda _: None)

    @property
    def is_running(self) -> bool:
        """Is there a child?"""
        return self._child is not None

    def close(self) -> None:
        """Ends the child."""
        if self._child:
            self._child.close()
            self._child.deleteLater()
        self._child, self._setting, self._opened = None, None, False
        self._waiting, self._asked = [], {}
        self.closed.emit()

    def _start(self) -> None:
        if self._child is None:
            if self._setting is None:
                raise ValueError("Name the series before asking about it.")
            options, model = self._setting
            self._child = ExploreChild(self._jobs, options, model, "Saliency and calibration")
            self._child.answered.connect(self._on_answer)
            self._child.failed.connect(self._on_failure)

    def _send(self) -> None:
        while self._child is not None and self._opened and self._waiting:
            command, then, fields = self._waiting.pop(0)
            self._asked[self._child.send(command, **fields)] = then

    def _on_answer(self, answer: dict) -> None:
        if answer["id"] == 0:
            self._opened = True
            self._send()
        elif answer["id"] in self._asked:
            self._asked.pop(answer["id"])(answer)

    def _on_failure(self, message: str, hint: str) -> None:
        self.failed.emit(message, hint)  # first: whoever waits learns why, not only that it is over
        self.close()
