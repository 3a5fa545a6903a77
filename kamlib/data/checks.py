"""What holds between rows and tables: one row per key, references that lead somewhere, sums that add up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kamlib import schema
from kamlib.data.mapping import FACTS
from kamlib.data.raw import CAP, Notes, Texts, shown
from kamlib.errors import Finding, nearest

REQUIRED = ("account", "revenue")
"""The only tables that a workspace must have."""

Known = Mapping[str, Collection[str]]
Flags = npt.NDArray[np.bool_]
_FEW = 5000


@dataclass(frozen=True)
class FileRows:
    """Name of one file and sheet, and how many of its records had the wrong number of fields."""

    file: str
    sheet: str
    broken: int = 0


@dataclass(frozen=True)
class Judged:
    """Rows of one table beside where each came from and what became of it.

    `origin` has file, sheet, line, kept (not left out by the mapping), refused and copy (the row repeats an
    earlier one in every cell of its file).
    """

    table: str
    rows: pd.DataFrame
    origin: pd.DataFrame
    files: tuple[FileRows, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def accepted(self) -> Flags:
        """Rows that are loaded."""
        state = self.origin
        return (state["kept"] & ~state["refused"] & ~state["copy"]).to_numpy(dtype=bool)

    def noting(self, notes: Notes, **flags: Flags) -> Judged:
        """Return the same rows with flags changed and the findings of `notes` added."""
        return replace(self, origin=self.origin.assign(**flags), findings=(*self.findings, *notes.findings()))

    def notes(self) -> Notes:
        """Return a pen for findings about this table."""
        return Notes(file=", ".join(dict.fromkeys(each.file for each in self.files)), table=self.table)


def copies(cells: tuple[Texts, ...], count: int) -> Flags:
    """Tell which rows of one file equal an earlier row in every cell, also in columns that are not read."""
    if not count:
        return np.zeros(0, dtype=bool)
    codes = pd.DataFrame({index: pd.factorize(column)[0] for index, column in enumerate(cells)})
    return codes.duplicated().to_numpy()


def together(files: list[Judged]) -> Judged:
    """Return the rows of all files of one table as one."""
    if len(files) == 1:
        return files[0]
    return Judged(
        files[0].table,
        pd.concat([each.rows for each in files], ignore_index=True),
        pd.concat([each.origin for each in files], ignore_index=True),
        tuple(file for each in files for file in each.files),
        tuple(finding for each in files for finding in each.findings),
    )


def is_summed(table: schema.Table) -> bool:
    """Tell whether repeated rows of the table are added up: those that count money or work per month."""
    return any(table.by_name[name].kind == "month" for name in table.key)


def keys(judged: Judged) -> Judged:
    """Count exact copies, and refuse ids that stand twice with different content.

    Where rows are summed per month two equal rows may be two invoices: they are told, counted and kept.
    """
    usable = (judged.origin["kept"] & ~judged.origin["refused"]).to_numpy(dtype=bool)
    if is_summed(FACTS[judged.table]):
        copy = judged.origin["copy"].to_numpy(dtype=bool) & usable
        told = _told_copies(judged, copy, "copies_summed")
        return judged.noting(told, copy=np.zeros(len(copy), dtype=bool))
    copy = np.zeros(len(usable), dtype=bool)
    copy[usable] = judged.rows[usable].duplicated().to_numpy()
    notes = _told_copies(judged, copy, "copies_dropped")
    left = np.flatnonzero(usable & ~copy)
    named = judged.rows.iloc[left][list(FACTS[judged.table].key)]
    again = named.duplicated().to_numpy()
    if again.any():
        _tell_clashes(judged, left, named, notes)
    refused = judged.origin["refused"].to_numpy(dtype=bool, copy=True)
    refused[left[again]] = True
    return judged.noting(notes, copy=copy, refused=refused)


def _told_copies(judged: Judged, copy: Flags, rule: str) -> Notes:
    notes = judged.notes()
    if copy.any():
        first = judged.origin[copy].iloc[0]
        notes.add(rule, "warning", file=str(first["file"]), line=int(first["line"]), n=int(copy.sum()))
    return notes


def _tell_clashes(judged: Judged, left: npt.NDArray[Any], named: pd.DataFrame, notes: Notes) -> None:
    groups = named.groupby(list(named), sort=False, dropna=False).ngroup().to_numpy()
    _, first = np.unique(groups, return_index=True)
    clashes = np.flatnonzero(named.duplicated().to_numpy())
    for row in clashes[:CAP]:
        here, there = int(left[row]), int(left[first[groups[row]]])
        notes.add("key_twice", **_clash(judged, here, there))
    notes.skip("key_twice", len(clashes) - CAP)


def _clash(judged: Judged, here: int, there: int) -> dict[str, Any]:
    key = FACTS[judged.table].key
    pair = judged.rows.iloc[[there, here]]
    places = judged.origin.iloc[[there, here]]
    differ = [str(name) for name in pair if len(pair[name].drop_duplicates()) > 1]
    return {
        "file": str(places["file"].iloc[1]),
        "line": int(places["line"].iloc[1]),
        "column": ", ".join(key),
        "found": shown(", ".join(str(pair[name].iloc[1]) for name in key)),
        "other": str(places["line"].iloc[0]),
        "other_file": str(places["file"].iloc[0]),
        "differ": ", ".join(differ),
    }


def references(held: dict[str, Judged], known: Known) -> dict[str, Judged]:
    """Refuse rows of accounts that nobody knows, with their money counted; other loose ends are warned of."""
    ids = {name: set(known.get(name, ())) for name in ("account", "contact")}
    for name in ids.keys() & held.keys():
        kept = held[name].origin["kept"].to_numpy(dtype=bool)  # a refused row still says that its id exists
        ids[name] |= set(held[name].rows[kept][FACTS[name].key[0]].dropna())
    return {name: _referring(judged, ids) for name, judged in held.items()}


def _referring(judged: Judged, ids: Mapping[str, set[str]]) -> Judged:
    notes, refused = judged.notes(), judged.origin["refused"].to_numpy(dtype=bool, copy=True)
    for column in FACTS[judged.table].columns:
        if not column.refers_to or (
            column.name in FACTS[judged.table].key[:1] and column.refers_to == judged.table
        ):
            continue
        said = judged.rows[column.name]
        loose = said.notna().to_numpy() & ~said.isin(ids[column.refers_to]).to_numpy() & judged.accepted
        if loose.any() and ids[column.refers_to]:
            _tell_loose(judged, column, loose, ids[column.refers_to], notes)
            refused |= loose if column.required else False
    return judged.noting(notes, refused=refused)


def _tell_loose(judged: Judged, column: schema.Column, loose: Flags, ids: set[str], notes: Notes) -> None:
    names = list(dict.fromkeys(judged.rows[column.name][loose]))
    none = bool((loose == judged.accepted).all())
    rule = "reference_dangling" if not column.required else "reference_none" if none else "reference_refused"
    first = judged.origin[loose].iloc[0]
    money = _minor(judged)[loose].sum() / 100
    notes.add(
        rule,
        "error" if rule == "reference_none" else "warning",
        file=str(first["file"]),
        line=int(first["line"]),
        column=column.name,
        found=", ".join(map(shown, names[:3])),
        n=int(loose.sum()),
        names=len(names),
        refers_to=FACTS[column.refers_to].file,
        near=nearest(names[0], sorted(ids)) if len(ids) <= _FEW else ", ".join(sorted(ids)[:3]),
        money=float(money),
    )


def required_tables(held: Mapping[str, Judged], known: Known | None) -> list[Finding]:
    """Tell which of the two tables that everything stands on is missing, and its least columns."""
    if held and known and known.get("account"):
        return []
    missing = [FACTS[name] for name in REQUIRED if name not in held]
    n = int(held["revenue"].rows["account_id"].nunique()) if "revenue" in held else 0
    found = []
    for table in missing:
        rule = "accounts_missing" if table.name == "account" and "revenue" in held else "table_missing"
        least = ", ".join(column.name for column in table.columns if column.required)
        place = {"table": table.name, "file": table.file}
        found.append(Finding(rule, "error", place, {"expected": least, "n": n}))
    return found


def summed(judged: Judged) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the accepted rows, those of one key added up; a sum with an unknown part is unknown."""
    table = FACTS[judged.table]
    rows = judged.rows[judged.accepted].reset_index(drop=True)
    if not is_summed(table) or not rows.duplicated(list(table.key)).any():
        return rows, []
    notes = judged.notes()
    parts = rows.groupby(list(table.key), sort=False, dropna=False)
    measures = [column for column in table.columns if column.name not in table.key]
    sums = {column.name: _sum(parts, column) for column in measures}
    if "quantity_unit" in sums:  # pieces and metres are not added up
        sums["quantity"] = sums["quantity"].where(_is_one(parts["quantity_unit"]))
    added = table.typed(pd.DataFrame(sums).reset_index())
    notes.add("rows_summed", "note", n=len(added), rows=len(rows), by=", ".join(table.key))
    lost = [c.name for c in measures if added[c.name].isna().sum() > parts[c.name].count().eq(0).sum()]
    if lost:
        n = int(added[lost].isna().any(axis=1).sum())
        notes.add("sum_unknown", "warning", column=", ".join(lost), n=n)
    return added, list(notes.findings())


