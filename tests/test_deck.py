"""The quarterly review as a deck: native, in the reader's language, in a company's design, the same bytes twice."""

from __future__ import annotations

import io
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import bundles
import pandas as pd
import pytest
import worlds
from pptx import Presentation
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.util import Inches

from kamlib import text
from kamlib.data import projection, workspace
from kamlib.errors import KamError
from kamlib.run import deck, slides
from kamlib.schema import Account

ODD = "A$5% & B <ö>"


def _revenue(before: float, now: float, group: str) -> list[dict[str, Any]]:
    months = pd.date_range("2024-10-01", "2026-09-01", freq="MS")
    amounts = [before / 12] * 12 + [now / 12] * 12
    return [
        {"month": month, "product_group": group, "revenue": amount, "contribution_margin": amount / 3}
        for month, amount in zip(months, amounts, strict=True)
    ]


def _account(audience: str = "internal", **more: Any) -> Account:
    goal = {
        "row_id": "G1", "title": "Färre stopp", "side": "joint", "goal_class": "strategic", "kpi": "timmar", "unit": "h",
        "direction": "down", "baseline": 41.0, "target": 20.0, "baseline_on": "2026-01-01", "due_on": "2026-12-31",
        "is_shared": True,
    }  # fmt: skip
    reading = {"goal_id": "G1", "measured_on": "2026-08-31", "value": 27.0, "is_shared": True}
    promise = {
        "title": ODD,
        "direction": "ours",
        "made_on": "2026-05-01",
        "due_on": "2026-06-01",
        "done_on": "2026-05-30",
    }
    person = {
        "contact_id": "C-1", "side": "customer", "name": "Oskar Tjernell", "title": "produktionschef",
    }  # fmt: skip
    rows: dict[str, Any] = {
        "revenue": [*_revenue(6_000_000, 7_200_000, "Pumpar"), *_revenue(3_600_000, 3_000_000, "Filter")],
        "goal": [goal],
        "reading": [reading],
        "commitment": [promise],
        "contact": [person],
        **more,
    }
    return bundles.account(audience=audience, **{name: each for name, each in rows.items() if each})


def _opened(made: bytes) -> Any:
    return Presentation(io.BytesIO(made))


def _shapes(file: Any, kind: str) -> list[Any]:
    return [shape for slide in file.slides for shape in slide.shapes if getattr(shape, kind, False)]


def _words(file: Any) -> str:
    cells = [
        cell.text for shape in _shapes(file, "has_table") for row in shape.table.rows for cell in row.cells
    ]
    frames = [shape.text_frame.text for shape in _shapes(file, "has_text_frame")]
    return "\n".join([*frames, *cells])


