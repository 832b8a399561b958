"""Opening HDF5 files, ours and others', with one clear line for each way in which that can fail.

h5py is imported when a file is opened, so that the window can import readers early.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdepth_app import __version__
from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file

if TYPE_CHECKING:
    import h5py

OWN = re.compile(r"segdepth-(?P<kind>[a-z]+)-(?P<number>\d+)")
"""What our files say of themselves in the attribute `format`."""


@dataclass(frozen=True)
class Kind:
    """One kind of our files."""

    name: str
    """As in its format: `result`."""
    title: str
    """What was expected, at the beginning of a sentence."""
    formats: tuple[str, ...]
    """What can be read, oldest first."""
    made_by: str
    again: str
    """What to do about a file that is damaged."""
    error: type[InputError]


def open_own(path: str | Path, kind: Kind) -> "tuple[h5py.File, str]":
    """A file of this kind, opened for reading, and its format.

    Raises: kind.error where it is missing, damaged, locked, not to be read, something else, or of a newer program.
    """
    path = _existing(Path(path), kind)
    file = open_hdf5(path, kind.error, kind.again)
    try:
        found = str(file.attrs.get("format"))
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as fault:
        file.close()
        raise kind.error(f"{path} is damaged: {one_line(fault)}.", kind.again) from fault
    if found in kind.formats:
        return file, found
    file.close()
    raise _other_format(path, kind, found)


def open_hdf5(path: Path, error: type[InputError], again: str) -> "h5py.File":
    """Any HDF5 file, opened for reading. Raises: `error`; `again` says what to do where it is damaged."""
    import h5py

    try:
        return h5py.File(path, "r", locking="best-effort")
    except FileNotFoundError as fault:
        raise error(f"Not found: {path}.", "Check the path.") from fault
    except OSError as fault:
        raise error(*_why(path, fault, again)) from fault


def attributes_of(path: str | Path) -> dict[str, Any]:
    """What a file says of itself; nothing for one that cannot be read, or is no HDF5: a folder may hold any."""
    import h5py

    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            return dict(file.attrs)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError):
        return {}


def one_line(fault: BaseException) -> str:
    """What a fault says, without line ends, quotes around it and the full stop."""
    return " ".join(str(fault).split()).strip("\"'").rstrip(".")


def _existing(path: Path, kind: Kind) -> Path:
    try:
        return existing_file(path, kind.title)
    except InputError as fault:
        raise kind.error(fault.message, fault.hint) from fault


def _why(path: Path, fault: OSError, again: str) -> tuple[str, str]:
    """HDF5 says what is wrong in words alone."""
    text = one_line(fault)
    if "unable to lock" in text or isinstance(fault, BlockingIOError):
        return f"{path} is open in another program.", "Close it there, or wait until it has been written."
    if isinstance(fault, PermissionError):
        return f"{path} may not be read.", "Check its permissions, and whether another program has it open."
    cut = re.search(r"truncated file: eof = (\d+),.*stored_eof = (\d+)", text)
    if cut:
        size, wanted = (int(number) for number in cut.groups())
        return f"{path} is cut short: {size:,} of {wanted:,} bytes.", f"Copy it again from its source. {again}"
    if "file signature not found" in text:
        return f"{path} is not a readable HDF5 file.", f"Is it the right file? {again}"
    return f"{path} is damaged: {text}.", again


def _other_format(path: Path, kind: Kind, found: str) -> InputError:
    own, newest = OWN.fullmatch(found), OWN.fullmatch(kind.formats[-1])
    if own is None or newest is None:
        return kind.error(f"{path} is not a SegDepth {kind.name}.", f"Name a file made by {kind.made_by}.")
    if own["kind"] != kind.name:
        message = f"{path} is a SegDepth {own['kind']}, not a {kind.name}."
        return kind.error(message, f"Name a file made by {kind.made_by}.")
    if int(own["number"]) > int(newest["number"]):
        return kind.error(
            f"{path} was written by a newer SegDepth (format {found}); this is {__version__}, which reads formats up "
            f"to {kind.formats[-1]}.",
            "Install the newer version.",
        )
    return kind.error(f"{path} has the format {found}, which cannot be read any more.", kind.again)
