"""How fast training is: `python -m tests.benchmarks.training [--quick]`. Writes a section of RESULTS.md.

1. `fast` against `paper` b = 16 on the same 1024² field: images per second, and both networks' accuracy after the
   same wall-clock time on the same dataset, simulated here.
2. Waiting for data, as a share of a step of the real loop.
3. The job's steps against a plain PyTorch loop of the same network, written below, taken in turns.
4. Arithmetic and memory layout: what pays here. Peak memory of a batch of 8.
5. The share of a step that is not the network; on a GPU, where there is one, all of it there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from segdepth_app.config import SimulateConfig, TrainConfig, build, preset_values
from segdepth_app.datasets import generate
from segdepth_app.datasets.store import Dataset
from segdepth_app.microscope.device import pick_device
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training import run as job
from segdepth_app.training.batches import Part, TrainBatches
from segdepth_app.training.loss import segmentation_loss
from segdepth_app.training.module import ADAM_BETAS
from segdepth_app.training.place import Place
from segdepth_app.training.runs import read_metrics
from segdepth_app.training.sources import first_network, open_sources
from segdepth_app.training.trainer import CLIP_GRADIENT_NORM, torch_threads, usable_cpus, usable_precision
from tests.benchmarks.results import write_section

FIELD_PX = 1024
LAMBDA = 2.5
FAST = {"kind": "fast", "width": 32, "scales": 4}
PAPER = {"kind": "paper", "width": 16, "scales": 6, "dose_input": False}
CROPS = {"fast": 128, "paper": 512}


class Clock(Reporter):
    """Notes when each step of a job ended; says stop when the time is over."""

    def __init__(self, seconds: float = float("inf")) -> None:
        self.begin, self.seconds, self.ends = time.perf_counter(), seconds, list[float]()

    def command(self) -> Command | None:
        """The keeper asks once after every step."""
        now = time.perf_counter()
        self.ends.append(now)
        return Command.STOP if now - self.begin > self.seconds else None

    def step_seconds(self) -> float:
        """Median; the first two steps warm up."""
        return statistics.median(b - a for a, b in zip(self.ends[2:], self.ends[3:], strict=False))


def dataset_for(folder: Path, n_specimens: int) -> Path:
    """Wedges and worse at 5.3 pm, fields of 1024², two defoci each."""
    path = folder / "bench.h5"
    values = {**preset_values("simulate", "paper"), "out": path, "n_specimens": n_specimens, "n_defoci": 2, "seed": 7}
    generate.run(build(SimulateConfig, values), Reporter())
    return path


def settings(dataset: Path, network: dict[str, Any], **changes: Any) -> TrainConfig:
    """Training of a network at one dose; batches of 8 unless said otherwise."""
    values = {
        "dataset": dataset,
        "out": dataset.parent / "unused",
        "network": network,
        "dose_low_e_per_px": LAMBDA,
        "dose_high_e_per_px": LAMBDA,
        "batch_size": 8,
        "crop_px": CROPS[network["kind"]],
        **changes,
    }
    return build(TrainConfig, values)


def run_job(config: TrainConfig, seconds: float = float("inf")) -> Clock:
    """The train job in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(seconds)
        job.run(config.model_copy(update={"out": Path(folder) / "run"}), clock)
    return clock


def whole_fields(dataset: Path, n_steps: int) -> list[str]:
    """Training steps on whole fields: the fast network reads them at a quarter of the edge."""
    rates, lines = {}, []
    for name, network in (("fast", FAST), ("paper", PAPER)):
        edge = FIELD_PX // 4 if name == "fast" else FIELD_PX
        config = settings(dataset, network, batch_size=2, crop_px=edge, steps_per_epoch=n_steps, max_epochs=1)
        rates[name] = 2 / run_job(config).step_seconds()
        lines.append(f"| {name} | {network['width']} | {rates[name]:.2f} |")
    head = ["| network | width | images/s in training |", "|---|---|---|"]
    return [*head, *lines, "", f"fast / paper: {rates['fast'] / rates['paper']:.1f} ×"]


