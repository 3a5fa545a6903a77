"""The choice itself: one row per decision unit with its lenses, its place, how it holds, and what is proposed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamlib.method import scoring, units
from kamlib.method.segmentation import rules
from kamlib.method.segmentation.scores import exposure_shares, scores
from kamlib.method.segmentation.weights import box, weights_in_force
from kamlib.schema import Portfolio

#: So many contested accounts nearest the cut get their own tipping weight; beyond, the general sentence.
SENTENCES = 60


def assign(
    portfolio: Portfolio, weights: Mapping[str, float] | None = None, *, places: int | None = None
) -> pd.DataFrame:
    """One row per decision unit, the best score first: where it stands and what is proposed (S1.1-S1.6).

    Parameters
    ----------
    weights
        Points by criterion; only their proportions count. Absent: those in force.
    places
        Number of key accounts; absent: as many as are recorded, else the settings' default.

    Returns
    -------
    DataFrame
        account_id, name, members; revenue_12m, margin_12m, profit_12m, growth_share, revenue_rank; the five
        scores 1-5 by name; coverage_share (known share of the weight), score (0-100 over the compared criteria),
        rank (among all), place (among those compared), has_place; gate, exposure_share, is_exposed; acceptability
        (share of reasonable weightings with a place), is_proved, verdict, tipping_criterion, tipping_weight, holds
        (a sentence); proposed_outcome, proposed_is_key, proposed_reason; the recorded outcome, is_key, reason,
        decided_by, decided_on, next_test_on where there is a decision (`basis` recorded), else the proposal;
        quadrant of the key accounts. `attrs` holds weights, k, compared criteria and draws.
        Revenue is never an axis of the choice (P18).
    """
    found = units.decision_units(portfolio)
    found["revenue_rank"] = found["revenue_12m"].rank(ascending=False, method="min").astype("Int64")
    found = _lenses(portfolio, found)
    in_force = weights_in_force(portfolio, weights)
    decided = recorded(portfolio)
    k = places or number_of_places(portfolio, decided, len(found))
    found, values = _ranked(portfolio, found, in_force, k)
    found, draws = _tested(portfolio, found, values, in_force, k)
    found = _decided(_proposed(portfolio, found, k), decided)
    found["quadrant"] = _quadrants(portfolio, found)
    found["attractiveness"] = found["strategic_importance"]
    found = found.drop(columns=_SPANS).sort_values("rank", na_position="last", ignore_index=True)
    found.attrs = {
        "weights": in_force,
        "k": int(k),
        "compared": list(values.columns),
        "draws": draws,
    }
    return found


_CRITERIA = (
    "strategic_importance",
    "willingness_to_partner",
    "internal_complexity",
    "business_risk",
    "our_position",
)
_SPANS = [f"{criterion}_{end}" for criterion in _CRITERIA for end in ("low", "high")]


def _lenses(portfolio: Portfolio, found: pd.DataFrame) -> pd.DataFrame:
    long = scores(portfolio, found)
    for criterion in portfolio.settings["criteria"]:
        rows = long[long["criterion"] == criterion]
        found[criterion] = rows["score"].to_numpy()
        found[f"{criterion}_low"], found[f"{criterion}_high"] = (
            rows["low"].to_numpy(),
            rows["high"].to_numpy(),
        )
        if criterion in ("business_risk", "our_position"):
            found[f"{criterion}_source"] = rows["source"].to_numpy()
    found["gate"] = rules.gates(found["willingness_to_partner"], _written_no(portfolio, found), portfolio)
    found["exposure_share"], _ = exposure_shares(found)
    found["is_exposed"] = found["business_risk"] >= portfolio.limit("exposure_limit_score")
    return found


def _written_no(portfolio: Portfolio, found: pd.DataFrame) -> pd.Series:
    given = portfolio.assessment
    since = pd.Timestamp(portfolio.as_of) - pd.DateOffset(months=12)
    said = (given["criterion"] == "willingness_to_partner") & (given["said_by"] == "customer")
    no = given[said & (given["score"] == 1) & ~(given["assessed_on"] < since)]
    return found["account_id"].isin(no["account_id"].map(units.roots(portfolio.account)))


def recorded(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit with a recorded decision, the newest one, by account_id."""
    rows = portfolio.selection.sort_values(["decided_on", "row_id"], na_position="first")
    rows = rows.assign(account_id=rows["account_id"].map(units.roots(portfolio.account)))
    return rows.dropna(subset="account_id").drop_duplicates("account_id", keep="last").set_index("account_id")


