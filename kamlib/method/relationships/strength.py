"""How strong the relation is, in six figures: influence reached, support, spread, roles, freshness, the map (6.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from kamlib import words
from kamlib.method.once import once
from kamlib.method.relationships.contacts import contact_shares, effective_contacts
from kamlib.method.relationships.people import Person, known_people
from kamlib.schema import Account, result


@dataclass(frozen=True)
class DecisionRole:
    """A role of the decision: how many hold it, and whether any of them has been in two-way contact lately."""

    role: str
    people: int
    is_threaded: bool


@dataclass(frozen=True)
class RelationFigure:
    """One figure of the relation and what it says; without a value it can't be told, and `reading` says why."""

    measure: str
    value: float | None
    known_share: float | None
    reading: words.Words


def influence_coverage(persons: Iterable[Person]) -> float | None:
    """Return the share of known influence held by people whom we know well (coverage 3 or 4); 6.5."""
    rated = [(each.influence or 0, each.is_covered) for each in persons]
    total = sum(influence for influence, _ in rated)
    return sum(influence for influence, is_covered in rated if is_covered) / total if total else None


def influence_weighted_support(persons: Iterable[Person]) -> tuple[float | None, float | None]:
    """Return support -1..1 weighted by influence, and the share of influence whose stance is unknown (6.5)."""
    rated = [(each.influence, each.support) for each in persons if each.influence]
    heard = [(influence, support) for influence, support in rated if support is not None]
    total, known = sum(influence for influence, _ in rated), sum(influence for influence, _ in heard)
    support = sum(influence * stance for influence, stance in heard) / (2 * known) if known else None
    return support, (1 - known / total if total else None)


def map_status(persons: Iterable[Person], account: Account) -> int:
    """Return how far the map has come: 0 nobody noted, 1 people, 2 a key player, 3 one who supports (6.5)."""
    noted = [each for each in persons if each.role and not each.is_placeholder]
    players = [each for each in noted if each.is_key_player(account)]
    supporters = [each for each in players if (each.support or 0) > 0]
    return sum(bool(stage) for stage in (noted, players, supporters))


@once
def threading(account: Account) -> tuple[DecisionRole, ...]:
    """Return each role of the decision with its people; a two-way contact within 90 days: threaded."""
    since = account.today - timedelta(days=account.limit("threading_days"))
    persons = [each for _, each in known_people(account)]
    met = {role: [each for each in persons if each.role == role] for role in account.limit("decision_roles")}
    return tuple(
        DecisionRole(
            role, len(own), any(each.last_two_way_on and each.last_two_way_on >= since for each in own)
        )
        for role, own in met.items()
    )


@result("relation")
def strength(account: Account) -> Iterable[RelationFigure]:
    """Return the relation in six figures.

    Share of influence covered, support -1..1, effective contacts (number), roles with two-way contact, people inside
    their interval, status of the map 0..3.
    """
    persons = [each for _, each in known_people(account)]
    roles, shares = threading(account), contact_shares(account)
    support, unknown = influence_weighted_support(persons)
    hhi, effective = effective_contacts(each.contacts for each in shares)
    heaviest = words.percent(shares[0].share if shares else None)
    agreed = [each for each in persons if each.interval_days is not None]
    fresh, status = sum(each.freshness == "fresh" for each in agreed), map_status(persons, account)
    rated = sum(each.influence is not None for each in persons)
    yield _figure("coverage", influence_coverage(persons), n=rated)
    yield _figure("support", support, known=None if unknown is None else 1 - unknown)
    yield _figure("effective", effective, hhi=hhi, share=heaviest, n=len(shares))
    yield _figure("threads", sum(each.is_threaded for each in roles), n=len(roles))
    yield _figure("fresh", fresh if agreed else None, n=len(agreed))
    yield RelationFigure("map", status, None, words.sentence(f"relation.map.{status}"))


def _figure(
    measure: str, value: float | None, known: float | None = None, **values: object
) -> RelationFigure:
    key = f"relation.{measure}.none" if value is None else f"relation.{measure}"
    written = words.number(value, 2, signed=measure == "support") if isinstance(value, float) else value
    spoken = {"value": written, "share": words.percent(value), "known": words.percent(known), **values}
    return RelationFigure(measure, value, known, words.sentence(key, **spoken))
