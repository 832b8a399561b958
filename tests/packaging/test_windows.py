"""The Windows installer's script and the program: what both must know by the same name."""

from pathlib import Path

import left_out

from segdepth_app import __main__ as program

SCRIPT = (Path(left_out.__file__).parent / "windows" / "segdepth.iss").read_text(encoding="utf-8-sig")


def test_the_installer_waits_for_what_the_program_holds():
    """By another name it would replace the files of a program that computes."""
    assert f'#define Mutex "{program.MUTEX}"' in SCRIPT


def test_the_script_begins_with_a_mark():
    """Without it the compiler reads the file in the code page of its computer, and German letters change."""
    path = Path(left_out.__file__).parent / "windows" / "segdepth.iss"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_installed_programs_are_those_that_are_frozen():
    """Names of the two executables, in the specification and in what calls them."""
    frozen = (Path(left_out.__file__).parent / "segdepth.spec").read_text(encoding="utf-8")
    command = (Path(left_out.__file__).parent / "windows" / "segdepth.cmd").read_text(encoding="ascii")
    for name in ("SegDepth", "segdepth-worker"):
        assert f'name="{name}"' in frozen
        assert f"{{app}}\\{name}.exe" in SCRIPT
    assert "..\\segdepth-worker.exe" in command


def test_what_stays_out_does_so_by_windows_names_too():
    """Libraries of Qt have no "lib" in front there, and places backslashes."""
    for place in (r"PySide6\Qt6Quick.dll", r"PySide6\Qt6Pdf.dll", "PySide6/Qt/lib/libQt6Qml.so.6"):
        assert left_out.is_left_out(place), place
    for place in (r"PySide6\Qt6Core.dll", r"PySide6\Qt6Widgets.dll", r"torch\lib\torch_cpu.dll"):
        assert not left_out.is_left_out(place), place
