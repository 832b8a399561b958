"""The model file: weights and card in one `.safetensors`. Never pickle.

The card's JSON is the file's metadata (`card`), which models/card.py reads without torch.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from segdepth_app.config import NetworkConfig
from segdepth_app.datasets.batches import log_dose
from segdepth_app.errors import ModelError
from segdepth_app.models.card import ModelCard, as_shipped, read_card
from segdepth_app.models.networks import DepthNetwork, build_network, in_words
from segdepth_app.paths import writable_target, written_whole


@dataclass(frozen=True)
class LoadedModel:
    """A network ready to use (evaluation mode) and its card."""

    network: DepthNetwork
    card: ModelCard

    def condition(self, dose_e_per_px: float, pixel_size_pm: float) -> tuple[float, float]:
        """What the network is told, ln(e/Å² / 100), and the temperature. The dose is held in the trained range."""
        held = self.card.held_dose(dose_e_per_px, pixel_size_pm)
        return float(log_dose(held, self.card.pixel_size_pm)), self.card.temperature(held)


def save_model(path: str | Path, network: DepthNetwork, card: ModelCard) -> Path:
    """Writes weights and card; the file is whole or not there."""
    path = writable_target(path)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with written_whole(path) as temporary:
        temporary.touch()  # with the user's usual rights
        usual = temporary.stat().st_mode
        save_file(tensors, temporary, metadata={"format": "pt", "card": card.model_dump_json()})
        temporary.chmod(usual)  # safetensors makes files that only their owner may read
    return path


def load_model(path: str | Path, device: str | torch.device = "cpu") -> LoadedModel:
    """The model in a file, in evaluation mode on `device`.

    Raises: ModelError where the file is damaged, or its weights do not fit the network of its card, or a shipped model
    is not as it was shipped.
    """
    card = read_card(as_shipped(Path(path)))
    network = network_with_weights(path, card.network)
    return LoadedModel(network.to(device).eval(), card)


def network_with_weights(path: str | Path, config: NetworkConfig) -> DepthNetwork:
    """A network of `config` with the weights of a model file. Raises: ModelError where they do not fit."""
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path} is damaged: {error}.", "Copy or train the model again.") from error
    network = build_network(config)
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if expected != found:
        name = min(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        raise ModelError(
            f"The weights in {path} do not fit a {in_words(config)}: "
            f"{name} is {found.get(name, 'missing')}, not {expected.get(name, 'part of it')}.",
            "Choose a model of the same network.",
        )
    network.load_state_dict(tensors)
    return network
