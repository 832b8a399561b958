"""What the View tab costs: `python -m tests.benchmarks.view [--quick]`. Writes a section of RESULTS.md.

1. Click → drawn trace, on 1,000 frames, cold and warm (view_clicks.py).
2. Playback of 1024² frames with overlay, and the longest stall (view_playback.py).
3. Opening files of 1,000 and of 10,000 frames: seconds, and peak memory over that of the bare imports.
4. Frames per second of the shipped fast network against the paper's b = 16 on the same 1024² frames, in turns.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from segdepth_app.config import NetworkConfig
from segdepth_app.inference.predictor import Predictor
from segdepth_app.models.card import DEFAULT_MODEL, find_model
from segdepth_app.models.model_file import LoadedModel, load_model
from segdepth_app.models.networks import build_network
from tests.benchmarks.results import write_section
from tests.benchmarks.view_clicks import measure_clicks
from tests.benchmarks.view_playback import measure as measure_playback

EDGE_PX, PIXEL_PM, LAMBDA = 1024, 5.3, 1.83
FRAMES = (1_000, 10_000)
STACK_EDGE_PX = 512
GIGABYTES_40 = (2_600, 4092, 3838)  # frames, height, width of a K3 in counting mode, one byte each

OPENING = """
import sys, time
from pathlib import Path
import segdepth_app.series.opener, segdepth_app.series.raw, segdepth_app.series.vacuum
import scipy.ndimage
from segdepth_app.config import SeriesOptions
options = SeriesOptions.model_validate_json(sys.argv[1])
# ru_maxrss of a child is at least what its parent took when it forked
peak = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
before = peak()
begin = time.perf_counter()
with segdepth_app.series.opener.open_series(options) as series:
    series.frame(series.n_frames // 2)
    seconds = time.perf_counter() - begin
print(seconds, peak() - before)
"""


def opened(options: dict) -> tuple[float, float]:
    """Seconds from the call to a frame in the middle, and MB over the imports, in a process of its own."""
    from segdepth_app.config import SeriesOptions

    settings = SeriesOptions.model_validate(options).model_dump_json()
    done = subprocess.run([sys.executable, "-c", OPENING, settings], capture_output=True, text=True, check=True)
    seconds, kilobytes = done.stdout.split()[-2:]
    return float(seconds), float(kilobytes) / 1024


def opening_table(folder: Path) -> list[str]:
    """Counts in .npy files of two lengths, and 40 GB without a header (sparse: all zeros)."""
    rows = ["| file | opened, first picture (s) | memory over the imports (MB) |", "|---|---|---|"]
    rng = np.random.default_rng(3)
    block = rng.poisson(LAMBDA, (100, STACK_EDGE_PX, STACK_EDGE_PX)).astype(np.uint8)
    for n_frames in FRAMES:
        path = folder / f"{n_frames}.npy"
        stack = np.lib.format.open_memmap(path, "w+", np.uint8, (n_frames, STACK_EDGE_PX, STACK_EDGE_PX))
        for start in range(0, n_frames, len(block)):
            stack[start : start + len(block)] = block
        del stack
        seconds, megabytes = opened({"series": [str(path)], "pixel_size_pm": PIXEL_PM})
        rows.append(f"| {n_frames:,} frames of {STACK_EDGE_PX}² | {seconds:.2f} | {megabytes:.0f} |")
        path.unlink()
    n_frames, height, width = GIGABYTES_40
    path = folder / "k3.raw"
    with path.open("wb") as stream:
        stream.truncate(n_frames * height * width)
    options = {"series": [str(path)], "raw": f"{height},{width},uint8", "vacuum": "1", "pixel_size_pm": PIXEL_PM}
    seconds, megabytes = opened(options)
    size = n_frames * height * width / 1e9
    rows.append(f"| {size:.0f} GB raw, {n_frames:,} frames of {height} × {width} | {seconds:.2f} | {megabytes:.0f} |")
    return rows


def networks_table(n_frames: int) -> list[str]:
    """Whole predictions, from counts to probabilities; the paper's weights are random, which costs the same."""
    fast = load_model(find_model(DEFAULT_MODEL))
    config = NetworkConfig(kind="paper", width=16, scales=6, dose_input=False)
    network = build_network(config).eval()
    card = fast.card.model_copy(update={"name": "paper-16", "network": config, "binning": 1})
    predictors = {"fast (shipped)": Predictor(fast), "paper, b = 16": Predictor(LoadedModel(network, card))}
    frames = np.random.default_rng(5).poisson(LAMBDA, (n_frames, EDGE_PX, EDGE_PX)).astype(np.float32) / LAMBDA
    seconds: dict[str, list[float]] = {name: [] for name in predictors}
    for number, frame in enumerate([frames[0], *frames]):
        for name, predictor in predictors.items():
            begin = time.perf_counter()
            predictor.log_probabilities(frame[None], pixel_size_pm=PIXEL_PM, dose_e_per_px=LAMBDA)
            if number:  # the first pass allocates
                seconds[name].append(time.perf_counter() - begin)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    rows = ["| network | ms per 1024² frame | frames/s |", "|---|---|---|"]
    rows += [f"| {name} | {1000 * value:.0f} | {1 / value:.2f} |" for name, value in medians.items()]
    fast_s, paper_s = medians.values()
    return [*rows, "", f"Fast against paper: **{paper_s / fast_s:.1f} ×** (wanted: 15)."]


def main() -> None:
    """All parts, or a short run of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions; writes nothing")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        body = [
            "### Click to drawn trace",
            *measure_clicks(Path(name), quick=quick),
            "\n### Playback",
            *measure_playback(),
            "\n### Opening",
            *opening_table(Path(name)),
            "\n### Networks",
            *networks_table(3 if quick else 12),
        ]
    print("\n".join(body))
    if not quick:
        write_section("View tab", "\n".join(body))


if __name__ == "__main__":
    main()
