"""What a customer's system or a person wrote is shown, never obeyed: one function per sink, and no other way in.

The payloads go the whole way: a workspace, the notebooks' cells, the export. Then an HTML parser and a browser say
what became of them.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import bundles
import html5lib
import pandas as pd
import pytest
from nbformat import v4
from worlds import executed

from kamlib import cli, schema, text
from kamlib.data import kit, projection, workspace
from kamlib.data.workspace import Change
from kamlib.run import export, files, index, notebooks, standings
from kamlib.show import cells, page

PACKAGE = Path(__file__).parents[1] / "kamlib"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
XHTML = "{http://www.w3.org/1999/xhtml}"

CALLS = ("alert(1)", "alert`1`", "fetch('//t.example/p')", "top['al'+'ert'](1)")
ELEMENTS = (
    "<script>{}</script>",
    "</script><script>{}</script>",
    "</style></title></textarea><script>{}</script>",
    "--><script>{}</script>",
    "]]><script>{}</script>",
    "<img src=x onerror={}>",
    '"><img src=x onerror="{}">',
    "'><svg/onload={}>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "</svg></figure></details><svg onload={}>",
    "</desc></svg><math href=javascript:{}>x",
    "<details open ontoggle={}>",
    "<body onload={}>",
    "<input autofocus onfocus={}>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<iframe src=javascript:{}></iframe>",
    "<object data=javascript:{}></object>",
    "<embed src=javascript:{}>",
    "<a href=javascript:{}>klick</a>",
    "<form action=javascript:{}><button>x</button></form>",
    "<isindex action=javascript:{}>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    '" onmouseover="{}" x="',
    "' onfocus='{}' autofocus x='",
    "` onclick={} ",
    "[klick](javascript:{})",
    "[klick][r]\n\n[r]: javascript:{}",
    "<javascript:{}>",
    "![x](javascript:{})",
    r"\x3cscript\x3e{}\x3c/script\x3e",
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;script&#62;{}&#60;/script&#62;",
    "\uff1cscript\uff1e{}\uff1c/script\uff1e",
    "<scr\x01ipt>{}</scr\x01ipt>",
    "<script\x0b>{}</script>",
    "{{{{constructor.constructor('{}')()}}}}",
)
PLAIN = (
    "<meta http-equiv=refresh content='0;url=http://t.example/'>",
    "<base href=http://t.example/>",
    "<link rel=stylesheet href=http://t.example/x.css>",
    "<style>*{display:none}</style>",
    "<div style='background:url(http://t.example/p.gif)'>",
    "<img src=http://t.example/p.gif>",
    "![](http://t.example/p.gif) ![](../other.png) ![](/etc/hostname)",
    "[x](data:text/html,<b>x</b>) [y](vbscript:x) <http://t.example/>",
    'https://t.example/"onmouseover=alert(1) x',
    "# rubrik\n---\n```\n| a | b |\n    kod",
    "{{7*7}} {% raw %} ${7*7} {account} {0.__class__} %s {{{{x}}}}",
    "</td></tr></table><h1>Falsk rubrik</h1>",
    "</summary></details><p>utanför</p>",
    "<th scope=col><b>fet</b></th><caption>Falsk</caption>",
    r"$\frac{1}$ $a_b_c$ $\evil$ A$5% & B$_x Cost $5 vs $6 \(x\) \[y\]",
    "\x1b[31mröd\x1b[0m \x1b]8;;http://t.example\x07länk",
    "\u202evänd\u202c \u2066x\u2069 \u200b noll",
    "_gömd",
    '=HYPERLINK("http://t.example";"x")',
    "url(#x) id=\"kf00000000-a\" <use href='#kf00000000-a'/>",
    "&amp;&nbsp;&copy;&notit;&#0;&#x110000;",
    "<b>fet</b> <i>x <p> <!-- kommentar --> <![CDATA[x]]> <?php x ?>",
    "' \" ` < > & \\ / ; --",
    "Å Ä Ö ß \u0301 \U0001f9e8\U0001f469\u200d\U0001f692 日本 العربية",
    "ord" + "lång" * 300,
)
PAYLOADS = (*(each.format(CALLS[0]) for each in ELEMENTS), *PLAIN)
MANY = (
    *PAYLOADS,
    *(each.format(call) for call in CALLS[1:] for each in ELEMENTS),
    *(f"{p} {p}" for p in PLAIN[:20]),
)
#: Where a payload stands in row after row; a customer's name holds one for each page.
FIELDS = ("goal.title", "initiative.title", "commitment.title", "insight.goal", "contact.name", "contact.title",
          "case.title", "account.name")  # fmt: skip


def placed(place: int, n: int, first: int, payloads: tuple[str, ...]) -> str:
    """The payload of the n-th row of a column: over rows and pages each column gets them all."""
    return payloads[(first + place * 5 + n) % len(payloads)]


def world(folder: Path, first: int, payloads: tuple[str, ...], *, rows: int = 6) -> workspace.Workspace:
    """A customer each of whose texts is a payload; everything that may be open is."""
    made = workspace.create(folder / "elak.sqlite", name=payloads[first])
    places = {
        name: n
        for n, name in enumerate(f"{t.name}.{c.name}" for t in schema.TABLES.values() for c in t.columns)
    }

    def texts(table: schema.Table, n: int) -> dict[str, Any]:
        return {
            column.name: value(column, n)
            for column in table.columns
            if column.name not in ("row_id", "account_id", "is_shared")
        }

    def value(column: schema.Column, n: int) -> Any:
        if column.kind == "text":
            return placed(places[f"{column.table}.{column.name}"], n, first, payloads)
        if column.refers_to == "contact":
            return (
                f"c-{n}"
                if column.name in ("customer_owner_id", "contact_id", "confirmed_by", "hero_id")
                else f"o-{n}"
            )
        if column.refers_to:
            return f"{column.refers_to}-{n}"
        low = int(column.low or 1)
        simple = {
            "date": f"2026-{n + 5:02}-15",
            "flag": True,
            "money": 5e5 * n,
            "number": min(10.0 * n, column.high or 1e6),
            "share": 0.5,
        }
        choice = [*column.choices, ""][0 if column.name == "side" else n % max(len(column.choices), 1)]
        return {
            **simple,
            "integer": 2026 if low == 2000 else low + n % 3,
            "scale": 3,
            "choice": choice,
            "id": "x",
        }[column.kind]

    tables = schema.TABLES
    people = [
        {**texts(tables["contact"], n), "contact_id": f"{who}-{n}", "account_id": "A-1" if who == "c" else None,
         "side": "customer" if who == "c" else "ours", "gone_on": None, "is_placeholder": None, "reports_to": None}
        for n in range(1, rows + 1) for who in ("c", "o")
    ]  # fmt: skip
    given = {
        "account": [{"account_id": "A-1", "name": payloads[first], "industry": placed(1, 1, first, payloads)}],
        "revenue": [row for n in (1, 2) for row in bundles.months("2026-09", [n * 9e5] * 24, account_id="A-1", product_group=placed(2, n, first, payloads)[:60])],
        "contact": people,
        "case": [{**texts(tables["case"], n), "case_id": f"k-{n}", "account_id": "A-1"} for n in range(1, rows)],
        "project": [{**texts(tables["project"], n), "project_id": f"p-{n}", "account_id": "A-1"} for n in range(1, 4)],
        "opportunity": [{**texts(tables["opportunity"], n), "opportunity_id": f"a-{n}", "account_id": "A-1"} for n in range(1, 4)],
    }  # fmt: skip
    frames = bundles.frames(given)
    made.import_facts({name: frames[name] for name in given}, source="erp")
    changes = []
    for table in (each for each in tables.values() if each.role == "plan"):
        for n in range(1, rows + 1):
            after = {**texts(table, n), "is_shared": True}
            after |= {"tender_until": None} if table.name == "account_plan" else {}
            changes.append(Change(table.name, f"{table.name}-{n}", after, "A-1", operation="insert"))
    made.save(changes, by=payloads[first], reason=payloads[0])
    standings.refresh(made)
    return made


def pressed(
    here: workspace.Workspace, name: str, audience: str, monkeypatch: pytest.MonkeyPatch, *, lang: str = "sv"
) -> str:
    """The report of the customer as it would be put in place."""
    target = Path(here.target)
    if audience == "customer":
        target = target.with_name(f"kund-{target.stem}.sqlite")
        if not target.exists():
            projection.write(here, "A-1", target)
    monkeypatch.setenv("KAM_WORKSPACE", str(target))
    (path,) = kit.path("notebooks").glob(f"{name}_*.ipynb")
    values = {"account_id": "A-1", "audience": audience, "live": False, "lang": lang}
    made = executed(path, notebooks.Variant(lang, audience), values)
    return export.to_html(made, title=here.account("A-1").name, lang=lang, audience=audience)


# --- what a page may hold ----------------------------------------------------------------------------------

_TAGS = (
    "html head meta title style body a div nav p ol ul li main h1 h2 h3 h4 h5 h6 span strong em b i abbr table caption "
    "colgroup col thead tbody tr th td details summary figure figcaption section article header footer dl dt dd br "
    "blockquote code pre del hr small sub sup img button svg g path text tspan title desc defs use rect circle line "
    "polyline polygon clipPath pattern ellipse time"
)  # fmt: skip
TAGS = set(_TAGS.split())
ACTING = {
    "srcdoc",
    "action",
    "formaction",
    "ping",
    "background",
    "poster",
    "srcset",
    "data",
    "manifest",
    "target",
}


def faults(html: str) -> list[str]:
    """Whatever in a page could act, fetch, or was written by somebody else than us."""
    found: list[str] = []
    svg_in_picture = (
        r"|data:image/svg\+xml;base64,[\w+/=]+"  # as a picture a drawing runs nothing and asks for nothing
    )
    for node in html5lib.HTMLParser(strict=True).parse(html).iter():
        if not isinstance(node.tag, str):
            found.append(f"comment {node.text}")
            continue
        tag = node.tag.rpartition("}")[2]
        found += [tag] if tag not in TAGS else []
        for name, value in node.attrib.items():
            short = str(name).rpartition("}")[2].lower()
            found += [f"{tag} {short}"] if short.startswith("on") or short in ACTING else []
            if short in ("href", "src") and not re.fullmatch(
                r"#[\w-]+|data:image/png;base64,[\w+/=]+" + svg_in_picture * (tag == "img"), value
            ):
                found.append(f"{tag} {short}={value}")
            found += (
                [f"{tag} style={value}"]
                if short == "style" and re.search(r"url|expression|import", value)
                else []
            )
        if tag == "style":
            found += re.findall(r"@import|url\((?!data:font|#)[^)]*", node.text or "")
        if tag == "meta" and node.get("http-equiv") not in (None, "Content-Security-Policy"):
            found.append(f"meta {node.attrib}")
    return found


def loosely(html: str) -> list[str]:
    """The same of a page that need not be valid."""
    try:
        return faults(html)
    except html5lib.html5parser.ParseError as error:
        return [str(error)]


def words(html: str) -> str:
    """What a reader reads, blanks made one."""
    tree = html5lib.parse(html)
    for styled in [each for each in tree.iter() if each.tag == f"{XHTML}style"]:
        styled.text = ""
    return " ".join("".join(tree.itertext()).split())


def as_read(payload: str) -> str:
    return " ".join(page.printable(payload).split())


def assert_harmless(html: str, name: str) -> None:
    assert faults(html) == []
    assert "default-src 'none'" in html
    assert as_read(name) in words(html)


SHOWN = [
    ("03", "internal", "sv"),
    ("03", "customer", "sv"),
    ("06", "internal", "en"),
    ("06", "customer", "sv"),
]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[int, workspace.Workspace]:
    return {first: world(tmp_path_factory.mktemp("elak"), first, PAYLOADS) for first in (5,)}


@pytest.fixture(scope="module")
def pages(worlds: dict[int, workspace.Workspace]) -> dict[str, str]:
    """Plan and review, ours and the customer's, of two customers who are full of payloads."""
    with pytest.MonkeyPatch.context() as patch:
        return {
            f"{first}-{name}-{audience}": pressed(here, name, audience, patch, lang=lang)
            for first, here in worlds.items()
            for name, audience, lang in SHOWN
        }


