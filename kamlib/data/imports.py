"""Imported facts take the place of what the same source said before; other sources are never touched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kamlib import schema
from kamlib.data import store


@dataclass(frozen=True)
class Origin:
    """Where rows come from and when; `replace` also removes what the source no longer says."""

    source: str
    imported_at: str
    replace: bool = False


def replace_rows(connection: Connection, name: str, rows: pd.DataFrame, origin: Origin) -> str:
    """Write one table's rows and note the import; `unchanged` when the last import held the same rows."""
    table, log = schema.TABLES[name], store.import_log
    records = store.frame_to_store(table, table.typed(rows))
    content = _hash(records, origin)
    last = sa.select(log.c.content_hash).where(log.c.source == origin.source, log.c.table == name)
    if connection.execute(last.order_by(log.c.seq.desc()).limit(1)).scalar() == content:
        return "unchanged"
    _clear(connection, name, records, origin)
    if records:
        connection.execute(sa.insert(store.facts[name]), [{**r, "source": origin.source} for r in records])
    money = next((column.name for column in table.columns if column.kind == "money"), None)
    whole = sum(record[money] or 0 for record in records) if money else 0
    of_import = {"imported_at": origin.imported_at, "source": origin.source, "table": name}
    counted = {"content_hash": content, "rows": len(records), "money": whole}
    connection.execute(sa.insert(log).values(**of_import, **counted))
    return "imported"


def _hash(records: list[dict[str, Any]], origin: Origin) -> str:
    lines = sorted(store.packed(record) for record in records)  # the order of rows says nothing
    return hashlib.sha256("\n".join([str(origin.replace), *lines]).encode()).hexdigest()


def _clear(connection: Connection, name: str, records: list[dict[str, Any]], origin: Origin) -> None:
    fact, table = store.facts[name], schema.TABLES[name]
    own = fact.c.source == origin.source
    if origin.replace and name == "contact":
        _mark_gone(connection, records, origin)
    elif origin.replace:
        connection.execute(sa.delete(fact).where(own))
        return
    if "month" in table.key:
        months = sorted({record["month"] for record in records})
        connection.execute(sa.delete(fact).where(own, fact.c.month.in_(months)))
    elif records:
        same = sa.and_(own, *(fact.c[key] == sa.bindparam(f"k_{key}") for key in table.key))
        keys = [{f"k_{key}": record[key] for key in table.key} for record in records]
        connection.execute(sa.delete(fact).where(same), keys)


def _mark_gone(connection: Connection, records: list[dict[str, Any]], origin: Origin) -> None:
    """Give a vanished person a last day: a contact is gone, not unheard of."""
    fact = store.facts["contact"]
    fresh = {record["contact_id"] for record in records}
    own = fact.c.source == origin.source
    known = connection.execute(sa.select(fact.c.contact_id).where(own, fact.c.gone_on.is_(None)))
    left = [{"k": contact_id} for (contact_id,) in known if contact_id not in fresh]
    if left:
        gone = sa.update(fact).where(own, fact.c.contact_id == sa.bindparam("k"))
        connection.execute(gone.values(gone_on=origin.imported_at[:10]), left)
