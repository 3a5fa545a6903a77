"""Who the customer's people are, what is judged about them, and how fresh the contact is (6.5, P6, P11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method.once import once
from kamlib.schema import TABLES, AccountView

_KNOWN = ["contact_id", "name", "title", "unit", "reports_to", "is_placeholder", "joined_on"]
_JUDGED = ["role", "influence", "support", "matter", "coverage", "level_now", "level_wanted", "interval_days"]
_NOTED = ["known_by", "evidence", "is_confirmed", "noted_on"]
_KINDS = (
    {name: TABLES["contact"].by_name[name].dtype for name in _KNOWN}
    | {name: TABLES["stakeholder"].by_name[name].dtype for name in (*_JUDGED, *_NOTED)}
    | {"last_two_way_on": "datetime64[us]", "days": "Int64", "freshness": "str"}
)

Person = dict[str, Any]


@once
def people(account: AccountView) -> pd.DataFrame:
    """Return the customer's people and the roles that nobody is known to hold.

    One row is one person with the newest known value of each judgement, or a placeholder (no contact_id).
    Freshness compares the days since the last two-way contact with the role's interval (P11), days in
    weeks 28-31 not counted. The most influential come first.
    """
    # Plain dicts, not frames: half of all pages ask, and of some ten people a merge costs more than the rest.
    judged, spoken = _newest_judgements(account), _last_two_way(account)
    persons = [{**each, **judged.get(each["contact_id"], {})} for each in _present(account)]
    seen = [_with_freshness(each, spoken.get(each["contact_id"]), account) for each in persons]
    everybody = sorted([*seen, *_placeholders(seen, account)], key=_by_influence)
    return pd.DataFrame(
        {name: pd.Series([each.get(name) for each in everybody], dtype=kind) for name, kind in _KINDS.items()}
    )


def _by_influence(person: Person) -> tuple[Any, ...]:
    """The most influential first, then the one last spoken with, then by title; what is unknown comes last."""
    influence, last, title = (person.get(name) for name in ("influence", "last_two_way_on", "title"))
    return (
        *((True, 0) if influence is None else (False, -influence)),
        *((True, 0) if last is None else (False, -last.value)),
        *((True, "") if title is None else (False, title)),
    )


def _present(account: AccountView) -> list[Person]:
    theirs = account.contact[[*_KNOWN, "side", "gone_on"]]
    return [
        {name: each[name] for name in _KNOWN} | {"is_placeholder": bool(each["is_placeholder"])}
        for each in _dicts(theirs)
        if each["side"] == "customer" and not (each["gone_on"] and each["gone_on"] <= today(account))
    ]


def _newest_judgements(account: AccountView) -> dict[str, Person]:
    """Each person's judgements; each the newest known value over the person's matters."""
    newest: dict[str, Person] = {}
    columns = ["contact_id", *_JUDGED, *_NOTED]
    for each in _dicts(account.stakeholder[columns].sort_values("noted_on", kind="stable")):
        if person := each.pop("contact_id"):
            said = {name: value for name, value in each.items() if value is not None}
            newest.setdefault(person, {}).update(said)
    return newest


def _last_two_way(account: AccountView) -> dict[str, pd.Timestamp]:
    rows = two_way(account).sort_values("held_on")
    return dict(zip(rows["contact_id"], rows["held_on"], strict=True))


def _dicts(rows: pd.DataFrame) -> Iterator[Person]:
    """Yield each row as a dict, what is missing as None."""
    columns = [[None if text.is_missing(each) else each for each in rows[name]] for name in rows.columns]
    return (dict(zip(rows.columns, values, strict=True)) for values in zip(*columns, strict=True))


@once
def two_way(account: AccountView) -> pd.DataFrame:
    """Return the contacts to date in which both sides spoke, one row per contact and person."""
    touchpoints = account.touchpoint.dropna(subset=["contact_id", "held_on"])
    return touchpoints[
        touchpoints["is_two_way"].fillna(value=False) & (touchpoints["held_on"] <= today(account))
    ]


def _placeholders(persons: list[Person], account: AccountView) -> list[Person]:
    """One row per role of the decision that nobody is known to hold (S3.1); none for the customer's eyes."""
    expected = [] if account.audience == "customer" else account.limit("decision_roles")
    held = {each.get("role") for each in persons}
    return [
        {"role": role, "is_placeholder": True, "freshness": "never"} for role in expected if role not in held
    ]


def _with_freshness(person: Person, last: pd.Timestamp | None, account: AccountView) -> Person:
    usual: Any = account.settings["contact_intervals"].get(person.get("role"), {})
    agreed = person.get("interval_days")
    interval = usual.get("value") if agreed is None else agreed
    days = None if last is None else counted_days(last, today(account), quiet=account.limit("quiet_weeks"))
    state = contact_state(days, interval)
    return {**person, "last_two_way_on": last, "interval_days": interval, "days": days, "freshness": state}


def counted_days(since: pd.Timestamp, until: pd.Timestamp, *, quiet: list[int]) -> int:
    """Return the days after `since` up to `until` that do not fall in the ISO weeks `quiet` (first, last).

    >>> counted_days(pd.Timestamp("2026-06-30"), pd.Timestamp("2026-08-31"), quiet=[28, 31])
    34
    """
    first, last = quiet
    still = 0
    for year in range(since.year, until.year + 1):
        start = pd.Timestamp.fromisocalendar(year, first, 1) - pd.Timedelta(days=1)
        end = start + pd.Timedelta(weeks=last - first + 1)
        still += max((min(until, end) - max(since, start)).days, 0)
    return (until - since).days - still


def contact_state(days: object, interval: object) -> str:
    """Return fresh (within the interval), ageing (to 1.5 times), stale (beyond), never or unknown (P11)."""
    if text.is_missing(days):
        return "never"
    if text.is_missing(interval):
        return "unknown"
    times = float(days) / float(interval)  # type: ignore[arg-type]
    return "fresh" if times <= 1 else "ageing" if times <= 1.5 else "stale"


def person_name(account: AccountView, contact_id: object) -> str:
    """Return the person's name, the title where the name is not known (and said so), a dash for nobody."""
    if text.is_missing(contact_id):
        return text.MISSING
    return _names(account).get(str(contact_id)) or text.t("people.unknown_person")


@once
def _names(account: AccountView) -> dict[str, str]:
    people_known = account.contact[["contact_id", "name", "title"]].astype(object)
    names: dict[str, str] = {}
    for contact_id, name, title in people_known.itertuples(index=False):
        if not text.is_missing(name):
            names[str(contact_id)] = str(name)
        elif not text.is_missing(title):
            names.setdefault(str(contact_id), text.t("people.title_only", title=title))
    return names


def today(account: AccountView) -> pd.Timestamp:
    """Return the as-of day."""
    return pd.Timestamp(account.as_of)
