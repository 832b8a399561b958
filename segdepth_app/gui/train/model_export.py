"""A run's model, saved elsewhere: the file as it is, and its card beside it for people to read. No Qt."""

import json
import shutil
from pathlib import Path

from segdepth_app.errors import InputError
from segdepth_app.models.card import read_card
from segdepth_app.paths import writable_target, written_whole

ENDING = ".safetensors"
CARD_ENDING = ".card.json"


def targets(target: Path) -> tuple[Path, Path]:
    """The model file and its card's, with the endings they need."""
    name = target.name if target.suffix == ENDING else target.name + ENDING
    model = target.with_name(name)
    return model, model.with_name(model.name.removesuffix(ENDING) + CARD_ENDING)


def suggestion(run: str, folder: Path) -> Path:
    """A first guess of the target."""
    return folder / (run.replace(" ", "-") + ENDING)


def export_model(source: Path, target: Path) -> tuple[Path, Path]:
    """Copies a model, each file whole or not at all; gives the model's and the card's path.

    Raises: ModelError where the source is no whole model file; InputError where the target cannot be written.
    """
    card = read_card(source)
    model, beside = targets(target)
    if model.exists() and model.samefile(source):
        raise InputError(f"{model} is the run's own model.", "Choose another place or name.")
    try:
        with written_whole(writable_target(model)) as temporary:
            shutil.copyfile(source, temporary)
        with written_whole(writable_target(beside)) as temporary:
            text = json.dumps(card.model_dump(mode="json"), indent=1, ensure_ascii=False)
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{model} cannot be written: {error.strerror or error}.", "Choose another place, or make room there."
        ) from error
    return model, beside
