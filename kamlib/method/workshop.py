"""A workshop before and after: the days around it, whom to ask, and what was agreed on the day (P23-P25)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kamlib import text, words
from kamlib.errors import Finding
from kamlib.method import measures, relationships
from kamlib.method.measures.periods import rows_of
from kamlib.schema import Account, Portfolio, facts, plan
from kamlib.schema.days import working_days_from
from kamlib.words import Words


@dataclass(frozen=True)
class Step:
    """A step around a workshop, with its label (T-10 ... T+30); quiet where it falls in a holiday week (P11)."""

    step: str
    label: Words
    due_on: date | None
    is_quiet: bool


def countdown(bundle: Account | Portfolio, on: date | None) -> list[Step]:
    """Return the steps around a workshop (P24).

    Steps before are counted in working days; those after in days, moved to the next weekday. Without a day of the
    workshop no step has one.
    """
    first, last = bundle.limit("quiet_weeks")
    steps: dict[str, int] = bundle.limit("workshop_countdown")
    due = {step: _day(on, days) if on else None for step, days in steps.items()}
    return [
        Step(step, _label(steps[step]), day, bool(day and first <= day.isocalendar().week <= last))
        for step, day in due.items()
    ]


def _day(on: date, days: int) -> date:
    if days <= 0:
        return working_days_from(on, days) if days else on
    return working_days_from(on + timedelta(days=days), 0)


def _label(days: int) -> Words:
    form = "day" if days == 0 else "before" if days < 0 else "hours" if days == 1 else "after"
    counted = {} if days in (0, 1) else {"n": abs(days)}
    return words.sentence(f"countdown.label.{form}", **counted)


def warnings(bundle: Account | Portfolio, steps: Sequence[Step]) -> list[Finding]:
    """Return what speaks against the days of a countdown: holiday weeks, a weekend, a step whose day has passed."""
    on, today = next(each.due_on for each in steps if each.step == "workshop"), bundle.today
    first, last = bundle.limit("quiet_weeks")
    quiet = [words.day(each.due_on) for each in steps if each.is_quiet]
    told = []
    if quiet:
        values = {"days": words.listed(quiet), "first": first, "last": last}
        told.append(Finding("workshop_quiet", "warning", {}, values))
    if on and on.weekday() >= 5:
        told.append(Finding("workshop_weekend", "warning", {}, {"day": words.day(on)}))
    missed = [each for each in steps if each.due_on and each.due_on < today] if on and on >= today else []
    for each in missed:
        days = {"step": each.label, "day": words.day(each.due_on), "today": words.day(today)}
        told.append(Finding("workshop_late", "warning", {}, days))
    return told


def kam(account: Account) -> str:
    """Return the name of the account's KAM: the plan's owner, else the register's; empty where neither is known."""
    owner = (account.plan and account.plan.owner_id) or (account.customer and account.customer.owner) or ""
    return str(relationships.person_name(account, owner)) if account.person(owner) else owner


@dataclass(frozen=True)
class Guest:
    """Somebody to ask; `part` is the label set and code of the reason. A part that nobody is known for has no person."""

    contact_id: str | None
    side: str
    part: str
    has_left: bool = False


def guests(bundle: Account | Portfolio, *, with_customer: bool) -> list[Guest]:
    """Return whom to ask, each once.

    With the customer: the people behind shared goals, values, promises and work, never by role or stance (P2), and our
    squad. Inside: the squad; for the portfolio the raters.
    """
    if isinstance(bundle, Portfolio):
        asked = list(_raters(bundle))
    else:
        theirs = _theirs(bundle) if with_customer else []
        asked = [*theirs, *_squad(bundle, with_customer=with_customer)]
    first: dict[str, Guest] = {}
    for each in asked:
        first.setdefault(each.contact_id or each.part, each)
    people = rows_of(bundle, facts.Contact)
    left = {each.contact_id for each in people if each.gone_on and each.gone_on <= bundle.today}
    most = bundle.limit("workshop_guests") if with_customer else len(asked)
    return [
        replace(each, has_left=each.contact_id in left)
        for side in ("customer", "ours")
        for each in [each for each in first.values() if each.side == side][:most]
    ]


