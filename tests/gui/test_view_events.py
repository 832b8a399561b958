"""Events and columns through time: which are listed, what they add up to, where a click leads."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from segdepth_app.gui.view.events_logic import EventFilter, shown, state_counts, summary, write_events
from segdepth_app.gui.view.events_panel import EventsPanel
from segdepth_app.gui.view.side_tabs import SideTabs
from segdepth_app.inference.result_info import COLUMN_DTYPE, EVENT_DTYPE
from tests.gui.view_bench import Bench
from tests.gui.view_files import tiny_columns


def event(column, frame, before, after, probability, x=6.5, y=4.5):
    return (column, b"Ce", x, y, frame, before, after, probability)


EVENTS = np.array(
    [
        event(7, 2, 1, 3, 0.9),
        event(8, 1, 4, 3, 0.4, 15.5, 8.5),
        event(8, 3, 3, 4, 0.7, 15.5, 8.5),
    ],
    EVENT_DTYPE,
)


@pytest.mark.parametrize(
    ("lowest", "columns", "frames"),
    [(0.0, None, [2, 1, 3]), (0.7, None, [2, 3]), (0.0, [8], [1, 3]), (0.5, [8], [3]), (0.0, [], [])],
)
def test_events_are_chosen_by_probability_and_column(lowest, columns, frames):
    assert list(shown(EVENTS, lowest, columns)["frame"]) == frames


def test_counts_per_state_are_tallied():
    counts = state_counts(EVENTS, np.array([3, 3, 0], np.uint8))
    assert counts.now == (1, 0, 0, 2, *[0] * 7)
    assert counts.reached == (0, 0, 0, 2, 1, *[0] * 6)
    assert counts.left == (0, 1, 0, 1, 1, *[0] * 6)
    assert summary(EVENTS[:2], 3) == "2 of 3 events: 1 up, 1 down"


def test_the_csv_counts_frames_from_0_and_leaves_unknown_times_empty(tmp_path):
    """Column at x 6.5 px of 10.6 pm: 0.0689 nm."""
    write_events(tmp_path / "e.csv", EVENTS, 0.5, 10.6)
    header, first, *_ = (tmp_path / "e.csv").read_text(encoding="utf-8").splitlines()
    assert header == "frame,time_s,column,element,x_px,y_px,x_nm,y_nm,from,to,probability"
    assert first == "2,1,7,Ce,6.5,4.5,0.0689,0.0477,1,3,0.9"
    write_events(tmp_path / "e.csv", EVENTS, None, None)
    assert (tmp_path / "e.csv").read_text(encoding="utf-8").splitlines()[1] == "2,,7,Ce,6.5,4.5,,,1,3,0.9"


@pytest.fixture
def bench(qapp, tmp_path, monkeypatch):
    """A result with two columns and three events; the second column has no rows, as if it were vacuum at last."""
    bench = Bench(tmp_path, monkeypatch)
    columns = np.concatenate([tiny_columns(), tiny_columns()])
    columns["column"][4:], columns["x_px"][4:], columns["y_px"][4:] = 8, 15.5, 8.5
    columns["hmm_count"][4:] = [4, 3, 3, 4]
    columns.sort(order=["frame", "column"])
    path = bench.result()
    import h5py

    with h5py.File(path, "r+") as file:
        del file["columns"]
        file["columns"], file["events"] = columns, EVENTS
    bench.find_result.return_value = path
    bench.view.side_panel.return_value = "events"
    bench.model()
    bench.open_series()
    yield bench
    bench.presenter.close()


def listed(bench):
    return [int(frame) for frame in bench.view.show_events.call_args.args[0]["frame"]]


def test_the_events_of_a_result_are_listed(bench):
    assert listed(bench) == [2, 1, 3]
    assert bench.view.show_events.call_args.args[1:] == (0.5, "3 of 3 events: 2 up, 1 down", "")
    assert bench.view.show_state_counts.call_args.args[0].now[1] == 1  # frame 0: counts 1 and 4


@pytest.mark.parametrize(
    ("mark", "frames"),
    [
        (lambda m: m.click(7, 5), [2]),
        (lambda m: m.set_column(8, 15.5, 8.5), [1, 3]),
        (lambda m: m.set_region(0, 0, 20, 12), [2, 1, 3]),
        (lambda m: m.set_region(12, 6, 6, 5), [1, 3]),
    ],
)
def test_only_the_selected_markers_events(bench, mark, frames):
    """The tiny model's heavy discs reach 8 px: (7, 5) lies on column 7 and not on column 8."""
    bench.presenter.events.set_filter(EventFilter(0.0, only_marked=True))
    assert listed(bench) == []  # no marker, no events
    mark(bench.presenter.marking)
    assert listed(bench) == frames


def test_an_event_leads_to_its_frame_and_place(bench):
    bench.presenter.events.choose_event(EVENTS[1])
    bench.view.go_to.assert_called_once_with(1)
    bench.view.look_at.assert_called_once_with(15.5, 8.5)
    bench.presenter.events.follow(EVENTS[1])
    assert [marker.column for marker in bench.presenter.marking.markers] == [8]


