"""Figures of the whole portfolio: how concentrated it is, what it earns, what is at stake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.show import cells, figure, tables
from kamlib.show.charts import bars
from kamlib.show.charts.words import concentration_case, worded
from kamlib.show.page import Bundle, Shown, escape
from kamlib.show.sparkline import Field, Line, sparkline

#: More customers than this do not find room in a figure; the rest stands in the notebook's table.
SHOWN = 24


# --- concentration and profit ------------------------------------------------------------------------------


def concentration(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw the share of revenue that the largest customers carry together (S1.4).

    `rows`: one per customer, `account_id` and `revenue_12m`.
    """
    ranked = _ranked(rows[rows["revenue_12m"] > 0], "revenue_12m")
    if ranked.empty:
        return tables.what_to_add(text.t("chart.concentration.empty"), bundle)
    shares = np.r_[0.0, ranked["together_share"].to_numpy()]
    few = int(np.searchsorted(shares, bundle.limit("pareto_target_share") - 1e-9))
    case = concentration_case(few, len(ranked), bundle.limit("flat_concentration_share"))
    share, part = text.percent(shares[few]), text.percent(few / len(ranked))
    target = text.percent(bundle.limit("pareto_target_share"))
    counts = {"count": few, "customers": len(ranked)}
    words = worded("concentration", case, share=share, part=part, target=target, **counts)
    head = min(max(few + 3, _LEAST), SHOWN)
    table = tables.numbers("chart_concentration", ranked, bundle)
    steps = _staircase(ranked, "revenue_12m", (head, 0), bundle)
    inside = bars.listed(steps, lines=[bundle.limit("pareto_target_share")], cut=few, wide_end=True)
    return figure.laid(inside, words, bundle, table=table)


#: Customers that are named even where fewer carry the most.
_LEAST = 10


def _staircase(ranked: pd.DataFrame, amount: str, ends: tuple[int, int], bundle: Bundle) -> list[bars.Bar]:
    """Return the first and last customers (`ends`: how many) as steps of a curve with names, those between as one.

    Each bar begins where the one before it ended; a loss goes back.
    """
    first, last = min(ends[0], len(ranked)), max(len(ranked) - ends[1], 0)
    full = max(float(ranked["together_share"].max()), 1.0)
    steps = [_step(row, amount, full, bundle) for row in _named(ranked.head(first), bundle)]
    between = ranked.iloc[first:last]
    if len(between):
        start = float(ranked["together_share"].iloc[first - 1])
        end = float(between["together_share"].iloc[-1])
        name = text.t("chart.concentration.others", count=len(between), n=len(between))
        said = _reached(text.money(between[amount].sum(), bundle.currency), end)
        low, high = sorted((start, end))  # where many lose money, those between go back too
        steps.append(bars.Bar(name, [bars.Part(low / full, high / full, "grey")], said))
    rest = _named(ranked.iloc[max(first, last) :], bundle)
    return steps + [_step(row, amount, full, bundle) for row in rest]


def _named(ranked: pd.DataFrame, bundle: Bundle) -> list[dict[Any, Any]]:
    return ranked.assign(name=tables.names(ranked["account_id"], bundle)).to_dict("records")


def _step(row: Mapping[Any, Any], amount: str, full: float, bundle: Bundle) -> bars.Bar:
    end, share = float(row["together_share"]), float(row["share"])
    low, high = sorted((end - share, end))
    kind = "loss" if share < 0 else "key" if row.get("is_key", True) else "not_key"
    look = {"loss": "over", "key": "accent", "not_key": "grey"}[kind]
    parts = [bars.Part(0, low / full, "wash"), bars.Part(low / full, high / full, look)]
    said = _reached(text.money(row[amount], bundle.currency), end)
    told = said if kind == "key" else text.t(f"chart.concentration.{kind}", said=said)
    return bars.Bar(row["name"], parts, told)


def _reached(amount: str, together: float) -> str:
    return text.t("chart.concentration.end", amount=amount, together=text.percent(together))


def _ranked(rows: pd.DataFrame, amount: str) -> pd.DataFrame:
    known = rows[np.isfinite(rows[amount].astype(float))]
    known = known.sort_values(amount, ascending=False, ignore_index=True)
    amounts, whole = known[amount], known[amount].sum()
    shares = {"share": amounts / whole, "together_share": amounts.cumsum() / whole}
    return known.assign(place=range(1, len(known) + 1), **shares)


