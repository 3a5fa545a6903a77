"""The bare maths of the selection against worked examples of the literature and against itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kamlib.method import scoring

A_B_C = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.6]])
WHOLE = scoring.Box(np.zeros(2), np.ones(2))
BOX = scoring.Box(np.full(3, 0.1), np.full(3, 0.5))


def test_kendalls_w_of_three_raters() -> None:
    """method.md 6.2: three raters of four things agree to W = .7778."""
    w = scoring.kendall_w([[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]])
    assert w == pytest.approx(0.7778, abs=5e-5)


def test_mean_spearman_of_three_raters_p10() -> None:
    """method.md P10: W .7778 of three raters is a mean rank correlation of .667."""
    assert scoring.mean_spearman(7 / 9, 3) == pytest.approx(0.667, abs=5e-4)


def test_kendalls_w_corrects_for_ties() -> None:
    """Two raters who agree fully but tie two things still agree fully; without the correction W would be below 1."""
    assert scoring.kendall_w([[1, 2, 2, 5], [3, 4, 4, 5]]) == pytest.approx(1.0)


@pytest.mark.parametrize("ratings", [[[1, 2, 3]], [[3, 3, 3], [2, 2, 2]], [[1], [2]]])
def test_agreement_of_nobody_is_not_known(ratings: list[list[float]]) -> None:
    """One rater, raters without any difference, or one thing: no agreement is made up."""
    assert np.isnan(scoring.kendall_w(ratings))


def test_group_keeps_the_spread() -> None:
    """The mean of individual weights stands beside their lowest and highest (6.2)."""
    group = scoring.group_weights([[50, 25, 25], [20, 40, 40]])
    assert group.mean == pytest.approx([0.35, 0.325, 0.325])
    assert (group.low[0], group.high[0]) == pytest.approx((0.2, 0.5))
    assert group.spread[0] > 0


def test_missing_is_not_zero() -> None:
    """A total is taken over what is known, and says how much that was; nothing known is no total."""
    values = np.array([[1.0, np.nan], [1.0, 0.0], [np.nan, np.nan]])
    assert scoring.totals(values, [3, 1])[:2] == pytest.approx([1.0, 0.75])
    assert np.isnan(scoring.totals(values, [3, 1])[2])
    assert scoring.coverage(values, [3, 1]) == pytest.approx([0.75, 1.0, 0.0])


def test_contributions_add_up() -> None:
    """The parts of every criterion sum to the total; an unknown one has no part."""
    values = np.array([[0.5, 1.0, np.nan], [0.25, 0.5, 0.75]])
    parts = scoring.contributions(values, [2, 1, 1])
    assert np.nansum(parts, axis=1) == pytest.approx(scoring.totals(values, [2, 1, 1]))
    assert np.isnan(parts[0, 2])


def test_direction_down_turns_the_value_round() -> None:
    """Where less is better, 1 on the scale 1-5 is worth 1 and 5 is worth 0."""
    assert scoring.value([1, 3, 5], 1, 5, "down") == pytest.approx([1.0, 0.5, 0.0])


def test_smaa_closed_form() -> None:
    """method.md 6.3: A=(1,0), B=(0,1), C=(.6,.6): first .4/.4/.2, second .1/.1/.8, top two .5/.5/1, central .8/.2/.5."""
    weights = scoring.draw_weights(WHOLE, 40_000, np.random.default_rng(1))
    first = scoring.acceptability(scoring.Span.sure(A_B_C), weights, 1)
    two = scoring.acceptability(scoring.Span.sure(A_B_C), weights, 2)
    assert first.share == pytest.approx([0.4, 0.4, 0.2], abs=0.01)
    assert two.share - first.share == pytest.approx([0.1, 0.1, 0.8], abs=0.01)
    assert two.share == pytest.approx([0.5, 0.5, 1.0], abs=0.01)
    assert first.central[:, 0] == pytest.approx([0.8, 0.2, 0.5], abs=0.01)


def test_draws_needed_for_one_point_at_95_percent() -> None:
    """method.md 6.3: 1.96^2 x .25 / .01^2 = 9,604 draws; the default of 10,000 is more."""
    assert round(1.96**2 * 0.25 / 0.01**2) == 9604


def test_box_of_reasonable_weights_p9() -> None:
    """Every draw lies in the box and sums to one, and the six corners are the ways to share .1/.4/.5 out."""
    weights = scoring.draw_weights(BOX, 5_000, np.random.default_rng(2))
    assert weights.shape == (5_000, 3)
    assert weights.sum(axis=1) == pytest.approx(1.0)
    assert weights.min() >= 0.1 - 1e-9
    assert weights.max() <= 0.5 + 1e-9
    assert weights.mean(axis=0) == pytest.approx(1 / 3, abs=0.01)
    assert np.sort(scoring.corners(BOX), axis=1) == pytest.approx(np.tile([0.1, 0.4, 0.5], (6, 1)))


@pytest.mark.parametrize(
    ("low", "high"), [([0.5, 0.5], [0.5, 0.5]), ([0.0, 0.0], [0.3, 0.3]), ([0.9, 0.9], [1, 1])]
)
def test_impossible_boxes_are_widened(low: list[float], high: list[float]) -> None:
    """Limits that no set of weights can meet give the nearest that can, never an endless search."""
    weights = scoring.draw_weights(scoring.Box.reasonable(low, high), 10, np.random.default_rng(3))
    assert weights.sum(axis=1) == pytest.approx(1.0)


unit = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
tables = st.integers(4, 30).flatmap(lambda n: arrays(float, (n, 3), elements=unit))
points = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))


@given(tables, tables, st.integers(1, 6))
def test_skyband_is_exact(first: np.ndarray, second: np.ndarray, k: int) -> None:
    """SMAA over the k-skyband gives every alternative the same share as SMAA over all, to the last bit."""
    n = min(len(first), len(second))
    span = scoring.Span(np.minimum(first[:n], second[:n]), np.maximum(first[:n], second[:n]))
    weights = scoring.draw_weights(BOX, 60, np.random.default_rng(4))
    pruned = scoring.acceptability(span, weights, k, seed=5)
    naive = scoring.acceptability(span, weights, k, seed=5, prune=False)
    assert (pruned.share == naive.share).all()
    assert pruned.share.sum() == pytest.approx(min(k, n))


def test_skyband_leaves_out_who_is_beaten() -> None:
    """One beaten by k others is left out; beaten by fewer, or only by others' hopes, it stays."""
    low = np.array([[0.9, 0.9], [0.8, 0.8], [0.1, 0.1], [0.1, 0.1]])
    high = np.array([[0.9, 0.9], [0.8, 0.8], [0.1, 0.1], [0.9, 0.85]])
    assert scoring.skyband(scoring.Span(low, high), 2).tolist() == [True, True, False, True]


