"""The quarterly review: four questions, two agendas, decisions, and the notes afterwards (S5.2, S5.3, S5.5, P1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.errors import problem
from kamlib.method import measures
from kamlib.schema import AccountView, Portfolio, frame_of, load_settings

Answer = dict[str, Any]


def agenda(kind: str, account: AccountView | Portfolio | None = None) -> pd.DataFrame:
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


def questions(account: AccountView, followed: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row per answer to the four questions: `question`, `answer` (a sentence), `source` (a table), `is_known`.

    business, plan, feedback, chances (S5.3). `followed` is goal_setting.progress of the account; without it the
    plan is answered by its promises and projects.
    """
    parts = {
        "business": _business(account),
        "plan": _plan(account, followed),
        "feedback": _feedback(account),
        "chances": _chances(account),
    }
    rows = [{"question": question, **answer} for question, answers in parts.items() for answer in answers]
    return pd.DataFrame(rows, columns=["question", "answer", "source", "is_known"])


def _answer(key: str, source: str, *, known: bool = True, **values: Any) -> Answer:
    said = {"key": f"answer.{key}", **values} if known else {"key": f"answer.{key}.unknown"}
    return {"answer": said, "source": source, "is_known": known}


def _business(account: AccountView) -> Iterator[Answer]:
    sold = frame_of([measures.sales(account)]).iloc[0]
    yield _answer(
        "sales",
        "revenue",
        known=not pd.isna(sold["revenue_12m"]),
        amount=text.money(sold["revenue_12m"], account.currency),
        change=text.percent(sold["growth_share"], 1, signed=True),
        margin=text.percent(sold["margin_share"]),
    )
    groups = measures.sales_by_group(account).frame()
    groups["moved"] = groups["revenue_12m"] - groups["revenue_previous_12m"]
    most = groups.dropna(subset=["moved"]).sort_values("moved", key=abs, ascending=False).head(1)
    for row in most.to_dict("records"):
        amount = text.money(row["moved"], account.currency, signed=True)
        yield _answer("group", "revenue", group=row["product_group"], amount=amount)
    left = frame_of([measures.customer_profit(account)]).iloc[0]
    if not pd.isna(left["profit"]):
        yield _answer("profit", "service_cost", amount=text.money(left["profit"], account.currency))
    for row in measures.past_year(account, account.event, "happened_on", 6).to_dict("records"):
        yield _answer("event", "event", title=row["title"], day=row["happened_on"])


def _plan(account: AccountView, followed: pd.DataFrame | None) -> Iterator[Answer]:
    if followed is not None:
        states = followed["state"].replace("not_due", "on_track").value_counts()
        counts = {state: int(states.get(state, 0)) for state in ("on_track", "at_risk", "off_track")}
        unknown = len(followed) - sum(counts.values())
        yield _answer("goals", "goal", known=bool(len(followed)), n=len(followed), **counts, unknown=unknown)
    for row in frame_of(measures.commitments(account)).to_dict("records"):
        key = f"promises_{row['direction']}"
        yield _answer(
            key, "commitment", known=row["due"] > 0, n=row["on_time"], of=row["due"], open=row["overdue"]
        )
    for row in measures.projects(account).frame().to_dict("records"):
        if (
            row["status"] not in ("done", "stopped")
            and not pd.isna(row["slip_days"])
            and row["slip_days"] > 0
        ):
            yield _answer("project", "project", title=row["name"], days=row["slip_days"])
    waiting = account.decision["status"].eq("asked").sum()
    if waiting:
        yield _answer("decisions", "decision", n=int(waiting))


def _feedback(account: AccountView) -> Iterator[Answer]:
    rows = measures.satisfaction(account).frame()
    if rows.empty:
        yield _answer("voices", "feedback", known=False)
    for row in rows.to_dict("records"):
        kind = text.label("feedback_kind", row["kind"])
        yield _answer("voices", "feedback", kind=kind, told=row["answers"], n=row["n"], day=row["latest_on"])
    said = measures.past_year(account, account.feedback.dropna(subset=["comment"]), "answered_on")
    for row in said.sort_values("answered_on").tail(2).to_dict("records"):
        yield _answer("comment", "feedback", said=row["comment"], day=row["answered_on"])


def _chances(account: AccountView) -> Iterator[Answer]:
    offers = account.opportunity[account.opportunity["stage"].eq("open")]
    amount = text.money(offers["amount"].sum(min_count=1), account.currency)
    yield _answer("offers", "opportunity", known=bool(len(offers)), n=len(offers), amount=amount)
    weight = (account.risk["probability"] * account.risk["impact"]).astype("Float64").fillna(0)
    for row in account.risk.loc[weight.sort_values(ascending=False).index].head(2).to_dict("records"):
        yield _answer("risk", "risk", title=row["title"], signal=row["signal"])
    lost = frame_of([measures.exposure(account)]).iloc[0]
    if not pd.isna(lost["at_risk"]):
        sum_, months = text.money(lost["at_risk"], account.currency), lost["replacement_months"]
        yield _answer(f"exposure_{lost['basis']}", "assessment", amount=sum_, months=months)


def decisions(account: AccountView) -> pd.DataFrame:
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


def held(account: AccountView) -> pd.DataFrame:
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


def communication(account: AccountView, compared: pd.DataFrame | None = None) -> pd.DataFrame:
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
    account: AccountView, receiver: str, reviews: pd.DataFrame, compared: pd.DataFrame | None
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


def _news(account: AccountView, compared: pd.DataFrame | None, *, shared_only: bool) -> list[str]:
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


def _asked(account: AccountView, receiver: str) -> list[str]:
    if receiver == "management":
        return list(account.decision.loc[account.decision["status"].eq("asked"), "title"])
    promises = measures.promises(account).frame()
    side = "ours" if receiver == "squad" else "customer"
    waiting = promises[promises["direction"].eq(side) & promises["state"].isin(["overdue", "open"])]
    if receiver == "customer":
        waiting = waiting[waiting["is_shared"].fillna(value=False).astype(bool)]
    return list(waiting["title"])
