"""A small line beside a number, as SVG without axes; the number says it to those who do not see the line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kamlib import text
from kamlib.show.page import COLOURS

Point = tuple[float, float]

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


@dataclass(frozen=True)
class _Frame:
    """Where a value stands in the drawing."""

    width: int
    height: int
    low: float
    high: float

    def y(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.height - MARGIN - share * (self.height - 2 * MARGIN)

    def points(self, line: Line) -> list[Point | None]:
        step = (self.width - 2 * MARGIN) / max(len(line.values) - 1, 1)
        return [
            None if math.isnan(value) else (MARGIN + place * step, self.y(value))
            for place, value in enumerate(_numbers(line))
        ]


def sparkline(
    lines: Sequence[Line],
    size: tuple[int, int] = (96, 24),
    ends: tuple[float, float] | None = None,
    fields: Sequence[Field] = (),
) -> str:
    """Return lines over fields; nothing where there are not two. Without `ends` the values fill the height."""
    values = [value for line in lines for value in _numbers(line) if not math.isnan(value)]
    if max((len(line.values) for line in lines), default=0) < 2 or not (values or ends):
        return ""
    width, height = size
    frame = _Frame(width, height, *(ends or (min(values), max(values))))
    drawn = "".join([*(_field(each, frame) for each in fields), *(_line(each, frame) for each in lines)])
    return (
        f'<svg class="kam-spark" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'aria-hidden="true">{drawn}</svg>'
    )


def _numbers(line: Line) -> list[float]:
    return [math.nan if text.is_missing(value) else float(value) for value in line.values]


def _field(field: Field, frame: _Frame) -> str:
    top, bottom = frame.y(field.high), frame.y(field.low)
    return f'<rect y="{top:.1f}" width="{frame.width}" height="{bottom - top:.1f}" fill="{COLOURS[field.colour]}"/>'


def _line(line: Line, frame: _Frame) -> str:
    points, colour = frame.points(line), COLOURS[line.colour]
    drawn = "".join(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in run)}" fill="none" stroke="{colour}" '
        f'stroke-width="{line.stroke}"/>'
        for run in _runs(points)
    )
    dotted = {"all": points, "last": points[-1:], "none": []}[line.dots]
    small = 2.2 if line.dots == "all" else 2.6
    dots = "".join(
        f'<circle cx="{each[0]:.1f}" cy="{each[1]:.1f}" r="{small}" fill="{colour}"/>'
        for each in dotted
        if each
    )
    return drawn + dots


def _runs(points: Sequence[Point | None]) -> Iterator[list[Point]]:
    """Yield the stretches of two or more known points that follow each other."""
    run: list[Point] = []
    for point in [*points, None]:
        if point:
            run.append(point)
            continue
        if len(run) > 1:
            yield run
        run = []
