"""The picture of the labels shows what the training learns."""

import numpy as np
import pytest

from segdepth_app.config import LabelConfig
from segdepth_app.datasets.labels import ring_maps
from segdepth_app.gui.train.profile import COUNT, profile_of
from segdepth_app.specimen.table import empty_table


@pytest.mark.parametrize("plateau", [0.3, 0.6, 1.0])
@pytest.mark.parametrize(("kind", "element"), [(0, 58), (1, 8)])
def test_the_drawn_profile_is_a_cut_through_the_maps_of_a_lone_column(kind, element, plateau):
    """The maps of a training at 1 pm pixels, along the row of the column's centre."""
    labels = LabelConfig(heavy_radius_pm=80, light_radius_pm=55, plateau_share=plateau, background_weight=0.2)
    columns = empty_table(1)
    columns["element"], columns["count"] = element, COUNT
    depth, weight = ring_maps(columns, shape=(9, 221), pixel_size_pm=1.0, binning=1, labels=labels)
    # a column at x = y = 0 lies in the first pixel
    distances = np.arange(221.0)

    profile = profile_of(labels)

    line = profile.lines[kind]
    at = np.interp(distances[:100], profile.distances_pm, np.arange(len(profile.distances_pm)))
    nearest = np.rint(at).astype(int)
    # the drawn points lie up to 0.13 pm off whole distances: a step of the label may fall in between
    steps = np.abs(np.diff(depth[0, :101].astype(int), prepend=COUNT)[:100]) > 0
    near_step = steps | np.roll(steps, 1) | np.roll(steps, -1)
    np.testing.assert_array_equal(line.label[nearest][~near_step], depth[0, :100][~near_step])
    # the weight's slope is at most 2 · 0.8 / 55 per pm: 0.13 pm make 0.004
    np.testing.assert_allclose(line.weight[nearest], weight[0, :100], atol=0.004)


def test_the_picture_reaches_past_the_larger_disc():
    profile = profile_of(LabelConfig(heavy_radius_pm=40, light_radius_pm=90))
    assert profile.distances_pm[-1] > 90
    assert [line.label[-1] for line in profile.lines] == [0, 0]
