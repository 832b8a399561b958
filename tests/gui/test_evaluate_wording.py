"""Choices and words of the Evaluate tab, without Qt."""

from datetime import datetime

import pytest

from segdepth_app.config import EvaluateConfig, StudyConfig
from segdepth_app.evaluation.records import read_evaluation
from segdepth_app.gui.evaluate import comparing, groups, requests, sweep, wording
from segdepth_app.gui.evaluate.choices import doses_from_text, new_folder
from segdepth_app.gui.evaluate.figures import FIGURES, figure_rows, paper_figures
from tests.gui import evaluate_records

NOON = datetime(2024, 5, 1, 12, 0, 0)


@pytest.fixture(params=["vacancy_accuracy is null", "Accuracy on empty sites is not given"], ids=["older", "newer"])
def evaluation(tmp_path, request):
    note = f"λ = 2.5: {request.param}: no empty sites."
    return read_evaluation(evaluate_records.write(tmp_path / "e", notes=[note]))


@pytest.fixture
def old(tmp_path):
    return read_evaluation(evaluate_records.write(tmp_path / "old", old=True))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2.5", [2.5]),
        ("1; 2,5; 8", [1, 2.5, 8]),
        ("1, 2.5, 8", [1, 2.5, 8]),
        ("  ", []),
        ("1 x", [1, "x"]),
        ("1;;2", [1, 2]),
    ],
)
def test_doses_are_read_with_points_commas_and_semicolons(text, values):
    assert doses_from_text(text) == values


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("ceria-110-fast", "ceria-110-fast"),
        ("/runs/run 12/model.safetensors", "run-12"),
        ("/files/my model.safetensors", "my-model"),
    ],
)
def test_the_folder_is_named_after_model_dataset_and_time(tmp_path, monkeypatch, model, name):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path))
    first = new_folder(model, "/d/wedge set.h5", NOON)
    first.mkdir(parents=True)

    assert first == tmp_path / "evaluations" / f"{name}_wedge-set_20240501-120000"
    assert new_folder(model, "/d/wedge set.h5", NOON).name == f"{first.name}-2"


# what the form asks for


def typed(models=("m",), datasets=("/d/a.h5",), doses="2.5", **changes):
    values = {"models": list(models), "datasets": list(datasets), "doses": doses, "labels": {m: m for m in models}}
    return {**values, "split": "test", "max_images": 3, "n_bootstrap": 200, **changes}


def test_one_model_on_one_dataset_is_an_evaluation(monkeypatch, tmp_path):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path))
    request = requests.request(typed(doses="2.5; 1; 2.5"), NOON)

    config = EvaluateConfig.model_validate(request.config)
    assert (request.job, config.model, config.dataset.name) == ("evaluate", "m", "a.h5")
    # a dose typed twice is judged once
    assert (config.doses_e_per_px, config.max_images, config.n_bootstrap) == ((2.5, 1.0), 3, 200)


@pytest.mark.parametrize(("models", "datasets"), [(("m", "n"), ("/d/a.h5",)), (("m",), ("/d/a.h5", "/d/b.h5"))])
def test_more_than_one_is_a_study_that_compares(monkeypatch, tmp_path, models, datasets):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path))
    request = requests.request(typed(models, datasets, split="all"), NOON)

    config = StudyConfig.model_validate(request.config)
    assert (request.job, config.kind, config.split) == ("study", "compare", "all")
    assert (config.models, tuple(path.as_posix() for path in config.datasets)) == (models, datasets)
    assert (config.max_images, config.n_bootstrap, config.out.parent) == (3, 200, tmp_path / "studies")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (typed(), "1 evaluation at one dose."),
        (typed(doses="1; 2"), "1 evaluation at 2 doses."),
        (
            typed(("m", "n", "o"), ("/a", "/b"), "1 2"),
            "6 evaluations: 3 models × 2 datasets, each at 2 doses; one study, which can be paused and resumed.",
        ),
        (typed(models=()), ""),
        (typed(doses="high"), ""),
    ],
)
def test_the_amount_is_said_before(form, words):
    assert requests.amount(form) == words


# figures


