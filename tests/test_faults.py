"""Faults that happen: odd values, odd names, full disks, kills, broken files. Nothing is lost and nobody reads a traceback."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import bundles
import numpy as np
import pandas as pd
import pytest

from kamlib import schema
from kamlib.data import workspace
from kamlib.data.workspace import Change
from kamlib.errors import KamError
from kamlib.run import batch, index


def kam(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}
    return subprocess.run(
        [sys.executable, "-m", "kamlib.cli", *arguments],
        capture_output=True, text=True, encoding="utf-8", cwd=cwd, env={**bare, **env}, timeout=300, check=False,
    )  # fmt: skip


def told(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """The command ended with this code and these words, and no traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def facts(**rows: bundles.Rows) -> dict[str, pd.DataFrame]:
    made = bundles.frames(rows)
    return {name: made[name] for name in rows}


@pytest.fixture
def ws(tmp_path: Path) -> workspace.Workspace:
    """A workspace with one account that buys and one that has stopped buying."""
    made = workspace.create(tmp_path / "prov.sqlite", name="Prov AB")
    made.import_facts(
        facts(
            account=[{"account_id": "A-1", "name": "Ett AB"}, {"account_id": "A-2", "name": "Slut AB"}],
            revenue=bundles.months("2026-09", [100.0] * 24, account_id="A-1", product_group="Pumpar")
            + bundles.months("2025-09", [70.0] * 12, account_id="A-2", product_group="Pumpar"),
        ),
        source="erp",
    )
    return made


# --- odd values at the gate ---------------------------------------------------------------------------------

VALUES: list[Any] = [
    None, "", 0, -1, 5, 2**53, 2**63, 2**70, float("inf"), float("nan"), 1e308, 1e18, 1e13, True, "true", "NaN", "1e5",
    "007", "a\x00b", "\ud800", "\u202e", "2026-01-01", "2026-13-01", "0001-01-01", "9999-12-31", "1677-01-01", "today",
    dt.date(1, 1, 1), dt.date(2026, 5, 5), dt.datetime(2026, 1, 1, tzinfo=dt.UTC), pd.Timestamp("2026-01-01"), pd.NaT,
    pd.NA, np.int64(3), np.float64("inf"), np.bool_(True), np.datetime64("2026-01-01"), b"bytes", [1, 2], {"a": 1},
    set(), object(), 1 + 2j, "grow", "ours", "x" * 10_000,
]  # fmt: skip
SIMPLE = {"text": "t", "id": "A-1", "date": "2026-01-01", "month": "2026-01-01", "flag": True}


def odd_change(chance: random.Random, number: int) -> Change:
    """An insert that is whole but for one value, and sometimes but for what it says of itself."""
    typed = [table for table in schema.TABLES.values() if table.role == "plan" or len(table.key) == 1]
    table = chance.choice(typed)
    whole = {
        column.name: SIMPLE.get(column.kind, next(iter(column.choices), column.low or 1))
        for column in table.columns
        if column.required and column.name not in ("row_id", "account_id", *table.key)
    }
    after = whole | {chance.choice(table.columns).name: chance.choice(VALUES)}
    row_id = f"r{number}" if chance.random() < 0.95 else chance.choice(VALUES)
    effective = None if chance.random() < 0.9 else chance.choice(VALUES)
    return Change(table.name, row_id, after, "A-1", operation="insert", effective_on=effective)


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 250), pytest.param(2, 20_000, marks=pytest.mark.torture)], ids=["some", "many"]
)
def test_what_is_saved_can_be_read_again(ws: workspace.Workspace, seed: int, count: int) -> None:
    """Any value in any column is saved and read back, or refused in words: never a fault, never a workspace that won't open."""
    chance, saved = random.Random(seed), 0  # noqa: S311
    for number in range(count):
        try:
            ws.save([odd_change(chance, number)], by="prov", session="s")
        except KamError as refused:
            refused.told().encode()
        else:
            saved += 1
            if saved % 20 == 0:
                ws.history()
                ws.portfolio()
    assert count / 10 < saved < count * 0.9
    assert set(ws.account("A-1").tables) == set(schema.TABLES)
    assert len(ws.history()) == saved


