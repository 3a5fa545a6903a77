"""An executed notebook as one HTML file: no script, no address, no code, nothing that is not ours.

Prose comes from markdown cells, everything else from outputs that the rooms of `show` have made (they carry a
mark in the output's metadata). What an analyst has added stands in our own edition, with nothing in it that acts.
Tracebacks are left behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from html import unescape
from importlib.resources import as_file, files
from itertools import groupby
from typing import Any

import mistune
from mistune.util import striptags
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode, from_dict

import kamlib
from kamlib import text
from kamlib.run import own_outputs
from kamlib.show import page

NEVER = {"facilitator", "live", "solution"}
LEVELS = {"level-2": "export.level-2", "level-3": "export.level-3"}

Cell = dict[str, Any]


def to_html(notebook: NotebookNode, *, title: str, lang: str, audience: str) -> str:
    """Return the report of an executed notebook as one self-contained HTML page.

    Parameters
    ----------
    title
        The page's title, plain text; also its heading where the notebook has none.
    lang, audience
        The variant that was executed: `sv` or `en`, `internal` or `customer`.
    """
    with _speaking(lang):
        prose = _Prose()
        cells = [_drawn(cell, audience) for cell in notebook.cells if not _tags(cell) & _shut(audience)]
        shown = [
            cell
            for cell in cells
            if cell["cell_type"] == "markdown" or cell["outputs"] or cell["metadata"]["is_code"]
        ]
        if audience == "customer":
            shown = _without_silent_sections(shown)
        head = _lifted_masthead(shown)
        body = _folded(_without_echo(_spoken([cell for cell in shown if _is_seen(cell)], prose)))
        frame = _frame(prose, title, lang) | {"head": _head(head, prose.title or page.escape(title))}
        return _exporter().written(_without_twin_ids(body), frame)


@contextmanager
def _speaking(lang: str) -> Iterator[None]:
    before = text.language()
    text.use(lang)
    try:
        yield
    finally:
        text.use(before)


# --- what is kept ------------------------------------------------------------------------------------------


def _node(**fields: Any) -> NotebookNode:
    return from_dict(fields)  # type: ignore[no-any-return]


def _tags(cell: Cell) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def _shut(audience: str) -> set[str]:
    return NEVER | {"internal"} if audience == "customer" else NEVER


def _drawn(cell: Cell, audience: str) -> Cell:
    """Return a cell that holds only what a reader may see."""
    is_code = cell["cell_type"] == "code"
    outputs = [kept for output in cell.get("outputs", []) if (kept := _kept(output, audience))]
    level = next((level for level in LEVELS if level in _tags(cell)), "")
    metadata = {"level": level, "is_code": is_code, "headings": [], "before": "", "after": ""}
    source = cell["source"] if cell["cell_type"] == "markdown" else ""
    kind = "code" if is_code else "markdown"
    return _node(cell_type=kind, metadata=metadata, source=source, outputs=outputs)


def _kept(output: Any, audience: str) -> NotebookNode | None:
    if output["output_type"] == "error":
        told = "" if audience == "customer" else page.escape(re.sub(r"\x1b\[[\d;]*m", "", output["evalue"]))
        return _node(output_type="error", traceback=[], evalue=told, metadata={})
    content, marks = output.get("data", {}), output.get("metadata", {})
    if marks.get("kam") and content.get("text/html"):
        return _display(content["text/html"], marks["kam"])
    if audience == "internal" and own_outputs.is_own(output):
        return _display(own_outputs.shown(output, _markdown(_Aside())), {})
    return None


def _display(html: str, marks: dict[str, Any]) -> NotebookNode:
    return _node(output_type="display_data", data={"text/html": html}, metadata=marks)


def _is_seen(cell: Cell) -> bool:
    return bool(cell["outputs"] or cell["source"].strip())


def _without_silent_sections(cells: list[Cell]) -> list[Cell]:
    """Leave out a section whose code shows nothing: a customer is not told what we lack."""
    sections: list[list[Cell]] = [[]]
    for cell in cells:
        if re.match(r"##?\s", cell["source"]):
            sections.append([])
        sections[-1].append(cell)
    return [cell for section in sections if not _is_silent(section) for cell in section]


def _is_silent(section: list[Cell]) -> bool:
    code = [cell for cell in section if cell["metadata"]["is_code"]]
    has_heading = section[:1] and section[0]["source"].startswith("## ")
    return bool(has_heading and code) and not any(cell["outputs"] for cell in code)


# --- prose -------------------------------------------------------------------------------------------------


class _Prose(mistune.HTMLRenderer):
    """Markdown without raw HTML and without addresses; remembers the headings."""

    def __init__(self) -> None:
        super().__init__(escape=True)
        self.title = ""
        self.sections: list[tuple[str, str]] = []
        self.headings: list[str] = []

    def heading(self, text: str, level: int, **_: Any) -> str:
        if level == 1 and not self.title:
            self.title = text
            return ""
        if level <= 3:
            self.headings.append(unescape(striptags(text)))
        if level > 2:
            return f"<h{level}>{text}</h{level}>\n"
        self.sections.append((f"s{len(self.sections) + 1}", text))
        return f'<h2 id="{self.sections[-1][0]}">{text}</h2>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        # A report is read where the notebooks are not, and it names no address: the words of a link are enough.
        return f'<a href="{page.escape(url)}">{text}</a>' if re.fullmatch(r"#[\w-]+", url) else text

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        return text

    def block_html(self, html: str) -> str:
        return "" if html.lstrip().startswith("<!--") else f"<p>{page.escape(html.strip())}</p>\n"


class _Aside(_Prose):
    """Markdown that a cell has shown: its headings are none of the page's."""

    def heading(self, text: str, level: int, **_: Any) -> str:
        return f"<h{max(level, 3)}>{text}</h{max(level, 3)}>\n"


