"""The demo on a tiny series with a truth; its choice of pixels; the score against hand counts; the sheet."""

import csv
import json

import numpy as np
import pytest
from inference_toys import DOSE, PIXEL_PM, toy_model_file, toy_series_file

from segdepth_app.config import InferConfig
from segdepth_app.errors import InputError
from segdepth_app.inference.demo import analyse_sample, choose_spots, emptiest_pixel
from segdepth_app.inference.figure import draw, liveliest_column, result_sheet, trace_of
from segdepth_app.inference.on_frame import bar_length_nm
from segdepth_app.inference.results import COLUMN_DTYPE, Result
from segdepth_app.inference.run import run
from segdepth_app.inference.scoring import TRUTH_DTYPE, read_truth, score_columns
from segdepth_app.reporting import Reporter

TRUTH = [  # column, element, x, y, atoms in the six frames
    (0, "Ce", 110.0, 20.0, [3, 3, 4, 4, 3, 3]),
    (1, "O", 140.0, 60.0, [1, 1, 1, 0, 0, 1]),
    (2, "Ce", 150.0, 110.0, [5, 5, 5, 5, 5, 5]),
]


def truth_file(folder):
    path = folder / "truth.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["frame", "column", "element", "x_px", "y_px", "atoms"])
        writer.writerows([t, n, e, x, y, atoms[t]] for t in range(6) for n, e, x, y, atoms in TRUTH)
    return path


class Keeper(Reporter):
    """Keeps what is announced."""

    def __init__(self):
        self.artifacts, self.starts = [], 0

    def artifact(self, path):
        self.artifacts.append(path)

    def started(self, **facts):
        self.starts += 1


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    keeper = Keeper()
    arguments = toy_series_file(folder), truth_file(folder), toy_model_file(folder), folder / "out", "cpu"
    assert analyse_sample(*arguments, keeper) == "done"
    assert analyse_sample(*arguments, keeper) == "done"  # again: replaces what is there
    return folder, keeper


def test_everything_is_written_and_announced(demo):
    folder, keeper = demo
    names = {path.name for path in (folder / "out").iterdir()}

    assert names == {
        "ceria-surface.h5",
        "ceria-surface.pdf",
        "ceria-surface.png",
        "ceria-surface_columns.csv",
        "demo-summary.json",
        "saliency_column.tif",
        "saliency_vacuum.tif",
        "trace_column.csv",
        "trace_vacuum.csv",
    }
    assert {path.name for path in keeper.artifacts[len(names) :]} == names
    assert keeper.starts == 2


def test_the_summary_scores_against_the_truth(demo):
    folder, _ = demo
    summary = json.loads((folder / "out" / "demo-summary.json").read_text(encoding="utf-8"))

    with Result(folder / "out" / "ceria-surface.h5") as result:
        truth = read_truth(folder / "truth.csv")
        expected = score_columns(result.columns_table(), truth, PIXEL_PM, result.events())
    assert summary["scores"] == expected
    assert summary["scores"]["switching_columns"] == 2
    assert [spot["name"] for spot in summary["spots"]] == ["column", "vacuum"]
    assert (summary["spots"][0]["x_px"], summary["spots"][0]["y_px"]) == (110, 20)


def test_the_column_switches_near_the_surface_and_the_vacuum_is_far_from_all(demo):
    folder, _ = demo
    with Result(folder / "out" / "ceria-surface.h5") as result:
        column, vacuum = choose_spots(result, read_truth(folder / "truth.csv"))

    assert (column.x_px, column.y_px) == (110, 20)
    assert column.truth.tolist() == TRUTH[0][4]
    assert "3 ↔ 4" in column.label
    assert min(np.hypot(vacuum.x_px - x, vacuum.y_px - y) for _, _, x, y, _ in TRUTH) > 0.15 * 132


def test_the_emptiest_pixel_keeps_off_the_rim():
    rows = np.zeros(1, TRUTH_DTYPE)
    rows["x_px"], rows["y_px"] = 90, 70

    x, y = emptiest_pixel(rows, 100, 120)

    assert 7 <= x < 113
    assert 6 <= y < 94
    assert np.hypot(x - 90, y - 70) >= 15


def test_a_table_that_is_no_truth_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")

    with pytest.raises(InputError, match="no truth table"):
        read_truth(path)


def found_table(calls, smoothed, x_px, y_px, element):
    table = np.zeros(np.shape(calls), COLUMN_DTYPE)
    n_columns, n_frames = np.shape(calls)
    table["frame"], table["column"] = np.arange(n_frames), np.arange(n_columns)[:, None]
    for name, values in (("x_px", x_px), ("y_px", y_px), ("element", element)):
        table[name] = np.array(values)[:, None]
    table["count"], table["hmm_count"] = calls, smoothed
    return table.ravel()


