"""Unsure estimates are moved towards what is common: the variance between, weights, gains, and the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.method import shrinkage

Years = tuple[np.ndarray, np.ndarray, np.ndarray]


def years(seed: int, n: int = 150, months: int = 12, *, spread: float = 0.1) -> Years:
    """Invented customers: true log growth, amounts by month, the same months a year before; some jump, some do not."""
    rng = np.random.default_rng(seed)
    true, level = rng.normal(0.03, spread, n), rng.lognormal(11.0, 1.2, n)
    season = 1.0 + 0.3 * np.sin(np.arange(months))
    jumps = np.repeat(rng.uniform(0.05, 0.8, n)[:, None], months, axis=1)
    noise = rng.lognormal(-(jumps**2) / 2.0, jumps), rng.lognormal(-(jumps**2) / 2.0, jumps)
    before, now = (
        each[:, None] * season * luck for each, luck in zip((level, level * np.exp(true)), noise, strict=True)
    )
    return true, now, before


def test_equal_noise_is_the_textbook_case() -> None:
    """With one and the same noise the variance between is the sample variance less the noise (moments)."""
    raw = np.array([-0.3, -0.1, 0.0, 0.1, 0.3])
    assert shrinkage.between_variance(raw, np.full(5, 0.02)) == pytest.approx(0.05 - 0.02)
    shrunk = shrinkage.shrink(raw, np.full(5, 0.02))
    assert shrunk.mean == pytest.approx(0.0)
    assert shrunk.weight == pytest.approx(np.full(5, 0.6))
    assert shrunk.estimate == pytest.approx(raw * 0.6)
    assert shrunk.variance == pytest.approx(np.full(5, 0.6 * 0.02))


def test_noise_that_explains_everything_leaves_one_estimate_for_all() -> None:
    """Differences no larger than the noise: no variance between, weight zero, everybody at the common mean."""
    shrunk = shrinkage.shrink([0.1, 0.0, 0.05, 0.12], [0.5, 0.5, 0.5, 0.5])
    assert (shrunk.between, set(shrunk.weight)) == (0.0, {0.0})
    assert shrunk.estimate == pytest.approx(np.full(4, 0.0675))


def test_no_noise_moves_nobody() -> None:
    """What is seen without any noise is kept as it is."""
    raw = [0.4, -0.2, 0.1, 0.0]
    assert shrinkage.shrink(raw, np.zeros(4)).estimate == pytest.approx(raw, abs=1e-9)


def test_nothing_between_and_no_noise() -> None:
    """Everybody the same and sure: the one estimate, nothing divided by zero."""
    assert shrinkage.shrink(np.full(6, 0.05), np.zeros(6)).estimate == pytest.approx(np.full(6, 0.05))


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_customers_are_left_alone(n: int) -> None:
    """Below four there is nothing to gain: every weight is one."""
    raw = np.linspace(-0.2, 0.3, n)
    shrunk = shrinkage.shrink(raw, np.full(n, 0.1))
    assert shrunk.estimate == pytest.approx(raw)
    assert set(shrunk.weight) <= {1.0}


def test_a_missing_one_neither_gives_nor_takes() -> None:
    """An unknown growth stays unknown, and the others are as without it."""
    raw, noise = [0.4, -0.2, 0.1, 0.0], [0.02, 0.05, 0.01, 0.03]
    with_gap = shrinkage.shrink([*raw, np.nan], [*noise, 0.1])
    assert np.isnan(with_gap.estimate[-1])
    assert with_gap.estimate[:-1] == pytest.approx(shrinkage.shrink(raw, noise).estimate)


@given(
    st.lists(
        st.tuples(st.floats(-2.0, 2.0), st.floats(0.0, 4.0)),
        min_size=1,
        max_size=30,
    )
)
def test_weights_and_estimates_keep_within_their_ends(pairs: list[tuple[float, float]]) -> None:
    """A weight lies in 0..1 and an estimate between what is seen and the common mean."""
    raw, noise = np.array(pairs).T
    shrunk = shrinkage.shrink(raw, noise)
    assert ((shrunk.weight >= 0.0) & (shrunk.weight <= 1.0)).all()
    assert (shrunk.estimate >= np.minimum(raw, shrunk.mean) - 1e-9).all()
    assert (shrunk.estimate <= np.maximum(raw, shrunk.mean) + 1e-9).all()
    assert shrunk.between >= 0.0


@pytest.mark.parametrize("seed", range(5))
def test_shrinkage_halves_the_squared_error(seed: int) -> None:
    """On invented customers the error against the true growth is less than half of that of the growth seen."""
    true, now, before = years(seed)
    raw, noise = shrinkage.log_growth(now, before)
    shrunk = shrinkage.shrink(raw, noise)
    assert ((shrunk.estimate - true) ** 2).mean() < 0.5 * ((raw - true) ** 2).mean()


@pytest.mark.parametrize("seed", range(5))
def test_a_growing_customer_is_seldomer_called_shrinking(seed: int) -> None:
    """Read by the limits of P5, fewer customers land two steps from the truth than by the growth seen."""
    true, now, before = years(seed, n=400)
    raw, noise = shrinkage.log_growth(now, before)
    steps = [
        np.digitize(np.expm1(each), [-0.03, 0.03])
        for each in (true, raw, shrinkage.shrink(raw, noise).estimate)
    ]
    assert (abs(steps[2] - steps[0]) == 2).mean() < (abs(steps[1] - steps[0]) == 2).mean()


@pytest.mark.parametrize("seed", range(5))
def test_more_months_shrink_less(seed: int) -> None:
    """The same customers over twelve months keep more of their own growth than over four."""
    long, short = (
        shrinkage.shrink(*shrinkage.log_growth(*years(seed, months=months, spread=0.2)[1:])).weight.mean()
        for months in (12, 4)
    )
    assert long > short


def test_growth_is_the_ratio_of_the_sums() -> None:
    """Twice as much in every month is log 2 without any noise, whatever the season."""
    season = np.array([[10.0, 40.0, 20.0]])
    growth, noise = shrinkage.log_growth(2.0 * season, season)
    assert (growth[0], noise[0]) == (pytest.approx(np.log(2.0)), pytest.approx(0.0))


def test_noise_of_a_hand_example() -> None:
    """Months 3 and 1 against 2 and 2: ratio 1, residuals 1 and -1, variance 2 * 2 / 4**2."""
    growth, noise = shrinkage.log_growth([[3.0, 1.0]], [[2.0, 2.0]])
    assert (growth[0], noise[0]) == (pytest.approx(0.0), pytest.approx(0.25))


def test_few_months_borrow_the_noise_of_all() -> None:
    """Two months that look calm are not: with one degree of freedom four fifths of the noise is everybody's mean."""
    now, before = [[2.0, 2.0], [3.0, 1.0]], [[2.0, 2.0], [2.0, 2.0]]
    noise = shrinkage.log_growth(now, before)[1]
    assert noise == pytest.approx([0.8 * 0.125, 0.8 * 0.125 + 0.2 * 0.25])


