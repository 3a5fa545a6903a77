"""Judge raw tables and hand out typed ones; everything that is wrong is told at once, in the user's words.

`judge` never stops at the first fault and never loads a part: where one finding is an error, `refuse` raises
them all. What rows and money went where stands in the report.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kamlib import schema, text
from kamlib.data import checks, parsing
from kamlib.data import mapping as mappings
from kamlib.data.checks import Judged, Known
from kamlib.data.mapping import FACTS, FileMapping, FolderMapping
from kamlib.data.raw import CAP, DAY, Marks, Notes, Raw, RawTable, Rows, Texts, shown
from kamlib.errors import Finding, KamError, nearest, severity_rank

Tables = dict[str, pd.DataFrame]

_SOFT = frozenset({"date_out_of_range"})
"""Rules that leave the cell empty and warn; every other rule stops the import."""


_HINTS = frozenset({"file_not_read", "old_format"})
"""Warnings that tell why a table is missing: they go along with the errors."""


@dataclass(frozen=True)
class _Source:
    """Where one canonical column comes from: a column of the file, or a constant."""

    column: schema.Column
    title: str
    index: int = -1
    constant: str = ""


def judge(
    raw: Raw,
    mapping: str | Path | Mapping[str, Any] | FolderMapping | None = None,
    *,
    known: Known | None = None,
    currency: str = "SEK",
) -> tuple[Tables, list[Finding], pd.DataFrame]:
    """Return the typed tables, every finding, and the report: rows and money read, accepted and refused.

    Parameters
    ----------
    mapping : optional
        Taken instead of the mapping that the source was read with.
    known : optional
        Ids that the workspace already holds, per table: with them neither accounts nor revenue is required.
    currency : str
        Of the workspace; a mapping that says another one is an error.

    Returns
    -------
    tuple
        Tables by name (only those that were read), findings, and one report row per file and table.
    """
    entries = _entries(raw, mapping)
    judged = [_file(table, entry, currency) for table, entry in zip(raw.tables, entries, strict=True)]
    names = dict.fromkeys(each.table for each in judged)
    parts = {name: [each for each in judged if each.table == name] for name in names}
    held = {name: checks.keys(checks.together(own)) for name, own in parts.items()}
    held = checks.references(held, known or {})
    loaded = {name: checks.summed(each) for name, each in held.items()}
    findings = [*raw.findings, *checks.required_tables(held, known)]
    findings += [finding for each in held.values() for finding in each.findings]
    findings += [finding for _, told in loaded.values() for finding in told]
    report = pd.concat([_REPORT, *(checks.totals(each) for each in held.values())], ignore_index=True)
    tables = {name: rows for name, (rows, _) in loaded.items()}
    return tables, _ordered(findings), report.astype(_REPORT.dtypes)


def refuse(findings: list[Finding]) -> None:
    """Raise every error at once, under one headline per table; return where there is none.

    Raises
    ------
    KamError
        `2 problems in table 'revenue' (revenue.csv); nothing was loaded. ...`
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return
    unread = [finding for finding in findings if finding.rule in _HINTS]
    groups: dict[tuple[str, str], int] = {}
    for finding in errors:
        key = (str(finding.place.get("table", "")), str(finding.place.get("file", "")))
        groups[key] = groups.get(key, 0) + int(finding.values["n"] if finding.rule == "more_like_this" else 1)
    lines = [
        text.t("intake.headline", n=n, table=table, file=file) for (table, file), n in groups.items() if table
    ]
    others = sum(n for (table, _), n in groups.items() if not table)
    lines += [text.t("intake.headline_source", n=others)] if others else []
    raise KamError(*errors, *unread, headline="\n".join(lines))


def in_currency(report: pd.DataFrame) -> pd.DataFrame:
    """Return the report for `tables.sheet("intake_report", ...)`: tables named in words, money in currency units."""
    money = [str(name) for name in report if str(name).startswith("money_")]
    titles = [FACTS[name].title[text.language()] for name in report["table"]]
    shown_report = report.assign(table=titles)
    shown_report[money] = report[money].astype("Float64") / 100
    return shown_report


_REPORT = pd.DataFrame(
    {name: pd.Series(dtype="str") for name in ("table", "file", "sheet")}
    | {
        f"{what}_{part}": pd.Series(dtype="Int64")
        for what in ("rows", "money")
        for part in ("read", "accepted", "refused", "left_out", "copies")
    }
)


