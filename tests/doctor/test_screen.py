"""System libraries of the window: found missing by the real dynamic linker."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from segdepth_app.doctor.screen import X_PLUGIN, missing_libraries

if not sys.platform.startswith("linux"):
    pytest.skip("the libraries of X are Linux's", allow_module_level=True)

PLUGIN = Path(find_spec("PySide6").submodule_search_locations[0]) / X_PLUGIN


def test_a_library_that_the_system_does_not_have_is_named(tmp_path):
    """Qt's real plugin, with the name of one library it needs changed to one that nobody has."""
    content = PLUGIN.read_bytes()
    assert content.count(b"libxcb-cursor.so.0\0") == 1
    changed = tmp_path / "libqxcb.so"
    changed.write_bytes(content.replace(b"libxcb-cursor.so.0\0", b"libxcb-absent.so.0\0"))
    found = missing_libraries(changed)
    assert "libxcb-absent.so.0" in found
    assert "libxcb-cursor.so.0" not in found


def test_where_nothing_can_be_asked_nothing_is_claimed(tmp_path):
    """No such plugin, or none for this system."""
    (tmp_path / "libqxcb.so").write_text("no library", encoding="utf-8")
    assert missing_libraries(tmp_path / "libqxcb.so") == []
    assert missing_libraries(tmp_path / "absent.so") == []
