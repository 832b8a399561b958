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
    markers = Markers()
    markers.restore([[3, 2], [100, 2], [5, 4]], width_px=6, height_px=5)
    assert markers.pixels() == [[3, 2], [5, 4]]
