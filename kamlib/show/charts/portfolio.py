"""Figures of the whole portfolio: how concentrated it is, what it earns, what is at stake."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kamlib import text
from kamlib.show import cells, figure, tables
from kamlib.show.charts import bars
from kamlib.show.charts.words import concentration_case, worded
from kamlib.show.page import COLOURS, Bundle, Shown, escape

#: More customers than this do not find room in a figure; the rest stands in the notebook's table.
SHOWN = 24
_CURVE = ((7.1, 3.0), (3.75, 3.0))


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
    case = concentration_case(few, len(ranked), bundle.limit("flat_portfolio_share"))
    share, part = text.percent(shares[few]), text.percent(few / len(ranked))
    target = text.percent(bundle.limit("pareto_target_share"))
    counts = {"count": few, "customers": len(ranked)}
    words = worded("concentration", case, share=share, part=part, target=target, **counts)
    head = ranked.head(min(max(few + 3, _LEAST), SHOWN))
    drawn = [_step(row, bundle) for row in head.to_dict("records")]
    left = len(ranked) - len(head)
    if left:
        reached = float(head["together_share"].iloc[-1])
        rest = text.money(ranked["revenue_12m"].iloc[len(head) :].sum(), bundle.currency)
        others = text.t("chart.concentration.others", count=left, n=left)
        drawn.append(bars.Bar(others, [bars.Part(reached, 1, "grey")], _reached(rest, 1.0)))
    table = tables.numbers("chart_concentration", ranked, bundle)
    inside = bars.listed(drawn, lines=[bundle.limit("pareto_target_share")], cut=few, wide_end=True)
    return figure.laid(inside, words, bundle, table=table)


#: Customers that are named even where fewer carry the most.
_LEAST = 10


def _step(row: Mapping[Any, Any], bundle: Bundle) -> bars.Bar:
    """One customer's share, beginning where the one before it ended: the staircase is the curve, with names."""
    end, share = float(row["together_share"]), float(row["share"])
    is_key = bool(row.get("is_key", True))
    parts = [bars.Part(0, end - share, "wash"), bars.Part(end - share, end, "accent" if is_key else "grey")]
    name = tables.names([row["account_id"]], bundle)[0]
    said = _reached(text.money(row["revenue_12m"], bundle.currency), end)
    return bars.Bar(name, parts, said if is_key else text.t("chart.concentration.not_key", said=said))


def _reached(amount: str, together: float) -> str:
    return text.t("chart.concentration.end", amount=amount, together=text.percent(together))


def _share_axes(ax: Axes, customers: int, ticks: list[float]) -> None:
    ax.set_xlim(0, customers)
    ax.set_yticks(ticks, [text.percent(share) for share in ticks])
    ax.grid(axis="y")
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(text.t("chart.customers"), loc="right")


def _ranked(rows: pd.DataFrame, amount: str) -> pd.DataFrame:
    known = rows[np.isfinite(rows[amount].astype(float))].sort_values(amount, ascending=False, ignore_index=True)
    together = known[amount].cumsum()
    share = together / known[amount].sum()
    return known.assign(
        place=range(1, len(known) + 1), share=known[amount] / known[amount].sum(), together_share=share
    )


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
    last = ranked.iloc[-1]
    said = f"{tables.names([last['account_id']], bundle)[0]} {text.money(last['profit'], bundle.currency)}"
    named = figure.short(said, 40) if last["profit"] < 0 else ""
    return figure.shown(partial(_back, sums, peak, named), words, bundle, table=table, sizes=_CURVE)


def _back(sums: np.ndarray, peak: int, last: str, ax: Axes, *, narrow: bool) -> None:  # noqa: ARG001
    figure.margins(ax, left=0.5, right=0.2, top=0.22, bottom=0.5)
    ax.axhline(1, color=COLOURS["soft"], linewidth=0.8, linestyle=(0, (4, 3)))
    ax.plot(range(peak + 1), sums[: peak + 1], color=COLOURS["accent"])
    ax.plot(range(peak, len(sums)), sums[peak:], color=COLOURS["bad"])
    ax.plot([peak], [sums[peak]], "o", color=COLOURS["ink"], markersize=6)
    top, spot = text.percent(sums[peak]), (peak, sums[peak])
    side = "right" if peak > 0.8 * (len(sums) - 1) else "center"
    ax.annotate(top, spot, (0, 7), textcoords="offset points", ha=side, fontweight=600)
    # The customer that takes most back is named where its loss ends.
    end = (len(sums) - 1, sums[-1])
    ax.annotate(last, end, (0, -24), textcoords="offset points", ha="right", va="top", color=COLOURS["bad"])
    _share_axes(ax, len(sums) - 1, [0, 0.5, 1.0])
    ax.set_ylim(min(0.0, float(sums.min())), float(sums.max()) * 1.1)


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
    listed = "".join(
        _panel(name, row, bundle) for name, row in zip(named, rows.to_dict("records"), strict=True)
    )
    return figure.laid(f'<ul class="kam-panels">{listed}</ul>', words, bundle)


def _panel(name: str, row: Mapping[Any, Any], bundle: Bundle) -> str:
    band = cells.pill(text.label("health_band", row["band"]), cells.tone(row["band"], "health_band"))
    worst = "" if text.is_missing(row["worst"]) else text.label("health_part", row["worst"]).lower()
    weakest = f'<p class="kam-sub">{escape(text.t("chart.panels.worst", part=worst))}</p>' if worst else ""
    sold, growth = (
        text.money(row["revenue_12m"], bundle.currency),
        text.percent(row["growth_share"], signed=True),
    )
    return (
        f"<li><p>{escape(name)}</p>{band}{_months(row['revenues'])}"
        f"<p><strong>{escape(sold)}</strong> {escape(growth)}</p>{weakest}</li>"
    )


def _months(revenues: Sequence[float]) -> str:
    """Return months of revenue (light) and their mean over twelve (dark) as SVG, from zero; the numbers stand beside."""
    sold = pd.Series(revenues, dtype=float)
    if len(sold) < 2:
        return ""
    high = max(float(sold.max()), 1.0)
    lines = [(sold, "#7FB3C2", 1), (sold.rolling(12).mean(), "#0E5F76", 2)]
    drawn = "".join(_line(each / high, colour, width) for each, colour, width in lines)
    return (
        f'<svg viewBox="0 0 160 40" aria-hidden="true"><path d="M0 39.5H160" stroke="#8A97A3"/>{drawn}</svg>'
    )


def _line(heights: pd.Series, colour: str, width: int) -> str:
    step = 158 / (len(heights) - 1)
    known = ((place, each) for place, each in enumerate(heights) if not math.isnan(each))
    points = " ".join(f"{1 + place * step:.0f},{39 - 37 * max(each, 0.0):.0f}" for place, each in known)
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        if points
        else ""
    )
