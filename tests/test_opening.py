"""What opens the review: two sentences and four numbers, ours and the customer's."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from bundles import account, months

from kamlib import schema, text
from kamlib.method import goal_setting, planning, review

NBSP = text.NBSP


def _said(view: schema.Account) -> list[str]:
    found = review.sentences(view, goal_setting.progress(view), planning.value_ledger(view))
    return [text.t(**each) for each in found]


def _numbers(view: schema.Account) -> dict[str, Any]:
    cards = review.figures(view, planning.value_ledger(view))
    written = [
        {part: value if part == "series" else str(value) for part, value in each.items()} for each in cards
    ]
    return {each["label"]: each for each in written}


def _sold(before: float, now: float, **more: Any) -> schema.Account:
    return account(revenue=months("2026-09", [before] * 12 + [now] * 12), **more)


@pytest.mark.parametrize(
    ("now", "told"),
    [(1.0149, "ligger stilla"), (1.015, "växer"), (0.9851, "ligger stilla"), (0.985, "minskar")],
)
def test_the_first_sentence_changes_at_the_limit(now: float, told: str) -> None:
    """Within one and a half per cent the revenue stands still; at the limit it moves (P21)."""
    assert told in _said(_sold(1e6, now * 1e6))[0]


def test_a_young_customer_and_one_without_revenue_are_told_as_such() -> None:
    """No year to compare with is said; no revenue is no zero."""
    young = account(revenue=months("2026-09", [1.0] * 14))
    assert "inget helt år att jämföra med" in _said(young)[0]
    assert "är inte inläst" in _said(account())[0]
    numbers = list(_numbers(account()).values())
    assert [each["value"] for each in numbers] == [text.MISSING] * 4
    assert len(numbers) == 4


def test_the_second_sentence_says_goals_promises_and_health() -> None:
    """What is unmeasured, unwritten or unknown is said so, never counted."""
    assert (
        _said(account())[1]
        == "**Inget mål är satt**, inga åtaganden är skrivna och hälsan går inte att bedöma än."
    )
    late = [{"title": "Lista", "direction": "ours", "due_on": "2026-09-20"}]
    told = _said(account(commitment=late, goal=[{"title": "Mål"}]))[1]
    assert "Det enda målet är inte mätt" in told
    assert "ett åtagande är försenat sedan 10 dagar" in told


def test_margin_is_compared_with_a_whole_year_only() -> None:
    """A share of a part of a year is no share to compare with."""
    rows = months("2026-09", [100.0] * 12, contribution_margin=30.0) + months(
        "2025-09", [100.0] * 12, contribution_margin=25.0
    )
    whole = _numbers(account(revenue=rows))["Täckningsgrad, samma tid"]
    assert whole["value"] == f"30,0{NBSP}%"
    assert whole["change"] == f"+5,0{NBSP}p.e. mot året före"
    assert whole["tone"] == "good"
    part = _numbers(account(revenue=rows[:12] + rows[-2:]))["Täckningsgrad, samma tid"]
    assert part["change"] == ""
    assert sum(not pd.isna(each) for each in part["series"]) == 1


def test_the_customer_reads_value_promises_and_the_next_date_and_nothing_of_ours() -> None:
    """Own words, own numbers: no revenue, margin or health, and none of our meetings among ourselves."""
    view = _sold(
        1e6,
        2e6,
        audience="customer",
        value=[
            {
                "title": "Stopp",
                "stage": "confirmed",
                "amount": 5e5,
                "confirmed_on": "2026-09-08",
                "confirmed_by": "C",
            }
        ],
        meeting=[
            {"title": "Vårt", "kind": "squad_meeting", "planned_on": "2026-10-01"},
            {"title": "Ert", "kind": "customer_review", "planned_on": "2026-10-21"},
            {"title": "Gammalt", "kind": "customer_review", "planned_on": "2026-09-01"},
        ],
        commitment=[
            {"title": "Lista", "direction": "customer", "due_on": "2026-09-20", "done_on": "2026-09-19"}
        ],
    )
    assert _said(view) == [
        f"Ni har bekräftat ett värde på **500{NBSP}tkr**, den 8 september 2026.",
        "Inget åtagande är försenat, och **nästa möte är den 21 oktober 2026**.",
    ]
    numbers = _numbers(view)
    assert list(numbers) == [
        "Bekräftat värde, netto",
        "Våra åtaganden i tid",
        "Era åtaganden i tid",
        "Nästa möte",
    ]
    assert [each["value"] for each in numbers.values()] == [
        f"500{NBSP}tkr",
        text.MISSING,
        "1 av 1",
        "2026-10-21",
    ]


@pytest.mark.parametrize(
    ("amounts", "told", "net", "beside"),
    [
        ([5e5], "ett värde på **500 tkr**, den 8 september", "500 tkr", ""),
        ([3e5, 2e5], "2 värden, tillsammans **500 tkr**, senast den 8", "500 tkr", ""),
        ([-5e5], "att vi har kostat er **500 tkr**", f"{text.MINUS}500 tkr", ""),
        (
            [5e5, -2e5],
            "ett värde på **500 tkr** och att vi har kostat er **200 tkr**",
            "300 tkr",
            "kostat er 200 tkr",
        ),
        ([], "Inget värde är bekräftat av er än", text.MISSING, ""),
    ],
)
def test_what_we_cost_is_no_value(amounts: list[float], told: str, net: str, beside: str) -> None:
    """A cost that we caused is told as one, beside what was gained and alone; the number is the net of both."""
    day = {"confirmed_on": "2026-09-08", "confirmed_by": "C", "stage": "confirmed"}
    rows = [{"title": str(amount), "amount": amount, **day} for amount in amounts]
    view = account(audience="customer", value=rows)
    number = _numbers(view)["Bekräftat värde, netto"]
    assert told in _said(view)[0].replace(NBSP, " ")
    assert number["value"].replace(NBSP, " ") == net
    assert beside in number["change"].replace(NBSP, " ")
    assert bool(beside) == bool(number["change"])


@pytest.mark.parametrize("lang", text.LANGUAGES)
@pytest.mark.parametrize("audience", ["internal", "customer"])
def test_an_empty_account_opens_too(lang: str, audience: str) -> None:
    """Nothing known: two whole sentences and four numbers, in both languages and editions."""
    text.use(lang)
    view = account(audience=audience)
    assert all(each.strip().endswith(".") for each in _said(view))
    assert len(_numbers(view)) == 4
