"""Moving a file into place: where another program holds the target, and what is said of it."""

import os

import pytest

from segdepth_app import paths
from segdepth_app.jobs.faults import describe


class Held:
    """os.replace as on Windows, where a scanner holds the target for the first `times` tries."""

    def __init__(self, times):
        self.times, self.tried, self.replace = times, 0, os.replace

    def __call__(self, source, target):
        self.tried += 1
        if self.tried <= self.times:
            raise PermissionError(13, "Access is denied", str(source), 5, str(target))
        self.replace(source, target)


@pytest.fixture
def held(monkeypatch):
    """Makes the system hold a target, on Windows or not: neither can be had here."""

    def make(times, windows):
        held = Held(times)
        monkeypatch.setattr(os, "replace", held)
        monkeypatch.setattr(paths, "IS_WINDOWS", windows)
        monkeypatch.setattr(paths, "IN_USE_PATIENCE_S", 0.2)
        return held

    return make


def test_a_file_held_for_an_instant_is_replaced_on_windows(tmp_path, held):
    """Third time lucky; the new content is there and the temporary file is gone."""
    target = tmp_path / "last.ckpt"
    target.write_text("old")
    system = held(2, windows=True)
    with paths.written_whole(target) as temporary:
        temporary.write_text("new")
    assert (system.tried, target.read_text(), os.listdir(tmp_path)) == (3, "new", ["last.ckpt"])


@pytest.mark.parametrize("windows", [True, False])
def test_a_file_held_for_good_stays_as_it_was_and_is_named(tmp_path, held, windows):
    """A table open in a spreadsheet; elsewhere such a refusal is final, and nobody waits for it."""
    target = tmp_path / "columns.csv"
    target.write_text("old")
    system = held(10**6, windows=windows)
    with pytest.raises(PermissionError) as caught, paths.written_whole(target) as temporary:
        temporary.write_text("new")
    assert (target.read_text(), os.listdir(tmp_path)) == ("old", ["columns.csv"])
    assert (system.tried > 1) is windows
    fault = describe(caught.value)
    assert fault["kind"] == "input"
    assert fault["message"].endswith("columns.csv.")
    assert ".part-" not in fault["message"]


def test_a_refusal_names_the_target_here_too(tmp_path):
    """The real system: a file cannot take the place of a folder; a user knows the folder, not the temporary file."""
    target = tmp_path / "folder"
    (target / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="folder") as caught, paths.written_whole(target) as temporary:
        temporary.write_text("new")
    assert str(caught.value.filename2) == str(target)
