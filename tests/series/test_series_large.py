"""Stacks of 40 GB open within a second and in little memory; the files are sparse and take no room."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).parents[2]
EDGE, N_FRAMES = 4096, 1200
FRAME_BYTES = EDGE * EDGE * 2
WRITTEN = (0, 600, 1199)
"""The frames that are sampled of 1200 large ones; the others are holes in the file and read as zeros."""

OPEN = """
import json, resource, sys, time
from pathlib import Path
import tifffile
from segdepth_app.config import SeriesOptions
from segdepth_app.series import arrays, folder, mrc, opener, raw, tiff
status = Path("/proc/self/status")
def peak():
    # ru_maxrss of a child is at least what its parent took when it forked: it would hide everything
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
options = SeriesOptions(series=(Path(sys.argv[1]),), raw=sys.argv[3] or None, vacuum=sys.argv[4])
before, start = peak(), time.process_time()
with opener.open_series(options) as series:
    seconds, grown = time.process_time() - start, peak() - before
    first = float(series.frame(0).mean())
print(json.dumps({"seconds": seconds, "grown_mb": grown, "n": series.n_frames, "mean": first, "level": series.vacuum}))
"""


def opened_apart(path: Path, raw: str = "", vacuum: str = "auto") -> dict[str, float]:
    """What opening the file costs in a process of its own, beyond its imports."""
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(path), path.suffix[1:], raw, vacuum],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    facts: dict[str, float] = json.loads(done.stdout)
    return facts


def write_stack(path: Path) -> None:
    """Counts of mean 3 in the frames that are sampled; everything else stays a hole."""
    frame = np.tile(np.random.default_rng(0).poisson(3, (512, 512)).astype(np.uint16), (8, 8))
    if path.suffix == ".tif":
        mapped = tifffile.memmap(path, shape=(N_FRAMES, EDGE, EDGE), dtype=np.uint16, bigtiff=True, metadata=None)
        mapped[list(WRITTEN)] = frame
        del mapped
        return
    with path.open("wb") as file:
        if path.suffix == ".npy":
            about = {"descr": "<u2", "fortran_order": False, "shape": (N_FRAMES, EDGE, EDGE)}
            np.lib.format.write_array_header_1_0(file, about)
        if path.suffix == ".mrc":
            sizes = struct.pack("<10i", EDGE, EDGE, N_FRAMES, 6, 0, 0, 0, EDGE, EDGE, N_FRAMES)
            file.write((sizes.ljust(208, b"\0") + b"MAP DD\0\0").ljust(1024, b"\0"))
        start = file.tell()
        for index in WRITTEN:
            file.seek(start + index * FRAME_BYTES)
            file.write(frame.tobytes())
        file.truncate(start + N_FRAMES * FRAME_BYTES)


@pytest.mark.parametrize("ending", ["npy", "raw", "tif", "mrc"])
def test_a_stack_of_40_gb_opens_within_a_second_and_200_mb(tmp_path, ending):
    path = tmp_path / f"stack.{ending}"
    write_stack(path)
    assert path.stat().st_size > 40e9
    facts = opened_apart(path, raw=f"{EDGE},{EDGE},uint16" if ending == "raw" else "")
    path.unlink()
    assert facts["n"] == N_FRAMES
    assert facts["level"] == pytest.approx(3, rel=0.01)
    # processor time, so that a busy machine does not matter; 0.5 s and 130 MB where this was written
    assert facts["seconds"] < 1
    assert facts["grown_mb"] < 200


@pytest.mark.parametrize("kind", ["npy", "pages.tif"])
def test_ten_thousand_frames_take_the_memory_of_one_thousand(tmp_path, kind):
    frames = np.random.default_rng(0).poisson(3, (10_000, 32, 32)).astype(np.uint8)
    grown = []
    for n in (1_000, 10_000):
        path = tmp_path / f"long{n}.{kind}"
        if kind == "npy":
            np.save(path, frames[:n])
        else:
            tifffile.imwrite(path, frames[:n], metadata=None, compression="zlib")
        facts = opened_apart(path)
        assert facts["n"] == n
        assert facts["mean"] == pytest.approx(frames[0].mean())
        grown.append(facts["grown_mb"])
    assert grown[1] - grown[0] < 20
