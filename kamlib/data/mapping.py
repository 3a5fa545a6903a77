"""The mapping file: how a company's own files become canonical tables, every scalar read as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from kamlib import schema, text
from kamlib.errors import Finding, KamError, nearest, problem

UNITS = {"kr": 1.0, "tkr": 1e3, "mkr": 1e6}
SEPARATORS = {",": ",", ";": ";", "|": "|", "\t": "\t", "tab": "\t", "\\t": "\t"}
FACTS = {name: table for name, table in schema.TABLES.items() if table.role == "fact"}


@dataclass(frozen=True)
class FileMapping:
    """How one file (or sheet) becomes one table; empty values are judged from the file."""

    table: str = ""
    file: str = ""
    sheet: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    encoding: str = ""
    separator: str = ""
    header_row: int = 0
    skip_footer: int = 0
    unit: str = ""
    decimal: str = ""
    dates: str = ""
    currency: str = ""


@dataclass(frozen=True)
class FolderMapping:
    """How a folder becomes facts; without `files`, canonical names are expected."""

    files: tuple[FileMapping, ...] = ()
    defaults: FileMapping = field(default_factory=FileMapping)


def load(mapping: str | Path | Mapping[str, Any] | FolderMapping | None) -> FolderMapping:
    """Return the mapping, checked; a path is read as YAML.

    Raises
    ------
    KamError
        With every problem of the mapping at once.
    """
    if isinstance(mapping, FolderMapping):
        return mapping
    if mapping is None or isinstance(mapping, Mapping):
        return _Checker("").folder(mapping or {})
    path = Path(mapping)
    return _Checker(path.name).folder(parsed(path))


def parsed(path: Path) -> Any:
    """Return what a YAML file says, every scalar as text. Raises `KamError` naming the line."""
    place = {"file": path.name}
    try:
        return yaml.load(path.read_text("utf-8-sig"), text.TextLoader) or {}  # noqa: S506  makes only text
    except (OSError, ValueError) as fault:
        raise problem("mapping_unreadable", place=place, found=type(fault).__name__) from None
    except (yaml.YAMLError, RecursionError) as fault:
        mark = getattr(fault, "problem_mark", None)
        spot = {**place, "line": mark.line + 1} if mark else place
        found = getattr(fault, "problem", None) or type(fault).__name__
        raise problem("mapping_not_yaml", place=spot, found=found) from None


class _Checker:
    """Turn plain dicts into mappings and collect what is wrong on the way."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[Finding] = []

    def folder(self, said: Any) -> FolderMapping:
        names = {"currency", "decimal", "dates"}
        said = self._keys(said, names | {"files"}, "mapping")
        defaults = self._options({name: value for name, value in said.items() if name in names})
        entries = said.get("files") or []
        if not isinstance(entries, list):
            self._wrong("mapping_not_list", option="files")
            entries = []
        files = tuple(self._entry(entry, defaults) for entry in entries)
        if self._found:
            raise KamError(*self._found)
        return FolderMapping(files, FileMapping(**defaults))

    def _entry(self, said: Any, defaults: Mapping[str, Any]) -> FileMapping:
        said = self._keys(said, {each.name for each in fields(FileMapping)}, "files")
        table = str(said.get("table", ""))
        if table not in FACTS:
            self._wrong("mapping_table", found=table, near=nearest(table, FACTS), expected=", ".join(FACTS))
            return FileMapping()
        if not isinstance(said.get("file"), str) or not said["file"]:
            self._wrong("mapping_no_file", table=table)
        known = FACTS[table].by_name
        return FileMapping(
            table=table,
            file=str(said.get("file", "")),
            sheet=str(said.get("sheet", "")),
            columns=self._texts(self._keys(said.get("columns", {}), known, "columns"), "columns"),
            constants=self._texts(self._keys(said.get("constants", {}), known, "constants"), "constants"),
            keep=self._kept(said.get("keep", {})),
            **{**defaults, **self._options(said)},
        )

    def _options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        for name, (expected, accept) in _OPTIONS.items():
            if name not in said:
                continue
            value = accept(said[name]) if isinstance(said[name], str | int) else None
            if value is None:
                self._wrong("mapping_value", option=name, found=str(said[name]), expected=expected)
            else:
                taken[name] = value
        return taken

    def _keys(self, said: Any, known: Any, key: str) -> dict[str, Any]:
        if not isinstance(said, Mapping):
            self._wrong("mapping_not_mapping", option=key)
            return {}
        for name in said:
            if name not in known:
                self._wrong("mapping_key", option=key, found=str(name), near=nearest(str(name), known))
        return {str(name): value for name, value in said.items() if name in known}

    def _texts(self, said: Mapping[str, Any], key: str) -> dict[str, str]:
        for name, value in said.items():
            if not isinstance(value, str):
                self._wrong("mapping_value", option=f"{key}.{name}", found=str(value), expected="text")
        return {name: value for name, value in said.items() if isinstance(value, str)}

    def _kept(self, said: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(said, Mapping):
            self._wrong("mapping_not_mapping", option="keep")
            return {}
        lists = {str(name): value if isinstance(value, list) else [value] for name, value in said.items()}
        return {name: tuple(str(word).strip() for word in words) for name, words in lists.items()}

    def _wrong(self, rule: str, **values: Any) -> None:
        place = {"file": self._file} if self._file else {}
        self._found.append(Finding(rule, "error", place, values))


def _encoding(said: str | int) -> str | None:
    try:
        "a".encode(str(said))
    except (LookupError, UnicodeError, ValueError):
        return None
    return str(said)


def _whole(said: str | int) -> int | None:
    return int(said) if re.fullmatch(r"[0-9]{1,6}", str(said)) else None


def _dates(said: str | int) -> str | None:
    parts = set(re.findall(r"%(.)", str(said)))
    return str(said) if parts & set("mbB") and parts & set("yY") and parts <= set("mbBydYHMSf%") else None


def _currency(said: str | int) -> str | None:
    return str(said) if re.fullmatch("[A-Z]{3}", str(said)) else None


def _one_of(*words: str) -> Any:
    return lambda said: str(said) if str(said) in words else None


#: option -> what is expected (neutral to language), and a function that returns the value or None.
_OPTIONS: dict[str, tuple[str, Any]] = {
    "encoding": ("utf-8, cp1252, cp850, mac_roman, utf-16", _encoding),
    "separator": (", ; | tab", lambda said: SEPARATORS.get(str(said))),
    "header_row": ("1, 2, 3 ...", lambda said: _whole(said) or None),
    "skip_footer": ("0, 1, 2 ...", _whole),
    "unit": ("kr, tkr, mkr", _one_of(*UNITS)),
    "decimal": (", .", _one_of(",", ".")),
    "dates": ("%Y-%m-%d, %d.%m.%Y ...", _dates),
    "currency": ("SEK, NOK, DKK, EUR ...", _currency),
}
