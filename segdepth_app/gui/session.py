"""What was open: kept every 30 s and at the end, so that the next start can go on there."""

import json
import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLockFile

from segdepth_app.paths import settings_file, written_whole

log = logging.getLogger(__name__)
VERSION = 1


class Session:
    """`clean` is False from the first save until the window closed properly. One window at a time keeps it."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or settings_file().with_name("session.json")
        self._lock = QLockFile(str(self._path.with_suffix(".lock")))
        self._lock.setStaleLockTime(0)  # windows stay open for days; one whose process is gone is noticed all the same

    def claim(self) -> bool:
        """Whether this window keeps the session from now on; False while another one that is open does."""
        if self._lock.isLocked() or self._lock.tryLock(0):
            return True
        # where nothing can be written, nobody keeps a session, and what there is may be read
        return self._lock.error() is not QLockFile.LockError.LockFailedError

    def release(self) -> None:
        """The window closes: the next one may keep the session."""
        self._lock.unlock()

    def read(self) -> dict[str, Any]:
        """The last session; empty where there is none or it makes no sense."""
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("The last session cannot be read: %s", error)
            return {}
        sound = isinstance(values, dict) and values.get("version") == VERSION and isinstance(values.get("tabs"), dict)
        return values if sound else {}

    def write(self, current_tab: str, tabs: dict[str, dict[str, Any]], *, clean: bool) -> None:
        """Keeps the session, whole or not at all; a full disk must not stop anybody's work."""
        values = {"version": VERSION, "clean": clean, "current": current_tab, "tabs": tabs}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(self._path) as part:
                part.write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
        except (OSError, TypeError, ValueError) as error:
            log.warning("The session cannot be kept: %s", error)
