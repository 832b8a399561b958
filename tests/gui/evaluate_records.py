"""Evaluation folders made by hand, with every figure the tab shows."""

import json
from pathlib import Path

import numpy as np
import tifffile

from segdepth_app.evaluation.records import FIRST_FORMAT, FORMAT, WHERE_DTYPE

EXAMPLE_EDGE, MAP_EDGE = 12, 6


def group(n=100, accuracy=0.7):
    return {"n": n, "accuracy": accuracy, "within_one": 0.9, "mae": 0.4}


def shares(n, right, as_plane):
    return {"n": n, "right": right, "as_plane": as_plane, "otherwise": 1 - right - as_plane}


def deviating(verdict="columns", right=0.5):
    by_deviation = {f"{delta:+d}": shares(20, right, 0.25) for delta in (-3, -2, -1, 1, 2, 3)}
    return {
        "by_deviation": by_deviation,
        "all": shares(120, right, 0.25),
        "straight": {"n": 900, "right": 0.8, "called_deviating": 0.2},
        "pull": 0.1,
        "verdict": verdict,
        "verdict_heading": "Reads columns",
        "verdict_text": "Of 120 columns half are called right.",
    }


def first_figures(column_accuracy=0.71, verdict="columns", dose=2.5):
    """Those of the first format."""
    depths = {str(depth): group(10 * depth) for depth in range(11)}
    return {
        "dose_e_per_px": dose,
        "temperature": 1.31,
        "n_columns": 1234,
        "n_vacancies": 0,
        "pixel_accuracy": 0.91234,
        "centre_accuracy": 0.8,
        "detection_rate": 0.95,
        "hallucination_rate": 0.03456,
        "column_accuracy": column_accuracy,
        "column_within_one": 0.98,
        "column_mae": 0.31,
        "vacancy_accuracy": None,
        "pixel_ece": 0.012,
        "column_ece": 0.034,
        "pixel_ece_uncalibrated": 0.05,
        "column_ece_uncalibrated": 0.081,
        "by_depth": depths,
        "by_element": {"Ce": group(), "O": group()},
        "by_element_and_depth": {"Ce": depths, "O": depths},
        "by_kind": {"rough": group(accuracy=0.6), "wedge": group()},
        "by_defocus_nm": [{"low": 1.0, "high": 2.0, **group()}, {"low": 2.0, "high": 3.0, **group(0, None)}],
        "by_image_spread_pm": [{"low": 25.0, "high": 30.0, **group()}],
        "deviating": deviating(verdict),
    }


def figures(column_accuracy=0.71, verdict="columns", dose=2.5):
    old = first_figures(column_accuracy, verdict, dose)
    steps = [{"lower": n, "n_lower": 10, "n_upper": 20 + n, "accuracy": 0.9 - n / 20} for n in range(10)]
    return {
        **old,
        "column_rps": 0.0211,
        "pixel_average_precision": 0.99,
        "column_average_precision": None,
        "intervals": {"column_accuracy": [column_accuracy - 0.05, column_accuracy + 0.03], "pixel_accuracy": None},
        "by_split": {"test": {**group(1234, column_accuracy), "interval": [0.6, 0.75]}},
        "by_element_and_defocus_nm": {
            "Ce": [{"low": 1.0, "high": 2.0, **group(40, 0.8)}, {"low": 2.0, "high": 3.0, **group(0, None)}],
            "O": [{"low": 1.0, "high": 2.0, **group(60, 0.6)}],
        },
        "steps": steps,
        "steps_by_element": {"Ce": steps, "O": steps[:3]},
        "deviating": {
            **old["deviating"],
            "vacancies": {"n": 40, "right": 0.75, "filled_in": 0.15, "otherwise": 0.1},
            "reference": "plane",
        },
        "deviating_by_kind": {
            "rough": {**deviating(right=0.6), "reference": "plane"},
            "shuffled": {**deviating("neighbourhoods", right=0.1), "reference": "neighbours"},
        },
        "worst": [worst_entry(number) for number in range(2)],
    }


def worst_entry(number):
    return {
        "file": f"worst/{number}.tif",
        "accuracy": 0.21 + number / 10,
        "n_columns": 170,
        "image": 7 + number,
        "specimen": 3,
        "kind": "rough",
        "c1_nm": 6.5,
        "image_spread_pm": 31.0,
        "pixel_size_pm": 21.2,
        "dose_e_per_px": 40.0,
    }


