"""The customer's file: one account, open columns, shared rows, no log. What is not in it can't leak."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kamlib import schema
from kamlib.data import company, store, workspace


def write(source: workspace.Workspace, account_id: str, target: Path, *, as_of: str = "") -> None:
    """Write the projected workspace of one account as of a day; every table keeps its shape."""
    view = seen(source, account_id, as_of)
    made = workspace.create(target, name=view.name, lang=source.about["lang"], currency=view.currency)
    through = {} if view.facts_through is None else {"facts_through": f"{view.facts_through:%Y-%m-%d}"}
    with store.writing(store.engine(str(target))) as connection:
        for name, table in schema.TABLES.items():
            _write_table(connection, table, opened(view, name))
    about = {"is_sample": str(view.is_sample), "as_of": view.as_of.isoformat(), **through}
    about |= company.customer_part(source.about)
    made.set_about(**about, account_id=account_id, audience="customer")


def seen(source: workspace.Workspace, account_id: str, as_of: str = "") -> schema.Account:
    """Return the account as of a day, of its plan only what is shared to this day, in today's words; no closed text.

    A row that somebody has closed, taken back or put in other words since stays so on an earlier day's page too.
    """
    view = source.account(account_id, as_of)
    if not as_of:
        return view
    latest = source.account(account_id)
    tables = {name: table for name, table in schema.TABLES.items() if table.role == "plan"}
    now = {name: opened(latest, name) for name in tables}
    plans = {name: _in_words_of_today(view.rows[name], now[name], table) for name, table in tables.items()}
    return replace(view, rows={**view.rows, **plans})


def _in_words_of_today(
    then: Iterable[Any], now: Iterable[Any], table: schema.Table
) -> tuple[schema.Row, ...]:
    """Return the rows of an earlier day that are still open, with the texts that they have today."""
    open_now = {each.row_id: each for each in now}
    texts = [each.name for each in table.columns if each.kind == "text"]
    pairs = [(each, open_now[each.row_id]) for each in then if each.row_id in open_now]
    return tuple(replace(each, **{name: getattr(told, name) for name in texts}) for each, told in pairs)


def opened(view: schema.Account, name: str) -> tuple[schema.Row, ...]:
    """Return what the customer may see of one table: open columns, and of a plan only shared rows.

    A table of which nothing but its key is open has nothing to show, not even how many rows it holds. Of people, the
    customer's own and those of ours that a shared row names.
    """
    table = schema.TABLES[name]
    if table.is_closed:
        return ()
    rows: tuple[Any, ...] = view.rows[name]
    if table.role == "plan":
        rows = tuple(each for each in rows if each.is_shared and each.account_id)
    if name == "contact":
        named = _named(view)
        rows = tuple(each for each in rows if each.side == "customer" or each.contact_id in named)
    closed = {each.name: None for each in table.columns if each.audience != "customer"}
    return tuple(replace(each, **closed) for each in rows)


def _named(view: schema.Account) -> set[str]:
    """Return the people whom some shared row names in an open column."""
    return {
        getattr(row, column.name)
        for table in schema.TABLES.values()
        if table.role == "plan"
        for column in table.columns
        if column.refers_to == "contact" and column.audience == "customer"
        for row in opened(view, table.name)
    }


def _write_table(connection: Connection, table: schema.Table, rows: Iterable[schema.Row]) -> None:
    records = [_stored(table, row) for row in rows]
    if not records:
        return
    if table.role == "fact":
        shared = [{**record, "source": "shared"} for record in records]
        connection.execute(sa.insert(store.facts[table.name]), shared)
        return
    connection.execute(sa.insert(store.plan_row), [_planned(table, record) for record in records])


def _planned(table: schema.Table, record: dict[str, Any]) -> dict[str, Any]:
    """Return a record of a plan as a row of the store."""
    own = {name: record[name] for name in ("row_id", "account_id", "is_shared")}
    body = store.packed({k: v for k, v in record.items() if k not in own and v is not None})
    return {**own, "table": table.name, "retired": False, "body": body}


def _stored(table: schema.Table, row: schema.Row) -> dict[str, Any]:
    """Return a row as the store keeps it; a key holds no null, but an empty text."""
    values = {each.name: store.to_store(each.kind, getattr(row, each.name)) for each in table.columns}
    return {name: "" if value is None and name in table.key else value for name, value in values.items()}
