"""What must not stand in a customer's files: every closed value of the workspace, and how each is written.

What is sought, and what is left out by rule:

- texts of four letters and more, by their beginning and by each whole sentence; ids; names of people and customers,
  a customer's also without its legal form and by a first word of six letters that no other begins with; a name also
  with the s of the genitive;
- amounts and other numbers of at least five digits that count (1 250 000 has three), with their unit four, as they
  are stored and in every form in which the product writes them: fewer digits meet open sums by chance;
- left out: single words that customers see of themselves (titles, sites, industries); days, scales, shares, yes and no,
  choices (few values, which stand everywhere), and what also stands in the customer's own file, in the catalogue, in
  the kit's own prose or in the settings.

Another customer's name is open only where the customer's own row of the table of customers holds it: what somebody
wrote in a shared row, a project or a title does not open it, but a waiver of the rule `other_customer` does.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from kamlib import schema, text
from kamlib.data import kit
from kamlib.run import notebooks

RULE = "other_customer"
SHORTEST, LONGEST = 4, 12  # letters of a text; words of a sentence
SHORTEST_NAME, SHORTEST_FIRST = 3, 6  # letters of a name; of a first word that stands for a name
HEAD, SHORTEST_HEAD = 24, 16  # letters of a beginning
DIGITS, DIGITS_BARE, RARE = 4, 5, 8
_WORD, _NUMBERS = re.compile(r"\w+"), ("money", "number", "integer")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_CUSTOMERS = ("account.name", "account.former_name", "account.parent_name")
_NAMES = (*_CUSTOMERS, "contact.name")
#: Words at the end of a company's name that people leave out.
_LEGAL = frozenset((
    "ab", "abp", "as", "asa", "aps", "a", "s", "oy", "oyj", "ltd", "plc", "inc", "gmbh", "hb", "kb", "ek", "för",
))  # fmt: skip

Words = tuple[str, ...]


@dataclass(frozen=True)
class Value:
    """One closed value: its words, as it must stand there (an id), where it comes from, and whose it is."""

    words: Words
    kind: str
    place: str
    account_id: str = ""
    literal: str = ""

    @property
    def is_rare(self) -> bool:
        """Tell whether it can't stand by chance among tags, styles and letters that were set one by one."""
        return self.kind not in _NUMBERS and (len(self.words) > 1 or len(self.words[0]) >= RARE)


def plain(written: str) -> str:
    """Return text as it is compared: one form of each letter, small, without signs that nobody sees."""
    folded = _UNSEEN.sub("", unicodedata.normalize("NFKC", written)).casefold()
    return re.sub(r"[^\S\n]+", " ", folded)


def _words(written: str) -> Words:
    return tuple(_WORD.findall(plain(written)))


