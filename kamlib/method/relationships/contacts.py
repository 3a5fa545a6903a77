"""Who of us knows whom, how the contacts fall on people, and whom to get in touch with (6.5, T7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kamlib.method.once import once
from kamlib.method.relationships.people import Person, known_people, two_way
from kamlib.method.relationships.tender import silence
from kamlib.schema import Account
from kamlib.schema.days import months_from
from kamlib.schema.facts import Touchpoint


@dataclass(frozen=True)
class Link:
    """One of us and one of theirs who know each other: two-way contacts of 12 months, 0 where it is only noted."""

    our_person_id: str
    contact_id: str
    contacts: int


@dataclass(frozen=True)
class ContactShare:
    """One of theirs with the share that the person has of all two-way contacts of 12 months."""

    contact_id: str
    contacts: int
    share: float


def _recent(account: Account) -> list[Touchpoint]:
    since = months_from(account.today, -12)
    return [each for each in two_way(account) if each.held_on > since]


@once
def links(account: Account) -> tuple[Link, ...]:
    """Return who knows whom, most contacts first; a tie that is only noted (`known_by`) counts too."""
    pairs = [(each.our_person_id, each.contact_id) for each in _recent(account)]
    met = Counter((ours, theirs) for ours, theirs in pairs if ours and theirs)
    ties = dict(sorted(met.items()))
    for noted in account.stakeholders:
        if noted.known_by:
            ties.setdefault((noted.known_by, noted.contact_id), 0)
    return tuple(Link(*pair, n) for pair, n in sorted(ties.items(), key=lambda each: -each[1]))


@once
def contact_shares(account: Account) -> tuple[ContactShare, ...]:
    """Return how the two-way contacts of 12 months fall on their people, the most used first."""
    counts = Counter(each.contact_id for each in _recent(account) if each.contact_id)
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return tuple(ContactShare(person, n, n / counts.total()) for person, n in ordered)


def effective_contacts(counts: Iterable[float]) -> tuple[float | None, float | None]:
    """Return HHI and 1/HHI of the contacts per person; None without contacts (6.5).

    >>> effective_contacts([7, 2, 1])
    (0.54, 1.85)
    """
    numbers = list(counts)
    total = sum(numbers)
    if not total:
        return None, None
    hhi = sum((each / total) ** 2 for each in numbers)
    return round(hhi, 4), round(1 / hhi, 2)


@once
def due_contacts(account: Account) -> tuple[Person, ...]:
    """Return the people to get in touch with when there is nothing to sell (T7); nobody during a tender (P7).

    Those past the agreed interval, and those with a role of the decision whom we have never met.
    """
    if silence(account):
        return ()
    deciding = account.limit("decision_roles")
    return tuple(
        each
        for _, each in known_people(account)
        if each.freshness in ("ageing", "stale") or (each.freshness == "never" and each.role in deciding)
    )
