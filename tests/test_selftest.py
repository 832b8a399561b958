"""The self-test's own steps: what they find, and that they find what is broken."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from segdepth_app.errors import SegDepthError
from segdepth_app.inference.results import COLUMN_DTYPE
from segdepth_app.paths import resources
from segdepth_app.selftest import formats, steps, vendor_files
from segdepth_app.selftest.run import run_steps

ROOT = Path(__file__).parents[1]


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


def found_columns(*rows):
    """Columns of a result: frame, x, y, count."""
    columns = np.zeros(len(rows), COLUMN_DTYPE)
    for column, row in zip(columns, rows, strict=True):
        column["frame"], column["x_px"], column["y_px"], column["count"] = row
    return columns


def test_only_a_near_column_with_the_same_count_is_right():
    """Four true columns: one right, one off by an atom, one too far away, one in a frame where nothing was found."""
    truth = np.array([[0, 10, 10, 5], [0, 50, 10, 4], [0, 90, 10, 3], [1, 10, 10, 5]])
    found = found_columns((0, 11, 9, 5), (0, 50, 10, 5), (0, 110, 10, 3))
    assert steps.share_right(found, truth) == 0.25


def test_the_sample_has_the_truth_that_the_step_compares_with():
    truth = steps.true_columns(2)
    assert set(truth[:, 0]) == {0, 1}
    assert truth[:, 3].min() >= 1
    frames, _ = steps.sample_frames(1)
    assert truth[:, 1].max() < frames.shape[-1]
    assert truth[:, 2].max() < frames.shape[-2]


def test_every_step_is_said_with_the_first_fault_of_each(tmp_path):
    """One line per step, also after one that failed; two head lines say which program it is."""

    def broken(folder):
        raise ValueError("two\nlines")

    def refused(folder):
        raise SegDepthError("It ended, but nothing is there.")

    lines = []
    todo = {"fine": lambda folder: folder.name, "broken": broken, "refused": refused}
    outcome = run_steps(lines.append, todo)
    assert [item["ok"] for item in outcome["steps"]] == [True, False, False]
    assert outcome["works"] is False
    assert lines[1].endswith(sys.executable)
    assert [line.split()[:2] for line in lines[2:5]] == [["ok", "fine"], ["FAILED", "broken"], ["FAILED", "refused"]]
    assert lines[3].endswith("ValueError: two lines")
    assert len(lines) == 6
    assert not Path(tempfile.gettempdir(), outcome["steps"][0]["found"]).exists()


HANGS = """
import threading
from segdepth_app.selftest.run import run_steps
run_steps(lambda text: print(text, flush=True), {"hung": lambda folder: threading.Event().wait(), "next": str}, 0.5)
"""


def test_a_step_that_hangs_is_named_and_ends_the_program(tmp_path):
    """A real process: it leaves no folder behind."""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", HANGS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].split()[:2] == ["FAILED", "hung"]
    assert list(tmp_path.iterdir()) == []


def test_a_window_that_fails_says_why_with_the_last_words_of_its_log(tmp_path):
    """The log is gone with the temporary folder when somebody wants to read it."""
    log = tmp_path / "window.log"
    lines = (
        "2026-01-01 10:00:00,000 ERROR segdepth_app.gui.tabs: The tab train cannot be built",
        "Traceback (most recent call last):",
        "  File x",
        "ModuleNotFoundError: No module named 'PySide6.QtOpenGL'",
        "2026-01-01 10:00:00,100 INFO a: b",
    )
    log.write_text("\n".join(lines), encoding="utf-8")
    said = steps._last_words("This plugin does not support x\nsegdepth: The tab train cannot be built.\n", tmp_path)
    assert said.startswith("segdepth: The tab train cannot be built. | ")
    assert said.endswith("ModuleNotFoundError: No module named 'PySide6.QtOpenGL'")


def test_a_changed_file_fails_the_first_step(tmp_path, monkeypatch):
    """One byte of one shipped file."""
    copy = tmp_path / "resources"
    shutil.copytree(resources(), copy)
    monkeypatch.setattr("segdepth_app.paths.resources", lambda: copy)
    assert steps.check_files(tmp_path).endswith("as they were shipped")
    model = copy / "models" / "ceria-110-fast.safetensors"
    data = bytearray(model.read_bytes())
    data[-1] ^= 1
    model.write_bytes(data)
    with pytest.raises(SegDepthError, match=r"changed: models/ceria-110-fast\.safetensors"):
        steps.check_files(tmp_path)
