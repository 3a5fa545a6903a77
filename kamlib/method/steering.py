"""The programme as management steers it: growth, list, decisions, escalations, hours, one line per account (P19).

An exception list, not a league table: who must do what by when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from kamlib import words
from kamlib.method import concentration, measures
from kamlib.method.measures import ListGrowth
from kamlib.method.measures.periods import known_or_none, rows_of, share_of, since
from kamlib.method.once import once
from kamlib.schema import Portfolio, Result, result
from kamlib.schema.plan import Decision
from kamlib.words import Words


@result("key_growth")
def growth(portfolio: Portfolio) -> Iterable[ListGrowth]:
    """One row for the key accounts, one for all others, of the list when the year began, if it is known, and of today's."""
    yield from (each for each in measures.key_account_growth(portfolio) if each.basis == "frozen")
    yield from measures.key_account_growth(portfolio, as_today=True)


def of_list(portfolio: Portfolio, basis: str) -> dict[str, ListGrowth]:
    """Return what `growth` says of one list: of the key accounts (`key`) and of the `others`."""
    rows = {each.customers: each for each in growth(portfolio).where(basis=basis)}
    return {name: rows.get(name, ListGrowth(basis, name)) for name in ("key", "others")}


def outlook(portfolio: Portfolio) -> pd.DataFrame:
    """One row per key account with budget or forecast: revenue and budget this year so far, and the forecast range.

    The year is the calendar year of the last complete month; months without a budget are left out of both sums.
    """
    through, rows = portfolio.facts_through, []
    for account_id, account in measures.key_views(portfolio).items():
        year = measures.budget_gap(account)
        mine = [each for each in account.forecasts if each.account_id == account_id]
        own = [each for each in mine if through is not None and each.year == through.year]
        newest = max(own, key=lambda each: each.made_on, default=None)
        ranges = {name: getattr(newest, name, None) for name in ("low", "likely", "high")}
        if year.budget is not None or newest is not None:
            told = {"revenue": year.revenue, "budget": year.budget, "gap_share": year.share, **ranges}
            rows.append({"account_id": account_id, **told})
    amounts = ["revenue", "budget", "gap_share", "low", "likely", "high"]
    return pd.DataFrame(rows, columns=["account_id", *amounts]).astype(dict.fromkeys(amounts, "float64"))


@dataclass(frozen=True)
class OutlookTotal:
    """Revenue and budget of all key accounts so far; the reading also tells the forecast's range."""

    revenue: float | None
    budget: float | None
    gap_share: float | None
    reading: Mapping[str, Any]


@once
def outlook_total(portfolio: Portfolio) -> OutlookTotal:
    """Return the outlook of all key accounts together (P19)."""
    rows = outlook(portfolio)
    compared, named = rows.dropna(subset=["revenue", "budget"]), rows.dropna(subset=["likely"])
    columns = {name: compared[name] for name in ("revenue", "budget")}
    columns |= {name: named[name].fillna(named["likely"]) for name in ("low", "likely", "high")}
    sums = {name: known_or_none(each.sum(min_count=1)) for name, each in columns.items()}
    reached = share_of(sums["revenue"], sums["budget"])
    gap = None if reached is None else reached - 1
    told = {name: words.money(amount, portfolio.currency) for name, amount in sums.items()}
    said = {"key": "outlook.total", "n": len(named), "gap": words.percent(gap, 1, signed=True), **told}
    reading = {"key": "outlook.unknown"} if rows.empty else said
    return OutlookTotal(sums["revenue"], sums["budget"], gap, reading)


def tips_total(cards: Mapping[str, Result[Any]]) -> pd.DataFrame:
    """One row per tip: in how many of the cards (account id -> tips) it is `done`, `partly`, `missing`, `silent` (P19)."""
    states = ["done", "partly", "missing", "silent"]
    if not cards:
        return pd.DataFrame(columns=["tip", *states])
    rows = pd.concat([each.frame() for each in cards.values()], ignore_index=True)
    counted = pd.crosstab(rows["tip"], rows["state"]).reindex(columns=states, fill_value=0)
    return counted.reindex(rows["tip"].unique()).rename_axis(columns=None).reset_index()


