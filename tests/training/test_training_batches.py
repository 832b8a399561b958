"""Batches made ahead and batches cut in parts: the same numbers, whoever makes them."""

import threading

import numpy as np
import pytest
import torch
from training_toys import write_spots

from segdepth_app.config import LabelConfig, NetworkConfig, TrainConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.models.card import read_card
from segdepth_app.reporting import Reporter
from segdepth_app.training.batches import TrainBatches, ahead, cut_batch
from segdepth_app.training.place import Place
from segdepth_app.training.run import run
from segdepth_app.training.sources import open_sources
from segdepth_app.training.team import Team
from segdepth_app.training.trainer import usable_precision


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    dataset = write_spots(tmp_path / "spots.h5", splits=("train",) * 3 + ("validation",))
    return TrainConfig(
        dataset=dataset,
        out=tmp_path / "run",
        network=NetworkConfig(width=4, scales=2),
        batch_size=5,
        crop_px=32,
        steps_per_epoch=4,
        max_epochs=1,
        threads=1,
        device="cpu",
    )


@pytest.mark.parametrize("n_makers", [0, 1, 3])
def test_batches_made_ahead_come_in_order(n_makers):
    assert list(ahead(lambda number: number**2, range(3, 9), n_makers)) == [n**2 for n in range(3, 9)]


def test_no_more_is_made_than_the_makers_can_hold():
    """One that is being taken, and one each in their hands: else a fast maker would fill the memory."""
    made, begun = [], threading.Semaphore(0)

    def make(number: int) -> int:
        made.append(number)
        begun.release()
        return number

    batches = ahead(make, range(100), 2)
    next(batches)
    for _ in range(3):
        assert begun.acquire(timeout=60)
    assert len(made) == 3
    batches.close()


def test_a_fault_in_a_maker_reaches_the_training():
    with pytest.raises(ZeroDivisionError):
        list(ahead(lambda number: 1 // (number - 2), range(5), 2))


@pytest.mark.parametrize("n_makers", [1, 3])
def test_batches_made_ahead_are_the_same(config, n_makers):
    with Dataset(config.dataset) as dataset:
        source, _ = open_sources(dataset, config)
        one, other = (list(TrainBatches(source, config, Place(step=1), 4, n_makers=n)) for n in (0, n_makers))
    assert len(one) == len(other) == 3
    for a, b in zip(one, other, strict=True):
        assert a.share == b.share == 1.0
        assert all(torch.equal(x, y) for x, y in zip(a.batch[:4], b.batch[:4], strict=True))


@pytest.mark.parametrize("by_weight", [True, False])
def test_parts_make_up_the_whole_and_their_shares_its_mean(config, by_weight):
    """The mean of share × (sum over part / weight of part) is the sum over all / weight of all."""
    with Dataset(config.dataset) as dataset:
        source, _ = open_sources(dataset, config)
        parts = {
            (rank, n): part
            for rank in range(2)
            for n, part in enumerate(TrainBatches(source, config, Place(), 1, team=Team(rank, 2), n_parts=2))
        }
        (whole,) = TrainBatches(source, config, Place(), 1)
        numpy_batch = source.batch(seed=config.seed, epoch=0, step=0, size=5, crop_px=32, dose_range=(0.8, 8.0))
    assert torch.equal(torch.cat([part.batch.image for part in parts.values()]), whole.batch.image)
    cut = cut_batch(numpy_batch, 4, by_weight=by_weight)
    per_pixel = torch.rand(whole.batch.depth.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    weight = whole.batch.weight.double() if by_weight else torch.ones_like(per_pixel)
    means, first = [], 0
    for part in cut:
        rows = slice(first, first + len(part.batch.image))
        means.append(part.share * float((per_pixel[rows] * weight[rows]).sum() / weight[rows].sum()))
        first = rows.stop
    assert np.mean(means) == pytest.approx(float((per_pixel * weight).sum() / weight.sum()), rel=1e-6)


def test_the_shape_of_the_rings_reaches_the_training_and_the_card(config):
    """A plateau over the whole disc has more pixels with the full count, and the card says so."""
    wide = config.model_copy(update={"labels": LabelConfig(plateau_share=1.0, heavy_radius_pm=100.0)})
    with Dataset(config.dataset) as dataset:
        full = []
        for each in (config, wide):
            (part,) = TrainBatches(open_sources(dataset, each)[0], each, Place(step=3), 4)
            full.append(float((part.batch.depth > 0).float().mean()))
    assert full[1] > 1.1 * full[0]
    run(wide, Reporter())
    assert read_card(wide.out / "model.safetensors").labels == wide.labels


@pytest.mark.parametrize("dose", [0.7, 2.5])
def test_a_fixed_dose_is_the_same_for_every_crop(config, dose):
    """λ of low = high, told and drawn: counts over 16 λ, for a pixel of the fast network sums 16."""
    fixed = config.model_copy(update={"dose_low_e_per_px": dose, "dose_high_e_per_px": dose})
    with Dataset(config.dataset) as dataset:
        (part,) = TrainBatches(open_sources(dataset, fixed)[0], fixed, Place(step=3), 4)
    assert len(set(part.batch.log_dose.tolist())) == 1
    counts = part.batch.image.double() * 16 * dose
    torch.testing.assert_close(counts, counts.round(), rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("wanted", "device", "has_bf16", "taken"),
    [
        ("32", "cuda", True, "32"),
        ("bf16", "cuda", True, "bf16"),
        ("bf16", "cuda", False, "32"),
        ("16", "cuda", False, "16"),
        ("16", "cpu", True, "32"),
        ("bf16", "cpu", True, "bf16"),
        ("bf16", "cpu", False, "32"),
    ],
)
def test_only_what_the_hardware_has_is_taken(wanted, device, has_bf16, taken, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_bf16)
    monkeypatch.setattr("segdepth_app.training.trainer.cpu_has_bf16", lambda: has_bf16)
    assert usable_precision(wanted, torch.device(device)) == taken
