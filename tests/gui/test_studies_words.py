"""A study in words, numbers and places on a plot. No Qt."""

import csv
import io

import pytest

from segdepth_app.evaluation.study_records import read_study
from segdepth_app.gui.evaluate import study_curves, study_words
from tests.gui import studies_records


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"a": 0.88213, "a_low": 0.87012, "a_high": 0.89321}, "0.882 (0.870–0.893)"),
        ({"a": 0.0234567, "a_low": 0.0201, "a_high": 0.0267}, "0.0235 (0.0201–0.0267)"),
        ({"a": 0.00175, "a_low": None, "a_high": None}, "0.00175"),
        ({"a": 1.0, "a_low": 0.98765, "a_high": 1.0}, "1.000 (0.988–1.000)"),
        ({"a": 12.3456}, "12.3"),
        ({"a": None, "a_low": 0.1, "a_high": 0.2}, "–"),
        ({"a": "paper"}, "paper"),
        ({"a": 1175563}, "1,175,563"),
        ({"a": 0.0}, "0.000"),
    ],
)
def test_a_measured_number_has_three_digits_and_its_interval_beside_it(row, expected):
    """A missing number is a dash even where an interval is given, and the interval has the number's decimals."""
    assert study_words.cell(row, "a", measured=True) == expected


def test_a_column_of_round_numbers_keeps_them():
    """Doses are not measured: 2.5 stays 2.5, not 2.500."""
    table = {"columns": [{"key": "dose", "title": "Dose"}], "rows": [{"dose": 2.5}, {"dose": 10.0}, {"dose": 0.1}]}

    assert study_words.cells(table) == [["2.5"], ["10"], ["0.1"]]


def test_a_wide_table_has_its_intervals_below_the_numbers():
    """Ten figures with intervals beside them would be wider than any window."""
    table = studies_records.table()
    assert study_words.cells(table)[0][2] == "0.882 (0.870–0.893)"
    table["columns"] *= 3

    assert study_words.cells(table)[0][2] == "0.882\n(0.870–0.893)"


def test_only_the_papers_rows_are_the_papers():
    """A model of one's own that is called after the paper is none of its rows."""
    marked = [study_words.is_paper(row) for row in studies_records.table()["rows"]]

    assert marked == [False, False, True]
    assert not study_words.is_paper({"model": "paper-64", "channels": 64})
    assert study_words.is_paper({"model": "b = 64", "dataset": "the paper's own"})


def test_the_copied_table_is_read_back_by_a_spreadsheet():
    """As csv reads it: numbers in full, both ends of an interval in columns of their own, and gaps."""
    read = list(csv.DictReader(io.StringIO(study_words.tsv(studies_records.table())), dialect="excel-tab"))

    assert read[0]["Pixel accuracy"] == "0.88213"
    assert read[0]["Pixel accuracy, 95 % low"] == "0.87012"
    assert read[1]["Hallucination rate"] == ""
    assert "Channels, 95 % low" not in read[0]
    assert len(read) == 3


def test_a_tab_in_a_cell_does_not_shift_the_columns():
    """Names come from files, which may be called anything."""
    table = {"columns": [{"key": "a", "title": "A"}, {"key": "b", "title": "B"}], "rows": [{"a": "x\ty\nz", "b": 1}]}

    assert study_words.tsv(table) == "A\tB\nx y z\t1\n"


def test_a_study_without_a_job_that_says_running_is_unfinished(tmp_path):
    """Its process was killed and nobody wrote the end."""
    study = read_study(studies_records.write(tmp_path / "s", studies_records.unfinished("running")))

    assert study_words.state_sentence(study) == "Unfinished, 1 of 3 steps done, worked for 12 s"
    assert study_words.state_sentence(study, is_live=True) == "1 of 3 steps done, worked for 12 s"
    assert study_words.list_entry(study).startswith("Noise generalisation: s\nunfinished · 01 May 2024")
    assert study_words.list_entry(study, "pausing").splitlines()[1].startswith("pausing")


def test_settings_and_origin_are_told_apart_and_once(tmp_path):
    """The seed is a setting; what made the study names versions and hashes."""
    lines = study_words.settings_lines(read_study(studies_records.write(tmp_path / "s")))
    names = [name for name, _ in lines]

    assert names.index("Settings") < names.index("Seed") < names.index("Origin") < names.index("Version")
    assert names.count("Seed") == 1
    assert ("Doses, e/px", "0.1, 0.2, 0.5, 1, 1.83, 2.5, 5, 10") in lines
    assert ("Models", "ceria-110-fast: 0123456789abcdef") in lines


