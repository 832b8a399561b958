"""A run in the making, and the contract of the wizard's pages. No Qt.

Every page has one contract: `valid`, `busy`, `error`, `apply()`, `on_ready()`. A page holds what was typed
until `apply()` writes it to the shared draft, so going back and forth loses nothing. Field names are
dotted, as in the settings file (`network.width`). What is allowed is decided by TrainConfig alone.
"""

import copy
from typing import Any

from segdepth_app.config import TrainConfig, build
from segdepth_app.errors import InputError
from segdepth_app.gui import drafts
from segdepth_app.gui.train.facts import DatasetFacts


class Draft:
    """The settings of a run in the making: nested raw values, as a settings file would hold them."""

    def __init__(self) -> None:
        # a draft without data or name must still say what is wrong with its other fields
        self.values: dict[str, Any] = {"dataset": "", "out": ""}
        self.facts: DatasetFacts | None = None

    def take(self, settings: dict[str, Any]) -> None:
        """Replaces everything but the data and the name by other settings."""
        kept = {key: self.values[key] for key in ("dataset", "out")}
        self.values = {**copy.deepcopy(settings), **kept}

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
        found = drafts.complaints(TrainConfig, drafts.merged(self.draft.values, self._ours()))
        self.complaints = drafts.concerning(found, self.fields)
        if self.judges_all and "" in found:
            self.complaints[""] = found[""]
        if not self.complaints:
            self.complaints = self.own_complaints()

    def own_complaints(self) -> dict[str, str]:
        """What only this page can know to be wrong."""
        return {}

    def _ours(self) -> dict[str, Any]:
        """What was typed into this page's fields."""
        return {field: value for field, value in self.typed.items() if field in self.fields}
