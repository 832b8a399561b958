"""SegDepth: atoms per atomic column from noisy TEM images."""

__version__ = "0.1.0"
