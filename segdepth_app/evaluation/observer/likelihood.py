"""How often the best possible observer is right who knows everything but one thing, from independent Poisson counts.

Two images a and b, equally likely (means of counts at n pixels): no observer is right more often than the likelihood
ratio test (Neyman & Pearson, Phil. Trans. R. Soc. A 231 (1933) 289), which calls a where

    X = Σ k_i ln(a_i/b_i) - Σ (a_i - b_i) > 0.

Its accuracy is ½ P_a(X > 0) + ½ P_b(X < 0), a tie counting half. X is a weighted sum of Poisson numbers, whose
characteristic function is known in closed form, φ(t) = exp(Σ m_i (e^{i t w_i} - 1) - i t c) with w_i = ln(a_i/b_i);
P(X > 0) follows by numerical inversion (Davies, Biometrika 60 (1973) 415), which gives a tie half its weight by
itself. A normal approximation of X is wrong by up to several per cent where electrons are few, and Monte Carlo is a
thousand times slower for the same third digit.

More than two images: the likeliest a posteriori is right most often; how often, by Monte Carlo.
"""

from math import ceil, log, pi

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TAIL = 1e-10
"""Weight of X beyond the period that the inversion gives it."""
DECAYED = 1e-11
"""|φ| from which on the inversion's terms are left out."""
REACH = 7.5
"""Terms up to this over the standard deviation of X come first; a normal X has decayed there to 6e-13."""
FEW_RATIOS = 8
FEW_COUNTS = 50.0
"""With fewer different w_i, or fewer electrons in all, X takes few values: φ comes back after it has decayed, or never
decays. Then terms are taken up to MOST_TERMS, and X is smeared by about a thousandth of its width."""
MOST_TERMS = 2**14
AT_ONCE = 256


def pair_accuracy(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Accuracy of the likelihood ratio test between two images: mean counts (n,) each, all above 0.

    Good to 1e-8, but for few values of X (see FEW_RATIOS) where one of them all but ties.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    differ = first != second
    if not differ.any():
        return 0.5
    means = np.stack([first[differ], second[differ]])
    # pixels of the same ratio are one pixel that counts for all of them
    weights, place = np.unique(np.round(np.log(means[0] / means[1]), 12), return_inverse=True)
    means = np.stack([np.bincount(place.ravel(), row, minlength=len(weights)) for row in means])
    above = _probabilities_above(weights, means, float((means[0] - means[1]).sum()))
    return float(np.clip((above[0] + 1 - above[1]) / 2, 0.5, 1.0))


def _probabilities_above(weights: Floats, means: Floats, shift: float) -> Floats:
    """P(Σ k_i w_i - shift > 0) with half the weight of 0 itself, k_i ~ Poisson(means_i), for each row of means."""
    deviation = np.sqrt(means @ weights**2)
    middle = means @ weights - shift
    # Bernstein's bound of a sum of Poisson numbers
    heavy, nats = float(np.abs(weights).max()) / 3, log(1 / TAIL)
    spread = heavy * nats + np.sqrt((heavy * nats) ** 2 + 2 * nats * deviation**2)
    step = 2 * pi / float((np.abs(middle) + spread).max())
    n_terms = ceil(REACH / float(deviation.min()) / step)
    is_grainy = len(weights) < FEW_RATIOS or float(means.sum(axis=1).min()) < FEW_COUNTS
    smear = 6 / (MOST_TERMS * step) if is_grainy else 0.0
    total, done = np.full(len(means), 0.5), 0
    while done < MOST_TERMS:
        order = np.arange(done, min(done + min(max(n_terms - done, 16), AT_ONCE), MOST_TERMS)) + 0.5
        t = order * step
        angle = t[:, None] * weights
        log_size = (np.cos(angle) - 1) @ means.T - 0.5 * (smear * t[:, None]) ** 2
        turn = np.sin(angle) @ means.T - shift * t[:, None]
        total += (np.exp(log_size) * np.sin(turn) / (pi * order[:, None])).sum(axis=0)
        done += len(order)
        if done >= n_terms and not is_grainy and log_size.max() < log(DECAYED):
            break
    return np.asarray(total)


def bhattacharyya_bounds(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[float, float]:
    """Between which the accuracy of the test lies, from the overlap of the two distributions alone.

    With ρ = exp(-½ Σ (√a - √b)²), the error is at least ½ (1 - √(1 - ρ²)) and at most ½ ρ (Kailath, IEEE Trans.
    Commun. 15 (1967) 52).
    """
    apart = np.sqrt(np.asarray(a, np.float64)) - np.sqrt(np.asarray(b, np.float64))
    overlap = float(np.exp(-0.5 * (apart**2).sum()))
    return 1 - overlap / 2, 1 - (1 - np.sqrt(1 - overlap**2)) / 2


def calls(
    means: Floats, true: int, *, n_draws: int, rng: np.random.Generator, log_priors: Floats
) -> npt.NDArray[np.int64]:
    """What the likeliest image is a posteriori in `n_draws` drawings of image `true`: (P, n_draws).

    means (K, n): mean counts of each image, above 0; log_priors (P, K): several observers' priors, -inf for never.
    """
    counts = rng.poisson(means[true], (n_draws, means.shape[1]))
    # the common part of all images changes no call
    score = counts @ np.log(means / means.mean(axis=0)).T - means.sum(axis=1)
    return np.asarray((score[None] + log_priors[:, None, :]).argmax(axis=2))
