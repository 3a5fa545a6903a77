"""One box of the one-page plan, and what its fillers share (P15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from kamlib import text
from kamlib.method.once import once
from kamlib.schema import AccountView


@dataclass(frozen=True)
class Box:
    """What one box holds: lines to read, how sure they are, where they come from and when they were dated."""

    lines: tuple[str, ...] = ()
    state: str = "filled"
    source: str = ""
    dated_on: pd.Timestamp | None = None


MISSING = Box(state="missing")


@once
def current_plan(account: AccountView) -> pd.Series | None:
    """Return the account's plan of this year, else its latest earlier one, else its first coming one."""
    plans = account.account_plan[account.account_plan["account_id"].eq(account.account_id)].sort_values(
        "year"
    )
    begun = plans[plans["year"] <= account.as_of.year]
    if len(begun):
        return begun.iloc[-1]
    return plans.iloc[0] if len(plans) else None


def written(account: AccountView, column: str) -> object:
    """Return what the current plan says in `column`, or None."""
    plan = current_plan(account)
    return None if plan is None or text.is_missing(plan[column]) else plan[column]


def plan_day(account: AccountView) -> pd.Timestamp | None:
    """Return the day on which the current plan was approved."""
    plan = current_plan(account)
    return None if plan is None or pd.isna(plan["approved_on"]) else plan["approved_on"]


def is_old(account: AccountView) -> bool:
    """Tell whether the current plan is of an earlier year."""
    plan = current_plan(account)
    return plan is not None and plan["year"] < account.as_of.year


def has_left(account: AccountView, contact_id: object) -> bool:
    """Tell whether a person has left by the as-of day."""
    gone = account.contact.loc[account.contact["contact_id"].eq(str(contact_id)), "gone_on"]
    return bool((gone <= pd.Timestamp(account.as_of)).any())


def money(account: AccountView, amount: float) -> str:
    """Write an amount in the workspace's currency."""
    return text.money(amount, account.currency)


def lines_of(told: Iterable[object]) -> tuple[str, ...]:
    """Return what is said, without what is empty."""
    return tuple(str(line) for line in told if line)


def bare(title: object) -> str:
    """Return a title without its full stop, for use within a line."""
    return str(title).rstrip(". ")


def figure(value: object) -> str:
    """Write a figure of a goal or an answer, with a decimal only where it has one."""
    if text.is_missing(value):
        return text.MISSING
    return text.number(value, 0 if abs(float(str(value))) >= 1000 or float(str(value)).is_integer() else 1)
