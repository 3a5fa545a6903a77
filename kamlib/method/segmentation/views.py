"""The choice seen from one side at a time: for the room, the report, and the other notebooks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from kamlib import words
from kamlib.errors import Finding
from kamlib.method import concentration, scoring, units
from kamlib.method.segmentation.choice import Choice, as_opened, values_of
from kamlib.method.segmentation.raters import criteria_correlation
from kamlib.method.segmentation.rules import VERDICTS
from kamlib.method.segmentation.scores import exposure_shares, scores
from kamlib.schema import STANDING_COLUMNS, Portfolio
from kamlib.words import Words


def figures(choice: Choice, portfolio: Portfolio) -> list[dict[str, Any]]:
    """Return what the choice carries: key accounts and how sure they are, share of revenue and contribution, the few."""
    keys, segments = choice.key_accounts, choice.segments
    months = concentration.key_months(portfolio, set(keys["account_id"]))["share"]
    few = concentration.concentration(portfolio)
    bought = keys["revenue_12m"].sum() / (segments["revenue_12m"].sum() or np.nan)
    cards = [
        _card("keys", words.number(len(keys))) | {"change": _how_sure(keys, choice)},
        _card("revenue", words.percent(bought))
        | {"change": concentration.since_last_year(months), "series": months},
    ]
    if exposure_shares(segments)[1] == "contribution_share":  # for want of margins the shares are of revenue
        cards.append(_card("contribution", words.percent(keys["exposure_share"].sum(min_count=1))))
    counted = words.sentence("segment.figure.of", few=few.few, accounts=few.accounts)
    return [*cards, _card("few", counted, carried=words.percent(few.carried_share))]


def _card(name: str, value: Words, **named: Words) -> dict[str, Any]:
    return {"label": words.sentence(f"segment.figure.{name}", **named), "value": value}


def _how_sure(keys: pd.DataFrame, choice: Choice) -> Words:
    """Say how many of the key accounts themselves hold; the rest of those compared stands in the headline."""
    if not choice.is_weighed:
        return words.sentence("segment.figure.not_ranked")
    counts = Counter(keys["verdict"])
    sure = (words.sentence(f"segment.figure.{name}", count=counts[name]) for name in VERDICTS if counts[name])
    return words.listed(sure)


def headline(choice: Choice) -> dict[str, Any]:
    """Return the sentence (key and values) that says who competes for how many places, or that nothing weighs."""
    segments = choice.segments
    if not choice.is_weighed:
        return {"key": "segment.weights.none"}
    verdicts = segments["verdict"].value_counts()
    return {
        "key": f"segment.place.{'few' if 'willingness_to_partner' in choice.compared else 'unasked'}",
        "accounts": len(segments),
        "asked": int((segments["gate"] != "not_asked").sum()),
        "compared": int(segments["place"].notna().sum()),
        "places": choice.places,
        "robust_in": int(verdicts.get("robust_in", 0)),
        "contested": int(verdicts.get("contested", 0)),
    }


def swap(choice: Choice) -> dict[str, Any]:
    """Return the sentence (key and values) that says who would come in or leave if we chose today; nothing if nobody."""
    changed = changes(choice)
    if changed.empty or not (choice.segments["basis"] == "recorded").any():
        return {}
    by_change = changed.groupby("change")["name"].agg(list)
    enter, leave = (by_change.get(f"would_{step}", []) for step in ("enter", "leave"))
    step = "both" if enter and leave else "enter" if enter else "leave"
    return {"key": f"segment.swap.{step}", "enter": _first(enter), "leave": _first(leave)}


def decided(choice: Choice) -> dict[str, Any]:
    """Return the sentence (key and values) that says when the key accounts were decided on."""
    keys = choice.key_accounts
    days = sorted(set(keys.loc[keys["basis"] == "recorded", "decided_on"].dropna()))
    if not days:
        return {"key": "segment.decided.none"}
    return {"key": "segment.decided", "days": words.listed(map(words.day, days))}


def _first(names: list[str], most: int = 3) -> Words:
    rest = len(names) - most
    more = [words.sentence("segment.swap.more", count=rest)] if rest > 0 else []
    return words.listed([*names[:most], *more])


def shortlist(choice: Choice) -> pd.DataFrame:
    """One row per account that the room needs to see, as `assign`: near a place, a key account, or decided on."""
    segments = choice.segments
    near = (segments["place"] <= 1.5 * choice.places).fillna(value=False).astype(bool)
    rows: pd.DataFrame = segments[near | segments["is_key"] | (segments["basis"] == "recorded")]
    return rows.sort_values(["place", "rank"], na_position="last", ignore_index=True)


def lenses(choice: Choice, portfolio: Portfolio) -> pd.DataFrame:
    """One row per criterion: its lens, how it is used, its weight, and where its scores come from (S1.3, P3).

    Columns: criterion, lens, lens_use, direction, weight (missing: not weighed), judged, derived, unknown (counts).
    """
    scored = scores(portfolio)
    judged = scored["source"].str.startswith("judged")
    kinds = np.select([judged, scored["score"].notna()], ["judged", "derived"], "unknown")
    counts = pd.crosstab(scored["criterion"], kinds).reindex(
        columns=["judged", "derived", "unknown"], fill_value=0
    )
    criteria = portfolio.settings["criteria"]
    lens = pd.DataFrame({"criterion": list(criteria), "lens": [each["lens"] for each in criteria.values()]})
    lens = lens.assign(
        lens_use=lens["lens"],
        direction=[each["direction"] for each in criteria.values()],
        weight=lens["criterion"].map(choice.weights),
    )
    return lens.merge(counts.reset_index(), on="criterion", how="left").fillna(dict.fromkeys(counts, 0))


def sources(choice: Choice, portfolio: Portfolio) -> pd.DataFrame:
    """One row per score that is not settled, as `scores`: of the first eight contested, and where people are apart."""
    near, scored = shortlist(choice), scores(portfolio)
    open_ones = near.loc[near["verdict"] == "contested", "account_id"].head(8)
    apart = scored["spread"] >= portfolio.limit("rater_steps_apart")
    asked = scored["account_id"].isin(near["account_id"])
    weighed = scored["criterion"].isin(choice.weights) & scored["score"].notna()
    unsettled = scored[asked & ((scored["account_id"].isin(open_ones) & weighed) | apart)]
    ordered: pd.DataFrame = unsettled.sort_values(["account_id", "criterion"], ignore_index=True)
    return ordered


def anchors(portfolio: Portfolio) -> pd.DataFrame:
    """One row per criterion and score 1-5: what the score means (P5)."""
    pairs = [(name, score) for name in portfolio.settings["criteria"] for score in range(1, 6)]
    rows: list[Any] = [(name, score, {"key": f"score.{name}.{score}"}) for name, score in pairs]
    return pd.DataFrame(rows, columns=["criterion", "score", "anchor"])


def points(choice: Choice, portfolio: Portfolio) -> pd.DataFrame:
    """One row per compared account that the room needs to see, by score: points by weighted criterion, and the score.

    The points (0-100) of one account sum to its score; a criterion that is not compared on has none.
    """
    near = shortlist(choice)
    near = near[near["place"].notna()]
    compared = list(choice.compared)
    weights = [choice.weights[name] for name in compared]
    parts = 100.0 * scoring.contributions(values_of(portfolio, near[compared]), weights)
    wide = pd.DataFrame(parts, columns=compared, index=near.index).reindex(columns=list(choice.weights))
    wide = pd.concat([near[["account_id", "name"]], wide], axis=1).assign(score=wide.sum(axis=1, min_count=1))
    ordered: pd.DataFrame = wide.sort_values(
        ["score", "account_id"], ascending=[False, True], ignore_index=True
    )
    return ordered


def side_by_side(choice: Choice) -> pd.DataFrame:
    """One row per account that our choice or revenue alone would take: both, ours only, revenue only (S1.2).

    Columns: account_id, name, revenue_12m, revenue_rank, place, margin_share, gate, is_key, by_revenue, agreement.
    """
    segments, keys = choice.segments, len(choice.key_accounts) or choice.places
    by_revenue = (segments["revenue_12m"].rank(ascending=False, method="first") <= keys) & (
        segments["revenue_12m"] > 0
    )
    beside = segments.assign(
        by_revenue=by_revenue, margin_share=segments["margin_12m"] / segments["revenue_12m"]
    )
    beside = beside[beside["is_key"] | beside["by_revenue"]]
    beside["agreement"] = np.select(
        [beside["is_key"] & beside["by_revenue"], beside["is_key"]], ["both", "ours_only"], "revenue_only"
    )
    columns = ["account_id", "name", "revenue_12m", "revenue_rank", "place", "margin_share", "gate"]
    return beside.sort_values("revenue_rank")[[*columns, "is_key", "by_revenue", "agreement"]].reset_index(
        drop=True
    )


def contested(choice: Choice) -> pd.DataFrame:
    """One row per contested account, by place: what the room talks about (P23), as `robustness`."""
    compared = robustness(choice)
    return compared[compared["verdict"] == "contested"].reset_index(drop=True)


def robustness(choice: Choice) -> pd.DataFrame:
    """One row per compared account, by place: acceptability, verdict, tipping weight and the sentence (S1.6).

    `central_<criterion>` is the mean weight of the draws in which the account has a place (6.3).
    """
    compared = choice.segments[choice.segments["place"].notna()].sort_values("place")
    columns = ["account_id", "name", "place", "score", "has_place", "is_key", "acceptability", "verdict"]
    columns += ["is_proved", "tipping_criterion", "tipping_weight", "holds"]
    central = [f"central_{name}" for name in choice.weights]
    return compared[[*columns, *central]].reset_index(drop=True)


def changes(choice: Choice) -> pd.DataFrame:
    """One row per account where the recorded choice and today's proposal differ (S1.1: revisited every year).

    Where nothing weighs nothing is proposed, so nothing differs.
    """
    segments = choice.segments
    differs = (segments["is_key"] != segments["proposed_is_key"]) & choice.is_weighed
    differing = segments[differs].sort_values("place", na_position="last")
    differing = differing.assign(change=np.where(differing["is_key"], "would_leave", "would_enter"))
    columns = ["account_id", "name", "place", "gate", "verdict", "is_key", "change", "proposed_outcome"]
    return differing[[*columns, "proposed_reason", "holds", "reason"]].reset_index(drop=True)


def moves(choice: Choice, portfolio: Portfolio) -> pd.DataFrame:
    """One row per account near a place now or when the page was opened, by place: what follows a slider.

    Columns: account_id, name, place, score, moved (places up since the page was opened; missing: was not compared),
    step (enters, leaves, stays_in, stays_out), verdict, gate.
    """
    before = as_opened(portfolio).segments.set_index("account_id")[["place", "has_place"]]
    moved = choice.segments.join(before.add_suffix("_before"), on="account_id")
    moved = moved[moved["place"].notna()].sort_values("place")
    nearest = moved[["place", "place_before"]].min(axis=1)
    moved = moved[nearest <= 1.5 * choice.places]
    was_in = moved["has_place_before"].fillna(value=False).astype(bool)
    steps = [moved["has_place"] & ~was_in, ~moved["has_place"] & was_in, was_in]
    moved = moved.assign(
        moved=moved["place_before"] - moved["place"],
        step=np.select(steps, ["enters", "leaves", "stays_in"], "stays_out"),
    )
    columns = ["account_id", "name", "place", "score", "moved", "step", "verdict", "gate"]
    return moved[columns].reset_index(drop=True)


def standings(segments: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    """One row per account, members of a group too: account_id and the columns of `schema.Standing`.

    A member stands where its decision unit stands.
    """
    by_unit = segments.assign(segment=segments["outcome"], of_accounts=len(segments)).set_index("account_id")
    tops = units.groups_of(portfolio)
    rows = by_unit.loc[tops, list(STANDING_COLUMNS)]
    return rows.set_axis(tops.index, axis=0).rename_axis("account_id").reset_index()


def findings(choice: Choice, portfolio: Portfolio) -> list[Finding]:
    """Return what somebody should look at before the choice is recorded, the gravest first."""
    return [
        *([] if choice.is_weighed else [Finding("weights_all_zero", "warning", {}, {})]),
        *units.findings(portfolio.account),
        *_number_of_keys(choice, portfolio),
        *_loss_makers(choice),
        *_rescore(choice, portfolio),
        *_not_compared(choice),
        *_missing_history(choice, portfolio),
        *_overlaps(choice, portfolio),
    ]


def _overlaps(choice: Choice, portfolio: Portfolio) -> list[Finding]:
    """Two weighted criteria that say nearly the same count it twice (6.1)."""
    pairs = criteria_correlation(choice.segments, portfolio)
    weighted = pairs["is_high"] & pairs["first"].isin(choice.weights) & pairs["second"].isin(choice.weights)
    return [
        Finding("criteria_overlap", "warning", {}, {"pair": _named(first, second), "rho": float(rho)})
        for first, second, rho in pairs.loc[weighted, ["first", "second", "rho"]].to_numpy()
    ]


def _named(*criteria: str) -> Words:
    return words.listed(words.label("criterion", criterion) for criterion in criteria)


def _number_of_keys(choice: Choice, portfolio: Portfolio) -> list[Finding]:
    keys = len(choice.key_accounts)
    low, high = (int(portfolio.limit(f"key_accounts_{end}")) for end in ("low", "high"))
    outside = not low <= keys <= high
    return (
        [Finding("key_accounts_number", "note", {}, {"n": keys, "low": low, "high": high})] if outside else []
    )


def _loss_makers(choice: Choice) -> list[Finding]:
    losing = choice.key_accounts[choice.key_accounts["profit_12m"] < 0]
    return [
        Finding(
            "key_account_loses_money", "warning", {"account": name}, {"amount": round(float(profit) / 1e6, 1)}
        )
        for name, profit in zip(losing["name"], losing["profit_12m"], strict=True)
    ]


def _rescore(choice: Choice, portfolio: Portfolio) -> list[Finding]:
    """Two written no in twelve months: willingness is to be scored again (P25)."""
    since = pd.Timestamp(portfolio.as_of) - pd.DateOffset(months=12)
    goals = portfolio.goal[portfolio.goal["customer_status"] == "declined"]
    no = goals[goals["customer_status_on"] >= since].groupby("account_id").size()
    names = choice.segments.set_index("account_id")["name"]
    return [
        Finding(
            "willingness_rescore",
            "warning",
            {"account": str(names.get(account_id, account_id))},
            {"n": int(n)},
        )
        for account_id, n in no[no >= 2].items()
    ]


def _not_compared(choice: Choice) -> list[Finding]:
    unseen = [name for name in choice.weights if choice.is_weighed and name not in choice.compared]
    return [Finding(f"criterion_not_compared.{name}", "note", {}, {}) for name in unseen]


def _missing_history(choice: Choice, portfolio: Portfolio) -> list[Finding]:
    is_known = choice.segments["strategic_importance"].notna().any()
    return [] if is_known or portfolio.revenue.empty else [Finding("history_too_short", "note", {}, {})]
