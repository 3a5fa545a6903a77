"""The A3 sheets to write on, prefilled in grey with what the reader's own view holds (P23).

A canvas is declared in the catalogue; here stands which rows of the method lie on it from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from kamlib import text
from kamlib.method import goal_setting, measures, planning, review, segmentation
from kamlib.run.workshop.meeting import Meeting
from kamlib.schema import Account, Portfolio, Result
from kamlib.show import paper


def sheets(meeting: Meeting) -> list[str]:
    """Return the canvases of this kind of workshop, one A3 each."""
    return [_sheet(meeting, name) for name in meeting.setup["canvases"]]


def _sheet(meeting: Meeting, name: str) -> str:
    words = text.entry(f"canvas.{name}")
    if name == "one_page":
        body = paper.boxes(planning.one_page(meeting.known))
    elif isinstance(meeting.bundle, Portfolio):
        body = paper.canvas(name, _OF_ALL[name](meeting.bundle), meeting.bundle)
    else:
        body = paper.canvas(name, _OF_ONE[name](meeting.bundle), meeting.bundle)
    lead = paper.said(text.fill(words["lead"], {}), "lead")
    return meeting.sheet("canvases", text.fill(words["title"], {}), lead, body, is_canvas=True)


def _nothing(_: Account | Portfolio) -> pd.DataFrame:
    return pd.DataFrame()


# --- one account -------------------------------------------------------------------------------------------


def _joint_goals(account: Account) -> pd.DataFrame:
    joint = goal_setting.progress(account).where(side="joint")[:2]  # the third line is for a new one
    targets = [f"{text.figure(goal.target)}\n{text.day(goal.due_on)}" for goal in joint]
    return joint.frame().assign(target=targets, baseline=[text.figure(goal.baseline) for goal in joint])


def _give_get(account: Account) -> pd.DataFrame:
    promised = measures.promises(account).frame()
    waiting = promised[promised["done_on"].isna()]
    theirs = waiting[waiting["direction"].eq("customer")].head(4).reset_index(drop=True)
    ours = waiting[waiting["direction"].eq("ours")].head(4).reset_index(drop=True)
    return theirs.add_prefix("theirs_").join(ours.add_prefix("ours_"), how="outer")


def _journey(account: Account) -> pd.DataFrame:
    steps = account.journey_step.sort_values("step").head(5)
    star = steps["is_moment_of_truth"].fillna(value=False).map({True: " *", False: ""})
    return steps.assign(title=steps["title"] + star)


def _questions(account: Account) -> pd.DataFrame:
    rows = review.questions(account, goal_setting.progress(account)).frame()
    return rows.groupby("question", sort=False)["answer"].agg(lambda told: list(told)[:4]).reset_index()


def _decisions(account: Account) -> pd.DataFrame:
    return review.decisions(account).where(status="asked")[:5].frame()


# --- all accounts ------------------------------------------------------------------------------------------


def _anchors(portfolio: Portfolio) -> pd.DataFrame:
    told = segmentation.anchors(portfolio)
    wide = told.pivot_table(index="criterion", columns="score", values="anchor", aggfunc="first", sort=False)
    return wide.rename(columns=str).reset_index()


def _contested(portfolio: Portfolio) -> pd.DataFrame:
    if portfolio.account.empty:
        return pd.DataFrame()
    rows = segmentation.contested(segmentation.choose(portfolio)).head(8)
    apart = segmentation.disagreements(portfolio)
    return rows.assign(apart=[_apart(apart.where(account_id=each)) for each in rows["account_id"]])


def _apart(cells: Result[segmentation.Disagreement]) -> str:
    return "\n".join(
        f"{text.label('criterion', cell.criterion)}: {cell.lowest:.0f} ({cell.low_by}), {cell.highest:.0f} ({cell.high_by})"
        for cell in cells[:2]
    )


def _capacity(portfolio: Portfolio) -> pd.DataFrame:
    if portfolio.account.empty:
        return pd.DataFrame()
    rows = segmentation.capacity(portfolio, segmentation.assign(portfolio))
    return rows.assign(names=rows["names"].map("\n".join))


_OF_ONE: Mapping[str, Callable[[Account], pd.DataFrame]] = {
    "joint_goals": _joint_goals,
    "give_get": _give_get,
    "journey": _journey,
    "values": lambda account: planning.value_ledger(account)[:4].frame(),
    "questions": _questions,
    "decisions": _decisions,
    "chances": _nothing,
    "parking": _nothing,
}
_OF_ALL: Mapping[str, Callable[[Portfolio], pd.DataFrame]] = {
    "anchors": _anchors,
    "contested": _contested,
    "capacity": _capacity,
    "parking": _nothing,
}
