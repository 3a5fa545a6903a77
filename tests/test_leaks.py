"""Nothing closed reaches a customer: canaries in every closed place, and worlds that differ only in what is closed."""

from __future__ import annotations

import base64
import io
import json
import re
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bundles
import nbformat
import pandas as pd
import pytest
import test_escaping
import yaml
from pptx import Presentation
from worlds import MARK, build, executed, forms, kam, run_here

from kamlib import schema, text
from kamlib.data import kit, projection, sample, workspace
from kamlib.data.workspace import Change
from kamlib.run import closed_values, export, files, leaks, notebooks, reports, workshop
from kamlib.run.closed_values import ClosedValues


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[workspace.Workspace]:
    """Two worlds that a customer can't tell apart."""
    folder = tmp_path_factory.mktemp("världar")
    return [build(folder / f"värld-{world}.sqlite", world) for world in (0, 1)]


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of a database, row by row as stored, without the file's own id."""
    with closing(sqlite3.connect(path)) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        tables = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}  # noqa: S608
    tables["meta"] = [row for row in tables["meta"] if row[0] != "id"]
    return tables


def test_a_customers_file_is_the_same_whatever_is_closed(
    worlds: list[workspace.Workspace], tmp_path: Path
) -> None:
    """Two worlds that differ in every closed value, in the log and in all other customers: one and the same file."""
    for world, here in enumerate(worlds):
        projection.write(here, "A-1", tmp_path / f"{world}.sqlite")
    ours = [dump(Path(here.target)) for here in worlds]
    theirs = [dump(tmp_path / f"{world}.sqlite") for world in (0, 1)]
    assert theirs[0] == theirs[1]
    assert theirs[0]["fact_revenue"]
    assert theirs[0]["change"] == theirs[0]["import_log"] == theirs[0]["standing"] == []
    # The control: the two worlds do differ, in every table that has a closed column.
    same = [name for name in ours[0] if ours[0][name] == ours[1][name]]
    assert same == ["standing"]


def test_no_canary_is_in_a_customers_file(worlds: list[workspace.Workspace], tmp_path: Path) -> None:
    """Neither in its rows nor in the bytes between them, as text or as a stored whole number."""
    projection.write(worlds[0], "A-1", tmp_path / "kund.sqlite")
    theirs, ours = (tmp_path / "kund.sqlite").read_bytes(), Path(worlds[0].target).read_bytes()
    amounts = [(731_313_131).to_bytes(size, "big") for size in (4, 6)]
    for canary in (MARK.encode(), b"731313131", b"O-2", *amounts[:1]):
        assert canary in ours
        assert canary not in theirs


def test_a_customers_file_lies_alone(worlds: list[workspace.Workspace], tmp_path: Path) -> None:
    """It names the customer, not us; it knows its audience and nothing of the workspace it came from."""
    projection.write(worlds[0], "A-1", tmp_path / "kund.sqlite")
    about = workspace.open(tmp_path / "kund.sqlite").about
    assert set(about) == {
        "name", "lang", "currency", "time_zone", "is_sample", "version", "id", "as_of", "facts_through",
        "account_id", "audience",
    }  # fmt: skip
    assert about["id"] != worlds[0].about["id"]


