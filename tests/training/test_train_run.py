"""Whole trainings of a tiny network on spots: what is left behind, whatever ends them."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training_toys import write_spots

from segdepth_app.config import NetworkConfig, TrainConfig
from segdepth_app.errors import Cancelled, DatasetError, InputError, ModelError, SegDepthError
from segdepth_app.models.card import read_card
from segdepth_app.models.model_file import load_model
from segdepth_app.paths import trash_folder
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training.folder import RunFolder
from segdepth_app.training.run import run
from segdepth_app.training.runs import read_metrics, read_run, read_status

TINY = NetworkConfig(width=8, scales=2)


class Witness(Reporter):
    """Notes events; gives `command` once `after` progress steps were taken."""

    def __init__(self, command: Command | None = None, after: int = 0) -> None:
        self.given, self.after, self.asked = command, after, 0
        self.epochs: list[dict[str, float]] = []
        self.artifacts: list[Path] = []
        self.warnings: list[str] = []

    def epoch(self, **values: float) -> None:
        self.epochs.append(values)

    def artifact(self, path: Path) -> None:
        self.artifacts.append(path)

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    def command(self) -> Command | None:
        self.asked += 1
        return self.given if self.given is not None and self.asked >= self.after else None


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    """Six training and one validation specimen of bright spots."""
    return write_spots(tmp_path_factory.mktemp("data") / "spots.h5", splits=("train",) * 6 + ("validation",))


@pytest.fixture
def config(dataset, tmp_path) -> TrainConfig:
    """Three epochs of five steps."""
    return TrainConfig(
        dataset=dataset,
        out=tmp_path / "run",
        network=TINY,
        batch_size=4,
        crop_px=32,
        steps_per_epoch=5,
        max_epochs=3,
        learning_rate=5e-3,
        threads=1,
        device="cpu",
    )


def changed(config: TrainConfig, **changes: object) -> TrainConfig:
    """The settings with some fields changed, checked again."""
    return TrainConfig.model_validate({**config.model_dump(), **changes})


def wait_for_epochs(out: Path, n: int) -> None:
    """Until a run in another process has finished n epochs; a busy machine needs minutes to import torch."""
    deadline = time.monotonic() + 300
    while len(read_metrics(out)["epoch"]) < n:
        assert time.monotonic() < deadline, "The training did not get going."
        time.sleep(0.02)


def assert_same_weights(a: Path, b: Path) -> None:
    """Two model files hold the same numbers to the last bit."""
    one, two = load_file(a), load_file(b)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_network_learns_to_count_the_atoms_of_spots(config):
    """Columns of 0.4 × count can be read off; a network that learns gets most to ±1, guessing 3 of 11."""
    witness = Witness()
    longer = changed(config, max_epochs=6, steps_per_epoch=25, batch_size=8, learning_rate=2e-2)
    assert run(longer, witness) == "done"

    losses = [epoch["val_loss"] for epoch in witness.epochs]
    assert losses[-1] < 0.7 * losses[0]
    assert witness.epochs[-1]["column_within_one"] > 0.85
    metrics = read_metrics(config.out)
    np.testing.assert_allclose(metrics["val_loss"], losses)
    assert metrics["epoch"].tolist() == list(range(1, 7))
    assert (metrics["seconds"] > 0).all()


def test_a_run_leaves_a_model_with_a_full_card(config, dataset):
    witness = Witness()
    run(config, witness)

    card = read_card(config.out / "model.safetensors")
    assert witness.artifacts == [config.out / "model.safetensors"]
    assert card.network == TINY
    assert card.parameters == sum(p.numel() for p in load_model(config.out / "model.safetensors").network.parameters())
    assert set(card.temperatures) == {"1", "2.5", "5"}
    assert all(0.2 <= temperature <= 5 for temperature in card.temperatures.values())
    assert card.training_set["n_training_images"] == 12
    # the toy's preset does not ship, so the command says what differs from the defaults
    simulate = "segdepth simulate --set grid.height_px=256 --set grid.width_px=256 --out spots.h5"
    assert card.training_set["command"] == simulate
    assert card.training["epochs"] == 3
    assert card.metrics["by_dose_e_per_px"]["2.5"]["val_loss"] == pytest.approx(
        witness.epochs[-1]["val_loss"], rel=1e-4
    )
    assert str(dataset.parent) not in card.model_dump_json()


def test_a_run_folder_says_what_was_done_where(config):
    run(config, Reporter())

    stored = TrainConfig.model_validate_json((config.out / "config.json").read_text())
    assert stored == config
    environment = json.loads((config.out / "environment.json").read_text())
    assert environment["versions"]["torch"] == torch.__version__
    assert environment["device"] == "cpu"
    info = read_run(config.out)
    assert (info.state, info.epoch, info.max_epochs, info.has_model) == ("done", 3, 3, True)
    assert "val_loss" in (config.out / "log.txt").read_text()
    assert not [path for path in config.out.iterdir() if path.name.startswith(".") or "lightning" in path.name]


def test_checkpoints_load_without_running_code(config):
    run(config, Reporter())
    for name in ("last.ckpt", "best.ckpt"):
        checkpoint = torch.load(config.out / name, weights_only=True)
        assert checkpoint["place"]["epoch"] >= 1


def test_the_same_seed_gives_the_same_model(config, tmp_path):
    again, other = changed(config, out=tmp_path / "again"), changed(config, out=tmp_path / "other", seed=2)
    for each in (config, again, other):
        run(each, Reporter())
    assert_same_weights(config.out / "model.safetensors", again.out / "model.safetensors")
    assert (read_metrics(config.out)["val_loss"] != read_metrics(other.out)["val_loss"]).all()


@pytest.mark.parametrize("after", [3, 5, 9])  # within an epoch, at its end, within the next
def test_a_paused_and_resumed_run_equals_an_uninterrupted_one(config, tmp_path, after):
    """Bit for bit: weights, averaged weights, losses."""
    whole = changed(config, out=tmp_path / "whole")
    run(whole, Reporter())

    assert run(config, Witness(Command.PAUSE, after)) == "paused"
    info = read_run(config.out)
    assert (info.state, info.is_resumable) == ("paused", True)
    assert run(changed(config, resume=True), Reporter()) == "done"

    assert_same_weights(config.out / "model.safetensors", whole.out / "model.safetensors")
    for name in ("train_loss", "val_loss", "learning_rate"):
        np.testing.assert_array_equal(read_metrics(config.out)[name], read_metrics(whole.out)[name])


def test_a_killed_run_loses_no_finished_epoch(config, tmp_path):
    """SIGKILL in the third epoch at the earliest; what is resumed equals an uninterrupted run."""
    config = changed(config, max_epochs=500)
    settings = tmp_path / "settings.json"
    settings.write_text(config.model_dump_json())
    code = (
        "import sys; from pathlib import Path; from segdepth_app.config import TrainConfig; "
        "from segdepth_app.reporting import Reporter; from segdepth_app.training.run import run; "
        "run(TrainConfig.model_validate_json(Path(sys.argv[1]).read_text()), Reporter())"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(settings)])
    wait_for_epochs(config.out, 2)
    process.kill()
    process.wait()

    finished = len(read_metrics(config.out)["epoch"])
    assert 2 <= finished < 500
    assert read_run(config.out).state == "lost"
    load_model(config.out / "model.safetensors")
    assert torch.load(config.out / "last.ckpt", weights_only=True)["place"]["epoch"] >= finished - 1

    assert run(changed(config, resume=True), Witness(Command.STOP, 12)) == "stopped"
    epochs = read_metrics(config.out)["epoch"]
    assert epochs.tolist() == list(range(1, len(epochs) + 1))
    assert len(epochs) >= finished + 1


@pytest.mark.parametrize("after", [2, 7])  # before and after the first epoch's end
def test_stop_keeps_the_best_model_of_what_was_done(config, after):
    witness = Witness(Command.STOP, after)
    assert run(config, witness) == "stopped"
    card = read_card(config.out / "model.safetensors")
    assert set(card.temperatures) == {"1", "2.5", "5"}
    assert read_status(config.out)["state"] == "stopped"
    losses = [epoch["val_loss"] for epoch in witness.epochs]
    assert card.metrics["by_dose_e_per_px"]["2.5"]["val_loss"] <= min([*losses, np.inf]) + 1e-4


def test_cancel_moves_the_run_to_the_trash(config):
    with pytest.raises(Cancelled):
        run(config, Witness(Command.CANCEL, 3))
    assert not config.out.exists()
    (trashed,) = trash_folder().iterdir()
    assert trashed.name.startswith("run-")
    assert (trashed / "config.json").exists()


def test_training_ends_when_the_loss_no_longer_falls(config):
    """A learning rate of next to nothing makes no progress worth the name after the average has settled."""
    flat = changed(config, learning_rate=1e-12, weight_decay=0, max_epochs=60, patience_epochs=2, steps_per_epoch=1)
    run(flat, Reporter())
    metrics = read_metrics(config.out)
    assert metrics["epoch"][-1] < 60
    assert metrics["epoch"][-1] - metrics["best_epoch"][-1] == 2


def test_a_training_that_diverges_says_so_and_keeps_the_best(config, monkeypatch):
    """The loss becomes nan in the second epoch, as with a far too high learning rate."""
    from segdepth_app.training import module

    calls = []

    def loss(*arguments):
        calls.append(1)
        return original(*arguments) * (float("nan") if len(calls) > 7 else 1)

    original = module.training_loss
    monkeypatch.setattr(module, "training_loss", loss)
    with pytest.raises(SegDepthError, match=r"diverged in epoch 2, step 3.*learning rate"):
        run(config, Reporter())
    assert read_run(config.out).state == "failed"
    load_model(config.out / "model.safetensors")


def test_a_full_disk_is_reported_and_the_run_can_be_resumed(config, monkeypatch):
    """The second epoch's checkpoint does not fit."""
    original = RunFolder.add_metrics

    def full(folder, row):
        if row["epoch"] == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        original(folder, row)

    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "add_metrics", full)
        with pytest.raises(SegDepthError, match=r"No space left.*resume"):
            run(config, Reporter())
    assert read_run(config.out).is_resumable
    assert run(changed(config, resume=True), Reporter()) == "done"
    assert read_metrics(config.out)["epoch"].tolist() == [1, 2, 3]


