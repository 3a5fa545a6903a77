"""One cell in the reader's language, and the HTML of a table around cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kamlib import text
from kamlib.errors import Finding
from kamlib.show.page import Bundle, audience, escape, unbroken
from kamlib.words import Words

Column = Mapping[str, Any]
Cell = tuple[str, str]  # HTML, plain words

TO_THE_RIGHT = {"number", "figure", "integer", "money", "percent", "points"}
_UNBROKEN = {"date", "month"}
#: Tone -> codes of states that are shown in it; `set:code` where the same code means other things elsewhere.
_TONES = {
    "good": (
        "on_track done won confirmed agreed measured robust_in strong deployed kept met fresh filled fits passed ok "
        "enough held growing enters would_enter champion covered accepted decided sent keep extra "
        "rater_agreement:high confidence:high"
    ),
    "warn": (
        "at_risk stalled contested proposed late weak watch ageing doubtful not_started assumed conditional warning "
        "partly medium asked not_asked short many_accounts shrinking changed no_reading lacks_data some thin change "
        "not_sent nobody_owns several_own one_function several_accountable nobody_responsible not_planned no_rhythm "
        "hypothesis competitive defend"
    ),
    "bad": (
        "off_track lost overdue declined stopped critical high stale never missing broken failed gone absent error "
        "conflict overloaded rejected too_few_hours no_owner leaves would_leave required competitor left stop "
        "no_accountable sponsor_state:none health_band:weak rater_agreement:low"
    ),
    "own": "open ongoing planned told reasoned not_due too_early joint key grow develop strategic running new note",
}
_TONE = {code: tone for tone, codes in _TONES.items() for code in codes.split()}


def cell(value: Any, column: Column, bundle: Bundle) -> Cell:
    """Return one value as its column declares it, as HTML and as plain words."""
    if is_nothing(value):
        return text.MISSING, text.MISSING
    words = WRITERS[column["kind"]](value, column, bundle)
    if column.get("pill") == "yes":
        return pill(words, tone(str(value), column.get("choices", ""))), words
    if column["kind"] == "person":
        name, _, title = words.partition(", ")
        return escape(name) + (f'<span class="kam-sub">, {escape(title)}</span>' if title else ""), words
    broken = escape(words) if column["kind"] in _UNBROKEN else unbroken(words)
    return broken.replace("\n", "<br>"), words


def is_nothing(value: Any) -> bool:
    """Tell whether a cell has nothing to show."""
    return not isinstance(value, (Mapping, list, tuple, Finding, Words)) and text.is_missing(value)


def tone(code: str, choices: str = "") -> str:
    """Return the tone of a state: good, warn, bad, own, or nothing for what is neither."""
    return _TONE.get(f"{choices}:{code}", _TONE.get(code, ""))


def pill(words: str, tone: str = "") -> str:
    """Return the HTML of a word in a tinted box; `tone` is good, warn, bad, own or empty."""
    return f'<span class="kam-pill{f" kam-{tone}" if tone else ""}">{escape(words)}</span>'


def _person(value: Any, _: Column, bundle: Bundle) -> str:
    name, title = bundle.people_named.get(str(value), (None, None))
    if name is None:
        name = text.t("people.unknown_name" if title else "people.unknown_person")
    return f"{name}, {title}" if title else name


def account_name(account_id: Any, bundle: Bundle) -> str:
    """Return an account's name, or its id where no name is known."""
    return bundle.customers_named.get(str(account_id)) or str(account_id)


def _choice(value: Any, choices: str, bundle: Bundle) -> str:
    """The label of a code; a customer is addressed, where the catalogue has a word for that."""
    spoken = text.catalogue().get(f"choice_for_customer.{choices}.{value}")
    if spoken and audience(bundle) == "customer":
        return str(spoken[text.language()])
    return text.label(choices, value)


def _sentence(value: Any, column: Column, bundle: Bundle) -> str:
    if isinstance(value, Finding):
        return value.sentence()
    if isinstance(value, Mapping):
        return text.t(value["key"], **{name: said for name, said in value.items() if name != "key"})
    if isinstance(value, (list, tuple)):
        return "\n".join(_sentence(part, column, bundle) for part in value)
    return str(value)


def _digits(column: Column, usual: int = 0) -> int:
    return int(column.get("digits", usual))


def _is_signed(column: Column) -> bool:
    return bool(column.get("signed") == "yes")


