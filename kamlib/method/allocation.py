"""Hours against plans: what a KAM's hours buy, what falls off first when they are short (D13, S1.5).

Every account's year is a ladder of the same steps, each with its part of the plan's hours; a step gives less per
hour than the one before. The curve is ours, and so is the order of the steps: settings `response_curve`, `year_ladder`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamlib import words
from kamlib.method import measures
from kamlib.schema import Portfolio, result
from kamlib.words import Words


def response(share: float, curve: float) -> float:
    """Return the part of a plan's full effect that `share` of its hours gives: 0 at 0, 1 at 1, less and less between.

    >>> [round(response(share, 3.0), 2) for share in (0, 0.25, 0.5, 1)]
    [0.0, 0.56, 0.82, 1.0]
    """
    return (1 - math.exp(-curve * share)) / (1 - math.exp(-curve))


def steps(portfolio: Portfolio) -> pd.DataFrame:
    """One row per KAM, key account and step of its year: `hours`, `gain` and whether the hours reach it (`is_given`).

    Gain = the account's weight (contribution R12, else revenue, else all alike) x what the step adds by the curve. A
    KAM's hours go to the steps that give most per hour; the steps of one account are taken in their order.
    """
    keys = set(measures.key_accounts(portfolio))
    rows = [
        step
        for account_id, plan in portfolio.plans.items()
        if account_id in keys and plan.owner_id and plan.hours_year
        for step in _ladder(portfolio, account_id, plan.owner_id, plan.hours_year)
    ]
    ladders = pd.DataFrame(rows, columns=_STEPS).astype({"hours": "float64", "gain": "float64"})
    return _given(ladders, {each.person_id: each.hours_available for each in measures.hours(portfolio)})


_STEPS = ["person_id", "account_id", "step", "place", "hours", "gain"]


def _ladder(portfolio: Portfolio, account_id: str, person: object, hours: float) -> list[dict[str, Any]]:
    curve, ladder = portfolio.limit("response_curve"), portfolio.limit("year_ladder")
    weight, before, rows = _weight(portfolio, account_id), 0.0, []
    for place, (step, share) in enumerate(ladder.items()):
        gain = weight * (response(before + share, curve) - response(before, curve))
        before += share
        rows.append(dict(zip(_STEPS, (person, account_id, step, place, hours * share, gain), strict=True)))
    return rows


def _weight(portfolio: Portfolio, account_id: str) -> float:
    """Return what the account is worth in the comparison: contribution R12, else revenue R12, else 1."""
    own = portfolio.revenue["account_id"].map(measures.groups_of(portfolio)).eq(account_id)
    rows = measures.within(portfolio.revenue[own], "month", portfolio.window(12))
    for column in ("contribution_margin", "revenue"):
        amount = float(rows[column].sum())
        if amount > 0:
            return amount
    return 1.0


def _given(rows: pd.DataFrame, budgets: Mapping[str, float | None]) -> pd.DataFrame:
    """Mark what each KAM's hours reach: best gain per hour first; a KAM whose hours nobody wrote is taken to have them."""
    ranked = rows.assign(per_hour=rows["gain"] / rows["hours"])
    # By the curve and the ladder a step may give more per hour than the one before: it still waits for it.
    ranked["per_hour"] = ranked.groupby(["person_id", "account_id"])["per_hour"].cummin()
    ranked = ranked.sort_values(
        ["person_id", "per_hour", "place"], ascending=[True, False, True], ignore_index=True
    )
    available = ranked["person_id"].map(dict(budgets)).astype(float).fillna(math.inf)
    # Whole steps only, and once a step does not fit, all that give less per hour fall off too.
    return ranked.assign(is_given=ranked.groupby("person_id")["hours"].cumsum() <= available + 1e-9)


@dataclass(frozen=True)
class Reach:
    """What a KAM's hours reach of one account's plan, and the effect that is left of the whole plan's.

    `dropped` holds the steps that fall off, the last of the ladder first; `state` is whole or short.
    """

    person_id: str
    account_id: str
    hours: float
    hours_given: float
    effect_share: float
    dropped: Words | None
    state: str


@result("spread")
def spread(portfolio: Portfolio) -> Iterable[Reach]:
    """Return what each KAM's hours reach, account by account: the least of a plan's effect first."""
    rows = [_reach(own) for _, own in steps(portfolio).groupby(["person_id", "account_id"])]
    return sorted(rows, key=lambda each: (each.effect_share, -each.hours))


def _reach(own: pd.DataFrame) -> Reach:
    given, whole = own[own["is_given"]], own[["hours", "gain"]].sum()
    lost = own[~own["is_given"]].sort_values("place", ascending=False)["step"]
    return Reach(
        own["person_id"].iloc[0],
        own["account_id"].iloc[0],
        whole["hours"],
        given["hours"].sum(),
        given["gain"].sum() / whole["gain"],
        words.listed(words.label("year_step", each) for each in lost) if len(lost) else None,
        "short" if len(lost) else "whole",
    )


@dataclass(frozen=True)
class OneMore:
    """What one more key account of so many hours would cost a KAM's others: the steps that they lose."""

    person_id: str
    hours: float
    costs: tuple[Words, ...]
    reading: Mapping[str, Any]


@result("one_more")
def one_more(
    portfolio: Portfolio, hours: float | None = None, weight: float | None = None
) -> Iterable[OneMore]:
    """Return the price of one more account for each KAM with hours, the lowest first.

    The new account is taken as a typical one: the median of the plans' hours and of the accounts' weights, unless
    given. Answers the sentence of D13: "adding account 13 costs account 4 its quarterly executive visit".
    """
    before = steps(portfolio)
    by_account = before.groupby("account_id")[["hours", "gain"]].sum()
    needed = float(by_account["hours"].median()) if hours is None else hours
    worth = float(by_account["gain"].median()) if weight is None else weight
    budgets = {each.person_id: each.hours_available for each in measures.hours(portfolio)}
    lines = [
        _cost(portfolio, own, budgets, (needed, worth, len(by_account) + 1))
        for person, own in before.groupby("person_id")
        if budgets[str(person)] != 0
    ]
    return sorted(lines, key=lambda each: len(each.costs))


def _cost(
    portfolio: Portfolio,
    own: pd.DataFrame,
    budgets: Mapping[str, float | None],
    new: tuple[float, float, int],
) -> OneMore:
    needed, worth, number = new
    person = own["person_id"].iloc[0]
    added = pd.DataFrame(_ladder(portfolio, "", person, needed))
    added["gain"] *= worth / added["gain"].sum()
    after = _given(pd.concat([own[_STEPS], added], ignore_index=True), budgets)
    kept = set(after.loc[after["is_given"], ["account_id", "step"]].itertuples(index=False, name=None))
    lost = own[own["is_given"]].sort_values("place", ascending=False)
    names = portfolio.customers_named
    costs = tuple(
        words.sentence(
            "one_more.cost", name=names.get(account_id, account_id), step=words.label("year_step", step)
        )
        for account_id, step in zip(lost["account_id"], lost["step"], strict=True)
        if (account_id, step) not in kept
    )
    said = {
        "key": _price(costs, is_known=budgets[person] is not None, is_whole=bool(after["is_given"].all())),
        "number": number,
        "hours": words.number(needed),
        "costs": words.listed(costs[:3]),
        "more": max(len(costs) - 3, 0),
    }
    return OneMore(person, needed, costs, said)


def _price(costs: Sequence[Words], *, is_known: bool, is_whole: bool) -> str:
    if not is_known:
        return "one_more.unknown"
    return "one_more.costs" if costs else "one_more.free" if is_whole else "one_more.bare"