@dataclass(frozen=True)
class ClosedValues:
    """Closed values, to be found in one walk over the words of a text."""

    values: Mapping[Words, Value]

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        lengths: dict[str, set[int]] = {}
        for words in self.values:
            lengths.setdefault(words[0], set()).add(len(words))
        return {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def found(self, told: str) -> Iterator[tuple[Value, int, int]]:
        """Yield each value that stands in a plain text, with its place."""
        words = [(found[0], found.start(), found.end()) for found in _WORD.finditer(told)]
        for n, (first, start, _) in enumerate(words):
            for length in (*self._lengths.get(first, ()), *self._lengths.get(first[:-1], ())):
                run = words[n : n + length]
                value = self._named(tuple(word for word, _, _ in run))
                if value and _stands(value, told, run):
                    yield value, start, run[-1][2]

    def _named(self, said: Words) -> Value | None:
        """Return the value that words are, or the name that they are the genitive of."""
        value = self.values.get(said)
        if value is None and said[-1].endswith("s"):
            name = self.values.get((*said[:-1], said[-1][:-1]))
            return name if name and name.place in _NAMES else None
        return value

    def without(self, values: Iterable[Value]) -> ClosedValues:
        """Return what is sought when some values are open."""
        shut = dict(self.values)
        for value in values:
            shut.pop(value.words, None)
        return ClosedValues(shut)

    def opened(self, told: str) -> ClosedValues:
        """Return what is sought when everything that stands in a text is open."""
        return self.without([value for value, _, _ in self.found(plain(told))])


def _stands(value: Value, told: str, run: list[tuple[str, int, int]]) -> bool:
    """Tell whether words in a row are the value: an id to the letter, a number whole, a text in one line."""
    start, end = run[0][1], run[-1][2]
    if value.literal:
        return told[start:end] == value.literal
    gaps = [told[before[2] : after[1]] for before, after in pairwise(run)]
    if value.kind in _NUMBERS:
        before, after = told[max(0, start - 4) : start], told[end : end + 4]
        goes_on = re.match(r"-\w|[ .,]\d{3}(?!\d)", after)
        is_part = goes_on or re.search(r"#$|\w-$|(?<!\d)\d{1,3}[ .,]$", before)
        return not is_part and all(gap in (" ", ",", ".") for gap in gaps)
    between = "<>" if value.place in _NAMES else "<>\n"  # a name may be broken over two lines
    return all(len(gap) <= 5 and not set(gap) & set(between) for gap in gaps)


# --- what is sought ----------------------------------------------------------------------------------------


def _figures(size: float, units: Mapping[float, tuple[str, ...]]) -> Iterator[str]:
    """Yield a number as it may stand on a page: whole, in groups, and with its units."""
    for whole in {int(size), round(size)}:
        yield from (form for form in (f"{whole}", f"{whole:,}") if _digits(form) >= DIGITS_BARE)
    step = 1e6 if size >= 999_500 else 1e3 if size >= 9_999.5 else 1.0
    form = f"{size / step:,.{int(step == 1e6)}f}"
    if _digits(form) >= DIGITS:
        yield from (f"{form} {unit}" for unit in units.get(step, ()))


def _digits(form: str) -> int:
    return len(re.sub(r"\D", "", form).strip("0"))


@cache
def _units(currency: str) -> dict[float, tuple[str, ...]]:
    """Return the units of an amount in both languages, as `text.money` writes them."""
    steps = (1e6, 1e3, 1.0)
    return {step: tuple(text.money_unit(currency, step, lang) for lang in text.LANGUAGES) for step in steps}


def _forms(column: schema.Column, value: Any, owner: str, currency: str) -> Iterator[Value]:
    """Yield what to look for of one value of a table."""
    place, kind = f"{column.table}.{column.name}", column.kind
    if kind in _NUMBERS:
        figures = _figures(abs(float(value)), _units(currency) if kind == "money" else {})
        for form in figures:
            yield Value(tuple(_WORD.findall(form.casefold())), kind, place, owner)
        return
    told = plain(str(value)).strip()
    if kind == "id" or (re.fullmatch(r"\S{3,20}", told) and re.search(r"\d", told)):
        if len(told) >= SHORTEST and _words(told):
            yield Value(_words(told), "id", place, owner, told)
        return
    if place in _CUSTOMERS:
        name, shortest = _words(told)[:LONGEST], SHORTEST_NAME
        said = {name, _without_form(name)}
        yield from (Value(part, kind, place, owner) for part in said if len("".join(part)) >= shortest)
        return
    for sentence in re.split(r"[.!?;]\s|\n", told):
        words = _words(sentence)[:LONGEST]
        said = {words, _head(words)} if len(words) > 1 or _is_telling(column) else set()
        yield from (Value(part, kind, place, owner) for part in said if len("".join(part)) >= SHORTEST)


def _without_form(name: Words) -> Words:
    """Return a company's name as people say it: without what it is in law."""
    left = name
    while len(left) > 1 and left[-1] in _LEGAL:
        left = left[:-1]
    return left


def _first_words(portfolio: schema.Portfolio) -> Iterator[Value]:
    """Yield the first word of each customer's name that stands for it: long enough, and no other name begins with it."""
    rows = portfolio.account[["account_id", "name"]].dropna()
    named = [(account_id, _words(name)) for account_id, name in rows.itertuples(index=False)]
    firsts = {account_id: words[0] for account_id, words in named if words}
    times = Counter(firsts.values())
    for account_id, first in firsts.items():
        if times[first] == 1 and len(first) >= SHORTEST_FIRST:
            yield Value((first,), "text", "account.name", account_id)


def _is_telling(column: schema.Column) -> bool:
    """Tell whether one word is a secret: a name, or what no customer sees; not a title, a site or an industry."""
    return column.audience == "internal" or column.name == "name"


def _head(words: Words) -> Words:
    """Return the beginning of a text: a figure or a canvas shows no more of it. Too short a one tells nothing."""
    n = next((n for n in range(1, len(words)) if len(" ".join(words[: n + 1])) > HEAD), len(words))
    return words[:n] if len(" ".join(words[:n])) >= SHORTEST_HEAD else words


def everything(*portfolios: schema.Portfolio) -> ClosedValues:
    """Return all that a workspace holds, on one day or several, and that the kit does not say itself.

    What is open is judged per customer, see `for_customer`.
    """
    held: dict[Words, Value] = {}
    for portfolio in portfolios:
        for form in (*_values(portfolio), *_first_words(portfolio)):
            _take(held, form)
    return ClosedValues(held).opened(_said_by_the_kit())


def _values(portfolio: schema.Portfolio) -> Iterator[Value]:
    for name, table in schema.TABLES.items():
        rows = portfolio.tables[name]
        owners = rows["account_id"].fillna("") if "account_id" in rows else pd.Series("", index=rows.index)
        for column in (each for each in table.columns if each.kind in ("text", "id", *_NUMBERS)):
            pairs = pd.DataFrame({"value": rows[column.name], "owner": owners}).dropna().drop_duplicates()
            for value, owner in pairs.itertuples(index=False, name=None):
                yield from _forms(column, value, str(owner), portfolio.currency)


def _take(held: dict[Words, Value], value: Value) -> None:
    """Keep of equal values the first, but a customer's name before all."""
    if value.words not in held or value.place == "account.name":
        held[value.words] = value


@cache
def _said_by_the_kit() -> str:
    """Return the words that the kit itself says: catalogue, its own notebooks' prose, settings, the months' names.

    A company's own notebooks open nothing: what they say to a leader of a room may be internal.
    """
    prose = [
        cell.source
        for path in sorted(Path(kit.path("notebooks")).glob("*.ipynb"))
        for cell in notebooks.read(path).cells
        if cell.cell_type == "markdown"
    ]
    said = [json.dumps([text.catalogue(), schema.load_settings()], ensure_ascii=False, default=str)]
    before = text.language()
    for lang in text.LANGUAGES:
        text.use(lang)
        said += [text.long_day(f"2026-{month:02}-01") for month in range(1, 13)]
    text.use(before)
    return "\n".join([*prose, *said])


def _cells(view: schema.Account, tables: Iterable[schema.Table]) -> str:
    """Return all values of some tables of a customer's own file as text, amounts in every form."""
    told: list[str] = [view.name]
    for table in tables:
        for column in table.columns:
            for value in view.tables[table.name][column.name].dropna().unique():
                told.append(str(value))
                if column.kind in _NUMBERS:
                    told += _figures(abs(float(value)), _units(view.currency))
    return "\n".join(told)


def for_customer(everyone: ClosedValues, view: schema.Account, *, is_waived: bool = False) -> ClosedValues:
    """Return what must not stand in a customer's files: all but what their projected `view` holds."""
    # A former name and a parent's may be the customer's own: a shared row opens those, but no other customer's name.
    names = {words: value for words, value in everyone.values.items() if value.place == "account.name"}
    others = {words: value for words, value in everyone.values.items() if words not in names}
    held = _cells(view, schema.TABLES.values())
    shut = ClosedValues(names).opened(held if is_waived else _cells(view, [schema.TABLES["account"]])).values
    return ClosedValues({**ClosedValues(others).opened(f"{held}\n{view.as_of}").values, **shut})


def is_waived(view: schema.Account) -> bool:
    """Tell whether somebody has said, with a reason and until a day, that others' names may stand in shared rows."""
    rows = view.waiver[(view.waiver["rule"] == RULE) & (view.waiver["account_id"] == view.account_id)]
    return bool((rows["until_on"] >= pd.Timestamp(view.as_of)).any())
