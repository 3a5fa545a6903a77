"""Whether a goal is specific, measurable, realistic, timed and owned (S2.1, S2.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kamlib import words
from kamlib.method import goal_values, measures
from kamlib.method.once import once
from kamlib.schema import Account, result
from kamlib.schema.plan import Goal
from kamlib.words import Words


@dataclass(frozen=True)
class Check:
    """One thing that a goal was held to: `field` by its letter of SMART; the remark says how to mend.

    States: met, missing, doubtful, reasoned (doubtful, but a reason stands in the goal) or unknown (we lack the
    figures to tell). Without a goal_id it is about the number of goals.
    """

    goal_id: str | None
    title: str | None
    letter: str
    field: str
    state: str
    remark: Words | None = None


#: Field of a goal -> the letter of SMART that it serves.
_FIELDS = {
    "title": "specific",
    "kpi": "specific",
    "unit": "measurable",
    "direction": "measurable",
    "baseline": "measurable",
    "baseline_on": "measurable",
    "target": "measurable",
    "source": "measurable",
    "owner_id": "assigned",
    "sponsor_id": "assigned",
    "signed_on": "assigned",
    "due_on": "timed",
}


@result("goal_check")
def check(account: Account) -> Iterable[Check]:
    """Return what each goal that the customer has not declined was held to.

    *Realistic* is tested against the high end of the customer's purchases, twice our best yearly change and the hours
    that exist (S2.1). The last row tells when there are more than five goals, and which of them lack the most.
    """
    checks = [
        each
        for goal in account.live_goals
        for each in (*_fields(goal), *_sound(account, goal), *_realistic(account, goal))
    ]
    too_many = len(account.live_goals) - account.limit("goals_high")
    if too_many > 0:
        remark = _drop(checks, len(account.live_goals), too_many)
        checks.append(Check(None, None, "realistic", "count", "doubtful", remark))
    return checks


def _drop(checks: list[Check], n: int, too_many: int) -> Words:
    """Say how many goals are too many, and name those that lack the most."""
    lacking = Counter(each.goal_id for each in checks if each.state in ("missing", "doubtful"))
    titles = {each.goal_id: each.title for each in checks}
    first = [titles[goal_id] for goal_id, _ in lacking.most_common(too_many)]
    sentence = words.sentence("check.too_many", n=n, high=n - too_many)
    if not first:
        return sentence
    return words.joined([sentence, words.sentence("check.lack_most", titles=words.listed(first))])


def _fields(goal: Goal) -> Iterator[Check]:
    for field, letter in _FIELDS.items():
        if getattr(goal, field) is None:
            remark = words.sentence(f"check.{field}")
            yield Check(goal.row_id, goal.title, letter, field, "missing", remark)
        else:
            yield Check(goal.row_id, goal.title, letter, field, "met")


def _sound(account: Account, goal: Goal) -> Iterator[Check]:
    """What is written but does not hold together."""
    doubts = {
        "way": ("measurable", _rise(goal) < 0),
        "same": ("measurable", goal.target is not None and goal.target == goal.baseline),
        "dates": ("timed", bool(goal.due_on and goal.baseline_on and goal.due_on <= goal.baseline_on)),
        "passed": ("timed", goal.due_on is not None and goal.due_on < account.today),
        "owner_gone": ("assigned", account.has_left(goal.owner_id)),
        "sponsor_gone": ("assigned", account.has_left(goal.sponsor_id)),
        "same_person": ("assigned", goal.owner_id is not None and goal.owner_id == goal.sponsor_id),
    }
    for field, (letter, is_doubtful) in doubts.items():
        if is_doubtful:
            remark = words.sentence(f"check.{field}")
            yield Check(goal.row_id, goal.title, letter, field, "doubtful", remark)


def _rise(goal: Goal) -> float:
    """How far the target lies from the baseline in the goal's own direction; 0 where that is not known."""
    if goal.target is None or goal.baseline is None or goal.direction is None:
        return 0.0
    return (goal.target - goal.baseline) * (-1 if goal.direction == "down" else 1)


Verdict = tuple[str, Words | None] | None  # None: the test does not concern this goal


