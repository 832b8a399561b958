"""The model file: what goes in comes out, and nothing else is let in."""

import json
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from segdepth_app.config import LabelConfig, NetworkConfig, OpticsConfig
from segdepth_app.errors import ModelError
from segdepth_app.models.card import ModelCard, read_card
from segdepth_app.models.model_file import load_model, save_model
from segdepth_app.models.networks import build_network, count_parameters

CONFIG = NetworkConfig(width=4, scales=2)


def card(config: NetworkConfig = CONFIG) -> ModelCard:
    """A card with nothing remarkable on it."""
    return ModelCard(
        name="tiny",
        version="0",
        network=config,
        parameters=count_parameters(build_network(config)),
        pixel_size_pm=5.3,
        binning=4,
        output_binning=4,
        dose_low_e_per_px=0.8,
        dose_high_e_per_px=8,
        labels=LabelConfig(),
        optics=OpticsConfig(),
        training_set={"preset": "spots"},
        training={"epochs": 3},
        temperatures={"1": 1.5, "4": 1.1},
        class_prior=(1 / 11,) * 11,
    )


@pytest.fixture
def model(tmp_path):
    """A saved model with batch-norm statistics of its own; its path and network."""
    torch.manual_seed(4)
    network = build_network(CONFIG)
    network(torch.rand(2, 1, 16, 16) * 3, torch.zeros(2))
    return save_model(tmp_path / "tiny.safetensors", network, card()), network.eval()


def test_a_model_comes_back_the_same(model):
    path, network = model
    loaded = load_model(path)
    image, dose = torch.rand(1, 1, 16, 24), torch.zeros(1)
    with torch.inference_mode():
        assert torch.equal(loaded.network(image, dose), network(image, dose))
    assert not loaded.network.training
    assert loaded.card == read_card(path) == card()


def test_a_model_has_the_usual_rights(model, tmp_path):
    """safetensors alone would leave a file that other users of the computer cannot read."""
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert model[0].stat().st_mode == ordinary.stat().st_mode


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_a_variant_comes_back_with_its_denoiser_and_its_upsampling(kind, tmp_path):
    """The card says what to build; weights and batch statistics of both U-Nets are in the file."""
    config = NetworkConfig(kind=kind, width=4, scales=2, upsampling="transposed", denoiser="separate")
    torch.manual_seed(5)
    network = build_network(config)
    image, dose = torch.rand(2, 1, 16, 16) * 3, torch.zeros(2)
    network(image, dose)
    loaded = load_model(save_model(tmp_path / "both.safetensors", network.eval(), card(config)))
    assert loaded.card.network == config
    with torch.inference_mode():
        assert torch.equal(loaded.network.denoised(image, dose), network.denoised(image, dose))
        assert torch.equal(loaded.network(image, dose), network(image, dose))


def test_a_card_from_before_there_were_variants_means_the_plain_network(model, tmp_path):
    """Older files name neither upsampling nor denoiser."""
    path, network = model
    words = json.loads(card().model_dump_json())
    del words["network"]["upsampling"], words["network"]["denoiser"]
    save_file(load_file(path), tmp_path / "old.safetensors", metadata={"card": json.dumps(words)})
    loaded = load_model(tmp_path / "old.safetensors")
    assert (loaded.card.network.upsampling, loaded.card.network.denoiser) == ("bilinear", "none")
    image, dose = torch.rand(1, 1, 16, 24), torch.zeros(1)
    with torch.inference_mode():
        assert torch.equal(loaded.network(image, dose), network(image, dose))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"upsampling": "transposed"}, r"\(transposed upsampling\): grow\.0\.bias is missing"),
        ({"denoiser": "joint"}, r"\(joint denoiser\): denoiser\.decoder\.0\.0\.bias is missing"),
    ],
)
def test_plain_weights_do_not_pass_for_a_variant(model, tmp_path, changes, words):
    wrong = save_model(tmp_path / "wrong.safetensors", model[1], card(CONFIG.model_copy(update=changes)))
    with pytest.raises(ModelError, match=words):
        load_model(wrong)


def test_weights_of_another_network_are_refused(model, tmp_path):
    network = model[1]
    wrong = save_model(tmp_path / "wrong.safetensors", network, card(NetworkConfig(width=8, scales=2)))
    with pytest.raises(ModelError, match="do not fit a fast network of width 8"):
        load_model(wrong)


def test_missing_weights_are_refused(model, tmp_path):
    path, _ = model
    tensors = load_file(path)
    tensors.pop("head.0.bias")
    save_file(tensors, tmp_path / "less.safetensors", metadata={"card": card().model_dump_json()})
    with pytest.raises(ModelError, match=r"head\.0\.bias is missing"):
        load_model(tmp_path / "less.safetensors")


def test_a_truncated_file_is_refused(model):
    path, _ = model
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match=r"damaged|truncated"):
        load_model(path)


def test_a_pickle_is_refused_and_not_run(tmp_path):
    """What a pickle would do on loading does not happen."""
    trap = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    path = tmp_path / "evil.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="not a SegDepth model"):
        load_model(path)
    assert not trap.exists()
