"""How long the window takes to show: `python -m tests.benchmarks.start [--program PATH] [--write]`.

Each start is a new process: from before the process exists to the window painted on the screen, and to an event loop
with nothing left to do. Warm: the files are in memory. Cold: before each start the files of the program and of its
libraries are put out of it (posix_fadvise), which needs no rights and disturbs no other program. Offscreen, and under
Xvfb where it is installed. The seconds of processor say what a start costs where other programs keep the cores busy.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from segdepth_app.gui.start_times import VARIABLE
from tests.benchmarks.results import write_section

RUNS = 7
ROOT = Path(__file__).parents[2]
SCREEN = ("-screen", "0", "1600x1200x24")
Times = tuple[float, float, float]


def start_once(command: Sequence[str], environment: dict[str, str], target: Path) -> Times:
    """Seconds to the painted window and to the idle event loop, and seconds of processor until the program ended."""
    target.unlink(missing_ok=True)
    used, began = processor_seconds(), time.time()
    subprocess.run(command, env=environment | {VARIABLE: str(target)}, capture_output=True, check=True, timeout=120)
    said = json.loads(target.read_text(encoding="utf-8"))
    return said["painted"] - began, said["idle"] - began, processor_seconds() - used


def processor_seconds() -> float:
    """All that ended children have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(command: Sequence[str], platform: str, before: Callable[[], None], runs: int = RUNS) -> list[Times]:
    """Several starts with a home of their own; the first one, which makes it, does not count."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"SEGDEPTH_HOME": home, "QT_QPA_PLATFORM": platform}
        times = []
        for _ in range(runs + 1):
            before()
            times.append(start_once(command, environment, Path(home) / "times.json"))
    return times[1:]


def forget(files: Iterable[Path]) -> None:
    """Puts files out of the system's memory; what another program has in use stays."""
    os.sync()
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def files_of(program: str) -> list[Path]:
    """What a start may read: all of an installed program's folder; from source the interpreter's and the project's."""
    if not program:
        places = {Path(sys.prefix), Path(sys.base_prefix) / "lib", ROOT / "segdepth_app", ROOT / "resources"}
    else:
        places = {Path(program).resolve().parent}
    return [path for place in places for path in place.rglob("*") if path.is_file() and not path.is_symlink()]


def line(what: str, times: list[Times]) -> str:
    """A row of the table."""
    painted, idle, used = zip(*times, strict=True)
    figures = (statistics.median(painted), max(painted), statistics.median(idle), statistics.median(used))
    return f"| {what} | {' | '.join(f'{figure:.2f}' for figure in figures)} |"


@contextmanager
def screen() -> Iterator[str]:
    """The name of a virtual screen that is there until the block ends; empty where Xvfb is not installed."""
    if not shutil.which("Xvfb"):
        yield ""
        return
    read, write = os.pipe()
    command = ["Xvfb", *SCREEN, "-nolisten", "tcp", "-displayfd", str(write)]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def report(program: str, runs: int) -> str:
    """The table, and what it was measured with."""
    command = [program] if program else [sys.executable, "-m", "segdepth_app"]
    files = files_of(program)
    rows = []
    begun = os.getloadavg()[0]
    with screen() as display:
        for platform in ("offscreen", "xcb"):
            if platform == "xcb" and not display:
                rows.append("| Xvfb: not installed here | | | | |")
                continue
            os.environ["DISPLAY"] = display
            for cold in (False, True):
                before = (lambda: forget(files)) if cold else (lambda: None)
                what = f"{'cold' if cold else 'warm'}, {'Xvfb' if platform == 'xcb' else 'offscreen'}"
                rows.append(line(what, measure(command, platform, before, runs)))
    return "\n".join(
        [
            f"Program: {'frozen' if program else 'from source'}. {runs} starts each; cold: the program's own files put "
            f"out of memory. Other work on the machine: load {begun:.1f} before, {os.getloadavg()[0]:.1f} after.",
            "",
            "| start | painted, median s | worst | idle, median s | processor, median s |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="", help="An installed or frozen segdepth; else it runs from source.")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--write", action="store_true", help="Into tests/benchmarks/RESULTS.md.")
    arguments = parser.parse_args()
    text = report(arguments.program, arguments.runs)
    sys.stdout.write(text + "\n")
    if arguments.write:
        write_section("start, frozen" if arguments.program else "start, from source", text)
