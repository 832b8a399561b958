"""The calibrate job: what a series says of itself, as JSON, and a figure of the reflections that were fitted."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from segdepth_app import __version__
from segdepth_app.config import CalibrateConfig
from segdepth_app.errors import InputError
from segdepth_app.inference.explore_answers import describe, lattice_values
from segdepth_app.inference.spread import estimate_spread
from segdepth_app.models.card import find_model, read_card
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Reporter
from segdepth_app.series.opener import Series, open_series
from segdepth_app.series.reflections import LatticeFit, lattice_of_series

FORMAT = "segdepth-calibration-1"
FIGURE_ENDINGS = (".png", ".svg", ".pdf")


def run(config: CalibrateConfig, reporter: Reporter) -> None:
    """Finds and writes. Raises: InputError where series, model, frame, region or a target cannot be used."""
    out = None if config.out is None else writable_target(config.out)
    figure = None if config.figure is None else _figure_target(config.figure)
    card = None if config.model is None else read_card(find_model(config.model))
    with open_series(config) as series:
        reporter.started(folder=str((out or figure or Path()).parent))
        if config.frame is not None and config.frame >= series.n_frames:
            raise InputError(f"There is no frame {config.frame}.", f"Frames run from 0 to {series.n_frames - 1}.")
        fit = lattice_of_series(series, frame=config.frame, region=config.region)
        reporter.raise_if_cancelled()
        found = _found(series, fit)
        if card is not None:
            from segdepth_app.inference.suits import compare

            found["suits"] = {"model": card.name, "findings": [asdict(one) for one in compare(series, card, fit)]}
        for text in series.warnings:
            reporter.warning(text)
    reporter.table("calibration", _rows(found))
    if out is not None:
        with written_whole(out) as temporary:
            temporary.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        reporter.artifact(out)
    if figure is not None:
        from segdepth_app.inference.reflections_figure import save_reflections

        save_reflections(fit, found["series"]["name"], figure)
        reporter.artifact(figure)


def _figure_target(path: Path) -> Path:
    if path.suffix.lower() not in FIGURE_ENDINGS:
        raise InputError(f"A figure cannot be written as {path.name}.", f"Choose {', '.join(FIGURE_ENDINGS)}.")
    return writable_target(path)


def _found(series: Series, fit: LatticeFit) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": __version__,
        "series": describe(series),
        "lattice": lattice_values(fit),
        "image_spread": asdict(estimate_spread(fit)),
    }


def _rows(found: dict[str, Any]) -> list[dict[str, str]]:
    """What, value and where it is from, for a terminal."""
    series, lattice, spread = found["series"], found["lattice"], found["image_spread"]

    def row(what: str, name: str, unit: str = "") -> dict[str, str]:
        value = series[name]
        shown = "unknown" if value is None else f"{value:z.5g}{unit}"
        return {
            "what": what,
            "value": shown,
            "from": str(series[f"{name.split('_e_per')[0].removesuffix('_pm')}_source"]),
        }

    rows = [
        row("pixel size", "pixel_size_pm", " pm"),
        row("dose", "dose_e_per_px", " e/px"),
        {"what": "vacuum", "value": f"{series['vacuum']:.5g}", "from": series["vacuum_reason"]},
        row("gain", "gain"),
        row("offset", "offset"),
        {"what": "lattice", "value": "fits" if lattice["fits"] else "not found", "from": lattice["reason"]},
    ]
    told = spread["spread_pm"] is not None
    rows.append(
        {
            "what": "image spread",
            "value": f"{spread['spread_pm']:.0f} ± {spread['error_pm']:.0f} pm" if told else "unknown",
            "from": "fall-off of the reflections, for optics as in training" if told else spread["doubt"],
        }
    )
    for one in found.get("suits", {}).get("findings", []):
        rows.append({"what": one["what"].lower(), "value": one["verdict"], "from": one["text"]})
    return rows
