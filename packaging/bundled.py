"""Where everything in a frozen folder comes from: each file, and each Python module packed into the programs."""

import re
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import system_libraries
from distributions import owners
from native_libraries import Library, Table, read_table

INSIDE = "_internal"
PROGRAMS = re.compile(r"(segdepth|segdepth-worker)(\.exe)?$", re.IGNORECASE)
OWN_FILES = re.compile(r"(resources/.*|LICENSE)$")
PYTHON_FILES = re.compile(r"(base_library\.zip|python3\.\d+/lib-dynload/.*|(lib)?python3[.\d]*\.(so[.\d]*|dll))$")
MICROSOFT_FILES = re.compile(
    r"(.*/)?(vcruntime|msvcp|vccorlib|vcamp|concrt|vcomp|ucrtbase|api-ms-win-)[^/]*\.dll$", re.IGNORECASE
)
EXTENSION_MODULE = re.compile(r"\.(cpython-[^/.]+|abi3)\.so$|\.pyd$")
BINARY_STARTS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
NAMESPACE_PACKAGE = 3  # PyInstaller's PYZ_ITEM_NSPKG: a folder, no file
MODULE = "module "
HOOKS = "_pyinstaller_hooks_contrib/rthooks"


@dataclass
class Bundled:
    """What a frozen folder holds. Places are those in `_internal`, with /."""

    distributions: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """From the normal name to its files, and to its modules, which begin with MODULE."""
    libraries: dict[str, tuple[Library, dict[str, list[str]]]] = field(default_factory=dict)
    """By name: the entry of the table and, by the distribution that brings it, its files."""
    debian: dict[system_libraries.Package, list[str]] = field(default_factory=lambda: defaultdict(list))
    python: list[str] = field(default_factory=list)
    microsoft: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def add_library(self, library: Library, wheel: str, place: str) -> None:
        """This file of that wheel is the library, or holds it."""
        self.libraries.setdefault(library.name, (library, defaultdict(list)))[1][wheel].append(place)


def look_through(frozen: Path, table: Table | None = None) -> Bundled:
    """Everything in the folder `frozen`; links within it are the files they lead to."""
    table, whose, found = table or read_table(), owners(), Bundled()
    for path in files_of(frozen):
        place = path.relative_to(frozen).as_posix()
        if PROGRAMS.match(place):
            found.distributions["pyinstaller"].append(place)
            for module in modules_of(path):
                _add_module(module, whose, found)
        elif place.startswith(f"{INSIDE}/"):
            _add_file(path, place.removeprefix(f"{INSIDE}/"), whose, table, found)
        else:
            found.unknown.append(place)
    return found


def files_of(frozen: Path) -> Iterator[Path]:
    """All files, sorted, without the licences collected before and without links that stay inside."""
    root = frozen.resolve()
    for path in sorted(frozen.rglob("*")):
        if path.is_symlink() and path.resolve().is_relative_to(root) and path.exists():
            continue
        if (path.is_file() or path.is_symlink()) and path.relative_to(frozen).parts[0] != "licences":
            yield path


def is_binary(path: Path) -> bool:
    """Is it a program or a library, of any system?"""
    with path.open("rb") as stream:
        return stream.read(4).startswith(BINARY_STARTS)


def _add_file(path: Path, place: str, whose: dict[str, str], table: Table, found: Bundled) -> None:
    """Sorts one file in."""
    wheel = whose.get(place)
    if MICROSOFT_FILES.match(place):
        found.microsoft.append(place)
    elif wheel is not None:
        _add_to_wheel(path, place, wheel, table, found)
    elif OWN_FILES.match(place):
        found.own.append(place)
    elif PYTHON_FILES.match(place) or _is_file_of_python(path):
        found.python.append(place)
    elif (package := system_libraries.package_of(path)) is not None:
        found.debian[package].append(place)
    else:
        found.unknown.append(place)


def _add_to_wheel(path: Path, place: str, wheel: str, table: Table, found: Bundled) -> None:
    """A distribution's file, or the library of somebody else in it."""
    if is_binary(path) and not EXTENSION_MODULE.search(place) and not table.is_own(wheel, place):
        library = table.library(wheel, place)
        if library is None:
            found.unknown.append(f"{place} (a library in the wheel of {wheel})")
        else:
            found.add_library(library, wheel, place)
        return
    found.distributions[wheel].append(place)
    for library in table.linked_in(wheel, place, path):
        found.add_library(library, wheel, f"inside {place}")


def _is_file_of_python(path: Path) -> bool:
    """On Windows PyInstaller puts Python's own libraries beside everything else."""
    if sys.platform != "win32":
        return False
    home = Path(sys.base_prefix)
    return any((folder / path.name).is_file() for folder in (home, home / "DLLs"))


def _add_module(module: str, whose: dict[str, str], found: Bundled) -> None:
    """Sorts one packed module in."""
    top = module.split(".")[0]
    as_path = module.replace(".", "/")
    wheel = whose.get(f"{as_path}.py") or whose.get(f"{as_path}/__init__.py") or whose.get(f"{HOOKS}/{module}.py")
    if top in ("segdepth_app", "start"):
        found.own.append(MODULE + module)
    elif wheel is not None:
        found.distributions[wheel].append(MODULE + module)
    elif top.startswith(("pyi_", "_pyi_", "pyimod", "pyiboot")):
        found.distributions["pyinstaller"].append(MODULE + module)
    elif top in sys.stdlib_module_names or _is_module_of_python(as_path):
        found.python.append(MODULE + module)
    else:
        found.unknown.append(MODULE + module)


def _is_module_of_python(as_path: str) -> bool:
    """Those that no list names, such as the configuration of one build."""
    return (Path(sysconfig.get_path("stdlib")) / f"{as_path}.py").is_file()


def modules_of(program: Path) -> list[str]:
    """Dotted names of what PyInstaller packed into a program."""
    from PyInstaller.archive.readers import CArchiveReader

    archive = CArchiveReader(str(program))
    names = [name for name, entry in archive.toc.items() if entry[-1] in "ms"]
    for name in archive.toc:
        if name.lower().endswith(".pyz"):
            packed = archive.open_embedded_archive(name).toc
            names += [module for module, entry in packed.items() if entry[0] != NAMESPACE_PACKAGE]
    return sorted(set(names))
