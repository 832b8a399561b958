"""All tables are written in one way: what is read back is what was written, whatever the system's language."""

import re
from pathlib import Path

import numpy as np
import pytest

from segdepth_app.csv_file import number, write_csv
from segdepth_app.errors import InputError

PACKAGE = Path(__file__).parents[1] / "segdepth_app"


def test_a_table_has_plain_line_ends_utf_8_no_mark_and_quotes_only_where_they_are_needed(tmp_path):
    path = write_csv(tmp_path / "neu" / "t.csv", ("µ", "b"), [[1, "a,b"], ["", 'say "x"\nand y']])
    assert path.read_bytes() == 'µ,b\n1,"a,b"\n,"say ""x""\nand y"\n'.encode()


def test_float32_reads_back_as_the_same_float32():
    """Every exponent and 20,000 random bit patterns, read by Python's own parser."""
    bits = np.random.default_rng(0).integers(0, 2**32, 20_000, dtype=np.uint32)
    values = bits.view(np.float32)
    values = np.concatenate([values[np.isfinite(values)], 2.0 ** np.arange(-149, 128, dtype=np.float64)])
    values = values.astype(np.float32)
    np.testing.assert_array_equal(np.float32([float(number(value)) for value in values]), values)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32(0.1), "0.1"),
        (7 * 0.13, "0.91"),  # 0.9100000000000001
        (99_999 * 0.0025, "249.9975"),
        (np.float64(123_456.0025), "123456.0025"),
        (None, ""),
    ],
)
def test_numbers_have_the_digits_that_they_have(value, text):
    assert number(value) == text


def test_a_table_that_fails_half_way_leaves_the_one_before(tmp_path):
    path = write_csv(tmp_path / "t.csv", ["a"], [[1]])

    def rows():
        yield [2]
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_csv(path, ["a"], rows())
    assert path.read_bytes() == b"a\n1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_target_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        write_csv(tmp_path, ["a"], [])


def test_nothing_else_in_the_program_writes_csv_with_other_line_ends():
    """Every csv.writer and DictWriter outside of csv_file.py names its line end."""
    writers = re.compile(r"csv\.(?:writer|DictWriter)\([^\n]*")
    found = {
        path.relative_to(PACKAGE).as_posix(): writers.findall(path.read_text(encoding="utf-8"))
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: calls for name, calls in found.items() if calls} == {
        "csv_file.py": ["csv.writer(stream, lineterminator=LINE_END)"],
        "training/folder.py": ["csv.DictWriter(stream, METRICS, lineterminator=LINE_END)"] * 2,
    }
