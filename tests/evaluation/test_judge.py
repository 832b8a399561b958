"""Everything a judge says of one dose, against scikit-learn and plain float64 on the same logits."""

import json

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.metrics import accuracy_score, average_precision_score, confusion_matrix, mean_absolute_error

from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import ModelError
from segdepth_app.evaluation.definitions import not_given
from segdepth_app.evaluation.folder import without_nan
from segdepth_app.evaluation.judge import Judge
from segdepth_app.evaluation.metrics import Bins
from segdepth_app.evaluation.missing import WHY_MISSING, missing_figures, missing_intervals
from segdepth_app.evaluation.records import HEADLINES
from segdepth_app.evaluation.truth import specimen_truth
from tests.evaluation.evaluation_toys import card, lattice, specimen, wedge_with_deviations, write_toy

N = 6
SIDE = 8 * N
TEMPERATURE = 1.7


def judge(**changes):
    values = {
        "dose_e_per_px": 2.5,
        "temperature": TEMPERATURE,
        "defocus_bins": Bins((2.0, 3.0, 4.0)),
        "spread_bins": Bins((20.0, 30.0, 40.0)),
        "n_bootstrap": 200,
    }
    return Judge(**{**values, **changes})


def truths(tmp_path, tables, kinds=None):
    """One truth for each column table."""
    kinds = kinds or ["rough"] * len(tables)
    items = [
        specimen(number, table, n=N, images=1, kind=kind)
        for number, (table, kind) in enumerate(zip(tables, kinds, strict=True))
    ]
    path = write_toy(tmp_path / "toy.h5", items)
    with Dataset(path) as data:
        grid = {"shape": (SIDE, SIDE), "binning": 4, "labels": card().labels}
        return [specimen_truth(data, number, **grid) for number in range(len(tables))]


def with_vacancies(rng):
    """A wedge with deviations, a tenth of its sites empty."""
    columns = wedge_with_deviations(N, rng)
    columns["count"][rng.uniform(size=len(columns)) < 0.1] = 0
    columns["deviation"] = columns["count"] - columns["plane"]
    return columns


def answers(found, rng):
    """Logits that lean to the truth of each specimen; of a third of the columns to another count."""
    logits = rng.normal(0, 2, (len(found), 11, SIDE, SIDE))
    for answer, truth in zip(logits, found, strict=True):
        lean = truth.depth.astype(int)
        for row in np.flatnonzero(rng.uniform(size=len(truth.inside)) < 1 / 3):
            lean[truth.discs == row] = rng.integers(0, 11)
        answer[lean, *np.indices(lean.shape)] += 2
    return logits.astype(np.float32)


@pytest.fixture
def case(tmp_path):
    """Eight specimens, their logits, and the judge that has seen them."""
    rng = np.random.default_rng(5)
    found = truths(tmp_path, [with_vacancies(rng) for _ in range(8)])
    logits = answers(found, rng)
    ours = judge()
    judged = [fed(ours, logits, found, number) for number in range(8)]
    return found, logits, ours, judged


def fed(ours, logits, found, number):
    """One image given to a judge: odd ones at another defocus, the last two of another split."""
    return ours.add(
        logits[number],
        found[number],
        c1_nm=2.5 + number % 2,
        image_spread_pm=25,
        specimen=number,
        split="test" if number < 6 else "validation",
    )


def pooled(logits, truth):
    """Mean logits of each column's pixels, column by column."""
    rows = np.flatnonzero(truth.inside)
    return np.stack([logits[:, truth.discs == row].astype(float).mean(axis=1) for row in rows])


