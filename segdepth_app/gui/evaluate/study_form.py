"""A study in the making: what was typed, what StudyConfig says to it, and what it will cost. No Qt."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from segdepth_app.config import STUDIES, StudyConfig, StudyFacts, TrainConfig, preset_values, set_value
from segdepth_app.errors import InputError
from segdepth_app.gui import drafts
from segdepth_app.gui.evaluate import study_cost
from segdepth_app.gui.evaluate.choices import doses_from_text
from segdepth_app.paths import studies_folder

TRAINING_FIELDS = ("train_dataset", "train_preset", "train_set", "widths", "train_doses_e_per_px", "denoisers")
DOSES = ("doses_e_per_px", "train_doses_e_per_px")
REFUSED_IN_NAMES = r'[<>:"/\\|?*\x00-\x1f]'


def train_images(dataset: Path) -> int:
    """Images of a dataset's train split. Raises: DatasetError or InputError where the file cannot be used."""
    from segdepth_app.datasets.store import Dataset  # h5py only once a dataset is chosen

    with Dataset(dataset) as opened:
        return len(opened.images_of("train"))


@dataclass
class StudyForm:
    """What was typed for one kind of study; `complaints` and the sentences follow from it."""

    kind: str
    now: datetime = field(default_factory=datetime.now)
    count_images: Callable[[Path], int] = train_images
    typed: dict[str, Any] = field(default_factory=dict)
    """By field of StudyConfig, and `name`."""
    trains: bool = False
    """Whether the models are trained first."""
    complaints: dict[str, str] = field(default_factory=dict)
    """What is wrong, by field; "" where it is no field in particular."""
    _counted: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("split", "max_images", "test_specimens", "n_bootstrap", "seed", "device")
        defaults = {name: drafts.default(StudyConfig, name) for name in (*names, *TRAINING_FIELDS)}
        own = {
            "models": [],
            "datasets": [],
            "doses_e_per_px": list(self.facts.doses_e_per_px),
            "name": self._new_name(),
        }
        self.typed = {**defaults, **own, **self.typed}
        self.check()

    @property
    def facts(self) -> StudyFacts:
        """What this kind of study is."""
        return STUDIES[self.kind]  # type: ignore[index]

    @property
    def may_train(self) -> bool:
        """Whether this kind of study can train the models it compares."""
        return bool(self.facts.trains)

    @property
    def valid(self) -> bool:
        """Nothing stands in the way of the start."""
        return not self.complaints

    def set(self, name: str, value: Any) -> None:
        """The user typed something."""
        self.typed[name] = value
        self.check()

    def train(self, wanted: bool) -> None:
        """The models are trained first, or not."""
        self.trains = wanted and self.may_train
        self.check()

    def values(self) -> dict[str, Any]:
        """Values of StudyConfig as they are; only those that matter for this study."""
        left_out = {"name", *TRAINING_FIELDS}
        if self.trains:
            left_out -= {"train_dataset", "train_preset", "train_set", self.facts.trains}
        values = {name: value for name, value in self.typed.items() if name not in left_out}
        for name in DOSES:
            if name in values:
                values[name] = doses_from_text(" ".join(str(part) for part in values[name]))
        if values["datasets"]:
            values.pop("test_specimens")
        return {"kind": self.kind, "out": str(studies_folder() / self.typed["name"].strip()), **values}

    def check(self) -> None:
        """Fills `complaints`: the config's own refusals, then what only this form can know."""
        found = drafts.complaints(StudyConfig, self.values())
        if "" in found:
            # the only rule over several fields: there must be models
            found["models"] = "Choose at least one model" + (", or train some first." if self.may_train else ".")
            del found[""]
        if reason := self._name_complaint():
            found["name"] = reason
        if self.trains:
            found |= self._training_complaints()
        self.complaints = found

    def test_set_sentence(self) -> str:
        """What the models are judged on."""
        if self.typed["datasets"]:
            return f"Judged on {_counted(len(self.typed['datasets']), 'dataset')}."
        names, n = self.facts.test_presets, self.typed["test_specimens"]
        each = " each" if len(names) > 1 else ""
        specimens = "1 specimen" if str(n) == "1" else f"{n} specimens"
        return f"None chosen: the study simulates its own ({', '.join(names)}; {specimens}{each})."

    def training_sentence(self) -> str:
        """How many trainings, and the order of magnitude of their time, as far as it can be known."""
        if not self.trains:
            return ""
        if set(self.complaints) & {*TRAINING_FIELDS}:
            return ""
        n_images, _ = self._count()
        return study_cost.sentence(self._trainings(), n_images)

    # inside

    def _new_name(self) -> str:
        stem = f"{self.kind}_{self.now:%Y%m%d-%H%M%S}"
        name, number = stem, 2
        while (studies_folder() / name).exists():
            name, number = f"{stem}-{number}", number + 1
        return name

    def _name_complaint(self) -> str:
        name = self.typed["name"].strip()
        if not name:
            return "Give the study a name: its folder is called so."
        if re.search(REFUSED_IN_NAMES, name) or name.endswith(".") or name.startswith("."):
            return "A folder's name has no < > : \" / \\ | ? * in it, and no dot at its ends."
        if (studies_folder() / name).exists():
            return "There is a folder of that name already. Resume that study from its page, or choose another name."
        return ""

    def _training_complaints(self) -> dict[str, str]:
        found = {}
        if not self.typed["train_dataset"]:
            found["train_dataset"] = "Choose the dataset to train on."
        elif reason := self._count()[1]:
            found["train_dataset"] = reason
        swept = self.facts.trains
        if not self.values()[swept]:
            found[swept] = "Name at least one."
        try:
            refused = self._settings_complaint()
        except InputError as error:
            refused = str(error)
        if refused:
            found["train_set"] = refused
        return found

    def _settings_complaint(self) -> str:
        wrong = drafts.complaints(TrainConfig, self._base_training())
        return next((f"{name}: {why}" if name else why for name, why in wrong.items()), "")

    def _base_training(self) -> dict[str, Any]:
        """Raw settings that all trainings share. Raises: InputError for a change without a value."""
        values = preset_values("train", self.typed["train_preset"])
        values |= {"dataset": str(self.typed["train_dataset"] or "none"), "out": "run"}
        for change in self.typed["train_set"]:
            set_value(values, change)
        return values

    def _trainings(self) -> list[TrainConfig]:
        """The settings of every model to be trained, as far as their time depends on them."""
        base = TrainConfig.model_validate(self._base_training())
        swept = self.facts.trains
        key = {"widths": "width", "denoisers": "denoiser"}.get(swept)
        given = self.values()[swept]
        if key is None:
            return [base] * len(given)
        # not validated: the study itself says where a width is too much
        return [
            base.model_copy(update={"network": base.network.model_copy(update={key: one})}) for one in _whole(given)
        ]

    def _count(self) -> tuple[int, str]:
        """Train images of the training dataset, or why they cannot be read."""
        path = str(self.typed["train_dataset"])
        if path not in self._counted:
            try:
                n = self.count_images(Path(path))
                self._counted[path] = (n, "" if n else "This dataset has no specimens to train on.")
            except InputError as error:
                self._counted[path] = (0, str(error))
        return self._counted[path]


def _whole(values: list[Any]) -> list[Any]:
    return [int(value) if str(value).isdigit() else value for value in values]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
