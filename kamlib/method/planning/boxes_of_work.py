"""The boxes about the work: goals, steps, promises, risks, value, money, feedback, decisions, dates (P15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from kamlib import text, words
from kamlib.method import goal_values, measures, relationships
from kamlib.method.goal_values import GoalValue
from kamlib.method.planning.box import FROM_PLAN, MISSING, Box, newest
from kamlib.method.planning.risks import Weighed, risks
from kamlib.method.planning.value import Headline, value_headline, value_ledger
from kamlib.method.planning.work import Step, steps
from kamlib.schema import Account
from kamlib.schema.days import months_from
from kamlib.schema.facts import Answer
from kamlib.schema.plan import Decision, Goal
from kamlib.words import Words

_MOST_LATE = 4


def _money(account: Account, amount: float | None) -> Words:
    return words.money(amount, account.currency)


def _goals(account: Account) -> Box:
    goals = account.live_goals
    if not goals:
        return MISSING
    first = sorted(goals, key=lambda each: (each.customer_status != "confirmed", each.due_on or date.max))[:3]
    latest = {each.row_id: goal_values.latest(account, each) for each in first}
    is_old = all(each.due_on is not None and each.due_on < account.today for each in goals)
    lines = tuple(_goal(account, each, latest[each.row_id]) for each in first)
    measured_on = newest(each.on for each in latest.values() if each)
    return Box(lines, "stale" if is_old else "filled", words.sentence("page.from_readings"), measured_on)


def _goal(account: Account, goal: Goal, last: GoalValue | None) -> Words:
    now = words.figure(last.value) if last else words.sentence("page.unmeasured")
    road = [words.figure(goal.baseline), now, words.figure(goal.target, goal.unit)]
    owner = relationships.person_name(account, goal.owner_id)
    tail = [words.joined(road, " → "), words.day(goal.due_on), owner]
    return words.joined([text.bare(goal.title), words.joined(tail, ", ")], ": ")


def _steps(account: Account) -> Box:
    every = steps(account)
    # A promise past its day has a box of its own; among the steps it is only where nothing else is.
    others = [each for each in every if each.kind != "promise" or not each.days_late]
    nearest = (others or every)[:5]
    if not nearest:
        return MISSING
    is_old = all(each.days_late for each in nearest) or all(each.due_on is None for each in nearest)
    return Box(tuple(_step(account, each) for each in nearest), "stale" if is_old else "filled", FROM_PLAN)


def _step(account: Account, step: Step) -> Words:
    who = relationships.person_name(account, step.doer_id)
    return words.sentence("page.line.step", day=words.day(step.due_on), title=step.title, who=who)


def _promises(account: Account) -> Box:
    if not account.commitments:
        return MISSING
    late = measures.promises(account).where(state="overdue")
    lines = [_promise(account, each) for each in late[:_MOST_LATE]]
    if len(late) > _MOST_LATE:
        lines.append(words.sentence("page.line.more", n=len(late) - _MOST_LATE))
    made_on = newest(each.made_on for each in account.commitments)
    shown = tuple(lines or [words.sentence("page.line.none_overdue")])
    return Box(shown, "filled", words.sentence("page.from_promises"), made_on)


def _promise(account: Account, promise: measures.Promise) -> Words:
    who = relationships.person_name(account, promise.doer_id)
    side = words.label("side_for_customer" if account.audience == "customer" else "side", promise.direction)
    return words.sentence("page.line.late", n=promise.days_late, side=side, title=promise.title, who=who)


def _risks(account: Account) -> Box:
    worst = risks(account)[:3]
    if not worst:
        return MISSING
    state = "stale" if all(each.is_stale for each in worst) else "filled"
    return Box(tuple(map(_risk, worst)), state, FROM_PLAN, newest(each.noted_on for each in worst))


def _risk(risk: Weighed) -> Words:
    action = risk.action or words.sentence("page.no_action")
    level = words.label("severity", risk.level)
    return words.sentence("page.line.risk", title=text.bare(risk.title), level=level, action=action)


def _value(account: Account) -> Box:
    if not account.value_claims:
        return MISSING
    headline = value_headline(account)
    lines = tuple(_of_value(account, headline))
    confirmed_on = newest(each.confirmed_on for each in account.confirmed_values)
    state = "filled" if headline.values else "assumed"
    return Box(lines, state, words.sentence("page.from_ledger"), confirmed_on)


def _of_value(account: Account, headline: Headline) -> Iterator[Words]:
    if headline.net is not None:
        key = "page.line.value" if headline.net >= 0 else "page.line.value_lost"
        key = f"{key}_for_customer" if account.audience == "customer" else key
        yield words.sentence(key, amount=_money(account, headline.net))
    if headline.cost is not None and headline.gained is not None:
        gained, cost = _money(account, headline.gained), _money(account, headline.cost)
        yield words.sentence("page.line.value_cost", gained=gained, cost=cost)
    if waiting := sum(not each.is_counted for each in value_ledger(account)):
        yield words.sentence("page.line.value_open", n=waiting)


def _revenue(account: Account) -> Box:
    sold = measures.sales(account)
    if sold.revenue_12m is None:
        return MISSING
    through = (pd.Timestamp(account.facts_through or account.as_of) + pd.offsets.MonthEnd(0)).date()
    return Box(tuple(_of_revenue(account, sold)), "filled", words.sentence("page.from_revenue"), through)


def _of_revenue(account: Account, sold: Any) -> Iterator[Words]:
    line = "page.line.bought" if account.audience == "customer" else "page.line.revenue"
    amount = measures.figure(account, "revenue", sold.revenue_12m)
    yield words.sentence(line, amount=amount, change=measures.figure(account, "growth", sold.growth_share))
    if sold.contribution_margin is not None:
        amount = measures.figure(account, "contribution_margin", sold.contribution_margin)
        share = measures.figure(account, "margin", sold.margin_share)
        yield words.sentence("page.line.margin", amount=amount, share=share)
    left = measures.customer_profit(account)
    if left.profit is not None:
        yield words.sentence("page.line.profit", amount=measures.figure(account, "profit", left.profit))
    if account.forecasts:
        latest = max(account.forecasts, key=lambda each: each.made_on)
        amounts = {size: _money(account, getattr(latest, size)) for size in ("low", "likely", "high")}
        yield words.sentence("page.line.forecast", year=str(latest.year), **amounts)


def _feedback(account: Account) -> Box:
    scored = [each for each in account.answers if each.score is not None]
    answers = sorted(scored, key=lambda each: each.answered_on)
    if not answers:
        return MISSING
    latest, since = answers[-1], months_from(account.today, -12)
    year = [each for each in answers if each.answered_on > since and each.kind == latest.kind]
    lines = [_answer(account, "page.line.answer", latest)]
    lowest = min(year, key=_score, default=latest)
    if _score(lowest) < _score(latest):
        lines.append(_answer(account, "page.line.lowest", lowest))
    state = "filled" if year else "stale"
    return Box(tuple(lines), state, words.sentence("page.from_feedback"), latest.answered_on)


def _score(answer: Answer) -> float:
    return answer.score if answer.score is not None else float("inf")


def _answer(account: Account, key: str, answer: Answer) -> Words:
    kind, day = words.label("feedback_kind", answer.kind), words.day(answer.answered_on)
    who = relationships.person_name(account, answer.contact_id)
    line = words.sentence(key, score=words.figure(answer.score), kind=kind, who=who, day=day)
    return words.joined([line, f" ”{answer.comment}”"], "") if answer.comment else line


def _decisions(account: Account) -> Box:
    if not account.decisions:
        return MISSING
    asked = [each for each in account.decisions if each.status == "asked"]
    first = sorted(asked, key=lambda each: each.due_on or date.max)[:3]
    lines = [_decision(account, each) for each in first] or [words.sentence("page.line.none_asked")]
    asked_on = newest(each.asked_on for each in asked)
    return Box(tuple(lines), "filled", words.sentence("page.from_reviews"), asked_on)


def _decision(account: Account, decision: Decision) -> Words:
    who = relationships.person_name(account, decision.owner_id)
    line = words.sentence("page.line.decision", title=decision.title, who=who, day=words.day(decision.due_on))
    return line if decision.cost is None else words.joined([line, _money(account, decision.cost)], " · ")


def _dates(account: Account) -> Box:
    days = {"meeting": _meeting_on(account), "review": _review_on(account)}
    known = {name: day for name, day in days.items() if day is not None}
    if not known:
        return MISSING
    lines = tuple(words.sentence(f"page.line.{name}", day=words.day(day)) for name, day in known.items())
    return Box(lines, "stale" if max(known.values()) < account.today else "filled", FROM_PLAN)


def _meeting_on(account: Account) -> date | None:
    """The next meeting with the customer; where none is coming, the day in the plan that has passed."""
    if account.next_meeting:
        return account.next_meeting.on
    return account.plan.next_meeting_on if account.plan else None


def _review_on(account: Account) -> date | None:
    """The review that the plan names; where that is missing or past, the next one booked."""
    named = account.plan.next_review_on if account.plan else None
    ours = [each for each in account.meetings if each.kind == "internal_review" and each.held_on is None]
    coming = [each.planned_on for each in ours if each.planned_on and each.planned_on >= account.today]
    return min(coming) if coming and (named is None or named < account.today) else named


BOXES: Mapping[str, Callable[[Account], Box]] = {
    "goals": _goals,
    "steps": _steps,
    "promises": _promises,
    "risks": _risks,
    "value": _value,
    "money": _revenue,
    "feedback": _feedback,
    "decisions": _decisions,
    "dates": _dates,
}
