"""The wizard's last page: the name, every setting in words, and what differs from the preset. No Qt."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from segdepth_app.gui.train.draft import Draft, Page
from segdepth_app.gui.train.pages import network_edge_px
from segdepth_app.gui.train.settings import differing, flat, settings_of, value_text

NAME = re.compile(r"[^\\/:*?\"<>|\x00-\x1f]+")
Lines = list[tuple[str, str]]


@dataclass(frozen=True)
class Summary:
    """Sections of (what, value), each under its heading."""

    sections: tuple[tuple[str, Lines], ...]

    def lines(self, heading: str) -> dict[str, str]:
        """One section, by what it says."""
        return dict(next(lines for name, lines in self.sections if name == heading))


class ReviewPage(Page):
    """The name of the run, and everything once more."""

    name, title = "review", "Review"
    hint = "Everything below is kept in the run folder, so the run can be repeated."

    def __init__(self, draft: Draft, folder: Path, preset: Callable[[], tuple[str, dict[str, Any]]]) -> None:
        """`preset`: name and raw settings of what the draft started from."""
        super().__init__(draft)
        self.folder = folder
        self._preset = preset
        self.typed = {"name": free_name(folder)}

    @property
    def run_name(self) -> str:
        """What was typed, without spaces around it."""
        return str(self.typed["name"]).strip()

    def on_ready(self) -> None:
        self.check()

    def own_complaints(self) -> dict[str, str]:
        name = self.run_name
        if not NAME.fullmatch(name) or name.endswith(".") or name in {"", ".."}:
            return {"name": 'A name needs letters or digits, without \\ / : * ? " < > | and without a dot at its end.'}
        if (self.folder / name).exists():
            return {"name": f"There is already a run called {name}. Try {free_name(self.folder, name)}."}
        return {}

    def apply(self) -> None:
        super().apply()
        self.draft.values["out"] = str(self.folder / self.run_name)

    def summary(self) -> Summary:
        """What will happen, section by section."""
        values = flat(self.draft.values)
        plan = [("Folder", str(self.folder / self.run_name)), ("Steps", self._steps(values))]
        if self.draft.facts:
            plan.insert(1, ("Data", self.draft.facts.sentence()))
        sections = [("Run", plan), self._changes(values)]
        for heading, pages in SECTIONS:
            sections.append((heading, [(item.label, value_text(item, values)) for item in settings_of(*pages)]))
        return Summary(tuple(sections))

    def _steps(self, values: dict[str, Any]) -> str:
        steps, crop = int(values["steps_per_epoch"]), int(values["crop_px"])
        facts = self.draft.facts
        if facts:
            steps = steps or ceil(facts.train_images / int(values["batch_size"]))
            crop = min(crop, network_edge_px(facts, str(values["network.kind"])))
        return f"{steps} per epoch, {values['batch_size']} crops of {crop} px each"

    def _changes(self, values: dict[str, Any]) -> tuple[str, Lines]:
        """What is not as in the preset."""
        name, settings = self._preset()
        lines = differing([flat({**settings, "dataset": values["dataset"], "out": values["out"]}), values])
        found = [(setting.label, f"{now} instead of {before}") for setting, (before, now) in lines]
        return f"Changes to {name}", found or [("Settings", f"all as in {name}")]


SECTIONS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("Network", ("network",)),
    ("Labels", ("labels",)),
    ("Schedule", ("schedule",)),
    ("Where", ("where",)),
)


def free_name(folder: Path, wish: str = "run") -> str:
    """`wish 1`, `wish 2`, …: the first that does not exist."""
    stem = re.sub(r" \d+$", "", wish)
    number = 1
    while (folder / f"{stem} {number}").exists():
        number += 1
    return f"{stem} {number}"
