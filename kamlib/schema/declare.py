"""What a table and a column can say about themselves, and how a class of rows declares them.

A row class is the declaration: the annotation of a field gives its kind (`Money`, `Day`, `Choice` ...) and whether it
can be unknown (`| None`); `column(...)` adds unit, limits, choices, whom it refers to and who may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, field, fields
from datetime import date
from functools import cached_property
from math import isnan
from typing import Annotated, Any, ClassVar, Literal, TypeVar, dataclass_transform, get_args, get_type_hints

import pandas as pd

from kamlib import text

Kind = Literal[
    "text", "money", "share", "date", "month", "integer", "number", "flag", "id", "choice", "scale"
]

Text = Annotated[str, "text"]
Id = Annotated[str, "id"]
Choice = Annotated[str, "choice"]
Money = Annotated[float, "money"]
Share = Annotated[float, "share"]
Number = Annotated[float, "number"]
Integer = Annotated[int, "integer"]
Scale = Annotated[int, "scale"]
Flag = Annotated[bool, "flag"]
Day = Annotated[date, "date"]
Month = Annotated[date, "month"]

#: kind -> pandas dtype of a column in a frame, also of an empty one.
KINDS: dict[str, str] = {
    **dict.fromkeys(("text", "id", "choice"), "str"),
    **dict.fromkeys(("money", "share", "number"), "float64"),
    **dict.fromkeys(("integer", "scale"), "Int64"),
    **dict.fromkeys(("date", "month"), "datetime64[us]"),
    "flag": "boolean",
}
_MARKS = {"required", "customer", "personal"}


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
        own = f"column.{self.table}.{self.name}"
        words: dict[str, list[str]] = text.entry(own, f"column.any.{self.name}")
        return words


@dataclass(frozen=True)
class Table:
    """One table: what a row is, its key, the date column used for as-of, its columns and the class of its rows."""

    name: str
    role: Literal["fact", "plan"]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    row: type[Row]
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

    @cached_property
    def is_closed(self) -> bool:
        """Tell whether a customer edition holds no row at all: the key is closed, or nothing beside the key is open."""
        shown = set(self.open_columns())
        return not set(self.key) <= shown or shown <= {*self.key, "account_id", "is_shared"}

    def empty(self) -> pd.DataFrame:
        """Return the table with no rows and the declared dtypes."""
        return pd.DataFrame({column.name: pd.Series(dtype=column.dtype) for column in self.columns})

    def typed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return `rows` with exactly the declared columns and dtypes; absent columns are missing values."""
        frame = rows.reindex(columns=[column.name for column in self.columns])
        return frame.astype({column.name: column.dtype for column in self.columns})

    def frame(self, rows: Iterable[Row]) -> pd.DataFrame:
        """Return typed rows as a frame with the declared dtypes."""
        records = list(rows)
        if not records:
            return self.empty()
        return pd.DataFrame(
            {
                column.name: pd.Series([getattr(row, column.name) for row in records], dtype="object")
                for column in self.columns
            }
        ).astype({column.name: column.dtype for column in self.columns})

    def rows(self, frame: pd.DataFrame) -> tuple[Any, ...]:
        """Return the rows of a typed frame: days as `date`, what is not known as None."""
        if frame.empty:
            return ()
        columns = {column.name: _plain(frame[column.name], column.kind) for column in self.columns}
        if self.role == "plan":  # a row of the whole company names no account
            columns["account_id"] = [each or "" for each in columns["account_id"]]
            columns["is_shared"] = [bool(each) for each in columns["is_shared"]]
        names = list(columns)
        return tuple(
            self.row(**dict(zip(names, each, strict=True))) for each in zip(*columns.values(), strict=True)
        )


def _plain(values: pd.Series[Any], kind: Kind) -> list[Any]:
    # One by one: an account's tables are short, and pandas costs more by the call than by the value.
    if kind in ("date", "month"):
        return [None if each is pd.NaT else each.date() for each in values.tolist()]
    return [
        None if each is pd.NA or (isinstance(each, float) and isnan(each)) else each
        for each in values.tolist()
    ]


class Row:
    """One row of a table: a frozen object in which None is what is not known."""

    __slots__ = ()
    table: ClassVar[Table]

    def values(self) -> dict[str, Any]:
        """Return the declared columns by name: a row of more columns is made of them."""
        return {column.name: getattr(self, column.name) for column in self.table.columns}


class PlanRow(Row):
    """One row that people write: its own id, whose it is (empty: the whole company), and whether it is shared."""

    __slots__ = ()
    row_id: Id
    account_id: Id
    is_shared: Flag


def column(
    *marks: str,
    unit: str = "",
    refers_to: str = "",
    choices: str = "",
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """Declare what an annotation can't say of a column; marks are `required`, `customer` and `personal`."""
    unknown = set(marks) - _MARKS
    if unknown:
        raise ValueError(f"unknown mark {sorted(unknown)}")
    said = {
        "required": "required" in marks,
        "personal": "personal" in marks,
        "audience": "customer" if "customer" in marks else "internal",
        "unit": unit,
        "refers_to": refers_to,
        "choice_set": choices,
        "low": low,
        "high": high,
    }
    return field(metadata=said) if said["required"] else field(default=None, metadata=said)


_OF_EVERY_PLAN_ROW: dict[str, Callable[[], Any]] = {
    "row_id": lambda: column("customer"),
    "account_id": lambda: column("customer", refers_to="account"),
    "is_shared": lambda: column("customer"),
}

Declared = TypeVar("Declared", bound=Row)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(column,))
def fact(
    name: str, key: str, *, when: str = "", file: str = ""
) -> Callable[[type[Declared]], type[Declared]]:
    """Declare the decorated class as the rows of a fact table; `key` names its columns with spaces between."""

    def declare(cls: type[Declared]) -> type[Declared]:
        made = _frozen(cls, list(cls.__annotations__))
        made.table = Table(
            name, "fact", tuple(key.split()), _columns(made, name), made, when, file or f"{name}s.csv"
        )
        return made

    return declare


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(column,))
def plan(name: str, *, when: str = "") -> Callable[[type[Declared]], type[Declared]]:
    """Declare the decorated class as the rows of a plan table; the columns that every plan row has come first."""

    def declare(cls: type[Declared]) -> type[Declared]:
        for own, make in _OF_EVERY_PLAN_ROW.items():
            setattr(cls, own, make())
        cls.__annotations__ = {"row_id": Id, "account_id": Id, "is_shared": Flag, **cls.__annotations__}
        made = _frozen(cls, list(cls.__annotations__))
        made.table = Table(name, "plan", ("row_id",), _columns(made, name), made, when)
        return made

    return declare


def _frozen(cls: type[Declared], names: Iterable[str]) -> type[Declared]:
    for name in names:
        if not isinstance(cls.__dict__.get(name), Field):
            setattr(cls, name, column())
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


def _columns(cls: type[Row], table: str) -> tuple[Column, ...]:
    kinds = get_type_hints(cls, include_extras=True)
    return tuple(
        Column(each.name, _kind(kinds[each.name]), table, **each.metadata)
        for each in fields(cls)  # type: ignore[arg-type]  # a row class is a dataclass from here on
    )


def _kind(hint: Any) -> Kind:
    """Return the kind that an annotation names: `Money`, or `Money | None`."""
    named = getattr(hint, "__metadata__", None) or next(
        part.__metadata__ for part in get_args(hint) if hasattr(part, "__metadata__")
    )
    kind: Kind = named[0]
    return kind
