"""One account read in one pass, as a document of typed rows, as of one day or of several."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kamlib import schema
from kamlib.data import store
from kamlib.data.changes import fold
from kamlib.schema.declare import Kind, Row

Document = dict[str, tuple[Row, ...]]

#: Stored value -> the value of a row, by kind; other kinds are kept as they are.
_READ: Mapping[Kind, Callable[[Any], Any]] = {
    "money": lambda value: value / 100,
    "number": float,
    "share": float,
    "integer": int,
    "scale": int,
    "flag": bool,
    "date": date.fromisoformat,
    "month": date.fromisoformat,
}


def read(connection: Connection, members: Sequence[str], days: Sequence[date]) -> list[Document]:
    """Return the rows of some accounts, our people and the whole company's plan rows as of each of `days`."""
    facts = {name: _facts(connection, name, members, max(days)) for name in store.facts}
    planned = plans(connection, members, days)
    return [
        {name: _until(rows, schema.TABLES[name].when, day) for name, rows in facts.items()} | plan
        for day, plan in zip(days, planned, strict=True)
    ]


def _until(rows: tuple[Row, ...], when: str, day: date) -> tuple[Row, ...]:
    if not when:
        return rows
    return tuple(row for row in rows if (on := getattr(row, when)) is None or on <= day)


def _facts(connection: Connection, name: str, members: Sequence[str], last: date) -> tuple[Row, ...]:
    table, wanted = schema.TABLES[name], _of_members(name)
    given = {"own": list(members)} | ({"last": last.isoformat()} if table.when else {})
    found = connection.execute(wanted, given)
    names, records = list(found.keys()), found.all()
    if not records:
        return ()
    source, key = names.index("source"), [names.index(each) for each in table.key]
    if len({each[source] for each in records}) > 1:  # what a person typed wins over an import
        typed_last = sorted(records, key=lambda each: each[source] == "typed")
        records = list({tuple(each[place] for place in key): each for each in typed_last}.values())
    return made(table, dict(zip(names, zip(*records, strict=True), strict=True)), len(records))


@cache
def _of_members(name: str) -> sa.Select[Any]:
    """Return the statement that reads a fact table, written once: writing it costs more than running it."""
    stored, when = store.facts[name], schema.TABLES[name].when
    own = stored.c.account_id.in_(sa.bindparam("own", expanding=True))
    wanted = sa.select(stored).where(own | (stored.c.side == "ours") if name == "contact" else own)
    if when:
        wanted = wanted.where(sa.or_(stored.c[when].is_(None), stored.c[when] <= sa.bindparam("last")))
    return wanted.order_by(*stored.primary_key.columns)


def made(table: schema.Table, stored: Mapping[str, Iterable[Any]], count: int) -> tuple[Row, ...]:
    """Return the rows of a table from its stored columns; an absent column is not known."""
    nothing = (None,) * count
    names = [each.name for each in table.columns]
    pairs = [(each, stored.get(each.name, nothing)) for each in table.columns]
    columns = [_column(each.kind, values, in_key=each.name in table.key) for each, values in pairs]
    return tuple(table.row(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True))


def _column(kind: Kind, stored: Iterable[Any], *, in_key: bool) -> Iterable[Any]:
    if read_one := _READ.get(kind):
        return [None if value is None else read_one(value) for value in stored]
    return [value or None for value in stored] if in_key else stored  # a key holds no null, but an empty text


def plans(connection: Connection, members: Sequence[str] | None, days: Sequence[date]) -> list[Document]:
    """Return the plan rows of some accounts (None: of all) and of the whole company as of each of `days`."""
    log, rows = store.change, store.plan_row
    later = sa.select(log.c.seq).where(log.c.effective_on > min(days).isoformat()).limit(1)
    if connection.execute(later).first() is None:
        current = sa.select(rows).where(rows.c.retired.is_(False), *_own(rows, members))
        found = connection.execute(current.order_by(rows.c.table, rows.c.row_id)).mappings()
        document = _plan([{**row, **json.loads(row["body"])} for row in found])
        return [document for _ in days]
    past = sa.select(log).where(log.c.effective_on <= max(days).isoformat(), *_own(log, members))
    found = connection.execute(past.order_by(log.c.seq)).mappings()
    planned = [each for each in found if each["table"] not in store.facts]
    entries = [{**each, "after": json.loads(each["after"])} for each in planned]
    return [_plan(fold(each for each in entries if each["effective_on"] <= day.isoformat())) for day in days]


def _own(table: sa.Table, members: Sequence[str] | None) -> list[sa.ColumnElement[bool]]:
    return [] if members is None else [table.c.account_id.in_([*members, ""])]


def _plan(records: Iterable[Mapping[str, Any]]) -> Document:
    by_table: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        by_table.setdefault(record["table"], []).append(record)
    tables = [table for table in schema.TABLES.values() if table.role == "plan"]
    return {table.name: _plan_rows(table, by_table.get(table.name, [])) for table in tables}


def _plan_rows(table: schema.Table, records: list[Mapping[str, Any]]) -> tuple[Row, ...]:
    stored = {each.name: [record.get(each.name) for record in records] for each in table.columns}
    return made(table, stored, len(records)) if records else ()
