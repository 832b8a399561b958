"""Libraries of the package without their symbols: smaller, and loaded by the real loader all the same."""

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

if not sys.platform.startswith("linux") or shutil.which("strip") is None:
    pytest.skip("ELF libraries and binutils' strip are Linux's", allow_module_level=True)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging"))
import strip_symbols

SITE = Path(numpy.__file__).parents[1]


def _copy_of(pattern: str, folder: Path) -> Path:
    found = next(SITE.glob(pattern), None)
    if found is None:
        pytest.skip(f"no {pattern} is installed")
    return Path(shutil.copy(found, folder))


def _symbols(library: Path) -> int:
    """Lines of the full symbol table, as binutils counts them."""
    done = subprocess.run(["nm", "--defined-only", library], capture_output=True, text=True, check=True)
    return len(done.stdout.splitlines())


def test_a_library_gets_smaller_and_still_loads(tmp_path: Path) -> None:
    """The loader of this system is the judge, in the process that would need it."""
    library = _copy_of("kiwisolver/_cext*.so", tmp_path)
    before = library.stat().st_size
    assert _symbols(library) > 0
    saved = strip_symbols.strip(library)
    assert library.stat().st_size == before - saved < before
    assert _symbols(library) == 0
    assert hasattr(ctypes.PyDLL(str(library)), "PyInit__cext")
    assert list(tmp_path.iterdir()) == [library]


def test_a_library_that_strip_would_break_stays_as_it_was(tmp_path: Path) -> None:
    """OpenBLAS of numpy's wheel was patched after linking: stripped, the loader refuses it; so it is put back."""
    library = _copy_of("numpy.libs/libscipy_openblas64_*.so", tmp_path)
    before = library.read_bytes()
    broken = tmp_path / "broken.so"
    subprocess.run(["strip", "--strip-unneeded", "-o", broken, library], check=True, capture_output=True)
    if strip_symbols.loadable(broken.read_bytes()):
        pytest.skip("this OpenBLAS survives strip")
    with pytest.raises(OSError, match="not page-aligned"):
        ctypes.CDLL(str(broken))
    assert strip_symbols.strip(library) == 0
    assert library.read_bytes() == before


def test_only_elf_files_are_touched(tmp_path: Path) -> None:
    """A linker script or a link with the name of a library is none."""
    real = _copy_of("kiwisolver/_cext*.so", tmp_path)
    (tmp_path / "libc.so").write_text("GROUP ( libc.so.6 )", encoding="utf-8")
    (tmp_path / "link.so").symlink_to(real)
    assert strip_symbols.libraries(tmp_path) == [real]
