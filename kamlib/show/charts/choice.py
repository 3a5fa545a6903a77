"""Figures of the choice: who is chosen, what the points are made of, and whether the choice holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from kamlib import text
from kamlib.show import cells, figure, tables
from kamlib.show.charts import bars, marks
from kamlib.show.charts.words import all_case, spread_case, worded
from kamlib.show.page import COLOURS, Bundle, Shown, escape

#: More customers than this do not find room in a figure; the rest stands in the notebook's table.
SHOWN = 24

# --- the matrix and how sure each place is -------------------------------------------------------------------

#: How sure a place is -> fill and edge: filled, ring or grey, told apart without colour too.
_SURENESS = {
    "robust_in": ("accent", "accent"),
    "contested": ("paper", "warn"),
    "robust_out": ("line", "grey"),
}
_UNSURE = ("paper", "grey")


def account_matrix(segments: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw attractiveness against our position, high strength to the right, as bubbles by revenue (P18).

    `segments`: one row per customer with `account_id`, `attractiveness` and `our_position` on the scale 1-5,
    `revenue_12m`, `verdict` (robust_in, contested, robust_out), `is_key`; key accounts and contested ones are shown.
    """
    rated = segments.dropna(subset=["attractiveness", "our_position"])
    is_close = rated["verdict"].isin(["robust_in", "contested"])
    is_near = rated["is_key"].fillna(value=False).astype(bool) | is_close
    chosen = rated[is_near].head(SHOWN).reset_index(drop=True)
    if chosen.empty:
        return tables.what_to_add(text.t("chart.matrix.empty"), bundle)
    cut = bundle.limit("matrix_cut_score")
    both = int(((chosen["attractiveness"] >= cut) & (chosen["our_position"] >= cut)).sum())
    unknown = len(segments) - len(rated)
    words = worded(
        "matrix", all_case(both, len(chosen)), count=both, of=len(chosen), unknown=unknown, n=len(chosen)
    )
    table = tables.numbers("chart_matrix", chosen, bundle)
    named = chosen.assign(name=tables.names(chosen["account_id"], bundle))
    wide = figure.Drawing(partial(_matrix, named, cut, narrow=False), (7.1, 4.3))
    phone = figure.Drawing(partial(_matrix, named, cut, narrow=True), (3.75, 4.2))
    return figure.shown(wide, words, bundle, table=table, phone=phone)


def _matrix(chosen: pd.DataFrame, cut: float, ax: Axes, *, narrow: bool) -> None:
    figure.margins(ax, left=0.38, right=0.08, top=0.1, bottom=0.45)
    left, low = (_from(chosen[axis], cut) for axis in ("our_position", "attractiveness"))
    ax.set_xlim(left, 5.3)
    ax.set_ylim(low, 5.3)
    best = Rectangle((cut, cut), 5.3 - cut, 5.3 - cut, facecolor=COLOURS["accent_wash"], alpha=0.6, zorder=0)
    ax.add_patch(best)
    ax.axhline(cut, color=COLOURS["line"], linewidth=1, zorder=0.5)
    ax.axvline(cut, color=COLOURS["line"], linewidth=1, zorder=0.5)
    marks.bare(ax, "left", "bottom")
    ax.set_xticks(range(math.ceil(left), 6))
    ax.set_yticks(range(math.ceil(low), 6))
    ax.set_xlabel(text.t("chart.matrix.position"), loc="right")
    ax.set_ylabel(text.t("chart.matrix.attractiveness"), loc="top")
    names = _brief(list(chosen["name"])) if narrow else list(chosen["name"])
    largest, longest = (0.13, 16) if narrow else (0.2, 24)
    placed = _spots(chosen.assign(name=names, radius=_radii(chosen["revenue_12m"], largest)), longest)
    shown = zip(placed, chosen["verdict"], strict=True)
    for mark, verdict in sorted(shown, key=lambda each: -each[0].radius):  # a small one is never hidden
        marks.dot(ax, mark, _SURENESS.get(str(verdict), _UNSURE))
    marks.label(ax, placed, kept_free=_corners(ax))


