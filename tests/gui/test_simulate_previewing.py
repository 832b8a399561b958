"""Decisions of the live preview, against autospecs of its widgets and of its child."""

from unittest.mock import ANY

import numpy as np
import pytest

from segdepth_app.gui.simulate.costing import Measured
from segdepth_app.gui.simulate.noise import dose_complaint
from segdepth_app.gui.simulate.preview_client import PreviewClient, Served
from segdepth_app.gui.simulate.preview_view import PreviewView
from segdepth_app.gui.simulate.previewing import TYPING_MS, PreviewPresenter
from segdepth_app.specimen.table import empty_table
from tests.gui.lab_fakes import last, spec_of

OPTICS = {
    "voltage_kv": 300.0,
    "c1_nm": 3.25,
    "c3_um": -9.0,
    "c5_mm": 5.0,
    "focal_spread_1e_nm": 4.0,
    "semiangle_1e_mrad": 0.2,
    "image_spread_pm": 25.0,
    "potential": "lobato",
}
SPECIMEN = {"id": 4, "kind": "rough", "surface": "stepped", "thickness": 5.25, "split": "train", "temperature_k": None}
FACTS = {
    "serial": 3,
    "number": 4,
    "n_specimens": 24,
    "image": 1,
    "n_images": 3,
    "levels": [0.5, 2.0],
    "specimen": SPECIMEN,
    "optics": OPTICS,
    "pixel_size_pm": 5.0,
    "binning": 4,
    "dose_e_per_px": 2.5,
    "dose_e_per_a2": 1000.0,
    "seconds": 0.42,
    "device": "cpu",
}


@pytest.fixture
def view():
    return spec_of(PreviewView)


@pytest.fixture
def client():
    return spec_of(PreviewClient)


@pytest.fixture
def presenter(view, client):
    made = PreviewPresenter(view, client)
    made.open()
    return made


def served():
    columns = empty_table(1)
    # 2 Å at 5 pm is pixel 40; binned by four its centre is (40 + ½)/4 - ½
    columns["x"], columns["y"], columns["element"], columns["count"] = 2.0, 4.0, 58, 6
    pictures = {name: np.full((8, 12), i, np.float32) for i, name in enumerate(("clean", "noisy", "weight"))}
    return Served({}, FACTS, {**pictures, "depth": np.zeros((8, 12), np.uint8), "columns": columns})


def wish(client):
    return client.ask.call_args.args[1]


def test_the_first_preview_comes_at_once_and_later_ones_wait_for_the_end_of_typing(presenter, client):
    presenter.update({"seed": 1})
    assert client.ask.call_args == (("specimen", ANY), {"wait_ms": 0})
    presenter._on_ready(served())
    presenter.update({"seed": 2})
    assert client.ask.call_args == (("specimen", ANY), {"wait_ms": TYPING_MS})
    assert wish(client)["settings"] == {"seed": 2}


def test_the_same_settings_ask_for_nothing_new(presenter, client):
    presenter.update({"seed": 1})
    presenter.update({"seed": 1})
    client.ask.assert_called_once()


def test_refused_settings_keep_the_pictures_and_drop_what_is_under_way(presenter, view, client):
    presenter.update({"seed": 1})
    view.clear.reset_mock()
    presenter.update(None)
    client.forget.assert_called_once_with()
    view.clear.assert_not_called()
    assert "waits" in last(view.show_status)


def test_an_answer_fills_pictures_numbers_and_facts(presenter, view):
    measured = []
    presenter.on_measured = measured.append
    presenter.update({"seed": 1})
    presenter._on_ready(served())
    view.show_specimen.assert_called_with(4, 24)
    view.show_image.assert_called_with(1, 3)
    view.set_pixel_size.assert_called_with(20.0)
    pictures, levels = view.show_pictures.call_args.args
    assert set(pictures) == {"clean", "noisy", "depth", "weight"}
    assert levels["clean"] == (0.5, 2.0)
    # 40 counts in vacuum: two standard deviations beyond the brightest column
    assert levels["noisy"][1] == pytest.approx(2.0 + 2 * np.sqrt(2.0 / 40))
    text = last(view.show_facts)
    for words in ("rough, stepped surface, mean 5.2 atoms", "+3.25 nm", "8 × 12 px of 20 pm", "0.42 s (one thread)"):
        assert words in text
    assert "split" not in text
    assert view.show_dose.call_args.args == ("2.5", "= 1000 e/Å²", "")
    assert measured == [Measured(0.42, "cpu")]


