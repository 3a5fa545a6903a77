"""A page as PDF, by WeasyPrint and by a browser: what it holds, that it is the same twice, and what goes wrong."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import bundles
import pandas as pd
import pytest
from matplotlib.axes import Axes
from nbformat import v4

from kamlib import text
from kamlib.errors import KamError
from kamlib.run import export, pdf
from kamlib.show import figure, tables

ODD = "A$5% & B <ö>"
BARE = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
FIGURES = [
    {"label": "Omsättning", "value": "48,2 mkr", "change": "+11 %", "tone": "good", "series": [1, 2, 3]}
]
WIDE = {
    "caption": {"sv": "En bred tabell", "en": "A wide table"},
    "columns": {f"c{n}": {"kind": "text", "sv": f"Kolumn {n}", "en": f"Column {n}"} for n in range(11)},
}


def _cell(*shown: Any, tags: tuple[str, ...] = ()) -> Any:
    bundled = [each._repr_mimebundle_() for each in shown]
    outputs = [v4.new_output("display_data", content, metadata=marks) for content, marks in bundled]
    return v4.new_code_cell("", outputs=outputs, execution_count=1, metadata={"tags": list(tags)})


def _figure(account: Any) -> Any:
    """A drawing with words in it, and its numbers behind a fold."""

    def paint(words: str, ax: Axes) -> None:
        ax.set_axis_off()
        ax.text(0.1, 0.5, words)

    wide, phone = (
        figure.Drawing(partial(paint, words), (inches, 1.0))
        for words, inches in ((ODD, 7.1), (f"{ODD} smal", 3.75))
    )
    words = figure.Words("Målen går framåt", "Stapel: väg.", f"{ODD}: 67 % av vägen.")
    return figure.shown(wide, words, account, table="<table><tr><td>0,67</td></tr></table>", phone=phone)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report with figures, folded depth and a table of eleven columns."""
    monkeypatch.setitem(text.catalogue(), "sheet.wide", WIDE)
    account = bundles.account()
    words = ["kvartalsgenomgång", "Underhållsingenjör", "2026-09-30", "en längre text " * 6]
    wide = pd.DataFrame([{f"c{n}": words[n % 4] for n in range(11)}] * 3)
    cells = [
        v4.new_markdown_cell("# Genomgång\n\n## Läget"),
        _cell(tables.strip(FIGURES), _figure(account)),
        v4.new_markdown_cell("## Djupet", metadata={"tags": ["level-2"]}),
        _cell(tables.sheet("wide", wide, account), tags=("level-2",)),
    ]
    target = tmp_path / "06_review.html"
    made = v4.new_notebook(cells=cells)
    target.write_text(export.to_html(made, title="Testkund <AB>", lang="sv", audience="internal"), "utf-8")
    return target


@pytest.fixture(params=["weasyprint", "browser"])
def engine(request: pytest.FixtureRequest) -> pdf.Engine:
    """Each engine that there is; in continuous integration both are."""
    if shutil.which("pdfinfo") is None:
        pytest.skip("needs poppler's pdfinfo, pdffonts and pdftotext")
    if request.param == "browser":
        program = next(pdf.browsers(), None)
    else:
        program = sys.executable if pdf._has_weasyprint() else None
    if program is None:
        pytest.skip(f"no {request.param} here")
    return pdf.Engine(request.param, program)


