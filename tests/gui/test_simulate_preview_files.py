"""The live preview with its real child where it is slow, and where it needs files of the user."""

import ase.io
import numpy as np
import pytest
from ase.spacegroup import crystal
from PySide6.QtCore import QElapsedTimer, QTimer

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.simulate import preview_client
from segdepth_app.gui.simulate.tab import create_tab

LONG_MS = 60_000
SMALL = {"grid.height_px": "128", "grid.width_px": "192", "n_defoci": "2", "grid.wave_sampling_pm": "5.3"}


@pytest.fixture
def bench(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    context = AppContext(Settings())
    tab = create_tab(context)
    qtbot.addWidget(tab)
    tab.resize(1280, 640)
    tab.show()
    tab.new.click()
    for field, text in SMALL.items():
        type_in(tab, field, text)
    yield tab, context
    tab.previewing.close()
    context.jobs.kill_all()
    context.deleteLater()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "Größe µm" / "试样 1"
    made.mkdir(parents=True)
    return made


def form_of(tab, field):
    return next(form for form in tab.panel.forms.values() if field in form.editors)


def type_in(tab, field, text):
    editor = form_of(tab, field).editors[field]
    line = getattr(editor, "line", editor)
    line.setText(text)
    line.textEdited.emit(text)


def choose(tab, field, value):
    editor = form_of(tab, field).editors[field]
    editor.setCurrentIndex(editor.findData(value))


def picture(tab):
    image = tab.panel.preview.panes["clean"].item.image
    return None if image is None else image.copy()


def is_shown(tab, shape):
    return picture(tab) is not None and picture(tab).shape == shape


class Pulse:
    """Beats every 10 ms while the window is alive; the longest pause between two, ms."""

    def __init__(self):
        self.n = self.longest = 0
        self._clock = QElapsedTimer()
        self._clock.start()
        self.timer = QTimer(interval=10)
        self.timer.timeout.connect(self._beat)
        self.timer.start()

    def _beat(self):
        self.n += 1
        self.longest = max(self.longest, self._clock.restart())


def test_frozen_phonons_compute_while_the_window_goes_on_and_can_be_left(bench, qtbot, monkeypatch):
    """Many configurations take long; the helper is given up for other settings, and those are shown."""
    monkeypatch.setattr(preview_client, "GIVE_UP_MS", 500)
    tab, context = bench
    preview = tab.panel.preview
    qtbot.waitUntil(lambda: is_shown(tab, (32, 48)), timeout=LONG_MS)
    before = picture(tab)
    choose(tab, "optics.thermal", "frozen-phonon")
    type_in(tab, "optics.n_phonons", "200")
    assert not tab.panel.whole_reason.isVisible()
    qtbot.waitUntil(lambda: preview.status.text() == "computing…", timeout=LONG_MS)
    pulse = Pulse()
    qtbot.waitUntil(lambda: pulse.n >= 100, timeout=LONG_MS)
    pulse.timer.stop()
    assert preview.status.text() == "computing…"
    # two processors are shared with the child, and with whatever else runs there
    assert pulse.longest < 500
    np.testing.assert_array_equal(picture(tab), before)

    type_in(tab, "optics.n_phonons", "2")
    qtbot.waitUntil(lambda: not np.array_equal(picture(tab), before), timeout=LONG_MS)
    assert preview.status.text() == ""
    first, second = (job for job in context.jobs.jobs if job.name == "preview")
    qtbot.waitUntil(lambda: first.has_ended, timeout=LONG_MS)
    assert not second.has_ended


def test_a_crystal_of_a_file_is_shown_along_its_zone_axis(bench, qtbot, folder):
    """Along [001] fluorite has columns of oxygen of their own, along [111] each has cerium in it."""
    tab, _ = bench
    preview = tab.panel.preview
    ceria = crystal(("Ce", "O"), [(0, 0, 0), (0.25, 0.25, 0.25)], spacegroup=225, cellpar=[5.411] * 3 + [90] * 3)
    ase.io.write(folder / "ceria.cif", ceria)
    qtbot.waitUntil(lambda: is_shown(tab, (32, 48)), timeout=LONG_MS)
    built_in = picture(tab)
    type_in(tab, "specimen.structure", str(folder / "ceria.cif"))
    for axis, elements in (("0 0 1", {8, 58}), ("1 1 1", {58})):
        type_in(tab, "specimen.zone_axis", axis)
        qtbot.waitUntil(
            lambda elements=elements: set(tab.previewing._columns.table["element"]) == elements, timeout=LONG_MS
        )
    assert not np.array_equal(picture(tab), built_in)
    assert not preview.problem.isVisible()
    assert tab.panel.start.isEnabled()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("torn.cif", "data_ceria\n_cell_length_a 5.4\nloop_\n", "cannot be read"), ("gone.cif", None, "not found")],
)
def test_a_crystal_file_that_cannot_be_read_is_refused_at_its_field(bench, qtbot, folder, name, text, words):
    tab, _ = bench
    form = form_of(tab, "specimen.structure")
    if text is not None:
        (folder / name).write_text(text)
    qtbot.waitUntil(lambda: is_shown(tab, (32, 48)), timeout=LONG_MS)
    type_in(tab, "specimen.structure", str(folder / name))
    reason = form.reasons["specimen.structure"]
    qtbot.waitUntil(lambda: reason.isVisible(), timeout=LONG_MS)
    assert words in reason.text()
    assert form.editors["specimen.structure"].line.property("invalid") is True
    assert words in tab.panel.whole_reason.text()
    assert not tab.panel.start.isEnabled()
    assert picture(tab) is not None

    type_in(tab, "specimen.structure", "")
    qtbot.waitUntil(lambda: tab.panel.preview.status.text() == "", timeout=LONG_MS)
    assert not reason.isVisible()
    assert tab.panel.start.isEnabled()
