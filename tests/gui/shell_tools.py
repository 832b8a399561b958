"""The window with fake tabs, and files of every kind it may be given."""

import sys

import h5py
import pytest
from PySide6.QtWidgets import QWidget

from segdepth_app.gui.app import create_main_window
from segdepth_app.gui.tabs import TABS


@pytest.fixture
def window(qtbot):
    made = create_main_window()
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.context.jobs.kill_all()
    made.close()
    made.deleteLater()


class FakeTab(QWidget):
    """A tab that remembers what it was told."""

    def __init__(self, context):
        super().__init__()
        self.opened, self.state = [], {}

    def open_path(self, path):
        self.opened.append(path)
        return True

    def save_state(self):
        return {"open": self.opened[-1]} if self.opened else {}

    def restore_state(self, state):
        self.state = state


@pytest.fixture
def fake_tabs(monkeypatch):
    """All four tabs are fakes: the shell is tested without its rooms."""
    for name in TABS:
        module = type(sys)(f"segdepth_app.gui.{name}.tab")
        module.create_tab = FakeTab
        monkeypatch.setitem(sys.modules, module.__name__, module)


def make_h5(path, kind):
    with h5py.File(path, "w") as file:
        file.attrs["format"] = kind
    return path


@pytest.fixture
def files(tmp_path):
    """One of each kind, in a folder whose name is not plain."""
    folder = tmp_path / "Größe µm" / "试样 1"
    folder.mkdir(parents=True)
    made = {
        "series.tif": folder / "series.tif",
        "result.h5": make_h5(folder / "result.h5", "segdepth-result-1"),
        "dataset.h5": make_h5(folder / "dataset.h5", "segdepth-dataset-1"),
        "broken.h5": folder / "broken.h5",
        "model.safetensors": folder / "model.safetensors",
    }
    for name in ("series.tif", "broken.h5", "model.safetensors"):
        made[name].write_bytes(b"x")
    for name, contents in {"run": ["config.json", "status.json"], "evaluation": ["metrics.json"], "frames": []}.items():
        made[name] = folder / name
        made[name].mkdir()
        for file in contents:
            (made[name] / file).write_text("{}")
    return made
