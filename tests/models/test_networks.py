"""The two networks: sizes as published, shapes, and what their parts do."""

import numpy as np
import pytest
import torch

from segdepth_app.config import NetworkConfig
from segdepth_app.models.networks import MedianHalving, build_network, count_parameters, description


@pytest.mark.parametrize(
    ("width", "parameters"), [(16, 1_175_563), (32, 4_691_979), (64, 18_747_403), (96, 42_166_283), (130, 77_308_411)]
)
def test_the_papers_network_has_the_papers_size(width, parameters):
    """Table I of the paper (whose first two figures have a slipped decimal point)."""
    with torch.device("meta"):
        network = build_network(NetworkConfig(kind="paper", width=width, scales=6, dose_input=False))
    assert count_parameters(network) == parameters


def test_the_fast_network_has_about_a_million_parameters():
    """By hand: 9·(in·out) + out per convolution, 2 per channel and normalisation, 32·11 + 11 in the end."""
    pairs = [(2, 32), (32, 32), (32, 64), (64, 64), (64, 96), (96, 96), (96, 96), (96, 96), (96, 96), (96, 96)]
    pairs += [(192, 96), (96, 96), (192, 96), (96, 64), (128, 64), (64, 32), (64, 32), (32, 32)]
    by_hand = sum(9 * a * b + 3 * b for a, b in pairs) + 32 * 11 + 11
    assert description(NetworkConfig())["parameters"] == by_hand
    assert 1.0e6 < by_hand < 1.2e6


@pytest.mark.parametrize(
    ("config", "input_shape", "output_shape"),
    [
        (NetworkConfig(width=4), (48, 32), (48, 32)),
        (NetworkConfig(width=4, scales=1, dose_input=False), (6, 10), (6, 10)),
        (NetworkConfig(kind="paper", width=4, scales=6), (64, 128), (16, 32)),
        (NetworkConfig(kind="paper", width=4, scales=1), (8, 12), (2, 3)),
    ],
)
def test_logits_come_at_the_output_pixel(config, input_shape, output_shape):
    network = build_network(config).eval()
    with torch.inference_mode():
        logits = network(torch.rand(2, 1, *input_shape), torch.zeros(2))
    assert logits.shape == (2, 11, *output_shape)
    assert all(edge % network.multiple == 0 for edge in input_shape)
    ratio = network.output_binning // network.input_binning
    assert tuple(edge // ratio for edge in input_shape) == output_shape


def test_halving_takes_the_median():
    """Against numpy's median of every 2 × 2 block."""
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 6, 8)))
    blocks = x.numpy().reshape(2, 3, 3, 2, 4, 2).transpose(0, 1, 2, 4, 3, 5).reshape(2, 3, 3, 4, 4)
    np.testing.assert_allclose(MedianHalving()(x).numpy(), np.median(blocks, axis=-1), rtol=1e-12)


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_only_a_network_with_dose_input_heeds_the_dose(kind):
    torch.manual_seed(0)
    image = torch.rand(1, 1, 16, 16)
    for dose_input in (True, False):
        network = build_network(NetworkConfig(kind=kind, width=4, scales=2, dose_input=dose_input)).eval()
        with torch.inference_mode():
            low, high = (network(image, torch.tensor([dose])) for dose in (-1.0, 2.0))
        assert torch.equal(low, high) != dose_input


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_a_shifted_image_gives_shifted_logits(kind):
    """Away from the edge, by the network's multiple."""
    torch.manual_seed(1)
    network = build_network(NetworkConfig(kind=kind, width=4, scales=2)).double().eval()
    step, ratio = network.multiple, network.output_binning // network.input_binning
    image = torch.rand(1, 1, 96, 96, dtype=torch.float64)
    with torch.inference_mode():
        here = network(image, torch.zeros(1))
        there = network(torch.roll(image, step, dims=-1), torch.zeros(1))
    middle = slice(40 // ratio, 56 // ratio)
    shifted = slice((40 + step) // ratio, (56 + step) // ratio)
    torch.testing.assert_close(there[..., middle, shifted], here[..., middle, middle], rtol=0, atol=1e-12)


def test_a_description_names_every_parameter():
    told = description(NetworkConfig(kind="paper", width=16, scales=6, dose_input=False))
    assert sum(block["parameters"] for block in told["blocks"]) == told["parameters"] == 1_175_563
    assert (told["input_pixel_pm"], told["output_pixel_pm"], told["multiple_px"]) == (5.3, 21.2, 64)
