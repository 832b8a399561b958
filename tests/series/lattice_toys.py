"""Images of columns as sums of Gaussians, placed by hand from the crystal's cell: a lattice of known pixel and turn."""

import numpy as np

CERIA_PM = 541.1
CE, OXYGEN = 1.0, 0.25
_OXYGENS = [(x, y, OXYGEN) for x in (0.25, 0.75) for y in (0.0, 0.5)]
CELLS = {
    # along [110]: edges along [001] and [1-10], columns at fractions of them with a weight
    "ceria": (1.0, np.sqrt(0.5), [(0, 0, CE), (0.5, 0.5, CE), *_OXYGENS]),
    "metal": (1.0, np.sqrt(0.5), [(0, 0, 1.0), (0.5, 0.5, 1.0)]),
    "silicon": (1.0, np.sqrt(0.5), [(0, 0, 1.0), (0.5, 0.5, 1.0), (0.25, 0, 1.0), (0.75, 0.5, 1.0)]),
    # ceria along [100] and [111]
    "[100]": (0.5, 0.5, [(0, 0, CE), (0.5, 0.5, 2 * OXYGEN)]),
    "[111]": (np.sqrt(1 / 6), np.sqrt(1 / 2), [(0, 0, CE), (0.5, 0.5, CE)]),
}


def lattice_image(
    edge_px: int,
    pixel_pm: float,
    rotation_deg: float = 0.0,
    *,
    kind: str = "ceria",
    a_pm: float = CERIA_PM,
    half_pm: float = 1800.0,
    sigma_pm: float = 45.0,
    height_ratio: float = 1.0,
) -> np.ndarray:
    """A square particle in vacuum = 1, (edge_px, edge_px); [001] lies rotation_deg counterclockwise of +x as seen.

    `height_ratio`: height of a pixel over its width.
    """
    long, across, sites = CELLS[kind]
    n = int(2 * half_pm / (min(long, across) * a_pm)) + 2
    i, j = np.mgrid[-n : n + 1, -n : n + 1]
    image = np.ones((edge_px, edge_px))
    cosine, sine = np.cos(np.radians(rotation_deg)), np.sin(np.radians(rotation_deg))
    pixel_y = pixel_pm * height_ratio
    rows, columns = np.arange(edge_px), np.arange(edge_px)
    for x_share, y_share, weight in sites:
        along, upward = (i + x_share) * long * a_pm, (j + y_share) * across * a_pm
        inside = (np.abs(along) < half_pm) & (np.abs(upward) < half_pm)
        for u, v in zip(along[inside], upward[inside], strict=True):
            # y points down: what is counterclockwise as seen lowers the row
            x = edge_px / 2 + (u * cosine - v * sine) / pixel_pm
            y = edge_px / 2 - (u * sine + v * cosine) / pixel_y
            if not (0 <= x < edge_px and 0 <= y < edge_px):
                continue
            reach = int(4 * sigma_pm / min(pixel_pm, pixel_y)) + 1
            part = np.s_[max(0, int(y) - reach) : int(y) + reach + 1, max(0, int(x) - reach) : int(x) + reach + 1]
            bell_y = np.exp(-(((rows[part[0]] - y) * pixel_y / sigma_pm) ** 2) / 2)
            bell_x = np.exp(-(((columns[part[1]] - x) * pixel_pm / sigma_pm) ** 2) / 2)
            image[part] += 0.8 * weight * np.outer(bell_y, bell_x)
    return image
