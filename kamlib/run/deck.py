"""The quarterly review as a deck to go on editing: what notebook 06 shows, from the same rows.

It reads one workspace file: ours, or the customer's projected one, so that a customer's deck can't hold more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pptx import Presentation

from kamlib import text
from kamlib.errors import problem
from kamlib.method import coaching, goal_setting, measures, planning, relationships, review
from kamlib.run import slides
from kamlib.run.slides import Area, TextStyle
from kamlib.schema import Account
from kamlib.show import cells, charts, figure, page, summary, tables

_INCH = 914_400  # in the units of a slide
_LONGEST = 110  # characters of a table's cell: a slide is read from across the room
_GOALS = ("title", "baseline", "now", "target", "unit", "due_on", "way", "state")
_PROMISES = ("title", "direction", "due_on", "done_on", "state")
_DECISIONS = ("title", "status", "cost", "owner_id", "asked_on", "decided_on")
_VALUES = ("title", "stage", "amount", "confirmed_by", "confirmed_on")


def check(template: Path) -> None:
    """Refuse a template that can't be written into, before anything starts."""
    try:
        layout = slides.title_only(Presentation(str(template)))
    except Exception as refused:  # a zip of something else, a .potx, a folder: python-pptx raises as it comes
        raise problem("template_unread", found=template.name, reason=str(refused)[:200]) from refused
    if layout is None:
        raise problem("template_untitled", found=template.name)


def made(account: Account, template: Path | None = None) -> bytes:
    """Return the deck of an account's quarterly review, in the language in use."""
    deck = slides.Deck(template, text.language())
    followed, ledger = goal_setting.progress(account), planning.value_ledger(account)
    title = text.t(f"deck.title.{account.audience}", name=figure.short(account.name, 60))
    mark = f"{text.t(f'masthead.{account.audience}')}. {page.dated(account)}"
    _opening(deck.slide(title, mark), account, followed, ledger)
    if account.audience == "internal":
        _bridge(deck, account, mark)
    goals = charts.goal_progress(followed, account)
    finding = goals.titles[0] if goals.kind == "figure" else ""
    _table(deck, mark, _Sheet("goal_progress", followed.frame(), _GOALS, finding), account)
    _table(deck, mark, _Sheet("plan_promises", measures.promises(account).frame(), _PROMISES), account)
    if account.audience == "customer":
        _table(deck, mark, _Sheet("value_ledger", ledger.frame(), _VALUES), account)
    else:
        _table(deck, mark, _Sheet("decisions", review.decisions(account), _DECISIONS), account)
        _picture(deck, mark, charts.influence_map(relationships.people(account), account))
    return deck.saved(title, account.as_of)


def _opening(slide: slides.Slide, account: Account, followed: Sequence[Any], ledger: Sequence[Any]) -> None:
    """Two sentences, four numbers beside each other, the decisions that we ask for; who answers for it to a customer."""
    area, high = slide.area, _INCH
    opened = coaching.opening(account, coaching.check(account)) or review.sentences(account, followed, ledger)
    said = [(tables.marked(**each)[1], TextStyle(18)) for each in opened if each.get("key")]
    slide.words(replace(area, bottom=area.top + high), said)
    cards = review.figures(account, ledger)
    step = area.width // len(cards)
    for n, card in enumerate(cards):
        left, top = area.left + n * step, area.top + int(1.5 * high)
        tone = {"good": "good", "bad": "bad"}.get(str(card.get("tone")), "muted")
        lines = [
            (str(card["label"]), TextStyle(12, "muted")),
            (str(card["value"]), TextStyle(28, bold=True)),
            (str(card.get("change") or ""), TextStyle(12, tone)),
        ]
        slide.words(Area(left, top, step - high // 8, top + int(1.6 * high)), lines, ground="wash")
    waiting = review.decisions(account).where(status="asked")
    asked = summary.opening((), (), waiting, account).plain.split("\n")
    below = [(line, TextStyle(14, bold=n == 0)) for n, line in enumerate(asked) if line]
    if account.audience == "customer":
        below.append((tables.signed_for(account), TextStyle(12, "muted")))
    slide.words(replace(area, top=area.top + int(2.7 * high)), below)


def _bridge(deck: slides.Deck, account: Account, mark: str) -> None:
    """The revenue bridge as native columns; a table where it goes below zero, nothing where growth is unknown."""
    rows = measures.bridge(account)
    drawn = charts.revenue_bridge(rows, account)
    if not isinstance(drawn, figure.Drawn):
        return
    bars, unit, digits = charts.bridge_bars(rows, account)
    floor, most, is_cut = charts.bridge_floor(bars, account)
    if min(min(bar.low, bar.high) for bar in bars) < 0:
        changes = [(bar.name, bar.high - bar.low) for bar in bars]
        told = pd.DataFrame(changes, columns=["name", "amount"])
        _table(deck, mark, _Sheet("chart_bridge", told, ("name", "amount"), drawn.words.title), account)
        return
    how = "deck.bridge.cut" if is_cut else "deck.bridge.how"
    number = f"#,##0.{'0' * digits}" if digits else "#,##0"
    slide = deck.slide(drawn.words.title, mark)
    slide.lead(text.t(how, unit=text.money_unit(account.currency, unit)))
    base = [0 if bar.is_total else min(bar.low, bar.high) / unit for bar in bars]
    slide.bridge(
        [bar.name for bar in bars],
        {
            text.t("deck.bridge.base"): (number, base),
            text.t("deck.bridge.up"): (f'"+"{number}', [_part(bar, unit, 1) for bar in bars]),
            text.t("deck.bridge.down"): (f'"\N{MINUS SIGN}"{number}', [_part(bar, unit, -1) for bar in bars]),
            text.t("deck.bridge.sum"): (number, [bar.high / unit if bar.is_total else None for bar in bars]),
        },
        ends=(floor / unit, (most + (most - floor) * 0.1) / unit),
        description=f"{drawn.words.title}. {drawn.words.description}",
    )


def _part(bar: Any, unit: float, sign: int) -> float | None:
    """Return how far a bar rises (sign 1) or falls (-1); nothing where it does the other, or is a sum."""
    way = sign * (bar.high - bar.low) / unit
    return way if way > 0 and not bar.is_total else None


@dataclass(frozen=True)
class _Sheet:
    """A sheet of the catalogue, its rows, the columns that a slide has room for, and a title if not the sheet's own."""

    name: str
    rows: tables.Rows
    columns: Sequence[str]
    title: str = ""


def _table(deck: slides.Deck, mark: str, sheet: _Sheet, account: Account) -> None:
    """A sheet as a native table; rows without room are counted. No rows, no slide."""
    caption, columns, plain = tables.grid(sheet.name, sheet.rows, account, sheet.columns)
    if not len(sheet.rows) or not columns:
        return
    slide = deck.slide(sheet.title or caption, mark)
    heads = [str(words[text.language()]) for words in columns.values()]
    right = [words["kind"] in cells.TO_THE_RIGHT for words in columns.values()]
    short = [[figure.short(words, _LONGEST) for words in row] for row in plain]
    left = len(sheet.rows) - slide.table(heads, short, right, caption)
    if left:
        slide.below(text.t("deck.more", n=left))


def _picture(deck: slides.Deck, mark: str, shown: page.Shown) -> None:
    if isinstance(shown, figure.Drawn):
        slide = deck.slide(shown.words.title, mark)
        slide.lead(shown.words.subtitle)
        slide.picture(shown.picture(), f"{shown.words.title}. {shown.words.description}")
