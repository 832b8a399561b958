"""The calibration with real children: lattice, drift, sums, a file without a header, and all of it remembered."""

from pathlib import Path

import numpy as np
import pytest

from segdepth_app.gui.view.calibration_raw import RawDialog
from segdepth_app.gui.view.typed import Typed
from tests.gui.view_tabs import close_view_tab, open_view_tab

CELL_PM = 541.1
"""Ceria; rows of {111} along [110] are a/√3 apart, of {002} a/2, of {220} a/√8."""
PIXEL_PM, TURNED_DEG = 20.0, 25.0
SIZE = 192


def crystal(size=SIZE, pixel_pm=PIXEL_PM, turned_deg=TURNED_DEG, vacuum=40.0):
    """The mean image of a round ceria particle along [110] as a sum of its plane waves, [001] at `turned_deg`."""
    y, x = np.mgrid[:size, :size].astype(float)
    # along [001], and across it along [1-10], in pm; counterclockwise as seen, y down
    angle = np.radians(turned_deg)
    along = (x * np.cos(angle) - y * np.sin(angle)) * pixel_pm
    across = (-x * np.sin(angle) - y * np.cos(angle)) * pixel_pm
    # (l, h) of hhl: 111, 002, 220, 113, 222, 004, 331
    waves = [(1, 1), (1, -1), (2, 0), (0, 2), (3, 1), (3, -1), (2, 2), (2, -2), (4, 0), (1, 3), (1, -3)]
    pattern = sum(
        np.cos(2 * np.pi * (l_index * along / CELL_PM + h_index * np.sqrt(2) * across / CELL_PM))
        for l_index, h_index in waves
    )
    inside = np.hypot(x - size / 2, y - size / 2) < size * 0.36
    return vacuum * (1 + inside * (0.08 * pattern - 0.1))


@pytest.fixture
def tab(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "home"))
    # what ships must not change what is tested, and no network is needed here
    monkeypatch.setattr("segdepth_app.gui.view.analysis.shipped_models", dict)
    tab = open_view_tab(qtbot, tmp_path / "settings.ini")
    yield tab
    close_view_tab(qtbot, tab)


def opened(qtbot, tab, path: Path):
    """Opens a series and waits for its first frame."""
    scene = tab.presenter.scene
    assert tab.open_path(str(path))
    scene.image = None
    qtbot.waitUntil(lambda: scene.image is not None or bool(tab.context.faults), timeout=30000)
    assert tab.context.faults == []
    return scene


def reopened(qtbot, tab, act):
    """Does something that opens the series anew, and waits for the child that has done so."""
    seen = []
    tab.series.opened.connect(seen.append)
    act()
    qtbot.waitUntil(lambda: bool(seen) or bool(tab.context.faults), timeout=30000)
    tab.series.opened.disconnect(seen.append)
    assert tab.context.faults == []


def test_the_lattice_of_a_known_crystal_is_measured_and_comes_back(qtbot, tab, tmp_path):
    """20 pm/px, [001] turned by 25°: found from counts, taken over, told to jobs, and there when opened again."""
    rng = np.random.default_rng(4)
    path = tmp_path / "试样.npy"
    np.save(path, rng.poisson(crystal(), (2, SIZE, SIZE)).astype(np.uint8))
    scene = opened(qtbot, tab, path)
    assert scene.facts.pixel_size_pm is None
    view, presenter = tab.calibration.view, tab.calibration.lattice
    tab.view.top_bar.calibration.click()
    assert view.isVisible()
    view.lattice.measure_button.click()
    qtbot.waitUntil(lambda: view.lattice.measure_button.isEnabled(), timeout=30000)
    page = presenter._lattice_page()
    assert page.can_take, page.text
    reopened(qtbot, tab, view.lattice.take_button.click)
    # half a point of a spectrum of 192 points at the outermost reflection is 1.4 %; the fit of several is better
    assert scene.options()["pixel_size_pm"] == pytest.approx(PIXEL_PM, rel=0.01)
    turned = (scene.options()["rotation_deg"] - TURNED_DEG) % 180
    assert min(turned, 180 - turned) < 1
    assert scene.facts.pixel_size_source.startswith("from the lattice")
    assert "turned" in tab.view.top_bar.more.text()
    found = scene.typed
    tab.open_path(str(path))
    assert scene.typed != found
    qtbot.waitUntil(lambda: scene.typed == found and scene.image is not None, timeout=30000)


