"""The monthly page: what changed, what has gone stale, what is overdue, what comes next (S5.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kamlib import text, words
from kamlib.method import goal_values, measures, relationships
from kamlib.method.measures.periods import since
from kamlib.schema import Account, facts, plan, result
from kamlib.schema.account import WITH_CUSTOMER
from kamlib.schema.days import months_from
from kamlib.words import Words

#: Kind, what it is about, on whom it rests, its day, and the id of its row.
Found = tuple[str, str | Words, str | None, date | None, str]

#: What counts as news of the month: kind, table and its day.
_NEWS = (
    ("event", "event", "happened_on"),
    ("decision", "decision", "decided_on"),
    ("reading", "reading", "measured_on"),
    ("promise_made", "commitment", "made_on"),
    ("promise_kept", "commitment", "done_on"),
    ("insight", "insight", "graded_on"),
    ("value", "value", "valued_on"),
    ("case_opened", "case", "opened_on"),
    ("case_closed", "case", "closed_on"),
    ("answer", "feedback", "answered_on"),
    ("person_left", "contact", "gone_on"),
    ("person_joined", "contact", "joined_on"),
)


@dataclass(frozen=True)
class Line:
    """One line of the monthly page.

    `days` counts from `on` to today and is negative for what lies ahead; None for the customer, to whom the day says
    it. `who` is a person of ours or, for the customer's promises, of theirs.
    """

    section: str
    kind: str
    what: str | Words
    who: str | None
    on: date | None
    days: int | None
    row_id: str


@result("follow_up")
def follow_up(account: Account) -> Iterable[Line]:
    """Return the monthly page: overdue, stale, changed (the last month) and next (the coming month)."""
    for section, ask in _SECTIONS.items():
        for kind, what, who, on, row_id in sorted(ask(account), key=lambda line: line[3] or date.max):
            days = (account.today - on).days if on and account.audience == "internal" else None
            yield Line(section, kind, what, who, on, days, row_id)


def summary(page: Iterable[Line]) -> dict[str, int]:
    """Return how many lines each section of a monthly page has."""
    counted = Counter(each.section for each in page)
    return {section: counted[section] for section in _SECTIONS}


def _overdue(account: Account) -> Iterator[Found]:
    for each in measures.promises(account).where(state="overdue"):
        yield f"promise_{each.direction}", each.title, each.doer_id, each.due_on, each.row_id
    for work in account.open_initiatives:
        if account.days_late(work.due_on):
            yield "initiative", work.title, work.owner_id, work.due_on, work.row_id


def _stale(account: Account) -> Iterator[Found]:
    if account.audience == "customer":  # whom we have not called is ours to know
        return
    for person in relationships.due_contacts(account):
        name = relationships.person_name(account, person.contact_id)
        yield "person", name, person.known_by, person.last_two_way_on, person.contact_id or ""
    since_day = account.today - timedelta(days=account.limit("reading_days"))
    for goal in account.live_goals:
        last = goal_values.latest(account, goal)
        if last is None or last.on < since_day:
            yield "goal", goal.title, goal.owner_id, last.on if last else None, goal.row_id


def _changed(account: Account) -> Iterator[Found]:
    first = since(account, 1)
    for kind, table, when in _NEWS:
        for row in account.rows[table]:
            on = getattr(row, when)
            if on and first <= on <= account.today and getattr(row, "side", "customer") == "customer":
                yield kind, _told(account, row), _doer(row), on, getattr(row, "row_id", "")


def _doer(row: Any) -> str | None:
    """Who it rests on: of a promise, the one who does it."""
    doer: str | None = row.doer_id if isinstance(row, plan.Commitment) else getattr(row, "owner_id", None)
    return doer


def _told(account: Account, row: Any) -> str | Words:
    """What a row is about: its title, whom it is of, what was answered."""
    match row:
        case facts.Contact():
            return relationships.person_name(account, row.contact_id)
        case plan.Measurement():
            titles = (each.title for each in account.goals if each.row_id == row.goal_id)
            return next(titles, text.MISSING)
        case facts.Answer():
            score = [words.label("feedback_kind", row.kind), words.number(row.score)]
            return row.comment or words.joined(score, ": ")
        case plan.Insight():
            return row.goal
    return str(row.title or text.MISSING)


def _next(account: Account) -> Iterator[Found]:
    last = months_from(account.today, 1)
    yield from (each for each in _coming(account) if each[3] and account.today <= each[3] <= last)


def _coming(account: Account) -> Iterator[Found]:
    for promise in account.commitments:
        if promise.done_on is None:
            yield "promise", promise.title, promise.doer_id, promise.due_on, promise.row_id
    for work in account.open_initiatives:
        yield "initiative", work.title, work.owner_id, work.due_on, work.row_id
    yield from _meetings(account)
    for goal in account.goals:
        if goal.customer_status == "declined":
            yield "ask_again", goal.title, goal.owner_id, goal.ask_again_on, goal.row_id


def _meetings(account: Account) -> Iterator[Found]:
    for meeting in account.meetings:
        # What we meet about among ourselves is no news of the customer's.
        is_told = account.audience != "customer" or meeting.kind in WITH_CUSTOMER
        if meeting.held_on is None and is_told:
            yield "meeting", meeting.title, None, meeting.planned_on, meeting.row_id
    coming = account.next_meeting
    if coming and coming.title is None:  # a day that the plan alone names
        yield "meeting", words.label("meeting_kind", "customer_review"), None, coming.on, ""


_SECTIONS = {"overdue": _overdue, "stale": _stale, "changed": _changed, "next": _next}
