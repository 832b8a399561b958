"""The window's colours of classes and of shares, for figures and movies (gui/theme.py, gui/widgets/image_pane.py)."""

import numpy as np

from segdepth_app.inference.result_info import OUTSIDE

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
"""Of the classes 0 to 10."""
NOTHING = (16, 18, 20)
"""Where there is no frame, or nothing was analysed."""
HEAT_POSITIONS = (0.0, 0.35, 0.7, 1.0)
HEAT_STOPS = ((0, 0, 0), (140, 41, 40), (240, 150, 40), (255, 252, 220))


def rgb(colour: str) -> tuple[int, int, int]:
    """#rrggbb as three numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def class_table() -> np.ndarray:
    """uint8 (256, 3): the colour of each class; OUTSIDE is NOTHING, anything else magenta, so that it shows."""
    table = np.tile(np.array([255, 0, 255], np.uint8), (256, 1))
    table[: len(CLASS_COLOURS)] = [rgb(colour) for colour in CLASS_COLOURS]
    table[OUTSIDE] = NOTHING
    return table


def heat_table() -> np.ndarray:
    """uint8 (256, 3), black over orange to white: for confidence and activity."""
    ramp = np.linspace(0, 1, 256)
    channels = [np.interp(ramp, HEAT_POSITIONS, channel) for channel in zip(*HEAT_STOPS, strict=True)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def grey_table() -> np.ndarray:
    """uint8 (256, 3)."""
    return np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