def test_headlines_equal_scikit_learn_on_all_calls_at_once(case):
    found, logits, ours, _ = case
    figures = ours.figures()
    depth = np.concatenate([truth.depth.ravel() for truth in found])
    pixels = np.concatenate([answer.reshape(11, -1) for answer in logits], axis=1)
    count = np.concatenate([truth.columns["count"] for truth in found])
    columns = np.concatenate([pooled(answer, truth) for answer, truth in zip(logits, found, strict=True)])
    called, probability = columns.argmax(axis=1), softmax(columns / TEMPERATURE, axis=1)

    assert figures["pixel_accuracy"] == pytest.approx(accuracy_score(depth, pixels.argmax(axis=0)), abs=1e-12)
    assert figures["column_accuracy"] == pytest.approx(accuracy_score(count, called), abs=1e-12)
    assert figures["column_mae"] == pytest.approx(mean_absolute_error(count, called), abs=1e-12)
    np.testing.assert_array_equal(ours.arrays()["confusion_columns"], confusion_matrix(count, called, labels=range(11)))
    steps = np.cumsum(probability, axis=1)[:, :10] - (np.arange(10) >= count[:, None])
    assert figures["column_rps"] == pytest.approx((steps**2).sum(axis=1).mean() / 10, abs=1e-9)
    # bins of P(n > 0): see test_presence
    occupied = 1 - softmax(pixels.astype(float) / TEMPERATURE, axis=0)[0]
    assert figures["pixel_average_precision"] == pytest.approx(average_precision_score(depth > 0, occupied), abs=2e-3)
    columns_ap = average_precision_score(count > 0, 1 - probability[:, 0])
    assert figures["column_average_precision"] == pytest.approx(columns_ap, abs=2e-3)


def test_what_was_called_comes_back(case):
    found, logits, ours, judged = case
    for truth, answer, said in zip(found, logits, judged, strict=True):
        means = pooled(answer, truth)
        np.testing.assert_array_equal(said.columns, truth.columns)
        np.testing.assert_array_equal(said.called, means.argmax(axis=1))
        np.testing.assert_allclose(said.probability, softmax(means / TEMPERATURE, axis=1), atol=1e-9)
        np.testing.assert_allclose(said.confidence, said.probability.max(axis=1))
        np.testing.assert_array_equal(said.depth, answer.argmax(axis=0))
        assert said.depth.dtype == np.uint8
    right = sum(said.n_right for said in judged)
    assert right / sum(len(said.columns) for said in judged) == pytest.approx(ours.figures()["column_accuracy"])


def test_columns_beyond_the_edge_do_not_shift_the_others(tmp_path):
    """The table's first and a middle row lie outside the image; discs are numbered by rows of the whole table."""
    rng = np.random.default_rng(6)
    columns = with_vacancies(rng)
    columns["x"][[0, 17]] = -0.5
    found = truths(tmp_path, [columns])
    logits = answers(found, rng)
    said = fed(judge(), logits, found, 0)

    assert len(said.columns) == N * N - 2
    np.testing.assert_array_equal(said.called, pooled(logits[0], found[0]).argmax(axis=1))


def test_the_calibration_errors_interval_lies_around_it(tmp_path):
    """Honest confidence on few columns: what error there is, is scatter, which resampling would add once more."""
    rng = np.random.default_rng(7)
    plane = np.full((N, N), 5)
    found = truths(tmp_path, [lattice(plane, 0 * plane)] * 12)
    ours = judge(temperature=1.0, n_bootstrap=1000)
    for number, truth in enumerate(found):
        logits = np.zeros((11, SIDE, SIDE), np.float32)
        for row, chance in enumerate(rng.uniform(0.3, 0.95, N * N)):
            lean = 5 if rng.uniform() < chance else 4
            logits[lean, truth.discs == row] = np.log(10 * chance / (1 - chance))
        ours.add(logits, truth, c1_nm=2.5, image_spread_pm=25, specimen=number)
    figures = ours.figures()
    low, high = figures["intervals"]["column_ece"]

    # shifted percentiles lie nearly evenly about the figure; unshifted ones would lie above it by its half
    assert (low + high) / 2 == pytest.approx(figures["column_ece"], abs=0.15 * (high - low))


