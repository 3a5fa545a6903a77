"""Who the customer's people are, what is judged about them, and how fresh the contact is (6.5, P6, P11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kamlib import text, words
from kamlib.method.once import once
from kamlib.schema import Account, result
from kamlib.schema.facts import Contact, Touchpoint


@dataclass(frozen=True, kw_only=True)
class Person:
    """One of the customer's people, or a role of the decision that nobody is known to hold (no contact_id).

    What is judged is the newest known value of each judgement over the person's matters. The last three fields are
    filled by `moves`: what was judged on an earlier day, and which day.
    """

    contact_id: str | None = None
    name: str | None = None
    title: str | None = None
    unit: str | None = None
    reports_to: str | None = None
    is_placeholder: bool = False
    role: str | None = None
    influence: int | None = None
    support: int | None = None
    coverage: int | None = None
    level_now: int | None = None
    level_wanted: int | None = None
    interval_days: int | None = None
    known_by: str | None = None
    last_two_way_on: date | None = None
    freshness: str = "never"
    influence_before: int | None = None
    support_before: int | None = None
    since: date | None = None

    @property
    def is_covered(self) -> bool:
        """Whether we know the person well: coverage 3 or 4."""
        return (self.coverage or 0) >= 3

    def is_key_player(self, account: Account) -> bool:
        """Tell whether the person has a name, a role and influence 4 or 5 (6.5)."""
        strong: int = account.limit("key_player_influence")
        return self.role is not None and not self.is_placeholder and (self.influence or 0) >= strong


_OF_CONTACT = ("contact_id", "name", "title", "unit", "reports_to")
_JUDGED = (
    "role", "influence", "support", "coverage", "level_now", "level_wanted", "interval_days", "known_by",
)  # fmt: skip


@result("people")
def people(account: Account) -> Iterable[Person]:
    """Return the customer's people and the roles that nobody is known to hold, the most influential first.

    Freshness compares the days since the last two-way contact with the role's interval (P11), days in
    weeks 28-31 not counted.
    """
    judged, last_on = _newest_judgements(account), _last_two_way(account)
    theirs = [(each, each.contact_id) for each in account.contacts if each.side == "customer"]
    here = [(contact, key) for contact, key in theirs if not account.has_left(key)]
    present = [_person(account, each, judged.get(key, {}), last_on.get(key)) for each, key in here]
    return sorted([*present, *_unheld_roles(account, present)], key=_by_influence)


def known_people(account: Account) -> list[tuple[str, Person]]:
    """Return the people that there are by contact_id, without the roles that nobody is known to hold."""
    return [(each.contact_id, each) for each in people(account) if each.contact_id is not None]


def _by_influence(person: Person) -> tuple[Any, ...]:
    """The most influential first, then the one last spoken with, then by title; what is unknown comes last."""
    last, title = person.last_two_way_on, person.title
    return (-(person.influence or 0), -(last.toordinal() if last else 0), title is None, title or "")


def _person(account: Account, contact: Contact, judged: dict[str, Any], last: date | None) -> Person:
    usual = account.settings["contact_intervals"].get(judged.get("role"), {}).get("value")
    interval = judged.get("interval_days", usual)
    days = None if last is None else counted_days(last, account.today, quiet=account.limit("quiet_weeks"))
    seen: dict[str, Any] = {"interval_days": interval, "last_two_way_on": last}
    seen |= {"is_placeholder": bool(contact.is_placeholder), "freshness": contact_state(days, interval)}
    return Person(**{name: getattr(contact, name) for name in _OF_CONTACT} | judged | seen)


def _newest_judgements(account: Account) -> dict[str, dict[str, Any]]:
    newest: dict[str, dict[str, Any]] = {}
    for each in sorted(account.stakeholders, key=lambda each: each.noted_on or date.max):
        values = {name: value for name in _JUDGED if (value := getattr(each, name)) is not None}
        newest.setdefault(each.contact_id, {}).update(values)
    return newest


def _last_two_way(account: Account) -> dict[str, date]:
    last: dict[str, date] = {}
    for each in two_way(account):
        if each.contact_id:
            last[each.contact_id] = max(each.held_on, last.get(each.contact_id, date.min))
    return last


@once
def two_way(account: Account) -> tuple[Touchpoint, ...]:
    """Return the contacts to date in which both sides spoke, one row per contact and person."""
    spoken = [each for each in account.touchpoints if each.contact_id and each.is_two_way]
    return tuple(each for each in spoken if each.held_on <= account.today)


def _unheld_roles(account: Account, present: Iterable[Person]) -> Iterable[Person]:
    """The roles of the decision that nobody is known to hold (S3.1); none for the customer's eyes."""
    expected = [] if account.audience == "customer" else account.limit("decision_roles")
    filled = {each.role for each in present}
    return [Person(role=role, is_placeholder=True) for role in expected if role not in filled]


def counted_days(since: date, until: date, *, quiet: list[int]) -> int:
    """Return the days after `since` up to `until` that do not fall in the ISO weeks `quiet` (first, last).

    >>> counted_days(date(2026, 6, 30), date(2026, 8, 31), quiet=[28, 31])
    34
    """
    first, last = quiet
    still = 0
    for year in range(since.year, until.year + 1):
        start = date.fromisocalendar(year, first, 1) - timedelta(days=1)
        end = start + timedelta(weeks=last - first + 1)
        still += max((min(until, end) - max(since, start)).days, 0)
    return (until - since).days - still


def contact_state(days: float | None, interval: float | None) -> str:
    """Return fresh (within the interval), ageing (to 1.5 times), stale (beyond), never or unknown (P11)."""
    if days is None:
        return "never"
    if interval is None:
        return "unknown"
    times = days / interval
    return "fresh" if times <= 1 else "ageing" if times <= 1.5 else "stale"


def person_name(account: Account, contact_id: object) -> str | words.Words:
    """Return the person's name, the title where the name is not known (and said so), a dash for nobody."""
    if text.is_missing(contact_id):
        return text.MISSING
    name, title = account.people_named.get(str(contact_id), (None, None))
    if name is None and title is not None:
        return words.sentence("people.title_only", title=title)
    return name or words.sentence("people.unknown_person")
