"""What can be read in a file is found wherever it stands: on the page, behind it, or packed in it."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib

import pypdf
import pytest
from pptx import Presentation
from pptx.util import Inches

from kamlib.errors import KamError
from kamlib.run import extract_text
from kamlib.show import page

HIDDEN = "Dolda Ordet"


def told(name: str, content: bytes) -> str:
    return "\n".join(words for how, words in extract_text.texts(name, content) if how == "words")


def rest(name: str, content: bytes) -> str:
    return "\n".join(words for how, words in extract_text.texts(name, content) if how == "rest")


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Dolda Ordet</p>",
        "<p>Dolda <strong>Ordet</strong></p>",
        "<p>Dolda\n   Ordet</p>",
        "<p>&#68;olda&#32;Ordet</p>",
        "<p title='Dolda Ordet'>x</p>",
        '<img alt="Dolda Ordet">',
        "<!-- Dolda Ordet -->",
        "<!DOCTYPE html [ Dolda Ordet ]>",
        "<svg><title>Dolda Ordet</title><text>Dolda Ordet</text></svg>",
        '<img src="data:text/plain,Dolda%20Ordet">',
        f'<img src="data:text/plain;base64,{base64.b64encode(HIDDEN.encode()).decode()}">',
        '<a data-x="Dolda Ordet">x</a>',
    ],
)
def test_words_of_a_page(markup: str) -> None:
    """Text, attribute, comment, drawing, data address: as it stands or in a browser's other spellings."""
    assert HIDDEN in told("sida.html", f"<html><body>{markup}</body></html>".encode())


def test_style_and_shape_are_read_but_are_no_words() -> None:
    """A class, a colour and a coordinate are no sentence; what stands there is still read."""
    source = b'<style>.x{content:"Dolda Ordet"}</style><path class="a b" d="M 1 234.5 L 5 678"/><p>Ordet</p>'
    assert told("sida.html", source).split() == ["Ordet"]
    assert HIDDEN in rest("sida.html", source)


def test_two_cells_are_not_one_value() -> None:
    """Words of neighbouring cells stand on lines of their own; a name with a word in bold does not break."""
    words = told("sida.html", b"<tr><td>12</td><td>345</td></tr><p>Dolda <b>Ordet</b></p>")
    assert "12 345" not in words.replace("\n\n", "\n")
    assert HIDDEN in words


def test_our_own_font_is_not_unpacked() -> None:
    """The font is on every page: reading it each time would cost more than the page."""
    source = f"<style>{page.font_faces()}</style><p>{HIDDEN}</p>".encode()
    assert sum(len(words) for _, words in extract_text.texts("sida.html", source)) < 200


def test_parts_of_an_archive_and_their_names() -> None:
    """An office file is an archive: names, parts, archives within, and the note on the whole."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr(
            "xl/sharedStrings.xml", "<t>Dolda <r>Ordet</r></t>".replace("<r>", "").replace("</r>", "")
        )
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("ppt/embedded.xlsx", inner.getvalue())
        parts.writestr("Namnet.txt", "x")
        parts.comment = b"Noten"
    words = told("deck.pptx", outer.getvalue())
    assert all(each in words for each in (HIDDEN, "Namnet", "Noten"))


def test_a_decks_slides_notes_and_properties() -> None:
    """Shapes, notes and core properties of a presentation."""
    deck, written = Presentation(), io.BytesIO()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "På bilden"
    slide.notes_slide.notes_text_frame.text = "I anteckningen"
    deck.core_properties.author = "Bland egenskaperna"
    deck.save(written)
    words = told("deck.pptx", written.getvalue())
    assert all(each in words for each in ("På bilden", "I anteckningen", "Bland egenskaperna"))


def test_what_is_packed_in_a_picture() -> None:
    """A picture may carry text, plain or packed."""
    chunk = b"zTXtnot\0\0" + zlib.compress(HIDDEN.encode())
    assert HIDDEN in rest("bild.png", b"\x89PNG\r\n\x1a\n" + chunk)
    source = b"\x89PNG\r\n\x1a\n" + b"tEXtnot\0" + HIDDEN.encode()
    inside = f'<img alt="" src="data:image/png;base64,{base64.b64encode(source).decode()}">'
    assert HIDDEN in rest("sida.html", inside.encode())


@pytest.mark.parametrize("options", [{}, {"pdf_variant": "pdf/ua-1"}, {"uncompressed_pdf": True}])
def test_a_documents_lines_drawings_and_metadata(options: dict[str, object]) -> None:
    """Glyphs are read through their font's table; drawings, headings, alternative texts and metadata too."""
    weasyprint = pytest.importorskip("weasyprint")
    source = (
        "<html lang=sv><head><title>I titeln</title><meta name=author content='Som (författare) åäö'></head>"
        "<body><h1>I rubriken</h1><p>I en rad med <b>belopp 7&nbsp;313&nbsp;131 kr</b></p>"
        "<svg width=90 height=40 role=img><title>I drawing alt</title><text x=1 y=20>I drawing</text></svg></body>"
    )
    content = weasyprint.HTML(string=source).write_pdf(**options)
    words, others = told("brev.pdf", content), rest("brev.pdf", content)
    seen = ("I titeln", "Som (författare) åäö", "I rubriken", "I en rad med", "belopp 7\u00a0313\u00a0131 kr")
    assert [each for each in seen if each not in words] == []
    assert (
        "Idrawing" in others
    )  # set letter by letter, blanks left out: the page it was made from has the rest


def test_a_broken_document_is_read_as_it_stands() -> None:
    """A cut file raises nothing: what is there in plain is read, and it is said that nobody can know the rest."""
    broken = b"%PDF-1.7\n1 0 obj <</Title (Dolda Ordet)>> stream\nx\x9ctrasigt"
    (unread,) = (words for how, words in extract_text.texts("brev.pdf", broken) if how == extract_text.UNREAD)
    assert HIDDEN in unread


def test_files_within_a_document() -> None:
    """What is attached to a PDF is opened as if it lay beside it."""
    writer, written = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(10, 10)
    writer.add_attachment("Bilagan.txt", HIDDEN.encode())
    writer.write(written)
    words = told("brev.pdf", written.getvalue())
    assert HIDDEN in words
    assert "Bilagan" in words


def test_without_a_reader_a_document_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that can't see says so; it never says that nothing is there."""
    monkeypatch.setattr(extract_text, "find_spec", lambda _: None)
    with pytest.raises(KamError, match="pypdf"):
        told("brev.pdf", b"%PDF-1.7")
