"""Q4: how success is measured, five signs side by side, revenue and relation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kamlib import words
from kamlib.method.measures.figures import figure
from kamlib.method.measures.loyalty import repurchase
from kamlib.method.measures.money import growth
from kamlib.method.measures.promises import precision, project_completion
from kamlib.method.measures.voices import satisfaction
from kamlib.schema import Account, result


@dataclass(frozen=True)
class Sign:
    """One sign of success, in a sentence."""

    sign: str
    reading: Mapping[str, Any]


@result("success")
def success(account: Account) -> Iterable[Sign]:
    """One row per sign of success: `sign`, `reading` (a sentence).

    Growth, repurchase, satisfaction, projects by plan, delivery precision; there is no index of them (P14).
    """
    yield _growth(account)
    yield _again(account)
    yield _satisfied(account)
    yield _finished(account)
    yield _delivered(account)


def _sign(sign: str, *, known: bool, **values: Any) -> Sign:
    """Return a sign whose sentence is `success.<sign>`, or another `key` among its values."""
    return Sign(sign, {"key": f"success.{sign}", **values} if known else {"key": f"success.{sign}.unknown"})


def _growth(account: Account) -> Sign:
    grown = growth(account)
    change, revenue = figure(account, "growth", grown.share), figure(account, "revenue", grown.now)
    return _sign("growth", known=grown.share is not None, growth=change, revenue=revenue)


def _again(account: Account) -> Sign:
    bought = repurchase(account)
    values: dict[str, Any] = {"n": bought.again, "of": bought.before, "lost": ", ".join(bought.lost)}
    if not bought.lost:
        values["key"] = "success.repurchase.all"
    return _sign("repurchase", known=bought.before > 0, **values)


def _satisfied(account: Account) -> Sign:
    best = next((each for each in satisfaction(account) if each.kind in ("nps", "csat")), None)
    if best is None:
        return _sign("satisfaction", known=False)
    middle, lowest = words.number(best.mean, 1), words.number(best.lowest)
    kind = words.label("feedback_kind", best.kind)
    return _sign("satisfaction", known=True, kind=kind, mean=middle, lowest=lowest, n=best.n)


def _finished(account: Account) -> Sign:
    done = project_completion(account)
    names = ("ended", "in_time", "milestones_due", "milestones_met")
    values: dict[str, Any] = {name: getattr(done, name) for name in names}
    return _sign("projects", known=done.ended + done.milestones_due > 0, **values)


def _delivered(account: Account) -> Sign:
    now, before = precision(account, "12m"), precision(account, "previous_12m")
    values: dict[str, Any] = {
        "now": figure(account, "delivery", now),
        "before": figure(account, "delivery", before, of="previous_12m"),
    }
    return _sign("delivery", known=now is not None, **values)
