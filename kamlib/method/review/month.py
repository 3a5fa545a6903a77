"""The monthly page: what changed, what has gone stale, what is overdue, what comes next (S5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method import goal_values, measures, relationships
from kamlib.schema import Account
from kamlib.schema.result import frame_of

Line = dict[str, Any]
_COLUMNS = ["section", "kind", "what", "who", "on", "days", "row_id"]
_SECTIONS = ["overdue", "stale", "changed", "next"]

#: What counts as news of the month: kind, table, its day, and the column that says what it was.
_NEWS = (
    ("event", "event", "happened_on", "title"),
    ("decision", "decision", "decided_on", "title"),
    ("reading", "reading", "measured_on", "goal_id"),
    ("promise_made", "commitment", "made_on", "title"),
    ("promise_kept", "commitment", "done_on", "title"),
    ("insight", "insight", "graded_on", "goal"),
    ("value", "value", "valued_on", "title"),
    ("case_opened", "case", "opened_on", "title"),
    ("case_closed", "case", "closed_on", "title"),
    ("answer", "feedback", "answered_on", "comment"),
    ("person_left", "contact", "gone_on", "contact_id"),
    ("person_joined", "contact", "joined_on", "contact_id"),
)


def follow_up(account: Account) -> pd.DataFrame:
    """One row per line of the monthly page: `section`, `kind`, `what`, `who`, `on`, `days`, `row_id`.

    Sections are overdue, stale, changed (the last month) and next (the coming month). `days` counts from `on` to
    today and is negative for what lies ahead; `who` is a person of ours or, for the customer's promises, of theirs.
    """
    lines = [*_overdue(account), *_stale(account), *_changed(account), *_next(account)]
    rows = pd.DataFrame(lines, columns=_COLUMNS)
    rows = rows.assign(on=pd.to_datetime(rows["on"]).astype("datetime64[us]"))
    rows["days"] = (measures.today(account) - rows["on"]).dt.days.astype("Int64")
    if account.audience == "customer":  # the day itself says it; how long we count is ours
        rows["days"] = rows["days"].mask(rows["days"].notna())
    order = [_SECTIONS.index(section) for section in rows["section"]]
    return rows.assign(order=order).sort_values(["order", "on"], ignore_index=True)[_COLUMNS]


def summary(page: pd.DataFrame) -> pd.DataFrame:
    """One row per section of a monthly page: `section`, `n`, `oldest_days`."""
    found = page.groupby("section").agg(n=("what", "size"), oldest_days=("days", "max")).reindex(_SECTIONS)
    found["n"] = found["n"].fillna(0).astype("Int64")
    found.loc[~found.index.isin(["overdue", "stale"]), "oldest_days"] = pd.NA
    return found.rename_axis("section").reset_index()


def _lines(section: str, kind: str, rows: pd.DataFrame, **columns: str) -> Iterator[Line]:
    if rows.empty:
        return
    held = rows[[name for name in {"row_id", *columns.values()} if name in rows]]
    for row in held.to_dict("records"):
        found = {name: row.get(column) for name, column in columns.items()}
        yield {"section": section, "kind": kind, "row_id": row.get("row_id", ""), **found}


def _overdue(account: Account) -> Iterator[Line]:
    late = measures.promises(account).frame()
    late = late[late["state"].eq("overdue")]
    for side, owner in (("ours", "owner_id"), ("customer", "customer_owner_id")):
        rows = late[late["direction"].eq(side)]
        yield from _lines("overdue", f"promise_{side}", rows, what="title", who=owner, on="due_on")
    rows = _open_initiatives(account)
    behind = rows[rows["due_on"] < measures.today(account)]
    yield from _lines("overdue", "initiative", behind, what="title", who="owner_id", on="due_on")


def _stale(account: Account) -> Iterator[Line]:
    if account.audience == "customer":
        return
    people = frame_of(relationships.due_contacts(account), relationships.Person)
    people = people.assign(
        what=[str(relationships.person_name(account, each)) for each in people["contact_id"]]
    )
    yield from _lines("stale", "person", people, what="what", who="known_by", on="last_two_way_on")
    since = account.today - timedelta(days=account.limit("reading_days"))
    for goal in account.live_goals:
        last = goal_values.latest(account, goal)
        if last is None or last.on < since:
            line = {"what": goal.title, "who": goal.owner_id, "on": pd.Timestamp(last.on) if last else pd.NaT}
            yield {"section": "stale", "kind": "goal", "row_id": goal.row_id, **line}


def _changed(account: Account) -> Iterator[Line]:
    for kind, table, when, said in _NEWS:
        rows = measures.past_year(account, account.tables[table], when, 1)
        if rows.empty:
            continue
        if table == "contact":
            rows = rows[rows["side"].eq("customer")]
        if table == "commitment":
            rows = _by_who_does_it(rows)
        if table == "feedback":
            rows = rows.assign(comment=[_answered(answer) for answer in rows.to_dict("records")])
        rows = rows.assign(what=[_said(account, said, value) for value in rows[said]])
        yield from _lines("changed", kind, rows, what="what", who="owner_id", on=when)


def _by_who_does_it(promises: pd.DataFrame) -> pd.DataFrame:
    """Promises with the doer as owner: the customer's own are done by one of theirs."""
    doer = promises["owner_id"].where(promises["direction"].ne("customer"), promises["customer_owner_id"])
    return promises.assign(owner_id=doer)


def _said(account: Account, column: str, value: object) -> str:
    if column == "contact_id":
        return str(relationships.person_name(account, value))
    if column == "goal_id":
        titles = account.goal.loc[account.goal["row_id"].eq(str(value)), "title"]
        return str(titles.iloc[0]) if len(titles) else text.MISSING
    return text.MISSING if text.is_missing(value) else str(value)


def _answered(answer: dict[Any, Any]) -> str:
    score = f"{text.label('feedback_kind', answer['kind'])}: {text.number(answer['score'])}"
    return score if text.is_missing(answer["comment"]) else str(answer["comment"])


def _next(account: Account) -> Iterator[Line]:
    now = measures.today(account)
    month = (now, now + pd.DateOffset(months=1))
    promises = account.commitment[account.commitment["done_on"].isna()]
    rows = measures.within(promises, "due_on", month)
    yield from _lines("next", "promise", _by_who_does_it(rows), what="title", who="owner_id", on="due_on")
    rows = measures.within(_open_initiatives(account), "due_on", month)
    yield from _lines("next", "initiative", rows, what="title", who="owner_id", on="due_on")
    ahead = account.meeting[account.meeting["held_on"].isna()]
    if account.audience == "customer":  # what we meet about among ourselves is no news of theirs
        ahead = ahead[ahead["kind"].isin(["customer_review", "visit", "workshop"])]
    yield from _lines(
        "next", "meeting", measures.within(ahead, "planned_on", month), what="title", on="planned_on"
    )
    asked = account.goal[account.goal["customer_status"].eq("declined")]
    rows = measures.within(asked, "ask_again_on", month)
    yield from _lines("next", "ask_again", rows, what="title", who="owner_id", on="ask_again_on")


def _open_initiatives(account: Account) -> pd.DataFrame:
    return account.initiative[~account.initiative["status"].isin(["done", "stopped"])]
