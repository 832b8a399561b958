"""A place with an odd name, good files to stand beside the bad ones, and a look at what a command leaves behind."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from inference_toys import toy_model_file, toy_series_file
from refusals import Outcome
from training_toys import write_spots

from segdepth_app import cli

ODD_FOLDER = Path("Größe µm") / "试样 1"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose name no encoding but UTF-8 can hold."""
    folder = tmp_path / ODD_FOLDER
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One usable file of each kind, under names that are odd as well."""
    folder = tmp_path_factory.mktemp("good") / ODD_FOLDER
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text('{"n_specimens": 1}', encoding="utf-8")
    (folder / "table.csv").write_text("element,x_px,y_px,atoms\nCe,20,20,5\nO,40,40,5\n", encoding="utf-8")
    files = {
        "settings": folder / "settings.json",
        "structure": folder / "table.csv",
        "dataset": write_spots(folder / "spots.h5"),
        "model": toy_model_file(folder),
        "series": toy_series_file(folder),
        "result": folder / "result.h5",
    }
    argv = ["infer", "--model", files["model"], files["series"], "--out", files["result"], "--device", "cpu"]
    assert cli.main([str(part) for part in argv]) == 0
    return files


def everything_below(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder, with size and time of change."""
    facts = {}
    for path in folder.rglob("*"):
        about = path.lstat()
        facts[str(path.relative_to(folder))] = (about.st_size, about.st_mtime_ns) if path.is_file() else (-1, -1)
    return facts


@pytest.fixture
def attempt(place: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs a command line in `place` and compares the folder before and after."""

    def run(*argv: str | os.PathLike[str]) -> Outcome:
        before = everything_below(place)
        capfd.readouterr()
        code = cli.main([str(part) for part in argv])
        out, err = capfd.readouterr()
        after = everything_below(place)
        changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
        return Outcome(code, out, err, frozenset(changed))

    return run
