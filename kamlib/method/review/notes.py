"""The notes after a review, to management, account team and customer within 24 hours: drafts, and whether they went (S5.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kamlib import text, words
from kamlib.method import measures
from kamlib.method.review.changes import Change
from kamlib.schema import Account, result
from kamlib.words import Words


@dataclass(frozen=True)
class Note:
    """The note to one receiver after the last review day: sent (by the next day), late, not_sent, or no_review."""

    receiver: str
    sent_on: date | None
    state: str
    note: Words


@result("communication")
def communication(account: Account, compared: Sequence[Change] = ()) -> Iterable[Note]:
    """Return the note to each receiver after the last review day (S5.5).

    `compared` is `compare` of the account. The note is a draft from the same facts; the customer's holds only rows
    that are shared with them.
    """
    for receiver in ("management", "squad", "customer"):
        note = words.sentence(
            f"note.{receiver}",
            customer=account.name,
            changed=_listed(_news(account, compared, shared_only=receiver == "customer")),
            asked=_listed(_asked(account, receiver)),
        )
        yield Note(receiver, *_sent(account, receiver), note)


def _sent(account: Account, receiver: str) -> tuple[date | None, str]:
    """When the note after the last review day went, whichever of that day's reviews it tells of."""
    reviews = {each.row_id: each.held_on for each in account.last_reviews}
    sent = [each for each in account.communications if each.receiver == receiver]
    days = [each.sent_on for each in sent if each.review_id in reviews]
    if not days:
        return None, "not_sent" if reviews else "no_review"
    in_time = max(reviews.values()) + timedelta(hours=account.limit("note_hours"))
    return min(days), "sent" if min(days) <= in_time else "late"


def _listed(titles: Iterable[str | Words]) -> Words:
    first = list(titles)[:3]
    return words.joined(first, "; ") if first else words.sentence("note.nothing")


def _news(account: Account, compared: Sequence[Change], *, shared_only: bool) -> Iterable[str | Words]:
    """What has changed, the newest first, each once; a goal that was measured is told with its newest value."""
    rows = (*account.goals, *account.measurements, *account.commitments, *account.initiatives)
    shared = {each.row_id for each in rows if each.is_shared}
    news: dict[str | Words, str | Words] = {}
    for each in sorted(compared, key=lambda each: each.on, reverse=True):
        if shared_only and (each.area not in ("goals", "promises") or each.row_id not in shared):
            continue
        is_measured = each.table == "reading" and each.what == "added" and each.after
        if is_measured and news.get(each.title, each.title) == each.title:
            news[each.title] = words.joined([text.bare(each.title), each.after], ": ")
        news.setdefault(each.title, each.title)
    return news.values()


def _asked(account: Account, receiver: str) -> list[str]:
    if receiver == "management":
        return [each.title for each in account.decisions if each.status == "asked"]
    is_theirs = receiver == "customer"
    return [
        each.title
        for each in measures.promises(account).where(direction="customer" if is_theirs else "ours")
        if each.state in ("overdue", "open") and (each.is_shared or not is_theirs)
    ]
