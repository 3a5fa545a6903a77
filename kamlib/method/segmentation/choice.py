"""The choice itself: one row per decision unit with its lenses, its place, how it holds, and what is proposed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamlib.method import scoring, units
from kamlib.method.once import once
from kamlib.method.segmentation import rules
from kamlib.method.segmentation.scores import exposure_shares, scores
from kamlib.method.segmentation.weights import box, weights_in_force
from kamlib.schema import Portfolio

#: So many contested accounts nearest the cut get their own tipping weight; beyond, the general sentence.
SENTENCES = 60


@dataclass(frozen=True)
class Choice:
    """The choice of key accounts under one set of weights.

    Attributes
    ----------
    segments
        One row per decision unit, see `assign`.
    weights
        Share of the weight by weighted criterion; all zero where nothing weighs.
    places
        Number of key accounts there are to be.
    compared
        The criteria that accounts are compared on; none where nothing weighs.
    draws
        Reasonable weightings that were tried.
    """

    segments: pd.DataFrame
    weights: Mapping[str, float]
    places: int
    compared: tuple[str, ...]
    draws: int

    @property
    def is_weighed(self) -> bool:
        """Tell whether any criterion weighs: else nobody is ranked and nothing is proposed by place."""
        return bool(self.compared)

    @property
    def key_accounts(self) -> pd.DataFrame:
        """The rows of the key accounts: as recorded, else as proposed."""
        keys: pd.DataFrame = self.segments[self.segments["is_key"]]
        return keys


def choose(
    portfolio: Portfolio, weights: Mapping[str, float] | None = None, *, places: int | None = None
) -> Choice:
    """Return the choice under some weights (S1.1-S1.6).

    Parameters
    ----------
    weights
        Points by criterion; only their proportions count. Absent: those in force.
    places
        Number of key accounts; absent: as many as are recorded, else the settings' default.
    """
    segments, decided = _judged(portfolio), recorded(portfolio)
    in_force = weights_in_force(portfolio, weights)
    k = places or number_of_places(portfolio, decided, len(segments))
    segments, values = _ranked(portfolio, segments, in_force, k)
    segments, draws = _tested(portfolio, segments, values, in_force, k)
    segments = _decided(_proposed(portfolio, segments, in_force, k), decided)
    segments["quadrant"] = _quadrants(portfolio, segments)
    segments["attractiveness"] = segments["strategic_importance"]
    segments = segments.drop(columns=_SPANS).sort_values(
        "rank", na_position="last", kind="stable", ignore_index=True
    )
    return Choice(segments, in_force, int(k), tuple(values.columns), draws)


@once
def as_opened(portfolio: Portfolio) -> Choice:
    """Return the choice under the weights in force when the portfolio was read."""
    return choose(portfolio)


def assign(
    portfolio: Portfolio, weights: Mapping[str, float] | None = None, *, places: int | None = None
) -> pd.DataFrame:
    """One row per decision unit, the best score first: where it stands and what is proposed; as `choose`.

    Columns: account_id, name, members; revenue_12m, margin_12m, profit_12m, growth_share, revenue_rank; the five
    scores 1-5 by name; coverage_share (known share of the weight), score (0-100 over the compared criteria),
    rank (among all), place (among those compared), has_place; gate, exposure_share, is_exposed; acceptability
    (share of reasonable weightings with a place), is_proved, verdict, tipping_criterion, tipping_weight, holds
    (a sentence); proposed_outcome, proposed_is_key, proposed_reason; the recorded outcome, is_key, reason,
    decided_by, decided_on, next_test_on where there is a decision (`basis` recorded), else the proposal;
    quadrant of the key accounts. Where nothing weighs nobody has a score, a rank or a place.
    Revenue is never an axis of the choice (P18).
    """
    return choose(portfolio, weights, places=places).segments


_CRITERIA = (
    "strategic_importance",
    "willingness_to_partner",
    "internal_complexity",
    "business_risk",
    "our_position",
)
_SPANS = [f"{criterion}_{end}" for criterion in _CRITERIA for end in ("low", "high")]


@once
def _judged(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit with its facts and the five scores: all of the choice that no weight touches."""
    customers = units.decision_units(portfolio)
    customers["revenue_rank"] = customers["revenue_12m"].rank(ascending=False, method="min").astype("Int64")
    long = scores(portfolio)
    for criterion in portfolio.settings["criteria"]:
        rows = long[long["criterion"] == criterion]
        customers[criterion] = rows["score"].to_numpy()
        for end in ("low", "high"):
            customers[f"{criterion}_{end}"] = rows[end].to_numpy()
        if criterion in ("business_risk", "our_position"):
            customers[f"{criterion}_source"] = rows["source"].to_numpy()
    refused = _written_no(portfolio, customers)
    customers["gate"] = rules.gates(customers["willingness_to_partner"], refused, portfolio)
    customers["exposure_share"], _ = exposure_shares(customers)
    customers["is_exposed"] = customers["business_risk"] >= portfolio.limit("exposure_limit_score")
    return customers