def test_data_that_are_no_counts_say_their_scale_and_keep_their_contrast(presenter, view):
    """Black and white are those of the widest gain and offset, so that they are the same for every image."""
    presenter.update({"seed": 1})
    scale = {"gain": 1.5, "offset": -0.25, "gain_range": [0.5, 2.0], "offset_range": [-0.5, 1.0]}
    whole = served()
    presenter._on_ready(Served({}, {**FACTS, "contrast": scale}, whole.arrays))
    low, high = view.show_pictures.call_args.args[1]["noisy"]
    plain_low, plain_high = 0.5 - 2 * np.sqrt(0.5 / 40), 2.0 + 2 * np.sqrt(2.0 / 40)
    assert (low, high) == (pytest.approx(0.5 * plain_low - 0.5), pytest.approx(2 * plain_high + 1))
    assert view.show_pictures.call_args.args[1]["clean"] == (0.5, 2.0)
    assert "counts × 1.5 - 0.25" in last(view.show_facts)


def test_a_file_that_cannot_be_used_is_passed_on_and_asked_for_again(presenter, view, client):
    refused = []
    presenter.on_refused = lambda field, reason: refused.append((field, reason))
    presenter.update({"seed": 1})
    presenter._on_refusal("specimen.structure", "No such file.")
    assert refused == [("specimen.structure", "No such file.")]
    assert "waits" in last(view.show_status)
    presenter.update({"seed": 1})
    assert client.ask.call_count == 2


def test_stepping_asks_at_once_with_all_that_was_chosen(presenter, client):
    presenter.update({"seed": 1})
    presenter._on_ready(served())
    presenter.choose_kind("rough")
    presenter.step_specimen(-1)
    asked = wish(client)
    assert (asked["number"], asked["kind"], asked["step"], asked["image"]) == (3, "rough", -1, 1)
    presenter.choose_image(2)
    assert wish(client)["image"] == 2
    assert client.ask.call_args.kwargs == {"wait_ms": 0}


def test_there_is_nothing_before_the_first_specimen(presenter, client):
    presenter.update({"seed": 1})
    presenter.step_specimen(-1)
    assert wish(client)["number"] == 0


@pytest.mark.parametrize(("text", "words"), [("", "a number"), ("x", "a number"), ("0", "above 0"), ("nan", "above 0")])
def test_a_bad_dose_is_refused_at_its_field(presenter, view, client, text, words):
    presenter.update({"seed": 1})
    client.ask.reset_mock()
    presenter.type_dose(text)
    assert words in view.show_dose.call_args.args[2]
    client.ask.assert_not_called()


def test_a_good_dose_is_not_refused():
    assert dose_complaint(" 1.83 ") == ""


def test_a_click_on_a_column_reads_it(presenter, view):
    presenter.update({"seed": 1})
    presenter._on_ready(served())
    presenter.pick(10, 20)
    x, y, text = view.show_column.call_args.args
    assert (x, y) == (pytest.approx((40 + 0.5) / 4 - 0.5), pytest.approx((80 + 0.5) / 4 - 0.5))
    assert "6 atoms" in text
    presenter.pick(100, 100)
    view.show_column.assert_called_with(None, None, "")


def test_a_failure_is_told_and_the_pictures_stay(presenter, view):
    presenter.update({"seed": 1})
    view.clear.reset_mock()
    presenter._on_failure("There is no file gone.cif.")
    assert last(view.show_problem) == "There is no file gone.cif."
    view.clear.assert_not_called()


def test_closing_ends_the_child(presenter, client):
    presenter.update({"seed": 1})
    presenter.close()
    client.close.assert_called_once_with()
    presenter.step_specimen(1)
    assert client.ask.call_count == 1


def test_what_does_not_change_from_image_to_image_is_sent_once(presenter, view, client):
    presenter.update({"seed": 1})
    assert wish(client)["have"] == 0
    presenter._on_ready(served())
    presenter.choose_image(2)
    assert wish(client)["have"] == 3

    whole = served()
    presenter._on_ready(Served({}, FACTS, {name: whole.arrays[name] for name in ("clean", "noisy")}))
    assert set(last(view.show_pictures)) == {"clean", "noisy"}
    presenter.pick(10, 20)
    assert "6 atoms" in view.show_column.call_args.args[2]


def test_a_new_child_is_not_told_what_the_old_one_sent(presenter, client):
    presenter.update({"seed": 1})
    presenter._on_ready(served())
    presenter._on_failure("The job was killed.")
    presenter.choose_image(1)
    assert wish(client)["have"] == 0
