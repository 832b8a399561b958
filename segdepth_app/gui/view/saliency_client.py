"""Saliency of one pixel, from the helper child with the model. No widgets.

One request is with the child at a time; of the others only the newest is kept.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from segdepth_app.gui.child import take_array
from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.series.grid import Grid


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
    grid: Grid | None = None
    """Where the map lies on the frame, for a crystal that is turned."""

    @property
    def place(self) -> float | Grid:
        """As pictures are placed on the frame."""
        return self.grid or self.scale


class SaliencyClient(QObject):
    """Asks for maps; whatever no longer is the newest wish is dropped."""

    computing = Signal(object)
    """SaliencyRequest that is being worked on."""
    ready = Signal(object)
    """SaliencyMap."""
    failed = Signal(str, str)

    def __init__(self, helper: HelperClient) -> None:
        super().__init__()
        self._helper = helper
        self._newest: SaliencyRequest | None = None
        self._asked: SaliencyRequest | None = None
        helper.closed.connect(self._on_closed)
        helper.failed.connect(self._on_failure)

    def request(self, options: dict[str, Any], model: str, request: SaliencyRequest) -> None:
        """Asks for a map of a series (SeriesOptions) with a model; starts or replaces the child as needed."""
        self._helper.use(options, model)
        self._newest = request
        self.computing.emit(request)
        self._ask()

    def forget(self) -> None:
        """Nothing is wished for any more; an answer on its way is dropped."""
        self._newest = None

    def close(self) -> None:
        """Ends the child."""
        self._newest = None
        self._helper.close()

    def _ask(self) -> None:
        if self._asked is None and self._newest is not None:
            wish = self._asked = self._newest
            self._helper.ask("saliency", self._on_answer, frame=wish.frame, x=wish.x, y=wish.y, depth=wish.depth)

    def _on_answer(self, answer: dict) -> None:
        request, self._asked = self._asked, None
        is_wanted = request is not None and request == self._newest
        if is_wanted:
            self._newest = None
        if answer.get("error"):
            if is_wanted:
                self.failed.emit(str(answer["error"]), str(answer.get("hint", "")))
        else:
            values = take_array(answer["path"])
            if request is not None and is_wanted:
                scale, depth, p = float(answer["scale"]), answer["depth"], answer["probability"]
                grid = Grid.from_dict(answer["grid"]) if "grid" in answer else None
                self.ready.emit(SaliencyMap(request, values, scale, depth, p, grid))
        self._ask()

    def _on_closed(self) -> None:
        """The wish stays: it is asked again with the next one, or told to have failed."""
        self._asked = None

    def _on_failure(self, message: str, hint: str) -> None:
        waited, self._newest = self._newest is not None, None
        if waited:
            self.failed.emit(message, hint)