def _written_no(portfolio: Portfolio, customers: pd.DataFrame) -> pd.Series:
    given = portfolio.assessment
    since = pd.Timestamp(portfolio.as_of) - pd.DateOffset(months=12)
    by_customer = (given["criterion"] == "willingness_to_partner") & (given["said_by"] == "customer")
    no = given[by_customer & (given["score"] == 1) & ~(given["assessed_on"] < since)]
    return customers["account_id"].isin(no["account_id"].map(units.groups_of(portfolio)))


@once
def recorded(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision unit with a recorded decision, the newest one, by account_id."""
    rows = portfolio.selection.sort_values(["decided_on", "row_id"], na_position="first")
    rows = rows.assign(account_id=rows["account_id"].map(units.groups_of(portfolio)))
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
    lowest, highest = int(portfolio.limit("key_accounts_low")), int(portfolio.limit("key_accounts_high"))
    wanted = min(int(portfolio.limit("key_accounts_default")), highest, carried)
    return max(1, min(accounts, max(lowest, int(wanted))))


def _ranked(
    portfolio: Portfolio, segments: pd.DataFrame, in_force: Mapping[str, float], k: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    values = values_of(portfolio, segments[list(in_force)])
    weights = np.array(list(in_force.values()))
    open_to_choice = (segments["gate"] != "failed").to_numpy()
    compared = compared_criteria(values.notna().to_numpy(), open_to_choice, weights > 0, k)
    is_known = values.iloc[:, compared].notna().all(axis=1).to_numpy()
    takes_part = open_to_choice & is_known & bool(compared)
    score = 100.0 * scoring.totals(values.iloc[:, compared], weights[compared])
    change = segments["change"].to_numpy(dtype=float)
    ranked = segments.assign(
        coverage_share=scoring.coverage(values, weights) if compared else np.nan,
        score=score,
        rank=_places(score, change, ~np.isnan(score)),
        place=_places(score, change, takes_part),
    )
    ranked["has_place"] = (ranked["place"] <= k).fillna(value=False).astype(bool)
    return ranked, values.iloc[:, compared]


def _places(score: scoring.Floats, change: scoring.Floats, takes_part: scoring.Flags) -> Any:
    """Return the places among those who take part, missing for the others; equal scores by the rise in money."""
    places = pd.array([pd.NA] * len(score), dtype="Int64")
    places[takes_part] = scoring.places(score[takes_part], change[takes_part])
    return places


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


def compared_criteria(
    is_known: scoring.Flags, open_to_choice: scoring.Flags, weighs: scoring.Flags, k: int
) -> list[int]:
    """Return the positions of the criteria that accounts are compared on; none where nothing weighs.

    An unknown value is neither zero nor average, so only accounts known on every compared criterion compete. A
    criterion known for too few to fill the places is not compared on, the least known one first; one that weighs
    is always left.
    """
    kept = list(range(is_known.shape[1])) if weighs.any() else []
    wanted = min(k, int(open_to_choice.sum()))
    while len(kept) > 1 and (open_to_choice & is_known[:, kept].all(axis=1)).sum() < wanted:
        last = kept if weighs[kept].sum() > 1 else [each for each in kept if not weighs[each]]
        kept.remove(min(last, key=lambda column: (is_known[open_to_choice, column].sum(), -column)))
    return kept


def _tested(
    portfolio: Portfolio,
    segments: pd.DataFrame,
    values: pd.DataFrame,
    in_force: Mapping[str, float],
    k: int,
) -> tuple[pd.DataFrame, int]:
    taking = np.flatnonzero(segments["place"].notna())
    if not taking.size:
        return _untested(segments, in_force), 0
    span = _span(portfolio, segments.iloc[taking], list(in_force), list(values.columns))
    room = box(portfolio, in_force)
    rng = np.random.default_rng(portfolio.limit("smaa_seed"))
    drawn = scoring.draw_weights(room, int(portfolio.limit("smaa_draws")), rng)
    accepted = scoring.acceptability(span, drawn, k, seed=int(portfolio.limit("smaa_seed")))
    is_always_in = (accepted.share > 1.0 - scoring.TIE) & scoring.proved(span, room, k)
    central = _placed(len(segments), taking, accepted.central)
    tested = segments.assign(
        acceptability=_placed(len(segments), taking, accepted.share),
        is_proved=_placed(len(segments), taking, is_always_in) == 1.0,
        **{f"central_{name}": central[:, column] for column, name in enumerate(in_force)},
    )
    tested["verdict"] = rules.verdicts(tested["acceptability"], portfolio)
    values = values.reindex(columns=list(in_force), fill_value=0.0)
    return _with_tipping(tested, values, in_force, k), accepted.draws


def _placed(n: int, taking: scoring.Places, values: Any) -> scoring.Floats:
    """Return `n` rows with values for those who take part, missing for the others."""
    whole = np.full((n, *np.shape(values)[1:]), np.nan)
    whole[taking] = values
    return whole


def _untested(segments: pd.DataFrame, in_force: Mapping[str, float]) -> pd.DataFrame:
    """Return the columns of the test where nobody is compared: nothing weighs, or scores are missing."""
    why = "not_compared" if any(in_force.values()) else "not_weighed"
    holds: list[Any] = [{"key": f"segment.holds.{why}"}] * len(segments)
    untested = segments.assign(
        acceptability=np.nan,
        is_proved=False,
        **{f"central_{name}": np.nan for name in in_force},
        verdict="not_compared",
        holds=holds,
    )
    return _with_edges(untested, {}, list(in_force))


def _span(
    portfolio: Portfolio, segments: pd.DataFrame, names: list[str], compared: list[str]
) -> scoring.Span:
    ends = [
        values_of(portfolio, segments[[f"{name}{end}" for name in names]], end) for end in ("_low", "_high")
    ]
    # A criterion that is not compared on is worth the same to all: nothing.
    is_compared = np.isin(names, compared)
    first, second = (np.where(is_compared, each.to_numpy(), 0.0) for each in ends)
    return scoring.Span(np.minimum(first, second), np.maximum(first, second))


def _with_tipping(
    segments: pd.DataFrame, values: pd.DataFrame, in_force: Mapping[str, float], k: int
) -> pd.DataFrame:
    taking = segments["place"].notna()
    table = values[taking].to_numpy()
    in_play = scoring.skyband(scoring.Span.sure(table), k)
    contested = segments["verdict"][taking].to_numpy() == "contested"
    nearest = np.argsort(segments["place"][taking].to_numpy(dtype=float) + np.where(contested, 0.0, np.inf))
    edges: dict[int, scoring.Critical] = {}
    holds: list[Any] = [
        {"key": f"segment.holds.{'whatever' if is_proved else verdict}"}
        for verdict, is_proved in zip(segments["verdict"], segments["is_proved"], strict=True)
    ]
    for position in nearest[: min(SENTENCES, int(contested.sum()))]:
        row = int(np.flatnonzero(taking)[position])
        rivals = in_play.copy()
        rivals[position] = True
        edge, parts = scoring.critical(
            table[rivals], list(in_force.values()), int(rivals[:position].sum()), k
        )
        holds[row] = _tipping(list(in_force), edge, parts, has_place=bool(segments["has_place"].iloc[row]))
        edges |= {row: edge} if edge else {}
    return _with_edges(segments.assign(holds=holds), edges, list(in_force))


def _with_edges(
    segments: pd.DataFrame, edges: Mapping[int, scoring.Critical], names: list[str]
) -> pd.DataFrame:
    criteria = pd.Series({row: names[edge.criterion] for row, edge in edges.items()}, dtype="str")
    weights = pd.Series({row: edge.weight for row, edge in edges.items()}, dtype="float64")
    return segments.assign(
        tipping_criterion=criteria.reindex(range(len(segments))).to_numpy(),
        tipping_weight=weights.reindex(range(len(segments))).to_numpy(),
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


#: Reasons that hold also where nothing weighs.
_UNRANKED = ("gate_failed", "exposed_out")
_FACTS = ["gate", "verdict", "has_place", "is_exposed", "is_promising"]


def _proposed(
    portfolio: Portfolio, segments: pd.DataFrame, in_force: Mapping[str, float], k: int
) -> pd.DataFrame:
    last = segments.loc[segments["has_place"], "score"].min()
    facts = segments.assign(is_promising=segments["score"] >= last)[_FACTS].itertuples(index=False, name=None)
    answers = [
        rules.outcome(gate, verdict, has_place=has, is_exposed=exposed, is_promising=promising)
        for gate, verdict, has, exposed, promising in facts
    ]
    months = portfolio.limit("next_test_months")
    today = pd.Timestamp(portfolio.as_of)
    tests = {outcome: today + pd.DateOffset(months=count) for outcome, count in months.items()}
    outcomes = pd.Series([outcome for outcome, _ in answers], index=segments.index, dtype="str")
    weighs = any(in_force.values())
    reasons: list[Any] = [
        {"key": f"segment.reason.{rule if weighs or rule in _UNRANKED else 'not_weighed'}", "k": k}
        for _, rule in answers
    ]
    return segments.assign(
        proposed_outcome=outcomes,
        proposed_is_key=segments["has_place"] & (segments["gate"] != "failed"),
        proposed_reason=reasons,
        next_test_on=outcomes.map(tests).astype("datetime64[us]"),
    )


def _decided(segments: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    decisions = decided.reindex(segments["account_id"])
    decisions.index = segments.index
    has = decisions["outcome"].notna()
    # Where a list has been decided, nobody is on it by proposal alone.
    any_key = bool(decided["is_key"].fillna(value=False).any())
    proposed_key = segments["proposed_is_key"] & (not any_key)
    reason = decisions["reason"].where(decisions["reason"].notna() & (decisions["reason"] != ""))
    return segments.assign(
        outcome=decisions["outcome"].where(has, segments["proposed_outcome"]).astype("str"),
        is_key=decisions["is_key"]
        .astype("boolean")
        .fillna(value=False)
        .where(has, proposed_key)
        .astype(bool),
        basis=np.where(has, "recorded", "proposed"),
        reason=reason.astype(object).where(reason.notna(), segments["proposed_reason"]),
        decided_by=decisions["decided_by"],
        decided_on=decisions["decided_on"].astype("datetime64[us]"),
        next_test_on=decisions["next_test_on"].astype("datetime64[us]").where(has, segments["next_test_on"]),
    )


def _quadrants(portfolio: Portfolio, segments: pd.DataFrame) -> list[str]:
    cut = portfolio.limit("matrix_cut_score")
    axes = segments[["is_key", "strategic_importance", "our_position"]].itertuples(index=False, name=None)
    return [rules.quadrant(attractive, strong, cut) if is_key else "" for is_key, attractive, strong in axes]