def test_large_customers_borrow_the_noise_of_large_ones() -> None:
    """Where the noise falls with size, a large customer is not made as unsure as the small ones are."""
    rng = np.random.default_rng(4)
    size = np.repeat(np.geomspace(1.0, 1e4, 60)[:, None], 12, axis=1)
    jumps = 0.8 * size**-0.2
    now, before = (size * rng.lognormal(-(jumps**2) / 2.0, jumps) for _ in range(2))
    noise = shrinkage.log_growth(now, before)[1]
    assert noise[:10].mean() > 10.0 * noise[-10:].mean()


def luck(seed: int, n: int, *, spread: float, chance: float) -> tuple[np.ndarray, np.ndarray]:
    """Two growths in a row of a true growth that lasts, with independent luck in each of the three years."""
    rng = np.random.default_rng(seed)
    true, years = rng.normal(0.0, spread, n), rng.normal(0.0, chance, (3, n))
    return true + years[1] - years[0], true + years[2] - years[1]


def test_luck_is_what_does_not_go_on() -> None:
    """Luck of 0.1 a year gives growths a noise of 0.02; growth that repeats itself has none; too few say nothing."""
    noise = np.full(20_000, 0.04)
    assert shrinkage.noise_left(*luck(1, 20_000, spread=0.2, chance=0.1), noise) == pytest.approx(
        0.5, abs=0.05
    )
    assert shrinkage.noise_left(*luck(1, 20_000, spread=0.2, chance=0.0), noise) == pytest.approx(
        0.0, abs=0.01
    )
    assert np.isnan(shrinkage.noise_left(*luck(1, 19, spread=0.2, chance=0.1), noise[:19]))
    assert np.isnan(shrinkage.noise_left(*luck(1, 50, spread=0.2, chance=0.1), np.zeros(50)))


def test_months_that_jump_within_a_steady_year_are_not_luck() -> None:
    """Customers that call off the same volume on other days each year: nothing of the months' noise is left."""
    rng = np.random.default_rng(2)
    growth = rng.normal(0.05, 0.1, 80)
    days = rng.dirichlet(np.full(12, 3.0), size=(3, 80))
    first, second, third = (np.exp(growth * n)[:, None] * 100.0 * days[n] for n in range(3))
    seen = shrinkage.seen_growth((third, second), (second, first))
    assert seen.left == pytest.approx(0.0, abs=1e-6)
    assert shrinkage.shrink(seen.growth, seen.noise).estimate == pytest.approx(growth, abs=1e-6)
    short = shrinkage.seen_growth((third, second), (second[:, :6], first[:, :6]))
    assert np.isnan(short.left)
    assert (short.noise > seen.noise).all()


def test_a_customer_of_credit_notes_does_not_spoil_the_others() -> None:
    """Months of plus and minus round zero count as no noisier than months without credit notes can be."""
    calm = [[10.0, 10.0]] * 20
    noise = shrinkage.log_growth([*calm, [1_000.0, -999.0]], [*calm, [1.0, 1.0]])[1]
    assert noise[0] <= 0.8 * 4.0 / 21 + 1e-9


@pytest.mark.parametrize(("now", "before"), [(0.0, 5.0), (5.0, 0.0), (-1.0, 5.0), (0.0, 0.0)])
def test_growth_from_or_to_nothing_is_not_known(now: float, before: float) -> None:
    """A customer that is new, lost or only credited has no growth ratio."""
    growth, noise = shrinkage.log_growth(np.full((1, 12), now), np.full((1, 12), before))
    assert np.isnan([growth[0], noise[0]]).all()
    assert np.isnan(shrinkage.log_growth(np.empty((2, 0)), np.empty((2, 0)))[0]).all()
