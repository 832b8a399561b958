"""Listed changes of columns in time."""

import numpy as np
import pytest

from segdepth_app.errors import InputError
from segdepth_app.specimen.movement import counts_after
from segdepth_app.specimen.readers import Change
from segdepth_app.specimen.table import empty_table


def three_columns():
    table = empty_table(3)
    table["count"] = [4, 5, 100]
    return table


def test_a_change_holds_until_the_next_of_its_column():
    changes = [Change(4, 0, 2), Change(1, 0, 0), Change(0, 1, 6)]
    counts = counts_after(three_columns(), changes, 6)
    assert counts.T.tolist() == [[4, 0, 0, 0, 2, 2], [6] * 6, [100] * 6]
    assert counts.dtype == np.int8


def test_a_change_after_the_last_frame_is_refused():
    assert counts_after(three_columns(), [Change(5, 0, 1)], 6)[5, 0] == 1
    with pytest.raises(InputError, match="frame 6, but the series ends with frame 5") as caught:
        counts_after(three_columns(), [Change(6, 0, 1)], 6)
    assert "\n" not in str(caught.value)
