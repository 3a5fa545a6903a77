"""The road of the coming months: what is running, and what is to come."""

from __future__ import annotations

import pandas as pd

from kamlib.method import measures
from kamlib.schema import AccountView

_COLUMNS = ["kind", "title", "side", "starts_on", "ends_on", "status", "done_on"]


def road(account: AccountView) -> pd.DataFrame:
    """Return work, promises, meetings and goals that are not done, the first to end on top (S3.4).

    Columns kind (initiative, project, promise, meeting, goal), title, side (who does it: ours, customer; missing for a
    meeting or a goal), starts_on (missing: a milestone), ends_on, days_late (days past its day).
    """
    projects = measures.projects(account).merge(account.project[["project_id", "starts_on"]], on="project_id")
    met = account.meeting["kind"].isin(["customer_review", "workshop"])
    agreed = account.goal["customer_status"].ne("declined").fillna(value=True)
    parts = {
        "initiative": account.initiative.rename(columns={"due_on": "ends_on"}).assign(side="ours"),
        "project": projects.rename(columns={"name": "title", "end_on": "ends_on"}).assign(side="ours"),
        "promise": account.commitment.rename(columns={"due_on": "ends_on", "direction": "side"}),
        "meeting": account.meeting[met].rename(columns={"planned_on": "ends_on", "held_on": "done_on"}),
        "goal": account.goal[agreed].drop(columns="side").rename(columns={"due_on": "ends_on"}),
    }
    told = [part.assign(kind=kind).reindex(columns=_COLUMNS).astype(object) for kind, part in parts.items()]
    rows = pd.concat(told, ignore_index=True)
    rows = rows[~rows["status"].isin(["done", "stopped"]) & rows["done_on"].isna()]
    days = {name: pd.to_datetime(rows[name]) for name in ("starts_on", "ends_on")}
    late = (pd.Timestamp(account.as_of) - days["ends_on"]).dt.days.clip(lower=0).astype("Int64")
    dated = rows.assign(**days, days_late=late).sort_values(["ends_on", "title"], kind="stable")
    return dated[[*_COLUMNS[:5], "days_late"]].reset_index(drop=True)
