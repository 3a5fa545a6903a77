"""What a table and a column can say about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd

from kamlib import text

Kind = Literal[
    "text", "money", "share", "date", "month", "integer", "number", "flag", "id", "choice", "scale"
]

#: kind -> pandas dtype of a column in a frame, also of an empty one.
KINDS: dict[str, str] = {
    "text": "str",
    "id": "str",
    "choice": "str",
    "money": "float64",
    "share": "float64",
    "number": "float64",
    "integer": "Int64",
    "scale": "Int64",
    "flag": "boolean",
    "date": "datetime64[us]",
    "month": "datetime64[us]",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind, unit, allowed values and who may see it.

    `audience` is `internal` unless the declaration says `customer`. `low` and `high` are inclusive limits.
    `personal` marks a value that tells who a person is or what somebody thinks of that person.
    """

    name: str
    kind: Kind
    table: str
    unit: str = ""
    required: bool = False
    audience: Literal["internal", "customer"] = "internal"
    personal: bool = False
    refers_to: str = ""
    choice_set: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def dtype(self) -> str:
        """Pandas dtype of the column in a frame."""
        return KINDS[self.kind]

    @property
    def title(self) -> dict[str, str]:
        """Heading per language."""
        return {lang: words[0] for lang, words in self._words.items()}

    @property
    def meaning(self) -> dict[str, str]:
        """One sentence per language."""
        return {lang: words[1] for lang, words in self._words.items()}

    @property
    def choices(self) -> dict[str, dict[str, str]]:
        """Code -> label per language, in the order of the declaration; empty for a free column."""
        return text.entries(f"choice.{self.choice_set}") if self.choice_set else {}

    @property
    def _words(self) -> dict[str, list[str]]:
        words: dict[str, list[str]] = text.entry(
            f"column.{self.table}.{self.name}", f"column.any.{self.name}"
        )
        return words


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its key, the date column used for as-of, and its columns."""

    name: str
    role: Literal["fact", "plan"]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    when: str = ""
    file: str = ""

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def title(self) -> dict[str, str]:
        """What the table is called per language."""
        return {lang: words[0] for lang, words in text.entry(f"table.{self.name}").items()}

    @property
    def meaning(self) -> dict[str, str]:
        """What one row is, per language."""
        return {lang: words[1] for lang, words in text.entry(f"table.{self.name}").items()}

    def open_columns(self) -> list[str]:
        """Names of the columns that a customer edition may hold."""
        return [column.name for column in self.columns if column.audience == "customer"]

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows and the declared dtypes."""
        return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in self.columns})

    def typed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return `rows` with exactly the declared columns and dtypes; absent columns are missing values."""
        frame = rows.reindex(columns=[column.name for column in self.columns])
        return frame.astype({column.name: column.dtype for column in self.columns})


def column(name: str, kind: Kind, *marks: str, **options: object) -> Column:
    """Declare one column; marks are `required`, `customer` and `personal`."""
    unknown = set(marks) - {"required", "customer", "personal"}
    if unknown:
        raise ValueError(f"column {name}: unknown mark {sorted(unknown)}")
    return Column(
        name,
        kind,
        table="",
        required="required" in marks,
        personal="personal" in marks,
        audience="customer" if "customer" in marks else "internal",
        **options,  # type: ignore[arg-type]
    )