# --- the pages ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["here", pytest.param("kernels", marks=pytest.mark.torture)])
def editions(
    request: pytest.FixtureRequest,
    worlds: list[workspace.Workspace],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """The customer's edition of both worlds and the internal one of the first: run here, or each by a kernel."""
    out = tmp_path_factory.mktemp("ut")
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "here":
            run_here(patch)
        for name, here, audience in (
            ("0", worlds[0], "customer"), ("1", worlds[1], "customer"), ("inside", worlds[0], "internal")
        ):  # fmt: skip
            done = reports.run(here, reports.Request(out / name, ("A-1",), audience=audience))
            assert done.failed == []
            made[name] = done.folder
    return made


@pytest.mark.slow
def test_a_kernel_shows_what_is_shown_here(
    editions: dict[str, Path], worlds: list[workspace.Workspace], tmp_path: Path
) -> None:
    """The control of all tests that run cells in their own process: `kam report` with its kernels writes the same bytes."""
    for name, audience, some in (("0", "customer", ("03", "06")), ("inside", "internal", ("06",))):
        asked = [part for number in some for part in ("--notebook", number)]
        done = kam(
            "--workspace", worlds[0].target, "report", "A-1", "--audience", audience, *asked, "--out", str(tmp_path)
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        pages = list(tmp_path.glob(f"*/{audience}-sv/*/*.html"))
        assert len(pages) == len(some)
        for path in pages:
            assert path.read_bytes() == (editions[name] / path.parent.name / path.name).read_bytes()


@pytest.mark.slow
def test_a_customers_pages_are_the_same_whatever_is_closed(editions: dict[str, Path]) -> None:
    """Byte for byte: no number, order, colour or length on a page comes from what is closed."""
    first, second = (
        {path.name: path.read_bytes() for path in editions[world].glob("*/*") if path.is_file()}
        for world in ("0", "1")
    )
    assert sorted(first) == [f"{name}.html" for name in (
        "02_goal_setting", "03_planning", "04_team", "05_follow_up", "06_review"
    )]  # fmt: skip
    assert [name for name in first if first[name] != second[name]] == []


@pytest.mark.slow
def test_no_canary_is_on_a_customers_page(editions: dict[str, Path]) -> None:
    """In no form, nor in the names of files; while the internal edition shows them and the open words are there."""
    for path in editions["0"].glob("*/*"):
        assert (
            MARK.casefold()
            not in (str(path.relative_to(editions["0"])) + forms(path.read_text("utf-8"))).casefold()
        )
    inside = "".join(path.read_text("utf-8") for path in editions["inside"].glob("*/*.html"))
    assert len(set(re.findall(rf"{MARK}-[\w-]+", inside))) > 25
    shared = "".join(path.read_text("utf-8") for path in editions["0"].glob("*/*.html"))
    for words in (
        "öppet goal title 1",
        "öppet insight goal 1",
        "öppet initiative title 2",
        "öppet contact name 2",
    ):
        assert words in shared


@pytest.mark.slow
def test_a_customers_manifest_says_only_what_a_customer_may_know(editions: dict[str, Path]) -> None:
    """The folder of customer editions is one that gets sent: no segment, no rank, no choice, no name of ours."""
    manifest = json.loads((editions["0"] / "manifest.json").read_text("utf-8"))
    assert manifest.pop("workspace").startswith(MARK)  # our own name, for the index
    assert MARK not in str(manifest)
    assert manifest["accounts"] == {"A-1": {"name": "Prov AB"}}


CURIOUS = """
import os
from pathlib import Path
held = Path(os.environ["KAM_WORKSPACE"])
assert [each.name for each in held.parent.iterdir()] == [held.name], list(held.parent.iterdir())
assert not {name for name in os.environ if name.startswith("KAM_")} - {"KAM_WORKSPACE"}, dict(os.environ)
assert "värld" not in str(dict(os.environ)), dict(os.environ)
assert b"KANARIE" not in held.read_bytes()
"""


@pytest.mark.slow
def test_a_customers_kernel_finds_one_file_only(worlds: list[workspace.Workspace], tmp_path: Path) -> None:
    """Whatever a notebook looks for: its folder holds this customer's file and its environment names no other."""
    first = nbformat.v4.new_code_cell(
        'account_id: str = ""\nas_of: str = ""\nlang: str = "sv"\naudience: str = ""\nlive: bool = True',
        metadata={"tags": ["parameters"]},
    )
    made = nbformat.v4.new_notebook(cells=[first, nbformat.v4.new_code_cell(CURIOUS)])
    (tmp_path / "egna").mkdir()
    nbformat.write(made, tmp_path / "egna" / "05_follow_up.ipynb")
    asked = (
        "A-1",
        "A-3",
        "--audience",
        "customer",
        "--notebook",
        "05",
        "--notebooks",
        str(tmp_path / "egna"),
    )
    done = kam("--workspace", worlds[0].target, "report", *asked, "--out", str(tmp_path / "ut"))
    assert done.returncode == 0, done.stdout + done.stderr


# --- paper -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["joint", "customer-review"])
def test_a_customers_papers_are_the_same_whatever_is_closed(
    worlds: list[workspace.Workspace], tmp_path: Path, kind: str
) -> None:
    """Invitation, pre-read, agenda, canvases and follow-up: byte for byte, and with no canary in any of them."""
    papers: list[dict[str, str]] = []
    for world, here in enumerate(worlds):
        request = workshop.Request(tmp_path / str(world), kind, "A-1", "2026-11-30")
        made = workshop.write(here, request)
        theirs = sorted((made.folder / "customer").glob("*.html"))
        papers.append({path.name: path.read_text("utf-8") for path in theirs})
        assert MARK in "".join(path.read_text("utf-8") for path in made.files if path not in theirs)
    assert len(papers[0]) >= 4
    assert [name for name in papers[0] if papers[0][name] != papers[1][name]] == []
    assert not [
        name for name, page in papers[0].items() if MARK.casefold() in (name + forms(page)).casefold()
    ]


# --- the look: kam check --leaks ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sought(worlds: list[workspace.Workspace], tmp_path_factory: pytest.TempPathFactory) -> ClosedValues:
    """What must not stand in the first customer's files."""
    folder = tmp_path_factory.mktemp("sökt")
    projection.write(worlds[0], "A-1", folder / "kund.sqlite")
    leaks.keep(worlds[0].portfolio(), folder / "sökt.json")
    return leaks.guard(str(folder / "sökt.json"), str(folder / "kund.sqlite"), "A-1")


def places(name: str, content: str | bytes, sought: ClosedValues) -> set[str]:
    held = content.encode() if isinstance(content, str) else content
    return {hit.belongs for hit in leaks.scan(name, held, sought)}


SECRET_WORDS = f"{MARK}-goal-reason-3-0"


@pytest.mark.parametrize(
    "planted",
    [
        "<p>{}</p>",
        "<p>före <b>{}</b> efter</p>",
        '<p title="{}">x</p>',
        "<p class='{}'>x</p>",
        "<!-- {} -->",
        "<style>.x{{content:'{}'}}</style>",
        "<svg><desc>{}</desc></svg>",
        '<img alt="" src="data:text/plain,{}">',
        '<meta name="author" content="{}">',
    ],
)
def test_a_planted_leak_is_caught_wherever_it_stands(sought: ClosedValues, planted: str) -> None:
    """Text, attribute, comment, style, drawing, data address, metadata: found, and told by table and column."""
    assert places("sida.html", planted.format(SECRET_WORDS), sought) == {"goal.reason"}
    packed = base64.b64encode(SECRET_WORDS.encode()).decode()
    assert places("sida.html", f'<img src="data:text/plain;base64,{packed}">', sought) == {"goal.reason"}
    assert places("sida.html", planted.format("öppet goal title 1"), sought) == set()


def test_a_planted_leak_is_caught_in_documents_and_names(sought: ClosedValues) -> None:
    """A PDF's text and metadata, a deck's properties, a file's name; an executed notebook whatever it holds."""
    weasyprint = pytest.importorskip("weasyprint")
    for source in (f"<p>{SECRET_WORDS}</p>", f"<meta name=author content='{SECRET_WORDS}'><p>x</p>"):
        written = weasyprint.HTML(string=source).write_pdf(pdf_variant="pdf/ua-1")
        assert places("brev.pdf", written, sought) == {"goal.reason"}
    deck, held = Presentation(), io.BytesIO()
    deck.core_properties.comments = SECRET_WORDS
    deck.save(held)
    assert places("bilder.pptx", held.getvalue(), sought) == {"goal.reason"}
    assert places(f"mapp/{SECRET_WORDS}.html", "<p>x</p>", sought) == {"goal.reason"}
    assert places("06_review.ipynb", "{}", sought) == {"notebook"}


def test_every_kind_of_closed_value_is_sought(sought: ClosedValues) -> None:
    """Other customers by name and id, their people, our people whom nobody names, amounts, rows that are shut."""
    said = {
        f"Annan-{MARK}-kund-0": "account.name",
        f"{MARK}-contact-name-3-0": "contact.name",
        f"{MARK}-contact-name-4-0": "contact.name",
        f"{MARK}-whitespace-competitor-1-0": "whitespace.competitor",
        f"{MARK}-goal-title-3-0": "goal.title",
    }
    for words, place in said.items():
        assert place in places("sida.html", f"<td>{words}</td>", sought), words
    for amount in (
        "7313131.31",
        "7 313 131",
        "7\u00a0313\u00a0131",
        "7,313,131",
        "\u22127\u00a0313\u00a0131 kr",
    ):
        assert places("sida.html", f"<td>{amount}</td>", sought), amount
    assert not places("sida.html", '<path d="M 7313131 0"/><td>17 313 131</td><td>7 313 131 000</td>', sought)


def test_other_worlds_hits_hide_what_they_found(sought: ClosedValues) -> None:
    """A hit says where it stands and whose column it is, never the whole secret: it may be another customer's."""
    (hit,) = leaks.scan("sida.html", f"<p>Vi och Annan-{MARK}-kund-0 ses.</p>".encode(), sought)
    assert "vi och an… ses" in hit.around
    assert MARK not in hit.finding().sentence()


@pytest.mark.parametrize(
    "amount", [0.0, 7.4, 999.0, 1_234.0, 9_999.4, 54_321.0, 123_456_789.0, 1_234_567_890.0]
)
@pytest.mark.parametrize("lang", text.LANGUAGES)
def test_an_amount_is_sought_in_the_form_that_the_product_writes(amount: float, lang: str) -> None:
    """The forms are those of `text.money`, where at least four digits count; shorter ones are left out."""
    text.use(lang)
    form = text.money(amount)
    told = {
        " ".join(closed_values._words(each))
        for each in closed_values._figures(amount, closed_values._units("SEK"))
    }
    counts = len(re.sub(r"\D", "", form).strip("0")) >= 4
    assert (" ".join(closed_values._words(form)) in told) == counts


def test_what_the_kit_says_itself_is_no_secret(worlds: list[workspace.Workspace]) -> None:
    """A value that is a word of the catalogue, a month or a single everyday word of an open column is left out."""
    portfolio = worlds[0].portfolio()
    contacts = portfolio.contact.assign(title="Inköpschef", unit="Smältverket")
    risks = portfolio.risk.assign(title="mars", signal=text.entry("index.lead")["sv"])
    made = replace(portfolio, tables={**portfolio.tables, "contact": contacts, "risk": risks})
    known = {" ".join(words) for words in closed_values.everything(made).values}
    assert known & {"inköpschef", "smältverket", "mars", "intern sida"} == set()


def test_the_customers_editions_hold_no_closed_value(
    editions: dict[str, Path], worlds: list[workspace.Workspace]
) -> None:
    """`kam check --leaks` walks every file for the customer, finds nothing, and says how much it looked for."""
    told: list[str] = []
    assert leaks.check(worlds[0], editions["0"].parents[1], say=told.append) == 0
    assert re.fullmatch(
        r"6 filer genomsökta efter .* interna värden; träffar: 0\.", told[-1].replace("\u00a0", " ")
    )


def test_the_look_finds_what_the_internal_edition_shows(
    editions: dict[str, Path], sought: ClosedValues
) -> None:
    """The control: of the canaries on our own pages at least 95 % are found, so that silence means something."""
    shown, found = set(), set()
    for path in editions["inside"].glob("*/*.html"):
        source = path.read_text("utf-8")
        shown |= {f"{a}.{b}" for a, b in re.findall(rf"{MARK}-([a-z_]+)-([a-z_]+)-\d", source)}
        found |= places(path.name, source, sought)
    shown &= {f"{table.name}.{column.name}" for table in schema.TABLES.values() for column in table.columns}
    assert len(shown) > 25
    assert len(shown & found) >= 0.95 * len(shown), shown - found


def test_every_canary_would_be_found(worlds: list[workspace.Workspace], sought: ClosedValues) -> None:
    """The other control: a page of all that is closed, one hit at least for each column of text."""
    portfolio, lines, columns = worlds[0].portfolio(), [], set()
    for name, table in schema.TABLES.items():
        for column in (each for each in table.columns if each.kind == "text"):
            told = [
                str(value) for value in portfolio.tables[name][column.name].dropna() if MARK in str(value)
            ]
            lines += told
            columns |= {f"{name}.{column.name}"} if told else set()
    found = places("sida.html", "\n".join(f"<p>{line}</p>" for line in lines), sought)
    assert len(columns) > 80
    assert len(columns & found) >= 0.95 * len(columns), columns - found


def test_a_look_costs_little(editions: dict[str, Path], sought: ClosedValues) -> None:
    """At most 0.3 s of processor time for a page, once what is sought is known."""
    pages = [path.read_bytes() for path in editions["0"].glob("*/*.html")]
    started = time.process_time()
    for content in pages:
        leaks.scan("sida.html", content, sought)
    assert (time.process_time() - started) / len(pages) < 0.3


# --- words -------------------------------------------------------------------------------------------------

#: Families of sentences that have been read with a customer's eyes; a new one is read before it is added here.
READ_FOR_CUSTOMERS = re.compile(
    r"choice\.|choice_for_customer\.|agenda\.customer\.|agenda_customer|.*for_customer|.*\.customer(\.|$)|.*_customer(\.|$)"
    r"|chart\.(by_group|goals|promises|roadmap|volume|value|delivery|goal)\.|chart_(by_group|goals|promises|roadmap|value|volume)$"
    r"|opening\.|page\.|masthead\.|export\.|show\.|step\.|common\.|goals_page|summary\."
    r"|(delivery|follow_up|goal_cards|initiatives|insights|investment|joint_goals|plan_projects|plan_promises|projects"
    r"|squad|value_ledger|volume|promises|journey|goals)$"
)  # fmt: skip
#: What no sentence of ours says to a customer, whatever the row it is filled with.
INSIDE = re.compile(
    r"potential|täckningsbidrag|marginal|konkurrent|andel av (?:era )?inköp|inflytande|hållning|kvadrant|rangordn"
    r"|lönsam|nyckelkund|segment|contribution margin|competitor|share of (?:your )?purchases|influence|stance|quadrant"
    r"|ranking|profitab|key account|wallet",
    re.IGNORECASE,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("account_id", "lang"), [("A-003", "sv"), pytest.param("A-008", "en", marks=pytest.mark.torture)]
)
def test_every_sentence_on_a_customers_page_was_meant_for_a_customer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account_id: str, lang: str
) -> None:
    """An internal sentence is never reused: what the catalogue says on the page is of a family read for customers."""
    said: dict[str, set[str]] = {}
    told = text.fill

    def noted(words: Any, values: Any, key: str = "") -> str:
        sentence = told(words, values, key)
        said.setdefault(" ".join(sentence.replace("**", "").split()), set()).add(key)
        return sentence

    monkeypatch.setattr(text, "fill", noted)
    here = workspace.open(sample.ready("sv"))
    projection.write(here, account_id, tmp_path / "kund.sqlite")
    monkeypatch.setenv("KAM_WORKSPACE", str(tmp_path / "kund.sqlite"))
    values = {"account_id": account_id, "audience": "customer", "live": False, "lang": lang}
    reached: set[str] = set()
    for name in notebooks.FOR_CUSTOMERS:
        path = kit.path("notebooks") / f"{name}.ipynb"
        made = executed(path, notebooks.Variant(lang, "customer"), values)
        page = test_escaping.words(export.to_html(made, title="T", lang=lang, audience="customer"))
        reached |= {
            key for sentence, keys in said.items() if len(sentence) > 20 and sentence in page for key in keys
        }
        prose = re.sub(r"\s+", " ", page)
        assert INSIDE.findall(prose) == [], name
    assert len(reached) > 20
    assert {key for key in reached if not READ_FOR_CUSTOMERS.match(key)} == set()


# --- the schema: nobody opens a column by accident -----------------------------------------------------------


def test_every_columns_audience_was_decided() -> None:
    """A new column is decided upon here as well, or this fails; whoever opens one sees all that are open."""
    decided = yaml.safe_load((Path(__file__).parent / "audience.yaml").read_text("utf-8"))
    declared = {
        name: {
            "open": sorted(column.name for column in table.columns if column.audience == "customer"),
            "shut": sorted(column.name for column in table.columns if column.audience == "internal"),
        }
        for name, table in schema.TABLES.items()
    }
    assert declared == decided


def test_a_column_that_nobody_declared_is_shut(worlds: list[workspace.Workspace], tmp_path: Path) -> None:
    """What a file or a frame brings beyond the schema is carried nowhere."""
    view = worlds[0].account("A-1")
    odd = {
        name: schema.TABLES[name].rows(rows.assign(odd=f"{MARK}-odd")) for name, rows in view.tables.items()
    }
    assert sum(len(rows) for rows in odd.values())
    for name in odd:
        assert f"{MARK}-odd" not in str(projection.opened(replace(view, rows=odd), name))


# --- what a person wrote where it does not belong --------------------------------------------------------------


@pytest.fixture
def careless(tmp_path: Path) -> workspace.Workspace:
    """A shared row that names another customer, by a person's slip."""
    made = workspace.create(tmp_path / "slarv.sqlite", name="Vi AB")
    accounts = [
        {"account_id": "A-1", "name": "Prov AB"},
        {"account_id": "A-2", "name": "Granntorps Kraft AB"},
    ]
    frames = bundles.frames(
        {"account": accounts, "revenue": bundles.months("2026-09", [1e6] * 24, account_id="A-1")}
    )
    made.import_facts({name: frames[name] for name in ("account", "revenue")}, source="erp")
    row = {"title": "Samma pump som hos Granntorps Kraft AB", "direction": "ours", "made_on": "2026-09-01",
           "due_on": "2026-10-30", "is_shared": True}  # fmt: skip
    made.save([Change("commitment", "c-1", row, "A-1", operation="insert")], by="x", reason="y")
    return made


def test_another_customers_name_in_a_shared_row_stops_the_report(
    careless: workspace.Workspace, tmp_path: Path
) -> None:
    """Told with the words around it; an earlier report stays; a waiver with reason and day lets it through."""
    asked = ("report", "A-1", "--notebook", "05", "--audience", "customer", "--jobs", "1")
    done = kam("--workspace", careless.target, *asked, "--out", str(tmp_path / "ut"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "en annan kunds namn" in done.stderr
    assert "samma pump som hos gr" in done.stderr
    assert "kraft ab" not in done.stderr.casefold()
    (manifest,) = (tmp_path / "ut").glob("*/customer-sv/manifest.json")
    (run,) = json.loads(manifest.read_text("utf-8"))["runs"]
    assert (run["status"], run["error"]["kind"]) == ("failed", "Leak")
    assert "samma pump" not in manifest.read_text("utf-8")  # the words around it stand on the screen alone
    assert [path.name for path in manifest.parent.rglob("*.html")] == []
    waiver = {"rule": closed_values.RULE, "reason": "De har sagt ja", "until_on": "2026-12-31"}
    page = f"<p>{careless.account('A-1').commitment['title'].iloc[0]}</p>"
    projection.write(careless, "A-1", tmp_path / "kund.sqlite")
    for n, expected in enumerate(({"account.name"}, set())):
        leaks.keep(careless.portfolio(), tmp_path / f"{n}.json")
        sought = leaks.guard(str(tmp_path / f"{n}.json"), str(tmp_path / "kund.sqlite"), "A-1")
        assert places("sida.html", page, sought) == expected
        careless.save([Change("waiver", f"w-{n}", waiver, "A-1", operation="insert")], by="x", reason="z")
    theirs = tmp_path / "senare" / careless.day("").isoformat() / "customer-sv" / files.slug("A-1", "Prov AB")
    files.put(theirs / "05_follow_up.html", page)
    assert (
        leaks.check(careless, tmp_path / "senare", say=print) == 0
    )  # what is waived is waived for the check too


@pytest.mark.parametrize(
    "said",
    [
        "Granntorps Kraft AB", "Granntorps Kraft", "Granntorps Krafts avtal", "hos GRANNTORPS KRAFT", "som Granntorps",
        "Granntorps<br>Kraft AB", "SKF", "SKF:s pris", "Kalle Grannes ord",
    ],
)  # fmt: skip
def test_another_customers_name_is_found_as_people_write_it(tmp_path: Path, said: str) -> None:
    """Without its legal form, in the genitive, by its first word, short, broken over lines: found; our own customer's is open."""
    accounts = [("A-1", "Prov AB"), ("A-2", "Granntorps Kraft AB"), ("A-3", "SKF"), ("A-4", "Grannlunda AB")]
    person = {"contact_id": "C-9", "account_id": "A-2", "side": "customer", "name": "Kalle Granne"}
    made = bundles.portfolio(
        account=[{"account_id": each, "name": name} for each, name in accounts], contact=[person]
    )
    everyone = closed_values.everything(made)
    shut = closed_values.for_customer(everyone, bundles.account(account=[made.account.iloc[0].to_dict()]))
    assert places("sida.html", f"<p>Vi gör {said} i år</p>", shut)
    assert not places("sida.html", "<p>Vi gör Prov AB, Provs och prov i år</p>", shut)


def test_a_customers_own_parent_may_be_named_in_what_is_shared() -> None:
    """The owner of the customer is no secret to the customer, where a shared row speaks of it."""
    own = {"account_id": "A-1", "name": "Prov AB", "parent_name": "Storgruppen Holding AB"}
    everyone = closed_values.everything(bundles.portfolio(account=[own]))
    said = "Inköpen flyttar till Storgruppen Holding"
    for shared, held in (([], {"account.parent_name"}), ([{"title": said, "is_shared": True}], set())):
        view = bundles.account(account=[{"account_id": "A-1", "name": "Prov AB"}], commitment=shared)
        assert places("sida.html", f"<p>{said}</p>", closed_values.for_customer(everyone, view)) == held


def test_what_another_fact_says_opens_no_name(careless: workspace.Workspace, tmp_path: Path) -> None:
    """A project or a title that names another customer is found; only the row of the customer itself opens names."""
    project = {"project_id": "P-9", "account_id": "A-1", "name": "Samma lösning som Granntorps Kraft"}
    rows = schema.TABLES["project"].typed(pd.DataFrame([project]))
    careless.import_facts({"project": rows}, source="prov")
    projection.write(careless, "A-1", tmp_path / "kund.sqlite")
    leaks.keep(careless.portfolio(), tmp_path / "sökt.json")
    sought = leaks.guard(str(tmp_path / "sökt.json"), str(tmp_path / "kund.sqlite"), "A-1")
    assert places("sida.html", f"<td>{project['name']}</td>", sought) == {"account.name"}


def test_an_earlier_day_opens_nothing_that_is_closed_today(tmp_path: Path) -> None:
    """Closed, taken back or put in other words since: so it stays on a page of the day before as well."""
    here = workspace.create(tmp_path / "prov.sqlite", name="Prov")
    made = bundles.frames({"account": [{"account_id": "A-1", "name": "Bruk AB"}]})
    here.import_facts({"account": made["account"]}, source="erp")
    then, now = (datetime(2026, month, 2, 12, tzinfo=UTC) for month in (9, 10))
    kinds = {"closed": "Stängd", "retired": "Tillbaka", "worded": "Slarvigt ord", "open": "Öppen"}
    promise = {"direction": "ours", "made_on": "2026-09-01", "due_on": "2026-12-01", "is_shared": True}
    rows = [
        Change("commitment", each, {**promise, "title": title}, "A-1", operation="insert")
        for each, title in kinds.items()
    ]
    here.save(rows, by="x", reason="y", at=then)
    later = [
        here.change("commitment", "closed", is_shared=False),
        here.change("commitment", "worded", title="Bättre ord"),
        Change("commitment", "retired", {}, operation="retire"),
    ]
    here.save(later, by="x", reason="y", at=now)
    view = projection.seen(here, "A-1", "2026-09-30")
    assert sorted(view.commitment["title"]) == ["Bättre ord", "Öppen"]
    projection.write(here, "A-1", tmp_path / "kund.sqlite", as_of="2026-09-30")
    theirs = workspace.open(tmp_path / "kund.sqlite").account("A-1")
    assert sorted(theirs.commitment["title"]) == ["Bättre ord", "Öppen"]


def test_what_may_not_be_sent_any_more_is_taken_away(tmp_path: Path) -> None:
    """A tender since the last run: the edition of today and of an earlier day is refused, and the older page goes."""
    here = workspace.create(tmp_path / "prov.sqlite", name="Prov")
    rows = bundles.months("2026-09", [100.0] * 24, account_id="A-1", product_group="P")
    made = bundles.frames({"account": [{"account_id": "A-1", "name": "Bruk AB"}], "revenue": rows})
    here.import_facts({name: made[name] for name in ("account", "revenue")}, source="erp")
    plan = {"year": 2026, "tender_until": "2027-01-15"}
    at = datetime(2026, 10, 2, 12, tzinfo=UTC)
    here.save([Change("account_plan", "P-1", plan, "A-1", operation="insert")], by="x", reason="y", at=at)
    out = tmp_path / "ut"
    for as_of in ("", "2026-09-30"):
        day = as_of or here.day("").isoformat()
        folder = out / day / "customer-sv" / files.slug("A-1", "Bruk AB")
        for name in ("03_planning.html", "03_planning.pdf", "05_follow_up.html"):
            files.put(folder / name, "äldre")
        asked = reports.Request(out, accounts=("A-1",), notebooks=("03",), audience="customer", as_of=as_of)
        assert [each.status for each in reports.run(here, asked).outcomes] == ["skipped"]
        assert [path.name for path in folder.iterdir()] == ["05_follow_up.html"]


def test_a_leak_planted_later_is_found_and_told(careless: workspace.Workspace, tmp_path: Path) -> None:
    """`kam check --leaks`: exit 1, file, the words around, and the column; the folder's own names too."""
    folder = tmp_path / "2026-09-30" / "customer-sv" / files.slug("A-1", "Prov AB")
    files.put(folder / "06_review.html", "<p>Som hos Granntorps Kraft AB</p>")
    files.put(folder / "granntorps-kraft-ab.txt", "x")
    files.put(folder / "06_review.ipynb", "{}")
    theirs = tmp_path / "workshops" / files.slug("A-1", "Prov AB") / "2026-11-30-joint-sv" / "customer"
    files.put(theirs / "3_agenda.html", "<!-- postgresql://kam:hemligt@db/kam -->")
    told: list[str] = []
    assert leaks.check(careless, tmp_path, say=told.append) == 1
    assert len(told) == 5
    assert "06_review.html" in told[1] or "06_review.html" in told[0]
    assert all("kraft" not in line.casefold().replace("granntorps-kraft-ab.txt", "") for line in told)
    assert any("en adress med lösenord" in line and "hemligt" not in line for line in told)


def test_a_file_that_cannot_be_read_is_never_called_clean() -> None:
    """A broken PDF is a hit by itself, and what can be seen of it is searched."""
    (hit,) = leaks.scan("brev.pdf", b"%PDF-1.7\n1 0 obj trasig", leaks.ClosedValues({}))
    assert hit.belongs == "unread"
    assert hit.said == text.t("leaks.unread")


FAULTY = "import os\nraise RuntimeError('hemlig sökväg ' + os.getcwd())"


@pytest.mark.slow
def test_a_fault_leaves_nothing_in_a_customers_folder(
    careless: workspace.Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page, no notebook, no traceback, no address with a password; neither of a good run."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://kam:hemligt@db/kam")
    first = nbformat.v4.new_code_cell(
        'account_id: str = ""\nas_of: str = ""\nlang: str = "sv"\naudience: str = ""\nlive: bool = True',
        metadata={"tags": ["parameters"]},
    )
    (tmp_path / "egna").mkdir()
    for name, source in (
        ("05_follow_up", FAULTY),
        ("06_review", "print(dict(os.environ)) if (os := __import__('os')) else 0"),
    ):
        made = nbformat.v4.new_notebook(cells=[first, nbformat.v4.new_code_cell(source)])
        nbformat.write(made, tmp_path / "egna" / f"{name}.ipynb")
    asked = ("report", "A-1", "--audience", "customer", "--jobs", "1", "--notebooks", str(tmp_path / "egna"))
    asked += ("--notebook", "05", "--notebook", "06", "--out", str(tmp_path / "ut"))
    assert kam("--workspace", careless.target, *asked).returncode == 1
    found = {
        path.name: path.read_bytes().decode("latin-1")
        for path in (tmp_path / "ut").rglob("*")
        if path.is_file()
    }
    assert {name for name in found if name.endswith(".ipynb")} == set()
    assert "05_follow_up.html" not in found
    for name, content in found.items():
        assert "Traceback" not in content, name
        assert "hemligt" not in content, name
        assert str(tmp_path) not in content.replace(str(tmp_path / "ut"), ""), name


@pytest.mark.torture
def test_the_customers_pdf_and_deck_are_the_same_whatever_is_closed(
    worlds: list[workspace.Workspace], tmp_path: Path
) -> None:
    """What lies beside the page too: byte for byte, and searched."""
    asked = ("report", "A-1", "--notebook", "06", "--audience", "customer", "--pdf", "--pptx", "--jobs", "1")
    made = []
    for world, here in enumerate(worlds):
        done = kam("--workspace", here.target, *asked, "--out", str(tmp_path / str(world)))
        assert done.returncode == 0, done.stdout + done.stderr
        files_made = (tmp_path / str(world)).glob("*/*-sv/*/06_review.*")
        made.append({path.name: path.read_bytes() for path in files_made})
        assert leaks.check(here, tmp_path / str(world), say=print) == 0
    assert sorted(made[0]) == ["06_review.html", "06_review.pdf", "06_review.pptx"]
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []


def test_a_refusals_reason_is_told_on_the_screen_only(tmp_path: Path) -> None:
    """A tender and a no are ours to know: the manifest of customers' editions says that there is none, not why."""
    here = workspace.open(sample.ready("sv"))
    asked = reports.Request(tmp_path, ("A-029",), notebooks=("03",), audience="customer")
    (outcome,) = reports.run(here, asked).outcomes
    assert outcome.error is not None
    assert "2027-01-15" in outcome.error["message"]
    (manifest,) = tmp_path.glob("*/customer-sv/manifest.json")
    assert "2027-01-15" not in manifest.read_text("utf-8")
    assert leaks.check(here, tmp_path, say=print) == 0