@pytest.mark.parametrize(("trained_on", "expected"), [(None, set()), ("/d/x.h5", {"Trained on", "Channels trained"})])
def test_only_settings_that_had_a_say_are_listed(tmp_path, trained_on, expected):
    """Of what could be trained, what was; own test sets only where there are no others; hashes short."""
    config = {
        "train_dataset": trained_on,
        "widths": [16, 32],
        "denoisers": ["none"],
        "datasets": ["/d/t.h5"],
        "test_specimens": 20,
    }
    made = {"models": [{"name": "a", "sha256": 64 * "f"}, {"name": "b", "sha256": None}]}
    values = studies_records.record(kind="model-size", config=config, provenance=made)
    lines = dict(study_words.settings_lines(read_study(studies_records.write(tmp_path / "s", values))))

    assert set(lines) == {"Settings", "Datasets", "Origin", "Begun", "Folder", "Models"} | expected
    assert lines["Models"] == "name: a, sha256: ffffffffffff; name: b"


def test_a_kind_of_another_version_is_shown_by_its_name(tmp_path):
    """A study folder of a later version must open."""
    study = read_study(studies_records.write(tmp_path / "s", studies_records.record(kind="tilt")))

    assert study_words.list_entry(study).startswith("tilt: s\n")
    assert study_words.question("tilt") == ""


def test_points_of_a_logarithmic_axis_are_decades_and_leave_gaps():
    """Places in another order are drawn along x; a missing value parts the curve where it stands on x."""
    curve = {"x": [10.0, 0.1, 1.0, 100.0], "y": [2.0, 1.0, None, 3.0], "low": None, "high": None}

    points = study_curves.points(curve, log=True)
    assert points.x.tolist() == [-1, 1, 2]
    assert points.y.tolist() == [1, 2, 3]
    assert points.index.tolist() == [1, 0, 3]
    assert points.joined.tolist() == [0, 1, 0]
    assert [run.tolist() for run in points.runs()] == [[0], [1, 2]]


def test_half_an_interval_is_none():
    """Where one end is missing there is no band."""
    curve = {"x": [1, 2], "y": [0.5, 0.6], "low": [0.4, 0.5], "high": [None, 0.8]}

    points = study_curves.points(curve)
    assert points.low.tolist() == [0.5, 0.5]
    assert points.high.tolist() == [0.5, 0.8]


def test_words_share_their_places():
    """Two curves over different words stand over the same axis."""
    plot = {"curves": [{"x": ["a", "b"], "y": [1, 2]}, {"x": ["c", "b"], "y": [3, 4]}]}
    words = study_curves.words_of(plot)

    assert words == ["a", "b", "c"]
    points = study_curves.points(plot["curves"][1] | {"low": None, "high": None}, words=words)
    assert (points.x.tolist(), points.y.tolist()) == ([1, 2], [4, 3])
    assert study_curves.words_of({"curves": [{"x": [1.0], "y": [1]}]}) == []


def test_ranges_hold_all_that_is_drawn():
    """Intervals too; fixed ends are kept, bars stand on zero, and a lone point has room around it."""
    plot = studies_records.dose_plot()
    drawn = [study_curves.points(curve, log=True) for curve in plot["curves"]]
    low, high = study_curves.x_range(drawn, 0)
    assert low < -1 < 1 < high
    assert study_curves.y_range(plot, drawn, from_zero=False) == (0, 1)

    free = {"y": {"low": None, "high": None}}
    low, high = study_curves.y_range(free, drawn, from_zero=False)
    assert low < min(points.low.min() for points in drawn) < max(points.high.max() for points in drawn) < high
    assert study_curves.y_range(free, drawn, from_zero=True)[0] == 0
    low, high = study_curves.x_range([study_curves.points({"x": [2.5], "y": [1]})], 0)
    assert low < 2.5 < high
    lone = study_curves.points({"x": [1e6], "y": [1]}, log=True)
    assert study_curves.x_range([lone], 0, log=True) == (5.5, 6.5)
    assert study_curves.y_range(free, [], from_zero=True)[0] < study_curves.y_range(free, [], from_zero=True)[1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.05, "0.05"),
        (2.0, "2"),
        (5000.0, "5000"),
        (20_000.0, "20k"),
        (500_000.0, "500k"),
        (10**6.0, "1M"),
        (2e9, "2G"),
    ],
)
def test_numbers_along_a_logarithmic_axis_are_short(value, expected):
    """Networks have millions of parameters."""
    assert study_curves.short(value) == expected


@pytest.mark.parametrize(
    ("word", "n", "expected"),
    [
        ("rough-test-25pm", 20, "rough-test-25pm"),
        ("rough-test-25pm", 8, "rough-\ntest-\n25pm"),
        ("one two three four", 5, "one\ntwo\nthre…"),
        ("indivisible", 6, "indiv…"),
    ],
)
def test_long_words_below_bars_are_wrapped(word, n, expected):
    """After hyphens and blanks, in three lines at most."""
    assert study_curves.wrapped(word, n) == expected


def test_a_point_is_read_out_with_its_place_and_interval():
    """What hovering says."""
    plot = studies_records.dose_plot()
    assert study_words.point_text(plot, plot["curves"][0], 5) == "ceria-110-fast · λ, e/px 2.5: 0.882 (0.852–0.912)"
    bars = studies_records.bar_plot()
    assert study_words.point_text(bars, bars["curves"][2], 1) == "ideal observer · terraced-test-25pm: 0.940"
