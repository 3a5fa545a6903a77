"""Scores 1-5 of every decision unit on every criterion: judged by people, else derived from facts.

What people have judged wins. Facts are read by the limits of P5 and are never sure: their confidence says so.
Willingness to partner is what the customer has done (P3): only a joint goal that the customer has confirmed or a
promise that the customer has kept speaks for it, else it is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd

from kamlib.method import shrinkage, units
from kamlib.method.once import once
from kamlib.schema import Portfolio

#: From the least sure to the surest.
CONFIDENCES = ("low", "medium", "high")

#: Rows given within this many days of the newest belong to the same session of judging.
SESSION_DAYS = 120

_COLUMNS = ["score", "confidence", "source", "raters", "spread", "evidence"]


@once
def scores(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit and criterion, unit by unit within each criterion, also where nothing is known.

    Columns: account_id, criterion, score (1-5, missing if unknown), low and high (the score with its uncertainty,
    P5), confidence, source (code of choice set `score_source`), raters, spread (highest less lowest of the raters,
    in steps), evidence (count of what it rests on).
    """
    customers = units.decision_units(portfolio)
    judged = judged_scores(portfolio)
    long = pd.concat(
        [
            _one_criterion(portfolio, customers, judged, criterion)
            for criterion in portfolio.settings["criteria"]
        ],
        ignore_index=True,
    )
    return _with_uncertainty(long, portfolio)


def _one_criterion(
    portfolio: Portfolio, customers: pd.DataFrame, judged: pd.DataFrame, criterion: str
) -> pd.DataFrame:
    rows = _DERIVED[criterion](portfolio, customers).reindex(columns=_COLUMNS)
    rows.index = pd.Index(customers["account_id"])
    own = judged[judged["criterion"] == criterion].set_index("account_id")[_COLUMNS]
    own = own[own.index.isin(rows.index)]
    if len(own):
        kept = rows[~rows.index.isin(own.index)]
        rows = pd.concat([kept.astype(object), own.astype(object)]).reindex(rows.index).infer_objects()
    rows = rows.assign(criterion=criterion).reset_index()
    rows.loc[rows["score"].isna(), ["confidence", "source"]] = ["", "unknown"]
    return rows[["account_id", "criterion", *_COLUMNS]]


