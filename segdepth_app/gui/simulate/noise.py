"""The dose of noisy pictures: what is refused, and at which contrast counts are shown. No widgets."""

from math import sqrt

FIRST_DOSE = "2.5"
NOISE_SIGMAS = 2.0


def dose_complaint(text: str) -> str:
    """Why a dose is refused; nothing where it is taken."""
    try:
        dose = float(text)
    except ValueError:
        return "This should be a number."
    return "" if 0 < dose <= 1e6 else "This should be above 0 and up to 1,000,000."


def with_noise(levels: tuple[float, float], counts_in_vacuum: float) -> tuple[float, float]:
    """Black and white for counts: the clean picture's, and two standard deviations of its Poisson noise beyond."""
    low, high = levels
    return (
        max(low - NOISE_SIGMAS * sqrt(max(low, 0) / counts_in_vacuum), 0.0),
        high + NOISE_SIGMAS * sqrt(max(high, 0) / counts_in_vacuum),
    )
