"""A small line: its gaps, its ends and its colours."""

from __future__ import annotations

import re

import pytest

from kamlib.show.page import COLOURS
from kamlib.show.sparkline import Field, Line, sparkline


def test_a_line_fills_its_height_from_the_lowest_to_the_highest() -> None:
    """The last value has a dot; a screen reader passes it by, for the number stands beside."""
    drawn = sparkline([Line([1, 3, 2])])
    assert 'points="4.0,20.0 48.0,4.0 92.0,12.0"' in drawn
    assert drawn.count("<circle") == 1
    assert 'aria-hidden="true"' in drawn


def test_what_is_not_known_leaves_a_gap() -> None:
    """Two stretches and no line between them; a known value between two gaps is a dot where all have one."""
    drawn = sparkline([Line([1, 2, None, 4, float("nan"), 2, 3], dots="all")])
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 5


@pytest.mark.parametrize("values", [[], [1], [None, None]])
def test_less_than_two_values_are_no_line(values: list[float | None]) -> None:
    """One number alone says nothing of a way."""
    assert sparkline([Line(values)]) == ""


def test_every_colour_is_of_the_palette() -> None:
    """Fields and lines name their colour; one that the contrast test does not know raises."""
    drawn = sparkline([Line([1, 2], "ink")], ends=(0, 4), fields=[Field(0, 2, "bad_wash")])
    assert set(re.findall(r"#\w{6}", drawn)) <= set(COLOURS.values())
    with pytest.raises(KeyError):
        sparkline([Line([1, 2], "rosa")])
