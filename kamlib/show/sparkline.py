"""A small line beside a number, as SVG without axes; the number says it to those who do not see the line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from kamlib import text
from kamlib.show.page import COLOURS

#: What is left free around the drawing, for dots and the breadth of a line.
MARGIN = 4


@dataclass(frozen=True)
class Line:
    """Values, oldest first, and how they are drawn; one that is not known leaves a gap. `dots`: last, all or none."""

    values: Sequence[Any]
    colour: str = "accent"
    stroke: float = 1.5
    dots: str = "last"


@dataclass(frozen=True)
class Field:
    """A ground behind the lines, from one value to another."""

    low: float
    high: float
    colour: str


def sparkline(
    lines: Sequence[Line],
    size: tuple[int, int] = (96, 24),
    ends: tuple[float, float] | None = None,
    fields: Sequence[Field] = (),
) -> str:
    """Return lines over fields; nothing where there are not two values. Without `ends` the values fill the height."""
    known = [float(value) for line in lines for value in line.values if not text.is_missing(value)]
    count = max((len(line.values) for line in lines), default=0)
    if count < 2 or not (known or ends):
        return ""
    width, height = size
    low, high = ends or (min(known), max(known))

    def y(value: Any) -> float:
        share = math.nan if text.is_missing(value) else (float(value) - low) / ((high - low) or 1.0)
        return height - MARGIN - share * (height - 2 * MARGIN)

    step = (width - 2 * MARGIN) / (count - 1)
    grounds = "".join(
        f'<rect y="{y(each.high):.1f}" width="{width}" height="{y(each.low) - y(each.high):.1f}" '
        f'fill="{COLOURS[each.colour]}"/>'
        for each in fields
    )
    courses = [[(MARGIN + n * step, y(value)) for n, value in enumerate(line.values)] for line in lines]
    drawn = "".join(map(_line, lines, courses))
    return (
        f'<svg class="kam-spark" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'aria-hidden="true">{grounds}{drawn}</svg>'
    )


def _line(line: Line, points: list[tuple[float, float]]) -> str:
    colour = COLOURS[line.colour]
    runs = [[*run] for is_gap, run in groupby(points, lambda point: math.isnan(point[1])) if not is_gap]
    strokes = "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in run)}" fill="none" stroke="{colour}" '
        f'stroke-width="{line.stroke}"/>'
        for run in runs
        if len(run) > 1
    )
    dotted = {"all": points, "last": points[-1:], "none": []}[line.dots]
    known = [(x, y) for x, y in dotted if not math.isnan(y)]
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>' for x, y in known]
    return strokes + "".join(dots)
