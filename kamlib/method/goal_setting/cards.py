"""The KPI card of each goal: how it is counted, how often, from where, and how far it may stray (6.9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from kamlib import words
from kamlib.method import goal_values
from kamlib.schema import Account, result
from kamlib.schema.plan import Goal
from kamlib.words import Words

#: What a whole card says of its goal.
_CARD = (
    "title", "kpi", "goal_class", "formula", "unit", "direction", "lead_lag", "frequency", "source", "owner_id",
    "baseline", "target", "tolerance",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Card(Goal):
    """The KPI card of a goal: what it is (unit, direction, lead or lag), how often and from where it is measured.

    `is_late`: the next reading, by the frequency, is past due. In the customer's edition nothing is said to lack.
    """

    nature: Words | None
    rhythm: Words | None
    measured_on: date | None
    next_on: date | None
    is_late: bool
    lacks: Words | None


@result("goal_cards")
def cards(account: Account) -> Iterable[Card]:
    """Return the KPI card of each goal that the customer has not declined."""
    is_ours = account.audience == "internal"
    for goal in account.live_goals:
        latest = goal_values.latest(account, goal)
        measured_on = latest.on if latest else None
        next_on = next_reading_on(account, goal.frequency, measured_on)
        when = goal.lead_lag if is_ours else None
        yield Card(
            **goal.values(),
            nature=_beside(goal.unit, _label("direction", goal.direction), _label("lead_lag", when)),
            rhythm=_beside(_label("frequency", goal.frequency), goal.source),
            measured_on=measured_on,
            next_on=next_on,
            is_late=next_on is not None and next_on < account.today,
            lacks=_lacks(goal) if is_ours else None,
        )


def _lacks(goal: Goal) -> Words | None:
    missing = [words.sentence(f"card.{name}") for name in _CARD if getattr(goal, name) is None]
    return words.listed(missing) if missing else None


def _label(choices: str, code: str | None) -> Words | None:
    return words.label(choices, code) if code else None


def _beside(*parts: str | Words | None) -> Words | None:
    known = [part for part in parts if part]
    return words.joined(known, ", ") if known else None


def next_reading_on(account: Account, frequency: str | None, measured_on: date | None) -> date | None:
    """Return the day of the next reading by the card; None where nothing is measured or no frequency is set."""
    if frequency is None or measured_on is None:
        return None
    return measured_on + timedelta(days=account.limit("frequency_days")[frequency])
