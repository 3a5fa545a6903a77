"""What hangs loose in a plan: steps in a circle, blocked steps, pains and SWOT entries that nothing is done about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kamlib import words
from kamlib.errors import Finding, Severity
from kamlib.method.planning.journey import journey
from kamlib.method.planning.swot import swot
from kamlib.method.planning.work import gates
from kamlib.schema import Account


def loose_ends(account: Account) -> list[Finding]:
    """Return what hangs loose in the plan."""
    place = {"account": account.name}
    return [Finding(rule, severity, place, values) for rule, severity, values in _found(account)]


def _found(account: Account) -> Iterator[tuple[str, Severity, dict[str, Any]]]:
    titles, held = {each.row_id: each.title for each in account.initiatives}, gates(account)
    circle = [titles[row_id] for row_id, gate in held.items() if gate.state == "circle"]
    if circle:
        yield "plan_circle", "error", {"titles": words.listed(circle)}
    for row_id, gate in held.items():
        if gate.state == "blocked":
            yield "plan_blocked", "warning", {"title": titles[row_id], "before": gate.waits_for}
    for step in journey(account):
        if step.is_loose:
            yield "plan_pain", "warning", {"title": step.title, "state": step.state}
    for entry in swot(account):
        if not entry.is_linked:
            quadrant = words.label("swot_quadrant", entry.quadrant)
            yield "plan_swot", "note", {"quadrant": quadrant, "title": entry.title}