def same_time(dataset: Path, seconds: float) -> list[str]:
    """Both networks from fresh weights, each for the same time; a schedule that just fits, as a user would plan."""
    lines = ["| network | steps | images seen | centre accuracy | column accuracy | ±1 |", "|---|---|---|---|---|---|"]
    for name, network, rate, batch in (("fast", FAST, 2e-3, 8), ("paper", PAPER, 1e-3, 4)):
        base = settings(dataset, network, learning_rate=rate, batch_size=batch)
        trial = run_job(base.model_copy(update={"steps_per_epoch": 8, "max_epochs": 1}))
        # a sixth of the time for validations and for what is slower than it was in the trial
        n_steps = max(4, int(seconds * 5 / 6 / trial.step_seconds()))
        planned = base.model_copy(update={"steps_per_epoch": -(-n_steps // 4), "max_epochs": 4})
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "run"
            clock = Clock(seconds)
            job.run(planned.model_copy(update={"out": out}), clock)
            found = read_metrics(out)
            steps = json.loads((out / "status.json").read_text())["epoch"] * planned.steps_per_epoch
        best = int(found["val_loss"].argmin()) if len(found["val_loss"]) else -1
        shares = [f"{found[column][best]:.3f}" if best >= 0 else "–" for column in COLUMNS]
        lines.append(f"| {name} | {steps} | {steps * batch} | {' | '.join(shares)} |")
    return lines


COLUMNS = ("centre_accuracy", "column_accuracy", "column_within_one")


class TimedBatches(TrainBatches):
    """Adds up how long the loop waited for its batches."""

    waited = 0.0
    n_taken = 0

    def __iter__(self) -> Iterator[Part]:
        inner = super().__iter__()
        while True:
            begin = time.perf_counter()
            part = next(inner, None)
            if type(self).n_taken >= 2:  # the first ones are made while nothing else happens
                type(self).waited += time.perf_counter() - begin
            type(self).n_taken += 1
            if part is None:
                return
            yield part


def waiting(dataset: Path, n_steps: int) -> list[str]:
    """Share of a step spent waiting for its batch; without makers it is the whole cost of making one."""
    lines = ["| network | batch made in the loop | batch made ahead (as shipped) |", "|---|---|---|"]
    original, makers = job.TrainBatches, job.batch_makers
    try:
        for name, network in (("fast", FAST), ("fast, width 16", {**FAST, "width": 16}), ("paper", PAPER)):
            shares = []
            for n_makers in (0, None):
                job.TrainBatches = type("Timed", (TimedBatches,), {})  # type: ignore[misc]
                job.batch_makers = makers if n_makers is None else lambda *_: 0
                batch = 8 if network["kind"] == "fast" else 2
                clock = run_job(settings(dataset, network, batch_size=batch, steps_per_epoch=n_steps, max_epochs=1))
                spent = clock.ends[-1] - clock.ends[1]
                shares.append(f"{job.TrainBatches.waited / spent:.1%}")
            lines.append(f"| {name} | {shares[0]} | {shares[1]} |")
    finally:
        job.TrainBatches, job.batch_makers = original, makers  # type: ignore[misc]
    return lines


def plain_loop(config: TrainConfig, n_steps: int, *, makes_batches: bool = True, layout: bool = True) -> float:
    """Median seconds of a step as anyone would write it: no Lightning, no average of weights, no files."""
    device = pick_device(config.device)
    kind = device.type
    with Dataset(config.dataset) as dataset, torch_threads(config.threads or usable_cpus()):
        source, _ = open_sources(dataset, config)
        network = first_network(config).to(device)
        shape = torch.channels_last if layout else torch.contiguous_format
        network = network.to(memory_format=shape)
        optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, betas=ADAM_BETAS)
        batches = TrainBatches(source, config, Place(), n_steps, n_makers=0)
        same = next(iter(batches)).batch
        times = []
        for step in range(n_steps):
            begin = time.perf_counter()
            batch = batches.parts(0, step)[0].batch if makes_batches else same
            image, dose, depth, weight = (torch.as_tensor(tensor).to(device) for tensor in batch[:4])
            with torch.autocast(kind, torch.bfloat16, enabled=config.precision == "bf16"):
                logits = network(image.contiguous(memory_format=shape), dose)
            loss = segmentation_loss(logits, depth, weight, config)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP_GRADIENT_NORM)
            optimizer.step()
            loss.item()
            times.append(time.perf_counter() - begin)
    return statistics.median(times[2:])


def against_plain(dataset: Path, n_steps: int, n_rounds: int) -> list[str]:
    """Ours and the plain loop in turns, so that a slow minute hits both."""
    lines = ["| network | plain loop | ours | ours / plain | not the network |", "|---|---|---|---|---|"]
    for name, network, batch in (("fast", FAST, 8), ("paper", PAPER, 2)):
        config = settings(dataset, network, batch_size=batch, steps_per_epoch=n_steps, max_epochs=1)
        ours, plain, bare = [], [], []
        for _ in range(n_rounds):
            plain.append(plain_loop(config, n_steps))
            ours.append(run_job(config).step_seconds())
            bare.append(plain_loop(config, n_steps, makes_batches=False))
        a, b, c = (statistics.median(times) for times in (plain, ours, bare))
        ratio = statistics.median(y / x for x, y in zip(plain, ours, strict=True))
        lines.append(f"| {name} | {a * 1e3:.0f} ms | {b * 1e3:.0f} ms | {ratio:.3f} | {max(0, 1 - c / b):.1%} |")
    return lines


def arithmetic(dataset: Path, n_steps: int) -> list[str]:
    """Milliseconds of a plain step by precision and memory layout."""
    lines = ["| network | 32 bit | 32 bit, contiguous | bf16 | bf16, contiguous |", "|---|---|---|---|---|"]
    device = pick_device("auto")
    for name, network, batch in (("fast", FAST, 8), ("paper", PAPER, 2)):
        cells = []
        for precision in ("32", "bf16"):
            for layout in (True, False):
                config = settings(dataset, network, batch_size=batch, precision=precision)
                if usable_precision(precision, device) != precision:
                    cells.append("not in this hardware")
                    continue
                seconds = plain_loop(config, n_steps, makes_batches=False, layout=layout)
                cells.append(f"{seconds * 1e3:.0f} ms")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


ESTIMATE = """
import sys, json
from segdepth_app.config import TrainConfig
from segdepth_app.reporting import Reporter
from segdepth_app.training import estimate
class Say(Reporter):
    def answer(self, request, **values): print(json.dumps(values))
estimate.run(TrainConfig.model_validate_json(sys.argv[1]), Say())
"""


def memory(dataset: Path) -> list[str]:
    """Peak of a process of its own, as the job `estimate` tells it."""
    lines = ["| network | crop | arithmetic | peak |", "|---|---|---|---|"]
    for name, network in (("fast", FAST), ("paper", PAPER)):
        for precision in ("32", "bf16"):
            config = settings(dataset, network, precision=precision)
            command = [sys.executable, "-c", ESTIMATE, config.model_dump_json()]
            answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            peak = f"{answer['peak_bytes'] / 1e9:.2f} GB"
            lines.append(f"| {name} {network['width']} | {config.crop_px} px | {answer['precision']} | {peak} |")
    return lines


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Small sizes only, nothing written: does it run?")
    parser.add_argument("--seconds", type=float, default=180, help="Wall-clock time of each network in part 1.")
    arguments = parser.parse_args()
    quick = arguments.quick
    n_steps = 5 if quick else 24
    with tempfile.TemporaryDirectory() as folder:
        dataset = dataset_for(Path(folder), 6 if quick else 48)
        parts = {
            f"Whole fields of {FIELD_PX}², 5.3 pm, batches of 2, the real job:": partial(
                whole_fields, dataset, 4 if quick else 10
            ),
            "After the same wall-clock time each, fresh weights, λ = 2.5, same dataset (validation images):": partial(
                same_time, dataset, 10 if quick else arguments.seconds
            ),
            "Waiting for data, share of a step (crops, noise, labels), the real job:": partial(
                waiting, dataset, n_steps
            ),
            "A step of the job against a plain loop (the job also averages weights):": partial(
                against_plain, dataset, n_steps, 1 if quick else 5
            ),
            "A step by arithmetic and memory layout (the first is channels last):": partial(
                arithmetic, dataset, n_steps
            ),
            "Peak memory, batch of 8:": partial(memory, dataset),
        }
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU at hand: all on the processor"
        body = [f"Device: {device}; {torch.get_num_threads()} threads of {os.cpu_count()}."]
        for heading, measure in parts.items():
            found = ["", heading, "", *measure()]
            body += found
            sys.stdout.write("\n".join(found) + "\n")
            sys.stdout.flush()
    if not quick:
        write_section("train", "\n".join(body))


if __name__ == "__main__":
    main()