def _with_uncertainty(rows: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    width = rows["confidence"].map(portfolio.limit("score_half_width")).astype(float)
    ends = pd.DataFrame(portfolio.settings["criteria"]).T
    low, high = (rows["criterion"].map(ends[end]).astype(float) for end in ("low", "high"))
    score = rows["score"].astype(float)
    return rows.assign(
        score=score,
        low=np.maximum(score - width, low),
        high=np.minimum(score + width, high),
        raters=rows["raters"].astype("Int64").fillna(0),
        evidence=rows["evidence"].astype("Int64").fillna(0),
        spread=rows["spread"].astype(float),
    )


def ratings(portfolio: Portfolio, *, first_round: bool = False) -> pd.DataFrame:
    """One row per rater, decision unit and criterion: the last session's rating, of its last round or its first.

    A rating of the group's top account wins over those of its members; of a rater's several, the newest.
    """
    tops = units.groups_of(portfolio)
    given = portfolio.assessment.assign(unit=portfolio.assessment["account_id"].map(tops))
    given = given[given["unit"].notna() & given["score"].notna()]
    given["is_top"] = given["unit"] == given["account_id"]
    given["round"] = given["round"].fillna(1).astype(int)
    given["rater"] = given["rater_id"].fillna(given["function"]).fillna(given["row_id"])
    for rule in (_top_rows, _last_session, _first_round if first_round else _last_round):
        given = given[rule(given)]
    given = given.sort_values(["assessed_on", "row_id"], na_position="first")
    newest = given.drop_duplicates(["unit", "criterion", "rater"], keep="last")
    return newest.assign(account_id=newest["unit"]).drop(columns=["unit", "is_top"]).reset_index(drop=True)


def _of_cell(rows: pd.DataFrame, column: str, end: Literal["max", "min"] = "max") -> pd.Series:
    ends: pd.Series = rows.groupby(["unit", "criterion"])[column].transform(end)
    return ends


def _top_rows(rows: pd.DataFrame) -> pd.Series:
    return rows["is_top"] == _of_cell(rows, "is_top")


def _last_session(rows: pd.DataFrame) -> pd.Series:
    since = _of_cell(rows, "assessed_on") - pd.Timedelta(days=SESSION_DAYS)
    return ~(rows["assessed_on"] < since)


def _last_round(rows: pd.DataFrame) -> pd.Series:
    return rows["round"] == _of_cell(rows, "round")


def _first_round(rows: pd.DataFrame) -> pd.Series:
    return rows["round"] == _of_cell(rows, "round", "min")


def judged_scores(portfolio: Portfolio) -> pd.DataFrame:
    """One row per judged decision unit and criterion: the median over the raters, and how far apart they are."""
    given = ratings(portfolio)
    customer = given["said_by"] == "customer"
    # Our position is what the customer says; our own guess counts only where the customer has said nothing (P3).
    asked = customer.groupby([given["account_id"], given["criterion"]]).transform("any")
    given = given[(given["criterion"] != "our_position") | customer | ~asked]
    given = given.assign(
        sureness=given["confidence"].map({name: n for n, name in enumerate(CONFIDENCES)}).fillna(1.0),
        is_customer=given["said_by"] == "customer",
        has_evidence=given["evidence"].fillna("").str.strip() != "",
        score=given["score"].astype(float),
    )
    cells = given.groupby(["account_id", "criterion"])
    medians = cells.agg(
        score=("score", "median"),
        sureness=("sureness", "median"),
        raters=("rater", "nunique"),
        highest=("score", "max"),
        lowest=("score", "min"),
        evidence=("has_evidence", "sum"),
        is_customer=("is_customer", "any"),
    ).reset_index()
    return medians.assign(
        confidence=[CONFIDENCES[int(level)] for level in medians["sureness"]],
        source=np.where(medians["is_customer"], "judged_with_customer", "judged"),
        spread=medians["highest"] - medians["lowest"],
    )


def _derived(n: int, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"raters": 0, "spread": np.nan, **columns}, index=range(n))


def _strategic_importance(portfolio: Portfolio, customers: pd.DataFrame) -> pd.DataFrame:
    """Growth first, then open spend where somebody has put a figure on it (P5); data alone never gives 5.

    The growth is the one to expect: where last year tells little, most is taken from everybody's (shrinkage).
    """
    flat = portfolio.limit("flat_growth_share")
    as_seen, expected = (
        _by_growth(growth, flat) for growth in (customers["growth_share"], _expected(portfolio, customers))
    )
    by_growth = np.where(customers["is_new"], 3.0, expected)
    spend = open_spend(portfolio, customers)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = spend["amount"] / customers["revenue_12m"].clip(lower=1.0)
    by_spend = np.select(
        [
            ratio >= portfolio.limit("open_spend_twice_ratio"),
            ratio >= portfolio.limit("open_spend_equal_ratio"),
        ],
        [4.0, 3.0],
        np.nan,
    )
    score = np.fmax(by_growth, by_spend)
    spoke = ~np.isnan(by_spend) & ~(by_growth > by_spend)
    return _derived(
        len(customers),
        score=score,
        confidence=np.where(spoke & (spend["source"] == "wallet"), "medium", "low"),
        source=np.select(
            [spoke, customers["is_new"], as_seen != expected],
            [spend["source"], "new_customer", "expected_growth"],
            "growth",
        ),
        evidence=(~np.isnan(by_growth)).astype(int) + ~np.isnan(by_spend),
    )


def _by_growth(growth: pd.Series, flat: float) -> np.ndarray:
    return np.select([growth.isna(), growth < -flat, growth <= flat], [np.nan, 1.0, 2.0], 3.0)


