"""The learning rate of each schedule, and that every schedule and optimiser goes on exactly where it was paused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training_toys import write_spots

from segdepth_app.config import NetworkConfig, TrainConfig
from segdepth_app.errors import InputError
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training.run import run
from segdepth_app.training.runs import read_metrics
from segdepth_app.training.schedule import plateau_rate


class PausesAfter(Reporter):
    """Pauses once it was asked n times: once after every step, once more after every epoch."""

    def __init__(self, n: int) -> None:
        self.n = n

    def command(self) -> Command | None:
        self.n -= 1
        return Command.PAUSE if self.n <= 0 else None


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    return write_spots(tmp_path_factory.mktemp("data") / "spots.h5", splits=("train",) * 3 + ("validation",))


@pytest.fixture
def config(dataset, tmp_path) -> TrainConfig:
    """Five epochs of three steps, at a rate that often makes things worse."""
    return TrainConfig(
        dataset=dataset,
        out=tmp_path / "run",
        network=NetworkConfig(width=4, scales=2),
        batch_size=2,
        crop_px=32,
        steps_per_epoch=3,
        max_epochs=5,
        learning_rate=0.05,
        plateau_epochs=1,
        threads=1,
        device="cpu",
    )


def changed(config: TrainConfig, **changes: object) -> TrainConfig:
    return TrainConfig.model_validate({**config.model_dump(), **changes})


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_a_plateau_halves_the_rate_as_torchs_own_scheduler_does(patience):
    """ReduceLROnPlateau waits until *more* than its patience is over: one less of it is ours."""
    losses = np.random.default_rng(3).uniform(1, 2, 60).tolist()
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.4)
    oracle = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=patience - 1, threshold=0, min_lr=0.004, eps=0
    )
    for n in range(1, len(losses) + 1):
        oracle.step(losses[n - 1])
        assert plateau_rate(losses[:n], highest=0.4, patience=patience) == pytest.approx(
            optimizer.param_groups[0]["lr"], rel=1e-12
        )
    assert optimizer.param_groups[0]["lr"] < 0.4


def test_each_schedule_is_written_into_the_metrics(config, tmp_path):
    rates = {}
    for schedule in ("cosine", "plateau", "constant"):
        out = tmp_path / schedule
        run(changed(config, schedule=schedule, out=out), Reporter())
        rates[schedule] = read_metrics(out)["learning_rate"]
    assert rates["constant"].tolist() == [0.05] * 5
    assert (np.diff(rates["cosine"]) < 0).all()
    losses = read_metrics(tmp_path / "plateau")["val_loss"]
    falls = np.concatenate([[True], losses[1:] < np.minimum.accumulate(losses)[:-1]])
    # the rate of an epoch is that of its last step, so of the losses before it
    expected = 0.05 * 0.5 ** np.concatenate([[0], np.cumsum(~falls)[:-1]])
    np.testing.assert_allclose(rates["plateau"], expected)


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
@pytest.mark.parametrize("schedule", ["cosine", "plateau", "constant"])
def test_every_schedule_and_optimiser_resumes_exactly(config, tmp_path, schedule, optimizer):
    """Paused within the fourth epoch; the same bits as without a pause."""
    config = changed(config, schedule=schedule, optimizer=optimizer)
    whole = changed(config, out=tmp_path / "whole")
    run(whole, Reporter())
    # an epoch asks three times: after two steps, and after its validation
    assert run(config, PausesAfter(11)) == "paused"
    assert len(read_metrics(config.out)["epoch"]) == 3
    run(changed(config, resume=True), Reporter())
    one, two = (load_file(each.out / "model.safetensors") for each in (config, whole))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert read_metrics(config.out)["learning_rate"].tolist() == read_metrics(whole.out)["learning_rate"].tolist()


def test_the_decay_of_adam_is_part_of_the_gradient(config, tmp_path):
    """With a strong decay the two optimisers part ways; without one they are the same."""
    weights = {}
    for decay in (0.0, 0.5):
        for optimizer in ("adam", "adamw"):
            out = tmp_path / f"{optimizer}{decay}"
            run(changed(config, optimizer=optimizer, weight_decay=decay, max_epochs=1, out=out), Reporter())
            weights[optimizer, decay] = load_file(out / "model.safetensors")["encoder.0.0.weight"]
    assert torch.equal(weights["adam", 0.0], weights["adamw", 0.0])
    assert not torch.allclose(weights["adam", 0.5], weights["adamw", 0.5], rtol=1e-3)


def test_a_run_is_not_resumed_with_another_optimiser(config):
    run(config, PausesAfter(5))
    with pytest.raises(InputError, match=r"other settings \(optimizer\)"):
        run(changed(config, resume=True, optimizer="adam"), Reporter())
