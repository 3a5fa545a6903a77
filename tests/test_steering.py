"""Page one for management: growth against the others, what waits, who is late, one line per account."""

from __future__ import annotations

import bundles
import pandas as pd
import pytest

from kamlib import text
from kamlib.method import coaching, steering
from kamlib.schema import Portfolio


@pytest.fixture
def portfolio() -> Portfolio:
    return bundles.portfolio(
        account=[{"account_id": each, "name": each} for each in ("A-1", "A-2", "A-3")]
        + [{"account_id": "A-11", "name": "Bruk", "parent_id": "A-1"}],
        revenue=bundles.months("2026-09", [10.0] * 12 + [12.0] * 12, account_id="A-11", product_group="P")
        + bundles.months("2026-09", [5.0] * 24, account_id="A-2", product_group="P")
        + bundles.months("2026-09", [50.0] * 24, account_id="A-3", product_group="P"),
        budget=bundles_budget("A-1", 10.0),
        selection=[
            {"account_id": "A-1", "outcome": "grow", "is_key": True, "decided_on": "2025-01-15", "decided_by": "Mats"},
            {"account_id": "A-2", "outcome": "grow", "is_key": True, "decided_on": "2025-01-15"},
            {"account_id": "A-2", "outcome": "watch", "is_key": False, "decided_on": "2026-05-01", "reason": "nej"},
            {"account_id": "A-2", "outcome": "grow", "is_key": True, "decided_on": "2026-09-01"},
        ],
        account_plan=[
            {"account_id": "A-1", "year": 2026, "owner_id": "P-1", "sponsor_id": "P-9", "next_review_on": "2026-12-09"},
            {"account_id": "A-2", "year": 2026, "owner_id": "P-2"},
        ],
        touchpoint=[
            {"touchpoint_id": f"T-{n}", "account_id": "A-1", "our_person_id": "P-9", "held_on": day, "kind": kind}
            for n, (day, kind) in enumerate([("2026-03-01", "meeting"), ("2026-08-01", "visit"), ("2026-08-02", "mail")])
        ],
        forecast=[{"account_id": "A-1", "made_on": "2026-06-01", "year": 2026, "low": 1, "likely": 2, "high": 3}],
        decision=[
            {"account_id": "A-1", "title": "Montör", "status": "asked", "asked_on": "2026-09-09", "cost": 640_000},
            {"account_id": "A-1", "title": "Klart", "status": "decided", "asked_on": "2026-09-09"},
        ],
        commitment=[
            {"account_id": "A-1", "title": "Sen", "direction": "ours", "due_on": "2026-08-31"},
            {"account_id": "A-1", "title": "Hållen", "direction": "ours", "due_on": "2026-08-31", "done_on": "2026-08-30"},
            {"account_id": "A-2", "title": "I dag", "direction": "customer", "due_on": "2026-09-30"},
        ],
    )  # fmt: skip


def bundles_budget(account_id: str, amount: float) -> bundles.Rows:
    days = pd.date_range("2026-01-01", "2026-12-01", freq="MS")
    return [{"account_id": account_id, "month": day, "budget": amount} for day in days]


def test_key_accounts_are_set_against_all_others(portfolio: Portfolio) -> None:
    """The group grows 20 % with its mill's revenue; the others stand still; shares add up to one."""
    rows = steering.of_list(portfolio, "today")
    assert rows["key"].growth_share == pytest.approx((144 + 60) / (120 + 60) - 1)
    assert rows["others"].growth_share == 0
    assert sum(each.revenue_share or 0 for each in rows.values()) == pytest.approx(1)


def test_the_outlook_compares_the_same_months(portfolio: Portfolio) -> None:
    """Nine months of revenue against nine months of budget, with the forecast's range; no budget, no gap."""
    rows = steering.outlook(portfolio).set_index("account_id")
    assert rows.loc["A-1", ["revenue", "budget", "gap_share"]].tolist() == pytest.approx([108, 90, 0.2])
    assert rows.loc["A-1", ["low", "likely", "high"]].tolist() == [1, 2, 3]
    assert list(rows.index) == ["A-1"]


def test_the_list_tells_who_moved_and_why(portfolio: Portfolio) -> None:
    """Two moves in twelve months, the newest first; the first choice of an old year is no move."""
    moves = steering.list_changes(portfolio)
    assert moves[["account_id", "was", "outcome"]].to_numpy().tolist() == [
        ["A-2", "watch", "grow"],
        ["A-2", "grow", "watch"],
    ]