def test_without_bf16_in_the_processor_the_training_takes_32_bits(config, monkeypatch, tmp_path):
    """The same numbers as a run that asked for 32 bits, and a warning."""
    witness = Witness()
    monkeypatch.setattr("segdepth_app.training.trainer.cpu_has_bf16", lambda: False)
    run(changed(config, precision="bf16"), witness)
    plain = changed(config, out=tmp_path / "plain")
    run(plain, Reporter())
    assert_same_weights(config.out / "model.safetensors", plain.out / "model.safetensors")
    assert "bf16" in witness.warnings[0]


def test_a_folder_that_holds_a_run_is_not_overwritten(config):
    run(changed(config, max_epochs=1), Reporter())
    before = (config.out / "model.safetensors").read_bytes()
    with pytest.raises(InputError, match="already holds"):
        run(config, Reporter())
    assert (config.out / "model.safetensors").read_bytes() == before


def test_there_must_be_a_run_to_resume(config):
    with pytest.raises(InputError, match="no training run to resume"):
        run(changed(config, resume=True), Reporter())


def test_a_run_is_not_resumed_as_another_network(config):
    run(config, Witness(Command.PAUSE, 2))
    with pytest.raises(InputError, match="other settings \\(network\\)"):
        run(changed(config, resume=True, network=NetworkConfig(width=4, scales=2)), Reporter())


