"""Keys of the View tab: one table for the shortcuts themselves, the help sheet and the command palette. No Qt."""

from dataclasses import dataclass

FRAMES, PICTURES, MARKERS, CALIBRATION, HELP = "Frames", "Pictures", "Markers", "Calibration", "Help"

SUITS = "Does this model suit this data?"


@dataclass(frozen=True)
class Key:
    """What keys do."""

    name: str
    keys: tuple[str, ...]
    """In Qt's spelling; the first is the one that is told."""
    text: str
    group: str
    only_told: bool = False
    """Belongs to the mouse, or to a widget that has it already."""


JUMP = 10
"""Frames that Page up and Page down pass over."""

KEYS = (
    Key("play", ("Space",), "Play or pause", FRAMES),
    Key("back", ("Left",), "Frame before", FRAMES),
    Key("on", ("Right",), "Next frame", FRAMES),
    Key("jump_back", ("PgUp",), f"{JUMP} frames back", FRAMES),
    Key("jump_on", ("PgDown",), f"{JUMP} frames on", FRAMES),
    Key("first", ("Home",), "First frame", FRAMES),
    Key("last", ("End",), "Last frame", FRAMES),
    Key("columns", ("C",), "Columns with their counts: on or off", PICTURES),
    Key("depth", ("D",), "Depth over the frame: on or off", PICTURES),
    Key("activity", ("A",), "Activity in the place of the confidence, and back", PICTURES),
    Key("region", ("R",), "Region: on or off", PICTURES),
    Key("contrast", ("B",), "Contrast and colours…", PICTURES),
    Key("enlarge", ("E",), "Enlarge the picture under the pointer, and back", PICTURES),
    Key("fit", ("F",), "Whole picture", PICTURES),
    Key("nearer", ("+", "="), "Zoom in", PICTURES),
    Key("farther", ("-",), "Zoom out", PICTURES),
    Key(
        "zoom",
        ("Wheel",),
        "Zoom at the pointer; drag to move; a double click shows the whole picture",
        PICTURES,
        True,
    ),
    Key("alone", ("Title",), "A double click on it enlarges the picture, and back", PICTURES, True),
    Key("set", ("Click",), "Set a marker: its trace and its saliency are shown", MARKERS, True),
    Key("choose", ("1 … 9",), "Choose a marker", MARKERS, True),
    Key("remove", ("Del",), "Remove the chosen marker (in their list)", MARKERS, True),
    Key("clear", ("Right click",), "Remove all markers", MARKERS, True),
    Key("calibration", ("L",), "Calibration: lattice, levels, drift…", CALIBRATION),
    Key("suits", ("M",), SUITS, CALIBRATION),
    Key("used", ("Region",), "Its buttons measure the lattice in it, or take it for the vacuum", CALIBRATION, True),
    Key("help", ("?",), "All keys", HELP),
)