def test_only_open_questions_and_late_promises_are_listed(portfolio: Portfolio) -> None:
    """A decision taken and a promise kept, or due today, are not an exception."""
    (asked,) = steering.decisions_asked(portfolio)
    assert (asked.title, asked.days_waited) == ("Montör", 21)
    assert steering.escalations(portfolio)[["title", "days_late"]].to_numpy().tolist() == [["Sen", 30]]


def test_a_mail_is_no_sponsor_meeting_and_no_sponsor_is_said(portfolio: Portfolio) -> None:
    """Two meetings a year are enough by our limit; an account without a sponsor has a state of its own."""
    first, second = steering.sponsor_meetings(portfolio)
    assert (first.account_id, first.meetings, first.state) == ("A-1", 2, "enough")
    assert (second.account_id, second.last_on, second.state) == ("A-2", None, "none")


def test_the_page_opens_with_growth_health_and_late_promises(portfolio: Portfolio) -> None:
    """Two sentences by rule and four figures: what grew, whose health is weak, what is late (P19)."""
    said, figures = steering.opening(portfolio)
    growth, state = (text.t(**each).replace("\N{NO-BREAK SPACE}", " ") for each in said)
    assert growth == (
        "**Nyckelkunderna växer 13,3 p.e. snabbare än de andra kunderna**, +13,3 % mot 0,0 % på tolv månader."
    )
    assert state.endswith("och 1 åtagande är försenat.")
    assert [len(figures), figures[0]["tone"], len(figures[0]["series"])] == [4, "good", 13]
    assert (str(figures[3]["value"]), figures[3]["change"]) == (text.MISSING, None)


@pytest.mark.parametrize(
    ("now", "key"),
    [(101.0, "faster"), (100.9, "alike"), (99.1, "alike"), (99.0, "slower"), (None, "unknown")],
)
def test_faster_and_slower_begin_at_the_limit(now: float | None, key: str) -> None:
    """Within one percentage point the groups grow alike; without a year to compare with nothing is said to grow."""
    first = [100.0] * 12 if now else []
    bought = [
        *bundles.months("2026-09", [*first, *[now or 100.0] * 12], account_id="A-1", product_group="P"),
        *bundles.months("2026-09", [*first, *[100.0] * 12], account_id="A-2", product_group="P"),
    ]
    chosen = [{"account_id": "A-1", "outcome": "grow", "is_key": True, "decided_on": "2025-01-15"}]
    accounts = [{"account_id": each, "name": each} for each in ("A-1", "A-2")]
    said, _ = steering.opening(bundles.portfolio(account=accounts, revenue=bought, selection=chosen))
    assert said[0]["key"] == f"summary.growth.{key}"


def test_each_key_account_has_a_panel_of_its_months(portfolio: Portfolio) -> None:
    """A group's mill counts with it; health that is not known stands last of all, and a short history is as it is."""
    rows = steering.panels(portfolio).set_index("account_id")
    assert set(rows.index) == {"A-1", "A-2"}
    assert rows.loc["A-1", "revenues"] == [10.0] * 12 + [12.0] * 12
    assert rows.loc["A-1", "growth_share"] == pytest.approx(0.2)
    assert set(rows["band"]) <= {"weak", "watch", "strong", "unknown"}
    assert rows["score"].isna().is_monotonic_increasing


def test_an_empty_portfolio_has_an_empty_page() -> None:
    """Nothing is invented where nothing is known."""
    empty = bundles.portfolio()
    assert not steering.decisions_asked(empty)
    assert not steering.sponsor_meetings(empty)
    for rows in (
        steering.outlook(empty),
        steering.list_changes(empty),
        steering.escalations(empty),
        coaching.lines(empty).frame(),
    ):
        assert rows.empty


def test_a_page_without_anything_opens_with_what_is_missing() -> None:
    """No customer, no revenue: both sentences say so, and no figure is zero."""
    said, figures = steering.opening(bundles.portfolio())
    assert [each["key"] for each in said] == ["summary.growth.unknown", "summary.state.unknown"]
    assert [str(each["value"]) for each in figures] == [text.MISSING] * 4
    assert not any(each.get("change") for each in figures)
