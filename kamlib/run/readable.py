"""What somebody can read in a file: its words as a page shows them, and everything else that it carries.

Each text comes with how it was found: `words` are sentences and values (text, attributes, comments, a PDF's
strings and glyphs), `rest` is the file as it is written, with its markup, and what is packed in it.
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

from kamlib.show import page

Text = tuple[str, str]  # words or rest, and what stands there

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
        yield "rest", "\n".join(part.decode("latin-1") for part in (content, *_inflated(content)))
    else:
        yield from _written(name, content.decode("utf-8", "replace"))


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
    """Yield a PDF's strings (metadata, headings, alternative texts) and its lines through each font's own table."""
    held = rb"stream\r?\n(.*?)endstream"
    streams = [
        next(_inflated(found), found) if found[:1] == b"x" else found
        for found in re.findall(held, content, re.DOTALL)
    ]
    bare = re.sub(held, b"", content, flags=re.DOTALL)
    tables = [_glyphs(part) for part in streams if b"begincmap" in part]
    for part in (bare, *streams):
        if b"begincmap" in part or b"\0\0" in part[:64]:  # a font's table, a font
            continue
        yield "words", "\n".join(_strings(part))
        if part.lstrip().startswith(b"<"):
            yield from _written(".xml", part.decode("utf-8", "replace"))
        if b"BT" in part:
            lines = _lines(part)
            for table in tables:
                drawn = [_drawn(line, table) for line in lines]
                yield "words", BREAK.join(drawn)
                yield "rest", "".join(drawn)  # the words of a drawing are set letter by letter


def _strings(part: bytes) -> Iterator[str]:
    for found in re.finditer(rb"\(((?:\\.|[^\\()])*)\)|<((?:[0-9A-Fa-f]\s*){4,})>", part, re.DOTALL):
        held = _unquoted(found[1]) if found[1] is not None else bytes.fromhex(found[2].decode())
        yield held[2:].decode("utf-16-be", "replace") if held[:2] == b"\xfe\xff" else held.decode("latin-1")


_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"", b"f": b""}


def _unquoted(string: bytes) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        one = found[1]
        return bytes([int(one, 8) & 255]) if one.isdigit() else _ESCAPED.get(one, one.strip(b"\r\n"))

    return re.sub(rb"\\([0-7]{1,3}|.|\r?\n)", plain, string, flags=re.DOTALL)


def _glyphs(table: bytes) -> dict[str, str]:
    """Return what each glyph of a font stands for: four hexadecimal digits -> characters."""
    known: dict[str, str] = {}
    told = table.decode("latin-1")
    for block in re.findall(r"beginbfchar(.*?)endbfchar", told, re.DOTALL):
        for glyph, characters in re.findall(r"<(\w+)>\s*<(\w+)>", block):
            known[glyph.lower().zfill(4)] = bytes.fromhex(characters).decode("utf-16-be", "replace")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", told, re.DOTALL):
        for low, high, first in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            for n in range(int(low, 16), min(int(high, 16), int(low, 16) + 65_535) + 1):
                known[f"{n:04x}"] = chr(int(first, 16) + n - int(low, 16))
    return known


def _lines(part: bytes) -> list[str]:
    """Return each shown run of glyphs as hexadecimal digits."""
    told = part.decode("latin-1")
    runs = re.findall(r"\[((?:[^\[\]])*)\]\s*TJ|<([0-9A-Fa-f]+)>\s*Tj", told)
    return ["".join(re.findall(r"<([0-9A-Fa-f]+)>", several)) or one for several, one in runs]


def _drawn(line: str, table: dict[str, str]) -> str:
    return "".join(table.get(line[n : n + 4].lower(), "") for n in range(0, len(line), 4))
