"""The ideal observer of a tiny dataset against brute force, and its summary against sums by hand."""

import json

import numpy as np
import pytest
import torch

from segdepth_app.config import LabelConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, DatasetError
from segdepth_app.evaluation.observer.observe import (
    N_DRAWS,
    RADIUS,
    Columns,
    Observed,
    Pairs,
    observe,
    told_plane_prior,
)
from segdepth_app.evaluation.observer.specimens import changed, images_of, scenes, settings_of
from segdepth_app.evaluation.observer.summary import clustered_error, figures
from segdepth_app.reporting import Command, Reporter
from segdepth_app.specimen.table import empty_table
from tests.evaluation.observer.observer_toys import small_dataset

CPU = torch.device("cpu")
DOSES = (0.5, 2.5, 10.0)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return small_dataset(tmp_path_factory.mktemp("observed") / "small.h5")


@pytest.fixture(scope="module")
def observed(path):
    with Dataset(path) as dataset:
        return observe(dataset, "test", doses_e_per_px=DOSES, factors=(1, 2), seed=3, device=CPU, reporter=Reporter())


def test_a_brute_force_classifier_on_a_real_pair_agrees(path, observed):
    """One column of n and n + 1 atoms, window and test written out anew; 8000 draws each: standard error 0.004."""
    pairs = observed[0].pairs
    chosen = next(i for i, values in enumerate(pairs.accuracy) if 0.65 < values[1, 1] < 0.9)
    number, row, lower = pairs.specimen[chosen], pairs.column[chosen], pairs.lower[chosen]
    # the rows of a column's images follow each other, all steps of one before the next
    same = [i for i in range(len(pairs.lower)) if (pairs.specimen[i], pairs.column[i]) == (number, row)]
    image = (chosen - same[0]) // (len(same) // 2)
    with Dataset(path) as dataset:
        config = settings_of(dataset)
        ((_, scene),) = scenes(dataset, config, [number])
    alone = [changed(scene, np.array([row]), lower + n) for n in (0, 1)]
    a, b = (made[image] for made in images_of(scene, config, alone, CPU))
    column = scene.specimen.table[row]
    y, x = np.mgrid[:80, :80] * 0.212 + 1.5 * 0.053
    window = np.hypot(x - column["x"], y - column["y"]) <= RADIUS
    rng = np.random.default_rng(0)
    right = []
    for truth, other in ((a, b), (b, a)):
        counts = rng.poisson(2.5 * 16 * truth[window], (8000, window.sum()))
        # the log of Poisson's probability but for k!, which both have
        scores = [counts @ np.log(mean[window]) - 2.5 * 16 * mean[window].sum() for mean in (truth, other)]
        right.append(np.mean(scores[0] > scores[1]))

    # other columns were changed along in the study: that is below the noise of this test
    assert pairs.accuracy[chosen][1, 1] == pytest.approx(np.mean(right), abs=4 * 0.004)


def test_more_electrons_and_a_wider_window_never_hurt(observed):
    """Rounding of the inversion, 1e-7."""
    for item in observed:
        accuracy = np.array(item.pairs.accuracy)
        assert accuracy.shape[1:] == (3, 3)
        assert (np.diff(accuracy, axis=1) > -1e-6).all()  # dose
        assert (np.diff(accuracy, axis=2) > -1e-6).all()  # disc, local, whole
        assert accuracy.min() >= 0.5
        assert accuracy.max() <= 1


def test_coarser_pixels_see_no_more(observed):
    """Sums of counts hold at most what the counts hold; a window's rim differs, so this is about means."""
    fine, coarse = (np.array(item.pairs.accuracy) for item in observed)

    assert observed[1].input_pixel_pm == pytest.approx(42.4)
    assert len(fine) == len(coarse) > 10
    # 0.780 and 0.797; pixels of 42 pm still sample 25 pm of image spread, and no electron is lost
    assert fine[:, 1, 2].mean() - 0.03 < coarse[:, 1, 2].mean() < fine[:, 1, 2].mean()


def test_who_is_told_the_plane_of_a_wedge_needs_no_electrons(observed):
    """A wedge's columns all stand on its plane."""
    right = np.array(observed[0].columns.right)

    assert (right[:, :, 1] == 1).all()
    assert 0 < right[:, 1, 0].mean() < 1
    assert right[:, 2, 0].mean() > right[:, 0, 0].mean()
    assert np.array_equal(right * N_DRAWS, np.round(right * N_DRAWS))