def whale(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw profit after service added up from the best customer: where it peaks, who takes it back.

    `rows`: one per customer, `account_id` and `profit`; customers whose cost is not known are counted only.
    """
    ranked = _ranked(rows, "profit")
    if ranked.empty or ranked["profit"].sum() <= 0:
        return tables.what_to_add(text.t("chart.whale.empty"), bundle)
    sums = np.r_[0.0, ranked["together_share"].to_numpy()]
    peak = int(sums.argmax())
    words = worded(
        "whale",
        "back" if sums[peak] - 1 >= bundle.limit("chart_whale_share") else "even",
        count=peak,
        customers=len(ranked),
        unknown=len(rows) - len(ranked),
        losing=int((ranked["profit"] < 0).sum()),
        n=peak,
        share=text.percent(sums[peak]),
        back=text.money((sums[peak] - 1) * ranked["profit"].sum(), bundle.currency),
    )
    table = tables.numbers("chart_whale", ranked, bundle)
    losing = min(int((ranked["profit"] < 0).sum()), _LEAST)
    steps = _staircase(ranked, "profit", (_LEAST, losing), bundle)
    line = 1 / max(float(sums[peak]), 1.0)
    return figure.laid(bars.listed(steps, lines=[line], wide_end=True), words, bundle, table=table)


# --- what is at stake --------------------------------------------------------------------------------------


def exposure(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw each key account's share of our contribution against the limit, with the loss and the months to replace it.

    `rows` are those of `measures.exposures` with `exposure_share` of the choice; the title names who is above.
    """
    known = rows.dropna(subset=["exposure_share"]).sort_values("exposure_share", ascending=False)
    if known.empty:
        return tables.what_to_add(text.t("chart.exposure.empty"), bundle)
    limit, named = bundle.limit("concentration_limit_share"), tables.names(known["account_id"], bundle)
    shares = known["exposure_share"].astype(float)
    over = int((shares > limit).sum())
    words = worded(
        "exposure",
        {0: "none", 1: "one"}.get(over, "some"),
        count=over,
        n=over,
        customers=len(known),
        limit=text.percent(limit),
        names=text.listed(named[: min(over, _NAMED)]),
        first=named[0],
        share=text.percent(shares.iloc[0], 1),
        loss=text.money(known["at_risk"].sum(), bundle.currency),
    )
    full = max(float(shares.max()), limit) * 1.1
    drawn = [
        bars.Bar(name, [bars.Part(0, share / full, "over" if share > limit else "accent")], said)
        for name, share, said in zip(named, shares, _stakes(known, limit, bundle), strict=True)
    ]
    table = tables.numbers("chart_exposure", known, bundle)
    return figure.laid(bars.listed(drawn, lines=[limit / full], wide_end=True), words, bundle, table=table)


#: Customers that a title names before it only counts them.
_NAMED = 3


def _stakes(known: pd.DataFrame, limit: float, bundle: Bundle) -> Iterator[str]:
    columns = known[["exposure_share", "at_risk", "replacement_months"]].astype(float)
    for share, loss, months in columns.itertuples(index=False, name=None):
        told = {"loss": text.money(loss, bundle.currency), "months": text.number(months)}
        end = "over" if share > limit else "under"
        yield text.t(f"chart.exposure.{end}", share=text.percent(share, 1), **told)


# --- one panel per key account -----------------------------------------------------------------------------


def panels(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Show one small panel per key account, the worst health first: its months of revenue, health and growth.

    `rows` are those of `steering.panels`: account_id, band, worst, revenue_12m, growth_share, revenues (by month).
    """
    if rows.empty:
        return tables.what_to_add(text.t("chart.panels.empty"), bundle)
    named = tables.names(rows["account_id"], bundle)
    poor = [name for name, band in zip(named, rows["band"], strict=True) if band == "weak"]
    watched, known = int(rows["band"].eq("watch").sum()), int(rows["band"].ne("unknown").sum())
    words = worded(
        "panels",
        "unknown" if not known else "weak" if poor else "watch" if watched else "strong",
        count=len(poor),
        watched=watched,
        customers=len(rows),
        falling=int((rows["growth_share"].astype(float) < 0).sum()),
        months=max(len(each) for each in rows["revenues"]),
        names=text.listed(poor[:_NAMED]),
        n=len(poor) if poor else watched,
    )
    pairs = zip(named, rows.to_dict("records"), strict=True)
    listed = "".join(_panel(name, row, bundle) for name, row in pairs)
    return figure.laid(f'<ul class="kam-panels">{listed}</ul>', words, bundle)


def _panel(name: str, row: Mapping[Any, Any], bundle: Bundle) -> str:
    band = cells.pill(text.label("health_band", row["band"]), cells.tone(row["band"], "health_band"))
    worst = "" if text.is_missing(row["worst"]) else text.label("health_part", row["worst"]).lower()
    weakest = f'<p class="kam-sub">{escape(text.t("chart.panels.worst", part=worst))}</p>' if worst else ""
    sold, growth = text.money(row["revenue_12m"], bundle.currency), row["growth_share"]
    growth = text.percent(growth, 1, signed=True)
    return (
        f"<li><p>{escape(name)}</p>{band}{_months(row['revenues'])}"
        f"<p><strong>{escape(sold)}</strong> {escape(growth)}</p>{weakest}</li>"
    )


def _months(revenues: Sequence[float]) -> str:
    """Return months of revenue (light) and their mean over twelve (dark), from zero; the numbers stand beside."""
    sold = pd.Series(revenues, dtype=float)
    mean = sold.rolling(12).mean()
    lines = [Line(list(sold), "accent_soft", 1, "none"), Line(list(mean), "accent", 2)]
    high = max([*sold, 1.0])
    return sparkline(lines, (160, 40), ends=(0.0, high), fields=[Field(0.0, 0.03 * high, "soft")])