def test_there_are_payloads_enough() -> None:
    """Sixty and more in every run, two hundred and more in the long one; each is one of its kind."""
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60
    assert len(set(MANY)) == len(MANY) >= 200 * 0.9


def test_the_parser_sees_what_is_not_escaped() -> None:
    """The control of the checks: laid into a page as they are, these payloads are found."""
    bare = [each for each in PAYLOADS if "<" in each and "&lt;" not in each]
    seen = [each for each in bare if loosely(f"<!doctype html><html><body><p>{each}</p></body></html>")]
    assert len(seen) >= 0.9 * len(bare) > 30, set(bare) - set(seen)


def test_payloads_in_every_text_are_shown_and_never_obeyed(pages: dict[str, str]) -> None:
    """Plan and review, ours and the customer's, hold our own elements only, and the words as written."""
    for name, html in pages.items():
        assert faults(html) == [], name
        assert as_read(PAYLOADS[int(name.split("-")[0])]) in words(html), name


def test_every_payload_was_on_some_page(pages: dict[str, str]) -> None:
    """The control: the payloads came all the way; a page that left them out would prove nothing."""
    read = " ".join(words(html) for html in pages.values())
    longest = {payload: as_read(payload)[:60] for payload in PAYLOADS}
    missing = [payload for payload, start in longest.items() if start not in read]
    assert len(missing) <= 0.05 * len(PAYLOADS), missing


