"""What one account buys, by product group."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from kamlib import text
from kamlib.show import figure, tables
from kamlib.show.charts import marks
from kamlib.show.charts.words import driver_case, worded
from kamlib.show.page import COLOURS, Bundle, Shown


def revenue_by_group(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw revenue by product group, twelve months against the twelve before.

    `rows` are those of `measures.sales_by_group`: product_group, revenue_12m, revenue_previous_12m.
    """
    rows = rows.head(10).fillna({"revenue_12m": 0.0, "revenue_previous_12m": 0.0})
    if rows.empty:
        return tables.what_to_add(text.t("chart.by_group.empty"), bundle)
    now, before = rows["revenue_12m"], rows["revenue_previous_12m"]
    change = now - before
    case = driver_case(change, before.sum(), bundle.limit("chart_driver_share"))
    lead = int((now if case == "even" else change.abs()).to_numpy().argmax())
    share = now.iloc[lead] / now.sum() if now.sum() > 0 else float("nan")
    words = worded(
        "by_group",
        case,
        group=str(rows["product_group"].iloc[lead]),
        moved=text.money(abs(change.iloc[lead]), bundle.currency),
        share=text.percent(share),
    )
    table = tables.numbers("chart_by_group", rows, bundle)
    sizes = marks.bar_sizes(len(rows), extra=0.1)
    return figure.shown(partial(_groups, rows, bundle.currency), words, bundle, table=table, sizes=sizes)


def _groups(rows: pd.DataFrame, currency: str, ax: Axes, *, narrow: bool) -> None:
    lane = marks.lanes([str(name) for name in rows["product_group"]], narrow=narrow)
    figure.margins(ax, left=lane.left, right=1.35, top=0.08, bottom=0.12)
    now, before = rows["revenue_12m"], rows["revenue_previous_12m"]
    ax.barh(range(len(rows)), before, height=0.3 if narrow else 0.52, color=COLOURS["line"])
    ax.barh(range(len(rows)), now, height=0.16 if narrow else 0.26, color=COLOURS["accent"])
    ax.set_xlim(0, max(now.max(), before.max()) or 1.0)
    for place, (amount, earlier) in enumerate(zip(now, before, strict=True)):
        marks.at_end(ax, place, text.money(amount, currency))
        if earlier > 0:
            growth = round(amount / earlier - 1, 2)
            tone = "good" if growth > 0 else "bad" if growth < 0 else "muted"
            marks.at_end(ax, place, text.percent(growth, signed=True), away=92, colour=COLOURS[tone])
    marks.bare(ax)
    lane.write(ax)
