"""The KPI card of each goal: how it is counted, how often, from where, and how far it may stray (6.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method.goal_setting.progress import latest_reading
from kamlib.schema import AccountView

_CARD = [
    "title", "kpi", "goal_class", "formula", "unit", "direction", "lead_lag", "frequency", "source", "owner_id",
    "baseline", "target", "tolerance",
]  # fmt: skip


def cards(account: AccountView) -> pd.DataFrame:
    """Return one row per goal that the customer has not declined: its KPI card, and what the card lacks.

    Columns goal_id, the fields of the card, nature (unit, direction, lead or lag) and rhythm (frequency and source) in words, measured_on, next_on (by the frequency), is_late (the next reading is past
    due) and lacks in words; in the customer's edition nothing is said to lack.
    """
    goals = account.goal[account.goal["customer_status"].ne("declined")]
    own = goals[["row_id", *_CARD]].rename(columns={"row_id": "goal_id"}).reset_index(drop=True)
    lines = [_measured(account, goal) for goal in own.to_dict("records")]
    return own.join(
        pd.DataFrame(lines, columns=["nature", "rhythm", "measured_on", "next_on", "is_late", "lacks"])
    )


def _measured(account: AccountView, card: Mapping[Any, Any]) -> dict[str, Any]:
    _, measured_on = latest_reading(account, card["goal_id"])
    next_on = next_reading_on(account, card["frequency"], measured_on)
    lacks = [text.t(f"card.{name}") for name in _CARD if text.is_missing(card[name])]
    return {
        "nature": _words(
            card["unit"],
            _label("direction", card["direction"]),
            _label("lead_lag", card["lead_lag"]) if account.audience == "internal" else None,
        ),
        "rhythm": _words(_label("frequency", card["frequency"]), card["source"]),
        "measured_on": measured_on,
        "next_on": next_on,
        "is_late": next_on is not None and next_on < pd.Timestamp(account.as_of),
        "lacks": text.listed(lacks) if lacks and account.audience == "internal" else None,
    }


def _label(choices: str, code: object) -> str | None:
    return None if text.is_missing(code) else text.label(choices, code)


def _words(*parts: object) -> str | None:
    return ", ".join(str(part) for part in parts if not text.is_missing(part)) or None


def next_reading_on(
    account: AccountView, frequency: object, measured_on: pd.Timestamp | None
) -> pd.Timestamp | None:
    """Return the day of the next reading by the card; None where nothing is measured or no frequency is set."""
    if text.is_missing(frequency) or measured_on is None:
        return None
    return measured_on + pd.Timedelta(days=account.limit("frequency_days")[str(frequency)])
