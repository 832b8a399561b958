"""Which files a study was made from: their hashes, read anew only where size or time of change differ."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from segdepth_app.paths import sha256_of


class Files:
    """Hashes of files by path."""

    def __init__(self, known: Iterable[dict[str, Any]] = ()) -> None:
        """`known` as `known()` gave it."""
        self._known = {str(item["path"]): dict(item) for item in known}

    def sha256(self, path: Path) -> str:
        """The hash of a file that is there."""
        facts = path.stat()
        before = self._known.get(str(path))
        if before is None or (before["bytes"], before["modified"]) != (facts.st_size, facts.st_mtime):
            before = {
                "path": str(path),
                "bytes": facts.st_size,
                "modified": facts.st_mtime,
                "sha256": sha256_of(path),
            }
            self._known[str(path)] = before
        return str(before["sha256"])

    def facts(self, name: str, path: Path) -> dict[str, Any]:
        """Name, path and hash of a file; no hash while it is not there."""
        return {"name": name, "path": str(path), "sha256": self.sha256(path) if path.is_file() else None}

    def known(self) -> list[dict[str, Any]]:
        """All that was looked at."""
        return list(self._known.values())
