"""The report of real evaluations and of a study, read back from its files."""

import csv
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from segdepth_app import cli
from segdepth_app.config import EvaluateConfig, ReportConfig
from segdepth_app.errors import Cancelled, InputError, ResultError
from segdepth_app.evaluation.records import FIRST_FORMAT, HEADLINES, PAPER
from segdepth_app.evaluation.report.definitions import SHOWN
from segdepth_app.evaluation.report.run import run
from segdepth_app.evaluation.run import run as evaluate
from segdepth_app.reporting import Command, Reporter
from tests.evaluation.evaluation_toys import save_toy_model, specimen, wedge_with_deviations, write_toy
from tests.evaluation.report.report_pages import Page, write_study

N = 6
DOSES = ("2.5", "1")
NEW_IN_DOSES = (
    "column_rps",
    "pixel_average_precision",
    "column_average_precision",
    "intervals",
    "by_split",
    "by_element_and_defocus_nm",
    "steps",
    "steps_by_element",
    "deviating_by_kind",
    "worst",
)


class CancelsAfter(Reporter):
    """Cancels at a certain question."""

    def __init__(self, questions):
        self.left = questions

    def command(self):
        self.left -= 1
        return Command.CANCEL if self.left < 0 else None


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    """Two doses on specimens of three kinds, in a folder whose name is no ASCII."""
    folder = tmp_path_factory.mktemp("report") / "Größe µm" / "试样 1"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    # fewer specimens than five have no intervals
    kinds = ("wedge", "rough", "shuffled") * 2
    items = [specimen(i, wedge_with_deviations(N, rng), n=N, kind=kind, images=1) for i, kind in enumerate(kinds)]
    dataset = write_toy(folder / "试样 <1>.h5", items)
    model = save_toy_model(folder / "toy.safetensors")
    doses = tuple(map(float, DOSES))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segdepth_app.evaluation.figures.draw_figures", lambda *_: None)
        evaluate(
            EvaluateConfig(model=str(model), dataset=dataset, out=folder / "e", doses_e_per_px=doses, n_bootstrap=20),
            Reporter(),
        )
    return folder / "e"


@pytest.fixture(scope="module")
def report(evaluation):
    """The report of that evaluation."""
    out = evaluation.parent / "report"
    run(ReportConfig(sources=(evaluation,), out=out, formats=("svg",)), Reporter())
    return out


@pytest.fixture(scope="module")
def page(report):
    return Page(report / "report.html")


@pytest.fixture(scope="module")
def metrics(evaluation):
    return json.loads((evaluation / "metrics.json").read_text(encoding="utf-8"))["doses"]


