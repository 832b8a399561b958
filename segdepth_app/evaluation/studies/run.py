"""The job `study`: plan, do step after step, say after each what has been found.

The folder is study_records'. study.json is written whole before and after every step, so a study that was paused
or killed goes on where it was: steps that are done are not done again, as long as their files are the same.

- PAUSE ends such that the same command goes on: a simulation or training keeps what it has, a judging starts anew.
- CANCEL discards the step in hand (a training goes to the trash folder); what is finished stays, and the study
  can still go on. The job ends as cancelled; study.json says paused.
- A step that cannot be done (a model that reads other pixels, a training that diverges) is marked failed with the
  reason, and so are those that need it; the others go on. The study then ends as failed (exit code 1), with all that
  the others have found; the same command tries the failed steps again.
"""

import time
from collections.abc import Sequence

from segdepth_app.config import StudyConfig
from segdepth_app.errors import Cancelled, SegDepthError, is_out_of_memory
from segdepth_app.evaluation.studies.inputs import prepare, resolved
from segdepth_app.evaluation.studies.journal import Journal, record_of
from segdepth_app.evaluation.studies.kinds import Context, Kind, Step
from segdepth_app.evaluation.studies.output import write_figures, write_tables
from segdepth_app.evaluation.studies.registry import KINDS
from segdepth_app.evaluation.studies.relay import PARTS, StepReporter
from segdepth_app.evaluation.study_records import STUDY_FILE, Study
from segdepth_app.locks import locked
from segdepth_app.microscope.device import pick_device
from segdepth_app.reporting import Command, Reporter


def run(config: StudyConfig, reporter: Reporter) -> str:
    """Does the study, or goes on with it; gives how it ended: done or paused.

    Raises: InputError where a model, a dataset, a setting or the folder cannot be used; Cancelled; SegDepthError
    where steps failed.
    """
    device = str(pick_device(config.device))
    config = resolved(config)
    before = record_of(config)
    with locked(config.out, "study"):
        study = Running(config, before, reporter)
        reporter.started(device=device, folder=str(config.out), steps=len(study.steps))
        return study.to_its_end()


class Running:
    """One study at work."""

    def __init__(self, config: StudyConfig, before: Study | None, reporter: Reporter) -> None:
        self.kind: Kind = KINDS[config.kind]
        setup, first = prepare(config)
        self.steps = [*first, *self.kind.plan(setup)]
        _names_are_unique(self.steps)
        self.reporter = reporter
        self.journal = Journal(setup, self.steps, before)
        self._renewed: set[str] = set()

    def to_its_end(self) -> str:
        """All steps in turn; "done", or "paused" where the user or a step asked for it."""
        state = "paused"  # as a second Ctrl-C leaves it: the step in hand is lost, the study can go on
        try:
            self.journal.remove_leftovers()
            self._save()
            for step in self.steps:
                if self._is_asked_to_end() or self._do(step) == "paused":
                    break
            else:
                state = "failed" if self.journal.failed else "done"
        except Cancelled:
            raise
        except Exception:
            state = "failed"
            raise
        finally:
            self.journal.state = state
            self._save()
        self._finish(state)
        return state

    def _is_asked_to_end(self) -> bool:
        """Whether to pause. Raises: Cancelled."""
        self.reporter.raise_if_cancelled()
        return self.reporter.command() is Command.PAUSE

    def _do(self, step: Step) -> str | None:
        """One step, unless it is done already; "paused" where it was interrupted by a pause."""
        again = any(name in self._renewed for name in step.after)
        if self.journal.is_done(step) and not again:
            self._report(step).progress(1, 1, "steps")
            return None
        if missing := [name for name in step.needs if self.journal.reason(name) is not None]:
            label = next(item.label for item in self.steps if item.name == missing[0])
            self.journal.mark(step, "failed", note=f"It needs what failed before: {label}.")
            self._save()
            return None
        if self.journal.is_there(step) and not again:
            self.reporter.warning(f"{step.label}: done again, because its model or dataset has changed since.")
        self._renewed.add(step.name)
        self.journal.mark(step, "running")
        self._save()
        state = self._tried(step)
        self._save()
        return state

    def _tried(self, step: Step) -> str | None:
        began = time.monotonic()
        place = self.journal.folder / step.place
        place.parent.mkdir(exist_ok=True)
        relay = self._report(step)
        try:
            paused = step.run(Context(self.journal.setup.config, place, relay)) == "paused"
        except Cancelled as error:
            self.journal.mark(step, "waiting")
            self.reporter.raise_if_cancelled()
            if self.reporter.command() is Command.PAUSE:
                return "paused"
            self._failed(step, error, began)  # somebody discarded this training alone
            return None
        except SegDepthError as error:
            self._failed(step, error, began)
            return None
        except Exception as error:
            self._failed(step, error, began)
            if is_out_of_memory(error):
                return None
            raise
        except BaseException:
            self.journal.mark(step, "waiting")
            raise
        self.journal.mark(step, "waiting" if paused else "done", seconds=time.monotonic() - began)
        if not paused:
            relay.progress(1, 1, "steps")
        return "paused" if paused else None

    def _failed(self, step: Step, error: Exception, began: float) -> None:
        reason = " ".join(str(error).split()) or type(error).__name__
        self.journal.mark(step, "failed", seconds=time.monotonic() - began, note=reason)
        self.reporter.warning(f"{step.label} failed: {reason}")

    def _report(self, step: Step) -> StepReporter:
        shares = [item.share for item in self.steps]
        number = self.steps.index(step)
        return StepReporter(
            self.reporter,
            step.label,
            before=sum(shares[:number]),
            share=shares[number],
            whole=sum(shares),
            pauses=step.pauses,
        )

    def _save(self) -> None:
        """What is known by now, on disk."""
        self.journal.outcome = self.kind.outcome(self.journal.done())
        self.journal.write()

    def _finish(self, state: str) -> None:
        """Tables and figures, and where they are. Raises: SegDepthError where steps failed."""
        folder, outcome = self.journal.folder, self.journal.outcome
        tables = write_tables(folder, outcome)
        figures = write_figures(folder, outcome, self.journal.caption())
        # of each figure one format is enough to name
        for file in (folder / STUDY_FILE, *tables, *(path for path in figures if path.suffix == ".png")):
            self.reporter.artifact(file)
        failed = self.journal.failed
        if state == "failed" and failed:
            step, reason = failed[0]
            raise SegDepthError(
                f"{len(failed)} of {len(self.steps)} steps of the study failed. {step.label}: {reason}",
                f"What the others found is in {folder}. The same command tries again what failed.",
            )
        if state == "done":
            self.reporter.progress(PARTS, PARTS, "%")


def _names_are_unique(steps: Sequence[Step]) -> None:
    names = [step.name.casefold() for step in steps]
    places = [step.place.casefold() for step in steps]
    if len(set(names)) != len(names) or len(set(places)) != len(places):
        raise ValueError(f"Two steps of a study have the same name or place: {sorted(names)}.")
