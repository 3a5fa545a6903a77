"""How far a goal has come against what its path expects by now (S2.6, 6.8, P12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.schema import AccountView

_OF_THE_GOAL = ["title", "goal_class", "side", "kpi", "unit", "direction", "baseline", "target", "due_on"]
_BESIDE = ["judgement", "judged_on", "owner_id", "customer_owner_id"]


def progress(account: AccountView) -> pd.DataFrame:
    """Return one row per goal that the customer has not declined, the furthest behind first.

    Columns of the goal and now, now_on, way (share 0..1 of the road, negative when it goes the wrong way),
    elapsed (share of the time), expected (share by the path), basis (the path that was used), state (on_track,
    at_risk, off_track, not_due, undefined, no_reading), reading (in words) and the KAM's dated judgement beside.
    A goal short of what is expected by no more than the tolerance on its KPI card is on track.
    """
    goals = account.goal[account.goal["customer_status"].ne("declined")]
    lines = [_line(account, goal) for _, goal in goals.iterrows()]
    added = ["now", "now_on", "way", "elapsed", "expected", "basis", "state", "reading"]
    followed = pd.DataFrame(lines, columns=["goal_id", *added], index=goals.index)
    # Where no goal has a reading every share is None: still a column of numbers.
    followed = followed.astype(dict.fromkeys(["now", "way", "elapsed", "expected"], "float64"))
    followed = followed.join(goals[_OF_THE_GOAL + _BESIDE])
    order = {state: place for place, state in enumerate(_ORDER)}
    return followed.sort_values(
        "state", key=lambda states: states.map(order), kind="stable", ignore_index=True
    )


_ORDER = ["off_track", "at_risk", "no_reading", "undefined", "on_track", "not_due"]


def _line(account: AccountView, goal: pd.Series) -> tuple[object, ...]:
    now, now_on = latest_reading(account, goal["row_id"])
    way = way_gone(now, goal["baseline"], goal["target"])
    elapsed = elapsed_share(goal["baseline_on"], goal["due_on"], pd.Timestamp(account.as_of))
    expected, basis = _expected(account, goal, elapsed)
    state = "no_reading" if now is None else goal_state(way, expected, **_limits(account))
    tolerated = state in ("at_risk", "off_track") and is_tolerated(goal, way, expected)
    state = "on_track" if tolerated else state
    told = {"way": text.percent(way), "expected": text.percent(expected), "elapsed": text.percent(elapsed)}
    key = "tolerated" if tolerated else _said(state, way, expected)
    reading = text.t(f"progress.{key}", **told, due=text.day(goal["due_on"]))
    if basis != goal["path"] and not text.is_missing(goal["path"]):
        reading = f"{reading} {text.t('progress.fallback', path=text.label('goal_path', goal['path']))}"
    return goal["row_id"], now, now_on, way, elapsed, expected, basis, state, reading


def _said(state: str, way: float | None, expected: float | None) -> str:
    """The sentence of a state: a goal behind its own start and one that nobody can measure are told so."""
    if state == "no_reading" and expected is None:
        return "no_reading_no_way"
    return "backwards" if state == "off_track" and way is not None and way < 0 else state


def is_tolerated(goal: pd.Series, way: float | None, expected: float | None) -> bool:
    """Tell whether a goal lies short of the expected value by no more than its KPI card's tolerance (6.9)."""
    if way is None or expected is None or text.is_missing(goal["tolerance"]):
        return False
    short = (expected - way) * abs(goal["target"] - goal["baseline"])
    return bool(round(short, 9) <= goal["tolerance"])


def _limits(account: AccountView) -> dict[str, float]:
    return {"green": account.limit("goal_green_ratio"), "amber": account.limit("goal_amber_ratio")}


