"""Markers: numbers, the limit of nine, selection, session."""

from segdepth_app.gui.view.markers import MAX_MARKERS, Markers


def placed(n: int) -> Markers:
    markers = Markers()
    for x in range(n):
        markers.add(x, 10)
    return markers


def test_a_click_on_a_marked_pixel_selects_its_marker():
    markers = placed(3)
    again = markers.add(0, 10)
    assert (len(markers), again.number, markers.selected.number) == (3, 1, 1)


def test_a_removed_number_is_used_again():
    markers = placed(4)
    markers.remove(2)
    assert markers.add(50, 50).number == 2


def test_the_tenth_is_refused():
    markers = placed(MAX_MARKERS)
    assert markers.add(99, 99) is None
    assert len(markers) == MAX_MARKERS


def test_removing_the_selected_selects_the_newest_left():
    markers = placed(3)
    markers.remove(3)
    assert markers.selected.number == 2
    markers.remove(2)
    markers.remove(1)
    assert markers.selected is None


def test_every_marker_has_a_colour_of_its_own():
    assert len({marker.colour for marker in placed(MAX_MARKERS)}) == MAX_MARKERS


def test_a_session_comes_back_without_pixels_outside_the_picture():
    """Numbers, names and kinds stay; what lies outside, or is no marker at all, is left out."""
    before = placed(3)
    before.add_column(31, 4.4, 2.6)
    before.add_region(1, 2, 3, 4)
    before.rename(2, "edge")
    before.remove(1)
    after = Markers()
    after.restore([*before.kept(), {"number": 7, "x": 100, "y": 2}, [3, 2], None], width_px=6, height_px=20)
    assert list(after) == list(before)
    assert [(m.number, m.what, m.name) for m in after][:3] == [
        (2, "pixel 1, 10", "edge"),
        (3, "pixel 2, 10", ""),
        (4, "column 31", ""),
    ]
    after.restore(before.kept(), width_px=6, height_px=5)
    assert [m.what for m in after] == ["column 31", "rectangle of 3 × 4 px at 1, 2"]


def test_a_rectangle_that_moves_stays_one_marker():
    markers = placed(1)
    markers.add_region(0, 0, 4, 4)
    moved = markers.add_region(2, 6, 5, 4)
    assert (len(markers), moved.number, (moved.x, moved.y)) == (2, 2, (4, 8))


def test_a_pixel_becomes_the_column_it_lies_on():
    markers = placed(2)
    markers.widen(1, 31, 7.6, 9.2)
    assert (markers.selected.number, markers.selected.column, markers.selected.x) == (1, 31, 8)
