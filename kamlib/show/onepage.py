"""The one-page plan as a printable sheet of fifteen boxes: one A4, three minutes (P15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kamlib import text
from kamlib.show import cells
from kamlib.show.page import NOTHING, Bundle, Shown, audience, dated, escape, framed, unbroken
from kamlib.words import figures_in

_TONES = {"assumed": "warn", "stale": "bad", "missing": "bad"}
_WIDE = {"goals", "steps", "priorities", "people", "risks", "promises"}


def sheet(boxes: Sequence[Any], bundle: Bundle, name: str = "") -> Shown:
    """Show the boxes of `planning.one_page` as a grid in reading order.

    A box that is not filled says in a tinted word what it is, and below its lines what to add; a required one
    is marked with a star. The customer's edition has only lines and titles.
    """
    if not boxes:
        return NOTHING
    inside = audience(bundle) == "internal"
    grid = "".join(_box(box, inside=inside) for box in boxes)
    title = text.t("page.caption" if inside else "page.caption_for_customer", name=name)
    head = f'<h2 class="kam-onepage-title">{escape(title)}</h2>'
    note = f'<p class="kam-note">{escape(dated(bundle, _note(boxes) if inside else ""))}</p>'
    body = f'{head}<div class="kam-onepage-grid {_density(boxes)}">{grid}</div>{note}'
    plain = "\n".join([title, *(f"{box.title}: {content(box) or box.add}" for box in boxes)])
    figures = tuple(figures_in([box.lines for box in boxes])) if inside else ()
    return Shown(framed(body, "kam-onepage", "section"), plain, titles=(title,), figures=figures)


def content(box: Any) -> str:
    """Return the lines of a box as text."""
    return "\n".join(map(str, box.lines))


#: More characters than this on the page are printed smaller, so that one A4 holds them.
_FULL, _CROWDED = 2400, 3400


def _density(boxes: Sequence[Any]) -> str:
    count = sum(len(str(part)) for box in boxes for part in (box.title, content(box), box.add, box.source))
    return "kam-crowded" if count > _CROWDED else "kam-full" if count > _FULL else "kam-airy"


def _note(boxes: Sequence[Any]) -> str:
    left = [box for box in boxes if box.state != "filled"]
    counts = {"filled": len(boxes) - len(left), "of": len(boxes)}
    required = sum(box.is_required for box in left)
    return text.t("page.summary", **counts, required=required, minutes=sum(box.minutes for box in left))


def _box(box: Any, *, inside: bool) -> str:
    star = f'<abbr title="{escape(text.t("page.required"))}">*</abbr>' if inside and box.is_required else ""
    tone = _TONES.get(box.state, "")
    state = cells.pill(text.label("box_state", box.state), tone) if inside and tone else ""
    lines = "".join(f"<li>{unbroken(line)}</li>" for line in content(box).splitlines())
    listed = f"<ul>{lines}</ul>" if lines else ""
    add = f'<p class="kam-box-add">{escape(box.add)}</p>' if box.add else ""
    wide = " kam-box-wide" if box.box in _WIDE else ""
    heading = f"<h3>{escape(box.title)}{star}</h3>"
    return f'<article class="kam-box{wide}"><header>{heading}{state}</header>{listed}{add}{_source(box, inside=inside)}</article>'


def _source(box: Any, *, inside: bool) -> str:
    if not inside or not box.source or not box.lines:
        return ""
    key = "page.source" if box.dated_on is None else "page.source_dated"
    source = text.t(key, source=box.source, day=text.day(box.dated_on))
    return f'<p class="kam-box-source">{escape(source)}</p>'
