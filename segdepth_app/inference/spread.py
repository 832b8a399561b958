"""The image spread (vibration and the like, a Gaussian on the image), from how reflections fall off.

Spread damps the power at frequency g by exp(-4π² s² g²), but so do optics and specimen. So the fall-off is not read as
a closed form: it is a linear fit of s to the logarithms of the power of seven families of reflections over their mean,
on 700 simulated images of the dataset `mixed` (wedges, rough and shuffled specimens of 1 to 10 atoms; C1 1 to 9 nm, C3
-9 µm, focal spread 3 to 4.5 nm; spread 15 to 45 pm; four frames of 1.83 electrons per pixel of 5.3 pm each). On the
half of them that was left out of a first fit it was 4.0 pm off (root mean square), drawn towards 30 pm by 2 at the
ends. The blur of a detector counts as spread. Other optics make it wrong, so patterns unlike those are not judged.
"""

from dataclasses import dataclass

import numpy as np

from segdepth_app.series.net import IDEAL, turned
from segdepth_app.series.reflections import LatticeFit

FAMILIES = ((0, 1), (2,), (3,), (4, 5), (6, 7), (8,), (9, 10))
"""Numbers in net.NET: {111}, (002), (220), {311}, {222}, (004), {331}."""
SLOPES_PM = np.array([4.99, 2.40, 1.58, -0.53, -1.37, -4.34, -2.74])
INTERCEPT_PM = 26.47
ERROR_PM = 5.0
"""Root mean square error, with the pull towards the middle."""
MEANS = np.array([-0.05, -0.24, 1.95, -0.34, -0.80, 0.47, -0.98])
DEVIATIONS = np.array([0.96, 1.38, 0.41, 0.83, 1.11, 0.58, 0.80])
"""Mean and standard deviation of the seven logarithms over the same images."""
FARTHEST = 3.9
"""Largest distance from the mean, in deviations, that is judged; one in a hundred of those images lies beyond."""
LEAST_FAMILIES = 5


@dataclass(frozen=True)
class Spread:
    """An estimated image spread, or None with the reason."""

    spread_pm: float | None
    error_pm: float = ERROR_PM
    doubt: str = ""


def estimate_spread(fit: LatticeFit) -> Spread:
    """The image spread behind a fitted net of reflections."""
    if not fit.fits or fit.pixel_size_pm is None or fit.rotation_deg is None:
        return Spread(None, doubt="the image spread is read from the reflections of ceria [110], which were not found")
    seen = {spot.hkl.strip("()").replace("-", "") for spot in fit.spots}
    if len({"".join(sorted(name)) for name in seen}) < LEAST_FAMILIES:
        return Spread(None, doubt="too few reflections stand out to see how they fall off")
    # pixels average the image over their area, which damps high frequencies too
    power = np.array(fit.net_power) / _of_pixels(fit.pixel_size_pm, fit.rotation_deg)
    logs = np.log([power[list(family)].mean() for family in FAMILIES])
    logs -= logs.mean()
    if np.abs((logs - MEANS) / DEVIATIONS).max() > FARTHEST:
        return Spread(None, doubt="the reflections' strengths are unlike those of the optics and specimens simulated")
    return Spread(max(0.0, float(INTERCEPT_PM + SLOPES_PM @ logs)))


def _of_pixels(pixel_size_pm: float, rotation_deg: float) -> np.ndarray:
    """What averaging over square pixels leaves of the power at each place of the net."""
    places = IDEAL @ turned(pixel_size_pm, rotation_deg).T
    return np.asarray(np.prod(np.sinc(places), axis=1) ** 2)
