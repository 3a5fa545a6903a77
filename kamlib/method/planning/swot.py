"""Strengths, weaknesses, opportunities and threats, each to lead to an action (P16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kamlib.schema import Account, result
from kamlib.schema.plan import SwotEntry

_QUADRANTS = ("strength", "weakness", "opportunity", "threat")


@dataclass(frozen=True, kw_only=True)
class Noted(SwotEntry):
    """One entry; `initiative` is the title of what is done about it, `is_linked` whether anything is."""

    initiative: str | None
    is_linked: bool


@result("swot")
def swot(account: Account) -> Iterable[Noted]:
    """Return the entries by quadrant; what nothing is done about is told by `loose_ends`. Rows are optional (P16)."""
    titles = {each.row_id: each.title for each in account.initiatives}
    for each in sorted(account.swot_entries, key=lambda entry: _QUADRANTS.index(entry.quadrant)):
        title = titles.get(each.initiative_id or "")
        yield Noted(**each.values(), initiative=title, is_linked=title is not None)
