"""The verb `study`: what is parsed, what is refused in one line, and that Ctrl-C pauses."""

import os
import signal
from pathlib import Path

import pytest

from segdepth_app import cli, config
from segdepth_app.reporting import Command
from tests.cli_tools import job_that, settings_of


def test_study_options_become_its_settings():
    settings = settings_of(
        *"study noise --out s --model a b --model c --dataset x.h5,y.h5 --dataset z.h5 --dose 1,2.5 5".split(),
        *"--train-dataset t.h5 --train-preset quick --set max_epochs=2 --set batch_size=4 --train-dose 0.5 1".split(),
        *"--split all --max-images 3 --test-specimens 7 --n-bootstrap 0 --seed 4 --device cpu".split(),
    )
    assert settings == config.StudyConfig(
        kind="noise",
        out=Path("s"),
        models=("a", "b", "c"),
        datasets=(Path("x.h5,y.h5"), Path("z.h5")),  # a comma may be part of a file's name
        doses_e_per_px=(1, 2.5, 5),
        train_dataset=Path("t.h5"),
        train_preset="quick",
        train_set=("max_epochs=2", "batch_size=4"),
        train_doses_e_per_px=(0.5, 1),
        split="all",
        max_images=3,
        test_specimens=7,
        n_bootstrap=0,
        seed=4,
        device="cpu",
    )


@pytest.mark.parametrize("text", ["--widths 16,32", "--widths 16 32", "--widths 16 --widths 32"])
def test_a_study_takes_several_widths_however_they_are_written(text):
    settings = settings_of(*f"study model-size --train-dataset t.h5 {text} --out s".split())
    assert settings.widths == (16, 32)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("study noises --model m --out s", list(config.STUDIES)),
        ("study noise --out s", ["no model to study"]),
        ("study shuffled --train-dataset t.h5 --out s", ["trains no models"]),
        ("study noise --model m --dose none --out s", ["--dose none"]),
        (
            "study denoising --train-dataset t.h5 --denoiser some --out s",
            ["denoisers.0", "'none', 'separate' or 'joint'"],
        ),
    ],
)
def test_an_impossible_study_is_refused_in_one_line(text, words, capsys):
    assert cli.main(text.split()) == 2
    _, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert all(word in err for word in words)


def test_the_help_of_studies_asks_what_each_kind_answers(capsys):
    assert cli.main(["study", "--help"]) == 0
    out, _ = capsys.readouterr()
    assert all(facts.question in out for facts in config.STUDIES.values())
    assert "(default )" not in out


def test_an_interrupted_study_is_paused(monkeypatch, capsys):
    def interrupted(_settings, reporter):
        os.kill(os.getpid(), signal.SIGINT)
        assert reporter.command() is Command.PAUSE
        return "paused"

    job_that(monkeypatch, interrupted)
    assert cli.main("study noise --model m --out s".split()) == 130
    assert "Paused; the same command goes on." in capsys.readouterr().err
