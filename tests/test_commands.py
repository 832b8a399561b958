"""A card's command, given to the program again, means the same job."""

import shlex

import pytest

from segdepth_app.commands import repeating_command
from segdepth_app.config import MovieConfig, SimulateConfig, TrainConfig, build, preset_values, set_value

JOBS = {
    "simulate": (SimulateConfig, {"out": "x"}),
    "movie": (MovieConfig, {"out": "x"}),
    "train": (TrainConfig, {"out": "x", "dataset": "d"}),
}


@pytest.mark.parametrize(
    ("verb", "preset", "changes"),
    [
        ("simulate", "quick", ["n_specimens=7", "optics.c1_high_nm=5.5", "specimen.wedge_faces=exit"]),
        ("simulate", None, ['specimen.surfaces=["flat"]']),
        ("movie", "ceria-surface", ["seed=3"]),
        ("train", "fast", ["max_epochs=21", "network.width=8"]),
    ],
)
def test_command_repeats_the_settings(verb, preset, changes):
    model, required = JOBS[verb]
    values = {**(preset_values(verb, preset) if preset else {}), **required}
    for change in changes:
        set_value(values, change)
    config = build(model, values)

    words = shlex.split(repeating_command(verb, config, leave_out=set(required), out="x"))
    again = dict(required)
    if "--preset" in words:
        again.update(preset_values(verb, words[words.index("--preset") + 1]))
    assignments = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
    for assignment in assignments:
        set_value(again, assignment)
    assert build(model, again) == config
    # and says no more than it must
    assert len(assignments) == len(changes)
