"""What opens the review: two sentences and four numbers, for us and, in words of their own, for the customer (S5.2, P1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method import measures
from kamlib.method.measures.money import MonthSold
from kamlib.schema import AccountView, as_frame, frame_of

Said = dict[str, Any]
_MEETINGS = ["customer_review", "visit", "workshop"]


def sentences(account: AccountView, followed: pd.DataFrame, ledger: pd.DataFrame) -> list[Said]:
    """Return two sentences (a key of the catalogue and its values), chosen by rule from what is known.

    `followed` is goal_setting.progress and `ledger` planning.value_ledger of the account. To us: how the revenue moved
    and where goals, promises and health stand. To the customer: what they have confirmed, and what comes next.
    """
    if account.audience == "customer":
        return [_gained(account, as_frame(ledger)), _ahead(account)]
    state = {"goals": _goals(followed), "promises": _promised(account), "health": _weakest(account)}
    return [_sold(account), {"key": "opening.state", **state}]


def _sold(account: AccountView) -> Said:
    sold, grown = frame_of([measures.sales(account)]).iloc[0], measures.growth(account)
    said = {
        "name": account.name,
        "now": text.money(sold["revenue_12m"], account.currency),
        "growth": text.percent(abs(sold["growth_share"]), 1),
    }
    if pd.isna(sold["growth_share"]):
        key = "unknown" if pd.isna(sold["revenue_12m"]) else "new"
    else:
        key = {"flat": "flat", "growing": "up", "shrinking": "down"}[grown.word]
    return {"key": f"opening.sales.{key}", **said}


def _goals(followed: pd.DataFrame) -> str:
    states = followed["state"].replace("not_due", "on_track")
    measured = int(states.isin(["on_track", "at_risk", "off_track"]).sum())
    count = int(states.eq("on_track").sum())
    all_well = "calm" if followed["state"].eq("not_due").any() else "all"
    reached = all_well if count == measured else "some" if count else "behind"
    key = reached if measured else "unmeasured" if len(followed) else "none"
    return text.t(f"opening.goals.{key}", count=count, measured=measured, n=measured or len(followed))


def _promised(account: AccountView) -> str:
    counted = frame_of(measures.commitments(account))
    late = int(counted["overdue"].sum())
    key = "late" if late else "calm" if counted[["due", "not_due"]].to_numpy().sum() else "none"
    days = "" if counted["oldest_days"].isna().all() else int(counted["oldest_days"].max())
    return text.t(f"opening.promises.{key}", n=late, days=days)


def _weakest(account: AccountView) -> str:
    total = frame_of([measures.health_total(account)]).iloc[0]
    if text.is_missing(total["worst"]):
        return text.t("opening.health.unknown")
    part = text.label("health_part", total["worst"]).lower()
    return text.t("opening.health.worst", part=part, score=text.number(total["worst_score"]))


def _gained(account: AccountView, ledger: pd.DataFrame) -> Said:
    confirmed = ledger[ledger["is_counted"].astype(bool)]
    gained, cost = confirmed["amount"].clip(lower=0).sum(), confirmed["amount"].clip(upper=0).sum()
    key = "both" if gained and cost else "cost" if cost else "gained" if gained else "none"
    return {
        "key": f"opening.gained.{key}",
        "gained": text.money(gained, account.currency),
        "cost": text.money(-cost, account.currency),
        "day": text.long_day(confirmed["confirmed_on"].max()),
        "n": len(confirmed),
    }


def _ahead(account: AccountView) -> Said:
    late = frame_of(measures.commitments(account)).set_index("direction")["overdue"]
    meeting = _next_meeting(account)
    return {
        "key": "opening.ahead" if meeting is not None else "opening.ahead.unset",
        "promises": text.t(
            "opening.ahead.late" if late.sum() else "opening.ahead.calm",
            ours=int(late["ours"]),
            theirs=int(late["customer"]),
        ),
        "day": text.long_day(meeting),
    }


def _next_meeting(account: AccountView) -> pd.Timestamp | None:
    ahead = account.meeting[account.meeting["held_on"].isna() & account.meeting["kind"].isin(_MEETINGS)]
    days = ahead.loc[ahead["planned_on"] >= measures.today(account), "planned_on"]
    return None if days.empty else days.min()


def figures(account: AccountView, ledger: pd.DataFrame) -> list[Said]:
    """Return four numbers for the strip: label, value, change in words, tone, and a series where there is one.

    To us: revenue, margin share, health, our promises. To the customer: confirmed value, promises both ways, next day.
    """
    parts: Mapping[str, Callable[[], Said]] = {
        "internal": {
            "revenue": lambda: _revenue(account),
            "margin": lambda: _margin(account),
            "health": lambda: _health(account),
            "promises_ours": lambda: _kept(account, "ours"),
        },
        "customer": {
            "value": lambda: _value(account, as_frame(ledger)),
            "promises_ours": lambda: _kept(account, "ours"),
            "promises_customer": lambda: _kept(account, "customer"),
            "next": lambda: _meets(account),
        },
    }[account.audience]
    label = "opening.figure" if account.audience == "internal" else "opening.figure_for_customer"
    return [{"label": text.t(f"{label}.{name}"), **told()} for name, told in parts.items()]


def sources(account: AccountView) -> str:
    """Return where the numbers come from and how far they reach, for the line below them."""
    return text.t(f"opening.note.{account.audience}", month=text.month(account.facts_through))


def _moved(change: float, words: str) -> Said:
    tone = "" if pd.isna(change) or not change else "good" if change > 0 else "bad"
    return {"change": "" if pd.isna(change) else text.t("opening.against", change=words), "tone": tone}


def _revenue(account: AccountView) -> Said:
    sold, months = frame_of([measures.sales(account)]).iloc[0], frame_of(measures.trend(account), MonthSold)
    growth = sold["growth_share"]
    return {
        "value": text.money(sold["revenue_12m"], account.currency),
        "series": list(months["rolling_12m"].tail(13)),
        **_moved(growth, text.percent(growth, 1, signed=True)),
    }


def _margin(account: AccountView) -> Said:
    shares = [_margin_share(account, back) for back in (12, 9, 6, 3, 0)]
    change = shares[-1] - shares[0]
    return {
        "value": text.percent(shares[-1], 1),
        "series": shares,
        **_moved(round(change, 3), text.points(change, 1)),
    }


def _margin_share(account: AccountView, back: int) -> float:
    window = account.window(12, back=back)
    rows = measures.within(account.revenue, "month", window)
    if (
        window is None or account.revenue["month"].min() > window[0]
    ):  # a part of a year says nothing of a year
        return float("nan")
    known = rows.dropna(subset=["contribution_margin"])
    return measures.ratio(float(known["contribution_margin"].sum()), float(known["revenue"].sum()))


def _health(account: AccountView) -> Said:
    total = frame_of([measures.health_total(account)]).iloc[0]
    known = text.t("opening.known", known=text.percent(total["known_share"]))
    part = text.MISSING if text.is_missing(total["worst"]) else text.label("health_part", total["worst"])
    worst = text.t("opening.worst", part=part.lower(), score=text.number(total["worst_score"]))
    is_known = not pd.isna(total["score"])
    return {"value": text.number(total["score"]), "change": worst if is_known else known}


def _kept(account: AccountView, side: str) -> Said:
    counted = frame_of(measures.commitments(account))
    row = counted[counted["direction"].eq(side)].iloc[0]
    kept, due, late = (int(row[name]) for name in ("on_time", "due", "overdue"))
    value = text.t("opening.kept", kept=kept, due=due) if due else text.MISSING
    key = "late" if late else "calm" if due else "not_due" if row["not_due"] else "none"
    told = text.t(f"opening.kept.{key}", n=late or int(row["not_due"]), count=int(row["not_due"]))
    return {"value": value, "change": told, "tone": "bad" if late else ""}


def _value(account: AccountView, ledger: pd.DataFrame) -> Said:
    amounts = ledger.loc[ledger["is_counted"].astype(bool), "amount"]
    cost = -amounts.clip(upper=0).sum()
    is_both = cost and (amounts > 0).any()
    told = text.t("opening.cost", cost=text.money(cost, account.currency)) if is_both else ""
    return {"value": text.money(amounts.sum(min_count=1), account.currency), "change": told}


def _meets(account: AccountView) -> Said:
    day = _next_meeting(account)
    return {"value": text.day(day), "change": text.t("opening.unset") if day is None else ""}
