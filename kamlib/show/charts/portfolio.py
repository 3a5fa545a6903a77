"""Figures of the whole portfolio: how concentrated it is, who is chosen, how sure that is, what it earns."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamlib import text
from kamlib.show import figure, tables
from kamlib.show.charts import marks
from kamlib.show.charts.words import all_case, apart_case, concentration_case, worded
from kamlib.show.page import COLOURS, Bundle, Shown

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
    words = worded("concentration", case, count=few, customers=len(ranked), share=share, part=part)
    table = tables.numbers("chart_concentration", ranked, bundle)
    mark = text.t("chart.concentration.mark", count=few, share=share)
    return figure.shown(partial(_curve, shares, few, mark), words, bundle, table=table, sizes=_CURVE)


def _curve(shares: np.ndarray, few: int, mark: str, ax: Axes, *, narrow: bool) -> None:
    figure.margins(ax, left=0.45, right=0.2, top=0.12, bottom=0.5)
    last = len(shares) - 1
    ax.fill_between(range(few + 1), shares[: few + 1], color=COLOURS["accent_wash"], linewidth=0)
    ax.plot(range(last + 1), shares, color=COLOURS["accent"], zorder=3)
    ax.plot([0, last], [0, 1], color=COLOURS["soft"], linewidth=0.8, linestyle=(0, (4, 3)))
    ax.plot([few, few, 0], [0, shares[few], shares[few]], color=COLOURS["ink"], linewidth=0.7, zorder=2)
    ax.plot([few], [shares[few]], "o", color=COLOURS["ink"], markersize=6, zorder=4)
    to_the_right = few < last * (0.4 if narrow else 0.55)
    away, side = ((9, -9), "left") if to_the_right else ((-9, 6), "right")
    spot = (few, shares[few])
    ax.annotate(mark, spot, away, textcoords="offset points", ha=side, va="top", fontweight=600)
    _share_axes(ax, last, [0, 0.2, 0.4, 0.6, 0.8, 1.0])
    ax.set_ylim(0, 1.03)


def _share_axes(ax: Axes, customers: int, ticks: list[float]) -> None:
    ax.set_xlim(0, customers)
    ax.set_yticks(ticks, [text.percent(share) for share in ticks])
    ax.grid(axis="y")
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(text.t("chart.customers"), loc="right")


def _ranked(rows: pd.DataFrame, amount: str) -> pd.DataFrame:
    known = rows.dropna(subset=[amount]).sort_values(amount, ascending=False, ignore_index=True)
    together = known[amount].cumsum()
    share = together / known[amount].sum()
    return known.assign(place=range(1, len(known) + 1), together=together, together_share=share)


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
    return figure.shown(partial(_back, sums, peak), words, bundle, table=table, sizes=_CURVE)


def _back(sums: np.ndarray, peak: int, ax: Axes, *, narrow: bool) -> None:  # noqa: ARG001
    figure.margins(ax, left=0.5, right=0.2, top=0.22, bottom=0.5)
    ax.axhline(1, color=COLOURS["soft"], linewidth=0.8, linestyle=(0, (4, 3)))
    ax.plot(range(peak + 1), sums[: peak + 1], color=COLOURS["accent"])
    ax.plot(range(peak, len(sums)), sums[peak:], color=COLOURS["bad"])
    ax.plot([peak], [sums[peak]], "o", color=COLOURS["ink"], markersize=6)
    top, spot = text.percent(sums[peak]), (peak, sums[peak])
    side = "right" if peak > 0.8 * (len(sums) - 1) else "center"
    ax.annotate(top, spot, (0, 7), textcoords="offset points", ha=side, fontweight=600)
    _share_axes(ax, len(sums) - 1, [0, 0.5, 1.0])
    ax.set_ylim(min(0.0, float(sums.min())), float(sums.max()) * 1.1)


# --- the choice --------------------------------------------------------------------------------------------

#: How sure a place is -> fill and edge: filled, ring or grey, told apart without colour too.
_SURENESS = {
    "robust_in": ("accent", "accent"),
    "contested": ("paper", "warn"),
    "robust_out": ("line", "grey"),
}
_UNSURE = ("paper", "grey")


def account_matrix(segments: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw attractiveness against our position, high strength to the right (P18).

    `segments`: one row per customer with `account_id`, `attractiveness` and `our_position` on the scale 1-5,
    `verdict` (robust_in, contested, robust_out), `is_key`; key accounts and contested ones are shown.
    """
    known = segments.dropna(subset=["attractiveness", "our_position"])
    is_near = known["is_key"].fillna(value=False).astype(bool) | known["verdict"].isin(
        ["robust_in", "contested"]
    )
    chosen = known[is_near].head(SHOWN).reset_index(drop=True)
    if chosen.empty:
        return tables.what_to_add(text.t("chart.matrix.empty"), bundle)
    cut = bundle.limit("matrix_cut_score")
    both = int(((chosen["attractiveness"] >= cut) & (chosen["our_position"] >= cut)).sum())
    unknown = len(segments) - len(known)
    words = worded(
        "matrix", all_case(both, len(chosen)), count=both, of=len(chosen), unknown=unknown, n=len(chosen)
    )
    table = tables.numbers("chart_matrix", chosen, bundle)
    paint = partial(_matrix, chosen.assign(name=tables.names(chosen["account_id"], bundle)), cut)
    return figure.shown(paint, words, bundle, table=table, sizes=((7.1, 4.3), (3.75, 4.2)))


