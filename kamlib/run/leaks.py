"""Whether a file for a customer holds what is internal: every closed value of the workspace is sought in it.

The projection is the lock (what is not in the customer's file can't reach a page); this is the look at what was
made, before it is put in place and whenever somebody asks. What is sought, and what is left out by rule:

- texts of four letters and more, by their beginning and by each whole sentence; ids; names of people and customers;
- amounts and other numbers of at least five digits that count (1 250 000 has three), with their unit four, as they
  are stored and in every form in which the product writes them: fewer digits meet open sums by chance;
- left out: single words that customers see of themselves (titles, sites, industries); days, scales, shares, yes and no, choices (few values, which stand everywhere), and what also stands in
  the customer's own file, in the catalogue, in the notebooks' prose or in the settings.

Another customer's name is open only where the customer's facts hold it: what somebody wrote in a shared row
does not open it, but a waiver of the rule `other_customer` does.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from kamlib import schema, text
from kamlib.data import kit, projection, workspace
from kamlib.errors import Finding, KamError
from kamlib.run import files, notebooks, readable

RULE, UNKNOWN = "other_customer", "?"
SHORTEST, LONGEST = 4, 12  # letters of a text; words of a sentence
HEAD, SHORTEST_HEAD = 24, 16  # letters of a beginning
DIGITS, DIGITS_BARE, RARE, AROUND = 4, 5, 8, 40
_WORD, _NUMBERS = re.compile(r"\w+"), ("money", "number", "integer")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
#: What no page may hold whatever the workspace says.
_NEVER = {
    "password": re.compile(r"\b[a-z][a-z0-9+]{2,}://[^\s/:@\"'<>]+:[^\s/@\"'<>]+@"),
    "traceback": re.compile(r"traceback \(most recent call last\)"),
    "machine": re.compile(r"(?<![\w.])(?:/home/|/users/|[a-z]:\\users\\)[\w.-]+[/\\]|/kam-[\w-]+/"),
}

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


@dataclass(frozen=True)
class Hit:
    """A closed value in a file: where, the words around it, and the column that it belongs to."""

    file: str
    around: str
    belongs: str

    @property
    def said(self) -> str:
        """What it is, or the table and the column that hold it."""
        if words := text.catalogue().get(f"leaks.{self.belongs}"):
            return str(words[text.language()])
        table, column = self.belongs.split(".")
        held = schema.TABLES[table]
        return f"{held.title[text.language()]}: {held.by_name[column].title[text.language()]}"

    def finding(self) -> Finding:
        """Say it as a finding."""
        return Finding(
            "leak", place={"file": self.file}, values={"around": self.around, "belongs": self.said}
        )


def plain(written: str) -> str:
    """Return text as it is compared: one form of each letter, small, without signs that nobody sees."""
    folded = _UNSEEN.sub("", unicodedata.normalize("NFKC", written)).casefold()
    return re.sub(r"[^\S\n]+", " ", folded)


def _words(written: str) -> Words:
    return tuple(_WORD.findall(plain(written)))


@dataclass(frozen=True)
class Sought:
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
            for length in self._lengths.get(first, ()):
                run = words[n : n + length]
                value = self.values.get(tuple(word for word, _, _ in run))
                if value and _stands(value, told, run):
                    yield value, start, run[-1][2]

    def without(self, values: Iterable[Value]) -> Sought:
        """Return what is sought when some values are open."""
        shut = dict(self.values)
        for value in values:
            shut.pop(value.words, None)
        return Sought(shut)

    def opened(self, told: str) -> Sought:
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
        is_part = re.search(r"#$|\w-$|(?<!\d)\d{1,3}[ .,]$", before) or re.match(
            r"-\w|[ .,]\d{3}(?!\d)", after
        )
        return not is_part and all(gap in (" ", ",", ".") for gap in gaps)
    return all(len(gap) <= 5 and not set(gap) & set("<>\n") for gap in gaps)


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
    before, units = text.language(), {}
    for step in (1e6, 1e3, 1.0):
        said = []
        for lang in text.LANGUAGES:
            text.use(lang)
            said.append(text.money_unit(currency, step))
        units[step] = tuple(said)
    text.use(before)
    return units


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
    for sentence in re.split(r"[.!?;]\s|\n", told):
        words = _words(sentence)[:LONGEST]
        said = {words, _head(words)} if len(words) > 1 or _is_telling(column) else set()
        yield from (Value(part, kind, place, owner) for part in said if len("".join(part)) >= SHORTEST)


def _is_telling(column: schema.Column) -> bool:
    """Tell whether one word is a secret: a name, or what no customer sees; not a title, a site or an industry."""
    return column.audience == "internal" or column.name == "name"


def _head(words: Words) -> Words:
    """Return the beginning of a text: a figure or a canvas shows no more of it. Too short a one tells nothing."""
    n = next((n for n in range(1, len(words)) if len(" ".join(words[: n + 1])) > HEAD), len(words))
    return words[:n] if len(" ".join(words[:n])) >= SHORTEST_HEAD else words


def everything(portfolio: schema.Portfolio, prose: Path | None = None) -> Sought:
    """Return all that a workspace holds and that the kit does not say itself: what is open is judged per customer.

    `prose` is the folder of notebooks, if not the kit's own.
    """
    held: dict[Words, Value] = {}
    for name, table in schema.TABLES.items():
        rows = portfolio.tables[name]
        owners = rows["account_id"].fillna("") if "account_id" in rows else pd.Series("", index=rows.index)
        for column in (each for each in table.columns if each.kind in ("text", "id", *_NUMBERS)):
            pairs = pd.DataFrame({"value": rows[column.name], "owner": owners}).dropna().drop_duplicates()
            for value, owner in pairs.itertuples(index=False, name=None):
                for form in _forms(column, value, str(owner), portfolio.currency):
                    _take(held, form)
    return Sought(held).opened(_said_by_the_kit(prose or Path(kit.path("notebooks"))))


def _take(held: dict[Words, Value], value: Value) -> None:
    """Keep of equal values the first, but a customer's name before all."""
    if value.words not in held or value.place == "account.name":
        held[value.words] = value


