"""Training data: generation, the HDF5 dataset, labels and noisy batches."""
