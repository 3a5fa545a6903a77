"""What matters most for an account: findings and the plan's own risks by money at stake, nearness and certainty (P17)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kamlib import text, words
from kamlib.errors import Finding, severity_rank
from kamlib.method import measures, relationships
from kamlib.method.coaching.rules import RULES, within_sentence
from kamlib.schema import Account
from kamlib.schema.plan import Decision, Risk
from kamlib.words import Words


@dataclass(frozen=True)
class Action:
    """What is done about a matter: in words, by whom and by when.

    `kind` is decision (management has been asked), risk (the plan acts on it) or advice (nobody does yet).
    """

    kind: str
    what: Words | str
    person_id: str | None = None
    by: date | None = None


@dataclass(frozen=True)
class Matter:
    """One cause: what we see, what the plan fears of it, what it may cost in a year, and what is done about it.

    `share` is our judgement of the chance that it costs us the account's contribution within a year, `money` that
    share of the contribution (or what it costs for certain), and `rank` the share with the day's nearness in it.
    """

    cause: str
    finding: Finding | None
    risk: Risk | None
    share: float
    money: float | None
    rank: float
    action: Action | None = None
    certain: str = ""  # the rule that counts the money, where it is no judgement


def matters(account: Account, findings: Sequence[Finding]) -> list[Matter]:
    """Return one matter per cause, what is worth most first; `findings` are those of `check`."""
    by_cause: dict[str, Matter] = {}
    for each in (*(_of_finding(account, each) for each in findings), *map(_of_risk(account), _open(account))):
        known = by_cause.get(each.cause)
        by_cause[each.cause] = each if known is None else _merged(known, each)
    found = sorted(by_cause.values(), key=lambda each: -each.rank)
    return [replace(each, action=_action(account, each)) for each in found]


def ranked(account: Account, findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by what is at stake and how near it is; equal ones as severe as they are, then as they came."""
    return sorted(findings, key=lambda each: (-_of_finding(account, each).rank, severity_rank(each.severity)))


def _open(account: Account) -> Iterator[Risk]:
    return (each for each in account.risks if each.probability and each.impact)


def _merged(one: Matter, other: Matter) -> Matter:
    """Return two matters of one cause as one: the weightier, with the other's finding or risk beside it."""
    first, second = (one, other) if one.rank >= other.rank else (other, one)
    return replace(first, finding=first.finding or second.finding, risk=first.risk or second.risk)


def _of_finding(account: Account, finding: Finding) -> Matter:
    contribution, count = _contribution(account), _CERTAIN.get(finding.rule)
    certain = count(account) if count else None
    if certain is not None and contribution is not None:
        share = certain / contribution
        return Matter(_cause(finding), finding, None, share, certain, share, certain=finding.rule)
    share, is_late = _chance(account, finding), "days" in finding.values
    near = 1.0 if is_late else _nearness(account, finding.place.get("by"))
    return Matter(_cause(finding), finding, None, share, _part(share, contribution), share * near)


def _contribution(account: Account) -> float | None:
    """Return what there is to lose in a year; unknown where the customer brings nothing."""
    margin = measures.sales(account).contribution_margin
    return margin if margin is not None and margin > 0 else None


def _part(share: float, contribution: float | None) -> float | None:
    return None if contribution is None else share * contribution


def _cause(finding: Finding) -> str:
    return RULES[finding.rule].cause or finding.rule


def _chance(account: Account, finding: Finding) -> float:
    chances: Mapping[str, float] = account.limit("finding_chances")
    chance = chances.get(finding.rule, chances["other"])
    weight = _WEIGHTS.get(finding.rule)
    return chance * weight(finding.values) if weight else chance


#: How much of a rule's chance counts for one finding: by what it has seen.
_WEIGHTS: Mapping[str, Callable[[Mapping[str, Any]], float]] = {
    "project_slips": lambda values: min(values["days"] / 60, 1.0),  # two months late weigh in full
    "event_newer_than_plan": lambda values: 1.0 if values["kind"] == "acquisition" else 1 / 3,
    "mean_hides_low": lambda values: 1.0 if values["lowest"] <= 4 else 0.5,
}


def _of_risk(account: Account) -> Callable[[Risk], Matter]:
    chances, losses = account.limit("risk_chances"), account.limit("risk_losses")
    contribution = _contribution(account)

    def made(risk: Risk) -> Matter:
        share = chances[(risk.probability or 1) - 1] * losses[(risk.impact or 1) - 1]
        rank = share * _nearness(account, None)
        return Matter(risk.cause or risk.row_id, None, risk, share, _part(share, contribution), rank)

    return made


def _nearness(account: Account, by: date | None) -> float:
    """Return how much of what is at stake counts: all where the day is near, then less; a share of its own without a day."""
    *parts, later = account.limit("near_shares")
    if by is None:
        return float(account.limit("undated_share"))
    left = (by - account.today).days
    near = zip(account.limit("near_days"), parts, strict=True)
    return float(next((part for days, part in near if left <= days), later))


#: What is lost for certain in a year, in money, where that is known.
_CERTAIN: Mapping[str, Callable[[Account], float | None]] = {
    "service_eats_profit": lambda account: -(measures.customer_profit(account).profit or 0.0),
    "below_budget": lambda account: measures.budget_gap(account).margin_lost,
}