def test_the_prior_of_a_plane_by_hand():
    """Five O columns: two on the plane, one an atom above, one two below, one vacant; Ce and adatoms do not count."""
    table = empty_table(8)
    table["element"] = [8, 8, 8, 8, 8, 58, 8, 8]
    table["plane"] = [4, 9, 3, 5, 6, 4, 0, 0]
    table["count"] = [4, 9, 4, 3, 0, 9, 2, 3]

    def prior(plane, **kind):
        return told_plane_prior(table, 8, plane, is_shuffled=kind.get("shuffled", False)).tolist()

    assert prior(5) == pytest.approx([0.2, 0, 0, 0.2, 0, 0.4, 0.2, 0, 0, 0, 0])
    # an atom above 10 and two below 2 are impossible: the others share what is left
    assert prior(10) == pytest.approx([0.2, 0, 0, 0, 0, 0, 0, 0, 0.8 / 3, 0, 1.6 / 3])
    assert prior(1)[:4] == pytest.approx([0.2, 1.6 / 3, 0.8 / 3, 0])
    assert prior(0) == pytest.approx([0, 0, 0.5, 0.5, 0, 0, 0, 0, 0, 0, 0])
    assert prior(5, shuffled=True) == pytest.approx([0.2, 0, 0, 0.2, 0.4, 0, 0, 0, 0, 0.2, 0])


def test_steps_are_taken_near_the_columns_own_count(path, observed):
    pairs = observed[0].pairs
    with Dataset(path) as dataset:
        made = {number: scene for number, scene in scenes(dataset, settings_of(dataset), [0, 1, 2])}
    for specimen, row, lower in zip(pairs.specimen, pairs.column, pairs.lower, strict=True):
        own = made[specimen].specimen.table["count"][row]
        assert lower - 1 <= own <= lower + 2


class _Cancelling(Reporter):
    def command(self):
        return Command.CANCEL


def test_it_can_be_cancelled_and_refuses_an_empty_split(path):
    with Dataset(path) as dataset:
        settings = {"doses_e_per_px": DOSES, "factors": (1,), "seed": 3, "device": CPU}
        with pytest.raises(Cancelled):
            observe(dataset, "test", reporter=_Cancelling(), **settings)
        with pytest.raises(DatasetError, match="no images in its train split"):
            observe(dataset, "train", reporter=Reporter(), **settings)


def test_label_discs_are_those_that_are_given(path):
    """With a disc as wide as the window the two agree to the last digit."""
    labels = LabelConfig(heavy_radius_pm=RADIUS * 100, light_radius_pm=RADIUS * 100)
    with Dataset(path) as dataset:
        (found,) = observe(
            dataset,
            "test",
            doses_e_per_px=(2.5,),
            factors=(2,),
            seed=3,
            device=CPU,
            reporter=Reporter(),
            most_specimens=1,
            labels=labels,
        )
    accuracy = np.array(found.pairs.accuracy)
    assert set(found.pairs.specimen) == {0}
    np.testing.assert_array_equal(accuracy[:, :, 0], accuracy[:, :, 1])


def test_the_summary_averages_by_element_and_step():
    """Two specimens, by hand: means, quantiles, clusters, and null for what there is none of."""
    pairs = Pairs(
        specimen=[0, 0, 1, 1],
        column=[4, 4, 4, 9],
        element=[58, 58, 58, 8],
        lower=[2, 2, 2, 0],
        accuracy=[np.array([[0.5, value, 0.9]]) for value in (0.6, 0.7, 0.8, 0.55)],
    )
    columns = Columns(
        specimen=[0, 1],
        element=[58, 58],
        count=[2, 3],
        right=[np.array([[0.2, 1.0]]), np.array([[0.6, 1.0]])],
        within_one=[np.array([[0.5, 1.0]]), np.array([[1.0, 1.0]])],
    )

    record = figures(Observed(1, 21.2, pairs, columns), [2.5])

    json.dumps(record, allow_nan=False)
    steps = record["doses"]["2.5"]["steps_by_element"]
    assert [entry["lower"] for entry in steps["Ce"]] == list(range(10))
    third = steps["Ce"][2]
    assert (third["n_pairs"], third["n_columns"]) == (3, 2)
    assert third["accuracy"] == pytest.approx(0.7)
    # clusters: residuals -0.1 + 0 and +0.1; √(2 · (0.01 + 0.01)) / 3
    assert third["accuracy_error"] == pytest.approx(np.sqrt(0.04) / 3)
    assert third["median"] == pytest.approx(0.7)
    assert (third["accuracy_disc"], third["accuracy_whole"]) == pytest.approx((0.5, 0.9))
    assert steps["Ce"][3]["accuracy"] is None
    assert steps["Ce"][3]["low_tenth"] is None
    assert (steps["O"][0]["accuracy"], steps["O"][0]["accuracy_error"]) == (0.55, None)
    by_column = record["doses"]["2.5"]["columns_by_element"]["Ce"]
    assert by_column["accuracy_flat"] == pytest.approx(0.4)
    assert by_column["within_one_flat"] == pytest.approx(0.75)
    assert (by_column["accuracy_told_plane"], by_column["accuracy_told_plane_error"]) == (1.0, 0.0)


def test_equal_clusters_have_the_error_of_their_means():
    """With clusters of equal size it is the standard deviation of the clusters' means over √S."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(5, 7)) + rng.normal(size=(5, 1))
    clusters = np.repeat(np.arange(5), 7)

    expected = values.mean(axis=1).std(ddof=1) / np.sqrt(5)
    assert clustered_error(values.ravel(), clusters) == pytest.approx(expected)
