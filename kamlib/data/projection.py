"""The customer's file: one account, open columns, shared rows, no log. What is not in it can't leak."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
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
        for name in view.tables:
            _write_table(connection, schema.TABLES[name], opened(view, name))
    about = {"is_sample": str(view.is_sample), "as_of": view.as_of.isoformat(), **through}
    about |= company.customer_part(source.about)
    made.set_about(**about, account_id=account_id, audience="customer")


def seen(source: workspace.Workspace, account_id: str, as_of: str = "") -> schema.AccountView:
    """Return the account as of a day, of its plan only what is shared to this day, in today's words; no closed text.

    A row that somebody has closed, taken back or put in other words since stays so on an earlier day's page too.
    """
    view = source.account(account_id, as_of)
    if not as_of:
        return view
    latest, tables = source.account(account_id), {}
    for name, table in schema.TABLES.items():
        if table.role == "plan":
            now = opened(latest, name).set_index("row_id")
            then = view.tables[name][view.tables[name]["row_id"].isin(now.index)].reset_index(drop=True)
            said = [each.name for each in table.columns if each.kind == "text"]
            tables[name] = table.typed(then.assign(**{each: then["row_id"].map(now[each]) for each in said}))
    return replace(view, tables={**view.tables, **tables})


def opened(view: schema.AccountView, name: str) -> pd.DataFrame:
    """Return what the customer may see of one table: open columns, and of a plan only shared rows.

    A table whose key is closed has nothing to show. Of people, the customer's own and those of ours that
    a shared row names.
    """
    table, rows = schema.TABLES[name], view.tables[name]
    shown = table.open_columns()
    if not set(table.key) <= set(shown):
        return table.empty()
    if table.role == "plan":
        own = rows["account_id"].fillna("") != ""
        rows = rows[rows["is_shared"].fillna(value=False).astype(bool) & own]
    if name == "contact":
        rows = rows[rows["side"].eq("customer") | rows["contact_id"].isin(_named(view))]
    return table.typed(rows[shown])


def _named(view: schema.AccountView) -> set[str]:
    """Return the people whom some shared row names in an open column."""
    named: set[str] = set()
    for table in schema.TABLES.values():
        if table.role == "plan":
            people = [c.name for c in table.columns if c.refers_to == "contact" and c.audience == "customer"]
            shown = opened(view, table.name)
            named |= {str(value) for name in people for value in shown[name].dropna()}
    return named


def _write_table(connection: Connection, table: schema.Table, rows: pd.DataFrame) -> None:
    records = store.frame_to_store(table, rows)
    if not records:
        return
    if table.role == "fact":
        connection.execute(
            sa.insert(store.facts[table.name]), [{**record, "source": "shared"} for record in records]
        )
        return
    kept = ("row_id", "account_id", "is_shared")
    connection.execute(
        sa.insert(store.plan_row),
        [
            {
                **{name: record[name] for name in kept},
                "table": table.name,
                "retired": False,
                "body": store.packed({k: v for k, v in record.items() if k not in kept and v is not None}),
            }
            for record in records
        ],
    )
