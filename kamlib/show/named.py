"""The named numbers of a sheet: each cell that holds a number is a figure that can be traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamlib import schema, text
from kamlib.show.cells import TO_THE_RIGHT, Cell
from kamlib.show.page import Bundle, audience
from kamlib.words import Figure, figures_in

Words = Mapping[str, Any]

_UNITS = {"percent": "share", "points": "share", "integer": "count"}


@dataclass(frozen=True)
class Origin:
    """Where the numbers of a sheet come from: the sheet, how they are counted, the tables, and whose they are."""

    sheet: str
    formula: str
    tables: tuple[str, ...]
    bundle: Bundle
    key: str = ""  # the column that tells its rows apart, where the sheet shares figures with others


def of_sheet(
    origin: Origin,
    columns: Mapping[str, Words],
    rows: pd.DataFrame | Sequence[Any],
    written: Sequence[Sequence[Cell]],
) -> tuple[Figure, ...]:
    """Return a figure for each number in the cells of a sheet, and those within its sentences; none for a customer.

    A column that the catalogue gives a `figure` shares that name with the same number on other sheets.
    """
    if audience(origin.bundle) == "customer":
        return ()
    pairs = zip(_values(rows, len(written)), written, strict=True)
    return tuple(figure for row, cells in pairs for figure in _of_row(origin, columns, row, cells))


def _of_row(
    origin: Origin, columns: Mapping[str, Words], row: Mapping[Any, Any], cells: Sequence[Cell]
) -> Iterator[Figure]:
    account_id = _whose(row, origin.bundle)
    of = str(row[origin.key]) if origin.key else _which(row, columns, cells)
    for (column, words), (_, plain) in zip(columns.items(), cells, strict=True):
        value = row[column]
        if words["kind"] not in TO_THE_RIGHT or isinstance(value, Figure):
            yield from figures_in(value)
        elif plain != text.MISSING:
            name = str(words.get("figure", f"{origin.sheet}.{column}"))
            unit = str(words.get("unit", _UNITS.get(words["kind"], words["kind"])))
            counted: dict[str, Any] = {"unit": unit, "formula": origin.formula, "tables": origin.tables}
            said = (("words", plain),)
            yield Figure("written", value, said, name=name, account_id=account_id, of=of, **counted)


def _values(rows: pd.DataFrame | Sequence[Any], count: int) -> Iterator[Mapping[Any, Any]]:
    if isinstance(rows, pd.DataFrame):
        yield from rows.head(count).to_dict("records")
    else:
        for row in rows[:count]:
            yield _Attributes(row)


class _Attributes(Mapping[str, Any]):
    """A typed row read by column name."""

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self._row, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(dir(self._row))

    def __len__(self) -> int:
        return len(dir(self._row))


def _whose(row: Mapping[Any, Any], bundle: Bundle) -> str:
    if isinstance(bundle, schema.Account):
        return bundle.account_id
    account_id = row.get("account_id")
    return "" if text.is_missing(account_id) else str(account_id)


def _which(row: Mapping[Any, Any], columns: Mapping[str, Words], cells: Sequence[Cell]) -> str:
    """Tell a row from the others of its sheet: by its id and its first words."""
    row_id = row.get("row_id")
    named = zip(columns, cells, strict=True)
    wordy = [plain for name, (_, plain) in named if columns[name]["kind"] not in TO_THE_RIGHT]
    return " / ".join([*([] if text.is_missing(row_id) else [str(row_id)]), *wordy[:3]])
