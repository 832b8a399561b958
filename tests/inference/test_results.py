"""Reading results: both formats; traces of pixels, regions and columns; files that are none; finding them again."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace

import h5py
import numpy as np
import pytest
from infer_runs import toy_config, toy_home
from inference_toys import toy_model

from segdepth_app.errors import InputError, ResultError
from segdepth_app.inference.results import COLUMN_DTYPE, EVENT_DTYPE, Result, find_result_for
from segdepth_app.inference.run import run
from segdepth_app.reporting import Reporter


@pytest.fixture(scope="module")
def result_path(tmp_path_factory):
    home = toy_home(tmp_path_factory.mktemp("results"))
    run(toy_config(home, home / "result.h5"), Reporter())
    return home / "result.h5"


@pytest.fixture
def first_format(tmp_path):
    """A file as the first release wrote it: frames 0 and 2 of three done, two columns."""
    path = tmp_path / "first.h5"
    probability = np.zeros((3, 11, 4, 5), np.uint8)
    probability[:, 0] = 255
    probability[2, :, 1, 3] = [51, 204, *[0] * 9]
    columns = np.zeros(4, COLUMN_DTYPE)
    columns["frame"], columns["column"] = [0, 0, 2, 2], [0, 1, 0, 1]
    columns["p3"], columns["p4"] = [1, 0.25, 1, 0.5], [0, 0.75, 0, 0.5]
    facts = {
        "format": "segdepth-result-1",
        "version": "0.1.0",
        "source": json.dumps(["a.tif"]),
        "fingerprint": "f" * 64,
        "model_card": toy_model().card.model_dump_json(),
        "model_sha256": "0" * 64,
        "n_frames": 3,
        "height_px": 16,
        "width_px": 21,
        "pixel_size_pm": 5.3,
        "pixel_size_source": "typed",
        "vacuum": 1.83,
        "vacuum_source": "typed",
        "dose_e_per_px": 1.83,
        "dose_source": "typed",
        "frame_time_source": "missing",
        "scale": 4.0,
        "temperature": 1.0,
        "mirror": False,
        "stay_probability": 0.98,
        "warnings": json.dumps([]),
    }
    with h5py.File(path, "w") as file:
        file["depth"], file["confidence"] = np.zeros((2, 3, 4, 5), np.uint8)
        file["probability"], file["done"] = probability, np.array([True, False, True])
        file.create_dataset("columns", data=columns, compression="gzip")
        file.attrs.update(facts)
    return path


def test_a_file_of_the_first_format_is_read_as_it_was_meant(first_format):
    with Result(first_format) as result:
        assert result.info.gain is None
        assert result.info.gain_source == "not kept in the result"
        assert (result.info.rotation_deg, result.info.sum_frames, result.info.align) == (0, 1, "none")
        assert result.info.frame_time_s is None
        # x 12 to 15 and y 4 to 7 are column 3 and row 1
        np.testing.assert_allclose(result.trace(12, 4)[2, :2], [0.2, 0.8], atol=1e-6)
        assert np.isnan(result.trace(12, 4)[1]).all()
        assert result.trace(20, 4)[2, 0] == 1
        assert result.to_source_px(3, 1) == (13.5, 5.5)
        assert len(result.columns_table()) == 4
        np.testing.assert_allclose(result.column_trace(1)[[0, 2], 4], [0.75, 0.5])
        assert np.isnan(result.column_trace(1)[1]).all()
        assert result.events().dtype == EVENT_DTYPE
        assert (len(result.events()), result.activity()) == (0, None)
        assert not result.shift_px().any()


def test_a_click_reads_the_pixel_under_it(result_path):
    """x 103 and y 62 of the file lie in column 25 and row 15 of the map: four pixels each."""
    with Result(result_path) as result:
        trace = result.trace(103, 62)
        at_frame_2 = result.probability(2)[:, 15, 25]

        assert trace.shape == (6, 11)
        np.testing.assert_allclose(trace.sum(axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(trace[2], at_frame_2, atol=1e-6)
        assert [result.to_result_px(x, 0)[0] for x in (0, 3, 4, 179)] == [0, 0, 1, 44]


def test_pixels_are_found_on_grids_that_do_not_divide(first_format):
    """At 2.5 source pixels each, map pixel 1 begins at 2.0: it holds the centres of source pixels 2, 3 and 4."""
    with Result(first_format) as result:
        result.info = replace(result.info, scale=2.5)

        assert [result.to_result_px(x, 0)[0] for x in range(6)] == [0, 0, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("region", "rows", "cols"),
    [
        ((100, 40, 20, 12), (10, 13), (25, 30)),
        ((101, 40, 20, 12), (10, 13), (25, 30)),  # 101 to 120: of column 25 the centre, 101.5, is in it; not of 30
        ((103, 62, 1, 1), (15, 16), (25, 26)),
    ],
)
def test_the_trace_of_a_region_is_the_mean_of_the_pixels_whose_centres_lie_in_it(result_path, region, rows, cols):
    with Result(result_path) as result:
        expected = [result.probability(t)[:, slice(*rows), slice(*cols)].mean(axis=(1, 2)) for t in range(6)]

        # sums of 255ths of pixels are off by up to 11 / 510, differently in each
        np.testing.assert_allclose(result.roi_trace(*region), expected, atol=0.003)


@pytest.mark.parametrize("region", [(0, 0, 0, 4), (170, 0, 20, 4), (-1, 0, 3, 3)])
def test_regions_that_are_empty_or_not_within_the_frame_are_refused(result_path, region):
    with Result(result_path) as result, pytest.raises(InputError, match=r"holds no pixel|lies outside"):
        result.roi_trace(*region)


def test_the_trace_of_a_column_is_its_rows_of_the_table(result_path):
    with Result(result_path) as result:
        table = result.columns_table()
        number = int(table["column"].max())
        rows = table[table["column"] == number]

        np.testing.assert_array_equal(result.column_rows(number), rows)
        np.testing.assert_array_equal(result.column_trace(number)[:, 4], rows["p4"])
        np.testing.assert_array_equal(result.columns_of(3), table[table["frame"] == 3])
        with pytest.raises(InputError, match=f"There is no column {number + 1}"):
            result.column_trace(number + 1)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"no HDF5" * 100), "not a readable HDF5"),
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), "cut short: 3,000 of"),
        (lambda path: _without(path, "format"), "not a SegDepth result"),
        (lambda path: _without(path, "fingerprint"), "damaged result: fingerprint"),
        (lambda path: _without(path, "probability"), "damaged result"),
    ],
)
def test_files_that_are_no_results_are_refused_in_one_line(result_path, tmp_path, damage, words):
    path = tmp_path / "r.h5"
    path.write_bytes(result_path.read_bytes())
    damage(path)

    with pytest.raises(ResultError, match=words) as caught:
        Result(path)
    assert "\n" not in str(caught.value)


def _without(path, name):
    with h5py.File(path, "a") as file:
        del (file if name in file else file.attrs)[name]


def test_a_missing_result_is_a_result_error(tmp_path):
    with pytest.raises(ResultError, match="not found"):
        Result(tmp_path / "none.h5")


def test_pixels_outside_the_frame_are_refused_with_the_range(result_path):
    with Result(result_path) as result:
        with pytest.raises(InputError, match="x runs from 0 to 179, y from 0 to 131"):
            result.trace(180, 3)
        with pytest.raises(InputError, match="lies outside"):
            result.trace(-1, 3)


def test_the_newest_result_of_a_series_is_found(result_path, first_format, tmp_path):
    with Result(result_path) as result:
        fingerprint = result.info.fingerprint
    for age, name in ((30, "oldest.h5"), (10, "newest.h5"), (20, "old.h5")):
        (tmp_path / name).write_bytes(result_path.read_bytes())
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    (tmp_path / "other.h5").write_text("not a result")

    assert find_result_for(fingerprint, tmp_path) == tmp_path / "newest.h5"
    assert find_result_for("f" * 64, tmp_path) == first_format
    assert find_result_for("0" * 64, tmp_path) is None
    assert find_result_for(fingerprint, tmp_path / "nowhere") is None


def test_what_a_result_says_of_itself_comes_back(result_path):
    """Every field, through the attributes of the file."""
    with Result(result_path) as result:
        values = {name: value for name, value in result.attributes.items() if name not in ("format", "version")}

    assert values == asdict(result.info)
    assert values["grid"] == {
        "scale": 4.0,
        "rotation_deg": 0.0,
        "height": 33,
        "width": 45,
        "x0_px": -0.5,
        "y0_px": -0.5,
    }


def test_results_are_read_without_torch_or_scipy(result_path):
    code = (
        "import sys, json\n"
        "from segdepth_app.inference.results import Result\n"
        "from segdepth_app.inference import journal\n"
        "early = 'h5py' in sys.modules\n"
        f"with Result({str(result_path)!r}) as result:\n"
        "    result.trace(10, 10), result.columns_table(), result.roi_trace(3, 3, 9, 9)\n"
        "print(json.dumps([early, *(name in sys.modules for name in ('torch', 'scipy', 'matplotlib'))]))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(output.stdout) == [False] * 4
