"""The Pareto figure is the true one, and the whale curve counts only what is known."""

from __future__ import annotations

from dataclasses import replace

import bundles
import numpy as np
import pytest

from kamlib import schema, text
from kamlib.method import concentration

SHARES = [0.35, 0.20, 0.15, 0.10, 0.10, 0.05, 0.05]


def sold(*amounts: float, **tables: list[dict[str, object]]) -> schema.Portfolio:
    """A portfolio of one customer per amount, all sold in the last month."""
    ids = [f"A-{place}" for place in range(1, len(amounts) + 1)]
    rows = [
        {"account_id": key, "month": "2026-09-01", "revenue": sum_}
        for key, sum_ in zip(ids, amounts, strict=True)
    ]
    accounts = [{"account_id": key, "name": f"Kund {key}"} for key in ids]
    return bundles.portfolio(account=accounts, revenue=rows, **tables)


def test_hhi_and_effective_number_of_seven_shares() -> None:
    """method.md 6.7: .35/.20/.15/.10/.10/.05/.05 gives HHI .21 and 4.76 effective customers."""
    assert concentration.herfindahl(SHARES) == pytest.approx(0.21)
    assert 1 / concentration.herfindahl(SHARES) == pytest.approx(4.76, abs=0.005)


def test_whale_curve_of_eight_customers() -> None:
    """method.md 6.7: profits 120,60,30,5,0,-5,-40,-70 add up to 120,180,210,215,215,210,170,100 %."""
    shares = concentration.cumulative_shares([5, -40, 120, 0, 60, -70, 30, -5])
    assert (100 * shares).round(6).tolist() == [120, 180, 210, 215, 215, 210, 170, 100]


def test_the_true_figure_is_told_not_the_saying() -> None:
    """Two of five carry 84 %: the sentence says 2 of 5 and 84, not 20 and 80."""
    portfolio = sold(60, 24, 6, 5, 5)
    told = concentration.concentration(portfolio)
    assert (told.few, told.accounts, round(told.carried_share or 0, 2)) == (2, 5, 0.84)
    text.use("sv")
    line = text.t(**concentration.headline(portfolio))
    assert line.startswith(f"**2 av 5 kunder bär {text.percent(0.84)}")


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([80, 5, 5, 5, 5], "concentrated"),
        ([10] * 10, "flat"),
        ([40, 20, 20, 10, 5, 5], "flat"),
        ([60, 24, 6, 5, 5], "even"),
    ],
)
def test_shape_is_said(amounts: list[float], expected: str) -> None:
    """A flat portfolio is said to be flat: half of the customers or more are needed for four fifths."""
    assert concentration.concentration(sold(*amounts)).shape == expected


@pytest.mark.parametrize(
    ("share", "expected"), [(0.2, "concentrated"), (0.2001, "even"), (0.4999, "even"), (0.5, "flat")]
)
def test_shape_at_its_limits(share: float, expected: str) -> None:
    """The words change exactly at a fifth and at a half."""
    assert concentration.shape(share, 0.5) == expected


def test_no_revenue_is_said_and_nothing_is_divided_by_zero() -> None:
    """Without revenue there is a sentence on what to load, and no figure."""
    portfolio = bundles.portfolio(account=[{"account_id": "A-1", "name": "Ensam AB"}])
    told = concentration.concentration(portfolio)
    assert (told.accounts, told.shape) == (0, "none")
    assert concentration.headline(portfolio)["key"] == "segment.pareto.none"
    assert concentration.key_months(portfolio, {"A-1"}).empty


def test_what_the_chosen_buy_over_time() -> None:
    """Twelve months behind each point, a member counts with its group, and a customer that is not chosen is the rest."""
    accounts = [{"account_id": "A-1", "name": "Koncern"}, {"account_id": "A-2", "name": "Annan"}]
    bought = bundles.months(
        "2026-09", [10.0] * 13 + [20.0] * 12, account_id="A-11", product_group="P"
    ) + bundles.months("2026-09", [30.0] * 25, account_id="A-2", product_group="P")
    portfolio = bundles.portfolio(
        account=[*accounts, {"account_id": "A-11", "name": "Bruk", "parent_id": "A-1"}], revenue=bought
    )
    rows = concentration.key_months(portfolio, {"A-1"})
    assert len(rows) == 14
    assert rows["revenue"].iloc[[0, -1]].tolist() == [120.0, 240.0]
    assert rows["share"].iloc[[0, -1]].tolist() == [0.25, 0.4]
    assert str(concentration.since_last_year(rows["share"])) == "+15,0\N{NO-BREAK SPACE}p.e. mot året före"
    assert concentration.since_last_year(rows["share"].tail(12)) is None
    assert concentration.key_months(portfolio, set())["share"].eq(0).all()


def test_whale_counts_only_known_cost() -> None:
    """A customer without known cost to serve stands last, without profit; the loss-maker ends the curve."""
    portfolio = sold(100, 200, 50)
    rows = portfolio.revenue.assign(contribution_margin=[40.0, 50.0, 20.0])
    cost = bundles.frames(
        {
            "service_cost": [
                {"account_id": "A-1", "month": "2026-09-01", "activity": "visits", "cost": 10},
                {"account_id": "A-2", "month": "2026-09-01", "activity": "call_outs", "cost": 60},
            ]
        }
    )["service_cost"]
    tables = {**portfolio.tables, "revenue": rows, "service_cost": cost}
    whole = replace(portfolio, tables=tables)
    curve = concentration.whale_curve(whole)
    assert curve["account_id"].tolist() == ["A-1", "A-2", "A-3"]
    assert curve["profit"].tolist()[:2] == [30.0, -10.0]
    assert np.isnan(curve["profit"].iloc[2])
    told = concentration.whale_headline(whole)
    assert (told["known"], told["losing"], told["last"]) == (2, 1, "Kund A-2")


def test_whale_without_cost_says_what_to_load() -> None:
    """No cost to serve at all: a sentence that names the file."""
    assert concentration.whale_headline(sold(10, 5)) == {"key": "segment.whale.none"}
