"""The version is written by hand in one place; everything else asks for it."""

import re
import tomllib
from pathlib import Path

from segdepth_app import __version__

ROOT = Path(__file__).parents[1]
ITS_PLACE = "segdepth_app/__init__.py"
HISTORY = ("CHANGELOG.md", "resources/samples/ceria-surface_card.json")
"""They tell which version did something, and stay as they are when it moves on."""
TEXT = {".py", ".md", ".toml", ".cff", ".json", ".xml", ".desktop", ".iss", ".ps1", ".sh", ".spec", ".txt", ".cmd", ""}


def texts():
    """Our own text files, by their path in the project."""
    folders = [ROOT / name for name in ("segdepth_app", "packaging", "resources", "tests", ".ci")]
    paths = [*ROOT.glob("*"), *(path for folder in folders for path in folder.rglob("*"))]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts
    }


def test_no_other_file_states_the_version():
    """Pins of other packages (name==version) may happen to be the same."""
    stated = re.compile(rf"(?<![\w.=]){re.escape(__version__)}(?![\w.]*\d)")
    found = {name for name, text in texts().items() if stated.search(text)}
    assert found - set(HISTORY) == {ITS_PLACE}


def test_the_build_takes_it_from_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "segdepth_app.__version__"}


def test_the_newest_entry_of_the_changelog_is_this_version():
    """`## [VERSION] - date`, or `## [Unreleased] (VERSION)` while it is in the making."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = next(line for line in changelog.splitlines() if line.startswith("## "))
    assert re.findall(r"\d+\.\d+\.\d+\w*", heading) == [__version__]


def test_the_program_says_it(segdepth):
    done = segdepth("--version")
    assert (done.returncode, done.stdout) == (0, f"segdepth {__version__}\n")
