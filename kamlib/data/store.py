"""The tables on disk, generated from schema.py, and the two ways in: read, or write.

SQLite by default, any SQLAlchemy URL in principle. A writer takes the lock at its first statement (BEGIN
IMMEDIATE), a reader never does; no connection outlives its block.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from kamlib import schema
from kamlib.data import days, locate
from kamlib.errors import problem

VERSION = "3"
#: Version of a workspace -> the columns that its fact tables lack: it gets them, empty, when it is opened.
_ADDED: dict[str, dict[str, tuple[str, ...]]] = {
    "1": {"revenue": ("quantity", "quantity_unit"), "contact": ("capacity_hours_year",)},
    "2": {"contact": ("capacity_hours_year",)},
}
BUSY_SECONDS = 10
LARGEST = 1e13
"""No amount or count is larger: in minor units it still is a whole number that a float holds exactly."""
_TYPES: dict[str, Any] = {
    "money": sa.BigInteger,
    "share": sa.Float,
    "number": sa.Float,
    "integer": sa.Integer,
    "scale": sa.Integer,
    "flag": sa.Boolean,
}

metadata = sa.MetaData()


def _key(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _number(name: str, kind: type[Any] = sa.Integer) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


meta = sa.Table("meta", metadata, *_key("key"), *_texts("value"))
plan_row = sa.Table(
    "plan_row",
    metadata,
    *_key("table", "row_id"),
    sa.Column("account_id", sa.Text, nullable=False, index=True),
    _number("is_shared", sa.Boolean),
    _number("retired", sa.Boolean),
    *_texts("body"),
)
change = sa.Table(
    "change",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("op_id", sa.Text, nullable=False, unique=True),
    *_texts("recorded_at", "effective_on", "by", "session", "reason"),
    *_texts("account_id", "table", "row_id", "operation", "before", "after"),
    sa.Index("change_account_seq", "account_id", "seq"),
)
import_log = sa.Table(
    "import_log",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    *_texts("imported_at", "source", "table", "content_hash"),
    _number("rows"),
    _number("money", sa.BigInteger),
)
standing = sa.Table("standing", metadata, *_key("fingerprint", "account_id"), *_texts("body"))


def _fact_table(table: schema.Table) -> sa.Table:
    columns = [
        sa.Column(
            column.name,
            _TYPES.get(column.kind, sa.Text),
            primary_key=column.name in table.key,
            # By account, and by day: the newest day of every table says what "now" is.
            index=column.name == table.when
            or (column.name == "account_id" and column.name not in table.key[:1]),
        )
        for column in table.columns
    ]
    return sa.Table(f"fact_{table.name}", metadata, *columns, sa.Column("source", sa.Text, primary_key=True))


facts: dict[str, sa.Table] = {
    table.name: _fact_table(table) for table in schema.TABLES.values() if table.role == "fact"
}


@lru_cache(maxsize=64)
def engine(target: str, *, create: bool = False) -> Engine:
    """Return an engine for a SQLite path or a database URL; opening never creates a file.

    One per target and process: it holds no connection, but the statements that it has compiled.
    """
    if "://" in target:
        try:
            return sa.create_engine(target, poolclass=NullPool)
        except (sa.exc.ArgumentError, ImportError) as unknown:  # no such database, or no driver for it
            raise problem("workspace_url_unknown", found=locate.without_password(target)) from unknown
    uri = Path(target).absolute().as_uri() + f"?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        # Autocommit in the driver: the BEGIN of our own choice is sent by the listener below.
        raw = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        raw.execute("PRAGMA synchronous = FULL")
        return raw

    made = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
    sa.event.listen(made, "begin", _begin)
    return made


def upgrade(target: str, found: str) -> None:
    """Bring a workspace of version `found` to this one: new columns, empty; nothing that it holds is touched.

    Raises `workspace_version` for a version that this program does not know.
    """
    if found not in _ADDED:
        raise problem("workspace_version", found=found, expected=VERSION)
    with writing(engine(target)) as connection:
        for name, columns in _ADDED[found].items():
            table = facts[name]
            held = {each["name"] for each in sa.inspect(connection).get_columns(table.name)}
            for column in sorted(set(columns) - held):  # none where another program was quicker
                defined = f"{column} {table.c[column].type.compile(connection.dialect)}"
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {defined}")
        for index in (each for table in facts.values() for each in table.indexes):
            index.create(connection, checkfirst=True)
        connection.execute(sa.update(meta).where(meta.c.key == "version").values(value=VERSION))


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("kam_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(source: Engine) -> Iterator[Connection]:
    """Open one read transaction: everything seen in it is of one moment."""
    with told(), source.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(source: Engine) -> Iterator[Connection]:
    """Open one write transaction; waits up to ten seconds for another writer, then says so."""
    with told(), source.connect().execution_options(kam_writes=True) as connection, connection.begin():
        yield connection


#: What SQLite says -> what a person can do about it.
_RULES = {
    "locked|busy": "workspace_busy",
    "unable to open|not authorized|no such file|connection failed|resolve host|password authentication": "workspace_not_reachable",
    "readonly|full|disk I/O": "workspace_not_writable",
    "malformed|not a database|no such table|no such column|corrupt": "workspace_damaged",
}


@contextmanager
def told() -> Iterator[None]:
    """Say in words why the database refused: busy, out of reach, not writable, damaged."""
    try:
        yield
    except (sa.exc.DatabaseError, sqlite3.DatabaseError) as refused:
        # One line, and nothing that stands before an @: it may be the end of a password.
        reason = re.sub(r"\S*@", "***@", str(getattr(refused, "orig", refused)).split("\n")[0])
        rule = next((rule for words, rule in _RULES.items() if re.search(words, reason)), "")
        if not rule:
            raise
        raise problem(rule, reason=reason, seconds=BUSY_SECONDS) from refused


def to_store(kind: str, value: Any) -> Any:
    """Return one value as the store keeps it: money in minor units, days as ISO text, nothing as None.

    Raises TypeError or ValueError for what isn't of the kind, so that nothing is stored that can't be read again.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, str) and value == "" and kind not in ("text", "id"):  # a form's cleared field
        return None
    store: Callable[[Any], Any] = _STORED.get(kind, _stored_text)
    return store(value)


