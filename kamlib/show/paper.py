"""Paper for a room: A4 sheets to read and A3 canvases to write on, as one self-contained page to print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from textwrap import shorten
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.show import cells, onepage, page
from kamlib.show.page import Bundle, escape, unbroken

#: As on the reports: nothing is fetched, nothing runs. A test holds the two to each other.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)

#: What an agenda fills of an A4 page, in millimetres.
AGENDA_HEIGHT = 205

#: A canvas is to be written on: what stands there already is cut at so many characters.
SHORT = 140


def document(title: str, sheets: Iterable[str]) -> str:
    """Return one HTML page of sheets, each of which begins a new page of paper; `title` is plain text."""
    style = page.font_faces() + page.stylesheet() + _style()
    return (
        f'<!doctype html>\n<html lang="{text.language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="referrer" content="no-referrer"><title>{escape(title)}</title>'
        f"<style>{style}</style></head>\n<body><main>{''.join(sheets)}</main></body></html>\n"
    )


@cache
def _style() -> str:
    return page.compact(files("kamlib.show").joinpath("paper.css").read_text("utf-8"))


def sheet(head: str, *parts: str, foot: str = "", is_canvas: bool = False) -> str:
    """Return one sheet: A4 to read, or A3 across to write on."""
    kind = "canvas" if is_canvas else "sheet"
    below = f'<p class="foot">{escape(foot)}</p>' if foot else ""
    return page.framed(f"{head}{''.join(parts)}{below}", f"paper {kind}", "section")


def head(bundle: Bundle, title: str, kicker: str, facts: Sequence[str]) -> str:
    """Return the top of a sheet: whose it is, what it is, for whom; the sample company is named as such."""
    is_inside = page.audience(bundle) == "internal"
    tag = cells.pill(text.t("masthead.internal"), "bad") if is_inside else ""
    above = " · ".join(filter(None, [text.t("masthead.sample") if bundle.is_sample else "", kicker]))
    told = "".join(f"<span>{unbroken(fact)}</span>" for fact in facts if fact)
    called = f"<h1>{escape(title)}</h1>" if title else ""
    return f'<header><p class="kicker">{escape(above)}</p>{called}<p class="facts">{told}{tag}</p></header>'


def part(heading: str, *parts: str) -> str:
    """Return a titled part of a sheet; nothing where it would hold nothing."""
    body = "".join(parts)
    return f"<section><h2>{escape(heading)}</h2>{body}</section>" if body else ""


def said(words: str, name: str = "") -> str:
    """Return a paragraph."""
    told = unbroken(words).replace("\n", "<br>")
    return f'<p class="{name}">{told}</p>' if name else f"<p>{told}</p>"


def points(lines: Iterable[str]) -> str:
    """Return a list; nothing without lines."""
    told = "".join(f"<li>{unbroken(line)}</li>" for line in lines)
    return f"<ul>{told}</ul>" if told else ""


def ruled(n: int) -> str:
    """Return `n` lines to write on."""
    return '<div class="ruled" aria-hidden="true"></div>' * n


def rows(
    headings: Sequence[str], lines: Iterable[Sequence[str]], widths: Sequence[str] = (), *, least: int = 0
) -> str:
    """Return a table to read or write in: a cell without words is left open; at least `least` lines."""
    told = [list(line) for line in lines]
    told += [[""] * len(headings)] * (least - len(told))
    shares = "".join(f'<col style="width:{width}%">' for width in widths)
    top = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    # Where the table fills a sheet, a line that is written already is no higher than one to write on.
    share = f' style="height:{100 / len(told):.2f}%"' if least else ""
    body = "".join(f"<tr{share}>{''.join(map(_cell, line))}</tr>" for line in told)
    group = f"<colgroup>{shares}</colgroup>" if shares else ""
    return f"<table>{group}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(words: str) -> str:
    return f"<td>{unbroken(words)}</td>".replace("\n", "<br>")


def canvas(name: str, lines: pd.DataFrame, bundle: Bundle) -> str:
    """Return the table of `canvas.<name>`: `lines` stand there in grey, the rest of its rows is to write on.

    A column of the catalogue takes its words `from` a column of `lines`; one without stays open.
    """
    declared = text.entry(f"canvas.{name}")
    columns = list(declared["columns"].values())
    filled = [[_prefilled(line, words, bundle) for words in columns] for line in lines.to_dict("records")]
    headings = [words[text.language()] for words in columns]
    return rows(headings, filled, [words["width"] for words in columns], least=int(declared["rows"]))


def _prefilled(line: Mapping[Any, Any], words: Mapping[str, str], bundle: Bundle) -> str:
    value = line.get(words.get("from", ""))
    if not isinstance(value, (Mapping, list)) and text.is_missing(value):
        return ""
    told = cells.cell(value, words, bundle)[1]
    return shorten(told, SHORT, placeholder=" …") if words["kind"] == "text" and "\n" not in told else told


def boxes(plan: Sequence[Any]) -> str:
    """Return the boxes of `planning.one_page`, a little in each and room to write."""
    inside = "".join(
        f"<article><h2>{escape(box.title)}</h2>"
        f"{points(shorten(line, SHORT, placeholder=' …') for line in onepage.content(box).splitlines()[:3])}</article>"
        for box in plan
    )
    return f'<div class="boxes">{inside}</div>'


def timeline(items: Iterable[tuple[int, int, str]]) -> str:
    """Return an agenda drawn to scale: `from_minute, to_minute, what` is as high as it is long."""
    listed = list(items)
    scale = AGENDA_HEIGHT / max(to for _, to, _ in listed)
    drawn = "".join(
        f'<li style="height:{(to - start) * scale:.1f}mm"><span class="minute">{start}–{to}</span>'
        f'<span class="what">{escape(what)}</span><span class="long">{to - start} min</span></li>'
        for start, to, what in listed
    )
    return f'<ol class="timeline">{drawn}</ol>'
