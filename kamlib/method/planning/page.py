"""The one-page plan: fifteen boxes, one A4, three minutes (P15, S3.7)."""

from __future__ import annotations

import pandas as pd

from kamlib import text
from kamlib.method import relationships
from kamlib.method.once import once
from kamlib.method.planning import boxes_of_customer, boxes_of_work
from kamlib.schema import AccountView


@once
def one_page(account: AccountView) -> pd.DataFrame:
    """Return the one-page plan in reading order: one row is one box (P15).

    Columns box, number, title, is_required, content (lines of text), state (filled, assumed, stale, missing),
    add (what to write; only where it is missing, assumed or stale), worth (1 = the box to fill first), minutes
    (to fill it), source, dated_on. In the customer's edition a box without content is left out.
    """
    lines = []
    for number, (name, rule) in enumerate(account.settings["one_page"].items(), 1):
        box = _BOXES[name](account)
        lines.append(
            {
                "box": name,
                "number": number,
                "title": _title(name, account.audience),
                "is_required": rule["is_required"],
                "content": "\n".join(box.lines),
                "state": box.state,
                "add": _add(account, name, box.state),
                "worth": rule["worth"],
                "minutes": 0 if box.state == "filled" else rule["minutes"],
                "source": box.source,
                "dated_on": box.dated_on,
            }
        )
    boxes = pd.DataFrame(lines).astype({"dated_on": "datetime64[us]"})
    if account.audience == "customer":
        boxes = boxes[boxes["content"].ne("")].assign(add="", state="filled", minutes=0)
    return boxes.reset_index(drop=True)


_BOXES = {**boxes_of_customer.BOXES, **boxes_of_work.BOXES}


def _add(account: AccountView, name: str, state: str) -> str:
    tender = relationships.silence(account) if name == "people" else None
    if state == "filled":
        return ""
    # Advice to get in touch is silent during a public tender (P7): the rule stands in its place.
    return str(relationships.rule_said(tender)) if tender else text.t(f"page.{name}.{state}")


def _title(name: str, audience: str) -> str:
    own = f"page.{name}.for_customer"
    return text.t(own if audience == "customer" and own in text.catalogue() else f"page.{name}.title")
