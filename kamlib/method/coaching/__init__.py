"""Coaching: rules over a plan and over all plans, and the ten tips as a scorecard (P7, P8, P17).

A rule is data and a predicate; what it finds comes with evidence, the reason and a way to mend it. Forty rules
kill a plan: a page shows three. There is no score of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from kamlib import text
from kamlib.errors import Finding
from kamlib.method import measures, relationships
from kamlib.method.coaching import company_rules, customer_rules, plan_rules
from kamlib.method.coaching.case import COMPANY_RULES, RULES, Case, Rule
from kamlib.method.coaching.tips import tips
from kamlib.method.measures import today
from kamlib.schema import AccountView, Portfolio

_ROOMS = (plan_rules, customer_rules, company_rules)  # importing them declares the rules
_RANK = {"error": 0, "warning": 1, "note": 2}


def check(account: AccountView) -> list[Finding]:
    """Return the findings on one account, the most severe first; waived ones are left out.

    Advice to get in touch is silent while a public tender runs (P7). Nothing is coached in front of the customer.
    """
    if account.audience == "customer":
        return []
    case, silent = Case(account), relationships.silence(account) is not None
    found = [hit for each in RULES.values() for hit in each.findings(case, account.account_id, silent=silent)]
    first, excused = account.limit("findings_first"), set(waived(account)["rule"])
    return _ranked((hit for hit in found if hit.rule not in excused), first)


def about(found: Iterable[Finding], *rows: str) -> list[Finding]:
    """Return the findings that stand on a row of the method that begins with one of `rows`: `S2`, `T6`."""
    return [hit for hit in found if any(row.startswith(rows) for row in _methods(hit.rule))]


def _methods(rule: str) -> list[str]:
    return (RULES | COMPANY_RULES)[rule].method.split(", ")


def check_each(portfolio: Portfolio) -> dict[str, list[Finding]]:
    """Return the findings on every key account, by account_id."""
    return {name: check(account) for name, account in measures.key_views(portfolio).items()}


def tips_each(portfolio: Portfolio) -> dict[str, pd.DataFrame]:
    """Return the ten tips of every key account, by account_id."""
    return {name: tips(account) for name, account in measures.key_views(portfolio).items()}


def check_company(portfolio: Portfolio) -> list[Finding]:
    """Return the findings that only all accounts together can show, the most severe first."""
    return _ranked(hit for each in COMPANY_RULES.values() for hit in each.findings(portfolio))


def _ranked(found: Iterable[Finding], first: Sequence[str] = ()) -> list[Finding]:
    place = {rule: n for n, rule in enumerate(first)}
    return sorted(found, key=lambda hit: (_RANK[hit.severity], place.get(hit.rule, len(place))))


def waived(account: AccountView) -> pd.DataFrame:
    """One row per waiver in force: `rule`, `reason`, `until_on`, `given_by`."""
    rows = account.waiver[account.waiver["until_on"] >= today(account)]
    return rows[["rule", "reason", "until_on", "given_by"]].reset_index(drop=True)


def explain(found: Iterable[Finding]) -> pd.DataFrame:
    """One row per finding: `rule`, `severity`, `evidence`, `why`, `mend`, `method`, `account_id`, `row_id`."""
    lines = [
        {
            "rule": hit.rule,
            "severity": hit.severity,
            "evidence": text.t(f"finding.{hit.rule}", **{**hit.place, **hit.values, "mend": ""})
            .removesuffix(text.MISSING)
            .strip(),
            "why": text.t(f"why.{hit.rule}"),
            "mend": hit.values["mend"],
            "method": (RULES | COMPANY_RULES)[hit.rule].method,
            "account_id": hit.place["account_id"],
            "row_id": hit.place["row_id"],
        }
        for hit in found
    ]
    columns = ["rule", "severity", "evidence", "why", "mend", "method", "account_id", "row_id"]
    return pd.DataFrame(lines, columns=columns)
