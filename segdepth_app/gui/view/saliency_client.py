"""Saliency of one pixel, from an `explore` child with a model. No widgets.

A child of its own: a map takes seconds, and the frames must not wait for it. It starts with the first click. One
request is with the child at a time; of the others only the newest is kept.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from segdepth_app.gui.child import take_array
from segdepth_app.gui.view.explore_child import ExploreChild


@dataclass(frozen=True)
class SaliencyRequest:
    """What is asked: the pixel of a frame and the depth class, None for the estimated one."""

    frame: int
    x: int
    y: int
    depth: int | None = None


@dataclass(frozen=True)
class SaliencyMap:
    """The answer. A map pixel is `scale` source pixels wide; map [y, x] covers the whole frame."""

    request: SaliencyRequest
    values: np.ndarray
    scale: float
    depth: int
    probability: float


class SaliencyClient(QObject):
    """Asks for maps; whatever no longer is the newest wish is dropped."""

    computing = Signal(object)
    """SaliencyRequest that is being worked on."""
    ready = Signal(object)
    """SaliencyMap."""
    failed = Signal(str, str)

    def __init__(self, jobs: Any) -> None:
        super().__init__()
        self._jobs = jobs
        self._child: ExploreChild | None = None
        self._setting: tuple[dict[str, Any], str] | None = None
        self._opened = False
        self._newest: SaliencyRequest | None = None
        self._asked: tuple[int, SaliencyRequest] | None = None

    def request(self, options: dict[str, Any], model: str, request: SaliencyRequest) -> None:
        """Asks for a map of a series (SeriesOptions) with a model; starts or replaces the child as needed."""
        if self._setting != (options, model):
            self.close()
            self._setting = (options, model)
        if self._child is None:
            self._child = ExploreChild(self._jobs, options, model, "Saliency")
            self._child.answered.connect(self._on_answer)
            self._child.failed.connect(self._on_failure)
        self._newest = request
        self.computing.emit(request)
        self._ask()

    def forget(self) -> None:
        """Nothing is wished for any more; an answer on its way is dropped."""
        self._newest = None

    def close(self) -> None:
        """Ends the child."""
        if self._child:
            self._child.close()
            self._child.deleteLater()
        self._child, self._setting, self._opened, self._newest, self._asked = None, None, False, None, None

    def _ask(self) -> None:
        if self._child is None or not self._opened or self._asked or self._newest is None:
            return
        wish = self._newest
        number = self._child.send("saliency", frame=wish.frame, x=wish.x, y=wish.y, depth=wish.depth)
        self._asked = (number, wish)

    def _on_answer(self, answer: dict) -> None:
        if answer["id"] == 0:
            self._opened = True
        elif self._asked and answer["id"] == self._asked[0]:
            request, self._asked = self._asked[1], None
            values = take_array(answer["path"])
            if request == self._newest:
                self._newest = None
                self.ready.emit(
                    SaliencyMap(request, values, float(answer["scale"]), answer["depth"], answer["probability"])
                )
        self._ask()

    def _on_failure(self, message: str, hint: str) -> None:
        self.close()
        self.failed.emit(message, hint)
