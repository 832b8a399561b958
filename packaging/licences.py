"""Writes the licences of everything in a frozen program: `python packaging/licences.py dist/SegDepth`.

The folder `licences` in it gets THIRD-PARTY.txt (name, version, licence, source and files of each part) and the
texts. Looked at is what was really bundled. A file of unknown origin, or a part without a licence text, is an error.
"""

import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from bundled import MODULE, PROGRAMS, Bundled, look_through
from distributions import installed, licence_of, needed, source_of, texts_of
from native_libraries import GPL_3, Library, Table, read_table, shipped_text
from system_libraries import COMMON, Package

FOLDER, REPORT = "licences", "THIRD-PARTY.txt"
SHARED, COMMON_FOLDER = "texts", "common-licenses"
MICROSOFT = "Microsoft Visual C++ runtime"
HEAD = """\
What SegDepth {version} is made of
{line}

SegDepth itself is free software, GPL-3.0-or-later: SegDepth/LICENSE beside this file. Below stands every other part
of this installation with its version, its licence, the place of its source code and its files. Places of files are
those in the folder `_internal`; licence texts are in the folders beside this file.

Source code. It is free to fetch from the addresses given with each part: of SegDepth from
{home}, of Python packages from PyPI, of Debian packages, in the very version that was copied, from
snapshot.debian.org. For the libraries in PyAV (FFmpeg, x264, x265 and what they call) pyav-ffmpeg holds the patches and
the script that names each release; which release of pyav-ffmpeg it was stands in PyAV's source, in
scripts/ffmpeg-latest.json.

Replacing a library. Libraries under the LGPL, such as Qt and FFmpeg, are ordinary files. To run SegDepth with a version
of your own, put it in the place given below, under the same name, and start SegDepth again: nothing checks them. You
may take libraries apart to find faults in such changes.

"""
PLACES_FIRST = "files     "


@dataclass
class Part:
    """One entry of the report."""

    name: str
    version: str
    licence: str
    source: str
    files: list[str]
    texts: dict[str, Path] = field(default_factory=dict)
    """From the place below the folder of licences to the file that is copied there."""
    others: int = 0
    """Number of Python modules and data files, which are not listed."""
    note: str = ""

    def written(self) -> str:
        """Its lines in the report."""
        lines = [f"{self.name} {self.version}".strip(), f"    licence   {self.licence}", f"    source    {self.source}"]
        folders = sorted({place if place.startswith(SHARED) else f"{place.rsplit('/', 1)[0]}/" for place in self.texts})
        if folders:
            lines.append(f"    texts     {', '.join(folders)}")
        if self.note:
            lines.append(f"    note      {self.note}")
        listed = sorted(self.files) + ([f"{self.others} Python modules and data files"] if self.others else [])
        lines += [
            f"    {PLACES_FIRST if not row else ' ' * len(PLACES_FIRST)}{text}" for row, text in enumerate(listed)
        ]
        return "\n".join(lines) + "\n"


def collect(frozen: Path) -> tuple[Path, Bundled]:
    """Writes `licences` into the frozen folder, anew; returns it and what was found.

    Raises: SystemExit where a file's origin is not known, or a part has no licence text.
    """
    table = read_table()
    bundled = look_through(frozen, table)
    if bundled.unknown:
        raise SystemExit(
            "Nobody knows where these come from: "
            + ", ".join(bundled.unknown)
            + ". Leave them out (packaging/left_out.py) or enter them into packaging/bundled_libraries.toml."
        )
    parts = sorted(_parts(bundled, table), key=lambda part: part.name.lower())
    without = [part.name for part in parts if not part.texts and part.name != MICROSOFT]
    if without:
        raise SystemExit(f"No licence text: {', '.join(without)}. Add it to packaging/bundled_libraries.toml.")
    out = frozen / FOLDER
    shutil.rmtree(out, ignore_errors=True)
    _copy_texts(parts, bundled, out)
    (out / REPORT).write_text(_head() + "\n".join(part.written() for part in parts), encoding="utf-8")
    return out, bundled


def unneeded(bundled: Bundled) -> list[str]:
    """Distributions that were bundled though nothing that SegDepth requires asks for them."""
    return sorted(set(bundled.distributions) - needed() - {"pyinstaller", "pyinstaller-hooks-contrib"})


