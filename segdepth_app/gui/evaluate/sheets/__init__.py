"""The parts of an evaluation's page, one tab each."""
