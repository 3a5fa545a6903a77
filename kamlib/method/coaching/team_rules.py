"""Rules over what the customer team knows of itself: functions, responsibility, load, rhythm, shared goals (S4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kamlib import words
from kamlib.method import measures, relationships
from kamlib.method.coaching.rules import Hit, Titled, hit, rule, within_sentence
from kamlib.schema import Account

#: How many titles a sentence names before the rest is only counted.
_NAMED = 3


@rule("warning", "S4.1, P22")
def squad_gap(account: Account) -> Iterable[Hit]:
    """Functions of the minimum squad that nobody holds."""
    if not account.squad_members:
        return
    missing = [each for each in measures.squad_gaps(account) if each not in ("kam", "sponsor")]
    if missing:
        yield hit(functions=words.listed(words.label("function", each) for each in missing))


@rule("warning", "S4.4")
def initiative_without_accountable(account: Account) -> Iterable[Hit]:
    """Open initiatives without exactly one accountable person; in a small squad the owner is that person (P22)."""
    chiefs = Counter(each.initiative_id for each in account.responsibilities if each.letter == "A")
    is_small = measures.is_small_squad(account)
    loose = [
        work
        for work in account.open_initiatives
        if chiefs[work.row_id] != 1 and not (is_small and work.owner_id and not chiefs[work.row_id])
    ]
    if loose:
        yield hit(n=len(loose), titles=_titles(loose))


def _titles(rows: Iterable[Titled]) -> words.Words:
    return words.listed([within_sentence(each.title) for each in rows][:_NAMED])


@rule("warning", "S4.4")
def person_overloaded(account: Account) -> Iterable[Hit]:
    """Somebody has a part in more open initiatives than one person can carry."""
    open_ids = {each.row_id for each in account.open_initiatives}
    parts = {(each.owner_id, each.row_id) for each in account.open_initiatives if each.owner_id}
    doing = [each for each in account.responsibilities if each.letter in ("A", "R")]
    parts |= {(each.person_id, each.initiative_id) for each in doing if each.initiative_id in open_ids}
    most = account.limit("open_tasks_limit")
    for person, tasks in sorted(Counter(person for person, _ in parts).items()):
        if tasks > most:
            yield hit(who=relationships.person_name(account, person), n=tasks, most=most)


@rule("note", "S4.2")
def rhythm_without_date(account: Account) -> Iterable[Hit]:
    """A meeting of our own that is to come back regularly has no next day; with the customer see `no_next_meeting`."""
    own = [each for each in account.meetings if each.kind in ("squad", "internal_review")]
    agreed = dict.fromkeys(each.kind for each in own if each.every_weeks)
    booked = [(each.kind, each.planned_on) for each in own if not each.held_on]
    coming = {kind for kind, day in booked if day and day >= account.today}
    if account.plan and account.plan.next_review_on and account.plan.next_review_on >= account.today:
        coming.add("internal_review")
    unset = [kind for kind in agreed if kind not in coming]
    if unset:
        yield hit(kinds=words.listed(words.label("meeting_kind", kind) for kind in unset))


@rule("note", "S4.3")
def goal_of_one_function(account: Account) -> Iterable[Hit]:
    """Goals that fewer than two functions have a part in."""
    own = {each.person_id: each.function for each in measures.squad(account)}
    lonely = []
    for goal in account.live_goals:
        parts = [each for each in account.shared_kpis if each.goal_id == goal.row_id]
        functions = {each.function for each in parts if each.part in ("owns", "contributes")}
        if not any(each.part == "owns" for each in parts) and goal.owner_id in own:
            functions.add(own[goal.owner_id])
        if len(functions) < 2:
            lonely.append(goal)
    if lonely:
        yield hit(n=len(lonely), titles=_titles(lonely))