def _poppler(tool: str, *arguments: object) -> str:
    command = [tool, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout


def _inside(made: bytes) -> bytes:
    """The file with all that is compressed in it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL)
    opened = []
    for stream in streams:
        try:
            opened.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join([made, *opened])


def _alternatives(inside: bytes) -> list[str]:
    found = re.findall(rb"/Alt ?(?:<([0-9A-Fa-f]+)>|\(((?:\\.|[^\\)])*)\))", inside)
    return [
        bytes.fromhex(coded.decode())[2:].decode("utf-16-be") if coded else plain.decode("latin-1")
        for coded, plain in found
    ]


@pytest.mark.poppler
def test_a_pdf_is_tagged_titled_and_carries_its_typeface(page: Path, engine: pdf.Engine) -> None:
    """Tags, language, outline and title are in it, every font embedded; no clock, no machine, no path."""
    pdf.write(page, engine, BARE)
    made = page.with_suffix(".pdf")
    told, inside = _poppler("pdfinfo", made), _inside(made.read_bytes())
    assert re.search(r"^Title: +Testkund <AB>$", told, re.MULTILINE)
    assert re.search(r"^Tagged: +yes$", told, re.MULTILINE)
    assert not re.search(r"^(Creator|CreationDate|ModDate|Author)", told, re.MULTILINE)
    assert re.search(rb"/Lang ?\(sv\)", inside)
    assert b"/Outlines" in inside
    for secret in (str(page.parent).encode(), b"file:", b"kam-pdf", b"Linux", os.fsencode(Path.home())):
        assert secret not in inside or secret == b"/root"
    fonts = [line.split() for line in _poppler("pdffonts", made).splitlines()[2:]]
    assert fonts
    assert all("Inter" in font[0] and font[-5] == "yes" for font in fonts), fonts


@pytest.mark.poppler
def test_every_figure_is_told_to_those_who_do_not_see_it(page: Path, engine: pdf.Engine) -> None:
    """As many alternative texts as figures on paper, each with the title and the numbers of its description."""
    pdf.write(page, engine, BARE)
    source = page.read_text("utf-8")
    figures = re.findall(
        r'kam-wide"><svg.*?<title[^>]*>(.*?)</title><desc[^>]*>(.*?)</desc>', source, re.DOTALL
    )
    told = _alternatives(_inside(page.with_suffix(".pdf").read_bytes()))
    assert told == [html.unescape(f"{title} {description}") for title, description in figures]
    assert len(told) == 1


@pytest.mark.poppler
def test_the_words_of_the_page_are_in_the_pdf(page: Path, engine: pdf.Engine) -> None:
    """Headline figures and folded depth stand on paper; a phone's drawing and the numbers behind a fold don't."""
    pdf.write(page, engine, BARE)
    read = " ".join(_poppler("pdftotext", "-layout", page.with_suffix(".pdf"), "-").split())
    for words in ("48,2 mkr", "+11 %", "Läget", "Djupet", ODD, "En bred tabell", "1/1"):
        assert words in read
    assert read.count(ODD) == 1
    assert "0,67" not in read
    assert text.t("show.data_table") not in read


@pytest.mark.poppler
def test_a_wide_table_is_not_cut_at_the_edge(page: Path, engine: pdf.Engine) -> None:
    """Eleven columns with long Swedish words end inside the margins, and the page is not shrunk for them."""
    pdf.write(page, engine, BARE)
    boxes = _poppler("pdftotext", "-bbox", page.with_suffix(".pdf"), "-")
    ends = [float(found) for found in re.findall(r'xMax="([\d.]+)"', boxes)]
    assert max(ends) <= 595.3 - 44
    tall = [
        float(bottom) - float(top)
        for top, bottom in re.findall(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">Läget', boxes)
    ]
    assert max(tall) > 12  # the heading's 12.9 points, give or take a line


@pytest.mark.poppler
def test_the_same_page_gives_the_same_bytes(page: Path, engine: pdf.Engine) -> None:
    """A second print, more than a second later, differs in nothing."""
    first = pdf.write(page, engine, BARE)
    time.sleep(1.1)
    assert pdf.write(page, engine, BARE) == first


# --- what goes wrong ---------------------------------------------------------------------------------------


def _program(path: Path, script: str) -> pdf.Engine:
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return pdf.Engine("browser", str(path))


posix = pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts")


def test_without_a_reader_no_pdf_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can't be searched for what is internal is not written; exit 3, and what to install."""
    monkeypatch.setattr(pdf, "find_spec", lambda _: None)
    with pytest.raises(KamError, match=r"kamlib\[pdf\]") as stop:
        pdf.find()
    assert stop.value.exit_code == 3


def test_without_an_engine_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 3 before anything starts, and both ways out of it."""
    monkeypatch.setattr(pdf, "_has_weasyprint", lambda: False)
    monkeypatch.setattr(pdf, "browsers", lambda: iter(()))
    with pytest.raises(KamError, match=r"Chrome, Edge eller Chromium, eller WeasyPrint 70") as stop:
        pdf.find()
    assert stop.value.exit_code == 3


@pytest.mark.parametrize(
    ("code", "told", "name"),
    [
        (0, "WeasyPrint version 70.0\n", "weasyprint"),
        (0, "WeasyPrint version 69.9\n", "browser"),
        (1, "", "browser"),
    ],
)
def test_weasyprint_comes_first_where_it_works(
    monkeypatch: pytest.MonkeyPatch, code: int, told: str, name: str
) -> None:
    """One that is too old, or lacks the system's Pango, is passed over for a browser."""
    done = subprocess.CompletedProcess([], code, told)
    monkeypatch.setattr(pdf, "find_spec", lambda _: object())
    monkeypatch.setattr(pdf.subprocess, "run", lambda *_, **__: done)
    monkeypatch.setattr(pdf, "browsers", lambda: iter(["chromium"]))
    assert pdf.find().name == name


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("PROGRAMFILES(X86)", "Microsoft/Edge/Application/msedge.exe"),
        ("LOCALAPPDATA", "Google/Chrome/Application/chrome.exe"),
        ("HOME", "Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"),
    ],
)
def test_browsers_are_found_where_other_systems_keep_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, path: str
) -> None:
    """On Windows in the program folders, on macOS among the applications."""
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    monkeypatch.setenv(variable, str(tmp_path))
    assert str(tmp_path) not in "".join(pdf.browsers())
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    assert str(tmp_path / path) in pdf.browsers()


