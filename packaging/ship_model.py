"""Turns a trained run into a shipped model: a name, and what it reached on test sets, in its card.

    python packaging/ship_model.py RUN NAME EVALUATION…

RUN is a run folder, NAME the shipped model's name, each EVALUATION a folder of `segdepth evaluate`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from segdepth_app.evaluation.records import HEADLINES
from segdepth_app.models.model_file import load_model, save_model
from segdepth_app.paths import resources
from segdepth_app.shipped import write_list


def headlines(figures: dict[str, Any]) -> dict[str, Any]:
    """What a card says of an evaluation at one dose; of deviating columns where the set has any."""
    found = {name: round(figures[name], 4) for name in HEADLINES if figures[name] is not None}
    deviating = figures["deviating"]
    if deviating["all"]["n"]:
        found["deviating_columns_right"] = round(deviating["all"]["right"], 4)
        found["deviating_columns_as_plane"] = round(deviating["all"]["as_plane"], 4)
        found["verdict"] = deviating["verdict"]
    return found


def main(run: str, name: str, *evaluations: str) -> None:
    """Writes resources/models/NAME.safetensors."""
    model = load_model(Path(run) / "model.safetensors")
    metrics = {**model.card.metrics}
    for folder in map(Path, evaluations):
        found = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        facts = found["provenance"]
        metrics[facts["dataset"]["preset"]] = {
            "split": facts["dataset"]["split"],
            "seed": facts["dataset"]["seed"],
            "n_columns": facts["n_columns"],
            "image_spread_range_pm": facts["image_spread_range_pm"],
            "by_dose_e_per_px": {dose: headlines(figures) for dose, figures in found["doses"].items()},
        }
    card = model.card.model_copy(update={"name": name, "metrics": metrics})
    out = save_model(resources() / "models" / f"{name}.safetensors", model.network, card)
    out.chmod(0o644)
    write_list(resources())


if __name__ == "__main__":
    main(*sys.argv[1:])