def provenance(model="m1", created="2024-05-01T10:00:00+00:00", dataset="/data/wedges.h5", network=None, doses=()):
    return {
        "model": {"name": model, "sha256": "0123456789abcdef", "version": "0.1", "network": network or {}},
        "dataset": {"path": dataset, "preset": "paper", "seed": 4, "split": "test"},
        "image_spread_range_pm": [15.01, 44.9],
        "c1_range_nm": [6.0, 6.0],
        "doses_e_per_a2": {dose: float(dose) * 356 for dose in doses},
        "n_images": 12,
        "n_columns": 1234,
        "seed": 1,
        "version": "0.1.0",
        "created": created,
    }


def write(
    folder: Path, *, doses=("2.5", "1"), accuracies=(0.71, 0.5), notes=(), arrays=True, old=False, **said
) -> Path:
    """A whole evaluation folder; `old`: of the first format, without what that lacks."""
    folder.mkdir(parents=True)
    made = first_figures if old else figures
    record = {
        "format": FIRST_FORMAT if old else FORMAT,
        "doses": {dose: made(accuracy, dose=float(dose)) for dose, accuracy in zip(doses, accuracies, strict=False)},
        "provenance": provenance(**said, doses=doses),
        "notes": list(notes),
    }
    (folder / "metrics.json").write_text(json.dumps(record), encoding="utf-8")
    if arrays:
        _write_arrays(folder, doses, old=old)
    if not old:
        _write_examples(folder, doses)
        (folder / "worst").mkdir()
        for number in range(2):
            image = np.full((64, 64), 30 + number, np.uint16)
            image[10:20, 40:50] = 90
            tifffile.imwrite(folder / "worst" / f"{number}.tif", image)
    return folder


def _write_arrays(folder, doses, *, old):
    n = len(doses)
    matrices = np.stack([np.diag(np.arange(11)) * (1000 + i) for i in range(n)])
    matrices[:, 5, 6] = 50
    reliability = np.zeros((n, 2, 3, 15))
    reliability[:, :, :, 9:] = np.array([40, 26, 24])[:, None]
    reliability[:, 0, 2, 9:] = 20
    values = {f"confusion_{what}": matrices for what in ("pixels", "centres", "columns")}
    values.update(reliability_pixels=reliability, reliability_columns=reliability)
    if not old:
        presence = np.zeros((n, 4, 2))
        presence[:, 3], presence[:, 0] = (1, 9), (5, 1)
        values.update(presence_pixels=presence, presence_columns=presence, presence_edges=[0, 0.1, 0.5, 0.9, 1])
    edges = np.linspace(0, 1, 16)
    np.savez(folder / "arrays.npz", doses_e_per_px=[float(d) for d in doses], reliability_edges=edges, **values)


def _write_examples(folder, doses):
    """Three of cell (5, 6) and one of (5, 5) at each dose; the image's mean is the example's number."""
    cells = [(dose, cell) for dose in doses for cell in ((5, 6), (5, 6), (5, 6), (5, 5))]
    n = len(cells)
    where = np.zeros(n, WHERE_DTYPE)
    where["image"], where["specimen"] = np.arange(n), 3
    where["x_px"], where["y_px"] = 100.4 + np.arange(n), 50.2
    where["crop_x_px"], where["crop_y_px"] = 5, 3
    where["element"], where["confidence"], where["kind"] = 58, 0.625, b"rough"
    where["c1_nm"], where["image_spread_pm"] = 4.2, 31
    noise = np.random.default_rng(2).poisson(10, (n, EXAMPLE_EDGE, EXAMPLE_EDGE)) / 10
    np.savez_compressed(
        folder / "examples.npz",
        cells=np.array([cell for _, cell in cells]),
        dose=np.array([float(dose) for dose, _ in cells]),
        image=(noise - noise.mean(axis=(1, 2), keepdims=True) + np.arange(n)[:, None, None]).astype(np.float16),
        called=np.stack([np.full((MAP_EDGE, MAP_EDGE), called, np.uint8) for _, (_, called) in cells]),
        truth=np.stack([np.full((MAP_EDGE, MAP_EDGE), true, np.uint8) for _, (true, _) in cells]),
        where=where,
        pixels_pm=np.array([21.2, 42.4]),
    )
