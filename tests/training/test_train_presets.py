"""The shipped training presets: they are valid, and what they promise."""

import pytest

from segdepth_app.config import TrainConfig, build, preset_values, presets
from segdepth_app.models.networks import description


def preset(name, tmp_path) -> TrainConfig:
    """A preset with the two paths every training needs."""
    return build(TrainConfig, {**preset_values("train", name), "dataset": tmp_path / "d.h5", "out": tmp_path / "run"})


def test_there_are_three_presets():
    assert set(presets("train")) == {"fast", "paper", "quick"}


@pytest.mark.parametrize("name", ["fast", "paper", "quick"])
def test_crops_of_a_preset_suit_its_network(name, tmp_path):
    """Else they would be cut smaller, with a warning."""
    config = preset(name, tmp_path)
    assert config.crop_px % description(config.network)["multiple_px"] == 0


def test_the_paper_preset_is_the_papers_network_at_its_dose(tmp_path):
    """b = 64 of Table I, blind to the dose, λ = 2.5."""
    config = preset("paper", tmp_path)
    assert description(config.network)["parameters"] == 18_747_403
    assert config.dose_low_e_per_px == config.dose_high_e_per_px == 2.5


def test_the_quick_preset_takes_a_small_share_of_the_fast_ones_work(tmp_path):
    """900 steps of a network of a quarter the size: minutes instead of an hour."""
    quick, fast = preset("quick", tmp_path), preset("fast", tmp_path)
    assert quick.max_epochs * quick.steps_per_epoch == 900
    assert description(quick.network)["parameters"] < description(fast.network)["parameters"] / 3
