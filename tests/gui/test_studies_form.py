"""A study in the making: what is refused and why, what StudyConfig gets, what it costs. No Qt."""

from datetime import datetime

import pytest

from segdepth_app.config import STUDIES, StudyConfig, TrainConfig, build
from segdepth_app.errors import DatasetError
from segdepth_app.gui.evaluate import study_cost
from segdepth_app.gui.evaluate.study_form import StudyForm
from segdepth_app.paths import studies_folder

NOW = datetime(2024, 5, 1, 10, 20, 30)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


def form(kind="noise", *, n_images=100, **typed):
    made = StudyForm(kind, NOW, count_images=lambda path: n_images)
    for name, value in {"models": ["ceria-110-fast"], **typed}.items():
        made.set(name, value)
    return made


@pytest.mark.parametrize("kind", list(STUDIES))
def test_a_model_is_all_that_every_kind_needs(kind):
    """With nothing typed but a model, StudyConfig takes the values, with the study's own doses and a folder."""
    made = form(kind)

    config = build(StudyConfig, made.values())
    assert made.valid
    assert config.doses == STUDIES[kind].doses_e_per_px
    assert config.out == studies_folder() / f"{kind}_20240501-102030"
    assert config.train_dataset is None


def test_without_a_model_it_says_so_at_the_models():
    """The config's rule over several fields is shown where it can be mended."""
    assert form("compare", models=[]).complaints == {"models": "Choose at least one model."}
    assert "train some first" in form("noise", models=[]).complaints["models"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [(["1;", "2,5;", "5"], (1, 2.5, 5)), (["0.1"], (0.1,)), ([], STUDIES["noise"].doses_e_per_px)],
)
def test_doses_are_numbers_with_blanks_or_semicolons(typed, expected):
    """What a field hands over word by word; nothing typed means the study's own doses."""
    assert build(StudyConfig, form(doses_e_per_px=typed).values()).doses == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("doses_e_per_px", ["1", "much"]),
        ("doses_e_per_px", ["-1"]),
        ("max_images", "-1"),
        ("test_specimens", "0"),
        ("name", " "),
        ("name", "a/b"),
        ("name", "ends."),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(field, value):
    """Only that field has a reason, and nothing can be started."""
    made = form(**{field: value})

    assert list(made.complaints) == [field]
    assert not made.valid


def test_a_folder_that_is_there_is_refused():
    """Another study's folder is never written to from the dialog; a new form takes a free name."""
    (studies_folder() / "mine").mkdir(parents=True)
    (studies_folder() / "noise_20240501-102030").mkdir()

    assert "Resume that study" in form(name="mine").complaints["name"]
    assert form().typed["name"] == "noise_20240501-102030-2"


@pytest.mark.parametrize("kind", [kind for kind, facts in STUDIES.items() if facts.trains])
def test_training_hands_over_what_differs_between_the_models(kind):
    """Of the three lists of what is swept, only the study's own is in the values, and only when it trains."""
    made = form(kind, models=[], train_dataset="/d/mixed.h5")
    swept = {"widths", "train_doses_e_per_px", "denoisers"}
    assert not swept & set(made.values())

    made.train(True)
    assert made.valid
    assert swept & set(made.values()) == {STUDIES[kind].trains}
    assert str(build(StudyConfig, made.values()).train_dataset) == "/d/mixed.h5"


def test_a_study_that_trains_nothing_cannot_be_told_to():
    """The switch does nothing for it."""
    made = form("observer")
    made.train(True)

    assert not made.trains
    assert made.training_sentence() == ""


@pytest.mark.parametrize(
    ("typed", "field", "part"),
    [
        ({"train_dataset": None}, "train_dataset", "Choose the dataset"),
        ({"widths": []}, "widths", "at least one"),
        ({"widths": ["16", "two"]}, "widths", "whole number"),
        ({"widths": ["3"]}, "widths", "greater than or equal to 4"),
        ({"train_set": ["max_epochs"]}, "train_set", "key=value"),
        ({"train_set": ["max_epochs=0"]}, "train_set", "max_epochs"),
        ({"train_set": ["colour=red"]}, "train_set", "colour"),
    ],
)
def test_what_training_lacks_is_said_at_its_field(typed, field, part):
    """The preset with its changes is judged by TrainConfig, before anything starts."""
    made = form("model-size", **{"train_dataset": "/d/mixed.h5", **typed})
    made.train(True)

    assert part in made.complaints[field]
    assert made.training_sentence() == ""


def test_an_unreadable_training_dataset_is_refused_and_read_once():
    """The file's own complaint stands at the field; typing elsewhere does not read it again."""
    asked = []

    def count(path):
        asked.append(path)
        raise DatasetError("It is damaged.", "Copy it again.")

    made = StudyForm("noise", NOW, count_images=count)
    made.set("train_dataset", "/d/x.h5")
    made.train(True)
    made.set("seed", "3")

    assert made.complaints["train_dataset"] == "It is damaged. Copy it again."
    assert len(asked) == 1


def test_the_test_sets_are_named():
    """Own test sets with their size, or how many were chosen; the size is then not handed over."""
    made = form("shuffled", test_specimens="7")
    assert made.test_set_sentence() == (
        "None chosen: the study simulates its own (rough-test-25pm, terraced-test-25pm, shuffled-test-25pm; "
        "7 specimens each)."
    )
    made.set("datasets", ["/d/a.h5", "/d/b.h5"])

    assert made.test_set_sentence() == "Judged on 2 datasets."
    assert "test_specimens" not in made.values()


def test_time_of_trainings_by_hand():
    """A fast training: 25 steps of 8 crops of 128² at 32 channels in 10 epochs, 0.337 s each, is 84.25 s."""
    config = TrainConfig(dataset="d.h5", out="o", batch_size=8, crop_px=128, max_epochs=10)
    assert study_cost.training_seconds(config, 200) == pytest.approx(84.25)

    wide = config.model_copy(update={"network": config.network.model_copy(update={"width": 64, "denoiser": "joint"})})
    # four times the arithmetic, and a denoiser as large again
    assert study_cost.training_seconds(wide, 200) == pytest.approx(8 * 84.25)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "a minute"),
        (119, "2 minutes"),
        (3 * 3600 + 900, "3 hours"),
        (23.9 * 3600, "20 hours"),
        (40 * 86400, "1 month"),
        (9e7, "3 years"),
    ],
)
def test_a_rough_time_has_one_digit(seconds, words):
    """An order of magnitude must not look exact."""
    assert study_cost.rough(seconds) == words


def test_the_warning_counts_the_trainings_and_names_the_largest():
    """Five widths of the paper's network on 7,000 images: years on two cores, most of them for 130 channels."""
    made = form("model-size", n_images=7000, train_dataset="/d/mixed.h5", train_preset="paper")
    made.train(True)

    text = made.training_sentence()
    assert text.startswith("5 models are trained first, 200 epochs each at most, on 7,000 images.")
    assert "most of it for the largest (130 channels)" in text
    assert "year" in text