def _stored_text(value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        raise TypeError("text")
    return str(value)


def _stored_number(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not abs(number) < LARGEST:
        raise ValueError("number")
    return number


def _stored_whole(value: Any) -> int:
    number = _stored_number(value)
    if not number.is_integer():
        raise ValueError("whole number")
    return int(number)


def _stored_flag(value: Any) -> bool:
    if value not in (True, False):  # bool("no") is True
        raise ValueError("flag")
    return bool(value)


def _stored_day(value: Any) -> str:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, date):  # pandas would read a number as nanoseconds of 1970
        raise TypeError("date")
    if not days.EARLIEST <= value.year <= days.LATEST:
        raise ValueError("year")
    return f"{value:%Y-%m-%d}"


def _stored_money(value: Any) -> int:
    return round(_stored_number(value) * 100)


def _stored_month(value: Any) -> str:
    return f"{_stored_day(value)[:7]}-01"


_STORED: dict[str, Callable[[Any], Any]] = {
    "money": _stored_money,
    "number": _stored_number,
    "share": _stored_number,
    "integer": _stored_whole,
    "scale": _stored_whole,
    "flag": _stored_flag,
    "date": _stored_day,
    "month": _stored_month,
}


def from_store(kind: str, value: Any) -> Any:
    """Return one stored value as a person's form shows it; the reverse of `to_store`."""
    if value is None:
        return None
    return value / 100 if kind == "money" else value


def frame_to_store(table: schema.Table, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return typed rows as records for a fact table, column by column (a million rows is usual)."""
    stored = {}
    for column in table.columns:
        values = rows[column.name]
        if column.kind == "money":
            values = (values * 100).round().astype("Int64")
        elif column.kind in ("date", "month"):
            values = values.dt.strftime("%Y-%m-01" if column.kind == "month" else "%Y-%m-%d")
        # A key holds no null: revenue without product group.
        absent = "" if column.name in table.key else None
        stored[column.name] = values.astype("object").where(values.notna(), absent)
    return pd.DataFrame(stored, dtype="object").to_dict("records")  # type: ignore[return-value]


def frame_from_store(table: schema.Table, rows: pd.DataFrame) -> pd.DataFrame:
    """Return stored values as a typed frame with money in currency units; absent columns are missing."""
    if rows.empty:
        return table.empty()
    rows = rows.reindex(columns=[column.name for column in table.columns])
    for column in table.columns:
        if column.kind == "money":
            rows[column.name] = pd.to_numeric(rows[column.name]) / 100
        elif column.kind in ("date", "month"):
            rows[column.name] = pd.to_datetime(rows[column.name], format="%Y-%m-%d")
        elif column.name in table.key:
            rows[column.name] = rows[column.name].replace("", None)
    return table.typed(rows)


def packed(values: Mapping[str, Any]) -> str:
    """Return values as JSON with sorted keys; NaN is refused, PostgreSQL would too."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, allow_nan=False)


def read_facts(connection: Connection, name: str, *, until: str) -> pd.DataFrame:
    """Return a fact table of all accounts up to a day; a typed row wins over an imported one with the same key."""
    table, declared = facts[name], schema.TABLES[name]
    wanted = sa.select(table)
    if declared.when:
        wanted = wanted.where(sa.or_(table.c[declared.when].is_(None), table.c[declared.when] <= until))
    found = connection.execute(wanted.order_by(*table.primary_key.columns))
    rows = pd.DataFrame(found.all(), columns=list(found.keys()))
    if len(set(rows["source"])) > 1:
        rows = rows.sort_values("source", key=lambda source: source == "typed", kind="stable")
        rows = rows.drop_duplicates(list(declared.key), keep="last")
    return frame_from_store(declared, rows)


def last_complete_month(connection: Connection, day: date) -> str:
    """Return the last month with revenue that is over on `day`; empty where there is none."""
    first = (pd.Timestamp(day) + pd.Timedelta(days=1)).replace(day=1)  # of the month that is not over yet
    month = facts["revenue"].c.month
    return connection.execute(sa.select(sa.func.max(month)).where(month < f"{first:%Y-%m-%d}")).scalar() or ""


def last_fact(connection: Connection) -> str:
    """Return the last day of any dated fact, a month counting to its end; empty where there is none."""
    found = connection.execute(_last_of_each()).all()
    return max((_to_its_end(name, last) for name, last in found if last), default="")


@cache
def _last_of_each() -> sa.CompoundSelect[Any]:
    """Return the statement that asks all dated tables at once, written once: writing it costs more than running it."""
    dated = [
        (name, table.c[schema.TABLES[name].when]) for name, table in facts.items() if schema.TABLES[name].when
    ]
    return sa.union_all(*(sa.select(sa.literal(name), sa.func.max(when)) for name, when in dated))


def _to_its_end(name: str, day: str) -> str:
    when = schema.TABLES[name].by_name[schema.TABLES[name].when]
    return f"{pd.Timestamp(day) + pd.offsets.MonthEnd(0):%Y-%m-%d}" if when.kind == "month" else day
