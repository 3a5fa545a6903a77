"""Who has moved since an earlier day: judgements now against those of the same account then."""

from __future__ import annotations

from dataclasses import replace

from kamlib.method.relationships.people import Person, known_people, people
from kamlib.schema import Account


def moves(earlier: Account, account: Account) -> tuple[Person, ...]:
    """Return `people` with what was judged of them `earlier`: influence_before, support_before and since, that day.

    Who was not judged then has no value before, and nobody says that they have moved.
    """
    then = {contact: each for contact, each in known_people(earlier) if each.role}
    nobody = Person()
    return tuple(_moved(each, then.get(each.contact_id or "", nobody), earlier) for each in people(account))


def _moved(now: Person, then: Person, earlier: Account) -> Person:
    return replace(now, influence_before=then.influence, support_before=then.support, since=earlier.today)