@posix
def test_an_engine_that_hangs_is_ended_with_all_it_started(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its time nothing of it runs, the page stands, and the message says how long was waited."""
    engine = _program(tmp_path / "hangs", f"sleep 600 & echo $! $$ > {tmp_path / 'pids'}; wait")
    monkeypatch.setattr(pdf, "SECONDS", 1)
    before = page.read_bytes()
    with pytest.raises(KamError, match="stoppades efter 1 sekunder"):
        pdf.write(page, engine, BARE)
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        with pytest.raises(ProcessLookupError):
            _gone(pid)
    assert page.read_bytes() == before
    assert not page.with_suffix(".pdf").exists()


def _gone(pid: int) -> None:
    """Raise once a process has ended; an orphan that has died waits a moment for whoever inherits it."""
    for _ in range(50):
        os.kill(pid, 0)
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            raise ProcessLookupError
        time.sleep(0.1)


@posix
@pytest.mark.parametrize(
    "script",
    ["exit 7", "exit 0", 'for a; do case "$a" in --print*) echo "%PDF-1.4" > "${a#*=}";; esac; done'],
)
def test_an_engine_that_makes_nothing_is_told(page: Path, tmp_path: Path, script: str) -> None:
    """A code, no file, half a file: none of them becomes a PDF, and what lay there before is not touched."""
    page.with_suffix(".pdf").write_bytes(b"the last good one")
    with pytest.raises(KamError, match="PDF-filen blev inte gjord"):
        pdf.write(page, _program(tmp_path / "fails", script), BARE)
    assert page.with_suffix(".pdf").read_bytes() == b"the last good one"


def test_an_engine_that_is_gone_is_told(page: Path, tmp_path: Path) -> None:
    """It was there when the batch began, and is no more."""
    with pytest.raises(KamError, match="PDF-filen blev inte gjord"):
        pdf.write(page, pdf.Engine("browser", str(tmp_path / "none")), BARE)


@posix
def test_an_engine_sees_the_page_and_nothing_of_ours(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder holds one page, its environment what it was given, its orders no address of the network."""
    monkeypatch.setenv("KAM_WORKSPACE", "secret")
    script = f'{{ env; ls; echo "$@"; }} > {tmp_path / "seen"}; exit 1'
    with pytest.raises(KamError):
        pdf.write(page, _program(tmp_path / "looks", script), BARE)
    seen = (tmp_path / "seen").read_text("utf-8")
    assert "secret" not in seen
    assert str(page) not in seen
    assert "\npage.html\n" in seen
    assert not re.search(r"https?://", seen)


# --- a browser's file, freed of its clock ---------------------------------------------------------------------

_FILE = (
    b"%%PDF-1.4\n1 0 obj\n<</Title (T)\n/Creator (Mozilla \\(X11; Linux\\))\n/CreationDate (D:20261128141737+00'00')>>\n"
    b"<</ID (node%08d)>> <</Headers [(node%08d)]>>"
)


def test_what_tells_when_and_where_is_blanked_in_its_place() -> None:
    """Date and browser are gone, the title stands, and every offset of the file's index is still right."""
    made = _FILE % (98, 107)
    undated = pdf._undated(made)
    assert len(undated) == len(made)
    assert undated.index(b"/ID") == made.index(b"/ID")
    assert b"/Title (T)" in undated
    for gone in (b"Mozilla", b"CreationDate", b"2026"):
        assert gone not in undated


def test_wherever_the_browser_counts_the_tags_from_they_are_the_same() -> None:
    """Ids of tags begin at some number that hangs on the browser's day: counted from one, with what points at them."""
    made = {pdf._undated(_FILE % (first, first + 9)) for first in (98, 99, 101)}
    assert len(made) == 1
    assert b"<</ID (node00000001)>> <</Headers [(node00000002)]>>" in made.pop()
