"""Where accounts stand in the portfolio, kept for one state of facts, plans and settings and one day."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import cache

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kamlib import schema
from kamlib.data import store

_kept = store.standing


def fingerprint(connection: Connection, day: date, settings: str) -> str:
    """Return what must be the same for a kept standing to hold: day, settings, last import, last change."""
    logs = (store.import_log, store.change)
    last = [connection.execute(sa.select(sa.func.max(log.c.seq))).scalar() for log in logs]
    said = [day.isoformat(), settings, _kit_settings(), last]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@cache
def _kit_settings() -> str:
    return json.dumps(schema.load_settings(), sort_keys=True, default=str)


def of(connection: Connection, state: str, account_id: str) -> schema.Standing | None:
    """Return one account's standing in this state; None where none is kept."""
    mine = (_kept.c.fingerprint == state) & (_kept.c.account_id == account_id)
    body = connection.execute(sa.select(_kept.c.body).where(mine)).scalar()
    if not body:
        return None
    kept = json.loads(body)
    return schema.Standing(**{name: kept.get(name) for name in schema.STANDING_COLUMNS})


def everyone(connection: Connection, state: str) -> pd.DataFrame:
    """Return the standings of this state, one row per account; empty where none is kept."""
    mine = sa.select(_kept.c.body).where(_kept.c.fingerprint == state).order_by(_kept.c.account_id)
    return pd.DataFrame(map(json.loads, connection.execute(mine).scalars()))


def first(connection: Connection) -> str:
    """Return the account that ranks first among the kept standings; empty where there are none."""
    rows = connection.execute(sa.select(_kept.c.account_id, _kept.c.body)).all()
    ranked = [(json.loads(body).get("rank") or 1e9, account_id) for account_id, body in rows]
    return min(ranked)[1] if ranked else ""


def keep(connection: Connection, state: str, standings: pd.DataFrame) -> None:
    """Keep the standings of this state, one row per account; older ones are dropped."""
    connection.execute(sa.delete(_kept))
    rows = json.loads(standings.to_json(orient="records", date_format="iso"))
    kept = [{"fingerprint": state, "account_id": r["account_id"], "body": store.packed(r)} for r in rows]
    if kept:
        connection.execute(sa.insert(_kept), kept)
