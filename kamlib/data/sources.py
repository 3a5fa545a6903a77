"""Read a folder, a file or a workbook into raw tables, unjudged, as the mapping says or by canonical names.

Everything is text first. What cannot be read as a table becomes a finding; only a source that does not exist
is raised at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kamlib.data import delimited
from kamlib.data import mapping as mappings
from kamlib.data.mapping import FACTS, FileMapping, FolderMapping
from kamlib.data.raw import Grid, Notes, Raw, RawTable
from kamlib.data.workbooks import Workbook
from kamlib.errors import nearest, problem

TEXTS = (".csv", ".tsv", ".txt")
BOOKS = (".xlsx", ".xlsm")
_OLD = (".xls", ".xlsb", ".ods", ".numbers")
_NAMES = {name: name for name in FACTS} | {Path(table.file).stem: name for name, table in FACTS.items()}


def read(source: str | Path, mapping: str | Path | Mapping[str, Any] | FolderMapping | None = None) -> Raw:
    """Return the raw tables of a folder or file; iterating over the result gives one `RawTable` per file or sheet.

    Raises
    ------
    KamError
        When the source does not exist or the mapping itself is wrong.
    """
    chosen, path = mappings.load(mapping), Path(source)
    if not path.exists():
        raise problem("source_missing", found=str(source))
    reader = _Reader(path)
    entries = chosen.files or tuple(_canonical(reader, chosen.defaults))
    tables = [table for entry in entries for table in reader.read(entry)]
    return Raw(path.name, tuple(tables), chosen, reader.notes.findings())


class _Reader:
    """Files of one source; each is opened once."""

    def __init__(self, path: Path) -> None:
        self.folder = path if path.is_dir() else path.parent
        self.files = sorted(path.iterdir()) if path.is_dir() else [path]
        self.notes = Notes()
        self._books: dict[Path, Workbook | None] = {}

    def read(self, entry: FileMapping) -> Iterator[RawTable]:
        """Give the raw tables of one entry: one per file that its name or pattern matches."""
        named = self.folder / entry.file
        found = [named] if named.is_file() else self._matching(entry.file)
        if not found:
            near = nearest(entry.file, [file.name for file in self.files])
            self.notes.add("file_missing", file=entry.file, table=entry.table, near=near)
        for path in found:
            yield self._table(path, entry)

    def book(self, path: Path) -> Workbook | None:
        """Return the workbook, or None when it cannot be read."""
        if path not in self._books:
            try:
                self._books[path] = Workbook(path.read_bytes())
            except Exception:  # noqa: BLE001 - a damaged zip makes openpyxl raise whatever its parts raise
                self._books[path] = None
        return self._books[path]

    def _matching(self, pattern: str) -> list[Path]:
        is_pattern = any(sign in pattern for sign in "*?")
        return [file for file in self.files if is_pattern and file.is_file() and file.match(pattern)]

    def _table(self, path: Path, entry: FileMapping) -> RawTable:
        sheet = entry.sheet
        notes = Notes(file=path.name, sheet=sheet, table=entry.table)
        try:
            content = path.read_bytes()
        except OSError as refused:
            notes.add("file_unreadable", found=str(refused.strerror))
            return RawTable(entry.table, path.name, sheet, Grid(), entry, notes.findings())
        if path.suffix.lower() in BOOKS:
            sheet, grid = self._sheet(path, entry, notes)
        else:
            grid = delimited.read(content, entry, notes)
        return RawTable(entry.table, path.name, sheet, grid, entry, notes.findings())

    def _sheet(self, path: Path, entry: FileMapping, notes: Notes) -> tuple[str, Grid]:
        book = self.book(path)
        if book is None:
            notes.add("workbook_unreadable")
            return entry.sheet, Grid()
        same = [name for name in book.sheets if _named(name) == entry.table]
        sheet = entry.sheet or (book.sheets[0] if len(book.sheets) == 1 else next(iter(same), ""))
        if sheet not in book.sheets:
            rule = "sheet_missing" if sheet else "sheet_unclear"
            notes.add(rule, found=sheet, expected=", ".join(book.sheets))
            return entry.sheet, Grid()
        notes.place["sheet"] = sheet if len(book.sheets) > 1 else ""
        return sheet, book.read(sheet, entry, notes)


def _named(name: str) -> str:
    """Return the table that a file stem or a sheet is named after, else nothing."""
    return _NAMES.get(name.strip().casefold(), "")


def _canonical(reader: _Reader, defaults: FileMapping) -> Iterator[FileMapping]:
    """Give an entry for each file or sheet with a canonical name; tell what is not read, and what stands twice."""
    seen: dict[str, str] = {}
    for path in (file for file in reader.files if file.is_file() and not file.name.startswith((".", "~$"))):
        for table, sheet in _claims(reader, path):
            if table in seen:
                reader.notes.add("table_twice", file=path.name, table=table, found=seen[table])
            else:
                seen[table] = path.name
                yield replace(defaults, table=table, file=path.name, sheet=sheet)


def _claims(reader: _Reader, path: Path) -> list[tuple[str, str]]:
    suffix, table = path.suffix.lower(), _named(path.stem)
    if suffix in TEXTS + BOOKS and table:
        return [(table, "")]
    book = reader.book(path) if suffix in BOOKS else None
    sheets = [(name, sheet) for sheet in (book.sheets if book else []) if (name := _named(sheet))]
    if not sheets and suffix in TEXTS + BOOKS:
        reader.notes.add("file_not_read", "warning", file=path.name, near=_near(path))
    elif suffix in _OLD:
        reader.notes.add("old_format", "warning", file=path.name)
    return sheets


def _near(path: Path) -> str:
    return nearest(path.stem, [Path(table.file).stem for table in FACTS.values()])
