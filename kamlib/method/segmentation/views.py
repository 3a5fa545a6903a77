"""The choice seen from one side at a time: for the room, the report, and the other notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.errors import Finding
from kamlib.method import concentration, scoring, units
from kamlib.method.segmentation.choice import values_of
from kamlib.method.segmentation.raters import criteria_correlation
from kamlib.method.segmentation.scores import scores
from kamlib.method.segmentation.weights import weights_in_force
from kamlib.schema import STANDING_COLUMNS, Portfolio


def figures(segments: pd.DataFrame, portfolio: Portfolio) -> list[dict[str, Any]]:
    """Return what the choice carries: places and how sure they are, share of revenue and contribution, and the few."""
    keys = segments[segments["is_key"]]
    verdicts = segments["verdict"].value_counts()
    months = concentration.key_months(portfolio, set(keys["account_id"]))["share"]
    few = concentration.concentration(portfolio).iloc[0]
    sure = {name: int(verdicts.get(name, 0)) for name in ("robust_in", "contested")}
    bought = keys["revenue_12m"].sum() / (segments["revenue_12m"].sum() or np.nan)
    carried = keys["exposure_share"].sum(min_count=1)
    return [
        {
            "label": text.t("segment.figure.keys"),
            "value": text.number(len(keys)),
            "change": text.t("segment.figure.sure", **sure),
        },
        {
            "label": text.t("segment.figure.revenue"),
            "value": text.percent(bought),
            "change": concentration.since_last_year(months),
            "series": months,
        },
        {"label": text.t("segment.figure.contribution"), "value": text.percent(carried)},
        {
            "label": text.t("segment.figure.few", carried=text.percent(few["carried_share"])),
            "value": text.t("segment.figure.of", few=few["few"], accounts=few["accounts"]),
        },
    ]


def headline(segments: pd.DataFrame) -> dict[str, Any]:
    """Return the sentence (key and values) that says who competes for how many places."""
    asked = "willingness_to_partner" in segments.attrs["compared"]
    verdicts = segments["verdict"].value_counts()
    return {
        "key": f"segment.place.{'few' if asked else 'unasked'}",
        "accounts": len(segments),
        "asked": int((segments["gate"] != "not_asked").sum()),
        "compared": int(segments["place"].notna().sum()),
        "places": segments.attrs["k"],
        "robust_in": int(verdicts.get("robust_in", 0)),
        "contested": int(verdicts.get("contested", 0)),
    }


def shortlist(segments: pd.DataFrame) -> pd.DataFrame:
    """One row per account that the room needs to see, as `assign`: near a place, a key account, or decided on."""
    near = (segments["place"] <= 1.5 * segments.attrs["k"]).fillna(value=False).astype(bool)
    rows: pd.DataFrame = segments[near | segments["is_key"] | (segments["basis"] == "recorded")]
    return rows.sort_values(["place", "rank"], na_position="last", ignore_index=True)


def lenses(portfolio: Portfolio, segments: pd.DataFrame) -> pd.DataFrame:
    """One row per criterion: its lens, how it is used, its weight, and where its scores come from (S1.3, P3).

    Columns: criterion, lens, lens_use, direction, weight (missing: not weighed), judged, derived, unknown (counts).
    """
    rows = scores(portfolio)
    judged = rows["source"].str.startswith("judged")
    kinds = np.select([judged, rows["score"].notna()], ["judged", "derived"], "unknown")
    counts = pd.crosstab(rows["criterion"], kinds).reindex(
        columns=["judged", "derived", "unknown"], fill_value=0
    )
    criteria = portfolio.settings["criteria"]
    found = pd.DataFrame({"criterion": list(criteria), "lens": [each["lens"] for each in criteria.values()]})
    found = found.assign(
        lens_use=found["lens"],
        direction=[each["direction"] for each in criteria.values()],
        weight=found["criterion"].map(segments.attrs["weights"]),
    )
    return found.merge(counts.reset_index(), on="criterion", how="left").fillna(dict.fromkeys(counts, 0))


def sources(portfolio: Portfolio, shortlist: pd.DataFrame) -> pd.DataFrame:
    """One row per score that is not settled, as `scores`: of the first eight contested, and where people are apart."""
    rows: pd.DataFrame = scores(portfolio)
    open_ones = shortlist.loc[shortlist["verdict"] == "contested", "account_id"].head(8)
    apart = rows["spread"] >= portfolio.limit("rater_steps_apart")
    asked = rows["account_id"].isin(shortlist["account_id"])
    weighed = rows["criterion"].isin(shortlist.attrs["weights"]) & rows["score"].notna()
    rows = rows[asked & ((rows["account_id"].isin(open_ones) & weighed) | apart)]
    ordered: pd.DataFrame = rows.sort_values(["account_id", "criterion"], ignore_index=True)
    return ordered


def anchors(portfolio: Portfolio) -> pd.DataFrame:
    """One row per criterion and score 1-5: what the score means (P5)."""
    pairs = [(name, score) for name in portfolio.settings["criteria"] for score in range(1, 6)]
    rows: list[Any] = [(name, score, {"key": f"score.{name}.{score}"}) for name, score in pairs]
    return pd.DataFrame(rows, columns=["criterion", "score", "anchor"])


def contributions(segments: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    """One row per account and compared criterion: score, share of the weight, points of the total (0-100).

    The points of one account sum to its score; a criterion that is not known has no points and no share.
    """
    names = segments.attrs["compared"]
    values = values_of(portfolio, segments[names])
    shares = scoring.normalised([segments.attrs["weights"][name] for name in names])
    points = 100.0 * scoring.contributions(values, shares)
    return pd.DataFrame(
        {
            "account_id": np.repeat(segments["account_id"].to_numpy(), len(names)),
            "name": np.repeat(segments["name"].to_numpy(), len(names)),
            "criterion": np.tile(names, len(segments)),
            "score": segments[names].to_numpy(dtype=float).ravel(),
            "weight": np.tile(shares, len(segments)),
            "points": points.ravel(),
        }
    )


def side_by_side(segments: pd.DataFrame) -> pd.DataFrame:
    """One row per account that our choice or revenue alone would take: both, ours only, revenue only (S1.2).

    Columns: account_id, name, revenue_12m, revenue_rank, place, margin_share, gate, is_key, by_revenue, agreement.
    """
    keys = int(segments["is_key"].sum()) or segments.attrs["k"]
    by_revenue = (segments["revenue_12m"].rank(ascending=False, method="first") <= keys) & (
        segments["revenue_12m"] > 0
    )
    rows = segments.assign(
        by_revenue=by_revenue, margin_share=segments["margin_12m"] / segments["revenue_12m"]
    )
    rows = rows[rows["is_key"] | rows["by_revenue"]]
    rows["agreement"] = np.select(
        [rows["is_key"] & rows["by_revenue"], rows["is_key"]], ["both", "ours_only"], "revenue_only"
    )
    columns = [
        "revenue_12m",
        "revenue_rank",
        "place",
        "margin_share",
        "gate",
        "is_key",
        "by_revenue",
        "agreement",
    ]
    return rows.sort_values("revenue_rank")[["account_id", "name", *columns]].reset_index(drop=True)


def points(segments: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    """One row per compared account, by place: the points that each weighted criterion brings, and the score."""
    long = contributions(segments[segments["place"].notna()].sort_values("place"), portfolio)
    wide = long.pivot(index=["account_id", "name"], columns="criterion", values="points")  # noqa: PD010
    wide = wide.reindex(columns=list(segments.attrs["weights"])).assign(score=wide.sum(axis=1, min_count=1))
    return wide.reset_index().sort_values(["score", "account_id"], ascending=[False, True], ignore_index=True)


def contested(segments: pd.DataFrame) -> pd.DataFrame:
    """One row per contested account, by place: what the room talks about (P23), as `robustness`."""
    rows = robustness(segments)
    return rows[rows["verdict"] == "contested"].reset_index(drop=True)


def robustness(segments: pd.DataFrame) -> pd.DataFrame:
    """One row per compared account, by place: acceptability, verdict, tipping weight and the sentence (S1.6).

    `central_<criterion>` is the mean weight of the draws in which the account has a place (6.3).
    """
    rows = segments[segments["place"].notna()].sort_values("place")
    central = [f"central_{name}" for name in segments.attrs["weights"]]
    columns = [
        "account_id",
        "name",
        "place",
        "score",
        "has_place",
        "is_key",
        "acceptability",
        "verdict",
        "is_proved",
    ]
    return rows[[*columns, "tipping_criterion", "tipping_weight", "holds", *central]].reset_index(drop=True)


def changes(segments: pd.DataFrame) -> pd.DataFrame:
    """One row per account where the recorded choice and today's proposal differ (S1.1: revisited every year)."""
    rows = segments[segments["is_key"] != segments["proposed_is_key"]].sort_values(
        "place", na_position="last"
    )
    rows = rows.assign(change=np.where(rows["is_key"], "would_leave", "would_enter"))
    columns = [
        "place",
        "gate",
        "verdict",
        "is_key",
        "change",
        "proposed_outcome",
        "proposed_reason",
        "holds",
        "reason",
    ]
    return rows[["account_id", "name", *columns]].reset_index(drop=True)


