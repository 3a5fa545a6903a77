"""The revenue bridge: how the twelve months before became the last twelve, and what is planned and expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamlib import text
from kamlib.schema import frame_of
from kamlib.show import figure, tables
from kamlib.show.charts import blocks, marks
from kamlib.show.charts.words import bridge_case, part_words, worded
from kamlib.show.page import COLOURS, NOTHING, Bundle, Shown, audience

#: Product groups that a bridge shows at most, and the part of the largest change below which one is not shown alone.
_MOST, _TINY = 5, 0.1

#: Inches that standing bars share.
_WIDE = 7.0

_TOTALS = {"before": "grey", "now": "ink", "budget": "ink", "forecast": "ink"}


@dataclass(frozen=True)
class _Bar:
    """One bar of a bridge: where it starts and ends, what stands below it, and what it is worth."""

    step: str
    name: str
    low: float
    high: float
    worth: str

    @property
    def is_total(self) -> bool:
        return self.step in _TOTALS


def revenue_bridge(steps: Iterable[Any], bundle: Bundle) -> Shown:
    """Draw how the revenue of the twelve months before became that of the last twelve; never for a customer.

    `steps` are those of `measures.bridge`: step, product_group, amount, year.
    """
    rows = frame_of(steps)
    if audience(bundle) == "customer":
        return NOTHING
    if rows.empty:
        return tables.what_to_add(text.t("chart.bridge.empty"), bundle)
    amounts = rows.drop_duplicates("step").set_index("step")["amount"].astype(float)
    if not (amounts.get("before", 0.0) > 0 and isfinite(amounts.get("now", float("nan")))):
        return tables.what_to_add(text.t("chart.bridge.empty"), bundle)
    named = _named(rows, bundle)
    shown = _shown(named)
    bars = _bars(shown)
    floor, most, is_cut = bridge_floor(bars, bundle)
    words = _bridge_words(shown, rows, bundle, is_cut=is_cut)
    cuts = [place for place, bar in enumerate(bars) if bar.is_total and is_cut]
    stands = blocks.fit([bar.name for bar in bars], _WIDE)
    high = 0.27 * len(bars) + 0.25
    sheet = "chart_bridge" if named["price"].isna().all() else "chart_bridge_priced"
    table = tables.numbers(sheet, named, bundle)
    paint = partial(_bridge, bars, (floor, most), cuts)
    wide = figure.Drawing(partial(paint, narrow=False), (7.1, 3.2 if stands else high))
    phone = figure.Drawing(partial(paint, narrow=True), (3.75, high))
    return figure.shown(wide, words, bundle, table=table, phone=phone)


def _ends(bar: _Bar) -> list[float]:
    return [bar.high if bar.low == 0 else bar.low] if bar.is_total else [bar.low, bar.high]


def _named(rows: pd.DataFrame, bundle: Bundle) -> pd.DataFrame:
    """The rows with a name for each: a product group's own, else what the step is."""
    then = bundle.window(12, back=12)
    ends = {"before": text.month(then[1] if then else None), "now": text.month(bundle.facts_through)}
    told = [
        text.t(f"chart.bridge.{step}", day=ends.get(step, ""), year=str(year))
        for step, year in zip(rows["step"], rows["year"], strict=True)
        if step != "group"
    ]
    names = rows["product_group"].astype("object")
    names[rows["step"].ne("group")] = told
    return rows.assign(name=names)


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """The named rows with the small changes added up: the table behind the figure has each of them."""
    groups = rows[rows["step"].eq("group")]
    sizes = groups["amount"].abs().sort_values(ascending=False, kind="stable")
    kept = sizes[sizes >= _TINY * sizes.max()].head(_MOST).index if len(sizes) > 1 else sizes.index
    small = rows["step"].isin(["group", "rest"]) & ~rows.index.isin(kept)
    if small.sum() < 2:
        return rows
    name = text.t("chart.bridge.others", n=int(small.sum()))
    others = pd.DataFrame({"step": ["rest"], "name": [name], "amount": [rows.loc[small, "amount"].sum()]})
    last = int(rows["step"].eq("now").to_numpy().argmax())
    above, below = rows.iloc[:last], rows.iloc[last:]
    return pd.concat([above[~small.iloc[:last]], others, below], ignore_index=True)


def _bars(rows: pd.DataFrame) -> list[_Bar]:
    step, digits = _unit(rows)
    bars, level = [], 0.0
    for row in rows.to_dict("records"):
        is_total = row["step"] in _TOTALS
        start = 0.0 if is_total else level
        level = start + row["amount"]
        worth = text.number(row["amount"] / step, digits, signed=not is_total)
        bars.append(_Bar(row["step"], str(row["name"]), start, level, worth))
    return bars


def _unit(rows: pd.DataFrame) -> tuple[float, int]:
    """Return the unit of the amounts and its decimals: one for all numbers of the figure."""
    largest = rows["amount"].abs().max()
    step = 1e6 if largest >= 2e6 else 1e3 if largest >= 2e3 else 1.0
    return step, 1 if largest / step < 1000 and step > 1 else 0


