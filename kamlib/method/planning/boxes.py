"""The fifteen boxes of the one-page plan: what each holds, how sure it is and where it comes from (P15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.planning import customer, work
from kamlib.schema import AccountView


@dataclass(frozen=True)
class Box:
    """What one box holds: lines to read, how sure they are, where they come from and when they were dated."""

    lines: tuple[str, ...] = ()
    state: str = "filled"
    source: str = ""
    dated_on: pd.Timestamp | None = None


MISSING = Box(state="missing")


def current_plan(account: AccountView) -> pd.Series | None:
    """Return the account's plan of this year, else its latest earlier one, else its first coming one."""
    plans = account.account_plan[account.account_plan["account_id"].eq(account.account_id)].sort_values(
        "year"
    )
    begun = plans[plans["year"] <= account.as_of.year]
    if len(begun):
        return begun.iloc[-1]
    return plans.iloc[0] if len(plans) else None


def _written(account: AccountView, column: str) -> object:
    plan = current_plan(account)
    return None if plan is None or text.is_missing(plan[column]) else plan[column]


def _plan_day(account: AccountView) -> pd.Timestamp | None:
    plan = current_plan(account)
    return None if plan is None or pd.isna(plan["approved_on"]) else plan["approved_on"]


def _is_old(account: AccountView) -> bool:
    plan = current_plan(account)
    return plan is not None and plan["year"] < account.as_of.year


def _has_left(account: AccountView, contact_id: object) -> bool:
    gone = account.contact.loc[account.contact["contact_id"].eq(str(contact_id)), "gone_on"]
    return bool((gone <= pd.Timestamp(account.as_of)).any())


def _person(account: AccountView, column: str) -> tuple[str, str]:
    """Name and state of one of our people in the plan; stale where the person has left."""
    contact_id = _written(account, column)
    if contact_id is None:
        return "", "missing"
    return relationships.person_name(account, contact_id), "stale" if _has_left(
        account, contact_id
    ) else "filled"


def _customer(account: AccountView) -> Box:
    kam, state = _person(account, "owner_id")
    source = text.t("page.from_plan")
    if not kam:
        own = account.account.loc[account.account["account_id"].eq(account.account_id), "owner"].dropna()
        kam = _registered(account, str(own.iloc[0])) if len(own) else ""
        state, source = ("assumed" if kam else "missing"), text.t("page.from_facts")
    line = text.t("page.line.kam", kam=kam) if kam else ""
    return Box(_lines([account.name, line]), state, source, _plan_day(account))


def _registered(account: AccountView, owner: str) -> str:
    """The owner of the register by name, where it gives the id of somebody we know."""
    known = owner in set(account.contact["contact_id"])
    return relationships.person_name(account, owner) if known else owner


def _sponsor(account: AccountView) -> Box:
    name, state = _person(account, "sponsor_id")
    return Box(_lines([name]), state, text.t("page.from_plan"), _plan_day(account)) if name else MISSING


def _why_key(account: AccountView) -> Box:
    reason = _written(account, "reason")
    if reason is not None:
        state = "stale" if _is_old(account) else "filled"
        return Box((str(reason),), state, text.t("page.from_plan"), _plan_day(account))
    decided = account.selection.dropna(subset=["reason"]).sort_values("decided_on")
    if len(decided):
        latest = decided.iloc[-1]
        return Box((str(latest["reason"]),), "filled", text.t("page.from_selection"), latest["decided_on"])
    proposed = account.standing["reason"].dropna() if "reason" in account.standing else pd.Series(dtype="str")
    return (
        Box((str(proposed.iloc[0]),), "assumed", text.t("page.from_standing")) if len(proposed) else MISSING
    )


def _ambition(account: AccountView) -> Box:
    ambition = _written(account, "ambition")
    if ambition is None:
        return MISSING
    state = "stale" if _is_old(account) else "filled"
    return Box((str(ambition),), state, text.t("page.from_plan"), _plan_day(account))


def _priorities(account: AccountView) -> Box:
    first = customer.insights(account).head(3)
    if first.empty:
        return MISSING
    told = [row["goal"] + _graded(row["grade"]) for _, row in first.iterrows()]
    assumed, stale = first["grade"].eq("assumed").all(), first["is_stale"].all()
    state = "stale" if stale else "assumed" if assumed else "filled"
    return Box(_lines(told), state, _tellers(account, first), first["graded_on"].max())


def _graded(grade: object) -> str:
    return "" if text.is_missing(grade) else f" ({text.label('grade', grade)})"


