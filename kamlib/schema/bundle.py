"""The bundles that travel through the house: one portfolio, or one account, as of one day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import yaml


@cache
def _kit_settings() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a fifth of the time
    written = files("kamlib").joinpath("settings.yaml").read_text("utf-8")
    settings: dict[str, Any] = yaml.load(written, loader)  # noqa: S506  a SafeLoader
    return settings


def load_settings(overlay: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the kit's settings with the company's own laid over them, value by value; to be read only."""
    return _laid_over(_kit_settings(), overlay or {})


def _laid_over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    nested = {key: value for key, value in above.items() if isinstance(value, Mapping)}
    inside = {
        key: _laid_over(below[key], value)
        for key, value in nested.items()
        if isinstance(below.get(key), dict)
    }
    return {**below, **above, **inside}


@dataclass(frozen=True)
class _Bundle:
    """Tables as of one day; a table is an attribute: `bundle.revenue`."""

    tables: Mapping[str, pd.DataFrame]
    as_of: date
    facts_through: pd.Timestamp | None
    settings: Mapping[str, Any] = field(default_factory=load_settings)
    workspace: str = ""
    is_sample: bool = False
    currency: str = "SEK"
    imported_on: date | None = None

    def __getattr__(self, name: str) -> pd.DataFrame:
        # Reached only when no field has the name; dunder look-ups (copy, pickle) must not recurse.
        if name.startswith("_") or name == "tables":
            raise AttributeError(name)
        try:
            return self.tables[name]
        except KeyError:
            raise AttributeError(f"no table {name!r} in schema.TABLES") from None

    def window(self, months: int = 12, *, back: int = 0) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """First and last month of `months` trailing months, `back` months ago; None without revenue."""
        return None if self.facts_through is None else _trailing(self.facts_through, months, back)

    def limit(self, name: str) -> Any:
        """Return the value of one threshold of `settings.yaml`."""
        return self.settings["thresholds"][name]["value"]


@cache
def _trailing(through: pd.Timestamp, months: int, back: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    last = through - pd.DateOffset(months=back)
    return last - pd.DateOffset(months=months - 1), last


def family(accounts: pd.DataFrame, account_id: str) -> list[str]:
    """Return the account and all below it; a circle of parents ends where it meets itself."""
    return _below(accounts.groupby("parent_id")["account_id"].agg(list).to_dict(), account_id)


def _below(children: Mapping[Any, list[str]], account_id: str) -> list[str]:
    members, waiting = [], [account_id]
    while waiting:
        member = waiting.pop()
        if member not in members:
            members.append(member)
            waiting.extend(children.get(member, []))
    return members


@dataclass(frozen=True)
class Portfolio(_Bundle):
    """All accounts of a workspace."""

    def view(self, account_id: str) -> AccountView:
        """Return one account of the portfolio with its descendants, our own people and company-level plan rows."""
        own = [*_below(self._children, account_id), ""]
        tables = {name: self._rows_of(name, own) for name in self.tables}
        names = self.account.set_index("account_id")["name"]
        carried = {each.name: getattr(self, each.name) for each in fields(_Bundle)} | {"tables": tables}
        return AccountView(**carried, account_id=account_id, name=str(names.loc[account_id]))

    def _rows_of(self, name: str, own: list[str]) -> pd.DataFrame:
        rows = self.tables[name]
        if "account_id" not in rows:
            return rows
        places = [found for each in own if (found := self._places[name].get(each)) is not None]
        if name == "contact":
            places.append(np.flatnonzero(rows["side"] == "ours"))
        return rows.iloc[np.unique(np.concatenate(places))] if places else rows.iloc[:0]

    # Counted once for a portfolio: management's page looks at many accounts of the same tables.
    @cached_property
    def _children(self) -> dict[Any, list[str]]:
        return dict(self.account.groupby("parent_id")["account_id"].agg(list).to_dict())

    @cached_property
    def _places(self) -> dict[str, dict[Any, Any]]:
        held = {
            name: rows["account_id"].fillna("") for name, rows in self.tables.items() if "account_id" in rows
        }
        return {name: ids.groupby(ids).indices for name, ids in held.items()}


@dataclass(frozen=True)
class AccountView(_Bundle):
    """One account: only its own rows, our own people, and its one-row standing in the portfolio."""

    account_id: str = ""
    name: str = ""
    audience: str = "internal"
    standing: pd.DataFrame = field(default_factory=pd.DataFrame)


#: The columns of `AccountView.standing` beside `account_id`: what an account notebook may know of the portfolio.
Standing = (
    "segment",
    "is_key",
    "basis",
    "score",
    "rank",
    "of_accounts",
    "acceptability",
    "verdict",
    "quadrant",
    "revenue_12m",
    "revenue_rank",
    "reason",
)
