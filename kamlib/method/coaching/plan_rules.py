"""Rules over what the plan says: owner, goals, initiatives, risks, promises, reviews (S2, S3, S4, S5)."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from kamlib import text
from kamlib.method import measures
from kamlib.method.coaching.case import Case, Hit, rule, titled
from kamlib.schema import frame_of


@rule("warning", "S3.7")
def no_plan(case: Case) -> Iterable[Hit]:
    """Nothing is written about the customer yet."""
    if case.is_bare:
        yield {}


@rule("error", "S3.4")
def no_owner(case: Case) -> Iterable[Hit]:
    """No KAM owns the plan, or the one who did has left; the customer register may know who follows."""
    owner = case.plan.get("owner_id")
    gone = case.contact.loc[case.contact["contact_id"].eq(str(owner)), "gone_on"]
    has_left = bool((gone <= case.now).any())
    if has_left or (case.plan and text.is_missing(owner)):
        said = {"who": case.name(owner), "day": gone.iloc[0]} if has_left else {}
        since = text.t("owner.gone" if has_left else "owner.nobody", **said)
        yield {"since": since, "heir": _heir(case, str(owner))}


def _heir(case: Case, owner: str) -> str:
    """Who follows: the KAM of the customer register, where that is somebody else whom we know."""
    own = case.account.account.set_index("account_id")["owner"].get(case.account.account_id)
    known = str(own) != owner and case.contact["contact_id"].eq(str(own)).any()
    return case.name(own) if known else text.t("owner.heir_unknown")


@rule("warning", "S2.4, P22")
def no_sponsor(case: Case) -> Iterable[Hit]:
    """No executive sponsor stands behind the plan."""
    if case.plan and text.is_missing(case.plan.get("sponsor_id")):
        yield {}


@rule("note", "S3.8")
def no_strategy_line(case: Case) -> Iterable[Hit]:
    """The plan names neither the line of our strategy nor the customer's need that it serves."""
    if case.plan and any(text.is_missing(case.plan.get(part)) for part in ("strategy_line", "customer_need")):
        yield {}


@rule("error", "S3.6")
def stale_plan(case: Case) -> Iterable[Hit]:
    """The plan has not moved for a quarter."""
    if case.is_bare or pd.isna(case.updated_on):
        return
    days = case.days_since(case.updated_on)
    if case.updated_on + pd.DateOffset(months=case.limit("plan_update_months")) < case.now:
        yield {"day": case.updated_on, "days": days, "months": round(days / 30.4)}


@rule("error", "S5.6")
def event_newer_than_plan(case: Case) -> Iterable[Hit]:
    """Something changed at the customer and the plan does not know it."""
    grace = pd.offsets.BusinessDay(case.limit("review_after_event_days"))
    known = case.updated_on if pd.notna(case.updated_on) else pd.Timestamp.min
    days = case.event["happened_on"]
    is_news = days.between(known, case.now, inclusive="right") & (days + grace < case.now)
    for hit in titled(case.event, is_news, "happened_on"):
        yield {"row_id": hit["row_id"], "title": hit["title"], "day": hit["happened_on"]}


@rule("warning", "S5.2")
def review_missed(case: Case) -> Iterable[Hit]:
    """No internal review for longer than a quarter."""
    if not case.plan:
        return
    held = case.review.loc[
        case.review["kind"].eq("internal") & (case.review["held_on"] <= case.now), "held_on"
    ].max()
    if pd.isna(held) or case.days_since(held) > case.limit("review_days"):
        yield {"day": text.day(held)}


@rule("note", "P15")
def no_next_meeting(case: Case) -> Iterable[Hit]:
    """No coming meeting with the customer is booked."""
    ahead = case.meeting["planned_on"].ge(case.now) & case.meeting["held_on"].isna()
    planned = case.plan.get("next_meeting_on", pd.NaT)
    is_set = not text.is_missing(planned) and planned >= case.now
    if case.plan and not ahead.any() and not is_set:
        yield {}


@rule("note", "S2.1")
def too_many_goals(case: Case) -> Iterable[Hit]:
    """More goals than a squad can drive."""
    if len(case.open_goals) > case.limit("goals_most"):
        yield {"n": len(case.open_goals), "most": case.limit("goals_most")}


@rule("error", "S2.1")
def goal_without_owner(case: Case) -> Iterable[Hit]:
    """A goal that nobody of ours owns."""
    yield from titled(case.open_goals, case.open_goals["owner_id"].isna())


@rule("warning", "S2.4")
def goal_without_sponsor(case: Case) -> Iterable[Hit]:
    """A goal that no sponsor has signed off."""
    goals = case.open_goals
    yield from titled(goals, goals["sponsor_id"].isna() | goals["signed_on"].isna())


@rule("warning", "S2.4")
def goal_without_measure(case: Case) -> Iterable[Hit]:
    """A goal whose KPI, baseline, target or date is missing."""
    wanted = ["kpi", "baseline", "target", "due_on"]
    for _, goal in case.open_goals.iterrows():
        lacking = [name for name in wanted if text.is_missing(goal[name])]
        if lacking:
            said = text.listed(text.t(f"goal_part.{name}") for name in lacking)
            yield {"row_id": goal["row_id"], "title": goal["title"], "lacking": said}


