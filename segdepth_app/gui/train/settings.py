"""How a training's settings are called, grouped and written; forms, review and comparison share it. No Qt.

Known settings come in the order given here. A setting that TrainConfig has and this list does not know shows up
all the same, under “More…”, with a label made from its name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from segdepth_app.config import TrainConfig
from segdepth_app.gui import drafts
from segdepth_app.gui.texts import unit_of

Page = Literal["network", "labels", "schedule", "where"]
NOT_ASKED = ("dataset", "out", "preset", "resume")
"""Settings that have a place of their own, or none."""


@dataclass(frozen=True)
class Setting:
    """One line of a form; two fields make a range."""

    page: Page
    label: str
    fields: tuple[str, ...]
    words: tuple[tuple[Any, str], ...] = ()
    """How a choice's values are called."""
    rare: bool = False
    needs: tuple[str, Any] | None = None
    """It matters only while that field has that value."""


def _range(page: Page, label: str, stem: str, unit: str) -> Setting:
    return Setting(page, label, (f"{stem}_low_{unit}", f"{stem}_high_{unit}"))


KNOWN = (
    Setting(
        "network",
        "Network",
        ("network.kind",),
        (("fast", "fast (4 × 4 summed counts)"), ("paper", "paper (full resolution)")),
    ),
    Setting("network", "Channels of the first block", ("network.width",)),
    Setting("network", "Halvings", ("network.scales",)),
    Setting("network", "Tell it the dose", ("network.dose_input",)),
    Setting("network", "Growing again", ("network.upsampling",), (("transposed", "transposed convolutions"),)),
    Setting(
        "network",
        "Denoiser before it",
        ("network.denoiser",),
        (("separate", "trained first, then fixed"), ("joint", "trained together")),
    ),
    Setting("labels", "Radius, heavy columns", ("labels.heavy_radius_pm",)),
    Setting("labels", "Radius, light columns", ("labels.light_radius_pm",)),
    Setting("labels", "Plateau, share of radius", ("labels.plateau_share",)),
    Setting("labels", "Weight of the background", ("labels.background_weight",)),
    _range("schedule", "Dose drawn for each image", "dose", "e_per_px"),
    Setting("schedule", "Longest training", ("max_epochs",)),
    Setting("schedule", "Patience", ("patience_epochs",)),
    Setting("schedule", "Crops per step", ("batch_size",)),
    Setting("schedule", "Crop edge", ("crop_px",)),
    Setting("schedule", "Highest learning rate", ("learning_rate",)),
    Setting(
        "schedule",
        "Learning rate over time",
        ("schedule",),
        (("cosine", "cosine: up, then down to 1 %"), ("plateau", "halved when the loss stays")),
    ),
    Setting("schedule", "Optimizer", ("optimizer",), (("adamw", "AdamW"), ("adam", "Adam (the paper's)"))),
    Setting("schedule", "Loss", ("loss",), (("ordinal", "ordinal (near counts get a share)"),)),
    Setting("schedule", "Width of the ordinal loss", ("ordinal_width_atoms",), rare=True, needs=("loss", "ordinal")),
    Setting("schedule", "Denoiser alone (0: a third)", ("denoise_epochs",), rare=True),
    Setting(
        "schedule",
        "Arithmetic",
        ("precision",),
        (("32", "32 bit"), ("bf16", "bfloat16 (recent CPUs and GPUs)"), ("16", "16 bit (GPUs without bfloat16)")),
    ),
    Setting("schedule", "Seed", ("seed",)),
    Setting("schedule", "Steps per epoch (0: each image)", ("steps_per_epoch",), rare=True),
    Setting("schedule", "Halve it after", ("plateau_epochs",), rare=True, needs=("schedule", "plateau")),
    Setting("schedule", "Repeat to the last bit", ("repeatable",), rare=True),
    Setting("schedule", "Weight decay", ("weight_decay",), rare=True),
    Setting("schedule", "Start from the weights of", ("initial_model",), rare=True),
    Setting(
        "where",
        "Device",
        ("device",),
        (("auto", "the GPU where there is one"), ("cpu", "CPU"), ("cuda", "GPU (CUDA)")),
    ),
    Setting("where", "CPU threads (0: all)", ("threads",)),
    Setting("where", "GPUs that share a batch (0: all)", ("devices",)),
    Setting("where", "Computers that share a batch", ("nodes",), rare=True),
)
WHERE_WORDS = ("device", "thread", "node", "worker")
"""A new setting with one of these in its name belongs to the page about where the training runs."""


