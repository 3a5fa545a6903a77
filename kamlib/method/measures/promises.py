"""What was promised: commitments, projects, deliveries, and how old the plan is (T6, 6.9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kamlib.method.measures.periods import one_row, ratio, today, within
from kamlib.method.once import once
from kamlib.schema import AccountView, Bundle


@once
def promises(account: Bundle) -> pd.DataFrame:
    """One row per commitment: its columns, `state` (kept, late, overdue, open) and `days_late`."""
    now, rows = today(account), account.commitment.copy()
    done, due = rows["done_on"], rows["due_on"]
    rows["days_late"] = (done.fillna(now) - due).dt.days.clip(lower=0).astype("Int64")
    late = rows["days_late"].gt(0).fillna(value=False).astype(bool)
    words = [done.notna() & late, done.notna(), late]
    rows["state"] = pd.Series(np.select(words, ["late", "kept", "overdue"], "open"), rows.index, dtype="str")
    return rows.sort_values(["due_on", "title"], ignore_index=True)


@once
def commitments(account: Bundle) -> pd.DataFrame:
    """One row per side: `direction`, `due`, `on_time`, `late`, `overdue`, `not_due`, `on_time_share`, `oldest_days`.

    On-time share = done by the due date / due; a promise without a date counts nowhere (6.9).
    """
    rows = promises(account).dropna(subset=["due_on"])
    told = list(zip(rows["direction"], rows["state"], rows["days_late"], strict=True))
    lines = []
    for side in ("ours", "customer"):
        count = Counter(state for whose, state, _ in told if whose == side)
        kept, late, overdue = (count[state] for state in ("kept", "late", "overdue"))
        oldest = max((days for *case, days in told if case == [side, "overdue"]), default=pd.NA)
        lines.append(
            {
                "direction": side,
                "due": kept + late + overdue,
                "on_time": kept,
                "late": late,
                "overdue": overdue,
                "not_due": count["open"],
                "on_time_share": ratio(kept, kept + late + overdue),
                "oldest_days": oldest,
            }
        )
    return pd.DataFrame(lines).astype({"oldest_days": "Int64"})


_PROJECT = ["project_id", "name", "status", "planned_end_on"]


@once
def projects(account: AccountView) -> pd.DataFrame:
    """One row per project: name, status, planned and actual or expected end, `slip_days`, milestone share.

    A project that is past its plan without a new date slips until today.
    """
    now, rows = today(account), account.project[[*_PROJECT, "actual_end_on", "expected_end_on"]].copy()
    running = ~rows["status"].isin(["done", "stopped"])
    foreseen = rows["actual_end_on"].fillna(rows["expected_end_on"])
    rows["end_on"] = foreseen.where(foreseen.notna() | ~(running & (rows["planned_end_on"] < now)), now)
    rows["slip_days"] = (rows["end_on"] - rows["planned_end_on"]).dt.days.astype("Int64")
    met, due = (account.project[name].astype("Float64") for name in ("milestones_met", "milestones_due"))
    rows["milestone_share"] = (met / due.where(due > 0)).astype("float64")
    names = [*_PROJECT, "end_on", "slip_days", "milestone_share"]
    return rows[names].sort_values("slip_days", ascending=False, ignore_index=True)


@once
def project_completion(account: Bundle) -> pd.DataFrame:
    """One row: projects ended, ended by plan, milestones due and met, and both shares (Q4)."""
    rows = account.project
    ended = rows[rows["actual_end_on"].notna() & rows["planned_end_on"].notna()]
    in_time = int((ended["actual_end_on"] <= ended["planned_end_on"]).sum())
    due, met = float(rows["milestones_due"].sum()), float(rows["milestones_met"].sum())
    return one_row(
        ended=len(ended),
        in_time=in_time,
        in_time_share=ratio(in_time, len(ended)),
        milestones_due=due,
        milestones_met=met,
        milestone_share=ratio(met, due),
    )


@once
def delivery_precision(account: Bundle) -> pd.DataFrame:
    """One row per period (R12, the R12 before, last quarter): lines due, on time in full, share, claims (T6)."""
    periods = {
        "12m": account.window(12),
        "previous_12m": account.window(12, back=12),
        "3m": account.window(3),
    }
    lines = []
    for period, window in periods.items():
        rows = within(account.delivery, "month", window)
        due, kept = float(rows["lines_due"].sum()), float(rows["lines_on_time_in_full"].sum())
        lines.append(
            {
                "period": period,
                "lines_due": due,
                "kept": kept,
                "share": ratio(kept, due),
                "claims": rows["claims"].sum(min_count=1),
            }
        )
    return pd.DataFrame(lines)


@once
def plan_updated_on(account: AccountView) -> pd.Timestamp:
    """Return the day of the newest dated judgement in the plan; NaT for a plan that nobody has dated.

    Facts and a change of owner are no update: the plan has moved when somebody judged or decided something.
    """
    columns = [account.tables[table][when].to_numpy() for table, names in _JUDGED.items() for when in names]
    days = np.concatenate(columns)
    past = days[days <= today(account).to_datetime64()]
    newest: pd.Timestamp = pd.Series(past, dtype="datetime64[us]").max()
    return newest


_JUDGED: Mapping[str, Sequence[str]] = {
    "account_plan": ["approved_on"],
    "stakeholder": ["noted_on"],
    "insight": ["graded_on"],
    "goal": ["baseline_on", "signed_on", "customer_status_on", "judged_on"],
    "reading": ["measured_on"],
    "initiative": ["done_on"],
    "commitment": ["made_on", "done_on"],
    "risk": ["noted_on"],
    "value": ["valued_on", "confirmed_on"],
    "decision": ["asked_on", "decided_on"],
    "journey_step": ["asked_on"],
    "forecast": ["made_on"],
    "whitespace": ["valued_on"],
    "wallet": ["valued_on"],
}
