"""Commitments both ways: how old the open ones are, who gives and who gets (6.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kamlib import words
from kamlib.method import measures
from kamlib.schema import Account, result
from kamlib.schema.days import months_from
from kamlib.words import Words


@dataclass(frozen=True)
class OpenOfAge:
    """How many commitments of either side are open and of this age."""

    age: Words
    ours: int
    customer: int


@result("promise_ages")
def promise_ages(account: Account) -> Iterable[OpenOfAge]:
    """Return how old the open commitments are, both ways, youngest first.

    The first row holds those whose day has not passed, the last those without a day; no rows where none is open.
    """
    waiting = [each for each in measures.promises(account) if each.done_on is None]
    if not waiting:
        return
    for age, low, high in _ages(account.limit("promise_age_days")):
        inside = [each.direction for each in waiting if _is_between(account, each, low, high)]
        yield OpenOfAge(age, inside.count("ours"), inside.count("customer"))
    undated = [each.direction for each in waiting if each.due_on is None]
    yield OpenOfAge(words.sentence("promise_age.undated"), undated.count("ours"), undated.count("customer"))


def _ages(limits: list[int]) -> Iterator[tuple[Words, float, float]]:
    """Each age in words, with the days past due that it lies between (first not included)."""
    yield words.sentence("promise_age.running"), float("-inf"), 0
    for low, high in zip([0, *limits], limits, strict=False):
        yield words.sentence("promise_age.between", first=low + 1, last=high), low, high
    yield words.sentence("promise_age.beyond", limit=limits[-1]), limits[-1], float("inf")


def _is_between(account: Account, promise: Any, low: float, high: float) -> bool:
    return promise.due_on is not None and low < (account.today - promise.due_on).days <= high


@dataclass(frozen=True)
class Reciprocity:
    """Commitments done in twelve months, late ones too: ours (`given`), the customer's (`got`), and given / got.

    The index is None while the customer has kept none; few are said to be few.
    """

    given: int
    got: int
    index: float | None
    reading: Words


@result("reciprocity")
def reciprocity(account: Account) -> Iterable[Reciprocity]:
    """Return who gives and who gets, in one row."""
    since = months_from(account.today, -12)
    done = [each for each in account.commitments if each.done_on]
    kept = [each.direction for each in done if each.done_on and since < each.done_on <= account.today]
    given, got = kept.count("ours"), kept.count("customer")
    index = given / got if got else None
    key = "nothing" if not kept else "one_way" if not got else "told"
    reading = words.sentence(f"reciprocity.{key}", given=given, got=got, index=words.number(index, 1))
    if kept and given + got < account.limit("promises_fewest"):
        reading = words.joined([reading, words.sentence("reciprocity.few")])
    yield Reciprocity(given, got, index, reading)
