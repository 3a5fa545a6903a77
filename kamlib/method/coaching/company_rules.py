"""Rules over all accounts: hours, concentration, walls, copied text (S1.5, S3.8, P7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from kamlib import words
from kamlib.method import measures
from kamlib.method.coaching.rules import Hit, company_rule, hit
from kamlib.schema import Portfolio


def _person(portfolio: Portfolio, contact_id: str) -> str:
    name, _ = portfolio.people_named.get(contact_id, (None, None))
    return name or contact_id


def _customer(portfolio: Portfolio, account_id: str) -> str:
    return portfolio.customers_named.get(account_id, account_id)


@company_rule("error", "S1.5")
def hours_short(portfolio: Portfolio) -> Iterable[Hit]:
    """A KAM's plans need more hours than exist."""
    for kam in measures.hours(portfolio):
        if kam.state == "short":
            yield hit(
                who=_person(portfolio, kam.person_id),
                needed=words.number(kam.hours_needed),
                available=words.number(kam.hours_available),
                n=kam.accounts,
            )


@company_rule("warning", "6.7")
def large_customer(portfolio: Portfolio) -> Iterable[Hit]:
    """One customer carries more than a tenth of revenue."""
    recent = measures.within(portfolio.revenue, "month", portfolio.window(12))
    by_group = recent.groupby(recent["account_id"].map(measures.groups_of(portfolio)))["revenue"].sum()
    shares = by_group / by_group.sum()
    for account_id, share in shares[shares > portfolio.limit("concentration_limit_share")].items():
        name = _customer(portfolio, str(account_id))
        yield hit(account_id=account_id, account=name, share=words.percent(float(share), 1))


@company_rule("error", "P7")
def wall_broken(portfolio: Portfolio) -> Iterable[Hit]:
    """The same people work in the teams of two customers that compete: told once of each pair."""
    teams: dict[str, list[str]] = {}
    members = portfolio.squad_member[["account_id", "person_id", "function"]]
    for account_id, person, function in members.astype(object).itertuples(index=False):
        if function not in ("sponsor", "finance"):
            teams.setdefault(account_id, []).append(person)
    for one, rival in _rivals(portfolio):
        both = [each for each in dict.fromkeys(teams.get(one, [])) if each in teams.get(rival, [])]
        if both:
            who = words.listed(_person(portfolio, each) for each in both)
            told = {"account": _customer(portfolio, one), "rival": _customer(portfolio, rival)}
            yield hit(account_id=one, who=who, n=len(both), **told)


def _rivals(portfolio: Portfolio) -> Iterable[tuple[str, str]]:
    """Each pair of customers that compete, once, also where both name the other."""
    named = portfolio.account[["account_id", "competes_with"]].dropna()
    pairs = named.astype(str).itertuples(index=False, name=None)
    return {frozenset(pair): (pair[0], pair[1]) for pair in pairs}.values()


@company_rule("warning", "S3.8")
def copied_text(portfolio: Portfolio) -> Iterable[Hit]:
    """The same sentence stands in the plans of two customers."""
    authors: dict[str, dict[str, None]] = {}
    for account_id, sentence in _own_sentences(portfolio):
        if len(sentence) > 30:
            authors.setdefault(sentence, {})[account_id] = None
    for sentence, accounts in authors.items():
        if len(accounts) > 1:
            names = words.listed(_customer(portfolio, each) for each in accounts)
            yield hit(account_id=next(iter(accounts)), said=sentence, names=names)


def _own_sentences(portfolio: Portfolio) -> Iterator[tuple[str, str]]:
    for account_id, plan in portfolio.plans.items():
        yield account_id, plan.ambition or ""
        yield account_id, plan.customer_need or ""
    for account_id, title in portfolio.goal[["account_id", "title"]].dropna().itertuples(index=False):
        yield str(account_id), str(title)


@company_rule("warning", "S1.1")
def selection_old(portfolio: Portfolio) -> Iterable[Hit]:
    """The selection of key accounts has not been revisited within a year."""
    decided_on = portfolio.selection["decided_on"].max()
    age = pd.Timestamp(portfolio.as_of) - decided_on
    if pd.notna(decided_on) and age.days > portfolio.limit("selection_days"):
        yield hit(day=decided_on)
