"""Does the tally tell a reader of columns from a copier of neighbourhoods?"""

import numpy as np
import pytest

from segdepth_app.config import EvaluateConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.evaluation.deviation import DeviationsByKind, DeviationTally
from segdepth_app.evaluation.run import Bench, input_grid, judge_images, make_judges
from segdepth_app.reporting import Reporter
from tests.evaluation.evaluation_toys import (
    NeighbourCopier,
    Reader,
    lattice,
    loaded,
    specimen,
    wedge_with_deviations,
    write_toy,
)

N = 12


def judged(tmp_path, network, kind="rough"):
    """The figures of a network on wedges with isolated deviating columns, nearly without noise."""
    rng = np.random.default_rng(1)
    specimens = [specimen(i, wedge_with_deviations(N, rng), n=N, kind=kind) for i in range(3)]
    return figures_of(write_toy(tmp_path / "toy.h5", specimens), network)


def figures_of(path, network):
    """What a network is found to do on a dataset, nearly without noise."""
    config = EvaluateConfig(model="toy", dataset=path, out=path.parent / "out", doses_e_per_px=(1e5,))
    with Dataset(path) as dataset:
        model = loaded(network)
        rows = dataset.images_of("test")
        judges = make_judges(config, dataset, model.card, rows)
        judge_images(Bench(dataset, model, input_grid(dataset, model.card), "cpu", 1), rows, judges, Reporter())
        return judges[0].figures()


def test_a_network_that_reads_columns_is_cleared(tmp_path):
    figures = judged(tmp_path, Reader())["deviating"]

    assert figures["all"]["n"] == 3 * 2 * 16
    assert figures["all"]["right"] == 1
    assert figures["straight"]["called_deviating"] == 0
    assert figures["pull"] == 0
    assert figures["verdict"] == "columns"


def test_a_network_that_copies_the_neighbours_is_flagged(tmp_path):
    """Single deviating columns do not move the median of eight neighbours."""
    everything = judged(tmp_path, NeighbourCopier())
    figures = everything["deviating"]

    assert figures["all"]["right"] == 0
    assert figures["all"]["as_plane"] > 0.9
    assert figures["pull"] > 0.9
    assert figures["verdict"] == "neighbourhoods"
    # the headline alone would have let it pass
    assert everything["column_accuracy"] > 0.65


def specimen_with_vacancies(number, rng):
    """A wedge with isolated deviating columns, half of them empty."""
    columns = wedge_with_deviations(N, rng)
    off = np.flatnonzero(columns["deviation"])
    columns["count"][off[::2]] = 0
    columns["deviation"] = columns["count"] - columns["plane"]
    return specimen(number, columns, n=N, kind="wedge" if number % 2 else "rough")


@pytest.mark.parametrize(("network", "right", "filled_in"), [(Reader(), 1, 0), (NeighbourCopier(), 0, 1)])
def test_filled_in_vacancies_are_seen_in_every_kind_and_said_in_words(tmp_path, network, right, filled_in):
    rng = np.random.default_rng(3)
    path = write_toy(tmp_path / "toy.h5", [specimen_with_vacancies(number, rng) for number in range(4)])
    figures = figures_of(path, network)

    assert list(figures["deviating_by_kind"]) == ["rough", "wedge"]
    for deviating in (figures["deviating"], *figures["deviating_by_kind"].values()):
        assert deviating["reference"] == "plane"
        vacancies = deviating["vacancies"]
        # the median of eight is the plane where the wedge does not step
        assert vacancies["filled_in"] == pytest.approx(filled_in, abs=0.1)
        assert (vacancies["right"], vacancies["pull"]) == pytest.approx((right, filled_in), abs=0.05)
        assert deviating["verdict"] == ("neighbourhoods" if filled_in else "columns")
        assert f"empty sites {right:.0%} are called empty" in deviating["verdict_text"]
    assert figures["deviating"]["vacancies"]["n"] == 4 * 2 * 8
    assert figures["vacancy_accuracy"] == right


@pytest.mark.parametrize(("network", "verdict"), [(Reader(), "columns"), (NeighbourCopier(), "neighbourhoods")])
def test_a_specimen_without_a_plane_is_judged_by_its_neighbours(tmp_path, network, verdict):
    """The same wedges, said to be shuffled: their plane may not be used, the fit to the neighbours is as good."""
    figures = judged(tmp_path, network, kind="shuffled")
    deviating = figures["deviating"]

    assert deviating["reference"] == "neighbours"
    assert deviating["all"]["n"] > 100
    assert deviating["verdict"] == verdict
    assert figures["deviating_by_kind"] == {"shuffled": deviating | figures["deviating_by_kind"]["shuffled"]}
    own, around = deviating["own_weight"], deviating["neighbour_weight"]
    assert (own, around) == pytest.approx((1, 0)) if verdict == "columns" else (own < 0.2 and around > 0.7)


