"""Settings: every number has a unit in its name or needs none, presets are valid, complaints name the field."""

import typing

import pytest
from pydantic import BaseModel

from segdepth_app import config as configs
from segdepth_app.config import Config, build, preset_values, presets, set_value
from segdepth_app.errors import InputError
from segdepth_app.gui.texts import unit_of

UNITLESS = {
    # counts
    *("n_specimens", "n_defoci", "n_frames", "n_switching", "workers", "binning", "width", "scales", "batch_size"),
    *("steps_per_epoch", "threads", "max_images", "frame", "depth", "seed", "max_epochs"),
    *("batch_specimens", "n_phonons", "recompute"),
    *("devices", "nodes", "gpus", "cpus"),
    *("n_bootstrap", "n_examples", "n_worst", "test_specimens", "widths"),
    # its own unit
    *("hours", "sum_frames", "longest_sum_frames", "mean_stay_frames", "frames_per_second"),
    # numbers of frames, and values of a file, whatever they are
    *("first", "last", "gain", "offset"),
    # shares and probabilities
    *("share_wedge", "share_rough", "share_shuffled", "validation_share", "test_share", "plateau_share"),
    *("background_weight", "weight_decay", "stay_probability", "learning_rate"),
    *("share_support", "share_neighbour", "share_terraced"),
    # ratios: to the unstrained lattice, to an electron, to the vacuum level
    *("lattice_scale_low", "lattice_scale_high", "gain_low", "gain_high", "offset_low", "offset_high"),
    *("mtf_at_nyquist", "mtf_exponent"),
    # a lattice direction
    "zone_axis",
}
JOBS = [c for c in vars(configs).values() if isinstance(c, type) and issubclass(c, Config) and c is not Config]
PRESETS = [(job, name) for job in ("simulate", "movie", "train") for name in presets(job)]
MODELS = {"simulate": configs.SimulateConfig, "movie": configs.MovieConfig, "train": configs.TrainConfig}


def is_number(annotation) -> bool:
    kinds = set(typing.get_args(annotation)) or {annotation}
    return bool(kinds & {int, float}) or any(isinstance(kind, int) and not isinstance(kind, bool) for kind in kinds)


@pytest.mark.parametrize("model", JOBS, ids=lambda model: model.__name__)
def test_every_number_says_its_unit(model: type[BaseModel]):
    numbers = {name for name, field in model.model_fields.items() if is_number(field.annotation)}
    assert {name for name in numbers if not unit_of(name)} <= UNITLESS


@pytest.mark.parametrize("model", JOBS, ids=lambda model: model.__name__)
def test_every_field_has_a_help_sentence(model: type[BaseModel]):
    plain = {
        name
        for name, field in model.model_fields.items()
        if not field.description and not (isinstance(field.annotation, type) and issubclass(field.annotation, Config))
    }
    assert plain == set()


@pytest.mark.parametrize(("job", "name"), PRESETS)
def test_shipped_presets_are_valid(job, name):
    values = {**preset_values(job, name), "out": "x", **({"dataset": "d"} if job == "train" else {})}
    assert build(MODELS[job], values).preset == name


@pytest.mark.parametrize(
    ("assignment", "fault"),
    [
        ("optics.c1_low_nm=20", "Swap the two values"),
        ("n_specimens=0", "n_specimens"),
        ("no_such_key=1", "no_such_key"),
        ("optics.thermal=frozen-phonon", "6 pm or finer"),
        ("optics.temperature_low_k=300", "needs both its ends"),
        ("specimen.zone_axis=[0,0,0]", "no direction"),
        ("specimen.zone_axis=[1,0,0]", "Name a structure file"),
        ("detector.mtf=file", "none is named"),
        ("detector.gain_low=2", "Swap the two values"),
        ("specimen.share_wedge=0.9", "add up to"),
        ("grid.height_px=1001", "multiples of 16"),
    ],
)
def test_a_bad_value_is_named_with_its_reason(assignment, fault):
    values = {"out": "x"}
    set_value(values, assignment)
    with pytest.raises(InputError, match=fault) as caught:
        build(configs.SimulateConfig, values)
    assert "\n" not in str(caught.value)


def test_unknown_preset_lists_those_there_are():
    with pytest.raises(InputError, match="quick"):
        preset_values("simulate", "none")


def test_a_precision_may_be_typed_as_a_number(tmp_path):
    """`--set precision=32` reaches the settings as the number 32."""
    values: dict = {"dataset": tmp_path / "d.h5", "out": tmp_path / "run"}
    set_value(values, "precision=32")
    assert build(configs.TrainConfig, values).precision == "32"