def _entries(raw: Raw, mapping: Any) -> list[FileMapping]:
    """Return the entry of each raw table, from the mapping given now where one is given."""
    if mapping is None:
        return [table.entry for table in raw.tables]
    chosen = mappings.load(mapping)
    return [_entry(table, chosen) for table in raw.tables]


def _entry(table: RawTable, chosen: FolderMapping) -> FileMapping:
    for entry in chosen.files:
        is_its = Path(table.file).match(entry.file) and entry.sheet in ("", table.sheet)
        if entry.table == table.table and is_its:
            return entry
    return replace(chosen.defaults, table=table.table, file=table.file)


def _ordered(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: severity_rank(finding.severity))


def _file(raw: RawTable, entry: FileMapping, currency: str) -> Judged:
    """Judge one file: bind its headers, set aside what the mapping leaves out, parse every column."""
    notes = Notes(file=raw.file, sheet=raw.sheet if raw.entry.sheet else "", table=raw.table)
    if entry.currency not in ("", currency):
        notes.add("currency_differs", found=entry.currency, expected=currency)
    entry = replace(entry, currency=currency)
    table, count = FACTS[raw.table], len(raw.grid)
    sources = _bind(raw, table, entry, notes) if raw.grid.header else []
    kept = _kept(raw, entry, notes)
    columns, refused = {}, np.zeros(count, dtype=bool)
    for source in sources:
        values, wrong = _column(raw, source, entry, kept, notes)
        columns[source.column.name] = values
        refused[wrong] = True
    frame = table.typed(pd.DataFrame(columns, index=pd.RangeIndex(count)))
    if raw.grid.header and not count:
        notes.add("no_rows", "error" if raw.table in checks.REQUIRED else "note")
    origin = pd.DataFrame(
        {
            "file": raw.file,
            "sheet": raw.sheet,
            "line": raw.grid.lines,
            "kept": kept,
            "refused": refused & kept,
        },
        index=frame.index,
    ).assign(copy=checks.copies(raw.grid.cells, count))
    files = (checks.FileRows(raw.file, raw.sheet, raw.grid.broken),)
    return Judged(raw.table, frame, origin, files, (*raw.findings, *notes.findings()))


def _folded(header: str) -> str:
    return unicodedata.normalize("NFC", header).strip().lstrip("\ufeff").casefold()


def _bind(raw: RawTable, table: schema.Table, entry: FileMapping, notes: Notes) -> list[_Source]:
    """Find each column's source: a constant, the mapping's header, else its canonical name."""
    headers = [_folded(header) for header in raw.grid.header]
    _tell_twice(raw, headers, notes)
    wanted = entry.columns or {name: name for name in table.by_name if name not in entry.constants}
    sources = [_Source(table.by_name[name], name, constant=value) for name, value in entry.constants.items()]
    for name, title in wanted.items():
        if _folded(title) in headers:
            index = headers.index(_folded(title))
            sources.append(_Source(table.by_name[name], raw.grid.header[index].strip(), index))
        elif entry.columns:
            _missing(notes, raw, "mapped_column_missing", title)
    bound = {source.column.name for source in sources}
    for column in table.columns:
        if column.required and column.name not in bound and column.name not in entry.columns:
            _missing(notes, raw, "column_missing", column.name)
    if not entry.columns:
        _tell_unknown(raw, headers, table, notes)
    return sources


def _missing(notes: Notes, raw: RawTable, rule: str, name: str) -> None:
    headers = [header.strip() for header in raw.grid.header if header.strip()]
    found = ", ".join(map(shown, headers[:12]))
    notes.add(rule, line=raw.grid.header_line, found=found, expected=name, near=nearest(name, headers))


def _tell_twice(raw: RawTable, headers: list[str], notes: Notes) -> None:
    for header in dict.fromkeys(headers):
        if header and headers.count(header) > 1:
            notes.add("header_twice", line=raw.grid.header_line, found=shown(header), n=headers.count(header))


def _tell_unknown(raw: RawTable, headers: list[str], table: schema.Table, notes: Notes) -> None:
    for index, header in enumerate(headers):
        if header and header not in table.by_name:
            unread, near = shown(raw.grid.header[index].strip()), nearest(header, table.by_name)
            notes.add("column_not_read", "note", column=unread, near=near)
        elif not header and any(map(str.strip, raw.grid.cells[index])):
            notes.add("column_without_name", "warning", line=raw.grid.header_line, n=index + 1)


