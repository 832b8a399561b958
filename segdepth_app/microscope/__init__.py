"""From a column table to a TEM image: potential, multislice, lens, detector."""
