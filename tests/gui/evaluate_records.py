"""Evaluation folders made by hand, with every figure the tab shows."""

import json
from pathlib import Path

import numpy as np

from segdepth_app.evaluation.records import FORMAT


def group(n=100, accuracy=0.7):
    return {"n": n, "accuracy": accuracy, "within_one": 0.9, "mae": 0.4}


def shares(n, right, as_plane):
    return {"n": n, "right": right, "as_plane": as_plane, "otherwise": 1 - right - as_plane}


def figures(column_accuracy=0.71, verdict="columns"):
    depths = {str(depth): group(10 * depth) for depth in range(11)}
    by_deviation = {f"{delta:+d}": shares(20, 0.5, 0.25) for delta in (-3, -2, -1, 1, 2, 3)}
    return {
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
        "deviating": {
            "by_deviation": by_deviation,
            "all": shares(120, 0.5, 0.25),
            "straight": {"n": 900, "right": 0.8, "called_deviating": 0.2},
            "pull": 0.1,
            "verdict": verdict,
            "verdict_heading": "Reads columns",
            "verdict_text": "Of 120 columns half are called right.",
        },
    }


def provenance(model="m1", created="2024-05-01T10:00:00+00:00"):
    return {
        "model": {"name": model, "sha256": "0123456789abcdef", "version": "0.1"},
        "dataset": {"path": "/data/wedges.h5", "preset": "paper", "seed": 4, "split": "test"},
        "image_spread_range_pm": [15.01, 44.9],
        "c1_range_nm": [6.0, 6.0],
        "doses_e_per_a2": {"2.5": 890.0, "1": 356.0},
        "n_images": 12,
        "n_columns": 1234,
        "seed": 1,
        "version": "0.1.0",
        "created": created,
    }


def write(folder: Path, *, doses=("2.5", "1"), notes=(), arrays=True, **said) -> Path:
    """A whole evaluation folder; the second dose's column accuracy is 0.5."""
    folder.mkdir(parents=True)
    record = {
        "format": FORMAT,
        "doses": {dose: figures(0.71 if number == 0 else 0.5) for number, dose in enumerate(doses)},
        "provenance": provenance(**said),
        "notes": list(notes),
    }
    (folder / "metrics.json").write_text(json.dumps(record), encoding="utf-8")
    if arrays:
        n = len(doses)
        matrices = np.stack([np.diag(np.arange(11)) * (1000 + i) for i in range(n)])
        matrices[:, 5, 6] = 50
        reliability = np.zeros((n, 2, 3, 15))
        reliability[:, :, :, 9:] = np.array([40, 26, 24])[:, None]
        values = {f"confusion_{what}": matrices for what in ("pixels", "centres", "columns")}
        values.update(reliability_pixels=reliability, reliability_columns=reliability)
        edges = np.linspace(0, 1, 16)
        np.savez(folder / "arrays.npz", doses_e_per_px=[float(d) for d in doses], reliability_edges=edges, **values)
    return folder
