"""Who is in the customer team, and whose hours it takes (S4.1, S1.5, P22)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from kamlib.method.measures.periods import today, total
from kamlib.method.once import once
from kamlib.schema import Account, Portfolio, result


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


def hours(portfolio: Portfolio) -> pd.DataFrame:
    """One row per KAM: `accounts`, hours that the plans in force need a year, hours that exist, `balance`, `state`.

    Hours exist by the person's own capacity (`contact.capacity_hours_year`); where nobody has written it they are
    unknown, never made of the same plans. Who has left has none, and the state is `left`.
    """
    needs: defaultdict[str, list[float | None]] = defaultdict(list)
    for plan in portfolio.plans.values():
        if plan.owner_id:
            needs[plan.owner_id].append(plan.hours_year)
    people = portfolio.contact.set_index("contact_id").reindex(list(needs))
    rows = pd.DataFrame({"person_id": pd.Series(list(needs), dtype="str")})
    rows["accounts"] = pd.Series([len(each) for each in needs.values()], dtype="int64")
    rows["hours_needed"] = pd.Series([total(each) for each in needs.values()], dtype="float64")
    has_left = (people["gone_on"] <= today(portfolio)).to_numpy(dtype=bool)
    exist = pd.Series(people["capacity_hours_year"].to_numpy(dtype=float))
    rows["hours_available"] = exist.mask(has_left, 0.0)
    rows["balance"] = rows["hours_available"] - rows["hours_needed"]
    states = pd.Series("enough", rows.index, dtype="str").mask(rows["balance"] < 0, "short")
    rows["state"] = states.mask(rows["balance"].isna(), "unknown").mask(has_left, "left")
    return rows.sort_values("balance", ignore_index=True)
