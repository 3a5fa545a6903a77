"""Rescale, weigh, rank, and find out what holds: bare maths that knows nothing of accounts.

Values are arrays with one row per alternative and one column per criterion, 0 (worst) to 1 (best); a value that
nobody knows is NaN and is left out, never counted as zero. Weights are one number per criterion and count only
by their proportions. Sources: method.md 6.1-6.3 as corrected by P9 and P10.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

#: Two totals closer than this are a tie: rounding in the last digits must not decide a place.
TIE = 1e-9


def value(scores: ArrayLike, low: float, high: float, direction: str = "up") -> Floats:
    """Return scores as 0..1 between the scale's declared ends, turned round where less is better (6.1).

    The ends are the scale's own, never those of the sample: a new alternative must not move the others.
    """
    share = (np.asarray(scores, dtype=float) - low) / (high - low)
    return 1.0 - share if direction == "down" else share


def normalised(weights: ArrayLike) -> Floats:
    """Return weights that sum to one; all zero where nothing weighs."""
    points = np.asarray(weights, dtype=float)
    total = points.sum()
    return points / total if total > 0 else np.zeros(points.shape)


def contributions(values: ArrayLike, weights: ArrayLike) -> Floats:
    """Return the part of the total (0..1) that each criterion brings; each row sums to its total."""
    is_known = ~np.isnan(np.asarray(values, dtype=float))
    shares = np.where(is_known, normalised(weights), 0.0)
    covered = shares.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(is_known, shares / covered * np.asarray(values, dtype=float), np.nan))


def totals(values: ArrayLike, weights: ArrayLike) -> Floats:
    """Return the weighted total 0..1 of each row over its known criteria; NaN where none that weighs is known."""
    parts = contributions(values, weights)
    is_known = ~np.isnan(parts)
    return np.where(is_known.any(axis=1), np.where(is_known, parts, 0.0).sum(axis=1), np.nan)


def coverage(values: ArrayLike, weights: ArrayLike) -> Floats:
    """Return the share of the weight that is known, for each row."""
    is_known = ~np.isnan(np.asarray(values, dtype=float))
    return np.asarray((is_known * normalised(weights)).sum(axis=1))


class GroupWeights(NamedTuple):
    """What a group of people thinks, one element per criterion: mean, lowest, highest, standard deviation."""

    mean: Floats
    low: Floats
    high: Floats
    spread: Floats


def group_weights(individual: ArrayLike) -> GroupWeights:
    """Return the mean of individual weights (one row per person) beside their spread, never the mean alone (6.2)."""
    shares = np.vstack([normalised(row) for row in np.atleast_2d(np.asarray(individual, dtype=float))])
    spread = shares.std(axis=0, ddof=1) if len(shares) > 1 else np.zeros(shares.shape[1])
    return GroupWeights(normalised(shares.mean(axis=0)), shares.min(axis=0), shares.max(axis=0), spread)


def kendall_w(ratings: ArrayLike) -> float:
    """Return Kendall's W, 0..1, of `m` raters (rows) over `n` things (columns), ties corrected (6.2).

    NaN where there are fewer than two raters or two things, or where every rater gives one and the same rating.
    """
    given = np.atleast_2d(np.asarray(ratings, dtype=float))
    m, n = given.shape
    if m < 2 or n < 2:
        return float("nan")
    ranks = np.vstack([pd.Series(row).rank().to_numpy() for row in given])
    ties = sum(float((size**3 - size).sum()) for size in (_tie_sizes(row) for row in given))
    sums = ranks.sum(axis=0)
    room = m**2 * (n**3 - n) - m * ties
    return float(12.0 * ((sums - sums.mean()) ** 2).sum() / room) if room > 0 else float("nan")


def _tie_sizes(row: Floats) -> Floats:
    return np.asarray(np.unique(row, return_counts=True)[1], dtype=float)


def mean_spearman(w: float, raters: int) -> float:
    """Return the mean rank correlation between two raters, from Kendall's W (P10)."""
    return (raters * w - 1.0) / (raters - 1.0) if raters > 1 else float("nan")


class Span(NamedTuple):
    """Each alternative's worst and best value per criterion; both are equal where the value is sure."""

    low: Floats
    high: Floats

    @classmethod
    def sure(cls, values: ArrayLike) -> Span:
        """Return values without uncertainty."""
        known = np.asarray(values, dtype=float)
        return cls(known, known)


def skyband(span: Span, k: int) -> Flags:
    """Tell which alternatives can be among the `k` best under some weights, whatever their true values are.

    One that at least `k` others beat or
    equal on every criterion even at their worst against its best, and beat on one, never is among the k best.
    """
    profiles, place, size = np.unique(np.hstack(span), axis=0, return_inverse=True, return_counts=True)
    width = span.low.shape[1]
    worst, best = profiles[:, :width], profiles[:, width:]
    strong = np.argsort(-worst.sum(axis=1), kind="stable")[:512]
    left = np.flatnonzero(_beaten_by(worst[strong], size[strong], best) < k)
    # The beaters of a beaten one beat its prey too, so counting among those left is exact.
    left = left[_beaten_by(worst[left], size[left], best[left]) < k]
    kept = np.zeros(len(profiles), dtype=bool)
    kept[left] = True
    return np.asarray(kept[place.reshape(-1)])