def latest_reading(account: AccountView, goal_id: str) -> tuple[float | None, pd.Timestamp | None]:
    """Return the newest measured value of a goal and its day; (None, None) when nothing is measured."""
    known = account.reading[account.reading["goal_id"].eq(goal_id)].dropna(subset=["value"])
    known = known.sort_values("measured_on")
    return (float(known["value"].iloc[-1]), known["measured_on"].iloc[-1]) if len(known) else (None, None)


def way_gone(now: float | None, baseline: float, target: float) -> float | None:
    """Return (now - baseline) / (target - baseline), right for both directions (6.8).

    None where it is undefined: nothing measured, an end of the road missing, or baseline equal to target.

    >>> round(way_gone(27, 41, 20), 2)
    0.67
    """
    if now is None or pd.isna(baseline) or pd.isna(target) or baseline == target:
        return None
    return float((now - baseline) / (target - baseline))


def elapsed_share(start: pd.Timestamp, end: pd.Timestamp, today: pd.Timestamp) -> float | None:
    """Return the share 0..1 of the time from baseline to due date that has passed; None without both dates."""
    if pd.isna(start) or pd.isna(end) or end <= start:
        return None
    return min(max((today - start) / (end - start), 0.0), 1.0)


def expected_share(account: AccountView, goal: Mapping[str, Any] | pd.Series) -> float | None:
    """Return the share of the road that a goal's own path expects by today; None without both dates (P12)."""
    elapsed = elapsed_share(goal["baseline_on"], goal["due_on"], pd.Timestamp(account.as_of))
    return _expected(account, goal, elapsed)[0]


def _expected(
    account: AccountView, goal: Mapping[str, Any] | pd.Series, elapsed: float | None
) -> tuple[float | None, str]:
    """Share of the road that the path expects by now; a path that lacks its data is walked evenly."""
    by_path = {"steps": _by_steps, "seasonal": _by_season}
    if elapsed is None:
        return None, "linear"
    if goal["path"] == "back_loaded":
        return elapsed ** account.limit("goal_back_loaded_power"), "back_loaded"
    if goal["path"] in by_path:
        expected = by_path[goal["path"]](account, goal)
        if expected is not None:
            return expected, goal["path"]
    return elapsed, "linear"


def _by_steps(account: AccountView, goal: Mapping[str, Any] | pd.Series) -> float | None:
    """Share of the goal's dated initiatives that are due by now."""
    due = account.initiative.loc[account.initiative["goal_id"].eq(goal["row_id"]), "due_on"].dropna()
    return float((due <= pd.Timestamp(account.as_of)).mean()) if len(due) else None


def _by_season(account: AccountView, goal: Mapping[str, Any] | pd.Series) -> float | None:
    """Share of the goal's months, each as heavy as the customer's purchases in that month of the last year."""
    window = account.window(12)
    if window is None:
        return None
    year = account.revenue[account.revenue["month"].between(*window)]
    weights = year.groupby(year["month"].dt.month)["revenue"].sum().clip(lower=0)
    months = pd.Series(pd.date_range(goal["baseline_on"], goal["due_on"], freq="ME"))
    weight = months.dt.month.map(weights).fillna(0)
    return float(weight[months <= pd.Timestamp(account.as_of)].sum() / weight.sum()) if weight.sum() else None


def goal_state(way: float | None, expected: float | None, *, green: float, amber: float) -> str:
    """Return on_track, at_risk or off_track by way / expected; not_due before any of it is expected (6.8).

    >>> [goal_state(way, 0.5, green=0.9, amber=0.7) for way in (0.45, 0.44, 0.35, 0.34, None)]
    ['on_track', 'at_risk', 'at_risk', 'off_track', 'undefined']
    """
    if way is None or expected is None:
        return "undefined"
    if way >= 1:
        return "on_track"
    if expected <= 0:
        return "off_track" if way < 0 else "not_due"
    ratio = round(way / expected, 9)  # 0.45 / 0.5 is 0.9 to a person, a hair less to the machine
    return "on_track" if ratio >= green else "at_risk" if ratio >= amber else "off_track"
