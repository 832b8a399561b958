"""The licences of a frozen program: a small one made of real libraries, laid out as PyInstaller does."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from bundled import files_of, look_through
from licences import collect
from native_libraries import read_table
from system_libraries import is_same_build, package_of

SITE = Path(sysconfig.get_path("purelib"))
OPENBLAS, X264, EXTENSION = "numpy.libs/libscipy_openblas64_-*", "av.libs/libx264-*", "av/_core.abi3.so"
FROM_WHEELS = {
    OPENBLAS: "OpenBLAS",
    X264: "x264",
    EXTENSION: "av",
    "PySide6/Qt/lib/libQt6Svg.so.6": "Qt",
    "PySide6/QtSvg.abi3.so": "PySide6_Essentials",
    "PySide6/libpyside6.abi3.so.*": "PySide6_Essentials",
    "imagecodecs.libs/liblz4-*": "LZ4",
    "torch/lib/libgomp.so.1": "GCC runtime (libgomp)",
}
FOUND_ON = "/usr/lib/*/libz.so.1"

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="libraries have other names there"),
    pytest.mark.skipif(shutil.which("dpkg") is None, reason="asks dpkg"),
]


def only(folder, pattern):
    found = list(folder.glob(pattern))
    assert len(found) == 1, pattern
    return found[0]


@pytest.fixture
def frozen(tmp_path):
    """The frozen folder; of Python a library by name alone, since its place is all that tells."""
    inside = tmp_path / "SegDepth" / "_internal"
    for pattern in FROM_WHEELS:
        target = inside / only(SITE, pattern).relative_to(SITE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(only(SITE, pattern), target)
    shutil.copyfile(only(Path("/"), FOUND_ON[1:]), inside / "libz.so.1")
    for place, content in {
        "libpython3.11.so.1.0": b"\x7fELF",
        "resources/guide.md": b"text",
        "LICENSE": b"GPL",
    }.items():
        (inside / place).parent.mkdir(exist_ok=True)
        (inside / place).write_bytes(content)
    (inside / "linked.so").symlink_to(only(inside, X264))
    return inside.parent


@pytest.fixture
def report(frozen):
    """What the report says, by the name of each part: its lines by their first word."""
    text = (collect(frozen)[0] / "THIRD-PARTY.txt").read_text(encoding="utf-8")
    parts = {}
    for paragraph in re.split(r"\n\n(?=\S)", text.split("such changes.")[1].strip()):
        title, *lines = paragraph.strip().splitlines()
        parts[title], key = {}, ""
        for line in lines:
            key = line[4:14].strip() or key
            parts[title].setdefault(key, []).append(line[14:])
    return parts


def part_of(report, place):
    return [title for title, lines in report.items() if place in lines["files"]]


def test_every_binary_is_listed_under_what_it_is(frozen, report):
    """The names are those their authors gave them, written down here by hand."""
    inside = frozen / "_internal"
    for pattern, name in {**FROM_WHEELS, "libz.so.1": "zlib1g", "libpython3.11.so.1.0": "Python"}.items():
        (title,) = part_of(report, only(inside, pattern).relative_to(inside).as_posix())
        assert title == name or title.startswith(f"{name} "), pattern


def test_every_text_that_is_named_is_there(frozen, report):
    folder = frozen / "licences"
    named = [place for lines in report.values() for place in lines["texts"][0].split(", ")]
    assert len(named) >= len(report)
    for place in named:
        files = [*(folder / place).iterdir()] if place.endswith("/") else [folder / place]
        assert files
        assert all(file.read_text(encoding="utf-8", errors="replace").strip() for file in files)


def test_a_copyleft_library_says_where_its_source_is(report):
    """Debian's in the very version that dpkg names, a wheel's at its authors' and at its builders'."""
    version = subprocess.run(
        ["dpkg-query", "-W", "-f", "${source:Version}", "zlib1g"], capture_output=True, text=True, check=True
    ).stdout
    (zlib,) = (lines for title, lines in report.items() if title.startswith("zlib1g "))
    assert zlib["source"] == [f"https://snapshot.debian.org/package/zlib/{version}/"]
    assert "videolan.org/videolan/x264" in report["x264"]["source"][0]
    assert "PyAV-Org/pyav-ffmpeg" in report["x264"]["source"][0]


def test_collecting_again_gives_the_same(frozen, report):
    """The licences of the last time are no parts of the program."""
    before = {path: path.read_bytes() for path in (frozen / "licences").rglob("*") if path.is_file()}
    collect(frozen)
    assert {path: path.read_bytes() for path in (frozen / "licences").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("_internal/libnobody.so.1", b"\x7fELF"),
        ("_internal/numpy.libs/libnobody-12345678.so", b"\x7fELF"),
        ("_internal/libX11.so.6", b"\x7fELF not the one of Debian"),
        ("_internal/numpy/notes.txt", b"text"),
        ("beside.so", b"\x7fELF"),
    ],
)
def test_a_file_of_unknown_origin_stops_the_build(frozen, place, content):
    (frozen / place).parent.mkdir(exist_ok=True)
    (frozen / place).write_bytes(content)
    with pytest.raises(SystemExit, match=re.escape(place.removeprefix("_internal/"))):
        collect(frozen)
    assert not (frozen / "licences").exists()


def test_a_library_of_a_wheel_that_the_table_does_not_know_stops_the_build(frozen):
    """A new version of a wheel may bring a new library."""
    table = read_table()
    table.libraries[:] = [library for library in table.libraries if library.name != "x264"]
    place = only(frozen / "_internal", X264).relative_to(frozen / "_internal").as_posix()
    assert look_through(frozen, table).unknown == [f"{place} (a library in the wheel of av)"]


def test_a_link_out_of_the_folder_is_no_part_of_it(frozen):
    (frozen / "_internal" / "away.so").symlink_to(only(SITE, EXTENSION))
    assert look_through(frozen).unknown == ["away.so"]
    assert frozen / "_internal" / "linked.so" not in list(files_of(frozen))


@pytest.mark.skipif(shutil.which("strip") is None, reason="needs binutils")
def test_a_library_without_its_symbols_is_still_known(tmp_path):
    """Its bytes are others; objcopy takes the section names along, so that they differ for certain."""
    original, copied = only(Path("/"), FOUND_ON[1:]), tmp_path / "libz.so.1"
    shutil.copyfile(original, copied)
    subprocess.run(["objcopy", "--remove-section=.comment", "--strip-unneeded", copied], check=True)
    with copied.open("ab") as stream:
        stream.write(b"\0")
    assert copied.read_bytes() != original.read_bytes()
    assert package_of(copied).name == "zlib1g"
    assert not is_same_build(copied, only(Path("/"), "usr/lib/*/libX11.so.6"))
