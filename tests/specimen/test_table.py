"""The column table's own constants."""

from ase.data import chemical_symbols

from segdepth_app.specimen.table import SYMBOLS


def test_symbols_are_ases():
    """Atomic numbers 1 to 103, against ASE's list."""
    assert SYMBOLS == dict(enumerate(chemical_symbols[1:104], start=1))
