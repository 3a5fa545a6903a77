"""All goals on one page: from, now, to, by when, who on each side, and the one next thing for each (P15, P16)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from kamlib import words
from kamlib.method import relationships
from kamlib.method.goal_setting.anchoring import anchoring, joint, unled
from kamlib.method.goal_setting.cards import cards
from kamlib.method.goal_setting.outlook import outlook
from kamlib.method.goal_setting.progress import GoalProgress, progress
from kamlib.method.goal_setting.smart import check
from kamlib.schema import Account, result
from kamlib.words import Words


@dataclass(frozen=True)
class GoalLine:
    """A goal on one line: its road (from, now, to), its owners (ours first), and the one thing to do next.

    `next` is empty in the customer's edition: what we do next is ours.
    """

    row_id: str
    title: str
    side: str
    road: Words
    due_on: date | None
    state: str
    owners: tuple[str | Words, ...] | None
    step: str
    next: Words | None


@result("goals_page")
def one_page(account: Account) -> Iterable[GoalLine]:
    """Return the goals, the furthest behind first, each with the one thing to do next."""
    known = _known(account)
    for goal in progress(account):
        step = next(name for name, applies in _NEXT.items() if applies(known[goal.row_id]))
        told = _next(step, known[goal.row_id]) if account.audience == "internal" else None
        yield GoalLine(
            goal.row_id, goal.title, goal.side, goal.road, goal.due_on, goal.state, _owners(account, goal), step, told
        )  # fmt: skip


def _owners(account: Account, goal: GoalProgress) -> tuple[str | Words, ...] | None:
    """The names of those who answer for a goal, ours first."""
    ids = [each for each in (goal.owner_id, goal.customer_owner_id) if each]
    return tuple(relationships.person_name(account, each) for each in ids) or None


@dataclass(frozen=True)
class _Known:
    """What the other views say of a goal."""

    goal: GoalProgress
    today: date
    is_alone: bool
    is_late: bool
    measure_on: date | None
    remark: Words | None
    lacks: Words | None
    ask: str | None
    odds: str | None
    is_contradicted: bool

    @property
    def is_unsaid(self) -> bool:
        ends = (self.goal.kpi, self.goal.baseline, self.goal.target, self.goal.due_on)
        return self.goal.state == "undefined" or None in ends


def _known(account: Account) -> dict[str, _Known]:
    card = {each.row_id: each for each in cards(account)}
    lacks = {each.row_id: each.lacks for each in anchoring(account)}
    asks = {each.row_id: each.step for each in joint(account)}
    outlooks = {each.row_id: each for each in outlook(account)}
    alone = {each.row_id for each in unled(account)}
    remarks: dict[str | None, Words | None] = {}
    for each in check(account):
        if each.state in ("missing", "doubtful"):
            remarks.setdefault(each.goal_id, each.remark)
    known = {}
    for goal in progress(account):
        ahead, key = outlooks.get(goal.row_id), goal.row_id
        known[key] = _Known(
            goal, account.today, key in alone, card[key].is_late, card[key].next_on, remarks.get(key),
            lacks[key], asks.get(key), ahead.state if ahead else None, bool(ahead and ahead.is_contradicted),
        )  # fmt: skip
    return known


#: The one thing to do next: the first that applies; what makes the rest pointless stands first.
_NEXT: Mapping[str, Callable[[_Known], bool]] = {
    "name_owner": lambda known: known.goal.owner_id is None,
    "mend": lambda known: known.is_unsaid,
    "close": lambda known: known.goal.due_on is not None and known.goal.due_on < known.today,
    "drive": lambda known: known.is_alone,
    "measure": lambda known: known.goal.state == "no_reading" or known.is_late,
    "recover": lambda known: known.goal.state == "off_track",
    "lower": lambda known: known.is_contradicted,
    "ask_customer": lambda known: known.ask in ("ask", "remind", "complete", "ask_again", "set_date"),
    "anchor": lambda known: known.lacks is not None,
    "catch_up": lambda known: known.goal.state == "at_risk",
    "fix": lambda known: known.remark is not None,
    "estimate": lambda known: known.odds in ("no_range", "broken"),
    "measure_next": lambda known: known.measure_on is not None,
    "hold": lambda _: True,
}


def _next(step: str, known: _Known) -> Words:
    day = words.day(known.measure_on)
    return words.sentence(f"next.{step}", remark=known.remark, lacks=known.lacks, day=day)


@result("goal_readings")
def readings(account: Account) -> Iterable[GoalProgress]:
    """Return the goals with how their state is to be read, and where their own estimate contradicts it."""
    contradicted = {each.row_id for each in outlook(account) if each.is_contradicted}
    doubt = words.sentence("progress.contradicted")
    for goal in progress(account):
        is_doubted = goal.row_id in contradicted
        yield replace(goal, reading=words.joined([goal.reading, doubt])) if is_doubted else goal


def figures(account: Account) -> list[dict[str, Words]]:
    """Return the headline figures of the goals: how many, whose, agreed, signed, and on track of those measured."""
    goals, states = account.live_goals, [each.state for each in progress(account)]
    shared = [goal for goal in goals if goal.side in ("joint", "customer")]
    agreed = sum(goal.customer_status == "confirmed" for goal in shared)
    signed = sum(goal.signed_on is not None and goal.sponsor_id is not None for goal in goals)
    measured = sum(state in ("on_track", "at_risk", "off_track") for state in states)
    counts = {
        "all": (len(goals), account.limit("goals_high")),
        "agreed": (agreed, len(shared)),
        "signed": (signed, len(goals)),
        "on_track": (states.count("on_track"), measured),
    }
    keys = {"label": "", "value": ".value"}
    return [
        {part: words.sentence(f"goals_figure.{name}{end}", n=n, of=of) for part, end in keys.items()}
        for name, (n, of) in counts.items()
        if goals
    ]
