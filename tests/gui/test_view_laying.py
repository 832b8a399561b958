"""Maps are laid only over frames that stand as the analysis saw them, and other values than its own are said."""

import h5py
import numpy as np
import pytest
import tifffile

from segdepth_app.gui.view.laying import differences
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.series.drift_files import Drift, drift_key, save_drift
from segdepth_app.series.fingerprint import fingerprint
from tests.gui.view_bench import KNOWN, Bench
from tests.gui.view_files import model_card
from tests.gui.view_tabs import close_view_tab, open_view_tab

SHIFTS = np.array([[0, 0], [1, -1], [2, -2], [3, -3]], float)
KEY = drift_key(SHIFTS)


@pytest.fixture
def bench(qapp, tmp_path, monkeypatch):
    bench = Bench(tmp_path, monkeypatch)
    yield bench
    bench.presenter.close()


def aligned(bench, name="aligned.h5", shifts=SHIFTS):
    path = bench.result(name, align="rigid")
    with h5py.File(path, "r+") as file:
        file["source_shift_px"] = shifts
    return path


def reopened(bench, **facts):
    """The child that the presenter has started last answers."""
    bench.child = bench.jobs.started[-1]
    bench.child.open_series(**{**KNOWN, **facts})
    bench.answer()


def test_an_aligned_result_found_for_a_series_moves_its_frames(bench):
    """Made on the command line: nobody has asked for an alignment in the window."""
    bench.find_result.return_value = aligned(bench)
    bench.presenter.open_path(bench.tif)
    first = bench.jobs.started[-1]
    first.open_series(**KNOWN)
    again = bench.jobs.started[-1]
    assert again is not first
    assert (again.config["align"], again.config["drift_of"]) == ("rigid", str(bench.find_result.return_value))
    assert all(call.args[0] is None for call in bench.view.show_maps.call_args_list)
    reopened(bench, align="rigid", drift=KEY)
    assert bench.view.show_maps.call_args.args[0][2, 3] == 1
    assert "drift_of" not in bench.presenter.scene.options()  # an analysis takes the drift measured last


def test_a_result_opens_its_series_with_its_own_drift(bench):
    path = aligned(bench)
    bench.presenter.open_path(path)
    assert bench.jobs.started[0].config["drift_of"] == str(path)
    reopened(bench, align="rigid", drift=KEY)
    assert bench.presenter.scene.result is not None
    assert bench.view.show_maps.call_args.args[0][2, 3] == 1


def test_a_new_measurement_moves_the_frames_and_takes_the_old_maps_away(bench):
    bench.presenter.open_path(aligned(bench))
    reopened(bench, align="rigid", drift=KEY)
    bench.presenter.analysis.type_values(align="rigid")  # as the drift's page does when it has measured
    assert "drift_of" not in bench.jobs.started[-1].config
    reopened(bench, align="rigid", drift=drift_key(-SHIFTS))
    assert bench.presenter.scene.result is None
    assert "do not lie on the frames" in bench.context.status.call_args.args[0]


def test_without_alignment_the_maps_of_aligned_frames_go(bench):
    bench.presenter.open_path(aligned(bench))
    reopened(bench, align="rigid", drift=KEY)
    bench.presenter.analysis.type_values(align="none")
    reopened(bench)
    assert bench.presenter.scene.result is None
    assert bench.view.show_maps.call_args.args[0] is None


def test_a_result_chosen_from_the_list_moves_the_frames_or_moves_them_back(bench):
    straight, moved = bench.result(), aligned(bench)
    bench.open_series()
    bench.presenter.results.load(moved)
    reopened(bench, align="rigid", drift=KEY)
    assert bench.presenter.scene.result.path == moved
    bench.presenter.results.load(straight)
    assert bench.jobs.started[-1].config.get("align", "none") == "none"
    reopened(bench)
    assert bench.presenter.scene.result.path == straight


def test_a_result_without_alignment_does_not_undo_what_was_asked_for(bench):
    """The series comes back aligned, as it was left; the result found for it was not."""
    bench.find_result.return_value = bench.result()
    assert bench.presenter.open_path(bench.tif, {"align": "rigid"})
    reopened(bench, align="rigid", drift=KEY)
    assert bench.presenter.scene.result is None
    assert bench.presenter.scene.typed.align == "rigid"


def test_a_result_of_another_content_of_the_same_size_is_not_laid_over_it(bench):
    bench.presenter.open_path(bench.result(fingerprint="of the file as it was"))
    reopened(bench)
    assert "is not the series" in bench.context.report.call_args.args[0]
    assert bench.presenter.scene.result is None


def test_a_result_whose_drift_was_not_kept_is_refused(bench):
    """Sums of aligned frames by a version that kept one shift per sum."""
    facts = {"align": "rigid", "sum_frames": 2}
    bench.open_series(**facts, drift=KEY)
    bench.presenter.results.load(bench.result(**facts))
    assert "does not keep how each of its frames was moved" in bench.context.report.call_args.args[0]
    assert bench.presenter.scene.result is None


