"""Faults that happen: odd values, odd names, full disks, kills, broken files. Nothing is lost and nobody reads a traceback."""

from __future__ import annotations

import ctypes
import datetime as dt
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import bundles
import numpy as np
import pandas as pd
import psutil
import pytest
from click.testing import CliRunner
from worlds import ODD, SIMPLE, executed, facts, job, kam, notebook, odd_workspace

from kamlib import cli, schema
from kamlib.data import intake, kit, locate, projection, sources, store, workbooks, workspace
from kamlib.data.workspace import Change
from kamlib.errors import KamError
from kamlib.run import batch, files, index, kernels, notebooks, reports, standings
from kamlib.show import figure


@pytest.fixture
def kam_here(monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`kam` in this process: for what stops before any notebook starts."""
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    monkeypatch.setenv("KAM_WORKSPACE", "")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = CliRunner().invoke(cli.kam, arguments)
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    return run


def told(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """The command ended with this code and these words, and no traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
    assert "Traceback" not in done.stdout + done.stderr


# --- odd values at the gate ---------------------------------------------------------------------------------

VALUES: list[Any] = [
    None, "", 0, -1, 5, 2**53, 2**63, 2**70, float("inf"), float("nan"), 1e308, 1e18, 1e13, True, "true", "NaN", "1e5",
    "007", "a\x00b", "\ud800", "\u202e", "2026-01-01", "2026-13-01", "0001-01-01", "9999-12-31", "1677-01-01", "today",
    dt.date(1, 1, 1), dt.date(2026, 5, 5), dt.datetime(2026, 1, 1, tzinfo=dt.UTC), pd.Timestamp("2026-01-01"), pd.NaT,
    pd.NA, np.int64(3), np.float64("inf"), np.bool_(True), np.datetime64("2026-01-01"), b"bytes", [1, 2], {"a": 1},
    set(), object(), 1 + 2j, "grow", "ours", "x" * 10_000,
]  # fmt: skip


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
RAW = re.compile(
    r"(?<![\w-])(nan|NaN|NaT|<NA>|inf|-inf|Traceback)(?![\w-])|(?<![\w-])None(?! of| is| has|[\w-])|\u221e"
)


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
    bare = [words for words in reader.words if words.strip() not in known and RAW.search(words)]
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
    # Others' names stand in shared rows here, which alone would stop a customer's page.
    waived = {"rule": "other_customer", "until_on": "2027-12-31", "reason": texts[0]}
    rows.append(Change("waiver", "waiver-others", waived, ids[0], operation="insert"))
    made.save(rows, by=texts[0], reason=texts[1])
    return made


def odd_text(column: schema.Column, words: str, n: int) -> Any:
    """A value that fits its column; text is as odd as it gets."""
    if column.name == "tender_until":
        return None  # a running tender would shut the customer's pages (P7)
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
def test_no_text_of_a_customer_becomes_markup(
    tmp_path: Path, kam_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Script, links, formulas, braces, comments, control characters in every text: pages stand, all of it is words."""
    here, out = nasty_workspace(tmp_path, NASTY), tmp_path / "ut"
    for audience in ("internal", "customer"):
        asked = ("report", IDS[0], "--notebook", "03", "--audience", audience, "--out", str(out))
        told(kam("--workspace", here.target, *asked), 0)
    pages = [*out.glob("*/*/*/*.html"), out / "index.html"]
    assert len(pages) == 3
    everything = "".join(read(page, known=IDS) for page in pages)
    for words in (*NASTY[:3], NASTY[4], NASTY[8], r"A$x^2$ & B$y_1$ \frac{1}{2}"):
        assert words in everything
    assert {path.resolve().is_relative_to(out.resolve()) for path in tmp_path.rglob("*.html")} == {True}
    for command in (("accounts",), ("check", IDS[0]), ("history", IDS[0])):
        done = kam_here("--workspace", here.target, *command)
        told(done, done.returncode)
        assert not set(done.stdout) & set("\x1b\x07\u202e")
        assert done.returncode in (0, 1)


@pytest.mark.parametrize("audience", ["internal", "customer"])
def test_no_text_of_a_customer_becomes_markup_in_any_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, audience: str
) -> None:
    """The same texts through the cells of every notebook."""
    here, theirs = nasty_workspace(tmp_path, NASTY), tmp_path / "kund.sqlite"
    standings.refresh(here)
    projection.write(here, IDS[0], theirs)
    monkeypatch.setenv("KAM_WORKSPACE", str(theirs) if audience == "customer" else here.target)
    walk(tmp_path, audience, "sv", IDS[0])


@pytest.mark.torture
def test_no_id_or_name_breaks_any_page(tmp_path: Path) -> None:
    """Every odd id with every odd name through every notebook, as pages."""
    here, out = nasty_workspace(tmp_path, NASTY), tmp_path / "ut"
    told(kam("--workspace", here.target, "report", "--all", "--out", str(out), timeout=1800), 0)
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


# --- kills, locks, full disks --------------------------------------------------------------------------------

SAVER = """
import sys
from kamlib.data import intake, kit, locate, projection, sources, store, workbooks, workspace
from kamlib.data.workspace import Change
from kamlib.errors import KamError
ws, who = workspace.open(sys.argv[1], read_only=False), sys.argv[2]
print("ready", flush=True)
for n in range(10**6):
    whole = {"title": "t" * 500, "goal_class": "strategic", "side": "ours"}
    pair = [Change("goal", f"{who}-{n}-{part}", whole, "A-1", operation="insert") for part in ("a", "b")]
    ws.save(pair, by=who, session=who)
    print(n, flush=True)
"""
IMPORTER = """
import sys
import pandas as pd
from kamlib import schema
from kamlib.data import intake, kit, locate, projection, sources, store, workbooks, workspace
ws = workspace.open(sys.argv[1], read_only=False)
table, months = schema.TABLES["revenue"], pd.date_range("2024-10-01", "2026-09-01", freq="MS")
print("ready", flush=True)
for n in range(1, 10**6):
    rows = [{"account_id": "A-1", "month": month, "product_group": f"g{g}", "revenue": float(n)} for month in months for g in range(40)]
    ws.import_facts({"revenue": table.typed(pd.DataFrame(rows))}, source="erp")
    print(n, flush=True)
"""


def started(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A writer in a process of its own, ready to write."""
    command = [sys.executable, "-c", script, *arguments]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout
    assert running.stdout.readline().strip() == "ready", running.stderr.read() if running.stderr else ""
    return running


def killed(running: subprocess.Popen[str], after: float, *, saved: bool = False) -> list[int]:
    """Kill a writer in the middle and return what it had acknowledged; `saved`: not before it has done so once."""
    first = running.stdout.readline() if saved and running.stdout else ""
    time.sleep(after)
    running.kill()
    out, err = running.communicate(timeout=60)
    assert err == ""
    return [int(line) for line in (first + out).splitlines(keepends=True) if line.endswith("\n")]


FEW_AND_MANY = pytest.mark.parametrize(
    "kills", [3, pytest.param(60, marks=pytest.mark.torture)], ids=["some", "many"]
)


@FEW_AND_MANY
def test_a_save_is_there_or_not_at_all(ws: workspace.Workspace, kills: int) -> None:
    """Kill -9 in the middle of saving: what was acknowledged is there, pairs are whole, rows and log agree."""
    chance, acknowledged = random.Random(7), 0  # noqa: S311
    for number in range(kills):
        saver, wait = started(SAVER, ws.target, f"w{number}"), chance.uniform(0.02, 0.4)
        done = killed(saver, wait, saved=number % 2 == 0)  # the others may die within their first save
        goals = set(ws.account("A-1").goal["row_id"])
        mine = {each for each in goals if each.startswith(f"w{number}-")}
        assert {f"w{number}-{n}-{part}" for n in done for part in "ab"} <= mine
        assert len(mine) in (2 * len(done), 2 * len(done) + 2)
        assert {each[:-1] + "b" for each in mine} == {each[:-1] + "b" for each in mine if each.endswith("b")}
        assert set(ws.history()["row_id"]) == goals
        acknowledged += len(done)
    assert acknowledged >= (kills + 1) // 2
    assert intact(ws)


@FEW_AND_MANY
def test_an_import_is_there_or_not_at_all(ws: workspace.Workspace, kills: int) -> None:
    """Kill -9 in the middle of an import: all rows are of one and the same import, the last acknowledged or the next."""
    chance, last = random.Random(8), 100.0  # noqa: S311
    for _ in range(kills):
        done = killed(started(IMPORTER, ws.target), chance.uniform(0.02, 0.6))
        sold = ws.account("A-1").revenue
        said = set(sold["revenue"])
        assert len(said) == 1
        assert said <= ({float(done[-1]), done[-1] + 1.0} if done else {last, 1.0})
        assert len(sold) == (24 if said == {100.0} else 24 * 40)
        last = max(said)
    assert intact(ws)


def intact(here: workspace.Workspace) -> bool:
    with closing(sqlite3.connect(here.target)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_who_save_at_once_both_get_through(ws: workspace.Workspace) -> None:
    """Writers take turns: nothing acknowledged is lost, the numbers of the log have no gap and no twin."""
    pair = [started(SAVER, ws.target, who) for who in ("elin", "leif")]
    done = {who: killed(each, 1.0, saved=True) for who, each in zip(("elin", "leif"), pair, strict=True)}
    goals = set(ws.account("A-1").goal["row_id"])
    for who, numbers in done.items():
        assert numbers
        assert {f"{who}-{n}-{part}" for n in numbers for part in "ab"} <= goals
    log = ws.history()
    assert log["seq"].tolist() == list(range(1, len(log) + 1))
    assert set(log["row_id"]) == goals


def test_who_waits_too_long_is_told_and_may_try_again(
    ws: workspace.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writer that does not end: told after the waiting time, nothing saved; readers are not hindered."""
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.2)
    whole = {"title": "Mål", "goal_class": "strategic", "side": "ours"}
    change = Change("goal", "G-1", whole, "A-1", operation="insert")
    with closing(sqlite3.connect(ws.target, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(KamError, match="Någon annan skriver"):
            ws.save([change], by="Elin")
        with pytest.raises(KamError, match="Någon annan skriver"):
            ws.import_facts({"account": ws.accounts()}, source="erp")
        assert len(ws.accounts()) == 2
        other.execute("ROLLBACK")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(KamError, match="Någon annan skriver"):
            ws.accounts()
        other.execute("ROLLBACK")
    assert len(ws.save([change], by="Elin").seqs) == 1


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.argv = ["kam", *sys.argv[2:]]
from kamlib import cli
cli.main()
"""


def with_room_for(size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `kam` where no file may grow beyond `size`: what a full disk is to it."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}
    return subprocess.run(
        [sys.executable, "-c", FULL, str(size), *arguments],
        capture_output=True, text=True, encoding="utf-8", env=bare, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_loses_nothing_that_was_there(ws: workspace.Workspace, tmp_path: Path) -> None:
    """An import that finds no room is told, and the workspace is what it was."""
    (tmp_path / "in").mkdir()
    many = "".join(f"B-{n};{'Namn ' * 20}{n}\n" for n in range(3000))
    (tmp_path / "in" / "accounts.csv").write_text("account_id;name\n" + many, "utf-8")
    done = with_room_for(
        Path(ws.target).stat().st_size + 8192, "--workspace", ws.target, "import", str(tmp_path / "in")
    )
    told(done, 3, "Inget sparades")
    assert ws.accounts()["account_id"].tolist() == ["A-1", "A-2"]
    assert intact(ws)
    told(kam("--workspace", ws.target, "import", str(tmp_path / "in")), 0)
    assert len(ws.accounts()) == 3002


# --- what can't be read or written ---------------------------------------------------------------------------


def meek() -> None:
    """Give up root's right to ignore rights, where a test runs as root."""
    if os.geteuid() == 0:
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


MEEK = """
import json, sys
from click.testing import CliRunner
from kamlib import cli
for arguments in json.loads(sys.argv[1]):
    done = CliRunner().invoke(cli.kam, arguments)
    print(json.dumps([done.exit_code, done.stdout, done.stderr]))
"""


def as_anybody(home: Path, *commands: tuple[str, ...]) -> list[subprocess.CompletedProcess[str]]:
    """What each command says to somebody who may not do everything."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}
    done = subprocess.run(
        [sys.executable, "-c", MEEK, json.dumps(commands)], preexec_fn=meek,
        capture_output=True, text=True, encoding="utf-8", cwd=home, timeout=300, check=True,
        env={**bare, "HOME": str(home), "XDG_DATA_HOME": str(home / "data")},
    )  # fmt: skip
    answers = map(json.loads, done.stdout.splitlines())
    return [subprocess.CompletedProcess("kam", *answer) for answer in answers]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="rights and capabilities as Linux has them")
def test_a_missing_right_is_told_before_anything_starts(ws: workspace.Workspace, tmp_path: Path) -> None:
    """A folder, a workspace or a file that may not be written or read: the place, the reason, exit 3, no traceback."""
    shut, held = tmp_path / "stängd", tmp_path / "fil.txt"
    shut.mkdir()
    held.write_text("x")
    shutil.copy(ws.target, shut / "läs.sqlite")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "accounts.csv").write_text("account_id;name\nA-9;Nio AB\n")
    (shut / "läs.sqlite").chmod(0o444)
    shut.chmod(0o555)
    (tmp_path / "in" / "accounts.csv").chmod(0)
    dark = tmp_path / "mörk.sqlite"
    shutil.copy(ws.target, dark)
    dark.chmod(0)
    locked, source = ("--workspace", str(shut / "läs.sqlite")), str(tmp_path / "in")
    outs = [str(out) for out in (shut, held, held / "under")]
    *reports, init, read_only, unreadable, hidden = as_anybody(
        tmp_path,
        *(("--workspace", ws.target, "report", "A-1", "--out", out) for out in outs),
        ("init", str(shut / "ny.sqlite")),
        (*locked, "accounts"),
        ("--workspace", ws.target, "import", source),
        ("--workspace", str(dark), "accounts"),
    )
    for out, done in zip(outs, reports, strict=True):
        told(done, 3, out)
    told(init, 3, "går inte att skriva i")
    told(read_only, 0)
    told(unreadable, 3, "accounts.csv", "går inte att öppna")
    told(hidden, 3, "går inte att öppna")
    (tmp_path / "in" / "accounts.csv").chmod(0o644)
    (written,) = as_anybody(tmp_path, (*locked, "import", source))
    told(written, 3, "går inte att skriva i")
    shut.chmod(0o755)


def damaged(whole: bytes, how: str) -> bytes:
    chance = random.Random(5)  # noqa: S311
    if how == "cut":
        return whole[: len(whole) // 2]
    if how == "scratched":
        return b"".join(bytes([each]) if chance.random() > 0.01 else b"\xff" for each in whole)
    return {"empty": b"", "other": b"bara text " * 500}[how]


@pytest.mark.parametrize("how", ["cut", "scratched", "empty", "other"])
def test_a_damaged_workspace_is_told(ws: workspace.Workspace, tmp_path: Path, how: str) -> None:
    """Cut off, scratched, empty or something else: one sentence with the name, and the file stays as it was."""
    broken = tmp_path / "trasig.sqlite"
    broken.write_bytes(damaged(Path(ws.target).read_bytes(), how))
    before = broken.read_bytes()
    with pytest.raises(KamError, match=r"skadad"):
        workspace.open(broken).portfolio()
    assert broken.read_bytes() == before


def test_a_page_that_is_torn_later_is_told_too(ws: workspace.Workspace) -> None:
    """The head of the file is whole, a table is not: told as damage, with the cure."""
    with closing(sqlite3.connect(ws.target)) as connection:
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'fact_revenue'"
        ).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(Path(ws.target).read_bytes())
    content[(page - 1) * size : page * size] = b"\x07" * size
    Path(ws.target).write_bytes(content)
    with pytest.raises(KamError, match="säkerhetskopian"):
        workspace.open(ws.target).portfolio()


def test_a_workspace_of_a_newer_version_is_left_alone(ws: workspace.Workspace) -> None:
    """What a later program made is not touched by this one."""
    ws.set_about(version="99")
    with pytest.raises(KamError, match="version 99"):
        workspace.open(ws.target)


@pytest.mark.parametrize(
    "written", [b"workspace = ", b"\xff\xfe\x00", b"workspace = 'a'\nworkspace = 'b'", b"= ="]
)
def test_a_broken_configuration_is_told_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bytes
) -> None:
    """kam.toml that can't be read stops with its name and the reason."""
    (tmp_path / "kam.toml").write_bytes(written)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KamError, match=r"kam\.toml"):
        locate.configuration()


# --- notebooks that misbehave --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("import time\ntime.sleep(600)", "CellTimeoutError"),
        ("while True:\n    try:\n        1\n    except BaseException:\n        pass", "CellTimeoutError"),
        ("input('namn?')", "StdinNotImplementedError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("x = bytearray(10**15)", "MemoryError"),
    ],
)
def test_a_cell_that_never_ends_or_asks_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, kind: str
) -> None:
    """Sleeping, swallowing every interrupt, asking for input, leaving, wanting all memory: failed, and soon."""
    monkeypatch.setattr(kernels, "CELL_SECONDS", 2)
    begun = time.monotonic()
    outcome = batch.execute(job(notebook(tmp_path / "n.ipynb", cell, "1"), tmp_path / "kund"))
    assert (outcome.status, outcome.error["kind"]) == ("failed", kind)
    assert "Traceback" not in outcome.error["message"]
    assert time.monotonic() - begun < 60


@pytest.mark.slow
def test_a_notebook_that_prints_without_end_makes_no_endless_file(tmp_path: Path) -> None:
    """What is printed is no part of a report; the kept notebook stays readable."""
    flood = notebook(tmp_path / "n.ipynb", "for n in range(200_000):\n    print(n)")
    assert batch.execute(job(flood, tmp_path / "kund")).status == "ok"
    assert (tmp_path / "kund" / "n.html").stat().st_size < 300_000
    assert (tmp_path / "kund" / "n.ipynb").stat().st_size < 300_000


@pytest.mark.slow
def test_notebooks_of_ones_own_that_are_broken_are_told_by_name(
    ws: workspace.Workspace, tmp_path: Path, kam_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Not JSON, not a notebook, a folder, no kernel named: the first three are told, the last one runs."""
    own = tmp_path / "egna"
    bare = notebook(own / "04_team.ipynb", "1")
    written = json.loads(bare.read_text("utf-8"))
    written["metadata"] = {}
    bare.write_text(json.dumps(written), "utf-8")
    asked = (
        "--workspace",
        ws.target,
        "report",
        "A-1",
        "--notebooks",
        str(own),
        "--out",
        str(tmp_path / "ut"),
    )
    told(kam(*asked), 0)
    for content in ("[]", '{"cells": 1}'):
        (own / "05_follow_up.ipynb").write_text(content)
        told(kam_here(*asked), 3, "05_follow_up.ipynb")
    (own / "05_follow_up.ipynb").unlink()
    (own / "05_follow_up.ipynb").mkdir()
    told(kam_here(*asked), 3, "05_follow_up.ipynb")
    told(kam_here(*asked[:-4], "--notebooks", str(tmp_path / "saknas")), 3, "saknas")


@pytest.mark.slow
def test_odd_paths_carry_reports_and_too_long_ones_are_told(
    ws: workspace.Workspace, tmp_path: Path, kam_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Spaces, å, emoji, quotes and a percent sign in every path; more than 200 characters is refused before the start."""
    odd = tmp_path / "Å Ä 'Ö' {x} 100 % \U0001f9e8"
    own, target = notebook(odd / "arbets böcker" / "04_team.ipynb", "1").parent, odd / "före tag.sqlite"
    shutil.copy(ws.target, target)
    asked = ("--workspace", str(target), "report", "--all", "--jobs", "8", "--notebooks", str(own), "--out")
    told(kam(*asked, str(odd / "ut %s")), 0)
    assert len(list((odd / "ut %s").glob("*/*/*/04_team.html"))) == 2
    told(kam_here(*asked, str(odd / ("lång" * 50))), 3, "200")
    assert not list(odd.glob("lång*/*"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
@pytest.mark.parametrize(("signal_name", "to_all", "code"), [("SIGINT", True, 130), ("SIGTERM", False, 143)])
def test_a_report_that_is_stopped_can_be_run_again(
    ws: workspace.Workspace, tmp_path: Path, signal_name: str, to_all: bool, code: int
) -> None:
    """Ctrl-C (which reaches every process) and SIGTERM: exit code, a whole manifest, nothing runs on, the next run completes."""
    own, out, wait = tmp_path / "egna", tmp_path / "ut", tmp_path / "vänta"
    notebook(own / "04_team.ipynb", "1")
    notebook(
        own / "05_follow_up.ipynb",
        f"import time, pathlib\nwhile pathlib.Path({str(wait)!r}).exists():\n    time.sleep(0.1)",
    )
    wait.write_text("")
    (tmp_path / "tmp").mkdir()
    command = [
        "--workspace",
        ws.target,
        "report",
        "--all",
        "--jobs",
        "1",
        "--notebooks",
        str(own),
        "--out",
        str(out),
    ]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}
    running = subprocess.Popen(
        [sys.executable, "-m", "kamlib", *command], env={**bare, "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    assert running.stdout
    assert running.stdout.readline().startswith("ok")
    (os.killpg if to_all else os.kill)(running.pid, getattr(signal, signal_name))
    _, err = running.communicate(timeout=60)
    assert running.returncode == code
    assert "Traceback" not in err
    manifest = next(out.glob("*/*/manifest.json"))
    states = [run["status"] for run in json.loads(manifest.read_text("utf-8"))["runs"]]
    assert sorted(states) == ["interrupted"] * 3 + ["ok"]
    assert list((tmp_path / "tmp").iterdir()) == []
    wait.unlink()
    told(kam(*command), 0)
    states = [run["status"] for run in json.loads(manifest.read_text("utf-8"))["runs"]]
    assert states == ["ok"] * 4


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://kam:HEM@LIGT@127.0.0.1:1/kam", "mysql://kam:HEMLIGT@h/kam", "foo://kam:HEMLIGT@h"],
)
def test_no_password_is_ever_told(url: str) -> None:
    """A database that can't be reached, or is of a sort we don't know: the message holds no password."""
    with pytest.raises(KamError) as refused:
        workspace.open(url)
    assert "LIGT" not in refused.value.told()
    assert locate.without_password(url).count("***") == 1


@pytest.mark.parametrize("held", ["", "läsmig.md", "accounts.csv/"])
def test_a_folder_without_a_table_is_no_import(ws: workspace.Workspace, tmp_path: Path, held: str) -> None:
    """A folder where nothing could be read is refused, also where the workspace has accounts: a script would not notice."""
    folder = tmp_path / "in"
    folder.mkdir()
    if held.endswith("/"):
        (folder / held).mkdir()
    elif held:
        (folder / held).write_text("x")
    _, findings, _ = intake.judge(sources.read(folder), known={"account": ["A-1"]})
    with pytest.raises(KamError, match=r"accounts\.csv"):
        intake.refuse(findings)


# --- workspaces that are thin, empty, wrong way round ----------------------------------------------------------


USUAL = ("only accounts", "circle", "bare plan")


def walked(path: Path, which: notebooks.Variant, values: dict[str, Any]) -> str:
    """Run a notebook's cells in this process and return all that they show."""
    outputs = [output for cell in executed(path, which, values).cells for output in cell.get("outputs", ())]
    return "".join(output.data.get("text/html", "") for output in outputs)


def walk(folder: Path, audience: str, lang: str, account_id: str) -> None:
    """Run every notebook's cells in this process and read what they show."""
    for path in sorted(kit.path("notebooks").glob("0*.ipynb")):
        if audience == "internal" or path.stem in notebooks.FOR_CUSTOMERS:
            values = {"account_id": account_id, "audience": audience, "live": False, "lang": lang}
            shown = walked(path, notebooks.Variant(lang, audience), values)
            policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
            (folder / f"{path.stem}.html").write_text(policy + shown, "utf-8")
            read(folder / f"{path.stem}.html", known=IDS)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in USUAL else pytest.mark.torture) for name in ODD]
)
def test_every_notebook_stands_an_odd_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each notebook, for us and for the customer: no fault, no missing value laid bare, nothing but words and figures."""
    here = odd_workspace(tmp_path, ODD[name])
    standings.refresh(here)
    projection.write(here, "A-1", tmp_path / "kund.sqlite")
    for audience, lang, target in (
        ("internal", "sv", here.target),
        ("customer", "en", str(tmp_path / "kund.sqlite")),
    ):
        monkeypatch.setenv("KAM_WORKSPACE", target)
        walk(tmp_path, audience, lang, "A-1")


def test_a_drawing_keeps_what_is_written_in_it() -> None:
    """Numbers, quotes and ids are tidied in the tags of a drawing, never in a customer's name."""
    name = '3.14159 AB "Norr" id="x" url(#a); "'
    drawn, _ = figure._clean(f'<svg width="1.23456" id="q"><text style="fill: none; ">{name}</text></svg>')
    assert f'<text style="fill: none">{name}</text>' in drawn
    assert 'width="1.23"' in drawn


def test_a_workbook_that_would_fill_the_memory_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says to be unpacked counts, before a part of it is read."""
    monkeypatch.setattr(workbooks, "_LARGEST", 10_000)
    with zipfile.ZipFile(tmp_path / "accounts.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", "<row/>" * 10_000)
    with pytest.raises(ValueError, match="memory"):
        workbooks.Workbook((tmp_path / "accounts.xlsx").read_bytes())
    (raw,) = sources.read(tmp_path)
    assert [finding.rule for finding in raw.findings] == ["workbook_unreadable"]


def test_a_reader_who_leaves_and_a_wrong_day_are_no_faults(
    ws: workspace.Workspace, kam_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """`kam accounts | head` ends in silence; a day that is none is told, not taken for the end of time."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}
    listing = [sys.executable, "-m", "kamlib", "--workspace", ws.target, "accounts"]
    running = subprocess.Popen(listing, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=bare)
    assert running.stdout
    running.stdout.close()
    assert running.stderr
    assert running.stderr.read() == b""
    assert running.wait(60) == 0
    told(kam_here("--workspace", ws.target, "history", "--since", "igår"), 3, "igår")


def test_a_notebook_asked_for_twice_is_run_once(ws: workspace.Workspace, tmp_path: Path) -> None:
    """Two runs would write one and the same file at once."""
    request = reports.Request(tmp_path, ("A-1",), notebooks=("04", "04_team", "team"))
    assert [path.stem for path in reports._notebooks(request)] == ["04_team"]


# --- batches that are killed, crowded, without room, far from home ---------------------------------------------

#: Holds the interpreter in C, with a child and a detached grandchild, while a file is there.
HELD = """
import pathlib, re, subprocess, sys
if pathlib.Path({flag!r}).exists():
    for apart in (False, True):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=apart)
    pathlib.Path({flag!r} + ".seen").write_text("")
    {hold}
"""
HOLDS = {
    "held": "re.match('(a+)+$', 'a' * 60 + 'b')",
    "stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "asleep": "import time; time.sleep(600)",
}


def begun(*arguments: str) -> subprocess.Popen[str]:
    """`kam`, running."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}
    return subprocess.Popen(
        [sys.executable, "-m", "kamlib", *arguments],
        env=bare, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True,
    )  # fmt: skip


def pages(out: Path) -> dict[str, bytes]:
    """Every report below a folder."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.glob("*/*/*/*.html")}


def runs_of(out: Path) -> dict[str, dict[str, Any]]:
    """What the manifest says; whatever it calls ok is there, as it says."""
    found = next(out.glob("*/*/manifest.json"), None)
    runs = json.loads(found.read_text("utf-8"))["runs"] if found else []
    for run in runs:
        if found and run["status"] == "ok":
            written = (found.parent / run["html"]).read_bytes()
            assert hashlib.sha256(written).hexdigest() == run["sha256"]
    return {f"{run['account_id']} {run['notebook']}": run for run in runs}


def survivors(below: list[psutil.Process], seconds: float = 5) -> list[psutil.Process]:
    """Return which of these processes run on after a while; one that waits to be read off does not."""
    _, alive = psutil.wait_procs(below, timeout=seconds)
    return [each for each in alive if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def held_notebooks(folder: Path, flag: Path, how: str) -> Path:
    notebook(folder / "04_team.ipynb", "1")
    return notebook(folder / "05_follow_up.ipynb", HELD.format(flag=str(flag), hold=HOLDS[how])).parent


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signal and adopted children are Linux's")
@pytest.mark.parametrize(
    ("how", "signal_name"),
    [("held", "SIGKILL")]
    + [
        pytest.param(how, name, marks=pytest.mark.torture)
        for how in HOLDS
        for name in ("SIGKILL", "SIGTERM", "SIGINT")
        if (how, name) != ("held", "SIGKILL")
    ],
)
def test_a_batch_that_is_ended_leaves_nothing_running_and_goes_on(
    ws: workspace.Workspace, tmp_path: Path, how: str, signal_name: str
) -> None:
    """F4, F6: no worker, kernel or grandchild after five seconds; the manifest is true; the rest alone is made, alike."""
    flag = tmp_path / "flagga"
    asked = (
        "--workspace",
        ws.target,
        "report",
        "A-1",
        "--jobs",
        "1",
        "--notebooks",
        str(held_notebooks(tmp_path / "egna", flag, how)),
    )
    told(kam(*asked, "--out", str(tmp_path / "hel")), 0)
    flag.write_text("")
    out = tmp_path / "bruten"
    running = begun(*asked, "--out", str(out))
    while not Path(f"{flag}.seen").exists():
        time.sleep(0.05)
    below = psutil.Process(running.pid).children(recursive=True)
    assert len(below) >= 4  # worker, kernel, child, grandchild
    running.send_signal(getattr(signal, signal_name))
    assert survivors(below) == []
    running.communicate(timeout=30)
    assert running.returncode == {"SIGKILL": -9, "SIGTERM": 143, "SIGINT": 130}[signal_name]
    assert [run["status"] for run in runs_of(out).values()] == ["ok", "interrupted"]
    flag.unlink()
    again = kam(*asked, "--out", str(out), "--resume")
    told(again, 0)
    assert [line[-16:] for line in again.stdout.splitlines() if line.startswith("ok")] == ["A-1 05_follow_up"]
    assert pages(out) == pages(tmp_path / "hel")


@pytest.mark.torture
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
def test_a_batch_killed_anywhere_ends_as_if_it_had_not_been(ws: workspace.Workspace, tmp_path: Path) -> None:
    """F6: killed at 20 points, each run gone on with: true manifests, the same pages, nothing done made twice."""
    own, chance = tmp_path / "egna", random.Random(3)  # noqa: S311
    for name in ("04_team", "05_follow_up", "06_review"):
        notebook(own / f"{name}.ipynb", "1")
    asked = ("--workspace", ws.target, "report", "--all", "--jobs", "2", "--notebooks", str(own))
    started_at = time.monotonic()
    told(kam(*asked, "--out", str(tmp_path / "hel")), 0)
    whole, twice = time.monotonic() - started_at, 0
    for number in range(20):
        out = tmp_path / f"ut{number}"
        running = begun(*asked, "--out", str(out))
        time.sleep(chance.uniform(0.1, 1) * whole)
        below = psutil.Process(running.pid).children(recursive=True) if running.poll() is None else []
        running.kill()
        running.communicate(timeout=30)
        assert survivors(below) == []
        done = {name for name, run in runs_of(out).items() if run["status"] == "ok"}
        again = kam(*asked, "--out", str(out), *(["--resume"] if runs_of(out) else []))
        told(again, 0)
        twice += sum(
            line.split(" s  ")[-1] in done for line in again.stdout.splitlines() if line.startswith("ok")
        )
        assert pages(out) == pages(tmp_path / "hel")
        assert not list(out.rglob(".*.part"))
    assert twice == 0


def test_the_second_batch_in_a_folder_is_told_who_the_first_is(
    ws: workspace.Workspace, tmp_path: Path, kam_here: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """Two at once would write the same files; the second ends before it starts, with exit 3."""
    with files.exclusive(tmp_path):
        told(
            kam_here("--workspace", ws.target, "report", "A-1", "--out", str(tmp_path)),
            3,
            f"process {os.getpid()} på",
        )
    assert not list(tmp_path.glob("*/*/manifest.json"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_report_without_room_ends_the_batch_with_two(ws: workspace.Workspace, tmp_path: Path) -> None:
    """No room in the work area or at the place of the report: said, exit 2, the last good report untouched."""
    own, out = tmp_path / "egna", tmp_path / "ut"
    good = out / ws.day().isoformat() / "internal-sv" / files.slug("A-1", "Ett AB") / "04_team.html"
    files.put(good, "den förra")
    notebook(own / "04_team.ipynb", "'x' * 2_000_000")
    asked = ("--workspace", ws.target, "report", "A-1", "--notebooks", str(own), "--out", str(out))
    told(with_room_for(Path(ws.target).stat().st_size + 200_000, *asked), 2, "plats", "--resume")
    assert pages(out) == {good.relative_to(out).as_posix(): "den förra".encode()}
    assert runs_of(out)["A-1 04_team"]["error"]["kind"] == "DiskFull"
    assert not list(out.rglob(".*.part"))


FAR = {
    "turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "german": {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"},
    "plain": {"LC_ALL": "C", "PYTHONUTF8": "0"},
    "kiribati": {"TZ": "Pacific/Kiritimati"},
    "homeless": {
        "HOME": "/proc/nowhere",
        "XDG_CACHE_HOME": "/proc/nowhere",
        "XDG_DATA_HOME": "/proc/nowhere",
    },
}


@pytest.mark.torture
@pytest.mark.skipif(sys.platform != "linux", reason="unshare is Linux's")
def test_a_report_is_the_same_wherever_it_is_made(ws: workspace.Workspace, tmp_path: Path) -> None:
    """Other locale and time zone, no home, umask 077, no network at all: the same bytes."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}

    def made(name: str, *before: str, umask: int = -1, **changes: str) -> dict[str, bytes]:
        out = tmp_path / name
        command = [
            *before,
            sys.executable,
            "-m",
            "kamlib",
            "--workspace",
            ws.target,
            "report",
            "A-1",
            "--out",
            str(out),
        ]
        done = subprocess.run(
            command, env=bare | changes, umask=umask, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return pages(out)

    here = made("här")
    assert len(here) == 5
    for name, changes in FAR.items():
        assert made(name, **changes) == here, name
    assert made("tyst", umask=0o077) == here
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0:
        assert made("utan nät", "unshare", "-n") == here


BAD = [
    "1 / 0", "import sys; sys.exit(0)", "import sys; sys.exit(3)", "import os; os._exit(0)", "raise SystemExit", "input()",
    "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "raise KeyboardInterrupt", "x = bytearray(10**15)", "class X:\n    def _repr_html_(self):\n        raise ValueError\n    __repr__ = _repr_html_\nX()",
    "from IPython.display import HTML\nHTML('x' * 4_000_000)", "def f(): f()\nf()", "this is no Python", "%no_such_magic",
    "import ctypes; ctypes.string_at(0)", "await missing", "raise BaseException('x')",
]  # fmt: skip


@pytest.mark.torture
def test_no_fault_is_ever_called_a_success(tmp_path: Path) -> None:
    """F3: every fault at a random place among good cells, 200 runs: not one of them is ok."""
    chance = random.Random(9)  # noqa: S311
    for number in range(200):
        cell = BAD[number % len(BAD)]
        cells = ["1"] * chance.randint(0, 4) + [cell] + ["1"] * chance.randint(0, 3)
        outcome = batch.execute(job(notebook(tmp_path / "n.ipynb", *cells), tmp_path / "kund"))
        assert outcome.status == "failed", cell
    assert not list((tmp_path / "kund").glob("*.html"))


@pytest.mark.torture
def test_ten_bad_accounts_of_a_hundred_stop_no_other(tmp_path: Path) -> None:
    """F5: mixed faults in ten, one kills its worker: the other ninety are delivered, the same as in a clean run."""
    here, own = workspace.create(tmp_path / "hundra.sqlite", name="Hundra AB"), tmp_path / "egna"
    ids = [f"H-{n:03}" for n in range(100)]
    here.import_facts(
        facts(
            account=[{"account_id": each, "name": f"Kund {each}"} for each in ids],
            revenue=[row for each in ids for row in bundles.months("2026-09", [100.0] * 12, account_id=each)],
        ),
        source="erp",
    )
    faults = dict(zip(ids[5::10], [*BAD[:7], "x = bytearray(10**15)", "while True: pass", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"], strict=True))  # fmt: skip
    faults = {each: cell.replace("while True: pass", "raise MemoryError") for each, cell in faults.items()}
    asked = ("--workspace", here.target, "report", "--all", "--notebooks", str(own), "--out")
    notebook(
        own / "04_team.ipynb", "cell = {}.get(account_id)", "get_ipython().run_cell(cell) if cell else 1"
    )
    told(kam(*asked, str(tmp_path / "ren"), timeout=3000), 0)
    notebook(
        own / "04_team.ipynb",
        f"cell = {faults!r}.get(account_id)",
        "get_ipython().run_cell(cell).raise_error() if cell else 1",
    )
    done = kam(*asked, str(tmp_path / "ut"), timeout=3000)
    told(done, 1)
    states = {name.split()[0]: run["status"] for name, run in runs_of(tmp_path / "ut").items()}
    assert {each for each, state in states.items() if state == "failed"} == set(faults)
    assert len(pages(tmp_path / "ut")) == 90
    assert pages(tmp_path / "ut").items() <= pages(tmp_path / "ren").items()
