"""The one way in for what people write: a change is judged, logged and applied in one transaction."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kamlib import schema
from kamlib.data import store
from kamlib.errors import Finding, KamError, nearest

Operation = Literal["insert", "update", "retire"]
_ROW_ITSELF = ("row_id", "account_id")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and half a character, which no encoding can write


def new_id() -> str:
    """Return a fresh id for a row or an operation."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Change:
    """One change of one row; `before` holds what the writer saw of the fields in `after`.

    `op_id` makes a replay harmless. An insert needs no `before`; an update without one is refused, since it
    could overwrite what somebody else wrote.
    """

    table: str
    row_id: str
    after: Mapping[str, Any] = field(default_factory=dict)
    account_id: str = ""
    before: Mapping[str, Any] | None = None
    operation: Operation = "update"
    op_id: str = field(default_factory=new_id)
    effective_on: date | str | None = None


@dataclass(frozen=True)
class Stamp:
    """Who writes, why, in which session, and when: the same for all changes of one save."""

    by: str
    reason: str
    session: str
    recorded_at: str
    effective_on: str


class Conflict(KamError):  # noqa: N818 - the word that the room uses
    """Somebody else has changed the same field: both versions are told, nothing is written."""


def judge(changes: Sequence[Change]) -> list[Finding]:
    """Return what is wrong with the changes by schema.py alone, all of it at once."""
    return [finding for each in changes for finding in _judge_one(each)]


def _judge_one(each: Change) -> list[Finding]:
    table = schema.TABLES.get(each.table)
    if table is None:
        return [_finding("unknown_table", each, found=each.table, near=nearest(each.table, schema.TABLES))]
    if table.role == "fact" and len(table.key) > 1:
        return [_finding("not_typed", each, found=each.table)]
    if each.operation == "update" and not set(each.after) <= set(each.before or {}):
        return [_finding("before_missing", each, fields=", ".join(sorted(each.after)))]
    found = [*_judge_itself(each), *_judge_seen(table, each)]
    found += [fault for name, value in each.after.items() for fault in _judge_value(table, each, name, value)]
    needed = [c.name for c in table.columns if c.required and c.name not in (*_ROW_ITSELF, *table.key)]
    missing = [n for n in needed if _is_nothing(each.after.get(n))]
    concerned = missing if each.operation == "insert" else [n for n in missing if n in each.after]
    return found + [_finding("value_missing", each, column=name) for name in concerned]


def _is_nothing(value: Any) -> bool:
    return value is pd.NA or value is pd.NaT or value is None or value != value or value == ""  # noqa: PLR0124


def _judge_itself(each: Change) -> list[Finding]:
    """Judge what the change says of itself: which row, whose, and from which day."""
    said = {"row_id": each.row_id, "account_id": each.account_id, "op_id": each.op_id}
    found = [_finding("not_text", each, column=name) for name, value in said.items() if not is_text(value)]
    if is_text(each.row_id) and not each.row_id:
        found.append(_finding("value_missing", each, column="row_id"))
    try:
        store.to_store("date", each.effective_on)
    except (TypeError, ValueError):
        found.append(_wrong_kind(each, "effective_on", each.effective_on, "date"))
    return found


def _judge_seen(table: schema.Table, each: Change) -> list[Finding]:
    """Judge what the writer says to have seen: it is compared with what stands there."""
    found = []
    for name, value in (each.before or {}).items():
        try:
            store.to_store(table.by_name[name].kind if name in table.by_name else "text", value)
        except (TypeError, ValueError, OverflowError):
            found.append(_wrong_kind(each, name, value, "text"))
    return found


def _wrong_kind(each: Change, name: str, value: Any, kind: str) -> Finding:
    return _finding("wrong_kind", each, column=name, found=str(value)[:60], kind=kind)


def is_text(value: Any) -> bool:
    """Tell whether a value is text that can be stored."""
    return isinstance(value, str) and not _UNSTORABLE.search(value)


def _judge_value(table: schema.Table, each: Change, name: str, value: Any) -> list[Finding]:
    column = table.by_name.get(name)
    if column is None:
        return [_finding("unknown_column", each, column=name, near=nearest(name, table.by_name))]
    try:
        stored = store.to_store(column.kind, value)
    except (TypeError, ValueError, OverflowError):
        return [_wrong_kind(each, name, value, column.kind)]
    return [] if stored is None else _judge_stored(column, each, stored)


def _judge_stored(column: schema.Column, each: Change, stored: Any) -> list[Finding]:
    if isinstance(stored, str) and not is_text(stored):
        return [_finding("not_text", each, column=column.name)]
    if column.choices and stored not in column.choices:
        allowed = ", ".join(column.choices)
        return [_finding("unknown_choice", each, column=column.name, found=stored, allowed=allowed)]
    low, high = column.low, column.high
    if (low is not None and stored < low) or (high is not None and stored > high):
        return [_finding("out_of_range", each, column=column.name, found=str(stored), low=low, high=high)]
    return []


def _finding(rule: str, each: Change, **values: Any) -> Finding:
    told = {"account": each.account_id, "table": each.table, "row_id": each.row_id, **values}
    told = {name: _tellable(value) for name, value in told.items()}
    place = {"account": told.pop("account"), "column": told.pop("column", "")}
    return Finding(rule, "error", place, told)