def _action(account: Account, matter: Matter) -> Action | None:
    """What is done about it: a decision that waits, else what the plan does, else the advice of the rule."""
    asked = [each for each in account.decisions if each.cause == matter.cause and each.status == "asked"]
    if asked:
        return _of_decision(min(asked, key=lambda each: each.due_on or date.max))
    risk = matter.risk
    if risk and risk.action and risk.owner_id:
        return Action("risk", risk.action, risk.owner_id)
    advice = matter.finding.mend if matter.finding else None
    return Action("advice", advice) if advice else None


def _of_decision(decision: Decision) -> Action:
    return Action("decision", decision.title, decision.owner_id, decision.due_on)


@dataclass(frozen=True)
class Message:
    """What opens an account's pages: the matter that changes what we do (None where none is large), and those after it."""

    first: Matter | None
    then: Sequence[Matter]


def message(account: Account, findings: Sequence[Finding]) -> Message:
    """Return the matter that opens a page, and at most two more: above `matter_least_share`, or waiting for a decision."""
    least = account.limit("matter_least_share")
    large = [
        each
        for each in matters(account, findings)
        if each.rank >= least or (each.action and each.action.kind == "decision")
    ]
    return Message(large[0] if large else None, large[1:3])


def rest(account: Account, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings whose cause the page has not opened with: a page says a thing once."""
    told = message(account, findings)
    causes = {each.cause for each in (told.first, *told.then) if each}
    return [each for each in findings if _cause(each) not in causes]


def opening(account: Account, findings: Sequence[Finding]) -> list[Mapping[str, Any]]:
    """Return what opens an account's pages for us, as keys of the catalogue with values: what, what we do, the money, next.

    Where nothing is large they open with what the customer has confirmed; where nothing is, this room has no word.
    Nothing is said in front of the customer.
    """
    if account.audience == "customer":
        return []
    told = message(account, findings)
    if told.first is None:
        return _confirmed(account)
    return [
        {"key": "message.what", "what": _what(told.first)},
        _done(account, told.first),
        _worth(account, told.first),
        {"key": "message.then", "then": words.joined(map(_seen, told.then))} if told.then else {},
    ]


def headline(account: Account, findings: Sequence[Finding]) -> Words | str:
    """Return the page's heading for us: the customer, and in a few words what matters most there; empty for a customer."""
    if account.audience == "customer":
        return ""
    first = message(account, findings).first
    finding = first.finding if first else None
    if finding and finding.rule in text.entries("headline"):
        said: Words | str = words.sentence(f"headline.{finding.rule}", **{**finding.place, **finding.values})
    elif first and first.risk:
        said = within_sentence(first.risk.title)
    else:
        told = next(iter(_confirmed(account)), None)
        return (
            words.sentence("headline.confirmed", name=account.name, amount=told["amount"])
            if told
            else account.name
        )
    return words.sentence("headline", name=account.name, said=said)


@dataclass(frozen=True)
class Line:
    """One key account on the page of all: what matters most there, the money, what is done, by whom and by when."""

    account_id: str
    what: Words | str | None
    money: float | None
    done: Words | str | None
    person_id: str | None
    by: date | None
    more: int


def line(account: Account, findings: Sequence[Finding]) -> Line:
    """Return the line of one account; one where nothing is large has only its name and the number of findings."""
    first = message(account, findings).first
    if first is None:
        return Line(account.account_id, None, None, None, None, None, len(findings))
    action = first.action or Action("", "")
    known = 1 if first.finding else 0
    return Line(
        account.account_id, _seen(first), first.money, action.what or None, action.person_id, action.by,
        len(findings) - known,
    )  # fmt: skip


def _what(matter: Matter) -> Words:
    parts: list[Words | str] = [_seen(matter)]
    if matter.finding and matter.risk:
        parts.append(matter.risk.title)
    return words.joined(parts)


def _seen(matter: Matter) -> Words | str:
    finding = matter.finding
    if finding is None:
        return matter.risk.title if matter.risk else ""
    return words.sentence(f"finding.{finding.rule}", **{**finding.place, **finding.values})


def _done(account: Account, matter: Matter) -> Mapping[str, Any]:
    action = matter.action
    if action is None:
        return {}
    who = relationships.person_name(account, action.person_id) if action.person_id else ""
    key = action.kind
    if key == "decision":
        key = (
            "decision.unset"
            if action.by is None
            else "decision.late"
            if action.by < account.today
            else "decision"
        )
    return {"key": f"message.{key}", "what": action.what, "who": who, "day": words.day(action.by)}


def _worth(account: Account, matter: Matter) -> Mapping[str, Any]:
    if matter.money is None:
        return {}
    return {
        "key": f"message.certain.{matter.certain}" if matter.certain else "message.worth",
        "money": words.money(matter.money, account.currency),
        "share": words.percent(matter.share),
    }


def _confirmed(account: Account) -> list[Mapping[str, Any]]:
    confirmed = [each for each in account.confirmed_values if (each.amount or 0) > 0]
    if not confirmed:
        return []
    best = max(confirmed, key=lambda each: each.amount or 0)
    amount, day = words.money(best.amount, account.currency), words.long_day(best.confirmed_on)
    return [
        {"key": "message.confirmed", "name": account.name, "title": best.title, "amount": amount, "day": day}
    ]
