"""Runs a job in this process, for a person or, with `--json`, for a program."""

import sys
from contextlib import redirect_stdout
from typing import Any, TextIO

from segdepth_app.config import Config
from segdepth_app.errors import Cancelled
from segdepth_app.jobs.faults import describe
from segdepth_app.jobs.json_reporter import Inbox, JsonReporter
from segdepth_app.jobs.registry import find_job
from segdepth_app.reporting import Command, Reporter
from segdepth_app.verbs.console import ConsoleReporter, signals_become
from segdepth_app.verbs.jobs import JobVerb

DONE, CANCELLED = 0, 130
GOES_ON = {"train": "--resume", "study": "the same command", "infer": "the same command"}
"""Jobs that an interruption only pauses, and what makes them go on."""


def add_verb(verbs: Any, verb: JobVerb) -> None:
    """The sub-parser of one job."""
    text = (verb.model.__doc__ or "").strip().splitlines()[0]
    parser = verbs.add_parser(verb.name, help=text, description=text, allow_abbrev=False)
    verb.options(parser, verb.model)
    parser.add_argument("--json", action="store_true", help="Put the job's events on stdout, one JSON object a line.")
    parser.set_defaults(action=lambda arguments: run(verb.name, verb.settings(arguments), as_json=arguments.json))


def run(job: str, settings: Config, *, as_json: bool = False) -> int:
    """Runs the job to its end and returns the exit code. Raises: what the job raises."""
    # what is interrupted and can be resumed keeps what it has; anything else leaves nothing half-made
    interrupt = Command.PAUSE if job in GOES_ON else Command.CANCEL
    inbox = Inbox()
    with signals_become(interrupt, inbox):
        (_for_program if as_json else _for_person)(job, settings, inbox)
    return DONE if inbox.command is None else CANCELLED


def _for_person(job: str, settings: Config, inbox: Inbox) -> None:
    reporter = ConsoleReporter(inbox)
    try:
        _run(job, settings, reporter)
    finally:
        reporter.close()
    if inbox.command is Command.PAUSE:
        print(f"Paused; {GOES_ON[job]} goes on.", file=sys.stderr)  # noqa: T201 (the command line's output)


def _for_program(job: str, settings: Config, inbox: Inbox) -> None:
    stdout: TextIO = sys.stdout

    def write(line: bytes) -> None:
        stdout.write(line.decode("utf-8"))
        stdout.flush()

    reporter = JsonReporter(write, inbox)
    # what a library prints must not stand between the events
    with redirect_stdout(sys.stderr):
        try:
            reason = _run(job, settings, reporter)
        except (Cancelled, KeyboardInterrupt):
            reporter.emit("end", reason="cancelled")
            raise
        except Exception as error:
            reporter.emit("error", **describe(error))
            reporter.emit("end", reason="failed")
            raise
    reporter.emit("end", reason=reason)


def _run(job: str, settings: Config, reporter: Reporter) -> str:
    reason = find_job(job).function()(settings, reporter)
    return reason or ("paused" if reporter.command() is Command.PAUSE else "done")
