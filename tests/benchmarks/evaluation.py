"""How fast an evaluation is: `python -m tests.benchmarks.evaluation [--quick]`. Writes a section of RESULTS.md.

1. Images judged by the job's own loop (reading, noise, truth, network, tallies, examples, worst images) against the
   forward passes of the same images alone: same process, same threads, in turns, medians.
2. The whole job on all images, with opening, intervals, figures and files, against the same forward passes.
3. Peak memory of the job by number of images, each in a process of its own.

On a GPU, where there is one, 1 and 2 again.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from segdepth_app.config import EvaluateConfig, SimulateConfig, build, preset_values
from segdepth_app.datasets import generate
from segdepth_app.datasets.batches import log_dose
from segdepth_app.datasets.store import Dataset
from segdepth_app.evaluation import run as job
from segdepth_app.evaluation.bench import Bench, input_grid
from segdepth_app.evaluation.examples import ExampleKeeper
from segdepth_app.evaluation.worst import WorstKeeper
from segdepth_app.models.card import find_model
from segdepth_app.models.model_file import load_model
from segdepth_app.reporting import Reporter
from tests.benchmarks.results import write_section

MODEL = "ceria-110-fast"
LAMBDA = 2.5
DEFOCI = 21
SPECIMENS_IN_TURN = 4
MEMORY_AT = (100, 400)

PEAK = """
import resource, sys
from segdepth_app.config import EvaluateConfig
from segdepth_app.evaluation.run import run
from segdepth_app.reporting import Reporter
run(EvaluateConfig.model_validate_json(sys.argv[1]), Reporter())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def dataset_for(folder: Path, n_specimens: int) -> Path:
    """Wedges at 21.2 pm, 192² stored pixels, many defoci each."""
    path = folder / "bench.h5"
    changes = {"out": path, "n_specimens": n_specimens, "n_defoci": DEFOCI, "seed": 7}
    generate.run(
        build(SimulateConfig, {**preset_values("simulate", "wedge-test-25pm"), **changes}),
        Reporter(),
    )
    return path


def settings(dataset: Path, device: str, **changes: int) -> EvaluateConfig:
    """The job as anyone starts it, at one dose."""
    values = {"model": MODEL, "dataset": dataset, "out": dataset.parent / "out", "device": device}
    return EvaluateConfig(**{**values, "doses_e_per_px": (LAMBDA,), **changes})


def seconds_of(work: Callable[[], None]) -> float:
    """Wall-clock time; a GPU has finished."""
    begin = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begin


def forward_passes(bench: Bench, rows: np.ndarray) -> Callable[[], None]:
    """The network on the same noisy images, ready in memory, in the passes of the job."""
    images = torch.from_numpy(np.stack([bench.shown(row, bench.clean(row), LAMBDA) for row in rows.tolist()]))
    told = torch.from_numpy(np.atleast_1d(log_dose(LAMBDA, bench.dataset.pixel_size_pm))).to(bench.device)

    def work() -> None:
        with torch.inference_mode():
            for part in images.split(bench.images_per_pass):
                bench.model.network(part.to(bench.device)[:, None], told.expand(len(part)))

    return work


def judging(bench: Bench, config: EvaluateConfig, rows: np.ndarray) -> Callable[[], None]:
    """The job's loop with all that it keeps."""

    def work() -> None:
        judges = job.make_judges(config, bench.dataset, bench.model.card, rows)
        keepers = (
            ExampleKeeper(bench, [LAMBDA], config.n_examples),
            WorstKeeper(bench, [LAMBDA], config.n_worst),
        )
        job.judge_images(bench, rows, judges, Reporter(), keepers)

    return work


def speed(dataset: Path, device: str) -> list[str]:
    """Rows of parts 1 and 2."""
    config = settings(dataset, device)
    with Dataset(dataset) as data:
        model = load_model(find_model(MODEL), device)
        bench = Bench(data, model, input_grid(data, model.card), device, config.seed)
        rows = data.images_of(config.split)
        turns = np.array_split(rows, max(1, len(rows) // (SPECIMENS_IN_TURN * DEFOCI)))
        forward_passes(bench, turns[0][:8])()  # warms up
        alone, judged, ratios = [], [], []
        for turn in turns:
            alone.append(seconds_of(forward_passes(bench, turn)) / len(turn))
            judged.append(seconds_of(judging(bench, config, turn)) / len(turn))
            ratios.append(judged[-1] / alone[-1])
    whole = seconds_of(lambda: job.run(config, Reporter()))
    forward, own = statistics.median(alone), statistics.median(judged)
    passes = forward * len(rows)
    return [
        f"| {device} | {len(rows)} | {forward * 1e3:.1f} ms | {own * 1e3:.1f} ms | {statistics.median(ratios):.2f} "
        f"| {passes:.1f} s | {whole:.1f} s | {whole / passes:.2f} |"
    ]


def memory(dataset: Path, numbers: tuple[int, ...]) -> list[str]:
    """Rows of part 3."""
    lines = []
    for number in numbers:
        config = settings(dataset, "cpu", max_images=number)
        command = [sys.executable, "-c", PEAK, config.model_dump_json()]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        # kilobytes on Linux, bytes on a Mac
        peak = int(answer.split()[-1]) * (1 if sys.platform == "darwin" else 1024)
        lines.append(f"| {number} | {peak / 1e6:.0f} MB |")
    return lines


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Small sizes only, nothing written: does it run?")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        dataset = dataset_for(Path(folder), 1 if quick else 24)
        devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
        rows = [row for device in devices for row in speed(dataset, device)]
        peaks = memory(dataset, (5, 20) if quick else MEMORY_AT)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU at hand"
    body = "\n".join(
        [
            f"`{MODEL}`, 192² input pixels, λ = {LAMBDA:g}; {gpu}; {torch.get_num_threads()} threads of "
            f"{os.cpu_count()}. Judged: an image read, given its noise, sent through the network and tallied; forward: "
            "its pass alone, in turns with it; medians. The whole job also opens, resamples, draws and writes.",
            "",
            "| device | images | forward | judged | judged / forward | all passes | whole job | job / passes |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Peak memory of the job in a process of its own:",
            "",
            "| images | peak |",
            "|---|---|",
            *peaks,
        ]
    )
    sys.stdout.write(body + "\n")
    if not quick:
        write_section("evaluate", body)


if __name__ == "__main__":
    main()