def _bridge(bars: list[_Bar], ends: tuple[float, float], cuts: list[int], ax: Axes, *, narrow: bool) -> None:
    """Draw the bars from `ends[0]` to `ends[1]`, standing or lying; those at the places `cuts` are broken.

    They lie on a phone, and where a name has no room below a standing bar.
    """
    floor, most = ends
    names = [bar.name for bar in bars]
    lies = narrow or not blocks.fit(names, _WIDE)
    span = most - floor or 1.0
    if lies:
        left = blocks.rows(ax, [figure.short(name, 25 if narrow else 40) for name in names])
        figure.margins(ax, left=left, right=0.42, top=0.05, bottom=0.05)
        ax.set_xlim(floor, most + 0.02 * span)
    else:
        figure.margins(ax, left=0.05, right=0.05, top=0.22, bottom=0.66)
        blocks.columns(ax, names, _WIDE)
        ax.set_ylim(floor, most)
    marks.bare(ax)
    for place, bar in enumerate(bars):
        _put(ax, place, bar, floor, lying=lies)
        if place in cuts:
            blocks.cut(ax, place, floor + 0.1 * span, 0.035 * span, lying=lies)
    joints = [(bar.high, place) for place, bar in enumerate(bars) if bar.step not in ("budget", "forecast")]
    blocks.joints(ax, joints[:-1], lying=lies)


def _put(ax: Axes, place: int, bar: _Bar, floor: float, *, lying: bool) -> None:
    low, high = sorted([max(bar.low, floor) if bar.is_total else bar.low, bar.high])
    tone = _TOTALS.get(bar.step) or ("good" if bar.high >= bar.low else "bad")
    colour = COLOURS[tone]
    is_open = bar.step in ("budget", "forecast")
    fill = COLOURS["paper"] if is_open else colour
    shape = blocks.Block(place, low, high, fill, colour, is_dashed=bar.step == "forecast")
    blocks.block(ax, shape, lying=lying)
    spot = (high, place) if lying else (place, high)
    blocks.worth(ax, spot, bar.worth, COLOURS["ink"] if bar.is_total else colour, lying=lying)


def _bridge_words(shown: pd.DataFrame, rows: pd.DataFrame, bundle: Bundle, *, is_cut: bool) -> figure.Words:
    """Return the words of the bridge: its title is chosen by our limits, its subtitle names only marks that are there."""
    amounts = rows.set_index("step")["amount"]
    before, now = float(amounts["before"]), float(amounts["now"])
    moved = rows[rows["step"].isin(["group", "price"])]
    names = moved["product_group"].fillna(text.t("chart.bridge.price.said"))
    groups = moved.set_index(names)["amount"].astype(float)
    limits = {"flat": bundle.limit("flat_growth_share"), "driver": bundle.limit("chart_driver_share")}
    case = bridge_case(groups, before, now, **limits)
    said, tail = _driver(case, groups, bundle)
    words = worded(
        "bridge",
        case,
        growth=text.percent(abs(now / before - 1), 1),
        moves=text.percent(now / before - 1, 1, signed=True),
        before=text.money(before, bundle.currency),
        now=text.money(now, bundle.currency),
        unit=text.money_unit(bundle.currency, _unit(rows)[0]),
        month=text.month(bundle.facts_through),
        **said,
    )
    drawn = [f"mark.{step}" for step in ("price", "budget", "forecast") if step in amounts] + ["cut"] * is_cut
    told = " ".join([words.subtitle, *(text.t(f"chart.bridge.{mark}") for mark in drawn)])
    steps = f"{words.description} {_told(shown, bundle)}."
    note = text.t("chart.bridge.note.priced") if "price" in amounts else words.note
    return replace(words, title=words.title + tail, subtitle=told, description=steps, note=note)


def _told(shown: pd.DataFrame, bundle: Bundle) -> str:
    steps = shown[~shown["step"].isin(["before", "now"])]
    return "; ".join(
        f"{figure.short(name)} {text.money(amount, bundle.currency, signed=step in ('price', 'group', 'rest'))}"
        for step, name, amount in zip(steps["step"], steps["name"], steps["amount"], strict=True)
    )


def _driver(case: str, groups: pd.Series, bundle: Bundle) -> tuple[dict[str, str], str]:
    """Return who drives the change, and the end of the title: who takes some of it back, by our limits (P21)."""
    if groups.empty:
        return {}, ""
    rises, falls = groups[groups > 0], groups[groups < 0]
    whole = abs(float((falls if case == "down" else rises).sum()))
    first, last = str(groups.idxmax()), str(groups.idxmin())
    group, other = (last, first) if case == "down" else (first, last)
    said = {
        "group": figure.short(group),
        "other": figure.short(other),
        "moved": text.money(groups[group], bundle.currency, signed=True),
        "less": text.money(groups[other], bundle.currency, signed=True),
    }
    if case not in ("up", "down"):
        return said, ""
    is_alone = abs(groups[group]) >= bundle.limit("chart_lead_share") * whole
    said["lead"] = text.t(f"chart.bridge.lead.{case}.{'alone' if is_alone else 'most'}")
    back = abs(groups[other]) / whole if groups[group] * groups[other] < 0 else 0.0
    if back < bundle.limit("chart_back_share"):
        return said, ""
    part = part_words(back, bundle.limit("chart_fractions"))
    return said, text.t(f"chart.bridge.back.{case}", other=said["other"], part=part)


# --- for a document that draws the bridge itself -------------------------------------------------------------


def bridge_bars(steps: Iterable[Any], bundle: Bundle) -> tuple[list[_Bar], float, int]:
    """Return the bars of a bridge, the unit that its numbers are told in, and their decimals."""
    rows = frame_of(steps)
    return (_bars(_shown(_named(rows, bundle))), *_unit(rows))


def bridge_floor(bars: list[_Bar], bundle: Bundle) -> tuple[float, float, bool]:
    """Return where the axis of a bridge begins and ends, and whether it is cut."""
    least, most = (pick([end for bar in bars for end in _ends(bar)]) for pick in (min, max))
    is_cut = 0 < most - least < bundle.limit("chart_cut_share") * least
    return least - 0.45 * (most - least) if is_cut else min(0.0, least), most, is_cut
