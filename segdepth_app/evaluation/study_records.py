"""Reads study folders; no torch and no matplotlib, for the window and the report.

study.json    {"format", "kind", "config", "state", "created", "steps", "tables", "plots", "pictures", "notes",
              "provenance"}, written anew after every step
evaluations/  one evaluation folder for each step that judges a model (see evaluation.records)
runs/         one run folder for each model that the study trained; datasets/: the test sets it simulated
figures/      each plot and picture as PNG, SVG and PDF; tables/: each table as CSV

A *step* is one thing the study does: {"name", "label", "what", "state", "place", "seconds"}; `what` is simulate,
train, evaluate, gradient or observe, `state` one of STEP_STATES, `place` a path inside the folder.

A *table* has {"name", "title", "columns": [{"key", "title"}], "rows": [{key: text, number or null}]}; a number under
`key` may have its 95 % interval under `key_low` and `key_high`.

A *plot* has {"name", "title", "x": {"label", "log"}, "y": {"label", "low", "high"}, "curves": [{"label", "role", "x",
"y", "low", "high"}]}; `role` is model, paper or bound; `low` and `high` are lists, or null where there is no interval;
`x` may be a list of words, then the plot is one of bars. A missing value is null, never NaN.

A *picture* is {"name", "title", "text"}: figures/NAME.png, for what is neither table nor plot (maps).
"""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segdepth_app.errors import ResultError
from segdepth_app.evaluation.records import newest_first
from segdepth_app.locks import is_locked
from segdepth_app.training.runs import is_alive

FORMAT = "segdepth-study-1"
STUDY_FILE = "study.json"
FIGURES, TABLES, EVALUATIONS, RUNS, DATASETS = "figures", "tables", "evaluations", "runs", "datasets"

STATES = ("running", "paused", "failed", "done")
STEP_STATES = ("waiting", "running", "done", "failed")
UNFINISHED = "unfinished"
"""Of a study that was killed: nobody wrote its end."""


@dataclass(frozen=True)
class Study:
    """One study folder."""

    folder: Path
    kind: str
    state: str
    created: str
    config: dict[str, Any]
    steps: tuple[dict[str, Any], ...]
    tables: tuple[dict[str, Any], ...]
    plots: tuple[dict[str, Any], ...]
    pictures: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    provenance: dict[str, Any]

    @property
    def n_done(self) -> int:
        """Steps that are done."""
        return sum(step["state"] == "done" for step in self.steps)

    @property
    def state_now(self) -> str:
        """The state, but UNFINISHED where it says running and no process of this computer works on it any more.

        What runs, or was killed, on another computer that shares the folder cannot be told from here.
        """
        here = socket.gethostname()
        if self.state != "running" or self.provenance.get("host", here) != here:
            return self.state
        at_work = is_locked(self.folder)
        if at_work is None:
            at_work = is_alive(int(self.provenance.get("pid", 0)))
        return "running" if at_work else UNFINISHED

    @property
    def steps_now(self) -> tuple[dict[str, Any], ...]:
        """The steps, but UNFINISHED where one says running and the study does not run any more."""
        if self.state_now == "running":
            return self.steps
        return tuple(step | {"state": UNFINISHED} if step["state"] == "running" else step for step in self.steps)

    def picture(self, name: str) -> Path:
        """The PNG of a plot or picture."""
        return self.folder / FIGURES / f"{name}.png"

    def evaluations(self) -> list[Path]:
        """Folders of the evaluations that are done."""
        return [
            self.folder / step["place"] for step in self.steps if step["what"] == "evaluate" and step["state"] == "done"
        ]


def read_study(folder: str | Path) -> Study:
    """A study folder (or its study.json). Raises: ResultError where it is none."""
    folder = Path(folder)
    if folder.name == STUDY_FILE:
        folder = folder.parent
    path = folder / STUDY_FILE
    if not path.is_file():
        raise ResultError(f"{folder} is not a study: it has no {STUDY_FILE}.", "Name a study folder.")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.pop("format") != FORMAT or record["state"] not in STATES:
            raise ValueError("another format")
        for name in ("steps", "tables", "plots", "pictures", "notes"):
            record[name] = tuple(record[name])
        study = Study(folder=folder, **record)
        if not all({"name", "label", "what", "state", "place"} <= step.keys() for step in study.steps):
            raise ValueError("incomplete")
        return study
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultError(f"{path} is damaged, or of another version.", "Run the study again.") from error


def list_studies(folder: Path) -> list[Study]:
    """The studies in a folder, newest first; what is none is passed over."""
    return newest_first(folder, STUDY_FILE, read_study)
