"""A browser's PDF, pressed together and freed of its clock.

Chrome, Edge and Chromium write with Skia: PDF 1.4, every tag an object in plain text, which makes two thirds of
the file. Here the small objects go into compressed streams (PDF 1.5, ISO 32000-1, 7.5.7 and 7.5.8), what tells
when and on which machine the file was made is left out, and the ids of tags, which the browser counts from wherever
it is in its work, are counted from one, so that the same page gives the same bytes.
"""

from __future__ import annotations

import re
import zlib

_TELLTALE = rb"/(?:CreationDate|ModDate|Creator) ?\((?:\\.|[^\\)])*\)"
_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)\s*endobj\s*", re.DOTALL)
_TRAILER = re.compile(rb"trailer\s*<<(.*?)>>\s*startxref\s+(\d+)\s+%%EOF\s*\Z", re.DOTALL)
_ID = re.compile(rb"\(node(\d{8})\)")
_PER_STREAM = 200

Place = tuple[int, int, int]  # of one object: kind, and what the kind asks for (ISO 32000-1, table 18)


def packed(made: bytes) -> bytes:
    """Return the same document in fewer bytes, without dates and without the browser's description of itself.

    A file that is not built as Skia builds it keeps its build; the telltale entries are blanked in their place.
    """
    objects = _objects(made)
    if not objects:
        return re.sub(_TELLTALE, lambda found: b" " * len(found[0]), made)
    trailer = _TRAILER.search(made)
    small = {
        n: re.sub(_TELLTALE, b"", body) for n, body in objects.items() if not body.endswith(b"endstream")
    }
    small = _counted(small)
    written, places = bytearray(b"%PDF-1.5\n%\xd3\xeb\xe9\xe1\n"), dict[int, Place]()
    for number, body in objects.items():
        if number not in small:
            _put(written, places, number, body)
    free = max(objects) + 1
    for first in range(0, len(small), _PER_STREAM):
        part = dict(list(small.items())[first : first + _PER_STREAM])
        places |= {number: (2, free, index) for index, number in enumerate(part)}
        _put(written, places, free, _together(part))
        free += 1
    return _with_index(written, places, trailer[1] if trailer else b"")


def _objects(made: bytes) -> dict[int, bytes]:
    """Return number -> body of every object, in the file's order; nothing where the file's own index disagrees."""
    trailer = _TRAILER.search(made)
    if trailer is None:
        return {}
    index = int(trailer[2])
    starts = sorted(int(entry) for entry in re.findall(rb"(\d{10}) \d{5} n", made[index:]))
    parts = [made[start:end] for start, end in zip(starts, [*starts[1:], index], strict=True)]
    read = [_OBJECT.fullmatch(part) for part in parts]
    return {int(each[1]): each[2] for each in read if each} if all(read) else {}


def _counted(small: dict[int, bytes]) -> dict[int, bytes]:
    """Return the objects with the ids of their tags counted from one, in the order that they have."""
    known = sorted({found for body in small.values() for found in _ID.findall(body)})
    ranks = {each: b"(node%08d)" % rank for rank, each in enumerate(known, 1)}
    return {number: _ID.sub(lambda found: ranks[found[1]], body) for number, body in small.items()}


def _put(written: bytearray, places: dict[int, Place], number: int, body: bytes) -> None:
    places[number] = (1, len(written), 0)
    written += b"%d 0 obj\n%b\nendobj\n" % (number, body)


def _together(part: dict[int, bytes]) -> bytes:
    offsets, at = [], 0
    for number, body in part.items():
        offsets.append(b"%d %d" % (number, at))
        at += len(body) + 1
    head = b" ".join(offsets) + b"\n"
    about = b"/Type/ObjStm/N %d/First %d" % (len(part), len(head))
    return _stream(about, head + b"\n".join(part.values()))


def _stream(about: bytes, content: bytes) -> bytes:
    pressed = zlib.compress(content, 9)
    head = b"<<%b/Filter/FlateDecode/Length %d>>stream\n" % (about, len(pressed))
    return head + pressed + b"\nendstream"


def _with_index(written: bytearray, places: dict[int, Place], trailer: bytes) -> bytes:
    """Close the file with its index, as a compressed stream that is an object itself."""
    number, start = max(places) + 1, len(written)
    places = {0: (0, 0, 0), **places, number: (1, start, 0)}
    rows = b"".join(
        kind.to_bytes(1, "big") + one.to_bytes(4, "big") + two.to_bytes(2, "big")
        for kind, one, two in (places.get(n, (0, 0, 0)) for n in range(number + 1))
    )
    kept = re.sub(rb"/Size \d+", b"", trailer).strip()
    about = b"/Type/XRef/Size %d/W[1 4 2]%b" % (number + 1, kept)
    return bytes(written) + b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        number,
        _stream(about, rows),
        start,
    )
