"""Study folders made by hand, with all that a study's page can show."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from segdepth_app.evaluation.study_records import FIGURES, FORMAT, STUDY_FILE

DOSES = [0.1, 0.2, 0.5, 1.0, 1.83, 2.5, 5.0, 10.0]


def step(name, what="evaluate", state="done", seconds=12.4):
    place = f"evaluations/{name}" if what == "evaluate" else f"runs/{name}"
    label = f"{what.capitalize()} {name.replace('_', ' on ')}"
    return {"name": name, "label": label, "what": what, "state": state, "place": place, "seconds": seconds}


def curve(label, x, y, *, role="model", half=None):
    ends = {"low": None, "high": None}
    if half is not None:
        ends = {
            "low": [None if value is None else value - half for value in y],
            "high": [None if value is None else value + half for value in y],
        }
    return {"label": label, "role": role, "x": list(x), "y": list(y), **ends}


def sweep(top, knee):
    return [round(float(top / (1 + knee / dose)), 4) for dose in DOSES]


def dose_plot():
    gap = sweep(0.9, 0.4)
    gap[3] = None
    curves = [
        curve("ceria-110-fast", DOSES, sweep(0.97, 0.25), half=0.03),
        curve("trained at λ = 0.5", DOSES, gap, half=0.02),
        curve("trained at λ = 5", DOSES, sweep(0.94, 1.2), half=0.02),
        curve("paper, b = 64", [0.5, 1.0, 2.5, 5.0], [0.41, 0.72, 0.847, 0.86], role="paper"),
        curve("ideal observer", DOSES, sweep(0.99, 0.1), role="bound"),
    ]
    return plot("columns", "Columns called right", "λ, e/px", "column accuracy", curves, log=True, low=0, high=1)


def bar_plot():
    words = ["rough-test-25pm", "terraced-test-25pm", "shuffled-test-25pm"]
    curves = [
        curve("ceria-110-fast", words, [0.81, 0.86, 0.52], half=0.04),
        curve("run 7", words, [0.71, None, 0.31], half=0.04),
        curve("ideal observer", words, [0.93, 0.94, 0.92], role="bound"),
    ]
    return plot("kinds", "Columns off their surroundings called right", "test set", "share", curves, low=0, high=1)


def plot(name, title, x, y, curves, *, log=False, low=None, high=None):
    axes = {"x": {"label": x, "log": log}, "y": {"label": y, "low": low, "high": high}}
    return {"name": name, "title": title, **axes, "curves": curves}


def table(name="table-1", title="Models by width"):
    columns = {
        "model": "Model",
        "channels": "Channels",
        "pixel": "Pixel accuracy",
        "hallucinated": "Hallucination rate",
    }
    rows = [
        {
            "model": "fast 32",
            "channels": 32,
            "pixel": 0.88213,
            "pixel_low": 0.87012,
            "pixel_high": 0.89321,
            "hallucinated": 0.0234567,
            "hallucinated_low": 0.0201,
            "hallucinated_high": 0.0267,
        },
        {"model": "fast 64", "channels": 64, "pixel": 0.9, "pixel_low": 0.89, "pixel_high": 0.91, "hallucinated": None},
        {"model": "paper, b = 64", "channels": 64, "pixel": 0.939, "hallucinated": 0.0233},
    ]
    heads = [{"key": key, "title": heading} for key, heading in columns.items()]
    return {"name": name, "title": title, "columns": heads, "rows": rows}


def record(kind="noise", state="done", **changes):
    """All of study.json."""
    steps = [
        step("wedge-test-25pm", "simulate", seconds=41.0),
        step("fast-0.5", "train", seconds=7400.0),
        step("ceria-110-fast_wedge-test-25pm"),
        step("fast-0.5_wedge-test-25pm"),
    ]
    values = {
        "format": FORMAT,
        "kind": kind,
        "config": {
            "kind": kind,
            "out": "/somewhere/else",
            "models": ["ceria-110-fast"],
            "datasets": [],
            "doses_e_per_px": DOSES,
            "seed": 1,
        },
        "state": state,
        "created": "2024-05-01T10:00:00+00:00",
        "steps": steps,
        "tables": [table()],
        "plots": [dose_plot(), bar_plot()],
        "pictures": [{"name": "map", "title": "Saliency by depth", "text": "Each map is scaled to its own maximum."}],
        "notes": ["run 7 on terraced-test-25pm: Column accuracy is not given: no columns."],
        "provenance": {"version": "0.1.0", "models": {"ceria-110-fast": "0123456789abcdef"}, "seed": 1},
    }
    return {**values, **changes}


def unfinished(state="paused"):
    """A study that stands in the middle: one of three steps done, one table with a row."""
    steps = [
        step("ceria-110-fast_wedge-test-25pm"),
        step("run-7_wedge-test-25pm", state="running", seconds=None),
        step("run-8_wedge-test-25pm", state="waiting", seconds=None),
    ]
    first = table()
    first["rows"] = first["rows"][:1]
    return record(state=state, steps=steps, tables=[first], plots=[], pictures=[], notes=[])


def write(folder: Path, values=None) -> Path:
    """A study folder, with the pictures it names."""
    values = values or record()
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    for picture in values["pictures"]:
        y, x = np.mgrid[:300, :900] / 40
        shades = (127 + 120 * np.sin(x) * np.cos(y)).astype(np.uint8)
        Image.fromarray(shades).save(folder / FIGURES / f"{picture['name']}.png")
    (folder / STUDY_FILE).write_text(json.dumps(values), encoding="utf-8")
    return folder
