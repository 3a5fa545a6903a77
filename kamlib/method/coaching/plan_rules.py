"""Rules over what the plan says: owner, goals, initiatives, risks, promises, reviews (S2, S3, S5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from kamlib import words
from kamlib.method import measures, relationships
from kamlib.method.coaching.rules import Hit, hit, rule
from kamlib.schema import Account
from kamlib.schema.days import months_from, working_days_from


def is_bare(account: Account) -> bool:
    """Tell whether nothing at all is written: one sentence then says so instead of twenty."""
    return not (account.plan or account.next_plan or account.goals or account.initiatives)


@rule("warning", "S3.7", cause="plan")
def no_plan(account: Account) -> Iterable[Hit]:
    """Nothing is written about the customer yet."""
    if is_bare(account):
        yield hit()


@rule("error", "S3.4", cause="plan")
def no_owner(account: Account) -> Iterable[Hit]:
    """No KAM owns the plan in force, or the one who did has left; the customer register may know who follows."""
    owner = account.plan.owner_id if account.plan else None
    person = account.person(owner)
    if person and account.has_left(owner):
        who = relationships.person_name(account, owner)
        since = words.sentence("owner.gone", who=who, day=person.gone_on)
        yield hit(since=since, heir=_heir(account, owner))
    elif account.plan and not owner:
        yield hit(since=words.sentence("owner.nobody"), heir=_heir(account, owner))


def _heir(account: Account, owner: str | None) -> object:
    """Who follows: the KAM of the customer register, where that is somebody else whom we know."""
    registered = account.customer.owner if account.customer else None
    if registered != owner and account.person(registered):
        return relationships.person_name(account, registered)
    return words.sentence("owner.heir_unknown")


@rule("warning", "S2.4, P22", cause="plan")
def no_sponsor(account: Account) -> Iterable[Hit]:
    """No executive sponsor stands behind the plan in force."""
    if account.plan and not account.plan.sponsor_id:
        yield hit()


@rule("note", "S3.8")
def no_strategy_line(account: Account) -> Iterable[Hit]:
    """The plan names neither the line of our strategy nor the customer's need that it serves."""
    if account.plan and not (account.plan.strategy_line and account.plan.customer_need):
        yield hit()


@rule("error", "S3.6", cause="plan")
def stale_plan(account: Account) -> Iterable[Hit]:
    """The plan has not moved for a quarter."""
    moved_on = measures.plan_updated_on(account)
    if is_bare(account) or moved_on is None:
        return
    if moved_on < months_from(account.today, -account.limit("plan_update_months")):
        days = account.days_late(moved_on)
        yield hit(day=moved_on, days=days, months=round(days / 30.4))


@rule("error", "S5.6", cause="owner_change")
def event_newer_than_plan(account: Account) -> Iterable[Hit]:
    """Something changed at the customer and the plan does not know it."""
    moved_on = measures.plan_updated_on(account) or date.min
    for event in account.events:
        due_on = working_days_from(event.happened_on, account.limit("review_after_event_days"))
        if moved_on < event.happened_on and due_on < account.today:
            yield hit(event, day=event.happened_on, kind=event.kind)


@rule("warning", "S5.2", cause="plan")
def review_missed(account: Account) -> Iterable[Hit]:
    """No internal review for longer than a quarter."""
    if account.plan is None:
        return
    days = [each.held_on for each in account.reviews if each.kind == "internal"]
    held_on = max((day for day in days if day <= account.today), default=None)
    if held_on is None or account.days_late(held_on) > account.limit("review_days"):
        yield hit(day=held_on)


@rule("note", "P15, S4.2", is_contact=True)
def no_next_meeting(account: Account) -> Iterable[Hit]:
    """No coming meeting with the customer has a day."""
    if account.plan and account.next_meeting is None:
        yield hit()


@rule("note", "P15")
def meeting_days_differ(account: Account) -> Iterable[Hit]:
    """The plan names another day for the next meeting with the customer than the meeting that is booked."""
    meeting = account.next_meeting
    if meeting and meeting.other_on:
        yield hit(day=meeting.on, other=meeting.other_on)


@rule("note", "S2.1")
def too_many_goals(account: Account) -> Iterable[Hit]:
    """More goals than a squad can drive."""
    if len(account.live_goals) > account.limit("goals_most"):
        yield hit(n=len(account.live_goals), most=account.limit("goals_most"))


@rule("error", "S2.1")
def goal_without_owner(account: Account) -> Iterable[Hit]:
    """A goal that nobody of ours owns."""
    return [hit(goal) for goal in account.live_goals if not goal.owner_id]


@rule("warning", "S2.4")
def goal_without_sponsor(account: Account) -> Iterable[Hit]:
    """A goal that no sponsor has signed off."""
    return [hit(goal) for goal in account.live_goals if not (goal.sponsor_id and goal.signed_on)]


@rule("warning", "S2.4")
def goal_without_measure(account: Account) -> Iterable[Hit]:
    """A goal whose KPI, baseline, target or date is missing."""
    for goal in account.live_goals:
        parts = {"kpi": goal.kpi, "baseline": goal.baseline, "target": goal.target, "due_on": goal.due_on}
        lacking = [words.sentence(f"goal_part.{name}") for name, value in parts.items() if value is None]
        if lacking:
            yield hit(goal, lacking=words.listed(lacking))


