"""The risk register, read in a table of probability and impact (S3.5, P13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kamlib.method.planning.customer import lacking
from kamlib.schema import Account, result
from kamlib.schema.days import months_from
from kamlib.schema.plan import Risk
from kamlib.words import Words

_LEVELS = ("critical", "high", "medium", "low")


@dataclass(frozen=True, kw_only=True)
class Weighed(Risk):
    """One risk with its level, and the level that is left after its action; None where a side is not known.

    `is_stale`: not looked at for three months. `lacks`: action, owner, early sign, or who watches for it.
    """

    level: str | None
    residual_level: str | None
    is_stale: bool
    lacks: Words | None


@result("risks")
def risks(account: Account) -> Iterable[Weighed]:
    """Return the risk register, the worst first."""
    since = months_from(account.today, -account.limit("risk_note_months"))
    rows = [_weighed(account, each, since) for each in account.risks]
    return sorted(rows, key=lambda each: _LEVELS.index(each.level) if each.level else len(_LEVELS))


def _weighed(account: Account, risk: Risk, since: date) -> Weighed:
    asked = ["action", "owner_id", "signal"]
    if risk.signal is not None:
        asked.append("watcher_id")  # a sign that nobody looks for warns nobody
    return Weighed(
        **risk.values(),
        level=risk_level(risk.probability, risk.impact, account),
        residual_level=risk_level(risk.residual_probability, risk.residual_impact, account),
        is_stale=risk.noted_on is None or risk.noted_on < since,
        lacks=lacking("risk", risk, asked),
    )


def risk_level(probability: int | None, impact: int | None, account: Account) -> str | None:
    """Return low, medium, high or critical for 1-5 x 1-5; None where a side is unknown.

    A table to look in, not a product: impact 5 is never low or medium (P13).
    """
    if probability is None or impact is None:
        return None
    return str(account.settings["risk_levels"][probability]["value"][impact - 1])
