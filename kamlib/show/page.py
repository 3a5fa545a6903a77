"""What everything shown shares: the shown thing itself, the colours, and the style of a page."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from kamlib import schema, text
from kamlib.words import Figure

Bundle = schema.Bundle

#: Colours by role. A test holds every pair that carries text to a contrast of at least 4.5.
COLOURS = {
    "ink": "#16232E",
    "muted": "#556370",
    "soft": "#8A97A3",
    "line": "#D9E0E6",
    "wash": "#F3F6F8",
    "paper": "#FFFFFF",
    "track": "#E9EEF1",
    "accent": "#0E5F76",
    "accent_soft": "#7FB3C2",
    "accent_wash": "#DCEBF0",
    "accent_ink": "#0A4556",
    "good": "#1F7A54",
    "good_ink": "#155C3F",
    "good_wash": "#E2F0E9",
    "warn": "#B25E09",
    "warn_ink": "#6E3B04",
    "warn_wash": "#FBEBD3",
    "bad": "#B23A2E",
    "bad_ink": "#8C2A20",
    "bad_wash": "#F8E9E7",
    "bad_tint": "#F3D3CE",
    "bad_soft": "#EBBDB7",
    "bad_deep": "#E3A59D",
    "grey": "#84929D",
}

# MathJax in JupyterLab would read two dollar signs as a formula; both of its generations look for a class.
_SCOPE = "kam tex2jax_ignore mathjax_ignore"


@dataclass(frozen=True, repr=False)
class Shown:
    """Something to look at: HTML for a page, plain words for a terminal.

    What the export must know of it travels in the output's metadata: its kind, the titles of its tables or its figure
    (plain words), and the keys with which the ids of its drawings begin. `style` is for a page that has no style yet.
    `figures` are the named numbers in it: the run writes them down, so that each can be traced.
    """

    html: str
    plain: str
    kind: str = "table"
    titles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    style: str = ""
    figures: tuple[Figure, ...] = ()

    def _repr_html_(self) -> str:
        return f"<style>{self.style}</style>{self.html}" if self.style else self.html

    def __repr__(self) -> str:
        return self.plain

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        shown = {"text/html": self._repr_html_(), "text/plain": self.plain}
        marks = {"kind": self.kind, "titles": [*self.titles], "keys": [*self.keys]}
        figures = [_traced(each) for each in self.figures]
        return shown, {"kam": marks | ({"figures": figures} if figures else {})}


def _traced(figure: Figure) -> dict[str, Any]:
    """Return a figure as plain values, with the words that the page shows."""
    told = {name: getattr(figure, name) for name in ("name", "account_id", "of", "unit")}
    return {
        **told,
        "formula": figure.formula or _formula(figure.name),
        "value": None if text.is_missing(figure.value) else float(figure.value),
        "words": str(figure),
        "tables": [*figure.tables],
        "data_on": figure.data_on.isoformat() if figure.data_on else "",
        "known": list(figure.known or ()),
    }


def _formula(name: str) -> str:
    """Return how a figure is counted, in words, where the catalogue says it."""
    known = (f"kpi.{name}.formula", f"figure.{name}.formula")
    return next((text.t(key) for key in known if key in text.catalogue()), "")


NOTHING = Shown("", "")


#: Signs that no page and no drawing may hold: XML forbids them, half a pair of surrogates can't be written, and a
#: sign that turns the reading direction would turn the words around it too.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(value: object) -> str:
    """Return text in which what can't be shown is a mark of its own."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def escape(value: object) -> str:
    """Return text that HTML shows as it stands, also within an attribute."""
    return html.escape(printable(value), quote=True)


def framed(body: str, name: str = "", tag: str = "div") -> str:
    """Return `body` in an element that our style sheet reaches and MathJax leaves alone."""
    return f'<{tag} class="{f"{_SCOPE} {name}".strip()}">{body}</{tag}>'


def audience(bundle: Bundle) -> str:
    """Return whom the page is for; a portfolio is always internal."""
    return bundle.audience if isinstance(bundle, schema.Account) else "internal"


def dated(bundle: Bundle, note: str = "") -> str:
    """Return the line below a table or figure: how it is counted, and as of when."""
    return " ".join(filter(None, [note, text.t("show.as_of", day=text.day(bundle.as_of))]))


def unbroken(words: str) -> str:
    """Return text as HTML in which no date is broken at its hyphens."""
    return re.sub(r"(\d{4}-\d\d-\d\d)", r'<span class="kam-nw">\1</span>', escape(words))


def note(words: str) -> str:
    """Return the HTML of that line."""
    return f'<p class="kam-note">{unbroken(words)}</p>'


@cache
def stylesheet() -> str:
    """Return the style of everything shown, scoped to the class `kam`."""
    return compact(files("kamlib.show").joinpath("kam.css").read_text("utf-8"))


def compact(style: str) -> str:
    """Return a style sheet as it is delivered: without the white space that its readers need."""
    return "".join(line.strip() for line in style.splitlines())


@cache
def font_faces() -> str:
    """Return the two weights of Inter as CSS with the files inside it."""
    return "".join(_font_face(name, weight) for name, weight in (("Regular", 400), ("SemiBold", 600)))


def _font_face(name: str, weight: int) -> str:
    held = files("kamlib.show").joinpath("fonts", f"Inter-{name}.woff2").read_bytes()
    source = f"data:font/woff2;base64,{base64.b64encode(held).decode()}"
    return (
        f"@font-face{{font-family:Inter;font-weight:{weight};font-style:normal;"
        f"src:url({source}) format('woff2')}}"
    )