@pytest.mark.parametrize(
    ("table", "after", "words"),
    [
        ("goal", {"due_on": "007"}, "går inte att läsa"),
        ("goal", {"due_on": 20270630}, "går inte att läsa"),
        ("goal", {"target": float("inf")}, "går inte att läsa"),
        ("goal", {"title": "\ud800"}, "inte kan sparas"),
        ("initiative", {"is_about_sale": "nej"}, "går inte att läsa"),
        ("insight", {"priority": 2.5}, "går inte att läsa"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(
    ws: workspace.Workspace, table: str, after: dict, words: str
) -> None:
    """Year 7, 1970 for a number, infinity, half a character, a "no" that is true, a priority cut to 2."""
    whole = {
        "goal": {"title": "Mål", "goal_class": "strategic", "side": "ours"},
        "initiative": {"title": "Steg"},
        "insight": {"goal": "Växa", "grade": "told"},
    }[table]
    with pytest.raises(KamError, match=words):
        ws.save([Change(table, "R-1", whole | after, "A-1", operation="insert")], by="prov")
    with pytest.raises(KamError, match="text"):
        ws.save([Change(table, "R-1", whole, "A-1", operation="insert")], by="\ud800")
    assert ws.history().empty


def test_who_has_stopped_buying_bought_nothing(ws: workspace.Workspace) -> None:
    """The trailing year of one account ends where the company's does, not with the account's own last invoice."""
    assert ws.account("A-2").facts_through == ws.portfolio().facts_through == pd.Timestamp("2026-09-01")
    assert ws.account("A-2", "2026-09-29").facts_through == pd.Timestamp("2026-08-01")
    assert ws.account("A-2", "2020-01-01").facts_through is None


# --- odd names on the way to the reader ----------------------------------------------------------------------

NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "[klick](javascript:alert(3)) **fet** `kod` # rubrik",
    r"A$x^2$ & B$y_1$ \frac{1}{2}",
    "{curly} {0} {name!r} %s %(x)s {{dubbel}}",
    "--><!-- ]]> </style></svg><svg onload=alert(4)></p></td>",
    "\u202eomvänd AB\u202c \u200f",
    "Emoji \U0001f9e8\U0001f469\u200d\U0001f692 AB",
    '=HYPERLINK("http://evil.example","x")',
    "radbryt\nning & tab\tAB",
    "\x1b[2J\x1b]0;titel\x07 ESC AB",
    '3.14159 AB ver 1.23456 "Norr" id="x" url(#a)',
    "ord" + "lång" * 300,
)
IDS = (
    "../../x",
    "CON",
    "slut..",
    "=1+1",
    "a: b, [c] {d} 'e'",
    "007",
    "1E5",
    "NO",
    "nan",
    "None",
    "null",
    "TRUE",
    "ä/ö",
)
#: What a missing value looks like where nobody has caught it.
RAW = re.compile(r"(?<![\w-])(nan|NaN|NaT|<NA>|None|inf|-inf|Traceback)(?![\w-])")


class Reader(HTMLParser):
    """Reads a page as a browser would and notes what a report must not hold."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.words: list[str] = []
        self.policy, self._style = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: D102
        given = dict(attrs)
        self._style += tag == "style"
        if tag in ("script", "iframe", "object", "embed", "form", "base", "link"):
            self.faults.append(tag)
        self.faults += [name for name in given if name.startswith("on")]
        for name in ("href", "src", "xlink:href", "action", "data"):
            ours = re.match(r"#[\w-]+$|data:(font|image)/|[\w./-]+\.html$", given.get(name) or "#x")
            self.faults += [] if ours else [f"{name}={given[name]}"]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""

    def handle_endtag(self, tag: str) -> None:  # noqa: D102
        self._style -= tag == "style"

    def handle_data(self, data: str) -> None:  # noqa: D102
        self.words += [] if self._style else [data]

    def handle_comment(self, data: str) -> None:  # noqa: D102
        self.faults.append(f"comment {data}")


def read(page: Path, *, known: tuple[str, ...] = ()) -> str:
    """Return a page's words; what it must not hold is a failure, and so is a missing value laid bare."""
    reader = Reader()
    reader.feed(page.read_text("utf-8"))
    assert reader.faults == [], page.name
    assert "default-src 'none'" in reader.policy
    bare = [found for words in reader.words if words.strip() not in known and (found := RAW.search(words))]
    assert bare == [], page.name
    return "".join(reader.words)


def nasty_workspace(folder: Path, texts: tuple[str, ...]) -> workspace.Workspace:
    """Every text of every table is one of `texts`, names and ids are as odd as they come."""
    made = workspace.create(folder / "illvillig.sqlite", name=texts[0])
    ids = IDS[: len(texts)]
    named = list(zip(ids, texts, strict=False))
    made.import_facts(
        facts(
            account=[{"account_id": each, "name": name, "industry": name} for each, name in named],
            revenue=[
                row
                for n, (each, name) in enumerate(named, 1)
                for row in bundles.months("2026-09", [n * 9e5] * 24, account_id=each, product_group=name[:60])
            ],
            contact=[
                {"contact_id": f"c{each}", "account_id": each, "side": side, "name": name, "title": name[:60]}
                for each, name in named
                for side in ("customer",)
            ],
        ),
        source="erp",
    )
    rows = []
    for table in (each for each in schema.TABLES.values() if each.role == "plan"):
        for n, words in enumerate(texts, 1):
            after = {column.name: odd_text(column, words, n) for column in table.columns[2:]}
            rows.append(Change(table.name, f"{table.name}-{n}", after, ids[0], operation="insert"))
    made.save(rows, by=texts[0], reason=texts[1])
    return made


def odd_text(column: schema.Column, words: str, n: int) -> Any:
    """A value that fits its column; text is as odd as it gets."""
    if column.kind == "text":
        return words
    if column.refers_to:
        return f"c{IDS[0]}" if column.refers_to == "contact" else f"{column.refers_to}-{n}"
    low = int(column.low or 1)
    simple = {
        "date": f"2026-{n % 12 + 1:02}-15",
        "flag": True,
        "money": 5e5 * n,
        "number": min(10.0 * n, column.high or 1e6),
        "share": 0.5,
    }
    whole = {"integer": min(low + n, int(column.high or 99)), "scale": 3}
    return {**simple, **whole, "choice": [*column.choices, ""][0], "id": "x"}[column.kind]


@pytest.mark.slow
def test_no_text_of_a_customer_becomes_markup(tmp_path: Path) -> None:
    """Script, links, formulas, braces, comments, control characters in every text: all pages stand, all of it is words."""
    here, out = nasty_workspace(tmp_path, NASTY), tmp_path / "ut"
    for audience in ("internal", "customer"):
        done = kam("--workspace", here.target, "report", IDS[0], "--audience", audience, "--out", str(out))
        assert done.returncode == 0, done.stdout + done.stderr
    pages = [*out.glob("*/*/*/*.html"), out / "index.html"]
    assert len(pages) == 11
    everything = "".join(read(page, known=IDS) for page in pages)
    for words in (*NASTY[:3], NASTY[4], NASTY[8], r"A$x^2$ & B$y_1$ \frac{1}{2}"):
        assert words in everything
    assert {path.resolve().is_relative_to(out.resolve()) for path in tmp_path.rglob("*.html")} == {True}
    steering = "\x1b\x07\u202e"
    for command in (("accounts",), ("check", IDS[0]), ("history", IDS[0])):
        done = kam("--workspace", here.target, *command)
        told(done, done.returncode)
        assert not set(done.stdout) & set(steering)
        assert done.returncode in (0, 1)


@pytest.mark.torture
def test_no_id_or_name_breaks_any_page(tmp_path: Path) -> None:
    """Every odd id with every odd name through every notebook."""
    here, out = nasty_workspace(tmp_path, NASTY), tmp_path / "ut"
    done = kam("--workspace", here.target, "report", "--all", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    for page in [*out.glob("*/*/*/*.html"), out / "index.html"]:
        read(page, known=IDS)


# --- what a run leaves behind --------------------------------------------------------------------------------

ABOUT = {
    "run_id": "1", "as_of": "2026-09-30", "audience": "internal", "lang": "sv", "version": "0",
    "workspace": "# [Prov](http://evil.example) *AB*\n<script>", "currency": "SEK",
}  # fmt: skip


def test_a_run_of_one_account_forgets_no_other(tmp_path: Path) -> None:
    """The manifest keeps the names and figures of accounts that an earlier run made."""
    folder = tmp_path / "2026-09-30" / "internal-sv"
    for each, name in (("A-1", "Ett AB"), ("A-2", "Två AB")):
        about = ABOUT | {"accounts": {each: {"name": name, "revenue_12m": 1e6}}}
        batch.write_manifest(
            folder, about, [batch.Outcome(each, "03_planning", "ok", html="x/03_planning.html")]
        )
    page = index.write(tmp_path, "sv").read_text("utf-8")
    assert "Ett AB" in page
    assert "Två AB" in page
    assert "# [Prov](http://evil.example) *AB* &lt;script&gt;" in page
    assert '<a href="http' not in page


@pytest.mark.parametrize("written", ["", "{", "[]", '{"runs": 1}', "\x00", '{"runs": []}'])
def test_a_broken_manifest_stops_nothing(tmp_path: Path, written: str) -> None:
    """A manifest that was cut off, by whatever, is made anew; the index lists the others."""
    for day in ("2026-06-30", "2026-09-30"):
        folder = tmp_path / day / "internal-sv"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(written)
    outcome = batch.Outcome("A-1", "03_planning", "ok", html="x/03_planning.html")
    about = ABOUT | {"accounts": {"A-1": {"name": "Ett AB"}}}
    manifest = batch.write_manifest(tmp_path / "2026-09-30" / "internal-sv", about, [outcome])
    assert [run["status"] for run in json.loads(manifest.read_text("utf-8"))["runs"]] == ["ok"]
    assert "Ett AB" in index.write(tmp_path, "sv").read_text("utf-8")