def _expected(portfolio: Portfolio, customers: pd.DataFrame) -> pd.Series:
    """Return each unit's growth moved towards everybody's; as seen where the model can't say (nothing left, or new)."""
    seen = shrinkage.seen_growth(units.year_pairs(portfolio), units.year_pairs(portfolio, back=12))
    estimate = shrinkage.shrink(seen.growth, seen.noise).estimate
    return customers["growth_share"].where(
        customers["growth_share"].isna() | np.isnan(estimate), np.expm1(estimate)
    )


def open_spend(portfolio: Portfolio, customers: pd.DataFrame) -> pd.DataFrame:
    """One row per decision unit: amount it buys or will buy elsewhere, and the source of the figure.

    The wallet less our sales, the open cells of the whitespace or the open opportunities: the highest one known,
    never their sum, because they describe the same purchases.
    """
    tops = units.groups_of(portfolio)
    ids = pd.Index(customers["account_id"])
    amounts = pd.DataFrame(
        {
            "wallet": _open_wallet(portfolio, tops, customers).reindex(ids),
            "whitespace": _open_cells(portfolio, tops).reindex(ids),
            "opportunity": _open_opportunities(portfolio, tops).reindex(ids),
        },
        index=ids,
    )
    is_known = amounts.notna().any(axis=1)
    source = amounts[is_known].idxmax(axis=1).reindex(ids).fillna("")
    return pd.DataFrame({"amount": amounts.max(axis=1), "source": source}).reset_index(drop=True)


def _open_wallet(portfolio: Portfolio, tops: pd.Series, customers: pd.DataFrame) -> pd.Series:
    year = portfolio.fiscal_year((portfolio.facts_through or pd.Timestamp(portfolio.as_of)).date())
    # The estimate of the year of our sales, else of the year nearest to it: what is bought in 2028 is no part of 2026.
    away = (portfolio.wallet["year"] - year).abs().fillna(0)
    rows = portfolio.wallet.assign(away=-away).sort_values(["away", "valued_on"], na_position="first")
    rows = rows.drop_duplicates(["account_id", "product_group"], keep="last")
    wallet = rows.groupby(rows["account_id"].map(tops))["likely"].sum(min_count=1)
    sold = customers.set_index("account_id")["revenue_12m"]
    return (wallet - sold.reindex(wallet.index)).clip(lower=0.0)


def _open_cells(portfolio: Portfolio, tops: pd.Series) -> pd.Series:
    rows = portfolio.whitespace
    rows = rows[rows["status"].isin(["open", "competitive", "competitor"])]
    return rows.groupby(rows["account_id"].map(tops))["potential"].sum(min_count=1)


def _open_opportunities(portfolio: Portfolio, tops: pd.Series) -> pd.Series:
    rows = portfolio.opportunity[portfolio.opportunity["stage"] == "open"]
    return rows.groupby(rows["account_id"].map(tops))["amount"].sum(min_count=1)


def _willingness(portfolio: Portfolio, customers: pd.DataFrame) -> pd.DataFrame:
    tops = units.groups_of(portfolio)
    since = pd.Timestamp(portfolio.as_of) - pd.DateOffset(months=24)
    goals = portfolio.goal
    goals = goals[(goals["side"] == "joint") & (goals["customer_status"] == "confirmed")]
    goals = goals[goals["customer_status_on"] >= since]
    kept = portfolio.commitment
    kept = kept[
        (kept["direction"] == "customer") & (kept["done_on"] >= since) & (kept["done_on"] <= kept["due_on"])
    ]
    joint, promises = (_counted(rows, tops, customers) for rows in (goals, kept))
    return _derived(
        len(customers),
        score=np.select([joint > 0, promises > 0], [4.0, 3.0], np.nan),
        confidence="low",
        source=np.where(joint > 0, "joint_goal", "kept_promise"),
        evidence=joint + promises,
    )


def _counted(rows: pd.DataFrame, tops: pd.Series, customers: pd.DataFrame) -> pd.Series:
    counts = rows.groupby(rows["account_id"].map(tops)).size()
    return counts.reindex(customers["account_id"]).fillna(0).astype(int).reset_index(drop=True)


