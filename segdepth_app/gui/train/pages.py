"""What the wizard's pages about data, network and schedule know and check. No Qt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from segdepth_app.config import LabelConfig, TrainConfig, preset_values, presets
from segdepth_app.errors import SegDepthError
from segdepth_app.gui import drafts
from segdepth_app.gui.train.draft import Draft, Page
from segdepth_app.gui.train.facts import FAST_BINNING, DatasetFacts, read_facts
from segdepth_app.gui.train.settings import fields_of

FIRST_PRESET = "fast"
AS_IN = "as in {}"
"""How the settings of an earlier run are called in the list of presets."""


class DataPage(Page):
    """Which dataset, the preset (or earlier run) to start from, and the labels that are made of the columns."""

    name, title = "data", "Data"
    hint = "The dataset to learn from, a preset that fills in all settings after it, and the labels of the pixels."
    fields = ("dataset", *fields_of("labels"))

    def __init__(self, draft: Draft, after_preset: Callable[[], None]) -> None:
        super().__init__(draft)
        self._after_preset = after_preset
        self._earlier: dict[str, dict[str, Any]] = {}
        self.preset = ""
        self.presets = list(presets("train"))
        if self.presets:
            self.take_preset(FIRST_PRESET if FIRST_PRESET in self.presets else self.presets[0])

    def take_run(self, run: str, config: dict[str, Any]) -> None:
        """Starts from an earlier run: its data, and its settings as one more preset."""
        name = AS_IN.format(run)
        known = drafts.fields_of(TrainConfig)
        settings: dict[str, Any] = {"preset": str(config.get("preset") or "custom")}
        for field in known:
            value = drafts.get(config, field)
            if value is not None and field not in ("dataset", "out", "resume"):
                drafts.put(settings, field, value)
        self._earlier[name] = settings
        self.presets = [name, *self.presets]
        self.typed["dataset"] = str(config.get("dataset") or "")
        self.take_preset(name)

    def take_preset(self, name: str) -> None:
        """Starts the later pages from a preset; what was typed there is replaced."""
        if name != self.preset:
            self.draft.take(self._earlier[name] if name in self._earlier else preset_values("train", name))
            self.preset = name
            self._after_preset()
            self.typed = {"dataset": self.typed.get("dataset", "")}
            self.on_ready()

    def labels(self) -> LabelConfig | None:
        """The label settings as typed; None while they are not valid."""
        raw = drafts.merged(self.draft.values, self._ours()).get("labels", {})
        return None if drafts.complaints(LabelConfig, raw) else LabelConfig.model_validate(raw)

    def starting_point(self) -> tuple[str, dict[str, Any]]:
        """Name and raw settings of the preset, or of the earlier run."""
        if self.preset in self._earlier:
            return self.preset.removeprefix(AS_IN.format("")), self._earlier[self.preset]
        return f"the preset {self.preset}", preset_values("train", self.preset) if self.preset else {}

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
    fields = fields_of("network")

    def network(self) -> dict[str, Any]:
        """The network's settings as typed, valid or not."""
        return dict(drafts.merged(self.draft.values, self._ours()).get("network", {}))

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
    """How long, how fast, at which dose."""

    name, title = "schedule", "Schedule"
    hint = "Training stops by itself once the validation loss has not fallen for the patience given here."
    judges_all = True
    fields = fields_of("schedule")


def network_edge_px(facts: DatasetFacts, kind: str) -> int:
    """Shorter edge of the dataset's images in pixels of the network's input."""
    edge = min(facts.height_px, facts.width_px) * facts.binning
    return edge // FAST_BINNING if kind == "fast" else edge