def rows_of(report, name):
    """The rows of a CSV file by its headings."""
    with (report / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def table(page, dose, caption):
    """The body of a table in the section of a dose."""
    ((_, rows),) = [item for item in page.tables.items() if f"λ = {dose} e/px" in item[0][0] and item[0][1] == caption]
    return rows[1:]


@pytest.mark.parametrize("dose", DOSES)
def test_the_figures_of_merit_on_the_page_are_those_of_metrics_json(page, metrics, dose):
    for name, (_, value, paper) in zip(SHOWN, table(page, dose, "Figures of merit"), strict=True):
        known, ends = metrics[dose][name], metrics[dose]["intervals"].get(name)
        assert value == ("–" if known is None else [known, *(ends or ())])
        assert paper == ([PAPER[name]] if name in PAPER else "–")


@pytest.mark.parametrize("dose", DOSES)
def test_accuracy_by_depth_on_the_page_is_that_of_metrics_json(page, metrics, dose):
    groups = {"all": metrics[dose]["by_depth"], **metrics[dose]["by_element_and_depth"]}
    expected = [
        [element, float(depth), *(item[name] for name in ("n", "accuracy", "within_one", "mae"))]
        for element, depths in groups.items()
        for depth, item in depths.items()
    ]
    shown = [
        [cell[0] if isinstance(cell, list) else None if cell == "–" else cell for cell in row]
        for row in table(page, dose, "Columns by true depth and element")
    ]
    assert shown == expected


@pytest.mark.parametrize("what", ["pixels", "centres", "columns"])
def test_confusion_matrices_on_the_page_are_those_of_the_arrays(page, evaluation, what):
    with np.load(evaluation / "arrays.npz") as arrays:
        matrix = arrays[f"confusion_{what}"][1]
    rows = table(page, "1", f"Confusion matrix of {what}: counts, and shares of the row")
    assert [[cell[0] for cell in row[1:]] for row in rows] == matrix.tolist()
    shares = [sum(cell[1] for cell in row[1:] if len(cell) > 1) for row in rows]
    np.testing.assert_allclose(shares, matrix.sum(axis=1) > 0, atol=1e-12)


def test_the_csv_of_figures_has_all_digits_of_metrics_json(report, metrics):
    rows = rows_of(report, "headlines")
    assert len(rows) == len(DOSES) * len(SHOWN)
    for row in rows:
        known = metrics[f"{float(row['λ (e/px)']):g}"][row["key in metrics.json"]]
        assert row["value"] == ("" if known is None else repr(known))


def test_the_summary_has_the_papers_row_and_one_for_each_dose(report, metrics):
    paper, *rows = rows_of(report, "summary")
    assert (paper["evaluation"], paper["Pixel accuracy"], paper["Column accuracy"]) == ("paper", "0.939", "")
    assert [(row["evaluation"], f"{float(row['λ (e/px)']):g}") for row in rows] == [("E1", dose) for dose in DOSES]
    for row, dose in zip(rows, DOSES, strict=True):
        low, high = metrics[dose]["intervals"]["column_accuracy"]
        assert float(row["Column accuracy"]) == metrics[dose]["column_accuracy"]
        assert (float(row["Column accuracy, 95 % low"]), float(row["Column accuracy, 95 % high"])) == (low, high)


@pytest.mark.parametrize("dose", DOSES)
def test_the_calibration_error_follows_from_the_reliability_table(report, metrics, dose):
    """Σ n |accuracy - confidence| / Σ n, from the file alone."""
    for what, when, name in (("pixels", "after", "pixel_ece"), ("columns", "before", "column_ece_uncalibrated")):
        rows = [
            row
            for row in rows_of(report, "reliability")
            if (f"{float(row['λ (e/px)']):g}", row["of"], row["temperature scaling"]) == (dose, what, when)
            and row["calls"] != "0"
        ]
        n, confidence, right = np.array(
            [[float(row[key]) for key in ("calls", "mean confidence", "accuracy")] for row in rows]
        ).T
        # 15 sums and quotients of float64
        assert (n * abs(right - confidence)).sum() / n.sum() == pytest.approx(metrics[dose][name], abs=1e-12)


def test_the_page_needs_nothing_but_itself(page):
    """Tags are nested (the parser checks), every link leads inside the page, every picture is in it."""
    assert "script" not in page.tags
    anchors = [link for link in page.links if link.startswith("#")]
    assert {link[1:] for link in anchors} <= set(page.ids)
    rest = [link for link in page.links if not link.startswith("#")]
    assert len(rest) > 20
    assert all(link.startswith("data:image/svg+xml;base64,") for link in rest)


def test_names_are_written_as_they_are_and_never_as_markup(page):
    assert "试样 <1>" in page.text
    assert "1" not in page.tags


def test_every_figure_is_a_valid_svg_and_every_one_is_there(report, page):
    files = sorted((report / "figures").iterdir())
    assert len(files) == page.tags.count("img")
    for file in files:
        assert ET.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    kinds = {file.name.split("_")[1] for file in files if file.name.startswith("E1_")}
    assert {"confusion-pixels", "reliability-columns", "precision-recall", "steps", "deviating", "examples"} <= kinds


def test_what_made_the_numbers_is_kept_in_full(report, evaluation, page):
    kept = json.loads((report / "provenance.json").read_text(encoding="utf-8"))
    record = json.loads((evaluation / "metrics.json").read_text(encoding="utf-8"))
    assert kept["evaluations"]["E1"]["provenance"] == record["provenance"]
    assert record["provenance"]["model"]["sha256"] in page.text


def older(evaluation, folder):
    """The same evaluation as the first version would have written it."""
    folder.mkdir()
    record = json.loads((evaluation / "metrics.json").read_text(encoding="utf-8"))
    record["format"] = FIRST_FORMAT
    for figures in record["doses"].values():
        for name in NEW_IN_DOSES:
            del figures[name]
        for name in ("vacancies", "reference", "own_weight", "neighbour_weight"):
            figures["deviating"].pop(name, None)
        for groups in (figures["by_depth"], figures["by_kind"], figures["by_element"]):
            for item in groups.values():
                item.pop("interval", None)
    (folder / "metrics.json").write_text(json.dumps(record), encoding="utf-8")
    with np.load(evaluation / "arrays.npz") as arrays:
        kept = {name: arrays[name] for name in arrays.files if not name.startswith("presence")}
    np.savez(folder / "arrays.npz", **kept)
    return folder


@pytest.fixture
def small(evaluation, tmp_path):
    """An older evaluation of one dose: quick to report."""
    folder = older(evaluation, tmp_path / "old")
    record = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    record["doses"] = {"2.5": record["doses"]["2.5"]}
    (folder / "metrics.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def test_an_older_evaluation_is_shown_and_what_it_lacks_is_said(small, tmp_path, metrics):
    run(ReportConfig(sources=(small,), out=tmp_path / "out", formats=("svg",)), Reporter())
    shown = Page(tmp_path / "out" / "report.html")

    assert table(shown, "2.5", "Figures of merit")[0][1] == [metrics["2.5"]["pixel_accuracy"]]
    assert "Not given: Column probability score, Pixel average precision" in shown.text
    assert "95 % intervals" in shown.text
    assert not (tmp_path / "out" / "tables" / "steps.csv").exists()


def test_damaged_arrays_are_said_on_the_page(small, tmp_path):
    (small / "arrays.npz").write_bytes(b"PK")
    run(ReportConfig(sources=(small,), out=tmp_path / "out", formats=("png",)), Reporter())

    assert "arrays.npz is missing or damaged" in Page(tmp_path / "out" / "report.html").text


def test_an_incomplete_record_is_refused_and_leaves_nothing(small, tmp_path):
    record = json.loads((small / "metrics.json").read_text(encoding="utf-8"))
    del record["doses"]["2.5"]["by_depth"]
    (small / "metrics.json").write_text(json.dumps(record), encoding="utf-8")

    with pytest.raises(ResultError, match=r"incomplete .*by_depth"):
        run(ReportConfig(sources=(small,), out=tmp_path / "out"), Reporter())
    assert [item.name for item in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("after", [0, 2])
def test_a_cancelled_report_leaves_nothing_and_keeps_an_older_one(tmp_path, after):
    study = write_study(tmp_path / "study")
    out = tmp_path / "out"
    config = ReportConfig(sources=(study,), out=out, formats=("svg",))
    if after:
        run(config, Reporter())
        (before,) = [(out / "report.html").read_bytes()]
    with pytest.raises(Cancelled):
        run(config, CancelsAfter(1 if after else 0))

    assert sorted(item.name for item in tmp_path.iterdir()) == (["out", "study"] if after else ["study"])
    assert not after or (out / "report.html").read_bytes() == before


def test_an_older_report_is_replaced_but_never_with_files_of_others(tmp_path):
    study = write_study(tmp_path / "study")
    out = tmp_path / "out"
    run(ReportConfig(sources=(study,), out=out, formats=("png", "svg")), Reporter())
    run(ReportConfig(sources=(study,), out=out, formats=("svg",)), Reporter())
    assert [item.name for item in (out / "figures").iterdir()] == ["S1_plot.svg"]

    (out / "figures" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=r"other files \(figures/mine.txt\)"):
        run(ReportConfig(sources=(study,), out=out), Reporter())
    assert (out / "figures" / "mine.txt").read_text() == "mine"


def test_a_source_that_is_neither_is_one_line_and_exit_code_2(tmp_path, capsys):
    (tmp_path / "Größe").mkdir()
    code = cli.main(["report", str(tmp_path / "Größe"), "--out", str(tmp_path / "new" / "out")])

    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "neither an evaluation nor a study" in err
    assert [item.name for item in tmp_path.iterdir()] == ["Größe"]


def test_a_report_is_written_into_the_folder_one_stands_in(tmp_path, monkeypatch):
    study = write_study(tmp_path / "study")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for _ in range(2):
        assert cli.main(["report", str(study), "--out", ".", "--formats", "svg"]) == 0
    assert sorted(item.name for item in (tmp_path / "here").iterdir()) == [
        "figures",
        "provenance.json",
        "report.html",
        "tables",
    ]


@pytest.mark.parametrize("formats", ["gif", "png,,bmp"])
def test_an_unknown_format_of_figures_is_exit_code_2(tmp_path, formats, capsys):
    study = write_study(tmp_path / "study")
    assert cli.main(["report", str(study), "--out", str(tmp_path / "out"), "--formats", formats]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_study_is_shown_with_its_numbers_in_every_format(tmp_path, capsys):
    study = write_study(tmp_path / "试样")
    out = tmp_path / "out"
    assert cli.main(["report", str(study), "--out", str(out), "--formats", "pdf,png", "--title", "A <b> & c"]) == 0

    assert capsys.readouterr().out.strip() == str(out / "report.html")
    shown = Page(out / "report.html")
    ((_, first, second),) = [rows for (_, caption), rows in shown.tables.items() if caption == "Table & more"]
    assert first == ["试样", [0.123456789012345, 0.1, 0.2]]
    assert second == ["b", "–"]
    assert "A <b> & c" in shown.text
    assert "not the whole study" in shown.text
    assert "Column accuracy is not given: no columns." in shown.text
    assert "A map. Of something. The picture is missing" in shown.text
    assert sorted(item.name for item in (out / "figures").iterdir()) == ["S1_plot.pdf", "S1_plot.png"]
    (kept, _) = rows_of(out, "S1_main_.._table")
    assert list(kept.values()) == ["试样", "0.123456789012345", "0.1", "0.2"]
    assert list(rows_of(out, "S1_plot_plot")[1].values()) == ["a <model>", "model", "2.5", "", "", ""]


def test_headlines_all_have_a_definition():
    """A figure that the page shows without saying what it is would be of no use."""
    from segdepth_app.evaluation.definitions import DEFINITIONS

    assert set(HEADLINES) <= set(DEFINITIONS)


def test_a_study_that_was_killed_is_called_unfinished(tmp_path):
    """study.json still says running, the study and a step; no process holds its folder."""
    from segdepth_app.locks import locked

    step = {"name": "s", "label": "Evaluate", "what": "evaluate", "state": "running", "place": "evaluations/s"}
    folder = write_study(tmp_path / "study", state="running", steps=[step])
    for name, said in (("killed", "State: unfinished; 0 of 1 steps are done."), ("live", "State: running; 0 of 1")):
        if name == "live":
            with locked(folder, "study"):
                run(ReportConfig(sources=(folder,), out=tmp_path / name), Reporter())
        else:
            run(ReportConfig(sources=(folder,), out=tmp_path / name), Reporter())
        page = (tmp_path / name / "report.html").read_text(encoding="utf-8")
        assert said in page
        assert ("running" in page) == (name == "live")