def test_a_column_marker_has_the_columns_path_and_its_events(bench):
    bench.presenter.marking.set_column(8, 15.5, 8.5)
    (trace,) = bench.view.show_traces.call_args.args[0]
    np.testing.assert_array_equal(trace.path, [4, 3, 3, 4])
    assert [frame for frame, _ in trace.events] == [1, 3]
    assert [probability for _, probability in trace.events] == pytest.approx([0.4, 0.7])


def test_the_columns_of_the_frame_shown_are_listed_when_they_are_in_sight(bench):
    bench.view.show_columns.assert_not_called()
    bench.view.side_panel.return_value = "columns"
    bench.presenter.events.turned()
    bench.presenter.show_frame(3)
    bench.answer()
    columns, size, text, hint = bench.view.show_columns.call_args.args
    assert [(int(c["column"]), int(c["hmm_count"])) for c in columns] == [(7, 3), (8, 4)]
    assert (size, text, hint) == (10.6, "2 of 2 columns hold atoms in frame 3", "")


def test_a_rectangle_is_smoothed_by_the_helper(bench, tmp_path):
    bench.presenter.marking.set_region(6, 4, 2, 2)
    bench.presenter.marking.clear()
    bench.presenter.marking.set_region(6, 4, 2, 2)
    helper = bench.jobs.started[-1]
    helper.open_series(n_frames=4, height_px=12, width_px=20)
    (asked,) = [message for message in helper.sent if message["cmd"] == "smooth"]
    assert asked["region"] == [6, 4, 2, 2]
    posterior = tmp_path / "posterior.npy"
    np.save(posterior, np.zeros((4, 11), np.float32))
    helper.answer(asked, np.array([1, 1, 3, 3], np.float32), posterior_path=str(posterior))
    (trace,) = bench.view.show_traces.call_args.args[0]
    np.testing.assert_array_equal(trace.path, [1, 1, 3, 3])
    assert "smoothing" in trace.note


@pytest.fixture
def side(qtbot):
    side = SideTabs()
    qtbot.addWidget(side)
    side.resize(330, 500)
    side.show()
    return side


def cells(table, column):
    model = table.model()
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def test_the_table_is_sorted_by_its_headers_and_read_with_the_arrows(qtbot, side):
    side.setCurrentWidget(side.events)
    side.events.show_events(EVENTS, 0.5, "", "")
    table = side.events.table
    assert cells(table, 0) == ["2", "1", "3"]
    assert cells(table, 1) == ["1.00", "0.50", "1.50"]
    assert cells(table, 4) == ["1 → 3", "4 → 3", "3 → 4"]
    table.sortByColumn(5, Qt.SortOrder.DescendingOrder)
    assert cells(table, 5) == ["0.90", "0.70", "0.40"]
    chosen = []
    side.events.chosen.connect(lambda record: chosen.append(int(record["frame"])))
    table.setCurrentIndex(table.model().index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert chosen == [3]


def test_without_a_time_per_frame_there_is_no_column_of_times(side):
    side.events.show_events(EVENTS, None, "", "")
    assert side.events.table.isColumnHidden(1)


def test_the_filter_is_told_when_it_changes(qtbot, side):
    with qtbot.waitSignal(side.events.filter_changed) as caught:
        side.events.slider.setValue(10)
    assert caught.args[0] == EventFilter(0.5)
    told = []
    side.events.filter_changed.connect(told.append)
    side.events.show_filter(EventFilter(0.25, only_marked=True))
    assert told == []
    assert side.events.lowest.text() == "0.25"


def test_thousands_of_events_are_shown_without_writing_each(qtbot, benchmark_events):
    """Only the rows in sight ask for their texts."""
    asked = []
    panel = EventsPanel()
    qtbot.addWidget(panel)
    panel.resize(330, 300)
    panel.show()
    fields = panel.table.records_model.fields
    counted = [type(f)(f.header, lambda e, t=f.text: asked.append(1) or t(e), f.key, f.tip, f.widest) for f in fields]
    panel.table.records_model.fields = tuple(counted)
    panel.show_events(benchmark_events, 0.1, "", "")
    panel.grab()
    assert 0 < len(asked) < 1000


@pytest.fixture
def benchmark_events():
    return np.resize(EVENTS, 50_000)


def test_columns_show_every_probability(side):
    side.setCurrentWidget(side.columns)
    columns = np.zeros(2, COLUMN_DTYPE)
    columns["p3"], columns["x_px"] = [0.25, 0.5], [10, 20]
    side.columns.show_columns(columns, 5.0, "", "")
    headers = [field.header for field in side.columns.table.records_model.fields]
    assert cells(side.columns.table, headers.index("P(3)")) == ["0.25", "0.50"]
    assert cells(side.columns.table, headers.index("x (nm)")) == ["0.05", "0.10"]
