"""Results in other programs' formats."""

import csv
import subprocess
import sys

import numpy as np
import pytest
from inference_toys import DOSE, toy_model_file, toy_series_file

from segdepth_app.config import InferConfig
from segdepth_app.errors import InputError
from segdepth_app.inference.export import export_columns, export_trace
from segdepth_app.inference.results import Result
from segdepth_app.inference.run import run
from segdepth_app.inference.trace_tables import at_pixel, trace_text
from segdepth_app.reporting import Command, Reporter


class StopsAfterThree(Reporter):
    """Stops once three frames are done."""

    done = 0

    def progress(self, done, total, unit):
        self.done = done

    def command(self):
        return Command.STOP if self.done >= 3 else None


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A whole result, and one that was stopped after three of six frames."""
    folder = tmp_path_factory.mktemp("results")
    values = {"series": (toy_series_file(folder),), "model": str(toy_model_file(folder)), "vacuum": str(DOSE)}
    for name, reporter in (("whole", Reporter()), ("part", StopsAfterThree())):
        run(InferConfig(**values, out=folder / f"{name}.h5"), reporter)
    return folder


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_trace_has_the_contract_s_columns_and_the_result_s_numbers(results, tmp_path):
    path = export_trace(results / "whole.h5", 103, 62, tmp_path / "neu" / "t.csv")

    rows = rows_of(path)
    assert list(rows[0]) == ["frame", "time_s", *(f"p{n}" for n in range(11))]
    assert [row["frame"] for row in rows] == [str(n) for n in range(6)]
    assert [float(row["time_s"]) for row in rows] == pytest.approx([0.13 * n for n in range(6)])
    with Result(results / "whole.h5") as result:
        expected = result.trace(103, 62)
    found = [[float(row[f"p{n}"]) for n in range(11)] for row in rows]
    np.testing.assert_array_equal(np.float32(found), expected)  # every digit
    assert path.read_text(encoding="utf-8") == trace_text(results / "whole.h5", at_pixel(103, 62))


def test_frames_that_were_not_done_are_left_out(results, tmp_path):
    rows = rows_of(export_trace(results / "part.h5", 103, 62, tmp_path / "t.csv"))

    assert [row["frame"] for row in rows] == ["0", "1", "2"]


@pytest.mark.parametrize("pixel", [(180, 5), (5, 132), (-1, 0)])
def test_a_pixel_outside_is_refused_with_the_range_and_nothing_is_written(results, tmp_path, pixel):
    with pytest.raises(InputError, match="x runs from 0 to 179, y from 0 to 131"):
        export_trace(results / "whole.h5", *pixel, tmp_path / "t.csv")

    assert list(tmp_path.iterdir()) == []


def test_columns_have_the_contract_s_columns_and_the_result_s_numbers(results, tmp_path):
    rows = rows_of(export_columns(results / "whole.h5", tmp_path / "c.csv"))

    first = ["frame", "column", "element", "x_px", "y_px", "count", "confidence", "hmm_count", "x_nm", "y_nm"]
    assert list(rows[0]) == [*first, *(f"p{n}" for n in range(11))]
    with Result(results / "whole.h5") as result:
        table = result.columns_table()
    assert [int(row["count"]) for row in rows] == table["count"].tolist()
    assert [int(row["hmm_count"]) for row in rows] == table["hmm_count"].tolist()
    for name in ("x_px", "confidence", "p4"):
        np.testing.assert_array_equal(np.float32([row[name] for row in rows]), table[name])
    # pixels of 5.3 pm
    np.testing.assert_allclose([float(row["y_nm"]) for row in rows], table["y_px"] * 0.0053, rtol=1e-6)


def test_tables_are_written_without_torch_or_matplotlib(results, tmp_path):
    code = (
        "import sys\n"
        "from segdepth_app.inference.export import export_columns, export_trace\n"
        f"export_trace({str(results / 'whole.h5')!r}, 3, 4, {str(tmp_path / 't.csv')!r})\n"
        f"export_columns({str(results / 'whole.h5')!r}, {str(tmp_path / 'c.csv')!r})\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
