"""Figures that are small tables looked at as pictures: the map of risks and the whitespace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.schema import Result
from kamlib.show import cells, figure, tables
from kamlib.show.charts.words import worded
from kamlib.show.page import NOTHING, Bundle, Shown, audience, escape

# --- risks -------------------------------------------------------------------------------------------------


def risk_map(answer: Result[Any], bundle: Bundle) -> Shown:
    """Lay out the look-up table of risk levels with each risk's number before and after the action, and the register.

    `answer` holds the rows of `planning.risks`: title, probability, impact, residual_probability, residual_impact, level,
    residual_level; never for a customer.
    """
    rows = answer.frame()
    if audience(bundle) == "customer":
        return NOTHING
    numbered = [f"{place}. {title}" for place, title in enumerate(rows["title"], 1)]
    register = tables.sheet("risks", rows.assign(title=numbered), bundle)
    judged = rows[rows["level"].notna()]
    if judged.empty:
        return register
    severe = judged["level"].isin(["high", "critical"])
    after = judged["residual_level"].fillna(judged["level"]).isin(["high", "critical"])
    counts = {
        "count": int(severe.sum()),
        "after": int(after.sum()),
        "of": len(judged),
        "unjudged": len(rows) - len(judged),
    }
    first = judged.iloc[0]
    levels = {
        "level": text.label("severity", first["level"]),
        "later": text.t("chart.risks.unknown")
        if text.is_missing(first["residual_level"])
        else text.label("severity", first["residual_level"]),
    }
    case = "one" if len(judged) == 1 else "severe" if severe.any() else "calm"
    words = worded("risks", case, n=counts["count"], **counts, **levels)
    table = tables.numbers("chart_risks", rows.assign(title=numbered), bundle)
    return tables.together(figure.laid(_levels(rows, bundle), words, bundle, table=table), register)


def _levels(rows: pd.DataFrame, bundle: Bundle) -> str:
    places: dict[tuple[int, int], list[str]] = {}
    for when, before in (("before", ""), ("after", "residual_")):
        sides = (rows[f"{before}{side}"].astype(object) for side in ("probability", "impact"))
        for number, pair in enumerate(zip(*sides, strict=True), 1):
            if not any(text.is_missing(side) for side in pair):
                places.setdefault((int(pair[0]), int(pair[1])), []).append(_badge(number, when))
    levels = bundle.settings["risk_levels"]
    lines = "".join(_risk_row(step, levels[step]["value"], places) for step in range(5, 0, -1))
    heads = "".join(f'<th scope="col">{step}</th>' for step in range(1, 6))
    corner = escape(text.t("chart.risks.corner"))
    top = f'<td class="kam-corner">{corner}</td>{heads}'
    return _grid(text.t("chart.risks.caption"), top, lines, "kam-risks")


def _risk_row(step: int, levels: list[str], places: Mapping[tuple[int, int], list[str]]) -> str:
    inside = "".join(
        f'<td class="kam-level-{level}"><small>{escape(text.label("severity", level))}</small>'
        f"{''.join(places.get((step, impact), []))}</td>"
        for impact, level in enumerate(levels, 1)
    )
    return f'<tr><th scope="row">{step}</th>{inside}</tr>'


def _badge(number: int, when: str) -> str:
    heard = escape(text.t(f"chart.risks.{when}", number=number))
    return f'<b class="kam-{when}"><span class="kam-vh">{heard}</span><span aria-hidden="true">{number}</span></b>'


def _grid(caption: str, heads: str, lines: str, name: str) -> str:
    """Return a small semantic table that is looked at as a picture."""
    many = " kam-many" * (heads.count("<th") >= cells.MANY_COLUMNS)
    return cells.boxed(caption, heads, lines, name=f"kam-grid {name}{many}")


# --- whitespace --------------------------------------------------------------------------------------------

#: State of a cell -> its symbol; the word stands beside it or, where space is short, below the grid.
_SYMBOLS = {
    "deployed": "\N{BLACK CIRCLE}",
    "competitive": "\N{CIRCLE WITH LEFT HALF BLACK}",
    "open": "\N{WHITE CIRCLE}",
    "competitor": "\N{MULTIPLICATION SIGN}",
    "not_relevant": text.MISSING,
}
#: More units than this and a cell has no room for its word.
_ROOMY = 3


def whitespace(answer: Result[Any], bundle: Bundle, **values: str) -> Shown:
    """Lay out product group by buying unit: who supplies it and how much is bought a year; never for a customer.

    `answer` holds the rows of `planning.whitespace`: product_group, unit, status, potential, current, room, expected,
    competitor, valued_on; `values` those of `planning.whitespace_words`.
    """
    rows = answer.frame()
    if audience(bundle) == "customer":
        return NOTHING
    if rows.empty:
        return tables.what_to_add(text.t("chart.whitespace.empty"), bundle)
    whole = text.t("chart.whitespace.whole")
    cells_known = rows.assign(unit=rows["unit"].fillna(whole), row=range(len(rows)))
    best = rows[rows["room"].fillna(0) > 0].sort_values("room", ascending=False, kind="stable").head(1)
    told = {"group": "", "unit": "", "room": ""}
    if len(best):
        top = best.iloc[0]
        unit = whole if text.is_missing(top["unit"]) else str(top["unit"])
        told = {
            "group": str(top["product_group"]),
            "unit": unit,
            "room": text.money(top["room"], bundle.currency),
        }
    legend = text.listed(
        f"{symbol} {text.label('whitespace_status', state)}"
        for state, symbol in _SYMBOLS.items()
        if state in set(rows["status"])
    )
    words = worded("whitespace", "room" if len(best) else "none", legend=legend, **told, **values)
    table = tables.numbers("plan_whitespace", rows, bundle)
    return figure.laid(_cells(cells_known, bundle), words, bundle, table=table)


def _cells(rows: pd.DataFrame, bundle: Bundle) -> str:
    units = list(dict.fromkeys(sorted(rows["unit"], key=text.sort_key)))
    groups = list(dict.fromkeys(rows["product_group"]))
    found = {(row.product_group, row.unit): row for row in rows.itertuples()}
    heads = "".join(f'<th scope="col">{escape(figure.short(unit, 40))}</th>' for unit in units)
    lines = "".join(
        f'<tr><th scope="row">{escape(figure.short(str(group), 60))}</th>'
        + "".join(_cell(found.get((group, unit)), bundle) for unit in units)
        + "</tr>"
        for group in groups
    )
    tight = "kam-tight" if len(units) > _ROOMY else ""
    corner = escape(text.t("chart.whitespace.corner"))
    name = f"kam-whitespace {tight}".strip()
    return _grid(text.t("chart.whitespace.caption"), f'<th scope="col">{corner}</th>{heads}', lines, name)


def _cell(row: Any, bundle: Bundle) -> str:
    if row is None:
        return f'<td class="kam-unjudged">{escape(text.t("chart.whitespace.unjudged"))}</td>'
    state = str(row.status)
    word = escape(text.label("whitespace_status", row.status))
    money = "" if text.is_missing(row.potential) else text.money(row.potential, bundle.currency)
    amount = f"<strong>{escape(money)}</strong>" if money else ""
    day = "" if text.is_missing(row.valued_on) else f"<small>{escape(text.month(row.valued_on))}</small>"
    tone = cells.tone(state)
    return (
        f'<td class="{f"kam-{tone}" if tone else "kam-unjudged"}"><span aria-hidden="true">{_SYMBOLS.get(state, "")}</span> '
        f'<span class="kam-word">{word}</span>{amount}{day}</td>'
    )