def test_drift_is_measured_undone_and_frames_are_added_up(qtbot, tab, tmp_path):
    """A particle that moves by whole pixels stands still when the drift is undone."""
    steps = np.cumsum([[0, 0], [1, 0], [0, 1], [1, 1], [0, 0], [1, -1], [0, 1], [1, 0]], axis=0)
    rng = np.random.default_rng(5)
    still = crystal()
    frames = np.stack([rng.poisson(np.roll(still, step, axis=(0, 1))) for step in steps]).astype(np.uint8)
    path = tmp_path / "drifting.npy"
    np.save(path, frames)
    scene = opened(qtbot, tab, path)
    page = tab.calibration.view.drift
    tab.calibration.present()
    assert not page.align.isEnabled()
    page.measure_button.click()
    qtbot.waitUntil(lambda: page.align.isEnabled() or bool(tab.context.faults), timeout=60000)
    dy, dx = (page.plot.curves[name].getOriginalDataset()[1] for name in ("dy", "dx"))
    np.testing.assert_allclose(np.stack([dy, dx], axis=1), steps, atol=0.25)
    reopened(qtbot, tab, page.align.click)
    last = len(frames) - 1
    tab.presenter.show_frame(last)
    qtbot.waitUntil(lambda: tab.presenter._pictured == last, timeout=30000)
    moved = np.roll(frames[last], -steps[last], axis=(0, 1))
    centre = np.s_[20:-20, 20:-20]
    np.testing.assert_array_equal(scene.image[centre], moved[centre])
    page.sums.setValue(4)
    assert "2 images of 8 frames" in page.sum_text.text()
    reopened(qtbot, tab, page.sum_button.click)
    assert (scene.n_frames, scene.frame) == (2, 1)
    assert tab.view.play_bar.slider.maximum() == 1
    # λ beside the picture stays that of one frame
    assert scene.facts.dose_e_per_px == pytest.approx(40, rel=0.05)


def test_a_drift_that_is_gone_does_not_lock_the_series(qtbot, tab, tmp_path):
    """The alignment was remembered, its measurement was deleted: opened without it, with the rest, and that is said."""
    path = tmp_path / "still.npy"
    np.save(path, np.random.default_rng(9).poisson(3, (3, 32, 32)).astype(np.uint8))
    scene = opened(qtbot, tab, path)
    tab.calibration.memory.keep(scene.facts.fingerprint, Typed(pixel_size_pm=6.0, align="rigid"))
    tab.open_path(str(path))
    qtbot.waitUntil(lambda: bool(tab.context.faults), timeout=30000)
    qtbot.waitUntil(lambda: scene.typed == Typed(pixel_size_pm=6.0) and scene.image is not None, timeout=30000)
    assert "drift" in tab.context.faults[0][0]
    assert "without alignment" in tab.context.faults[0][1]


def test_a_file_without_a_header_is_asked_for_its_layout(qtbot, tab, tmp_path):
    frames = np.random.default_rng(6).poisson(3, (5, 48, 64)).astype(np.uint16)
    path = tmp_path / "camera.raw"
    frames.tofile(path)
    tab.open_path(str(path))
    qtbot.waitUntil(lambda: bool(tab.findChildren(RawDialog)), timeout=30000)
    assert tab.context.faults == []
    dialog = tab.findChildren(RawDialog)[0]
    dialog.height_edit.setText("48")
    dialog.width_edit.setText("64")
    dialog.kind.setCurrentText("uint16")
    assert "5 frames" in dialog.verdict.text()
    dialog.accept()
    scene = tab.presenter.scene
    qtbot.waitUntil(lambda: scene.image is not None, timeout=30000)
    np.testing.assert_array_equal(scene.image, frames[0])
    assert tab.save_state()["raw"] == "48,64,uint16"
    # the next time its layout is known, and nobody is asked
    tab.open_path(str(path))
    assert scene.image is None
    qtbot.waitUntil(lambda: scene.image is not None, timeout=30000)
    assert not [item for item in tab.findChildren(RawDialog) if item.isVisible()]
    np.testing.assert_array_equal(scene.image, frames[0])


