"""Whether a goal is specific, measurable, realistic, timed and owned (S2.1, S2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from kamlib import text
from kamlib.method.once import once
from kamlib.schema import AccountView

Remark = tuple[str, str, str, str]  # letter, field, state, remark

#: Field of a goal -> the letter of SMART that it serves.
_FIELDS = {
    "title": "specific",
    "kpi": "specific",
    "unit": "measurable",
    "direction": "measurable",
    "baseline": "measurable",
    "baseline_on": "measurable",
    "target": "measurable",
    "source": "measurable",
    "owner_id": "assigned",
    "sponsor_id": "assigned",
    "signed_on": "assigned",
    "due_on": "timed",
}


def check(goals: pd.DataFrame, account: AccountView) -> pd.DataFrame:
    """Return one row per goal and thing checked: goal_id, title, letter, field, state, remark.

    state: met, missing, doubtful, reasoned (doubtful, but a reason stands in the goal) or unknown (we lack the
    figures to tell). *Realistic* is tested against the wallet's high end, twice our best yearly change and the
    hours that exist (S2.1). A remark says how to mend. A last row without goal_id tells when there are more than
    five goals, and which of them lack the most.
    """
    lines = [
        (goal["row_id"], goal["title"], *remark)
        for _, goal in goals.iterrows()
        for remark in (*_fields(goal), *_sound(goal, account), *_realistic(goal, account))
    ]
    checks = pd.DataFrame(lines, columns=["goal_id", "title", "letter", "field", "state", "remark"])
    too_many = len(goals) - account.limit("goals_high")
    if too_many > 0:
        checks.loc[len(checks)] = [
            None,
            None,
            "realistic",
            "count",
            "doubtful",
            _drop(checks, len(goals), too_many),
        ]
    return checks


def _drop(checks: pd.DataFrame, n: int, too_many: int) -> str:
    """Say how many goals are too many, and name those that lack the most."""
    lacking = checks[checks["state"].isin(["missing", "doubtful"])].groupby("goal_id", sort=False).size()
    titles = checks.drop_duplicates("goal_id").set_index("goal_id")["title"]
    first = lacking.sort_values(ascending=False, kind="stable").head(too_many).index
    told = text.t("check.too_many", n=n, high=n - too_many)
    return f"{told} {text.t('check.lack_most', titles=text.listed(titles[first]))}" if len(first) else told


def _fields(goal: pd.Series) -> Iterator[Remark]:
    for field, letter in _FIELDS.items():
        state = "missing" if text.is_missing(goal[field]) else "met"
        yield letter, field, state, text.t(f"check.{field}") if state == "missing" else ""


def _sound(goal: pd.Series, account: AccountView) -> Iterator[Remark]:
    """What is written but does not hold together."""
    today = pd.Timestamp(account.as_of)
    rise = goal["target"] - goal["baseline"]
    gone = _gone(account)
    doubts = {
        ("measurable", "way"): (goal["direction"] == "up" and rise < 0)
        or (goal["direction"] == "down" and rise > 0),
        ("measurable", "same"): rise == 0,
        ("timed", "dates"): goal["due_on"] <= goal["baseline_on"],
        ("timed", "passed"): goal["due_on"] < today,
        ("assigned", "owner_gone"): goal["owner_id"] in gone,
        ("assigned", "sponsor_gone"): goal["sponsor_id"] in gone,
        ("assigned", "same_person"): not text.is_missing(goal["owner_id"])
        and goal["owner_id"] == goal["sponsor_id"],
    }
    for (letter, field), is_doubtful in doubts.items():
        if is_doubtful:
            yield letter, field, "doubtful", text.t(f"check.{field}")


def _gone(account: AccountView) -> set[str]:
    people = account.contact
    return set(people.loc[people["gone_on"] <= pd.Timestamp(account.as_of), "contact_id"])


def _realistic(goal: pd.Series, account: AccountView) -> Iterator[Remark]:
    if text.is_missing(goal["target"]):
        return
    for field, test in (("wallet", _wallet), ("pace", _pace), ("hours", _hours)):
        verdict = test(goal, account)
        if verdict is not None:
            state, remark = verdict
            excused = state == "doubtful" and not text.is_missing(goal["reason"])
            cure = f" {text.t(f'check.mend.{field}')}" if state == "doubtful" and not excused else ""
            yield "realistic", field, "reasoned" if excused else state, f"{remark}{cure}"


Verdict = tuple[str, str] | None  # None: the test does not concern this goal


def _wallet(goal: pd.Series, account: AccountView) -> Verdict:
    """Target at most the high end of what the customer buys; a share of purchases at most all of it."""
    if _tells(goal, account, "share_words"):
        whole = 100.0 if goal["unit"] == "%" else 1.0
        return ("doubtful", text.t("check.wallet_whole")) if goal["target"] > whole else ("met", "")
    if not _tells(goal, account, "revenue_words"):
        return None
    high = wallet_high(account)
    if high is None:
        return "unknown", text.t("check.wallet_unknown")
    told = text.t("check.wallet", high=text.money(high, account.currency))
    return ("doubtful", told) if goal["target"] * _money_unit(goal, account) > high else ("met", "")


@once
def wallet_high(account: AccountView) -> float | None:
    """Return the high end of the customer's purchases: the whole, else the sum of the groups valued."""
    newest = account.wallet.sort_values("valued_on").drop_duplicates("product_group", keep="last")
    tops = newest["high"].fillna(newest["likely"])
    whole = tops[newest["product_group"].isna()]
    if tops.notna().sum() == 0:
        return None
    return float(whole.iloc[-1]) if whole.notna().any() else float(tops.sum())