def _parts(made: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_every_slide_has_a_real_title_and_everything_else_an_alternative_text() -> None:
    """16:9; the title stands in the layout's placeholder; tables, charts and pictures are described."""
    file = _opened(deck.made(_account()))
    assert file.slide_width / file.slide_height == pytest.approx(16 / 9, abs=0.001)
    titles = [slide.shapes.title.text_frame.text for slide in file.slides]
    assert titles[0] == "Kvartalsgenomgång: Testkund AB"
    assert all(titles)
    told = [shape for kind in ("has_table", "has_chart", "image") for shape in _shapes(file, kind)]
    assert len(told) >= 3
    assert all(shape._element.xpath(".//p:cNvPr")[0].get("descr") for shape in told)


@pytest.mark.parametrize(("lang", "code"), [("sv", "sv-SE"), ("en", "en-GB")])
def test_every_word_is_in_a_language(lang: str, code: str) -> None:
    """A screen reader and the spelling checker know which; nothing is left to the reader's own."""
    text.use(lang)
    parts = _parts(deck.made(_account()))
    runs = [
        run
        for name, part in parts.items()
        if "slides/slide" in name
        for run in re.findall(rb"<a:r>.*?</a:r>", part)
    ]
    assert len(runs) > 20
    assert all(f'lang="{code}"'.encode() in run for run in runs)


def test_the_bridge_is_native_and_its_numbers_are_those_of_the_rows() -> None:
    """From 9.6 over +1.2 and −0.6 to 10.2 million: the unseen series carries each step to where it starts."""
    (shape,) = _shapes(_opened(deck.made(_account())), "has_chart")
    plot = shape.chart.plots[0]
    assert list(plot.categories) == ["Till sep. 2025", "Pumpar", "Filter", "Till sep. 2026"]
    held = {series.name: [value and round(value, 6) for value in series.values] for series in plot.series}
    assert held == {
        "bär upp (syns inte)": [0, 9.6, 10.2, 0],
        "ökar": [None, 1.2, None, None],
        "minskar": [None, None, 0.6, None],
        "summa": [9.6, None, None, 10.2],
    }
    assert "10,2" in shape._element.xpath(".//p:cNvPr")[0].get("descr")
    assert shape.chart.part.chart_workbook.xlsx_part is not None


def test_a_cut_axis_is_said_and_an_uncut_one_begins_at_zero() -> None:
    """Small changes on large sums: the axis is cut, and a line on the slide says it."""
    small = _opened(deck.made(_account()))
    (shape,) = _shapes(small, "has_chart")
    assert 0 < shape.chart.value_axis.minimum_scale < 9.6
    assert "Axeln börjar inte på noll" in _words(small)
    large = _opened(deck.made(_account(revenue=_revenue(1_000_000, 9_000_000, "Pumpar"))))
    (shape,) = _shapes(large, "has_chart")
    assert shape.chart.value_axis.minimum_scale == 0
    assert "Axeln börjar inte" not in _words(large)


def test_a_bridge_below_zero_is_a_table() -> None:
    """Stacked columns can't pass zero: the same steps stand as rows."""
    rows = [*_revenue(1_200_000, 2_400_000, "Pumpar"), *_revenue(1_200_000, -6_000_000, "Filter")]
    file = _opened(deck.made(_account(revenue=rows)))
    assert _shapes(file, "has_chart") == []
    assert "Filter" in _words(file)


def test_goals_and_promises_are_native_tables() -> None:
    """Headings as on the page, the goal's way from 41 over 27 to 20, the promise's name as it is written."""
    tables = [shape.table for shape in _shapes(_opened(deck.made(_account())), "has_table")]
    read = [[[cell.text for cell in row.cells] for row in table.rows] for table in tables]
    goals, promises = read[0], read[1]
    assert goals[0][:4] == ["Mål", "Från", "Nu", "Till"]
    assert goals[1][:5] == ["Färre stopp", "41", "27", "20", "h"]
    assert promises[1][0] == ODD


def test_a_customer_without_anything_is_a_deck_of_one_slide() -> None:
    """No revenue, no goals, no people: nothing breaks, and no empty table stands there."""
    empty: dict[str, Any] = {name: [] for name in ("revenue", "goal", "reading", "commitment", "contact")}
    file = _opened(deck.made(_account(**empty)))
    assert len(file.slides) == 1


def test_more_rows_than_a_slide_holds_are_counted() -> None:
    """Sixty promises: the table ends above the foot, and a line says how many more there are."""
    promises = [
        {
            "title": f"Löfte {n} " + "ord " * 20,
            "direction": "ours",
            "made_on": "2026-05-01",
            "due_on": "2026-06-01",
        }
        for n in range(60)
    ]
    file = _opened(deck.made(_account(commitment=promises)))
    table = _shapes(file, "has_table")[1]
    shown = len(table.table.rows) - 1
    assert 3 < shown < 60
    assert table.top + table.height <= file.slide_height - Inches(0.7)
    assert f"{60 - shown} rader till står i rapporten." in _words(file)


def test_odd_and_endless_names_fit() -> None:
    """Signs of markup stay signs; a name of 100,000 characters is cut; control characters break no file."""
    account = [{"account_id": "A-1", "name": ODD + " \x07" + "x" * 100_000}]
    revenue = _revenue(1e6, 9e6, "Pump\x08ar " + "y" * 100_000)
    file = _opened(deck.made(_account(account=account, revenue=revenue)))
    title = file.slides[0].shapes.title.text_frame.text
    assert ODD in title
    assert len(title) < 100


def test_the_same_account_gives_the_same_bytes() -> None:
    """Two seconds later, which is what a zip tells apart, nothing differs; no clock and no name is in it."""
    first = deck.made(_account())
    time.sleep(2.1)
    assert deck.made(_account()) == first
    about = _opened(first).core_properties
    assert (about.author, about.last_modified_by, about.title) == ("", "", "Kvartalsgenomgång: Testkund AB")
    assert about.created.date() == about.modified.date() == bundles.AS_OF
    parts = _parts(first)
    assert not [name for name in parts if re.search("thumbnail|printerSettings|docProps/app", name)]
    assert b"python-pptx" not in b"".join(parts.values())


# --- the customer's ----------------------------------------------------------------------------------------


def test_a_customers_deck_is_the_same_whatever_is_closed(tmp_path: Path) -> None:
    """Two worlds that differ in every closed value: one deck, made from the projected file, without a canary."""
    decks = []
    for world in (0, 1):
        here = worlds.build(tmp_path / f"{world}.sqlite", world)
        projection.write(here, "A-1", tmp_path / f"kund-{world}.sqlite")
        decks.append(deck.made(workspace.open(tmp_path / f"kund-{world}.sqlite").account("A-1")))
    assert decks[0] == decks[1]
    inside = b"".join(_parts(decks[0]).values())
    assert worlds.MARK.encode() not in inside
    ours = b"".join(_parts(deck.made(here.account("A-1"))).values())
    assert worlds.MARK.encode() in ours


def test_a_customers_deck_has_its_own_words_and_no_picture_of_people() -> None:
    """No bridge, no map, no decisions of ours; titles that address the customer."""
    file = _opened(deck.made(_account("customer")))
    assert file.slides[0].shapes.title.text_frame.text == "Samarbetsmöte: Testkund AB"
    assert _shapes(file, "has_chart") == _shapes(file, "image") == []
    words = _words(file)
    assert "Kundversion" in words
    assert "Till Testkund AB, 30 september 2026." in words
    for internal in ("Intern", "Täckningsgrad", "inflytande", "Beslut: begärda"):
        assert internal not in words


# --- a company's own template ------------------------------------------------------------------------------


def _template(path: Path, size: tuple[float, float] = (10, 7.5)) -> Path:
    file = Presentation()
    file.slide_width, file.slide_height = Inches(size[0]), Inches(size[1])
    for words in ("Exempelbild ett", "Exempelbild två"):
        slide = file.slides.add_slide(file.slide_layouts[5])
        slide.shapes.title.text_frame.text = words
    file.core_properties.author = "Anna på reklambyrån"
    file.save(str(path))
    return path


def test_a_template_keeps_its_design_and_loses_its_example_slides(tmp_path: Path) -> None:
    """Its size and its layout are used, no typeface is named in what is written, nobody's name stays."""
    made = deck.made(_account(), _template(tmp_path / "mall.pptx"))
    file = _opened(made)
    assert file.slide_width == Inches(10)
    assert {slide.slide_layout.name for slide in file.slides} == {"Title Only"}
    assert "Exempelbild" not in _words(file)
    parts = _parts(made)
    assert sum("slides/slide" in name for name in parts if name.endswith(".xml")) == len(file.slides)
    written = b"".join(part for name, part in parts.items() if "slides/slide" in name)
    assert b"<a:latin" not in written
    assert b"Anna" not in b"".join(parts.values())


def test_a_template_leaves_the_people_behind_it_at_home(tmp_path: Path) -> None:
    """Comment authors, tags and data of its own, on the presentation and on a layout, and what its properties say."""
    path = _template(tmp_path / "mall.pptx")
    file = Presentation(str(path))
    file.core_properties.content_status = "Utkast av Bo"
    secret = b"<x>Bo bakom mallen</x>"
    for number, (holder, kind) in enumerate(
        ((file.part, "commentAuthors"), (file.part, "customXml"), (file.slide_layouts[5].part, "tags"))
    ):
        held = Part(PackURI(f"/ppt/hemligt{number}.xml"), "application/xml", file.part.package, secret)
        holder.relate_to(held, f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}")
    file.save(str(path))
    assert secret in b"".join(_parts(path.read_bytes()).values())
    made = deck.made(_account(), path)
    everything = b"".join(_parts(made).values())
    assert b"bakom mallen" not in everything
    assert b"Utkast av" not in everything
    assert len(_opened(made).slides) > 1


def test_what_stands_on_a_slide_stays_on_it(tmp_path: Path) -> None:
    """In our own design and in a narrow template nothing reaches over an edge."""
    for template in (None, _template(tmp_path / "mall.pptx")):
        file = _opened(deck.made(_account(), template))
        for slide in file.slides:
            for shape in slide.shapes:
                assert shape.left >= 0
                assert shape.left + shape.width <= file.slide_width
                assert shape.top + shape.height <= file.slide_height


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_template_is_told(tmp_path: Path, content: bytes) -> None:
    """An empty file, a text, an empty archive: named, with what to do."""
    (tmp_path / "mall.potx").write_bytes(content)
    with pytest.raises(KamError, match=r"Mallen mall\.potx går inte att läsa"):
        deck.check(tmp_path / "mall.potx")


def test_a_template_without_a_title_is_told(tmp_path: Path) -> None:
    """No layout with a title: nothing could be read aloud or found in the outline."""
    file = Presentation(str(_template(tmp_path / "mall.pptx")))
    for layout in file.slide_layouts:
        for shape in list(layout.placeholders):
            if shape.placeholder_format.type in (1, 3):
                shape._element.getparent().remove(shape._element)
    file.save(str(tmp_path / "mall.pptx"))
    with pytest.raises(KamError, match="ingen layout med rubrik"):
        deck.check(tmp_path / "mall.pptx")


def test_a_template_that_can_be_used_is_not_refused(tmp_path: Path) -> None:
    """The control: an ordinary one passes, and its layout for titles is the one that has only a title."""
    deck.check(_template(tmp_path / "mall.pptx"))
    assert slides.title_only(Presentation()).name == "Title Only"