def _realistic(account: Account, goal: Goal) -> Iterator[Check]:
    if goal.target is None:
        return
    verdicts = {
        "wallet": _wallet(account, goal, goal.target),
        "pace": _pace(account, goal, goal.target),
        "hours": _hours(account, goal),
    }
    for field, verdict in verdicts.items():
        if verdict is None:
            continue
        state, remark = verdict
        if state == "doubtful" and goal.reason is not None:
            state = "reasoned"
        elif state == "doubtful":
            remark = words.joined([remark, words.sentence(f"check.mend.{field}")])
        yield Check(goal.row_id, goal.title, "realistic", field, state, remark)


def _wallet(account: Account, goal: Goal, target: float) -> Verdict:
    """Target at most what the customer may buy in the year of its day; a share of purchases at most all of it."""
    if any(word in (goal.kpi or "").casefold() for word in account.settings["goals"]["share_words"]["value"]):
        whole = 100.0 if goal.unit == "%" else 1.0
        return ("doubtful", words.sentence("check.wallet_whole")) if target > whole else ("met", None)
    counts = goal_values.scope(account, goal)
    if counts is None:
        return None
    year = account.fiscal_year(goal.due_on or account.today)
    high = measures.wallet_high(account, counts.product_group, year)
    if high is None:
        own = [each for each in account.wallets if (each.product_group or None) == counts.product_group]
        others = sorted({each.year for each in own if each.year is not None})
        key = "check.wallet_other_year" if others else "check.wallet_unknown"
        return "unknown", words.sentence(key, year=str(year), years=words.listed(others))
    remark = words.sentence(
        "check.wallet",
        high=measures.figure(
            account, "wallet_high", high, of=" ".join([counts.product_group or "", str(year)])
        ),
        year=str(year),
    )
    return ("doubtful", remark) if target * counts.step > high else ("met", None)


def _pace(account: Account, goal: Goal, target: float) -> Verdict:
    """What is left, from today to the day, at most twice the best yearly change of what the goal counts."""
    latest = goal_values.latest(account, goal)
    now = latest.value if latest else goal.baseline
    if now is None or goal.due_on is None or goal.due_on <= account.today:
        return None
    left = (target - now) * (-1 if goal.direction == "down" else 1)
    if left <= 0:
        return "met", words.sentence("check.pace_reached")
    # Whole months: a year is a year, leap or not.
    months = max(round((goal.due_on - account.today).days / 365.25 * 12), 1)
    best, whose = _best(account, goal)
    if best is None:
        return "unknown", words.sentence("check.pace_unknown")
    yearly, is_new = left / months * 12, best <= 0
    remark = words.sentence(
        "check.pace_new" if is_new else "check.pace", left=words.figure(left, goal.unit), months=months,
        yearly=words.figure(yearly, goal.unit), whose=whose, best=words.figure(best, goal.unit),
    )  # fmt: skip
    times = account.limit("goal_best_change_times")
    return "doubtful" if round(yearly, 9) > round(times * max(best, 0.0), 9) else "met", remark


def _best(account: Account, goal: Goal) -> tuple[float | None, Words]:
    """Our best yearly change in the goal's own unit, and of what: the revenue that it counts, else its readings."""
    counts = goal_values.scope(account, goal)
    if counts is None:
        return goal_values.best_measured_change(account, goal), words.sentence("check.best.goal")
    best, group = goal_values.best_change(account, counts.product_group), counts.product_group
    whose = words.sentence("check.best.group", group=group) if group else words.sentence("check.best.all")
    return None if best is None else best / counts.step, whose


def _hours(account: Account, goal: Goal) -> Verdict:
    """The hours of the account's open initiatives exist in the squad, else in the plan."""
    own = [each.hours for each in account.open_initiatives if each.goal_id == goal.row_id]
    available = hours_available(account)
    if available is None or all(hours is None for hours in own):
        return "unknown", words.sentence("check.hours_unknown")
    needed = sum(each.hours or 0.0 for each in account.open_initiatives)
    remark = words.sentence("check.hours", needed=words.number(needed), available=words.number(available))
    return ("doubtful" if needed > available else "met"), remark


@once
def hours_available(account: Account) -> float | None:
    """Return the hours a year that the squad has for the account, else those of the plan; None if unsaid."""
    squad = [each.hours_year for each in account.squad_members if each.hours_year is not None]
    return sum(squad) if squad else account.plan.hours_year if account.plan else None
