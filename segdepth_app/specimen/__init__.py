"""Specimens as column tables: the ground truth everything else is derived from."""
