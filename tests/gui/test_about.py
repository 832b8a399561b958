"""About SegDepth: its own licence, and the way to those of what was installed with it."""

import os
import sys

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

import segdepth_app
from segdepth_app.gui.about import about_box


class FileManager(QObject):
    """Takes what the window wants to show, in place of the system."""

    def __init__(self):
        super().__init__()
        self.shown, self.libraries = [], []
        QDesktopServices.setUrlHandler("file", self, "show")

    @Slot(QUrl)
    def show(self, url):
        self.shown.append(url.toLocalFile())
        self.libraries.append(os.environ.get("LD_LIBRARY_PATH"))


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A program in a folder whose name is not plain; returns its licences."""
    folder = tmp_path / "Größe <µm> 1" / "licences"
    folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(folder.parent / "segdepth"))
    return folder


def opened(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    box = about_box(parent)
    box.open()
    return parent, box


def buttons(box):
    return {button.text().replace("&", ""): button for button in box.buttons()}


def test_the_licence_and_the_version_are_named(qtbot):
    """From source there is no folder to open."""
    _parent, box = opened(qtbot)
    assert "GPL-3.0-or-later" in box.text()
    assert segdepth_app.__version__ in box.text()
    assert list(buttons(box)) == ["Close"]


@pytest.fixture
def files():
    made = FileManager()
    yield made
    QDesktopServices.unsetUrlHandler("file")


def test_an_installed_program_opens_its_licences(qtbot, installed, files):
    """The path stands in the box too, for systems without a file manager."""
    _parent, box = opened(qtbot)
    assert "Größe &lt;µm&gt; 1" in box.text()
    buttons(box)["Open licences"].click()
    assert files.shown == [str(installed)]


@pytest.mark.parametrize("before", [None, "/opt/lab/lib"])
def test_the_file_manager_does_not_load_our_libraries(qtbot, installed, files, monkeypatch, before):
    """A frozen program on Linux runs with a path to its own, and its workers need it."""
    monkeypatch.setenv("LD_LIBRARY_PATH", "/ours")
    if before is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    _parent, box = opened(qtbot)
    buttons(box)["Open licences"].click()
    assert files.libraries == [before]
    assert os.environ["LD_LIBRARY_PATH"] == "/ours"
