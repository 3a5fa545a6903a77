"""How the relation goes: health over the quarters, the goals' way, and the promises both ways.

Lists and small curves in HTML say it better here than drawings: they read on a phone, on paper and aloud.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.schema import frame_of
from kamlib.show import cells, figure, tables
from kamlib.show.charts import bars
from kamlib.show.charts.words import all_case, moved_case, promise_case, worded
from kamlib.show.page import NOTHING, Bundle, Shown, audience, escape
from kamlib.show.sparkline import Field, Line, sparkline

# --- health over the quarters ------------------------------------------------------------------------------

_PARTS = ("relationship", "value", "commercial", "delivery")
_BANDS = ("weak", "watch", "strong")
_TONES = {"weak": "bad", "watch": "warn", "strong": "good"}


def health_trend(days: Iterable[Any], bundle: Bundle) -> Shown:
    """Show each part of the relation over the last quarters, the weakest first, and the whole where enough is known.

    `days` are those of `measures.health_trend`: on, total, relationship, value, commercial, delivery (0..100, missing
    where not known). Never for a customer.
    """
    rows = frame_of(days)
    if audience(bundle) == "customer":
        return NOTHING
    if rows.empty:
        return tables.what_to_add(text.t("chart.health_trend.empty"), bundle)
    parts = rows[[*_PARTS]].astype("float64")
    if parts.iloc[-1].isna().all():
        return tables.what_to_add(text.t("chart.health_trend.empty"), bundle)
    now = parts.iloc[-1].sort_values(kind="stable")
    edges, since = bundle.limit("health_bands"), text.month(rows["on"].iloc[0])
    changes = parts.diff(len(parts) - 1).iloc[-1] if len(parts) > 1 else parts.iloc[0] * float("nan")
    case, part, points = moved_case(changes, bundle.limit("health_change_points"))
    named = {"part": text.label("health_part", part).lower(), "points": text.number(abs(points))}
    moved = "" if case == "unknown" else text.t(f"chart.health_trend.moved.{case}", since=since, **named)
    words = worded(
        "health_trend",
        _band(float(now.iloc[0]), edges),
        part=_part(now.index[0]).lower(),
        score=text.number(now.iloc[0]),
        known=int(now.notna().sum()),
        first=since,
        last=text.month(rows["on"].iloc[-1]),
        told=text.listed(f"{_part(each)} {text.number(score)}" for each, score in now.items()),
    )
    panels = "".join(_panel(each, list(rows[each].astype("float64")), edges) for each in now.index)
    held_by = rows["held_by"].iloc[-1] if "held_by" in rows else None
    panels += _panel("total", list(rows["total"].astype("float64")), edges, held_by)
    table = tables.numbers("chart_health_trend", rows, bundle)
    drawn = f'<ul class="kam-panels kam-five">{panels}</ul>'
    return figure.laid(drawn, replace(words, title=words.title + moved), bundle, table=table)


def _band(score: float, edges: Sequence[float]) -> str:
    return _BANDS[sum(score >= edge for edge in edges)]


def _part(part: object) -> str:
    return text.t("chart.health_trend.total") if part == "total" else text.label("health_part", part)


def _panel(part: object, scores: list[float], edges: Sequence[float], held_by: object = None) -> str:
    now = scores[-1]
    band = "unknown" if pd.isna(now) else _band(now, edges)
    state = cells.pill(text.label("health_band", band), _TONES.get(band, ""))
    named = _part(part) if band == "unknown" else f"{_part(part)} {text.number(now)}"
    named = text.t("kpi.held", told=named, why=held_by) if held_by else named
    return f"<li><p>{escape(named)}</p>{state}{_course(scores, edges)}</li>"


def _course(scores: list[float], edges: Sequence[float]) -> str:
    """Return the scores over their bands, with a gap wherever one was not known; the numbers stand beside."""
    limits = [0.0, *edges, 100.0]
    bands = zip(_BANDS, limits, limits[1:], strict=False)
    fields = [Field(low, high, f"{_TONES[band]}_wash") for band, low, high in bands]
    return sparkline([Line(scores, "ink", 1.6, "all")], (160, 70), ends=(0.0, 100.0), fields=fields)


# --- the goals' way ----------------------------------------------------------------------------------------

_LOOKS = {"on_track": "accent", "not_due": "accent", "at_risk": "soft", "off_track": "over"}


def goal_progress(rows: Sequence[Any], bundle: Bundle) -> Shown:
    """Show how far each goal has come against what its path expects by now.

    `rows` are those of `goal_setting.progress`: title, way, expected (shares 0..1), state.
    """
    if not rows:
        return tables.what_to_add(text.t("chart.goals.empty"), bundle)
    measured = [goal.state for goal in rows if goal.way is not None]
    on_track = sum(state in ("on_track", "not_due") for state in measured)
    counts = {"count": on_track, "measured": len(measured), "goals": len(rows), "n": len(measured)}
    name = "goals" if audience(bundle) == "internal" else "goals_for_customer"
    case = all_case(on_track, len(measured))
    # Nothing expected yet: not behind, and not on track either.
    case = "calm" if case == "all" and "not_due" in measured else case
    words = worded(name, case, **counts)
    listed = bars.listed(map(_goal, rows), wide_end=True)
    return figure.laid(listed, words, bundle, table=tables.numbers("chart_goals", rows, bundle))


def _goal(goal: Any) -> bars.Bar:
    """One goal: its way as a bar (none where it has gone backwards), what is expected today as an upright line."""
    way, expected = goal.way, goal.expected
    parts = [] if way is None else [bars.Part(0.0, way, _LOOKS.get(goal.state, "grey"))]
    parts += [] if expected is None else [bars.Part(expected, expected, "mark")]
    state = text.label("goal_state", goal.state)
    end = state if way is None else f"{text.percent(way)}, {state}"
    heard = "" if expected is None else text.t("chart.goals.expected", share=text.percent(expected))
    return bars.Bar(goal.title, parts, end, heard)


# --- promises ----------------------------------------------------------------------------------------------

_PROMISES = {"kept": "accent", "late": "soft", "open": "pale", "overdue": "ring", "old": "over"}


def promise_ages(promises: Iterable[Any], bundle: Bundle) -> Shown:
    """Show what we and the customer have promised: kept, late, waiting, and how long what is overdue has waited.

    `promises` are those of `measures.promises`: direction, due_on, state (kept, late, open, overdue), days_late. A promise
    without a day counts nowhere. A customer sees the same in words of their own: promises are open to both.
    """
    rows = frame_of(promises)
    dated = rows.dropna(subset=["due_on"]) if len(rows) else rows
    if dated.empty:
        return tables.what_to_add(text.t("chart.promises.empty"), bundle)
    counts = _by_age(dated, bundle.limit("chart_old_promise_days"))
    who = [text.t("chart.promises.ours"), text.t(f"{_key(bundle)}.theirs")]
    most = int(counts[list(_PROMISES)].sum(axis=1).max())
    sides = zip(who, counts.to_dict("records"), strict=True)
    listed = bars.listed((_side(name, row, most) for name, row in sides), wide_end=True)
    present = [state for state in _PROMISES if counts[state].any()]
    legend = bars.key((_PROMISES[state], text.t(f"chart.promises.{state}")) for state in present)
    words = _promise_words(counts, len(rows) - len(dated), bundle)
    table = tables.numbers("chart_promises", counts.reset_index(), bundle)
    return figure.laid(legend + listed, words, bundle, table=table)


def _key(bundle: Bundle) -> str:
    return "chart.promises" if audience(bundle) == "internal" else "chart.promises_for_customer"


def _by_age(dated: pd.DataFrame, limit: float) -> pd.DataFrame:
    """One row per side: how many promises are in each state, and the days of the oldest that is overdue."""
    overdue = dated["state"].eq("overdue")
    is_old = overdue & dated["days_late"].gt(limit).fillna(value=False).astype(bool)
    states = dated["state"].astype("str").mask(is_old, "old")
    sides = pd.Index(["ours", "customer"], name="direction")
    crossed = pd.crosstab(dated["direction"], states)
    counts = crossed.reindex(index=sides, columns=list(_PROMISES), fill_value=0)
    oldest = dated[overdue].groupby("direction")["days_late"].max()
    return counts.assign(oldest_days=oldest.reindex(sides).astype("Int64"))


def _side(name: str, row: dict[Any, Any], most: int) -> bars.Bar:
    """One side's promises as one bar, as long as they are many."""
    parts, low = [], 0
    for state, look in _PROMISES.items():
        if row[state]:
            parts.append(bars.Part(low / most, (low + row[state]) / most, look, text.number(row[state])))
        low += int(row[state])
    due = row["kept"] + row["late"] + row["overdue"] + row["old"]
    kept = text.t("chart.promises.kept_of", kept=row["kept"], due=due) if due else ""
    oldest = "" if pd.isna(row["oldest_days"]) else text.t("chart.promises.oldest", days=row["oldest_days"])
    end = ", ".join(filter(None, [kept, oldest])) or text.t("chart.promises.none_due")
    present = [state for state in _PROMISES if row[state]]
    heard = "; ".join(f"{text.t(f'chart.promises.{state}')}: {row[state]}" for state in present)
    return bars.Bar(name, parts, end, f"{heard}. " if heard else "")


def _promise_words(counts: pd.DataFrame, undated: int, bundle: Bundle) -> figure.Words:
    late = (counts["overdue"] + counts["old"]).to_dict()
    kept, due = int(counts["kept"].sum()), int(counts[["kept", "late", "overdue", "old"]].to_numpy().sum())
    values = {
        "kept": kept,
        "due": due,
        "ours": int(late["ours"]),
        "theirs": int(late["customer"]),
        "n": int(sum(late.values())) or due or int(counts["open"].sum()),
        "days": counts["oldest_days"].max(),
        "waiting": int(counts["open"].sum()),
        "limit": int(bundle.limit("chart_old_promise_days")),
        **{f"{state}_{side}": int(counts.loc[side, state]) for side in counts.index for state in _PROMISES},
    }
    case = promise_case(values["ours"], values["theirs"], due, kept)
    words = worded(_key(bundle).removeprefix("chart."), case, **values)
    left_out = text.t("chart.promises.undated", count=undated, n=undated) if undated else ""
    return replace(words, note=f"{words.note} {left_out}".strip())
