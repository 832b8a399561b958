"""Work in small steps between the window's events, so that nothing of it is felt: long lists, big tables."""

from collections.abc import Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer

BUDGET_S = 0.008
"""Work at a time; the window is drawn and listens in between."""


class Chores(QObject):
    """Generators that are carried on turn by turn. One under the same name takes the place of the one before."""

    def __init__(self) -> None:
        super().__init__()
        self._work: dict[str, Iterator[None]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._turn)

    def run(self, name: str, steps: Iterator[None]) -> None:
        """Carries on with `steps` until it ends; each step should take a few milliseconds at most."""
        self._work[name] = steps
        self._timer.start()

    def drop(self, name: str) -> None:
        """Leaves off."""
        self._work.pop(name, None)

    def clear(self) -> None:
        """Leaves off with everything."""
        self._work.clear()
        self._timer.stop()

    @property
    def is_busy(self) -> bool:
        """Is there anything left to do?"""
        return bool(self._work)

    def _turn(self) -> None:
        until = perf_counter() + BUDGET_S
        while self._work and perf_counter() < until:
            name, steps = next(iter(self._work.items()))
            if next(steps, True) and self._work.get(name) is steps:  # a step yields None; True: there was none
                del self._work[name]
        if not self._work:
            self._timer.stop()
