"""Does the tally tell a reader of columns from a copier of neighbourhoods?"""

import numpy as np
import pytest

from segdepth_app.config import EvaluateConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.evaluation.deviation import DeviationTally
from segdepth_app.evaluation.run import Bench, input_grid, judge_images, make_judges
from segdepth_app.reporting import Reporter
from tests.evaluation.evaluation_toys import NeighbourCopier, Reader, loaded, specimen, wedge_with_deviations, write_toy

N = 12


def judged(tmp_path, network, kind="rough"):
    """The figures of a network on wedges with isolated deviating columns, nearly without noise."""
    rng = np.random.default_rng(1)
    specimens = [specimen(i, wedge_with_deviations(N, rng), n=N, kind=kind) for i in range(3)]
    path = write_toy(tmp_path / "toy.h5", specimens)
    config = EvaluateConfig(model="toy", dataset=path, out=tmp_path / "out", doses_e_per_px=(1e5,))
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


def test_shuffled_specimens_have_no_plane_and_are_left_out(tmp_path):
    figures = judged(tmp_path, Reader(), kind="shuffled")

    assert figures["deviating"]["all"]["n"] == 0
    assert figures["deviating"]["pull"] is None
    assert figures["deviating"]["verdict"] == "unclear"
    assert figures["by_kind"]["shuffled"]["accuracy"] == 1


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
