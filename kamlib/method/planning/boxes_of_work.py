"""The boxes about the work: goals, steps, promises, risks, value, money, feedback, decisions, dates (P15)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.planning import work
from kamlib.method.planning.box import MISSING, Box, bare, figure, lines_of, money, written
from kamlib.schema import AccountView


def _goals(account: AccountView) -> Box:
    goals = account.goal[account.goal["customer_status"].ne("declined")]
    if goals.empty:
        return MISSING
    first = (
        goals.assign(rank=goals["customer_status"].ne("confirmed")).sort_values(["rank", "due_on"]).head(3)
    )
    readings = (
        account.reading.sort_values("measured_on")
        .drop_duplicates("goal_id", keep="last")
        .set_index("goal_id")
    )
    told = [_goal(account, goal, readings["value"].get(goal["row_id"])) for _, goal in first.iterrows()]
    is_old = (goals["due_on"] < pd.Timestamp(account.as_of)).all()
    own = readings[readings.index.isin(first["row_id"])]
    return Box(
        lines_of(told),
        "stale" if is_old else "filled",
        text.t("page.from_readings"),
        own["measured_on"].max(),
    )


def _goal(account: AccountView, goal: pd.Series, now: object) -> str:
    now_told = text.t("page.unmeasured") if text.is_missing(now) else figure(now)
    road = f"{figure(goal['baseline'])} → {now_told} → {figure(goal['target'])} {'' if text.is_missing(goal['unit']) else goal['unit']}"
    tail = [text.day(goal["due_on"]), str(relationships.person_name(account, goal["owner_id"]))]
    return f"{bare(goal['title'])}: {', '.join([road.strip(), *tail])}"


def _steps(account: AccountView) -> Box:
    every = work.steps(account, n=len(account.initiative) + len(account.commitment))
    # A promise past its day has a box of its own; among the steps it stands only where nothing else does.
    told_there = every["kind"].eq("promise") & every["days_late"].gt(0).fillna(value=False)
    nearest = (every if told_there.all() else every[~told_there]).head(5)
    if nearest.empty:
        return MISSING
    told = [_step(account, row) for _, row in nearest.iterrows()]
    is_old = nearest["days_late"].gt(0).fillna(value=False).all() or nearest["due_on"].isna().all()
    return Box(lines_of(told), "stale" if is_old else "filled", text.t("page.from_plan"))


def _step(account: AccountView, row: pd.Series) -> str:
    doer = row["customer_owner_id"] if row["side"] == "customer" else row["owner_id"]
    return text.t(
        "page.line.step",
        day=text.day(row["due_on"]),
        title=row["title"],
        who=relationships.person_name(account, doer),
    )


def _promises(account: AccountView) -> Box:
    if account.commitment.empty:
        return MISSING
    late = work.promises_overdue(account)
    told = [_promise(account, row) for _, row in late.head(4).iterrows()]
    more = [text.t("page.line.more", n=len(late) - 4)] if len(late) > 4 else []
    nothing = [] if told else [text.t("page.line.none_overdue")]
    return Box(
        lines_of([*told, *more, *nothing]),
        "filled",
        text.t("page.from_promises"),
        account.commitment["made_on"].max(),
    )


def _promise(account: AccountView, row: pd.Series) -> str:
    is_theirs = row["direction"] == "customer"
    who = relationships.person_name(account, row["customer_owner_id" if is_theirs else "owner_id"])
    side = text.label("side_for_customer" if account.audience == "customer" else "side", row["direction"])
    return text.t("page.line.late", n=int(row["days_late"]), side=side, title=row["title"], who=who)


def _risks(account: AccountView) -> Box:
    worst = work.risks(account).head(3)
    if worst.empty:
        return MISSING
    told = [_risk(row) for _, row in worst.iterrows()]
    return Box(
        lines_of(told),
        "stale" if worst["is_stale"].all() else "filled",
        text.t("page.from_plan"),
        worst["noted_on"].max(),
    )


def _risk(row: pd.Series) -> str:
    level = text.label("severity", row["level"])
    action = text.t("page.no_action") if text.is_missing(row["action"]) else row["action"]
    return text.t("page.line.risk", title=bare(row["title"]), level=level, action=action)


def _value(account: AccountView) -> Box:
    told, headline = [], work.value_headline(account)
    if account.value.empty:
        return MISSING
    if headline["values"]:
        told.append(text.t(_value_key(account, headline["net"]), amount=money(account, headline["net"])))
    if not pd.isna(headline["cost"]) and not pd.isna(headline["gained"]):
        parts = {"gained": money(account, headline["gained"]), "cost": money(account, headline["cost"])}
        told.append(text.t("page.line.value_cost", **parts))
    open_values = int((~work.value_ledger(account)["is_counted"]).sum())
    if open_values:
        told.append(text.t("page.line.value_open", n=open_values))
    confirmed = account.value.loc[account.value["stage"].eq("confirmed"), "confirmed_on"].max()
    return Box(
        lines_of(told), "filled" if headline["values"] else "assumed", text.t("page.from_ledger"), confirmed
    )


def _value_key(account: AccountView, net: float) -> str:
    said = "page.line.value" if net >= 0 else "page.line.value_lost"
    return f"{said}_for_customer" if account.audience == "customer" else said


def _revenue(account: AccountView) -> Box:
    sold = measures.sales(account).iloc[0]
    if pd.isna(sold["revenue_12m"]):
        return MISSING
    change = text.percent(sold["growth_share"], signed=True)
    line = "page.line.bought" if account.audience == "customer" else "page.line.revenue"
    told = [text.t(line, amount=money(account, sold["revenue_12m"]), change=change)]
    if not pd.isna(sold["contribution_margin"]):
        margin = {
            "amount": money(account, sold["contribution_margin"]),
            "share": text.percent(sold["margin_share"]),
        }
        told.append(text.t("page.line.margin", **margin))
    left = measures.customer_profit(account).iloc[0]["profit"]
    told += [] if pd.isna(left) else [text.t("page.line.profit", amount=money(account, left))]
    told += _forecast(account)
    through = pd.Timestamp(account.facts_through or account.as_of) + pd.offsets.MonthEnd(0)
    return Box(lines_of(told), "filled", text.t("page.from_revenue"), through)


def _forecast(account: AccountView) -> list[str]:
    made = account.forecast.dropna(subset=["likely"]).sort_values("made_on")
    if made.empty:
        return []
    latest = made.iloc[-1]
    amounts = {size: money(account, latest[size]) for size in ("low", "likely", "high")}
    return [text.t("page.line.forecast", year=str(latest["year"]), **amounts)]


def _feedback(account: AccountView) -> Box:
    answers = account.feedback.dropna(subset=["score"]).sort_values("answered_on")
    if answers.empty:
        return MISSING
    latest = answers.iloc[-1]
    year = answers[answers["answered_on"] > pd.Timestamp(account.as_of) - pd.DateOffset(months=12)]
    year = year[year["kind"].eq(latest["kind"])]
    told = [_answer(account, "page.line.answer", latest)]
    if len(year) and year["score"].min() < latest["score"]:
        told.append(_answer(account, "page.line.lowest", year.sort_values("score").iloc[0]))
    return Box(
        lines_of(told),
        "filled" if len(year) else "stale",
        text.t("page.from_feedback"),
        latest["answered_on"],
    )


def _answer(account: AccountView, key: str, row: pd.Series) -> str:
    who, kind = (
        relationships.person_name(account, row["contact_id"]),
        text.label("feedback_kind", row["kind"]),
    )
    said = "" if text.is_missing(row["comment"]) else f" ”{row['comment']}”"
    return (
        text.t(key, score=figure(row["score"]), kind=kind, who=who, day=text.day(row["answered_on"])) + said
    )


def _decisions(account: AccountView) -> Box:
    if account.decision.empty:
        return MISSING
    asked = account.decision[account.decision["status"].eq("asked")].sort_values("due_on")
    told = [_decision(account, row) for _, row in asked.head(3).iterrows()]
    return Box(
        lines_of(told or [text.t("page.line.none_asked")]),
        "filled",
        text.t("page.from_reviews"),
        asked["asked_on"].max(),
    )


def _decision(account: AccountView, row: pd.Series) -> str:
    who = relationships.person_name(account, row["owner_id"])
    told = text.t("page.line.decision", title=row["title"], who=who, day=text.day(row["due_on"]))
    cost = row["cost"]
    return told if pd.isna(cost) else f"{told} · {money(account, cost)}"


def _dates(account: AccountView) -> Box:
    today = pd.Timestamp(account.as_of)
    coming = account.meeting[(account.meeting["planned_on"] >= today) & account.meeting["held_on"].isna()]
    days = {
        "meeting": _coming(
            written(account, "next_meeting_on"), coming, ["customer_review", "visit", "workshop"], today
        ),
        "review": _coming(written(account, "next_review_on"), coming, ["internal_review"], today),
    }
    told = [text.t(f"page.line.{name}", day=text.day(day)) for name, day in days.items() if day is not None]
    known = [day for day in days.values() if day is not None]
    if not known:
        return MISSING
    return Box(lines_of(told), "stale" if max(known) < today else "filled", text.t("page.from_plan"))


def _coming(
    written: object, meetings: pd.DataFrame, kinds: list[str], today: pd.Timestamp
) -> pd.Timestamp | None:
    """The day of the plan; where it is missing or past, the next booked meeting of the kinds given."""
    day = None if written is None else pd.Timestamp(str(written))
    booked = meetings.loc[meetings["kind"].isin(kinds), "planned_on"].dropna()
    if (day is None or day < today) and len(booked):
        return pd.Timestamp(booked.min())
    return day


BOXES: Mapping[str, Callable[[AccountView], Box]] = {
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
