"""The value ledger: what the cooperation is worth to the customer, and what of it they have confirmed (6.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kamlib.method.measures.periods import total
from kamlib.method.once import once
from kamlib.method.planning.customer import lacking
from kamlib.schema import Account, result
from kamlib.schema.plan import ValueClaim
from kamlib.words import Words

_STAGES = ("confirmed", "measured", "agreed", "hypothesis")

#: Stage of a value -> what it needs to be believed (6.6): a hypothesis its range, what is agreed its sum and our part.
_PROOF = {
    "hypothesis": ("calculation", "range"),
    "agreed": ("calculation", "attribution_share"),
    "measured": ("calculation", "attribution_share"),
    "confirmed": ("calculation", "attribution_share", "confirmed_by", "confirmed_on"),
}


@dataclass(frozen=True, kw_only=True)
class Entry(ValueClaim):
    """One value claimed, with minus where we cost money.

    `is_counted`: only what the customer has confirmed on a day enters the headline. `lacks`: what the stage asks for
    and is not there; None in the customer's edition.
    """

    is_counted: bool
    lacks: Words | None


@result("value_ledger")
def value_ledger(account: Account) -> Iterable[Entry]:
    """Return the value ledger, confirmed first."""
    for each in sorted(account.value_claims, key=lambda claim: _STAGES.index(claim.stage)):
        is_ours = account.audience != "customer"
        lacks = lacking("value", each, _proof(each)) if is_ours else None
        yield Entry(**each.values(), is_counted=each in account.confirmed_values, lacks=lacks)


def _proof(claim: ValueClaim) -> list[str]:
    """What the stage asks for; the two ends of a range are asked for as one."""
    is_ranged = claim.low is not None and claim.high is not None
    return [each for each in _PROOF.get(claim.stage, ()) if each != "range" or not is_ranged]


@dataclass(frozen=True)
class Headline:
    """The confirmed value: gained, cost (negative: what we caused), net; None where nothing of it is confirmed."""

    gained: float | None
    cost: float | None
    net: float | None
    values: int


@once
def value_headline(account: Account) -> Headline:
    """Return the confirmed value; a stage said to be confirmed without a date, or by one of us, counts nowhere."""
    amounts = [each.amount for each in value_ledger(account) if each.is_counted and each.amount is not None]
    gained, cost = [each for each in amounts if each > 0], [each for each in amounts if each < 0]
    return Headline(total(gained), total(cost), total(amounts), len(amounts))