@cache
def _said_by_the_kit(folder: Path) -> str:
    """Return the words that the kit itself says: catalogue, prose, settings, the months' names."""
    prose = [
        cell.source
        for path in sorted(folder.glob("*.ipynb"))
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


def _cells(view: schema.AccountView, role: str) -> str:
    """Return all values of a customer's own file as text, amounts in every form."""
    told: list[str] = [view.name]
    for table in (each for each in schema.TABLES.values() if each.role == role):
        for column in table.columns:
            for value in view.tables[table.name][column.name].dropna().unique():
                told.append(str(value))
                if column.kind in _NUMBERS:
                    told += _figures(abs(float(value)), _units(view.currency))
    return "\n".join(told)


def for_customer(everyone: Sought, view: schema.AccountView, *, is_waived: bool = False) -> Sought:
    """Return what must not stand in a customer's files: all but what their projected `view` holds."""
    names = {words: value for words, value in everyone.values.items() if value.place == "account.name"}
    others = {words: value for words, value in everyone.values.items() if words not in names}
    facts, plans = (_cells(view, role) for role in ("fact", "plan"))
    shut = Sought(names).opened(facts + plans if is_waived else facts).values
    return Sought({**Sought(others).opened(f"{facts}\n{plans}\n{view.as_of}").values, **shut})


def is_waived(view: schema.AccountView) -> bool:
    """Tell whether somebody has said, with a reason and until a day, that others' names may stand in shared rows."""
    rows = view.waiver[(view.waiver["rule"] == RULE) & (view.waiver["account_id"] == view.account_id)]
    return bool((rows["until_on"] >= pd.Timestamp(view.as_of)).any())


# --- the look ----------------------------------------------------------------------------------------------


def scan(name: str, content: bytes, sought: Sought) -> list[Hit]:
    """Return every closed value in one file and in its name, each once."""
    hits: dict[tuple[str, Words], Hit] = {}
    for how, told in (("words", name), *readable.texts(name, content)):
        written = plain(told)
        for value, start, end in sought.found(written):
            if how == "words" or value.is_rare:
                where = _around(written, start, end, sought)
                hits.setdefault((value.place, value.words[:1]), Hit(name, where, value.place))
        for kind, pattern in _NEVER.items():
            for found in pattern.finditer(written):
                hits.setdefault((kind, ()), Hit(name, _around(written, *found.span(), sought), kind))
    if name.endswith(".ipynb"):
        hits["notebook", ()] = Hit(name, "", "notebook")
    return list(hits.values())


def _around(told: str, start: int, end: int, sought: Sought) -> str:
    """Return the words around a hit; of anything closed only how it begins: it may be another customer's secret."""
    first = max(0, start - AROUND)
    snippet = told[first : end + AROUND]
    spans = [(start - first, end - first), *((low, high) for _, low, high in sought.found(snippet))]
    hidden = {n for low, high in spans for n in range(low + 2, high)}
    shown = "".join("\0" if n in hidden else letter for n, letter in enumerate(snippet))
    return re.sub(r"<[^<>]*>|\s+", " ", re.sub("\0+", "\N{HORIZONTAL ELLIPSIS}", shown)).strip()


class Leak(KamError):  # noqa: N818 - the kind of fault that a manifest names
    """A file for a customer holds something internal: it is not put in place."""


def look(kept: str, projected: str, account_id: str) -> Callable[[str, bytes], None]:
    """Return what sees a customer's file before it is put in place; it raises `Leak`. Nothing looks at our own."""

    def seen(name: str, content: bytes) -> None:
        if kept:
            stop(name, content, guard(kept, projected, account_id))

    return seen


def stop(name: str, content: bytes, sought: Sought) -> None:
    """Raise `Leak` where a file holds, or is called, what is sought."""
    if hits := scan(name, content, sought):
        belongs = text.listed(sorted({hit.said for hit in hits}))
        told = {"belongs": belongs, "around": hits[0].around}
        raise Leak(Finding("leak_stopped", place={"file": name}, values=told))


def keep(portfolio: schema.Portfolio, target: Path, prose: Path | None = None) -> None:
    """Write what is sought where a worker finds it, and whose shared rows may name others."""
    rows = portfolio.waiver[portfolio.waiver["rule"].eq(RULE)]
    held = [list(vars(value).values()) for value in everything(portfolio, prose).values.values()]
    waived = list(rows.loc[rows["until_on"] >= pd.Timestamp(portfolio.as_of), "account_id"].dropna())
    files.put(target, json.dumps({"values": held, "waived": waived}))


@cache
def _kept(kept: str) -> tuple[Sought, list[str]]:
    told = json.loads(Path(kept).read_text("utf-8"))
    return Sought({tuple(words): Value(tuple(words), *rest) for words, *rest in told["values"]}), told[
        "waived"
    ]


@cache
def guard(kept: str, projected: str, account_id: str) -> Sought:
    """Return what must not stand in one customer's files, from what `keep` wrote and the customer's own file."""
    everyone, waived = _kept(kept)
    view = workspace.open(projected).account(account_id)
    return for_customer(everyone, view, is_waived=account_id in waived)


def check(here: workspace.Workspace, out: Path, *, say: Callable[[str], None]) -> int:
    """Scan everything that is for customers below the output folder; 1 where something internal stands there."""
    everyone, hits, files_seen = everything(here.portfolio()), [], 0
    for folder, account_id, as_of in _folders(here, out):
        sought = _of_folder(here, everyone, folder, account_id, as_of)
        found = folder.rglob("*") if account_id else folder.glob("*")
        for path in sorted(each for each in found if each.is_file()):
            hits += scan(path.relative_to(out).as_posix(), path.read_bytes(), sought)
            files_seen += 1
    for hit in hits:
        say(hit.finding().sentence())
    say(text.t("leaks.seen", n=files_seen, values=len(everyone.values), hits=len(hits)))
    return int(bool(hits))


def _folders(here: workspace.Workspace, out: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield each folder made for a customer, whose it is, and as of when; a run's own folder is nobody's."""
    known = {files.slug(each, "")[-8:]: each for each in here.accounts()["account_id"]}
    for run in sorted(out.glob("[0-9]*-*-*/customer-*")):
        yield run, "", run.parent.name
        for folder in sorted(each for each in run.iterdir() if each.is_dir()):
            yield folder, known.get(folder.name[-8:], UNKNOWN), run.parent.name
    for folder in sorted(out.glob("workshops/*/*/customer")):
        yield folder, known.get(folder.parents[1].name[-8:], UNKNOWN), ""


def _of_folder(
    here: workspace.Workspace, everyone: Sought, folder: Path, account_id: str, as_of: str
) -> Sought:
    """Return what must not stand in a folder; the customers that a run is for may be named in its manifest."""
    if account_id and account_id != UNKNOWN:
        view = here.account(account_id, as_of)
        theirs = {name: projection.opened(view, name) for name in view.tables}
        return for_customer(everyone, replace(view, tables=theirs), is_waived=is_waived(view))
    listed = _manifest(folder).get("accounts", {})
    return everyone.opened(json.dumps(listed, ensure_ascii=False))


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
