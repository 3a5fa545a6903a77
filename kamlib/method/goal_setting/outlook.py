"""How likely a target is, from three honest numbers: lowest, most likely and highest outcome (6.6)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method.goal_setting.progress import expected_share, latest_reading
from kamlib.schema import AccountView

_OF_THE_GOAL = ["title", "goal_class", "unit", "target", "due_on", "low", "likely", "high", "estimated_on"]
_COLUMNS = ["goal_id", *_OF_THE_GOAL, "mean", "chance", "pace", "state", "reading"]


def pert_mean(low: float, likely: float, high: float) -> float:
    """Return the expected outcome of three estimates, (low + 4 likely + high) / 6.

    >>> round(pert_mean(26, 31, 38), 2)
    31.33
    """
    return (low + 4 * likely + high) / 6


def chance(
    low: float, likely: float, high: float, target: float, *, direction: object = "up"
) -> float | None:
    """Return the probability 0..1 that the outcome reaches the target under the PERT (beta) distribution.

    Closed form, nothing is drawn. None where a number is missing or low <= likely <= high does not hold.

    >>> round(chance(0, 5, 10, 5), 9)
    0.5
    """
    if any(text.is_missing(number) for number in (low, likely, high, target)) or not low <= likely <= high:
        return None
    if low == high:
        return float(target >= low if direction == "down" else target <= low)
    width = high - low
    below = _beta_below(
        (target - low) / width, 1 + 4 * (likely - low) / width, 1 + 4 * (high - likely) / width
    )
    return below if direction == "down" else 1 - below


def _beta_below(x: float, a: float, b: float) -> float:
    """Share of the beta distribution below x: the hypergeometric series, taken from the end where it is short."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_below(1 - x, b, a)
    total = term = 1.0
    n = 0
    while term > 1e-16 * total:
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    whole = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return total * math.exp(whole + a * math.log(x) + b * math.log1p(-x)) / a


def outlook(account: AccountView) -> pd.DataFrame:
    """Return one row per financial goal, and per other goal with an estimate, the least likely first.

    Columns of the goal and mean, chance (0..1), pace (where today's pace ends at the target date), state
    (beyond, unlikely, open, likely, no_range, broken, no_target) and reading: what it means and how much is known, or what
    to ask. Our own estimates: empty in the customer's edition.
    """
    goals = account.goal[account.goal["customer_status"].ne("declined")]
    estimated = goals[["low", "likely", "high"]].notna().any(axis=1)
    wanted = goals[goals["goal_class"].eq("financial") | estimated]
    if account.audience == "customer":
        wanted = wanted.head(0)
    lines = [_line(account, goal) for goal in wanted.to_dict("records")]
    rows = pd.DataFrame(lines, columns=_COLUMNS).astype(
        {"mean": "float64", "chance": "float64", "pace": "float64"}
    )
    return rows.sort_values("chance", kind="stable", na_position="first", ignore_index=True)


def _line(account: AccountView, goal: Mapping[Any, Any]) -> dict[str, Any]:
    low, likely, high, target = (goal[name] for name in ("low", "likely", "high", "target"))
    reached = chance(low, likely, high, target, direction=goal["direction"])
    state, pace = outlook_state(goal, reached, account), _pace(account, goal)
    mean = None if state in ("no_range", "broken") else pert_mean(low, likely, high)
    numbers = {"low": low, "likely": likely, "high": high, "mean": mean, "target": target, "pace": pace}
    told = {name: figure(number) for name, number in numbers.items()}
    told |= {
        "unit": _known(goal["unit"]),
        "odds": odds(reached),
        "due": text.day(goal["due_on"]),
        "kpi": _known(goal["kpi"]),
    }
    reading = text.t(f"outlook.{state}", **told)
    if mean is not None:
        reading = f"{reading} {'; '.join(_grounds(account, goal, pace, told))}."
    own = {name: goal[name] for name in _OF_THE_GOAL}
    return {"goal_id": goal["row_id"], **own, "mean": mean, "chance": reached, "pace": pace, "state": state,
            "reading": reading}  # fmt: skip


def outlook_state(goal: Mapping[Any, Any], reached: float | None, account: AccountView) -> str:
    """Return no_range, broken, no_target, or how likely the target is by the limits in the settings."""
    low, likely, high = goal["low"], goal["likely"], goal["high"]
    if any(text.is_missing(number) for number in (low, likely, high)):
        return "no_range"
    if not low <= likely <= high:
        return "broken"
    if reached is None:
        return "no_target"
    if reached == 0:
        return "beyond"
    if reached < account.limit("goal_chance_low"):
        return "unlikely"
    return "likely" if reached >= account.limit("goal_chance_high") else "open"


def odds(reached: float | None) -> str:
    """Return a probability as a count of ten, in words; a dash where it is not known."""
    if reached is None:
        return text.MISSING
    if reached < 0.05 or reached > 0.95:
        return text.t("outlook.odds.few" if reached < 0.05 else "outlook.odds.nearly_all")
    return text.t("outlook.odds.tenths", n=int(reached * 10 + 0.5))


def _pace(account: AccountView, goal: Mapping[Any, Any]) -> float | None:
    """Where the goal ends at the pace so far, by its own path; nothing before a tenth of the way is expected."""
    now, _ = latest_reading(account, goal["row_id"])
    expected = expected_share(account, goal)
    if now is None or text.is_missing(goal["baseline"]) or expected is None or expected < 0.1:
        return None
    return float(goal["baseline"] + (now - goal["baseline"]) / min(expected, 1.0))


def _grounds(
    account: AccountView, goal: Mapping[Any, Any], pace: float | None, told: dict[str, str]
) -> list[str]:
    """How much the estimate stands on: its age, the readings behind it, and what today's pace says."""
    readings = int(account.reading.loc[account.reading["goal_id"].eq(goal["row_id"]), "value"].notna().sum())
    said = [text.t("outlook.measured", n=readings) if readings else text.t("outlook.unmeasured")]
    if pace is not None:
        within = goal["low"] <= pace <= goal["high"]
        said.append(text.t("outlook.pace" if within else "outlook.pace_outside", **told))
    if text.is_missing(goal["estimated_on"]):
        return [*said, text.t("outlook.undated")]
    age = (pd.Timestamp(account.as_of) - goal["estimated_on"]).days
    key = "outlook.old" if age > account.limit("goal_estimate_days") else "outlook.dated"
    return [*said, text.t(key, day=text.day(goal["estimated_on"]))]


def figure(number: object) -> str:
    """Return a goal's number as people write it: no decimals where it is whole or large."""
    if text.is_missing(number):
        return text.MISSING
    value = float(str(number))
    return text.number(value, 0 if abs(value) >= 1000 or value.is_integer() else 1)


def _known(words: object) -> str:
    return "" if text.is_missing(words) else str(words)
