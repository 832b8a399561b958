"""What SegDepth ships is what was made: `resources/SHA256SUMS` holds the hash of every shipped file.

A damaged model or potential still gives numbers, only wrong ones; so those files are compared with the list before
they are used, and `segdepth doctor` compares them all. The list has the form of sha256sum, which can check it too:
`cd resources && sha256sum -c SHA256SUMS`. `make manifest` writes it anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from segdepth_app import paths
from segdepth_app.errors import InputError
from segdepth_app.paths import sha256_of, written_whole

LIST_NAME = "SHA256SUMS"
LEFT_BY_FILE_MANAGERS = ("Thumbs.db", "desktop.ini")
HASH_DIGITS = 64
INSTALL_AGAIN = "Install SegDepth again."


@dataclass(frozen=True)
class Comparison:
    """Shipped files against the list, each by its path below resources/."""

    listed: tuple[str, ...]
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Other bytes than were shipped, or not to be read."""
    extra: tuple[str, ...] = ()
    """There, but not shipped."""

    @property
    def is_sound(self) -> bool:
        """Nothing is missing, changed or too many."""
        return not (self.missing or self.changed or self.extra)


def shipped_files(root: Path) -> dict[str, Path]:
    """Every file below `root` that counts, by its path there with slashes: not the list itself, nor hidden files."""
    found = {}
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if not hidden and path.is_file() and path.name not in (LIST_NAME, *LEFT_BY_FILE_MANAGERS):
            found[inside.as_posix()] = path
    return found


def write_list(root: Path) -> int:
    """Writes the list of the files below `root` as they are now; how many there are."""
    files = shipped_files(root)
    lines = [f"{sha256_of(path)}  {name}\n" for name, path in sorted(files.items())]
    with written_whole(root / LIST_NAME) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8", newline="\n")
    return len(files)


def read_list(root: Path) -> dict[str, str]:
    """Hash of every listed file, by its path below `root`. Raises: InputError where there is no sound list."""
    path = root / LIST_NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The list of shipped files cannot be read: {path}.", INSTALL_AGAIN) from error
    hashes = {}
    for line in lines:
        digest, gap, name = line.partition("  ")
        if len(digest) != HASH_DIGITS or not gap or not name:
            raise InputError(f"The list of shipped files is damaged: {path}.", INSTALL_AGAIN)
        hashes[name] = digest
    return hashes


def compared(root: Path, found: Mapping[str, str | None] | None = None) -> Comparison:
    """The files below `root` against their list. Raises: InputError where there is no sound list.

    `found`: the hash of each file there, where they are known already; None for one that cannot be read.
    """
    hashes = read_list(root)
    if found is None:
        found = {name: _hash(path) for name, path in shipped_files(root).items()}
    return Comparison(
        listed=tuple(sorted(hashes)),
        missing=tuple(sorted(hashes.keys() - found.keys())),
        changed=tuple(sorted(name for name in hashes.keys() & found.keys() if found[name] != hashes[name])),
        extra=tuple(sorted(found.keys() - hashes.keys())),
    )


def check_shipped(path: Path, what: str, fault: type[InputError] = InputError) -> Path:
    """The path, unless it is a shipped file with other bytes than were shipped; files of the user's pass.

    Raises: `fault`, with `what` as the file's name in words, where it differs or the list cannot be read.
    """
    root = paths.resources().resolve()
    whole = path.resolve()
    if not whole.is_relative_to(root):
        return path
    try:
        expected = read_list(root).get(whole.relative_to(root).as_posix())
    except InputError as error:
        raise fault(error.message, error.hint) from error
    if expected is not None and _hash(whole) != expected:
        raise fault(f"{what} is not as it was shipped: {path}.", f"Its numbers could be wrong. {INSTALL_AGAIN}")
    return path


def _hash(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError:
        return None
