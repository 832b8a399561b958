"""The window. It starts jobs and shows files; it never computes."""