def reweigh(segments: pd.DataFrame, weights: Mapping[str, float], portfolio: Portfolio) -> pd.DataFrame:
    """One row per account near a place under the old weights or the new, by its new place: what follows a slider.

    Columns: account_id, name, new_place, new_score, has_new_place, place, moved (places up), step (in, out, stays
    in, stays out), verdict, gate.
    """
    names = segments.attrs["compared"]
    shares = weights_in_force(portfolio, weights)
    rows = segments[segments["place"].notna()].copy()
    values = values_of(portfolio, rows[names])
    rows["new_score"] = 100.0 * scoring.totals(values, [shares[name] for name in names])
    # The place before is the tie break: equal scores do not jump about under the slider.
    rows["new_place"] = scoring.places(rows["new_score"], -rows["place"].astype(float))
    rows["has_new_place"] = rows["new_place"] <= segments.attrs["k"]
    rows = rows[rows[["place", "new_place"]].min(axis=1) <= 1.5 * segments.attrs["k"]]
    rows["moved"] = rows["place"].astype(int) - rows["new_place"]
    rows["step"] = np.select(
        [
            rows["has_new_place"] & ~rows["has_place"],
            ~rows["has_new_place"] & rows["has_place"],
            rows["has_place"],
        ],
        ["enters", "leaves", "stays_in"],
        "stays_out",
    )
    columns = ["new_place", "new_score", "has_new_place", "place", "moved", "step", "verdict", "gate"]
    ordered: pd.DataFrame = rows.sort_values("new_place")[["account_id", "name", *columns]]
    return ordered.reset_index(drop=True)