def test_groups_hold_what_belongs_to_them(case):
    _, _, ours, judged = case
    figures = ours.figures()
    right = [said.called == said.columns["count"] for said in judged]

    def accuracy(images, chosen=lambda columns: columns["count"] >= 0):
        return np.concatenate([right[i][chosen(judged[i].columns)] for i in images]).mean()

    assert figures["by_split"]["test"]["accuracy"] == pytest.approx(accuracy(range(6)))
    assert figures["by_split"]["validation"]["accuracy"] == pytest.approx(accuracy([6, 7]))
    oxygen = figures["by_element_and_defocus_nm"]["O"]
    assert [(item["low"], item["high"]) for item in oxygen] == [(2, 3), (3, 4)]
    assert oxygen[1]["accuracy"] == pytest.approx(accuracy([1, 3, 5, 7], lambda columns: columns["element"] == 8))
    defocus, (spread, _) = figures["by_defocus_nm"], figures["by_image_spread_pm"]
    assert [item["accuracy"] for item in defocus] == pytest.approx([accuracy([0, 2, 4, 6]), accuracy([1, 3, 5, 7])])
    assert spread["accuracy"] == pytest.approx(accuracy(range(8)))
    assert figures["by_depth"]["5"]["accuracy"] == pytest.approx(accuracy(range(8), lambda c: c["count"] == 5))
    assert sum(item["n"] for item in figures["by_image_spread_pm"]) == figures["n_columns"]
    for lower, step in enumerate(figures["steps"]):
        parts = [figures["steps_by_element"][name][lower] for name in ("Ce", "O")]
        assert step["n_lower"] == sum(item["n_lower"] for item in parts)


def test_intervals_hold_their_figures_and_repeat_in_any_order(case):
    found, logits, ours, _ = case
    figures = ours.figures()
    backwards = judge()
    for number in range(7, -1, -1):
        fed(backwards, logits, found, number)
    again = backwards.figures()

    assert set(HEADLINES) <= set(figures["intervals"])
    for name, (low, high) in figures["intervals"].items():
        assert low < figures[name] < high, name
        # confidences are added up in another order
        assert again["intervals"][name] == pytest.approx((low, high), abs=1e-12)
    assert figures["by_element"]["Ce"]["interval"] == again["by_element"]["Ce"]["interval"]
    low, high = figures["by_split"]["test"]["interval"]
    assert low < figures["by_split"]["test"]["accuracy"] < high
    # two specimens are too few
    assert figures["by_split"]["validation"]["interval"] is None
    assert figures["steps"][4]["interval"] is not None


def test_an_interval_is_that_of_an_ordinary_bootstrap_over_specimens(case):
    """The accuracy of eight specimens, resampled as the textbook does."""
    found, logits, _, judged = case
    ours = judge(n_bootstrap=20_000)
    for number in range(8):
        fed(ours, logits, found, number)
    sums = np.array([(said.n_right, len(said.columns)) for said in judged], float)
    drawn = sums[np.random.default_rng(2).integers(0, 8, (20_000, 8))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])

    # eight Poisson weights scatter a little more than eight draws
    assert ours.figures()["intervals"]["column_accuracy"] == pytest.approx((low, high), abs=0.2 * (high - low))


def test_tensors_and_arrays_are_judged_alike(case):
    found, logits, ours, _ = case
    other = judge()
    for number in range(8):
        fed(other, torch.from_numpy(logits), found, number)

    assert other.figures() == ours.figures()


def test_memory_does_not_grow_with_images(case):
    """Held by the judge after 8 and after 72 images of 8 and of 72 specimens."""
    found, logits, ours, _ = case

    def held(judge):
        judge.bootstrap.interval("column_accuracy")
        arrays = [*judge.groups.matrices.values(), *judge.steps.values(), judge.bootstrap._totals]
        return sum(array.nbytes for array in arrays), len(judge.bootstrap._waiting)

    before = held(ours)
    for specimen_number in range(8, 72):
        number = specimen_number % 8
        ours.add(logits[number], found[number], c1_nm=2.5, image_spread_pm=25, specimen=specimen_number, split="test")
    after = held(ours)

    # one grouping more, by the split that the last two were not in before, at the most
    assert after == before


def test_a_value_that_is_not_finite_is_refused_before_anything_is_counted(case):
    found, logits, ours, _ = case
    before = ours.figures()
    logits[3, 2, 7, 7] = np.nan

    with pytest.raises(ModelError, match="image 40 of the dataset"):
        ours.add(logits[3], found[3], c1_nm=2.5, image_spread_pm=25, image=40)
    assert ours.figures() == before


