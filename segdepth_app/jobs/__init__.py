"""Jobs: one config, one process, JSON lines in between."""
