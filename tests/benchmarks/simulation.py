"""How fast simulation is: `python -m tests.benchmarks.simulation [--quick]`. Writes a section of RESULTS.md.

1. Exit waves against abTEM, potential included, the same atoms and grid, one thread each, medians.
2. The share of FFTs in a specimen with 9 defoci at 8 pm.
3. A whole dataset by the real job in processes: time for 12,000 images, extrapolated, and peak memory.
4. On a GPU, where there is one: specimens per second, and the ratio to the CPU.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segdepth_app.config import SimulateConfig, build, preset_values
from segdepth_app.datasets.plan import plan_dataset
from segdepth_app.datasets.simulate_one import simulate_specimens
from segdepth_app.microscope.projection import Scatterers, WaveGrid
from segdepth_app.microscope.slices import exit_wave, slab_of
from segdepth_app.specimen.build import SpecimenPlan, build_specimen
from segdepth_app.specimen.ceria import LAYER_SPACING
from segdepth_app.specimen.specimen import Specimen
from tests.benchmarks.results import write_section

STEP = 0.053
WARM = {"Ce": 0.30, "O": 0.485}
RUNS = {512: 7, 1024: 5, 2048: 3}
IMAGES, DEFOCI = 12_000, 9
TRANSFORMS = ("fft2", "ifft2", "rfft2", "irfft2")


def median_seconds(work: Callable[[], Any], runs: int) -> float:
    """Median of several calls; one more before them warms caches, compilers and FFT plans."""
    work()
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def abtem_is_quiet() -> None:
    """No progress bars."""
    import abtem

    abtem.config.set({"local_diagnostics.progress_bar": False, "diagnostics.progress_bar": False})


def exit_waves_against_abtem(sizes: tuple[int, ...]) -> list[str]:
    """Rows of a table: seconds of both, and the ratios."""
    rows = []
    for n in sizes:
        plan = SpecimenPlan("sawtooth", "rough", 6.0, "both")
        specimen = build_specimen(plan, (0, n * STEP, 0, n * STEP), np.random.default_rng(1))
        damped, at_rest = (median_seconds(partial(_our_wave, specimen, n, b), RUNS[n]) for b in (WARM, {}))
        # the slow one is timed once: its seconds leave no doubt
        finite = median_seconds(partial(_abtem_wave, specimen, n, "finite"), 1)
        infinite = median_seconds(partial(_abtem_wave, specimen, n, "infinite"), RUNS[n])
        rows.append(
            f"| {n}² | {len(specimen.atoms())} | {damped:.3f} | {at_rest:.3f} | {finite:.2f} | {infinite:.3f} "
            f"| {finite / damped:.1f} × | {infinite / damped:.1f} × | {infinite / at_rest:.1f} × |"
        )
        sys.stdout.write(rows[-1] + "\n")
    return rows


def _our_wave(specimen: Specimen, n: int, b_factors: dict[str, float]) -> torch.Tensor:
    slab = slab_of(specimen, Scatterers("lobato", b_factors))
    return exit_wave(slab, WaveGrid((n, n), (n * STEP, n * STEP)), voltage_kv=300, device=torch.device("cpu"))


def _abtem_wave(specimen: Specimen, n: int, projection: str) -> Any:
    import abtem

    atoms = specimen.atoms()
    layers = round(atoms.positions[:, 2].max() / LAYER_SPACING) + 1
    atoms.positions[:, 2] += LAYER_SPACING / 2
    atoms.set_cell([n * STEP, n * STEP, layers * LAYER_SPACING])
    atoms.pbc = True
    potential = abtem.Potential(
        atoms, gpts=(n, n), slice_thickness=LAYER_SPACING, parametrization="lobato", projection=projection
    )
    wave = abtem.PlaneWave(energy=300e3).multislice(potential)
    return wave.compute(progress_bar=False, scheduler="single-threaded")


def settings(preset: str, **changes: Any) -> SimulateConfig:
    """A preset with some settings changed."""
    return build(SimulateConfig, {**preset_values("simulate", preset), "out": "unused.h5", **changes})


def share_of_transforms() -> list[str]:
    """Seconds of a specimen with 9 defoci, and the share of them inside torch's FFTs."""
    lines = []
    inside = [0.0]
    originals = {name: getattr(torch.fft, name) for name in TRANSFORMS}
    try:
        for name, original in originals.items():
            setattr(torch.fft, name, _timed(original, inside))
        for preset in ("mixed", "paper"):
            config = settings(preset, n_defoci=DEFOCI)
            plans = plan_dataset(config)
            shares, seconds = [], []
            for item in plans[:8]:
                inside[0] = 0.0
                begin = time.perf_counter()
                simulate_specimens(config, [item], torch.device("cpu"))
                seconds.append(time.perf_counter() - begin)
                shares.append(inside[0] / seconds[-1])
            size = f"{config.grid.height_px}² px at {config.grid.pixel_size_pm:g} pm, binning {config.grid.binning}"
            lines.append(
                f"- `{preset}` ({size}): {statistics.median(seconds[1:]):.2f} s a specimen, "
                f"{statistics.median(shares[1:]):.0%} of it in FFTs"
            )
            sys.stdout.write(lines[-1] + "\n")
    finally:
        for name, original in originals.items():
            setattr(torch.fft, name, original)
    return lines


