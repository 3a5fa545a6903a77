"""What somebody can read in a file: its words as a page shows them, and everything else that it carries.

Each text comes with how it was found: `words` are sentences and values (text, attributes, comments, a PDF's
strings and lines), `rest` is the file as it is written, with its markup, and what is packed in it.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from kamlib.errors import KamError, problem
from kamlib.show import page

if TYPE_CHECKING:
    from pypdf import PdfReader

Text = tuple[str, str]  # words, rest or unread, and what stands there

#: Of a file that is broken: nobody can say what stands in it.
UNREAD = "unread"

#: Between two lines of a drawing: words go on over it, the digits of one number never do.
BREAK = "\N{PILCROW SIGN}"
_INLINE = {"a", "abbr", "b", "code", "em", "i", "mark", "small", "span", "strong", "sub", "sup", "tspan", "u"}
#: Attributes that say how something looks or where it stands: read as the rest of the file is, not as words.
_SHAPE = {"class", "style", "d", "points", "transform", "viewbox", "id", "href", "fill", "stroke", "role"}
#: The only attributes that hold words in an Office document (its tags have a prefix): the rest is sizes and colours.
_OFFICE = {"descr", "title", "name"}
_MARKUP = (".html", ".htm", ".xml", ".rels", ".svg")


def texts(name: str, content: bytes) -> Iterator[Text]:
    """Yield what can be read in a file; archives, documents and pictures are opened."""
    if content.startswith(b"PK\x03\x04"):
        yield from _packed(content)
    elif content.startswith(b"%PDF"):
        yield from _document(content)
    elif content.startswith(b"\x89PNG") or b"\0" in content[:1000]:
        yield "rest", _unpacked(content)
    else:
        yield from _written(name, content.decode("utf-8", "replace"))


def _unpacked(content: bytes) -> str:
    """Return a file as it is written, and what is packed in it."""
    return "\n".join(part.decode("latin-1") for part in (content, *_inflated(content)))


def _packed(content: bytes) -> Iterator[Text]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for part in parts.infolist():
            yield "words", part.filename
            yield from texts(part.filename, parts.read(part))
        yield "words", parts.comment.decode("utf-8", "replace")


def _written(name: str, source: str) -> Iterator[Text]:
    own = source.replace(page.font_faces(), "")  # 100 kB of font that are on every page
    for packed in re.findall(r"data:[\w/+.;=-]*,([^\"')\s>]+)", own):
        held = urllib.parse.unquote_to_bytes(packed)
        try:
            yield from texts("", base64.b64decode(held, validate=True))
        except binascii.Error:
            yield from texts("", held)
    if name.endswith(_MARKUP):
        reader = _Page()
        reader.feed(own)
        reader.close()
        yield "words", "".join(reader.told)
        yield "rest", re.sub(r"\s+", " ", urllib.parse.unquote(unescape(own)))
    else:
        yield "words", urllib.parse.unquote(own)


class _Page(HTMLParser):
    """Collects text, comments and the attributes that hold words; a block begins a new line."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = [value for name, value in attrs if value and _is_read(tag, name)]
        self.told += [f"\n{value}\n" for value in held]
        self._ended(tag)

    def handle_endtag(self, tag: str) -> None:
        self._ended(tag)

    def _ended(self, tag: str) -> None:
        if tag.rsplit(":", 1)[-1] not in _INLINE:
            self.told.append("\n")

    def handle_data(self, words: str) -> None:
        if self.cdata_elem is None:
            self.told.append(re.sub(r"\s+", " ", words))

    def handle_comment(self, words: str) -> None:
        self.told.append(f"\n{words}\n")

    handle_decl = handle_pi = unknown_decl = handle_comment  # type: ignore[assignment]


def _is_read(tag: str, name: str) -> bool:
    return name in _OFFICE if ":" in tag else name not in _SHAPE


# --- PDF ---------------------------------------------------------------------------------------------------


def _inflated(content: bytes) -> Iterator[bytes]:
    """Yield what is packed in a document or a picture; what does not unpack was no packing."""
    for found in re.finditer(rb"x[\x01\x5e\x9c\xda]", content):
        try:
            yield zlib.decompressobj().decompress(content[found.start() :])
        except zlib.error:
            continue


def _document(content: bytes) -> Iterator[Text]:
    """Yield a PDF's strings (metadata, headings, alternative texts), the files within it, and its pages line by line."""
    yield "rest", _unpacked(content)
    try:
        reader = _reader(content)
        yield from (piece for each in _objects(reader) for piece in _of_object(each))
        for sheet in reader.pages:
            lines = sheet.extract_text().splitlines()
            yield "words", BREAK.join(lines)
            # The words of a drawing may be set letter by letter.
            yield "rest", "".join("".join(lines).split())
    except KamError:
        raise
    except Exception:  # noqa: BLE001 - what is wrong with a broken file has many names; it is read as it stands
        yield UNREAD, content.decode("latin-1")


def _reader(content: bytes) -> PdfReader:
    if find_spec("pypdf") is None:
        raise problem("no_pdf_reader")
    from pypdf import PdfReader  # noqa: PLC0415 - an extra: whoever makes no PDF needn't have it

    return PdfReader(io.BytesIO(content))


def _objects(reader: PdfReader) -> Iterator[Any]:
    size: Any = reader.trailer["/Size"]
    for number in range(1, size):
        yield reader.get_object(number)


def _of_object(part: Any) -> Iterator[Text]:
    if isinstance(part, dict):
        if hasattr(part, "get_data") and part.get("/Type") in ("/Metadata", "/EmbeddedFile"):
            yield from texts(".xml" if part["/Type"] == "/Metadata" else "", part.get_data())
        yield from (piece for each in dict.values(part) for piece in _of_object(each))
    elif isinstance(part, list):
        yield from (piece for each in part for piece in _of_object(each))
    elif isinstance(part, str | bytes):
        how = "rest" if type(part).__name__ == "NameObject" else "words"
        yield how, part if isinstance(part, str) else part.decode("latin-1")
