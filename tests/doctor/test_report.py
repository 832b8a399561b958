"""What the doctor says of an installation, sound and damaged: hashes against another program, exit codes, words."""

import json
import os
import subprocess

import pytest

from segdepth_app import cli
from segdepth_app.doctor.job import DoctorConfig, run
from segdepth_app.doctor.places import FOLDERS
from segdepth_app.paths import resources
from segdepth_app.reporting import Reporter

MODEL = "models/ceria-110-fast.safetensors"


@pytest.fixture(autouse=True)
def _sound(installed):
    """Whatever else is worked on: the shipped files are those of the list (test_shipped looks whether they are)."""


@pytest.fixture
def findings(capsys) -> dict:
    assert cli.main(["doctor", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_hashes_of_shipped_files_are_those_of_sha256sum(findings):
    name = "potentials/lobato.json"
    path = resources() / name
    expected = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
    assert findings["resources"][name] == {"bytes": path.stat().st_size, "sha256": expected}


def test_every_shipped_file_is_listed(findings):
    there = {
        os.path.relpath(os.path.join(folder, name), resources()).replace(os.sep, "/")
        for folder, _, names in os.walk(resources())
        for name in names
        if not name.startswith(".") and name != "SHA256SUMS"
    }
    assert set(findings["resources"]) == there
    assert findings["shipped"]["listed"] == len(there)


def test_a_sound_installation_says_so_last(capsys):
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "Everything is in place."
    assert any(line.startswith("Shipped files: ") and line.endswith("all as they were shipped") for line in lines)


def test_damaged_files_are_named_with_what_to_do_and_are_exit_code_1(installed, capsys):
    with (installed / MODEL).open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x7f")
    (installed / "presets/simulate/quick.json").unlink()
    (installed / "models/other.safetensors").write_bytes(b"x")
    assert cli.main(["doctor"]) == 1
    faults = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAULT: ")]
    assert len(faults) == 3  # the model is told of once, not also as the model that is used
    assert any(MODEL in line and "Install SegDepth again." in line for line in faults)
    assert any("presets/simulate/quick.json" in line and "missing" in line for line in faults)
    assert any("models/other.safetensors" in line and "Not shipped" in line for line in faults)
    assert cli.main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["shipped"]["changed"] == [MODEL]
    assert len(found["faults"]) == 3


def test_only_what_makes_numbers_is_said_to_make_them_wrong(installed, capsys):
    (installed / "guide/index.md").write_text("other words")
    assert cli.main(["doctor"]) == 1
    assert "FAULT: Not as shipped: guide/index.md. Install" in capsys.readouterr().out
    (installed / "potentials/lobato.json").write_text("{}")
    assert cli.main(["doctor"]) == 1
    assert "numbers could be wrong: guide/index.md, potentials/lobato.json." in capsys.readouterr().out


def test_a_missing_list_is_a_fault_and_the_rest_is_told(installed, capsys):
    (installed / "SHA256SUMS").unlink()
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert out.count("FAULT") == 1
    assert "Shipped files: cannot be compared" in out
    assert "numpy" in out


def test_looking_makes_no_folder(workspace, findings):
    datasets = findings["folders"]["datasets"]
    assert (datasets["path"], datasets["exists"], datasets["writable"]) == (str(workspace / "datasets"), False, True)
    assert list(workspace.iterdir()) == []


def test_a_workspace_that_is_a_file_is_a_fault_that_is_told_once(workspace, monkeypatch, capsys):
    (workspace / "file").touch()
    monkeypatch.setenv("SEGDEPTH_HOME", str(workspace / "file"))
    assert cli.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert out.count("NOT writable") == len(FOLDERS)
    assert [line for line in out.splitlines() if line.startswith("FAULT")] == [
        f"FAULT: Nothing can be written to {workspace / 'file'}. Ask for the right to write there, or set "
        "SEGDEPTH_HOME to a folder of your own."
    ]


def test_an_account_without_a_home_is_one_line(monkeypatch, capsys):
    """As in a container that is run under a number no account has."""
    for name in ("SEGDEPTH_HOME", "HOME", "XDG_CONFIG_HOME", "XDG_DOCUMENTS_DIR"):
        monkeypatch.delenv(name, raising=False)

    def unknown(_number):
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert cli.main(["doctor"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "home folder" in said[0]
    assert "SEGDEPTH_HOME" in said[0]


def test_settings_that_are_no_text_are_a_note(workspace, capsys):
    (workspace / "settings.ini").write_bytes(b"\xff\xfe\x00")
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert f"settings: {workspace / 'settings.ini'} (NOT readable: it is no text)" in out
    assert "Note: The window's settings cannot be read" in out


def test_the_job_for_the_window_answers_once_with_the_report():
    """As `segdepth doctor` prints it."""

    class Listener(Reporter):
        answers = []  # noqa: RUF012 (one test)

        def answer(self, request, **values):
            self.answers.append((request, values))

    run(DoctorConfig(), Listener())
    ((request, values),) = Listener.answers
    assert request == 0
    assert (values["faults"], values["lines"][-1]) == ([], "Everything is in place.")
    assert json.dumps(values)