def _tellable(value: Any) -> Any:
    # What can't be stored can't be shown either: a message with half a character would not reach the page.
    is_plain = isinstance(value, (int, float)) or value is None
    return value if is_plain else _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def apply(connection: Connection, each: Change, stamp: Stamp) -> int | None:
    """Write one judged change and its log row; None for a replay. Raises `Conflict`."""
    seen = sa.select(store.change.c.seq).where(store.change.c.op_id == each.op_id)
    if connection.execute(seen).first():
        return None
    table = schema.TABLES[each.table]
    after = {name: store.to_store(table.by_name[name].kind, value) for name, value in each.after.items()}
    current = current_row(connection, each.table, each.row_id)
    before = {name: (current or {}).get(name) for name in after}
    _refuse_conflicts(connection, each, stamp, current)
    account_id = each.account_id or (current or {}).get("account_id") or ""
    _write_row(connection, each, {**(current or {}), **after, "account_id": account_id})
    return _log(connection, each, stamp, {"account_id": account_id, "before": before, "after": after})


def current_row(connection: Connection, table: str, row_id: str) -> dict[str, Any] | None:
    """Return the stored values of one row, or None; a retired row says `retired`."""
    if table in store.facts:
        fact = store.facts[table]
        key = schema.TABLES[table].key[0]
        found = connection.execute(sa.select(fact).where(fact.c[key] == row_id)).mappings().all()
        return dict(found[-1]) if found else None
    rows = store.plan_row
    wanted = sa.select(rows).where(rows.c.table == table, rows.c.row_id == row_id)
    row = connection.execute(wanted).mappings().first()
    if row is None:
        return None
    body: dict[str, Any] = json.loads(row["body"])
    return {**body, "account_id": row["account_id"], "is_shared": row["is_shared"], "retired": row["retired"]}


def _refuse_conflicts(
    connection: Connection, each: Change, stamp: Stamp, current: Mapping[str, Any] | None
) -> None:
    if each.operation == "insert":
        if current is not None:
            raise Conflict(_finding("row_exists", each))
        return
    if current is None:
        raise Conflict(_finding("row_absent", each))
    table = schema.TABLES[each.table]
    seen = {n: store.to_store(table.by_name[n].kind, v) for n, v in (each.before or {}).items()}
    stale = [name for name in each.after if name in seen and seen[name] != current.get(name)]
    if stale and _last_session(connection, each) != (stamp.session or None):
        raise Conflict(*(_both(each, name, seen[name], current.get(name)) for name in stale))


def _both(each: Change, name: str, seen: Any, now: Any) -> Finding:
    values = {"seen": str(seen), "now": str(now), "wanted": str(each.after[name])}
    return _finding("changed_meanwhile", each, column=name, **values)


def _last_session(connection: Connection, each: Change) -> str | None:
    log = store.change
    last = sa.select(log.c.session).where(log.c.table == each.table, log.c.row_id == each.row_id)
    return connection.execute(last.order_by(log.c.seq.desc()).limit(1)).scalar()


def _write_row(connection: Connection, each: Change, values: dict[str, Any]) -> None:
    if each.table in store.facts:
        return _write_fact(connection, each, values)
    rows = store.plan_row
    columns = {
        "account_id": values.pop("account_id"),
        "is_shared": bool(values.pop("is_shared", False)),
        "retired": each.operation == "retire" or bool(values.pop("retired", False)),
    }
    values.pop("retired", None)
    columns["body"] = store.packed({name: value for name, value in values.items() if value is not None})
    if each.operation == "insert":
        connection.execute(sa.insert(rows).values(table=each.table, row_id=each.row_id, **columns))
    else:
        one = (rows.c.table == each.table) & (rows.c.row_id == each.row_id)
        connection.execute(sa.update(rows).where(one).values(**columns))
    return None


def _write_fact(connection: Connection, each: Change, values: dict[str, Any]) -> None:
    fact, key = store.facts[each.table], schema.TABLES[each.table].key[0]
    own = (fact.c[key] == each.row_id) & (fact.c.source == "typed")
    connection.execute(sa.delete(fact).where(own))
    if each.operation != "retire":
        kept = {name: value for name, value in values.items() if name in fact.c}
        connection.execute(sa.insert(fact).values({**kept, key: each.row_id, "source": "typed"}))


def _log(connection: Connection, each: Change, stamp: Stamp, written: Mapping[str, Any]) -> int:
    before, after = written["before"], written["after"]
    if each.table == "contact":  # a person's values stand in one row only, so that erasing it erases them
        before, after = dict.fromkeys(before), dict.fromkeys(after)
    effective = store.to_store("date", each.effective_on) or stamp.effective_on
    own = {name: getattr(each, name) for name in ("op_id", "table", "row_id", "operation")}
    own |= {"account_id": written["account_id"], "before": store.packed(before), "after": store.packed(after)}
    entry = sa.insert(store.change).values(**{**vars(stamp), "effective_on": effective}, **own)
    logged = connection.execute(entry)
    return int(logged.inserted_primary_key[0])  # type: ignore[index]


def fold(log: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the plan rows that a log, in its own order and its `after` unpacked, adds up to; retired rows are left out."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in log:
        key = (entry["table"], entry["row_id"])
        if entry["operation"] == "retire":
            rows.pop(key, None)
            continue
        row = rows.setdefault(key, {"table": key[0], "row_id": key[1], "is_shared": False})
        row |= {"account_id": entry["account_id"], **entry["after"]}
    return list(rows.values())


def rows_now(connection: Connection, table: str, accounts: Sequence[str]) -> pd.DataFrame:
    """Return the rows in force of one plan table and some accounts, typed, by row_id."""
    rows = store.plan_row
    own = (rows.c.table == table) & rows.c.account_id.in_(list(accounts))
    wanted = sa.select(rows).where(own, rows.c.retired.is_(False))
    found = [dict(row) for row in connection.execute(wanted.order_by(rows.c.row_id)).mappings()]
    bodies = pd.DataFrame([row | json.loads(row["body"]) for row in found])
    return store.frame_from_store(schema.TABLES[table], bodies)
