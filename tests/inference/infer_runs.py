"""Running the infer job on the toy series: settings, a reporter that gives commands, what a result holds."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
from inference_toys import DOSE, toy_model_file, toy_series_file

from segdepth_app.config import InferConfig
from segdepth_app.reporting import Command, Reporter


class Recorder(Reporter):
    """Keeps events; gives a command once `after` frames are done."""

    def __init__(self, command: Command | None = None, after: int = 0, unit: str = "frames") -> None:
        self._command, self._after, self._unit = command, after, unit
        self.done, self.warnings, self.artifacts = [], [], []

    def progress(self, done, total, unit):
        self.done.append((done, total, unit))

    def warning(self, message):
        self.warnings.append(message)

    def artifact(self, path):
        self.artifacts.append(path)

    def command(self):
        reached = max((done for done, _, unit in self.done if unit == self._unit), default=-1)
        return self._command if reached >= self._after or not self._after else None


def toy_home(folder: Path, counts: np.ndarray | None = None) -> Path:
    """A folder with the toy model and the toy series."""
    toy_model_file(folder)
    toy_series_file(folder, counts)
    return folder


def toy_config(home: Path, out: Path, **settings) -> InferConfig:
    values = {"series": (home / "series.tif",), "model": str(home / "toy.safetensors"), "vacuum": str(DOSE)}
    return InferConfig(**{**values, "longest_sum_frames": 1, "out": out, **settings})


CHILD = """
import sys
from segdepth_app.config import InferConfig
from segdepth_app.inference import journal_writer
from segdepth_app.inference.run import run
from segdepth_app.reporting import Reporter

class Waiting(Reporter):
    def progress(self, done, total, unit):
        if (str(done), unit) == (sys.argv[2], sys.argv[3]):
            print("there", flush=True)
            sys.stdin.read()

journal_writer.FLUSH_S = 0
run(InferConfig.model_validate_json(sys.argv[1]), Waiting())
"""


def child_that_waits(config: InferConfig, done: int, unit: str) -> subprocess.Popen:
    """A process that runs the job, a block per frame, and is waiting, with so many done, when this returns."""
    command = [sys.executable, "-c", CHILD, config.model_dump_json(), str(done), unit]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert child.stdout.readline() == "there\n"
    return child


def content(path: Path) -> dict[str, object]:
    """Every dataset and attribute of a result file, comparable."""
    with h5py.File(path) as file:
        values = {f"/{name}": (file[name].dtype, file[name][:].tobytes()) for name in file}
        return values | {name: np.asarray(value).tolist() for name, value in file.attrs.items()}
