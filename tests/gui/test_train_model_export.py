"""A run's model saved elsewhere, and the questions before."""

import json
import os
from pathlib import Path

import pytest

from segdepth_app.errors import InputError, ModelError
from segdepth_app.gui.train.model_export import export_model, targets
from segdepth_app.gui.train.presenter import TrainPresenter
from segdepth_app.gui.train.view import TrainView
from segdepth_app.models.card import read_card, shipped_models
from segdepth_app.paths import runs_folder
from tests.gui.lab_fakes import FakeContext, spec_of
from tests.gui.lab_files import make_run

MODEL = next(iter(shipped_models().values()))


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    path = make_run(runs_folder() / "run 1", model=True)
    (path / "model.safetensors").write_bytes(MODEL.read_bytes())
    view, context = spec_of(TrainView), FakeContext()
    return TrainPresenter(view, context), view, context, tmp_path / "试样" / "ceria.safetensors"


def export_to(view, target):
    view.ask_target.call_args.args[1](target)


def test_the_copy_is_the_model_and_its_card_can_be_read(bench):
    presenter, view, context, target = bench
    presenter.act("export")
    assert view.ask_target.call_args.args[0].name == "run-1.safetensors"
    export_to(view, target)
    assert target.read_bytes() == MODEL.read_bytes()
    card = json.loads((target.parent / "ceria.card.json").read_text(encoding="utf-8"))
    assert card == read_card(MODEL).model_dump(mode="json")
    view.ask.assert_not_called()
    assert "ceria.safetensors" in context.told[0]


@pytest.mark.parametrize("there", ["ceria.safetensors", "ceria.card.json"])
def test_nothing_is_replaced_without_asking(bench, there):
    presenter, view, _, target = bench
    target.parent.mkdir()
    (target.parent / there).write_text("mine")
    presenter.act("export")
    export_to(view, target)
    assert (target.parent / there).read_text() == "mine"
    question, _, verb, then = view.ask.call_args.args
    assert (question, verb) == (f"Replace {there}?", "Replace")
    then()
    assert target.read_bytes() == MODEL.read_bytes()


@pytest.mark.parametrize("name", ["ceria", "ceria.safetensors"])
def test_the_ending_is_added_where_it_is_missing(name):
    assert targets(Path("/x") / name) == (Path("/x/ceria.safetensors"), Path("/x/ceria.card.json"))


def test_a_broken_model_is_not_exported(bench):
    presenter, view, context, target = bench
    (runs_folder() / "run 1" / "model.safetensors").write_bytes(MODEL.read_bytes()[:-1])
    presenter.act("export")
    export_to(view, target)
    assert "truncated" in context.reported[0]
    assert not target.exists()


def test_a_copy_that_fails_leaves_the_old_file_whole(tmp_path, monkeypatch):
    """A full disk, half way."""
    target = tmp_path / "a.safetensors"
    target.write_text("old")

    def fail(source, target):
        Path(target).write_bytes(b"half")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(InputError, match="No space left"):
        export_model(MODEL, target)
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]
    assert target.read_text() == "old"


def test_a_run_is_not_exported_onto_itself(tmp_path):
    with pytest.raises(InputError, match="own model"):
        export_model(MODEL, MODEL)


def test_something_else_is_no_model(tmp_path):
    (tmp_path / "x").write_text("no model at all")
    with pytest.raises(ModelError, match="not a SegDepth model"):
        export_model(tmp_path / "x", tmp_path / "y")