def list_changes(portfolio: Portfolio, months: int = 12) -> pd.DataFrame:
    """One row per decision of the last months that moved a customer: from, to, when, by whom, why."""
    decided = portfolio.selection.sort_values(["account_id", "decided_on"])
    decided = decided.assign(
        was=decided.groupby("account_id")["outcome"].shift(),
        was_key=decided.groupby("account_id")["is_key"].shift(),
    )
    start = pd.Timestamp(portfolio.as_of) - pd.DateOffset(months=months)
    moved = decided[(decided["decided_on"] > start) & (decided["was"].fillna("") != decided["outcome"])]
    columns = ["account_id", "was", "outcome", "is_key", "decided_on", "decided_by", "reason", "next_test_on"]
    return moved.sort_values("decided_on", ascending=False)[columns].reset_index(drop=True)


@dataclass(frozen=True)
class AskedDecision:
    """A decision that waits for management, and for how many days."""

    account_id: str
    title: str
    cost: float | None
    owner_id: str | None
    due_on: date | None
    days_waited: int | None


@result("decisions_asked")
def decisions_asked(portfolio: Portfolio) -> Iterable[AskedDecision]:
    """Return the decisions that wait, the oldest first."""
    waiting = [each for each in rows_of(portfolio, Decision) if each.status == "asked"]
    for each in sorted(waiting, key=lambda each: each.asked_on or date.max):
        days = (portfolio.today - each.asked_on).days if each.asked_on else None
        yield AskedDecision(each.account_id, each.title, each.cost, each.owner_id, each.due_on, days)


def escalations(portfolio: Portfolio) -> pd.DataFrame:
    """One row per promise past its day, ours or theirs, oldest first: account, promise, side, owner, days late."""
    now, promises = pd.Timestamp(portfolio.as_of), portfolio.commitment
    late = promises[promises["done_on"].isna() & (promises["due_on"] < now)]
    rows = late.assign(days_late=(now - late["due_on"]).dt.days.astype("Int64"))
    columns = ["account_id", "title", "direction", "owner_id", "customer_owner_id", "due_on", "days_late"]
    return rows.sort_values("days_late", ascending=False)[columns].reset_index(drop=True)


@dataclass(frozen=True)
class SponsorMeetings:
    """A key account's sponsor, the meetings of twelve months that the sponsor took part in, and the last day.

    `state` is `none` without a sponsor, `short` below our limit of meetings a year, else `enough`.
    """

    account_id: str
    sponsor_id: str | None
    meetings: int
    last_on: date | None
    state: str


@result("sponsor_meetings", values=lambda portfolio: {"limit": portfolio.limit("sponsor_meetings_year")})
def sponsor_meetings(portfolio: Portfolio) -> Iterable[SponsorMeetings]:
    """Return how often each key account's sponsor has met it."""
    first, least = since(portfolio), portfolio.limit("sponsor_meetings_year")
    for account_id, account in measures.key_views(portfolio).items():
        sponsor = account.plan.sponsor_id if account.plan else None
        with_us = [each for each in account.touchpoints if each.our_person_id == sponsor and sponsor]
        met = [each.held_on for each in with_us if each.kind in ("meeting", "visit")]
        met = [day for day in met if first <= day <= portfolio.today]
        state = "none" if not sponsor else "enough" if len(met) >= least else "short"
        yield SponsorMeetings(account_id, sponsor, len(met), max(met, default=None), state)


def panels(portfolio: Portfolio, months: int = 36) -> pd.DataFrame:
    """One row per key account, the worst health first: band, score, worst part, revenue R12, growth, `revenues` by month."""
    rows = [
        {
            "account_id": account_id,
            **_of(measures.health_total(account), "band", "score", "worst"),
            **_of(measures.sales(account), "revenue_12m", "growth_share"),
            "revenues": [each.revenue for each in measures.trend(account, months)],
        }
        for account_id, account in measures.key_views(portfolio).items()
    ]
    columns = ["account_id", "band", "score", "worst", "revenue_12m", "growth_share", "revenues"]
    numbers = dict.fromkeys(("score", "revenue_12m", "growth_share"), "float64")
    return (
        pd.DataFrame(rows, columns=columns)
        .astype(numbers)
        .sort_values("score", kind="stable", ignore_index=True)
    )


def _of(answer: object, *names: str) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in names}


# --- what opens the page -----------------------------------------------------------------------------------