WRITERS: dict[str, Callable[[Any, Column, Bundle], str]] = {
    "text": lambda value, _, __: str(value),
    "number": lambda value, column, _: text.number(value, _digits(column, 1), signed=_is_signed(column)),
    "figure": lambda value, _, __: text.figure(value),
    "integer": lambda value, column, _: text.number(value, signed=_is_signed(column)),
    "money": lambda value, column, bundle: text.money(value, bundle.currency, signed=_is_signed(column)),
    "percent": lambda value, column, _: text.percent(value, _digits(column), signed=_is_signed(column)),
    "points": lambda value, column, _: text.points(value, _digits(column)),
    "date": lambda value, _, __: text.day(value),
    "month": lambda value, _, __: text.month(value),
    "choice": lambda value, column, bundle: _choice(value, column["choices"], bundle),
    "person": _person,
    "account": lambda value, _, bundle: account_name(value, bundle),
    "flag": lambda value, _, __: text.yes_no(value),
    "sentence": _sentence,
}


# --- the HTML of a table -----------------------------------------------------------------------------------


#: More rows than this are not laid out one below the other on a phone: the page would not end.
STACKED_ROWS = 60


def _is_stacked(columns: list[Column], rows: int) -> bool:
    """Tell whether a phone shows one row below the other: a table of words, where columns of numbers scroll."""
    wordy = [words for words in columns[1:] if words["kind"] not in TO_THE_RIGHT]
    return len(columns) >= 4 and len(wordy) >= 2 and rows <= STACKED_ROWS


#: From so many columns on a table is set smaller and closer, to fit a desktop's page.
MANY_COLUMNS = 7

#: A fold for fewer rows than this hides more than it saves.
A_FEW = 3


def folded(caption: str, columns: Mapping[str, Column], rows: list[list[Cell]], first: int) -> str:
    """Return the first rows as a table and, where there are clearly more, all of them behind a fold."""
    if len(rows) <= first + A_FEW:
        return table(caption, columns, rows)
    shown = table(caption, columns, rows[:first])
    label = text.t("show.all_rows", count=len(rows))
    rest = table(caption, columns, rows, hidden=True)
    return (
        f'<div class="kam-first">{shown}</div>'
        f'<details class="kam-rest"><summary>{escape(label)}</summary>{rest}</details>'
    )


_WIDE = {"kam-many": MANY_COLUMNS, "kam-nine": 9}


def table(
    caption: str, columns: Mapping[str, Column], rows: list[list[Cell]], *, hidden: bool = False
) -> str:
    """Return rows of cells as a semantic table in a box that scrolls by itself on a narrow screen."""
    kinds = list(columns.values())
    stacked = _is_stacked(kinds, len(rows))
    heads = "".join(_head(words) for words in kinds)
    pairs = zip(rows, [None, *rows], strict=False)
    body = "".join(_row(row, kinds, named=stacked, above=last) for row, last in pairs)
    # Told by classes: `:has()` would let a PDF's engine look at every cell for every rule.
    wide = [name for name, least in _WIDE.items() if len(kinds) >= least]
    return boxed(caption, heads, body, name=" ".join([*["kam-stack"] * stacked, *wide]), hidden=hidden)


def boxed(caption: str, heads: str, body: str, *, name: str = "", hidden: bool = True) -> str:
    """Return a semantic table in its box; `hidden`: its caption is heard, not seen."""
    told, style = escape(caption), f' class="{name}"' if name else ""
    unseen = ' class="kam-vh"' if hidden else ""
    return (
        f'<div class="kam-scroll" tabindex="0" role="group" aria-label="{told}">'
        f"<table{style}><caption{unseen}>{told}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _head(words: Column) -> str:
    return f'<th scope="col"{_class(words)}>{escape(words[text.language()])}</th>'


def _row(row: list[Cell], columns: list[Column], *, named: bool, above: list[Cell] | None) -> str:
    first, *rest = row
    others = "".join(_data(cell, words, named=named) for cell, words in zip(rest, columns[1:], strict=True))
    # A head that repeats the one above it is heard, not seen: the eye reads the rows below as one group.
    head = f'<span class="kam-same">{first[0]}</span>' if above and above[0] == first else first[0]
    return f'<tr><th scope="row"{_class(columns[0])}>{head}</th>{others}</tr>'


def _data(cell: Cell, words: Column, *, named: bool) -> str:
    name = f' data-label="{escape(words[text.language()])}"' if named else ""
    return f"<td{_class(words, cell[1])}{name}>{cell[0]}</td>"


def _class(words: Column, plain: str = "") -> str:
    names = ["kam-none"] if plain == text.MISSING else []
    if words["kind"] in TO_THE_RIGHT:
        names.append("kam-n")
    elif words["kind"] in _UNBROKEN:
        names.append("kam-nw")
    elif len(plain) > 60:
        names.append("kam-long")
    return f' class="{" ".join(names)}"' if names else ""


def plain(caption: str, columns: Mapping[str, Column], cells: list[list[Cell]], note: str) -> str:
    """Return the same table as lines of plain words."""
    heads = " | ".join(words[text.language()] for words in columns.values())
    lines = [" | ".join(cell[1] for cell in row) for row in cells]
    return "\n".join([caption, heads, *lines, note])
