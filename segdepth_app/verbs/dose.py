"""The verb `dose`: one dose in every unit it is spoken of."""

import argparse
import json
import math
from typing import Any

from segdepth_app.errors import InputError
from segdepth_app.units import dose_of_frame, dose_per_area, dose_per_px

GIVEN_BY = ("--dose", "--dose-per-a2", "--rate")


def add_verb(verbs: Any) -> None:
    """The sub-parser of this verb."""
    text = "A dose in electrons per pixel (λ), per Å², and as a rate: give one, see all."
    parser = verbs.add_parser("dose", help=text, description=text, allow_abbrev=False)
    parser.add_argument(
        "--pixel-size-pm", metavar="PM", required=True, help="Pixel size that the dose per pixel is of."
    )
    parser.add_argument("--dose", metavar="L", help="λ, electrons per pixel and frame in vacuum.")
    parser.add_argument("--dose-per-a2", metavar="D", help="Electrons per Å² and frame.")
    parser.add_argument("--rate", metavar="R", help="Electrons per Å² and second; needs a frame time.")
    parser.add_argument("--frame-time-s", metavar="T", help="Time from frame to frame; with it the rate is shown too.")
    parser.add_argument("--json", action="store_true", help="As JSON.")
    parser.set_defaults(action=_dose)


def _dose(arguments: argparse.Namespace) -> None:
    facts = dose_facts(arguments)
    if arguments.json:
        print(json.dumps(facts, indent=2))  # noqa: T201 (the command line's output)
        return
    pixel, per_px = facts["pixel_size_pm"], facts["dose_e_per_px"]
    lines = [f"λ = {per_px:.4g} e/px at {pixel:g} pm/px", f"{facts['dose_e_per_a2']:.4g} e/Å² per frame"]
    if "rate_e_per_a2_s" in facts:
        time = facts["frame_time_s"]
        lines.append(f"{facts['rate_e_per_a2_s']:.4g} e/Å²/s, {per_px / time:.4g} e/px/s at {time:g} s per frame")
    print("\n".join(lines))  # noqa: T201 (the command line's output)


def dose_facts(arguments: argparse.Namespace) -> dict[str, float]:
    """The dose in every unit. Raises: InputError where not exactly one is given, or a number is none."""
    by = {flag: getattr(arguments, flag.removeprefix("--").replace("-", "_")) for flag in GIVEN_BY}
    named = [flag for flag, text in by.items() if text is not None]
    if len(named) != 1:
        raise InputError(
            f"dose needs one of {', '.join(GIVEN_BY)}; {' and '.join(named) or 'none'} given.", "The others follow."
        )
    pixel = _above_zero(arguments.pixel_size_pm, "--pixel-size-pm")
    time = None if arguments.frame_time_s is None else _above_zero(arguments.frame_time_s, "--frame-time-s")
    value = _above_zero(by[named[0]], named[0])
    if named == ["--rate"] and time is None:
        raise InputError("--rate says nothing about one frame.", "Give --frame-time-s as well.")
    per_area = _per_area(named[0], value, pixel, time)
    facts = {
        "pixel_size_pm": pixel,
        "dose_e_per_px": value if named == ["--dose"] else dose_per_px(per_area, pixel),
        "dose_e_per_a2": per_area,
    }
    return facts if time is None else facts | {"frame_time_s": time, "rate_e_per_a2_s": per_area / time}


def _per_area(flag: str, value: float, pixel: float, time: float | None) -> float:
    if flag == "--dose":
        return dose_per_area(value, pixel)
    if flag == "--rate" and time is not None:
        return dose_of_frame(value, time)
    return value


def _above_zero(text: str, flag: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value > 0 or math.isinf(value):
        raise InputError(f"{flag} needs a number above 0, not {text!r}.", f"For example {flag} 5.3.")
    return value
