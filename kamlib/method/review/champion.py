"""What a person at the customer may show at home: facts and credit, never a benefit (T9, T10, P7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kamlib.schema import Account, result


@dataclass(frozen=True)
class ChampionPart:
    """One thing that may be used inside the customer: a confirmed value or a story."""

    who: str | None
    what: str
    told: str
    amount: float | None
    on: date | None
    where: str | None


@result("champion_pack")
def champion_pack(account: Account) -> Iterable[ChampionPart]:
    """Return confirmed value above zero with a word on where it may be used, and whole stories with their hero.

    The person is asked first; nothing here goes out by itself.
    """
    for each in account.confirmed_values:
        if (each.amount or 0) > 0 and each.may_be_used:
            by, on = each.confirmed_by, each.confirmed_on
            yield ChampionPart(by, "value", each.title, each.amount, on, each.may_be_used)
    for story in account.stories:
        parts = [story.situation, story.tension, story.change, story.result]
        if story.hero_id and all(parts):
            told = " ".join(filter(None, parts))
            yield ChampionPart(story.hero_id, "story", told, None, story.told_on, None)
