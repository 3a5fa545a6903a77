"""Words and numbers in the reader's language.

The catalogue (`catalog/*.yaml`) holds every sentence in Swedish and English on adjacent lines. `use` chooses
the language for the process; `t` fetches a sentence; the other functions write numbers, money and dates.
A missing value is written as an en dash, never as zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from numbers import Real
from typing import Any

import babel
import pandas as pd
import yaml
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

LANGUAGES = ("sv", "en")
MISSING = "\N{EN DASH}"
NBSP = "\N{NO-BREAK SPACE}"
_BEYOND = 1e20
MINUS = "\N{MINUS SIGN}"

_LOCALES = {"sv": babel.Locale("sv", "SE"), "en": babel.Locale("en", "GB")}
# å, ä, ö stand last in Nordic order: as three letters that come after z and are letters to `re`.
_NORDIC_ORDER = str.maketrans("åäæöøéèü", "\u0250\u0251\u0251\u0252\u0252eey")
_chosen = "sv"
_own: tuple[tuple[str, str, str], ...] = ()  # a company's own words: language, our word, theirs


class CatalogueError(LookupError):
    """A key, a language or a named value is missing: a fault of ours, never of the user's."""


def use(lang: str) -> None:
    """Choose the language of everything that is said from here on in this process."""
    global _chosen  # noqa: PLW0603  one language per kernel: a notebook, a report, a page each speak one
    if lang not in LANGUAGES:
        raise ValueError(f"lang: found {lang!r}, expected one of {', '.join(LANGUAGES)}")
    _chosen = lang


def language() -> str:
    """Return the language in use."""
    return _chosen


def own_words(terms: Mapping[str, Mapping[str, str]]) -> None:
    """Let this process say a company's own words for ours: language -> our word -> theirs, each form of it.

    Whole words only, a capital kept. What people have written, and a value in a sentence, stay as they are.
    """
    global _own  # noqa: PLW0603  as the language: one company per process
    _own = tuple((lang, ours, theirs) for lang in LANGUAGES for ours, theirs in terms.get(lang, {}).items())


def in_own_words(words: str, lang: str) -> str:
    """Return prose of the kit with the company's own words."""
    theirs = {ours.casefold(): own for language_, ours, own in _own if language_ == lang}
    if not theirs:
        return words
    longest_first = "|".join(sorted(map(re.escape, theirs), key=len, reverse=True))
    wanted = re.compile(rf"\{{[^}}]*\}}|\b(?:{longest_first})\b", re.IGNORECASE)
    return wanted.sub(lambda found: _said_for(found[0], theirs), words)


def _said_for(ours: str, theirs: Mapping[str, str]) -> str:
    own = theirs.get(ours.casefold(), ours)  # a placeholder is not a word
    return own[:1].upper() + own[1:] if ours[:1].isupper() else own


def catalogue() -> dict[str, Any]:
    """Return every entry of `catalog/*.yaml` by key, in the company's own words."""
    return _worded(_own)


