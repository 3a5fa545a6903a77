"""The squad as a figure: which functions are in place from management to service, and which are not."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamlib import text
from kamlib.schema import Result
from kamlib.show import cells, figure, tables
from kamlib.show.charts.words import all_case, worded
from kamlib.show.page import NOTHING, Bundle, Shown, audience, escape

#: State of a function, the best first -> sign and tone; the state stands in words too.
_STATES = {
    "filled": ("\N{BLACK CIRCLE}", "good"),
    "extra": ("+", "own"),
    "missing": ("\N{WHITE CIRCLE}", "bad"),
    "left": ("\N{MULTIPLICATION SIGN}", "bad"),
}


def coverage(answer: Result[Any], bundle: Bundle) -> Shown:
    """Show by level which functions somebody holds, and which are missing; never for a customer.

    `answer` holds the rows of `team.match`: level, function, person_id, state.
    """
    if audience(bundle) == "customer":
        return NOTHING
    rows = answer.frame()
    if not rows["state"].isin(["filled", "extra"]).any():
        return tables.what_to_add(text.t("chart.coverage.empty"), bundle)
    known = rows.assign(order=rows["state"].map(list(_STATES).index))
    best = known.sort_values("order", kind="stable").drop_duplicates("function").sort_index()
    gaps = best.loc[best["state"] == "missing", "function"]
    needed = int(best["state"].isin(["filled", "missing"]).sum())
    words = worded(
        "coverage",
        all_case(needed - len(gaps), needed),
        count=needed - len(gaps),
        needed=needed,
        n=needed,
        missing=text.listed(text.label("function", each) for each in gaps),
        levels=int(best.loc[best["state"].isin(["filled", "extra"]), "level"].nunique()),
    )
    return figure.laid(_table(best, known, bundle), words, bundle)


def _table(best: pd.DataFrame, known: pd.DataFrame, bundle: Bundle) -> str:
    heads = "".join(
        f'<th scope="col">{escape(text.t(f"chart.coverage.{each}"))}</th>' for each in ("level", "functions")
    )
    body = ""
    for level, functions in best.groupby("level", sort=False):
        chips = "".join(_chip(row.function, str(row.state), known, bundle) for row in functions.itertuples())
        name = escape(text.label("squad_level", level))
        body += f'<tr><th scope="row">{name}</th><td><ul class="kam-chips">{chips}</ul></td></tr>'
    return cells.boxed(text.t("chart.coverage.caption"), heads, body)


def _chip(function: Any, state: str, known: pd.DataFrame, bundle: Bundle) -> str:
    """One function: its sign and name in a tint, then who holds it, or its state in words."""
    sign, tone = _STATES[state]
    held = known[known["function"].eq(function) & known["state"].eq(state)]["person_id"].dropna()
    people = [cells.cell(each, {"kind": "person"}, bundle)[1].partition(",")[0] for each in held]
    said = text.label("squad_state", state)
    after = [said] if state == "missing" else [*people, said] if state == "left" else people
    heard = f'<span class="kam-vh">{escape(said)}: </span>' if state in ("filled", "extra") else ""
    pill = cells.pill(f"{sign} {text.label('function', function)}", tone)
    return f'<li>{pill} {heard}<span class="kam-sub">{escape(", ".join(after))}</span></li>'
