"""Ceria along [110].

Units: Å. x = [001] (period a), y = [1-10] (period a/√2, the normal of the (110) surface), z = [110], along the
beam (period a/√2). One atom of each column per period, in one of two layers.
"""

from math import sqrt

from segdepth_app.specimen.crystal import Crystal, Layers, Site

LATTICE_CONSTANT = 5.411
PERIOD_X = LATTICE_CONSTANT
PERIOD_Y = LATTICE_CONSTANT / sqrt(2)
LAYER_SPACING = LATTICE_CONSTANT / (2 * sqrt(2))
CE, OXYGEN = 58, 8

CERIA_110 = Crystal(
    name="ceria [110]",
    cell=((PERIOD_X, 0.0), (0.0, PERIOD_Y)),
    sites=(
        Site(0.0, 0.0, ((0, CE),)),
        Site(0.5, 0.5, ((1, CE),)),
        Site(0.25, 0.0, ((1, OXYGEN),)),
        Site(0.75, 0.0, ((1, OXYGEN),)),
        Site(0.25, 0.5, ((0, OXYGEN),)),
        Site(0.75, 0.5, ((0, OXYGEN),)),
    ),
    layers=Layers(2, LAYER_SPACING),
)
