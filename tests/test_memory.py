"""What the reviews have taught: goals reached by class, forecasts against outcomes, the programme's totals."""

from __future__ import annotations

import pytest
from bundles import account, months, portfolio

from kamlib.method import coaching, goal_setting, measures, review, steering

GOAL = {
    "title": "Mål",
    "side": "ours",
    "kpi": "k",
    "direction": "up",
    "baseline": 0,
    "baseline_on": "2025-09-30",
    "target": 10,
}


def test_goals_reached_are_counted_out_when_they_are_few() -> None:
    """One of two ended reached: 1 of 2 and said to be few; a running goal is not a miss."""
    goals = [
        {**GOAL, "row_id": "a", "goal_class": "financial", "due_on": "2026-06-30"},
        {**GOAL, "row_id": "b", "goal_class": "financial", "due_on": "2026-06-30"},
        {**GOAL, "row_id": "c", "goal_class": "strategic", "due_on": "2027-06-30"},
    ]
    readings = [
        {"goal_id": name, "measured_on": "2026-06-30", "value": value}
        for name, value in (("a", 10), ("b", 4))
    ]
    view = account(goal=goals, reading=readings)
    financial, strategic = review.hit_rate(view, goal_setting.progress(view))
    assert (financial.goal_class, strategic.goal_class) == ("financial", "strategic")
    assert (financial.ended, financial.reached) == (2, 1)
    assert financial.reading.value == "hit_rate.small"
    assert (strategic.ended, strategic.running) == (0, 1)
    assert strategic.reading.value == "hit_rate.none"


def test_ten_ended_goals_give_a_percentage() -> None:
    """From ten on the share may be said."""
    goals = [{**GOAL, "row_id": str(n), "goal_class": "financial", "due_on": "2026-06-30"} for n in range(10)]
    readings = [
        {"goal_id": str(n), "measured_on": "2026-06-30", "value": 10 if n < 7 else 1} for n in range(10)
    ]
    view = account(goal=goals, reading=readings)
    (row,) = review.hit_rate(view, goal_setting.progress(view))
    assert row.reading.value == "hit_rate.told"
    assert "70" in str(row.reading)
    empty = account()
    assert not review.hit_rate(empty, goal_setting.progress(empty))


@pytest.mark.parametrize(
    ("year", "likely", "error", "basis"), [(2025, 132, 0.1, "whole"), (2026, 108, -0.25, "pace")]
)
def test_a_forecast_is_held_against_the_year_or_its_pace(
    year: int, likely: float, error: float, basis: str
) -> None:
    """120 in 2025; 2026 runs at 12 a month against 10: 144 by its pace."""
    view = account(
        revenue=months("2026-09", [10.0] * 12 + [12.0] * 9),
        forecast=[{"made_on": "2025-10-01", "year": year, "low": 100, "likely": likely, "high": 150}],
    )
    (row,) = measures.forecast_errors(view)
    assert row.error_share == pytest.approx(error)
    assert (row.basis, row.is_inside) == (basis, True)


def test_a_forecast_without_a_year_to_compare_says_so() -> None:
    """No revenue, or a year that has not begun: no error, and no zero."""
    ahead = account(
        revenue=months("2026-09", [10.0] * 24),
        forecast=[{"made_on": "2026-09-01", "year": 2027, "likely": 1}],
    )
    bare = account(forecast=[{"made_on": "2026-09-01", "year": 2026, "likely": 1}])
    for view in (ahead, bare):
        (row,) = measures.forecast_errors(view)
        assert row.error_share is None
        assert measures.forecast_summary(view).reading == {"key": "forecast.none"}


def test_management_sees_the_programmes_total_only() -> None:
    """P19: counts per tip over the cards, no account in it."""
    cards = {name: coaching.tips(account(name)) for name in ("A-1", "A-2")}
    rows = steering.tips_total(cards)
    assert rows["tip"].tolist() == [f"T{n}" for n in range(1, 11)]
    assert (rows[["done", "partly", "missing", "silent"]].sum(axis=1) == 2).all()
    assert "account_id" not in rows
    assert steering.tips_total({}).empty


def test_the_year_of_all_key_accounts_in_one_sentence() -> None:
    """Actual 90 against budget 100, forecast 120 between 110 and 130; nothing on file: said so."""
    keys = [{"account_id": "A-1", "outcome": "grow", "is_key": True, "decided_on": "2025-12-01"}]
    whole = portfolio(
        account=[{"account_id": "A-1", "name": "Ett"}],
        selection=keys,
        revenue=[{**row, "account_id": "A-1"} for row in months("2026-09", [10.0] * 9)],
        budget=[
            {"account_id": "A-1", "month": f"2026-{n:02}-01", "budget": budget}
            for n, budget in enumerate([10] * 8 + [20], 1)
        ],
        forecast=[
            {
                "account_id": "A-1",
                "made_on": "2026-09-01",
                "year": 2026,
                "low": 110,
                "likely": 120,
                "high": 130,
            }
        ],
    )
    told = steering.outlook_total(whole)
    assert (told.revenue, told.budget) == (90, 100)
    assert [told.reading[each].value for each in ("low", "likely", "high")] == [110, 120, 130]
    assert told.gap_share == pytest.approx(-0.1)
    assert steering.outlook_total(portfolio()).reading == {"key": "outlook.unknown"}
