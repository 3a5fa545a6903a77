"""Bars and fields laid out by hand: few marks, no ticks, limits set by who draws.

Each is one artist that no axis grows by: matplotlib's own bars and ticks would be most of the cost of a small drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon, Rectangle

from kamlib.show.charts.marks import SMALL, Point
from kamlib.show.figure import short, width
from kamlib.show.page import COLOURS

_THICK = 0.62


@dataclass(frozen=True)
class Block:
    """A bar: where it stands, from what to what it goes, and how it looks."""

    place: float
    low: float
    high: float
    fill: str
    edge: str
    is_dashed: bool = False


def block(ax: Axes, bar: Block, *, lying: bool) -> None:
    """Draw a bar filled and edged, standing or lying."""
    corner, size = (bar.place - _THICK / 2, bar.low), (_THICK, bar.high - bar.low)
    (x, y), (wide, tall) = (corner[::-1], size[::-1]) if lying else (corner, size)
    line = "dashed" if bar.is_dashed else "solid"
    look: dict[str, Any] = {"facecolor": bar.fill, "edgecolor": bar.edge, "linewidth": 1.1, "linestyle": line}
    drawn = Rectangle((x, y), wide, tall, **look)
    drawn.set_clip_on(False)
    ax.add_artist(drawn)


def cut(ax: Axes, place: float, at: float, gap: float, *, lying: bool) -> None:
    """Break a bar at `at` by a slanting white stroke: its axis does not begin at nothing."""
    left, right = place - 0.4, place + 0.4
    corners = [(left, at), (right, at + gap), (right, at + 2 * gap), (left, at + gap)]
    shape = [corner[::-1] for corner in corners] if lying else corners
    ax.add_artist(Polygon(shape, facecolor=COLOURS["paper"], edgecolor="none", clip_on=False, zorder=3))


def joints(ax: Axes, ends: Sequence[Point], *, lying: bool) -> None:
    """Join the end of each bar (level, place) to the next bar by a thin line."""
    lines = [[(place + 0.31, level), (place + 0.69, level)] for level, place in ends]
    turned = [[end[::-1] for end in line] for line in lines] if lying else lines
    ax.add_artist(LineCollection(turned, colors=COLOURS["soft"], linewidths=0.8, clip_on=False))


def worth(ax: Axes, spot: Point, words: str, colour: str, *, lying: bool) -> None:
    """Write what a bar is worth beyond its end."""
    away, side, rise = ((4, 0), "left", "center") if lying else ((0, 3), "center", "bottom")
    ax.annotate(words, spot, away, ha=side, va=rise, fontweight=600, color=colour, **_BESIDE)


#: Words beside a bar: they stand so many points away from its end, also beyond the axes.
_BESIDE: dict[str, Any] = {"textcoords": "offset points", "fontsize": SMALL, "annotation_clip": False}


def fit(names: Sequence[str], inches: float) -> bool:
    """Tell whether names have room below standing bars: three lines at most, none wider than its column."""
    room = inches / len(names) - 0.06
    broken = [_broken(name, room) for name in names]
    return all(len(lines) <= 3 and all(width(line, SMALL) <= room for line in lines) for lines in broken)


def columns(ax: Axes, names: Sequence[str], inches: float) -> None:
    """Name standing bars below them, in lines as wide as a column; ask `fit` before."""
    room = inches / len(names) - 0.06
    ax.set_xlim(-0.5, len(names) - 0.5)
    for place, name in enumerate(names):
        words, below = "\n".join(_broken(name, room)), ax.get_xaxis_transform()
        ax.annotate(words, (place, 0), (0, -4), xycoords=below, ha="center", va="top", **_BESIDE)


def rows(ax: Axes, names: Sequence[str]) -> float:
    """Name lying bars to the left of them, the first on top; return the inches that the names need."""
    ax.set_ylim(len(names) - 0.45, -0.55)
    for place, name in enumerate(names):
        left = ax.get_yaxis_transform()
        ax.annotate(name, (0, place), (-8, 0), xycoords=left, ha="right", va="center", **_BESIDE)
    return max(width(name, SMALL) for name in names) + 0.2


def _broken(name: str, reach: float) -> list[str]:
    """Break a name between words into lines that are at most `reach` inches wide, where its words allow that."""
    lines: list[str] = []
    for word in short(name, 60).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, SMALL) <= reach:
            lines[-1] = longer
        else:
            lines.append(short(word))
    return lines
