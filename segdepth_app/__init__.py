"""SegDepth: atoms per atomic column from noisy TEM images."""

import os

__version__ = "0.2.0"

# Read by the OpenMP runtime when torch is loaded: threads that wait shall sleep. By default they spin, and where
# another program uses the cores as well a frame then took 750 ms instead of 51.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
