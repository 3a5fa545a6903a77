"""Numbers, dates and sentences as Swedish and English readers write them; a catalogue without holes."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kamlib import schema, text

TOP = Path(__file__).parents[1]
NB, MINUS = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"


@pytest.fixture
def english() -> None:
    text.use("en")


@pytest.mark.parametrize(
    ("value", "digits", "swedish", "in_english"),
    [
        (1234.5, 1, f"1{NB}234,5", "1,234.5"),
        (-1234567, 0, f"{MINUS}1{NB}234{NB}567", f"{MINUS}1,234,567"),
        (-0.04, 1, "0,0", "0.0"),
        (0, 0, "0", "0"),
        (None, 1, "–", "–"),
        (float("nan"), 1, "–", "–"),
        (pd.NA, 0, "–", "–"),
        (1e308, 0, "1e+308", "1e+308"),
        (-1.25e25, 2, f"{MINUS}1,25e+25", f"{MINUS}1.25e+25"),
        (1e15, 0, NB.join(["1", *["000"] * 5]), ",".join(["1", *["000"] * 5])),
    ],
)
def test_number(value: Any, digits: int, swedish: str, in_english: str) -> None:
    """A true minus sign, spaces that never break, no negative zero, a dash for what is missing."""
    assert text.number(value, digits) == swedish
    text.use("en")
    assert text.number(value, digits) == in_english


def test_signed_number() -> None:
    """A change carries its sign; no change carries none."""
    assert [text.number(n, signed=True) for n in (3, -3, 0)] == ["+3", f"{MINUS}3", "0"]


@pytest.mark.parametrize(
    ("amount", "swedish", "in_english"),
    [
        (12_345_678, f"12,3{NB}mkr", f"12.3{NB}MSEK"),
        (-3_100_000, f"{MINUS}3,1{NB}mkr", f"{MINUS}3.1{NB}MSEK"),
        (999_600, f"1,0{NB}mkr", f"1.0{NB}MSEK"),
        (345_678, f"346{NB}tkr", f"346{NB}kSEK"),
        (1_234, f"1{NB}234{NB}kr", f"1,234{NB}SEK"),
        (9_999.4, f"9{NB}999{NB}kr", f"9,999{NB}SEK"),
        (0, f"0{NB}kr", f"0{NB}SEK"),
        (None, "–", "–"),
    ],
)
def test_money(amount: float | None, swedish: str, in_english: str) -> None:
    """Millions as a board writes them: `12,3 mkr`, `12.3 MSEK`; smaller amounts in thousands or units."""
    assert text.money(amount) == swedish
    text.use("en")
    assert text.money(amount) == in_english


def test_money_in_other_currencies() -> None:
    """Norwegian and Danish crowns say which; a euro keeps its code."""
    assert text.money(2_500_000, "NOK") == f"2,5{NB}mkr NOK"
    assert text.money(2_500_000, "EUR") == f"2,5{NB}MEUR"


def test_shares_and_their_differences() -> None:
    """A share is percent; a difference of shares is percentage points, never percent."""
    assert (text.percent(0.113), text.points(0.021)) == (f"11{NB}%", f"+2{NB}p.e.")
    text.use("en")
    assert (text.percent(0.113, 1), text.points(-0.021, 1)) == ("11.3%", f"{MINUS}2.1{NB}pp")


def test_dates() -> None:
    """ISO in tables, words in prose."""
    day = date(2026, 9, 3)
    assert (text.day(day), text.long_day(day), text.month(day)) == (
        "2026-09-03",
        "3 september 2026",
        "sep. 2026",
    )
    text.use("en")
    assert (text.long_day(day), text.day(pd.NaT), text.day(None)) == ("3 September 2026", "–", "–")


def test_lists_and_flags() -> None:
    """Parts are joined as a sentence joins them; an unknown flag is a dash, not a no."""
    assert text.listed(["a", "b", "c"]) == "a, b och c"
    assert [text.yes_no(flag) for flag in (True, False, pd.NA)] == ["ja", "nej", "–"]
    text.use("en")
    assert text.listed(["a", "b"]) == "a and b"


def test_nordic_order() -> None:
    """å, ä and ö come last, in that order; case does not matter."""
    assert sorted(["Öst", "Ås", "zon", "Ärla", "Ab", "Élan"], key=text.sort_key) == [
        "Ab", "Élan", "zon", "Ås", "Ärla", "Öst",
    ]  # fmt: skip


@given(st.floats(-1e12, 1e12), st.integers(0, 3))
def test_a_written_number_is_the_number(value: float, digits: int) -> None:
    """Read back, a written number is the number, to the digits shown."""
    written = text.number(value, digits).replace(NB, "").replace(MINUS, "-").replace(",", ".")
    assert float(written) == pytest.approx(value, abs=0.5000001 * 10**-digits + abs(value) * 1e-15)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "some.customers": {
            "sv": {"one": "{n} kund", "other": "{n} kunder"},
            "en": {"one": "{n} customer", "other": "{n} customers"},
        },
        "some.both": {
            "sv": {"one": "den enda", "two": "båda", "other": "alla {n}"},
            "en": {"one": "the only one", "two": "both", "other": "all {n}"},
        },
        "some.late": {"sv": "{n} sena, {days:dag|dagar}", "en": "{n} late, {days:day|days}"},
        "some.share": {"sv": "{name}: {share}", "en": "{name}: {share}"},
        "choice.some.not_now": {"sv": "inte nu", "en": "not now"},
    }
    monkeypatch.setattr(text, "catalogue", lambda: entries)


@pytest.mark.usefixtures("words")
def test_a_whole_number_chooses_the_plural() -> None:
    """One customer, two customers, none: by the language's own rule, written with its separators."""
    assert [text.t("some.customers", n=n) for n in (0, 1, 1200)] == ["0 kunder", "1 kund", f"1{NB}200 kunder"]
    text.use("en")
    assert text.t("some.customers", n=1) == "1 customer"
    assert [text.t("some.late", n=5, days=days) for days in (0, 1, 21)] == [
        "5 late, 0 days",
        "5 late, 1 day",
        "5 late, 21 days",
    ]
    assert [text.t("some.both", n=n) for n in (1, 2, 3)] == ["the only one", "both", "all 3"]