def test_shares_counted_by_hand():
    tally = DeviationTally()
    tally.add(
        count=np.array([5, 5, 5, 2, 2, 7, 7, 7]),
        plane=np.array([4, 4, 4, 4, 4, 7, 7, 7]),
        called=np.array([5, 4, 6, 4, 2, 7, 7, 8]),
    )
    figures = tally.figures()

    third = pytest.approx(1 / 3)
    assert figures["by_deviation"]["+1"] == {"n": 3, "right": third, "as_plane": third, "otherwise": third}
    assert figures["by_deviation"]["-2"] == {"n": 2, "right": 0.5, "as_plane": 0.5, "otherwise": 0}
    assert figures["all"] == {"n": 5, "right": 0.4, "as_plane": 0.4, "otherwise": 0.2}
    assert figures["straight"] == {"n": 3, "right": pytest.approx(2 / 3), "called_deviating": third}
    # Σ (count - called) δ = 0 + 1 - 1 + 4 + 0 = 4 over Σ δ² = 3 + 8
    assert figures["pull"] == pytest.approx(4 / 11)


@pytest.mark.parametrize(
    ("taken_back", "kind"), [(0.0, "columns"), (0.1, "columns"), (0.3, "leaning"), (0.6, "neighbourhoods")]
)
def test_the_verdict_follows_the_pull(taken_back, kind):
    """Every call takes back the given share of δ = 2 on average; straight columns are called right."""
    rng = np.random.default_rng(6)
    n = 4000
    plane = np.full(n, 5)
    count = plane + np.where(np.arange(n) % 2, 2, 0)
    called = np.where(rng.uniform(size=n) < taken_back, plane, count)
    tally = DeviationTally()
    tally.add(count, plane, called)

    assert tally.figures()["verdict"] == kind


def test_noise_that_ignores_the_plane_is_not_taken_for_copying():
    """A reader with errors of ±1 and ±2 in 60 % of its calls still reads columns."""
    rng = np.random.default_rng(7)
    delta = rng.choice([-2, -1, 0, 0, 0, 1, 2], 5000)
    plane = np.full(5000, 5)
    error = rng.choice([-2, -1, 0, 0, 1], 5000)
    tally = DeviationTally()
    tally.add(plane + delta, plane, plane + delta + error)

    # 5000 columns, error variance 1.2 against Σδ² of 1.4 a column: ±0.015
    assert abs(tally.figures()["pull"]) < 0.06
    assert tally.figures()["verdict"] == "columns"


def test_a_network_that_calls_nothing_right_gets_no_verdict():
    tally = DeviationTally()
    delta = np.tile([-1, 0, 1], 40)
    tally.add(5 + delta, np.full(120, 5), np.full(120, 9))

    assert tally.figures()["verdict"] == "unclear"


VACANCIES = {
    "count": np.array([0, 0, 0, 0, 0, 5]),
    "plane": np.array([6, 6, 2, 4, 0, 5]),
    "called": np.array([0, 6, 2, 1, 0, 5]),
}


def test_vacancies_counted_by_hand():
    """Four sites lack atoms: one is called empty, two as the plane says, one as a column of one atom."""
    tally = DeviationTally()
    tally.add(**VACANCIES)
    vacancies = tally.figures()["vacancies"]

    assert {name: vacancies[name] for name in ("n", "right", "filled_in", "otherwise")} == {
        "n": 4,
        "right": 0.25,
        "filled_in": 0.5,
        "otherwise": 0.25,
    }
    # Σ called · plane = 36 + 4 + 4 over Σ plane² = 36 + 36 + 4 + 16
    assert vacancies["pull"] == pytest.approx(44 / 92)


@pytest.mark.parametrize(
    ("filled", "verdict", "heading"),
    [
        (0.0, "columns", "Reads columns"),
        (0.3, "leaning", "Reads columns, but leans on their neighbours"),
        (1.0, "leaning", "Fills vacancies in from their neighbours"),
    ],
)
def test_a_network_that_fills_vacancies_in_is_flagged_though_it_reads_all_other_columns(filled, verdict, heading):
    """Vacancies in a thick specimen stand more than 3 atoms off, so that no other figure sees them."""
    rng = np.random.default_rng(5)
    plane = np.full(3000, 6)
    count = plane + rng.choice([-2, -1, 0, 0, 0, 1, 2], 3000)
    vacant = np.arange(3000) < 300
    count[vacant] = 0
    called = np.where(vacant & (np.arange(3000) < 300 * filled), plane, count)
    tally = DeviationTally()
    tally.add(count, plane, called)
    figures = tally.figures()

    assert (figures["pull"], figures["all"]["right"]) == (0, 1)
    assert (figures["verdict"], figures["verdict_heading"]) == (verdict, heading)
    assert f"Of 300 empty sites {1 - filled:.0%} are called empty and {filled:.0%} as" in figures["verdict_text"]


