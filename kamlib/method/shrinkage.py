"""Move unsure estimates towards what is common, each by as much as it is unsure: bare maths on arrays.

Stated model (normal-normal): a customer's log growth is seen as `raw`, with a known variance of its own (the noise
of single months) around a true value; the true values lie round a common mean with a variance between customers.
The variance between is found by the method of moments (Paule and Mandel): the one at which the weighted squares sum
to their expected value. Nothing here knows of accounts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: With fewer, moving estimates towards their own mean gains nothing (Stein's result needs four).
FEWEST = 4

#: Nobody is surer than this share of the typical variance: few months can look calm by luck.
SUREST = 0.1


class Shrunk(NamedTuple):
    """Estimates, the weight 0..1 of each one's own evidence, their variances; the common mean and variance between."""

    estimate: Floats
    weight: Floats
    variance: Floats
    mean: float
    between: float


def between_variance(raw: ArrayLike, variance: ArrayLike) -> float:
    """Return the variance between the true values; zero where the noise alone explains the differences."""
    seen, noise = np.asarray(raw, dtype=float), np.asarray(variance, dtype=float)
    if seen.size < 2 or _excess(0.0, seen, noise) <= 0.0:
        return 0.0
    low, high = 0.0, float(seen.var(ddof=1)) + float(noise.max())
    while _excess(high, seen, noise) > 0.0:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _excess(middle, seen, noise) > 0.0 else (low, middle)
    return high


def _excess(between: float, seen: Floats, noise: Floats) -> float:
    weights = 1.0 / (noise + between)
    centre = float(np.average(seen, weights=weights))
    return float((weights * (seen - centre) ** 2).sum()) - (seen.size - 1)


def shrink(raw: ArrayLike, variance: ArrayLike) -> Shrunk:
    """Return each estimate moved towards the common mean; those that are missing neither give nor take.

    With fewer than `FEWEST` known ones nothing is moved: every weight is one.
    """
    seen, noise = np.asarray(raw, dtype=float), np.asarray(variance, dtype=float)
    known = ~np.isnan(seen) & ~np.isnan(noise)
    weight, estimate, left = (np.full(seen.shape, np.nan) for _ in range(3))
    held = np.maximum(noise[known], SUREST * np.median(noise[known]) if known.any() else 0.0)
    held = np.maximum(held, 1e-12)
    between = between_variance(seen[known], held)
    mean = float(np.average(seen[known], weights=1.0 / (held + between))) if known.any() else float("nan")
    weight[known] = between / (held + between) if known.sum() >= FEWEST else 1.0
    estimate[known] = mean + weight[known] * (seen[known] - mean)
    left[known] = weight[known] * held
    return Shrunk(estimate, weight, left, mean, between)


def log_growth(now: ArrayLike, before: ArrayLike) -> tuple[Floats, Floats]:
    """Return the log of the growth ratio of each row and its variance, from amounts by month (rows: customers).

    The columns are the same calendar months a year apart, so the season goes out: what a month adds or lacks
    against its own month times the year's ratio is noise (the classical variance of a ratio of sums). Missing where
    either sum is not above zero, or with fewer than two months.
    """
    later, earlier = np.asarray(now, dtype=float), np.asarray(before, dtype=float)
    months = later.shape[1]
    sums, sums_before = later.sum(axis=1), earlier.sum(axis=1)
    known = (sums > 0) & (sums_before > 0) & (months >= 2)
    ratio = np.divide(sums, sums_before, out=np.full(sums.shape, np.nan), where=known)
    noise = ((later - ratio[:, None] * earlier) ** 2).sum(axis=1) / max(1, months - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(ratio), np.where(known, months * noise / sums**2, np.nan)