def _parts(bundled: Bundled, table: Table) -> list[Part]:
    """All but SegDepth itself."""
    parts = [_distribution_part(name, places, table) for name, places in bundled.distributions.items()]
    parts += [_library_part(library, wheels) for library, wheels in bundled.libraries.values()]
    parts += [_debian_part(package, places) for package, places in bundled.debian.items()]
    if bundled.python:
        parts.append(_python_part(bundled.python))
    if bundled.microsoft:
        terms = "Microsoft's terms for redistributing it; a library of the system, and not free"
        home = "https://learn.microsoft.com/cpp/windows/redistributing-visual-cpp-files"
        parts.append(Part(MICROSOFT, "", terms, home, bundled.microsoft))
    return parts


def _distribution_part(name: str, places: list[str], table: Table) -> Part:
    distribution, remark = installed()[name], table.remarks.get(name)
    stated = distribution.metadata["Name"]
    texts = {f"{stated}/{place}": path for place, path in texts_of(distribution).items()}
    licence = licence_of(distribution) or "see its licence text"
    if remark is not None:
        texts |= {f"{SHARED}/{text}": shipped_text(text) for text in remark.texts}
        licence = remark.licence or licence
    libraries, others = _split(places)
    return Part(stated, distribution.version, licence, source_of(distribution), libraries, texts, others)


def _library_part(library: Library, wheels: dict[str, list[str]]) -> Part:
    there = installed()
    texts = {f"{SHARED}/{text}": shipped_text(text) for text in library.texts}
    for wheel, name in library.wheel_texts.items():
        if wheel in wheels:
            own = {place: path for place, path in texts_of(there[wheel]).items() if path.name == name}
            if not own:
                raise SystemExit(
                    f"The wheel of {wheel} has no file {name}, which should hold the licence of {library.name}."
                )
            texts |= {f"{there[wheel].metadata['Name']}/{place}": path for place, path in own.items()}
    brought = [f"{there[wheel].metadata['Name']} {there[wheel].version}" for wheel in sorted(wheels)]
    source = library.source.format(version=there[sorted(wheels)[0]].version)
    places = [place for of_wheel in wheels.values() for place in of_wheel]
    return Part(library.name, "", library.licence, source, places, texts, note=f"in the wheel of {', '.join(brought)}")


def _debian_part(package: Package, places: list[str]) -> Part:
    texts = {f"{package.name}/copyright": package.copyright_file} if package.copyright_file.is_file() else {}
    note = "copied from Debian's package of this name"
    return Part(package.name, package.version, package.licences(), package.page, places, texts, note=note)


def _python_part(places: list[str]) -> Part:
    version = sys.version.split()[0]
    homes = (Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix))
    found = [home / "LICENSE.txt" for home in homes if (home / "LICENSE.txt").is_file()]
    texts = {"Python/LICENSE.txt": found[0]} if found else {}
    libraries, others = _split(places)
    source = f"https://www.python.org/downloads/release/python-{version.replace('.', '')}/"
    return Part("Python", version, "PSF-2.0", source, libraries, texts, others)


def _split(places: list[str]) -> tuple[list[str], int]:
    """Programs and libraries, by their names, and the number of everything else."""
    ends = (".so", ".pyd", ".dll", ".exe", ".dylib")
    libraries = [
        place
        for place in places
        if not place.startswith(MODULE) and (place.endswith(ends) or ".so." in place or PROGRAMS.match(place))
    ]
    return libraries, len(places) - len(libraries)


def _copy_texts(parts: list[Part], bundled: Bundled, out: Path) -> None:
    """Copies every text once, and Debian's common licences that its copyright files leave out."""
    texts = {"SegDepth/LICENSE": GPL_3}
    for part in parts:
        texts |= part.texts
    for package in bundled.debian:
        texts |= {
            f"{COMMON_FOLDER}/{name}": COMMON / name for name in package.common_licences() if (COMMON / name).is_file()
        }
    for place, text in texts.items():
        if not text.read_bytes().strip():
            raise SystemExit(f"This licence text is empty: {text}")
        (out / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(text, out / place)


def _head() -> str:
    """The words before the list."""
    own = installed()["segdepth"]
    home = "https://github.com/segdepth/segdepth"
    return HEAD.format(version=own.version, line="=" * len(f"What SegDepth {own.version} is made of"), home=home)


def main() -> None:
    """Collects, and says what came along that nothing needs."""
    out, bundled = collect(Path(sys.argv[1]))
    superfluous = unneeded(bundled)
    sys.stderr.write(f"licences: {sum(1 for path in out.rglob('*') if path.is_file())} files in {out}\n")
    if superfluous:
        sys.stderr.write(f"licences: bundled, though nothing requires them: {', '.join(superfluous)}\n")


if __name__ == "__main__":
    main()
