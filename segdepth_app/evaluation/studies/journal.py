"""study.json while a study runs: which steps are done, with what files, and what they have found so far."""

import json
import os
import platform
import shutil
import socket
import sys
import time
from datetime import UTC, datetime
from typing import Any

from segdepth_app import __version__
from segdepth_app.config import StudyConfig
from segdepth_app.errors import InputError, ResultError
from segdepth_app.evaluation.records import METRICS_FILE
from segdepth_app.evaluation.studies.files import Files
from segdepth_app.evaluation.studies.kinds import Done, Outcome, Setup, Step
from segdepth_app.evaluation.study_records import FORMAT, STUDY_FILE, Study, read_study
from segdepth_app.paths import writable_target, written_whole

WHERE_IT_RUNS = {"out", "device"}
"""Settings that may differ when a study goes on."""
LEFTOVERS = ".*.part-*"
"""Temporary names of `written_whole` and of evaluation folders."""
REPLACING_TRIES, REPLACING_PAUSE_S = 40, 0.05


class Journal:
    """The record of one study; every change is on disk at once, whole."""

    def __init__(self, setup: Setup, steps: list[Step], before: Study | None) -> None:
        """Goes on with `before`, the record that the folder holds already."""
        self.setup, self.steps = setup, steps
        self.folder = setup.config.out
        self.state = "running"
        self.outcome = Outcome()
        self._created = before.created if before else _now()
        self.files = Files(before.provenance.get("files", []) if before else [])
        known = {step["name"]: step for step in before.steps} if before else {}
        self._entries = {step.name: _entry(step, known.get(step.name, {})) for step in steps}

    def is_done(self, step: Step) -> bool:
        """Whether the step was done, its outcome is still there, and the files it was made from are the same."""
        return self.is_there(step) and not self.is_outdated(step)

    def is_there(self, step: Step) -> bool:
        """Whether the step was done and its outcome is still there."""
        place = self.folder / step.place
        there = (place / METRICS_FILE).is_file() if step.what == "evaluate" else place.exists()
        return self._entries[step.name]["state"] == "done" and there

    def is_outdated(self, step: Step) -> bool:
        """Whether the step was made from files that have changed since, or are gone."""
        return self._entries[step.name].get("made_from") != self._made_from(step)

    def _made_from(self, step: Step) -> list[str | None]:
        """Hash of each model and dataset that the step uses."""
        return [self.files.sha256(source.path) if source.path.is_file() else None for source in step.uses]

    def reason(self, name: str) -> str | None:
        """Why a step failed; None where it has not."""
        entry = self._entries[name]
        return str(entry["note"]) if entry["state"] == "failed" else None

    @property
    def failed(self) -> list[tuple[Step, str]]:
        """The steps that failed, and why."""
        return [(step, reason) for step in self.steps if (reason := self.reason(step.name)) is not None]

    def mark(self, step: Step, state: str, *, seconds: float = 0.0, note: str = "") -> None:
        """Changes the state of a step, in memory."""
        entry = self._entries[step.name]
        spent = 0.0 if state == "waiting" else round(seconds, 1)
        entry.update(state=state, seconds=spent, note=note)
        entry.pop("made_from", None)
        if state == "done":
            entry["made_from"] = self._made_from(step)

    def remove_leftovers(self) -> None:
        """What a killed process was writing; nobody else writes here while the folder is locked."""
        for path in (*self.folder.glob(LEFTOVERS), *self.folder.glob(f"*/{LEFTOVERS}")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def caption(self) -> str:
        """What made the study's figures, in one line."""
        config = self.setup.config
        datasets = ", ".join(source.name for source in self.setup.datasets)
        plural = "" if config.max_images == 1 else "s"
        limit = f", {config.max_images} image{plural} of each" if config.max_images else ""
        return f"{datasets} ({config.split}){limit}, seed {config.seed}, SegDepth {__version__}"

    def done(self) -> Done:
        """What is done by now."""
        places = {step.name: step.place for step in self.steps if self.is_done(step)}
        return Done(self.setup, self.folder, places)

    def write(self) -> None:
        """study.json, whole."""
        text = json.dumps(self._record(), indent=1, allow_nan=False, ensure_ascii=False)
        for attempt in range(REPLACING_TRIES):
            try:
                with written_whole(self.folder / STUDY_FILE) as temporary:
                    temporary.write_text(text, encoding="utf-8")
                return
            except PermissionError:
                # Windows refuses to replace a file that a reader has open: a moment later it will do
                if attempt == REPLACING_TRIES - 1:
                    raise
                time.sleep(REPLACING_PAUSE_S)

    def _record(self) -> dict[str, Any]:
        config, outcome = self.setup.config, self.outcome
        failures = [f"{step.label} failed: {reason}" for step, reason in self.failed]
        return {
            "format": FORMAT,
            "kind": config.kind,
            "state": self.state,
            "created": self._created,
            "config": config.model_dump(mode="json"),
            "steps": list(self._entries.values()),
            "tables": outcome.tables,
            "plots": outcome.plots,
            "pictures": [{"name": item.name, "title": item.title, "text": item.text} for item in outcome.pictures],
            "notes": [*failures, *dict.fromkeys(outcome.notes)],
            "provenance": self._provenance(),
        }

    def _provenance(self) -> dict[str, Any]:
        config = self.setup.config
        return {
            "version": __version__,
            "python": platform.python_version(),
            "platform": sys.platform,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "written": _now(),
            "doses_e_per_px": list(config.doses),
            "seed": config.seed,
            "split": config.split,
            "max_images": config.max_images,
            "models": [self.files.facts(source.name, source.path) for source in self.setup.models],
            "datasets": [self.files.facts(source.name, source.path) for source in self.setup.datasets],
            "train_dataset": self._train_dataset(),
            "files": self.files.known(),
        }

    def _train_dataset(self) -> dict[str, Any] | None:
        path = self.setup.config.train_dataset
        return self.files.facts(path.stem, path) if path else None


def _entry(step: Step, before: dict[str, Any]) -> dict[str, Any]:
    done = before.get("state") == "done"
    entry: dict[str, Any] = {"name": step.name, "label": step.label, "what": step.what, "place": step.place}
    entry |= {"state": "done" if done else "waiting", "seconds": before.get("seconds", 0.0) if done else 0.0}
    return entry | {"note": ""} | ({"made_from": before["made_from"]} if done and "made_from" in before else {})


def record_of(config: StudyConfig) -> Study | None:
    """The study that the folder of resolved settings holds; None where it is new or empty.

    Raises: InputError where it holds something else, or a study with other settings: which one differs.
    """
    folder = config.out
    writable_target(folder / STUDY_FILE)
    if not (folder / STUDY_FILE).exists():
        if any(item for item in folder.iterdir() if not item.name.startswith(".")):
            raise InputError(f"{folder} holds other files.", "Name a new or empty folder for the study.")
        return None
    try:
        before = read_study(folder)
    except ResultError as error:
        raise InputError(str(error.message), "Name another folder for the study.") from error
    _check_same(before, config)
    return before


def _check_same(before: Study, config: StudyConfig) -> None:
    now = config.model_dump(mode="json")
    # settings that an older version did not have yet were as they are by default
    defaults = StudyConfig.model_construct(out=config.out, kind=config.kind).model_dump(mode="json", warnings=False)
    changed = [key for key in now if key not in WHERE_IT_RUNS and before.config.get(key, defaults[key]) != now[key]]
    if changed:
        key = changed[0]
        more = f" (and {len(changed) - 1} more)" if len(changed) > 1 else ""
        raise InputError(
            f"{config.out} holds a study with other settings: {key} was {_shown(before.config.get(key))}, "
            f"now it is {_shown(now[key])}{more}.",
            "Go on with the same settings, or name another folder.",
        )
    _check_training_data(before, config)


def _check_training_data(before: Study, config: StudyConfig) -> None:
    facts = before.provenance.get("train_dataset")
    if config.train_dataset is None or not facts:
        return
    if Files(before.provenance.get("files", [])).sha256(config.train_dataset) != facts["sha256"]:
        raise InputError(
            f"{config.train_dataset} has changed since the study in {config.out} began to train on it.",
            "Name another folder for a new study.",
        )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
