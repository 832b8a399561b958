"""Files of ours that cannot be opened, each really damaged, locked or of another kind: one clear line for each."""

import os
import re
import subprocess
import sys

import h5py
import numpy as np
import pytest

from segdepth_app.datasets.store import FORMAT as DATASET_FORMAT
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError, ResultError, SeriesError
from segdepth_app.hdf5 import attributes_of
from segdepth_app.inference.results import FORMAT as RESULT_FORMAT
from segdepth_app.inference.results import Result
from segdepth_app.series.hdf5 import open_hdf5

KINDS = {
    "result": (Result, ResultError, RESULT_FORMAT, "dataset"),
    "dataset": (Dataset, DatasetError, DATASET_FORMAT, "result"),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def write(path, format_):
    with h5py.File(path, "w") as file:
        file["depth"] = np.arange(5000).reshape(2, 50, 50)
        if format_:
            file.attrs["format"] = format_
    return path


def refusal(kind, path):
    """What is said, as one line."""
    opens, error, *_ = KINDS[kind]
    with pytest.raises(error) as caught:
        opens(path)
    assert type(caught.value) is error
    assert str(path) in caught.value.message
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def bad_version(path):
    """The signature of HDF5, and then nothing that makes sense."""
    path.write_bytes(path.read_bytes()[:8] + b"\xff" * 3000)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "not found"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_text("Dear diary, today I exported a file.\n"), "is not a readable HDF5 file"),
        (lambda path: path.write_bytes(bytes(5000)), "is not a readable HDF5 file"),
        (cut, r"is cut short: [\d,]+ of [\d,]+ bytes. Copy it again"),
        (bad_version, "is damaged: .*superblock"),
        (lambda path: (path.unlink(), path.mkdir()), "is a folder"),
    ],
)
def test_a_file_that_is_gone_or_damaged_is_named_with_what_is_wrong(kind, tmp_path, damage, words):
    path = write(tmp_path / "f.h5", KINDS[kind][2])
    damage(path)
    assert re.search(words, refusal(kind, path))


def test_a_file_of_another_kind_says_which(kind, tmp_path):
    other = KINDS[kind][3]
    path = write(tmp_path / "f.h5", KINDS[other][2])
    assert f"is a SegDepth {other}, not a {kind}." in refusal(kind, path)
    assert f"is not a SegDepth {kind}." in refusal(kind, write(tmp_path / "g.h5", ""))


def test_a_newer_file_is_no_damaged_one(kind, tmp_path):
    from segdepth_app import __version__

    said = refusal(kind, write(tmp_path / "f.h5", f"segdepth-{kind}-9"))
    assert f"written by a newer SegDepth (format segdepth-{kind}-9)" in said
    assert __version__ in said
    assert "Install the newer version" in said


def test_a_file_that_another_program_is_writing_is_called_so(kind, tmp_path):
    """The lock of a process of its own; afterwards the file opens as far as it goes."""
    path = write(tmp_path / "f.h5", KINDS[kind][2])
    holder = "import sys, h5py; f = h5py.File(sys.argv[1], 'r+'); print('held', flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", holder, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline() == "held\n"
        assert "is open in another program. Close it there" in refusal(kind, path)
    finally:
        child.communicate()
    assert "damaged" in refusal(kind, path)  # it holds one table alone


AS_NOBODY = """
import os, sys
import h5py
from segdepth_app.datasets.store import Dataset
from segdepth_app.inference.results import Result

place = os.open(sys.argv[2], os.O_RDONLY)  # folders above it may be closed to others
if os.geteuid() == 0:
    os.seteuid(65534)
os.fchdir(place)
try:
    {"result": Result, "dataset": Dataset}[sys.argv[1]]("closed/f.h5")
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of this kind are POSIX's")
@pytest.mark.parametrize("what", ["f.h5", "."])
def test_a_file_one_may_not_read_is_called_so(kind, tmp_path, what):
    """The file, or its folder, is closed; by a process that is no administrator, who would be let in."""
    folder = tmp_path / "closed"
    folder.mkdir()
    write(folder / "f.h5", KINDS[kind][2])
    tmp_path.chmod(0o755)
    (folder / what).chmod(0)
    answer = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, kind, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    folder.chmod(0o755)
    assert answer.stdout.startswith(f"{KINDS[kind][1].__name__} closed/f.h5 cannot be read: Permission denied.")


def test_a_series_in_hdf5_has_the_same_lines(tmp_path):
    path = write(tmp_path / "series.h5", "")
    cut(path)
    with pytest.raises(SeriesError, match="is cut short"):
        open_hdf5(path)


def test_looking_at_a_file_refuses_nothing(tmp_path):
    (tmp_path / "t.h5").write_text("no HDF5")
    assert attributes_of(tmp_path / "t.h5") == {}
    assert attributes_of(tmp_path / "none.h5") == {}
    assert attributes_of(write(tmp_path / "f.h5", RESULT_FORMAT)) == {"format": RESULT_FORMAT}
