"""Controls of a notebook: they hold values, save what a person chooses, and redraw what follows.

Live and batch are one path. `weights` gives a panel that holds the points by criterion and the choice they make;
`follow` shows a part of the page that follows from that choice: once, as plain output, or again at every change.
With `live=False` no widget is imported.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kamlib import schema, text
from kamlib.errors import KamError
from kamlib.live import ledger
from kamlib.method import segmentation
from kamlib.show import page, tables

if TYPE_CHECKING:
    from kamlib.live import widgets

BEAT_SECONDS = 1.0

#: A part of a page: what is shown of a choice. `choice_page` holds those of 01.
Part = Callable[[segmentation.Choice, schema.Portfolio], page.Shown]


class StillWeights:
    """The weights in force as plain values and a plain table: what a report shows."""

    def __init__(self, portfolio: schema.Portfolio) -> None:
        self.portfolio = portfolio
        self.values = segmentation.points_in_force(portfolio.settings, portfolio.weight)

    @cached_property
    def choice(self) -> segmentation.Choice:
        """The choice that the weights make."""
        return segmentation.choose(self.portfolio, self.values)

    def shown(self) -> page.Shown:
        """Return the weights as a table (criterion, points, share of all points), and say if nothing weighs."""
        rows = segmentation.weighing(self.values)
        sheet = tables.sheet("weights_in_force", rows, self.portfolio)
        nothing = "" if rows["share"].any() else text.t("segment.weights.none")
        return tables.together(sheet, tables.what_to_add(nothing, self.portfolio)) if nothing else sheet

    def _repr_html_(self) -> str:
        return self.shown().html

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self.shown()._repr_mimebundle_()


@dataclass
class _Followed:
    """One part on the page; one that follows at rest waits for the next beat."""

    part: Part
    pane: widgets.Pane
    at_rest: bool
    is_stale: bool = True


class LiveWeights:
    """A slider for each criterion; every change is saved, and what follows is drawn again."""

    def __init__(self, portfolio: schema.Portfolio) -> None:
        from kamlib.live import widgets  # noqa: PLC0415 (lazy: the batch must never import a widget)

        self.portfolio = portfolio
        self._ledger = ledger.WeightLedger(portfolio)
        self._tried: dict[str, float] = {}
        self._followed: dict[Hashable, _Followed] = {}
        self._choice: segmentation.Choice | None = None
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
            "labels": self._labels(),
            "saved": self._ledger.saved(),
            "note": self._note(),
        }

    def _labels(self) -> dict[str, str]:
        """Say what each criterion weighs, beside its slider: the browser counts no shares of its own."""
        return {
            str(row.criterion): text.t("live.weight", points=row.points, share=text.percent(row.share))
            for row in segmentation.weighing(self.values).itertuples()
        }

    def _note(self, message: str = "") -> str:
        nothing = "" if any(self.values.values()) else text.t("segment.weights.none")
        return " ".join(filter(None, [message or self._ledger.obstacle, nothing]))

    @property
    def choice(self) -> segmentation.Choice:
        """The choice that the weights make, counted once for all that follows."""
        if self._choice is None:
            self._choice = segmentation.choose(self.portfolio, self.values)
        return self._choice

    def _repr_mimebundle_(self, **_: Any) -> Any:
        return self.widget._repr_mimebundle_()

    def follow(self, part: Part, place: Hashable, *, at_rest: bool) -> widgets.Pane:
        """Return a pane that draws now and at every change from now on; one for each place in a notebook."""
        from kamlib.live import widgets  # noqa: PLC0415 (lazy: the batch must never import a widget)

        earlier = self._followed.pop(place, None)
        if earlier is not None:  # the cell was run again: its earlier pane is out of sight
            earlier.pane.close()
        self._followed[place] = _Followed(part, widgets.Pane(), at_rest)
        self._draw(at_rest=at_rest)
        return self._followed[place].pane

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("type") == "changes":
            answers = self.receive(content.get("changes"))
            self.widget.send({"type": "answers", "answers": [each.for_browser() for each in answers]})

    def receive(self, changes: Any) -> list[ledger.Answer]:
        """Judge and save what a browser asks for, redraw, and return one answer for each change."""
        answers = [self._answer(change) for change in changes] if isinstance(changes, list) else []
        messages = [answer.message for answer in answers if answer.message]
        self._ledger.news()
        self._refresh(messages[-1] if messages else "")
        return answers

    def _answer(self, asked: Any) -> ledger.Answer:
        change = self._ledger.judged(asked)
        if change is None:
            op_id = str(asked.get("op_id", "")) if isinstance(asked, dict) else ""
            return ledger.Answer(op_id, "refused", text.t("live.refused"))
        answer = self._ledger.take(change)
        self._tried.pop(change.criterion, None)
        if answer.state in ("tried", "later"):
            self._tried[change.criterion] = change.points
        return answer

    def catch_up(self) -> None:
        """Read the log again where somebody else has written; draw what has waited for the slider to rest."""
        if self._ledger.news():
            self._refresh(always=True)
        self._draw(at_rest=True)

    def _refresh(self, message: str = "", *, always: bool = False) -> None:
        before, self.values = self.values, self._ledger.values() | self._tried
        self.widget.saved = self._ledger.saved()
        self.widget.labels = self._labels()
        self.widget.values = dict(self.values)
        self.widget.note = self._note(message)
        if always or before != self.values:
            self._choice = None
            for each in self._followed.values():
                each.is_stale = True
            self._draw(at_rest=self._watch is None)

    def _draw(self, *, at_rest: bool) -> None:
        """Draw what is stale; what follows at rest only then."""
        for each in self._followed.values():
            if each.is_stale and (at_rest or not each.at_rest):
                each.is_stale = False
                each.pane.show(self._drawn(each.part))

    def _drawn(self, part: Part) -> str:
        try:
            return part(self.choice, self.portfolio).html
        except KamError as stop:
            reason = stop.told()
        except Exception as fault:  # noqa: BLE001 (an old picture left standing would be a lie)
            reason = text.t("live.not_drawn", reason=f"{type(fault).__name__}: {fault}")
        return page.framed(f"<p>{page.escape(reason)}</p>", "kam-empty")

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
        for widget in (self.widget, *(each.pane for each in self._followed.values())):
            widget.close()


_current: dict[str, LiveWeights] = {}


def weights(portfolio: schema.Portfolio, *, live: bool) -> StillWeights | LiveWeights:
    """Return the panel of the criteria's weights: `.values` is points by criterion, `.choice` what they choose.

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


def follow(part: Part, panel: StillWeights | LiveWeights, *, at_rest: bool = False) -> Any:
    """Return a part of the page as the panel's choice makes it; live, a pane that is drawn again at every change.

    `at_rest`: what takes long to draw, or changes seldom, is drawn again within a second and not at every step.
    """
    if isinstance(panel, StillWeights):
        return part(panel.choice, panel.portfolio)
    # IPython names a cell's code after its content: the same cell run again is the same place.
    cell = sys._getframe(1)  # noqa: SLF001 (the documented way to the caller)
    return panel.follow(part, (cell.f_code.co_filename, cell.f_lineno), at_rest=at_rest)


def _in_the_kernels_loop(beat: Callable[[], Any]) -> asyncio.Task[None] | None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # no kernel: a plain script or a test
        return None
    return loop.create_task(beat())
