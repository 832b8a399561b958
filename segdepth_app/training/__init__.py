"""Training runs: Lightning module, run folder, resume."""
