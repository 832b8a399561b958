"""What is printed arrives, whatever letters the output knows."""

import os

import pytest


@pytest.mark.parametrize(("encoding", "begins"), [("utf-8", "λ = 1 e/px"), ("cp1252", r"\u03bb = 1 e/px")])
def test_letters_that_the_output_lacks_are_escaped(segdepth, encoding, begins):
    """As where Windows writes into a file: its old code page has no λ, and the program ended with an error."""
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = segdepth("dose", "--dose", "1", "--pixel-size-pm", "5.3", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(begins)