#: Activities that a customer on standard terms does not call for.
_SPECIAL = ("call_outs", "express_freight", "on_site_stock", "support")


def _complexity(portfolio: Portfolio, customers: pd.DataFrame) -> pd.DataFrame:
    """Standard terms unless an agreement, special service or several sites speak; up to 4, never sure (P5)."""
    tops = units.groups_of(portfolio)
    running = portfolio.agreement[~(portfolio.agreement["ends_on"] < pd.Timestamp(portfolio.as_of))]
    priced = _counted(running, tops, customers)
    serviced = _counted(running[running["kind"] == "service"], tops, customers)
    costs = portfolio.service_cost[portfolio.service_cost["activity"].isin(_SPECIAL)]
    window = portfolio.window(12)
    costs = costs[costs["month"].between(*window)] if window else costs.iloc[:0]
    costs = costs.assign(account_id=costs["account_id"].map(tops)).drop_duplicates(["account_id", "activity"])
    special = _counted(costs, tops, customers)
    spread_out = (customers["members"] >= 3) | (customers["countries"] >= 2)
    seen = (customers["revenue_12m"] > 0) | (priced + special > 0)
    three = (special > 0) | (serviced > 0) | spread_out
    two = (priced > 0) | (customers["product_groups"] >= 4)
    score = np.select([~seen, special >= 3, three, two], [np.nan, 4.0, 3.0, 2.0], 1.0)
    source = np.select(
        [special > 0, priced > 0, spread_out], ["service_cost", "agreement", "members"], "product_groups"
    )
    return _derived(
        len(customers), score=score, confidence="low", source=source, evidence=priced + special + spread_out
    )


def _business_risk(portfolio: Portfolio, customers: pd.DataFrame) -> pd.DataFrame:
    """Share of our contribution by the limits of P5; of revenue where most of it comes without a margin."""
    share, source = exposure_shares(customers)
    score = 1.0 + np.searchsorted(portfolio.limit("exposure_share_limits"), share, side="right")
    return _derived(
        len(customers),
        score=np.where(np.isnan(share), np.nan, score),
        confidence="medium" if source == "contribution_share" else "low",
        source=source,
        evidence=(~np.isnan(share)).astype(int),
    )


def exposure_shares(customers: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Return each decision unit's share of our contribution (R12), and whether it had to be taken of revenue."""
    revenue = customers["revenue_12m"].clip(lower=0.0)
    known_share = float((revenue * customers["margin_known_share"].fillna(0.0)).sum()) / max(
        float(revenue.sum()), 1.0
    )
    by_margin = known_share >= 0.9
    amount = customers["margin_12m"].clip(lower=0.0) if by_margin else revenue
    total = float(amount.sum())
    share = (amount / total).to_numpy(dtype=float) if total > 0 else np.full(len(customers), np.nan)
    return share, "contribution_share" if by_margin else "revenue_share"


_STAGES = ("exploratory", "basic", "cooperative", "interdependent", "integrated")


def _our_position(portfolio: Portfolio, customers: pd.DataFrame) -> pd.DataFrame:
    """The stage of the relationship as our guess where nobody has asked the customer (6.1)."""
    steps = {name: n for n, name in enumerate(_STAGES, 1)}
    plans = [portfolio.plans.get(each) for each in customers["account_id"]]
    score = np.array([steps.get(plan.stage_now or "", np.nan) if plan else np.nan for plan in plans])
    return _derived(
        len(customers),
        score=score,
        confidence="low",
        source="relationship_stage",
        evidence=(~np.isnan(score)).astype(int),
    )


_DERIVED: dict[str, Callable[[Portfolio, pd.DataFrame], pd.DataFrame]] = {
    "strategic_importance": _strategic_importance,
    "willingness_to_partner": _willingness,
    "internal_complexity": _complexity,
    "business_risk": _business_risk,
    "our_position": _our_position,
}
