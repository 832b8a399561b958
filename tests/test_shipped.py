"""Shipped files are what was shipped: the list against sha256sum, damaged files against the list."""

import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from segdepth_app import cli
from segdepth_app.errors import InputError, ModelError
from segdepth_app.microscope import potentials
from segdepth_app.models.card import find_model
from segdepth_app.models.model_file import load_model
from segdepth_app.paths import resources
from segdepth_app.shipped import LIST_NAME, check_shipped, compared, read_list, shipped_files

ROOT = Path(__file__).parents[1]
MODEL = "models/ceria-110-fast.safetensors"
RUN_THIS = "Shipped files changed, or there are others: run `make manifest` and commit resources/SHA256SUMS."


@pytest.fixture
def shipped(installed):
    """Shipped files to be damaged; tables that were read before are forgotten."""
    potentials._table.cache_clear()
    yield installed
    potentials._table.cache_clear()


def flip_a_bit(path, byte=-100):
    data = bytearray(path.read_bytes())
    data[byte] ^= 1
    path.write_bytes(data)


def test_the_list_is_that_of_the_files_as_they_are():
    """By sha256sum, a program that knows nothing of ours."""
    assert set(read_list(resources())) == set(shipped_files(resources())), RUN_THIS
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", LIST_NAME],
        cwd=resources(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), RUN_THIS


def test_git_changes_no_line_ending_of_a_shipped_file():
    """With autocrlf on Windows the hashes of texts would be others."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git here")
    names = [f"resources/{name}" for name in (LIST_NAME, *shipped_files(resources()))]
    done = subprocess.run(
        ["git", "check-attr", "text", "--", *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len(done.stdout.splitlines()) == len(names)
    assert all(line.endswith("text: unset") for line in done.stdout.splitlines())


def test_each_kind_of_damage_is_named(shipped):
    flip_a_bit(shipped / MODEL)
    (shipped / "potentials/lobato.json").unlink()
    (shipped / "presets/train/mine.json").write_text("{}")
    found = compared(shipped)
    assert found.changed == (MODEL,)
    assert found.missing == ("potentials/lobato.json",)
    assert found.extra == ("presets/train/mine.json",)
    assert not found.is_sound


@pytest.mark.parametrize("name", [".DS_Store", "models/.hidden/a", "Thumbs.db", "guide/desktop.ini"])
def test_what_file_managers_leave_is_no_damage(shipped, name):
    (shipped / name).parent.mkdir(exist_ok=True)
    (shipped / name).write_bytes(b"x")
    assert compared(shipped).is_sound


@pytest.mark.parametrize("text", ["", "no hash  at all\n", "cut"])
def test_a_damaged_list_is_not_taken_for_a_list(shipped, text):
    """An empty one lists nothing, so that every file is too many."""
    (shipped / LIST_NAME).write_text(text)
    if not text:
        assert len(compared(shipped).extra) == len(shipped_files(shipped))
        return
    with pytest.raises(InputError, match="list of shipped files is damaged"):
        compared(shipped)


@pytest.mark.parametrize(
    "load",
    [find_model, lambda name: find_model(resources() / MODEL), lambda name: load_model(resources() / MODEL)],
    ids=["by name", "by path", "loaded"],
)
def test_a_shipped_model_with_one_bit_off_is_refused(shipped, load):
    """The last bytes are weights: without the hash it would load and count otherwise."""
    load("ceria-110-fast")
    flip_a_bit(shipped / MODEL)
    with pytest.raises(ModelError, match="ceria-110-fast is not as it was shipped"):
        load("ceria-110-fast")


def test_a_shipped_model_is_refused_where_the_list_is_gone(shipped):
    (shipped / LIST_NAME).unlink()
    with pytest.raises(ModelError, match="list of shipped files"):
        find_model("ceria-110-fast")


def test_a_model_of_the_users_own_is_not_compared(shipped, tmp_path):
    """Neither elsewhere, under the same name, nor one that was put beside the shipped ones."""
    elsewhere = tmp_path / "ceria-110-fast.safetensors"
    shutil.copy(shipped / MODEL, elsewhere)
    flip_a_bit(elsewhere)
    assert find_model(elsewhere) == elsewhere
    beside = shutil.copy(elsewhere, shipped / "models/mine.safetensors")
    assert find_model("mine") == Path(beside)


def test_a_link_to_a_damaged_shipped_file_is_refused(shipped, tmp_path):
    flip_a_bit(shipped / MODEL)
    link = tmp_path / "link.safetensors"
    link.symlink_to(shipped / MODEL)
    with pytest.raises(InputError, match="The file is not as it was shipped"):
        check_shipped(link, "The file")


def test_a_table_of_potentials_with_another_digit_is_refused(shipped):
    path = shipped / "potentials/lobato.json"
    path.write_text(path.read_text(encoding="utf-8").replace("1", "2", 1), encoding="utf-8")
    with pytest.raises(InputError, match="lobato table of potentials is not as it was shipped"):
        potentials.scattering_factor("Ce", torch.ones(1), table="lobato")
    assert potentials.scattering_factor("Ce", torch.ones(1), table="kirkland") > 0


def test_the_demo_refuses_a_damaged_sample(shipped, tmp_path, capsys):
    flip_a_bit(shipped / "samples/ceria-surface.tif", byte=5_000_000)
    assert cli.main(["demo", "--out", str(tmp_path / "out")]) == 2
    assert "The sample series is not as it was shipped" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
