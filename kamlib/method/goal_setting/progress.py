"""How far a goal has come against what its path expects by now (S2.6, 6.8, P12)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kamlib import words
from kamlib.method import goal_values
from kamlib.method.goal_values import GoalValue
from kamlib.schema import Account, result
from kamlib.schema.plan import Goal
from kamlib.words import Words


@dataclass(frozen=True, kw_only=True)
class GoalProgress(Goal):
    """One goal and how far it has come: the KAM's dated judgement stands beside, and never instead.

    `way` is the share of the road (negative when it goes the wrong way), `elapsed` of the time, `expected` by the path
    (`basis`: the one that was used); `reading` says the state in words.
    """

    now: float | None
    way: float | None
    elapsed: float | None
    expected: float | None
    basis: str
    state: str
    reading: Words

    @property
    def road(self) -> Words:
        """From, now and to with the unit; an unmeasured end is a dash."""
        if self.baseline is None and self.now is None and self.target is None:
            return words.sentence("goals_page.no_road")
        ends = {"baseline": words.figure(self.baseline), "now": words.figure(self.now)}
        return words.sentence("goals_page.road", **ends, target=words.figure(self.target, self.unit))


_ORDER = ("off_track", "at_risk", "no_reading", "undefined", "on_track", "not_due")


def _limits(account: Account) -> dict[str, Words]:
    limits = {"green": "goal_green_ratio", "amber": "goal_amber_ratio"}
    return {name: words.percent(account.limit(limit)) for name, limit in limits.items()}


@result("goal_progress", values=_limits)
def progress(account: Account) -> Iterable[GoalProgress]:
    """Return the goals that the customer has not declined, the furthest behind first.

    States: on_track, at_risk, off_track, not_due, undefined, no_reading. A goal short of what is expected by no more
    than the tolerance on its KPI card is on track.
    """
    followed = [_followed(account, goal) for goal in account.live_goals]
    return sorted(followed, key=lambda each: _ORDER.index(each.state))


def _followed(account: Account, goal: Goal) -> GoalProgress:
    latest = goal_values.latest(account, goal)
    way = way_gone(latest.value if latest else None, goal.baseline, goal.target)
    elapsed = elapsed_share(goal.baseline_on, goal.due_on, account.today)
    expected, basis = _expected(account, goal, elapsed)
    state, sentence = _judged(account, goal, latest, way, expected)
    shares: dict[str, Any] = {"way": way, "expected": expected, "elapsed": elapsed}
    written = {name: words.percent(share) for name, share in shares.items()}
    reading = words.sentence(f"progress.{sentence}", **written)
    if goal.path not in (None, basis):
        fallback = words.sentence("progress.fallback", path=words.label("goal_path", goal.path))
        reading = words.joined([reading, fallback])
    now = latest.value if latest else None
    return GoalProgress(**goal.values(), now=now, **shares, basis=basis, state=state, reading=reading)


def _judged(
    account: Account, goal: Goal, latest: GoalValue | None, way: float | None, expected: float | None
) -> tuple[str, str]:
    """Return the state of a goal and the sentence that says it."""
    if latest is None:
        return "no_reading", "no_reading" if expected is not None else "no_reading_no_way"
    green, amber = account.limit("goal_green_ratio"), account.limit("goal_amber_ratio")
    state = goal_state(way, expected, green=green, amber=amber)
    if state in ("at_risk", "off_track") and is_tolerated(goal, way, expected):
        return "on_track", "tolerated"
    return state, "backwards" if state == "off_track" and way is not None and way < 0 else state


def is_tolerated(goal: Goal, way: float | None, expected: float | None) -> bool:
    """Tell whether a goal lies short of the expected value by no more than its KPI card's tolerance (6.9)."""
    if way is None or expected is None or goal.tolerance is None:
        return False
    if goal.target is None or goal.baseline is None:
        return False
    return round((expected - way) * abs(goal.target - goal.baseline), 9) <= goal.tolerance


def way_gone(now: float | None, baseline: float | None, target: float | None) -> float | None:
    """Return (now - baseline) / (target - baseline), right for both directions (6.8).

    None where it is undefined: nothing measured, an end of the road missing, or baseline equal to target.

    >>> round(way_gone(27, 41, 20), 2)
    0.67
    """
    if now is None or baseline is None or target is None or baseline == target:
        return None
    return (now - baseline) / (target - baseline)


def elapsed_share(start: date | None, end: date | None, today: date) -> float | None:
    """Return the share 0..1 of the time from baseline to due date that has passed; None without both dates."""
    if start is None or end is None or end <= start:
        return None
    return min(max((today - start) / (end - start), 0.0), 1.0)


def expected_share(account: Account, goal: Goal) -> float | None:
    """Return the share of the road that a goal's own path expects by today; None without both dates (P12)."""
    return _expected(account, goal, elapsed_share(goal.baseline_on, goal.due_on, account.today))[0]


def _expected(account: Account, goal: Goal, elapsed: float | None) -> tuple[float | None, str]:
    """Share of the road that the path expects by now; a path that lacks its data is walked evenly."""
    by_path = {"back_loaded": _at_the_end, "steps": _by_steps, "seasonal": _by_season}
    if elapsed is None or goal.path not in by_path:
        return elapsed, "linear"
    expected = by_path[goal.path](account, goal, elapsed)
    return (elapsed, "linear") if expected is None else (expected, goal.path)


def _at_the_end(account: Account, _: Goal, elapsed: float) -> float:
    """Little at first, the most towards the end."""
    return float(elapsed ** account.limit("goal_back_loaded_power"))


def _by_steps(account: Account, goal: Goal, _: float) -> float | None:
    """Share of the goal's dated initiatives that are due by now."""
    due = [each.due_on for each in account.initiatives if each.goal_id == goal.row_id and each.due_on]
    return sum(day <= account.today for day in due) / len(due) if due else None


def _by_season(account: Account, goal: Goal, _: float) -> float | None:
    """Share of the goal's months, each as heavy as the customer's purchases in that month of the last year."""
    year = account.months(12)
    if year is None or goal.baseline_on is None or goal.due_on is None:
        return None
    bought = dict.fromkeys(range(1, 13), 0.0)
    for each in account.revenues:
        if year[0] <= each.month <= year[1]:
            bought[each.month.month] += each.revenue
    weights = [(end, max(bought[end.month], 0.0)) for end in _month_ends(goal.baseline_on, goal.due_on)]
    whole = sum(weight for _, weight in weights)
    return sum(weight for end, weight in weights if end <= account.today) / whole if whole else None


def _month_ends(start: date, end: date) -> list[date]:
    """Return the last days of months from one day to another, both counted."""
    firsts = [date(month // 12, month % 12 + 1, 1) for month in range(_month(start) + 1, _month(end) + 2)]
    return [last for first in firsts if (last := first - timedelta(days=1)) <= end]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


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
