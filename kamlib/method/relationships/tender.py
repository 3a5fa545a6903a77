"""The rule that silences all advice on contact while a public tender runs (P7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kamlib import words
from kamlib.errors import Finding
from kamlib.method.once import once
from kamlib.schema import Account


@once
def silence(account: Account) -> Finding | None:
    """Return the rule that silences advice on contact: a public buyer's tender is on (P7), else None.

    A tender is on from its event until `ends_on`, or until `account_plan.tender_until`. Only the regime
    `none` lifts an event: while the regime is not stated the careful reading holds. A missing end is open.
    """
    ends = [end for end in _tender_ends(account) if end is None or end >= account.today]
    if not ends:
        return None
    last = max((end for end in ends if end), default=None) if None not in ends else None
    rule = "tender_silence" if last else "tender_open"
    return Finding(rule, "warning", {"account": account.name}, {"until": words.day(last)})


def rule_said(finding: Finding) -> words.Words:
    """Return the sentence of a rule without its place, for use within another text."""
    return words.sentence(f"finding.{finding.rule}", **finding.values)


def _tender_ends(account: Account) -> Iterator[date | None]:
    # Of every year's plan, not only of the one in force: a silence that was promised outlives the turn of the year.
    yield from (each.tender_until for each in account.account_plans if each.tender_until)
    if account.customer and account.customer.procurement_regime == "none":
        return
    for event in account.events:
        if event.kind == "tender" and event.happened_on <= account.today:
            yield event.ends_on