def test_a_live_run_is_not_resumed_twice(config):
    run(config, Witness(Command.PAUSE, 2))
    status = json.loads((config.out / "status.json").read_text())
    (config.out / "status.json").write_text(json.dumps({**status, "state": "running"}))
    with pytest.raises(InputError, match="right now"):
        run(changed(config, resume=True), Reporter())


def test_a_damaged_checkpoint_is_refused(config):
    run(config, Witness(Command.PAUSE, 2))
    (config.out / "last.ckpt").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="damaged"):
        run(changed(config, resume=True), Reporter())


def test_training_can_start_from_a_model(config, tmp_path):
    """One step at next to no learning rate leaves the first model as it was."""
    run(config, Reporter())
    first = config.out / "model.safetensors"
    further = changed(
        config, out=tmp_path / "further", initial_model=str(first), learning_rate=1e-12, max_epochs=1, steps_per_epoch=1
    )
    run(further, Reporter())
    one, two = load_file(first), load_file(further.out / "model.safetensors")
    for name in one:
        if name.endswith("weight"):
            torch.testing.assert_close(two[name], one[name], rtol=0, atol=1e-9)
    before, after = read_card(first).training, read_card(further.out / "model.safetensors").training
    assert after["earlier"] == before
    assert "initial_model=model.safetensors" in after["command"]
    assert str(tmp_path) not in json.dumps(after)


