"""The command line: one verb per job, and a few that read what the jobs have written.

Thin on purpose: parse, make the config, run the job in this process. Exit codes: 0 done, 1 failed, 2 unusable
input, 130 cancelled; a fault is one line on stderr. SEGDEPTH_DEBUG=1 adds the traceback.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from segdepth_app import __version__
from segdepth_app.jobs.faults import describe
from segdepth_app.verbs.parser import OneLineParser, plain_parser

DONE, FAILED, UNUSABLE, CANCELLED = 0, 1, 2, 130
MISPLACED = (FileNotFoundError, IsADirectoryError, NotADirectoryError, FileExistsError)


def main(argv: Sequence[str]) -> int:
    """Runs one command line and returns its exit code."""
    try:
        if not argv:
            return _window([])
        if argv[0] == "view":  # what a menu and a double click start: at once, without the settings of all jobs
            return _view(_view_parser().parse_args(list(argv[1:])))
        arguments = build_parser().parse_args(list(argv))
        action: Callable[[argparse.Namespace], int | None] = arguments.action
        return action(arguments) or DONE
    except SystemExit as leave:  # --help and --version
        return int(leave.code or 0)
    except KeyboardInterrupt:
        return _fault(CANCELLED, "The job was cancelled.")
    except BrokenPipeError:  # as in `segdepth schema train | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    except Exception as error:  # noqa: BLE001 (the last resort: every fault becomes one line and an exit code)
        return _fault(*_judged(error))


def build_parser() -> argparse.ArgumentParser:
    """All verbs. Help texts come from the config models; no room is imported for them."""
    from segdepth_app.verbs import about, dose, reading, run
    from segdepth_app.verbs.jobs import JOB_VERBS

    parser = plain_parser(
        prog="segdepth",
        description="Atoms per atomic column, with calibrated confidence, from noisy TEM images and series. "
        "Without arguments the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"segdepth {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True, parser_class=type(parser))

    verbs.add_parser("view", help="Open the window, on files of any kind.", add_help=False, parents=[_view_parser()])
    for verb in JOB_VERBS:
        run.add_verb(verbs, verb)
    reading.add_verbs(verbs)
    dose.add_verb(verbs)
    about.add_verbs(verbs)
    return parser


def _view_parser() -> OneLineParser:
    view = plain_parser(prog="segdepth view", description="Open the window, on files of any kind.")
    what = "A TEM series (file or folder), result, dataset, model, training run, evaluation or study."
    view.add_argument("paths", nargs="*", metavar="PATH", help=what)
    view.add_argument("--reset-settings", action="store_true", help="Forget the window's settings first.")
    return view


def _view(arguments: argparse.Namespace) -> int:
    reset = ["--reset-settings"] if arguments.reset_settings else []
    return _window([*reset, *arguments.paths])


def _window(arguments: list[str]) -> int:
    from segdepth_app.gui.app import main as show

    return int(show([sys.argv[0], *arguments]) or 0)


def _judged(error: BaseException) -> tuple[int, str]:
    """Exit code and sentence for a fault."""
    fault = describe(error)
    code = {"input": UNUSABLE, "cancelled": CANCELLED}.get(fault["kind"], FAILED)
    if fault["kind"] == "internal" and isinstance(error, MISPLACED) and error.filename is not None:
        return UNUSABLE, f"{error.filename2 or error.filename}: {error.strerror}. Check the path."
    hint = "SEGDEPTH_DEBUG=1 shows where; please report it." if fault["kind"] == "internal" else fault["hint"]
    return code, f"{fault['message']} {hint}"


def _fault(code: int, sentence: str) -> int:
    if os.environ.get("SEGDEPTH_DEBUG"):
        import traceback

        traceback.print_exc()
    print(f"segdepth: {' '.join(sentence.split())}", file=sys.stderr)  # noqa: T201 (the command line's output)
    return code