def _radii(revenue: pd.Series, largest: float) -> pd.Series:
    """Return the radius of each bubble in inches: its area is the revenue; a small dot where that is little or unknown."""
    sold = revenue.astype("float64").fillna(0).clip(lower=0)
    return (largest * (sold / (sold.max() or 1)) ** 0.5).clip(lower=0.06)


def _from(scores: pd.Series, cut: float) -> float:
    """Return where an axis begins: half a step below the lowest customer and the cut, never below the scale."""
    return max(0.7, min(float(scores.min()), cut) - 0.55)


def _corners(ax: Axes) -> list[marks.Box]:
    """Name the four fields in their corners; return the room that the names take."""
    corners = {
        "strategic": (0.99, 0.99),
        "star": (0.01, 0.99),
        "status": (0.99, 0.01),
        "streamline": (0.01, 0.01),
    }
    return [marks.corner(ax, x, y, text.label("quadrant", code)) for code, (x, y) in corners.items()]


def _brief(names: list[str]) -> list[str]:
    """Return the first word of each name where no other begins alike: a phone has no room for more."""
    first = [name.split(maxsplit=1)[0] if name.split() else name for name in names]
    return [each if first.count(each) == 1 else name for each, name in zip(first, names, strict=True)]


def _spots(chosen: pd.DataFrame, longest: int) -> list[marks.Mark]:
    """Return one mark per customer; those who share a place are set in a small circle around it."""
    x, y = chosen["our_position"].astype(float), chosen["attractiveness"].astype(float)
    order = chosen.groupby([x, y]).cumcount()
    alike = chosen.groupby([x, y])["account_id"].transform("size")
    angle = 2 * np.pi * order / alike + np.pi / 4
    spread = np.where(alike > 1, 0.09 + 0.035 * alike, 0.0)
    places = zip(x + spread * np.cos(angle), y + spread * np.sin(angle), strict=True)
    is_key = chosen["is_key"].fillna(value=False)
    names = [figure.short(name, longest) for name in chosen["name"]]
    named = zip(places, chosen["radius"], names, is_key, strict=True)
    return [marks.Mark(*place, radius, name, bool(key)) for place, radius, name, key in named]