def _tellers(account: AccountView, rows: pd.DataFrame) -> str:
    names = [relationships.person_name(account, each) for each in rows["told_by"].dropna().unique()]
    return text.listed(names) if names else text.t("page.from_plan")


def _people(account: AccountView) -> Box:
    people = relationships.people(account).dropna(subset=["contact_id"])
    if account.audience == "customer":
        # The customer sees only who of their own people stands behind a shared goal: no roles, no contacts.
        people = people[people["contact_id"].isin(account.goal["customer_owner_id"].dropna())]
        told = [_named(row) for row in people.head(3).itertuples()]
        return Box(_lines(told), "filled" if told else "missing")
    first = people.sort_values(["influence", "last_two_way_on"], ascending=False).head(3)
    if first.empty:
        return MISSING
    told = [_met(row) for row in first.itertuples()]
    state = "stale" if first["freshness"].isin(["stale", "never"]).all() else "filled"
    state = "assumed" if first["role"].isna().all() else state
    return Box(_lines(told), state, text.t("page.from_log"), first["last_two_way_on"].max())


def _named(person: object) -> str:
    name, title = getattr(person, "name", None), getattr(person, "title", None)
    return ", ".join(str(part) for part in (name, title) if not text.is_missing(part))


def _met(person: object) -> str:
    role, last = getattr(person, "role", None), getattr(person, "last_two_way_on", None)
    state = text.label("freshness", getattr(person, "freshness", None))
    who = _named(person) or text.t("people.unknown_person")
    told = text.t(
        "page.line.unmet" if text.is_missing(last) else "page.line.met", day=text.day(last), state=state
    )
    return " · ".join(
        [who, text.t("page.no_role") if text.is_missing(role) else text.label("stakeholder_role", role), told]
    )


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
        _lines(told), "stale" if is_old else "filled", text.t("page.from_readings"), own["measured_on"].max()
    )


def _goal(account: AccountView, goal: pd.Series, now: object) -> str:
    now_told = text.t("page.unmeasured") if text.is_missing(now) else _figure(now)
    road = f"{_figure(goal['baseline'])} → {now_told} → {_figure(goal['target'])} {'' if text.is_missing(goal['unit']) else goal['unit']}"
    tail = [text.day(goal["due_on"]), relationships.person_name(account, goal["owner_id"])]
    return f"{_bare(goal['title'])}: {', '.join([road.strip(), *tail])}"


def _bare(title: object) -> str:
    return str(title).rstrip(". ")


def _figure(value: object) -> str:
    if text.is_missing(value):
        return text.MISSING
    return text.number(value, 0 if abs(float(str(value))) >= 1000 or float(str(value)).is_integer() else 1)


def _steps(account: AccountView) -> Box:
    nearest = work.steps(account)
    if nearest.empty:
        return MISSING
    told = [_step(account, row) for _, row in nearest.iterrows()]
    is_old = nearest["days_late"].gt(0).fillna(value=False).all() or nearest["due_on"].isna().all()
    return Box(_lines(told), "stale" if is_old else "filled", text.t("page.from_plan"))


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
        _lines([*told, *more, *nothing]),
        "filled",
        text.t("page.from_promises"),
        account.commitment["made_on"].max(),
    )


def _promise(account: AccountView, row: pd.Series) -> str:
    is_theirs = row["direction"] == "customer"
    who = relationships.person_name(account, row["customer_owner_id" if is_theirs else "owner_id"])
    side = text.label("side", row["direction"])
    return text.t("page.line.late", n=int(row["days_late"]), side=side, title=row["title"], who=who)


def _risks(account: AccountView) -> Box:
    worst = work.risks(account).head(3)
    if worst.empty:
        return MISSING
    told = [_risk(row) for _, row in worst.iterrows()]
    return Box(
        _lines(told),
        "stale" if worst["is_stale"].all() else "filled",
        text.t("page.from_plan"),
        worst["noted_on"].max(),
    )


def _risk(row: pd.Series) -> str:
    level = text.label("severity", row["level"])
    action = text.t("page.no_action") if text.is_missing(row["action"]) else row["action"]
    return text.t("page.line.risk", title=_bare(row["title"]), level=level, action=action)


