"""Figures of one account: what it buys, how its goals go, who its people are."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from kamlib import text
from kamlib.show import figure, tables
from kamlib.show.charts import marks
from kamlib.show.charts.words import all_case, driver_case, growth_case, worded
from kamlib.show.page import COLOURS, NOTHING, Bundle, Shown, audience

_STATES = {"on_track": "accent", "not_due": "accent", "at_risk": "warn", "off_track": "bad"}
_BANDS = {"weak": "bad", "watch": "warn", "strong": "good"}
_LONG_NAME = 40


# --- revenue -----------------------------------------------------------------------------------------------


def revenue_trend(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw revenue by month and its mean over twelve months.

    `rows` are those of `measures.trend`: month, revenue, rolling_12m (missing until twelve months are known).
    """
    if rows.empty or rows["revenue"].isna().all():
        return tables.what_to_add(text.t("chart.trend.empty"), bundle)
    sums = rows["rolling_12m"].dropna()
    now = sums.iloc[-1] if len(sums) else float("nan")
    before = rows["rolling_12m"].iloc[-13] if len(rows) > 12 else float("nan")
    growth = now / before - 1 if before > 0 else float("nan")
    case = growth_case(growth, bundle.limit("growth_flat_share"), known=bool(len(sums)))
    words = worded(
        "trend",
        case,
        growth=text.percent(abs(growth)),
        now=text.money(now, bundle.currency),
        months=len(rows),
    )
    table = tables.numbers("chart_trend", rows, bundle)
    paint = partial(_trend, rows, bundle.currency)
    return figure.shown(paint, words, bundle, table=table, sizes=((7.1, 2.7), (3.75, 2.6)))


def _trend(rows: pd.DataFrame, currency: str, ax: Axes, *, narrow: bool) -> None:
    figure.margins(ax, left=0.42, right=0.3, top=0.24, bottom=0.3)
    places = range(len(rows))
    shades = [COLOURS["accent_soft" if place >= len(rows) - 12 else "line"] for place in places]
    ax.bar(places, rows["revenue"], width=0.72, color=shades)
    ax.plot(places, rows["rolling_12m"] / 12, color=COLOURS["ink"], linewidth=1.8)
    marks.money_axis(ax, currency, float(rows["revenue"].max()))
    step = 6 if narrow else 3
    shown = [place for place in places if (len(rows) - 1 - place) % step == 0]
    ax.set_xticks(shown, [text.month(rows["month"].iloc[place]) for place in shown])
    ax.set_xlim(-0.7, len(rows) - 0.3)


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


# --- goals and health --------------------------------------------------------------------------------------


