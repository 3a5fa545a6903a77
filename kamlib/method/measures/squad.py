"""Who is in the customer team, and whose hours it takes (S4.1, S1.5, P22)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kamlib.method.measures.periods import total
from kamlib.method.once import once
from kamlib.schema import Account, Portfolio, result
from kamlib.schema.facts import Contact


@dataclass(frozen=True)
class Member:
    """One person in one function of the customer team."""

    person_id: str
    function: str
    hours_year: float | None = None
    hours_spent_quarter: float | None = None
    is_deputy: bool | None = None
    has_left: bool = False


@result("squad")
def squad(account: Account) -> Iterable[Member]:
    """One row per person and function: squad rows, and the plan's owner and sponsor where those rows lack them.

    `has_left` says that the person's last day has passed. Company rows (no account) are not a squad.
    """
    named = [each for each in account.squad_members if each.account_id]
    for each in named:
        hours = (each.hours_year, each.hours_spent_quarter)
        yield Member(each.person_id, each.function, *hours, each.is_deputy, account.has_left(each.person_id))
    filled, plan = {each.function for each in named}, account.plan
    for function, person in (("kam", plan and plan.owner_id), ("sponsor", plan and plan.sponsor_id)):
        if person and function not in filled:
            yield Member(person, function, has_left=account.has_left(person))


@once
def is_small_squad(account: Account) -> bool:
    """Tell whether the team has fewer people than full RACI is meant for (P22)."""
    present = {each.person_id for each in squad(account).where(has_left=False)}
    return bool(len(present) < account.limit("squad_small_people"))


def squad_gaps(account: Account) -> list[str]:
    """Return the functions of the minimum squad (P22) that nobody holds; `project` only while one runs."""
    present = {each.function for each in squad(account).where(has_left=False)}
    needed = list(account.limit("squad_minimum"))
    if any(each.status == "ongoing" for each in account.projects):
        needed.append("project")
    return [function for function in needed if function not in present]


@once
def initiative_hours(account: Account) -> Mapping[str, float]:
    """Return the hours that open initiatives take of each person, by contact_id; nobody whose hours are not known.

    An initiative's hours are counted once: shared equally by those accountable and responsible for it, its owner's
    where nobody is named.
    """
    hours: defaultdict[str, float] = defaultdict(float)
    for work in account.open_initiatives:
        parts = [each for each in account.responsibilities if each.initiative_id == work.row_id]
        named = {each.person_id for each in parts if each.letter in ("A", "R")}
        persons = named or {work.owner_id} - {None}
        for person in persons:
            if work.hours is not None:
                hours[str(person)] += work.hours / len(persons)
    return hours


@dataclass(frozen=True)
class KamHours:
    """The hours of one KAM: what the plans in force need a year, what exist, and what is left; None: not known."""

    person_id: str
    accounts: int
    hours_needed: float | None
    hours_available: float | None
    balance: float | None
    state: str


@result("programme_hours")
def hours(portfolio: Portfolio) -> Iterable[KamHours]:
    """Return the hours of each KAM, the least left first.

    Hours exist by the person's own capacity (`contact.capacity_hours_year`); where nobody has written it they are
    unknown, never made of the same plans. Who has left has none, and the state is `left`.
    """
    needs: defaultdict[str, list[float | None]] = defaultdict(list)
    for plan in portfolio.plans.values():
        if plan.owner_id:
            needs[plan.owner_id].append(plan.hours_year)
    named = portfolio.contact[portfolio.contact["contact_id"].isin(list(needs))]
    people = {each.contact_id: each for each in Contact.table.rows(named)}
    rows = [_of_kam(portfolio, who, people.get(who), each) for who, each in needs.items()]
    return sorted(rows, key=lambda each: math.inf if each.balance is None else each.balance)


def _of_kam(portfolio: Portfolio, who: str, person: Any, needs: list[float | None]) -> KamHours:
    has_left = bool(person and person.gone_on and person.gone_on <= portfolio.today)
    needed, exist = total(needs), 0.0 if has_left else person and person.capacity_hours_year
    left = None if needed is None or exist is None else exist - needed
    state = "left" if has_left else "unknown" if left is None else "short" if left < 0 else "enough"
    return KamHours(who, len(needs), needed, exist, left, state)
