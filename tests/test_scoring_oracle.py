"""Our weighted sum against another library's and against a sum made by hand, on the same matrix."""

from __future__ import annotations

import numpy as np
import pytest
import skcriteria
from skcriteria.agg.simple import WeightedSumModel

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


def theirs(values: np.ndarray, weights: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Scores and ranks of scikit-criteria's weighted sum on values that are scaled already."""
    shares = np.asarray(weights) / np.sum(weights)
    matrix = skcriteria.mkdm(values, objectives=[max] * values.shape[1], weights=shares)
    decided = WeightedSumModel().evaluate(matrix)
    return np.asarray(decided.e_.score), np.asarray(decided.rank_)


def test_the_example_by_hand() -> None:
    """First row: (5-1)/4 = 1, (3-1)/4 = .5, 1-(2-1)/4 = .75, so .5*1 + .3*.5 + .2*.75 = .80."""
    by_hand = [0.80, 0.60, 0.80, 0.20]
    assert scoring.totals(our_values(SCORES), WEIGHTS) == pytest.approx(by_hand)
    assert scoring.contributions(our_values(SCORES), WEIGHTS)[0] == pytest.approx([0.50, 0.15, 0.15])


def test_scikit_criteria_gives_the_same_totals() -> None:
    """After the same scaling every total agrees, and with it the by-hand example."""
    values = our_values(SCORES)
    assert theirs(values, WEIGHTS)[0] == pytest.approx(scoring.totals(values, WEIGHTS))
    assert theirs(values, WEIGHTS)[0] == pytest.approx([0.80, 0.60, 0.80, 0.20])


@pytest.mark.parametrize("seed", range(20))
def test_scikit_criteria_gives_the_same_ranks(seed: int) -> None:
    """Twenty drawn matrices of twelve customers and four criteria: same totals, and the same order."""
    rng = np.random.default_rng(seed)
    scores, weights = rng.uniform(1, 5, (12, 4)), list(rng.uniform(1, 100, 4))
    values = our_values(scores, ("up", "down", "up", "down"))
    totals, ranks = theirs(values, weights)
    ours = scoring.totals(values, weights)
    assert totals == pytest.approx(ours)
    assert list(ranks) == list((-ours).argsort(kind="stable").argsort(kind="stable") + 1)
