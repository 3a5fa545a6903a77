"""The store: one workspace holds a company's facts, its plans and the log of every change.

`open` never creates a file, `create` does. Only this room reads the clock.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kamlib import schema, text
from kamlib.data import changes, company, documents, imports, locate, parameters, standing, store
from kamlib.data.changes import Change, Conflict
from kamlib.errors import KamError, nearest, problem
from kamlib.schema.portfolio import below

_SETTINGS = ("name", "lang", "currency", "time_zone", "is_sample")


@dataclass(frozen=True)
class Saved:
    """What one save wrote: the log's numbers, in order; empty when all of it was a replay."""

    seqs: tuple[int, ...]


def create(
    target: str | Path, *, name: str = "", lang: str = "sv", currency: str = "SEK", is_sample: bool = False
) -> Workspace:
    """Make a new, empty workspace; an existing one is refused, never overwritten."""
    where = str(target)
    if "://" not in where and Path(where).exists():
        raise problem("workspace_exists", found=where)
    if "://" not in where:
        locate.make_folder(Path(where).absolute().parent)
    engine = store.engine(where, create=True)
    values = (name or Path(where).stem, lang, currency, "Europe/Stockholm", str(is_sample))
    about = {**dict(zip(_SETTINGS, values, strict=True)), "version": store.VERSION, "id": changes.new_id()}
    with store.writing(engine) as connection:
        store.metadata.create_all(connection)
        rows = [{"key": key, "value": value} for key, value in about.items()]
        connection.execute(sa.insert(store.meta), rows)
    return Workspace(where, read_only=False)


def open(target: str | Path | None = None, *, read_only: bool = True) -> Workspace:  # noqa: A001
    """Open a workspace by path or URL; without one, the workspace that `kam` would use (see `locate`)."""
    where = locate.workspace(target)
    if "://" not in where and not Path(where).is_file():
        raise problem("workspace_absent", found=where)
    opened = Workspace(where, read_only=read_only)
    if (found := str(opened.about.get("version"))) != store.VERSION:
        store.upgrade(where, found)
    return opened


def enter(
    *,
    account_id: str | None = None,
    as_of: str = "",
    lang: str = "sv",
    audience: str = "internal",
    live: bool = True,
) -> Any:
    """Return a notebook's portfolio (`account_id` None) or account (empty: the first key account), in its language.

    Raises `KamError` naming every parameter that is off.
    """
    parameters.check(account_id, as_of, lang, audience, live)
    text.use(lang)
    here = open()
    company.speak(here.about)
    if here.audience != audience:
        raise problem("audience_only_through_kam", found=audience)
    if account_id is None:
        if audience == "customer":
            raise problem("portfolio_not_for_customer")
        return here.portfolio(as_of)
    return here.account(account_id or here.first_account(), as_of)


def log_of(account: schema.Account) -> pd.DataFrame:
    """Return the log of a notebook's account, oldest first; empty in a customer's file, which holds none."""
    return open().history(account.account_id)


def quarters(account: schema.Account, back: int = 4) -> list[schema.Account]:
    """Return a notebook's account as it was known so many quarters ago and at each quarter since: the plan by the log."""
    after = pd.Timestamp(account.as_of) + pd.Timedelta(days=1)  # the last day of a month stays the last
    days = [after - pd.DateOffset(months=3 * n, days=1) for n in range(back, 0, -1)]
    return [*open().account_on(account.account_id, [f"{day:%Y-%m-%d}" for day in days]), account]


