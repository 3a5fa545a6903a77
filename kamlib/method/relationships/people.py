"""Who the customer's people are, what is judged about them, and how fresh the contact is (6.5, P6, P11)."""

from __future__ import annotations

import pandas as pd

from kamlib import text
from kamlib.method.once import once
from kamlib.schema import AccountView

_JUDGED = ["role", "influence", "support", "matter", "coverage", "level_now", "level_wanted", "interval_days"]
_NOTED = ["known_by", "evidence", "is_confirmed", "noted_on"]


@once
def people(account: AccountView) -> pd.DataFrame:
    """Return the customer's people and the roles that nobody is known to hold.

    One row is one person with the newest known value of each judgement, or a placeholder (no contact_id).
    Freshness compares the days since the last two-way contact with the role's interval (P11), days in
    weeks 28-31 not counted. The most influential come first.
    """
    persons = _present(account).merge(_newest_judgements(account), how="left", on="contact_id")
    last = two_way(account).groupby("contact_id")["held_on"].max()
    seen = last.reindex(persons["contact_id"]).to_numpy()  # not map: it fails on nobody
    persons = _with_freshness(persons.assign(last_two_way_on=seen), account)
    everybody = _with_placeholders(persons, account)
    order = ["influence", "last_two_way_on", "title"]
    return everybody.sort_values(order, ascending=[False, False, True], ignore_index=True)


@once
def stances(account: AccountView) -> pd.DataFrame:
    """Return support per person and matter (P6): contact_id, matter, support -2..2, evidence, noted_on."""
    known = account.stakeholder.dropna(subset=["contact_id", "support"])
    columns = ["contact_id", "matter", "support", "evidence", "is_confirmed", "noted_on"]
    newest = known.sort_values("noted_on").drop_duplicates(["contact_id", "matter"], keep="last")
    return newest.sort_values("noted_on", ascending=False)[columns].reset_index(drop=True)


def _present(account: AccountView) -> pd.DataFrame:
    theirs = account.contact[account.contact["side"].eq("customer")]
    stays = theirs["gone_on"].isna() | (theirs["gone_on"] > today(account))
    columns = ["contact_id", "name", "title", "unit", "reports_to", "is_placeholder", "joined_on"]
    return theirs.loc[stays, columns].fillna({"is_placeholder": False})


def _newest_judgements(account: AccountView) -> pd.DataFrame:
    """One row per person; each column its newest known value over the person's matters."""
    known = account.stakeholder.dropna(subset=["contact_id"]).sort_values("noted_on")
    return known.groupby("contact_id", as_index=False)[[*_JUDGED, *_NOTED]].last()


@once
def two_way(account: AccountView) -> pd.DataFrame:
    """Return the contacts to date in which both sides spoke, one row per contact and person."""
    touchpoints = account.touchpoint.dropna(subset=["contact_id", "held_on"])
    return touchpoints[
        touchpoints["is_two_way"].fillna(value=False) & (touchpoints["held_on"] <= today(account))
    ]


def _with_placeholders(persons: pd.DataFrame, account: AccountView) -> pd.DataFrame:
    """Add one row per role of the decision that nobody is known to hold (S3.1); none for the customer's eyes."""
    expected = [] if account.audience == "customer" else account.limit("decision_roles")
    absent = [role for role in expected if role not in set(persons["role"].dropna())]
    told = {"role": absent, "is_placeholder": [True] * len(absent), "freshness": ["never"] * len(absent)}
    rows = persons.reindex(range(len(persons) + len(absent)))
    return rows.assign(
        **{
            name: pd.Series([*persons[name], *added], dtype=persons[name].dtype)
            for name, added in told.items()
        }
    )


def _with_freshness(persons: pd.DataFrame, account: AccountView) -> pd.DataFrame:
    intervals = {role: rule["value"] for role, rule in account.settings["contact_intervals"].items()}
    agreed = persons["interval_days"].astype("Float64")
    interval = agreed.fillna(persons["role"].map(intervals).astype("Float64"))
    quiet = account.limit("quiet_weeks")
    days = [_days_or_none(last, today(account), quiet) for last in persons["last_two_way_on"]]
    passed = pd.Series(days, dtype="Int64", index=persons.index)
    states = [contact_state(done, agreed_days) for done, agreed_days in zip(passed, interval, strict=True)]
    return persons.assign(
        interval_days=interval.astype("Int64"), days=passed, freshness=pd.Series(states, persons.index, "str")
    )


def _days_or_none(last: pd.Timestamp, until: pd.Timestamp, quiet: list[int]) -> int | None:
    return None if pd.isna(last) else counted_days(last, until, quiet=quiet)


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


def freshness(account: AccountView) -> pd.DataFrame:
    """Return one row per known person: contact_id, role, influence, last_two_way_on, days, interval_days, state."""
    persons = people(account).dropna(subset=["contact_id"]).rename(columns={"freshness": "state"})
    columns = ["contact_id", "role", "influence", "last_two_way_on", "days", "interval_days", "state"]
    return persons[columns].reset_index(drop=True)


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
