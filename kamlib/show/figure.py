"""A matplotlib figure as clean inline SVG: text stays text, the same data give the same bytes.

A figure is drawn once, at a size that is read on a phone too; one that needs all of a desktop's width is drawn a
second time for a phone, and the page's style shows one of the two. It carries a title, a description for those who
do not see it, the line of how and when, and its numbers as a table behind a fold.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import as_file, files
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.textpath import text_to_path

from kamlib import text
from kamlib.show import page
from kamlib.show.page import Bundle, Shown, dated, escape, framed

#: A name longer than this is cut in a figure; the table behind the figure has it whole.
LONGEST = 28


@dataclass(frozen=True)
class Drawing:
    """What draws on empty axes, and the size in inches. Up to 4 inches wide it is read on a phone as it stands."""

    paint: Callable[[Axes], None]
    size: tuple[float, float]


@dataclass(frozen=True)
class Words:
    """The words around a figure: what it says, what is drawn, and the same for those who do not see it."""

    title: str
    subtitle: str = ""
    description: str = ""
    note: str = ""


@dataclass(frozen=True, repr=False)
class Drawn(Shown):
    """A drawn figure that keeps its words and its drawing, for a document that takes no SVG."""

    words: Words = Words("")
    drawing: Drawing | None = None

    def picture(self, dpi: int = 200) -> bytes:
        """Return the drawing as PNG."""
        written = io.BytesIO()
        if self.drawing is not None:
            with _painted(self.drawing) as painted:
                painted.savefig(written, format="png", dpi=dpi, metadata={"Software": None})
        return written.getvalue()


def shown(
    drawing: Drawing, words: Words, bundle: Bundle, *, table: str = "", phone: Drawing | None = None
) -> Shown:
    """Return a figure with its words; `table` is the HTML of its numbers, `phone` what a phone shows in its place."""
    places = {"kam-wide": drawing, "kam-narrow": phone} if phone else {"kam-one": drawing}
    drawn = {name: _drawn(each) for name, each in places.items()}
    inside = "".join(
        f'<div class="{name}">{_named(svg, key, words)}</div>' for name, (svg, key) in drawn.items()
    )
    whole = laid(inside, words, bundle, table=table)
    keys = tuple({key: None for _, key in drawn.values()})
    return Drawn(whole.html, whole.plain, whole.kind, whole.titles, keys, words=words, drawing=drawing)


def laid(inside: str, words: Words, bundle: Bundle, *, table: str = "") -> Shown:
    """Return a figure whose inside is HTML already: a drawing, or a list or table that says it better than one."""
    note = dated(bundle, words.note)
    label = escape(text.t("show.data_table"))
    numbers = f'<details class="kam-data"><summary>{label}</summary>{table}</details>' if table else ""
    subtitle = f"<span>{escape(words.subtitle)}</span>" if words.subtitle else ""
    body = (
        f"<figure><figcaption><strong>{escape(words.title)}</strong>{subtitle}</figcaption>"
        f"{inside}{page.note(note)}{numbers}</figure>"
    )
    plain = "\n".join(filter(None, [words.title, words.subtitle, words.description, note]))
    # A tree may go on on the next page of paper.
    breaks = " kam-breaks" * inside.startswith('<div class="kam-tree"')
    return Shown(framed(body, f"kam-figure{breaks}"), plain, "figure", (words.title,))


def short(name: str, longest: int = LONGEST) -> str:
    """Return a name that fits into a figure."""
    # A name with a line break would cover its neighbours; the space within an amount stays unbroken.
    line = re.sub(r"[^\S\u00a0]+", " ", page.printable(name[: 4 * longest])).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def capital(words: str) -> str:
    """Return words that begin a sentence."""
    return words[:1].upper() + words[1:]


@lru_cache(maxsize=4096)
def width(words: str, size: float = 9.2, *, bold: bool = False) -> float:
    """Return the width of a line of text in inches."""
    _fonts()
    face = font_manager.FontProperties(family="Inter", size=size, weight=600 if bold else 400)
    with _without_glyph_warnings():
        measured, _, _ = text_to_path.get_text_width_height_descent(words, face, ismath=False)
    return float(measured) / 72


def margins(
    ax: Axes, *, left: float = 0.1, right: float = 0.1, top: float = 0.1, bottom: float = 0.32
) -> None:
    """Place the axes in its figure; margins in inches."""
    wide, high = ax.figure.get_size_inches()  # type: ignore[union-attr]
    box = (left / wide, bottom / high, (wide - left - right) / wide, (high - top - bottom) / high)
    ax.set_position(box)


# --- drawing -----------------------------------------------------------------------------------------------


@cache
def _fonts() -> None:
    with as_file(files("kamlib.show").joinpath("fonts")) as folder:
        for weight in ("Regular", "SemiBold"):
            font_manager.fontManager.addfont(folder / f"Inter-{weight}.ttf")


@contextmanager
def _without_glyph_warnings() -> Iterator[None]:
    # The page's reader has more fonts than Inter: a name with an emoji is no reason for a warning in the room.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph [\s\S]* missing from font")
        yield


@cache
def _style() -> Any:
    with as_file(files("kamlib.show").joinpath("kam.mplstyle")) as sheet:
        return mpl.rc_params_from_file(sheet, use_default_template=False)


class _Quiet(Axes):
    """Axes that draw an axis only where it has marks: ticks would be most of the cost of a small drawing."""

    def set_xticks(self, ticks: Any, labels: Any = None, **more: Any) -> Any:
        self.xaxis.set_visible(len(ticks) > 0)
        return super().set_xticks(ticks, labels, **more) if len(ticks) else []

    def set_yticks(self, ticks: Any, labels: Any = None, **more: Any) -> Any:
        self.yaxis.set_visible(len(ticks) > 0)
        return super().set_yticks(ticks, labels, **more) if len(ticks) else []


@contextmanager
def _painted(drawing: Drawing) -> Iterator[Figure]:
    _fonts()
    style = mpl.rcParamsDefault | _style() | {"svg.hashsalt": "kam"}
    with mpl.rc_context(style), _without_glyph_warnings():
        figure = Figure(figsize=drawing.size)
        FigureCanvasSVG(figure)
        drawing.paint(figure.add_axes((0.0, 0.0, 1.0, 1.0), axes_class=_Quiet))
        yield figure


def _drawn(drawing: Drawing) -> tuple[str, str]:
    written = io.StringIO()
    bare = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with _painted(drawing) as painted:
        painted.savefig(written, format="svg", metadata=bare)
    return _clean(written.getvalue())


#: What matplotlib writes and the page has no use for: metadata, a style for the whole page, unseen grounds,
#: groups (and that they cut marks at the edge), rotations by nothing, and the font that the page gives anyway.
_NEEDLESS = (
    r"<metadata>.*?</metadata>",
    r"<defs>\s*<style.*?</style>\s*</defs>",
    r"<!--.*?-->",
    r'<path d="[^"]*" style="fill: none"/>',
    r"</?g\b[^>]*>",
    r' transform="rotate\(-0 [^"]*\)"',
    r" font-family: 'Inter';",
)


def _clean(svg: str) -> tuple[str, str]:
    """Return the drawing alone and the key with which its ids begin; what is written in it stays as it is."""
    svg = _in_tags(r"(\d+\.\d{2})\d+", r"\1", page.printable(svg[svg.index("<svg") :]))
    used = set(re.findall(r"(?:url\(#|href=\"#)([^\")]+)", svg))
    svg = _in_tags(r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", svg)
    for needless in _NEEDLESS:
        svg = re.sub(needless, "", svg, flags=re.DOTALL)
    svg = _in_tags(r'(;?) "', '"', re.sub(r" ?\n\s*", " ", svg).replace("> <", "><"))
    key = "kf" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = _in_tags(r' id="([^"]+)"', rf' id="{key}-\1"', svg)
    svg = _in_tags(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", svg)
    svg = _in_tags(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{key}-\1"', svg)
    return svg, key


def _in_tags(pattern: str, repl: str | Callable[[re.Match[str]], str], svg: str) -> str:
    """Replace in the tags of a drawing only: a customer's name may hold a long number, a quote or an id."""
    wanted = re.compile(pattern)
    return re.sub("<[^<>]*>", lambda tag: wanted.sub(repl, tag[0]), svg)


def _named(svg: str, key: str, words: Words) -> str:
    box = re.search(r'viewBox="([^"]+)"', svg)
    if box is None:
        raise ValueError("a drawing has lost its frame")
    head = (
        f'<svg class="kam-svg" xmlns="http://www.w3.org/2000/svg" viewBox="{box[1]}" role="img" '
        f'aria-labelledby="{key}-t {key}-d"><title id="{key}-t">{escape(words.title)}</title>'
        f'<desc id="{key}-d">{escape(words.description or words.subtitle or words.title)}</desc>'
    )
    return re.sub(r"<svg[^>]*>", lambda _: head, svg, count=1)
