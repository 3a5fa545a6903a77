"""The one-page plan: fifteen boxes, one A4, three minutes (P15, S3.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kamlib import text, words
from kamlib.method import relationships
from kamlib.method.planning import boxes_of_customer, boxes_of_work
from kamlib.schema import Account, result
from kamlib.words import Words


@dataclass(frozen=True)
class PlanBox:
    """One box: its lines, its state (filled, assumed, stale, missing) and what to write where it is not filled.

    `worth` is 1 for the box to fill first, `minutes` what filling it takes.
    """

    box: str
    number: int
    title: Words
    is_required: bool
    lines: tuple[str | Words, ...]
    state: str
    add: str | Words
    worth: int
    minutes: int
    source: str | Words
    dated_on: date | None


@result("one_page")
def one_page(account: Account) -> Iterable[PlanBox]:
    """Return the one-page plan in reading order (P15); in the customer's edition a box without content is left out."""
    is_theirs = account.audience == "customer"
    for number, (name, rule) in enumerate(account.settings["one_page"].items(), 1):
        box = _BOXES[name](account)
        if is_theirs and not box.lines:
            continue
        is_filled = is_theirs or box.state == "filled"
        yield PlanBox(
            name,
            number,
            _title(name, account.audience),
            bool(rule["is_required"]),
            box.lines,
            "filled" if is_filled else box.state,
            "" if is_filled else _add(account, name, box.state),
            rule["worth"],
            0 if is_filled else rule["minutes"],
            box.source,
            box.dated_on,
        )


_BOXES = {**boxes_of_customer.BOXES, **boxes_of_work.BOXES}


def _add(account: Account, name: str, state: str) -> str | Words:
    # Advice to get in touch is silent during a public tender (P7): the rule stands in its place.
    tender = relationships.silence(account) if name == "people" else None
    return relationships.rule_said(tender) if tender else words.sentence(f"page.{name}.{state}")


def _title(name: str, audience: str) -> Words:
    own = f"page.{name}.for_customer"
    is_own = audience == "customer" and own in text.catalogue()
    return words.sentence(own if is_own else f"page.{name}.title")
