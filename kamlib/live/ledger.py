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

from kamlib import schema, text
from kamlib.data import workspace
from kamlib.errors import KamError
from kamlib.method.segmentation import weights

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
    message: str = ""

    def for_browser(self) -> dict[str, str]:
        """Return the answer as the browser reads it."""
        return asdict(self)


@dataclass(frozen=True)
class WeightChange:
    """A change that a browser asks for, judged: a known criterion and points within the limits."""

    op_id: str
    session: str
    criterion: str
    points: float
    before: float | None


class WeightLedger:
    """The company's weights in the workspace that a notebook has entered."""

    def __init__(self, portfolio: schema.Portfolio) -> None:
        self._settings = portfolio.settings
        self.workspace = workspace.open()
        self._is_past = portfolio.as_of < self.workspace.day()
        self.obstacle = self._obstacle(portfolio)
        if not self.obstacle:
            self.workspace = workspace.open(self.workspace.target, read_only=False)
        # Whoever looks back sees the weights of that day, as the rest of the page does.
        self._rows = portfolio.weight if self._is_past else self.workspace.plan_rows(_TABLE)
        self._seen = self.workspace.latest_seq()

    def _obstacle(self, portfolio: schema.Portfolio) -> str:
        if self._is_past:
            return text.t("live.past", day=portfolio.as_of)
        if self.workspace.is_sample and os.environ.get("KAM_OPEN_SAMPLE") != "1":
            return text.t("live.sample")
        return ""

    @property
    def outbox(self) -> str:
        """Prefix of the browser's keys: the workspace's own id, so that two workspaces never mix."""
        return f"kam:{self.workspace.about['id']}:{_TABLE}:"

    def saved(self) -> dict[str, float]:
        """Return the saved points by criterion; a criterion without a saved weight is absent."""
        in_force = weights.company_weights(self._rows)
        return dict(zip(in_force["criterion"], in_force["weight"].astype(float), strict=True))

    def values(self) -> dict[str, float]:
        """Return the points in force by criterion: saved, else the settings' own."""
        return weights.points_in_force(self._settings, self._rows)

    def news(self) -> bool:
        """Read again where anybody has written since last asked, and tell whether so it was."""
        last = self.workspace.latest_seq()
        if last == self._seen or self._is_past:
            return False
        self._seen, self._rows = last, self.workspace.plan_rows(_TABLE)
        return True

    def judged(self, change: Any) -> WeightChange | None:
        """Return a browser's change; None where any part of it is not what we sent it to ask."""
        if not isinstance(change, Mapping):
            return None
        ids = (change.get("op_id"), change.get("session"))
        if not all(isinstance(each, str) and _ID.fullmatch(each) for each in ids):
            return None
        criterion, points, before = (change.get(name) for name in ("criterion", "value", "before"))
        is_known = isinstance(criterion, str) and criterion in weights.default_points(self._settings)
        if not is_known or not _within(points) or not (before is None or _within(before)):
            return None
        return WeightChange(str(ids[0]), str(ids[1]), str(criterion), float(points), before)  # type: ignore[arg-type]

    def take(self, change: WeightChange) -> Answer:
        """Save one change and say what became of it. Raises nothing that a person could have caused."""
        if self.obstacle:
            return Answer(change.op_id, "tried", self.obstacle)
        try:
            self.news()
            self._save(change)
        except workspace.Conflict:
            self.news()
            label, now = text.label("criterion", change.criterion), self.values()[change.criterion]
            message = text.t("live.conflict", criterion=label, now=now, wanted=change.points)
            return Answer(change.op_id, "conflict", message)
        except KamError as stop:
            passing = {finding.rule for finding in stop.findings} <= _PASSING
            return Answer(change.op_id, "later" if passing else "refused", stop.told())
        return Answer(change.op_id, "saved")

    def _save(self, change: WeightChange) -> None:
        row = self._written(change)
        self.workspace.save([row], by=_person(), reason=text.t("live.reason"), session=change.session)

    def _written(self, change: WeightChange) -> workspace.Change:
        """Return the change of the room's own row: a person's weight set elsewhere is never written over.

        The store judges the room's row by what the browser saw. A weight of another row that came in force after
        the page was drawn is unknown to the store, so that is asked here.
        """
        after = {"weight": change.points, "set_by": _person(), "set_on": self.workspace.day("today")}
        row_id = f"{_TABLE}-{change.criterion}"
        own = self._rows[self._rows["row_id"] == row_id]
        is_in_force = row_id in set(weights.company_weights(self._rows)["row_id"])
        if not is_in_force and self.saved().get(change.criterion) != change.before:
            raise workspace.Conflict
        if own.empty:
            whole = {"criterion": change.criterion, **after}
            return workspace.Change(_TABLE, row_id, whole, operation="insert", op_id=change.op_id)
        before: dict[Any, Any] = own[list(after)].to_dict("records")[0]
        before |= {"weight": change.before} if is_in_force else {}
        return workspace.Change(_TABLE, row_id, after, before=before, op_id=change.op_id)


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