class Workspace:
    """An open workspace: what it holds as of a day, and the one way to change it."""

    def __init__(self, target: str, *, read_only: bool) -> None:
        self.target = target
        self.read_only = read_only
        self._engine = store.engine(target)

    @cached_property
    def about(self) -> dict[str, str]:
        """What the workspace says of itself: name, language, currency, time zone, version."""
        try:
            with store.reading(self._engine) as connection:
                return {str(key): str(value) for key, value in connection.execute(sa.select(store.meta))}
        except KamError as refused:
            if refused.findings[0].rule != "workspace_damaged":
                raise
            raise problem("not_a_workspace", found=locate.without_password(self.target)) from refused

    @property
    def name(self) -> str:
        """The workspace's name, as every page's first line shows it."""
        return self.about["name"]

    @property
    def audience(self) -> str:
        """`customer` for a projected file, else `internal`."""
        return self.about.get("audience", "internal")

    @property
    def is_sample(self) -> bool:
        """Tell whether this is the invented company."""
        return self.about["is_sample"] == "True"

    def latest_seq(self, account_id: str | None = None) -> int:
        """Return the number of the last change, of one account or of all; 0 where there is none."""
        wanted = sa.select(sa.func.max(store.change.c.seq))
        if account_id is not None:
            wanted = wanted.where(store.change.c.account_id == account_id)
        with store.reading(self._engine) as connection:
            return int(connection.execute(wanted).scalar() or 0)

    def accounts(self) -> pd.DataFrame:
        """Return the account table: one row per account."""
        with store.reading(self._engine) as connection:
            return store.read_facts(connection, "account", until="9999-12-31")

    def first_account(self) -> str:
        """Return the first key account by id; without a recorded one, the first in standing, then by id."""
        with store.reading(self._engine) as connection:
            (plan,) = documents.plans(connection, None, [self._day(connection, "")])
            leading = standing.first(connection)
        chosen: Iterable[Any] = plan["selection"]
        keys = sorted(each.account_id for each in chosen if each.is_key)
        known = sorted(self.accounts()["account_id"])
        if not known:
            raise problem("no_accounts", found=self.name)
        return str(keys[0] if keys else leading or known[0])

    def portfolio(self, as_of: str = "") -> schema.Portfolio:
        """Return every account's facts and plans as of a day (empty: the latest)."""
        with store.reading(self._engine) as connection:
            day = self._day(connection, as_of)
            (plan,) = documents.plans(connection, None, [day])
            framed = {name: schema.TABLES[name].frame(rows) for name, rows in plan.items()}
            tables = self._facts(connection, day) | framed
            through = self._through(connection, day)
        return schema.Portfolio(tables=tables, as_of=day, facts_through=through, **self._carried())

    def account(self, account_id: str, as_of: str = "") -> schema.Account:
        """Return one account with its descendants, our own people and its standing."""
        return self.account_on(account_id, [as_of])[0]

    def account_on(self, account_id: str, days: Sequence[str]) -> list[schema.Account]:
        """Return one account as of each of `days`, read in one pass."""
        with store.reading(self._engine) as connection:
            names, members = self._family(connection, account_id)
            on = [self._day(connection, day) for day in days]
            through = [self._through(connection, day) for day in on]
            places = [standing.of(connection, self._state(connection, day), account_id) for day in on]
            read = documents.read(connection, members, on)
        own: dict[str, Any] = {"account_id": account_id, "name": names[account_id], "audience": self.audience}
        own |= self._carried()
        return [
            schema.Account(rows=rows, as_of=day, facts_through=month, standing=place, **own)
            for rows, day, month, place in zip(read, on, through, places, strict=True)
        ]

    def _family(self, connection: Connection, account_id: str) -> tuple[dict[str, str], list[str]]:
        """Return the names of all accounts, and the ids of this one and all below it."""
        table = store.facts["account"]
        wanted = sa.select(table.c.account_id, table.c.name, table.c.parent_id)
        found = connection.execute(wanted.order_by(table.c.account_id, table.c.source != "imported")).all()
        names = {each: str(name) for each, name, _ in found}
        if account_id not in names:
            near = nearest(account_id, [*names, *names.values()])
            raise problem("unknown_account", found=account_id, near=near)
        if self.audience != "internal":
            return names, list(names)
        children: dict[str, list[str]] = {}
        for each, parent in {each: parent for each, _, parent in found}.items():
            children.setdefault(parent or "", []).append(each)
        children.pop("", None)
        return names, below(children, account_id)

    def plan_rows(self, table: str, account_id: str = "") -> pd.DataFrame:
        """Return one plan table as it is now: the company level's rows, and an account's where one is named."""
        with store.reading(self._engine) as connection:
            return changes.rows_now(connection, table, [account_id, ""])

    def day(self, as_of: str = "") -> date:
        """Return the day that `as_of` means; empty: the latest, so that nothing saved is hidden."""
        with store.reading(self._engine) as connection:
            return self._day(connection, as_of)

    def _carried(self) -> dict[str, Any]:
        return {
            "settings": company.settings(self.about),
            "workspace": self.name,
            "is_sample": self.is_sample,
            "currency": self.about["currency"],
        }

    def _through(self, connection: Connection, day: date) -> pd.Timestamp | None:
        # Of all revenue, also for one account: a customer who has stopped buying bought nothing these months.
        through = self.about.get("facts_through") or store.last_complete_month(connection, day)
        return pd.Timestamp(through) if through else None

    def _facts(self, connection: Connection, day: date) -> dict[str, pd.DataFrame]:
        return {name: store.read_facts(connection, name, until=day.isoformat()) for name in store.facts}

    def history(self, account_id: str | None = None, since: str = "") -> pd.DataFrame:
        """Return the log, oldest first: one row per change; `since` is a day (its changes are left out)."""
        log = store.change
        wanted = sa.select(log).order_by(log.c.seq)
        if account_id is not None:
            wanted = wanted.where(log.c.account_id == account_id)
        if since:
            wanted = wanted.where(log.c.effective_on > since)
        with store.reading(self._engine) as connection:
            found = connection.execute(wanted)
            entries = pd.DataFrame(found.all(), columns=list(found.keys()))
        shown = {
            side: pd.Series(map(_shown, entries["table"], entries[side]), dtype="object", index=entries.index)
            for side in ("before", "after")
        }
        return entries.assign(
            **shown,
            recorded_at=pd.to_datetime(entries["recorded_at"], format="ISO8601"),
            effective_on=pd.to_datetime(entries["effective_on"]),
        )

    def imports(self) -> pd.DataFrame:
        """Return what was imported, oldest first: time, source, table, rows, money in currency units."""
        with store.reading(self._engine) as connection:
            found = connection.execute(sa.select(store.import_log).order_by(store.import_log.c.seq))
            rows = pd.DataFrame(found.all(), columns=list(found.keys()))
        return rows.assign(money=rows["money"] / 100)

    def _day(self, connection: Connection, as_of: str) -> date:
        if as_of == "today":
            return datetime.now(ZoneInfo(self.about["time_zone"])).date()
        if as_of:
            try:
                return date.fromisoformat(as_of)
            except ValueError:
                raise problem("as_of_not_a_day", found=as_of) from None
        if "as_of" in self.about:
            return date.fromisoformat(self.about["as_of"])
        last = connection.execute(sa.select(sa.func.max(store.change.c.effective_on))).scalar()
        newest = max(last or "", store.last_fact(connection))
        return date.fromisoformat(newest or self._now()[:10])

    def _now(self) -> str:
        return datetime.now(UTC).isoformat(timespec="microseconds")

    def _stamp(self, by: str, reason: str, session: str, at: datetime | None) -> changes.Stamp:
        if at is not None and at.tzinfo is None:
            raise problem("naive_time", found=str(at))
        for name, value in {"by": by, "reason": reason, "session": session}.items():
            if not changes.is_text(value):
                raise problem("parameter_not_text", name=name, found=ascii(value)[:60])
        moment = at.astimezone(UTC) if at else datetime.now(UTC)
        local = moment.astimezone(ZoneInfo(self.about["time_zone"]))
        recorded = moment.isoformat(timespec="microseconds")
        return changes.Stamp(by, reason, session, recorded, f"{local:%Y-%m-%d}")

    def save(
        self,
        several: Sequence[Change],
        *,
        by: str,
        reason: str = "",
        session: str = "",
        at: datetime | None = None,
    ) -> Saved:
        """Write all changes and their log rows in one transaction, or none of them.

        Raises `KamError` for values that schema.py refuses and `Conflict` where somebody else wrote first.
        """
        self._refuse_read_only()
        faults = changes.judge(several)
        if faults:
            raise KamError(*faults)
        stamp = self._stamp(by, reason, session, at)
        try:
            with store.writing(self._engine) as connection:
                self._refuse_backwards(connection, several, stamp)
                written = [changes.apply(connection, each, stamp) for each in several]
        except sa.exc.IntegrityError as raced:  # two writers made the same row at once
            raise Conflict(problem("raced").findings[0]) from raced
        return Saved(tuple(seq for seq in written if seq is not None))

    def change(self, table: str, row_id: str, **after: Any) -> Change:
        """Return an update of one row, with what stands there now as `before`."""
        with store.reading(self._engine) as connection:
            current = changes.current_row(connection, table, row_id) or {}
        kinds = schema.TABLES[table].by_name
        before = {n: store.from_store(kinds[n].kind if n in kinds else "", current.get(n)) for n in after}
        return Change(table, row_id, after, str(current.get("account_id") or ""), before)

    def _refuse_read_only(self) -> None:
        if self.read_only or self.audience == "customer":
            raise problem("read_only", found=self.name)

    def _refuse_backwards(
        self, connection: Connection, several: Sequence[Change], stamp: changes.Stamp
    ) -> None:
        log = store.change
        for table, row_id in {(each.table, each.row_id) for each in several}:
            mine = (log.c.table == table) & (log.c.row_id == row_id)
            last = connection.execute(sa.select(sa.func.max(log.c.recorded_at)).where(mine)).scalar()
            if last and last > stamp.recorded_at:
                raise problem("time_backwards", found=stamp.recorded_at, last=last)

    def import_facts(
        self, tables: Mapping[str, pd.DataFrame], *, source: str, replace: bool = False
    ) -> dict[str, str]:
        """Put typed fact tables in place of what this source said before; all or nothing.

        Returns per table `imported`, or `unchanged` where the source's last import held the same rows.
        """
        self._refuse_read_only()
        origin = imports.Origin(source, self._now(), replace)
        with store.writing(self._engine) as connection:
            replaced = imports.replace_rows
            return {name: replaced(connection, name, rows, origin) for name, rows in tables.items()}

    def standings(self, as_of: str = "") -> pd.DataFrame:
        """Return the kept standings of this very state and day, one row per account; empty where none is kept."""
        with store.reading(self._engine) as connection:
            return standing.everyone(connection, self._state(connection, self._day(connection, as_of)))

    def keep_standings(self, standings: pd.DataFrame, as_of: str = "") -> None:
        """Keep the standings (one row per account) of this state and day; older ones are dropped."""
        with store.writing(self._engine) as connection:
            standing.keep(connection, self._state(connection, self._day(connection, as_of)), standings)

    def _state(self, connection: Connection, day: date) -> str:
        return standing.fingerprint(connection, day, self.about.get("settings", ""))

    def snapshot(self, target: Path) -> Workspace:
        """Copy the SQLite workspace as it is at this moment, whatever others write meanwhile."""
        with (
            store.told(),
            closing(sqlite3.connect(Path(self.target).absolute().as_uri() + "?mode=rw", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return Workspace(str(target), read_only=False)

    def set_about(self, **values: str) -> None:
        """Write what the workspace says of itself."""
        self._refuse_read_only()
        with store.writing(self._engine) as connection:
            connection.execute(sa.delete(store.meta).where(store.meta.c.key.in_(list(values))))
            rows = [{"key": key, "value": value} for key, value in values.items()]
            connection.execute(sa.insert(store.meta), rows)
        self.__dict__.pop("about", None)


def _shown(table: str, body: str) -> dict[str, Any]:
    kinds = schema.TABLES[table].by_name
    values: dict[str, Any] = json.loads(body)
    return {n: store.from_store(kinds[n].kind if n in kinds else "", v) for n, v in values.items()}
