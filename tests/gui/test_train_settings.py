"""How settings are named, grouped, written and compared, without Qt."""

import pytest

from segdepth_app.config import TrainConfig
from segdepth_app.gui import drafts
from segdepth_app.gui.train.settings import (
    KNOWN,
    NOT_ASKED,
    _unknown,
    compare,
    fields_of,
    flat,
    settings_of,
    value_text,
)


def config(**settings):
    return TrainConfig(dataset="/d/wedges.h5", out="/r/run 1", **settings).model_dump(mode="json")


def named(field):
    return next(setting for setting in KNOWN if field in setting.fields)


def test_every_setting_of_a_training_is_asked_on_one_page():
    """Nothing that TrainConfig holds can be forgotten by the wizard."""
    asked = [field for page in ("network", "labels", "schedule", "where") for field in fields_of(page)]
    assert sorted([*asked, *NOT_ASKED]) == sorted(drafts.fields_of(TrainConfig))


def test_every_setting_has_a_label_of_its_own():
    labels = [setting.label for setting in settings_of("network", "labels", "schedule", "where")]
    assert len(set(labels)) == len(labels)
    known = {field for setting in KNOWN for field in setting.fields}
    assert set(drafts.fields_of(TrainConfig)) - set(NOT_ASKED) <= known


@pytest.mark.parametrize(
    ("field", "page", "label"),
    [
        ("warm_up_epochs", "schedule", "Warm up"),
        ("network.attention", "network", "Attention"),
        ("labels.edge_pm", "labels", "Edge"),
        ("loss.gamma", "schedule", "Loss: gamma"),
        ("node_memory", "where", "Node memory"),
    ],
)
def test_a_setting_that_is_new_shows_up_under_more(field, page, label):
    setting = _unknown(field)
    assert (setting.page, setting.label, setting.rare) == (page, label, True)


@pytest.mark.parametrize(
    ("field", "settings", "text"),
    [
        ("dose_low_e_per_px", {}, "0.8 to 8 e/px"),
        ("dose_low_e_per_px", {"dose_low_e_per_px": 2.5, "dose_high_e_per_px": 2.5}, "2.5 e/px"),
        ("crop_px", {"crop_px": 256}, "256 px"),
        ("patience_epochs", {}, "15 epochs"),
        ("network.dose_input", {}, "yes"),
        ("network.kind", {}, "fast (4 × 4 summed counts)"),
        ("learning_rate", {"learning_rate": 3e-4}, "0.0003"),
        ("initial_model", {}, "none"),
    ],
)
def test_values_are_written_with_their_units(field, settings, text):
    assert value_text(named(field), flat(config(**settings))) == text


def test_only_what_differs_is_compared():
    """Three runs, two settings apart."""
    runs = [
        ("a", config()),
        ("b", config(network={"width": 64})),
        ("c", config(dose_low_e_per_px=0.2)),
    ]
    assert compare(runs) == [
        ("Channels of the first block", ["32", "64", "32"]),
        ("Dose drawn for each image", ["0.8 to 8 e/px", "0.8 to 8 e/px", "0.2 to 8 e/px"]),
    ]


def test_the_same_settings_have_nothing_to_compare():
    assert compare([("a", config()), ("b", config())]) == []


def test_another_dataset_is_named():
    other = {**config(), "dataset": "/elsewhere/rough.h5"}
    assert compare([("a", config()), ("b", other)]) == [("Data", ["wedges", "rough"])]


def test_a_run_of_an_older_version_has_the_defaults_of_what_it_lacks():
    old = config()
    del old["network"]["upsampling"], old["seed"]
    assert compare([("old", old), ("new", config())]) == []


def test_a_run_whose_settings_are_lost_has_question_marks():
    runs = [("a", config()), ("lost", None), ("b", config(batch_size=4))]
    assert compare(runs) == [("Crops per step", ["8", "?", "4"])]


def test_numbers_typed_as_text_are_numbers():
    assert flat({"batch_size": "8", "precision": "32"}) == flat({"batch_size": 8, "precision": "32"})