def opening(portfolio: Portfolio) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return sentences (a key of the catalogue and its values) and four figures, chosen by rule from the data (P19).

    The sentence on growth is of the list as it was when the year began, and says what today's list would give; all
    four figures are of today's list.
    """
    today, frozen = of_list(portfolio, "today"), of_list(portfolio, "frozen")
    is_frozen = any(each.accounts for each in frozen.values())
    said = [
        _grown(frozen if is_frozen else today, portfolio),
        _other_list(portfolio, today) if is_frozen else {},
    ]
    return [*filter(None, said), _state(portfolio)], _figures(portfolio, today["key"])


def _other_list(portfolio: Portfolio, today: Mapping[str, ListGrowth]) -> dict[str, Any]:
    """Say what today's list gives where it is another than the one when the year began, and which customers differ."""
    window = portfolio.window(12)
    then = set(measures.key_accounts(portfolio, window[0])) if window else set()
    now = set(measures.key_accounts(portfolio))
    if then == now:
        return {}
    names = portfolio.customers_named
    moved = [
        words.sentence(
            f"summary.list.{key}", n=len(ids), names=words.listed(names.get(each, each) for each in ids)
        )
        for key, ids in (("entered", sorted(now - then)), ("left", sorted(then - now)))
        if ids
    ]
    shares = {name: measures.growth_words(each.growth_share) for name, each in today.items()}
    return {
        "key": "summary.list",
        "chosen": shares["key"],
        "others": shares["others"],
        "moved": words.listed(moved),
    }


def _grown(grown: Mapping[str, ListGrowth], portfolio: Portfolio) -> dict[str, Any]:
    chosen, others = grown["key"].growth_share, grown["others"].growth_share
    if chosen is None or others is None:
        return {"key": "summary.growth.unknown"}
    chosen, others = round(chosen, 3), round(others, 3)  # as they are shown, or the difference looks wrong
    apart = round(chosen - others, 3)
    alike = abs(apart) < portfolio.limit("chart_same_growth_share")
    return {
        "key": f"summary.growth.{'alike' if alike else 'faster' if apart > 0 else 'slower'}",
        "chosen": words.percent(chosen, 1, signed=True),
        "others": words.percent(others, 1, signed=True),
        "apart": words.points(abs(apart), 1, signed=False),
    }


#: Customers that a sentence names before it only counts them.
_NAMED = 3


def _state(portfolio: Portfolio) -> dict[str, Any]:
    rows, late = panels(portfolio), len(escalations(portfolio))
    weak = rows.loc[rows["band"] == "weak", "account_id"]
    names = weak.head(_NAMED).map(portfolio.account.set_index("account_id")["name"])
    is_known = rows["band"].ne("unknown").any()
    return {
        "key": f"summary.state.{'weak' if len(weak) else 'calm' if is_known else 'unknown'}",
        "count": len(weak),
        "customers": len(rows),
        "n": len(weak),
        "names": words.listed(names),
        "late": words.sentence("summary.late" if late else "summary.late.none", count=late, n=late),
    }


def _figures(portfolio: Portfolio, keys: ListGrowth) -> list[dict[str, Any]]:
    """Return revenue of the key accounts, against budget, their share of all, and the loss to expect."""
    months = concentration.key_months(portfolio, measures.key_accounts(portfolio))
    plan, loss = outlook_total(portfolio), measures.loss_range(portfolio)
    now, spent, planned, expected, bad = (
        words.money(amount, portfolio.currency)
        for amount in (keys.now, plan.revenue, plan.budget, loss.expected_loss, loss.one_in_twenty)
    )
    change, gap = (words.percent(each, 1, signed=True) for each in (keys.growth_share, plan.gap_share))
    grown, share = keys.growth_share or 0.0, words.percent(keys.revenue_share)
    moved = None if keys.growth_share is None else words.sentence("summary.moved", change=change)
    tone = "good" if grown > 0 else "bad" if grown < 0 else ""
    against = words.sentence("summary.budget", spent=spent, planned=planned)
    bad_year = words.sentence("summary.bad_year", bad=bad) if loss.n else None
    year = concentration.since_last_year(months["share"])
    return [
        _card("summary.figure.revenue", now, moved) | {"tone": tone, "series": months["revenue"]},
        _card("summary.figure.budget", gap, None if plan.gap_share is None else against),
        _card("segment.figure.revenue", share, year) | {"series": months["share"]},
        _card("summary.figure.loss", expected, bad_year),
    ]


def _card(label: str, value: Words, change: Words | None) -> dict[str, Any]:
    return {"label": words.sentence(label), "value": value, "change": change}
