"""What the method answers about a bundle: rows that know the sheet that shows them, counted once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from functools import cache, update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_args, get_type_hints, overload

import pandas as pd

from kamlib.schema.bundle import Bundle

R = TypeVar("R")
B = TypeVar("B", bound=Bundle)
P = ParamSpec("P")


@dataclass(frozen=True)
class Result(Sequence[R], Generic[R]):
    """Rows of one kind about a bundle. In a notebook they show themselves as `sheet.<name>` of the catalogue.

    `values` fill the sheet's caption and note; `chosen` names the columns to show, all where it is empty; `row` is
    the class of the rows.
    """

    sheet: str
    rows: tuple[R, ...]
    bundle: Bundle
    values: Mapping[str, Any] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    row: type | None = None

    @overload
    def __getitem__(self, place: int) -> R: ...
    @overload
    def __getitem__(self, place: slice) -> Result[R]: ...
    def __getitem__(self, place: int | slice) -> R | Result[R]:
        """Return one row, or some of them as a result."""
        return replace(self, rows=self.rows[place]) if isinstance(place, slice) else self.rows[place]

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def columns(self, *names: str) -> Result[R]:
        """Choose the columns to show, in this order."""
        return replace(self, chosen=names)

    def where(self, **values: Any) -> Result[R]:
        """Keep the rows whose columns have these values."""
        return self._kept(lambda row: all(getattr(row, name) == value for name, value in values.items()))

    def without(self, **values: Any) -> Result[R]:
        """Leave out the rows whose columns have these values."""
        return self._kept(lambda row: all(getattr(row, name) != value for name, value in values.items()))

    def _kept(self, holds: Callable[[R], bool]) -> Result[R]:
        return replace(self, rows=tuple(row for row in self.rows if holds(row)))

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame, for work on many of them; without rows it still has their columns."""
        return frame_of(self.rows, self.row)


def frame_of(rows: Iterable[Any], row: type | None = None) -> pd.DataFrame:
    """Return dataclass rows as a frame: days become timestamps, numbers that are not known missing."""
    records = list(rows)
    kinds = _kinds(row or type(records[0])) if row or records else {}
    return pd.DataFrame(
        {
            name: pd.Series([getattr(record, name) for record in records], dtype=kind)
            for name, kind in kinds.items()
        }
    )


@cache
def _kinds(row: type) -> dict[str, str]:
    """Return the pandas dtype of each field of a row class; what pandas has no type for is an object."""
    hints = get_type_hints(row)
    return {each.name: _kind(hints[each.name]) for each in fields(row)}


def _kind(hint: Any) -> str:
    if hint is bool:
        return "bool"
    plain = [part for part in get_args(hint) if part is not type(None)] or [hint]
    return _DTYPES.get(plain[0], "object") if len(plain) == 1 else "object"


_DTYPES: dict[Any, str] = {float: "float64", date: "datetime64[us]", int: "Int64", bool: "boolean"}


def result(
    sheet: str, *, values: Callable[[Any], Mapping[str, Any]] | None = None
) -> Callable[[Callable[Concatenate[B, P], Iterable[R]]], Callable[Concatenate[B, P], Result[R]]]:
    """Let a function of a bundle answer with a `Result` of the rows that it gives, shown as `sheet`.

    A bundle is frozen: asked again without further arguments, it gives the first answer.
    """

    def declare(ask: Callable[Concatenate[B, P], Iterable[R]]) -> Callable[Concatenate[B, P], Result[R]]:
        def asked(bundle: B, /, *args: P.args, **options: P.kwargs) -> Result[R]:
            # Past the frozen fields, so that a bundle made of this one (`view`, `replace`) begins without memories.
            answers: dict[str, Any] = vars(bundle).setdefault("_answers", {})
            key = f"{ask.__module__}.{ask.__qualname__}"
            if args or options:
                return made(bundle, *args, **options)
            if key not in answers:
                answers[key] = made(bundle, *args, **options)
            answer: Result[R] = answers[key]
            return answer

        def made(bundle: B, *args: P.args, **options: P.kwargs) -> Result[R]:
            rows = tuple(ask(bundle, *args, **options))
            filled = values(bundle) if values else {}
            return Result(sheet, rows, bundle, filled, row=_row_of(ask))

        update_wrapper(asked, ask)
        return asked

    return declare


@cache
def _row_of(ask: Callable[..., Any]) -> type | None:
    """Return the class of the rows that a function says it gives."""
    rows = get_args(get_type_hints(ask).get("return"))
    return rows[0] if rows and is_dataclass(rows[0]) and isinstance(rows[0], type) else None
