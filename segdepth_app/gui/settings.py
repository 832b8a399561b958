"""The window's settings, an INI file. A value that makes no sense is reset alone; the file is kept as .bak."""

import json
import logging
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings

from segdepth_app.paths import settings_file

log = logging.getLogger(__name__)
MAX_RECENT = 10


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_folder_or_empty(value: Any) -> bool:
    return isinstance(value, str) and (not value or Path(value).is_dir())


def _can_be_kept(path: Path) -> bool:
    """Whether a file may be written; its folder is made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(path if path.exists() else path.parent, os.W_OK)


KNOWN: dict[str, tuple[Any, Callable[[Any], bool]]] = {
    "theme": ("system", lambda value: value in ("system", "light", "dark")),
    "geometry": ("", _is_text),
    "window_state": ("", _is_text),
    "recent": ([], _is_texts),
    "last_folder": ("", _is_folder_or_empty),
}
"""Every setting of the shell: its default and what makes a value sound."""

GROWING = ("recent", "view/runs")
"""Lists that every open window adds to: read from disk before, or one takes away what another has added."""


class Settings:
    """Values are stored as JSON text. Tabs keep their own under a name like "view/mirror"."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or settings_file()
        self.can_be_kept = _can_be_kept(self.path)
        self._store = QSettings(str(self.path), QSettings.Format.IniFormat)
        self.reset_keys = self._mend()

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default where there is none."""
        if key in KNOWN and default is None:
            default = KNOWN[key][0]
        if key in GROWING:
            self._store.sync()
        text = self._store.value(key)
        if text is None:
            return default
        try:
            return json.loads(str(text))
        except ValueError:
            return default

    def set(self, key: str, value: Any) -> None:
        """Keeps a value (anything JSON can hold)."""
        if key in KNOWN and not KNOWN[key][1](value):
            raise ValueError(f"{value!r} makes no sense for the setting {key!r}")
        self._store.setValue(key, json.dumps(value))

    def save(self) -> None:
        """Writes to disk now."""
        self._store.sync()

    def reset(self) -> None:
        """Back to the defaults, all of them; the file is kept as .bak."""
        self._keep_copy()
        self._store.clear()
        self.save()

    def add_recent(self, path: str) -> list[str]:
        """Puts a path on top of the recent files."""
        recent = [path, *(item for item in self.recent() if item != path)][:MAX_RECENT]
        self.set("recent", recent)
        self.save()
        return recent

    def recent(self) -> list[str]:
        """Recent files, newest first."""
        return list(self.get("recent"))

    def _mend(self) -> list[str]:
        """Resets values that cannot be read; the keys that were."""
        bad = [key for key in self._store.allKeys() if not self._is_sound(key)]
        if bad or self._store.status() is not QSettings.Status.NoError:
            self._keep_copy()
            for key in bad:
                log.warning("The setting %s made no sense and was reset.", key)
                self._store.remove(key)
        return bad

    def _is_sound(self, key: str) -> bool:
        try:
            value = json.loads(str(self._store.value(key)))
        except ValueError:
            return False
        return key not in KNOWN or KNOWN[key][1](value)

    def _keep_copy(self) -> None:
        with suppress(OSError):
            shutil.copyfile(self.path, self.path.with_name(self.path.name + ".bak"))