def test_a_model_of_another_network_is_no_start(config, tmp_path):
    run(changed(config, max_epochs=1), Reporter())
    other = changed(
        config,
        out=tmp_path / "other",
        network=NetworkConfig(width=4, scales=2),
        initial_model=str(config.out / "model.safetensors"),
    )
    with pytest.raises(ModelError, match="width 8"):
        run(other, Reporter())
    assert not other.out.exists()


def test_a_missing_dataset_leaves_no_run_behind(config, tmp_path):
    with pytest.raises(InputError, match="not found"):
        run(changed(config, dataset=tmp_path / "none.h5"), Reporter())
    assert not config.out.exists()


def test_the_papers_network_trains_on_fine_images(config, tmp_path):
    fine = write_spots(tmp_path / "fine.h5", shape=(64, 64), binning=1, splits=("train", "validation"))
    paper = NetworkConfig(kind="paper", width=4, scales=3, dose_input=False)
    settings = changed(
        config, dataset=fine, network=paper, dose_low_e_per_px=2.5, dose_high_e_per_px=2.5, max_epochs=1, batch_size=2
    )
    run(settings, Reporter())
    card = read_card(config.out / "model.safetensors")
    assert (card.input_pixel_pm, card.output_pixel_pm) == pytest.approx((5.3, 21.2))
    assert set(card.temperatures) == {"2.5"}


def test_the_papers_network_refuses_coarse_images(config):
    with pytest.raises(DatasetError, match="binning 1"):
        run(changed(config, network=NetworkConfig(kind="paper", width=4, scales=3)), Reporter())
    assert not config.out.exists()


def test_half_precision_learns_the_same(config, tmp_path, monkeypatch):
    """bf16 keeps 8 bits: the losses agree to a few per cent. (Also where the processor emulates it.)"""
    monkeypatch.setattr("segdepth_app.training.trainer.cpu_has_bf16", lambda: True)
    half = changed(config, out=tmp_path / "half", precision="bf16")
    run(config, Reporter())
    run(half, Reporter())
    np.testing.assert_allclose(read_metrics(half.out)["val_loss"], read_metrics(config.out)["val_loss"], rtol=0.05)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a child there")
def test_nothing_is_printed_and_ctrl_c_comes_through(config, tmp_path):
    """Lightning's tips stay away from stdout and stderr; KeyboardInterrupt reaches the caller."""
    settings = tmp_path / "settings.json"
    settings.write_text(changed(config, max_epochs=1000, patience_epochs=1000).model_dump_json())  # no end by itself
    code = (
        "import signal, sys; from pathlib import Path; from segdepth_app.config import TrainConfig\n"
        "from segdepth_app.reporting import Reporter; from segdepth_app.training.run import run\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job is deaf to it
        "try: run(TrainConfig.model_validate_json(Path(sys.argv[1]).read_text()), Reporter())\n"
        "except KeyboardInterrupt: sys.exit(77)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(settings)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_for_epochs(config.out, 1)
    os.kill(process.pid, signal.SIGINT)
    assert (*process.communicate(timeout=300), process.returncode) == (b"", b"", 77)
    with (config.out / "metrics.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) >= 1
