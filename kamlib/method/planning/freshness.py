"""A living document (S3.6, S3.8, S5.6): what is stale, which clock has run out, what was copied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamlib import schema, words
from kamlib.errors import Finding
from kamlib.method import measures, relationships
from kamlib.method.measures.periods import rows_of
from kamlib.method.planning.box import newest
from kamlib.schema import Account, Bundle, result
from kamlib.schema.days import months_from, working_days_from
from kamlib.words import Words

#: Part of the plan -> table, its date, and the limit in months.
_PARTS = (
    ("people", "stakeholder", "noted_on", "people_note_months"),
    ("insights", "insight", "graded_on", "insight_months"),
    ("readings", "reading", "measured_on", "plan_update_months"),
    ("risks", "risk", "noted_on", "risk_note_months"),
    ("value", "value", "valued_on", "insight_months"),
    ("wallet", "wallet", "valued_on", "wallet_months"),
    ("whitespace", "whitespace", "valued_on", "wallet_months"),
)
_DAYS_PER_MONTH = 30.44


@dataclass(frozen=True)
class Part:
    """A part of the plan: how many rows, the newest day, and its state: fresh, ageing (to 1.5 times the limit), stale, missing."""

    part: str
    rows: int
    newest_on: date | None
    limit_months: int
    state: str
    reading: Words | None


@result("staleness")
def staleness(account: Account) -> Iterable[Part]:
    """Return one row per part of the plan, with what to do where it is not fresh (S3.6)."""
    for part, table, when, limit in _PARTS:
        rows, months = account.rows[table], int(account.limit(limit))
        last = newest(getattr(row, when) for row in rows)
        days = (account.today - last).days if last else None
        age = relationships.contact_state(days, months * _DAYS_PER_MONTH)
        state = "missing" if not rows else "stale" if age == "never" else age
        reading = words.sentence(f"stale.{part}") if state != "fresh" else None
        yield Part(part, len(rows), last, months, state, reading)


@dataclass(frozen=True)
class Clock:
    """One clock of the plan: contact, month, quarter, event or year; `state` is kept, running, overdue or not_started."""

    clock: str
    due_on: date | None
    days_over: int | None
    state: str
    reading: Words


Wound = tuple[str, date | None, date | None]  # clock, since, due (None: kept)


@result("clocks")
def clocks(account: Account) -> Iterable[Clock]:
    """Return the plan's clocks, the longest overdue first (S5.6); it was touched on its newest dated judgement."""
    touched = measures.plan_updated_on(account)
    wound = [_after_contact(account, touched), *_regular(account, touched), _after_event(account)]
    rows = [_clock(account, *each) for each in wound]
    return sorted(rows, key=lambda each: -1 if each.days_over is None else each.days_over, reverse=True)


def _clock(account: Account, clock: str, since: date | None, due: date | None) -> Clock:
    if due is None:
        state = "kept" if since else "not_started"
    else:
        state = "overdue" if due < account.today else "running"
    over = account.days_late(due) if due else None
    reading = words.sentence(f"clock.{clock}.{state}", since=words.day(since), due=words.day(due))
    return Clock(clock, due, over, state, reading)


def _after_contact(account: Account, touched: date | None) -> Wound:
    """A contact, a delivery or a change at the customer: into the plan within five working days."""
    theirs = [each for each in account.contacts if each.side == "customer"]
    days = {
        *(each.held_on for each in account.touchpoints if each.is_two_way),
        *(each.actual_end_on for each in account.projects),
        *(each.joined_on for each in theirs),
        *(each.gone_on for each in theirs),
    }
    since = months_from(account.today, -12)  # older news is no longer due
    happened = [day for day in days if day is not None and since <= day <= account.today]
    untold = [day for day in happened if touched is None or day > touched]
    if not untold:
        return "contact", newest(happened), None
    return "contact", min(untold), working_days_from(min(untold), account.limit("plan_after_contact_days"))


def _regular(account: Account, touched: date | None) -> Iterator[Wound]:
    """Every month a look, every quarter an update, every year a new selection."""
    met = [each.held_on for each in account.meetings if each.kind in ("squad", "internal_review")]
    looked = newest([*met, *(each.held_on for each in account.reviews), touched])
    chosen = newest(each.decided_on for each in account.selections)
    rounds = (
        ("month", looked, account.limit("plan_check_months")),
        ("quarter", touched, account.limit("plan_update_months")),
        ("year", chosen, 12),
    )
    for clock, since, months in rounds:
        yield clock, since, months_from(since, months) if since else None


def _after_event(account: Account) -> Wound:
    """An event forces an extra review within ten working days; the oldest of the year without one counts."""
    since, reviewed = months_from(account.today, -12), newest(each.held_on for each in account.reviews)
    events = [each.happened_on for each in account.events if since <= each.happened_on <= account.today]
    waiting = [day for day in events if reviewed is None or day > reviewed]
    if not waiting:
        return "event", newest(events), None
    return "event", min(waiting), working_days_from(min(waiting), account.limit("review_after_event_days"))


def tailor_made(account: Account) -> list[Finding]:
    """Return what shows that the plan is not made for this customer (S3.8): copied text, no strategy line, no need."""
    place, plan = {"account": account.name}, account.plan
    lacks = [
        Finding(f"plan_without_{name}", "warning", place)
        for name in ("strategy_line", "customer_need")
        if plan is None or getattr(plan, name) is None
    ]
    first = {each.alike: each for each in reversed(copied_texts(account))}
    return [*lacks, *(_copied(place, each) for each in first.values())]


def _copied(place: dict[str, str], copied: Copied) -> Finding:
    values = {"table": words.table(copied.table), "times": copied.times, "start": copied.text[:60]}
    return Finding("plan_copied_text", "warning", place, values)


@dataclass(frozen=True)
class Copied:
    """A longer text that occurs in more than one place of the plans; `alike` is the text folded."""

    text: str
    table: str
    account_id: str
    alike: str
    times: int


def copied_texts(bundle: Bundle) -> list[Copied]:
    """Return the longer texts that occur in more than one place.

    Over a portfolio it finds what was copied between plans, over one account between its own rows (S3.8).
    """
    places = [place for table in schema.TABLES.values() for place in _long_texts(bundle, table)]
    folded = [" ".join(place[0].casefold().split()) for place in places]
    times = Counter(folded)
    found = [Copied(*place, alike, times[alike]) for place, alike in zip(places, folded, strict=True)]
    return sorted((each for each in found if each.times > 1), key=lambda each: (each.text, each.table))


#: What several raters, senders or deciders rightly share, and the column that quotes a need on purpose.
_NOT_PROSE = ("assessment", "weight", "selection", "waiver", "communication", "decision")
_NAMED = ("customer_need", "source", "decided_by", "competitor")


def _long_texts(bundle: Bundle, table: schema.Table) -> Iterator[tuple[str, str, str]]:
    if table.role != "plan" or table.name in _NOT_PROSE:
        return
    least = bundle.limit("copied_text_length")
    rows: Iterable[Any] = rows_of(bundle, table.row)
    names = [each.name for each in table.columns if each.kind == "text" and each.name not in _NAMED]
    for row in rows:
        for name in names:
            written = getattr(row, name)
            if written is not None and len(written) >= least:
                yield written, table.name, row.account_id
