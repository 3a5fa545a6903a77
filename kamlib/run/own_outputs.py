"""What an analyst adds to a notebook of their own: shown in our own edition, refused in a customer's.

An output is own when no room of `show` has made it: a frame, a drawing, Markdown, HTML, printed text. Nothing of it may
act in a report, so HTML is written anew from its words and its structure.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

from nbformat import NotebookNode

from kamlib import text
from kamlib.show import page

Output = Mapping[str, Any]

_STRUCTURE = {
    "p", "div", "span", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption",
    "thead", "tbody", "tfoot", "tr", "th", "td", "strong", "b", "em", "i", "u", "s", "sub", "sup", "small", "mark",
    "code", "pre", "blockquote", "details", "summary",
}  # fmt: skip
_WITHOUT_END = {"br", "hr"}
_HEADINGS = {"h1": "h3", "h2": "h3"}  # the page has a first and a second order of its own
#: What is left out with all that stands in it; only `style` is nothing that a reader would miss.
_ACTING = {"script", "iframe", "object", "embed", "svg", "math", "form", "template", "noscript", "style"}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=]+")
_NUMBER = re.compile(r"[-\u2212+]?[\d\s.,\u00a0]*\d(?:\s?%)?")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # of an object in memory: another one in each run


def is_own(output: Output) -> bool:
    """Tell an output that a reader would see and that no room of `show` has made."""
    if output["output_type"] == "stream":
        return output.get("name") == "stdout" and bool(output["text"].strip())
    return output["output_type"] != "error" and not output.get("metadata", {}).get("kam")


def refusal(executed: NotebookNode, notebook: str) -> dict[str, Any]:
    """Return the error of a customer's edition that holds an own output; empty where there is none."""
    for number, cell in enumerate(executed.cells):
        if any(map(is_own, cell.get("outputs", ()))):
            begins = next(iter(cell.source.strip().splitlines()), "")[:80]
            message = text.t("own_output.refused", notebook=notebook, begins=begins)
            return {"kind": "OwnOutput", "message": message, "cell": number}
    return {}


def shown(output: Output, write: Callable[[str], str]) -> str:
    """Return the HTML of an own output for our own edition; `write` turns Markdown into HTML in which nothing acts."""
    content: Mapping[str, str] = output.get("data", {"text/plain": output.get("text", "")})
    named = next((each["alt"] for each in output.get("metadata", {}).values() if "alt" in each), "")
    writers: dict[str, Callable[[str], str]] = {
        "text/html": lambda html: _Reader().read(html),
        "text/markdown": write,
        # A drawing as a picture: what is in it can neither act nor ask for anything.
        "image/svg+xml": lambda xml: _picture("svg+xml", base64.b64encode(xml.encode()).decode(), named),
        "image/png": lambda encoded: _picture("png", encoded, named),
        "image/jpeg": lambda encoded: _picture("jpeg", encoded, named),
        "text/latex": _preformatted,
    }
    if content.keys() <= {"text/plain"}:
        body = _preformatted(content.get("text/plain", ""))
    else:
        body = next(filter(None, (writers[kind](content[kind]) for kind in writers if kind in content)), "")
    return page.framed(body or page.note(text.t("own_output.not_shown")), "kam-own-output")


def _picture(kind: str, encoded: str, named: str) -> str:
    return _image(f"data:image/{kind};base64,{''.join(encoded.split())}", named)


def _image(source: str, named: str) -> str:
    alt = page.escape(named or text.t("export.picture"))
    return f'<img alt="{alt}" src="{source}">' if _PICTURE.fullmatch(source) else ""


def _preformatted(printed: str) -> str:
    plain = _ADDRESS.sub("", _COLOUR.sub("", printed)).strip("\n")
    return f'<pre tabindex="0">{page.escape(plain)}</pre>' if plain.strip() else ""


class _Reader(HTMLParser):
    """Writes HTML anew from its words and its structure: known elements, hardly an attribute, pictures of data."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.open: list[str] = []
        self.acting: list[str] = []
        self.is_cut = self.is_visible = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        tag = _HEADINGS.get(tag, tag)
        if tag in _ACTING:
            self.acting.append(tag)
            self.is_cut |= tag != "style"
        elif self.acting:
            return
        elif tag == "img":
            self._show(_image(given.get("src", ""), given.get("alt", "")))
        elif tag in _STRUCTURE:
            self.parts.append('<div class="kam-scroll" tabindex="0" role="group">' * (tag == "table"))
            self.parts.append(f"<{tag}{self._attributes(tag, given)}>")
            self.open += [tag] * (tag not in _WITHOUT_END)

    def _attributes(self, tag: str, given: Mapping[str, str]) -> str:
        if tag not in ("th", "td"):
            return ""
        wide = [name for name in ("colspan", "rowspan") if given.get(name, "").isdecimal()]
        spans = "".join(f' {name}="{given[name]}"' for name in wide)
        scope = f' scope="{"col" if "thead" in self.open else "row"}"' if tag == "th" else ""
        return scope + spans

    def handle_endtag(self, tag: str) -> None:
        tag = _HEADINGS.get(tag, tag)
        if tag in self.acting:
            self.acting = self.acting[: self.acting.index(tag)]
        elif tag in self.open and not self.acting:
            self._close(len(self.open) - 1 - self.open[::-1].index(tag))

    def _close(self, left: int) -> None:
        """Close the elements that stand open, down to as many as are `left`."""
        while len(self.open) > left:
            tag = self.open.pop()
            self.parts.append(f"</{tag}>" + "</div>" * (tag == "table"))

    def handle_data(self, words: str) -> None:
        if self.acting:
            return
        if self.parts and self.parts[-1].startswith("<td") and _NUMBER.fullmatch(words.strip()):
            self.parts[-1] = self.parts[-1].replace(">", ' class="kam-n">')
        self._show(page.escape(words))

    def _show(self, html: str) -> None:
        self.parts.append(html)
        self.is_visible |= bool(html.strip())

    def read(self, html: str) -> str:
        """Return what of `html` may stand in a report; empty where nobody would see anything."""
        self.feed(html)
        self.close()
        self._close(0)
        left_out = page.note(text.t("own_output.left_out")) if self.is_cut else ""
        return "".join(self.parts) + left_out if self.is_visible else ""
