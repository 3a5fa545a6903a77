"""Read delimited text: which encoding, which separator, and the physical line of every record."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from kamlib.data.mapping import FileMapping
from kamlib.data.raw import CAP, Grid, Notes, Texts, shown

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LETTERS = frozenset("åäöÅÄÖæøÆØéèêëÉÈáàâÁÀíìîïÍóòôõÓúùûüÜÚñÑçÇßýÝþÞðÐãÃ")
#: Quotes, dashes, ellipsis, NBSP.
_TYPOGRAPHIC = frozenset("\u201c\u201d\u201e\u2018\u2019\u2013\u2014\u2026\u00a0€§°´«»")
_DAMAGED = re.compile("\ufffd|Ã[\u0080-\u00bf\u2013-\u203a\u0152-\u017e]")
_PEEK = 1 << 18

Record = tuple[int, list[str]]


def read(content: bytes, entry: FileMapping, notes: Notes) -> Grid:
    """Return the file's cells as text; what is wrong with the file as a whole goes to `notes`."""
    written = decode(content, entry.encoding, notes)
    if written is None:
        return Grid()
    if not written.strip():
        notes.add("file_empty")
        return Grid()
    if "\0" in written:
        notes.add("not_a_text_file")
        return Grid()
    _tell_damage(written, notes)
    separator = entry.separator or sniff(written)
    return _grid(list(_records(written, separator, notes)), separator, entry, notes)


def decode(content: bytes, encoding: str, notes: Notes) -> str | None:
    """Decode by the first rule that holds: the mapping's word, a BOM, strict UTF-8, NULs, PC8, likely letters.

    Detectors by frequency are not trusted on short Nordic files.
    """
    chosen = encoding or next((name for bom, name in _BOMS if content.startswith(bom)), "")
    if not chosen and _decodes(content, "utf-8"):
        chosen = _by_nuls(content) or "utf-8"
    guessed = not chosen
    chosen = chosen or _by_nuls(content) or _by_letters(content)
    try:
        written = content.decode(chosen)
    except UnicodeError:
        notes.add("cannot_decode", found=chosen)
        return None
    if guessed and not written.isascii():
        notes.add("encoding_guessed", "note", found=chosen, samples=_samples(written))
    return written


def sniff(written: str) -> str:
    """Return the separator that cuts most records into as many fields as the header, and into most fields."""
    first = written[:40].split("\n", 1)[0].strip().casefold()
    if re.fullmatch(r"sep=[,;\t|]?", first) or first == "sep=":
        return first[4:] or "\t"
    scores = {separator: _evenness(written[:_PEEK], separator) for separator in ";,\t|"}
    return max(scores, key=lambda separator: scores[separator])


def _evenness(written: str, separator: str) -> float:
    counts: list[int] = []
    try:
        reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator)
        counts = [len(record) for record in islice(reader, 50) if record]
    except csv.Error:
        return 0.0
    top = max(counts, default=0)
    usual = max(set(counts), key=counts.count) if counts else 0
    return usual * counts.count(usual) / len(counts) + top / 1000 if usual > 1 else top / 1000


def _records(written: str, separator: str, notes: Notes) -> Iterator[Record]:
    """Give each record with the line it starts on; a broken quote ends the file there and is told."""
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1
    except csv.Error:
        notes.add("broken_quote", line=line)


def _grid(records: list[Record], separator: str, entry: FileMapping, notes: Notes) -> Grid:
    if records and "".join(records[0][1]).casefold().startswith("sep="):
        records = records[1:]
    filled = [record for record in records if any(map(str.strip, record[1]))]
    records = [record for record in filled if record[0] >= entry.header_row]
    if not records:
        notes.add("header_missing", found=entry.header_row or 1)
        return Grid()
    (header_line, header), body = records[0], records[1:]
    body = body[: len(body) - entry.skip_footer] if entry.skip_footer else body
    whole = [record for record in body if len(record[1]) == len(header)]
    broken = [record for record in body if len(record[1]) != len(header)]
    _tell_broken(broken, len(header), separator, notes)
    lines = np.fromiter((line for line, _ in whole), np.int64, len(whole))
    columns = zip(*(record for _, record in whole), strict=True) if whole else [()] * len(header)
    cells = tuple(_texts(column) for column in columns)
    return Grid(tuple(header), header_line, cells, lines, (), len(broken))


def _tell_broken(records: list[Record], expected: int, separator: str, notes: Notes) -> None:
    said: dict[str, Any] = {"expected": str(expected), "separator": {"\t": "tab"}.get(separator, separator)}
    for line, record in records[:CAP]:
        notes.add("field_count", line=line, n=len(record), found=shown(separator.join(record)), **said)
    notes.skip("field_count", len(records) - CAP)


def _texts(values: tuple[str, ...]) -> Texts:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeError:
        return False
    return True


def _by_nuls(content: bytes) -> str:
    """Tell UTF-16 without a BOM: plain text then has a NUL in every other byte."""
    head = content[:_PEEK]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < 0.3 * len(head) / 2:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _by_letters(content: bytes) -> str:
    if content.lstrip()[:11] == b"#FORMAT PC8":
        return "cp437"
    possible = [name for name in ("cp1252", "cp850", "mac_roman") if _decodes(content, name)]
    lines = [line for line in content[: _PEEK * 8].splitlines() if not line.isascii()][:2000]
    sample = b"\n".join(lines)
    return max(possible, key=lambda name: _likeness(sample.decode(name)))


def _likeness(written: str) -> float:
    """Score how much the text looks European: letters inside words count, signs inside words count against."""
    score = 0.0
    for found in re.finditer(r"[^\x00-\x7f]", written):
        sign = found.group()
        before, after = written[found.start() - 1 : found.start()], written[found.end() : found.end() + 1]
        inside = before.isalpha() and after.isalpha()
        if sign in _LETTERS:
            fits = not (before.isdigit() or after.isdigit() or (before.islower() and sign.isupper()))
            score += 1.0 if fits else -1.0
        elif sign in _TYPOGRAPHIC:
            score += -1.0 if inside and sign != "\u2019" else 0.5
        else:
            score -= 1.0
    return score


def _samples(written: str) -> str:
    words = dict.fromkeys(re.findall(r"\w*[^\x00-\x7f]\w*", written[: _PEEK * 8]))
    return ", ".join(shown(word, 30) for word in islice(words, 3))


def _tell_damage(written: str, notes: Notes) -> None:
    found = _DAMAGED.findall(written)
    if found:
        spot = _DAMAGED.search(written)
        around = written[max(0, spot.start() - 10) : spot.end() + 10] if spot else ""
        line = written.count("\n", 0, spot.start()) + 1 if spot else 1
        notes.add("damaged_text", "warning", line=line, n=len(found), found=shown(around))
