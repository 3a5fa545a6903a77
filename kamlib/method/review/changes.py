"""What has changed since the last review: the log read as sentences about goals, people, risks, money, promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from kamlib import schema, text
from kamlib.method import measures, relationships
from kamlib.schema import Account

#: Area of the review -> the plan tables that belong to it, in the order in which a review takes them.
AREAS: Mapping[str, tuple[str, ...]] = {
    "goals": ("goal", "reading"),
    "promises": ("commitment", "initiative"),
    "people": ("stakeholder", "squad_member", "buying_unit"),
    "risks": ("risk", "event"),
    "money": ("value", "wallet", "whitespace", "forecast"),
    "plan": ("account_plan", "insight", "journey_step", "swot", "story", "selection", "assessment"),
}
_AREA_OF = {table: area for area, tables in AREAS.items() for table in tables}
_NAMES = (
    "title",
    "goal_id",
    "contact_id",
    "person_id",
    "goal",
    "situation",
    "name",
    "product_group",
    "criterion",
)

#: Stamps follow what they date, and hours are counted elsewhere: by themselves they are no change.
_STAMPS = {
    "hours_spent_quarter",
    "noted_on",
    "graded_on",
    "judged_on",
    "valued_on",
    "assessed_on",
    "customer_status_on",
    "is_shared",
}


def last_review(account: Account, kind: str = "internal") -> pd.Timestamp:
    """Return the day of the newest review of a kind before today; NaT where none was held."""
    held = account.review.loc[account.review["kind"].eq(kind), "held_on"]
    newest: pd.Timestamp = held[held < measures.today(account)].max()
    return newest


def compare(account: Account, changes: pd.DataFrame, since: pd.Timestamp | None = None) -> pd.DataFrame:
    """One row per change that still stands: what differs between `since` (the last review) and today.

    `changes` is the workspace's log. Several edits of one field become one row, an edit that was taken back none.
    Columns: area, what (added, changed, removed), title, field, before, after (as words), on, by, reason, table,
    row_id.
    """
    start = last_review(account) if since is None else pd.Timestamp(since)
    news = changes[changes["table"].isin(_AREA_OF) & (changes["effective_on"] <= measures.today(account))]
    news = news if pd.isna(start) else news[news["effective_on"] > start]
    lines = [
        line
        for (table, row_id), steps in news.sort_values("seq").groupby(["table", "row_id"], sort=False)
        for line in _net(account, str(table), str(row_id), steps)
    ]
    columns = ["area", "what", "title", "field", "before", "after", "on", "by", "reason", "table", "row_id"]
    rows = pd.DataFrame(lines, columns=columns)
    order = rows["area"].map(list(AREAS).index)
    return rows.assign(order=order).sort_values(["order", "on"], ignore_index=True)[columns]


def _net(account: Account, table: str, row_id: str, steps: pd.DataFrame) -> Iterator[dict[str, Any]]:
    last = steps.iloc[-1]
    row: dict[str, Any] = {}
    for step in (*steps["before"].iloc[:1], *steps["after"]):
        row |= step or {}
    line = {
        "area": _AREA_OF[table],
        "title": _title(account, table, row_id, row),
        "on": last["effective_on"],
        "by": last["by"],
        "reason": last["reason"],
        "table": table,
        "row_id": row_id,
    }
    is_new, is_gone = steps["operation"].iloc[0] == "insert", last["operation"] == "retire"
    if is_new and is_gone:
        return
    if is_new or is_gone:
        value = _told(account, table, "value", row.get("value")) if table == "reading" else None
        yield line | {"what": "added" if is_new else "removed", "field": None, "before": None, "after": value}
        return
    for name in _fields(steps):
        old, new = _first(steps, name), row.get(name)
        if _told(account, table, name, old) != _told(account, table, name, new):
            field = schema.TABLES[table].by_name[name].title[text.language()]
            words = {"before": _told(account, table, name, old), "after": _told(account, table, name, new)}
            yield line | {"what": "changed", "field": field, **words}


def _fields(steps: pd.DataFrame) -> list[str]:
    names = list(dict.fromkeys(name for after in steps["after"] for name in (after or {})))
    return [name for name in names if name not in _STAMPS]


def _first(steps: pd.DataFrame, name: str) -> Any:
    return next((before[name] for before in steps["before"] if before and name in before), None)


def _title(account: Account, table: str, row_id: str, row: Mapping[str, Any]) -> str:
    standing = account.tables[table]
    found = standing[standing["row_id"].eq(row_id)].to_dict("records")
    known = {**row, **({str(k): v for k, v in found[0].items()} if found else {})}
    for name in _NAMES:
        if not text.is_missing(known.get(name)):
            return _told(account, table, name, known[name])
    return schema.TABLES[table].title[text.language()]


def _told(account: Account, table: str, name: str, value: Any) -> str:
    """Return a stored value as a person reads it."""
    column = schema.TABLES[table].by_name.get(name)
    if text.is_missing(value) or column is None:
        return text.MISSING
    if column.refers_to in ("goal", "insight"):  # the customer's goal is told by its words, not by its id
        rows = account.tables[column.refers_to]
        titles = rows.loc[rows["row_id"].eq(str(value)), "title" if column.refers_to == "goal" else "goal"]
        return str(titles.iloc[0]) if len(titles) else str(value)
    writers = {
        "choice": lambda: text.label(column.choice_set, value),
        "date": lambda: text.day(value),
        "money": lambda: text.money(value, account.currency),
        "flag": lambda: text.yes_no(value),
        "number": lambda: text.number(value, 0 if float(value).is_integer() else 1),
        "id": lambda: (
            str(relationships.person_name(account, value)) if column.refers_to == "contact" else str(value)
        ),
    }
    return writers[column.kind]() if column.kind in writers else str(value)


def tally(compared: pd.DataFrame) -> pd.DataFrame:
    """One row per area with changes: `area`, `added`, `changed`, `removed` (rows of the plan, not fields)."""
    rows = compared.drop_duplicates(["area", "what", "table", "row_id"])
    counted = pd.crosstab(rows["area"], rows["what"])
    return counted.reindex(
        index=list(AREAS), columns=["added", "changed", "removed"], fill_value=0
    ).reset_index()
