"""What was typed for a series is remembered by its fingerprint, so that it comes back when the series does. No Qt.

Layouts of files without a header are remembered by path and size: without one the file has no fingerprint.
"""

from pathlib import Path
from typing import Any

from segdepth_app.gui.view.typed import Typed

MOST = 200
SERIES_KEY, RAW_KEY = "view/calibrations", "view/raw_layouts"


class CalibrationMemory:
    """In the window's settings; the oldest of MOST entries goes."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings

    def keep(self, fingerprint: str, typed: Typed) -> None:
        """Remembers what is typed now; nothing typed forgets the series."""
        if fingerprint:
            self._put(SERIES_KEY, fingerprint, typed.kept())

    def recall(self, fingerprint: str) -> Typed | None:
        """What was typed for a series, if anything was."""
        kept = self._entries(SERIES_KEY).get(fingerprint)
        typed = Typed.restored(kept) if isinstance(kept, dict) else Typed()
        return None if typed == Typed() else typed

    def keep_raw(self, path: Path, layout: str) -> None:
        """The layout of a file without a header."""
        self._put(RAW_KEY, _name(path), layout)

    def raw_layout(self, path: Path) -> str | None:
        """The layout it was opened with, as long as it has the same size."""
        kept = self._entries(RAW_KEY).get(_name(path))
        return kept if isinstance(kept, str) else None

    def _entries(self, key: str) -> dict[str, Any]:
        entries = self._settings.get(key, {})
        return entries if isinstance(entries, dict) else {}

    def _put(self, key: str, name: str, value: Any) -> None:
        entries = {other: kept for other, kept in self._entries(key).items() if other != name}
        newest = {name: value} if value else {}
        self._settings.set(key, dict([*entries.items(), *newest.items()][-MOST:]))


def _name(path: Path) -> str:
    try:
        size = path.stat().st_size
    except OSError:
        size = -1
    return f"{path.resolve()}|{size}"
