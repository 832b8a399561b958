"""The settings of a new dataset, while they are being typed. No Qt."""

import re
from pathlib import Path
from typing import Any

from segdepth_app.config import SimulateConfig, build, preset_values, presets
from segdepth_app.gui import drafts
from segdepth_app.gui.simulate.library import parts_folder

FIRST_PRESET = "quick"
NAME = re.compile(r"[^\\/:*?\"<>|\x00-\x1f]+")

FIELDS = tuple(field for field in drafts.fields_of(SimulateConfig) if field not in ("out", "preset"))
"""What the panel offers: every setting but the file's name and the preset's."""


class Recipe:
    """What was typed, and what is wrong with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.presets = list(presets("simulate"))
        self.preset = ""
        self._values: dict[str, Any] = {}
        self.typed: dict[str, Any] = {}
        self.name = free_name(folder, "dataset")
        self.complaints: dict[str, str] = {}
        """Reason by field, by section (rules over several fields), "" for all of it, `name` for the name."""
        self.take_preset(FIRST_PRESET if FIRST_PRESET in self.presets else next(iter(self.presets), ""))

    def take_preset(self, name: str) -> None:
        """Fills every field from a preset; what was typed is replaced."""
        self.preset = name
        self._values = preset_values("simulate", name) if name else {}
        self.typed = {field: self._starting_value(field) for field in FIELDS}
        self.check()

    def set(self, field: str, value: Any) -> None:
        """The user typed something."""
        self.typed[field] = value
        self.check()

    def set_name(self, name: str) -> None:
        """The user named the dataset."""
        self.name = name.strip()
        self.check()

    def check(self) -> None:
        """Fills `complaints`."""
        self.complaints = drafts.complaints(SimulateConfig, self.values())
        reason = name_complaint(self.folder, self.name)
        if reason:
            self.complaints["name"] = reason

    @property
    def valid(self) -> bool:
        """The dataset may be made."""
        return not self.complaints

    def values(self) -> dict[str, Any]:
        """Raw settings as a settings file would hold them."""
        return drafts.merged({**self._values, "out": str(self.folder / f"{self.name}.h5")}, self.typed)

    def config(self) -> SimulateConfig:
        """The finished settings. Raises: InputError naming the field and the reason."""
        return build(SimulateConfig, self.values())

    @property
    def simulable(self) -> bool:
        """The settings make sense, whatever the dataset is called."""
        return not set(self.complaints) - {"name"}

    def _starting_value(self, field: str) -> Any:
        value = drafts.get(self._values, field)
        return drafts.default(SimulateConfig, field) if value is None else value


def name_complaint(folder: Path, name: str) -> str:
    """Why a dataset cannot be called so; nothing where it can."""
    if not NAME.fullmatch(name) or name.startswith(".") or name.endswith("."):
        return 'A name needs letters or digits, without \\ / : * ? " < > | and without a dot at either end.'
    path = folder / f"{name}.h5"
    if path.exists() or parts_folder(path).exists():
        return f"There is already a dataset called {name}. Try {free_name(folder, name)}."
    return ""


def free_name(folder: Path, wish: str) -> str:
    """`wish 1`, `wish 2`, …: the first that is free."""
    stem = re.sub(r" \d+$", "", wish)
    number = 1
    while (folder / f"{stem} {number}.h5").exists() or parts_folder(folder / f"{stem} {number}.h5").exists():
        number += 1
    return f"{stem} {number}"
