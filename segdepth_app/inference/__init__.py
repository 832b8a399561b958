"""Applying a model to a series: depth, confidence, saliency, columns, traces."""
