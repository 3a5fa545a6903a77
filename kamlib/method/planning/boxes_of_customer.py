"""The boxes about the customer: who, why, where to, what they want and whom we know (P15)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from kamlib import text
from kamlib.method import relationships
from kamlib.method.planning import customer
from kamlib.method.planning.box import MISSING, Box, has_left, is_old, lines_of, plan_day, written
from kamlib.schema import AccountView


def _person(account: AccountView, column: str) -> tuple[str, str]:
    """Name and state of one of our people in the plan; stale where the person has left."""
    contact_id = written(account, column)
    if contact_id is None:
        return "", "missing"
    return str(relationships.person_name(account, contact_id)), "stale" if has_left(
        account, contact_id
    ) else "filled"


def _customer(account: AccountView) -> Box:
    kam, state = _person(account, "owner_id")
    source = text.t("page.from_plan")
    if not kam:
        own = account.account.loc[account.account["account_id"].eq(account.account_id), "owner"].dropna()
        kam = _registered(account, str(own.iloc[0])) if len(own) else ""
        state, source = ("assumed" if kam else "missing"), text.t("page.from_facts")
    if account.audience == "customer":
        return Box(lines_of([kam]), state)
    lines = [account.name, text.t("page.line.kam", kam=kam) if kam else ""]
    heir = _heir(account) if state == "stale" else ""
    return Box(lines_of([*lines, heir]), state, source, plan_day(account))


def _heir(account: AccountView) -> str:
    """Who follows a KAM that has left: the owner of the register, where that is somebody else."""
    own = account.account.loc[account.account["account_id"].eq(account.account_id), "owner"].dropna()
    if own.empty or str(own.iloc[0]) == str(written(account, "owner_id")):
        return ""
    return text.t("page.line.registered", kam=_registered(account, str(own.iloc[0])))


def _registered(account: AccountView, owner: str) -> str:
    """The owner of the register by name, where it gives the id of somebody we know."""
    known = owner in set(account.contact["contact_id"])
    return str(relationships.person_name(account, owner)) if known else owner


def _sponsor(account: AccountView) -> Box:
    name, state = _person(account, "sponsor_id")
    return Box(lines_of([name]), state, text.t("page.from_plan"), plan_day(account)) if name else MISSING


def _why_key(account: AccountView) -> Box:
    reason = written(account, "reason")
    if reason is not None:
        state = "stale" if is_old(account) else "filled"
        return Box((str(reason),), state, text.t("page.from_plan"), plan_day(account))
    decided = account.selection.dropna(subset=["reason"]).sort_values("decided_on")
    if len(decided):
        latest = decided.iloc[-1]
        return Box((str(latest["reason"]),), "filled", text.t("page.from_selection"), latest["decided_on"])
    proposed = account.standing.reason if account.standing else None
    return Box((_reason(proposed),), "assumed", text.t("page.from_standing")) if proposed else MISSING


def _reason(told: object) -> str:
    """A recorded reason as it stands; a proposed one is a sentence of the catalogue with its values."""
    if not isinstance(told, Mapping):
        return str(told)
    return text.t(told["key"], **{name: value for name, value in told.items() if name != "key"})


def _ambition(account: AccountView) -> Box:
    ambition = written(account, "ambition")
    if ambition is None:
        return MISSING
    state = "stale" if is_old(account) else "filled"
    return Box((str(ambition),), state, text.t("page.from_plan"), plan_day(account))


def _priorities(account: AccountView) -> Box:
    first = customer.insights(account).head(3)
    if first.empty:
        return MISSING
    told = [row["goal"] + _graded(row["grade"]) for _, row in first.iterrows()]
    assumed, stale = first["grade"].eq("assumed").all(), first["is_stale"].all()
    state = "stale" if stale else "assumed" if assumed else "filled"
    return Box(lines_of(told), state, _tellers(account, first), first["graded_on"].max())


def _graded(grade: object) -> str:
    return "" if text.is_missing(grade) else f" ({text.label('grade', grade)})"


def _tellers(account: AccountView, rows: pd.DataFrame) -> str:
    names = [relationships.person_name(account, each) for each in rows["told_by"].dropna().unique()]
    return text.listed(names) if names else text.t("page.from_plan")


def _people(account: AccountView) -> Box:
    people = relationships.people(account).frame().dropna(subset=["contact_id"])
    if account.audience == "customer":
        # The customer sees only who of their own people stands behind a shared goal: no roles, no contacts.
        people = people[people["contact_id"].isin(account.goal["customer_owner_id"].dropna())]
        told = [_named(row) for row in people.head(3).itertuples()]
        return Box(lines_of(told), "filled" if told else "missing")
    first = people.sort_values(["influence", "last_two_way_on"], ascending=False).head(3)
    if first.empty:
        return MISSING
    told = [_met(row) for row in first.itertuples()]
    state = "stale" if first["freshness"].isin(["stale", "never"]).all() else "filled"
    state = "assumed" if first["role"].isna().all() else state
    return Box(lines_of(told), state, text.t("page.from_log"), first["last_two_way_on"].max())


def _named(person: object) -> str:
    name, title = getattr(person, "name", None), getattr(person, "title", None)
    if text.is_missing(name) and not text.is_missing(title):
        name = text.t("people.unknown_name")
    return ", ".join(str(part) for part in (name, title) if not text.is_missing(part))


def _met(person: object) -> str:
    role, last = getattr(person, "role", None), getattr(person, "last_two_way_on", None)
    state = text.label("freshness", getattr(person, "freshness", None))
    who = _named(person) or text.t("people.unknown_person")
    told = text.t(
        "page.line.unmet" if text.is_missing(last) else "page.line.met", day=text.day(last), state=state
    )
    return " · ".join(
        [who, text.t("page.no_role") if text.is_missing(role) else text.label("stakeholder_role", role), told]
    )


BOXES: Mapping[str, Callable[[AccountView], Box]] = {
    "customer": _customer,
    "sponsor": _sponsor,
    "why_key": _why_key,
    "ambition": _ambition,
    "priorities": _priorities,
    "people": _people,
}
