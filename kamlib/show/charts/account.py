"""What one account buys, by product group."""

from __future__ import annotations

from typing import Any

from kamlib import text
from kamlib.schema import Result
from kamlib.show import figure, tables
from kamlib.show.charts import bars
from kamlib.show.charts.words import driver_case, worded
from kamlib.show.page import Bundle, Shown


def revenue_by_group(answer: Result[Any], bundle: Bundle) -> Shown:
    """Draw revenue by product group, twelve months against the twelve before.

    `answer` holds the rows of `measures.sales_by_group`: product_group, revenue_12m, revenue_previous_12m.
    """
    rows = (
        answer.frame()
        .head(10)
        .replace([float("inf"), -float("inf")], float("nan"))
        .fillna({"revenue_12m": 0.0, "revenue_previous_12m": 0.0})
    )
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
    most = max(now.max(), before.max()) or 1.0
    listed = bars.listed((_group(row, most, bundle) for row in rows.to_dict("records")), wide_end=True)
    return figure.laid(listed, words, bundle, table=table)


def _group(row: dict[Any, Any], most: float, bundle: Bundle) -> bars.Bar:
    """One product group: the last twelve months as a bar, the twelve before as an upright line."""
    now, before = row["revenue_12m"], row["revenue_previous_12m"]
    parts = [bars.Part(0.0, now / most), bars.Part(before / most, before / most, "mark")]
    growth = f", {text.percent(now / before - 1, 1, signed=True)}" if before > 0 else ""
    heard = text.t("chart.by_group.before", amount=text.money(before, bundle.currency))
    return bars.Bar(str(row["product_group"]), parts, f"{text.money(now, bundle.currency)}{growth}", heard)
