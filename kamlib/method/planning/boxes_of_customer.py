"""The boxes about the customer: who, why, where to, what they want and whom we know (P15)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kamlib import words
from kamlib.method import relationships
from kamlib.method.planning.box import FROM_PLAN, MISSING, Box, is_old, lines_of, newest, plan_day
from kamlib.method.planning.customer import KnownInsight, insights
from kamlib.schema import Account
from kamlib.words import Words


def _registered(account: Account) -> str | None:
    """The owner in the customer register: by name, where it gives the id of somebody we know."""
    owner = account.customer.owner if account.customer else None
    return (account.name_of(owner) or owner) if owner else None


def _customer(account: Account) -> Box:
    kam = account.plan.owner_id if account.plan else None
    if kam is None:
        owner, source = _registered(account), words.sentence("page.from_facts")
        return _named_kam(account, owner, Box(state="assumed" if owner else "missing", source=source))
    has_left = account.has_left(kam)
    box = Box(state="stale" if has_left else "filled", source=FROM_PLAN)
    name, heir = relationships.person_name(account, kam), _heir(account) if has_left else None
    return _named_kam(account, name, box, heir)


def _named_kam(account: Account, kam: str | Words | None, box: Box, heir: Words | None = None) -> Box:
    if account.audience == "customer":
        return Box(lines_of([kam]), box.state)
    told = words.sentence("page.line.kam", kam=kam) if kam else None
    return Box(lines_of([account.name, told, heir]), box.state, box.source, plan_day(account))


def _heir(account: Account) -> Words | None:
    """Who follows a KAM that has left: the owner in the register, where that is somebody else."""
    owner = account.customer.owner if account.customer else None
    if owner is None or account.plan is None or owner == account.plan.owner_id:
        return None
    return words.sentence("page.line.registered", kam=_registered(account))


def _sponsor(account: Account) -> Box:
    sponsor = account.plan.sponsor_id if account.plan else None
    if sponsor is None:
        return MISSING
    state = "stale" if account.has_left(sponsor) else "filled"
    return Box((relationships.person_name(account, sponsor),), state, FROM_PLAN, plan_day(account))


def _of_plan(account: Account, words_of_plan: str | None) -> Box:
    if words_of_plan is None:
        return MISSING
    return Box((words_of_plan,), "stale" if is_old(account) else "filled", FROM_PLAN, plan_day(account))


def _why_key(account: Account) -> Box:
    if account.plan and account.plan.reason is not None:
        return _of_plan(account, account.plan.reason)
    decided = [each for each in account.selections if each.reason is not None]
    if decided:
        latest = max(decided, key=lambda each: (each.decided_on is not None, each.decided_on))
        return Box((latest.reason or "",), "filled", words.sentence("page.from_selection"), latest.decided_on)
    proposed = account.standing.reason if account.standing else None
    return Box((_reason(proposed),), "assumed", words.sentence("page.from_standing")) if proposed else MISSING


def _reason(reason: str | Mapping[str, Any]) -> str | Words:
    """A recorded reason as it stands; a proposed one is a sentence of the catalogue with its values."""
    if isinstance(reason, str):
        return reason
    values = {name: value for name, value in reason.items() if name != "key"}
    return words.sentence(str(reason["key"]), **values)


def _ambition(account: Account) -> Box:
    return _of_plan(account, account.plan.ambition if account.plan else None)


def _priorities(account: Account) -> Box:
    first = insights(account)[:3]
    if not first:
        return MISSING
    is_assumed = all(each.grade == "assumed" for each in first)
    state = "stale" if all(each.is_stale for each in first) else "assumed" if is_assumed else "filled"
    graded_on = newest(each.graded_on for each in first)
    return Box(tuple(_graded(each) for each in first), state, _tellers(account, first), graded_on)


def _graded(insight: KnownInsight) -> str | Words:
    if insight.grade is None:
        return insight.goal
    return words.joined([insight.goal, " (", words.label("grade", insight.grade), ")"], "")


def _tellers(account: Account, rows: Sequence[KnownInsight]) -> Words:
    tellers = dict.fromkeys(each.told_by for each in rows if each.told_by)
    names = [relationships.person_name(account, each) for each in tellers]
    return words.listed(names) if names else FROM_PLAN


def _people(account: Account) -> Box:
    people = [each for each in relationships.people(account) if each.contact_id]
    if account.audience == "customer":
        # The customer sees only who of their own people stands behind a shared goal: no roles, no contacts.
        owners = {each.customer_owner_id for each in account.goals}
        theirs = [_named(each) for each in people if each.contact_id in owners]
        return Box(lines_of(theirs[:3]), "filled" if theirs else "missing")
    first = sorted(people, key=_by_influence)[:3]
    if not first:
        return MISSING
    is_stale = all(each.freshness in ("stale", "never") for each in first)
    state = "assumed" if all(each.role is None for each in first) else "stale" if is_stale else "filled"
    met_on = newest(each.last_two_way_on for each in first)
    return Box(tuple(_met(each) for each in first), state, words.sentence("page.from_log"), met_on)


def _by_influence(person: Any) -> tuple[float, float]:
    """The most influential first, then the one last spoken with; what is not known comes last."""
    last = person.last_two_way_on
    return -(person.influence or 0), -(last.toordinal() if last else 0)


def _named(person: Any) -> Words | None:
    name = person.name or (words.sentence("people.unknown_name") if person.title else None)
    parts = [part for part in (name, person.title) if part]
    return words.joined(parts, ", ") if parts else None


def _met(person: Any) -> Words:
    who = _named(person) or words.sentence("people.unknown_person")
    role = words.label("stakeholder_role", person.role) if person.role else words.sentence("page.no_role")
    last, state = person.last_two_way_on, words.label("freshness", person.freshness)
    key = "page.line.met" if last else "page.line.unmet"
    return words.joined([who, role, words.sentence(key, day=words.day(last), state=state)], " · ")


BOXES: Mapping[str, Callable[[Account], Box]] = {
    "customer": _customer,
    "sponsor": _sponsor,
    "why_key": _why_key,
    "ambition": _ambition,
    "priorities": _priorities,
    "people": _people,
}
