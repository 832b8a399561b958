"""The two networks and their variants: sizes as published and by hand, shapes, symmetries, what their parts do."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch

from segdepth_app.config import NetworkConfig
from segdepth_app.models.blocks import MedianHalving, doubling
from segdepth_app.models.networks import build_network, count_parameters, description, in_words

# channels over the width, from the first level to the deepest, by number of scales
PAPER_LEVELS = {
    1: (1, 2),
    2: (1, 2, 4),
    3: (1, 2, 4, 8),
    4: (1, 2, 4, 8, 8),
    5: (1, 1, 2, 4, 8, 8),
    6: (1, 1, 1, 2, 4, 8, 8),
    7: (1, 1, 1, 1, 2, 4, 8, 8),
}
FAST_LEVELS = {scales: (1, 2, 3, 3, 3, 3, 3, 3)[: scales + 1] for scales in range(1, 8)}
VARIANTS = list(product(("fast", "paper"), ("bilinear", "transposed"), ("none", "joint")))


def double_conv(n_in: int, n_between: int, n_out: int) -> int:
    """Parameters: 9·in·out + out per convolution, 2 per channel and normalisation."""
    return 9 * n_in * n_between + 3 * n_between + 9 * n_between * n_out + 3 * n_out


def trunk_parameters(levels: tuple[int, ...], *, first: int, transposed: bool) -> int:
    """Encoder and decoder of a U-Net with these channels per level, counted level by level."""
    total = double_conv(first, levels[0], levels[0])
    for upper, lower in pairwise(levels):
        total += double_conv(upper, lower, lower)
    below = levels[-1]
    for level in range(len(levels) - 2, -1, -1):
        end = levels[level - 1] if level else levels[0]
        total += double_conv(below + levels[level], (below + levels[level]) // 2, end)
        total += 4 * below * below + below if transposed else 0
        below = end
    return total


def by_hand(kind: str, width: int, scales: int, *, dose_input: bool, transposed: bool, denoiser: bool) -> int:
    """Parameters of a whole network."""
    levels = tuple(width * n for n in (PAPER_LEVELS if kind == "paper" else FAST_LEVELS)[scales])
    trunk = trunk_parameters(levels, first=2 if dose_input else 1, transposed=transposed)
    head = 11 * width + 11
    if kind == "paper":
        head = double_conv(width, 2 * width, 2 * width) + double_conv(2 * width, 4 * width, 4 * width)
        head += 11 * 4 * width + 11
    return trunk + head + (trunk + width + 1 if denoiser else 0)


def lively(config: NetworkConfig) -> torch.nn.Module:
    """A network of double precision whose batch statistics differ from channel to channel, in evaluation mode."""
    torch.manual_seed(1)
    network = build_network(config).double()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.05, 0.2)
    return network.eval()


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


@pytest.mark.parametrize("dose_input", [True, False])
@pytest.mark.parametrize("scales", range(1, 8))
@pytest.mark.parametrize(("kind", "upsampling", "denoiser"), VARIANTS)
def test_every_variant_has_the_size_counted_by_hand(kind, upsampling, denoiser, scales, dose_input):
    """At every number of scales, told the dose and blind to it."""
    config = NetworkConfig(
        kind=kind, width=12, scales=scales, dose_input=dose_input, upsampling=upsampling, denoiser=denoiser
    )
    transposed, has_denoiser = upsampling == "transposed", denoiser != "none"
    expected = by_hand(kind, 12, scales, dose_input=dose_input, transposed=transposed, denoiser=has_denoiser)
    told = description(config)
    assert told["parameters"] == sum(block["parameters"] for block in told["blocks"]) == expected


@pytest.mark.parametrize(("kind", "scales"), list(product(("fast", "paper"), range(1, 8))))
def test_edges_are_multiples_of_two_to_the_number_of_scales(kind, scales):
    """The paper's head halves twice, so its edges are multiples of 4 at least; the output is a quarter."""
    network = build_network(NetworkConfig(kind=kind, width=4, scales=scales)).eval()
    assert network.multiple == (2**scales if kind == "fast" else max(2**scales, 4))
    ratio = 1 if kind == "fast" else 4
    with torch.inference_mode():
        logits = network(torch.rand(1, 1, network.multiple, 2 * network.multiple), torch.zeros(1))
    assert logits.shape == (1, 11, network.multiple // ratio, 2 * network.multiple // ratio)


@pytest.mark.parametrize(
    ("config", "input_shape", "output_shape"),
    [
        (NetworkConfig(width=4), (48, 32), (48, 32)),
        (NetworkConfig(width=4, scales=1, dose_input=False), (6, 10), (6, 10)),
        (NetworkConfig(kind="paper", width=4, scales=6), (64, 128), (16, 32)),
        (NetworkConfig(kind="paper", width=4, scales=1), (8, 12), (2, 3)),
        (NetworkConfig(kind="paper", width=4, scales=2, upsampling="transposed", denoiser="joint"), (8, 16), (2, 4)),
        (NetworkConfig(width=4, scales=3, upsampling="transposed", denoiser="separate"), (8, 16), (8, 16)),
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


def test_bilinear_doubling_keeps_a_ramp_and_transposed_doubling_places_its_kernel():
    """Pixel j of the doubled map lies at (j - 1/2) / 2 of the small one; a transposed kernel is a Kronecker product."""
    ramp = torch.arange(8, dtype=torch.float64)[None, None, None].expand(1, 3, 8, 8)
    grown = doubling(3, "bilinear")(ramp)
    expected = ((torch.arange(16, dtype=torch.float64) - 0.5) / 2).clamp(0, 7).expand(1, 3, 16, 16)
    torch.testing.assert_close(grown, expected, rtol=0, atol=1e-12)

    learnt = doubling(1, "transposed").double()
    x = np.random.default_rng(3).normal(size=(5, 7))
    kernel, bias = learnt.weight.detach()[0, 0].numpy(), learnt.bias.detach().numpy()
    found = learnt(torch.from_numpy(x)[None, None]).detach()[0, 0].numpy()
    np.testing.assert_allclose(found, np.kron(x, kernel) + bias, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kind", "denoiser"), list(product(("fast", "paper"), ("none", "joint"))))
def test_only_a_network_with_dose_input_heeds_the_dose(kind, denoiser):
    """Segmenter and denoiser alike: a dose-blind one gives the very same at any dose."""
    image = torch.rand(1, 1, 16, 16, dtype=torch.float64)
    for dose_input in (True, False):
        network = lively(NetworkConfig(kind=kind, width=4, scales=2, dose_input=dose_input, denoiser=denoiser))
        parts = [network, network.segmented, *([network.denoised] if denoiser != "none" else [])]
        for part in parts:
            with torch.inference_mode():
                low, high = (part(image, torch.tensor([dose])) for dose in (-1.0, 2.0))
            assert torch.equal(low, high) != dose_input


@pytest.mark.parametrize(("kind", "upsampling", "denoiser"), VARIANTS)
def test_a_shifted_image_gives_shifted_logits(kind, upsampling, denoiser):
    """Away from the edge, by the network's multiple."""
    network = lively(NetworkConfig(kind=kind, width=4, scales=2, upsampling=upsampling, denoiser=denoiser))
    step, ratio = network.multiple, network.output_binning // network.input_binning
    image = torch.rand(1, 1, 192, 192, dtype=torch.float64)
    with torch.inference_mode():
        here = network(image, torch.zeros(1))
        there = network(torch.roll(image, step, dims=-1), torch.zeros(1))
    middle = slice(88 // ratio, 104 // ratio)
    shifted = slice((88 + step) // ratio, (104 + step) // ratio)
    torch.testing.assert_close(there[..., middle, shifted], here[..., middle, middle], rtol=0, atol=1e-11)


@pytest.mark.parametrize(("kind", "upsampling", "denoiser"), VARIANTS)
def test_symmetric_kernels_give_the_mirror_image_of_a_mirror_image(kind, upsampling, denoiser):
    """Padding, halving and doubling are the same from both sides, edges included: none shifts the map."""
    network = lively(NetworkConfig(kind=kind, width=4, scales=2, upsampling=upsampling, denoiser=denoiser))
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 4:
                parameter.copy_((parameter + parameter.flip(-1)) / 2)
    image, dose = torch.rand(1, 1, 24, 40, dtype=torch.float64), torch.zeros(1)
    with torch.inference_mode():
        straight, mirrored = network(image, dose), network(image.flip(-1), dose)
    assert straight.std() > 1e-3
    torch.testing.assert_close(mirrored.flip(-1), straight, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("kind", "upsampling", "denoiser"), VARIANTS)
def test_every_parameter_takes_part(kind, upsampling, denoiser):
    """No dead branch, and the image is reached too, as saliency needs it. (Training mode hides biases.)"""
    network = lively(NetworkConfig(kind=kind, width=4, scales=3, upsampling=upsampling, denoiser=denoiser))
    image = torch.rand(2, 1, 32, 32, dtype=torch.float64, requires_grad=True)
    logits = network(image, torch.tensor([0.5, -0.5]))
    (logits * torch.randn_like(logits)).sum().backward()
    unreached = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert unreached == []
    assert (image.grad != 0).double().mean() > 0.9


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_a_denoiser_hands_an_image_of_the_same_size_to_the_segmenter(kind):
    network = lively(NetworkConfig(kind=kind, width=4, scales=2, denoiser="separate"))
    image, dose = torch.rand(2, 1, 16, 24, dtype=torch.float64), torch.zeros(2)
    with torch.inference_mode():
        denoised = network.denoised(image, dose)
        assert denoised.shape == image.shape
        assert torch.equal(network(image, dose), network.segmented(denoised, dose))
    plain = build_network(NetworkConfig(kind=kind, width=4, scales=2))
    assert plain.denoised(image, dose) is image


def test_a_network_in_words_tells_what_is_unusual():
    assert in_words(NetworkConfig()) == "fast network of width 32 and 4 scales"
    unusual = NetworkConfig(upsampling="transposed", denoiser="joint", dose_input=False)
    assert in_words(unusual) == (
        "fast network of width 32 and 4 scales (transposed upsampling, joint denoiser, blind to the dose)"
    )


def test_a_description_names_every_parameter():
    told = description(NetworkConfig(kind="paper", width=16, scales=6, dose_input=False))
    assert sum(block["parameters"] for block in told["blocks"]) == told["parameters"] == 1_175_563
    assert (told["input_pixel_pm"], told["output_pixel_pm"], told["multiple_px"]) == (5.3, 21.2, 64)