def test_vacuum_from_a_rectangle_typed_or_drawn_and_a_typed_gain(qtbot, tab, tmp_path):
    """The rectangle's mean is the level; a gain of 2 per electron halves the dose.

    The region drawn on the frame is taken by its buttons: one opens the calibration and measures the lattice there.
    """
    frames = np.random.default_rng(7).poisson(20, (3, 64, 64)).astype(np.uint8)
    frames[:, :32] = np.random.default_rng(8).poisson(10, (3, 32, 64))
    path = tmp_path / "halves.npy"
    np.save(path, frames)
    scene = opened(qtbot, tab, path)
    levels = tab.calibration.view.levels
    levels.mode_chosen.emit("rectangle")
    levels.rectangle.edit.setText("4,4,50,20")
    reopened(qtbot, tab, lambda: levels.rectangle.check())
    mean = frames[:, 4:24, 4:54].mean()
    assert scene.facts.vacuum == pytest.approx(mean, rel=1e-5)
    assert levels.vacuum.edit.text() == f"{mean:.4g}"
    reopened(qtbot, tab, lambda: levels.value_typed.emit("gain", 2.0))
    assert scene.facts.dose_e_per_px == pytest.approx(mean / 2, rel=1e-5)
    assert levels.fields["gain"].source() == "typed"
    tab.view.toggled.emit("region")
    region = tab.presenter.pictures.overlays.rectangle()
    tab.view.panes.overlays.region_used.emit("lattice")
    assert tab.calibration.view.isVisible()
    assert tab.calibration.view.lattice.region.value() == region
    assert "x {}, y {}".format(*region[:2]) in tab.calibration.lattice._text
    qtbot.waitUntil(lambda: tab.calibration.view.lattice.measure_button.isEnabled(), timeout=30000)
    reopened(qtbot, tab, lambda: tab.view.panes.overlays.region_used.emit("vacuum"))
    assert scene.typed.vacuum == ",".join(str(number) for number in region)


def test_a_damaged_frame_is_a_gap_that_says_why_and_playing_goes_on(qtbot, tab, tmp_path):
    """One file of a folder is cut: its frame has words in its place, those around it their pictures."""
    folder = tmp_path / "Reihe µ"
    folder.mkdir()
    frames = np.random.default_rng(10).poisson(3, (5, 32, 32)).astype(np.uint8)
    for number, frame in enumerate(frames):
        np.save(folder / f"frame_{number}.npy", frame)
    whole = (folder / "frame_2.npy").read_bytes()
    (folder / "frame_2.npy").write_bytes(whole[: len(whole) // 2])
    scene = opened(qtbot, tab, folder)
    seen = []
    tab.view.play_bar.frame_changed.connect(seen.append)
    hint = tab.view.panes.hints["frame"]
    tab.view.set_frame(2)
    qtbot.waitUntil(lambda: "Frame 2 cannot be read" in hint.text(), timeout=30000)
    assert "frame_2.npy" in hint.text()
    assert not tab.view.panes.panes["frame"].item.isVisible()
    assert scene.values_at(5, 5).intensity is None
    tab.view.play_bar.toggle()
    qtbot.waitUntil(lambda: 4 in seen, timeout=30000)
    tab.view.play_bar.stop()
    tab.view.set_frame(3)
    qtbot.waitUntil(lambda: scene.image is not None and tab.presenter._pictured == 3, timeout=30000)
    np.testing.assert_array_equal(scene.image, frames[3])
    assert hint.text() == ""
    assert tab.view.panes.panes["frame"].item.isVisible()
    assert tab.context.faults == []
