"""Marks that several figures share: dots whose names do not collide, axes without clutter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from kamlib.show.figure import width
from kamlib.show.page import COLOURS

SMALL = 8.4
LINE = 0.135  # height of a line of text, inches

Box = tuple[float, float, float, float]
Point = tuple[float, float]


# --- axes --------------------------------------------------------------------------------------------------


def bare(ax: Axes, *spines: str) -> None:
    """Leave no ticks and only the named spines."""
    ax.set_xticks([])
    ax.set_yticks([])
    for side, spine in ax.spines.items():
        spine.set_visible(side in spines)


# --- dots with names ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """One dot with a name: place in data units, radius in inches."""

    x: float
    y: float
    radius: float
    name: str
    bold: bool = False


def dot(ax: Axes, mark: Mark, colours: tuple[str, str], *, shape: str = "o") -> None:
    """Draw a dot filled and edged with two colours of the palette; `shape` as matplotlib names it."""
    fill, edge = (COLOURS[name] for name in colours)
    look: dict[str, Any] = {"markerfacecolor": fill, "markeredgecolor": edge, "markeredgewidth": 1.6}
    ax.plot(mark.x, mark.y, shape, markersize=mark.radius * 72 * 1.75, zorder=4, **look)


def arrow(ax: Axes, start: Point, mark: Mark) -> list[Box]:
    """Draw from where a dot was to where it is; return the room that the way takes, in inches."""
    head = {"arrowstyle": "-|>", "color": COLOURS["muted"], "linewidth": 1.0, "shrinkA": 4}
    end = (mark.x, mark.y)
    ax.annotate("", end, start, arrowprops=head | {"shrinkB": mark.radius * 72 + 1}, zorder=3)
    ax.plot(*start, "o", markersize=5, markerfacecolor=COLOURS["paper"], markeredgecolor=COLOURS["muted"])
    first, last = ax.transData.transform([start, end]) / ax.figure.dpi
    way = [first + (last - first) * share for share in (0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.88, 0.95)]
    return [(float(x) - 0.06, float(y) - 0.06, float(x) + 0.06, float(y) + 0.06) for x, y in way]


def corner(ax: Axes, x: float, y: float, words: str) -> Box:
    """Name a corner of the axes (`x`, `y` as shares of it); return the room that the name takes, in inches."""
    side, rise = "right" if x > 0.5 else "left", "top" if y > 0.5 else "bottom"
    look: dict[str, Any] = {"fontsize": 8, "fontweight": 600, "color": COLOURS["muted"]}
    ax.text(x, y, words, transform=ax.transAxes, ha=side, va=rise, **look)
    at = ax.transAxes.transform((x, y)) / ax.figure.dpi
    return _box(words, (float(at[0]), float(at[1])), (side, rise), bold=True)


def label(ax: Axes, marks: Sequence[Mark], *, kept_free: Sequence[Box] = ()) -> list[str]:
    """Write each name beside its dot where nothing else stands; return the names that found no room.

    First come, first served: give the most important marks first.
    """
    dpi = ax.figure.dpi
    spots = ax.transData.transform([(mark.x, mark.y) for mark in marks]) / dpi
    centres = [(float(x), float(y)) for x, y in spots]
    area = ax.get_window_extent()
    frame = (area.x0 / dpi, area.y0 / dpi, area.x1 / dpi, area.y1 / dpi)
    taken = [*kept_free, *(_around(mark, centre) for mark, centre in zip(marks, centres, strict=True))]
    homeless = []
    for mark, centre in zip(marks, centres, strict=True):
        own = _around(mark, centre)
        free = (place for place in _places(mark, centre) if _fits(place[2], frame, taken, own))
        found = next(free, None)
        if found is None:
            homeless.append(mark.name)
        else:
            _write(ax, mark, found)
            taken.append(found[2])
    return homeless


#: Where a name may stand around its dot: direction, and the corner of the text that is tied there.
_DIRECTIONS = (
    (1.0, 0.0, "left", "center"),
    (-1.0, 0.0, "right", "center"),
    (0.0, 1.0, "center", "bottom"),
    (0.0, -1.0, "center", "top"),
    (0.72, 0.72, "left", "bottom"),
    (0.72, -0.72, "left", "top"),
    (-0.72, 0.72, "right", "bottom"),
    (-0.72, -0.72, "right", "top"),
)
_SHIFT = {"left": 0.0, "center": 0.5, "right": 1.0, "bottom": 0.0, "top": 1.0}

Place = tuple[Point, tuple[str, str], Box]


def _places(mark: Mark, centre: Point) -> Iterator[Place]:
    """Yield the places of a name from the best to the worst: close by first, then with a line to the dot."""
    for gap in (0.04, 0.2, 0.36):
        for right, up, side, rise in _DIRECTIONS:
            away = (right * (mark.radius + gap), up * (mark.radius + gap))
            at = (centre[0] + away[0], centre[1] + away[1])
            yield away, (side, rise), _box(mark.name, at, (side, rise), bold=mark.bold)


def _box(words: str, at: Point, tie: tuple[str, str], *, bold: bool) -> Box:
    wide = width(words, SMALL, bold=bold)
    left, low = at[0] - _SHIFT[tie[0]] * wide, at[1] - _SHIFT[tie[1]] * LINE
    return left, low, left + wide, low + LINE


def _around(mark: Mark, centre: Point) -> Box:
    (x, y), reach = centre, mark.radius + 0.03
    return x - reach, y - reach, x + reach, y + reach


def _fits(box: Box, frame: Box, taken: Sequence[Box], own: Box) -> bool:
    inside = box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]
    return inside and not any(_meet(box, other) for other in taken if other != own)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _write(ax: Axes, mark: Mark, place: Place) -> None:
    (right, up), (side, rise), _ = place
    far = max(abs(right), abs(up)) > mark.radius + 0.1
    line = {"arrowstyle": "-", "color": COLOURS["soft"], "linewidth": 0.7, "shrinkA": 0}
    set_in: dict[str, Any] = {
        "ha": side,
        "va": rise,
        "fontsize": SMALL,
        "fontweight": 600 if mark.bold else 400,
    }
    if far:
        set_in["arrowprops"] = line | {"shrinkB": mark.radius * 72}
    spot, away = (mark.x, mark.y), (right * 72, up * 72)
    ax.annotate(mark.name, spot, away, textcoords="offset points", zorder=6, **set_in)