def _theirs(account: Account) -> list[Guest]:
    behind: dict[str, Iterable[str | None]] = {
        "goal": (each.customer_owner_id for each in account.live_goals),
        "value": (each.confirmed_by for each in account.value_claims),
        "promise": (each.customer_owner_id for each in account.commitments if each.done_on is None),
        "work": (each.customer_owner_id for each in account.open_initiatives),
    }
    asked = [(who, part) for part, ids in behind.items() for who in ids if who]
    nobody = [(None, part) for part in ("owner", "user", "decider")]
    return [Guest(who, "customer", f"invited_for.{part}") for who, part in asked or nobody]


def _squad(account: Account, *, with_customer: bool) -> Iterator[Guest]:
    first = {"kam": 0, "sponsor": 1}
    present = measures.squad(account).where(has_left=False)
    for each in sorted(present, key=lambda each: first.get(each.function, 2)):
        yield Guest(each.person_id, "ours", f"function.{each.function}")
    lacking = measures.squad_gaps(account)
    if with_customer:  # to a customer we come with a KAM and a sponsor, and name no gap beyond them
        lacking = [function for function in first if function in lacking]
    yield from (Guest(None, "ours", f"function.{function}") for function in lacking)


def _raters(portfolio: Portfolio) -> Iterable[Guest]:
    known: dict[str | None, str | None] = {}
    for each in rows_of(portfolio, plan.Assessment):
        if each.rater_id:
            known.setdefault(each.rater_id, each.function)
    wanted = [(None, function) for function in portfolio.limit("squad_minimum")]
    return [Guest(who, "ours", f"function.{function}") for who, function in known.items() or wanted]


def refusals(account: Account) -> list[plan.Goal]:
    """Return the goals that the customer has said no to, the newest first (P25)."""
    said_no = [each for each in account.goals if each.customer_status == "declined"]
    return sorted(said_no, key=lambda each: each.customer_status_on or date.min, reverse=True)


def to_know(account: Account) -> Iterator[Words]:
    """Return what the facilitator must not stumble on: late promises, a no that stands, value that is not confirmed."""
    late = measures.promises(account).where(state="overdue")
    for promise in sorted(late, key=lambda each: -(each.days_late or 0))[:5]:
        who, side = (
            relationships.person_name(account, promise.doer_id),
            words.label("side", promise.direction),
        )
        told = {"days": promise.days_late, "side": side, "title": promise.title, "who": who}
        yield words.sentence("guide.overdue", **told)
    for no in refusals(account):
        key = "guide.declined" if no.ask_again_on else "guide.declined_silent"
        again, title = words.day(no.ask_again_on), text.bare(no.title)
        yield words.sentence(key, title=title, again=again, said=no.customer_said)
    for claim in [each for each in account.value_claims if each.stage != "confirmed"][:3]:
        yield words.sentence("guide.unconfirmed", title=claim.title)
    for guest in guests(account, with_customer=True):
        if guest.has_left:
            yield words.sentence("guide.gone", who=relationships.person_name(account, guest.contact_id))


@dataclass(frozen=True)
class Agreed:
    """One thing noted on the day of a workshop; `part` is agreed, theirs or ours."""

    part: str
    title: str
    person_id: str | None
    due_on: date | None


def agreed(account: Account, on: date | None) -> Iterator[Agreed]:
    """Return goals that the customer confirmed or changed, decisions taken, and promises made on the day."""
    if on is None:
        return
    for goal in account.goals:
        if goal.customer_status in ("confirmed", "changed") and goal.customer_status_on == on:
            yield Agreed("agreed", goal.title, goal.owner_id, goal.due_on)
    for decision in account.decisions:
        if decision.decided_on == on:
            yield Agreed("agreed", decision.title, decision.owner_id, decision.due_on)
    for made in account.commitments:
        if made.made_on == on:
            side = "theirs" if made.direction == "customer" else "ours"
            yield Agreed(side, made.title, made.doer_id, made.due_on)


def next_day(account: Account, on: date | None) -> date | None:
    """Return the day after the workshop on which the two sides are to meet again, where one is planned.

    It is the account's next meeting as of the day after; of a workshop that is over, as of today.
    """
    after = on + timedelta(days=1) if on and on >= account.today else account.today
    meeting = replace(account, as_of=after).next_meeting
    return meeting.on if meeting else None
