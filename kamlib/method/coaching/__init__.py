"""Coaching: rules over a plan and over all plans, and the ten tips as a scorecard (P7, P8, P17).

A rule is data and a predicate; what it finds comes with evidence, the reason and a way to mend it. Forty rules
kill a plan: a page shows three. There is no score of rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kamlib import words
from kamlib.errors import Finding, Severity, severity_rank
from kamlib.method import measures, relationships
from kamlib.method.coaching import company_rules, customer_rules, plan_rules, team_rules
from kamlib.method.coaching.priority import (
    Action,
    Line,
    Matter,
    Message,
    headline,
    line,
    matters,
    message,
    opening,
    ranked,
    rest,
)
from kamlib.method.coaching.rules import COMPANY_RULES, RULES, Rule
from kamlib.method.coaching.tips import Tip, tips
from kamlib.schema import Account, Portfolio, Result, result
from kamlib.schema.plan import Waiver

_ROOMS = (plan_rules, team_rules, customer_rules, company_rules)  # importing them declares the rules


def check(account: Account) -> list[Finding]:
    """Return the findings on one account, what is worth most first; waived ones are left out.

    Advice to get in touch is silent while a public tender runs (P7). Nothing is coached in front of the customer.
    """
    if account.audience == "customer":
        return []
    silent, excused = relationships.silence(account) is not None, {each.rule for each in waived(account)}
    rules = [each for each in RULES.values() if each.id not in excused]
    findings = [finding for each in rules for finding in each.findings(account, silent=silent)]
    return ranked(account, findings)


def about(findings: Iterable[Finding], *rows: str) -> list[Finding]:
    """Return the findings that stand on a row of the method that begins with one of `rows`: `S2`, `T6`."""
    return [each for each in findings if any(row.startswith(rows) for row in _method(each).split(", "))]


def _method(finding: Finding) -> str:
    return (RULES.get(finding.rule) or COMPANY_RULES[finding.rule]).method


@result("lines")
def lines(portfolio: Portfolio) -> Iterable[Line]:
    """One line per key account, the most money at stake first."""
    found = [line(account, check(account)) for account in measures.key_views(portfolio).values()]
    return sorted(found, key=lambda each: (each.what is None, -(each.money or 0.0)))


def tips_each(portfolio: Portfolio) -> dict[str, Result[Tip]]:
    """Return the ten tips of every key account, by account_id."""
    return {name: tips(account) for name, account in measures.key_views(portfolio).items()}


def check_company(portfolio: Portfolio) -> list[Finding]:
    """Return the findings that only all accounts together can show, the most severe first."""
    return _ranked(finding for each in COMPANY_RULES.values() for finding in each.findings(portfolio))


def _ranked(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda each: severity_rank(each.severity))


@result("waivers")
def waived(account: Account) -> Iterable[Waiver]:
    """The waivers in force."""
    return [each for each in account.waivers if each.until_on >= account.today]


@dataclass(frozen=True)
class Explanation:
    """One finding in full: what we see, why it matters, the next step, and the rows of the method behind it."""

    rule: str
    severity: Severity
    evidence: words.Words
    why: words.Words
    mend: words.Words | None
    method: str
    row_id: str


@result("coaching")
def explain(account: Account) -> Iterable[Explanation]:
    """The findings on one account in full."""
    return map(explained, check(account))


def explained(each: Finding) -> Explanation:
    """Return one finding in full."""
    evidence = words.sentence(f"finding.{each.rule}", **{**each.place, **each.values})
    why, row_id = words.sentence(f"why.{each.rule}"), each.place["row_id"]
    return Explanation(each.rule, each.severity, evidence, why, each.mend, _method(each), row_id)
