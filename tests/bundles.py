"""Small bundles for tests: rows as dicts, absent columns missing, absent tables empty; the same rows are typed once."""

from __future__ import annotations

from dataclasses import make_dataclass
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from kamlib import schema, text
from kamlib.schema import Result

AS_OF = date(2026, 9, 30)
Rows = list[dict[str, Any]]


class Typed(NamedTuple):
    """The rows of one table as a frame and as frozen rows."""

    frame: pd.DataFrame
    rows: tuple[Any, ...]


#: What has been typed, by table and rows: hundreds of tests give an account of the same twenty tables.
_TYPED: dict[tuple[str, str], Typed] = {}
_KEPT = 2_000


def frames(rows_by_table: dict[str, Rows]) -> dict[str, pd.DataFrame]:
    """Every declared table, typed; plan rows get a row_id where the test gives none."""
    made = _typed(rows_by_table)
    return {name: each.frame.copy(deep=False) for name, each in made.items()}


def _typed(rows_by_table: dict[str, Rows]) -> dict[str, Typed]:
    unknown = rows_by_table.keys() - schema.TABLES.keys()
    if unknown:
        raise KeyError(f"no table {sorted(unknown)}")
    return {name: _once(table, rows_by_table.get(name, [])) for name, table in schema.TABLES.items()}


def _once(table: schema.Table, rows: Rows) -> Typed:
    """A table's rows, typed when they are first seen: a frame copies itself when written to, a row is frozen."""
    key = (table.name, repr(rows))
    if key not in _TYPED:
        frame = _frame(table, rows)
        if len(_TYPED) >= _KEPT:
            _TYPED.clear()
        _TYPED[key] = Typed(frame, table.rows(frame))
    return _TYPED[key]


def _frame(table: schema.Table, rows: Rows) -> pd.DataFrame:
    for row in rows:
        unknown = row.keys() - table.by_name.keys()
        if unknown:
            raise KeyError(f"{table.name} has no column {sorted(unknown)}")
    if not rows:
        return table.empty()
    if table.role == "plan":
        rows = [{"row_id": f"{table.name}-{n}", "is_shared": False, **row} for n, row in enumerate(rows, 1)]
    return table.typed(pd.DataFrame(rows))


def portfolio(
    *, as_of: date = AS_OF, settings: dict[str, Any] | None = None, **rows: Rows
) -> schema.Portfolio:
    """A portfolio of the rows given."""
    tables = frames(rows)
    return schema.Portfolio(
        tables=tables,
        as_of=as_of,
        facts_through=_through(tables["revenue"]),
        settings=schema.load_settings(settings),
        workspace="test",
    )


def account(
    account_id: str = "A-1", *, as_of: date = AS_OF, audience: str = "internal", **rows: Rows
) -> schema.Account:
    """One account; rows without an account_id get this one."""
    for name, table_rows in rows.items():
        if "account_id" in schema.TABLES[name].by_name:
            rows[name] = [{"account_id": account_id, **row} for row in table_rows]
    rows.setdefault("account", [{"account_id": account_id, "name": "Testkund AB"}])
    made = _typed(rows)
    return schema.Account(
        rows={name: each.rows for name, each in made.items()},
        as_of=as_of,
        facts_through=_through(made["revenue"].frame),
        workspace="test",
        account_id=account_id,
        name=str(made["account"].frame["name"].iloc[0]),
        audience=audience,
    )


def _through(revenue: pd.DataFrame) -> pd.Timestamp | None:
    months = revenue["month"]
    return None if months.empty else months.max()


def months(last: str, revenues: list[float], **fields: Any) -> Rows:
    """One revenue row a month, oldest first, ending with the month `last`."""
    days = pd.date_range(end=f"{last}-01", periods=len(revenues), freq="MS")
    return [{"month": day, "revenue": amount, **fields} for day, amount in zip(days, revenues, strict=True)]


def typed(rows: pd.DataFrame) -> Result[Any]:
    """The rows of a frame as the method answers: typed, days as dates, None for what is not known."""
    hints = {str(name): _HINTS.get(rows[name].dtype.kind, Any) for name in rows.columns}
    row = make_dataclass("Row", list(hints.items()), frozen=True)
    columns = [[_plain(value) for value in rows[name]] for name in rows.columns]
    made = tuple(row(*values) for values in zip(*columns, strict=True))
    return Result("typed", made, account("A-1"), row=row)


_HINTS: dict[str, Any] = {"f": float | None, "M": date | None, "i": int | None, "b": bool}


def _plain(value: Any) -> Any:
    if not isinstance(value, (list, tuple, dict)) and text.is_missing(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value
