"""Numbers as people and programs write them, judged per column: `1 234,50`, `1,234.50`, `(1 234)`, `−12 kr`.

A unit such as `mkr` and a lone `1,234` are decisions, so they are asked for. `1e5` and `0x10` are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kamlib.data.mapping import UNITS

LARGEST = 9e13
"""Above this an amount in minor units is no longer exact in a float."""

UNIT_WORDS = {
    **dict.fromkeys(("tkr", "kkr", "tsek", "ksek", "k"), "tkr"),
    **dict.fromkeys(("mkr", "msek", "mn", "m", "mio", "milj", "miljoner", "million"), "mkr"),
}
_CURRENCY_WORDS = {"SEK": ("kr", "sek", ":-"), "NOK": ("kr", "nok", ",-"), "DKK": ("kr", "dkk"), "EUR": ("€", "eur"),
                   "USD": ("$", "usd"), "GBP": ("£", "gbp")}  # fmt: skip
_SIGNS = str.maketrans("\u00a0\u202f\u2009\u2212\u2013\u2019", "   --'")
_CELL = re.compile(
    r"(?P<open>\()? *(?P<sign>[-+]?) *(?P<head>[^\d.,() +-]{0,4}) *(?P<sign2>[-+]?) *"
    r"(?P<body>\d[\d.,' ]*\d|[.,]?\d+)(?P<tail>.*)",
    re.DOTALL | re.ASCII,
)
_BODY = {
    ".": re.compile(r"(?:\d+|[1-9]\d{0,2}(?:(?P<by>[ ,'])\d{3})(?:(?P=by)\d{3})*)?(?:\.\d+)?", re.ASCII),
    ",": re.compile(r"(?:\d+|[1-9]\d{0,2}(?:(?P<by>[ .'])\d{3})(?:(?P=by)\d{3})*)?(?:,\d+)?", re.ASCII),
}
_COLUMN = {
    sign: (
        re.compile(
            rf"(?:-?[0-9]{{1,9}}(?:{re.escape(sign)}[0-9]+)?)?(?:\n(?:-?[0-9]{{1,9}}(?:{re.escape(sign)}[0-9]+)?)?)*"
        ),
        re.compile(
            rf"(?:^-?0|[0-9]{{4}}){re.escape(sign)}|{re.escape(sign)}(?:[0-9]{{1,2}}|[0-9]{{4,}})$",
            re.MULTILINE,
        ),
    )
    for sign in ".,"
}


@dataclass(frozen=True)
class Style:
    """What is known beforehand: the decimal sign (empty: judge), the currency and unit that a cell may repeat."""

    decimal: str = ""
    currency: str = "SEK"
    unit: str = ""
    is_money: bool = False
    is_share: bool = False


@dataclass(frozen=True)
class Read:
    """Per distinct text the value (NaN where none) and the rule it breaks; `whole` asks about the column."""

    parsed: npt.NDArray[Any]
    rules: npt.NDArray[np.object_]
    whole: str = ""
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Cell:
    body: str = ""
    divisor: float = 1.0
    rule: str | None = None


def read(texts: list[str], counts: npt.NDArray[np.int64], style: Style) -> Read:
    """Return the numbers of a column's distinct texts; empty texts are missing."""
    plain = _plain_column(texts, style)
    if plain is not None:
        return Read(plain, np.full(len(texts), None, dtype=object))
    cells = [_cell(text, style) if text else _Cell() for text in texts]
    fits = {sign: np.array([_fits(cell, sign) for cell in cells], dtype=bool) for sign in ".,"}
    only = {".": fits["."] & ~fits[","], ",": fits[","] & ~fits["."]}
    usual = max(".,", key=lambda sign: int(counts[only[sign]].sum()))
    chosen = style.decimal or usual
    odd = only[","] if chosen == "." else only["."]
    either = fits["."] | fits[","]
    rules = np.array([_rule(cell, fit) for cell, fit in zip(cells, either, strict=True)], dtype=object)
    rules[odd] = "number_style" if style.decimal else "mixed_numbers"
    said: dict[str, Any] = {"decimal": chosen, "other": _first(texts, only[chosen])}
    both = [text for text, cell in zip(texts, cells, strict=True) if _lone(cell.body)]
    if both and not style.decimal and not only["."].any() and not only[","].any():
        return Read(np.full(len(texts), np.nan), rules, "ambiguous_number", {**said, "unclear": both})
    pairs = zip(cells, rules, strict=True)
    read_out = [_value(cell, chosen) if rule is None else np.nan for cell, rule in pairs]
    values = np.array(read_out, dtype=np.float64)
    values *= UNITS.get(style.unit, 1.0)
    large = np.abs(values) > LARGEST
    rules[large], values[large] = "number_too_large", np.nan
    return Read(values, rules, "", said)