def _sum(parts: Any, column: schema.Column) -> pd.Series[Any]:
    """Return the sum of each part, missing where one of its rows is; of a text, what all rows say."""
    if column.kind == "text":
        return parts[column.name].first().where(_is_one(parts[column.name]))  # type: ignore[no-any-return]
    counted, whole = parts[column.name].count(), parts.size()
    total = parts[column.name].sum()
    if column.kind == "money":
        total = (total * 100).round() / 100
    return total.where(counted == whole)  # type: ignore[no-any-return]


def _is_one(parts: Any) -> pd.Series[bool]:
    """Tell of each part whether all its rows say the same, or nothing."""
    return parts.nunique(dropna=False).eq(1)  # type: ignore[no-any-return]


def totals(judged: Judged) -> pd.DataFrame:
    """Return one row per file: rows and money read, accepted, refused, left out by the mapping, copies."""
    state, money = judged.origin, _minor(judged)
    kept = state["kept"].to_numpy(dtype=bool)
    copy = state["copy"].to_numpy(dtype=bool) & kept
    parts = {
        "read": np.ones(len(state), dtype=bool),
        "accepted": judged.accepted,
        "refused": kept & ~judged.accepted & ~copy,
        "left_out": ~kept,
        "copies": copy,
    }
    rows = []
    for each in judged.files:
        own = ((state["file"] == each.file) & (state["sheet"] == each.sheet)).to_numpy(dtype=bool)
        counts = {f"rows_{part}": int((flags & own).sum()) for part, flags in parts.items()}
        counts["rows_read"] += each.broken
        counts["rows_refused"] += each.broken
        sums = {f"money_{part}": int(money[flags & own].sum()) for part, flags in parts.items()}
        sums = sums if _money(judged.table) else dict.fromkeys(sums, pd.NA)  # type: ignore[arg-type]
        rows.append({"table": judged.table, "file": each.file, "sheet": each.sheet, **counts, **sums})
    return pd.DataFrame(rows)


def _money(table: str) -> str:
    return next((column.name for column in FACTS[table].columns if column.kind == "money"), "")


def _minor(judged: Judged) -> npt.NDArray[np.int64]:
    """Return each row's first amount in minor units; a row without one counts nothing."""
    name = _money(judged.table)
    if not name:
        return np.zeros(len(judged.rows), dtype=np.int64)
    amounts: npt.NDArray[np.float64] = np.rint(judged.rows[name].fillna(0).to_numpy(dtype=np.float64) * 100)
    return amounts.astype(np.int64)
