"""What the board should know is at stake: contribution at risk, chance of loss, and causes that several share (6.7)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.method.measures.loyalty import key_views
from kamlib.method.measures.money import exposure
from kamlib.method.measures.periods import MISSING, one_row, today
from kamlib.method.measures.squad import newest_plans
from kamlib.method.once import once
from kamlib.schema import AccountView, Portfolio


def loss_chance(account: AccountView) -> tuple[float, str]:
    """Return the yearly chance that the customer is lost, and its basis: `risk` or `our_default`.

    It is read from the most probable risk of high impact (4 or 5) in the plan, after its action where that is judged;
    without such a risk our default holds.
    """
    chances = account.limit("loss_chances")
    big = account.risk[account.risk["impact"].ge(4).fillna(value=False).astype(bool)]
    steps = big["residual_probability"].fillna(big["probability"]).dropna()
    return (
        (float(chances[str(int(steps.max()))]), "risk")
        if len(steps)
        else (float(chances["default"]), "our_default")
    )


@once
def exposures(portfolio: Portfolio) -> pd.DataFrame:
    """One row per key account with a margin: contribution, months, `at_risk`, `chance`, `expected_loss`, causes.

    Expected loss = chance x loss (6.7); the largest first. `months_basis` and `chance_basis` say what is judged and
    what is our default. The causes are the columns `industry`, `owner_id`, `sponsor_id` and `ends` (the quarter in
    which the first agreement ends).
    """
    rows = pd.DataFrame([_exposed(each) for each in key_views(portfolio).values()], columns=_EXPOSED)
    plans = newest_plans(portfolio).set_index("account_id")
    industries = portfolio.account.set_index("account_id")["industry"]
    ahead = portfolio.agreement[portfolio.agreement["ends_on"] >= today(portfolio)]
    ends = ahead.groupby("account_id")["ends_on"].min().dt.to_period("Q").astype("str")
    for cause, known in (
        ("industry", industries),
        ("owner_id", plans["owner_id"]),
        ("sponsor_id", plans["sponsor_id"]),
        ("ends", ends),
    ):
        rows[cause] = rows["account_id"].map(known)
    rows["expected_loss"] = rows["chance"] * rows["at_risk"]
    return rows.dropna(subset=["at_risk"]).sort_values("expected_loss", ascending=False, ignore_index=True)


_EXPOSED = [
    "account_id",
    "contribution_margin",
    "replacement_months",
    "at_risk",
    "months_basis",
    "chance",
    "chance_basis",
]


def _exposed(account: AccountView) -> list[object]:
    lost, (chance, basis) = exposure(account).iloc[0], loss_chance(account)
    figures = [lost[name] for name in ("contribution_margin", "replacement_months", "at_risk", "basis")]
    return [account.account_id, *figures, chance, basis]


def shared_causes(portfolio: Portfolio) -> pd.DataFrame:
    """One row per cause that two or more key accounts share: `cause`, `told`, `n`, `names`, `at_risk`; largest first.

    Same industry, same KAM, same sponsor of ours, agreements that end in the same quarter: one event then takes
    several customers (6.7).
    """
    rows = (
        exposures(portfolio).melt(["account_id", "at_risk"], _CAUSES, "cause", "what").dropna(subset=["what"])
    )
    customers = portfolio.account.set_index("account_id")["name"]
    people = portfolio.contact.dropna(subset=["name"]).set_index("contact_id")["name"]
    shared = rows.groupby(["cause", "what"], as_index=False).agg(
        n=("account_id", "size"),
        names=("account_id", lambda ids: text.listed(customers.reindex(ids).fillna(ids))),
        at_risk=("at_risk", "sum"),
    )
    shared["told"] = [str(people.get(what, what)) for what in shared["what"]]
    shared = shared[shared["n"] > 1].sort_values("at_risk", ascending=False, ignore_index=True)
    return shared[["cause", "told", "n", "names", "at_risk"]]


_CAUSES = ["industry", "owner_id", "sponsor_id", "ends"]


def loss_range(portfolio: Portfolio) -> pd.DataFrame:
    """One row: expected loss of a year, `any_chance` that at least one goes, and `one_in_twenty`: a year that bad.

    A seeded simulation in which customers of one industry share a part of their luck (our default, 6.7).
    """
    rows = exposures(portfolio)
    if rows.empty:
        figures = dict.fromkeys(("expected_loss", "any_chance", "one_in_twenty"), MISSING)
        return one_row(n=0, **figures, reading={"key": "loss_range.unknown"})
    drawn = _drawn(portfolio, rows)
    figures = {
        "expected_loss": float(rows["expected_loss"].sum()),
        "any_chance": float((drawn > 0).mean()),
        "one_in_twenty": float(np.quantile(drawn, 0.95)),
    }
    said = {
        "key": "loss_range.known",
        "expected": text.money(figures["expected_loss"], portfolio.currency),
        "bad": text.money(figures["one_in_twenty"], portfolio.currency),
        "any": text.percent(figures["any_chance"]),
        "n": len(rows),
    }
    return one_row(n=len(rows), **figures, reading=said)


def _drawn(portfolio: Portfolio, rows: pd.DataFrame) -> np.ndarray:
    """Return the loss of each drawn year; a customer goes when its luck, in part its industry's, is below its chance."""
    shared, draws = portfolio.limit("loss_shared_luck"), int(portfolio.limit("smaa_draws"))
    rng = np.random.default_rng(int(portfolio.limit("smaa_seed")))
    industry = pd.factorize(rows["industry"].fillna(rows["account_id"]))[0]
    common = rng.standard_normal((draws, industry.max() + 1))[:, industry]
    luck = np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.standard_normal((draws, len(rows)))
    # The chance as a place among the drawn lucks: no table of the normal distribution is needed.
    edges = np.array(
        [np.quantile(column, chance) for column, chance in zip(luck.T, rows["chance"], strict=True)]
    )
    lost: np.ndarray = (luck < edges) @ rows["at_risk"].to_numpy(dtype=float)
    return lost
