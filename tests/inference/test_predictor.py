"""The way from a frame to probabilities: grids, padding, tiles, dose, temperature, mirror."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from inference_toys import DOSE, PIXEL_PM, toy_counts, toy_model

from segdepth_app.errors import SegDepthError, SeriesError
from segdepth_app.inference.predictor import (
    Predictor,
    check_pixel_size,
    fitness_warnings,
    geometry,
    reference_dose,
)
from segdepth_app.inference.tiling import halo_px, tiles


def toy_image(shape=(132, 180)):
    return toy_counts(1, shape)[0].astype(np.float32) / DOSE


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_an_aligned_image_gives_what_the_network_itself_gives(kind):
    """128 × 192 px at 5.3 pm need neither padding nor cutting; blocks of 4 × 4 are summed by hand."""
    model = toy_model(kind)
    image = toy_image((128, 192))

    found = Predictor(model).predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)

    inputs = image.reshape(32, 4, 48, 4).mean(axis=(1, 3)) if kind == "fast" else image
    told = np.log(DOSE / 0.053**2 / 100)
    # the temperature runs from 1.5 at 0.8 to 1 at 8 e/px, linear in the logarithm: half a decade is a half
    temperature = 1.5 - 0.5 * np.log10(DOSE / 0.8)
    with torch.inference_mode():
        logits = model.network(torch.from_numpy(inputs)[None, None], torch.tensor([told], dtype=torch.float32))
    expected = torch.softmax(logits[0] / temperature, dim=0).numpy()
    assert found.shape == (11, 32, 48)
    # float32 and another order of sums
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_padding_changes_nothing_far_from_the_padded_edges():
    model = toy_model()
    image = toy_image((400, 400))
    cut = image[:390, :394]

    whole, part = (Predictor(model).predict(i, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE) for i in (image, cut))

    assert part.shape == (11, 97, 98)
    reach = halo_px(model.network)
    np.testing.assert_allclose(part[:, : 97 - reach, : 98 - reach], whole[:, : 97 - reach, : 98 - reach], atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "denoiser", "shape", "halos"),
    [
        ("fast", "none", (1100, 520), 4),
        ("fast", "none", (777, 1203), 5),
        ("fast", "none", (131, 1500), 4),
        ("fast", "separate", (1100, 520), 4),
        ("paper", "none", (312, 240), 4),
        ("paper", "none", (331, 263), 5),
    ],
)
def test_tiles_agree_with_the_whole_image(kind, denoiser, shape, halos):
    """Odd shapes too, to the borders; 1e-4 is asked for, rounding gives 1e-5: the halo is the network's reach."""
    model = toy_model(kind, denoiser=denoiser)
    image = toy_image(shape)
    whole, tiled = Predictor(model), Predictor(model)
    tiled.tile = halos * halo_px(model.network)
    n_tiles = len(list(tiles(*(n // model.network.input_binning for n in shape), edge=tiled.tile, halo=32)))
    assert n_tiles > 1

    a, b = (p.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE) for p in (whole, tiled))

    np.testing.assert_allclose(b, a, atol=1e-5)


def test_tiles_of_a_turned_grid_agree_with_the_whole():
    model = toy_model()
    image = toy_image((700, 540))
    settings = {"pixel_size_pm": PIXEL_PM, "dose_e_per_px": DOSE, "rotation_deg": 27.0}
    whole, tiled = Predictor(model, mirror=True), Predictor(model, mirror=True)
    tiled.tile = 4 * halo_px(model.network)

    np.testing.assert_allclose(tiled.predict(image, **settings), whole.predict(image, **settings), atol=1e-5)


def test_cores_of_tiles_cover_every_pixel_once():
    seen = np.zeros((200, 340), int)
    for tile in tiles(200, 340, edge=128, halo=32):
        seen[tile.core_y0 : tile.core_y1, tile.core_x0 : tile.core_x1] += 1
        assert tile.y1 - tile.y0 <= 128
        assert tile.x0 % 32 == tile.y0 % 32 == 0

    assert np.all(seen == 1)


@pytest.mark.parametrize(("denoiser", "at_least"), [("none", 4), ("joint", 28)])
def test_nothing_beyond_the_halo_reaches_an_output(denoiser, at_least):
    """Changing one input pixel changes outputs within the halo only, and some of them; 28 is one network's halo."""
    model = toy_model(scales=2, denoiser=denoiser)
    model.network.double()
    reach = halo_px(model.network)
    image = torch.rand(1, 1, 192, 192, dtype=torch.float64)
    changed = image.clone()
    changed[..., 96, 96] += 100
    told = torch.tensor([0.0], dtype=torch.float64)

    with torch.inference_mode():
        difference = (model.network(image, told) - model.network(changed, told)).abs().amax((0, 1)).numpy()

    rows = np.abs(np.argwhere(difference > 0) - 96)
    assert at_least < rows.max() <= reach


def test_mirror_averaging_makes_the_answer_symmetric():
    model = toy_model()
    image = toy_image((128, 160))
    predictor = Predictor(model, mirror=True)

    a = predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)
    b = predictor.predict(image[:, ::-1], pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)
    alone = Predictor(model).predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)

    np.testing.assert_allclose(b[..., ::-1], a, atol=1e-6)
    np.testing.assert_allclose(a.sum(axis=0), 1, atol=1e-5)
    assert np.abs(a - alone).max() > 1e-3


def test_the_halves_together_are_the_whole_and_batches_are_single_images():
    """Three different images at once, as on a GPU, and the mean of their inputs as a sum of frames."""
    model = toy_model()
    images = toy_counts(3, (132, 180)).astype(np.float32) / DOSE
    predictor = Predictor(model)

    inputs = predictor.inputs(images, pixel_size_pm=PIXEL_PM)
    together = predictor.log_probabilities(images, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)

    assert inputs.shape == (3, 33, 45)
    for index in range(3):
        alone = predictor.predict(images[index], pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)
        np.testing.assert_allclose(np.exp(together[index]), alone, atol=1e-6)
    summed = predictor.from_inputs(inputs.mean(0, keepdim=True), pixel_size_pm=PIXEL_PM, dose_e_per_px=3 * DOSE)
    expected = predictor.predict(images.mean(axis=0), pixel_size_pm=PIXEL_PM, dose_e_per_px=3 * DOSE)
    np.testing.assert_allclose(np.exp(summed[0]), expected, atol=1e-5)


def test_several_images_go_through_in_the_passes_the_memory_allows():
    predictor = Predictor(toy_model())
    predictor.tile = 256
    piece = torch.zeros(7, 1, 128, 160)

    assert [len(part) for _, part in predictor._passes(piece)] == [1] * 7
    predictor.device = torch.device("cuda")
    # 256² values hold three images of 128 × 160
    assert [(start, len(part)) for start, part in predictor._passes(piece)] == [(0, 3), (3, 3), (6, 1)]


@pytest.mark.parametrize("angle", [90.0, 180.0])
def test_a_turned_frame_gives_what_the_frame_turned_by_hand_gives(angle):
    """Quarter turns move no electron between grid pixels, so both ways agree to rounding."""
    predictor = Predictor(toy_model())
    image = toy_image((128, 192))
    turned = np.ascontiguousarray(np.rot90(image, -int(angle) // 90))
    settings = {"pixel_size_pm": PIXEL_PM, "dose_e_per_px": DOSE}

    found = predictor.predict(image, **settings, rotation_deg=angle)

    np.testing.assert_allclose(found, predictor.predict(turned, **settings), atol=1e-5)
    assert predictor.output_grid(128, 192, PIXEL_PM, angle).shape == found.shape[1:]


def test_shifts_are_per_image():
    """Frame 1 holds what frame 0 holds, 8 px further down and 4 to the left."""
    predictor = Predictor(toy_model())
    image = toy_image((160, 200))
    moved = np.roll(image, (8, -4), axis=(0, 1))

    inputs = predictor.inputs(
        np.stack([image, moved]), pixel_size_pm=PIXEL_PM, shifts=np.array([[0.0, 0.0], [8.0, -4.0]])
    )

    np.testing.assert_array_equal(inputs[1][:-2, 1:], inputs[0][:-2, 1:])
    # where the second recorded nothing there is vacuum
    assert (inputs[1][-2:] == 1).all()
    assert (inputs[1][:, 0] == 1).all()


@pytest.mark.parametrize(("kind", "shape"), [("fast", (324, 280)), ("paper", (160, 132))])
def test_channels_last_changes_nothing_but_the_time(kind, shape):
    """Results agree to 1e-5 with a network in the usual layout."""
    image = toy_image(shape)
    settings = {"pixel_size_pm": PIXEL_PM, "dose_e_per_px": DOSE}
    fast, usual = (Predictor(toy_model(kind, width=8)) for _ in range(2))
    usual.network.to(memory_format=torch.contiguous_format)

    assert layout(fast) != layout(usual)
    np.testing.assert_allclose(fast.predict(image, **settings), usual.predict(image, **settings), atol=1e-5)


def layout(predictor):
    """How the last 3 × 3 convolution's weights lie in memory."""
    modules = [m for m in predictor.network.modules() if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3)]
    return modules[-1].weight.stride()


def test_half_precision_is_for_gpus_and_close():
    """On a CPU auto means float32. bfloat16, which CPUs have, rounds worse than a GPU's float16."""
    model = toy_model()
    image = toy_image((256, 256))
    predictor = Predictor(model)
    assert predictor.precision == "float32"
    exact = predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)

    predictor.half = torch.bfloat16
    assert predictor.precision == "bfloat16"
    rounded = predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)

    assert rounded.dtype == np.float32
    assert 1e-5 < np.abs(rounded - exact).mean() < 0.01
    np.testing.assert_allclose(rounded.sum(axis=0), 1, atol=1e-5)


