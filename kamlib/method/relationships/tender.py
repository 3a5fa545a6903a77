"""Whom to get in touch with when there is nothing to sell, and the rule that silences it (T7, P7)."""

from __future__ import annotations

import pandas as pd

from kamlib import text
from kamlib.errors import Finding
from kamlib.method.once import once
from kamlib.method.relationships.people import people, today
from kamlib.schema import AccountView


@once
def due_contacts(account: AccountView) -> pd.DataFrame:
    """Return the people to get in touch with when there is nothing to sell (T7); empty during a tender (P7).

    One row is one person past the agreed interval, or with a role of the decision and never met.
    """
    persons = people(account).dropna(subset=["contact_id"])
    late = persons["freshness"].isin(["ageing", "stale"])
    unmet = persons["freshness"].eq("never") & persons["role"].isin(account.limit("decision_roles"))
    due = persons[late | unmet] if silence(account) is None else persons.head(0)
    columns = ["contact_id", "role", "last_two_way_on", "days", "interval_days", "freshness", "known_by"]
    return due[columns].reset_index(drop=True)


@once
def silence(account: AccountView) -> Finding | None:
    """Return the rule that silences advice on contact: a public buyer's tender is on (P7), else None.

    A tender is on from its event until `ends_on`, or until `account_plan.tender_until`. Only the regime
    `none` lifts an event: while the regime is not stated the careful reading holds. A missing end is open.
    """
    ends = _tender_ends(account)
    if ends.empty:
        return None
    last = pd.NaT if ends.isna().any() else ends.max()
    rule = "tender_open" if pd.isna(last) else "tender_silence"
    return Finding(rule, "warning", {"account": account.name}, {"until": text.day(last)})


def rule_said(finding: Finding) -> str:
    """Return the sentence of a rule without its place, for use within another text."""
    return text.t(f"finding.{finding.rule}", **finding.values)


def _tender_ends(account: AccountView) -> pd.Series[pd.Timestamp]:
    now = today(account)
    own = account.account[account.account["account_id"].eq(account.account_id)]
    is_private = own["procurement_regime"].eq("none").any()
    tenders = account.event[account.event["kind"].eq("tender") & (account.event["happened_on"] <= now)]
    if is_private:
        tenders = tenders.head(0)
    ends: pd.Series[pd.Timestamp] = pd.concat(
        [tenders["ends_on"], account.account_plan["tender_until"].dropna()]
    )
    return ends.loc[ends.isna() | (ends >= now)]