@cache
def _worded(own: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    return {key: _reworded(found, "") for key, found in _written().items()} if own else _written()


def _reworded(found: Any, lang: str) -> Any:
    if isinstance(found, dict):
        return {key: _reworded(each, key if key in LANGUAGES else lang) for key, each in found.items()}
    if isinstance(found, list):
        return [_reworded(each, lang) for each in found]
    return in_own_words(found, lang) if lang else found


@cache
def _written() -> dict[str, Any]:
    """Every entry as the kit has it; a key that stands twice is refused."""
    merged: dict[str, Any] = {}
    for page in sorted(files("kamlib").joinpath("catalog").iterdir(), key=lambda item: item.name):
        if page.name.endswith(".yaml"):
            entries_of_page = yaml.load(page.read_text("utf-8"), TextLoader) or {}  # noqa: S506  makes only text
            twice = merged.keys() & entries_of_page.keys()
            if twice:
                raise CatalogueError(f"{page.name}: {sorted(twice)} stand in another page too")
            merged |= entries_of_page
    return merged


class TextLoader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """YAML in which every scalar is text (`NO` is Norway, `007` an id) and a key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  PyYAML's signature
        """Build a mapping; a key that stands twice is a fault at its line."""
        names = [str(key.value) for key, _ in node.value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"{', '.join(twice)} x 2", node.start_mark)
        return dict(super().construct_mapping(node, deep))


def entry(*keys: str) -> Any:
    """Return the first of `keys` that the catalogue holds, as it stands there."""
    for key in keys:
        if key in catalogue():
            return catalogue()[key]
    raise CatalogueError(f"no catalogue entry {' or '.join(keys)}")


def entries(prefix: str) -> dict[str, Any]:
    """Return the entries right below `prefix`, keyed by the rest of their key, in the page's order."""
    start = prefix + "."
    return {key[len(start) :]: value for key, value in catalogue().items() if key.startswith(start)}


def t(key: str, **values: Any) -> str:
    """Return the sentence `key` in the language in use; a whole number chooses the plural by `n`."""
    return fill(entry(key), values, key)


def fill(words: Mapping[str, Any], values: Mapping[str, Any], key: str = "") -> str:
    """Return the sentence of `words` (language -> sentence or plurals) in the language in use, filled.

    Beside the plurals of the language (one, other) an entry may have its own sentence for `two`: both, neither. A value
    that carries a unit of its own agrees with it: `{days:day|days}` is 1 day or 3 days.
    """
    sentence = words[_chosen]
    if isinstance(sentence, dict):
        rule = "two" if values["n"] == 2 else _LOCALES[_chosen].plural_form(values["n"])
        sentence = sentence[rule if rule in sentence else "other"]
    try:
        return str(sentence.format(**{name: _Told(_plain(value)) for name, value in values.items()}))
    except KeyError as missing:
        raise CatalogueError(f"{key}: no value for {missing}") from None


class _Told(str):
    """A written value; asked for with a unit in both numbers, it is followed by the one that agrees."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        one, _, other = spec.partition("|")
        return f"{self!s} {one if self == '1' else other}" if other else str(self)


def label(choice_set: str, code: Any) -> str:
    """Return the label of a stored code; an unknown code as it stands, a missing one as a dash."""
    if is_missing(code):
        return MISSING
    words = catalogue().get(f"choice.{choice_set}.{code}")
    return words[_chosen] if words else str(code)


def label_of(code: tuple[str, Any]) -> str:
    """Return the label of a choice set's code, given as a pair."""
    return label(*code)


def table_title(name: str) -> str:
    """Return what a table of the schema is called, within a sentence."""
    return heading([f"table.{name}"]).lower()


def heading(keys: Iterable[str]) -> str:
    """Return what a table or a column is called; the first of `keys` that the catalogue has."""
    return str(entry(*keys)[_chosen][0])


def is_missing(value: Any) -> bool:
    """Tell whether a scalar is no value at all (None, NaN, NaT, empty text)."""
    return value is None or value is pd.NA or value == "" or bool(pd.isna(value))


def _plain(value: Any) -> str:
    if isinstance(value, (date, pd.Timestamp)):
        return day(value)
    if isinstance(value, Real) and not isinstance(value, bool):  # numpy's whole numbers are Real, not int
        return number(value, 0 if float(value).is_integer() else 1)
    return MISSING if is_missing(value) else str(value)


def number(value: Any, digits: int = 0, *, signed: bool = False) -> str:
    """Write a number with the language's separators: `1 234,5` or `1,234.5`."""
    if is_missing(value):
        return MISSING
    rounded = round(float(value), digits) + 0.0  # + 0.0 turns -0.0 into 0.0
    if _BEYOND < abs(rounded) < float("inf"):  # longer than babel can write, and than anybody reads
        return f"{rounded:.3g}".replace("-", MINUS).replace(".", "," if _chosen == "sv" else ".")
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    written = format_decimal(abs(rounded), pattern, locale=_LOCALES[_chosen])
    sign = MINUS if rounded < 0 else ("+" if signed and rounded > 0 else "")
    return sign + written.replace("\N{NARROW NO-BREAK SPACE}", NBSP)


def percent(share: Any, digits: int = 0, *, signed: bool = False) -> str:
    """Write a share 0..1 as `12 %` (sv) or `12%` (en)."""
    if is_missing(share):
        return MISSING
    return number(float(share) * 100, digits, signed=signed) + (f"{NBSP}%" if _chosen == "sv" else "%")


def points(share: Any, digits: int = 0, *, signed: bool = True) -> str:
    """Write a difference of shares in percentage points."""
    if is_missing(share):
        return MISSING
    return number(float(share) * 100, digits, signed=signed) + NBSP + ("p.e." if _chosen == "sv" else "pp")


def money(amount: Any, currency: str = "SEK", *, signed: bool = False) -> str:
    """Write an amount the way a board reads it: millions from one million, else thousands or units."""
    if is_missing(amount):
        return MISSING
    size = abs(float(amount))
    step, digits = (1e6, 1) if size >= 999_500 else (1e3, 0) if size >= 9_999.5 else (1.0, 0)
    return number(float(amount) / step, digits, signed=signed) + NBSP + money_unit(currency, step)


def figure(value: Any, unit: str | None = None) -> str:
    """Write a number as people write it, without decimals where it is whole or large, and its unit."""
    if is_missing(value):
        return MISSING
    is_whole = abs(float(value)) >= 1000 or round(float(value), 1).is_integer()
    written = number(value, 0 if is_whole else 1)
    return f"{written}{NBSP}{unit}" if unit else written


def money_units(currency: str) -> dict[str, float]:
    """Return what one of each unit of money is worth, as it is written in any language."""
    return {money_unit(currency, step, lang): step for lang in LANGUAGES for step in (1e6, 1e3, 1.0)}


def money_unit(currency: str, step: float = 1e6, lang: str = "") -> str:
    """Return the unit of an amount: `mkr`, `tkr`, `kr`, or `MSEK`, `kSEK`, `SEK`; in the language in use if none is named."""
    if (lang or _chosen) == "sv" and currency in ("SEK", "NOK", "DKK"):
        unit = {1e6: "mkr", 1e3: "tkr", 1.0: "kr"}[step]
        return unit if currency == "SEK" else f"{unit} {currency}"
    return {1e6: "M", 1e3: "k", 1.0: ""}[step] + currency


def day(value: Any) -> str:
    """Write a date as ISO: `2026-09-30`."""
    return MISSING if is_missing(value) else f"{pd.Timestamp(value):%Y-%m-%d}"


def long_day(value: Any) -> str:
    """Write a date in words: `30 september 2026` / `30 September 2026`."""
    return MISSING if is_missing(value) else format_date(pd.Timestamp(value), "d MMMM y", _LOCALES[_chosen])


def month(value: Any) -> str:
    """Write a month: `sep. 2026` / `Sep 2026`."""
    return MISSING if is_missing(value) else format_date(pd.Timestamp(value), "MMM y", _LOCALES[_chosen])


def quarter(value: Any, starts: int = 1) -> str:
    """Write the quarter of a fiscal year that starts in month `starts`: `kv3 2026` / `Q3 2026`, `kv1 2026/27`."""
    if is_missing(value):
        return MISSING
    day_ = pd.Timestamp(value)
    year, month_ = divmod(day_.year * 12 + day_.month - starts, 12)
    named = f"{year}" if starts == 1 else f"{year}/{(year + 1) % 100:02}"
    return f"{'kv' if _chosen == 'sv' else 'Q'}{month_ // 3 + 1}{NBSP}{named}"


def listed(parts: Iterable[object]) -> str:
    """Join parts as a sentence does: `a, b och c`."""
    return format_list([str(part) for part in parts], locale=_LOCALES[_chosen])


def written(_: object, words: str) -> str:
    """Return words that are written already."""
    return words


def joined(parts: Iterable[object], between: str = " ") -> str:
    """Write parts one after the other."""
    return between.join(str(part) for part in parts)


def yes_no(value: Any) -> str:
    """Write a flag as yes or no."""
    return MISSING if is_missing(value) else t("common.yes" if bool(value) else "common.no")


def bare(title: object) -> str:
    """Return a title without its full stop, for use within a line."""
    return str(title).rstrip(". ")


def sort_key(name: str) -> str:
    """Return a key that sorts å, ä, ö last, as Swedish and Norwegian readers expect."""
    return re.sub(r"[^\w]+", " ", name.casefold().translate(_NORDIC_ORDER))
