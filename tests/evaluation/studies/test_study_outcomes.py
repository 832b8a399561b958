"""What the kinds of study say: every figure against the evaluations it was taken from, and what models are called."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segdepth_app.evaluation import run as evaluating
from segdepth_app.evaluation.records import HEADLINES, PAPER_TABLE, read_evaluation
from segdepth_app.evaluation.studies import compare, denoising, model_size, noise, shuffled, spread
from segdepth_app.evaluation.studies.inputs import prepare, resolved
from segdepth_app.evaluation.studies.kinds import Done, Kind, Outcome
from segdepth_app.evaluation.studies.output import headings, write_csv
from segdepth_app.evaluation.studies.run import run
from tests.evaluation.evaluation_toys import NeighbourCopier, Reader, card, loaded
from tests.evaluation.studies.study_toys import Witness, straight_dataset, toy_dataset, toy_study, undrawn  # noqa: F401

pytestmark = pytest.mark.usefixtures("undrawn")

KINDS: dict[str, Kind] = {
    "compare": compare,
    "model-size": model_size,
    "noise": noise,
    "denoising": denoising,
    "shuffled": shuffled,
    "spread": spread,
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> Done:
    """Two toy models on a toy dataset at three doses, with intervals."""
    folder = tmp_path_factory.mktemp("judged")
    toy_dataset(folder / "toys.h5", kinds=("wedge", "rough", "shuffled", "rough", "wedge", "rough"))
    config = toy_study(folder, doses_e_per_px=(5.0, 0.5, 2.5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segdepth_app.evaluation.figures.draw_figures", lambda *_, **__: None)
        patch.setattr("segdepth_app.evaluation.studies.run.write_figures", lambda *_: [])
        run(config, Witness())
    setup, _ = prepare(resolved(config))
    return Done(setup, config.out, {name: f"evaluations/{name}" for name in ("one_toys", "two_toys")})


def metrics(done: Done, model: str, dose: str) -> dict[str, Any]:
    """Straight from the file."""
    text = (done.folder / f"evaluations/{model}_toys/metrics.json").read_text(encoding="utf-8")
    return json.loads(text)["doses"][dose]


def table_of(outcome: Outcome, name: str) -> list[dict[str, Any]]:
    (table,) = [table for table in outcome.tables if table["name"] == name]
    return table["rows"]


def plot_of(outcome: Outcome, name: str) -> dict[str, Any]:
    (plot,) = [plot for plot in outcome.plots if plot["name"] == name]
    return plot


@pytest.mark.parametrize(("kind", "name"), [("compare", "headlines"), ("model-size", "model_size"), ("noise", "noise")])
def test_every_headline_and_its_interval_is_the_evaluations_own(judged, kind, name):
    rows = [row for row in table_of(KINDS[kind].outcome(judged), name) if row["dataset"] == "toys"]

    assert sorted((row["model"], row["dose_e_per_px"]) for row in rows) == [
        (model, dose) for model in ("one", "two") for dose in (0.5, 2.5, 5.0)
    ]
    known = 0
    for row in rows:
        figures = metrics(judged, row["model"], f"{row['dose_e_per_px']:g}")
        for headline in HEADLINES:
            assert row[headline] == figures[headline]
            low, high = figures["intervals"][headline] or (None, None)
            assert (row.get(f"{headline}_low"), row.get(f"{headline}_high")) == (low, high)
            known += low is not None
    assert known > 0
    # 0.053 nm pixels: λ / (0.53 Å)² would be wrong by 100
    assert rows[0]["dose_e_per_a2"] == pytest.approx(rows[0]["dose_e_per_px"] / 0.053**2)


def test_the_papers_rows_stand_in_their_tables_as_printed(judged):
    for outcome, name, table, n in (
        (compare.outcome(judged), "headlines", "Table I", 5),
        (model_size.outcome(judged), "model_size", "Table I", 5),
        (denoising.outcome(judged), "denoising", "Table II", 3),
    ):
        rows = [row for row in table_of(outcome, name) if row["dataset"] == f"paper, {table}"]
        printed = [row.figures for row in PAPER_TABLE if row.table == table]
        assert [{key: row[key] for key in figures} for row, figures in zip(rows, printed, strict=True)] == printed
        assert len(rows) == n
        assert all(row["column_accuracy"] is None for row in rows)  # the paper has no figure per column


def test_noise_has_a_curve_per_model_over_rising_dose_with_its_interval(judged):
    plot = plot_of(noise.outcome(judged), "noise_column_accuracy")

    assert plot["x"]["log"]
    assert [curve["label"] for curve in plot["curves"]] == [f"{name}, trained at λ = 1–8" for name in ("one", "two")]
    for curve, model in zip(plot["curves"], ("one", "two"), strict=True):
        found = [metrics(judged, model, dose) for dose in ("0.5", "2.5", "5")]
        assert curve["x"] == [0.5, 2.5, 5.0]
        assert curve["y"] == [figures["column_accuracy"] for figures in found]
        assert curve["low"] == [figures["intervals"]["column_accuracy"][0] for figures in found]
        assert curve["high"] == [figures["intervals"]["column_accuracy"][1] for figures in found]


def test_sizes_are_plotted_beside_the_papers(judged):
    plot = plot_of(model_size.outcome(judged), "size_centre_accuracy")

    paper = [curve for curve in plot["curves"] if curve["role"] == "paper"]
    assert [curve["y"] for curve in paper] == [[0.812, 0.842, 0.847, 0.83, 0.699]]
    mine = [curve for curve in plot["curves"] if curve["role"] == "model"]
    assert [curve["label"] for curve in mine] == [f"fast network, λ = {dose}" for dose in ("5", "0.5", "2.5")]
    assert mine[0]["x"] == [card().parameters] * 2
    assert not [
        curve for curve in plot_of(model_size.outcome(judged), "size_column_mae")["curves"] if curve["role"] == "paper"
    ]


def test_spread_has_a_point_in_the_middle_of_each_bin_that_holds_columns(judged):
    plot = plot_of(spread.outcome(judged), "spread_accuracy")

    # the toy images have 22 and 32 pm: bins 20–25 and 30–35, the one between is empty
    assert {tuple(curve["x"]) for curve in plot["curves"]} == {(22.5, 32.5)}
    bins = [item for item in metrics(judged, "one", "5")["by_image_spread_pm"] if item["n"]]
    assert plot["curves"][0]["y"] == [item["accuracy"] for item in bins]
    rows = table_of(spread.outcome(judged), "spread")
    assert len(rows) == 2 * 3 * 2
    assert sum(row["n_columns"] for row in rows) == 6 * metrics(judged, "one", "5")["n_columns"]


def test_evidence_is_told_for_each_kind_of_specimen(judged):
    outcome = shuffled.outcome(judged)
    rows = [row for row in table_of(outcome, "evidence") if (row["model"], row["dose_e_per_px"]) == ("one", 2.5)]
    figures = metrics(judged, "one", "2.5")

    assert sorted(row["kind"] for row in rows) == ["rough", "shuffled", "wedge"]
    for row in rows:
        told = figures["deviating_by_kind"][row["kind"]]
        assert (row["n_deviating"], row["right"], row["as_plane"]) == tuple(
            told["all"][key] for key in ("n", "right", "as_plane")
        )
        assert (row["pull"], row["n_vacancies"]) == (told["pull"], told["vacancies"]["n"])
        assert row["column_accuracy"] == figures["by_kind"][row["kind"]]["accuracy"]
    by_delta = [row for row in table_of(outcome, "by_deviation") if row["model"] == "one" and row["kind"] == "rough"]
    assert [row["deviation"] for row in by_delta[:6]] == [-3, -2, -1, 1, 2, 3]
    total = sum(row["n"] for row in by_delta if row["dose_e_per_px"] == 2.5)
    assert total == figures["deviating_by_kind"]["rough"]["all"]["n"]


def test_evaluations_of_an_older_version_give_what_they_have(judged, tmp_path):
    """Without intervals, kinds, vacancies and RPS: None in their places, no failure."""
    folder = tmp_path / "evaluations/one_toys"
    folder.mkdir(parents=True)
    record = json.loads((judged.folder / "evaluations/one_toys/metrics.json").read_text(encoding="utf-8"))
    record["format"] = "segdepth-evaluation-1"
    for figures in record["doses"].values():
        for key in ("intervals", "deviating_by_kind", "column_rps", "by_split", "steps"):
            figures.pop(key, None)
        for key in ("vacancies", "reference", "neighbour_weight"):
            figures["deviating"].pop(key, None)
    (folder / "metrics.json").write_text(json.dumps(record), encoding="utf-8")
    done = replace(judged, folder=tmp_path, steps={"one_toys": "evaluations/one_toys"})

    outcomes = {name: kind.outcome(done) for name, kind in KINDS.items()}

    (row,) = [row for row in table_of(outcomes["shuffled"], "evidence") if row["dose_e_per_px"] == 2.5]
    assert (row["kind"], row["n_vacancies"], row["reference"]) == ("all", None, "plane")
    assert row["right"] == record["doses"]["2.5"]["deviating"]["all"]["right"]
    assert table_of(outcomes["compare"], "headlines")[0]["column_rps"] is None
    assert plot_of(outcomes["noise"], "noise_column_accuracy")["curves"][0]["low"] is None


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_study_with_nothing_done_yet_is_no_fault(judged, kind):
    outcome = KINDS[kind].outcome(replace(judged, steps={}))

    assert json.dumps([outcome.tables, outcome.plots, outcome.notes], allow_nan=False)
    assert outcome.plots == []


@pytest.mark.parametrize(
    ("network", "words"), [(Reader(), "one: Reads columns ("), (NeighbourCopier(), "one: Reads neighbourhoods")]
)
def test_who_reads_columns_and_who_fills_them_in_is_said_in_words(tmp_path, monkeypatch, network, words):
    """Networks whose habits are known, judged by the real judge on deviating columns at a high dose."""
    monkeypatch.setattr(evaluating, "load_model", lambda *_: loaded(network))
    toy_dataset(tmp_path / "toys.h5", kinds=("rough",) * 12)
    config = toy_study(tmp_path, kind="shuffled", models=(_first_model(tmp_path),), doses_e_per_px=(1e4,))
    run(config, Witness())

    setup, _ = prepare(resolved(config))
    outcome = shuffled.outcome(Done(setup, config.out, {"one_toys": "evaluations/one_toys"}))

    assert outcome.notes[0].startswith(words)
    right, as_plane = (plot_of(outcome, f"deviating_{key}_1")["curves"][0]["y"] for key in ("right", "as_plane"))
    # of columns that stand alone a reader gets all right; a copier calls all as their surroundings
    assert (min(right), max(as_plane)) == (1, 0) if "columns (" in words else (max(right), min(as_plane)) == (0, 1)


def _first_model(folder: Path) -> str:
    return toy_study(folder).models[0]


def test_one_test_set_that_is_filled_in_decides_what_a_model_is_called(judged):
    """The words must not depend on the order of the test sets; what cannot be told decides nothing."""
    told = [
        shuffled.Evidence(
            item, 2.5, kind, {"verdict": kind, "verdict_heading": kind, "verdict_text": f"Because {kind}."}
        )
        for item in judged.judged()[:1]
        for kind in ("columns", "neighbourhoods", "unclear", "leaning")
    ]

    for found in (told, told[::-1]):
        assert shuffled.in_words("one", found) == (
            "one: neighbourhoods (toys, neighbourhoods at λ = 2.5). Because neighbourhoods."
        )
    assert shuffled.in_words("one", [told[0], told[2]]).startswith("one: columns")


def test_too_few_deviating_columns_are_not_judged_in_words(tmp_path):
    straight_dataset(tmp_path / "toys.h5")
    config = toy_study(tmp_path, kind="shuffled")
    run(config, Witness())

    setup, _ = prepare(resolved(config))
    outcome = shuffled.outcome(Done(setup, config.out, {"one_toys": "evaluations/one_toys"}))
    assert outcome.notes[0].startswith("one: Cannot tell whether it reads columns. This needs 30 columns")


def test_notes_of_several_doses_stand_once(judged):
    notes = noise.outcome(judged).notes

    assert len(notes) == len(set(notes))
    own = read_evaluation(judged.folder / "evaluations/one_toys").notes
    at_all = [note.removeprefix("λ = 5: ") for note in own if note.startswith("λ = 5: ")]
    assert all(any(note.endswith(text) for note in notes) for text in at_all)
    assert sum("one on toys, λ = 5, 0.5, 2.5: " in note for note in notes) > 0


@pytest.mark.parametrize("kind", list(KINDS))
def test_tables_as_csv_say_the_same(judged, tmp_path, kind):
    for table in KINDS[kind].outcome(judged).tables:
        path = write_csv(tmp_path / "t.csv", table)
        with path.open(newline="", encoding="utf-8") as stream:
            header, *lines = list(csv.reader(stream))
        names = headings(table)
        assert header == list(names.values())
        assert len(lines) == len(table["rows"])
        for line, row in zip(lines, table["rows"], strict=True):
            for text, key in zip(line, names, strict=True):
                value = row.get(key)
                expected = "" if value is None else value
                assert (float(text) if isinstance(expected, float | int) else text) == expected
