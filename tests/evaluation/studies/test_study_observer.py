"""The studies of gradients and of the ideal observer from beginning to end on tiny data, and what they make of it."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from segdepth_app.errors import ResultError
from segdepth_app.evaluation.records import read_evaluation
from segdepth_app.evaluation.studies import gradient, observer
from segdepth_app.evaluation.studies.inputs import prepare, resolved
from segdepth_app.evaluation.studies.kinds import Done
from segdepth_app.evaluation.studies.observer_outcome import FORMAT, read_observation
from segdepth_app.evaluation.studies.run import run
from segdepth_app.evaluation.study_records import read_study
from tests.evaluation.observer.observer_toys import small_dataset
from tests.evaluation.studies.study_toys import Witness, toy_study, undrawn  # noqa: F401

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    small_dataset(folder / "small.h5", n_specimens=2)
    return folder


def done_of(config):
    setup, first = prepare(resolved(config))
    steps = [*first, *observer.plan(setup), *gradient.plan(setup)]
    return Done(setup, config.out, {step.name: step.place for step in steps if (config.out / step.place).exists()})


@pytest.fixture(scope="module")
def observed(folder):
    """The ideal observer beside two toy models."""
    config = toy_study(folder, kind="observer", out=folder / "observer", datasets=(folder / "small.h5",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segdepth_app.evaluation.figures.draw_figures", lambda *_, **__: None)
        patch.setattr("segdepth_app.evaluation.studies.run.write_figures", lambda *_: [])
        assert run(config, Witness()) == "done"
    return config


def test_the_bound_stands_beside_the_models(observed):
    study = read_study(observed.out)
    record = json.loads((observed.out / "observer/small.json").read_text("utf-8"))
    bounds = record["inputs"][0]["doses"]["2.5"]
    tables = {table["name"]: table["rows"] for table in study.tables}

    assert record["n_specimens"] == 2
    assert [step["what"] for step in study.steps] == ["evaluate", "evaluate", "observe"]
    figures = read_evaluation(observed.out / "evaluations/one_small").doses["2.5"]
    assert len(tables["steps"]) == 2 * 10
    for row in tables["steps"]:
        lower = int(row["step"].split()[0])
        entry = bounds["steps_by_element"][row["element"]][lower]
        step = figures["steps_by_element"][row["element"]][lower]
        assert (row["bound"], row["model_0"]) == (entry["accuracy"], step["accuracy"])
        assert row["n_pairs"] == entry["n_pairs"]
        if entry["accuracy"] is not None and entry["accuracy_error"] is not None:
            half = 1.96 * entry["accuracy_error"]
            assert row["bound_low"] == pytest.approx(max(0, entry["accuracy"] - half))
            assert row["bound_high"] == pytest.approx(min(1, entry["accuracy"] + half))
    for row in tables["columns"]:
        assert row["model_0"] == figures["by_element"][row["element"]]["accuracy"]
        assert row["bound_told_plane"] == 1
    with (observed.out / "tables/steps.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.reader(stream))) == 1 + 20


def test_plots_show_bound_and_models(observed):
    plots = {plot["name"]: plot for plot in read_study(observed.out).plots}

    assert set(plots) == {"steps_Ce_small_2.5", "steps_O_small_2.5", "columns_Ce_small", "columns_O_small"}
    roles = [(curve["role"], curve["label"]) for curve in plots["steps_Ce_small_2.5"]["curves"]]
    assert roles == [("bound", "ideal observer, 250 pm around the column"), ("model", "one"), ("model", "two")]
    assert [curve["role"] for curve in plots["columns_O_small"]["curves"]] == ["bound", "bound", "model", "model"]
    assert plots["columns_O_small"]["x"]["log"]


def test_a_model_above_the_bound_reads_its_surroundings(observed, monkeypatch):
    """Untrained models are below it: the bound itself is lowered, and every step above it is named."""
    assert not any("above the bound" in note for note in observer.outcome(done_of(observed)).notes)

    def lowered(path):
        record = read_observation(path)
        entry = record["inputs"][0]["doses"]["2.5"]["steps_by_element"]["Ce"][3]
        entry.update(accuracy=0.1, accuracy_error=0.01)
        return record

    def step(_view, _judged, element, lower):
        return {"lower": lower, "accuracy": 0.7, "interval": [0.13, 0.8] if element == "Ce" and lower == 3 else None}

    monkeypatch.setattr("segdepth_app.evaluation.studies.observer_outcome.read_observation", lowered)
    monkeypatch.setattr("segdepth_app.evaluation.studies.observer_outcome._View.step", step)
    notes = [note for note in observer.outcome(done_of(observed)).notes if "above the bound" in note]

    assert len(notes) == 2
    assert "one on small is above the bound for Ce at λ = 2.5 e/px (3 ↔ 4)" in notes[0]


def test_a_resumed_study_does_not_observe_again(observed):
    before = (observed.out / "observer/small.json").stat().st_mtime_ns

    assert run(observed, Witness()) == "done"

    assert (observed.out / "observer/small.json").stat().st_mtime_ns == before


def test_nothing_done_says_nothing(observed):
    done = replace(done_of(observed), steps={})

    for kind in (observer, gradient):
        outcome = kind.outcome(done)
        assert not any(table["rows"] for table in outcome.tables)
        assert outcome.plots == []


@pytest.mark.parametrize("text", ["", "{}", f'{{"format": "{FORMAT}", "inputs": []}}', "[1]"])
def test_a_damaged_observer_file_says_so(tmp_path, text):
    (tmp_path / "o.json").write_text(text)

    with pytest.raises(ResultError, match="damaged"):
        read_observation(tmp_path / "o.json")


def test_gradients_of_two_models_from_beginning_to_end(folder):
    """Table, plots and pictures agree with the files of the steps; one picture is really drawn."""
    config = toy_study(
        folder, kind="gradient", out=folder / "gradient", datasets=(folder / "small.h5",), doses_e_per_px=(1.0, 5.0)
    )
    assert run(config, Witness()) == "done"

    done = done_of(config)
    outcome = gradient.outcome(done)
    (model, _), (dataset,) = done.setup.models, done.setup.datasets
    found = gradient.read_gradients(config.out / "gradient/one_small.npz", model, dataset)
    (table,) = outcome.tables
    rows = [row for row in table["rows"] if row["model"] == "one"]
    assert [row["half_pm"] for row in rows] == [row["half_pm"] for row in found.record["rows"]]
    first = found.record["rows"][0]
    assert rows[0]["half_pm_high"] == pytest.approx(first["half_pm"] + 1.96 * first["half_pm_error"])
    assert [plot["name"] for plot in outcome.plots] == ["half_pm_small", "in_disc_small"]
    on_ce = next(curve for curve in outcome.plots[0]["curves"] if curve["label"] == "one, on Ce")
    assert on_ce["x"] == [1.0, 5.0]
    assert on_ce["y"] == [row["half_pm"] for row in found.record["rows"] if row["what"] == "Ce"]
    assert found.pictures.shape[:3] == (2, len(found.record["shown"]), 11)
    assert len(outcome.pictures) == 2 * len(found.record["shown"])
    figure = outcome.pictures[0].draw()
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), found.pictures[0, 0, 0])


def test_a_damaged_gradient_file_says_so(tmp_path, observed):
    setup = done_of(observed).setup
    (tmp_path / "g.npz").write_bytes(b"PK\x03\x04 cut")

    with pytest.raises(ResultError, match="damaged"):
        gradient.read_gradients(tmp_path / "g.npz", setup.models[0], setup.datasets[0])