def test_an_unsure_reader_of_shuffled_columns_is_not_taken_for_a_copier():
    """Its calls shrink to the mean of all columns, as fits to the neighbours do: the pull is fooled, the weight not."""
    rng = np.random.default_rng(8)
    count = rng.integers(1, 11, 20_000)
    plane = np.clip(np.rint(5.5 + rng.normal(0, 1, 20_000)), 0, 10).astype(int)
    called = np.rint(5.5 + 0.4 * (count - 5.5) + rng.normal(0, 0.8, 20_000)).astype(int)
    tally = DeviationTally("neighbours")
    tally.add(count, plane, np.clip(called, 0, 10))
    figures = tally.figures()

    assert figures["pull"] > 0.4
    # a coefficient's error: 0.9 / √20000 / 1.04
    assert abs(figures["neighbour_weight"]) < 0.03
    assert figures["own_weight"] == pytest.approx(0.4, abs=0.02)
    assert figures["verdict"] == "columns"


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.8])
def test_the_weights_are_the_coefficients_of_least_squares(weight):
    rng = np.random.default_rng(2)
    plane, count = rng.integers(2, 8, (2, 5000))
    around = plane + rng.normal(0, 0.3, 5000)
    called = np.clip(np.rint(weight * around + (1 - weight) * count + rng.normal(0, 0.7, 5000)), 0, 10).astype(int)
    tally = DeviationTally("neighbours")
    for part in np.array_split(np.arange(5000), 9):
        tally.add(count[part], plane[part], called[part], around[part])

    design = np.stack([np.ones(5000), count, around], axis=1)
    expected = np.linalg.lstsq(design, called.astype(float), rcond=None)[0][1:]
    assert tally.weights() == pytest.approx(tuple(expected), abs=1e-9)


def test_a_median_of_neighbours_is_seen_on_columns_drawn_on_their_own(tmp_path):
    """Nothing but the eight columns around goes into the calls; the mean of the twelve nearest must find that out."""
    rng = np.random.default_rng(11)
    specimens = []
    for number in range(6):
        counts = rng.integers(1, 11, (N, N))
        specimens.append(specimen(number, lattice(counts, 0 * counts), n=N, kind="shuffled", images=1))
    deviating = figures_of(write_toy(tmp_path / "toy.h5", specimens), NeighbourCopier())["deviating"]

    assert deviating["own_weight"] == pytest.approx(0, abs=0.1)
    assert deviating["neighbour_weight"] > 0.7
    assert deviating["verdict"] == "neighbourhoods"


def test_the_weight_is_none_where_count_and_plane_never_differ():
    tally = DeviationTally()
    plane = np.tile([2, 3, 4], 50)
    tally.add(plane, plane, plane)

    assert tally.figures()["neighbour_weight"] is None


def test_calls_that_follow_nothing_are_not_called_reading():
    """A network that always says 5 copies no neighbour; that does not make it a reader."""
    rng = np.random.default_rng(4)
    tally = DeviationTally("neighbours")
    tally.add(rng.integers(0, 11, 3000), rng.integers(3, 8, 3000), np.full(3000, 5))

    assert tally.figures()["verdict"] == "unclear"


def test_kinds_are_kept_apart_and_only_planes_are_added_up():
    reader, copier = np.array([4, 5, 7]), np.array([5, 5, 5])
    tallies = DeviationsByKind()
    tallies.add("rough", "plane", reader, copier, reader)
    tallies.add("wedge", "plane", reader, copier, copier)
    tallies.add("shuffled", "neighbours", reader, np.array([5, -1, 5]), copier)
    tallies.add("rough", "neighbours", reader, copier, copier)
    by_kind = tallies.figures()

    assert {kind: (item["reference"], item["all"]["n"], item["pull"]) for kind, item in by_kind.items()} == {
        "rough": ("plane", 2, 0),
        "rough (neighbours)": ("neighbours", 2, 1),
        "shuffled": ("neighbours", 2, 1),
        "wedge": ("plane", 2, 1),
    }
    assert tallies.together().figures()["all"] == {"n": 4, "right": 0.5, "as_plane": 0.5, "otherwise": 0}
    # where the fit finds no neighbours nothing is compared
    assert by_kind["shuffled"]["straight"]["n"] == 0


def test_tallies_against_different_references_are_not_added():
    with pytest.raises(ValueError, match="different references"):
        DeviationTally("plane").plus(DeviationTally("neighbours"))
