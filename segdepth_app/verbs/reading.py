"""Verbs that read a result file: trace, columns, export; the last also takes a dataset.

The readers and writers are those of the rooms that make such files.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from segdepth_app.config import ExportConfig, ExportResultConfig, build
from segdepth_app.config.analysis import PANES
from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file
from segdepth_app.verbs.options import add_field, given, integers
from segdepth_app.verbs.run import run

EXPORTS = {
    "tiff": "Depth and confidence maps as calibrated TIFF stacks: this name, and _confidence beside it.",
    "csv": "The columns of all frames, as the verb `columns` writes them.",
    "events": "The changes of columns (.csv).",
    "hdf5": "Maps, probabilities, columns and events as plain HDF5.",
    "figure": "A figure of one frame (.png, .svg or .pdf).",
    "movie": "A movie of the panes (.mp4 or .gif).",
}
"""What of a result may be written; several at once."""


def add_verbs(verbs: Any) -> None:
    """The sub-parsers of these verbs."""
    trace = _add(
        verbs, "trace", "The eleven probabilities at one place through time: frame,time_s,p0,…,p10; frames from 0."
    )
    place = trace.add_mutually_exclusive_group(required=True)
    place.add_argument("--pixel", metavar="X,Y", help="Pixel of the source file, from 0.")
    place.add_argument("--region", metavar="X,Y,W,H", help="Mean of a rectangle of pixels of the source file.")
    place.add_argument(
        "--column", metavar="N", type=int, help="Column, by its number in the table that `columns` writes."
    )
    trace.add_argument("--csv", metavar="F", help="CSV file to write; without it the table goes to stdout.")
    trace.set_defaults(action=_trace)

    columns = _add(verbs, "columns", "Every column in every frame (counted from 0), with its count and confidence.")
    columns.add_argument("--csv", metavar="F", required=True, help="CSV file to write.")
    columns.set_defaults(action=_columns)

    export = _add(verbs, "export", "A result or a dataset in other programs' formats.", file="FILE.h5")
    for name, text in EXPORTS.items():
        export.add_argument(f"--{name}", metavar="F", help=text)
    export.add_argument(
        "--panes", metavar="A,B,…", help=f"Panes of figure and movie, of {', '.join(PANES)} (default: the first four)."
    )
    for name in ("frame", "first", "last", "frames_per_second"):
        add_field(export, ExportResultConfig, name)
    export.add_argument(
        "--pixel", metavar="X,Y", action="append", help="Pixel whose trace the figure shows; may be given again."
    )
    export.add_argument(
        "--out", metavar="DIR", help="Of a dataset: a folder with a TIFF stack, a CSV and a card per specimen."
    )
    export.add_argument("--split", choices=("train", "validation", "test", "all"), help="Specimens of this split only.")
    export.add_argument("--specimens", metavar="A,B,…", help="These specimens only, by number.")
    export.set_defaults(action=_export)


def _add(verbs: Any, name: str, text: str, *, file: str = "RESULT.h5") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
    writers = "`segdepth infer`" if file == "RESULT.h5" else "`segdepth infer` or `segdepth simulate`"
    parser.add_argument("result", metavar=file, help=f"A file that {writers} has written.")
    return parser


def _trace(arguments: argparse.Namespace) -> None:
    from segdepth_app.inference import trace_tables

    if arguments.pixel is not None:
        place = trace_tables.at_pixel(*integers(arguments.pixel, 2, "--pixel"))
    elif arguments.region is not None:
        place = trace_tables.in_region(*integers(arguments.region, 4, "--region"))
    else:
        place = trace_tables.of_column(arguments.column)
    if arguments.csv is None:
        sys.stdout.write(trace_tables.trace_text(arguments.result, place))
    else:
        _written(trace_tables.write_trace(arguments.result, place, arguments.csv))


def _columns(arguments: argparse.Namespace) -> None:
    from segdepth_app.inference.export import export_columns

    _written(export_columns(arguments.result, arguments.csv))


def _export(arguments: argparse.Namespace) -> int:
    from segdepth_app.datasets.store import is_dataset

    path = existing_file(arguments.result, "Result or dataset")
    if is_dataset(path) != (arguments.out is not None):
        raise _misfit(path, is_a_dataset=arguments.out is None)
    if arguments.out is not None:
        return _export_dataset(arguments, path)
    if arguments.split is not None or arguments.specimens is not None:
        raise InputError("--split and --specimens choose from a dataset.", "A result is exported whole.")
    return _export_result(arguments)


def _misfit(path: Path, *, is_a_dataset: bool) -> InputError:
    if is_a_dataset:
        return InputError(f"{path} is a dataset, not a result.", "Name a folder for it with --out.")
    return InputError(f"{path} is not a dataset.", "--out is for datasets; a result takes --tiff, --csv or --figure.")


def _export_dataset(arguments: argparse.Namespace, path: Path) -> int:
    text = arguments.specimens
    specimens = None if text is None else integers(text, text.count(",") + 1, "--specimens")
    values = {"dataset": path, "out": arguments.out, "split": arguments.split or "all", "specimens": specimens}
    return run("export-dataset", build(ExportConfig, values))


def _export_result(arguments: argparse.Namespace) -> int:
    values = {name: getattr(arguments, name) for name in EXPORTS if getattr(arguments, name) is not None}
    values |= given(arguments, ("frame", "first", "last", "frames_per_second"))
    if arguments.panes is not None:
        values["panes"] = [name.strip() for name in arguments.panes.split(",")]
    if arguments.pixel:
        values["pixels"] = [integers(text, 2, "--pixel") for text in arguments.pixel]
    return run("export-result", build(ExportResultConfig, {"result": arguments.result, **values}))


def _written(*paths: Path) -> None:
    for path in paths:
        print(path)  # noqa: T201 (the command line's output)
