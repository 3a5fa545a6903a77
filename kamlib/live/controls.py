"""Controls of a notebook: they hold values, save what a person chooses, and redraw what follows.

Live and batch are one path. `weights` gives a panel whose `values` is a plain dictionary; `follow` draws what
follows from them: once, as plain output, or again at every change. With `live=False` no widget is imported.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from kamlib import schema, text
from kamlib.errors import KamError
from kamlib.live import ledger
from kamlib.show import page, tables

if TYPE_CHECKING:
    from kamlib.live import widgets

BEAT_SECONDS = 1.0

Draw = Callable[[dict[str, float]], Any]


class Panel(Protocol):
    """What `follow` needs of a control."""

    values: dict[str, float]


class StillWeights:
    """The weights in force as plain values and a plain table: what a report shows."""

    def __init__(self, portfolio: schema.Portfolio) -> None:
        self._portfolio = portfolio
        saved = ledger.points(ledger.company_weights(portfolio.weight))
        self.values = {name: saved.get(name, own) for name, own in ledger.defaults(portfolio).items()}

    def shown(self) -> page.Shown:
        """Return the weights as a table: criterion, points, share of all points."""
        rows = pd.DataFrame({"criterion": self.values.keys(), "weight": self.values.values()})
        rows["share"] = rows["weight"] / (rows["weight"].sum() or 1)
        return tables.sheet("weights_in_force", rows, self._portfolio)

    def _repr_html_(self) -> str:
        return self.shown().html

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self.shown()._repr_mimebundle_()


class LiveWeights:
    """A slider for each criterion; every change is saved, and told to what follows."""

    def __init__(self, portfolio: schema.Portfolio) -> None:
        from kamlib.live import widgets  # noqa: PLC0415 (lazy: the batch must never import a widget)

        self._ledger = ledger.WeightLedger(portfolio)
        self._tried: dict[str, float] = {}
        self._panes: dict[Hashable, tuple[Draw, widgets.Pane]] = {}
        self.values = self._ledger.values()
        self.widget = widgets.WeightSliders(**self._first_look())
        self.widget.on_msg(self._heard)
        self._watch = _in_the_kernels_loop(self._beat)

    def _first_look(self) -> dict[str, Any]:
        low, high = ledger.limits()
        return {
            "rows": [{"criterion": name, "label": text.label("criterion", name)} for name in self.values],
            "limits": {"low": low, "high": high},
            "words": {name: words[text.language()] for name, words in text.entries("live.words").items()},
            "outbox": self._ledger.outbox,
            "values": dict(self.values),
            "saved": self._ledger.saved(),
            "note": self._ledger.obstacle,
        }

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self.widget._repr_mimebundle_()

    def follow(self, draw: Draw, place: Hashable) -> widgets.Pane:
        """Return a pane that draws now and at every change from now on; one for each place in a notebook."""
        from kamlib.live import widgets  # noqa: PLC0415 (lazy: the batch must never import a widget)

        pane = widgets.Pane()
        _, earlier = self._panes.pop(place, (None, None))
        if earlier is not None:  # the cell was run again: its earlier pane is out of sight
            earlier.close()
        self._panes[place] = (draw, pane)
        pane.show(_drawn(draw, self.values))
        return pane

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "changes":
            answers = self.receive(content.get("changes"))
            self.widget.send({"type": "answers", "answers": [each.as_message() for each in answers]})

    def receive(self, changes: Any) -> list[ledger.Answer]:
        """Judge and save what a browser asks for, redraw, and return one answer for each change."""
        answers = [self._answer(change) for change in changes] if isinstance(changes, list) else []
        told = [answer.told for answer in answers if answer.told]
        self.widget.note = told[-1] if told else self._ledger.obstacle
        self._ledger.news()
        self._refresh()
        return answers

    def _answer(self, change: Any) -> ledger.Answer:
        wish = self._ledger.judged(change)
        if wish is None:
            op_id = str(change.get("op_id", "")) if isinstance(change, dict) else ""
            return ledger.Answer(op_id, "refused", text.t("live.refused"))
        answer = self._ledger.take(wish)
        self._tried.pop(wish.criterion, None)
        if answer.state in ("tried", "later"):
            self._tried[wish.criterion] = wish.value
        return answer

    def catch_up(self) -> None:
        """Read the log again where somebody else has written, and redraw."""
        if self._ledger.news():
            self._refresh(always=True)

    def _refresh(self, *, always: bool = False) -> None:
        before, self.values = self.values, self._ledger.values() | self._tried
        self.widget.saved = self._ledger.saved()
        self.widget.values = dict(self.values)
        if always or before != self.values:
            for draw, pane in self._panes.values():
                pane.show(_drawn(draw, self.values))

    async def _beat(self) -> None:
        # Asked in the kernel, not by the browser: a message a second would keep an idle kernel from being
        # culled, make JupyterLab flicker between busy and idle, and pile up while a cell runs.
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                self.catch_up()
            except Exception as fault:  # noqa: BLE001 (a workspace out of reach for a moment must not end the watch)
                self.widget.note = text.t("live.out_of_reach", reason=str(fault))

    def close(self) -> None:
        """Stop watching and take the control and its panes off the page."""
        if self._watch is not None:
            self._watch.cancel()
        for widget in (self.widget, *(pane for _, pane in self._panes.values())):
            widget.close()


_current: dict[str, LiveWeights] = {}


def weights(portfolio: schema.Portfolio, *, live: bool) -> StillWeights | LiveWeights:
    """Return the panel of the criteria's weights: `.values` is points by criterion.

    They start from what is saved at the company level, else from the settings. With `live` each change is
    saved with its log row in one transaction. Source: S1.3, method.md 6.2.
    """
    if not live:
        return StillWeights(portfolio)
    earlier = _current.pop("weights", None)
    if earlier is not None:  # the cell was run again: one watch is enough
        earlier.close()
    _current["weights"] = LiveWeights(portfolio)
    return _current["weights"]


def follow(draw: Draw, panel: Panel, *, live: bool) -> Any:
    """Return what `draw` makes of the panel's values; live, a pane that draws again at every change.

    `draw` takes the dictionary of values and returns something with `_repr_html_`.
    """
    if isinstance(panel, LiveWeights) and live:
        # IPython names a cell's code after its content: the same cell run again is the same place.
        cell = sys._getframe(1)  # noqa: SLF001 (the documented way to the caller)
        return panel.follow(draw, (cell.f_code.co_filename, cell.f_lineno))
    return draw(panel.values)


def _drawn(draw: Draw, values: dict[str, float]) -> str:
    try:
        return str(draw(dict(values))._repr_html_())
    except KamError as stop:
        told = stop.told()
    except Exception as fault:  # noqa: BLE001 (an old picture left standing would be a lie)
        told = text.t("live.not_drawn", reason=f"{type(fault).__name__}: {fault}")
    return page.framed(f"<p>{page.escape(told)}</p>", "kam-empty")


def _in_the_kernels_loop(beat: Callable[[], Any]) -> asyncio.Task[None] | None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # no kernel: a plain script or a test
        return None
    return loop.create_task(beat())