def test_what_overflows_in_half_precision_is_computed_in_float32():
    """float16 ends at 65,504; the first convolution goes beyond it here, the last one comes back."""
    model = toy_model()
    with torch.no_grad():
        convolutions = [m for m in model.network.modules() if isinstance(m, torch.nn.Conv2d)]
        convolutions[0].weight.mul_(3e5)
        norms = [m for m in model.network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        norms[0].running_var.mul_(9e10)
    predictor = Predictor(model)
    image = toy_image((128, 128))
    expected = predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)

    predictor.half = torch.float16
    found = predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)

    np.testing.assert_array_equal(found, expected)
    assert predictor.precision == "float16"


def test_a_coarser_file_is_brought_to_the_model_s_pixel():
    """The same picture binned 2 × 2 (10.6 pm, four times the dose a pixel) is the same for the model."""
    model = toy_model()
    image = toy_image((128, 160))
    binned = image.reshape(64, 2, 80, 2).mean(axis=(1, 3))

    a = Predictor(model).predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)
    b = Predictor(model).predict(binned, pixel_size_pm=2 * PIXEL_PM, dose_e_per_px=4 * DOSE)

    np.testing.assert_allclose(b, a, atol=1e-5)


def test_grids_of_file_and_model():
    found = geometry(toy_model("paper").card, 10.6)

    assert (found.input_scale, found.output_scale, found.ratio) == (0.5, 2.0, 4)