def _spoken(cells: list[Cell], prose: _Prose) -> list[Cell]:
    write = _markdown(prose)
    for cell in cells:
        if not cell["metadata"]["is_code"]:
            prose.headings = []
            cell["source"] = write(cell["source"])
            cell["metadata"]["headings"] = prose.headings
    return cells


def _markdown(renderer: _Prose) -> Callable[[str], str]:
    write = mistune.create_markdown(renderer=renderer, plugins=["table", "strikethrough"])
    return lambda words: _boxed(str(write(words)))


def _boxed(html: str) -> str:
    boxed = html.replace("<table>", '<div class="box" tabindex="0" role="group"><table>')
    return boxed.replace("</table>", "</table></div>")


def _without_echo(cells: list[Cell]) -> list[Cell]:
    """Let a table's caption that only repeats the heading above it be heard, not seen."""
    heading = ""
    for cell in cells:
        heading = [heading, *cell["metadata"]["headings"]][-1]
        for output in cell["outputs"]:
            if heading in output["metadata"].get("titles", ()):
                output["data"]["text/html"] = _heard(output["data"]["text/html"], page.escape(heading))
    return cells


def _heard(html: str, caption: str) -> str:
    for opened in ("<caption>", '<caption class="kam-vh">'):
        silent = f'<caption class="kam-vh kam-echo">{caption}</caption>'
        html = html.replace(f"{opened}{caption}</caption>", silent)
    return html


# --- depth -------------------------------------------------------------------------------------------------


def _folded(cells: list[Cell]) -> list[Cell]:
    """Put each run of deeper cells behind a fold that is named by its first heading."""
    body: list[Cell] = []
    for level, run in groupby(cells, key=lambda cell: cell["metadata"]["level"]):
        together = list(run)
        if level:
            together[0]["metadata"]["before"] = _summary(level, together)
            together[-1]["metadata"]["after"] += "</details>"
        body += together
    return body


