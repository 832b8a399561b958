"""Verbs about the program itself: describe, doctor, self-test, schema."""

import argparse
import json
from pathlib import Path
from typing import Any

from segdepth_app.config import NetworkConfig, build
from segdepth_app.errors import InputError
from segdepth_app.verbs.options import add_field, given

INTERNAL_JOBS = ("fake", "explore", "preview", "advise", "estimate", "doctor")


def add_verbs(verbs: Any) -> None:
    """The sub-parsers of these verbs."""
    _add_describe(verbs)
    doctor = _add(verbs, "doctor", "What is installed, which devices there are, and whether everything is in place.")
    doctor.add_argument("--json", action="store_true", help="As JSON.")
    doctor.set_defaults(action=_doctor)
    test = _add(
        verbs, "self-test", "Walk through everything once, in small: simulate, train, evaluate, infer, formats, window."
    )
    test.add_argument("--window", action="store_true", help="Only open the window, every tab and two jobs.")
    test.add_argument("--screenshot", metavar="F.png", help="Open the window on the screen, and save a picture of it.")
    test.add_argument("--json", action="store_true", help="As JSON, at the end.")
    test.set_defaults(action=_self_test)
    schema = _add(verbs, "schema", "The settings of a job, as a JSON schema.")
    schema.add_argument("job", metavar="JOB", help=f"One of: {', '.join(public_jobs())}.")
    schema.set_defaults(action=_schema)


def public_jobs() -> list[str]:
    """The jobs whose settings a person may write."""
    from segdepth_app.jobs.registry import JOBS

    return [job for job in JOBS if job not in INTERNAL_JOBS]


def _add(verbs: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text, allow_abbrev=False)
    return parser


def _add_describe(verbs: Any) -> None:
    parser = _add(verbs, "describe", "A model's card, or the number of parameters of a network.")
    parser.add_argument("model", nargs="?", metavar="MODEL", help="Model file, or the name of a shipped model.")
    add_field(parser, NetworkConfig, "kind", flag="--network", metavar="paper|fast")
    add_field(parser, NetworkConfig, "width", metavar="W")
    add_field(parser, NetworkConfig, "scales", metavar="N")
    add_field(parser, NetworkConfig, "upsampling", metavar="bilinear|transposed")
    add_field(parser, NetworkConfig, "denoiser", metavar="none|separate|joint")
    parser.add_argument("--json", action="store_true", help="As JSON.")
    parser.set_defaults(action=_describe)


def _describe(arguments: argparse.Namespace) -> None:
    values = given(arguments, ("kind", "width", "scales", "upsampling", "denoiser"))
    if bool(arguments.model) == bool(values):
        raise InputError("describe needs a model or a network.", "Name a model, or give --network and --width.")
    facts = _described_model(arguments.model) if arguments.model else _described_network(values)
    if arguments.json:
        _print_json(facts)
        return
    for name, value in facts.items():
        _print(f"{name:<20} {_shown(value)}")


def _described_model(name: str) -> dict[str, Any]:
    from segdepth_app.models.card import find_model, read_card

    path = find_model(name)
    return {"file": str(path), **read_card(path).model_dump(mode="json")}


def _described_network(values: dict[str, Any]) -> dict[str, Any]:
    if values.get("kind") == "paper":
        # the paper's own: six scales, and blind to the dose
        values = {"scales": 6, "dose_input": False, **values}
    config = build(NetworkConfig, values)
    from segdepth_app.models.networks import description

    return description(config)


def _doctor(arguments: argparse.Namespace) -> int:
    from segdepth_app.doctor.report import examine, report_lines

    findings = examine()
    if arguments.json:
        _print_json(findings)
    else:
        for line in report_lines(findings):
            _print(line)
    return 1 if findings["faults"] else 0


def _self_test(arguments: argparse.Namespace) -> int:
    picture = Path(arguments.screenshot) if arguments.screenshot else None
    if arguments.window:
        from segdepth_app.gui.walk_through import walk_through

        return walk_through(_print, picture)
    from segdepth_app.selftest.run import run_steps, the_steps

    outcome = run_steps((lambda _: None) if arguments.json else _print, the_steps(picture))
    if arguments.json:
        _print_json(outcome)
    return 0 if outcome["works"] else 1


def _schema(arguments: argparse.Namespace) -> None:
    from segdepth_app.jobs.registry import find_job

    if arguments.job not in public_jobs():
        raise InputError(f"No job is called {arguments.job!r}.", f"Choose one of: {', '.join(public_jobs())}.")
    _print_json(find_job(arguments.job).config_class().model_json_schema())


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 200 else text[:200] + " …"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201 (the command line's output)


def _print_json(value: Any) -> None:
    _print(
        json.dumps(
            value,
            indent=2,
            ensure_ascii=False,
            default=lambda item: str(item) if isinstance(item, Path) else repr(item),
        )
    )
