"""The quarterly review: four questions, two agendas, decisions, and the notes afterwards (S5.2, S5.3, S5.5, P1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamlib import text, words
from kamlib.errors import problem
from kamlib.method import measures
from kamlib.method.measures.periods import since, total
from kamlib.schema import Account, Portfolio, load_settings, result
from kamlib.words import Words


def agenda(kind: str, account: Account | Portfolio | None = None) -> pd.DataFrame:
    """One row per item: `step`, `from_minute`, `to_minute`, `minutes`, `item` (a sentence), for one of two meetings.

    `internal` is the review with management or the squad, `customer` the one where the customer decides (P1); the
    workshops' own are `plan`, `joint` and `segmentation` (P23). The items and minutes are settings. Raises `KamError` for another kind.
    """
    settings = account.settings if account is not None else load_settings()
    if kind not in settings["agendas"]:
        raise problem("agenda_unknown", found=kind, allowed=", ".join(settings["agendas"]))
    items = pd.DataFrame(settings["agendas"][kind]["value"])
    ends = items["minutes"].cumsum()
    return pd.DataFrame(
        {
            "step": range(1, len(items) + 1),
            "from_minute": ends - items["minutes"],
            "to_minute": ends,
            "minutes": items["minutes"],
            "item": [{"key": f"agenda.{kind}.{part}"} for part in items["part"]],
        }
    )


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
    yield _answer(
        "business",
        "sales",
        "revenue",
        known=sold.revenue_12m is not None,
        amount=measures.named(account, "revenue", words.money(sold.revenue_12m, account.currency)),
        change=measures.of_growth(account, sold.growth_share),
        margin=words.percent(sold.margin_share),
    )
    moved = {
        each.product_group: each.revenue_12m - each.revenue_previous_12m
        for each in measures.sales_by_group(account)
        if each.revenue_12m is not None and each.revenue_previous_12m is not None
    }
    if moved:
        most = max(moved, key=lambda group: abs(moved[group]))
        told = words.money(moved[most], account.currency, signed=True)
        yield _answer("business", "group", "revenue", group=most, amount=told)
    left = measures.customer_profit(account).profit
    if left is not None:
        yield _answer("business", "profit", "service_cost", amount=words.money(left, account.currency))
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
        told: dict[str, Any] = {
            "amount": words.money(lost.at_risk, account.currency),
            "months": lost.replacement_months,
        }
        yield _answer("chances", f"exposure_{lost.basis}", "assessment", **told)


def decisions(account: Account) -> pd.DataFrame:
    """One row per decision that is asked for or was taken within a year, the waiting ones first.

    Columns: title, status, reason, cost, owner_id, asked_on, due_on, decided_on, `days` waited (asked only).
    """
    rows = account.decision
    recent = measures.past_year(account, rows, "decided_on").index
    shown = rows[rows["status"].eq("asked") | rows.index.isin(recent)].copy()
    waited = (measures.today(account) - shown["asked_on"]).dt.days.astype("Int64")
    shown["days"] = waited.where(shown["status"].eq("asked"))
    names = [
        "title",
        "status",
        "reason",
        "cost",
        "owner_id",
        "asked_on",
        "due_on",
        "decided_on",
        "days",
        "row_id",
    ]
    return shown.sort_values(["status", "asked_on"], ignore_index=True)[names]


def held(account: Account) -> pd.DataFrame:
    """One row per review held, the newest first: `kind`, `held_on`, the four answers noted, decisions, notes sent."""
    rows = account.review[account.review["held_on"] <= measures.today(account)]
    taken = account.decision["review_id"].value_counts()
    told = account.communication["review_id"].value_counts()
    counted = rows.assign(
        decisions=rows["row_id"].map(taken).fillna(0).astype("Int64"),
        notes=rows["row_id"].map(told).fillna(0).astype("Int64"),
    )
    names = ["kind", "held_on", "business", "plan", "feedback", "chances", "decisions", "notes", "row_id"]
    return counted.sort_values("held_on", ascending=False, ignore_index=True)[names]


def communication(account: Account, compared: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row per receiver of the note after the last review: `receiver`, `sent_on`, `state`, `note` (S5.5).

    State is sent (by the next day), late, not_sent, or no_review. The note is a draft from the same facts; the
    customer's holds only rows that are shared with them.
    """
    reviews = (
        account.review[account.review["held_on"] <= measures.today(account)].sort_values("held_on").tail(1)
    )
    lines = [_note(account, receiver, reviews, compared) for receiver in ("management", "squad", "customer")]
    return pd.DataFrame(lines, columns=["receiver", "sent_on", "state", "note"])


def _note(
    account: Account, receiver: str, reviews: pd.DataFrame, compared: pd.DataFrame | None
) -> dict[str, Any]:
    sent_on, state = pd.NaT, "no_review"
    for review in reviews.to_dict("records"):
        told = account.communication[account.communication["review_id"].eq(review["row_id"])]
        sent_on = told.loc[told["receiver"].eq(receiver), "sent_on"].min()
        in_time = review["held_on"] + pd.Timedelta(hours=account.limit("note_hours"))
        state = "not_sent" if pd.isna(sent_on) else "sent" if sent_on <= in_time else "late"
    note = {
        "key": f"note.{receiver}",
        "customer": account.name,
        "changed": _listed(_news(account, compared, shared_only=receiver == "customer")),
        "asked": _listed(_asked(account, receiver)),
    }
    return {"receiver": receiver, "sent_on": sent_on, "state": state, "note": note}


def _listed(titles: list[str]) -> str:
    return "; ".join(titles[:3]) if titles else text.t("note.nothing")


def _news(account: Account, compared: pd.DataFrame | None, *, shared_only: bool) -> list[str]:
    if compared is None:
        return []
    rows = compared[compared["area"].isin(["goals", "promises"])] if shared_only else compared
    shared = {
        row_id
        for table in ("goal", "reading", "commitment", "initiative")
        for row_id in account.tables[table].loc[
            account.tables[table]["is_shared"].fillna(value=False), "row_id"
        ]
    }
    kept = rows[rows["row_id"].isin(shared)] if shared_only else rows
    return list(dict.fromkeys(kept.sort_values("on", ascending=False)["title"]))


def _asked(account: Account, receiver: str) -> list[str]:
    if receiver == "management":
        return list(account.decision.loc[account.decision["status"].eq("asked"), "title"])
    promises = measures.promises(account).frame()
    side = "ours" if receiver == "squad" else "customer"
    waiting = promises[promises["direction"].eq(side) & promises["state"].isin(["overdue", "open"])]
    if receiver == "customer":
        waiting = waiting[waiting["is_shared"].fillna(value=False).astype(bool)]
    return list(waiting["title"])