@rule("warning", "S2.6")
def goal_without_initiative(account: Account) -> Iterable[Hit]:
    """A goal that nothing drives."""
    driven = {each.goal_id for each in account.initiatives if each.status != "stopped"}
    return [hit(goal) for goal in account.live_goals if goal.row_id not in driven]


@rule("note", "P25", cause="refusal")
def declined_goal_waits(account: Account) -> Iterable[Hit]:
    """The customer said no: their words stand, and the day to ask again has not come."""
    for goal in account.goals:
        if goal.customer_status == "declined" and goal.ask_again_on and goal.ask_again_on > account.today:
            yield hit(goal, said=goal.customer_said, day=goal.ask_again_on, by=goal.ask_again_on)


@rule("warning", "P25", is_contact=True, cause="refusal")
def declined_goal_due(account: Account) -> Iterable[Hit]:
    """The day to ask again is here, or was never agreed."""
    for goal in account.goals:
        if goal.customer_status == "declined" and (goal.ask_again_on or date.min) <= account.today:
            yield hit(goal, day=goal.ask_again_on, by=goal.ask_again_on)


@rule("note", "S3.4", is_contact=True)
def initiative_without_customer_owner(account: Account) -> Iterable[Hit]:
    """An initiative under a joint goal that nobody at the customer owns."""
    joint = {goal.row_id for goal in account.live_goals if goal.side == "joint"}
    serving = [work for work in account.open_initiatives if work.goal_id in joint]
    return [hit(work) for work in serving if not work.customer_owner_id]


@rule("warning", "S3.4")
def initiative_without_owner(account: Account) -> Iterable[Hit]:
    """An initiative that nobody of ours owns, or that has no date."""
    return [hit(work) for work in account.open_initiatives if not (work.owner_id and work.due_on)]


@rule("warning", "S5.1")
def initiative_overdue(account: Account) -> Iterable[Hit]:
    """An initiative past its date."""
    for work in account.open_initiatives:
        if days := account.days_late(work.due_on):
            yield hit(work, days=days)


@rule("warning", "S3.5")
def risk_without_signal(account: Account) -> Iterable[Hit]:
    """A risk without an early sign to watch."""
    return [hit(risk) for risk in account.risks if not risk.signal]


@rule("error", "S3.5, P13")
def risk_without_action(account: Account) -> Iterable[Hit]:
    """A large risk that nobody acts on: no action or no owner."""
    for risk in account.risks:
        impact, probability = risk.impact or 0, risk.probability or 0
        is_large = impact >= 4 or impact * probability >= 10
        if is_large and not (risk.action and risk.owner_id):
            yield hit(risk)


@rule("error", "T6", asks=True, cause="delivery")
def broken_promises(account: Account) -> Iterable[Hit]:
    """Fewer of our promises are kept in time than we ask of ourselves."""
    ours = measures.commitments(account).ours
    if ours.on_time_share is None or ours.due < account.limit("promises_fewest"):
        return
    if ours.on_time_share < account.limit("promises_kept_share"):
        yield hit(late=ours.late, open=ours.overdue, due=ours.due, missed=ours.late + ours.overdue)


@rule("warning", "T6", asks=True, cause="delivery")
def promise_overdue(account: Account) -> Iterable[Hit]:
    """A promise of ours that is open past its day."""
    return _overdue(account, "ours")


@rule("warning", "S2.5, S3.4", is_contact=True)
def customer_promise_overdue(account: Account) -> Iterable[Hit]:
    """A promise of the customer's that is open past its day: it belongs on the next agenda."""
    return _overdue(account, "customer")


def _overdue(account: Account, side: str) -> Iterable[Hit]:
    """Promises of one side that are open past their day, the oldest first."""
    promises = [each for each in account.commitments if each.direction == side and each.done_on is None]
    for promise in sorted(promises, key=lambda each: (each.due_on or date.max, each.title)):
        if days := account.days_late(promise.due_on):
            yield hit(promise, who=relationships.person_name(account, promise.doer_id), days=days)


@rule("warning", "S5.2")
def decision_waits(account: Account) -> Iterable[Hit]:
    """A decision that was asked for and not given within a month."""
    for decision in account.decisions:
        days = account.days_late(decision.asked_on)
        if decision.status == "asked" and days > account.limit("decision_days"):
            yield hit(decision, days=days)


@rule("note", "S5.5")
def review_not_told(account: Account) -> Iterable[Hit]:
    """After the reviews of the last review day neither a note to management nor one to the squad may be missing."""
    latest = account.last_reviews
    ids = {each.row_id for each in latest}
    written_to = {each.receiver for each in account.communications if each.review_id in ids}
    silent = [each for each in ("management", "squad") if each not in written_to]
    if latest and silent:
        receivers = words.listed(words.label("receiver", each) for each in silent)
        yield hit(row_id=latest[-1].row_id, day=latest[-1].held_on, receivers=receivers)
