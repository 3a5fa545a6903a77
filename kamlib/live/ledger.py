"""What is saved of a control's values, and the one way a control writes: through the workspace's log.

Nothing here knows a widget: a message from a browser is judged like any other input.
"""

from __future__ import annotations

import getpass
import math
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from kamlib import schema, text
from kamlib.data import workspace
from kamlib.errors import KamError

State = Literal["saved", "tried", "conflict", "refused", "later"]

_TABLE = "weight"
_ID = re.compile(r"[0-9a-zA-Z-]{8,64}")
#: Faults that pass by themselves or that a person can clear away; the browser keeps the change meanwhile.
_PASSING = {"workspace_busy", "workspace_not_writable"}


@dataclass(frozen=True)
class Answer:
    """What became of one change: `later` stays in the browser's outbox, everything else leaves it."""

    op_id: str
    state: State
    told: str = ""

    def as_message(self) -> dict[str, str]:
        """Return the answer as the browser reads it."""
        return asdict(self)


@dataclass(frozen=True)
class Wish:
    """A change that a browser asks for, judged: a known criterion and a number within the limits."""

    op_id: str
    session: str
    criterion: str
    value: float
    before: float | None


class WeightLedger:
    """The company's weights in the workspace that a notebook has entered."""

    def __init__(self, portfolio: schema.Portfolio) -> None:
        self.defaults = defaults(portfolio)
        self.here = workspace.open()
        self._seen, self._rows = self.here.latest_seq(), self.here.plan()[_TABLE]
        self.obstacle = self._obstacle(portfolio)

    def _obstacle(self, portfolio: schema.Portfolio) -> str:
        if portfolio.as_of < self.here.day():
            return text.t("live.past", day=portfolio.as_of)
        if self.here.is_sample and os.environ.get("KAM_OPEN_SAMPLE") != "1":
            return text.t("live.sample")
        return ""

    @property
    def outbox(self) -> str:
        """Prefix of the browser's keys: the workspace's own id, so that two workspaces never mix."""
        return f"kam:{self.here.about['id']}:{_TABLE}:"

    def saved(self) -> dict[str, float]:
        """Return the saved points by criterion; a criterion without a saved weight is absent."""
        return points(company_weights(self._rows))

    def values(self) -> dict[str, float]:
        """Return the points in force by criterion: saved, else the settings' own."""
        saved = self.saved()
        return {name: saved.get(name, points) for name, points in self.defaults.items()}

    def news(self) -> bool:
        """Read again where anybody has written since last asked, and tell whether so it was."""
        last = self.here.latest_seq()
        if last == self._seen:
            return False
        self._seen, self._rows = last, self.here.plan()[_TABLE]
        return True

    def judged(self, change: Any) -> Wish | None:
        """Return a browser's change as a wish; None where any part of it is not what we sent it to ask."""
        if not isinstance(change, Mapping):
            return None
        ids = (change.get("op_id"), change.get("session"))
        if not all(isinstance(each, str) and _ID.fullmatch(each) for each in ids):
            return None
        criterion, value, before = (change.get(name) for name in ("criterion", "value", "before"))
        known = isinstance(criterion, str) and criterion in self.defaults
        if not known or not _within(value) or not (before is None or _within(before)):
            return None
        return Wish(str(ids[0]), str(ids[1]), str(criterion), float(value), before)  # type: ignore[arg-type]

    def take(self, wish: Wish) -> Answer:
        """Save one wish and say what became of it. Raises nothing that a person could have caused."""
        if self.obstacle:
            return Answer(wish.op_id, "tried", self.obstacle)
        try:
            self.news()
            self._save(wish)
        except workspace.Conflict:
            self.news()
            label, now = text.label("criterion", wish.criterion), self.values()[wish.criterion]
            told = text.t("live.conflict", criterion=label, now=now, wanted=wish.value)
            return Answer(wish.op_id, "conflict", told)
        except KamError as stop:
            passing = {finding.rule for finding in stop.findings} <= _PASSING
            return Answer(wish.op_id, "later" if passing else "refused", stop.told())
        return Answer(wish.op_id, "saved")

    def _save(self, wish: Wish) -> None:
        writer = workspace.open(self.here.target, read_only=False)
        change = self._change(wish)
        writer.save([change], by=_person(), reason=text.t("live.reason"), session=wish.session)

    def _change(self, wish: Wish) -> workspace.Change:
        """Return the change of the room's own row: a person's weight set elsewhere is never written over."""
        after = {"weight": wish.value, "set_by": _person(), "set_on": self.here.day("today")}
        row_id = f"{_TABLE}-{wish.criterion}"
        mine, in_force = self._rows[self._rows["row_id"] == row_id], company_weights(self._rows)
        is_mine = row_id in set(in_force["row_id"])
        if not is_mine and points(in_force).get(wish.criterion) != wish.before:
            raise workspace.Conflict  # a weight set elsewhere came in force after the page was drawn
        if mine.empty:
            whole = {"criterion": wish.criterion, **after}
            return workspace.Change(_TABLE, row_id, whole, operation="insert", op_id=wish.op_id)
        before = {name: mine[name].iloc[0] for name in after}
        before["weight"] = wish.before if is_mine else before["weight"]
        return workspace.Change(_TABLE, row_id, after, before=before, op_id=wish.op_id)


def defaults(portfolio: schema.Portfolio) -> dict[str, float]:
    """Return the settings' points by criterion, in the settings' order.

    A criterion without points there is a lens of its own and is not weighed (P3): it gets no slider.
    """
    criteria = portfolio.settings["criteria"].items()
    return {
        name: float(criterion["weight"]) for name, criterion in criteria if float(criterion["weight"]) > 0
    }


def company_weights(weights: pd.DataFrame) -> pd.DataFrame:
    """Return the company level's weights: one row per criterion, the one set last."""
    own = weights[weights["account_id"].fillna("") == ""]
    return own.sort_values("set_on", na_position="first", kind="stable").drop_duplicates(
        "criterion", keep="last"
    )


def points(weights: pd.DataFrame) -> dict[str, float]:
    """Return points by criterion of a weight table."""
    return dict(zip(weights["criterion"], weights["weight"].astype(float), strict=True))


def limits() -> tuple[float, float]:
    """Return the lowest and the highest weight that schema.py allows, in points."""
    column = schema.TABLES[_TABLE].by_name["weight"]
    return float(column.low or 0), float(column.high or 0)


def _within(value: Any) -> bool:
    # A bool is an int in Python and NaN is a float in JSON: neither is a weight.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    low, high = limits()
    return low <= value <= high


def _person() -> str:
    try:
        return os.environ.get("KAM_BY") or getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "live"
