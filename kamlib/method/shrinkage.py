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

#: Months' worth of the noise of customers of its size that is laid beside a customer's own: few months look calm by luck.
BORROWED = 4

#: Customers from which a trend over size, or what goes on from year to year, can be read.
ENOUGH = 20

#: Amounts by month, a customer a row: the last months, and the same ones a year before.
Years = tuple[Floats, Floats]


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
    held = np.maximum(noise[known], 1e-12)
    between = between_variance(seen[known], held)
    mean = float(np.average(seen[known], weights=1.0 / (held + between))) if known.any() else float("nan")
    weight[known] = between / (held + between) if known.sum() >= FEWEST else 1.0
    estimate[known] = mean + weight[known] * (seen[known] - mean)
    left[known] = weight[known] * held
    return Shrunk(estimate, weight, left, mean, between)


class Seen(NamedTuple):
    """Log growth of each customer, its variance, and how much of the months' noise is left in a year (NaN: not measured)."""

    growth: Floats
    noise: Floats
    left: float


def seen_growth(last: Years, earlier: Years) -> Seen:
    """Return the growth of the last year with its noise, measured where the year before that is known as well.

    Months that jump need not make a year jump: a customer may call off the same volume on other days. Two growths
    in a row share the year between them with opposite signs, so luck shows as growth that does not go on; only
    that much of the months' noise is kept. With a shorter history, or few customers, all of it is.
    """
    growth, noise = log_growth(*last)
    left = float("nan")
    if earlier[0].shape[1] == 12:
        left = noise_left(log_growth(*earlier)[0], growth, noise)
    return Seen(growth, noise * (1.0 if np.isnan(left) else left), left)


def noise_left(first: Floats, second: Floats, noise: Floats) -> float:
    """Return the variance of a growth that is luck as a ratio to `noise`, from two growths in a row; NaN if too few.

    With a true growth that lasts and independent luck in each year, the variance of a growth is between + 2 luck
    and the covariance of two in a row between - luck, so luck is a third of their difference.
    """
    known = ~(np.isnan(first) | np.isnan(second) | np.isnan(noise))
    if known.sum() < ENOUGH or not noise[known].sum() > 0:
        return float("nan")
    spread = np.cov(first[known], second[known])
    luck = (np.trace(spread) / 2.0 - spread[0, 1]) / 3.0
    return float(max(0.0, 2.0 * luck / noise[known].mean()))


def log_growth(now: ArrayLike, before: ArrayLike) -> tuple[Floats, Floats]:
    """Return the log of the growth ratio of each row and its variance, from amounts by month (rows: customers).

    The columns are the same calendar months a year apart, so the season goes out: what a month adds or lacks
    against its own month times the year's ratio is noise (the classical variance of a ratio of sums), to which
    `BORROWED` months of the noise that customers of its size have are added. Missing where either sum is not above zero, or with fewer
    than two months.
    """
    later, earlier = np.asarray(now, dtype=float), np.asarray(before, dtype=float)
    months = later.shape[1]
    sums, sums_before = later.sum(axis=1), earlier.sum(axis=1)
    known = (sums > 0) & (sums_before > 0) & (months >= 2)
    ratio = np.divide(sums, sums_before, out=np.full(sums.shape, np.nan), where=known)
    noise = ((later - ratio[:, None] * earlier) ** 2).sum(axis=1) / max(1, months - 1)
    variance: Floats = np.divide(months * noise, sums**2, out=np.full(sums.shape, np.nan), where=known)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(ratio), _steadied(variance, np.log(sums), months)


def _steadied(variance: Floats, size: Floats, months: int) -> Floats:
    known = ~np.isnan(variance)
    if not known.any():
        return variance
    # Amounts that are never negative can't show more than this; credit notes round zero could, without end.
    held = np.minimum(variance, 2.0 * months / (months - 1))
    usual = _usual(held[known], size[known])
    steadied = held.copy()
    steadied[known] = (BORROWED * usual + (months - 1) * held[known]) / (BORROWED + months - 1)
    return steadied


def _usual(noise: Floats, size: Floats) -> Floats:
    """Return the noise that is usual at each size: a straight line between logs; everybody's mean if few are known."""
    jumping = noise > 0
    if jumping.sum() < ENOUGH or np.ptp(size[jumping]) <= 0:
        return np.full(noise.shape, noise.mean())
    slope, level = np.polyfit(size[jumping], np.log(noise[jumping]), 1)
    usual: Floats = np.exp(level + slope * size)
    usual *= noise.mean() / usual.mean()
    return usual
