"""What `segdepth self-test` does: everything once, in small, on the machine it is installed on."""