def _value(account: AccountView) -> Box:
    told, headline = [], work.value_headline(account)
    if account.value.empty:
        return MISSING
    if headline["values"]:
        told.append(text.t("page.line.value", amount=_money(account, headline["net"])))
    if not pd.isna(headline["cost"]) and not pd.isna(headline["gained"]):
        parts = {"gained": _money(account, headline["gained"]), "cost": _money(account, headline["cost"])}
        told.append(text.t("page.line.value_cost", **parts))
    open_values = int((~work.value_ledger(account)["is_counted"]).sum())
    if open_values:
        told.append(text.t("page.line.value_open", n=open_values))
    confirmed = account.value.loc[account.value["stage"].eq("confirmed"), "confirmed_on"].max()
    return Box(
        _lines(told), "filled" if headline["values"] else "assumed", text.t("page.from_ledger"), confirmed
    )


def _money_box(account: AccountView) -> Box:
    sold = measures.sales(account).iloc[0]
    if pd.isna(sold["revenue_12m"]):
        return MISSING
    change = text.percent(sold["growth_share"], signed=True)
    told = [text.t("page.line.revenue", amount=_money(account, sold["revenue_12m"]), change=change)]
    if not pd.isna(sold["contribution_margin"]):
        margin = {
            "amount": _money(account, sold["contribution_margin"]),
            "share": text.percent(sold["margin_share"]),
        }
        told.append(text.t("page.line.margin", **margin))
    told += _forecast(account)
    return Box(_lines(told), "filled", text.t("page.from_revenue"), account.facts_through)


def _forecast(account: AccountView) -> list[str]:
    made = account.forecast.dropna(subset=["likely"]).sort_values("made_on")
    if made.empty:
        return []
    latest = made.iloc[-1]
    amounts = {size: _money(account, latest[size]) for size in ("low", "likely", "high")}
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
        _lines(told), "filled" if len(year) else "stale", text.t("page.from_feedback"), latest["answered_on"]
    )


def _answer(account: AccountView, key: str, row: pd.Series) -> str:
    who, kind = (
        relationships.person_name(account, row["contact_id"]),
        text.label("feedback_kind", row["kind"]),
    )
    said = "" if text.is_missing(row["comment"]) else f" ”{row['comment']}”"
    return (
        text.t(key, score=_figure(row["score"]), kind=kind, who=who, day=text.day(row["answered_on"])) + said
    )


def _decisions(account: AccountView) -> Box:
    if account.decision.empty:
        return MISSING
    asked = account.decision[account.decision["status"].eq("asked")].sort_values("due_on")
    told = [_decision(account, row) for _, row in asked.head(3).iterrows()]
    return Box(
        _lines(told or [text.t("page.line.none_asked")]),
        "filled",
        text.t("page.from_reviews"),
        asked["asked_on"].max(),
    )


def _decision(account: AccountView, row: pd.Series) -> str:
    who = relationships.person_name(account, row["owner_id"])
    told = text.t("page.line.decision", title=row["title"], who=who, day=text.day(row["due_on"]))
    cost = row["cost"]
    return told if pd.isna(cost) else f"{told} · {_money(account, cost)}"


def _dates(account: AccountView) -> Box:
    today = pd.Timestamp(account.as_of)
    coming = account.meeting[(account.meeting["planned_on"] >= today) & account.meeting["held_on"].isna()]
    days = {
        "meeting": _coming(
            _written(account, "next_meeting_on"), coming, ["customer_review", "visit", "workshop"], today
        ),
        "review": _coming(_written(account, "next_review_on"), coming, ["internal_review"], today),
    }
    told = [text.t(f"page.line.{name}", day=text.day(day)) for name, day in days.items() if day is not None]
    known = [day for day in days.values() if day is not None]
    if not known:
        return MISSING
    return Box(_lines(told), "stale" if max(known) < today else "filled", text.t("page.from_plan"))


def _coming(
    written: object, meetings: pd.DataFrame, kinds: list[str], today: pd.Timestamp
) -> pd.Timestamp | None:
    """The day of the plan; where it is missing or past, the next booked meeting of the kinds given."""
    day = None if written is None else pd.Timestamp(str(written))
    booked = meetings.loc[meetings["kind"].isin(kinds), "planned_on"].dropna()
    if (day is None or day < today) and len(booked):
        return pd.Timestamp(booked.min())
    return day


def _money(account: AccountView, amount: float) -> str:
    return text.money(amount, account.currency)


def _lines(told: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(line) for line in told if line)


BOXES: Mapping[str, Callable[[AccountView], Box]] = {
    "customer": _customer,
    "sponsor": _sponsor,
    "why_key": _why_key,
    "ambition": _ambition,
    "priorities": _priorities,
    "people": _people,
    "goals": _goals,
    "steps": _steps,
    "promises": _promises,
    "risks": _risks,
    "value": _value,
    "money": _money_box,
    "feedback": _feedback,
    "decisions": _decisions,
    "dates": _dates,
}
