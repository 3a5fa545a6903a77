"""How likely a target is, from three honest numbers, and whether the year's other figures say the same (6.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kamlib import words
from kamlib.method import goal_values, measures
from kamlib.method.estimates import chance, pert_mean
from kamlib.method.goal_setting.progress import expected_share, progress
from kamlib.schema import Account, result
from kamlib.schema.plan import Goal
from kamlib.words import Words


@dataclass(frozen=True, kw_only=True)
class GoalOutlook(Goal):
    """How likely a goal is: `mean`, `chance` (0..1), `pace` (where today's pace ends on the day), and what it means.

    States: beyond, unlikely, open, likely, no_range, broken, no_target. `is_contradicted`: the goal counts as on track
    by its path while its own estimate makes it unlikely.
    """

    mean: float | None
    chance: float | None
    pace: float | None
    state: str
    is_contradicted: bool
    reading: Words


def _limits(account: Account) -> dict[str, Words]:
    return {name: words.percent(account.limit(f"goal_chance_{name}")) for name in ("low", "high")}


@result("goal_outlook", values=_limits)
def outlook(account: Account) -> Iterable[GoalOutlook]:
    """Return the financial goals, and others with an estimate, the least likely first.

    Our own estimates: empty in the customer's edition.
    """
    if account.audience == "customer":
        return []
    wanted = [goal for goal in account.live_goals if goal.goal_class == "financial" or _is_estimated(goal)]
    states = {each.row_id: each.state for each in progress(account)}
    rows = [_outlook(account, goal, states[goal.row_id]) for goal in wanted]
    return sorted(rows, key=lambda each: -1.0 if each.chance is None else each.chance)


def _three(goal: Goal) -> tuple[float | None, float | None, float | None]:
    return goal.low, goal.likely, goal.high


def _is_estimated(goal: Goal) -> bool:
    return any(each is not None for each in _three(goal))


def _outlook(account: Account, goal: Goal, followed: str) -> GoalOutlook:
    reached = chance(*_three(goal), goal.target, is_down=goal.direction == "down")
    state, pace = outlook_state(account, goal, reached), _pace(account, goal)
    mean = None if state in ("no_range", "broken") else pert_mean(*_three(goal))
    is_contradicted = state in ("unlikely", "beyond") and followed in ("on_track", "not_due")
    reading = words.sentence(
        f"outlook.{state}", low=words.figure(goal.low), likely=words.figure(goal.likely),
        high=words.figure(goal.high, goal.unit), mean=words.figure(mean),
        target=words.figure(goal.target, goal.unit), odds=odds(reached), kpi=goal.kpi or "", due=words.day(goal.due_on),
    )  # fmt: skip
    sentences = [reading]
    if is_contradicted:
        sentences.append(words.sentence("outlook.contradicted", state=words.label("goal_state", followed)))
    if mean is not None:
        sentences.append(words.joined([words.joined(_grounds(account, goal, pace), "; "), "."], ""))
    return GoalOutlook(
        **goal.values(),
        mean=mean,
        chance=reached,
        pace=pace,
        state=state,
        is_contradicted=is_contradicted,
        reading=words.joined(sentences),
    )


def outlook_state(account: Account, goal: Goal, reached: float | None) -> str:
    """Return no_range, broken, no_target, or how likely the target is by the limits in the settings."""
    low, likely, high = _three(goal)
    if low is None or likely is None or high is None:
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


def odds(reached: float | None) -> Words | None:
    """Return a probability as a count of ten."""
    if reached is None:
        return None
    if reached < 0.05 or reached > 0.95:
        return words.sentence("outlook.odds.few" if reached < 0.05 else "outlook.odds.nearly_all")
    return words.sentence("outlook.odds.tenths", n=int(reached * 10 + 0.5))


def _pace(account: Account, goal: Goal) -> float | None:
    """Where the goal ends at the pace so far: the year's own pace, else by the goal's path.

    Nothing is said before a tenth of the way is expected.
    """
    counts, year = goal_values.scope(account, goal), _year_of(account, goal)
    if year is not None and counts is not None:
        return None if year.pace is None else year.pace / counts.step
    latest, expected = goal_values.latest(account, goal), expected_share(account, goal)
    if latest is None or goal.baseline is None or expected is None or expected < 0.1:
        return None
    return goal.baseline + (latest.value - goal.baseline) / min(expected, 1.0)


def _year_of(account: Account, goal: Goal) -> measures.YearOutlook | None:
    """Return the year's forecast, pace and budget where the goal is all our revenue of that year; else None."""
    counts = goal_values.scope(account, goal)
    if counts is None or counts.product_group is not None or goal.due_on is None:
        return None
    year = measures.year_outlook(account)
    return year if year and measures.ends_year(goal.due_on, year.year) else None


def _grounds(account: Account, goal: Goal, pace: float | None) -> Iterator[Words]:
    """How much the estimate stands on: the readings behind it, the pace, the year's forecast, and its age."""
    readings = len(goal_values.values(account, goal))
    yield words.sentence("outlook.measured", n=readings) if readings else words.sentence("outlook.unmeasured")
    if pace is not None:
        is_within = goal.low is not None and goal.high is not None and goal.low <= pace <= goal.high
        key = "outlook.pace" if is_within else "outlook.pace_outside"
        yield words.sentence(key, pace=words.figure(pace, goal.unit))
    yield from _forecast(account, goal)
    if goal.estimated_on is None:
        yield words.sentence("outlook.undated")
        return
    age = (account.today - goal.estimated_on).days
    key = "outlook.old" if age > account.limit("goal_estimate_days") else "outlook.dated"
    yield words.sentence(key, day=words.day(goal.estimated_on))


def _forecast(account: Account, goal: Goal) -> Iterator[Words]:
    """The year's forecast where it says something else than the goal's own three numbers of the same revenue."""
    counts, year = goal_values.scope(account, goal), _year_of(account, goal)
    if counts is None or year is None or year.likely is None:
        return
    ends = (year.low, year.likely, year.high)
    low, likely, high = (None if each is None else each / counts.step for each in ends)
    if (low, likely, high) == _three(goal):
        return
    top = likely if high is None else high
    is_below = goal.target is not None and top is not None and top < goal.target
    yield words.sentence(
        "outlook.forecast_below" if is_below else "outlook.forecast_differs", year=str(year.year),
        day=words.day(year.made_on), low=words.figure(low), likely=words.figure(likely), high=words.figure(high, goal.unit),
    )  # fmt: skip