def _summary(level: str, cells: list[Cell]) -> str:
    headings = [heading for cell in cells for heading in cell["metadata"]["headings"]][:3]
    names = " \N{MIDDLE DOT} ".join(map(page.escape, headings or _titles(cells)[:2]))
    depth = page.escape(text.t(LEVELS[level]))
    label = f'{names} <span class="level">\N{EN DASH} {depth}</span>' if names else depth
    return f'<details class="depth {level}"><summary>{label}</summary>'


def _titles(cells: list[Cell]) -> list[str]:
    """Return the titles of the tables; where there is none, of the figures; else what is said of nothing to see."""
    of_kind: dict[str, list[str]] = {"": [], "figure": [], "empty": []}
    for output in (output for cell in cells for output in cell["outputs"]):
        kind = output["metadata"].get("kind", "")
        of_kind[kind if kind in of_kind else ""] += output["metadata"].get("titles", ())
    return next(filter(None, of_kind.values()), [])


# --- the page ----------------------------------------------------------------------------------------------


def _lifted_masthead(cells: list[Cell]) -> str:
    """Take the masthead out of its cell; without one the page still says for whom it is."""
    for cell in cells:
        for output in cell["outputs"]:
            if output["metadata"].get("kind") == "masthead":
                cell["outputs"] = [other for other in cell["outputs"] if other is not output]
                return str(output["data"]["text/html"]).removeprefix(f"<style>{page.stylesheet()}</style>")
    return page.framed('<p class="kam-who"></p>', "kam-head")


def _head(masthead: str, title: str) -> str:
    """Return the first lines with the page's heading: its own, else the notebook's."""
    return masthead.replace('<p class="kam-who">', f'<h1>{title}</h1><p class="kam-who">', 1)


def _frame(prose: _Prose, title: str, lang: str) -> dict[str, str]:
    name = page.escape(text.t("export.contents"))
    links = [f'<a href="#{anchor}">{striptags(words)}</a>' for anchor, words in prose.sections]
    items = "".join(f"<li>{link}</li>" for link in links)
    listed = f'<nav class="contents" aria-label="{name}"><p>{name}</p><ol>{items}</ol></nav>'
    return {
        "lang": lang,
        "title": page.escape(title),
        "style": page.font_faces() + _page_style() + page.stylesheet(),
        "skip": page.escape(text.t("export.skip")),
        "stopped": page.escape(text.t("export.stopped")),
        "foot": page.escape(text.t("export.foot", version=kamlib.__version__)),
        "contents": listed if items else "",
    }


@cache
def _page_style() -> str:
    return page.compact(files("kamlib").joinpath("run", "templates", "kam", "kam.css").read_text("utf-8"))


@cache
def _exporter() -> _KamExporter:
    with as_file(files("kamlib").joinpath("run", "templates")) as folder:
        own = {"template_name": "kam", "extra_template_basedirs": [str(folder)]}
        return _KamExporter(**own)  # type: ignore[no-untyped-call]


class _KamExporter(TemplateExporter):
    """The plain template exporter: nbconvert's HTMLExporter would parse the page again and invent alt texts."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def written(self, cells: list[Cell], frame: dict[str, str]) -> str:
        """Return the page of cells that are judged already: no copy, no validation, no preprocessor."""
        parts = ("code", "output", "markdown", "input", "raw", "unknown", "input_prompt", "output_prompt")
        keep = {f"include_{part}": part in ("code", "output", "markdown") for part in parts}
        resources = {"global_content_filter": keep, "kam": frame}
        return str(self.template.render(nb={"cells": cells}, resources=resources))


def _without_twin_ids(cells: list[Cell]) -> list[Cell]:
    """Rename the ids of a figure that stands on the page a second time."""
    seen: dict[str, int] = {}
    for output in (output for cell in cells for output in cell["outputs"]):
        for key in output["metadata"].get("keys", ()):
            seen[key] = seen.get(key, 0) + 1
            if seen[key] > 1:
                output["data"]["text/html"] = output["data"]["text/html"].replace(key, f"{key}x{seen[key]}")
    return cells
