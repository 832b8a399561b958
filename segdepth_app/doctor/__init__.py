"""What is installed, which devices there are, and whether everything is in place."""
