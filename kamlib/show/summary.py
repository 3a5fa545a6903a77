"""What opens a page: two sentences, four figures and the decisions that we ask for.

Whoever reads nothing else has read this. The sentences are chosen by rule where the rows are made; here they are
only set, so that every page opens alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kamlib import schema, text
from kamlib.show import cells, page, tables
from kamlib.show.page import NOTHING, Bundle, Shown, audience, dated, escape, framed, unbroken
from kamlib.words import figures_in

#: Decisions that a summary holds; the rest is counted and stands in the table of the page.
MOST = 5


def opening(
    sentences: Iterable[Mapping[str, Any]],
    figures: Iterable[Mapping[str, Any]],
    decisions: Sequence[Any] | None,
    bundle: Bundle,
    *,
    note: object = "",
) -> Shown:
    """Show what a page has found, in one paragraph, figures side by side and a numbered list of decisions.

    Parameters
    ----------
    sentences
        At most two, each a `key` of the catalogue and its values, as `tables.say` takes them; `**words**` stand out.
        A sentence without a key is left out.
    figures
        At most four, as `tables.strip` takes them: label, value, and maybe change, tone and series.
    decisions
        One row per decision: `title`, and maybe `cost`, `due_on` and, on the page of the portfolio, `account_id`.
        No rows say that nothing waits; None leaves the list out. A customer sees title and day, never a cost.
    note
        Where the figures come from; the day is added.
    """
    lede = _lede([each for each in sentences if each.get("key")])
    asked = NOTHING if decisions is None else _asked(decisions, bundle)
    told = dated(bundle, str(note)) if note else ""
    below = Shown(page.note(told), told) if told else NOTHING
    parts = tables.together(lede, tables.strip(figures), below, asked)
    if not parts.html:
        return NOTHING
    return Shown(framed(parts.html, "kam-opening"), parts.plain, "summary", figures=parts.figures)


def _lede(sentences: list[Mapping[str, Any]]) -> Shown:
    if not sentences:
        return NOTHING
    said = [tables.marked(**each) for each in sentences]
    html, plain = (" ".join(parts) for parts in zip(*(_ended(*each) for each in said), strict=True))
    return Shown(f'<p class="kam-lede">{html}</p>', plain, figures=tuple(figures_in(sentences)))


def _ended(html: str, plain: str) -> tuple[str, str]:
    """Close a sentence that is not closed, in both writings; one in bold is closed within it."""
    end = "" if plain.endswith((".", "!", "?")) else "."
    return html + end, plain + end


def _asked(decisions: Sequence[Any], bundle: Bundle) -> Shown:
    if not len(decisions) and audience(bundle) == "customer":
        return NOTHING
    heading = text.t(f"summary.asked.{audience(bundle)}")
    items = [(_whose(row, bundle), str(row.title), _terms(row, bundle)) for row in decisions[:MOST]]
    left = len(decisions) - len(items)
    last = text.t("summary.more", count=left, n=left) if left else ""
    last = last if items else text.t("summary.none")
    listed = "".join(_item(*item) for item in items)
    body = f"<p><strong>{escape(heading)}</strong></p>{f'<ol>{listed}</ol>' if items else ''}"
    below = f'<p class="kam-sub">{escape(last)}</p>' if last else ""
    lines = [f"{n}. {_line(*item)}" for n, item in enumerate(items, start=1)]
    plain = "\n".join(filter(None, [heading, *lines, last]))
    return Shown(f'<div class="kam-asked">{body}{below}</div>', plain)


def _item(whose: str, title: str, terms: str) -> str:
    named = f"<strong>{escape(whose)}:</strong> " if whose else ""
    after = f'<span class="kam-sub">({unbroken(terms)})</span>' if terms else ""
    return f"<li>{named}{escape(title)} {after}</li>"


def _line(whose: str, title: str, terms: str) -> str:
    return " ".join(filter(None, [f"{whose}:" if whose else "", title, f"({terms})" if terms else ""]))


def _whose(row: Any, bundle: Bundle) -> str:
    """Name the customer where a page holds several."""
    account_id = getattr(row, "account_id", None) if isinstance(bundle, schema.Portfolio) else None
    return cells.account_name(account_id, bundle) if account_id else ""


def _terms(row: Any, bundle: Bundle) -> str:
    """Say what the decision costs and by when it is needed; a cost that nobody wrote is not nothing."""
    cost, due = getattr(row, "cost", None), getattr(row, "due_on", None)
    told = []
    if audience(bundle) == "internal":
        key = "summary.cost.unknown" if cost is None else "summary.cost"
        told.append(text.t(key, cost=text.money(cost, bundle.currency)))
    if due:
        told.append(text.t("summary.overdue" if due < bundle.as_of else "summary.due", day=text.day(due)))
    return ", ".join(told)