def goal_progress(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw how far each goal has come against what its path expects by now.

    `rows` are those of `goal_setting.progress`: title, way, expected (shares 0..1), state.
    """
    if rows.empty:
        return tables.what_to_add(text.t("chart.goals.empty"), bundle)
    measured = rows[rows["way"].notna()]
    on_track = int(measured["state"].isin(["on_track", "not_due"]).sum())
    case = all_case(on_track, len(measured))
    counts = {"count": on_track, "measured": len(measured), "goals": len(rows), "n": len(measured)}
    words = worded("goals", case, **counts)
    table = tables.numbers("chart_goals", rows, bundle)
    return figure.shown(partial(_roads, rows), words, bundle, table=table, sizes=marks.bar_sizes(len(rows)))


def _roads(rows: pd.DataFrame, ax: Axes, *, narrow: bool) -> None:
    lane = marks.lanes([str(name) for name in rows["title"]], narrow=narrow, longest=_LONG_NAME)
    figure.margins(ax, left=lane.left, right=0.55, top=0.08, bottom=0.28)
    ways = rows["way"].astype(float).clip(-0.25, 1.0)
    for place, (way, expected, state) in enumerate(zip(ways, rows["expected"], rows["state"], strict=True)):
        colour = COLOURS[_STATES.get(str(state), "muted")]
        ax.barh(place, 1, height=0.3, color=COLOURS["track"], zorder=1)
        if pd.notna(way):
            ax.barh(place, way, height=0.3, color=colour, zorder=2)
        if pd.notna(expected):
            marks.upright(ax, float(expected), place)
        marks.at_end(ax, place, text.percent(rows["way"].iloc[place]), colour=colour)
    marks.bare(ax)
    ax.set_xlim(min(0.0, float(ways.fillna(0.0).min())), 1.0)
    ends = [text.t("chart.goals.start"), text.t("chart.goals.target")]
    ax.set_xticks([0, 1], ends, fontsize=marks.SMALL)
    first, last = ax.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    lane.write(ax)


def health(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw the four sub-states of the relation with their bands, the worst one named.

    `rows` are those of `measures.health`: part, part_score 0..100, band (weak, watch, strong, unknown).
    """
    parts = rows.drop_duplicates("part").dropna(subset=["part_score"])
    if parts.empty:
        return tables.what_to_add(text.t("chart.health.empty"), bundle)
    worst = parts.iloc[int(parts["part_score"].to_numpy().argmin())]
    words = worded(
        "health",
        str(worst["band"]),
        part=text.label("health_part", worst["part"]).lower(),
        score=text.number(worst["part_score"]),
        known=len(parts),
    )
    shown = rows.drop_duplicates("part")
    table = tables.numbers("chart_health", shown, bundle)
    paint = partial(_bands, shown, bundle.limit("health_bands"))
    return figure.shown(paint, words, bundle, table=table, sizes=marks.bar_sizes(len(shown)))


def _bands(parts: pd.DataFrame, edges: list[float], ax: Axes, *, narrow: bool) -> None:
    lane = marks.lanes([text.label("health_part", part) for part in parts["part"]], narrow=narrow)
    figure.margins(ax, left=lane.left, right=0.55, top=0.08, bottom=0.28)
    for low, high, tone in zip([0, *edges], [*edges, 100], ("bad", "warn", "good"), strict=True):
        ax.axvspan(low, high, color=COLOURS[f"{tone}_wash"], linewidth=0, zorder=0)
    for place, (score, band) in enumerate(zip(parts["part_score"], parts["band"], strict=True)):
        colour = COLOURS[_BANDS.get(str(band), "muted")]
        if pd.notna(score):
            ax.barh(place, score, height=0.2 if narrow else 0.26, color=colour, zorder=2)
        marks.at_end(ax, place, text.number(score), colour=colour)
    marks.bare(ax)
    ax.set_xlim(0, 100)
    ax.set_xticks([0, *edges, 100], [text.number(edge) for edge in (0, *edges, 100)], fontsize=marks.SMALL)
    lane.write(ax)


# --- people ------------------------------------------------------------------------------------------------


def influence_map(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw who has influence and where they stand; never for a customer.

    `rows` are those of `relationships.people`: name, influence 1..5, support -2..2, coverage 0..4.
    """
    if audience(bundle) == "customer":
        return NOTHING
    known = rows.assign(name=rows["name"].fillna(rows["title"])).dropna(subset=["influence", "name"]).head(18)
    if known.empty:
        return tables.what_to_add(text.t("chart.people.empty"), bundle)
    strong = known[known["influence"] >= 4]
    for_us = int((strong["support"].fillna(0) > 0).sum())
    unknown = int(strong["support"].isna().sum())
    counts = {"count": for_us, "strong": len(strong), "unknown": unknown, "n": len(strong)}
    words = worded("people", all_case(for_us, len(strong)), **counts)
    table = tables.numbers("chart_people", known, bundle)
    return figure.shown(partial(_people, known), words, bundle, table=table, sizes=((7.1, 3.7), (3.75, 4.2)))


_STANCES = (
    (-3.75, -2.6, "unknown", "wash"),
    (-2.6, -0.5, "against", "bad_wash"),
    (-0.5, 0.5, "neutral", "paper"),
    (0.5, 2.6, "for_us", "good_wash"),
)


def _people(people: pd.DataFrame, ax: Axes, *, narrow: bool) -> None:
    figure.margins(ax, left=0.3, right=0.08, top=0.28, bottom=0.08)
    ax.set_xlim(-3.75, 2.6)
    ax.set_ylim(0.4, 5.6)
    for low, high, stance, ground in _STANCES:
        ax.axvspan(low, high, color=COLOURS[ground], alpha=0.6, linewidth=0)
        words = text.t(f"chart.people.{stance}")
        ax.text((low + high) / 2, 5.68, words, fontsize=8.2, color=COLOURS["muted"], ha="center", va="bottom")
    ax.set_ylabel(text.t("chart.people.influence"), loc="top")
    marks.bare(ax, "left")
    placed = _spread(people, narrow=narrow)
    for mark, coverage in zip(placed, people["coverage"].fillna(0), strict=True):
        marks.dot(ax, mark, ("accent" if coverage >= 3 else "paper", "accent"))
    marks.label(ax, placed)


def _spread(people: pd.DataFrame, *, narrow: bool) -> list[marks.Mark]:
    """Return one mark per person; those who stand on the same spot are set below each other."""
    stance = people["support"].astype("Float64").fillna(-3.2).astype(float)
    spots = pd.DataFrame({"x": stance, "y": people["influence"].astype(float)})
    order = spots.groupby(["x", "y"]).cumcount()
    alike = spots.groupby(["x", "y"])["x"].transform("size")
    heights = spots["y"] + ((alike - 1) / 2 - order) * 0.3
    names = [figure.short(str(name), 14 if narrow else 24) for name in people["name"]]
    return [marks.Mark(x, y, 0.075, name) for x, y, name in zip(spots["x"], heights, names, strict=True)]
