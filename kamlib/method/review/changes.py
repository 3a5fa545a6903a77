"""What has changed since the last review: the log read as sentences about goals, people, risks, money, promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from kamlib import schema, text, words
from kamlib.method import relationships
from kamlib.schema import Account, result
from kamlib.words import Words

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
    "title", "goal_id", "contact_id", "person_id", "goal", "situation", "name", "product_group", "criterion",
)  # fmt: skip

#: Stamps follow what they date, and hours are counted elsewhere: by themselves they are no change.
_STAMPS = {
    "hours_spent_quarter", "noted_on", "graded_on", "judged_on", "valued_on", "assessed_on", "customer_status_on",
    "is_shared",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One change that still stands: added, changed or removed, with what stood before and stands now."""

    area: str
    what: str
    title: str | Words
    field: Words | None
    before: str | Words | None
    after: str | Words | None
    on: date
    by: str | None
    reason: str | None
    table: str
    row_id: str


@result("changes")
def compare(account: Account, changes: pd.DataFrame, since: date | None = None) -> Iterable[Change]:
    """Return what differs between `since` (the last review) and today, area by area.

    `changes` is the workspace's log. Several edits of one field become one row, an edit that was taken back none.
    """
    held = [each.held_on for each in account.reviews if each.kind == "internal"]
    past = [day for day in held if day < account.today]
    start = since or max(past, default=date.min)
    steps: dict[tuple[str, str], list[Any]] = {}
    log: Iterable[Any] = changes.astype(object).where(changes.notna(), None).sort_values("seq").itertuples()
    for each in log:
        if each.table in _AREA_OF and start < each.effective_on.date() <= account.today:
            steps.setdefault((each.table, each.row_id), []).append(each)
    news = [change for of_row in steps.values() for change in _net(account, of_row)]
    return sorted(news, key=lambda each: (list(AREAS).index(each.area), each.on))


def _net(account: Account, steps: Sequence[Any]) -> Iterator[Change]:
    first, last = steps[0], steps[-1]
    table, row_id = last.table, last.row_id
    row = dict(first.before or {})
    for step in steps:
        row |= step.after or {}
    title = _title(account, table, row_id, row)
    stamp = (last.effective_on.date(), last.by, last.reason, table, row_id)
    is_new, is_gone = first.operation == "insert", last.operation == "retire"
    if is_new and is_gone:
        return
    if is_new or is_gone:
        value = _written(account, table, "value", row.get("value")) if table == "reading" else None
        yield Change(_AREA_OF[table], "added" if is_new else "removed", title, None, None, value, *stamp)
        return
    for name in _fields(steps):
        values = (_first(steps, name), row.get(name))
        before, after = (_written(account, table, name, value) for value in values)
        if str(before) != str(after):
            heading = words.heading(f"column.{table}.{name}", f"column.any.{name}")
            yield Change(_AREA_OF[table], "changed", title, heading, before, after, *stamp)


def _fields(steps: Sequence[Any]) -> list[str]:
    names = dict.fromkeys(name for step in steps for name in (step.after or {}))
    return [name for name in names if name not in _STAMPS]


def _first(steps: Sequence[Any], name: str) -> Any:
    return next((step.before[name] for step in steps if step.before and name in step.before), None)


def _title(account: Account, table: str, row_id: str, row: dict[str, Any]) -> str | Words:
    """What a row is called, by how it stands today before how the log has it."""
    today = (each.values() for each in account.rows[table])
    known = row | next((each for each in today if each["row_id"] == row_id), {})
    name = next((name for name in _NAMES if not text.is_missing(known.get(name))), None)
    return _written(account, table, name, known[name]) if name else words.heading(f"table.{table}")


def _written(account: Account, table: str, name: str, value: Any) -> str | Words:
    """Return a stored value as a person reads it."""
    column = schema.TABLES[table].by_name.get(name)
    if text.is_missing(value) or column is None:
        return text.MISSING
    writers: dict[str, Callable[[], str | Words]] = {
        "choice": lambda: words.label(column.choice_set, value),
        "date": lambda: words.day(value),
        "money": lambda: words.money(value, account.currency),
        "flag": lambda: words.yes_no(value),
        "number": lambda: words.number(value, 0 if float(value).is_integer() else 1),
        "id": lambda: _named(account, column.refers_to, value),
    }
    return writers.get(column.kind, lambda: str(value))()


def _named(account: Account, table: str, row_id: str) -> str | Words:
    """Return who or what an id stands for; a goal by its words, the id itself where nothing else is known."""
    if table == "contact":
        return relationships.person_name(account, row_id)
    titles = {
        "goal": {each.row_id: each.title for each in account.goals},
        "insight": {each.row_id: each.goal for each in account.insights},
    }
    return titles.get(table, {}).get(row_id, row_id)


@dataclass(frozen=True)
class AreaChanges:
    """How many rows of the plan an area has new, changed and removed."""

    area: str
    added: int
    changed: int
    removed: int


@result("change_tally")
def tally(_: Account, compared: Sequence[Change]) -> Iterable[AreaChanges]:
    """Return each area with its changes: rows of the plan, not fields. `compared` is `compare` of the account."""
    rows = {(each.area, each.what, each.table, each.row_id) for each in compared}
    counted = Counter((area, what) for area, what, *_ in rows)
    for area in AREAS:
        yield AreaChanges(area, *(counted[area, what] for what in ("added", "changed", "removed")))
