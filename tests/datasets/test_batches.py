"""Crops with fresh noise: their statistics, their symmetry, and that they depend on (seed, epoch, step) alone."""

import numpy as np
import pytest
from training_toys import write_spots

from segdepth_app.config import LabelConfig
from segdepth_app.datasets.batches import CropSource, log_dose, middle_dose, noisy
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError

FAST = {"labels": LabelConfig(), "input_binning": 4, "output_binning": 4, "multiple": 8}
PAPER = {"labels": LabelConfig(), "input_binning": 1, "output_binning": 4, "multiple": 8}
STEP = {"seed": 5, "epoch": 2, "step": 1, "size": 3, "crop_px": 32, "dose_range": (0.8, 8.0)}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Spots stored at 21.2 pm."""
    with Dataset(write_spots(tmp_path_factory.mktemp("data") / "spots.h5")) as opened:
        yield opened


@pytest.fixture(scope="module")
def fine_dataset(tmp_path_factory):
    """Spots stored at 5.3 pm."""
    path = tmp_path_factory.mktemp("data") / "fine.h5"
    with Dataset(write_spots(path, shape=(96, 128), binning=1, splits=("train", "validation"))) as opened:
        yield opened


def test_a_batch_depends_on_seed_epoch_and_step_alone(dataset):
    one, two = (CropSource(dataset, "train", **FAST) for _ in range(2))
    one.batch(**{**STEP, "step": 0})
    for a, b in zip(one.batch(**STEP), two.batch(**STEP), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("change", [{"seed": 6}, {"epoch": 3}, {"step": 2}])
def test_noise_is_fresh_at_every_step_of_every_epoch(dataset, change):
    source = CropSource(dataset, "train", **FAST)
    assert not np.array_equal(source.batch(**STEP).image, source.batch(**{**STEP, **change}).image)


def test_every_image_comes_up_once_in_an_epoch(dataset):
    source = CropSource(dataset, "train", **FAST)
    rows = np.concatenate([source._rows(1, 0, step, 2) for step in range(3)])
    assert sorted(rows.tolist()) == list(range(6))


def test_noise_has_the_mean_and_variance_of_counts():
    """Counts of mean m have variance m; in units of the vacuum level v: mean c, variance c / v."""
    clean = np.full((400, 400), 1.5, np.float32)
    image = noisy(clean, 40.0, np.random.default_rng(0))
    # 160,000 pixels: the mean is good to 0.0005, the variance to 0.35 %; five times that
    assert image.mean() == pytest.approx(1.5, abs=0.0025)
    assert image.var() == pytest.approx(1.5 / 40, rel=0.018)
    np.testing.assert_allclose(image * 40, np.rint(image * 40), atol=1e-4)


def test_the_network_pixel_gets_the_dose_of_all_its_reference_pixels(dataset):
    """λ = 2.5 on a 4 × 4 pixel: steps of 1 / 40 of vacuum."""
    source = CropSource(dataset, "train", **FAST)
    image = source.batch(**{**STEP, "dose_range": (2.5, 2.5)}).image
    np.testing.assert_allclose(image * 40, np.rint(image * 40), atol=1e-3)


def test_doses_fill_the_range_evenly_in_their_logarithm(dataset):
    source = CropSource(dataset, "train", **FAST)
    told = source.batch(**{**STEP, "size": 400}).log_dose
    low, high = log_dose([0.8, 8.0], 5.3)
    share = (told - low) / (high - low)
    assert 0 <= share.min() < 0.02 < 0.98 < share.max() <= 1
    assert share.mean() == pytest.approx(0.5, abs=0.06)  # four standard errors of a uniform mean


def test_the_network_is_told_electrons_per_square_angstrom():
    """2.5 electrons per 5.3 pm pixel are 890 per Å²."""
    assert np.exp(log_dose(2.5, 5.3)) * 100 == pytest.approx(890.0, rel=1e-4)


def test_images_and_labels_are_cut_and_mirrored_alike(dataset):
    """On the plateau of a label the image is brighter by about 0.4 per atom, wherever the crop came from."""
    source = CropSource(dataset, "train", **FAST)
    for step in range(6):
        batch = source.batch(**{**STEP, "step": step, "dose_range": (5000.0, 5000.0)})
        certain = batch.weight > 0.9
        height = batch.image[:, 0][certain] - 1
        assert np.corrcoef(height, batch.depth[certain])[0, 1] > 0.98


def test_images_read_one_by_one_are_the_same(dataset):
    in_memory = CropSource(dataset, "train", **FAST)
    from_file = CropSource(dataset, "train", **FAST, memory_limit_bytes=0)
    assert from_file._stored is None
    for a, b in zip(in_memory.batch(**STEP), from_file.batch(**STEP), strict=True):
        np.testing.assert_array_equal(a, b)


def test_fine_images_are_summed_for_the_fast_network(fine_dataset):
    source = CropSource(fine_dataset, "train", **FAST)
    stored = fine_dataset.image(int(source.indices[0]))
    by_hand = np.array([[stored[y : y + 4, x : x + 4].mean() for x in range(0, 128, 4)] for y in range(0, 96, 4)])
    np.testing.assert_allclose(source.clean(0), by_hand, rtol=1e-3)  # float16 holds 11 bits


def test_the_papers_network_gets_fine_images_and_coarse_labels(fine_dataset):
    batch = CropSource(fine_dataset, "train", **PAPER).batch(**{**STEP, "dose_range": (4000.0, 4000.0)})
    assert batch.image.shape == (3, 1, 32, 32)
    assert batch.depth.shape == batch.weight.shape == (3, 8, 8)
    coarse = batch.image[:, 0].reshape(3, 8, 4, 8, 4).mean(axis=(2, 4))
    certain = batch.weight > 0.9
    assert np.corrcoef(coarse[certain], batch.depth[certain])[0, 1] > 0.98


def test_the_papers_network_refuses_summed_images(dataset):
    with pytest.raises(DatasetError, match=r"21\.2 pm.*5\.3 pm"):
        CropSource(dataset, "train", **PAPER)


def test_a_split_without_images_is_refused(tmp_path):
    with (
        Dataset(write_spots(tmp_path / "d.h5", splits=("train",))) as dataset,
        pytest.raises(DatasetError, match="valid"),
    ):
        CropSource(dataset, "validation", **FAST)


def test_images_smaller_than_the_network_needs_are_refused(dataset):
    with pytest.raises(DatasetError, match="64 × 64"):
        CropSource(dataset, "train", **{**FAST, "multiple": 128})


@pytest.mark.parametrize(("wanted", "edge"), [(32, 32), (30, 24), (500, 64), (3, 8)])
def test_crops_suit_image_and_network(dataset, wanted, edge):
    assert CropSource(dataset, "train", **FAST).crop_edge(wanted) == edge


def test_validation_images_have_fixed_noise(dataset):
    source = CropSource(dataset, "validation", **FAST)
    one, two = (list(source.whole_images(dose_e_per_px=2.5, seed=1)) for _ in range(2))
    assert len(one) == 2
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
    assert not np.array_equal(one[0].image, one[1].image)


def test_a_limited_validation_takes_images_from_the_whole_split(dataset):
    source = CropSource(dataset, "train", **FAST)
    chosen = list(source.whole_images(dose_e_per_px=2.5, seed=1, limit=2))
    np.testing.assert_array_equal(chosen[0].counts, dataset.columns(0)["count"])
    np.testing.assert_array_equal(chosen[1].counts, dataset.columns(2)["count"])


def test_the_class_prior_is_a_distribution_that_follows_the_columns(dataset):
    source = CropSource(dataset, "train", **FAST)
    prior = np.array(source.class_prior())
    counts = np.concatenate([dataset.columns(s)["count"] for s in (0, 1, 2)])
    shares = np.bincount(counts, minlength=11)[1:] + 0.5
    assert prior.sum() == pytest.approx(1)
    np.testing.assert_allclose(prior[1:] / prior[1:].sum(), shares / shares.sum())
    assert 0.1 < prior[0] < 0.9


@pytest.mark.parametrize(("low", "high", "middle"), [(0.8, 8, 2.5), (4, 9, 6), (2.5, 2.5, 2.5)])
def test_validation_takes_the_papers_dose_or_the_middle_of_the_range(low, high, middle):
    assert middle_dose(low, high) == pytest.approx(middle)
