"""Applying a model to a series: depth, confidence, saliency, columns, traces."""

import os

# Read by the OpenMP runtime when torch is loaded: threads that wait shall sleep. By default they spin, and where
# another program uses the cores as well a frame then took 750 ms instead of 51.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