@pytest.mark.usefixtures("words")
def test_values_are_written_as_a_reader_writes_them() -> None:
    """A raw number gets separators, a date is ISO, a missing value is a dash and never `nan`."""
    assert text.t("some.share", name="A", share=1234.5) == f"A: 1{NB}234,5"
    assert text.t("some.share", name=date(2026, 9, 3), share=float("nan")) == "2026-09-03: –"
    assert text.t("some.share", name=None, share=pd.NA) == "–: –"


@pytest.mark.usefixtures("words")
def test_faults_of_ours_are_loud() -> None:
    """A key that is not there, a value that is not given, a language that we do not speak."""
    with pytest.raises(text.CatalogueError, match=r"no catalogue entry some\.other"):
        text.t("some.other")
    with pytest.raises(text.CatalogueError, match="share"):
        text.t("some.share", name="A")
    with pytest.raises(ValueError, match="found 'de', expected one of sv, en"):
        text.use("de")


@pytest.mark.usefixtures("words")
def test_a_code_is_shown_by_its_label() -> None:
    """A stored code has a label; one that we do not know stands as it is; none at all is a dash."""
    assert [text.label("some", code) for code in ("not_now", "later", None)] == ["inte nu", "later", "–"]


def test_a_page_is_read_as_text_and_a_key_stands_once() -> None:
    """`no` is Norway, not false; the second `a` on a page would silently win elsewhere."""
    load = partial(yaml.load, Loader=text.TextLoader)
    assert load("a: {sv: no, en: 007}") == {"a": {"sv": "no", "en": "007"}}
    with pytest.raises(yaml.YAMLError, match="a x 2"):
        load("a: {sv: x}\na: {sv: y}")