def number_of_places(portfolio: Portfolio, decided: pd.DataFrame, accounts: int) -> int:
    """Return how many key accounts there are to be: as many as are recorded, else the settings' default (S1.5).

    The default is held within the settings' lowest and highest number and what the KAMs that are named can carry.
    """
    keys = int(decided["is_key"].fillna(value=False).sum())
    if keys:
        return keys
    kams = portfolio.account["owner"].replace("", pd.NA).nunique()
    carried = kams * int(portfolio.limit("accounts_per_kam_high")) if kams else math.inf
    wanted = min(int(portfolio.limit("key_accounts_default")), carried)
    return max(1, min(accounts, max(int(portfolio.limit("key_accounts_low")), int(wanted))))


def _ranked(
    portfolio: Portfolio, found: pd.DataFrame, in_force: Mapping[str, float], k: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    values = values_of(portfolio, found[list(in_force)])
    open_to_choice = (found["gate"] != "failed").to_numpy()
    compared = compared_criteria(values.notna().to_numpy(), open_to_choice, k)
    shares = np.array(list(in_force.values()))
    found["coverage_share"] = scoring.coverage(values, shares)
    found["score"] = 100.0 * scoring.totals(values.iloc[:, compared], shares[compared])
    change = found["change"].to_numpy(dtype=float)
    found["rank"] = pd.array(scoring.places(found["score"], change), dtype="Int64")
    found.loc[found["score"].isna(), "rank"] = pd.NA
    takes_part = open_to_choice & values.iloc[:, compared].notna().all(axis=1).to_numpy()
    found["place"] = pd.array([pd.NA] * len(found), dtype="Int64")
    found.loc[takes_part, "place"] = scoring.places(found.loc[takes_part, "score"], change[takes_part])
    found["has_place"] = (found["place"] <= k).fillna(value=False).astype(bool)
    return found, values.iloc[:, compared]


def values_of(portfolio: Portfolio, given: pd.DataFrame, end: str = "") -> pd.DataFrame:
    """One row per row of scores, one column per criterion: its value 0..1, the better the higher."""
    criteria = portfolio.settings["criteria"]
    columns = {
        name: scoring.value(
            given[name + end], *(criteria[name][part] for part in ("low", "high", "direction"))
        )
        for name in (column.removesuffix(end) for column in given.columns)
    }
    return pd.DataFrame(columns, index=given.index)


def compared_criteria(known: scoring.Flags, open_to_choice: scoring.Flags, k: int) -> list[int]:
    """Return the positions of the criteria that accounts are compared on.

    An unknown value is neither zero nor average, so only accounts known on every compared criterion compete. A
    criterion known for too few to fill the places is not compared on, the least known one first.
    """
    kept = list(range(known.shape[1]))
    wanted = min(k, int(open_to_choice.sum()))
    while len(kept) > 1 and (open_to_choice & known[:, kept].all(axis=1)).sum() < wanted:
        kept.remove(min(kept, key=lambda column: (known[open_to_choice, column].sum(), -column)))
    return kept


def _tested(
    portfolio: Portfolio, found: pd.DataFrame, values: pd.DataFrame, in_force: Mapping[str, float], k: int
) -> tuple[pd.DataFrame, int]:
    taking = np.flatnonzero(found["place"].notna())
    span = _span(portfolio, found.iloc[taking], list(in_force), list(values.columns))
    room = box(portfolio, in_force)
    rng = np.random.default_rng(portfolio.limit("smaa_seed"))
    drawn = scoring.draw_weights(room, int(portfolio.limit("smaa_draws")), rng)
    accepted = scoring.acceptability(span, drawn, k, seed=int(portfolio.limit("smaa_seed")))
    share, held = np.full(len(found), np.nan), np.zeros(len(found), dtype=bool)
    share[taking] = accepted.share
    held[taking] = (accepted.share > 1.0 - scoring.TIE) & scoring.proved(span, room, k)
    found = found.assign(acceptability=share, is_proved=held)
    for column, criterion in enumerate(in_force):
        found[f"central_{criterion}"] = np.nan
        found.loc[found.index[taking], f"central_{criterion}"] = accepted.central[:, column]
    found["verdict"] = rules.verdicts(found["acceptability"], portfolio)
    values = values.reindex(columns=list(in_force), fill_value=0.0)
    return _with_tipping(found, values, in_force, k), accepted.draws


def _span(portfolio: Portfolio, found: pd.DataFrame, names: list[str], compared: list[str]) -> scoring.Span:
    ends = [values_of(portfolio, found[[f"{name}{end}" for name in names]], end) for end in ("_low", "_high")]
    # A criterion that is not compared on is worth the same to all: nothing.
    is_compared = np.isin(names, compared)
    first, second = (np.where(is_compared, each.to_numpy(), 0.0) for each in ends)
    return scoring.Span(np.minimum(first, second), np.maximum(first, second))


def _with_tipping(
    found: pd.DataFrame, values: pd.DataFrame, in_force: Mapping[str, float], k: int
) -> pd.DataFrame:
    taking = found["place"].notna()
    table = values[taking].to_numpy()
    in_play = scoring.skyband(scoring.Span.sure(table), k)
    contested = found["verdict"][taking].to_numpy() == "contested"
    nearest = np.argsort(found["place"][taking].to_numpy(dtype=float) + np.where(contested, 0.0, np.inf))
    edges: dict[int, scoring.Critical] = {}
    said: list[Any] = [
        {"key": f"segment.holds.{'whatever' if held else verdict}"} for verdict, held in _verdicts(found)
    ]
    for position in nearest[: min(SENTENCES, int(contested.sum()))]:
        row = int(np.flatnonzero(taking)[position])
        rivals = in_play.copy()
        rivals[position] = True
        edge, parts = scoring.critical(
            table[rivals], list(in_force.values()), int(rivals[:position].sum()), k
        )
        said[row] = _tipping(list(in_force), edge, parts, has_place=bool(found["has_place"].iloc[row]))
        edges |= {row: edge} if edge else {}
    return _with_edges(found.assign(holds=said), edges, list(in_force))


def _verdicts(found: pd.DataFrame) -> Any:
    return zip(found["verdict"], found["is_proved"], strict=True)


def _with_edges(found: pd.DataFrame, edges: Mapping[int, scoring.Critical], names: list[str]) -> pd.DataFrame:
    criteria = pd.Series({row: names[edge.criterion] for row, edge in edges.items()}, dtype="str")
    weights = pd.Series({row: edge.weight for row, edge in edges.items()}, dtype="float64")
    return found.assign(
        tipping_criterion=criteria.reindex(range(len(found))).to_numpy(),
        tipping_weight=weights.reindex(range(len(found))).to_numpy(),
    )


def _tipping(
    names: list[str],
    edge: scoring.Critical | None,
    parts: list[list[tuple[float, float]]],
    *,
    has_place: bool,
) -> dict[str, Any]:
    """Say within which weight the account has a place; rounded so that what is said is true."""
    if edge is None:
        return {"key": f"segment.holds.no_single_{'in' if has_place else 'out'}"}
    low, high = next(part for part in parts[edge.criterion] if edge.weight in part)
    least, most = math.ceil(round(low * 100, 6)), math.floor(round(high * 100, 6))
    form = "at_most" if low <= 0.0 else "at_least" if high >= 1.0 else "between"
    return {"key": f"segment.holds.{form}.{names[edge.criterion]}", "least": least, "most": most}


_FACTS = ["gate", "verdict", "has_place", "is_exposed", "is_promising"]


def _proposed(portfolio: Portfolio, found: pd.DataFrame, k: int) -> pd.DataFrame:
    last = found.loc[found["has_place"], "score"].min()
    facts = found.assign(is_promising=found["score"] >= last)[_FACTS].itertuples(index=False, name=None)
    answers = [
        rules.outcome(gate, verdict, has_place=has, is_exposed=exposed, is_promising=promising)
        for gate, verdict, has, exposed, promising in facts
    ]
    months = portfolio.limit("next_test_months")
    today = pd.Timestamp(portfolio.as_of)
    tests = {outcome: today + pd.DateOffset(months=count) for outcome, count in months.items()}
    outcomes = pd.Series([outcome for outcome, _ in answers], index=found.index, dtype="str")
    reasons: list[Any] = [{"key": f"segment.reason.{rule}", "k": k} for _, rule in answers]
    return found.assign(
        proposed_outcome=outcomes,
        proposed_is_key=found["has_place"] & (found["gate"] != "failed"),
        proposed_reason=reasons,
        next_test_on=outcomes.map(tests).astype("datetime64[us]"),
    )


def _decided(found: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    rows = decided.reindex(found["account_id"])
    rows.index = found.index
    has = rows["outcome"].notna()
    # Where a list has been decided, nobody is on it by proposal alone.
    any_key = bool(decided["is_key"].fillna(value=False).any())
    proposed_key = found["proposed_is_key"] & (not any_key)
    reason = rows["reason"].where(rows["reason"].notna() & (rows["reason"] != ""))
    return found.assign(
        outcome=rows["outcome"].where(has, found["proposed_outcome"]).astype("str"),
        is_key=rows["is_key"].astype("boolean").fillna(value=False).where(has, proposed_key).astype(bool),
        basis=np.where(has, "recorded", "proposed"),
        reason=reason.astype(object).where(reason.notna(), found["proposed_reason"]),
        decided_by=rows["decided_by"],
        decided_on=rows["decided_on"].astype("datetime64[us]"),
        next_test_on=rows["next_test_on"].astype("datetime64[us]").where(has, found["next_test_on"]),
    )


def _quadrants(portfolio: Portfolio, found: pd.DataFrame) -> list[str]:
    cut = portfolio.limit("matrix_cut_score")
    axes = found[["is_key", "strategic_importance", "our_position"]].itertuples(index=False, name=None)
    return [rules.quadrant(attractive, strong, cut) if is_key else "" for is_key, attractive, strong in axes]
