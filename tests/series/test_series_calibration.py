"""Units and scales as files spell them."""

import pytest

from segdepth_app.errors import SeriesError
from segdepth_app.series.calibration import check_sampling, length_pm, square_pixel_pm, time_s


@pytest.mark.parametrize(
    ("scale", "unit", "expected"),
    [
        (0.0053, "nm", 5.3),
        (5.3, "pm", 5.3),
        (0.053, "Å", 5.3),
        (0.053, "A", 5.3),
        (0.053, "\u212b", 5.3),
        (0.053, "angstrom", 5.3),
        (5.3e-6, "µm", 5.3),
        (5.3e-6, "\u03bcm", 5.3),
        (5.3e-6, "um", 5.3),
        (5.3e-6, "micron", 5.3),
        (5.3e-6, "\\u00B5m", 5.3),
        (5.3e-6, b"\xc2\xb5m", 5.3),
        (5.3e-12, "m", 5.3),
        (5.3e-9, "mm", 5.3),
        (5.3e-10, "cm", 5.3),
        # a length of 1 with a unit is a length
        (1.0, "nm", 1000.0),
        # missing, unknown, not positive
        (1.0, "", None),
        (1.0, None, None),
        (0.5, "pixel", None),
        (0.5, "[]", None),
        (-1.0, "nm", None),
        (0.0, "nm", None),
        (float("nan"), "nm", None),
        (float("inf"), "nm", None),
        # 72 dpi: the scale of a printer, not of a specimen
        (1 / 72, "inch", None),
        (1 / 28, "cm", None),
        (0.35, "mm", None),
    ],
)
def test_a_scale_in_a_file_becomes_picometres_or_is_missing(scale, unit, expected):
    assert length_pm(scale, unit) == (None if expected is None else pytest.approx(expected, rel=1e-12))


@pytest.mark.parametrize(
    ("step", "unit", "expected"),
    [
        (0.8, "s", 0.8),
        (0.5, "sec", 0.5),
        (13, "ms", 0.013),
        (0.0008, "ks", 0.8),
        (2, "min", 120),
        (0, "s", None),
        (3, "nm", None),
    ],
)
def test_frame_times_become_seconds(step, unit, expected):
    assert time_s(step, unit) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("unit", ["1/nm", "1 / nm", "1/Å", "nm^-1", "nm-1", "nm⁻¹", "mrad", "eV", "keV"])
def test_reciprocal_lengths_angles_and_energies_are_refused(unit):
    with pytest.raises(SeriesError, match="not an image"):
        square_pixel_pm((0.1, unit), (0.1, unit), "a.dm3")


def test_pixels_that_differ_by_one_percent_are_square_and_by_two_are_not():
    assert square_pixel_pm((5.0, "pm"), (5.04, "pm"), "a.tif") == pytest.approx(5.02)
    with pytest.raises(SeriesError, match=r"5\.1 pm wide and 5 pm high"):
        square_pixel_pm((5.0, "pm"), (5.1, "pm"), "a.tif")


def test_only_pixels_that_can_show_atoms_pass():
    check_sampling(39.9, 21.2)
    with pytest.raises(SeriesError, match="6282 pm") as fault:
        check_sampling(6281.8, 21.2)
    assert "--pixel-size-pm" in fault.value.hint
