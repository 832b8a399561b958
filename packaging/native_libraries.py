"""Native libraries inside Python wheels, from the table bundled_libraries.toml."""

import mmap
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from distributions import normal

HERE = Path(__file__).parent
TEXTS = HERE / "licence-texts"
GPL_3 = HERE.parent / "LICENSE"


@dataclass(frozen=True)
class Library:
    """An entry of the table."""

    name: str
    wheels: list[str]
    files: list[str]
    licence: str
    source: str
    texts: list[str] = field(default_factory=list)
    wheel_texts: dict[str, str] = field(default_factory=dict)
    marker: str = ""
    system: str = ""

    def holds(self, place: str) -> bool:
        """Does a pattern name this place?"""
        return any(fnmatchcase(place, pattern) for pattern in self.files)


@dataclass(frozen=True)
class Remark:
    """What the table adds to the metadata of a distribution."""

    licence: str = ""
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """The whole file: patterns of distributions' own libraries, remarks on them, and the libraries of others."""

    own: dict[str, list[str]]
    remarks: dict[str, Remark]
    libraries: list[Library]

    def is_own(self, wheel: str, place: str) -> bool:
        """Is it the work of the distribution itself?"""
        patterns = self.own["nvidia"] if wheel.startswith("nvidia-") else self.own.get(wheel, [])
        return any(fnmatchcase(place, pattern) for pattern in patterns)

    def library(self, wheel: str, place: str) -> Library | None:
        """The library this file is."""
        return next(
            (one for one in self.libraries if not one.marker and wheel in one.wheels and one.holds(place)), None
        )

    def linked_in(self, wheel: str, place: str, path: Path) -> list[Library]:
        """The libraries of others that are linked into this file."""
        return [
            one
            for one in self.libraries
            if one.marker and wheel in one.wheels and one.holds(place) and contains(path, one.marker.encode())
        ]


def read_table(path: Path = HERE / "bundled_libraries.toml") -> Table:
    """Reads the table; names of distributions become normal ones. Raises: TypeError for an unknown key."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    libraries = []
    for entry in content["library"]:
        entry["wheels"] = [normal(wheel) for wheel in entry["wheels"]]
        libraries.append(Library(**entry))
    own = {normal(wheel): patterns for wheel, patterns in content["own"].items()}
    remarks = {normal(wheel): Remark(**entry) for wheel, entry in content["distribution"].items()}
    return Table(own, remarks, libraries)


def shipped_text(name: str) -> Path:
    """A text of licence-texts/."""
    return GPL_3 if name == "GPL-3.txt" else TEXTS / name


def contains(path: Path, words: bytes) -> bool:
    """Do these bytes occur in the file? It may be half a gigabyte."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(words) >= 0
