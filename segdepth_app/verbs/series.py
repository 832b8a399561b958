"""Options of all verbs that open a TEM series."""

import argparse
from collections.abc import Iterable
from typing import Any

from segdepth_app.config import Config
from segdepth_app.verbs.options import add_field, dose, given

Values = dict[str, Any]
METAVARS = {
    "dose_e_per_px": "L",
    "vacuum": "auto|V|X,Y,W,H",
    "gain": "G",
    "offset": "V",
    "rotation_deg": "DEG",
    "align": "none|rigid",
    "sum_frames": "N",
    "raw": "LAYOUT",
    "pixel_size_from": "typed|lattice",
}
FIELDS = (
    "pixel_size_pm",
    "pixel_size_from",
    "dose_e_per_px",
    "vacuum",
    "frame_time_s",
    "gain",
    "offset",
    "rotation_deg",
    "align",
    "sum_frames",
    "raw",
)


def series_options(parser: argparse.ArgumentParser, model: type[Config], fields: Iterable[str] = FIELDS) -> None:
    """SERIES… and what may be typed for it."""
    add_field(parser, model, "series", flag="series", metavar="SERIES", nargs="+")
    for field in fields:
        flag = "--dose" if field == "dose_e_per_px" else ""
        named = {"metavar": METAVARS[field]} if field in METAVARS else {}
        add_field(parser, model, field, flag=flag, **named)


def series_values(arguments: argparse.Namespace) -> Values:
    """What was given of them."""
    values = given(arguments, ("series", *FIELDS))
    if "dose_e_per_px" in values:
        values["dose_e_per_px"] = dose(values["dose_e_per_px"])
    return values
