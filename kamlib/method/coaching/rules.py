"""What a rule is: data, and a predicate over one account or over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from kamlib import words
from kamlib.errors import Finding, Severity
from kamlib.schema import Account, Bundle, Portfolio

#: What fills the sentence of one place where a rule holds; `row_id`, `account_id` and `account` say which place, `by` the day that
#: it turns on.
Hit = dict[str, object]
B = TypeVar("B", bound=Bundle)
_PLACE = ("account_id", "row_id", "account", "by")


@dataclass(frozen=True)
class Rule(Generic[B]):
    """One rule as data: id, severity, the row of the method behind it, and the predicate.

    `is_contact` marks advice to get in touch, which a public tender silences; `asks` a finding that stands but
    whose cure needs a talk: the cure is then to wait (P7). `cause` is what it is about, in the words of a plan's risks.
    """

    id: str
    severity: Severity
    method: str
    hits: Callable[[B], Iterable[Hit]]
    is_contact: bool = False
    asks: bool = False
    cause: str = ""

    def findings(self, bundle: B, *, silent: bool = False) -> list[Finding]:
        """Return what the rule finds; `silent` while a public tender runs."""
        if silent and self.is_contact:
            return []
        own = {"account_id": getattr(bundle, "account_id", ""), "row_id": ""}
        return [self._finding(own | each, waits=silent and self.asks) for each in self.hits(bundle)]

    def _finding(self, each: Hit, *, waits: bool) -> Finding:
        place = {name: each[name] for name in _PLACE if name in each}
        values = {name: value for name, value in each.items() if name not in _PLACE}
        mend = words.sentence("tip.silent") if waits else words.sentence(f"mend.{self.id}", **values)
        return Finding(self.id, self.severity, place, values, mend)


#: Every rule over one account, and every rule over all of them, by id and in the order of declaration.
RULES: dict[str, Rule[Account]] = {}
COMPANY_RULES: dict[str, Rule[Portfolio]] = {}

Predicate = Callable[[B], Iterable[Hit]]


def rule(
    severity: Severity, method: str, *, is_contact: bool = False, asks: bool = False, cause: str = ""
) -> Callable[[Predicate[Account]], Predicate[Account]]:
    """Declare the decorated predicate over an account as a rule; its name is the rule's id."""

    def declare(hits: Predicate[Account]) -> Predicate[Account]:
        RULES[hits.__name__] = Rule(hits.__name__, severity, method, hits, is_contact, asks, cause)
        return hits

    return declare


def company_rule(severity: Severity, method: str) -> Callable[[Predicate[Portfolio]], Predicate[Portfolio]]:
    """Declare the decorated predicate over all accounts as a rule; its name is the rule's id."""

    def declare(hits: Predicate[Portfolio]) -> Predicate[Portfolio]:
        COMPANY_RULES[hits.__name__] = Rule(hits.__name__, severity, method, hits)
        return hits

    return declare


class Titled(Protocol):
    """A row that people write, with a title."""

    @property
    def row_id(self) -> str:
        """Its id."""

    @property
    def title(self) -> str:
        """What it is called."""


def hit(row: Titled | None = None, /, **values: object) -> Hit:
    """Return one place where a rule holds: the row, if one is meant, and what its sentence tells."""
    named: Hit = {"row_id": row.row_id, "title": within_sentence(row.title)} if row else {}
    return named | values


def within_sentence(title: str) -> str:
    """Return a title as it stands within a sentence: without a full stop of its own."""
    return title.rstrip(". ")