def _beaten_by(worst: Floats, size: NDArray[np.int64], best: Floats) -> Floats:
    counts = np.zeros(len(best))
    step = max(1, 4_000_000 // max(1, worst.size))
    for start in range(0, len(best), step):
        block = best[start : start + step, None, :]
        beats = (worst[None] >= block).all(axis=2) & (worst[None] > block).any(axis=2)
        counts[start : start + step] = beats @ size
    return counts


class Box(NamedTuple):
    """The lowest and highest weight of each criterion; the weights inside it sum to one (P9)."""

    low: Floats
    high: Floats

    @classmethod
    def reasonable(cls, low: ArrayLike, high: ArrayLike) -> Box:
        """Return a box that holds at least one set of weights, widened as little as needed."""
        least, most = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
        least = least / max(1.0, least.sum())
        lacking = max(0.0, 1.0 - most.sum())
        return cls(least, np.minimum(1.0, np.maximum(most, least) + lacking / most.size))


def corners(box: Box) -> Floats:
    """Return the corners of the weights that lie in the box and sum to one, one per row."""
    n = box.low.size
    inside_box = []
    for free in range(n):
        others = [index for index in range(n) if index != free]
        for ends in product((0, 1), repeat=n - 1):
            corner = np.zeros(n)
            corner[others] = [
                (box.low, box.high)[end][index] for end, index in zip(ends, others, strict=True)
            ]
            corner[free] = 1.0 - corner.sum()
            if box.low[free] - TIE <= corner[free] <= box.high[free] + TIE:
                inside_box.append(corner)
    return np.unique(np.round(np.vstack(inside_box), 12), axis=0)


def draw_weights(box: Box, draws: int, rng: np.random.Generator) -> Floats:
    """Return `draws` sets of weights, uniform over the part of the simplex that lies in the box (P9)."""
    n = box.low.size
    widths = box.high - box.low
    last = int(np.argmax(widths))
    others = [index for index in range(n) if index != last]
    if np.isclose(widths[others], 0.0).all() or len(corners(box)) == 1:
        return np.repeat(corners(box)[:1], draws, axis=0)
    taken: list[Floats] = []
    while sum(map(len, taken)) < draws:
        weights = np.empty((4 * draws, n))
        weights[:, others] = rng.uniform(box.low[others], box.high[others], size=(4 * draws, n - 1))
        weights[:, last] = 1.0 - weights[:, others].sum(axis=1)
        inside = (weights[:, last] >= box.low[last]) & (weights[:, last] <= box.high[last])
        taken.append(weights[inside])
    return np.concatenate(taken)[:draws]


#: Alternatives times draws that are worth counting: far beyond it nobody has a share to speak of.
WORTH_COUNTING = 50_000_000


class Acceptance(NamedTuple):
    """Per alternative: share of draws among the k best, mean weights of those draws (NaN if none); draws counted."""

    share: Floats
    central: Floats
    draws: int


def acceptability(span: Span, weights: Floats, k: int, *, seed: int = 0, prune: bool = True) -> Acceptance:
    """Return how often each alternative is among the `k` best over all drawn weights and values (SMAA-2, 6.3).

    A value is drawn evenly between its lowest and its highest. A tie at the last place is shared. Only the
    k-skyband is counted (`prune`): the others have no share, exactly. Beyond 5,000 alternatives that are all too
    uncertain to tell apart, fewer draws are counted.
    """
    members = np.flatnonzero(skyband(span, k)) if prune else np.arange(len(span.low))
    counted = weights[: max(1_000, WORTH_COUNTING // max(1, members.size))]
    played = Span(span.low[members], span.high[members])
    shares, sums = np.zeros(members.size), np.zeros(played.low.shape)
    block = int(np.clip(500_000 // max(1, members.size), 4, 2_000))
    for start in range(0, len(counted), block):
        drawn = counted[start : start + block]
        places = _places(_drawn_totals(played, members, drawn, start, seed), k)
        shares += places.sum(axis=0)
        sums += places.T @ drawn
    share, central = np.zeros(len(span.low)), np.full(span.low.shape, np.nan)
    share[members] = shares / max(1, len(counted))
    central[members] = sums / np.where(shares > 0, shares, np.nan)[:, None]
    return Acceptance(share, central, len(counted))


def _drawn_totals(span: Span, members: Places, drawn: Floats, start: int, seed: int) -> Floats:
    drawn_totals = drawn @ span.low.T
    room = span.high - span.low
    for criterion in range(drawn.shape[1]):
        unsure = np.flatnonzero(room[:, criterion] > 0)
        if unsure.size:
            luck = _luck(members[unsure] * drawn.shape[1] + criterion, start, len(drawn), seed)
            luck *= room[unsure, criterion]
            luck *= drawn[:, criterion, None]
            drawn_totals[:, slice(None) if unsure.size == len(members) else unsure] += luck
    return drawn_totals


def _luck(streams: Places, start: int, draws: int, seed: int) -> Floats:
    """Return even chances 0..1, a draw a row: each stream is a SplitMix64 of its own, whoever else is counted."""
    step = np.uint64(0x9E3779B97F4A7C15)
    own = _mixed(streams.astype(np.uint64) * step + np.array([seed], dtype=np.uint64))
    place = np.arange(start + 1, start + draws + 1, dtype=np.uint64)[:, None] * step
    return np.asarray((_mixed(own[None] + place) >> np.uint64(11)) * 2.0**-53)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


def _places(scores: Floats, k: int) -> Floats:
    n = scores.shape[1]
    if n <= k:
        return np.ones(scores.shape)
    last = np.partition(scores, n - k, axis=1)[:, n - k, None]
    above, level = scores > last + TIE, np.abs(scores - last) <= TIE
    shared = (k - above.sum(axis=1, keepdims=True)) / level.sum(axis=1, keepdims=True)
    return np.asarray(above + level * shared)


def proved(span: Span, box: Box, k: int) -> Flags:
    """Tell which alternatives are among the `k` best whatever the weights in the box and the true values (P9).

    Who is ahead of it anywhere in the box is ahead of it at some corner, so fewer than `k` such others over all
    corners together is a proof.
    """
    members = np.flatnonzero(skyband(span, k))
    at_corners = corners(box).T
    sure, hoped = span.low[members] @ at_corners, span.high[members] @ at_corners
    is_proved = np.zeros(len(span.low), dtype=bool)
    rank = max(0, members.size - k - 1)
    # Every alternative is ahead of its own worst case; more than k at one corner is no proof already.
    last = (
        np.partition(hoped, rank, axis=0)[rank] if members.size > k else np.full(at_corners.shape[1], -np.inf)
    )
    for place in np.flatnonzero((sure - TIE >= last).all(axis=1)):
        is_proved[members[place]] = (hoped > sure[place] - TIE).any(axis=1).sum() <= k
    return is_proved


def with_weight(weights: ArrayLike, criterion: int, share: float) -> Floats:
    """Return the weights with one criterion's set to `share` and the others rescaled proportionally (6.3)."""
    is_other = np.arange(np.size(weights)) != criterion
    others = np.where(is_other, np.asarray(weights, dtype=float), 0.0)
    # Where the others weigh nothing they have no proportions to keep: they share alike.
    moved = normalised(others if others.any() else is_other) * (1.0 - share)
    moved[criterion] = share
    return moved


def intervals(
    values: ArrayLike, weights: ArrayLike, criterion: int, alternative: int, k: int
) -> list[tuple[float, float]]:
    """Return the weight intervals of one criterion within which an alternative is among the `k` best.

    All values must be known. The other weights keep their proportions. An empty list: it never is.
    """
    known = np.asarray(values, dtype=float)
    at_zero = known @ with_weight(weights, criterion, 0.0)
    at_one = known[:, criterion]
    start, slope = (
        at_zero - at_zero[alternative],
        (at_one - at_one[alternative]) - (at_zero - at_zero[alternative]),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        level = -start / slope
    edges = np.unique(np.concatenate([[0.0, 1.0], level[(level > 0.0) & (level < 1.0)]]))
    middles = (edges[:-1] + edges[1:]) / 2.0
    inside = ((start[:, None] + slope[:, None] * middles) > TIE).sum(axis=0) < k
    return _joined(edges, inside)


def _joined(edges: Floats, inside: Flags) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for place in np.flatnonzero(inside):
        low, high = float(edges[place]), float(edges[place + 1])
        if joined and joined[-1][1] == low:
            low = joined.pop()[0]
        joined.append((low, high))
    return joined


class Critical(NamedTuple):
    """The criterion whose weight need change least before an alternative's place in the choice changes."""

    criterion: int
    weight: float
    change: float


def critical(
    values: ArrayLike, weights: ArrayLike, alternative: int, k: int
) -> tuple[Critical | None, list[list[tuple[float, float]]]]:
    """Return the critical criterion (None: no single weight changes the place) and every criterion's intervals."""
    shares = normalised(weights)
    spans = [intervals(values, shares, criterion, alternative, k) for criterion in range(shares.size)]
    edges: list[Critical] = []
    for criterion, parts in enumerate(spans):
        ends = {end for part in parts for end in part} - {0.0, 1.0}
        edges += [Critical(criterion, end, end - shares[criterion]) for end in ends]
    return min(edges, key=lambda edge: (abs(edge.change), edge.criterion), default=None), spans


def places(scores: ArrayLike, *tie_breaks: ArrayLike) -> NDArray[np.int64]:
    """Return 1 for the highest score; equal scores are ordered by the tie breaks, the higher first, NaN last."""
    keys: Sequence[Floats] = [np.asarray(column, dtype=float) for column in (scores, *tie_breaks)]
    rounded = [np.where(np.isnan(key), np.inf, -np.round(key, 9)) for key in keys]
    order = np.lexsort(rounded[::-1])
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks
