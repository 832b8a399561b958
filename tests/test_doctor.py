"""What the doctor says is true: hashes against another program, folders, devices."""

import json
import os
import subprocess

import pytest

from segdepth_app import cli, doctor
from segdepth_app.paths import resources


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
    listed = set(findings["resources"])
    there = {
        os.path.relpath(os.path.join(folder, name), resources()).replace(os.sep, "/")
        for folder, _, names in os.walk(resources())
        for name in names
        if not name.startswith(".")
    }
    assert listed == there


def test_looking_makes_no_folder(workspace, findings):
    assert findings["folders"]["datasets"] == {
        "path": str(workspace / "datasets"),
        "exists": False,
        "writable": True,
    }
    assert list(workspace.iterdir()) == []


def test_a_workspace_that_is_a_file_is_not_writable(workspace, monkeypatch, capsys):
    (workspace / "file").touch()
    monkeypatch.setenv("SEGDEPTH_HOME", str(workspace / "file"))
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out.count("NOT writable") == len(doctor.FOLDERS)


def test_a_missing_gpu_has_a_reason(findings):
    devices = findings["devices"]
    assert bool(devices["gpus"]) != bool(devices["no_gpu_because"])


@pytest.mark.parametrize(
    ("cuda", "driver", "words"),
    [
        (None, False, "build for processors only"),
        (None, True, "PyTorch's CUDA index"),
        ("12.8", False, "no NVIDIA driver"),
        ("12.8", True, "newer driver"),
    ],
)
def test_the_reason_fits_torch_and_driver(cuda, driver, words, monkeypatch):
    monkeypatch.setattr(doctor, "_nvidia_driver", lambda: driver)
    assert words in doctor._why_no_gpu(cuda)


def test_every_package_has_its_version(findings):
    assert [name for name, version in findings["versions"].items() if version is None] == []
