"""One box of the one-page plan, and what its fillers share (P15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kamlib.schema import Account
from kamlib.words import Words, sentence


@dataclass(frozen=True)
class Box:
    """What one box holds: lines to read, how sure they are, where they come from and when they were dated."""

    lines: tuple[str | Words, ...] = ()
    state: str = "filled"
    source: str | Words = ""
    dated_on: date | None = None


MISSING = Box(state="missing")
FROM_PLAN = sentence("page.from_plan")


def plan_day(account: Account) -> date | None:
    """Return the day on which the plan in force was approved."""
    return account.plan.approved_on if account.plan else None


def is_old(account: Account) -> bool:
    """Tell whether the plan in force is of an earlier year."""
    return account.plan is not None and account.plan.year < account.year


def lines_of(lines: Iterable[str | Words | None]) -> tuple[str | Words, ...]:
    """Return the lines without those that are empty."""
    return tuple(line for line in lines if line)


def newest(days: Iterable[date | None]) -> date | None:
    """Return the newest of some days."""
    return max((day for day in days if day is not None), default=None)
