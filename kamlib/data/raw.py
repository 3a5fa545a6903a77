"""What a file says, unjudged: cells as text with their physical lines, and a pen that notes what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kamlib.data.mapping import FileMapping, FolderMapping
from kamlib.errors import Finding, Severity

CAP = 20
"""At most so many findings of one rule are told about one table; the rest are counted."""

Texts = npt.NDArray[np.object_]
Marks = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]

NUMBER, DAY = 1, 2
"""Marks of cells that a workbook holds as a number or a date: written with a point or as ISO, whatever the column does."""


@dataclass(frozen=True)
class Grid:
    """Cells of one sheet as text, column by column; `lines` is the physical line where each record starts."""

    header: tuple[str, ...] = ()
    header_line: int = 1
    cells: tuple[Texts, ...] = ()
    lines: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    marks: tuple[Marks, ...] = ()
    broken: int = 0

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True)
class RawTable:
    """One file (or sheet) that claims to be one table, with the mapping's entry that says how to read it."""

    table: str
    file: str
    sheet: str
    grid: Grid
    entry: FileMapping
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Raw:
    """Everything that was read from one source; `name` is what the source is called in messages."""

    name: str
    tables: tuple[RawTable, ...]
    mapping: FolderMapping
    findings: tuple[Finding, ...] = ()

    def __iter__(self) -> Iterator[RawTable]:
        return iter(self.tables)


class Notes:
    """Collect findings about one place; more than `CAP` of one rule become a count."""

    def __init__(self, **place: Any) -> None:
        self.place = place
        self._told: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._columns: dict[str, set[str]] = {}
        self._severities: dict[str, Severity] = {}

    def add(self, rule: str, severity: Severity = "error", **values: Any) -> None:
        """Note one finding; `line` and `column` among the values (and `file`) become its place."""
        own = {name: values.pop(name) for name in ("file", "line", "column") if name in values}
        place: dict[str, Any] = self.place | own
        self._counts[rule] += 1
        self._columns.setdefault(rule, set()).add(str(place.get("column", "")))
        self._severities[rule] = severity
        if self._counts[rule] <= CAP:
            self._told.append(Finding(rule, severity, place, values))

    def each(
        self, rule: str, lines: Sequence[int] | Rows, found: Sequence[Any] | Texts, **values: Any
    ) -> None:
        """Note one error per line, with what was found there."""
        for line, value in zip(lines[:CAP], found[:CAP], strict=True):
            self.add(rule, line=int(line), found=shown(value), **values)
        self.skip(rule, len(lines) - CAP)

    def skip(self, rule: str, count: int) -> None:
        """Count further findings of a rule that are not told one by one."""
        self._counts[rule] += max(0, count)

    def findings(self) -> tuple[Finding, ...]:
        """Return what was noted, with a closing count for each rule that was cut short."""
        told = Counter(finding.rule for finding in self._told)
        cut = [(rule, told[rule]) for rule, count in self._counts.items() if count > told[rule]]
        rest = [(self._severities[rule], self._rest(rule, n)) for rule, n in cut]
        more = [Finding("more_like_this", severity, self.place, values) for severity, values in rest]
        return (*self._told, *more)

    def _rest(self, rule: str, told: int) -> Mapping[str, Any]:
        columns = ", ".join(sorted(self._columns[rule] - {""}))
        return {"n": self._counts[rule] - told, "columns": columns, "of_rule": rule}


def shown(value: Any, width: int = 60) -> str:
    """Return a cell as it can stand in a sentence: one line, no control characters, not too long."""
    plain = "".join(sign if sign.isprintable() else "\N{MIDDLE DOT}" for sign in str(value))
    return plain if len(plain) <= width else plain[: width - 1] + "\N{HORIZONTAL ELLIPSIS}"
