"""Files that PyInstaller took from the system of the build: which Debian package each came from."""

import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from filecmp import cmp
from functools import cache
from pathlib import Path

COPYRIGHTS = Path("/usr/share/doc")
COMMON = Path("/usr/share/common-licenses")
ELF = b"\x7fELF\x02\x01"
NOTES, BUILD_ID = 4, 3  # PT_NOTE and NT_GNU_BUILD_ID of the ELF format
SEGMENT, NOTE = struct.Struct("<IIQQQQQQ"), struct.Struct("<III")


@dataclass(frozen=True)
class Package:
    """An installed Debian package and the source it was built from."""

    name: str
    version: str
    source: str
    source_version: str

    @property
    def copyright_file(self) -> Path:
        """Its licence texts."""
        return COPYRIGHTS / self.name / "copyright"

    @property
    def page(self) -> str:
        """Where Debian keeps this very source for good."""
        return f"https://snapshot.debian.org/package/{self.source}/{self.source_version}/"

    def licences(self) -> str:
        """The licences that its copyright file names, where that is machine-readable."""
        text = self.copyright_file.read_text(encoding="utf-8", errors="replace")
        names = re.findall(r"^License: *(\S[^\n]*)", text, re.MULTILINE) if text.startswith("Format") else []
        return ", ".join(sorted(set(names), key=str.lower)) or "see its copyright file"

    def common_licences(self) -> set[str]:
        """Names of those texts that its copyright file leaves to Debian's common folder."""
        text = self.copyright_file.read_text(encoding="utf-8", errors="replace")
        return {name.rstrip(".") for name in re.findall(rf"{COMMON}/([A-Za-z0-9.-]+)", text)}


@cache
def _library_places() -> dict[str, list[Path]]:
    """From the name of a shared library to where the linker finds it."""
    program = shutil.which("ldconfig") or "/sbin/ldconfig"
    if not Path(program).exists() or shutil.which("dpkg") is None:
        return {}
    found: dict[str, list[Path]] = {}
    listed = subprocess.run([program, "-p"], capture_output=True, text=True, check=True).stdout
    for name, place in re.findall(r"^\s+(\S+) .* => (\S+)$", listed, re.MULTILINE):
        found.setdefault(name, []).append(Path(place))
    return found


def package_of(file: Path) -> Package | None:
    """The Debian package of a copied library; None where no library of that name is the same build."""
    for place in _library_places().get(file.name, ()):
        original = place.resolve()
        if not is_same_build(file, original):
            continue
        # dpkg knows files by the path they were packed under, /lib or /usr/lib
        paths = [original, Path(str(original).removeprefix("/usr")), Path(f"/usr{original}")]
        asked = subprocess.run(["dpkg", "-S", *map(str, paths)], capture_output=True, text=True, check=False)
        if asked.stdout:
            return _package(asked.stdout.split(": ", 1)[0].split(", ")[0])
    return None


def is_same_build(file: Path, other: Path) -> bool:
    """Equal bytes, or equal build IDs: taking the symbols off leaves those."""
    if cmp(file, other, shallow=False):
        return True
    identity = build_id(file)
    return identity is not None and identity == build_id(other)


def build_id(file: Path) -> bytes | None:
    """What the linker wrote into a library for telling builds apart; None where it wrote nothing."""
    content = file.read_bytes()
    if not content.startswith(ELF):
        return None
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    for number in range(count):
        kind, _flags, place, _address, _physical, length, _memory, _align = SEGMENT.unpack_from(
            content, table + number * size
        )
        if kind == NOTES and (found := _build_id_in(content[place : place + length])) is not None:
            return found
    return None


def _build_id_in(notes: bytes) -> bytes | None:
    """Looks through the notes of one segment; names and values are padded to 4 bytes."""
    place = 0
    while place + NOTE.size <= len(notes):
        name_size, value_size, kind = NOTE.unpack_from(notes, place)
        name_at = place + NOTE.size
        value_at = name_at + (name_size + 3) // 4 * 4
        if kind == BUILD_ID and notes[name_at : name_at + 4] == b"GNU\0":
            return notes[value_at : value_at + value_size]
        place = value_at + (value_size + 3) // 4 * 4
    return None


@cache
def _package(name: str) -> Package:
    fields = "${Package}\t${Version}\t${source:Package}\t${source:Version}"
    shown = subprocess.run(["dpkg-query", "-W", "-f", fields, name], capture_output=True, text=True, check=True)
    return Package(*shown.stdout.split("\t"))