def _matrix(chosen: pd.DataFrame, cut: float, ax: Axes, *, narrow: bool) -> None:
    figure.margins(ax, left=0.28, right=0.08, top=0.1, bottom=0.3)
    ax.set_xlim(0.7, 5.3)
    ax.set_ylim(0.7, 5.3)
    best = Rectangle((cut, cut), 5.3 - cut, 5.3 - cut, facecolor=COLOURS["accent_wash"], alpha=0.6, zorder=0)
    ax.add_patch(best)
    ax.axhline(cut, color=COLOURS["line"], linewidth=1, zorder=0.5)
    ax.axvline(cut, color=COLOURS["line"], linewidth=1, zorder=0.5)
    marks.bare(ax, "left", "bottom")
    ax.set_xlabel(text.t("chart.matrix.position"), loc="right")
    ax.set_ylabel(text.t("chart.matrix.attractiveness"), loc="top")
    placed = _spots(chosen, 16 if narrow else 24)
    for mark, verdict in zip(placed, chosen["verdict"], strict=True):
        marks.dot(ax, mark, _SURENESS.get(str(verdict), _UNSURE))
    marks.label(ax, placed, kept_free=_corners(ax))


def _corners(ax: Axes) -> list[marks.Box]:
    """Name the four fields in their corners; return the room that the names take."""
    corners = (
        (0.99, 0.99, "strategic"),
        (0.01, 0.99, "star"),
        (0.99, 0.01, "status"),
        (0.01, 0.01, "streamline"),
    )
    return [marks.corner(ax, x, y, text.label("quadrant", code)) for x, y, code in corners]


def _spots(chosen: pd.DataFrame, longest: int) -> list[marks.Mark]:
    """Return one mark per customer; those who share a place are set in a small circle around it."""
    x, y = chosen["our_position"].astype(float), chosen["attractiveness"].astype(float)
    order = chosen.groupby([x, y]).cumcount()
    alike = chosen.groupby([x, y])["account_id"].transform("size")
    angle = 2 * np.pi * order / alike + np.pi / 4
    spread = np.where(alike > 1, 0.09 + 0.035 * alike, 0.0)
    places = zip(x + spread * np.cos(angle), y + spread * np.sin(angle), strict=True)
    named = zip(places, chosen["name"], chosen["is_key"].fillna(value=False), strict=True)
    return [
        marks.Mark(*place, 0.07, figure.short(name, longest), bool(is_key)) for place, name, is_key in named
    ]