@rule("warning", "S2.6")
def goal_without_initiative(case: Case) -> Iterable[Hit]:
    """A goal that nothing drives."""
    driven = set(case.initiative.loc[case.initiative["status"].ne("stopped"), "goal_id"])
    yield from titled(case.open_goals, ~case.open_goals["row_id"].isin(driven))


@rule("note", "P25")
def declined_goal_waits(case: Case) -> Iterable[Hit]:
    """The customer said no: their words stand, and the day to ask again has not come."""
    waits = case.goal["customer_status"].eq("declined") & (case.goal["ask_again_on"] > case.now)
    for hit in titled(case.goal, waits, "customer_said", "ask_again_on"):
        yield {**hit, "day": hit.pop("ask_again_on"), "said": hit.pop("customer_said")}


@rule("warning", "P25", is_contact=True)
def declined_goal_due(case: Case) -> Iterable[Hit]:
    """The day to ask again is here, or was never agreed."""
    day = case.goal["ask_again_on"]
    is_due = case.goal["customer_status"].eq("declined") & (day.isna() | (day <= case.now))
    for hit in titled(case.goal, is_due, "ask_again_on"):
        yield {**hit, "day": text.day(hit.pop("ask_again_on"))}


@rule("note", "S3.4", is_contact=True)
def initiative_without_customer_owner(case: Case) -> Iterable[Hit]:
    """An initiative under a joint goal that nobody at the customer owns."""
    joint = set(case.open_goals.loc[case.open_goals["side"].eq("joint"), "row_id"])
    rows = case.open_initiatives
    yield from titled(rows, rows["goal_id"].isin(joint) & rows["customer_owner_id"].isna())


@rule("warning", "S3.4")
def initiative_without_owner(case: Case) -> Iterable[Hit]:
    """An initiative that nobody of ours owns, or that has no date."""
    rows = case.open_initiatives
    yield from titled(rows, rows["owner_id"].isna() | rows["due_on"].isna())


@rule("warning", "S5.1")
def initiative_overdue(case: Case) -> Iterable[Hit]:
    """An initiative past its date."""
    for hit in titled(case.open_initiatives, case.open_initiatives["due_on"] < case.now, "due_on"):
        yield {**hit, "days": case.days_since(hit.pop("due_on"))}


@rule("warning", "S3.5")
def risk_without_signal(case: Case) -> Iterable[Hit]:
    """A risk without an early sign to watch."""
    yield from titled(case.risk, case.risk["signal"].isna())


@rule("error", "S3.5, P13")
def risk_without_action(case: Case) -> Iterable[Hit]:
    """A large risk that nobody acts on: no action or no owner."""
    rows = case.risk
    is_big = rows["impact"].fillna(0).ge(4) | (rows["impact"] * rows["probability"]).ge(10)
    yield from titled(rows, is_big & (rows["action"].isna() | rows["owner_id"].isna()))


@rule("error", "T6")
def broken_promises(case: Case) -> Iterable[Hit]:
    """Fewer of our promises are kept in time than we ask of ourselves."""
    ours = frame_of([measures.commitments(case.account).ours]).iloc[0]
    if ours["due"] >= case.limit("promises_fewest") and ours["on_time_share"] < case.limit(
        "promises_kept_share"
    ):
        yield {"late": ours["late"] + ours["overdue"], "due": ours["due"]}


@rule("warning", "T6")
def promise_overdue(case: Case) -> Iterable[Hit]:
    """A promise of ours that is open past its day."""
    yield from _overdue(case, "ours")


@rule("warning", "S2.5, S3.4", is_contact=True)
def customer_promise_overdue(case: Case) -> Iterable[Hit]:
    """A promise of the customer's that is open past its day: it belongs on the next agenda."""
    yield from _overdue(case, "customer")


def _overdue(case: Case, side: str) -> Iterable[Hit]:
    rows = case.promises
    is_late = rows["direction"].eq(side) & rows["state"].eq("overdue")
    owner = "owner_id" if side == "ours" else "customer_owner_id"
    for hit in titled(rows, is_late, owner, "days_late"):
        yield {**hit, "who": case.name(hit.pop(owner)), "days": int(hit.pop("days_late"))}


@rule("warning", "S4.1, P22")
def squad_gap(case: Case) -> Iterable[Hit]:
    """Functions of the minimum squad that nobody holds."""
    if case.squad_member.empty:
        return
    missing = [each for each in measures.squad_gaps(case.account) if each not in ("kam", "sponsor")]
    if missing:
        yield {"functions": text.listed(text.label("function", each) for each in missing)}


@rule("warning", "S5.2")
def decision_waits(case: Case) -> Iterable[Hit]:
    """A decision that was asked for and not given within a month."""
    rows = case.decision
    is_old = (case.now - rows["asked_on"]).dt.days > case.limit("decision_days")
    for hit in titled(rows, rows["status"].eq("asked") & is_old, "asked_on"):
        yield {**hit, "days": case.days_since(hit.pop("asked_on"))}


@rule("note", "S5.5")
def review_not_told(case: Case) -> Iterable[Hit]:
    """A review after which management or the squad was never written to."""
    last = case.review[case.review["held_on"] <= case.now].sort_values("held_on").tail(1)
    for _, held in last.iterrows():
        told = set(case.communication.loc[case.communication["review_id"].eq(held["row_id"]), "receiver"])
        silent = [each for each in ("management", "squad") if each not in told]
        if silent:
            said = text.listed(text.label("receiver", each) for each in silent)
            yield {"row_id": held["row_id"], "day": held["held_on"], "receivers": said}
