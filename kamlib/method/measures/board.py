"""What the board should know is at stake: contribution at risk, chance of loss, and causes that several share (6.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamlib import words
from kamlib.method.measures.loyalty import key_views
from kamlib.method.measures.money import exposure
from kamlib.method.once import once
from kamlib.schema import Account, Portfolio, result
from kamlib.words import Words


def loss_chance(account: Account) -> tuple[float, str]:
    """Return the yearly chance that the customer is lost, and its basis: `risk` or `our_default`.

    It is read from the most probable risk of high impact (4 or 5) in the plan, after its action where that is judged;
    without such a risk our default holds.
    """
    chances = account.limit("loss_chances")
    large = [each for each in account.risks if (each.impact or 0) >= 4]
    steps = [each.residual_probability or each.probability for each in large]
    step = max((each for each in steps if each), default=None)
    return (float(chances[str(step or "default")]), "risk" if step else "our_default")


@once
def exposures(portfolio: Portfolio) -> pd.DataFrame:
    """One row per key account with a margin: contribution, months, `at_risk`, `chance`, `expected_loss`, causes.

    Expected loss = chance x loss (6.7); the largest first. `months_basis` and `chance_basis` say what is judged and
    what is our default. The causes are the columns `industry`, `owner_id`, `sponsor_id` and `ends` (the quarter in
    which the first agreement ends).
    """
    rows = pd.DataFrame([_exposed(each) for each in key_views(portfolio).values()], columns=_EXPOSED)
    rows = rows.astype(dict.fromkeys(("contribution_margin", "at_risk"), "float64"))
    plans = portfolio.plans.items()
    industries = portfolio.account.set_index("account_id")["industry"]
    ahead = portfolio.agreement[portfolio.agreement["ends_on"] >= pd.Timestamp(portfolio.as_of)]
    ends = ahead.groupby("account_id")["ends_on"].min().dt.to_period("Q").astype("str")
    for cause, known in (
        ("industry", industries),
        ("owner_id", {name: plan.owner_id for name, plan in plans}),
        ("sponsor_id", {name: plan.sponsor_id for name, plan in plans}),
        ("ends", ends),
    ):
        rows[cause] = rows["account_id"].map(known)
    rows["expected_loss"] = rows["chance"] * rows["at_risk"]
    return rows.dropna(subset=["at_risk"]).sort_values("expected_loss", ascending=False, ignore_index=True)


_EXPOSED = [
    "account_id", "contribution_margin", "replacement_months", "at_risk", "months_basis", "chance", "chance_basis",
]  # fmt: skip


def _exposed(account: Account) -> list[object]:
    lost, (chance, basis) = exposure(account), loss_chance(account)
    figures = (lost.contribution_margin, lost.replacement_months, lost.at_risk, lost.basis)
    return [account.account_id, *figures, chance, basis]


@dataclass(frozen=True)
class SharedCause:
    """What several key accounts share, which ones, and the loss if all of them go at once."""

    cause: str
    told: str
    n: int
    names: Words
    at_risk: float


@result("shared_causes")
def shared_causes(portfolio: Portfolio) -> Iterable[SharedCause]:
    """Return the causes that two or more key accounts share, the largest loss first.

    Same industry, same KAM, same sponsor of ours, agreements that end in the same quarter: one event then takes
    several customers (6.7).
    """
    rows, customers, shared = exposures(portfolio), portfolio.customers_named, []
    for cause in ("ends", "industry", "owner_id", "sponsor_id"):
        for what, own in rows.groupby(cause):
            told = portfolio.people_named.get(str(what), (None, None))[0] or str(what)
            names = words.listed(customers.get(each, each) for each in own["account_id"])
            shared.append(SharedCause(cause, told, len(own), names, own["at_risk"].sum()))
    return sorted((each for each in shared if each.n > 1), key=lambda each: -each.at_risk)


@dataclass(frozen=True)
class LossRange:
    """The loss of a year over all key accounts with a margin: expected, chance of any, and one year of twenty."""

    n: int
    expected_loss: float | None
    any_chance: float | None
    one_in_twenty: float | None
    currency: str

    @property
    def reading(self) -> Mapping[str, Any]:
        """The range in a sentence."""
        if not self.n:
            return {"key": "loss_range.unknown"}
        return {
            "key": "loss_range.known",
            "expected": words.money(self.expected_loss, self.currency),
            "bad": words.money(self.one_in_twenty, self.currency),
            "any": words.percent(self.any_chance),
            "n": self.n,
        }


@once
def loss_range(portfolio: Portfolio) -> LossRange:
    """Return the expected loss of a year, `any_chance` that at least one goes, and `one_in_twenty`: a year that bad.

    A seeded simulation in which customers of one industry share a part of their luck (our default, 6.7).
    """
    rows = exposures(portfolio)
    if rows.empty:
        return LossRange(0, None, None, None, portfolio.currency)
    drawn = _drawn(portfolio, rows)
    expected, bad = float(rows["expected_loss"].sum()), float(np.quantile(drawn, 0.95))
    return LossRange(len(rows), expected, float((drawn > 0).mean()), bad, portfolio.currency)


def _drawn(portfolio: Portfolio, rows: pd.DataFrame) -> np.ndarray:
    """Return the loss of each drawn year; a customer goes when its luck, in part its industry's, is below its chance."""
    shared, draws = portfolio.limit("loss_shared_luck"), int(portfolio.limit("smaa_draws"))
    rng = np.random.default_rng(int(portfolio.limit("smaa_seed")))
    industry = pd.factorize(rows["industry"].fillna(rows["account_id"]))[0]
    common = rng.standard_normal((draws, industry.max() + 1))[:, industry]
    luck = np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.standard_normal((draws, len(rows)))
    # The chance as a place among the drawn lucks: no table of the normal distribution is needed.
    pairs = zip(luck.T, rows["chance"], strict=True)
    edges = np.array([np.quantile(column, chance) for column, chance in pairs])
    lost: np.ndarray = (luck < edges) @ rows["at_risk"].to_numpy(dtype=float)
    return lost
