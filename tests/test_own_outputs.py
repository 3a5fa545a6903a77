"""What an analyst adds to a notebook of their own is shown in our edition and refused in a customer's."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import bundles
import nbformat
import pandas as pd
import pytest
import worlds
from nbformat import v4

from kamlib import text
from kamlib.data import workspace
from kamlib.run import batch, export, own_outputs, reports
from kamlib.show import tables

FRAME = pd.DataFrame({"kund": ["Åby <b>", "Ö & Co"], "andel": [0.123, None], "antal": [3, 1200]})


def output(**content: str) -> Any:
    return v4.new_output("display_data", {name.replace("_", "/"): held for name, held in content.items()})


def html(*outputs: Any, audience: str = "internal") -> str:
    cells = [v4.new_code_cell("x", outputs=list(outputs), execution_count=1)]
    made = export.to_html(v4.new_notebook(cells=cells), title="T", lang="sv", audience=audience)
    return made[made.index("<main") :]


def test_a_frame_becomes_a_table_of_our_own_style() -> None:
    """Heads have their scope, numbers stand to the right, pandas' own style and classes are gone."""
    made = html(output(text_html=FRAME._repr_html_(), text_plain=str(FRAME)))
    assert '<th scope="col">andel</th>' in made
    assert '<th scope="row">0</th>' in made
    assert '<td class="kam-n">1200</td>' in made
    assert "Åby &lt;b&gt;" in made
    assert "dataframe" not in made
    assert '<div class="kam-scroll" tabindex="0" role="group"><table>' in made


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (output(text_markdown="# Rubrik\n\nEtt **ord** [hit](https://x.example)"), "<h3>Rubrik</h3>"),
        (output(text_plain="a < b\x1b[31m, <Axes at 0x7fa1>"), "a &lt; b, &lt;Axes&gt;</pre>"),
        (v4.new_output("stream", name="stdout", text="en rad\n"), "en rad</pre>"),
        (output(image_png="iVBORw0KGgo=\n"), 'src="data:image/png;base64,iVBORw0KGgo="'),
        (output(text_latex="$$x$$", text_plain="<Math object>"), "$$x$$</pre>"),
        (output(text_html="<h1 onclick='x()'>Hej</h1>"), "<h3>Hej</h3>"),
    ],
)
def test_whatever_a_cell_shows_stands_in_our_report(shown: Any, expected: str) -> None:
    """Markdown, text, print, picture, formula, HTML: nothing is dropped."""
    made = html(shown)
    assert expected in made
    assert "https://" not in made


def test_a_drawing_in_svg_is_a_picture_that_cannot_act() -> None:
    """A script within it is not run by a browser, and nothing of it is part of the page."""
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    made = html(v4.new_output("display_data", {"image/svg+xml": drawing}))
    assert "<svg" not in made
    assert base64.b64encode(drawing.encode()).decode() in made


@pytest.mark.parametrize(
    "acting",
    [
        "<script>document.write(1)</script>",
        "<p>a</p><iframe src='https://x.example'>b</iframe>",
        "<p style='background:url(https://x.example)'>a</p><svg onload='x()'><a href='https://x.example'>b</a></svg>",
        "<p>a<img src='https://x.example/y.png' onerror='x()'></p><form action='https://x.example'>c</form>",
        "<p>a</p></div></main><object data='x'>",
        "<p>a</p><script><p>b</script><a href='javascript:x()'>c</a>",
        "<table><tr><td colspan='2\" onclick=\"x()'>a</td></table></table></div></div>",
    ],
)
def test_nothing_in_own_html_acts_or_leaves_its_place(acting: str) -> None:
    """No script, address, style or handler; what was cut is said; every element is closed where it was opened."""
    made = html(output(text_html=acting))
    for forbidden in (
        "<script",
        "<iframe",
        "<object",
        "<form",
        "<svg",
        "https:",
        "onclick",
        "onerror",
        "javascript:",
    ):
        assert forbidden not in made
    assert made.count("<div") == made.count("</div") - 1  # the page's own wrapper opens before <main
    assert made.count("</main>") == 1
    if "<table>" not in acting:
        assert text.t("own_output.left_out") in made or text.t("own_output.not_shown") in made


def test_what_cannot_be_shown_is_said() -> None:
    """A widget that is a script alone leaves a sentence in its place, never nothing."""
    made = html(output(text_html="<script>draw()</script>", text_plain="<Plot object>"))
    assert text.t("own_output.not_shown") in made
    assert text.t("own_output.not_shown") in html(output(application_json="{}", text_plain="<JSON object>"))


def test_the_customers_page_holds_no_own_output() -> None:
    """Even where nobody refused it first."""
    assert "hemlig" not in html(output(text_plain="hemlig"), audience="customer")