def leaves(entry: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every pair of languages in an entry, however deep it lies (a sheet's columns, a lesson's steps)."""
    if isinstance(entry, dict) and entry.keys() & set(text.LANGUAGES):
        yield path, entry
    elif isinstance(entry, dict):
        for name, part in entry.items():
            yield from leaves(part, f"{path}/{name}")
    elif isinstance(entry, list):
        for part in entry:
            yield from leaves(part, path)


def sentences(words: Any) -> list[str]:
    """All sentences of one language: one, a list of them, or one per plural form."""
    parts = words.values() if isinstance(words, dict) else words if isinstance(words, list) else [words]
    return [
        sentence for part in parts for sentence in (sentences(part) if isinstance(part, list) else [part])
    ]


def placeholders(words: Any) -> set[str]:
    return {
        name.split(".")[0].split("[")[0]
        for sentence in sentences(words)
        for _, name, _, _ in Formatter().parse(sentence)
        if name is not None
    }


def pairs() -> list[tuple[str, dict[str, Any]]]:
    """Every sentence of the catalogue, and the words that stand beside the settings."""
    settings = leaves(schema.load_settings() | {"terms": {}}, "settings")
    return [*(pair for key, entry in text.catalogue().items() for pair in leaves(entry, key)), *settings]


def test_each_sentence_stands_in_both_languages() -> None:
    """Swedish and English, of the same shape, none of them empty."""
    for path, both in pairs():
        assert {"sv", "en"} <= both.keys(), path
        assert type(both["sv"]) is type(both["en"]), path
        assert not isinstance(both["sv"], list) or len(both["sv"]) == len(both["en"]), path
        assert not isinstance(both["sv"], dict) or "other" in both["sv"].keys() & both["en"].keys(), path
        assert all(sentence.strip() for lang in text.LANGUAGES for sentence in sentences(both[lang])), path


def test_both_languages_use_the_same_values() -> None:
    """A value named in one language is named in the other, under the same name; no bare braces."""
    different = {path: both for path, both in pairs() if placeholders(both["sv"]) != placeholders(both["en"])}
    assert different == {}
    assert {path for path, both in pairs() if "" in placeholders(both["sv"])} == set()


FORBIDDEN = {
    "sv": r"\bintäkt|\bkonto(t|n|na)?\b|\bkundplan|\bnyckelkonto|\bstakeholder|\bchurn\b|\bfiende",
    "en": r"\benem(y|ies)\b|\bscale items\b|\bsquads?\b|\bchaf(es?|ing)\b|(?<!\{)\bmend(s|ed)?\b|\bsuffice|\bloose\b"
    r"|\brelation\b|(?<!\{)\bpromises\b|\bbroken promise|\bstands? in \d|\bdearest\b|\blook out\b|\bno-ladder\b",
}


def test_the_words_are_those_of_the_glossary() -> None:
    """Kund, never konto; omsättning, never intäkt; kontoplan, never kundplan; account team, commitment; no enemy."""
    found = [
        (path, sentence)
        for path, both in pairs()
        for lang, never in FORBIDDEN.items()
        for sentence in sentences(both[lang])
        if re.search(never, sentence, re.IGNORECASE)
    ]
    assert found == []


def prose() -> Iterator[tuple[str, str]]:
    """English that is no sentence of the catalogue: cells of the notebooks and documents, code left out."""
    for notebook in sorted((TOP / "notebooks").glob("*.ipynb")):
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
            if "en" in cell["metadata"].get("tags", []):
                yield notebook.name, "".join(cell["source"])
    for page in (*TOP.glob("*.md"), *(TOP / "docs").glob("*.md")):
        yield page.name, re.sub(r"```.*?```|`[^`]*`", "", page.read_text("utf-8"), flags=re.DOTALL)


def test_notebooks_and_documents_use_the_words_of_the_glossary() -> None:
    """The prose beside the catalogue speaks the same English: account team, commitment, internal, fix."""
    found = [
        (place, words[0])
        for place, said in prose()
        for words in re.finditer(FORBIDDEN["en"], said, re.IGNORECASE)
    ]
    assert found == []


@cache
def sources() -> list[ast.Module]:
    """All Python of the package and the notebooks."""
    rooms = [room.read_text("utf-8") for room in (TOP / "kamlib").rglob("*.py")]
    for notebook in (TOP / "notebooks").rglob("*.ipynb"):
        cells = json.loads(notebook.read_text("utf-8"))["cells"]
        rooms += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [ast.parse(room) for room in rooms]


@cache
def said() -> set[str]:
    """Every text constant and function (a rule is called as its finding), and every word of the settings."""
    nodes = [node for source in sources() for node in ast.walk(source)]
    constants = {str(node.value) for node in nodes if isinstance(node, ast.Constant)}
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    options = re.findall(r"\bchoices: *([\w.]+)", json.dumps(text.catalogue()).replace('"', ""))
    settings = set(codes(schema.load_settings()))
    return constants | functions | settings | set(options) | split_words(constants)


def codes(settings: Any) -> Iterator[str]:
    """Every name and code in the settings; the words beside them name no sentence."""
    if isinstance(settings, dict) and settings.keys() != set(text.LANGUAGES):
        for name, inside in settings.items():
            yield from (str(name), *codes(inside if name != "source" else ""))
    elif isinstance(settings, list):
        for inside in settings:
            yield from codes(inside)
    elif isinstance(settings, str):
        yield settings


def split_words(constants: set[str]) -> set[str]:
    """Words of constants that are lists with spaces: `"grow defend develop"`."""
    return {word for constant in constants if len(constant) < 300 for word in constant.split()}


@cache
def patterns() -> list[re.Pattern[str]]:
    """Each f-string that begins with a written part, as a pattern: f"goal.library.{name}.kpi"."""
    written = [node for source in sources() for node in ast.walk(source) if isinstance(node, ast.JoinedStr)]
    shapes = ["".join(map(shape, ast.iter_child_nodes(node))) for node in written]
    return [re.compile(rf"{each}(\..+)?") for each in shapes if re.match(r"[a-z_]{3,}", each)]


def shape(part: ast.AST) -> str:
    """One part of an f-string as a pattern: what is written stands, what is filled in is any word."""
    return re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.]+"


#: A call, by what is written before its bracket -> the key that its first argument asks the catalogue for.
ASKS = {
    "text.t": "{}",
    "words.sentence": "{}",
    "words.table": "table.{}",
    "result": "sheet.{}",
    "text.entry": "{}",
    "tables.say": "{}",
    "tables.sheet": "sheet.{}",
    "problem": "finding.{}",
    "errors.problem": "finding.{}",
    "Finding": "finding.{}",
    "errors.Finding": "finding.{}",
}


def asked_for() -> set[str]:
    """Keys that the code names outright."""
    calls = [node for source in sources() for node in ast.walk(source) if isinstance(node, ast.Call)]
    return {
        ASKS[ast.unparse(call.func)].format(call.args[0].value)
        for call in calls
        if call.args and isinstance(call.args[0], ast.Constant) and ast.unparse(call.func) in ASKS
    }


def test_what_is_asked_for_is_there() -> None:
    """Every key named in a room or a notebook stands in the catalogue."""
    assert asked_for() - text.catalogue().keys() == set()


def is_used(key: str) -> bool:
    family, _, rest = key.partition(".")
    asked = rest if family in ("finding", "sheet") else key  # Finding("rule") and sheet("name") leave it out
    if asked in said() or any(pattern.fullmatch(asked) for pattern in patterns()):
        return True
    if family == "choice":
        return rest.rpartition(".")[0] in said()
    above = {asked[: dot.start()] for dot in re.finditer(r"\.", asked)}  # entries("live.words")
    return family not in ("finding", "sheet") and not above.isdisjoint(said())


def test_what_is_there_is_used() -> None:
    """No sentence is left over from something that is no longer said."""
    assert {key for key in text.catalogue() if not is_used(key)} == set()