def test_scores_against_hand_counts():
    """Column 0 found 8 px off (42 pm), column 1 missed, column 2 found; one found column is none (100 px off)."""
    truth = np.array([(t, n, e.encode(), x, y, atoms[t]) for t in range(6) for n, e, x, y, atoms in TRUTH], TRUTH_DTYPE)
    calls = [[3, 3, 3, 4, 4, 3], [9, 9, 9, 9, 9, 9], [5, 5, 5, 5, 7, 6]]
    smoothed = [[3, 3, 4, 4, 3, 3], [9, 9, 9, 9, 9, 9], [5, 5, 5, 5, 5, 5]]
    table = found_table(calls, smoothed, [118, 10, 150], [20, 100, 110], [b"Ce", b"O", b"O"])

    found = score_columns(table, truth, PIXEL_PM)

    assert (found["columns"], found["columns_found"], found["columns_not_in_truth"]) == (3, 2, 1)
    assert found["element_accuracy"] == 0.5
    # column 0: 4 of 6 right; column 1 called 0: 2 of 6 right; column 2: 4 of 6
    assert found["column_accuracy"] == pytest.approx(10 / 18)
    assert found["column_within_one"] == pytest.approx((6 + 6 + 5) / 18)
    assert found["column_accuracy_hmm"] == pytest.approx((6 + 2 + 6) / 18)
    assert found["switching_accuracy"] == pytest.approx((4 + 2) / 12)
    assert found["switching_accuracy_hmm"] == pytest.approx((6 + 2) / 12)


def test_nothing_found_is_a_score_too():
    truth = np.array([(0, 0, b"Ce", 5, 5, 3)], TRUTH_DTYPE)

    found = score_columns(np.zeros(0, COLUMN_DTYPE), truth, PIXEL_PM)

    assert found["columns_found"] == 0
    assert found["column_accuracy"] == found["column_accuracy_hmm"] == 0
    assert found["element_accuracy"] is None


def test_the_liveliest_column_changes_most_often():
    smoothed = [[3] * 6, [2, 3, 2, 3, 3, 3], [5, 5, 5, 4, 4, 4]]
    table = found_table(smoothed, smoothed, [1, 2, 3], [4, 5, 6], [b"O"] * 3)

    assert liveliest_column(np.random.default_rng(0).permutation(table)) == (2, 5)
    assert liveliest_column(table[:0]) is None


def test_the_sheet_shows_classes_in_fixed_colours_and_source_coordinates(demo):
    folder, _ = demo
    with Result(folder / "out" / "ceria-surface.h5") as result:
        sheet = result_sheet(result, frame=4, pixels=((100, 50), (20, 20)))
        figure = draw(sheet)

    depth = figure.axes[0].images[0]
    # automatic limits would paint the classes of this frame in other colours
    assert depth.get_clim() == (-0.5, 10.5)
    assert depth.get_extent() == [-0.5, 179.5, 131.5, -0.5]
    marks = [line.get_xydata().tolist() for line in figure.axes[0].lines]
    assert marks == [[[100, 50]], [[20, 20]]]
    assert "5.3 pm/px (from file)" in sheet.caption
    assert f"{DOSE:.3g} e/px" in sheet.caption


def test_the_trace_of_a_column_pixel_carries_the_column_s_path(demo):
    folder, _ = demo
    with Result(folder / "out" / "ceria-surface.h5") as result:
        row = result.columns_table()[0]
        found = trace_of(result, "a", float(row["x_px"]), float(row["y_px"]))
        table = result.columns_table()
        outside = trace_of(result, "b", 3, 3)

    expected = table[table["column"] == row["column"]]["hmm_count"]
    np.testing.assert_array_equal(found.path, expected)
    assert outside.path.shape == (6,)


@pytest.mark.parametrize(("width_nm", "length"), [(2.7, 0.5), (4.0, 1.0), (54.0, 10.0), (100, 20)])
def test_scale_bars_have_round_lengths_of_at_most_a_quarter(width_nm, length):
    assert bar_length_nm(width_nm) == pytest.approx(length)


def test_a_result_without_columns_has_a_sheet(tmp_path):
    counts = np.random.default_rng(0).poisson(DOSE, (2, 64, 64)).astype(np.uint8)
    series = toy_series_file(tmp_path, counts)
    model = toy_model_file(tmp_path)
    run(InferConfig(series=(series,), model=str(model), out=tmp_path / "r.h5"), Reporter())

    with Result(tmp_path / "r.h5") as result:
        assert len(draw(result_sheet(result)).axes) >= 3
