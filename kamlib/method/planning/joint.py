"""The joint action plan and the promises both ways: what waits for what, how old promises are, who gives and who gets (6.9, D8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.errors import Finding
from kamlib.method import measures
from kamlib.schema import AccountView

_OVER = ("done", "stopped")


def gates(account: AccountView) -> pd.DataFrame:
    """Return what each initiative waits for: row_id, waits_for (title) and gate.

    gate is ready, waiting (for a step that still holds its day), blocked (that step is late, stopped, undated, later
    than this one, or blocked itself), circle (the steps wait for each other) or missing for what is over. A step
    waited for that is not there holds nobody up.
    """
    steps = {str(row["row_id"]): row for row in account.initiative.to_dict("records")}
    told = [_gate(row_id, steps, pd.Timestamp(account.as_of)) for row_id in steps]
    before = [steps.get(str(step["depends_on_id"]), {}).get("title") for step in steps.values()]
    gated = {"row_id": list(steps), "waits_for": before, "gate": told}
    return pd.DataFrame(gated, columns=["row_id", "waits_for", "gate"], dtype="str")


def _gate(row_id: str, steps: Mapping[str, Any], today: pd.Timestamp) -> str | None:
    step, before = steps[row_id], steps.get(str(steps[row_id]["depends_on_id"]))
    if step["status"] in _OVER:
        return None
    if _is_circle(row_id, steps):
        return "circle"
    if before is None or before["status"] == "done":
        return "ready"
    holds = before["status"] != "stopped" and before["due_on"] >= today  # an undated step holds nothing
    if not holds or before["due_on"] > step["due_on"]:
        return "blocked"
    further = _gate(str(before["row_id"]), steps, today)
    return "blocked" if further in ("blocked", "circle") else "waiting"


def _is_circle(row_id: str, steps: Mapping[str, Any]) -> bool:
    seen, at = {row_id}, str(steps[row_id]["depends_on_id"])
    while at in steps and at not in seen:
        seen.add(at)
        at = str(steps[at]["depends_on_id"])
    return at == row_id


def loose_ends(account: AccountView) -> list[Finding]:
    """Return what hangs loose in the plan: steps in a circle, blocked steps, pains and SWOT rows without an initiative."""
    titles = account.initiative.set_index("row_id")["title"].astype(object).to_dict()
    held = gates(account)
    place = {"account": account.name}
    circle = [str(titles[row_id]) for row_id in held.loc[held["gate"].eq("circle"), "row_id"]]
    told = [Finding("plan_circle", "error", place, {"titles": text.listed(circle)})] if circle else []
    blocked = held[held["gate"].eq("blocked")]
    told += [
        Finding("plan_blocked", "warning", place, {"title": titles[row.row_id], "before": row.waits_for})
        for row in blocked.itertuples()
    ]
    pains = journey(account)
    told += [
        Finding("plan_pain", "warning", place, {"title": row.title, "state": row.state})
        for row in pains[pains["is_loose"]].itertuples()
    ]
    noted = swot(account)
    told += [
        Finding(
            "plan_swot",
            "note",
            place,
            {"quadrant": text.label("swot_quadrant", row.quadrant), "title": row.title},
        )
        for row in noted[~noted["is_linked"]].itertuples()
    ]
    return told


def promise_ages(account: AccountView) -> pd.DataFrame:
    """Return how old the open promises are, both ways: one row per age with ours and customer (numbers), and age in words.

    The first row holds those whose day has not passed, the last those without a day.
    """
    limits = account.limit("promise_age_days")
    promised = measures.promises(account)
    waiting = promised[promised["done_on"].isna()]
    passed = (pd.Timestamp(account.as_of) - waiting["due_on"]).dt.days
    place = pd.Series(pd.cut(passed, [-1e9, 0, *limits, 1e9], labels=False), waiting.index)
    place = place.fillna(len(limits) + 2).astype(int)
    firsts = [1, *(limit + 1 for limit in limits)]
    ages = [text.t("promise_age.running")]
    ages += [
        text.t("promise_age.between", first=first, last=last)
        for first, last in zip(firsts, limits, strict=False)
    ]
    ages += [text.t("promise_age.beyond", limit=limits[-1]), text.t("promise_age.undated")]
    sides = {
        side: [
            int((place[waiting["direction"].eq(side)] == number).sum()) for number in range(len(limits) + 3)
        ]
        for side in ("ours", "customer")
    }
    rows = pd.DataFrame({"age": ages, **sides})
    return rows if len(waiting) else rows.head(0)


def reciprocity(account: AccountView) -> pd.DataFrame:
    """Return who gives and who gets: one row with given, got, index (given / got) and its reading (D8).

    given: our promises that were done in twelve months, late ones too; got: the customer's. The index is missing
    while the customer has kept none, and few promises are said to be few.
    """
    promised = measures.past_year(account, measures.promises(account).dropna(subset=["done_on"]), "done_on")
    given, got = (int(promised["direction"].eq(side).sum()) for side in ("ours", "customer"))
    index = given / got if got else None
    key = "nothing" if not given + got else "one_way" if not got else "told"
    few = given + got < account.limit("promises_fewest")
    told = text.t(f"reciprocity.{key}", given=given, got=got, index=text.number(index, 1))
    reading = f"{told} {text.t('reciprocity.few')}" if few and key != "nothing" else told
    return pd.DataFrame([{"given": given, "got": got, "index": index, "reading": reading}])


def journey(account: AccountView) -> pd.DataFrame:
    """Return the customer's journey in its order, with the steps that chafe tied to what is done about them (T5).

    One row is one step: its columns, initiative (title), answers (how many answered, in words: few are said to be
    few), is_pain (score 2 or lower; at a moment of truth 3 or lower), is_loose (a pain that no running or finished
    initiative deals with; nobody's business in the customer's edition) and is_stale (asked over a year ago, or never).
    """
    rows, steps = account.journey_step.dropna(subset=["title"]), account.initiative.set_index("row_id")
    moment = rows["is_moment_of_truth"].fillna(value=False).astype(bool)
    limit = moment.map({True: account.limit("pain_score_moment"), False: account.limit("pain_score")})
    pain = rows["score"].astype("Float64").le(limit).fillna(value=False).astype(bool)
    tended = rows["initiative_id"].isin(steps.index[steps["status"].ne("stopped")])
    since = pd.Timestamp(account.as_of) - pd.DateOffset(months=account.limit("journey_months"))
    return rows.assign(
        initiative=rows["initiative_id"].map(steps["title"]),
        answers=pd.Series([_answers(account, n) for n in rows["respondents"]], rows.index, dtype="str"),
        is_pain=pain,
        is_loose=pain & ~tended & (account.audience != "customer"),
        is_stale=~(rows["asked_on"] >= since),
    ).sort_values("step", ignore_index=True)


def _answers(account: AccountView, n: object) -> str:
    if text.is_missing(n):
        return ""
    few = int(str(n)) < account.limit("small_sample_answers")
    return text.t("journey.answers_few" if few else "journey.answers", n=int(str(n)))


def swot(account: AccountView) -> pd.DataFrame:
    """Return the strengths, weaknesses, opportunities and threats: columns of the row, initiative (title), is_linked.

    Each is to lead to an action: what nothing is done about is told by `loose_ends`. Rows are optional (P16).
    """
    rows, titles = account.swot.dropna(subset=["title"]), account.initiative.set_index("row_id")["title"]
    order = {quadrant: place for place, quadrant in enumerate(text.entries("choice.swot_quadrant"))}
    rows = rows.assign(
        initiative=rows["initiative_id"].map(titles), is_linked=rows["initiative_id"].isin(titles.index)
    )
    return rows.iloc[rows["quadrant"].map(order).argsort(kind="stable")].reset_index(drop=True)
