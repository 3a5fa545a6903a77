"""The road of the coming months: what is running, and what is to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
    rows = sorted(_ahead(account), key=lambda each: (each.ends_on or date.max, each.title))
    for each in rows:
        yield Ahead(
            each.kind, each.title, each.side, each.starts_on, each.ends_on, account.days_late(each.ends_on)
        )


def _ahead(account: Account) -> Iterator[Ahead]:
    yield from (
        Ahead("initiative", each.title, "ours", each.starts_on, each.due_on)
        for each in account.open_initiatives
        if each.done_on is None
    )
    starts = {each.project_id: each.starts_on for each in account.open_projects}
    yield from (
        Ahead("project", each.name, "ours", starts[each.project_id], each.end_on)
        for each in measures.projects(account)
        if each.project_id in starts
    )
    yield from (
        Ahead("promise", each.title, each.direction, None, each.due_on)
        for each in account.commitments
        if each.done_on is None
    )
    yield from (
        Ahead("meeting", each.title, None, None, each.planned_on)
        for each in account.meetings
        if each.held_on is None and each.kind in ("customer_review", "workshop")
    )
    yield from (Ahead("goal", each.title, None, None, each.due_on) for each in account.live_goals)
