"""Figures of the plan: the road ahead and the customer's journey."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamlib import text
from kamlib.schema import Result
from kamlib.show import figure, tables
from kamlib.show.charts import bars, marks
from kamlib.show.charts.words import all_case, worded
from kamlib.show.page import COLOURS, Bundle, Shown, audience

#: Rows of the road at most, and its days before and after today.
_ROWS, _BACK, _AHEAD = 14, 120, 366


def _key(name: str, bundle: Bundle) -> str:
    """Return the name of a figure's words: the customer's edition has its own."""
    return f"{name}_customer" if audience(bundle) == "customer" else name


# --- the road ahead ----------------------------------------------------------------------------------------

#: Kind of a milestone -> its sign; what is late has a sign of its own.
_SIGNS = {
    "promise": "\N{BLACK DIAMOND}",
    "meeting": "\N{BLACK CIRCLE}",
    "goal": "\N{BLACK UP-POINTING TRIANGLE}",
}
_END, _LATE = "\N{BLACK SQUARE}", "\N{MULTIPLICATION SIGN}"


def roadmap(answer: Result[Any], bundle: Bundle) -> Shown:
    """Lay out work and milestones of the coming twelve months, what is late marked by word and sign.

    `answer` holds the rows of `planning.road`: kind, title, starts_on, ends_on, days_late; the first to end on top.
    """
    rows = answer.frame()
    today = pd.Timestamp(bundle.as_of)
    dated = rows.dropna(subset=["ends_on"])
    near = dated[dated["ends_on"] <= today + pd.Timedelta(days=_AHEAD)].reset_index(drop=True)
    if near.empty:
        return tables.what_to_add(text.t("chart.roadmap.empty"), bundle)
    late = near[near["days_late"].fillna(0) > 0]
    first = (late if len(late) else near).iloc[0]
    days = 0 if late.empty else int(late["days_late"].max())
    told = {"title": str(first["title"]), "day": text.day(first["ends_on"]), "days": days, "n": len(late)}
    left_out = {"undated": len(rows) - len(dated), "further": len(dated) - len(near.head(_ROWS))}
    case = "late" if len(late) else "clear"
    words = worded(_key("roadmap", bundle), case, count=len(late), of=len(near), **told, **left_out)
    table = tables.numbers("chart_roadmap", near, bundle)
    return figure.laid(_road(near.head(_ROWS), today), words, bundle, table=table)


def _road(rows: pd.DataFrame, today: pd.Timestamp) -> str:
    starts, ends = ((rows[name] - today).dt.days.astype("float64") for name in ("starts_on", "ends_on"))
    first = max(-float(_BACK), min(-20.0, float(ends.min()) - 10))
    span = max(60.0, float(ends.max()) + 14) - first
    places = [(each - first) / span for each in (starts, ends)]
    shares = zip(*places, strict=True)
    steps = [_step(row, share) for row, share in zip(rows.to_dict("records"), shares, strict=True)]
    months = pd.date_range(today + pd.Timedelta(days=first), periods=int(span), freq="D")
    ticks = [day for day in months if day.day == 1 and (day.month - 1) % (3 if span > 200 else 2) == 0]
    axis = bars.track(
        bars.Part(at, at, "tick", text.month(day))
        for day in ticks
        if 0.1 < (at := ((day - today).days - first) / span) < 0.9  # a phone cuts what stands nearer the edge
    )
    listed = bars.listed(steps, lines=[-first / span]).removesuffix("</ul>")
    return f'<div class="kam-road">{listed}<li class="kam-axis" aria-hidden="true"><span></span>{axis}<span></span></li></ul></div>'


def _step(row: Mapping[Hashable, Any], share: tuple[float, float]) -> bars.Bar:
    start, end = share
    late = 0 if text.is_missing(row["days_late"]) else int(row["days_late"])
    sign = _LATE if late else _SIGNS.get(str(row["kind"]), _END)
    run = [bars.Part(start, end, "late" if late else "soft")] if start < end else []
    point = bars.Part(end, end, "point-late" if late else "point", sign)
    when = text.t("chart.roadmap.late", n=late) if late else text.day(row["ends_on"])
    heard = text.label("step_kind", row["kind"])
    return bars.Bar(figure.short(str(row["title"]), 70), [*run, point], when, f"{heard}, ")


# --- the customer's journey --------------------------------------------------------------------------------


def journey(answer: Result[Any], bundle: Bundle) -> Shown:
    """Draw the customer's score of each step of their journey, with the table of what is done about it below.

    `answer` holds the rows of `planning.journey`: step, title, score 1..5, answers, state, is_moment_of_truth, is_pain.
    """
    rows = answer.frame()
    known = rows.dropna(subset=["score"])
    limits = {"pain": bundle.limit("pain_score"), "moment": bundle.limit("pain_score_moment")}
    table_below = tables.sheet("journey", rows, bundle, **limits)
    if known.empty:
        return table_below
    pains = known[known["is_pain"]]
    worst = known.iloc[int(known["score"].astype(float).to_numpy().argmin())]
    case = all_case(len(pains), len(known))
    told = {"title": str(worst["title"]), "score": text.number(worst["score"]), "n": len(pains)}
    moments = int(pains["is_moment_of_truth"].fillna(value=False).sum())
    counts = {"count": len(pains), "steps": len(known), "moments": moments}
    words = worded(_key("journey", bundle), case, **told, **counts)
    moment = rows["is_moment_of_truth"].fillna(value=False).astype(bool)
    shown = rows.assign(is_moment_of_truth=moment).head(_ROWS).reset_index(drop=True)
    table = tables.numbers("chart_journey", rows, bundle)
    drawing = figure.Drawing(partial(_journey, shown), (4.0, 0.8 * len(shown) + 0.4))
    drawn = figure.shown(drawing, words, bundle, table=table)
    return tables.together(drawn, table_below)


def _journey(rows: pd.DataFrame, ax: Axes) -> None:
    names = [figure.short(str(title), 42) for title in rows["title"]]
    figure.margins(ax, left=0.1, right=0.1, top=0.08, bottom=0.28)
    scores = rows["score"].astype("Float64").to_numpy(dtype=float, na_value=float("nan"))
    ax.plot(scores, range(len(rows)), color=COLOURS["accent_soft"], linewidth=1.6, zorder=2)
    for place, (row, name, score) in enumerate(zip(rows.itertuples(), names, scores, strict=True)):
        is_pain = bool(row.is_pain)
        tone = "bad" if is_pain else "accent"
        if pd.notna(score):
            sign = "D" if row.is_moment_of_truth else "o"
            ax.plot(score, place, sign, markersize=8, color=COLOURS[tone], zorder=4)
        asked = str(row.answers or text.t("chart.journey.not_asked"))
        words = (name, asked, _friction(row, is_pain=is_pain))
        _step_words(ax, place, words, "bad_ink" if is_pain else "muted")
    marks.bare(ax)
    ax.set_xlim(0.7, 5.3)
    ax.set_ylim(len(rows) - 0.5, -0.62)
    ax.set_xticks(range(1, 6), [text.number(step) for step in range(1, 6)], fontsize=marks.SMALL)
    ax.grid(axis="x")


def _friction(row: Any, *, is_pain: bool) -> str:
    told = "" if text.is_missing(row.state) else str(row.state)
    if is_pain:
        return text.t("chart.journey.chafes", state=told) if told else text.t("chart.journey.chafes_only")
    return told


def _step_words(ax: Axes, place: int, words: tuple[str, str, str], tone: str) -> None:
    """Write a step's name and how many answered above the line, what chafes below it."""
    name, asked, told = words
    dots = " \N{HORIZONTAL ELLIPSIS}"
    lines = "\n".join(textwrap.wrap(figure.short(told, 150), 60, max_lines=2, placeholder=dots))
    across: dict[str, Any] = {
        "xycoords": ax.get_yaxis_transform(),
        "textcoords": "offset points",
        "zorder": 5,
        "bbox": {"facecolor": COLOURS["paper"], "linewidth": 0, "pad": 0.6},
    }
    left, right = across | {"ha": "left"}, across | {"ha": "right"}
    ax.annotate(name, (0, place), (0, 8), va="bottom", fontsize=marks.SMALL, fontweight=600, **left)
    ax.annotate(asked, (1, place), (0, 8), va="bottom", fontsize=7.6, color=COLOURS["muted"], **right)
    ax.annotate(lines, (0, place), (0, -7), va="top", fontsize=marks.SMALL, color=COLOURS[tone], **left)
