"""Studies that train their models and simulate their test sets: plans, interruptions, equal outcomes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from training_toys import write_spots

from segdepth_app.config import StudyConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, InputError, SegDepthError
from segdepth_app.evaluation.studies.run import run
from segdepth_app.evaluation.studies.simulations import settings_of, stored_binning
from segdepth_app.evaluation.studies.trainings import trainings
from segdepth_app.evaluation.study_records import read_study
from segdepth_app.models.card import read_card
from segdepth_app.reporting import Command
from segdepth_app.training.runs import read_metrics, read_run
from tests.evaluation.studies.study_toys import Witness, draw_nothing, toy_study, undrawn  # noqa: F401 (a fixture)

SHORT = ("steps_per_epoch=2", "max_epochs=3", "batch_size=2", "crop_px=32", "network.scales=2", 'precision="32"')


pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def spots(tmp_path_factory) -> Path:
    """Two training, one validation and one test specimen of bright spots."""
    splits = ("train", "train", "validation", "test")
    return write_spots(tmp_path_factory.mktemp("spots") / "spots.h5", splits=splits)


def size_study(out: Path, spots: Path, **changes) -> StudyConfig:
    """Networks of widths 4 and 8, trained for three epochs of two steps."""
    values = {
        "kind": "model-size",
        "out": out,
        "datasets": (spots,),
        "train_dataset": spots,
        "train_preset": "quick",
        "train_set": SHORT,
        "widths": (4, 8),
        "n_bootstrap": 0,
        "max_images": 1,
        "device": "cpu",
    }
    return StudyConfig.model_validate(values | changes)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, spots) -> tuple[Path, Witness]:
    """The study without an interruption, and what it said."""
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        out, witness = tmp_path_factory.mktemp("whole") / "study", Witness()
        assert run(size_study(out, spots), witness) == "done"
    return out, witness


def rows(folder: Path) -> list[dict]:
    return list(read_study(folder).tables[0]["rows"])


def test_each_width_is_trained_and_judged_and_stands_beside_the_papers(whole):
    out, witness = whole

    study = read_study(out)
    assert [(step["what"], step["state"]) for step in study.steps] == [("train", "done")] * 2 + [
        ("evaluate", "done")
    ] * 2
    cards = [read_card(out / f"runs/width-{width}/model.safetensors") for width in (4, 8)]
    assert [card.network.width for card in cards] == [4, 8]
    table = rows(out)
    assert [row["parameters"] for row in table[:2]] == [card.parameters for card in cards]
    # science.md §5, from the paper's Table I
    assert [row["parameters"] for row in table[2:]] == [1175563, 4691979, 18747403, 42166283, 77308411]
    assert [row["width"] for row in table[2:]] == [16, 32, 64, 96, 130]
    assert len(witness.epochs) == 6
    assert [done for done, *_ in witness.progresses] == sorted(done for done, *_ in witness.progresses)


def test_a_training_that_was_paused_goes_on_to_the_same_figures(tmp_path, spots, whole):
    config = size_study(tmp_path / "study", spots)
    witness = PausesAfterAnEpoch()

    assert run(config, witness) == "paused"

    assert read_run(config.out / "runs/width-4").state == "paused"
    assert {step["state"] for step in read_study(config.out).steps} == {"waiting"}
    again = Witness()
    assert run(config, again) == "done"
    assert len(again.epochs) == 5  # of six
    assert rows(config.out) == rows(whole[0])


class PausesAfterAnEpoch(Witness):
    """Asks for a pause once the first epoch has ended."""

    def command(self) -> Command | None:
        return Command.PAUSE if self.epochs else None


class CancelsAfterAnEpoch(Witness):
    """Asks to cancel once the first epoch has ended."""

    def command(self) -> Command | None:
        return Command.CANCEL if self.epochs else None


def test_a_study_cancelled_while_training_leaves_no_half_run(tmp_path, spots):
    config = size_study(tmp_path / "study", spots)

    with pytest.raises(Cancelled):
        run(config, CancelsAfterAnEpoch())

    assert read_study(config.out).state == "paused"
    assert list((config.out / "runs").iterdir()) == []


def test_a_study_killed_while_training_goes_on_to_the_same_figures(tmp_path, spots, whole):
    """SIGKILL in a process of its own after the first epoch of the first model."""
    config = size_study(tmp_path / "study", spots)
    arguments = [
        "model-size",
        "--dataset",
        spots,
        "--train-dataset",
        spots,
        "--train-preset",
        "quick",
        "--widths",
        "4,8",
    ]
    arguments += ["--n-bootstrap", 0, "--max-images", 1, "--device", "cpu", "--out", config.out, "--json"]
    for change in SHORT:
        arguments += ["--set", change]
    command = [sys.executable, "-m", "segdepth_app", "study", *map(str, arguments)]
    settings = {"env": os.environ | {"OMP_NUM_THREADS": "1"}, "cwd": Path(__file__).parents[3]}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **settings) as killed:
        for line in killed.stdout:
            if json.loads(line)["event"] == "epoch":
                killed.kill()
                break
    assert read_study(config.out).state == "running"  # nobody wrote its end
    assert read_study(config.out).state_now == "unfinished"

    assert run(config, Witness()) == "done"

    assert read_metrics(config.out / "runs/width-4")["epoch"].tolist() == [1, 2, 3]
    assert rows(config.out) == rows(whole[0])


def test_a_training_set_that_has_changed_is_refused(tmp_path, spots):
    own = tmp_path / "own.h5"
    own.write_bytes(spots.read_bytes())
    config = size_study(tmp_path / "study", own)
    run(config, PausesAfterAnEpoch())
    own.unlink()
    write_spots(own, splits=("train", "train", "validation", "test"), seed=8)

    with pytest.raises(InputError, match=r"own\.h5 has changed"):
        run(config, Witness())


def test_a_training_that_fails_takes_only_its_own_evaluation_with_it(tmp_path, spots):
    """A width whose run folder somebody has filled with another training."""
    config = size_study(tmp_path / "study", spots)
    run(config, PausesAfterAnEpoch())
    stored = config.out / "runs/width-4/config.json"
    values = json.loads(stored.read_text(encoding="utf-8"))
    values["network"]["scales"] = 3
    stored.write_text(json.dumps(values), encoding="utf-8")

    with pytest.raises(SegDepthError, match="2 of 4 steps"):
        run(config, Witness())

    study = read_study(config.out)
    assert [step["state"] for step in study.steps] == ["failed", "done", "failed", "done"]
    assert "other settings (network)" in study.steps[0]["note"]
    assert "needs what failed before: Train a model of width 4" in study.steps[2]["note"]


def test_each_kind_trains_what_it_varies(tmp_path, spots):
    noise = trainings(size_study(tmp_path, spots, kind="noise", train_doses_e_per_px=(0.5, 5)))
    denoising = trainings(size_study(tmp_path, spots, kind="denoising", denoisers=("none", "joint")))

    assert [(item.config.dose_low_e_per_px, item.config.dose_high_e_per_px) for item in noise] == [(0.5, 0.5), (5, 5)]
    assert [item.config.network.denoiser for item in denoising] == ["none", "joint"]
    assert {item.config.network.scales for item in (*noise, *denoising)} == {2}
    assert [item.config.out.name for item in noise] == ["dose-0.5", "dose-5"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train_preset": "fastest"}, "fastest"),
        ({"train_set": ("max_epoch=3",)}, "max_epoch"),
        ({"train_set": ("network.scales=9",)}, "network.scales"),
    ],
)
def test_unusable_training_settings_are_refused_before_anything_is_made(tmp_path, spots, changes, words):
    with pytest.raises(InputError, match=words):
        run(size_study(tmp_path / "study", spots, **changes), Witness())
    assert not list(tmp_path.glob("study/*.json"))


@pytest.mark.parametrize(
    ("pixels_pm", "expected"), [([21.2], 4), ([5.3], 1), ([21.2, 10.6], 2), ([42.4, 21.2], 4), ([7.7], 4)]
)
def test_test_sets_are_stored_as_fine_as_the_finest_network_reads(pixels_pm, expected):
    assert stored_binning(5.3, 4, pixels_pm) == expected


def test_a_test_set_has_the_presets_seed_unless_the_study_has_another(tmp_path):
    first, second = (settings_of(toy_study(tmp_path, seed=seed), "wedge-test-25pm", [21.2]) for seed in (1, 2))

    assert first.seed == 101  # as the preset says
    assert second.seed != first.seed
    assert first.n_specimens == 20


def test_a_missing_test_set_is_simulated_once(tmp_path):
    config = toy_study(tmp_path, datasets=(), test_specimens=1, max_images=1)
    run(config, Witness())
    made = config.out / "datasets/wedge-test-25pm.h5"
    with Dataset(made) as dataset:
        assert (len(dataset.specimens), dataset.preset) == (1, "wedge-test-25pm")
    before = made.stat().st_mtime_ns

    run(config, Witness())

    assert made.stat().st_mtime_ns == before
    assert [step["what"] for step in read_study(config.out).steps] == ["simulate", "evaluate", "evaluate"]
