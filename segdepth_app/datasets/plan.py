"""What a dataset will hold: one plan per specimen, a pure function of the config.

Every specimen draws from its own generator, seeded by (dataset seed, specimen id), so the dataset does not
depend on how many processes make it or in which order.
"""

from dataclasses import dataclass

import numpy as np

from segdepth_app.config import SimulateConfig
from segdepth_app.specimen.build import SpecimenPlan


@dataclass(frozen=True)
class PlannedSpecimen:
    """One specimen to make."""

    id: int
    split: str
    plan: SpecimenPlan


def plan_dataset(config: SimulateConfig) -> list[PlannedSpecimen]:
    """All specimens of a dataset, kinds and splits in exact shares, in random order."""
    rng = np.random.default_rng([config.seed, 0])
    n = config.n_specimens
    s = config.specimen
    kinds = rng.permutation(
        _in_shares(n, {"wedge": s.share_wedge, "rough": s.share_rough, "shuffled": s.share_shuffled})
    )
    validation, test = config.validation_share, config.test_share
    splits = rng.permutation(_in_shares(n, {"train": 1 - validation - test, "validation": validation, "test": test}))
    surfaces = rng.permutation([s.surfaces[i % len(s.surfaces)] for i in range(n)])
    thickness = rng.uniform(s.thickness_low_atoms, s.thickness_high_atoms, n)
    return [
        PlannedSpecimen(
            id=i,
            split=str(splits[i]),
            plan=SpecimenPlan(str(surfaces[i]), str(kinds[i]), float(thickness[i]), s.wedge_faces),
        )
        for i in range(n)
    ]


def specimen_rng(seed: int, specimen: int) -> np.random.Generator:
    """The generator of one specimen."""
    return np.random.default_rng([seed, 1, specimen])


def _in_shares(n: int, shares: dict[str, float]) -> list[str]:
    """n names in the given shares, by largest remainder."""
    exact = {name: share * n for name, share in shares.items()}
    counts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: n - sum(counts.values())]:
        counts[name] += 1
    return [name for name, count in counts.items() for _ in range(count)]
