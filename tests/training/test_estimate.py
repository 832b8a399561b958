"""What a training would take, from a few of its real steps."""

import subprocess
import sys
from math import ceil
from pathlib import Path

import pytest
from training_toys import write_spots

from segdepth_app.config import NetworkConfig, TrainConfig
from segdepth_app.errors import Cancelled, InputError
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training import estimate


class Listener(Reporter):
    """Keeps the answer; says `given` when asked."""

    def __init__(self, given: Command | None = None) -> None:
        self.given, self.answers = given, []

    def answer(self, request, **values):
        self.answers.append((request, values))

    def command(self):
        return self.given


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    """Seven epochs over ten images in batches of four."""
    dataset = write_spots(tmp_path / "spots.h5", splits=("train",) * 5 + ("validation",))
    return TrainConfig(
        dataset=dataset,
        out=tmp_path / "run",
        network=NetworkConfig(width=4, scales=2),
        batch_size=4,
        crop_px=64,
        max_epochs=7,
        threads=1,
        device="cpu",
    )


def estimated(config, **changes):
    listener = Listener()
    estimate.run(TrainConfig.model_validate({**config.model_dump(), **changes}), listener)
    ((request, values),) = listener.answers
    assert request == 0
    return values


def test_the_figures_fit_together_and_nothing_is_written(config, tmp_path):
    before = sorted(tmp_path.iterdir())
    found = estimated(config)

    assert found["steps_per_epoch"] == ceil(10 / 4)
    assert found["epochs"] == 7
    assert found["seconds_per_epoch"] > 3 * found["seconds_per_step"] > 0
    assert found["seconds"] == pytest.approx(7 * found["seconds_per_epoch"])
    assert found["peak_bytes"] > 50e6  # Python with torch alone holds more
    assert found["device"]
    assert "ask for the processor" in found["device_note"]
    assert sorted(tmp_path.iterdir()) == before


def test_a_larger_network_takes_longer(config):
    """256 times the multiplications; three times the time leaves room for a busy machine."""
    small, large = (estimated(config, network=NetworkConfig(width=w, scales=2)) for w in (4, 64))
    assert large["seconds_per_step"] > 3 * small["seconds_per_step"]


def test_a_cancel_is_heard_between_steps(config):
    with pytest.raises(Cancelled):
        estimate.run(config, Listener(Command.CANCEL))


def test_a_missing_dataset_is_told_as_a_training_tells_it(config, tmp_path):
    with pytest.raises(InputError, match="not found"):
        estimated(config, dataset=tmp_path / "none.h5")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system counts otherwise")
def test_the_peak_is_this_processes_own_not_its_parents(tmp_path):
    """A parent that once held 600 MB starts a child that holds next to nothing beside torch."""
    child = "import torch; from segdepth_app.training.where import peak_bytes; print(peak_bytes(torch.device('cpu')))"
    parent = (
        "import subprocess, sys\nlarge = bytearray(b'x') * 600_000_000\n"
        f"print(subprocess.run([sys.executable, '-c', {child!r}], capture_output=True, text=True, check=True).stdout)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", parent], cwd=root, capture_output=True, text=True, check=True)
    assert 50e6 < int(done.stdout) < 550e6
