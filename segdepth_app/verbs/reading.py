"""Verbs that read a result file: trace, columns, export. The readers and writers are the inference room's."""

import argparse
import sys
from pathlib import Path
from typing import Any

from segdepth_app.verbs.options import integers


def add_verbs(verbs: Any) -> None:
    """The sub-parsers of these verbs."""
    trace = _add(verbs, "trace", "The eleven probabilities at one pixel through time: frame,time_s,p0,…,p10.")
    trace.add_argument("--pixel", metavar="X,Y", required=True, help="Pixel of the source file, from 0.")
    trace.add_argument("--csv", metavar="F", help="CSV file to write; without it the table goes to stdout.")
    trace.set_defaults(action=_trace)

    columns = _add(verbs, "columns", "Every column in every frame, with its count and confidence.")
    columns.add_argument("--csv", metavar="F", required=True, help="CSV file to write.")
    columns.set_defaults(action=_columns)

    export = _add(verbs, "export", "The result in other programs' formats.")
    target = export.add_mutually_exclusive_group(required=True)
    target.add_argument("--tiff", metavar="F", help="Depth and confidence maps as TIFF stacks.")
    target.add_argument("--csv", metavar="F", help="The columns, as the verb `columns` writes them.")
    target.add_argument("--figure", metavar="F", help="A figure (.png, .svg or .pdf).")
    export.set_defaults(action=_export)


def _add(verbs: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.add_argument("result", metavar="RESULT.h5", help="A file that `segdepth infer` has written.")
    return parser


def _trace(arguments: argparse.Namespace) -> None:
    from segdepth_app.inference.export import export_trace, trace_text

    x, y = integers(arguments.pixel, 2, "--pixel")
    if arguments.csv is None:
        sys.stdout.write(trace_text(arguments.result, x, y))
    else:
        _written(export_trace(arguments.result, x, y, arguments.csv))


def _columns(arguments: argparse.Namespace) -> None:
    from segdepth_app.inference.export import export_columns

    _written(export_columns(arguments.result, arguments.csv))


def _export(arguments: argparse.Namespace) -> None:
    from segdepth_app.inference.export import export_columns, export_figure, export_tiff

    if arguments.tiff is not None:
        _written(*export_tiff(arguments.result, arguments.tiff))
    elif arguments.csv is not None:
        _written(export_columns(arguments.result, arguments.csv))
    else:
        _written(export_figure(arguments.result, arguments.figure))


def _written(*paths: Path) -> None:
    for path in paths:
        print(path)  # noqa: T201 (the command line's output)
