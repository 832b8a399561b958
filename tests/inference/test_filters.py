"""Filters for changes, against finite differences and the ideal filter of a network that is one."""

import numpy as np
import pytest
import torch
from inference_toys import DOSE, PIXEL_PM, toy_counts, toy_model

from segdepth_app.inference.columns import Sites
from segdepth_app.inference.filters import REACH_PM, Images, column_filters
from segdepth_app.inference.predictor import Predictor
from segdepth_app.models.gradient import odds_gradients


def toy_sites(x, y):
    return Sites(np.asarray(x, float), np.asarray(y, float), np.full(len(x), 8), None)


def made(kind="fast", always=None, sites=None):
    """Filters of the toy model at some result pixels, the mean of its inputs, and the condition."""
    predictor = Predictor(toy_model(kind))
    images = toy_counts(3).astype(np.float32) / DOSE
    mean = predictor.inputs(images, pixel_size_pm=PIXEL_PM).mean(dim=0)
    sites = toy_sites([30.0, 22.0], [15.0, 20.0]) if sites is None else sites
    shape = predictor.output_grid(*images.shape[1:], PIXEL_PM).shape
    discs = sites.discs(shape, predictor.card)
    always = np.ones(shape, bool) if always is None else always
    told = predictor.condition(8 * DOSE, PIXEL_PM)
    found = column_filters(predictor, mean, sites, discs, always, told).toarray()
    return found.reshape(-1, *mean.shape), mean, predictor, discs, told


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_gradients_of_the_odds_agree_with_finite_differences(kind):
    """Central differences in float64; steps of 1e-5 leave an error of about 1e-10."""
    network = toy_model(kind).network.double()
    images = torch.from_numpy(np.random.default_rng(3).normal(1, 0.3, (2, 1, 32, 32)))
    ratio = network.output_binning // network.input_binning
    plateaus = torch.zeros((2, 32 // ratio, 32 // ratio), dtype=torch.bool)
    plateaus[0, 3:5, 4] = plateaus[1, 5, 2:5] = True

    def odds(values, n):
        with torch.inference_mode():
            logs = torch.log_softmax(network(values, torch.full((2,), 0.7).double()) / 1.4, dim=1)[n][:, plateaus[n]]
        pooled = logs.mean(dim=1)
        best = int(pooled.argmax())
        return float(pooled[min(best + 1, 10)] - pooled[max(best - 1, 0)])

    gradients = odds_gradients(network, images, 0.7, 1.4, plateaus)

    for n in range(2):
        y, x = divmod(int(gradients[n].abs().argmax()), 32)
        above, below = images.clone(), images.clone()
        above[n, 0, y, x] += 1e-5
        below[n, 0, y, x] -= 1e-5
        assert float(gradients[n, y, x]) == pytest.approx((odds(above, n) - odds(below, n)) / 2e-5, rel=1e-5)


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_a_filter_stays_near_its_column_and_weighs_noise_alike(kind):
    """Poisson noise has the variance of the mean, over the dose: Σ w² · mean is 1 for all."""
    filters, mean, predictor, *_ = made(kind)

    ratio = predictor.card.output_binning // predictor.card.binning
    reach = REACH_PM / predictor.card.input_pixel_pm
    y, x = np.indices(mean.shape)
    for weights, (column, row) in zip(filters, ((30, 15), (22, 20)), strict=True):
        assert (weights**2 * mean.numpy()).sum() == pytest.approx(1, rel=1e-4)
        centre = (np.array([row, column]) + 0.5) * ratio - 0.5
        distance = np.hypot(y - centre[0], x - centre[1])
        assert not weights[distance > reach].any()
        assert (weights[distance < reach / 2] != 0).mean() > 0.9


def test_a_filter_is_the_gradient_of_the_whole_image():
    """Windows around columns see what the network sees of the column; their edges are out of its reach."""
    filters, mean, predictor, discs, told = made()
    padded = torch.nn.functional.pad(mean[None, None], (0, -mean.shape[1] % 4, 0, -mean.shape[0] % 4), mode="replicate")
    shape = padded.shape[-2:]

    for n, weights in enumerate(filters):
        plateau = np.zeros(shape, bool)
        plateau[: discs.shape[0], : discs.shape[1]] = discs == n
        whole = odds_gradients(predictor.network, padded, *told, torch.from_numpy(plateau)[None])[0].numpy()
        there = weights != 0
        expected = whole[: mean.shape[0], : mean.shape[1]][there]
        assert np.corrcoef(weights[there], expected)[0, 1] > 0.999


def test_columns_whose_surroundings_a_frame_lacks_have_no_filter():
    always = np.ones((33, 45), bool)
    always[:, 30:] = False

    filters, *_ = made(always=always, sites=toy_sites([30.0, 12.0], [15.0, 15.0]))

    assert not filters[0].any()
    assert filters[1].any()


def test_signals_are_the_filtered_frames_and_missing_ones_are_not_numbers():
    _, mean, predictor, discs, _ = made()
    always = np.ones(discs.shape, bool)
    always[:, 27:] = False
    inputs = predictor.inputs(toy_counts(3).astype(np.float32) / DOSE, pixel_size_pm=PIXEL_PM)
    sites, steps = toy_sites([30.0, 12.0], [15.0, 20.0]), []
    discs = sites.discs(discs.shape, predictor.card)

    images = Images(predictor, PIXEL_PM, DOSE, lambda frame: inputs[frame - 5])
    found = images.signals(sites, np.array([5, 6, 7]), discs=discs, always=always, step=lambda: steps.append(1))

    assert found.shape == (3, 2)
    assert len(steps) == 3
    assert np.isnan(found[:, 0]).all()
    told = predictor.condition(8 * DOSE, PIXEL_PM)
    weights = column_filters(predictor, mean, sites, discs, always, told).toarray()[1].reshape(mean.shape)
    # sums of some 250 float32 products
    np.testing.assert_allclose(found[:, 1], (inputs.numpy() * weights).sum(axis=(1, 2)), rtol=1e-4)