def acceptability(segments: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw in how many of the reasonable weightings each customer is among the chosen (S1.6).

    `segments`: one row per customer with `account_id`, `acceptability` 0..1 and `verdict`; those that are never
    among the chosen are left out.
    """
    known = segments.dropna(subset=["acceptability"])
    known = known.sort_values("acceptability", ascending=False, kind="stable", ignore_index=True)
    shown = known[known["acceptability"] > 0].head(SHOWN)
    if shown.empty:
        return tables.what_to_add(text.t("chart.acceptability.empty"), bundle)
    safe, contested = (int(known["verdict"].eq(verdict).sum()) for verdict in ("robust_in", "contested"))
    words = worded("acceptability", "some" if contested else "all", safe=safe, contested=contested, n=safe)
    table = tables.numbers("chart_acceptability", shown, bundle)
    limits = [bundle.limit("robust_out_share"), bundle.limit("robust_in_share")]
    paint = partial(_shares, shown.assign(name=tables.names(shown["account_id"], bundle)), limits)
    return figure.shown(paint, words, bundle, table=table, sizes=marks.bar_sizes(len(shown)))


def _shares(shown: pd.DataFrame, limits: list[float], ax: Axes, *, narrow: bool) -> None:
    lane = marks.lanes(list(shown["name"]), narrow=narrow)
    figure.margins(ax, left=lane.left, right=0.55, top=0.08, bottom=0.28)
    for place, (share, verdict) in enumerate(zip(shown["acceptability"], shown["verdict"], strict=True)):
        fill, edge = (COLOURS[part] for part in _SURENESS.get(str(verdict), _UNSURE))
        high = 0.26 if narrow else 0.4
        ax.barh(place, share, height=high, facecolor=fill, edgecolor=edge, linewidth=1.1, zorder=2)
        marks.at_end(ax, place, text.percent(share))
    marks.bare(ax)
    ax.set_xlim(0, 1)
    for limit in limits:
        ax.axvline(limit, color=COLOURS["soft"], linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    ax.set_xticks(limits, [text.percent(limit) for limit in limits], fontsize=marks.SMALL)
    lane.write(ax)


# --- growth ------------------------------------------------------------------------------------------------


def portfolio_growth(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw the growth of the key accounts against that of all other customers (P19).

    `rows` are those of `steering.growth`: customers (key, others), now, before, growth_share.
    """
    growth = rows.set_index("customers")["growth_share"].reindex(["key", "others"]).astype(float)
    if growth.isna().any():
        return tables.what_to_add(text.t("chart.growth.empty"), bundle)
    apart = growth["key"] - growth["others"]
    words = worded(
        "growth",
        apart_case(apart, bundle.limit("chart_same_growth_share")),
        chosen=text.percent(growth["key"], 1, signed=True),
        others=text.percent(growth["others"], 1, signed=True),
        apart=text.points(abs(apart), 1).lstrip("+"),
    )
    table = tables.numbers("chart_growth", rows, bundle)
    sizes = marks.bar_sizes(2, extra=0.15)
    return figure.shown(partial(_growth, growth), words, bundle, table=table, sizes=sizes)


def _growth(growth: pd.Series, ax: Axes, *, narrow: bool) -> None:
    lane = marks.lanes([text.label("customers", group) for group in growth.index], narrow=narrow)
    figure.margins(ax, left=lane.left, right=0.75, top=0.08, bottom=0.1)
    ax.barh(range(2), growth, height=0.34, color=[COLOURS["accent"], COLOURS["grey"]])
    for place, share in enumerate(growth):
        marks.at_end(ax, place, text.percent(share, 1, signed=True))
    marks.bare(ax)
    ax.axvline(0, color=COLOURS["soft"], linewidth=0.8)
    ax.set_xlim(min(0.0, growth.min()), max(0.0, growth.max()) or 0.01)
    lane.write(ax)
