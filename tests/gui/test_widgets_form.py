"""Forms made from configs: the values a job would get, the complaint at its field."""

import pytest
from PySide6.QtWidgets import QLineEdit, QSpinBox

from segdepth_app import config as configs
from segdepth_app.gui.widgets.form import ConfigForm, label_and_unit, range_text

ALL = [
    configs.SimulateConfig,
    configs.MovieConfig,
    configs.ImageConfig,
    configs.TrainConfig,
    configs.EvaluateConfig,
    configs.InferConfig,
    configs.SaliencyConfig,
    configs.DemoConfig,
]
REQUIRED = {
    "out": "a.h5",
    "dataset": "d.h5",
    "model": "m.safetensors",
    "series": ["s.tif"],
    "structure": "c.csv",
    "x_px": 3,
    "y_px": 4,
}


def minimal(model):
    return {name: REQUIRED[name] for name, field in model.model_fields.items() if field.is_required()}


@pytest.fixture
def simulate(qtbot):
    form = ConfigForm(configs.SimulateConfig, values={"out": "a.h5"})
    qtbot.addWidget(form)
    return form


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.__name__)
def test_an_untouched_form_gives_the_defaults(qtbot, model):
    form = ConfigForm(model, values=minimal(model))
    qtbot.addWidget(form)
    assert form.errors() == {}
    assert form.config() == model.model_validate(minimal(model))


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.__name__)
def test_every_field_has_a_name_for_those_who_cannot_see_it(qtbot, model):
    form = ConfigForm(model)
    qtbot.addWidget(form)
    for editor in form.editors.values():
        assert editor.widget.accessibleName()
        assert editor.toolTip()


def test_what_is_typed_reaches_the_job(qtbot, simulate):
    simulate.editors["n_specimens"].widget.setValue(12)
    simulate.editors["optics.c3_um"].widget.setText("-7,5")
    simulate.editors["specimen.surfaces"].boxes["flat"].setChecked(False)
    simulate.editors["grid.binning"].set_value(1)
    made = simulate.config()
    assert (made.n_specimens, made.optics.c3_um, made.grid.binning) == (12, -7.5, 1)
    assert made.specimen.surfaces == ("sawtooth", "stepped")


@pytest.mark.parametrize(("text", "word"), [("800", "less than or equal"), ("many", "number"), ("", "number")])
def test_a_bad_value_is_refused_at_its_field(qtbot, simulate, text, word):
    editor = simulate.editors["optics.c1_high_nm"]
    with qtbot.waitSignal(simulate.changed):
        editor.widget.setText(text)
    assert not simulate.valid
    assert word in simulate.complaints["optics.c1_high_nm"].text()
    assert editor.widget.property("invalid")
    with qtbot.waitSignal(simulate.changed):
        editor.widget.setText("8")
    assert simulate.valid
    assert simulate.complaints["optics.c1_high_nm"].isHidden()
    assert not editor.widget.property("invalid")


def test_a_complaint_about_two_fields_stands_at_their_section(simulate):
    simulate.set_values({"out": "a.h5", "optics": {"c1_low_nm": 9, "c1_high_nm": 1}})
    assert "Swap the two values" in simulate.errors()["optics"]
    assert not simulate.sections["optics"]._complaint.isHidden()


def test_an_error_unfolds_its_section(qtbot):
    form = ConfigForm(configs.SimulateConfig, values={"out": "a.h5"}, folded=("optics",))
    qtbot.addWidget(form)
    assert not form.sections["optics"].button.isChecked()
    form.editors["optics.voltage_kv"].widget.setText("5")
    form.show_errors()
    assert form.sections["optics"].button.isChecked()


def test_an_empty_path_is_not_the_present_folder(qtbot):
    form = ConfigForm(configs.SimulateConfig)
    qtbot.addWidget(form)
    assert form.errors() == {"out": "Fill this in."}


def test_hidden_fields_keep_what_they_were_given(qtbot):
    form = ConfigForm(configs.SimulateConfig, values={"out": "a.h5", "seed": 5}, hide=("out", "seed"))
    qtbot.addWidget(form)
    assert "seed" not in form.editors
    assert form.config().seed == 5


def test_several_doses_with_either_decimal_mark(qtbot):
    form = ConfigForm(configs.EvaluateConfig, values=minimal(configs.EvaluateConfig))
    qtbot.addWidget(form)
    form.editors["doses_e_per_px"].widget.setText("1; 2,5 4.0")
    assert form.config().doses_e_per_px == (1.0, 2.5, 4.0)
    form.editors["doses_e_per_px"].widget.setText("1; two")
    assert set(form.errors()) == {"doses_e_per_px"}


def test_nothing_is_none_where_none_is_allowed(qtbot):
    form = ConfigForm(configs.InferConfig, values=minimal(configs.InferConfig) | {"pixel_size_pm": 5.3})
    qtbot.addWidget(form)
    assert form.config().pixel_size_pm == 5.3
    form.editors["pixel_size_pm"].widget.setText("")
    assert form.config().pixel_size_pm is None


def test_integers_stay_in_their_range(simulate):
    box = simulate.editors["n_defoci"].widget
    assert isinstance(box, QSpinBox)
    assert (box.minimum(), box.maximum()) == (1, 50)
    assert isinstance(simulate.editors["optics.c1_low_nm"].widget, QLineEdit)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("focal_spread_1e_low_nm", ("Focal spread (1/e) low", "nm")),
        ("dose_e_per_px", ("Dose", "e/px")),
        ("c3_um", ("C3", "µm")),
        ("b_ce_a2", ("B Ce", "Å²")),
        ("n_specimens", ("Number of specimens", "")),
        ("frame_time_s", ("Frame time", "s")),
        ("seed", ("Seed", "")),
    ],
)
def test_labels_and_units_come_from_the_name(name, expected):
    assert label_and_unit(name) == expected


def test_ranges_are_said():
    field = configs.OpticsConfig.model_fields["c1_low_nm"]
    assert range_text(field.metadata, "nm") == " From -100 to 100 nm."