def _kept(raw: RawTable, entry: FileMapping, notes: Notes) -> npt.NDArray[np.bool_]:
    """Return which rows the mapping's `keep` lets in."""
    headers, kept = [_folded(header) for header in raw.grid.header], np.ones(len(raw.grid), dtype=bool)
    for title, words in entry.keep.items():
        if _folded(title) not in headers:
            _missing(notes, raw, "mapped_column_missing", title)
            continue
        codes, distinct = pd.factorize(raw.grid.cells[headers.index(_folded(title))])
        wanted = np.array([word.strip() in words for word in distinct], dtype=bool)
        kept &= wanted[codes] if len(distinct) else True
    if not kept.all():
        notes.add("rows_left_out", "note", n=int((~kept).sum()), found=", ".join(entry.keep))
    return kept


def _column(
    raw: RawTable, source: _Source, entry: FileMapping, kept: npt.NDArray[np.bool_], notes: Notes
) -> tuple[npt.NDArray[Any], Rows]:
    """Parse one column; faults in rows that the mapping leaves out are no faults."""
    cells = raw.grid.cells[source.index] if source.index >= 0 else _constant(source.constant, len(raw.grid))
    marks = raw.grid.marks[source.index] if raw.grid.marks and source.index >= 0 else None
    rows, left_out = np.flatnonzero(kept), np.flatnonzero(~kept)
    values, found = _parsed(source.column, cells, marks, entry, rows)
    if len(left_out):  # their money is counted, their faults are not
        values[left_out] = _parsed(source.column, cells, marks, entry, left_out)[0][left_out]
    faults = [*found, *_limits(source.column, values, rows), *_marked(source.column, marks, rows)]
    wrong = _rows_of([fault for fault in faults if fault.rule not in _SOFT])
    if source.column.required:
        empty = rows[pd.isna(values[rows])]
        faults.append(parsing.Fault("required_empty", np.setdiff1d(empty, wrong)))
        wrong = np.union1d(wrong, empty)
    for fault in faults:
        _tell(raw, source, fault, cells, notes)
    return values, wrong


def _parsed(
    column: schema.Column, cells: Texts, marks: Marks | None, entry: FileMapping, rows: Rows
) -> tuple[npt.NDArray[Any], list[parsing.Fault]]:
    """Parse the cells of `rows`; return a full-length column and faults by its positions."""
    part = parsing.parse(column, cells[rows], None if marks is None else marks[rows], entry)
    values = np.empty(len(cells), part.parsed.dtype)
    values[rows] = part.parsed
    return values, [replace(fault, rows=rows[fault.rows]) for fault in part.faults]


def _rows_of(faults: list[parsing.Fault]) -> Rows:
    return np.unique(np.concatenate([np.empty(0, np.int64), *(fault.rows for fault in faults)]))


def _constant(value: str, count: int) -> Texts:
    cells = np.empty(count, object)
    cells[:] = value
    return cells


def _limits(column: schema.Column, values: npt.NDArray[Any], rows: Rows) -> list[parsing.Fault]:
    if column.low is None and column.high is None:
        return []
    inside = values[rows].astype(float)
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    beyond = "too_small" if column.high is None else "outside_range"
    rule = "not_a_share" if column.kind == "share" else beyond
    return [parsing.Fault(rule, rows[(inside < low) | (inside > high)], {"low": low, "high": high})]


def _marked(column: schema.Column, marks: Marks | None, rows: Rows) -> list[parsing.Fault]:
    """Tell an id that the workbook holds as a date: the program has changed what was typed."""
    if marks is None or column.kind != "id":
        return []
    return [parsing.Fault("id_became_date", rows[marks[rows] == DAY])]


def _tell(raw: RawTable, source: _Source, fault: parsing.Fault, cells: Texts, notes: Notes) -> None:
    if not len(fault.rows):
        return
    lines, found = raw.grid.lines[fault.rows], cells[fault.rows[:CAP]]
    said = {name: value for name, value in fault.values.items() if name != "unclear"}
    if fault.whole or fault.rule in _SOFT:
        severity: Any = "warning" if fault.rule in _SOFT else "error"
        place = {"line": int(lines[0]), "column": source.title}
        notes.add(fault.rule, severity, found=shown(found[0]), n=len(lines), **place, **said)
    else:
        notes.each(fault.rule, lines, found, column=source.title, **said)