def _timed(function: Callable[..., Any], inside: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **options: Any) -> Any:
        begin = time.perf_counter()
        result = function(*arguments, **options)
        inside[0] += time.perf_counter() - begin
        return result

    return timed


def whole_datasets(numbers: tuple[int, ...]) -> list[str]:
    """The job itself, in processes, on the paper preset and on the one the shipped model was made with."""
    lines = []
    for preset in ("paper", "mixed"):
        for n in numbers:
            with tempfile.TemporaryDirectory() as folder:
                seconds, peak = _run_job(preset, n, Path(folder) / "dataset.h5")
            minutes = seconds * IMAGES / (n * DEFOCI) / 60
            lines.append(
                f"- `{preset}`, {n} specimens × {DEFOCI} defoci: {seconds:.0f} s with start and assembly; "
                f"12,000 images would take {minutes:.0f} min; peak memory of all processes {peak / 1e9:.2f} GB"
            )
            sys.stdout.write(lines[-1] + "\n")
    return lines


def _run_job(preset: str, n: int, out: Path) -> tuple[float, int]:
    command = [sys.executable, "-m", "segdepth_app", "simulate", "--preset", preset, "--out", str(out)]
    command += ["--set", f"n_specimens={n}", "--set", f"n_defoci={DEFOCI}", "--json"]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    begin = time.perf_counter()
    job = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    peak = [0]
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(job.pid, peak, ended))
    watcher.start()
    _, errors = job.communicate()
    ended.set()
    watcher.join()
    if job.returncode:
        raise RuntimeError(errors.decode())
    return time.perf_counter() - begin, peak[0]


def _watch(pid: int, peak: list[int], ended: threading.Event) -> None:
    """Highest sum of proportional set sizes over the job's processes; shared pages count once."""
    while not ended.wait(0.5):
        peak[0] = max(peak[0], sum(_bytes_of(p) for p in _family(pid)))


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def _bytes_of(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def on_gpu() -> list[str]:
    """Specimens per second on the GPU and on one CPU thread."""
    if not torch.cuda.is_available():
        return ["- no GPU was at hand: not measured"]
    config = settings("mixed", n_defoci=DEFOCI)
    plans = plan_dataset(config)
    lines = []
    cpu = median_seconds(partial(simulate_specimens, config, plans[:1], torch.device("cpu")), 5)
    for batch in (1, 8, 32):
        items = plans[:batch]
        seconds = median_seconds(partial(simulate_specimens, config, items, torch.device("cuda")), 5)
        lines.append(
            f"- {torch.cuda.get_device_name()}, batches of {batch}: {batch / seconds:.1f} specimens/s, "
            f"{batch / seconds * cpu / 2:.1f} × two CPU threads"
        )
        sys.stdout.write(lines[-1] + "\n")
    return lines


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="Small sizes only, nothing written: does it run?")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")  # abTEM's, about its own dependencies
    torch.set_num_threads(1)
    abtem_is_quiet()
    waves = exit_waves_against_abtem((512,) if quick else (512, 1024, 2048))
    transforms = share_of_transforms()
    gpu = on_gpu()
    datasets = whole_datasets((4,) if quick else (26, 52))
    body = "\n".join(
        [
            "Exit waves, potential included, one thread each, seconds (median). Damped: with Debye–Waller factors, as "
            "all presets; at rest: without. abTEM 1.0.11 with its FFTW, atoms at rest; `finite` integrates every atom "
            "where it stands, `infinite` (its default) interpolates atoms onto the grid, which we do not.",
            "",
            "| grid | atoms | ours, damped | ours, at rest | abTEM finite | abTEM infinite "
            "| finite / damped | infinite / damped | infinite / at rest |",
            "|---|---|---|---|---|---|---|---|---|",
            *waves,
            "",
            f"One specimen with {DEFOCI} defoci, wave at 8 pm, one thread:",
            "",
            *transforms,
            "",
            f"The simulate job, one process per core, {os.cpu_count()} cores:",
            "",
            *datasets,
            "",
            "GPU:",
            "",
            *gpu,
        ]
    )
    if not quick:
        write_section("simulate", body)


if __name__ == "__main__":
    main()