def test_ties_at_the_last_place_are_shared() -> None:
    """Three equals on two places get two thirds of a place each."""
    weights = scoring.draw_weights(WHOLE, 10, np.random.default_rng(6))
    accepted = scoring.acceptability(scoring.Span.sure(np.full((3, 2), 0.5)), weights, 2)
    assert accepted.share == pytest.approx([2 / 3] * 3)


@given(tables, st.integers(1, 4))
def test_proof_is_a_proof(values: np.ndarray, k: int) -> None:
    """Who is proved in, is among the k best in every single draw."""
    span = scoring.Span.sure(values)
    weights = scoring.draw_weights(BOX, 200, np.random.default_rng(7))
    held = scoring.proved(span, BOX, k)
    assert (scoring.acceptability(span, weights, k).share[held] == 1.0).all()


def test_proof_is_found_and_refused() -> None:
    """Best on everything is proved; best at most weights only is not."""
    values = np.array([[1.0, 1.0, 1.0], [0.9, 0.2, 0.2], [0.2, 0.6, 0.6]])
    assert scoring.proved(scoring.Span.sure(values), BOX, 1).tolist() == [True, False, False]


def test_in_only_if_willingness_weighs_31_percent() -> None:
    """One step less important, one and a half more willing: level at 30.8 % of the weight, which is critical."""
    values = np.array([[0.75, 0.5, 0.5], [0.5, 0.875, 0.5]])
    tipping, parts = scoring.critical(values, [50, 25, 25], 1, 1)
    assert tipping is not None
    assert (tipping.criterion, round(tipping.weight, 3)) == (1, 0.308)
    assert parts[1] == [(pytest.approx(0.3077, abs=5e-5), 1.0)]
    assert parts[2] == []


