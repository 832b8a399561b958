"""The table of native libraries, against the wheels that are installed here."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from bundled import modules_of
from distributions import installed, needed, owners, texts_of
from native_libraries import contains, read_table, shipped_text

SITE = Path(sysconfig.get_path("purelib"))
TABLE = read_table()
by_library = pytest.mark.parametrize("library", TABLE.libraries, ids=lambda library: library.name)

ASK_PIP = """
import json
from pip._internal.metadata import get_default_environment
from pip._vendor.packaging.utils import canonicalize_name
there = {one.canonical_name: one for one in get_default_environment().iter_all_distributions()}
found, waiting = set(), [("segdepth", frozenset())]
while waiting:
    name, extras = waiting.pop()
    distribution = there.get(canonicalize_name(name))
    if distribution is None or (distribution.canonical_name, extras) in found:
        continue
    found.add((distribution.canonical_name, extras))
    waiting += [(asked.name, frozenset(asked.extras)) for asked in distribution.iter_dependencies(extras)]
print(json.dumps(sorted({name for name, _ in found})))
"""


def test_what_is_needed_is_what_pip_finds():
    """pip reads the same metadata with code of its own."""
    done = subprocess.run([sys.executable, "-c", ASK_PIP], capture_output=True, text=True, check=True, timeout=60)
    assert sorted(needed()) == json.loads(done.stdout)


@by_library
def test_the_texts_of_a_library_are_there(library):
    """In licence-texts, or in each wheel under the name that the table gives."""
    assert library.texts or set(library.wheel_texts) == set(library.wheels)
    for name in library.texts:
        assert shipped_text(name).read_text(encoding="utf-8").strip()
    for wheel, name in library.wheel_texts.items():
        assert [path for path in texts_of(installed()[wheel]).values() if path.name == name]


@pytest.mark.skipif(sys.platform != "linux", reason="libraries have other names there")
@by_library
def test_a_library_is_in_every_wheel_that_is_said_to_bring_it(library):
    if library.system == "windows":
        pytest.skip("only in wheels for Windows")
    places = owners()
    for wheel in library.wheels:
        assert any(place for place, owner in places.items() if owner == wheel and library.holds(place))


def test_no_text_lies_about_unused():
    used = {name for library in TABLE.libraries for name in library.texts}
    used |= {name for remark in TABLE.remarks.values() for name in remark.texts}
    lying = {path.name for path in shipped_text("README.md").parent.iterdir()}
    assert lying - used == {"README.md"}


@pytest.mark.skipif(sys.platform != "linux", reason="libraries have other names there")
@pytest.mark.parametrize("wheel", ["av", "h5py", "numpy", "pillow", "scipy"])
def test_no_library_of_a_wheel_is_missing(wheel):
    """Those that are bundled whole; of imagecodecs and torch some files are left out."""
    libraries = [place for place, owner in owners().items() if owner == wheel and ".libs/" in place]
    assert libraries
    assert [place for place in libraries if TABLE.library(wheel, place) is None] == []


def test_ffmpeg_is_built_under_the_licence_that_the_table_says():
    """Asked is the library itself."""
    from av._core import library_meta

    assert {meta["license"] for meta in library_meta.values()} == {"LGPL version 3 or later"}
    assert "--enable-libx264" in library_meta["libavcodec"]["configuration"]
    assert "--enable-gpl" not in library_meta["libavcodec"]["configuration"]
    (ffmpeg,) = (library for library in TABLE.libraries if library.name == "FFmpeg")
    assert ffmpeg.licence.startswith("LGPL-3.0-or-later")


def test_mkl_is_found_in_torch_where_torch_says_it_is_built_with_it():
    """It cannot be seen from outside: it is linked into torch."""
    import torch

    place = "torch/lib/libtorch_cpu.so"
    found = [library.name for library in TABLE.linked_in("torch", place, SITE / place)]
    assert found == (["Intel oneMKL"] if "Math Kernel Library" in torch.__config__.show() else [])


def test_words_are_found_across_the_whole_file(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"." * 10_000 + b"words")
    assert contains(file, b"words")
    assert not contains(file, b"wordy")


def test_the_modules_in_a_program_are_found(tmp_path):
    """Packed with PyInstaller itself; a namespace package is a folder and no module."""
    writers = pytest.importorskip("PyInstaller.archive.writers", reason="comes with the extra `build`")
    source = tmp_path / "inner.py"
    source.write_text("pass")
    code = {"outer.inner": compile("pass", "inner.py", "exec"), "outer": None}
    entries = [("outer.inner", str(source), "PYMODULE"), ("outer", "-", "PYMODULE")]
    writers.ZlibArchiveWriter(str(tmp_path / "PYZ.pyz"), entries, code)
    program = tmp_path / "program"
    writers.CArchiveWriter(str(program), [("PYZ.pyz", str(tmp_path / "PYZ.pyz"), False, "z")], "libpython3.11.so.1.0")
    assert modules_of(program) == ["outer.inner"]