def test_value_interval_and_the_papers_figure_stand_beside_each_other(evaluation):
    rows = {row.label: (row.value, row.interval, row.paper) for row in figure_rows(evaluation, "2.5")}

    assert rows["Pixel accuracy"] == ("0.912", "—", "0.939")
    assert rows["Hallucination rate"] == ("0.0346", "—", "0.0233")
    assert rows["Column accuracy"] == ("0.710", "0.660 … 0.740", "—")
    assert rows["Column probability score"] == ("0.0211", "—", "—")
    assert rows["Accuracy on empty sites"] == ("—", "—", "—")


def test_a_dash_says_why(evaluation, old):
    rows = {row.label: row for row in figure_rows(evaluation, "2.5")}
    first = {row.label: row for row in figure_rows(old, "2.5")}

    assert rows["Accuracy on empty sites"].value_help == "Not given: no empty sites."
    assert rows["Column average precision"].value_help == "Not given."
    assert "several specimens" in rows["Pixel accuracy"].interval_help
    assert rows["Column accuracy"].paper_help == "The paper does not give this figure."
    assert first["Column probability score"].value == "—"
    assert "SegDepth 0.1.0, does not hold it" in first["Column probability score"].value_help
    assert "has no intervals" in first["Column accuracy"].interval_help


@pytest.mark.parametrize(
    ("network", "width", "accuracy"),
    [
        ({"kind": "paper", "width": 16}, 16, 0.931),
        ({"kind": "paper", "width": 16, "denoiser": "joint"}, 64, 0.939),
        ({"kind": "paper", "width": 24}, 64, 0.939),
        ({"kind": "fast", "width": 32}, 64, 0.939),
    ],
)
def test_the_papers_network_of_the_same_width_stands_beside(tmp_path, network, width, accuracy):
    figures, words = paper_figures(read_evaluation(evaluate_records.write(tmp_path / "e", network=network)))

    assert figures["pixel_accuracy"] == accuracy
    assert f"{width} channels" in words


# groups


@pytest.mark.parametrize("name", list(groups.BREAKDOWNS))
def test_every_breakdown_has_a_height_or_none_for_each_label_and_a_row_for_each_group(name):
    shown = groups.grouping(evaluate_records.figures(), name)

    assert shown.bars.labels
    assert {len(heights) for heights in shown.bars.series.values()} == {len(shown.bars.labels)}
    assert len(shown.bars.counts) == len(shown.bars.labels)
    assert {len(row) for row in shown.rows} == {len(shown.headers)}
    assert len(shown.rows) >= len(shown.bars.labels)


@pytest.mark.parametrize("name", ["by_split", "by_element_and_defocus_nm", "steps"])
def test_what_an_old_evaluation_lacks_is_said(name):
    shown = groups.grouping(evaluate_records.first_figures(), name)

    assert (shown.bars.labels, shown.rows) == ((), ())
    assert shown.remark == groups.NOT_THERE


def test_bins_are_named_by_their_limits():
    bars = groups.grouping(evaluate_records.figures(), "by_defocus_nm").bars

    assert bars.labels == ("1–2", "2–3")
    assert bars.series["exact"] == (0.7, None)
    assert bars.counts == (100, 0)


def test_elements_stand_beside_each_other_in_each_bin_of_defocus():
    shown = groups.grouping(evaluate_records.figures(), "by_element_and_defocus_nm")

    # O has no bin from 2 to 3 nm at all, Ce an empty one
    assert shown.bars.series == {"Ce": (0.8, None), "O": (0.6, None)}
    assert shown.bars.counts == (100, 0)
    assert shown.rows[1][:4] == ("1–2", "O", "60", "0.600")


def test_steps_name_both_depths():
    shown = groups.grouping(evaluate_records.figures(), "steps")

    assert shown.bars.labels[:2] == ("0↔1", "1↔2")
    assert shown.bars.counts[1] == 10 + 21
    assert shown.bars.series["all"][2] == 0.8
    assert ("3↔4", "O") not in [row[:2] for row in shown.rows]


def test_an_interval_of_a_group_is_shown_where_there_is_one():
    shown = groups.grouping(evaluate_records.figures(), "by_split")

    assert shown.rows == [("test", "1,234", "0.710", "0.600 … 0.750", "0.900", "0.400")]


