"""All accounts of a workspace as frames; one of them, on demand, as a document of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kamlib.schema import plan
from kamlib.schema.account import ROW_CLASSES, Account, plan_in_force
from kamlib.schema.bundle import Bundle
from kamlib.schema.declare import Row


def family(accounts: pd.DataFrame, account_id: str) -> list[str]:
    """Return the account and all below it; a circle of parents ends where it meets itself."""
    return below(accounts.groupby("parent_id")["account_id"].agg(list).to_dict(), account_id)


def below(children: Mapping[Any, list[str]], account_id: str) -> list[str]:
    """Return an account and all below it, from each account's children."""
    members, waiting = [], [account_id]
    while waiting:
        member = waiting.pop()
        if member not in members:
            members.append(member)
            waiting.extend(children.get(member, []))
    return members


@dataclass(frozen=True, kw_only=True)
class Portfolio(Bundle):
    """All accounts of a workspace; a table is a frame: `portfolio.revenue`."""

    tables: Mapping[str, pd.DataFrame]

    def view(self, account_id: str) -> Account:
        """Return one account of the portfolio with its descendants, our own people and company-level plan rows."""
        own = [*below(self._children, account_id), ""]
        names = self.account.set_index("account_id")["name"]
        carried = {each.name: getattr(self, each.name) for each in fields(Bundle)}
        return Account(
            rows=_Rows(self, own), account_id=account_id, name=str(names.loc[account_id]), **carried
        )

    @cached_property
    def plans(self) -> dict[str, plan.AccountPlan]:
        """The plan in force of each account that has one, by account_id."""
        by_account: dict[str, list[plan.AccountPlan]] = {}
        for each in plan.AccountPlan.table.rows(self.account_plan):
            by_account.setdefault(each.account_id, []).append(each)
        found = {each: plan_in_force(plans, self.year) for each, plans in by_account.items()}
        return {each: one for each, one in found.items() if one}

    @cached_property
    def people_named(self) -> dict[str, tuple[str | None, str | None]]:
        """Name and title of everybody known, by contact_id."""
        columns = (self.contact[each].astype(object) for each in ("contact_id", "name", "title"))
        return {
            str(each): (_or_none(name), _or_none(title)) for each, name, title in zip(*columns, strict=True)
        }

    @cached_property
    def customers_named(self) -> dict[str, str]:
        """Names of all accounts, by account_id."""
        return {str(each): str(name) for each, name in self.account.set_index("account_id")["name"].items()}

    def rows_of(self, name: str, own: list[str]) -> pd.DataFrame:
        """Return the rows of one table that belong to `own`, and our own people."""
        rows = self.tables[name]
        if "account_id" not in rows:
            return rows
        places = [found for each in own if (found := self._places(name).get(each)) is not None]
        if name == "contact":
            places.append(np.flatnonzero(rows["side"] == "ours"))
        return rows.iloc[np.unique(np.concatenate(places))] if places else rows.iloc[:0]

    # Counted once for a portfolio: management's page looks at many accounts of the same tables.
    @cached_property
    def _children(self) -> dict[Any, list[str]]:
        return dict(self.account.groupby("parent_id")["account_id"].agg(list).to_dict())

    @cached_property
    def _indices(self) -> dict[str, dict[Any, Any]]:
        return {}

    def _places(self, name: str) -> dict[Any, Any]:
        if name not in self._indices:
            ids = self.tables[name]["account_id"].fillna("")
            self._indices[name] = ids.groupby(ids).indices
        return self._indices[name]


def _or_none(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


class _Rows(Mapping[str, tuple[Row, ...]]):
    """The rows of one account in a portfolio's frames: each table is read at its first use."""

    def __init__(self, portfolio: Portfolio, own: list[str]) -> None:
        self._portfolio, self._own = portfolio, own
        self._made: dict[str, tuple[Row, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Row, ...]:
        if name not in self._made:
            of_account = self._portfolio.rows_of(name, self._own)
            self._made[name] = ROW_CLASSES[name].table.rows(of_account)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._portfolio.tables)

    def __len__(self) -> int:
        return len(self._portfolio.tables)
