"""Every verb that writes, and places it cannot write to."""

import os
import resource
import signal

import pytest
from refusals import assert_refused

WRITERS = {
    "demo": "demo --out {target} --device cpu",
    "simulate": "simulate --preset quick --out {target}.h5",
    "movie": "movie --preset ceria-surface --out {target}.tif",
    "image": "image {structure} --shape 64,64 --out {target}.tif --device cpu",
    "train": "train --preset quick --dataset {dataset} --out {target} --device cpu",
    "evaluate": "evaluate --model {model} --dataset {dataset} --out {target} --device cpu",
    "infer": "infer --model {model} {series} --out {target}.h5 --device cpu",
    "saliency": "saliency --model {model} {series} --pixel 5,5 --out {target}.npy --device cpu",
    "trace": "trace {result} --pixel 5,5 --csv {target}.csv",
    "columns": "columns {result} --csv {target}.csv",
    "export-tiff": "export {result} --tiff {target}.tif",
    "export-csv": "export {result} --csv {target}.csv",
    "export-figure": "export {result} --figure {target}.png",
}


def command(writer, target, good):
    return [part.format(target=target, **good) for part in WRITERS[writer].split()]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_target_below_a_file_is_refused(writer, attempt, good, place):
    (place / "file").write_text("here already", encoding="utf-8")
    assert_refused(attempt(*command(writer, "file/out", good)), "file")


@pytest.mark.parametrize("writer", WRITERS)
def test_a_target_on_a_disk_that_takes_nothing_is_refused(writer, attempt, good):
    """/proc looks like a folder, and refuses even an administrator."""
    if not os.path.isdir("/proc/self"):
        pytest.skip("no /proc here")
    assert_refused(attempt(*command(writer, "/proc/self/out", good)), "/proc/self")


@pytest.mark.skipif(os.geteuid() == 0, reason="an administrator may write everywhere")
@pytest.mark.parametrize("writer", WRITERS)
def test_a_read_only_folder_is_refused(writer, attempt, good, place):
    (place / "locked").mkdir(mode=0o555)
    assert_refused(attempt(*command(writer, "locked/out", good)), "locked")


@pytest.mark.parametrize("writer", [name for name, line in WRITERS.items() if "{target}." in line])
def test_a_file_target_that_is_a_folder_is_refused(writer, attempt, good, place):
    target = next(part for part in command(writer, "folder", good) if part.startswith("folder"))
    (place / target).mkdir()
    assert_refused(attempt(*command(writer, "folder", good)), target)


@pytest.mark.parametrize("writer", [name for name, line in WRITERS.items() if "{target}." not in line])
def test_a_folder_target_that_is_a_file_is_refused(writer, attempt, good, place):
    (place / "out").write_text("here already", encoding="utf-8")
    assert_refused(attempt(*command(writer, "out", good)), "out")


@pytest.mark.parametrize("writer", ["image", "columns", "export-tiff", "infer", "saliency"])
def test_a_disk_that_fills_up_leaves_no_half_file(writer, segdepth, good, place, monkeypatch):
    """Files cannot grow beyond 200 bytes, as on a full disk. In a child: HDF5 does not get over it."""
    # Python 3.11 would leave cut-off bytecode in the source folders, and fail on it ever after
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def no_file_may_grow():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    done = segdepth(*command(writer, place / "out", good), preexec_fn=no_file_may_grow)
    assert done.returncode == 1
    assert done.stderr.count("segdepth: ") == 1
    assert list(place.iterdir()) == []