def test_an_interval_can_have_two_ends() -> None:
    """The compromise is best only while neither criterion takes over: between two weights."""
    assert scoring.intervals(A_B_C, [1, 1], 0, 2, 1) == [(pytest.approx(0.4), pytest.approx(0.6))]


@given(tables, points, st.integers(1, 4))
def test_intervals_agree_with_ranking(values: np.ndarray, weights: tuple[int, ...], k: int) -> None:
    """In the middle of an interval the alternative is among the k best; outside all of them it is not."""
    for low, high in scoring.intervals(values, weights, 0, 0, k):
        totals = scoring.totals(values, scoring.with_weight(weights, 0, (low + high) / 2))
        assert (totals > totals[0] + scoring.TIE).sum() < k


@given(tables, points, st.sampled_from([0.01, 3.0, 1000.0]))
def test_scaling_all_weights_changes_nothing(
    values: np.ndarray, weights: tuple[int, ...], factor: float
) -> None:
    """Only the proportions of the weights count."""
    scaled = np.array(weights) * factor
    assert scoring.totals(values, scaled) == pytest.approx(scoring.totals(values, weights))


@given(tables, points, st.randoms(use_true_random=False))
def test_row_order_changes_nothing(values: np.ndarray, weights: tuple[int, ...], random: object) -> None:
    """Shuffled rows get the totals they had."""
    order = np.random.default_rng(random.randint(0, 9999)).permutation(len(values))  # type: ignore[attr-defined]
    assert scoring.totals(values[order], weights) == pytest.approx(scoring.totals(values, weights)[order])


@given(tables, points, st.integers(0, 2))
def test_a_better_alternative_never_ranks_lower(
    values: np.ndarray, weights: tuple[int, ...], better: int
) -> None:
    """Raising one value never costs a place."""
    raised = values.copy()
    raised[0, better] = 1.0
    before = scoring.places(scoring.totals(values, weights), -np.arange(len(values)))[0]
    after = scoring.places(scoring.totals(raised, weights), -np.arange(len(values)))[0]
    assert after <= before


@given(tables, points)
def test_adding_one_never_reorders_the_others(values: np.ndarray, weights: tuple[int, ...]) -> None:
    """The scale's ends are fixed, so a newcomer only takes its own place."""
    others = scoring.totals(values[:-1], weights)
    assert scoring.totals(values, weights)[:-1] == pytest.approx(others)


def test_places_break_ties_and_put_the_unknown_last() -> None:
    """Equal scores follow the tie break; an unknown score is last, an unknown tie break after a known one."""
    assert scoring.places([0.5, 0.5, np.nan, 0.5], [1.0, 2.0, 9.0, np.nan]).tolist() == [2, 1, 4, 3]


def test_where_nothing_weighs_there_is_no_total() -> None:
    """Weights that are all zero are no equal weights: every share is zero and no row has a total."""
    assert scoring.normalised([0, 0, 0]).tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(scoring.totals(A_B_C, [0, 0])).all()
    assert scoring.coverage(A_B_C, [0, 0]).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("weights", [[0, 0, 0], [5, 0, 0]])
def test_the_others_share_alike_where_they_weigh_nothing(weights: list[float]) -> None:
    """One criterion set to 40 % leaves 60 %: others without proportions of their own share it evenly."""
    assert scoring.with_weight(weights, 0, 0.4) == pytest.approx([0.4, 0.3, 0.3])
