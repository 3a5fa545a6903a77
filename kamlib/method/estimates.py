"""Three honest numbers: their mean, and how likely a target is (6.6)."""

from __future__ import annotations

import math

from kamlib import text


def pert_mean(low: float | None, likely: float | None, high: float | None) -> float | None:
    """Return (low + 4 likely + high) / 6; the likely value alone where an end is missing, else the middle.

    >>> round(pert_mean(26, 31, 38), 2)
    31.33
    """
    ends = None if text.is_missing(low) or text.is_missing(high) else (low or 0.0) + (high or 0.0)
    if likely is None or text.is_missing(likely):
        return None if ends is None else ends / 2
    return likely if ends is None else (ends + 4 * likely) / 6


def chance(
    low: float | None,
    likely: float | None,
    high: float | None,
    target: float | None,
    *,
    is_down: bool = False,
) -> float | None:
    """Return the probability 0..1 that the outcome reaches the target under the PERT (beta) distribution.

    Closed form, nothing is drawn. None where a number is missing or low <= likely <= high does not hold.

    >>> round(chance(0, 5, 10, 5), 9)
    0.5
    """
    if low is None or likely is None or high is None or target is None or not low <= likely <= high:
        return None
    if low == high:
        return float(target >= low if is_down else target <= low)
    width = high - low
    shapes = (1 + 4 * (likely - low) / width, 1 + 4 * (high - likely) / width)
    below = _beta_below((target - low) / width, *shapes)
    return below if is_down else 1 - below


def _beta_below(x: float, a: float, b: float) -> float:
    """Share of the beta distribution below x: the hypergeometric series, taken from the end where it is short."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_below(1 - x, b, a)
    total = term = 1.0
    n = 0
    while term > 1e-16 * total:
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    whole = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return total * math.exp(whole + a * math.log(x) + b * math.log1p(-x)) / a