def test_deviating_columns_of_one_kind_have_their_own_figures_and_reference():
    figures = evaluate_records.figures()
    everything = groups.deviating(groups.deviating_of(figures, groups.ALL_KINDS))
    shuffled = groups.deviating(groups.deviating_of(figures, "shuffled"))

    assert groups.deviating_kinds(figures) == [groups.ALL_KINDS, "rough", "shuffled"]
    assert everything.bars.series["right"] == (0.5,) * 7
    assert everything.rows[-1] == ("vacancies", "40", "0.750", "0.150", "0.100")
    assert "smooth wedge" in everything.remark
    assert shuffled.bars.series["right"] == (0.1,) * 7
    assert "fitted to the neighbours" in shuffled.remark


# over the dose, and all of them


def test_a_curve_rises_in_dose_and_leaves_out_what_is_missing(evaluation):
    curve = sweep.curve(evaluation, "column_accuracy")

    assert (curve.doses, curve.values) == ((1.0, 2.5), (0.5, 0.71))
    assert curve.low == pytest.approx((0.45, 0.66))
    assert sweep.curve(evaluation, "pixel_accuracy").low == (None, None)
    assert sweep.curve(evaluation, "vacancy_accuracy").doses == ()


def test_the_papers_points_stand_at_its_dose_and_only_where_it_has_the_figure():
    points = sweep.paper_points("centre_accuracy")

    assert [point.value for point in points] == [0.812, 0.842, 0.847, 0.83, 0.699]
    assert {point.dose for point in points} == {2.5}
    assert sweep.paper_points("column_accuracy") == []


def test_others_of_the_same_dataset_are_drawn_at_first(tmp_path):
    made = [
        read_evaluation(evaluate_records.write(tmp_path / name, dataset=f"/d/{dataset}.h5"))
        for name, dataset in (("a", "x"), ("b", "y"), ("c", "x"), ("d", "x"))
    ]

    assert sweep.companions(made, made[2], most=8) == [tmp_path / "c", tmp_path / "a", tmp_path / "d"]
    assert sweep.companions(made, made[2], most=2) == [tmp_path / "c", tmp_path / "a"]


def test_the_best_is_marked_among_those_of_the_same_dataset_and_dose_only(tmp_path):
    place = [figure.name for figure in FIGURES].index("column_accuracy")
    made = [
        evaluate_records.write(tmp_path / "a", accuracies=(0.6, 0.5)),
        evaluate_records.write(tmp_path / "b", accuracies=(0.7, 0.5)),
        evaluate_records.write(tmp_path / "c", accuracies=(0.9, 0.4), dataset="/data/other.h5"),
    ]
    lines = comparing.lines([read_evaluation(path) for path in made])
    best = [(line.folder.name, line.dose) for line in lines if place in line.best]

    # at λ = 1 a and b are alike: none is better
    assert best == [("b", "2.5")]
    assert {line.rivals for line in lines if line.folder.name != "c"} == {2}


def test_of_errors_the_lowest_is_the_best(tmp_path):
    errors = [place for place, figure in enumerate(FIGURES) if "error" in figure.label or figure.lower_is_better]
    assert [FIGURES[place].name for place in errors] == [
        "hallucination_rate",
        "column_mae",
        "column_rps",
        "pixel_ece",
        "column_ece",
    ]
    good = read_evaluation(evaluate_records.write(tmp_path / "good"))
    bad = read_evaluation(evaluate_records.write(tmp_path / "bad"))
    for figures in bad.doses.values():
        figures.update({FIGURES[place].name: 0.9 for place in errors})

    lines = comparing.lines([bad, good])
    assert [line.best & set(errors) for line in lines if line.folder.name == "good"] == [set(errors)] * 2
    assert [line.best for line in lines if line.folder.name == "bad"] == [frozenset()] * 2


# words


def test_a_cell_of_the_matrix_is_read_out():
    assert wording.cell_text(5, 6, 1203, 12030, "columns") == "true 5, called 6: 1,203 columns, 10% of the row"
    assert wording.cell_text(0, 0, 0, 0, "pixels") == "true 0, called 0: 0 pixels, — of the row"


def test_an_example_says_where_it_is_and_how_it_was_taken(evaluation):
    example = evaluation.examples("2.5", 5, 6)[1]

    assert wording.example_caption(example) == (
        "Ce at 101, 50 px · image 1 · specimen 3 (rough)\nconfidence 0.62 · defocus +4.2 nm · spread 31 pm"
    )


def test_an_entry_of_the_list_names_its_doses(evaluation):
    first, second = wording.list_entry(evaluation).split("\n")

    assert first == "m1 · wedges"
    assert second.startswith("columns 0.710 at λ 2.5 (+1) · ")
