"""Options of the verb that writes a report: the folders it is made of, and what the figures are to be."""

import argparse
from typing import Any

from segdepth_app.config import Config
from segdepth_app.verbs.options import add_field, given

Values = dict[str, Any]


def report_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    """`report SOURCE… --out DIR [--formats png,svg,pdf] [--title T]`"""
    add_field(parser, model, "sources", flag="sources", metavar="SOURCE", nargs="+")
    add_field(parser, model, "out", metavar="DIR", required=True)
    add_field(parser, model, "formats", metavar="png,svg,pdf")
    add_field(parser, model, "title", metavar="T")


def report_values(arguments: argparse.Namespace) -> Values:
    """What was given."""
    values = given(arguments, ("sources", "out", "title"))
    if hasattr(arguments, "formats"):
        values["formats"] = [part.strip() for part in arguments.formats.split(",") if part.strip()]
    return values
