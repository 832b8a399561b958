"""Denoiser and segmenter in training: what learns when and from what, and whole runs of both variants."""

from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional
from training_toys import write_spots

from segdepth_app.config import LabelConfig, NetworkConfig, TrainConfig, build
from segdepth_app.datasets.batches import CropSource
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import InputError
from segdepth_app.models.model_file import load_model
from segdepth_app.models.networks import build_network
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training.denoise import (
    begin_epoch,
    is_first_judged,
    needs_clean,
    stage_of,
    steps_of_stage,
    training_loss,
)
from segdepth_app.training.run import run
from segdepth_app.training.runs import read_metrics

STEP = {"seed": 5, "epoch": 2, "step": 1, "size": 6, "crop_px": 32, "dose_range": (2.0, 4.0)}


class Pauser(Reporter):
    """Asks for a pause once `after` steps and epochs were reported."""

    def __init__(self, after: int) -> None:
        self.after, self.asked = after, 0

    def command(self) -> Command | None:
        self.asked += 1
        return Command.PAUSE if self.asked >= self.after else None


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Six training and one validation specimen of bright spots."""
    return write_spots(tmp_path_factory.mktemp("data") / "spots.h5", splits=("train",) * 6 + ("validation",))


def settings(dataset, out, **changes) -> TrainConfig:
    """Two epochs of a denoiser and two of a segmenter, four steps each, unless `changes` say otherwise."""
    values = {
        "dataset": dataset,
        "out": out,
        "network": {"width": 4, "scales": 2, "denoiser": "separate"},
        "batch_size": 4,
        "crop_px": 32,
        "steps_per_epoch": 4,
        "max_epochs": 4,
        "denoise_epochs": 2,
        "learning_rate": 5e-3,
        "threads": 1,
        "device": "cpu",
    }
    return build(TrainConfig, {**values, **changes})


def joint(dataset, out, **changes) -> TrainConfig:
    """The same with both parts learning at once."""
    return settings(dataset, out, network={"width": 4, "scales": 2, "denoiser": "joint"}, **changes)


def toy_batch(seed: int = 0) -> SimpleNamespace:
    """A batch of random numbers with its clean image."""
    rng = torch.Generator().manual_seed(seed)
    return SimpleNamespace(
        image=torch.rand(3, 1, 16, 16, generator=rng) * 2,
        log_dose=torch.randn(3, generator=rng),
        depth=torch.randint(0, 11, (3, 16, 16), generator=rng),
        weight=torch.rand(3, 16, 16, generator=rng),
        clean=torch.rand(3, 1, 16, 16, generator=rng) * 2,
    )


def toy_network(denoiser: str):
    torch.manual_seed(3)
    return build_network(NetworkConfig(width=4, scales=2, denoiser=denoiser))


def gradients(network) -> dict[str, torch.Tensor | None]:
    return {name: parameter.grad for name, parameter in network.named_parameters()}


@pytest.mark.parametrize(
    ("denoiser", "epoch", "stage", "clean"),
    [
        ("none", 0, "whole", False),
        ("separate", 0, "denoise", True),
        ("separate", 1, "denoise", True),
        ("separate", 2, "segment", False),
        ("joint", 0, "joint", True),
        ("joint", 3, "joint", True),
    ],
)
def test_what_learns_follows_from_the_epoch(dataset, tmp_path, denoiser, epoch, stage, clean):
    config = settings(dataset, tmp_path, network={"denoiser": denoiser})
    assert stage_of(config, epoch) == stage
    assert needs_clean(config, epoch) == clean


@pytest.mark.parametrize(("max_epochs", "given", "expected"), [(60, 0, 20), (2, 0, 1), (10, 7, 7)])
def test_a_denoiser_gets_a_third_of_the_epochs_unless_told(dataset, tmp_path, max_epochs, given, expected):
    config = settings(dataset, tmp_path, max_epochs=max_epochs, denoise_epochs=given)
    assert config.denoising_epochs == expected
    assert joint(dataset, tmp_path, max_epochs=max_epochs, denoise_epochs=given).denoising_epochs == 0


@pytest.mark.parametrize(("max_epochs", "given"), [(4, 4), (4, 9), (1, 0)])
def test_a_segmenter_without_epochs_is_refused(dataset, tmp_path, max_epochs, given):
    with pytest.raises(InputError, match="leaves none for the segmenter"):
        settings(dataset, tmp_path, max_epochs=max_epochs, denoise_epochs=given)


def test_each_stage_has_a_schedule_of_its_own(dataset, tmp_path):
    """Four steps an epoch, two epochs and two."""
    config = settings(dataset, tmp_path)
    assert [steps_of_stage(config, n, 4) for n in (0, 7, 8, 15)] == [(0, 8), (7, 8), (0, 8), (7, 8)]
    assert [steps_of_stage(joint(dataset, tmp_path), n, 4) for n in (0, 8, 15)] == [(0, 16), (8, 16), (15, 16)]
    assert [is_first_judged(config, epoch) for epoch in range(4)] == [True, True, True, False]
    assert not is_first_judged(joint(dataset, tmp_path), 0)


@pytest.mark.parametrize(("epoch", "learning"), [(0, "denoiser"), (2, "segmenter")])
def test_only_one_part_of_a_separate_pair_learns(dataset, tmp_path, epoch, learning):
    """The other has no gradient at all, so weight decay does not touch it either."""
    network = toy_network("separate").train()
    training_loss(network, toy_batch(), settings(dataset, tmp_path), epoch).backward()
    learnt = {name for name, gradient in gradients(network).items() if gradient is not None}
    of_denoiser = {name for name, _ in network.named_parameters() if name.startswith("denoiser.")}
    everything = set(gradients(network))
    assert learnt == (of_denoiser if learning == "denoiser" else everything - of_denoiser)


def test_a_finished_denoiser_does_not_move_while_the_segmenter_learns(dataset, tmp_path):
    """Weights and batch statistics, through steps with weight decay; its answer is the one it gives in use."""
    network = toy_network("separate").train()
    network.denoised(toy_batch(1).image, toy_batch(1).log_dose)
    before = deepcopy(network.denoiser.state_dict())
    segmenter = deepcopy(network.head.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1, weight_decay=0.5)
    for seed in range(3):
        optimizer.zero_grad()
        training_loss(network, toy_batch(seed), settings(dataset, tmp_path), 2).backward()
        optimizer.step()
        network.train()
    after = network.denoiser.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not any(torch.equal(segmenter[name], value) for name, value in network.head.state_dict().items())


def test_together_each_part_learns_from_its_own_loss(dataset, tmp_path):
    """The denoiser's gradient is that of its squared error, the segmenter's that of the labels on a given image."""
    network, batch = toy_network("joint").train(), toy_batch()
    loss = training_loss(network, batch, joint(dataset, tmp_path), 0)
    loss.backward()
    found = gradients(network)

    apart = toy_network("joint").train()
    denoised = apart.denoiser(batch.image, batch.log_dose)
    squared = ((denoised - batch.clean) ** 2).mean()
    squared.backward()
    logits = apart.segmented(denoised.detach().clone(), batch.log_dose)
    each = functional.nll_loss(torch.log_softmax(logits, dim=1), batch.depth, reduction="none")
    labels = (each * batch.weight).sum() / batch.weight.sum()
    labels.backward()

    torch.testing.assert_close(loss, squared + labels)
    for name, expected in gradients(apart).items():
        # float32 sums in another order; biases before a normalisation have a gradient of rounding errors only
        torch.testing.assert_close(found[name], expected, rtol=1e-4, atol=1e-6, msg=name)


def test_a_segmenter_begins_with_the_averaged_denoiser(dataset, tmp_path):
    """Not before, and not its own weights with it; doing it twice changes nothing."""
    config = settings(dataset, tmp_path)
    network, average = toy_network("separate"), toy_network("separate")
    with torch.no_grad():
        for parameter in average.parameters():
            parameter.add_(1)
    own = deepcopy(network.state_dict())
    begin_epoch(network, average, config, 1)
    assert all(torch.equal(own[name], value) for name, value in network.state_dict().items())
    for epoch in (2, 3):
        begin_epoch(network, average, config, epoch)
        theirs = average.state_dict()
        for name, value in network.state_dict().items():
            assert torch.equal(value, theirs[name] if name.startswith("denoiser.") else own[name])


@pytest.mark.parametrize("on_a_scale", [False, True])
def test_a_clean_crop_is_what_the_noise_was_drawn_from(dataset, on_a_scale, monkeypatch):
    """At 10^8 electrons a pixel nothing but the mean is left; the noisy image is the same with and without it."""
    with Dataset(dataset) as open_dataset:
        source = CropSource(open_dataset, "train", labels=LabelConfig(), input_binning=4, output_binning=4, multiple=4)
    if on_a_scale:
        monkeypatch.setattr(source, "scale", type(source.scale)((0.5, 2.0), (-0.3, 0.7)))
    alone, both = source.batch(**STEP), source.batch(**STEP, with_clean=True)
    assert alone.clean is None
    for name in ("image", "log_dose", "depth", "weight"):
        np.testing.assert_array_equal(getattr(both, name), getattr(alone, name))
    bright = source.batch(**{**STEP, "dose_range": (1e8, 1.0001e8)}, with_clean=True)
    assert bright.clean.shape == bright.image.shape == (6, 1, 32, 32)
    assert bright.clean.std() > 0.3
    np.testing.assert_array_equal(both.clean, bright.clean)
    # relative noise 1/√(16e8) of up to 5 vacuum levels and a gain of 2, five sigma
    np.testing.assert_allclose(bright.image, bright.clean, atol=2e-3)


def test_a_clean_image_missing_is_a_mistake_of_the_program(dataset, tmp_path):
    batch = toy_batch()
    batch.clean = None
    with pytest.raises(ValueError, match="clean images"):
        training_loss(toy_network("joint"), batch, joint(dataset, tmp_path), 0)


def test_a_separate_pair_is_trained_one_after_the_other(dataset, tmp_path):
    """The denoiser ends up nearer to the clean image than the counts are, and the segmenter's loss falls after it.

    Poisson counts scatter about their mean with a variance of mean / (16 λ).
    """
    config = settings(
        dataset,
        tmp_path / "run",
        network={"width": 8, "scales": 2, "denoiser": "separate"},
        dose_low_e_per_px=0.2,
        dose_high_e_per_px=0.2,
        batch_size=8,
        steps_per_epoch=25,
        max_epochs=6,
        denoise_epochs=3,
        learning_rate=1e-2,
    )
    assert run(config, Reporter()) == "done"

    metrics = read_metrics(config.out)
    assert metrics["train_loss"][2] < 0.5 * metrics["train_loss"][0]
    assert metrics["val_loss"][5] < 0.8 * metrics["val_loss"][2]
    assert metrics["best_epoch"].tolist()[:4] == [1, 2, 3, 4]
    network = load_model(config.out / "model.safetensors").network
    with Dataset(dataset) as open_dataset:
        source = CropSource(
            open_dataset, "validation", labels=LabelConfig(), input_binning=4, output_binning=4, multiple=4
        )
    batch = source.batch(**{**STEP, "dose_range": (0.2, 0.2)}, with_clean=True)
    with torch.inference_mode():
        denoised = network.denoised(torch.from_numpy(batch.image), torch.from_numpy(batch.log_dose)).numpy()
    noise = float((batch.clean / (16 * 0.2)).mean())
    assert float(((batch.image - batch.clean) ** 2).mean()) == pytest.approx(noise, rel=0.1)  # 6,144 pixels
    assert float(((denoised - batch.clean) ** 2).mean()) < 0.3 * noise


def test_the_denoiser_of_the_model_is_the_one_its_own_epochs_left(dataset, tmp_path):
    """A run that goes on with the segmenter for two epochs or for one has the same denoiser to the last bit."""
    long, short = settings(dataset, tmp_path / "long"), settings(dataset, tmp_path / "short", max_epochs=3)
    run(long, Reporter())
    run(short, Reporter())
    one, two = (load_file(config.out / "model.safetensors") for config in (long, short))
    same = {name for name in one if torch.equal(one[name], two[name])}
    assert {name for name in one if name.startswith("denoiser.")} <= same
    assert "head.0.weight" not in same


@pytest.mark.parametrize(
    ("variant", "after"), [(settings, 2), (settings, 6), (settings, 9), (settings, 12), (settings, 14), (joint, 6)]
)
def test_a_pair_paused_in_any_stage_and_resumed_equals_an_uninterrupted_one(dataset, tmp_path, variant, after):
    """Bit for bit, with pauses inside both stages and where one ends."""
    whole, parted = (variant(dataset, tmp_path / name, loss="ordinal") for name in ("whole", "parted"))
    run(whole, Reporter())
    assert run(parted, Pauser(after)) == "paused"
    assert run(parted.model_copy(update={"resume": True}), Reporter()) == "done"

    one, two = (load_file(config.out / "model.safetensors") for config in (whole, parted))
    assert one.keys() == two.keys()
    assert [name for name in one if not torch.equal(one[name], two[name])] == []
    for name in ("train_loss", "val_loss", "learning_rate"):
        np.testing.assert_array_equal(read_metrics(parted.out)[name], read_metrics(whole.out)[name])


def test_patience_begins_with_the_segmenter(dataset, tmp_path):
    """Three epochs of denoising do not use up a patience of one: nothing can get better in them."""
    config = settings(dataset, tmp_path / "run", max_epochs=5, denoise_epochs=3, patience_epochs=1)
    run(config, Reporter())
    assert read_metrics(config.out)["best_epoch"].tolist()[:4] == [1, 2, 3, 4]