def settings_of(*pages: Page) -> tuple[Setting, ...]:
    """The settings of some pages as TrainConfig has them now: known ones in their order, then all others."""
    there = set(drafts.fields_of(TrainConfig))
    known = [setting for setting in KNOWN if set(setting.fields) <= there]
    named = {field for setting in known for field in setting.fields}
    others = [field for field in drafts.fields_of(TrainConfig) if field not in named and field not in NOT_ASKED]
    return tuple(item for item in [*known, *map(_unknown, others)] if item.page in pages)


def fields_of(*pages: Page) -> tuple[str, ...]:
    """Every field of these pages."""
    return tuple(field for setting in settings_of(*pages) for field in setting.fields)


def _unknown(field: str) -> Setting:
    section, _, name = field.rpartition(".")
    page: Page = "schedule"
    if section in ("network", "labels"):
        page = "network" if section == "network" else "labels"
    elif any(word in field for word in WHERE_WORDS):
        page = "where"
    unit = next((end for end in _UNIT_ENDINGS if name.endswith(end)), "")
    words = name.removesuffix(unit).replace("_", " ")
    label = f"{section.replace('_', ' ')}: {words}" if section not in ("", "network", "labels") else words
    return Setting(page, label[:1].upper() + label[1:], (field,), rare=True)


_UNIT_ENDINGS = ("_e_per_px", "_epochs", "_pm", "_nm", "_px")


def value_text(setting: Setting, values: dict[str, Any]) -> str:
    """A setting's value with its unit; a range as one."""
    unit = unit_of(setting.fields[-1].split(".")[-1])
    words = dict(setting.words)
    texts = [_text(words.get(value, value)) for value in (values.get(field) for field in setting.fields)]
    if len(set(texts)) == 1:
        texts = texts[:1]
    return " to ".join(texts) + (f" {unit}" if unit and texts != ["none"] else "")


def _text(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return " ".join(_text(item) for item in value)
    return str(value)


def flat(raw: dict[str, Any]) -> dict[str, Any]:
    """Every setting of a stored or drafted run by its dotted field; what it does not say is the default.

    Numbers come as the config model takes them where it can: "8" and 8 are the same batch.
    """
    found = {}
    for field in drafts.fields_of(TrainConfig):
        value = drafts.get(raw, field)
        if value is None:
            value = drafts.default(TrainConfig, field)
        found[field] = _number(value) if drafts.range_text(TrainConfig, field) else value
    return found


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def differing(configs: Iterable[dict[str, Any]]) -> list[tuple[Setting, list[str]]]:
    """The settings in which flat configs differ, with each one's value in words."""
    configs = list(configs)
    lines = []
    for setting in settings_of("network", "labels", "schedule", "where"):
        texts = [value_text(setting, config) for config in configs]
        if len(set(texts)) > 1:
            lines.append((setting, texts))
    return lines


def compare(runs: Iterable[tuple[str, dict[str, Any] | None]]) -> list[tuple[str, list[str]]]:
    """Only what differs between runs: (setting, its value in each run). A run whose settings are lost has “?”."""
    runs = list(runs)
    known = [flat(raw) for _, raw in runs if raw is not None]
    at = [number for number, (_, raw) in enumerate(runs) if raw is not None]
    lines: list[tuple[str, list[str]]] = []
    data = [Path(str(config["dataset"])).stem for config in known]
    differences = [("Data", data)] if len(set(data)) > 1 else []
    differences += [(setting.label, texts) for setting, texts in differing(known)]
    for label, texts in differences:
        row = ["?"] * len(runs)
        for number, text in zip(at, texts, strict=True):
            row[number] = text
        lines.append((label, row))
    return lines
