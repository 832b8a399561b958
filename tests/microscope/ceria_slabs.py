"""Ceria for tests of the multislice: bulk, and specimens whose columns stand on grid points."""

from dataclasses import replace

import numpy as np

from segdepth_app.specimen.build import SpecimenPlan, build_specimen
from segdepth_app.specimen.ceria import CERIA_110, PERIOD_X, PERIOD_Y
from segdepth_app.specimen.crystal import lattice_sites
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.specimen.table import empty_table


def bulk_ceria(count, cells=(2, 3)):
    """Bulk ceria and its field, cells (x, y) in a row, a Ce column at (0, 0)."""
    field = cells[1] * PERIOD_Y, cells[0] * PERIOD_X
    x, y, site = lattice_sites(CERIA_110, (0, field[1] - 1e-6, 0, field[0] - 1e-6), (0, 0))
    table = empty_table(len(x))
    table["x"], table["y"], table["site"], table["count"] = x, y, site, count
    table["element"] = np.array([s.element for s in CERIA_110.sites])[site]
    return Specimen(table, CERIA_110), field


def wedge_on_grid(n, step, seed=1):
    """A rough sawtooth specimen of n × n samples, every column moved to the nearest sample."""
    edge = n * step
    plan = SpecimenPlan("sawtooth", "rough", 6.0, "both")
    specimen = build_specimen(plan, (2, edge - 2, 2, edge - 2), np.random.default_rng(seed))
    table = specimen.table.copy()
    for axis in "xy":
        table[axis] = np.rint(table[axis] / step) * step
    return replace(specimen, table=table)
