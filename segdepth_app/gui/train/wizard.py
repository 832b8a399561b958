"""The logic of the New run wizard: four pages, no Qt.

Every page has one contract: `valid`, `busy`, `error`, `apply()`, `on_ready()`. A page holds what was typed
until `apply()` writes it to the shared draft, so going back and forth loses nothing. Field names are
dotted, as in the settings file (`network.width`). What is allowed is decided by TrainConfig alone.
"""

import re
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any

from segdepth_app.config import TrainConfig, build, preset_values, presets
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.gui import drafts
from segdepth_app.gui.train.facts import FAST_BINNING, DatasetFacts, read_facts

FIRST_PRESET = "fast"
NAME = re.compile(r"[^\\/:*?\"<>|\x00-\x1f]+")


class Draft:
    """The settings of a run in the making: nested raw values, as a settings file would hold them."""

    def __init__(self) -> None:
        # a draft without data or name must still say what is wrong with its other fields
        self.values: dict[str, Any] = {"dataset": "", "out": ""}
        self.facts: DatasetFacts | None = None

    def take_preset(self, name: str) -> None:
        """Replaces everything but the data and the name by a preset's settings."""
        kept = {key: self.values[key] for key in ("dataset", "out")}
        self.values = {**preset_values("train", name), **kept}

    def config(self) -> TrainConfig:
        """The finished settings. Raises: InputError naming the field and the reason."""
        return build(TrainConfig, self.values)

    def current(self, field: str) -> Any:
        """A field's value: what was applied, or else its default."""
        found = drafts.get(self.values, field)
        return drafts.default(TrainConfig, field) if found is None else found