def acceptability(segments: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw in how many of the reasonable weightings each customer is among the chosen (S1.6).

    `segments`: one row per customer with `account_id`, `acceptability` 0..1 and `verdict`; those that are never
    among the chosen are left out.
    """
    compared = segments.dropna(subset=["acceptability"])
    compared = compared.sort_values("acceptability", ascending=False, kind="stable", ignore_index=True)
    shown = compared[compared["acceptability"] > 0].head(SHOWN)
    if shown.empty:
        return tables.what_to_add(text.t("chart.acceptability.empty"), bundle)
    safe, contested = (int(compared["verdict"].eq(verdict).sum()) for verdict in ("robust_in", "contested"))
    limits = [bundle.limit("robust_out_share"), bundle.limit("robust_in_share")]
    low, high = (text.percent(limit) for limit in limits)
    values = {"safe": safe, "contested": contested, "n": safe, "low": low, "high": high}
    words = worded("acceptability", "some" if contested else "all", **values)
    names = tables.names(shown["account_id"], bundle)
    named = zip(names, shown["acceptability"], shown["verdict"], strict=True)
    rows = [
        bars.Bar(name, [bars.Part(0, share, _LOOKS.get(str(verdict), "pale"))], _sure(share, verdict))
        for name, share, verdict in named
    ]
    return figure.laid(bars.listed(rows, lines=limits, wide_end=True), words, bundle)


_LOOKS = {"robust_in": "accent", "contested": "ring"}


def _sure(share: float, verdict: object) -> str:
    return f"{text.percent(share)} {text.label('verdict', verdict)}"


# --- what the points are made of ---------------------------------------------------------------------------

#: Look of each criterion, in the order of the weights.
_PARTS = ("accent", "soft", "grey", "line", "wash")
#: A part narrower than this many points has no room for its number.
_ROOM = 6.0


def contributions(points: pd.DataFrame, bundle: Bundle, *, places: int = 0) -> Shown:
    """Draw what every criterion brings to each customer's points, the highest score on top.

    `points` are those of `segmentation.points`: account_id, name, one column of points per criterion, score. A line
    stands below the last of `places`.
    """
    scored = points.dropna(subset=["score"]).head(SHOWN).reset_index(drop=True)
    criteria = [each for each in scored.columns if each not in ("account_id", "name", "score")]
    parts = scored[criteria].dropna(axis=1, how="all").astype(float)
    if parts.empty:
        return tables.what_to_add(text.t("chart.contributions.empty"), bundle)
    apart = parts.max() - parts.min()
    lead = apart.idxmax() if len(parts) > 1 else parts.iloc[0].idxmax()
    named = text.t(f"chart.criterion.{lead}")
    words = worded(
        "contributions",
        spread_case(apart, len(parts), bundle.limit("chart_same_points")),
        criterion=named,
        first=figure.capital(named),
        low=text.number(parts[lead].min()),
        high=text.number(parts[lead].max()),
        name=str(scored["name"].iloc[0]),
        best=text.number(scored["score"].max()),
        last=text.number(scored["score"].min()),
        customers=len(scored),
        n=len(scored),
    )
    looks = [_PARTS[place % len(_PARTS)] for place in range(parts.shape[1])]
    labels = [text.label("criterion", criterion) for criterion in parts]
    names = tables.names(scored["account_id"], bundle)
    rows = [
        bars.Bar(name, list(_pieces(mine, looks)), text.number(sum(mine)), _heard(labels, mine))
        for name, mine in zip(names, parts.fillna(0.0).to_numpy(), strict=True)
    ]
    inside = bars.key(zip(looks, labels, strict=True)) + bars.listed(rows, cut=places)
    table = tables.numbers("chart_contributions", points.reindex(columns=_POINTS), bundle)
    return figure.laid(inside, words, bundle, table=table)


_POINTS = [
    "account_id", "strategic_importance", "willingness_to_partner", "internal_complexity", "business_risk",
    "our_position", "score",
]  # fmt: skip


def _pieces(points: np.ndarray, looks: list[str]) -> Iterable[bars.Part]:
    start = 0.0
    for each, look in zip(points, looks, strict=True):
        yield bars.Part(start / 100, (start + each) / 100, look, text.number(each) if each >= _ROOM else "")
        start += float(each)


def _heard(named: list[str], points: np.ndarray) -> str:
    parts_heard = ", ".join(f"{name} {text.number(each)}" for name, each in zip(named, points, strict=True))
    return f"{parts_heard}; "


# --- what one weight does ----------------------------------------------------------------------------------


def sensitivity(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw under which weight of each criterion the customers near the cut have a place.

    `rows` are those of `segmentation.sensitivity`: one per customer and criterion with `weight`, `least`, `most` and
    `spans`. The title names the smallest reasonable change of one weight that moves somebody.
    """
    if rows.empty:
        return tables.what_to_add(text.t("chart.sensitivity.empty"), bundle)
    customers = rows["account_id"].nunique()
    moved = len({tip["account_id"] for tip in _tips(rows)})
    case, values = _first_tip(rows)
    words = worded("sensitivity", case, count=moved, customers=customers, n=customers, **values)
    return figure.laid(_windows(rows, bundle), words, bundle)


def _tips(rows: pd.DataFrame) -> Iterable[dict[Any, Any]]:
    """Yield each reasonable weight at which a customer comes in or goes out."""
    for row in rows.to_dict("records"):
        for end in {end for span in row["spans"] for end in span} - {0.0, 1.0}:
            if row["least"] - 1e-9 <= end <= row["most"] + 1e-9:
                yield {**row, "end": end, "change": abs(end - row["weight"])}


def first_tip(rows: pd.DataFrame) -> dict[str, str]:
    """Return the title of `sensitivity` as a sentence (key and values); nothing without rows."""
    if rows.empty:
        return {}
    case, values = _first_tip(rows)
    return {"key": f"chart.sensitivity.title.{case}", **values}


def _first_tip(rows: pd.DataFrame) -> tuple[str, dict[str, str]]:
    """Return the case of the title (who comes in, goes out or gives place, when a weight is more or less) and its words."""
    tips = sorted(_tips(rows), key=lambda tip: round(tip["change"], 9))
    if not tips:
        return "holds", {}
    first = tips[0]
    # At one and the same weight one customer may go out and another come in: they change places.
    alike = [tip for tip in tips if tip["criterion"] == first["criterion"]]
    same = [tip for tip in alike if abs(tip["end"] - first["end"]) < 1e-9]
    names = {bool(tip["has_place"]): str(tip["name"]) for tip in reversed(same)}
    step = "swap" if len(names) > 1 else "out" if first["has_place"] else "in"
    more = first["end"] > first["weight"]
    at = math.ceil(round(first["end"] * 100, 6)) if more else math.floor(round(first["end"] * 100, 6))
    values = {"name": names.get(True, str(first["name"])), "other": names.get(False, "")}
    values |= {"criterion": text.t(f"chart.criterion.{first['criterion']}"), "at": text.percent(at / 100)}
    return f"{step}_{'more' if more else 'less'}", values


def _windows(rows: pd.DataFrame, bundle: Bundle) -> str:
    """Return a table, customers by criteria: where each has a place as a bar and in words."""
    criteria = rows.drop_duplicates("criterion")
    heads = [text.t("chart.sensitivity.customer"), *(_head(each) for each in criteria.to_dict("records"))]
    caption = text.t("chart.sensitivity.caption")
    customers = [each for _, each in rows.groupby("place", sort=True)]
    last = sum(bool(each["has_place"].iloc[0]) for each in customers)
    body = "".join(
        _window_row(each, bundle, cut=0 < place == last < len(customers))
        for place, each in enumerate(customers, start=1)
    )
    above = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return cells.boxed(caption, above, body, name="kam-windows")


def _head(first: Mapping[Any, Any]) -> str:
    weighs = text.t(
        "chart.sensitivity.weighs",
        weight=text.percent(first["weight"]),
        least=text.number(first["least"] * 100),
        most=text.percent(first["most"]),
    )
    return f'{escape(figure.capital(text.label("criterion", first["criterion"])))}<br><span class="kam-sub">{escape(weighs)}</span>'


def _window_row(mine: pd.DataFrame, bundle: Bundle, *, cut: bool) -> str:
    first = mine.iloc[0]
    name = f"{first['place']}. {tables.names([first['account_id']], bundle)[0]}"
    windows = "".join(_window(row) for row in mine.to_dict("records"))
    below = ' class="kam-cut"' if cut else ""
    return f'<tr{below}><th scope="row">{escape(name)}</th>{windows}</tr>'


def _window(row: Mapping[Any, Any]) -> str:
    """One cell: reasonable weights as a band, where the customer has a place as a bar, the weight in force as a line."""
    band = bars.Part(row["least"], row["most"], "band")
    spans = [bars.Part(low, high) for low, high in row["spans"]]
    drawn = bars.track([band, *spans], [row["weight"]])
    return f'<td>{drawn}<span class="kam-sub">{escape(_in_words(row["spans"]))}</span></td>'


def _in_words(spans: list[tuple[float, float]]) -> str:
    """Say between which weights there is a place: `0-31 %`, always, or never."""
    if not spans or spans == [(0.0, 1.0)]:
        return text.t(f"chart.sensitivity.{'always' if spans else 'never'}")
    return text.listed(f"{text.number(low * 100)}\N{EN DASH}{text.percent(high)}" for low, high in spans)
