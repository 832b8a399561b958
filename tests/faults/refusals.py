"""What a refusal must look like."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """How a command line ended; `changed` names what is new, gone or different below the working folder."""

    code: int
    stdout: str
    stderr: str
    changed: frozenset[str]


def assert_refused(outcome: Outcome, *words: str) -> None:
    """Exit 2, one line that holds `words`, nothing written."""
    assert outcome.code == 2, outcome.stderr
    assert outcome.stderr.startswith("segdepth: "), outcome.stderr
    assert outcome.stderr.count("\n") == 1, outcome.stderr
    assert outcome.stderr.endswith("\n")
    assert outcome.stdout == ""
    assert not outcome.changed
    assert [word for word in words if word not in outcome.stderr] == [], outcome.stderr