class Page:
    """One page. Subclasses name their fields and add their own checks."""

    name = ""
    title = ""
    hint = ""
    fields: tuple[str, ...] = ()
    judges_all = False
    """Complaints about no field in particular (rules over several) are shown here."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.typed: dict[str, Any] = {}
        self.busy = False
        self.complaints: dict[str, str] = {}
        """What is wrong, by field; "" for the page as a whole."""

    @property
    def valid(self) -> bool:
        """Nothing on this page stands in the way of the next."""
        return not self.complaints

    @property
    def error(self) -> str:
        """The first complaint, for the line below the page."""
        return next(iter(self.complaints.values()), "")

    def on_ready(self) -> None:
        """The page is about to be shown: look at the world again, then check."""
        self.typed = {field: self.draft.current(field) for field in self.fields} | self.typed
        self.check()

    def set(self, field: str, value: Any) -> None:
        """The user typed something."""
        self.typed[field] = value
        self.check()

    def apply(self) -> None:
        """Writes the page to the draft. Raises: InputError while it is not valid."""
        if not self.valid:
            raise InputError(self.error)
        for field, value in self.typed.items():
            if field in self.fields:
                drafts.put(self.draft.values, field, value)

    def check(self) -> None:
        """Fills `complaints`: the config's own refusals first, then this page's."""
        typed = {field: value for field, value in self.typed.items() if field in self.fields}
        found = drafts.complaints(TrainConfig, drafts.merged(self.draft.values, typed))
        self.complaints = drafts.concerning(found, self.fields)
        if self.judges_all and "" in found:
            self.complaints[""] = found[""]
        if not self.complaints:
            self.complaints = self.own_complaints()

    def own_complaints(self) -> dict[str, str]:
        """What only this page can know to be wrong."""
        return {}


class DataPage(Page):
    """Which dataset, and the preset to start from."""

    name, title = "data", "Data"
    hint = "The dataset to learn from, and a preset that fills in the pages after this one."
    fields = ("dataset",)

    def __init__(self, draft: Draft, after_preset: Callable[[], None]) -> None:
        super().__init__(draft)
        self._after_preset = after_preset
        self.preset = ""
        self.presets = list(presets("train"))
        if self.presets:
            self.take_preset(FIRST_PRESET if FIRST_PRESET in self.presets else self.presets[0])

    def take_preset(self, name: str) -> None:
        """Starts the later pages from a preset; what was typed there is replaced."""
        if name != self.preset:
            self.draft.take_preset(name)
            self.preset = name
            self._after_preset()

    def preset_sentence(self) -> str:
        """What the preset stands for, in short."""
        kind, width, epochs = (self.draft.current(field) for field in ("network.kind", "network.width", "max_epochs"))
        return f"{kind} network, width {width}, {epochs} epochs at most"

    def own_complaints(self) -> dict[str, str]:
        self.draft.facts = None
        if not str(self.typed.get("dataset", "")).strip():
            return {"dataset": "Choose a dataset."}
        try:
            facts = read_facts(Path(str(self.typed["dataset"])))
        except SegDepthError as error:
            return {"dataset": str(error)}
        if not facts.train_images or not facts.validation_images:
            return {
                "dataset": f"{facts.name} has {facts.train_images} training and {facts.validation_images} validation "
                "images; both are needed. Simulate more specimens, or other shares."
            }
        self.draft.facts = facts
        return {}


class NetworkPage(Page):
    """Which network."""

    name, title = "network", "Network"
    hint = "The fast network suits lab work; the paper's is there to reproduce its figures."
    fields = ("network.kind", "network.width", "network.scales", "network.dose_input", "labels.plateau_share")

    def own_complaints(self) -> dict[str, str]:
        facts = self.draft.facts
        if facts is None:
            return {}
        if self.typed["network.kind"] == "paper" and facts.binning != 1:
            return {
                "network.kind": f"The paper's network reads {facts.pixel_size_pm:g} pm pixels; {facts.name} stores "
                f"means over {facts.binning} × {facts.binning} of them. Take the fast one, or a dataset with binning 1."
            }
        edge, least = network_edge_px(facts, str(self.typed["network.kind"])), 2 ** int(self.typed["network.scales"])
        if edge < least:
            return {
                "network.scales": f"The images of {facts.name} are {edge} px wide for this network, and "
                f"{self.typed['network.scales']} halvings need {least} px. Take fewer."
            }
        return {}


class SchedulePage(Page):
    """How long, how fast, at which dose, and on which device."""

    name, title = "schedule", "Schedule"
    hint = "Training stops by itself once the validation loss has not fallen for the patience given here."
    judges_all = True
    fields = (
        "dose_low_e_per_px",
        "dose_high_e_per_px",
        "max_epochs",
        "patience_epochs",
        "steps_per_epoch",
        "batch_size",
        "crop_px",
        "learning_rate",
        "weight_decay",
        "precision",
        "device",
        "threads",
        "seed",
    )


class ReviewPage(Page):
    """The name of the run, and everything once more."""

    name, title = "review", "Review"
    hint = "Everything below is kept in the run folder, so the run can be repeated."

    def __init__(self, draft: Draft, folder: Path) -> None:
        super().__init__(draft)
        self.folder = folder
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

    def summary(self) -> list[tuple[str, str]]:
        """What will happen, line by line: (what, value)."""
        current, facts = self.draft.current, self.draft.facts
        lines = [("Folder", str(self.folder / self.run_name))]
        steps, crop = int(current("steps_per_epoch")), int(current("crop_px"))
        if facts:
            steps = steps or ceil(facts.train_images / int(current("batch_size")))
            crop = min(crop, network_edge_px(facts, str(current("network.kind"))))
            lines.append(("Data", facts.sentence()))
        lines += [
            ("Network", f"{current('network.kind')}, width {current('network.width')}"),
            (
                "Dose",
                f"{current('dose_low_e_per_px')} to {current('dose_high_e_per_px')} e/px, fresh noise at every step",
            ),
            ("Epochs", f"at most {current('max_epochs')}, patience {current('patience_epochs')}"),
            ("Steps", f"{steps} per epoch, {current('batch_size')} crops of {crop} px each"),
            ("Learning rate", f"{current('learning_rate')}, weight decay {current('weight_decay')}"),
            ("Runs on", f"device {current('device')}, precision {current('precision')}, seed {current('seed')}"),
        ]
        return lines


class Wizard:
    """Which page is shown, and which way is open."""

    def __init__(self, folder: Path) -> None:
        self.draft = Draft()
        self.network = NetworkPage(self.draft)
        self.schedule = SchedulePage(self.draft)
        self.data = DataPage(self.draft, self._forget_typed)
        self.review = ReviewPage(self.draft, folder)
        self.pages: tuple[Page, ...] = (self.data, self.network, self.schedule, self.review)
        self.index = 0
        self.current.on_ready()

    @property
    def current(self) -> Page:
        """The page shown."""
        return self.pages[self.index]

    @property
    def is_last(self) -> bool:
        """The next step is Start."""
        return self.index == len(self.pages) - 1

    @property
    def can_go_back(self) -> bool:
        """There is a page before this one, and nothing is being started."""
        return self.index > 0 and not self.current.busy

    @property
    def can_go_on(self) -> bool:
        """This page is valid and idle; on the last one, Start may be pressed."""
        return self.current.valid and not self.current.busy

    def next(self) -> None:
        """Applies this page and shows the next. Raises: InputError while this one is not valid."""
        self.current.apply()
        if not self.is_last:
            self.index += 1
            self.current.on_ready()

    def back(self) -> None:
        """Shows the page before; what was typed here stays."""
        if self.can_go_back:
            self.index -= 1
            self.current.on_ready()

    def finish(self) -> TrainConfig:
        """Applies the last page and gives the settings; the page is busy from now on, so Start counts once.

        Raises: InputError where anything is not valid.
        """
        if not self.is_last:
            raise ValueError("finish() belongs to the last page")
        self.current.apply()
        config = self.draft.config()
        self.current.busy = True
        return config

    def _forget_typed(self) -> None:
        for page in (self.network, self.schedule):
            page.typed = {}


def network_edge_px(facts: DatasetFacts, kind: str) -> int:
    """Shorter edge of the dataset's images in pixels of the network's input."""
    edge = min(facts.height_px, facts.width_px) * facts.binning
    return edge // FAST_BINNING if kind == "fast" else edge


def free_name(folder: Path, wish: str = "run") -> str:
    """`wish 1`, `wish 2`, …: the first that does not exist."""
    stem = re.sub(r" \d+$", "", wish)
    number = 1
    while (folder / f"{stem} {number}").exists():
        number += 1
    return f"{stem} {number}"
