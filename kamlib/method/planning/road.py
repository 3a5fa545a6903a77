"""The road of the coming months: what is running, and what is to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from kamlib.method import measures
from kamlib.schema import Account, result


@dataclass(frozen=True)
class Ahead:
    """An initiative, project, promise, meeting or goal that is not done.

    `side` is who does it: ours, customer; None for a meeting or a goal. `starts_on` is None for a milestone.
    """

    kind: str
    title: str
    side: str | None
    starts_on: date | None
    ends_on: date | None
    days_late: int = 0


@result("chart_roadmap")
def road(account: Account) -> Iterable[Ahead]:
    """Return what is not done, the first to end on top, undated last (S3.4)."""
    found = [*_work(account), *_milestones(account)]
    rows = sorted(found, key=lambda each: (each.ends_on or date.max, each.title))
    return [replace(each, days_late=account.days_late(each.ends_on)) for each in rows]


def _work(account: Account) -> Iterator[Ahead]:
    for work in account.open_initiatives:
        if work.done_on is None:
            yield Ahead("initiative", work.title, "ours", work.starts_on, work.due_on)
    starts = {each.project_id: each.starts_on for each in account.open_projects}
    for project in measures.projects(account):
        if project.project_id in starts:
            yield Ahead("project", project.name, "ours", starts[project.project_id], project.end_on)


def _milestones(account: Account) -> Iterator[Ahead]:
    for promise in account.commitments:
        if promise.done_on is None:
            yield Ahead("promise", promise.title, promise.direction, None, promise.due_on)
    for meeting in account.meetings:
        if meeting.held_on is None and meeting.kind in ("customer_review", "workshop"):
            yield Ahead("meeting", meeting.title, None, None, meeting.planned_on)
    for goal in account.live_goals:
        yield Ahead("goal", goal.title, None, None, goal.due_on)
