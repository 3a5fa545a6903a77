"""Our weighted sum against one in whole fractions, cell by cell, and against a sum made by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from kamlib.method import scoring

#: Four customers judged 1-5 on importance, willingness and cost to serve (less is better).
SCORES = np.array([[5.0, 3.0, 2.0], [3.0, 5.0, 4.0], [4.0, 4.0, 1.0], [2.0, 2.0, 5.0]])
WEIGHTS = [50.0, 30.0, 20.0]
DIRECTIONS = ("up", "up", "down")


def our_values(scores: np.ndarray, directions: tuple[str, ...] = DIRECTIONS) -> np.ndarray:
    """The scores as 0..1 between the ends of the scale, column by column."""
    return np.column_stack(
        [scoring.value(column, 1, 5, way) for column, way in zip(scores.T, directions, strict=True)]
    )


def exact(scores: np.ndarray, weights: list[float], directions: tuple[str, ...]) -> list[Fraction]:
    """Return each row's total without rounding: weight times the way gone on a scale 1-5, over the sum of weights."""
    points = [Fraction(weight) for weight in weights]
    totals = []
    for row in scores.tolist():
        ways = [
            (Fraction(score) - 1) / 4 if way == "up" else (5 - Fraction(score)) / 4
            for score, way in zip(row, directions, strict=True)
        ]
        totals.append(sum(point * way for point, way in zip(points, ways, strict=True)) / sum(points))
    return totals


def test_the_example_by_hand() -> None:
    """First row: (5-1)/4 = 1, (3-1)/4 = .5, 1-(2-1)/4 = .75, so .5*1 + .3*.5 + .2*.75 = .80."""
    by_hand = [0.80, 0.60, 0.80, 0.20]
    assert scoring.totals(our_values(SCORES), WEIGHTS) == pytest.approx(by_hand)
    assert scoring.contributions(our_values(SCORES), WEIGHTS)[0] == pytest.approx([0.50, 0.15, 0.15])


def test_whole_fractions_give_the_example() -> None:
    """The reckoning in fractions is right where the answer is known by hand, to the last digit."""
    by_hand = [Fraction(8, 10), Fraction(6, 10), Fraction(8, 10), Fraction(2, 10)]
    assert exact(SCORES, WEIGHTS, DIRECTIONS) == by_hand


@pytest.mark.parametrize("seed", range(20))
def test_whole_fractions_give_the_same_totals_and_ranks(seed: int) -> None:
    """Twenty drawn matrices of twelve customers and four criteria: same totals, and the same order."""
    rng = np.random.default_rng(seed)
    scores, weights = rng.uniform(1, 5, (12, 4)), list(rng.uniform(1, 100, 4))
    directions = ("up", "down", "up", "down")
    theirs, ours = exact(scores, weights, directions), scoring.totals(our_values(scores, directions), weights)
    assert [float(total) for total in theirs] == pytest.approx(ours)
    assert list(np.argsort(-ours, kind="stable")) == sorted(range(12), key=lambda n: -theirs[n])
