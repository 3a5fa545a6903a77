"""The page before a meeting: last promises both ways, hot topics, open risks and three questions (row 30)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.planning import work
from kamlib.schema import AccountView

_COLUMNS = ["section", "content", "who_id", "on"]
Line = tuple[str, str, object, object]


def brief(account: AccountView) -> pd.DataFrame:
    """Return what to know before the next meeting; ours alone, so the customer's edition has no row.

    One row is one line: section (ours, theirs, hot, risk, question), content, who_id and on (the day it is about).
    At most four lines a section and always three questions. In a public tender the questions give way to its rule (P7).
    """
    if account.audience == "customer":
        return pd.DataFrame(columns=_COLUMNS)
    sections: tuple[Callable[[AccountView], Iterator[Line]], ...] = (_promises, _hot, _risks, _questions)
    rows = pd.DataFrame(
        [line for section in sections for line in section(account)], columns=_COLUMNS, dtype="object"
    )
    rows = rows.astype({"section": "str", "content": "str", "who_id": "str", "on": "datetime64[us]"})
    return rows.groupby("section", sort=False).head(4).reset_index(drop=True)


def _promises(account: AccountView) -> Iterator[Line]:
    """Open promises, the oldest day first, and the one that was kept last: it is the one to name in the room."""
    promised = measures.promises(account)
    for side, section in (("ours", "ours"), ("customer", "theirs")):
        own = promised[promised["direction"].eq(side)]
        holder = "owner_id" if side == "ours" else "customer_owner_id"
        waiting = own[own["done_on"].isna()].head(3)
        for row in waiting.to_dict("records"):
            late = "" if text.is_missing(row["days_late"]) or not row["days_late"] else row["days_late"]
            key = "brief.late" if late else "brief.open"
            yield section, text.t(key, title=row["title"], n=late or 0), row[holder], row["due_on"]
        kept = own.dropna(subset=["done_on"]).sort_values("done_on").tail(1)
        for row in kept.to_dict("records"):
            yield section, text.t("brief.kept", title=row["title"]), row[holder], row["done_on"]


def _hot(account: AccountView) -> Iterator[Line]:
    """Open cases, the worst first; late deliveries of the quarter; low answers of a quarter; projects behind plan."""
    cases = account.case[account.case["closed_on"].isna()]
    order = {code: place for place, code in enumerate(reversed(text.entries("choice.severity")))}
    for row in cases.iloc[cases["severity"].map(order).argsort(kind="stable")].head(2).to_dict("records"):
        said = {"title": row["title"], "severity": text.label("severity", row["severity"])}
        yield "hot", text.t("brief.case", **said), None, row["opened_on"]
    share = measures.delivery_precision(account).set_index("period").loc["3m", "share"]
    if share < account.limit("precision_share"):
        yield "hot", text.t("brief.delivery", share=text.percent(share)), None, account.facts_through
    yield from _low_answers(account)
    projects = measures.projects(account)
    behind = projects[projects["slip_days"].ge(account.limit("slip_days")).fillna(value=False)]
    for row in behind[~behind["status"].isin(["done", "stopped"])].head(1).to_dict("records"):
        yield "hot", text.t("brief.project", name=row["name"], n=row["slip_days"]), None, row["end_on"]


def _low_answers(account: AccountView) -> Iterator[Line]:
    since = pd.Timestamp(account.as_of) - pd.DateOffset(months=account.limit("brief_months"))
    answers = account.feedback[account.feedback["answered_on"] >= since]
    low = answers["score"] <= answers["kind"].map({"nps": 6.0}).fillna(2.0)
    for row in answers[low].sort_values("answered_on", ascending=False).head(2).to_dict("records"):
        said = text.MISSING if text.is_missing(row["comment"]) else row["comment"]
        values = {"score": text.number(row["score"]), "kind": text.label("feedback_kind", row["kind"])}
        yield "hot", text.t("brief.answer", said=said, **values), row["contact_id"], row["answered_on"]


def _risks(account: AccountView) -> Iterator[Line]:
    for row in work.risks(account).head(3).to_dict("records"):
        sign = text.t("brief.no_sign") if text.is_missing(row["signal"]) else row["signal"]
        said = {"title": str(row["title"]).rstrip(". "), "sign": sign}
        said["level"] = text.label("severity", row["level"])
        watcher = row["owner_id"] if text.is_missing(row["watcher_id"]) else row["watcher_id"]
        yield "risk", text.t("brief.risk", **said), watcher, row["noted_on"]


def _questions(account: AccountView) -> Iterator[Line]:
    """Three questions: what we only assume first, then a value not confirmed, then the three that always fit (P24)."""
    tender = relationships.silence(account)
    if tender:
        yield "question", str(relationships.rule_said(tender)), None, None
        return
    asked = [*_own_questions(account), *(text.t(f"brief.question.{n}") for n in (1, 2, 3))]
    for question in asked[:3]:
        yield "question", question, None, None


def _own_questions(account: AccountView) -> Iterator[str]:
    assumed = account.insight[account.insight["grade"].eq("assumed")].sort_values("priority")
    for goal in assumed["goal"].dropna().head(1):
        yield text.t("brief.question.assumed", goal=str(goal).rstrip(". "))
    measured = account.value[account.value["stage"].eq("measured") & account.value["amount"].notna()]
    for row in measured.head(1).to_dict("records"):
        amount = text.money(row["amount"], account.currency)
        yield text.t("brief.question.value", title=str(row["title"]).rstrip(". "), amount=amount)
