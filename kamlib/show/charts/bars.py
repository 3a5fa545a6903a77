"""Bars as HTML: names, tracks and numbers that read on a phone, on paper and aloud, and cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kamlib.show.page import escape, unbroken


@dataclass(frozen=True)
class Part:
    """A piece of a track from `start` to `end` (shares of it): how it looks, and what is written in it.

    Looks: accent, soft, line, grey, wash and warn are filled; ring and pale are told apart by their edge.
    """

    start: float
    end: float
    look: str = "accent"
    words: str = ""


@dataclass(frozen=True)
class Bar:
    """One row: whose it is, its parts, the number behind it, and what a listener hears of the parts."""

    name: str
    parts: Sequence[Part]
    end: str = ""
    heard: str = ""


def listed(bars: Iterable[Bar], *, lines: Sequence[float] = (), cut: int = 0, wide_end: bool = False) -> str:
    """Return bars as a list; `lines` are upright limits on every track, `cut` rows stand above a dashed line."""
    rows = "".join(_row(bar, lines, last=place == cut) for place, bar in enumerate(bars, start=1))
    return f'<ul class="kam-bars{" kam-far" if wide_end else ""}">{rows}</ul>'


def _row(bar: Bar, lines: Sequence[float], *, last: bool) -> str:
    heard = f'<span class="kam-vh">{escape(bar.heard)}</span>' if bar.heard else ""
    cut = ' class="kam-cut"' if last else ""
    return (
        f"<li{cut}><span>{escape(bar.name)}</span>{track(bar.parts, lines)}"
        f"<span>{heard}{unbroken(bar.end)}</span></li>"
    )


def track(parts: Iterable[Part], lines: Sequence[float] = ()) -> str:
    """Return one track, 0 to 1 from left to right; hidden from those who listen, who get the words beside it."""
    drawn = "".join(_piece(part) for part in parts)
    limits = "".join(f'<i class="kam-at" style="left:{_clip(line):.1%}"></i>' for line in lines)
    return f'<span class="kam-track" aria-hidden="true">{drawn}{limits}</span>'


def _piece(part: Part) -> str:
    start, end = _clip(part.start), _clip(part.end)
    place = f"left:{start:.1%};width:{max(end - start, 0.0):.1%}"
    return f'<i class="kam-{part.look}" style="{place}">{escape(part.words)}</i>'


def _clip(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def key(parts: Iterable[tuple[str, str]]) -> str:
    """Return what each look means: look, words."""
    named = "".join(f'<span><i class="kam-{look}"></i>{escape(words)}</span>' for look, words in parts)
    return f'<p class="kam-key" aria-hidden="true">{named}</p>'
