"""The page before a meeting: last promises both ways, hot topics, open risks and three questions (row 30)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from kamlib import text, words
from kamlib.method import measures, relationships
from kamlib.method.planning.risks import risks
from kamlib.schema import Account, result
from kamlib.schema.days import months_from
from kamlib.words import Words

_SEVERITIES = ("critical", "high", "medium", "low", None)
_ENDED = ("done", "stopped")


@dataclass(frozen=True)
class BriefLine:
    """One line: section (ours, theirs, hot, risk, question), who it concerns and the day that it is about."""

    section: str
    content: str | Words
    who_id: str | None = None
    on: date | None = None


@result("brief")
def brief(account: Account) -> Iterable[BriefLine]:
    """Return what to know before the next meeting; ours alone, so the customer's edition has no row.

    At most four lines a section and always three questions. In a public tender the questions give way to its rule (P7).
    """
    if account.audience == "customer":
        return
    sections: tuple[Callable[[Account], Iterator[BriefLine]], ...] = (
        lambda each: _promises(each, "ours"),
        lambda each: _promises(each, "customer"),
        _hot,
        _risks,
        _questions,
    )
    for section in sections:
        yield from islice(section(account), 4)


def _promises(account: Account, side: str) -> Iterator[BriefLine]:
    """Open promises, the oldest day first, and the one that was kept last: it is the one to name in the room."""
    own = [each for each in measures.promises(account) if each.direction == side]
    waiting = [each for each in own if each.done_on is None][:3]
    kept = [(each.done_on, each) for each in own if each.done_on is not None]
    section = "ours" if side == "ours" else "theirs"
    for each in waiting:
        key = "brief.late" if each.days_late else "brief.open"
        content = words.sentence(key, title=each.title, n=each.days_late or 0)
        yield BriefLine(section, content, each.doer_id, each.due_on)
    if kept:
        day, last = max(kept, key=lambda each: each[0])
        yield BriefLine(section, words.sentence("brief.kept", title=last.title), last.doer_id, day)


def _hot(account: Account) -> Iterator[BriefLine]:
    """Open cases, the worst first; late deliveries of the quarter; low answers of a quarter; projects behind plan."""
    cases = [each for each in account.service_cases if each.closed_on is None]
    for case in sorted(cases, key=lambda each: _SEVERITIES.index(each.severity))[:2]:
        severity = words.label("severity", case.severity)
        opened = words.sentence("brief.case", title=case.title, severity=severity)
        yield BriefLine("hot", opened, None, case.opened_on)
    share, through = measures.precision(account, "3m"), account.facts_through
    if share is not None and share < account.limit("precision_share"):
        shown = measures.figure(account, "delivery", share, of="3m")
        late = words.sentence("brief.delivery", share=shown)
        yield BriefLine("hot", late, None, through.date() if through is not None else None)
    yield from _low_answers(account)
    for project in measures.projects(account):
        if (project.slip_days or 0) >= account.limit("slip_days") and project.status not in _ENDED:
            behind = words.sentence("brief.project", name=project.name, n=project.slip_days)
            yield BriefLine("hot", behind, None, project.end_on)
            return


def _low_answers(account: Account) -> Iterator[BriefLine]:
    since = months_from(account.today, -account.limit("brief_months"))
    recent = [each for each in account.answers if each.answered_on >= since and each.score is not None]
    low = [each for each in recent if (each.score or 0) <= (6 if each.kind == "nps" else 2)]
    for each in sorted(low, key=lambda answer: answer.answered_on, reverse=True)[:2]:
        values = {"score": words.number(each.score), "kind": words.label("feedback_kind", each.kind)}
        content = words.sentence("brief.answer", said=each.comment, **values)
        yield BriefLine("hot", content, each.contact_id, each.answered_on)


def _risks(account: Account) -> Iterator[BriefLine]:
    for each in risks(account)[:3]:
        sign = each.signal or words.sentence("brief.no_sign")
        level = words.label("severity", each.level)
        content = words.sentence("brief.risk", title=text.bare(each.title), sign=sign, level=level)
        yield BriefLine("risk", content, each.watcher_id or each.owner_id, each.noted_on)


def _questions(account: Account) -> Iterator[BriefLine]:
    """Three questions: what we only assume first, then a value not confirmed, then the three that always fit (P24)."""
    tender = relationships.silence(account)
    if tender:
        yield BriefLine("question", relationships.rule_said(tender))
        return
    always = (words.sentence(f"brief.question.{n}") for n in (1, 2, 3))
    for question in islice([*_own_questions(account), *always], 3):
        yield BriefLine("question", question)


def _own_questions(account: Account) -> Iterator[Words]:
    assumed = [each for each in account.insights if each.grade == "assumed"]
    if assumed:
        first = min(assumed, key=lambda each: each.priority or 99)
        yield words.sentence("brief.question.assumed", goal=text.bare(first.goal))
    for each in account.value_claims:
        if each.stage == "measured" and each.amount is not None:
            amount = words.money(each.amount, account.currency)
            yield words.sentence("brief.question.value", title=text.bare(each.title), amount=amount)
            return
