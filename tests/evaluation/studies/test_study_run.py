"""The job `study`: what is done once, what is done again, what is refused, and what an interruption leaves."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segdepth_app.config import NetworkConfig
from segdepth_app.errors import Cancelled, DatasetError, InputError, ModelError, SegDepthError
from segdepth_app.evaluation.records import read_evaluation
from segdepth_app.evaluation.studies.run import run
from segdepth_app.evaluation.study_records import read_study
from segdepth_app.locks import LOCK_FILE
from segdepth_app.paths import sha256_of
from segdepth_app.reporting import Command
from tests.evaluation.evaluation_toys import save_toy_model
from tests.evaluation.studies.study_toys import Witness, toy_dataset, toy_study, undrawn  # noqa: F401 (a fixture)

JUDGE_AGAIN = "done again, because its model or dataset has changed"


pytestmark = pytest.mark.usefixtures("undrawn")


def times(folder: Path) -> dict[str, int]:
    """When each evaluation of a study was made."""
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("evaluations/*/metrics.json")}


def states(folder: Path) -> dict[str, str]:
    return {step["name"]: step["state"] for step in read_study(folder).steps}


def rows(folder: Path) -> list[dict]:
    return [row for table in read_study(folder).tables for row in table["rows"]]


def test_every_model_is_judged_and_the_record_says_with_what(tmp_path):
    config, witness = toy_study(tmp_path), Witness()

    assert run(config, witness) == "done"

    study = read_study(config.out)
    assert (study.state, study.kind, study.n_done) == ("done", "compare", 2)
    assert [path.name for path in study.evaluations()] == ["one_toys", "two_toys"]
    assert [item["sha256"] for item in study.provenance["models"]] == [sha256_of(Path(path)) for path in config.models]
    assert study.provenance["datasets"][0]["sha256"] == sha256_of(config.datasets[0])
    shares = [done for done, total, _ in witness.progresses if total == 100]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    # one of the two equal steps is half the way
    assert 50 in shares


def test_what_is_done_is_not_done_again(tmp_path):
    config = toy_study(tmp_path)
    run(config, Witness())
    before, first = times(config.out), read_study(config.out)

    run(config, Witness())

    assert times(config.out) == before
    assert read_study(config.out).created == first.created
    assert rows(config.out) == list(first.tables[0]["rows"])


def test_a_relative_path_means_the_same_study(tmp_path, monkeypatch):
    config = toy_study(tmp_path)
    run(config, Witness())
    before = times(config.out)

    monkeypatch.chdir(tmp_path)
    run(toy_study(tmp_path, out=Path("study"), models=("one.safetensors", "two.safetensors")), Witness())

    assert times(config.out) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 2}, "seed was 1, now it is 2"),
        ({"kind": "noise"}, "kind was compare, now it is noise"),
        ({"doses_e_per_px": (1.0,), "max_images": 2}, r"doses_e_per_px was 2.5, now it is 1.0 \(and 1 more\)"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused_by_name(tmp_path, changes, words):
    config = toy_study(tmp_path)
    run(config, Witness())
    before = (config.out / "study.json").read_bytes()

    with pytest.raises(InputError, match=words) as caught:
        run(toy_study(tmp_path, **changes), Witness())

    assert "\n" not in str(caught.value)
    assert (config.out / "study.json").read_bytes() == before


def test_a_changed_model_is_judged_again_and_the_other_is_not(tmp_path):
    config = toy_study(tmp_path)
    run(config, Witness())
    before = times(config.out)
    save_toy_model(Path(config.models[1]), name="two", temperatures={"2.5": 1.5})

    witness = Witness()
    run(config, witness)

    after = times(config.out)
    assert [name for name in after if after[name] != before[name]] == ["two_toys"]
    assert [warning for warning in witness.warnings if JUDGE_AGAIN in warning] == witness.warnings
    assert len(witness.warnings) == 1


def test_a_changed_dataset_is_judged_again_by_all(tmp_path):
    config = toy_study(tmp_path)
    run(config, Witness())
    before = times(config.out)
    config.datasets[0].unlink()
    toy_dataset(config.datasets[0], seed=9)

    run(config, Witness())

    after = times(config.out)
    assert all(after[name] != before[name] for name in before)
    assert read_study(config.out).provenance["datasets"][0]["sha256"] == sha256_of(config.datasets[0])


def test_an_evaluation_that_somebody_deleted_is_made_again(tmp_path):
    config = toy_study(tmp_path)
    run(config, Witness())
    before = times(config.out)
    shutil.rmtree(config.out / "evaluations/one_toys")

    run(config, Witness())

    after = times(config.out)
    assert after["one_toys"] != before["one_toys"]
    assert after["two_toys"] == before["two_toys"]


@pytest.mark.parametrize("after", [1, 4, 12])
def test_a_paused_study_goes_on_to_what_an_unpaused_one_finds(tmp_path, after):
    """Before the first step, inside it, and inside the second."""
    config = toy_study(tmp_path)

    assert run(config, Witness(Command.PAUSE, after)) == "paused"

    paused = read_study(config.out)
    assert paused.state == "paused"
    assert set(states(config.out).values()) <= {"waiting", "done"}
    assert not list(config.out.rglob("*.part-*"))
    kept = times(config.out)
    assert run(config, Witness()) == "done"
    assert kept.items() <= times(config.out).items()
    run(toy_study(tmp_path, out=tmp_path / "whole"), Witness())
    assert rows(config.out) == rows(tmp_path / "whole")


def test_a_cancelled_study_keeps_what_is_finished_and_can_go_on(tmp_path):
    config = toy_study(tmp_path)

    with pytest.raises(Cancelled):
        run(config, Witness(Command.CANCEL, after=12))

    assert read_study(config.out).state == "paused"
    assert states(config.out) == {"one_toys": "done", "two_toys": "waiting"}
    assert sorted(path.name for path in (config.out / "evaluations").iterdir()) == ["one_toys"]
    assert run(config, Witness()) == "done"


def test_a_model_of_another_pixel_size_fails_alone_and_is_tried_again(tmp_path):
    config = toy_study(tmp_path)
    network = NetworkConfig(kind="paper", width=4, scales=2)
    save_toy_model(Path(config.models[0]), name="one", network=network, binning=1)
    witness = Witness()

    with pytest.raises(SegDepthError, match=r"1 of 2 steps .* Evaluate one on toys: .*21.2 pm") as caught:
        run(config, witness)

    assert not isinstance(caught.value, InputError)  # exit code 1: part of the study is there
    study = read_study(config.out)
    assert study.state == "failed"
    assert states(config.out) == {"one_toys": "failed", "two_toys": "done"}
    assert "21.2 pm" in study.steps[0]["note"]
    assert any("Evaluate one on toys failed" in note for note in study.notes)
    assert next(row["model"] for row in rows(config.out)) == "two"
    save_toy_model(Path(config.models[0]), name="one")
    assert run(config, Witness()) == "done"


def test_inputs_that_are_missing_are_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ModelError, match="not found: nowhere"):
        run(toy_study(tmp_path, models=("nowhere",)), Witness())
    with pytest.raises(InputError, match=r"no\.h5"):
        run(toy_study(tmp_path, datasets=(tmp_path / "no.h5",)), Witness())
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(DatasetError, match=r"text\.h5"):
        run(toy_study(tmp_path, datasets=(tmp_path / "text.h5",)), Witness())

    assert not (tmp_path / "study").exists()


def test_a_folder_with_other_files_is_refused_and_kept(tmp_path):
    config = toy_study(tmp_path)
    config.out.mkdir()
    (config.out / "thesis.txt").write_text("mine")

    with pytest.raises(InputError, match="other files"):
        run(config, Witness())
    assert [path.name for path in config.out.iterdir()] == ["thesis.txt"]


def test_a_damaged_record_is_refused(tmp_path):
    config = toy_study(tmp_path)
    config.out.mkdir()
    (config.out / "study.json").write_text('{"format": "segdepth-study-1"')

    with pytest.raises(InputError, match=r"study\.json is damaged"):
        run(config, Witness())


@pytest.mark.skipif(sys.platform == "win32", reason="the other process uses POSIX locks")
def test_a_study_that_another_process_works_on_is_refused(tmp_path):
    config = toy_study(tmp_path)
    config.out.mkdir()
    script = (
        "import fcntl, sys; stream = open(sys.argv[1], 'a+b'); fcntl.lockf(stream, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(config.out / LOCK_FILE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="Another process"):
            run(config, Witness())
    assert run(config, Witness()) == "done"


def test_what_a_kill_leaves_behind_is_cleared_and_the_study_goes_on(tmp_path):
    """study.json says running, a step too, and half an evaluation lies there (test_study_trainings kills for real)."""
    config = toy_study(tmp_path)
    run(config, Witness(Command.PAUSE, after=12))
    record = json.loads((config.out / "study.json").read_text(encoding="utf-8"))
    record["state"] = record["steps"][1]["state"] = "running"
    (config.out / "study.json").write_text(json.dumps(record), encoding="utf-8")
    half = config.out / "evaluations/.two_toys.part-4711"
    half.mkdir()
    (half / "arrays.npz").touch()
    (config.out / ".study.json.part-4711").touch()
    kept = times(config.out)

    assert run(config, Witness()) == "done"

    assert times(config.out)["one_toys"] == kept["one_toys"]
    assert sorted(path.name for path in (config.out / "evaluations").iterdir()) == ["one_toys", "two_toys"]
    assert not (config.out / ".study.json.part-4711").exists()


def test_the_same_names_are_told_apart(tmp_path):
    """Two models of the same name, and two datasets of the same name in different folders."""
    (tmp_path / "other").mkdir()
    models = (save_toy_model(tmp_path / "a.safetensors"), save_toy_model(tmp_path / "b.safetensors"))
    datasets = (toy_dataset(tmp_path / "set.h5"), toy_dataset(tmp_path / "other/Set.h5", seed=5))
    config = toy_study(tmp_path, models=tuple(map(str, models)), datasets=datasets, max_images=1)

    run(config, Witness())

    assert list(states(config.out)) == ["toy_set", "toy_Set-2", "toy-2_set", "toy-2_Set-2"]
    evaluations = {path.name: read_evaluation(path).provenance for path in read_study(config.out).evaluations()}
    assert evaluations["toy-2_Set-2"]["model"]["path"] == str(models[1])
    assert evaluations["toy-2_Set-2"]["dataset"]["path"] == str(datasets[1])
