"""The soak tests are tests of the window."""

from tests.gui.conftest import (  # noqa: F401 (fixtures)
    _light_look,
    _no_unanswered_question,
    _nothing_left_behind,
)