def only(tmp_path, count, **changes):
    """Figures of a sure reader on specimens all of whose columns hold the same count."""
    plane = np.full((N, N), max(count, 4))
    found = truths(tmp_path, [lattice(plane, count - plane)] * 6, **changes)
    ours = judge()
    for number, truth in enumerate(found):
        logits = np.zeros((11, SIDE, SIDE), np.float32)
        np.put_along_axis(logits, truth.depth[None].astype(int), 9.0, axis=0)
        ours.add(logits, truth, c1_nm=2.5, image_spread_pm=25, specimen=number)
    return ours.figures()


@pytest.mark.parametrize("count", [0, 1, 6])
def test_one_class_alone_is_said_to_tell_little(tmp_path, count):
    figures = only(tmp_path, count)
    notes = missing_figures(figures)

    assert figures["column_accuracy"] == 1
    assert figures["column_average_precision"] is None
    assert "Column average precision is not given: it needs both empty sites and columns that hold atoms." in notes
    holds = "1 atom" if count == 1 else f"{count} atoms"
    assert any(note.startswith(f"Every column holds {holds}:") for note in notes)
    # all resamplings agree, and JSON has no NaN
    assert figures["intervals"]["column_accuracy"] == [1, 1]
    json.dumps(without_nan(figures), allow_nan=False)


def test_nothing_but_vacancies_are_columns_without_atoms(tmp_path):
    figures = only(tmp_path, 0)

    assert (figures["n_columns"], figures["n_vacancies"]) == (6 * N * N, 6 * N * N)
    assert figures["vacancy_accuracy"] == 1
    assert figures["detection_rate"] is None
    assert figures["deviating"]["vacancies"]["right"] == 1
    null = {name for name in WHY_MISSING if figures[name] is None}
    assert null == {
        name for name in WHY_MISSING if any(n.startswith(not_given(name)) for n in missing_figures(figures))
    }


def test_no_column_at_all_leaves_pixels_and_says_so(tmp_path):
    nothing = lattice(np.zeros((N, N), int), np.zeros((N, N), int))
    item = specimen(0, nothing, n=N, images=1)
    path = write_toy(tmp_path / "toy.h5", [type(item)(item.specimen, nothing[:0], item.images, item.index)])
    with Dataset(path) as data:
        truth = specimen_truth(data, 0, shape=(SIDE, SIDE), binning=4, labels=card().labels)
    ours = judge()
    said = ours.add(np.zeros((11, SIDE, SIDE), np.float32), truth, c1_nm=2.5, image_spread_pm=25)
    figures = ours.figures()

    assert len(said.columns) == len(said.called) == len(said.probability) == said.n_right == 0
    assert figures["pixel_accuracy"] == 1
    assert [name for name in HEADLINES if name.startswith("column_") and figures[name] is not None] == []
    assert figures["by_kind"] == {
        "rough": {"n": 0, "accuracy": None, "within_one": None, "mae": None, "interval": None}
    }
    assert "Column probability score is not given: no columns." in missing_figures(figures)


def test_absent_classes_and_steps_are_named(case):
    notes = missing_figures(case[2].figures())

    absent = [note for note in notes if note.startswith("No column holds ")]
    assert len(absent) == 1
    present = {int(count) for said in case[3] for count in said.columns["count"]}
    assert all(str(depth) in absent[0] for depth in set(range(11)) - present)
    steps = [f"{n} ↔ {n + 1}" for n in range(10) if not {n, n + 1} <= present]
    assert steps
    assert f"Steps with columns on one side alone, or none, are not given: {', '.join(steps)}." in notes


@pytest.mark.parametrize(
    ("n_bootstrap", "specimens", "note"),
    [
        (0, 8, "no resamplings were asked for"),
        (100, 4, "need at least 5 specimens"),
        (100, 8, "fewer than 5 specimens contribute"),
    ],
)
def test_missing_intervals_say_why(case, n_bootstrap, specimens, note):
    found, logits, _, _ = case
    ours = judge(n_bootstrap=n_bootstrap)
    for number in range(specimens):
        fed(ours, logits, found, number)
    doses = {"2.5": ours.figures()}

    (said,) = missing_intervals(doses, n_bootstrap)
    assert note in said


def test_complete_intervals_need_no_note(tmp_path):
    assert missing_intervals({"2.5": only(tmp_path, 5)}, 1000) == []
