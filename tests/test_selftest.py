"""The self-test's own steps: what they find, and that they find what is broken."""

from pathlib import Path

import numpy as np
import pytest

from segdepth_app.errors import SegDepthError
from segdepth_app.selftest import formats, vendor_files


def test_every_format_is_written_and_opened_with_its_numbers_and_pixel_size(tmp_path):
    """Writers and readers are different libraries, or bytes laid by hand."""
    said = formats.check_all(tmp_path)
    assert said.startswith(f"{len(formats.FORMATS)} formats")


@pytest.mark.parametrize("fault", ["numbers", "pixel size", "file"])
def test_a_format_that_does_not_open_right_is_named(tmp_path, monkeypatch, fault):
    """One file of the many is wrong; the others are still tried."""
    right = formats.FORMATS["SER"]
    wrong = {
        "numbers": lambda path, counts: path.write_bytes(vendor_files.ser(counts + 1, formats.PIXEL_PM * 1e-12)),
        "pixel size": lambda path, counts: path.write_bytes(vendor_files.ser(counts, 2 * formats.PIXEL_PM * 1e-12)),
        "file": lambda path, counts: path.write_bytes(b"nothing"),
    }[fault]
    some = {
        "NumPy": formats.FORMATS["NumPy"],
        "SER": formats.Format(right.ending, wrong),
        "MRC": formats.FORMATS["MRC"],
    }
    monkeypatch.setattr(formats, "FORMATS", some)
    with pytest.raises(SegDepthError, match=r"^1 of 3 formats do not open: SER: ") as caught:
        formats.check_all(tmp_path)
    assert fault != "pixel size" or "10.6" in caught.value.message


def test_the_ser_file_is_laid_out_as_its_header_says():
    """Read with offsets alone, without the writer: the first frame, from the lowest row up."""
    frames = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4)
    data = vendor_files.ser(frames, 1e-11)
    table = int.from_bytes(data[22:26], "little")
    start = int.from_bytes(data[table : table + 4], "little") + 2 * 20 + 10
    found = np.frombuffer(data, "<u2", 12, start).reshape(3, 4)[::-1]
    np.testing.assert_array_equal(found, frames[0])


def test_the_mrc_file_is_as_long_as_its_header_says(tmp_path: Path):
    """1024 bytes and two for each pixel, with the mark of its kind where the standard wants it."""
    frames = np.zeros((2, 3, 4), np.uint8)
    data = vendor_files.mrc(frames, 0.05)
    assert len(data) == 1024 + 2 * frames.size
    assert data[208:212] == b"MAP "
