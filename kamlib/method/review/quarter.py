"""The quarterly review: four questions, two agendas, decisions, and the reviews held (S5.2, S5.3, P1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any

from kamlib import words
from kamlib.errors import problem
from kamlib.method import measures
from kamlib.method.measures.periods import since, total
from kamlib.schema import Account, Bundle, load_settings, result
from kamlib.schema.plan import Decision, Review
from kamlib.words import Words


@dataclass(frozen=True)
class Item:
    """One item of an agenda: from which minute to which, and the key of its words."""

    from_minute: int
    to_minute: int
    key: str

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return self.to_minute - self.from_minute

    @property
    def item(self) -> Words:
        """What it is about."""
        return words.sentence(self.key)


def agenda(kind: str, bundle: Bundle | None = None) -> list[Item]:
    """Return the items of one meeting, one after the other.

    `internal` is the review with management or the squad, `customer` the one where the customer decides (P1); the
    workshops' own are `plan`, `joint` and `segmentation` (P23). The items and minutes are settings. Raises `KamError` for another kind.
    """
    agendas = (bundle.settings if bundle is not None else load_settings())["agendas"]
    if kind not in agendas:
        raise problem("agenda_unknown", found=kind, allowed=", ".join(agendas))
    parts = agendas[kind]["value"]
    ends = accumulate(each["minutes"] for each in parts)
    pairs = zip(parts, ends, strict=True)
    return [Item(end - each["minutes"], end, f"agenda.{kind}.{each['part']}") for each, end in pairs]


@dataclass(frozen=True)
class Answer:
    """One answer to one of the four questions, and the table that it is read from."""

    question: str
    answer: Words
    source: str
    is_known: bool


@result("questions")
def questions(account: Account, followed: Sequence[Any] | None = None) -> Iterable[Answer]:
    """Answer business, plan, feedback and chances (S5.3) from the data; what is not known is said.

    `followed` is goal_setting.progress of the account; without it the plan is answered by its promises and projects.
    """
    yield from _business(account)
    yield from _plan(account, followed)
    yield from _feedback(account)
    yield from _chances(account)


def _answer(question: str, key: str, source: str, *, known: bool = True, **values: Any) -> Answer:
    told = words.sentence(f"answer.{key}", **values) if known else words.sentence(f"answer.{key}.unknown")
    return Answer(question, told, source, known)


def _business(account: Account) -> Iterator[Answer]:
    sold = measures.sales(account)
    told = {
        "amount": measures.figure(account, "revenue", sold.revenue_12m),
        "change": measures.figure(account, "growth", sold.growth_share),
        "margin": measures.figure(account, "margin", sold.margin_share),
    }
    yield _answer("business", "sales", "revenue", known=sold.revenue_12m is not None, **told)
    moved = {
        each.product_group: each.revenue_12m - each.revenue_previous_12m
        for each in measures.sales_by_group(account)
        if each.revenue_12m is not None and each.revenue_previous_12m is not None
    }
    if moved:
        most = max(moved, key=lambda group: abs(moved[group]))
        amount = words.money(moved[most], account.currency, signed=True)
        yield _answer("business", "group", "revenue", group=most, amount=amount)
    left = measures.customer_profit(account).profit
    if left is not None:
        yield _answer("business", "profit", "service_cost", amount=measures.figure(account, "profit", left))
    half_year = since(account, 6)
    for event in account.events:
        if half_year <= event.happened_on <= account.today:
            yield _answer("business", "event", "event", title=event.title, day=words.day(event.happened_on))


def _plan(account: Account, followed: Sequence[Any] | None) -> Iterator[Answer]:
    if followed is not None:
        states = Counter("on_track" if each.state == "not_due" else each.state for each in followed)
        counts = {state: states[state] for state in ("on_track", "at_risk", "off_track")}
        unknown = len(followed) - sum(counts.values())
        known = bool(followed)
        yield _answer("plan", "goals", "goal", known=known, n=len(followed), **counts, unknown=unknown)
    for side in measures.commitments(account):
        counted = {"n": side.on_time, "of": side.due, "open": side.overdue}
        yield _answer("plan", f"promises_{side.direction}", "commitment", known=side.due > 0, **counted)
    for project in measures.projects(account):
        if project.status not in ("done", "stopped") and project.slip_days and project.slip_days > 0:
            yield _answer("plan", "project", "project", title=project.name, days=project.slip_days)
    waiting = sum(each.status == "asked" for each in account.decisions)
    if waiting:
        yield _answer("plan", "decisions", "decision", n=waiting)


def _feedback(account: Account) -> Iterator[Answer]:
    asked = measures.satisfaction(account)
    if not asked:
        yield _answer("feedback", "voices", "feedback", known=False)
    for kind in asked:
        told: dict[str, Any] = {"told": kind.answers, "n": kind.n, "day": words.day(kind.latest_on)}
        yield _answer("feedback", "voices", "feedback", kind=words.label("feedback_kind", kind.kind), **told)
    year = since(account)
    said = [each for each in account.answers if each.comment and year <= each.answered_on <= account.today]
    for each in sorted(said, key=lambda each: each.answered_on)[-2:]:
        yield _answer("feedback", "comment", "feedback", said=each.comment, day=words.day(each.answered_on))


def _chances(account: Account) -> Iterator[Answer]:
    offers = [each for each in account.opportunities if each.stage == "open"]
    amount = words.money(total(each.amount for each in offers), account.currency)
    yield _answer("chances", "offers", "opportunity", known=bool(offers), n=len(offers), amount=amount)
    for risk in sorted(account.risks, key=lambda each: -(each.probability or 0) * (each.impact or 0))[:2]:
        yield _answer("chances", "risk", "risk", title=risk.title, signal=risk.signal)
    lost = measures.exposure(account)
    if lost.at_risk is not None:
        amount, months = measures.figure(account, "exposure", lost.at_risk), lost.replacement_months
        yield _answer("chances", f"exposure_{lost.basis}", "assessment", amount=amount, months=months)


@dataclass(frozen=True, kw_only=True)
class ListedDecision(Decision):
    """A decision, and for how many days it has waited (asked for only)."""

    days: int | None


@result("decisions")
def decisions(account: Account) -> Iterable[ListedDecision]:
    """Return the decisions that are asked for or were taken within a year, the waiting ones first."""
    year = since(account)
    recent = [
        each
        for each in account.decisions
        if each.status == "asked" or (each.decided_on and year <= each.decided_on <= account.today)
    ]
    for each in sorted(recent, key=lambda each: (each.status or "~", each.asked_on or date.max)):
        waits = each.status == "asked" and each.asked_on
        yield ListedDecision(**each.values(), days=(account.today - waits).days if waits else None)


@dataclass(frozen=True, kw_only=True)
class HeldReview(Review):
    """A review that was held, with how many decisions and notes followed."""

    decisions: int
    notes: int


@result("reviews_held")
def held(account: Account) -> Iterable[HeldReview]:
    """Return the reviews held, the newest first."""
    taken = Counter(each.review_id for each in account.decisions)
    sent = Counter(each.review_id for each in account.communications)
    past = [each for each in account.reviews if each.held_on <= account.today]
    for each in sorted(past, key=lambda each: each.held_on, reverse=True):
        yield HeldReview(**each.values(), decisions=taken[each.row_id], notes=sent[each.row_id])
