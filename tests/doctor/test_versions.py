"""Versions the doctor tells, against what the libraries say themselves."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import h5py

from segdepth_app.doctor.versions import PACKAGES, libraries, packages, system

ROOT = Path(__file__).parents[2]
WITHOUT_NUMBERS = {"jaxtyping"}
"""Needed, but it makes no number and reads no file."""


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_has_its_version():
    assert [name for name, version in packages().items() if version is None] == []


def test_a_package_that_is_not_there_has_none(monkeypatch):
    monkeypatch.setattr("segdepth_app.doctor.versions.PACKAGES", ("numpy", "no-such-package"))
    found = packages()
    assert found["no-such-package"] is None
    assert found["numpy"] == metadata.version("numpy")


def test_every_dependency_is_told_of():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {normal(re.match(r"[\w.-]+", text)[0]) for text in project["dependencies"]}
    assert needed - WITHOUT_NUMBERS - {normal(name) for name in PACKAGES} == set()


def test_a_frozen_program_has_the_metadata_of_all_of_them():
    """The spec takes this very list."""
    spec = (ROOT / "packaging" / "segdepth.spec").read_text(encoding="utf-8")
    assert "from segdepth_app.doctor.versions import PACKAGES" in spec
    assert "for name in PACKAGES for entry in copy_metadata(name)" in spec


def test_libraries_inside_packages_have_their_own_versions():
    found = libraries()
    assert found["Qt"] == metadata.version("PySide6_Essentials")
    assert found["HDF5"] == ".".join(map(str, h5py.h5.get_libversion()))
    assert re.match(r"\d+\.\d+", found["FFmpeg"])
    assert re.search(r"\d", found["BLAS of numpy"])


def test_settings_of_threads_are_told(monkeypatch):
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    assert system()["threads"]["MKL_NUM_THREADS"] == "3"