@pytest.mark.browser
def test_a_browser_opens_them_and_nothing_happens(pages: dict[str, str], tmp_path: Path) -> None:
    """No dialog, no request, no error but what the policy reports; the heading says what the customer is called."""
    if not CHROMIUM:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    dialogs: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, html in pages.items():
            (tmp_path / f"{name}.html").write_text(html, "utf-8")
            view = browser.new_page(
                bypass_csp=True
            )  # the escaping alone must hold, without the policy's help
            view.on("request", lambda request: asked.append(request.url))
            view.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
            view.goto((tmp_path / f"{name}.html").as_uri())
            view.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
            view.evaluate(
                "document.querySelectorAll('*').forEach(each => each.dispatchEvent(new Event('mouseover')))"
            )
            assert view.locator("h1").count() == 1, name
            assert view.locator("script").count() == 0, name
            view.close()
        browser.close()
    assert dialogs == []
    assert [url for url in asked if not url.startswith(("file:", "data:font"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == len(pages)


@pytest.mark.torture
@pytest.mark.parametrize("first", range(len(MANY)))
def test_two_hundred_payloads_in_every_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """F7: page after page each field of each table gets each payload; no element is born of any."""
    here = world(tmp_path, first, MANY, rows=4)
    for name, audience, lang in SHOWN:
        assert_harmless(pressed(here, name, audience, monkeypatch, lang=lang), MANY[first])


# --- one function per sink ---------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_cell_is_words(payload: str) -> None:
    """Text, person, account, a table's caption and heading, a pill, a sentence's value: the same words come back."""
    bundle = bundles.account(contact=[{"contact_id": "c", "name": payload, "title": payload}])
    columns = {
        "a": {"kind": "text", "sv": payload, "en": payload},
        "b": {"kind": "person", "sv": "b", "en": "b"},
    }
    row = [cells.cell(payload, columns["a"], bundle), cells.cell("c", columns["b"], bundle)]
    html = f"<!doctype html><html><body>{cells.table(payload, columns, [row])}{cells.pill(payload)}</body></html>"
    assert faults(html) == []
    assert words(html).count(as_read(payload)) >= 4


@pytest.mark.parametrize("payload", PAYLOADS)
def test_prose_and_index_are_words(payload: str) -> None:
    """A workspace's name in the index stands in markdown: no link, no picture, no heading comes of it."""
    made = v4.new_notebook(cells=[v4.new_markdown_cell(f"# {index._literal(page.printable(payload))}")])
    html = export.to_html(made, title=payload, lang="sv", audience="internal")
    assert faults(html) == []
    assert html.count("<h1>") == 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_file_name_and_a_line_on_the_screen(payload: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Letters, digits and hyphens in a name; nothing that steers the terminal on the screen."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", files.slug(payload, payload))
    cli.echo(payload)
    assert not set(capsys.readouterr().out) & set("\x1b\x07\0\u202e\u2066")


NAMES = ("../../etc/x", "a/b", r"a\b", "C:x", r"\\srv\s", "CON", "NUL", "aux.txt", "COM1", "x.", "x ", "Acme", "ACME",
         "acme ", "Café", "Cafe\u0301", "", " ", ".", "..", "-rf", "~", "*", "{account}", "{0.__class__}", "%s", "${HOME}",
         "x\0y", "x\ny", "\u202ex", "x" * 300, "\U0001f9e8" * 80)  # fmt: skip


def test_odd_ids_never_leave_the_folder_nor_meet(tmp_path: Path) -> None:
    """Each id has a folder of its own below the root, also on a disk that knows no capitals."""
    slugs = [files.slug(each, each) for each in NAMES]
    assert len({each.casefold() for each in slugs}) == len(NAMES)
    for each in slugs:
        assert (tmp_path / each).resolve().parent == tmp_path.resolve()
        assert len(each) <= 40
        assert not each.startswith("-")


def test_half_a_sign_never_reaches_a_file(tmp_path: Path) -> None:
    """Half a pair of surrogates is shown as a mark, and the page can be written."""
    html = export.to_html(v4.new_notebook(cells=[]), title="a\ud800b", lang="sv", audience="internal")
    files.put(tmp_path / "sida.html", html)
    assert "a\N{REPLACEMENT CHARACTER}b" in html


def test_what_another_library_shows_is_left_behind() -> None:
    """Of a frame, a styled table or HTML that a cell shows by itself the words remain; script and what acts are left out."""
    strange = [
        {"application/javascript": "alert(1)"},
        {"text/html": "<script>alert(1)</script>"},
        {"text/markdown": "[x](javascript:alert(1))"},
        {"image/svg+xml": "<svg onload=alert(1)>"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}},
        {"text/html": pd.DataFrame({"<b>": ["<i>x"]}).to_html(escape=False)},
    ]
    outputs = [v4.new_output("display_data", each) for each in strange]
    html = export.to_html(
        v4.new_notebook(cells=[v4.new_code_cell("x", outputs=outputs)]),
        title="T",
        lang="sv",
        audience="internal",
    )
    assert faults(html) == []
    assert "alert" not in html
    assert "x</td>" in re.sub(r"</?i>", "", html)


# --- the law -----------------------------------------------------------------------------------------------

#: Who may write markup: what is shown, the page around it, the index, and the office files' XML.
WRITERS = (
    "show/",
    "run/export.py",
    "run/index.py",
    "run/own_outputs.py",
    "run/pdf.py",
    "run/slides.py",
    "run/deck.py",
    "live/controls.py",
)
_MARKUP = re.compile(r"(?<!\?P)</?[a-zA-Z][\w:-]*(\s|/?>|$)")
BANNED = {
    "eval",
    "exec",
    "query",
    "to_html",
    "HTML",
    "Markdown",
    "Javascript",
    "HTMLMath",
    "system",
    "read_pickle",
}


@cache
def rooms() -> tuple[Path, ...]:
    return tuple(sorted(PACKAGE.rglob("*.py")))


def strings(room: Path) -> Iterator[str]:
    """The constant parts of every string but docstrings and patterns."""
    tree = ast.parse(room.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    patterns = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("compile", "sub", "findall", "search", "match", "fullmatch", "split", "finditer")
        for part in ast.walk(node)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told | patterns:
            yield node.value


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.relative_to(PACKAGE).as_posix())
def test_markup_is_written_in_few_rooms(room: Path) -> None:
    """HTML comes from what is shown and from the page around it: a sentence elsewhere that holds a tag is a way in."""
    if room.relative_to(PACKAGE).as_posix().startswith(WRITERS):
        return
    assert [told for told in strings(room) if _MARKUP.search(told)] == []


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.relative_to(PACKAGE).as_posix())
def test_no_room_calls_what_obeys_text(room: Path) -> None:
    """No filter, formula or HTML of a library that takes text for code; YAML is read by a safe loader."""
    for node in ast.walk(ast.parse(room.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        ours = ast.unparse(node.func) == "export.to_html"
        assert ours or name not in BANNED, f"{room.name}:{node.lineno} {name}"
        given = {word.arg: word.value for word in node.keywords}
        for asked in ("escape", "render_links", "shell", "sanitize"):
            value = given.get(asked)
            wanted = asked in ("escape", "sanitize")
            assert not (isinstance(value, ast.Constant) and value.value is not wanted), (
                f"{room.name}:{node.lineno}"
            )


def test_the_catalogue_holds_no_markup() -> None:
    """A sentence is words: what stands out is marked by stars, and `say` alone makes them an element."""
    for key, value in text.catalogue().items():
        assert not _MARKUP.search(str(value)), key