def _plain_column(texts: list[str], style: Style) -> npt.NDArray[np.float64] | None:
    """Return the numbers where every text is bare digits in one style: the same answer as cell by cell, but fast."""
    together = "\n".join(texts)
    if together.count("\n") != len(texts) - 1:
        return None  # a line break inside a cell
    for sign in style.decimal or ".,":
        shape, settles = _COLUMN[sign]
        if shape.fullmatch(together) and (style.decimal or sign not in together or settles.search(together)):
            numbers = np.array([text.replace(",", ".") or "nan" for text in texts], dtype=np.float64)
            numbers = numbers * UNITS.get(style.unit, 1.0)
            return None if (np.abs(numbers) > LARGEST).any() else numbers
    return None


def _cell(text: str, style: Style) -> _Cell:
    found = _CELL.fullmatch(text.translate(_SIGNS))
    if not found:
        return _Cell(rule="not_a_number")
    tail = found["tail"].strip()
    closed = tail.endswith(")")
    tail = tail.removesuffix(")").rstrip()
    trailing = tail.endswith("-") and tail not in (":-", ",-")
    tail = (tail[:-1] if trailing else tail).strip().casefold().rstrip(".")
    signs = [found["sign"], found["sign2"], "-" * trailing, "-" * closed]
    if sum(map(bool, signs)) > 1 or closed != bool(found["open"]):
        return _Cell(rule="not_a_number")
    divisor, rule = _suffix(tail, found["head"].casefold(), style)
    return _Cell(found["body"], -divisor if "-" in signs else divisor, rule)


def _suffix(tail: str, head: str, style: Style) -> tuple[float, str | None]:
    own = _CURRENCY_WORDS.get(style.currency, (style.currency.casefold(),)) if style.is_money else ()
    known = ("", *own)
    foreign = {word for words in _CURRENCY_WORDS.values() for word in words} - set(known)
    if style.is_money and (head in foreign or tail in foreign):
        return 1.0, "other_currency"
    if head not in known:
        return 1.0, "not_a_number"
    if tail == "%" and style.is_share:
        return 100.0, None
    if style.is_money and tail in UNIT_WORDS:
        return 1.0, None if UNIT_WORDS[tail] == style.unit else "unit_asked"
    exponent = re.fullmatch(r"e[+-]?\d+", tail)
    return 1.0, None if tail in known else "number_exponent" if exponent else "not_a_number"


def _fits(cell: _Cell, sign: str) -> bool:
    return bool(cell.body and cell.rule is None and _BODY[sign].fullmatch(cell.body))


def _rule(cell: _Cell, fits: bool) -> str | None:  # noqa: FBT001 - a private predicate
    if cell.rule or not cell.body:
        return cell.rule
    return None if fits else "not_a_number"


def _lone(body: str) -> bool:
    """Tell whether a body means one thing with a decimal point and another with a decimal comma."""
    return bool(re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", body))


def _first(texts: list[str], which: npt.NDArray[np.bool_]) -> str:
    return next((text for text, chosen in zip(texts, which, strict=True) if chosen), "")


def _value(cell: _Cell, decimal: str) -> float:
    if not cell.body:
        return float("nan")
    thousands = "., '".replace(decimal, "")
    plain = cell.body.translate(str.maketrans("", "", thousands)).replace(decimal, ".")
    return float(plain) / cell.divisor + 0.0