def _pace(goal: pd.Series, account: AccountView) -> Verdict:
    """Needed change per year at most twice our best yearly change."""
    years = _years(goal["baseline_on"], goal["due_on"])
    if years is None or text.is_missing(goal["baseline"]):
        return None
    needed, best = abs(goal["target"] - goal["baseline"]) / years, _best(goal, account)
    if best is None:
        return "unknown", text.t("check.pace_unknown")
    told = text.t("check.pace", needed=text.number(needed, 1), best=text.number(best, 1), unit=goal["unit"])
    times = account.limit("goal_best_change_times")
    return ("doubtful", told) if needed > times * max(best, 0.0) else ("met", told)


def _best(goal: pd.Series, account: AccountView) -> float | None:
    """Our best yearly change in the goal's own unit, from revenue or from the goal's readings."""
    if _tells(goal, account, "revenue_words"):
        best = best_change(account)
        return None if best is None else best / _money_unit(goal, account)
    sign = -1.0 if goal["direction"] == "down" else 1.0
    return _best_reading(account.reading[account.reading["goal_id"].eq(goal["row_id"])], sign)


def _best_reading(readings: pd.DataFrame, sign: float) -> float | None:
    values = readings.dropna(subset=["value", "measured_on"]).set_index("measured_on")["value"].sort_index()
    changes = []
    for day, value in values.items():
        earlier = values[values.index <= pd.Timestamp(str(day)) - pd.DateOffset(months=9)]
        if len(earlier):
            years = (pd.Timestamp(str(day)) - earlier.index[-1]).days / 365.25
            changes.append(sign * (value - earlier.iloc[-1]) / years)
    return max(changes) if changes else None


@once
def best_change(account: AccountView) -> float | None:
    """Return the best yearly change of revenue R12 over the history, in currency; None below 24 months."""
    first = account.revenue["month"].min()
    sums = []
    for back in range(0, 120, 12):
        window = account.window(12, back=back)
        if window is None or first > window[0]:
            break
        sums.append(account.revenue.loc[account.revenue["month"].between(*window), "revenue"].sum())
    changes = [now - before for now, before in pairwise(sums)]
    return float(max(changes)) if changes else None


def _hours(goal: pd.Series, account: AccountView) -> Verdict:
    """The hours of the account's open initiatives exist in the squad, else in the plan."""
    steps = account.initiative[~account.initiative["status"].isin(["done", "stopped"])]
    own = steps[steps["goal_id"].eq(goal["row_id"])]
    available = hours_available(account)
    if available is None or own["hours"].isna().all():
        return "unknown", text.t("check.hours_unknown")
    needed = float(steps["hours"].sum())
    told = text.t("check.hours", needed=text.number(needed), available=text.number(available))
    return ("doubtful" if needed > available else "met"), told


@once
def hours_available(account: AccountView) -> float | None:
    """Return the hours a year that the squad has for the account, else those of the plan; None if unsaid."""
    squad = account.squad_member["hours_year"].sum(min_count=1)
    planned = account.account_plan["hours_year"].dropna()
    if not pd.isna(squad):
        return float(squad)
    return float(planned.iloc[-1]) if len(planned) else None


def _tells(goal: pd.Series, account: AccountView, words: str) -> bool:
    kpi = "" if text.is_missing(goal["kpi"]) else str(goal["kpi"]).casefold()
    return any(word in kpi for word in account.settings["goals"][words]["value"])


def _money_unit(goal: pd.Series, account: AccountView) -> float:
    own = {text.money_unit(account.currency, step): step for step in (1e6, 1e3, 1.0)}
    units: dict[str, float] = {**account.settings["goals"]["currency_units"]["value"], **own}
    return float(units.get(goal["unit"], 1))


def _years(start: pd.Timestamp, end: pd.Timestamp) -> float | None:
    if pd.isna(start) or pd.isna(end) or end <= start:
        return None
    return max(round((end - start).days / 365.25 * 12), 1) / 12  # whole months: a year is a year, leap or not