def test_a_result_restores_a_typed_vacuum_and_frame_time(bench):
    made = {"vacuum_source": "rectangle 5 × 4 px at x 1, y 2", "frame_time_source": "typed", "sum_frames": 2}
    bench.presenter.open_path(bench.result(**made))
    config = bench.jobs.started[0].config
    assert (config["vacuum"], config["frame_time_s"]) == ("1,2,5,4", 0.25)
    bench.presenter.open_path(bench.result("typed.h5", vacuum=2.1, vacuum_source="typed"))
    assert bench.jobs.started[-1].config["vacuum"] == "2.1"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({}, ""),
        ({"vacuum": 2.5}, "a vacuum level of 2"),
        ({"offset": 3.0}, "an offset of 0"),
        ({"gain": 3.0}, "a gain of 1"),
        ({"rotation_deg": 30.0}, "a rotation of −4.5°"),
        ({"frame_time_s": 0.25}, "0.5 s a frame"),
        ({"pixel_size_pm": 5.3, "vacuum": 1.0}, "10.6 pm, 2 e/px and a vacuum level of 2"),
    ],
)
def test_values_that_are_others_now_are_named(now, said):
    made = {"pixel_size_pm": 10.6, "dose_e_per_px": 2.0, "vacuum": 2.0, "gain": 1.0, "offset": 0.0}
    made |= {"rotation_deg": -4.5, "frame_time_s": 0.5}
    before = SeriesFacts("s", 4, 12, 20, **made)
    assert differences(before, SeriesFacts("s", 4, 12, 20, **{**made, **now})) == said


N_FRAMES, HEIGHT, WIDTH = 6, 48, 64
WALK = np.array([(0, 0), (2, -1), (3, -2), (4, -4), (6, -5), (7, -6)], float)


@pytest.fixture
def analysed(tmp_path):
    """A series that drifts, and a result of it with the drift undone; then the drift was measured otherwise."""
    import torch

    from segdepth_app.config import InferConfig, NetworkConfig
    from segdepth_app.inference.run import run
    from segdepth_app.models.model_file import save_model
    from segdepth_app.models.networks import build_network
    from segdepth_app.paths import results_folder
    from segdepth_app.reporting import Reporter

    y, x = np.mgrid[:HEIGHT, :WIDTH]
    still = ((13 * y + 29 * x) % 31 + 20).astype(np.uint8)
    path = tmp_path / "drifts.tif"
    tifffile.imwrite(path, np.stack([np.roll(still, shift.astype(int), (0, 1)) for shift in WALK]))
    torch.manual_seed(1)
    card = model_card().model_copy(update={"network": NetworkConfig(width=4, scales=1)})
    model = save_model(tmp_path / "tiny.safetensors", build_network(card.network), card)
    out = results_folder() / "aligned.h5"
    out.parent.mkdir(parents=True, exist_ok=True)
    values = {"pixel_size_pm": 10.6, "vacuum": "30", "dose_e_per_px": 3.0, "align": "rigid", "longest_sum_frames": 1}
    save_drift(fingerprint([path]), Drift(WALK, np.ones(N_FRAMES, np.float32)))
    run(InferConfig(series=(path,), model=str(model), out=out, **values), Reporter())
    save_drift(fingerprint([path]), Drift(-WALK, np.ones(N_FRAMES, np.float32)))
    return path, out, still


@pytest.mark.parametrize("which", ["series", "result"])
def test_the_frames_shown_behind_a_results_maps_are_moved_by_its_drift(qtbot, tmp_path, analysed, which):
    """With a real child: the last frame, with the result's drift undone, is the first."""
    path, out, still = analysed
    tab = open_view_tab(qtbot, tmp_path / "settings.ini")
    try:
        scene = tab.presenter.scene
        assert tab.open_path(str(path if which == "series" else out))
        qtbot.waitUntil(lambda: scene.depth is not None or bool(tab.context.faults), timeout=30000)
        tab.view.set_frame(N_FRAMES - 1)
        tab.presenter.show_frame(N_FRAMES - 1)
        qtbot.waitUntil(lambda: tab.presenter._pictured == N_FRAMES - 1 or bool(tab.context.faults), timeout=30000)
        assert tab.context.faults == []
        assert scene.result is not None
        np.testing.assert_array_equal(scene.image[8:-8, 8:-8], still[8:-8, 8:-8])
    finally:
        close_view_tab(qtbot, tab)


def test_frames_have_the_same_number_in_the_window_and_in_its_files(qtbot, bench):
    """One event in the table of the window and in its file; the frame shown, in the bar, the caption and the trace."""
    from segdepth_app.gui.view.events_panel import EventsPanel
    from segdepth_app.gui.widgets.play_bar import PlayBar
    from segdepth_app.inference.result_info import EVENT_DTYPE, event_texts

    event = np.array([(7, b"Ce", 6.5, 4.5, 2, 1, 3, 0.9)], EVENT_DTYPE)
    in_file = event_texts(event[0], None, None)[0]
    panel, bar = EventsPanel(), PlayBar()
    qtbot.addWidget(panel)
    qtbot.addWidget(bar)
    panel.show_events(event, None, "", "")
    bar.set_series(4)
    bar.set_frame(in_file)
    shown = panel.table.model().index(0, 0).data()
    assert (in_file, shown, bar.label.text()) == (2, "2", "frame 2 of 0 to 3")
    bench.find_result.return_value = bench.result()
    bench.open_series()
    bench.presenter.marking.click(7, 5)
    assert bench.presenter.marking.hover_text(1, in_file).startswith("marker 1, frame 2 (1.00 s)")
