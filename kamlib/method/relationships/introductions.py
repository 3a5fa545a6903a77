"""The map of who reaches whom, and whom to be introduced to next (6.5).

The map is walked over plain sets, for of sixty people it is walked through some seventy times when somebody leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from kamlib import words
from kamlib.method.once import once
from kamlib.method.relationships.contacts import links
from kamlib.method.relationships.people import Person, known_people, person_name
from kamlib.method.relationships.tender import silence
from kamlib.schema import Account, result


@dataclass(frozen=True)
class Way:
    """A way to one person whom we do not know well.

    `gain` is of influence coverage; `steps` 1 we have a tie, 2 through somebody we know, 3 the sponsor asks.
    """

    contact_id: str
    gain: float
    steps: int
    via_id: str | None
    our_person_id: str | None
    gain_per_effort: float


@dataclass(frozen=True)
class Introduction(Way):
    """A way to one person, and what to ask of whom."""

    reading: words.Words


@dataclass(frozen=True)
class RelationMap:
    """Who holds influence, whom we know well, who is near whom, and who of us has a tie to whom (most contacts first)."""

    influence: Mapping[str, float]
    covered: AbstractSet[str]
    near: Mapping[str, AbstractSet[str]]
    ties: Mapping[str, Sequence[str]]
    sponsor: str | None
    effort: Sequence[float]

    @property
    def total(self) -> float:
        """All influence of the map."""
        return sum(self.influence.values())

    def without(self, person: str) -> RelationMap:
        """The map when the person has gone: an own person takes along those whom nobody else of us knows."""
        others = {contact: mine for contact, mine in self.ties.items() if contact != person}
        ties = {contact: [own for own in mine if own != person] for contact, mine in others.items()}
        lost = {contact for contact, mine in ties.items() if not mine} | {person}
        sponsor = None if self.sponsor == person else self.sponsor
        tied = {contact: mine for contact, mine in ties.items() if mine}
        return replace(self, covered=self.covered - lost, ties=tied, sponsor=sponsor)

    def reached(self, *, but: str = "") -> set[str]:
        """Everybody to whom a way leads from us, through people near each other."""
        seen = {contact for contact in self.ties if contact != but}
        waiting = list(seen)
        while waiting:
            new = self.near.get(waiting.pop(), set()) - seen - {but}
            seen |= new
            waiting.extend(new)
        return seen

    def way_in(self, contact: str) -> tuple[int, str | None, str | None]:
        """Steps, through whom, and who of us: a tie of our own, somebody near whom we know well, else the sponsor."""
        if contact in self.ties:
            return 1, None, self.ties[contact][0]
        through = self.near.get(contact, set()) & self.covered
        for via, mine in self.ties.items():
            if via in through:
                return 2, via, mine[0]
        return 3, None, self.sponsor

    def ways(self, *, but: str = "") -> Iterator[Way]:
        """One per person whom we do not know well, the most influential first."""
        total = self.total
        for contact, weight in self.influence.items():
            if contact in self.covered or contact == but or not weight:
                continue
            steps, via, own = self.way_in(contact)
            yield Way(contact, weight / total, steps, via, own, weight / total / self.effort[steps - 1])


@once
def relation_map(account: Account) -> RelationMap:
    """Return the map of the account as it is."""
    persons = dict(known_people(account))
    ties: dict[str, list[str]] = {}
    for link in links(account):
        if link.contact_id in persons and not account.has_left(link.our_person_id):
            ties.setdefault(link.contact_id, []).append(link.our_person_id)
    sponsor = account.plan.sponsor_id if account.plan else None
    return RelationMap(
        influence={contact: float(each.influence or 0) for contact, each in persons.items()},
        covered=frozenset(contact for contact, each in persons.items() if each.is_covered),
        near=_near(persons),
        ties=ties,
        sponsor=None if account.has_left(sponsor) else sponsor,
        effort=account.limit("introduction_effort"),
    )


def _near(persons: Mapping[str, Person]) -> dict[str, set[str]]:
    """Chief, subordinates, colleagues under the same chief, and those of the same unit."""
    groups: dict[tuple[str, str], set[str]] = {}
    for contact, each in persons.items():
        for kind, key in (("chief", each.reports_to), ("unit", each.unit), ("chief", contact)):
            if key:
                groups.setdefault((kind, key), set()).add(contact)
    near: dict[str, set[str]] = {contact: set() for contact in persons}
    for group in groups.values():
        for contact in group:
            near[contact] |= group - {contact}
    return near


@result("next_introduction")
def next_introduction(account: Account) -> Iterable[Introduction]:
    """Return whom to meet next, most covered influence per effort first; nobody during a public tender (P7)."""
    ways = [] if silence(account) else relation_map(account).ways()
    for way in sorted(ways, key=lambda way: -way.gain_per_effort):
        yield Introduction(**vars(way), reading=spoken(account, way))


def spoken(account: Account, way: Way) -> words.Words:
    """Say what to ask of whom."""
    key = f"introduction.{way.steps}" if way.our_person_id else "introduction.nobody"
    ids = ("contact_id", "via_id", "our_person_id")
    names = {name: person_name(account, getattr(way, name)) for name in ids}
    return words.sentence(key, share=words.percent(way.gain), **names)