def test_dose_per_reference_pixel():
    """Pixels twice as wide hold four times the electrons."""
    assert reference_dose(7.32, 10.6, toy_model().card) == pytest.approx(1.83)


def test_too_coarse_pixels_are_refused_with_numbers():
    with pytest.raises(SeriesError, match=r"12 pm per pixel.*5\.3 pm.*10\.07 pm"):
        check_pixel_size(toy_model("paper").card, 12)


@pytest.mark.parametrize(
    ("pixel_size_pm", "dose", "expected"), [(5.3, 2.5, 0), (5.3, 20, 1), (5.3, 0.1, 1), (30, 2.5 * 32, 1)]
)
def test_what_the_model_was_not_trained_for_is_said(pixel_size_pm, dose, expected):
    assert len(fitness_warnings(toy_model().card, pixel_size_pm=pixel_size_pm, dose_e_per_px=dose)) == expected


def test_a_frame_smaller_than_an_output_pixel_is_refused():
    with pytest.raises(SeriesError, match="smaller than one"):
        Predictor(toy_model()).predict(np.ones((3, 50), np.float32), pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)


def test_values_that_are_not_finite_are_never_given_out():
    image = toy_image()
    image[40, 40] = np.nan

    with pytest.raises(SegDepthError, match="not finite"):
        Predictor(toy_model()).predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)


def test_when_memory_runs_out_the_tile_is_halved_once():
    model = toy_model()
    image = toy_image((1200, 1200))
    expected = Predictor(model).predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)
    predictor = Predictor(model)
    network, sizes = predictor.network, []

    class Full(torch.nn.Module):
        """Stands for a GPU that holds 200 px a side."""

        config, multiple = network.config, network.multiple
        input_binning, output_binning = network.input_binning, network.output_binning
        limit = 260

        def forward(self, image, told):
            sizes.append(max(image.shape[-2:]))
            if sizes[-1] > self.limit:
                raise torch.cuda.OutOfMemoryError
            return network(image, told)

    predictor.network = Full()
    found = predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert sizes[0] == 300
    assert max(sizes[1:]) <= 256

    Full.limit = 100
    with pytest.raises(SegDepthError, match="too little memory"):
        predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)


def test_threads_that_wait_sleep_unless_the_user_says_otherwise():
    """The OpenMP runtime reads the variable when torch is loaded, so it must be set before that."""
    code = (
        "import os, sys\n"
        "import segdepth_app.inference\n"
        "assert 'torch' not in sys.modules\n"
        "sys.stdout.write(os.environ['OMP_WAIT_POLICY'])"
    )
    bare = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}

    def policy(environment):
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout

    assert policy(bare) == "PASSIVE"
    assert policy({**bare, "OMP_WAIT_POLICY": "ACTIVE"}) == "ACTIVE"
