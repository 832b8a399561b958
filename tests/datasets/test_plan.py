"""The plan of a dataset: exact shares, and a function of the settings alone."""

from collections import Counter
from itertools import pairwise

import pytest
from dataset_toys import small_config
from hypothesis import given
from hypothesis import strategies as st

from segdepth_app.config import SimulateConfig, SpecimenConfig
from segdepth_app.datasets.plan import plan_dataset, specimen_rng


@st.composite
def three_shares(draw):
    """Three numbers that add up to 1."""
    parts = draw(st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any))
    return [part / sum(parts) for part in parts]


@st.composite
def settings(draw):
    """Settings with any shares of kinds and splits."""
    wedge, rough, shuffled = draw(three_shares())
    validation, test, _ = draw(three_shares().filter(lambda shares: shares[0] <= 0.9))
    return SimulateConfig(
        out="x.h5",
        specimen=SpecimenConfig(share_wedge=wedge, share_rough=rough, share_shuffled=shuffled),
        n_specimens=draw(st.integers(1, 300)),
        validation_share=validation,
        test_share=test,
        seed=draw(st.integers(0, 2**31 - 1)),
    )


@given(config=settings())
def test_shares_are_exact_to_less_than_one_specimen(config):
    planned = plan_dataset(config)
    assert [item.id for item in planned] == list(range(config.n_specimens))
    specimen, n = config.specimen, config.n_specimens
    wanted = {
        "wedge": specimen.share_wedge,
        "rough": specimen.share_rough,
        "shuffled": specimen.share_shuffled,
        "validation": config.validation_share,
        "test": config.test_share,
        "train": 1 - config.validation_share - config.test_share,
    }
    found = Counter(item.plan.kind for item in planned) + Counter(item.split for item in planned)
    for name, share in wanted.items():
        # rounding of the shares themselves may cross a whole number
        assert abs(found[name] - share * n) < 1 + 1e-9
    low, high = specimen.thickness_low_atoms, specimen.thickness_high_atoms
    assert all(low <= item.plan.thickness <= high for item in planned)


@given(config=settings(), workers=st.integers(0, 8), batch=st.integers(0, 8))
def test_the_plan_does_not_know_who_makes_the_specimens(config, workers, batch):
    other = config.model_copy(update={"workers": workers, "batch_specimens": batch, "scheduler": "tcp://x:1"})
    assert plan_dataset(config) == plan_dataset(other)


@given(seed=st.integers(0, 2**31 - 1), a=st.integers(0, 10**6), b=st.integers(0, 10**6))
def test_every_specimen_has_its_own_generator(seed, a, b):
    same = specimen_rng(seed, a).random(4).tolist() == specimen_rng(seed, b).random(4).tolist()
    assert same == (a == b)


def test_plan_keeps_the_shares_exactly(tmp_path):
    plan = plan_dataset(
        small_config(
            tmp_path,
            n_specimens=40,
            specimen=SpecimenConfig(share_wedge=0.5, share_rough=0.3, share_shuffled=0.2),
            validation_share=0.25,
            test_share=0.1,
        )
    )
    kinds = [item.plan.kind for item in plan]
    splits = [item.split for item in plan]
    assert [kinds.count(kind) for kind in ("wedge", "rough", "shuffled")] == [20, 12, 8]
    assert [splits.count(split) for split in ("train", "validation", "test")] == [26, 10, 4]


@pytest.mark.parametrize("field", ["kind", "surface", "split"])
def test_kinds_surfaces_and_splits_are_shuffled_independently(tmp_path, field):
    """Were they in order, the test split would hold one kind only. 300 specimens: neighbours agree by chance."""
    plan = plan_dataset(small_config(tmp_path, n_specimens=300))
    values = [item.split if field == "split" else getattr(item.plan, field) for item in plan]
    share = {value: values.count(value) / 300 for value in set(values)}
    by_chance = sum(part**2 for part in share.values())
    agree = sum(a == b for a, b in pairwise(values)) / 299
    # four standard errors of a share of 299 pairs
    assert agree == pytest.approx(by_chance, abs=4 * (by_chance * (1 - by_chance) / 299) ** 0.5)
