"""The browser's side of the controls: one class and one plain JavaScript file each.

Imported only by a live notebook: a widget that is merely constructed ends up in the saved notebook's metadata.
"""

from __future__ import annotations

from pathlib import Path

import anywidget
from traitlets import Dict, Integer, List, Unicode

from kamlib.show import page

_STATIC = Path(__file__).parent / "static"


class WeightSliders(anywidget.AnyWidget):
    """A slider for each criterion, and a line that says what is saved.

    The kernel owns every trait. A person's change comes as a message and is answered by one, since a trait
    would be dropped without a word while the kernel is away.
    """

    _esm = _STATIC / "weights.js"
    _css = _STATIC / "weights.css"
    rows = List(Dict()).tag(sync=True)
    limits = Dict().tag(sync=True)
    words = Dict().tag(sync=True)
    outbox = Unicode().tag(sync=True)
    values = Dict().tag(sync=True)
    labels = Dict().tag(sync=True)
    saved = Dict().tag(sync=True)
    note = Unicode().tag(sync=True)


class Pane(anywidget.AnyWidget):
    """HTML that our own renderer made; `drawn` counts the drawings."""

    _esm = _STATIC / "pane.js"
    _css = page.stylesheet()
    html = Unicode().tag(sync=True)
    drawn = Integer(0).tag(sync=True)

    def show(self, html: str) -> None:
        """Put new HTML in place, in one message with its number."""
        with self.hold_sync():
            self.html = html
            self.drawn += 1
