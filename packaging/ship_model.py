"""Turns a trained run into a shipped model: a name, and what it reached on test sets, in its card.

    python packaging/ship_model.py RUN NAME EVALUATION…

RUN is a run folder, NAME the shipped model's name, each EVALUATION a folder of `segdepth evaluate`.
"""

import json
import sys
from pathlib import Path

from segdepth_app.models.model_file import load_model, save_model
from segdepth_app.paths import resources

HEADLINES = (
    "pixel_accuracy",
    "centre_accuracy",
    "detection_rate",
    "hallucination_rate",
    "column_accuracy",
    "column_within_one",
    "column_mae",
    "pixel_ece",
    "column_ece",
)


def headlines(folder: Path) -> dict[str, dict[str, float]]:
    """The headline figures of an evaluation, by dose."""
    doses = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["doses"]
    return {dose: {name: round(figures[name], 4) for name in HEADLINES} for dose, figures in doses.items()}


def main(run: str, name: str, *evaluations: str) -> None:
    """Writes resources/models/NAME.safetensors."""
    model = load_model(Path(run) / "model.safetensors")
    metrics = {**model.card.metrics}
    for folder in map(Path, evaluations):
        facts = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["provenance"]
        preset = str(facts["dataset"]["preset"]) if isinstance(facts["dataset"], dict) else folder.name
        metrics[f"test set {preset}"] = {"by_dose_e_per_px": headlines(folder)}
    card = model.card.model_copy(update={"name": name, "metrics": metrics})
    out = save_model(resources() / "models" / f"{name}.safetensors", model.network, card)
    out.chmod(0o644)


if __name__ == "__main__":
    main(*sys.argv[1:])
