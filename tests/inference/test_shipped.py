"""The shipped model on the shipped sample, and on images of another simulator (Dr. Probe)."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from segdepth_app.config import DemoConfig, InferConfig
from segdepth_app.inference.demo import run as run_demo
from segdepth_app.inference.results import Result
from segdepth_app.inference.run import run
from segdepth_app.inference.scoring import TRUTH_DTYPE, score_columns
from segdepth_app.models.card import DEFAULT_MODEL
from segdepth_app.reporting import Reporter

DRPROBE = Path(__file__).parents[2] / "../shared/data/drprobe"


@pytest.mark.slow
def test_the_demo_reads_the_sample(tmp_path):
    """All columns, their elements, and the counts that the README claims."""
    assert run_demo(DemoConfig(out=tmp_path / "demo", device="cpu"), Reporter()) == "done"

    scores = json.loads((tmp_path / "demo" / "demo-summary.json").read_text(encoding="utf-8"))["scores"]
    assert scores["columns_found"] >= 0.95 * scores["columns"]
    assert scores["columns_not_in_truth"] <= 0.1 * scores["columns"]
    assert scores["element_accuracy"] == 1
    # 0.616, 0.988, 1.000, 0.82, 0.49 and 0.26 were measured; what is left is for other processors' rounding
    assert scores["column_accuracy"] > 0.58
    assert scores["column_accuracy_hmm"] > 0.95
    assert scores["column_within_one_hmm"] > 0.99
    assert scores["switching_accuracy_hmm"] > 0.75
    assert scores["events_found_share"] > 0.4
    assert scores["false_events_per_100_column_frames"] < 1


@pytest.mark.shared_data
@pytest.mark.skipif(not DRPROBE.is_dir(), reason="the independent images are not beside the project")
@pytest.mark.parametrize("defocus", [3, 6])
def test_columns_of_another_simulator_are_found_and_counted(tmp_path, defocus):
    """A wedge of 1 to 10 atoms at 2.5 e/px and 5.28 pm."""
    about = json.loads((DRPROBE / f"A_wedge_df{defocus}.json").read_text(encoding="utf-8"))
    with np.load(DRPROBE / f"A_wedge_df{defocus}.npz") as file:
        clean = np.maximum(file["image"].astype(float), 0)
    counts = np.random.default_rng(0).poisson(clean * 2.5, (2, *clean.shape)).astype(np.uint8)
    np.save(tmp_path / "counts.npy", counts)
    values = {"series": (tmp_path / "counts.npy",), "pixel_size_pm": about["pixel_pm"], "device": "cpu"}

    run(InferConfig(**values, model=DEFAULT_MODEL, out=tmp_path / "r.h5"), Reporter())

    with (DRPROBE / "A_wedge_columns.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    truth = np.array(
        [
            (t, n, row["element"].encode(), float(row["x_px"]), float(row["y_px"]), int(row["atoms"]))
            for t in range(2)
            for n, row in enumerate(rows)
        ],
        TRUTH_DTYPE,
    )
    with Result(tmp_path / "r.h5") as result:
        scores = score_columns(result.columns_table(), truth, about["pixel_pm"])
    assert scores["columns_found"] >= 0.98 * scores["columns"]
    assert scores["element_accuracy"] == 1
    assert scores["column_accuracy"] > 0.6
    assert scores["column_within_one"] > 0.95
