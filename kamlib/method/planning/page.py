"""The one-page plan: fifteen boxes, one A4, three minutes (P15, S3.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kamlib import text, words
from kamlib.method import relationships
from kamlib.method.planning import boxes_of_customer, boxes_of_work
from kamlib.method.planning.box import Box
from kamlib.schema import Account, result
from kamlib.words import Words


@dataclass(frozen=True, kw_only=True)
class PlanBox(Box):
    """One box: its lines, its state (filled, assumed, stale, missing) and what to write where it is not filled.

    `worth` is 1 for the box to fill first, `minutes` what filling it takes.
    """

    box: str
    title: Words
    is_required: bool
    add: str | Words
    worth: int
    minutes: int


@result("one_page")
def one_page(account: Account) -> Iterable[PlanBox]:
    """Return the one-page plan in reading order (P15); in the customer's edition a box without content is left out."""
    is_theirs = account.audience == "customer"
    for name, rule in account.settings["one_page"].items():
        box = _BOXES[name](account)
        if is_theirs and not box.lines:
            continue
        state = "filled" if is_theirs else box.state
        yield PlanBox(
            **vars(replace(box, state=state)),
            box=name,
            title=_title(name, account.audience),
            is_required=bool(rule["is_required"]),
            add="" if state == "filled" else _add(account, name, state),
            worth=rule["worth"],
            minutes=0 if state == "filled" else rule["minutes"],
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
