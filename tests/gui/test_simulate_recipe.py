"""The settings of a new dataset: what is refused, where, and with which reason."""

from dataclasses import dataclass

import pytest

from segdepth_app.config import SimulateConfig, preset_values
from segdepth_app.gui.simulate.fields import GROUPS
from segdepth_app.gui.simulate.places import at_fields
from segdepth_app.gui.simulate.recipe import FIELDS, Recipe, free_name
from tests.gui.lab_files import make_dataset, make_parts


@pytest.fixture
def recipe(tmp_path):
    return Recipe(tmp_path)


def test_a_fresh_recipe_can_be_started_as_it_is(recipe, tmp_path):
    assert recipe.valid
    assert recipe.config() == SimulateConfig.model_validate(
        {**preset_values("simulate", "quick"), "out": tmp_path / "dataset 1.h5"}
    )


def test_a_preset_fills_rare_settings_too(recipe):
    """The mixed preset has wedges of both kinds."""
    recipe.take_preset("mixed")
    assert recipe.config().specimen.wedge_faces == preset_values("simulate", "mixed")["specimen"]["wedge_faces"]
    assert recipe.config().preset == "mixed"


def test_what_may_be_left_empty_becomes_none(recipe):
    for field in ("optics.temperature_low_k", "optics.temperature_high_k"):
        recipe.set(field, "400")
    assert recipe.config().optics.temperature_high_k == 400
    for field in ("optics.temperature_low_k", "optics.temperature_high_k"):
        recipe.set(field, None)
    recipe.set("scheduler", None)
    assert (recipe.config().optics.temperature_low_k, recipe.config().scheduler) == (None, None)


def test_typed_text_becomes_settings(recipe):
    recipe.set("n_specimens", " 12 ")
    recipe.set("optics.c1_low_nm", "-2.5")
    recipe.set("grid.binning", 1)
    config = recipe.config()
    assert (config.n_specimens, config.optics.c1_low_nm, config.grid.binning) == (12, -2.5, 1)


@dataclass
class Refused:
    field: str
    value: object
    where: str
    reason: str


REFUSED = [
    Refused("n_specimens", "0", "n_specimens", "greater than or equal to 1"),
    Refused("n_specimens", "many", "n_specimens", "a whole number"),
    Refused("n_specimens", "2.5", "n_specimens", "a whole number"),
    Refused("n_specimens", "", "n_specimens", "a whole number"),
    Refused("optics.c1_low_nm", "x", "optics.c1_low_nm", "a number"),
    Refused("optics.c1_low_nm", "20", "optics", "The defocus range runs from 20 to 9"),
    Refused("specimen.share_wedge", "0.9", "specimen", "add up to 1.55, not 1"),
    Refused("specimen.thickness_low_atoms", "11", "specimen.thickness_low_atoms", "less than or equal to 10"),
    Refused("grid.height_px", "500", "grid", "multiples of 16 px"),
    Refused("grid.pixel_size_pm", "0", "grid.pixel_size_pm", "greater than or equal to 1"),
    Refused("validation_share", "0.9", "", "add up to more than 1"),
    Refused("specimen.zone_axis", ["1", "1"], "specimen.zone_axis", "3 whole numbers"),
    Refused("specimen.zone_axis", ["1", "1", "0", "2"], "specimen.zone_axis", "3 whole numbers"),
    Refused("specimen.zone_axis", ["a", "b", "c"], "specimen.zone_axis", "3 whole numbers"),
    Refused("specimen.zone_axis", ["1", "0", "0"], "specimen", "Name a structure file"),
    Refused("specimen.surfaces", [], "specimen.surfaces", "Choose at least one"),
    Refused("optics.temperature_low_k", "300", "optics", "needs both its ends"),
    Refused("optics.temperature_low_k", "20", "optics.temperature_low_k", "greater than or equal to 250"),
    Refused("detector.mtf", "file", "detector", "none is named"),
    Refused("workers", "-1", "workers", "greater than or equal to 0"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case.field}={case.value}")
def test_a_bad_value_is_refused_at_its_place_with_the_reason(recipe, case):
    recipe.set(case.field, case.value)
    assert list(recipe.complaints) == [case.where]
    assert case.reason in recipe.complaints[case.where]
    assert not recipe.simulable


def test_a_mended_value_is_accepted_again(recipe):
    recipe.set("n_specimens", "0")
    recipe.set("n_specimens", "3")
    assert recipe.valid
    assert recipe.config().n_specimens == 3


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a\\b", "what?", ".hidden", "end.", "line\nbreak"])
def test_a_name_no_file_system_takes_is_refused(recipe, name):
    recipe.set_name(name)
    assert list(recipe.complaints) == ["name"]


@pytest.mark.parametrize("make", [make_dataset, lambda path: make_parts(path, done=1, n_specimens=2)])
def test_a_dataset_is_never_written_over(recipe, tmp_path, make):
    make(tmp_path / "ceria 3.h5")
    recipe.set_name("ceria 3")
    assert "Try ceria 1" in recipe.complaints["name"]
    assert recipe.simulable
    assert not recipe.valid


def test_free_names_count_up(tmp_path):
    make_parts(tmp_path / "dataset 1.h5", done=0, n_specimens=2)
    assert free_name(tmp_path, "dataset") == "dataset 2"


def test_the_panel_shows_exactly_the_fields_of_the_recipe():
    shown = [field for rows in GROUPS.values() for row in rows for field in row.fields]
    assert sorted(shown) == sorted(FIELDS)


BROKEN_RULES = [
    ({"specimen.share_wedge": "0.9"}, "specimen.share_shuffled"),
    ({"specimen.thickness_low_atoms": "9", "specimen.thickness_high_atoms": "4"}, "specimen.thickness_high_atoms"),
    ({"specimen.rotation_low_deg": "9"}, "specimen.rotation_high_deg"),
    ({"specimen.lattice_scale_low": "1.05"}, "specimen.lattice_scale_high"),
    ({"specimen.zone_axis": ["0", "0", "0"]}, "specimen.zone_axis"),
    ({"specimen.zone_axis": ["1", "0", "0"]}, "specimen.zone_axis"),
    ({"optics.c1_low_nm": "20"}, "optics.c1_high_nm"),
    ({"optics.focal_spread_1e_low_nm": "9"}, "optics.focal_spread_1e_high_nm"),
    ({"optics.image_spread_low_pm": "90"}, "optics.image_spread_high_pm"),
    ({"optics.temperature_low_k": "300"}, "optics.temperature_high_k"),
    ({"optics.temperature_low_k": "500", "optics.temperature_high_k": "300"}, "optics.temperature_high_k"),
    ({"grid.height_px": "500"}, "grid.width_px"),
    ({"detector.gain_low": "3"}, "detector.gain_high"),
    ({"detector.offset_low": "3"}, "detector.offset_high"),
    ({"detector.mtf": "file"}, "detector.mtf_file"),
    ({"validation_share": "0.9"}, "test_share"),
    ({"optics.thermal": "frozen-phonon"}, "grid.wave_sampling_pm"),
]


@pytest.mark.parametrize(("typed", "field"), BROKEN_RULES, ids=lambda value: "+".join(value) if value else "")
def test_every_rule_over_several_fields_is_told_at_its_fields(recipe, typed, field):
    for name, value in typed.items():
        recipe.set(name, value)
    placed = at_fields(recipe.complaints)
    assert placed[field] == next(iter(recipe.complaints.values()))
    assert set(placed) <= set(FIELDS)
