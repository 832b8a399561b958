"""Colours of classes and of shares: the same in the window, in figures and in movies. numpy only."""

import numpy as np

OUTSIDE = 255
"""Class of a map's pixels that have none: beside the frame, or in a frame that was not analysed."""
CLASS_COLOURS = (
    "#2e3134",
    "#66198b",
    "#585273",
    "#325ea6",
    "#1d74d5",
    "#21aa6e",
    "#24c4a3",
    "#b1bb50",
    "#b1de20",
    "#fdcc99",
    "#fbebe4",
)
"""Of the classes (numbers of atoms) 0 to 10: darker to lighter, and apart for the three common kinds of colour
blindness. The number always stands beside the colour in a legend."""
NOTHING = (16, 18, 20)
"""Where there is no frame, or nothing was analysed."""
HEAT_POSITIONS = (0.0, 0.35, 0.7, 1.0)
HEAT_STOPS = ((0, 0, 0), (140, 41, 40), (240, 150, 40), (255, 252, 220))


def rgb(colour: str) -> tuple[int, int, int]:
    """#rrggbb as three numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def class_table() -> np.ndarray:
    """uint8 (256, 4): the colour of each class; OUTSIDE is clear, anything else magenta, so that it shows."""
    table = np.tile(np.array([255, 0, 255, 255], np.uint8), (256, 1))
    table[: len(CLASS_COLOURS), :3] = [rgb(colour) for colour in CLASS_COLOURS]
    table[OUTSIDE] = 0
    return table


def heat_table() -> np.ndarray:
    """uint8 (256, 4), black over orange to white: for confidence, saliency and activity."""
    ramp = np.linspace(0, 1, 256)
    channels = [np.interp(ramp, HEAT_POSITIONS, channel) for channel in zip(*HEAT_STOPS, strict=True)]
    return np.stack([*channels, np.full(256, 255.0)], axis=1).round().astype(np.uint8)


def grey_table() -> np.ndarray:
    """uint8 (256, 3)."""
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