def standings(segments: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    """One row per account, members of a group too: account_id and the columns of `schema.Standing`.

    A member stands where its decision unit stands.
    """
    told = segments.assign(segment=segments["outcome"], of_accounts=len(segments)).set_index("account_id")
    tops = units.roots(portfolio.account)
    rows = told.loc[tops, list(STANDING_COLUMNS)]
    return rows.set_axis(tops.index, axis=0).rename_axis("account_id").reset_index()


def findings(portfolio: Portfolio, segments: pd.DataFrame) -> list[Finding]:
    """Return what somebody should look at before the choice is recorded, the gravest first."""
    found = [
        *units.findings(portfolio.account),
        *_number_of_keys(portfolio, segments),
        *_loss_makers(segments),
        *_rescore(portfolio, segments),
        *_not_compared(segments),
        *_missing_history(portfolio, segments),
    ]
    pairs = criteria_correlation(segments, portfolio)
    weighted = pairs["first"].isin(segments.attrs["weights"]) & pairs["second"].isin(
        segments.attrs["weights"]
    )
    overlap = [
        Finding("criteria_overlap", "warning", {}, {"pair": _named(first, second), "rho": float(rho)})
        for first, second, rho in pairs.loc[
            pairs["is_high"] & weighted, ["first", "second", "rho"]
        ].to_numpy()
    ]
    return [*found, *overlap]


def _named(*criteria: str) -> str:
    return text.listed(text.label("criterion", criterion) for criterion in criteria)


def _number_of_keys(portfolio: Portfolio, segments: pd.DataFrame) -> list[Finding]:
    keys = int(segments["is_key"].sum())
    low, high = (int(portfolio.limit(f"key_accounts_{end}")) for end in ("low", "high"))
    outside = not low <= keys <= high
    return (
        [Finding("key_accounts_number", "note", {}, {"n": keys, "low": low, "high": high})] if outside else []
    )


def _loss_makers(segments: pd.DataFrame) -> list[Finding]:
    rows = segments[segments["is_key"] & (segments["profit_12m"] < 0)]
    return [
        Finding(
            "key_account_loses_money", "warning", {"account": name}, {"amount": round(float(profit) / 1e6, 1)}
        )
        for name, profit in zip(rows["name"], rows["profit_12m"], strict=True)
    ]


def _rescore(portfolio: Portfolio, segments: pd.DataFrame) -> list[Finding]:
    """Two written no in twelve months: willingness is to be scored again (P25)."""
    since = pd.Timestamp(portfolio.as_of) - pd.DateOffset(months=12)
    goals = portfolio.goal[portfolio.goal["customer_status"] == "declined"]
    no = goals[goals["customer_status_on"] >= since].groupby("account_id").size()
    names = segments.set_index("account_id")["name"]
    return [
        Finding(
            "willingness_rescore",
            "warning",
            {"account": str(names.get(account_id, account_id))},
            {"n": int(n)},
        )
        for account_id, n in no[no >= 2].items()
    ]


def _not_compared(segments: pd.DataFrame) -> list[Finding]:
    unseen = [name for name in segments.attrs["weights"] if name not in segments.attrs["compared"]]
    return [Finding(f"criterion_not_compared.{name}", "note", {}, {}) for name in unseen]


def _missing_history(portfolio: Portfolio, segments: pd.DataFrame) -> list[Finding]:
    known = segments["strategic_importance"].notna().any()
    return [] if known or portfolio.revenue.empty else [Finding("history_too_short", "note", {}, {})]
