"""Read worksheets as text: typed cells become faithful text, formulas without a value and hidden rows are told."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from typing import Any

import numpy as np

from kamlib.data.mapping import FileMapping
from kamlib.data.raw import DAY, NUMBER, Grid, Notes

_LARGEST = 500 * 2**20
"""Bytes of all parts unpacked: a small file can hold a workbook that no memory can."""

_EXACT = 10**15
"""Excel keeps fifteen digits: a longer number has already lost its end."""


class Workbook:
    """One open file; `sheets` are its sheet names, `None` in place of a workbook that cannot be read."""

    def __init__(self, content: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST:
                raise ValueError("unpacked, the workbook would fill the memory")
        self._content = content
        self._values = self._open(formulas=False)
        self._formulas = self._open(formulas=True) if _has_formulas(content) else None

    @property
    def sheets(self) -> list[str]:
        """Names of the worksheets (charts are none)."""
        return [sheet.title for sheet in self._values.worksheets]

    def _open(self, *, formulas: bool) -> Any:
        import openpyxl  # noqa: PLC0415 - a third of a second that only readers of workbooks need

        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions that it drops: none hold values.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(self._content), data_only=not formulas)

    def read(self, name: str, entry: FileMapping, notes: Notes) -> Grid:
        """Return the sheet's cells as text with the sheet's own row numbers."""
        sheet = self._values[name]
        self._tell_hidden(sheet, notes)
        every = enumerate(sheet.iter_rows(), 1)
        below = [(number, row) for number, row in every if number >= entry.header_row]
        rows = [(number, row) for number, row in below if any(_text(cell)[0].strip() for cell in row)]
        if not rows:
            notes.add("file_empty")
            return Grid()
        (header_line, header), body = rows[0], rows[1:]
        self._tell_formulas(name, notes)
        body = body[: len(body) - entry.skip_footer] if entry.skip_footer else body
        pairs = [[_text(cell) for cell in column] for column in zip(*(row for _, row in body), strict=True)]
        columns = pairs or [[]] * len(header)
        texts = tuple(np.array([text for text, _ in column], dtype=object) for column in columns)
        marks = tuple(np.array([mark for _, mark in column], dtype=np.int8) for column in columns)
        lines = np.array([number for number, _ in body], dtype=np.int64)
        return Grid(tuple(_text(cell)[0] for cell in header), header_line, texts, lines, marks)

    def _tell_formulas(self, name: str, notes: Notes) -> None:
        if self._formulas is None:
            return
        values = self._values[name]
        for row in self._formulas[name].iter_rows():
            for cell in row:
                if cell.data_type == "f" and values[cell.coordinate].value is None:
                    notes.add("formula_without_value", line=cell.row, column=cell.column_letter)

    def _tell_hidden(self, sheet: Any, notes: Notes) -> None:
        hidden = [number for number, row in sheet.row_dimensions.items() if row.hidden]
        if hidden:
            notes.add("hidden_rows", "warning", line=hidden[0], n=len(hidden))
        if sheet.merged_cells.ranges:
            ranges = sorted(str(area) for area in sheet.merged_cells.ranges)
            notes.add("merged_cells", "warning", found=", ".join(ranges[:3]), n=len(ranges))


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<f[ >/]", parts.read(name)) for name in sheets)


def _text(cell: Any) -> tuple[str, int]:
    """Return a cell's text and its mark: typed numbers with a point, dates as ISO."""
    value = cell.value
    if value is None:
        return "", 0
    if isinstance(value, bool):
        return ("true" if value else "false"), 0
    if isinstance(value, int | float):
        return _number(value, cell.number_format), NUMBER
    if isinstance(value, dt.datetime | dt.date):
        return _day(value), DAY
    return str(value), 0


def _number(value: float, shape: str) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT * 10:
        value = int(value)
    digits = str(value) if isinstance(value, int) else np.format_float_positional(value, trim="-")
    # A cell shown as 00007 is an id in its owner's eyes.
    return digits.zfill(len(shape)) if re.fullmatch("0{2,}", shape or "") and digits.isdigit() else digits


def _day(value: dt.datetime | dt.date) -> str:
    plain = not isinstance(value, dt.datetime) or value.time() == dt.time()
    return f"{value:%Y-%m-%d}" if plain else f"{value:%Y-%m-%d %H:%M:%S}"
