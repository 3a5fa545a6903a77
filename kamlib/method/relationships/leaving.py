"""What goes when somebody leaves, on either side, and the introduction that mends most for the least effort (6.5, D6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from kamlib import words
from kamlib.method.relationships.contacts import contact_shares, links
from kamlib.method.relationships.introductions import RelationMap, relation_map, spoken
from kamlib.method.relationships.tender import silence
from kamlib.schema import Account, result


@dataclass(frozen=True)
class Loss:
    """What goes if one person leaves.

    `lost_coverage` is the part of influence coverage that goes with the person (the seat remains, the successor is
    unknown), `lost_share` of what we cover today, `contact_share` of 12 months' two-way contacts; `left_goals` are
    those whose only customer owner or sponsor this is, `cut_off` the people to whom no way leads any more; `repair` is
    the cheapest introduction that mends most of the map without the person: none while a public tender runs (P7).
    """

    contact_id: str
    side: Literal["customer", "ours"]
    lost_coverage: float | None
    lost_share: float | None
    contact_share: float
    goals: int
    left_goals: words.Words | None
    cut_off: int
    repair: words.Words | None = None

    @property
    def matters(self) -> bool:
        """Whether anything goes."""
        return any((self.lost_coverage, self.contact_share, self.goals, self.cut_off))


@result("who_leaves")
def who_leaves(account: Account) -> Iterable[Loss]:
    """Return what goes if one person leaves, on either side; the largest loss first."""
    drawn = relation_map(account)
    losses = [*_customer_losses(account, drawn), *_own_losses(account, drawn)]
    felt = [each for each in losses if each.matters]
    return sorted(felt, key=lambda each: (each.lost_coverage or 0, each.contact_share), reverse=True)


def _customer_losses(account: Account, drawn: RelationMap) -> Iterator[Loss]:
    shares = {each.contact_id: each.share for each in contact_shares(account)}
    goals = _goals_of(account, "customer_owner_id")
    for person in drawn.influence:
        yield _loss(account, person, "customer", shares.get(person, 0.0), goals)


def _own_losses(account: Account, drawn: RelationMap) -> Iterator[Loss]:
    """A customer person is lost with our person when nobody else of ours has a tie to them."""
    contacts: Counter[str] = Counter()
    for link in links(account):
        contacts[link.our_person_id] += link.contacts
    goals = _goals_of(account, "sponsor_id")
    for person in dict.fromkeys([*(own for mine in drawn.ties.values() for own in mine), *goals]):
        yield _loss(account, person, "ours", contacts[person] / max(contacts.total(), 1), goals)


def _loss(
    account: Account,
    person: str,
    side: Literal["customer", "ours"],
    share: float,
    goals: Mapping[str, list[str]],
) -> Loss:
    drawn = relation_map(account)
    left, titles = drawn.without(person), goals.get(person, [])
    weight = sum(drawn.influence[each] for each in drawn.covered - left.covered)
    known = sum(drawn.influence[each] for each in drawn.covered)
    lost = (weight / drawn.total if drawn.total else None, weight / known if known else None)
    named = words.listed(titles) if titles else None
    cut_off = len(drawn.reached() - left.reached(but=person) - {person})
    mended = _repair(account, left, person)
    return Loss(person, side, *lost, share, len(titles), named, cut_off, mended)


def _goals_of(account: Account, holder: str) -> dict[str, list[str]]:
    titles: dict[str, list[str]] = {}
    for goal in account.live_goals:
        person = getattr(goal, holder)
        if person and (goal.due_on is None or goal.due_on >= account.today):
            titles.setdefault(person, []).append(goal.title)
    return titles


def _repair(account: Account, left: RelationMap, person: str) -> words.Words | None:
    """The best introduction on the map without the person, in words."""
    if silence(account):
        return None
    best = max(left.ways(but=person), key=lambda way: way.gain_per_effort, default=None)
    return spoken(account, best) if best else words.sentence("introduction.none")
