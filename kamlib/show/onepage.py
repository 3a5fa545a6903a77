"""The one-page plan as a printable sheet of fifteen boxes: one A4, three minutes (P15)."""

from __future__ import annotations

import pandas as pd

from kamlib import text
from kamlib.show import cells
from kamlib.show.page import NOTHING, Bundle, Shown, audience, dated, escape, framed, unbroken

_TONES = {"assumed": "warn", "stale": "bad", "missing": "bad"}
_WIDE = {"goals", "steps", "priorities", "people", "risks", "promises"}


def sheet(boxes: pd.DataFrame, bundle: Bundle, name: str = "") -> Shown:
    """Show the rows of `planning.one_page` as a grid of boxes in reading order.

    A box that is not filled says in a tinted word what it is, and below its content what to add; a required one
    is marked with a star. In the customer's edition only content and titles stand.
    """
    if boxes.empty:
        return NOTHING
    inside = audience(bundle) == "internal"
    grid = "".join(_box(box, inside=inside) for _, box in boxes.iterrows())
    title = text.t("page.caption" if inside else "page.caption_for_customer", name=name)
    head = f'<h2 class="kam-onepage-title">{escape(title)}</h2>'
    note = f'<p class="kam-note">{escape(dated(bundle, _note(boxes) if inside else ""))}</p>'
    body = f'{head}<div class="kam-onepage-grid {_density(boxes)}">{grid}</div>{note}'
    plain = "\n".join([title, *(_told(box) for _, box in boxes.iterrows())])
    return Shown(framed(body, "kam-onepage", "section"), plain, titles=(title,))


#: More characters than this on the page are printed smaller, so that one A4 holds them.
_FULL, _CROWDED = 2400, 3400


def _density(boxes: pd.DataFrame) -> str:
    written = int(boxes[["title", "content", "add", "source"]].fillna("").map(len).to_numpy().sum())
    return "kam-crowded" if written > _CROWDED else "kam-full" if written > _FULL else "kam-airy"


def _told(box: pd.Series) -> str:
    return f"{box['title']}: {box['content'] or box['add']}"


def _note(boxes: pd.DataFrame) -> str:
    filled, left = boxes["state"].eq("filled"), boxes[boxes["state"].ne("filled")]
    counts = {"filled": int(filled.sum()), "of": len(boxes), "required": int(left["is_required"].sum())}
    return text.t("page.summary", **counts, minutes=int(left["minutes"].sum()))


def _box(box: pd.Series, *, inside: bool) -> str:
    star = (
        f'<abbr title="{escape(text.t("page.required"))}">*</abbr>' if inside and box["is_required"] else ""
    )
    tone = _TONES.get(box["state"], "")
    state = cells.pill(text.label("box_state", box["state"]), tone) if inside and tone else ""
    lines = "".join(f"<li>{unbroken(line)}</li>" for line in str(box["content"]).splitlines())
    content = f"<ul>{lines}</ul>" if lines else ""
    add = f'<p class="kam-box-add">{escape(box["add"])}</p>' if box["add"] else ""
    wide = " kam-box-wide" if box["box"] in _WIDE else ""
    heading = f"<h3>{escape(box['title'])}{star}</h3>"
    return f'<article class="kam-box{wide}"><header>{heading}{state}</header>{content}{add}{_source(box, inside=inside)}</article>'


def _source(box: pd.Series, *, inside: bool) -> str:
    if not inside or not box["source"] or not box["content"]:
        return ""
    told = {"source": box["source"], "day": text.day(box["dated_on"])}
    key = "page.source" if pd.isna(box["dated_on"]) else "page.source_dated"
    return f'<p class="kam-box-source">{escape(text.t(key, **told))}</p>'
