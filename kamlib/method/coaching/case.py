"""What a rule is, and the case that it looks at: one account with what every rule needs, counted once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.errors import Finding, Severity
from kamlib.method import measures, relationships
from kamlib.schema import TABLES, AccountView

Hit = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """One rule as data: id, severity, the row of the method behind it, and the predicate.

    The predicate yields one hit per place: the values of its sentence, with `row_id` where a row is meant.
    `is_contact` marks advice to get in touch, which a public tender silences; `asks` a finding that stands but
    whose cure needs a talk: the cure is then to wait (P7).
    """

    id: str
    severity: Severity
    method: str
    hits: Callable[[Any], Iterable[Hit]]
    is_contact: bool = False
    asks: bool = False

    def findings(self, subject: Any, account_id: str = "", *, silent: bool = False) -> list[Finding]:
        """Return what the rule finds in a case or a portfolio; `silent` while a public tender runs."""
        if silent and self.is_contact:
            return []
        waits = silent and self.asks
        return [self._finding(dict(hit), account_id, waits=waits) for hit in self.hits(subject)]

    def _finding(self, hit: Hit, account_id: str, *, waits: bool) -> Finding:
        own = {"account_id": hit.pop("account_id", account_id), "row_id": hit.pop("row_id", "")}
        place = own | ({"account": hit.pop("account")} if "account" in hit else {})
        mend = text.t("tip.silent") if waits else text.t(f"mend.{self.id}", **hit)
        return Finding(self.id, self.severity, place, {"mend": mend, **hit})


#: Every rule over one account, and every rule over all of them, by id and in the order of declaration.
RULES: dict[str, Rule] = {}
COMPANY_RULES: dict[str, Rule] = {}


def rule(
    severity: Severity, method: str, *, is_contact: bool = False, asks: bool = False, company: bool = False
) -> Callable[[Callable[[Any], Iterable[Hit]]], Callable[[Any], Iterable[Hit]]]:
    """Declare the decorated predicate as a rule; its name is the rule's id."""

    def declare(hits: Callable[[Any], Iterable[Hit]]) -> Callable[[Any], Iterable[Hit]]:
        shelf = COMPANY_RULES if company else RULES
        shelf[hits.__name__] = Rule(hits.__name__, severity, method, hits, is_contact, asks)
        return hits

    return declare


class Case:
    """One account under examination."""

    def __init__(self, account: AccountView) -> None:
        self.account = account
        self.now = measures.today(account)

    def __getattr__(self, name: str) -> pd.DataFrame:
        # A table of the account reads as the case's own: case.goal.
        if name not in TABLES:
            raise AttributeError(name)
        return self.account.tables[name]

    @cached_property
    def people(self) -> pd.DataFrame:
        """The customer's people with role and freshness."""
        return relationships.people(self.account)

    @cached_property
    def promises(self) -> pd.DataFrame:
        """Commitments with state and days late."""
        return measures.promises(self.account).frame()

    @cached_property
    def plan(self) -> dict[str, Any]:
        """The newest account plan as a dict; empty where there is none."""
        newest = measures.newest_plans(self.account)
        own = newest[newest["account_id"] == self.account.account_id]
        return dict(own.iloc[-1]) if len(own) else {}

    @cached_property
    def updated_on(self) -> pd.Timestamp:
        """The day on which somebody last judged something in the plan."""
        updated: pd.Timestamp = pd.to_datetime(pd.Series([measures.plan_updated_on(self.account)]))[0]
        return updated

    @cached_property
    def open_goals(self) -> pd.DataFrame:
        """Goals that the customer has not declined."""
        return self.account.goal[self.account.goal["customer_status"].ne("declined")]

    @cached_property
    def open_initiatives(self) -> pd.DataFrame:
        """Initiatives that are neither done nor stopped."""
        return self.account.initiative[~self.account.initiative["status"].isin(["done", "stopped"])]

    @cached_property
    def is_bare(self) -> bool:
        """Whether nothing at all is written: one sentence then says so instead of twenty."""
        return not self.plan and self.account.goal.empty and self.account.initiative.empty

    def name(self, person: object) -> str:
        """Return a person's name."""
        return relationships.person_name(self.account, person)

    def limit(self, name: str) -> Any:
        """Return a threshold."""
        return self.account.limit(name)

    def days_since(self, day: Any) -> int:
        """Return whole days from `day` to the as-of day."""
        return int((self.now - pd.Timestamp(day)).days)

    def money(self, amount: Any) -> str:
        """Write an amount in the account's currency."""
        return text.money(amount, self.account.currency)


def titled(
    rows: pd.DataFrame, held: pd.Series[bool], *columns: str, row_id: str = "row_id", title: str = "title"
) -> Iterable[Hit]:
    """Yield one hit per row where `held`: its id, its title (without a full stop: it stands in a sentence), the columns.

    Most rules hold nowhere in most plans; a frame of no rows, cut out of thirty columns, would be what they cost.
    """
    for place in np.flatnonzero(held.fillna(value=False)):
        named = {"row_id": rows[row_id].iloc[place], "title": str(rows[title].iloc[place]).rstrip(". ")}
        yield named | {name: rows[name].iloc[place] for name in columns}
