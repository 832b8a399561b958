"""What tests of the command line share."""

import argparse

from segdepth_app import cli, config
from segdepth_app.verbs import run as running
from segdepth_app.verbs.jobs import JOB_VERBS


def settings_of(*argv: str) -> config.Config:
    """The config that a command line makes."""
    arguments = cli.build_parser().parse_args(list(argv))
    verb = next(verb for verb in JOB_VERBS if verb.name == argv[0])
    return verb.settings(arguments)


def job_that(monkeypatch, action):
    """Puts `action(settings, reporter)` in the place of every job."""
    monkeypatch.setattr(running, "find_job", lambda _: argparse.Namespace(function=lambda: action))