def test_a_refusal_names_notebook_cell_and_cure() -> None:
    """Whoever reads it knows where to go and what to do."""
    cells = [
        v4.new_markdown_cell("# T"),
        v4.new_code_cell("frame.head()\n1", outputs=[output(text_plain="x")]),
    ]
    error = own_outputs.refusal(v4.new_notebook(cells=cells), "03_planning")
    assert (error["kind"], error["cell"]) == ("OwnOutput", 1)
    for said in ("03_planning", "”frame.head()”", "tables.plain", "internal"):
        assert said in error["message"]
    quiet = v4.new_output("stream", name="stderr", text="varning")
    marked, metadata = tables.plain(FRAME, bundles.account())._repr_mimebundle_()
    kept = v4.new_output("display_data", marked, metadata=metadata)
    assert (
        own_outputs.refusal(v4.new_notebook(cells=[v4.new_code_cell("", outputs=[quiet, kept])]), "n") == {}
    )


def test_a_plain_table_writes_values_by_their_types() -> None:
    """Names stand as they are, numbers in the reader's language, what is missing as a dash; an index with a name counts."""
    rows = FRAME.assign(dag=pd.Timestamp("2026-09-30"), klar=[True, False]).set_index("kund")
    shown = tables.plain(rows, bundles.account(), "Mina kunder")
    assert shown.titles == ("Mina kunder",)
    assert "<caption>Mina kunder</caption>" in shown.html
    assert shown.plain.splitlines()[1:4] == [
        "kund | andel | antal | dag | klar",
        "Åby <b> | 0,12 | 3 | 2026-09-30 | ja",
        f"Ö & Co | – | {text.number(1200)} | 2026-09-30 | nej",
    ]
    assert "kam-empty" in tables.plain(FRAME.head(0), bundles.account()).html


def test_a_plain_table_of_a_customers_shows_no_empty_column() -> None:
    """What is closed is empty at the door; its name alone would ask what it held."""
    customer = bundles.account(audience="customer")
    closed = FRAME.assign(marginal=None)
    assert "marginal" not in tables.plain(closed, customer).html
    assert "marginal" in tables.plain(closed, bundles.account()).html


OWN = (
    "from kamlib.data import workspace\nfrom kamlib.show import tables\nimport pandas as pd\n"
    "account = workspace.enter(account_id=account_id, as_of=as_of, lang=lang, audience=audience)"
)
PARAMETERS = (
    'account_id: str = ""\nas_of: str = ""\nlang: str = "sv"\naudience: str = "internal"\nlive: bool = True'
)


def own_notebook(folder: Path, *cells: Any) -> Path:
    folder.mkdir(exist_ok=True)
    first = v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    made = v4.new_notebook(cells=[first, *cells])
    nbformat.write(made, folder / "05_follow_up.ipynb")
    return folder


def report(here: Path, folder: Path, out: Path, audience: str) -> batch.Outcome:
    asked = reports.Request(out, ("A-003",), notebooks=("05",), audience=audience, folder=folder, workers=1)
    (outcome,) = reports.run(workspace.open(here), asked).outcomes
    return outcome


@pytest.mark.slow
def test_a_companys_own_notebook_is_shown_to_us_and_refused_to_a_customer(
    sample_file: Path, tmp_path: Path
) -> None:
    """A frame, a figure, a print: all in our report; in the customer's the run fails and says where and what to do."""
    drawn = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    sources = ("pd.DataFrame({'grupp': ['slang'], 'tal': [7]})", "print('en utskrift')", drawn)
    checked = v4.new_code_cell("print('bara ett prov')", metadata={"tags": ["nbval-check-output"]})
    own = own_notebook(tmp_path / "egna", *map(v4.new_code_cell, (OWN, *sources)), checked)
    ours = report(sample_file, own, tmp_path / "ut", "internal")
    (made,) = (tmp_path / "ut").glob("*/internal-sv/*/05_follow_up.html")
    for expected in ("slang", "en utskrift", "data:image/png"):
        assert expected in made.read_text("utf-8"), ours
    assert "bara ett prov" not in made.read_text("utf-8")
    refused = report(sample_file, own, tmp_path / "ut", "customer")
    assert refused.error is not None
    assert (refused.status, refused.error["kind"]) == ("failed", "OwnOutput")
    assert "05_follow_up, cellen som börjar ”pd.DataFrame" in refused.error["message"]
    assert list((tmp_path / "ut").glob("*/customer-sv/*/*.html")) == []


@pytest.mark.slow
def test_an_own_table_reaches_a_customer_by_the_kits_hand(
    sample_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tables.plain` shows it in both editions, and a cell tagged internal is no hindrance."""
    worlds.run_here(monkeypatch)
    shown = v4.new_code_cell("tables.plain(pd.DataFrame({'grupp': ['slang']}), account)")
    inside = v4.new_code_cell("'bara för oss'", metadata={"tags": ["internal"]})
    own = own_notebook(tmp_path / "egna", v4.new_code_cell(OWN), shown, inside)
    assert report(sample_file, own, tmp_path / "ut", "customer").status == "ok"
    (made,) = (tmp_path / "ut").glob("*/customer-sv/*/05_follow_up.html")
    assert "slang" in made.read_text("utf-8")
    assert "bara för oss" not in made.read_text("utf-8")
