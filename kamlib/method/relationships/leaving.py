"""What goes when somebody leaves, on either side, and the introduction that mends most for the least effort (6.5, D6).

The simulation takes one person at a time off the map. It runs over plain sets, for a map of sixty people is
walked through some seventy times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method.once import once
from kamlib.method.relationships.people import people, person_name, today
from kamlib.method.relationships.tender import silence
from kamlib.method.relationships.ties import contact_shares, covered, links
from kamlib.schema import AccountView

_CHANCE = ["contact_id", "gain", "steps", "via_id", "our_person_id", "gain_per_effort"]


@dataclass(frozen=True)
class _Map:
    """Who holds influence, whom we know well, who is near whom, and who of us has a tie to whom (most contacts first)."""

    influence: Mapping[str, float]
    covered: AbstractSet[str]
    near: Mapping[str, AbstractSet[str]]
    ties: Mapping[str, Sequence[str]]
    sponsor: str | None
    effort: Sequence[float]

    @property
    def total(self) -> float:
        return sum(self.influence.values())

    def without(self, person: str) -> _Map:
        """The map when the person has gone: an own person takes along those whom nobody else of us knows."""
        ties = {
            contact: [own for own in mine if own != person]
            for contact, mine in self.ties.items()
            if contact != person
        }
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

    def chances(self, *, but: str = "") -> Iterator[tuple[Any, ...]]:
        """One per person whom we do not know well, the most influential first: the fields of `_CHANCE`."""
        for contact, weight in self.influence.items():
            if contact in self.covered or contact == but or not weight:
                continue
            steps, via, own = self.way_in(contact)
            gain = weight / self.total
            yield contact, gain, steps, via, own, gain / self.effort[steps - 1]


@once
def _drawn(account: AccountView) -> _Map:
    persons = people(account).dropna(subset=["contact_id"])
    gone = account.contact.loc[account.contact["gone_on"] <= today(account), "contact_id"]
    pairs = links(account)
    pairs = pairs[pairs["contact_id"].isin(persons["contact_id"]) & ~pairs["our_person_id"].isin(gone)]
    ties: dict[str, list[str]] = {}
    for own, contact in pairs[["our_person_id", "contact_id"]].itertuples(index=False):
        ties.setdefault(contact, []).append(own)
    sponsors = account.account_plan.sort_values("year")["sponsor_id"].dropna()
    weights = persons["influence"].astype("float64").fillna(0.0)
    return _Map(
        influence=dict(zip(persons["contact_id"], weights, strict=True)),
        covered=frozenset(persons.loc[covered(persons), "contact_id"]),
        near=_near(persons),
        ties=ties,
        sponsor=str(sponsors.iloc[-1]) if len(sponsors) else None,
        effort=account.limit("introduction_effort"),
    )


def _near(persons: pd.DataFrame) -> dict[str, set[str]]:
    """Chief, subordinates, colleagues under the same chief, and those of the same unit."""
    groups: dict[tuple[str, str], set[str]] = {}
    for row in persons[["contact_id", "reports_to", "unit"]].astype(object).itertuples(index=False):
        for kind, key in (("chief", row.reports_to), ("unit", row.unit), ("chief", row.contact_id)):
            if not text.is_missing(key):
                groups.setdefault((kind, str(key)), set()).add(str(row.contact_id))
    near: dict[str, set[str]] = {contact: set() for contact in persons["contact_id"]}
    for group in groups.values():
        for contact in group:
            near[contact] |= group - {contact}
    return near


@once
def who_leaves(account: AccountView) -> pd.DataFrame:
    """Return what goes if one person leaves, on either side; the largest loss first.

    Columns contact_id, side, lost_coverage (part of influence coverage that goes with the person: the seat
    remains and the successor is unknown), lost_share (of what we cover today), contact_share (of 12 months'
    two-way contacts), goals and left_goals (whose only customer owner or sponsor this is: number, titles),
    cut_off (people to whom no way leads any more), repair_id, repair_gain and repair: the cheapest introduction
    that mends most of the map without the person. No advice stands there while a public tender runs (P7).
    """
    drawn, columns = _drawn(account), [*_LOSS, "repair_id", "repair_gain", "repair"]
    losses = [*_customer_losses(account, drawn), *_own_losses(account, drawn)]
    rows = pd.DataFrame(losses, columns=_LOSS)
    matters = rows[["lost_coverage", "contact_share", "goals", "cut_off"]].fillna(0).gt(0).any(axis=1)
    rows = rows[matters].sort_values(["lost_coverage", "contact_share"], ascending=False, ignore_index=True)
    mends = [_repair(account, drawn, person) for person in rows["contact_id"]]
    return rows.assign(
        repair_id=pd.Series([mend[0] for mend in mends], dtype="str"),
        repair_gain=pd.Series([mend[1] for mend in mends], dtype="float64"),
        repair=pd.Series([mend[2] for mend in mends], dtype="str"),
    )[columns]


_LOSS = [
    "contact_id",
    "side",
    "lost_coverage",
    "lost_share",
    "contact_share",
    "goals",
    "left_goals",
    "cut_off",
]


def _customer_losses(account: AccountView, drawn: _Map) -> Iterator[tuple[object, ...]]:
    shares = contact_shares(account).set_index("contact_id")["share"].to_dict()
    goals = _goals_of(account, "customer_owner_id")
    for person in drawn.influence:
        yield person, "customer", *_lost(drawn, person), shares.get(person, 0.0), *_left(drawn, person, goals)


def _own_losses(account: AccountView, drawn: _Map) -> Iterator[tuple[object, ...]]:
    """A customer person is lost with our person when nobody else of ours has a tie to them."""
    contacts = links(account).groupby("our_person_id")["contacts"].sum()
    goals = _goals_of(account, "sponsor_id")
    tied = dict.fromkeys(own for mine in drawn.ties.values() for own in mine)
    for person in [*tied, *(each for each in goals if each not in tied)]:
        share = contacts.get(person, 0) / max(contacts.sum(), 1)
        yield person, "ours", *_lost(drawn, person), share, *_left(drawn, person, goals)


def _lost(drawn: _Map, person: str) -> tuple[float | None, float | None]:
    lost = drawn.covered - drawn.without(person).covered
    weight = sum(drawn.influence[each] for each in lost)
    known = sum(drawn.influence[each] for each in drawn.covered)
    return (weight / drawn.total if drawn.total else None), (weight / known if known else None)


def _left(drawn: _Map, person: str, goals: Mapping[str, list[str]]) -> tuple[int, str, int]:
    """Goals left without the person, their titles, and the people to whom no way leads any more."""
    titles = goals.get(person, [])
    cut = drawn.reached() - drawn.without(person).reached(but=person) - {person}
    return len(titles), text.listed(titles) if titles else "", len(cut)


def _goals_of(account: AccountView, holder: str) -> dict[str, list[str]]:
    goals, now = account.goal, today(account)
    still = (goals["due_on"].isna() | (goals["due_on"] >= now)) & goals["customer_status"].ne("declined")
    held = goals[still].dropna(subset=[holder]).groupby(holder)["title"]
    return {str(person): [str(title) for title in titles] for person, titles in held}


def _repair(account: AccountView, drawn: _Map, person: str) -> tuple[str | None, float | None, str]:
    """The best introduction on the map without the person: whom to meet, the influence it gives, and in words."""
    if silence(account):
        return None, None, ""
    chances = list(drawn.without(person).chances(but=person))
    if not chances:
        return None, None, text.t("introduction.none")
    chosen = max(chances, key=lambda chance: float(chance[-1]))
    best = dict(zip(_CHANCE, chosen, strict=True))
    return best["contact_id"], best["gain"], _introduction(account, best)


@once
def next_introduction(account: AccountView) -> pd.DataFrame:
    """Return whom to meet next, most covered influence per effort first; empty during a public tender (P7).

    One row is one person whom we do not know well: contact_id, gain (of influence coverage), steps (1 we have
    a tie, 2 through somebody we know, 3 the sponsor asks), via_id, our_person_id, gain_per_effort, reading.
    """
    drawn = _drawn(account)
    chances = [] if silence(account) else list(drawn.chances())
    rows = pd.DataFrame(chances, columns=_CHANCE)
    told = [_introduction(account, chance) for chance in rows.to_dict("records")]
    rows = rows.assign(reading=pd.Series(told, dtype="str"))
    return rows.sort_values("gain_per_effort", ascending=False, kind="stable", ignore_index=True)


def _introduction(account: AccountView, chance: Mapping[Any, Any]) -> str:
    names = {name: person_name(account, chance[name]) for name in ("contact_id", "via_id", "our_person_id")}
    key = (
        "introduction.nobody"
        if text.is_missing(chance["our_person_id"])
        else f"introduction.{chance['steps']}"
    )
    return text.t(key, share=text.percent(chance["gain"]), **names)
