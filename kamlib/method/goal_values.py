"""What a goal's KPI stands at: measured by people, or counted from our own invoicing where it names what (6.8)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from kamlib import text
from kamlib.method.once import once
from kamlib.schema import Account
from kamlib.schema.plan import Goal


@dataclass(frozen=True)
class Scope:
    """What of our revenue a goal counts: one product group, or all of it; `step` is one unit of the goal in currency."""

    product_group: str | None
    step: float


@dataclass(frozen=True)
class GoalValue:
    """What a goal stands at on a day."""

    on: date
    value: float


def latest(account: Account, goal: Goal) -> GoalValue | None:
    """Return the newest value of a goal's KPI; None when it is neither measured nor counted."""
    known = values(account, goal)
    return known[-1] if known else None


def values(account: Account, goal: Goal) -> list[GoalValue]:
    """Return all that is known of a goal's KPI, the oldest first: R12 of our invoicing beside what people measured.

    On a day that has both, what is counted stands for both: it is the same figure, before rounding.
    """
    by_day = {each.on: each for each in _measured(account).get(goal.row_id, [])}
    counted = _counted(account, goal)
    if counted is not None:
        by_day[counted.on] = counted
    return [by_day[day] for day in sorted(by_day)]


@once
def _measured(account: Account) -> Mapping[str, list[GoalValue]]:
    by_goal: dict[str, list[GoalValue]] = {}
    for each in account.measurements:
        by_goal.setdefault(each.goal_id, []).append(GoalValue(each.measured_on, each.value))
    return by_goal


def _counted(account: Account, goal: Goal) -> GoalValue | None:
    counts, year = scope(account, goal), account.months(12)
    if counts is None or year is None or not account.revenues:
        return None
    last = year[1].replace(day=monthrange(year[1].year, year[1].month)[1])
    return GoalValue(last, _sums(account).get((counts.product_group, 0), 0.0) / counts.step)


def scope(account: Account, goal: Goal) -> Scope | None:
    """Return what of our revenue a goal in money counts; None where its KPI says something else, or more."""
    step = _units(account).get(goal.unit or "")
    kpi, revenue = _words(goal.kpi), set(_setting(account, "revenue_words"))
    if step is None or not kpi & revenue:
        return None
    rest = kpi - revenue - set(_setting(account, "revenue_beside"))
    if not rest:
        return Scope(None, step)
    named = {group for group, _ in _sums(account) if rest <= _words(group)}
    return Scope(named.pop(), step) if len(named) == 1 else None


def _words(name: str | None) -> set[str]:
    return set(re.findall(r"\w+", (name or "").casefold()))


def _setting(account: Account, name: str) -> list[str]:
    words: list[str] = account.settings["goals"][name]["value"]
    return words


@once
def _units(account: Account) -> Mapping[str, float]:
    return {**account.settings["goals"]["currency_units"]["value"], **text.money_units(account.currency)}


@once
def _sums(account: Account) -> Mapping[tuple[str | None, int], float]:
    """Our revenue by product group (None: all of it) and years back: 0 is R12, 1 the twelve months before it."""
    year = account.months(12)
    sums: dict[tuple[str | None, int], float] = {}
    for each in account.revenues if year else ():
        months = _months(each.month, year[1]) if year else 0
        for group in {None, each.product_group or None} if months >= 0 else ():
            sums[group, months // 12] = sums.get((group, months // 12), 0.0) + each.revenue
    return sums


def _months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def best_change(account: Account, product_group: str | None = None) -> float | None:
    """Return the best yearly change of R12 over the history, in currency; None below 24 months."""
    year = account.months(12)
    first = min((each.month for each in account.revenues), default=None)
    if year is None or first is None:
        return None
    whole_years = (_months(first, year[1]) + 1) // 12
    sums = [_sums(account).get((product_group, back), 0.0) for back in range(whole_years)]
    return max((now - before for now, before in pairwise(sums)), default=None)


def best_measured_change(account: Account, goal: Goal) -> float | None:
    """Return the best yearly change of a goal's KPI in its own direction, between readings nine months apart or more."""
    sign = -1.0 if goal.direction == "down" else 1.0
    known, changes = values(account, goal), []
    for each in known:
        earlier = [other for other in known if (each.on - other.on).days >= _NINE_MONTHS]
        if earlier:
            years = (each.on - earlier[-1].on).days / 365.25
            changes.append(sign * (each.value - earlier[-1].value) / years)
    return max(changes, default=None)


_NINE_MONTHS = 273
