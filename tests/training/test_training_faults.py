"""What befalls a training from outside: memory, disk, another dataset. Each has its own sentence and a way on."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from training_toys import write_spots

from segdepth_app.config import NetworkConfig, TrainConfig
from segdepth_app.errors import DatasetError, InputError, SegDepthError
from segdepth_app.jobs.faults import describe
from segdepth_app.models.model_file import load_model
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training import finish, module
from segdepth_app.training.faults import OutOfMemory
from segdepth_app.training.run import run
from segdepth_app.training.runs import read_metrics, read_run


class Notes(Reporter):
    """Keeps warnings; pauses once it was asked `after` times."""

    def __init__(self, after: float = np.inf) -> None:
        self.warnings: list[str] = []
        self.after = after

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    def command(self) -> Command | None:
        self.after -= 1
        return Command.PAUSE if self.after <= 0 else None


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    """Three epochs of four steps of six crops."""
    dataset = write_spots(tmp_path / "spots.h5", splits=("train",) * 4 + ("validation",) * 2)
    return TrainConfig(
        dataset=dataset,
        out=tmp_path / "run",
        network=NetworkConfig(width=4, scales=2),
        batch_size=6,
        crop_px=32,
        steps_per_epoch=4,
        max_epochs=3,
        learning_rate=5e-3,
        threads=1,
        device="cpu",
    )


def changed(config: TrainConfig, **changes: object) -> TrainConfig:
    return TrainConfig.model_validate({**config.model_dump(), **changes})


def memory_for(n_crops: int, monkeypatch, *, from_call: int = 0) -> list[int]:
    """A computer that has memory for so many crops, from some step on; gives the sizes that were tried."""
    tried: list[int] = []
    original = module.training_loss

    def loss(network, batch, *rest):
        tried.append(len(batch.image))
        value = original(network, batch, *rest)
        if len(batch.image) > n_crops and len(tried) > from_call:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return value

    monkeypatch.setattr(module, "training_loss", loss)
    return tried


def test_a_batch_that_does_not_fit_is_halved_once_and_the_course_stays(config, tmp_path, monkeypatch):
    """From the third step on. The halves normalise by themselves, so the losses agree to some per cent only."""
    whole = changed(config, out=tmp_path / "whole")
    run(whole, Reporter())
    notes = Notes()
    tried = memory_for(3, monkeypatch, from_call=2)
    assert run(config, notes) == "done"

    assert tried == [6, 6, 6] + [3, 3] * 10
    (warning,) = notes.warnings
    assert "6 crops of 32 px" in warning
    assert "two halves of 3" in warning
    assert warning in (config.out / "log.txt").read_text()
    one, two = read_metrics(config.out), read_metrics(whole.out)
    for name in ("train_loss", "val_loss"):
        np.testing.assert_allclose(one[name], two[name], rtol=0.03)
    assert one["learning_rate"].tolist() == two["learning_rate"].tolist()


def test_two_halves_have_the_gradient_of_the_whole(config, monkeypatch):
    """With batch normalisation's statistics held, as in evaluation, the halves' weights make the mean exact."""
    gradients = {}

    def note(self, optimizer):
        gradients.setdefault(self.n_parts, [p.grad.clone() for p in self.network.parameters()])

    monkeypatch.setattr(module.DepthModule, "on_before_optimizer_step", note)
    monkeypatch.setattr(module.DepthModule, "on_train_batch_start", lambda self, *_: self.network.eval() and None)
    for n_crops, name in ((6, "whole"), (3, "halves")):
        memory_for(n_crops, monkeypatch)
        run(changed(config, out=config.out / name, max_epochs=1, steps_per_epoch=1, batch_size=5), Reporter())
    for half, full in zip(gradients[2], gradients[1], strict=True):
        # sums of float32 in another order
        torch.testing.assert_close(half, full, rtol=1e-4, atol=1e-6)


def test_halves_that_do_not_fit_either_end_the_training_with_the_numbers(config, monkeypatch):
    memory_for(2, monkeypatch)
    with pytest.raises(OutOfMemory, match=r"3 crops of 32 px at a time \(a step's 6 in 2 parts\).*smaller") as caught:
        run(config, Reporter())
    assert describe(caught.value)["kind"] == "memory"
    assert read_run(config.out).state == "failed"


def test_a_single_crop_cannot_be_halved(config, monkeypatch):
    memory_for(0, monkeypatch)
    with pytest.raises(OutOfMemory, match="1 crop of 32 px at a time"):
        run(changed(config, batch_size=1), Reporter())


def test_validation_images_that_do_not_fit_together_go_one_by_one(config, tmp_path, monkeypatch):
    """Each image is judged by itself: the figures stay to rounding."""
    whole = changed(config, out=tmp_path / "whole")
    run(whole, Reporter())
    original = module._log_probabilities

    def narrow(network, images):
        if len(images) > 1:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")
        return original(network, images)

    monkeypatch.setattr(module, "_log_probabilities", narrow)
    run(config, Reporter())
    np.testing.assert_allclose(read_metrics(config.out)["val_loss"], read_metrics(whole.out)["val_loss"], rtol=1e-5)


def test_a_loss_that_is_no_number_in_the_first_epoch_leaves_no_model_and_says_so(config, monkeypatch):
    monkeypatch.setattr(module, "training_loss", lambda *_: torch.tensor(float("inf"), requires_grad=True))
    with pytest.raises(SegDepthError, match=r"epoch 1, step 1: the loss is inf.*There is no model yet"):
        run(config, Reporter())


def test_a_model_file_that_finds_the_disk_full_is_told_like_any_other(config, monkeypatch):
    """safetensors raises an exception of its own."""

    def full(*_arguments, **_options):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(finish, "save_model", full)
    # in the first epoch there is no checkpoint to go on from yet
    with pytest.raises(SegDepthError, match=r"cannot be written: No space left on device\..*start a new run"):
        run(config, Reporter())
    assert not read_run(config.out).is_resumable


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes there")
def test_files_that_cannot_grow_end_the_training_in_one_line(config, tmp_path):
    """A real child whose files may have 20 kB: its first checkpoint does not fit."""
    settings = tmp_path / "settings.json"
    settings.write_text(config.model_dump_json())
    code = (
        "import resource, signal, sys; from segdepth_app.cli import main\n"
        "import segdepth_app.training.run\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "train", str(settings), "--out", str(config.out)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert f"{config.out} cannot be written: {os.strerror(errno.EFBIG)}" in last
    assert not list(config.out.glob(".*part*"))


def paused(config: TrainConfig) -> TrainConfig:
    """The settings that resume a run which was paused in its first epoch."""
    run(config, Notes(after=3))
    return changed(config, resume=True)


def test_a_dataset_that_was_moved_is_named_anew(config, tmp_path):
    """The run goes on with it, and remembers the new place."""
    resumed = paused(config)
    moved = tmp_path / "elsewhere.h5"
    shutil.move(config.dataset, moved)
    with pytest.raises(InputError, match=r"not at .*spots\.h5 any more.*--dataset"):
        run(resumed, Reporter())
    assert run(changed(resumed, dataset=moved), Reporter()) == "done"
    assert json.loads((config.out / "config.json").read_text())["dataset"] == str(moved)
    load_model(config.out / "model.safetensors")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"splits": ("train",) * 3 + ("validation",) * 2}, r"it has 10 images, not 12"),
        ({"seed": 2}, r"its seed is 2, not 1"),
    ],
    ids=["fewer", "seed"],
)
def test_another_dataset_under_the_same_name_is_refused(config, changes, words):
    resumed = paused(config)
    write_spots(config.dataset, **{"splits": ("train",) * 4 + ("validation",) * 2, **changes})
    before = (config.out / "last.ckpt").read_bytes()
    with pytest.raises(DatasetError, match=words):
        run(resumed, Reporter())
    assert (config.out / "last.ckpt").read_bytes() == before
    assert read_run(config.out).state == "paused"


def test_a_dataset_whose_bytes_changed_is_refused(config):
    resumed = paused(config)
    data = bytearray(config.dataset.read_bytes())
    import h5py

    with h5py.File(config.dataset, "r+") as file:
        file["images"][0] = np.asarray(file["images"][0]) + 1
    assert config.dataset.read_bytes() != bytes(data)
    with pytest.raises(DatasetError, match="content is another"):
        run(resumed, Reporter())


def test_a_run_of_an_older_version_goes_on(config):
    """It has no dataset.json, and its settings lack what came later."""
    resumed = paused(config)
    (config.out / "dataset.json").unlink()
    kept = json.loads((config.out / "config.json").read_text())
    for name in ("optimizer", "schedule", "devices", "nodes", "plateau_epochs", "repeatable"):
        del kept[name]
    for name in ("upsampling", "denoiser"):
        del kept["network"][name]
    (config.out / "config.json").write_text(json.dumps(kept))
    assert run(resumed, Reporter()) == "done"
