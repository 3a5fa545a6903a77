"""Hours against plans: what falls off first, and what one more account costs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from bundles import months, portfolio

from kamlib import text
from kamlib.method import allocation
from kamlib.schema import Portfolio, load_settings

LADDER = load_settings()["thresholds"]["year_ladder"]["value"]


def programme(
    available: float | None, *, hours: tuple[float, ...] = (300, 200), owner: str = "P1"
) -> Portfolio:
    """Key accounts of one KAM with plans of these hours, the first ones worth most."""
    names = [f"A-{n}" for n in range(1, len(hours) + 1)]
    kam: dict[str, Any] = {"contact_id": owner, "side": "ours", "capacity_hours_year": available}
    return portfolio(
        account=[{"account_id": name, "name": f"Kund {name[-1]}"} for name in names],
        account_plan=[
            {"account_id": name, "year": 2026, "owner_id": owner, "hours_year": each}
            for name, each in zip(names, hours, strict=True)
        ],
        selection=[
            {"account_id": name, "outcome": "grow", "is_key": True, "decided_on": "2026-01-01"}
            for name in names
        ],
        revenue=[
            {**row, "account_id": name}
            for n, name in enumerate(names)
            for row in months("2026-09", [100.0 / (n + 1)] * 12)
        ],
        contact=[kam],
    )


def test_the_curve_gives_less_and_less() -> None:
    """Nothing for no hours, all for all, and each quarter of the hours adds less than the one before."""
    points = [allocation.response(share / 4, 3) for share in range(5)]
    added = [after - before for before, after in pairwise(points)]
    assert (points[0], points[-1]) == (0, 1)
    assert added == sorted(added, reverse=True)
    assert sum(LADDER.values()) == pytest.approx(1)


def test_hours_that_suffice_drop_nothing() -> None:
    """500 needed, 500 there: both plans whole; nobody wrote the hours: nothing is said to fall."""
    for view in (programme(500), programme(None)):
        rows = allocation.spread(view)
        assert {each.state for each in rows} == {"whole"}
        assert [each.effect_share for each in rows] == pytest.approx([1, 1])


def test_the_executive_visit_falls_first() -> None:
    """Twenty hours short: the last step of the account worth least per hour goes, and only that."""
    rows = allocation.spread(programme(480))
    assert [each.state for each in rows].count("short") == 1
    assert {str(each.dropped) for each in rows if each.dropped} == {text.label("year_step", "executive")}
    assert sum(each.hours_given for each in rows) <= 480


@pytest.mark.parametrize("available", range(0, 501, 25))
def test_hours_are_never_spent_twice_and_steps_fall_from_the_end(available: int) -> None:
    """Whatever the hours: no more given than there are, and in each account what is given stands before what is not."""
    rows = allocation.steps(programme(float(available)))
    assert rows.loc[rows["is_given"], "hours"].sum() <= available + 1e-9
    for _, own in rows.sort_values("place").groupby("account_id"):
        assert own["is_given"].is_monotonic_decreasing


def test_more_hours_never_give_less() -> None:
    """The effect grows with the hours."""
    effects = [
        allocation.steps(programme(float(hours))).loc[lambda rows: rows["is_given"], "gain"].sum()
        for hours in range(0, 501, 50)
    ]
    assert effects == sorted(effects)


def test_one_more_account_has_a_price() -> None:
    """D13: adding account 3 costs account 2 its quarterly executive visit."""
    row = allocation.one_more(programme(500))[0]
    assert f"Kund 2 mister {text.label('year_step', 'executive')}" in map(str, row.costs)
    assert (row.reading["key"], row.reading["number"], row.hours) == ("one_more.costs", 3, 250)
    assert allocation.one_more(programme(750))[0].reading["key"] == "one_more.free"
    assert allocation.one_more(programme(None))[0].reading["key"] == "one_more.unknown"


def test_one_who_has_no_hours_is_not_offered_another_account() -> None:
    """No hours at all: no row; no plan: an empty table, not an error."""
    assert not allocation.one_more(programme(0))
    assert not allocation.one_more(portfolio())
    assert not allocation.spread(portfolio())
