"""Numbers with a sign, as the window writes them: no minus zero anywhere."""

import numpy as np
import pytest

from segdepth_app.evaluation.report.table import shown
from segdepth_app.gui.evaluate.figures import number
from segdepth_app.gui.simulate.columns import column_text, column_texts
from segdepth_app.gui.simulate.facts import defocus_text
from segdepth_app.gui.texts import breakable, shortened, signed
from segdepth_app.gui.view.calibration_lattice import FoundLattice, angle_text, fit_lines
from segdepth_app.gui.widgets.field_editors import text_of

WHOLE = dict.fromkeys(("element", "count", "deviation"), int)
COLUMN = np.array([(58, 7, 0, -0.001, -0.0)], [*WHOLE.items(), ("x", float), ("y", float)])[0]


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.04, ".1f", "0.0"),
        (-0.06, ".1f", "−0.1"),
        (-0.0, ".4g", "0"),
        (-61.92, ".4g", "−61.92"),
        (1.9, "+.2g", "+1.9"),
        (-1.9, "+.2g", "−1.9"),
        (np.float32(-0.001), ".2f", "0.00"),
        (3, ".4g", "3"),
    ],
)
def test_a_number_with_a_sign(value, form, text):
    assert signed(value, form) == text


@pytest.mark.parametrize("degrees", [-1e-14, 1e-14, -0.0, -0.0004])
def test_a_lattice_along_x_is_turned_by_nothing(degrees):
    """What is left of the arithmetic is neither a sign nor a power of ten."""
    assert angle_text(degrees) == "0°"
    lines = dict(fit_lines(FoundLattice(True, "", 9.0 * (1 - 1e-15), degrees), 9.0, "from file"))
    assert lines["Rotation"] == "0° (or 180°)"
    assert "+0 %: they agree" in lines["Pixel size"]


def test_tables_and_captions_have_no_minus_zero():
    texts = [*column_texts(COLUMN), column_text(COLUMN), defocus_text({"c1_nm": -0.001}), text_of(-0.0)]
    texts += [number(-0.0001, 3), shown(-0.0001, 3), shown(-0.0)]
    assert [text for text in texts if "-0" in text or "−0" in text] == []


@pytest.mark.parametrize(
    ("text", "letters", "short"), [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…fg"), ("abcdefgh", 3, "a…h")]
)
def test_long_names_keep_both_ends(text, letters, short):
    assert shortened(text, letters) == short
    assert len(shortened(text, letters)) <= letters


def test_a_name_may_break_at_its_parts_and_reads_the_same():
    assert breakable("a_b c").replace("\N{ZERO WIDTH SPACE}", "") == "a_b c"
    assert breakable("a_b c").split("\N{ZERO WIDTH SPACE}") == ["a_", "b c"]
