"""Health: four sub-states first, the worst one named, a composite only where enough is known (6.8, P13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.method import relationships
from kamlib.method.measures.money import customer_profit, sales
from kamlib.method.measures.periods import MISSING, one_row, today
from kamlib.method.measures.promises import commitments, delivery_precision
from kamlib.method.once import once
from kamlib.schema import AccountView


def weighted(scores: Sequence[float], weights: Sequence[float]) -> tuple[float, float]:
    """Return the weighted mean of the known scores and the share of the weight that is known (6.8)."""
    values, shares = np.asarray(scores, dtype=float), np.asarray(weights, dtype=float)
    known = ~np.isnan(values)
    if not shares[known].sum():
        return MISSING, 0.0
    return float(np.average(values[known], weights=shares[known])), float(shares[known].sum() / shares.sum())


def band(score: float, edges: Sequence[float]) -> str:
    """Return weak [0, 50), watch [50, 75), strong [75, 100], or unknown."""
    if np.isnan(score):
        return "unknown"
    return "weak" if score < edges[0] else "watch" if score < edges[1] else "strong"


@once
def health(account: AccountView) -> pd.DataFrame:
    """One row per measure: `part`, `measure`, `value`, `score` 0..100, and the sub-state's score and band.

    The four parts are relationship, value, commercial and delivery; a part is the mean of its known measures.
    """
    values = _values(account)
    scales = account.limit("health_scales")
    rows = pd.DataFrame(
        [
            {
                "part": part,
                "measure": name,
                "value": values[name],
                "score": _scored(values[name], scales[name]),
            }
            for part, names in _PARTS.items()
            for name in names
        ]
    )
    rows["part_score"] = rows.groupby("part")["score"].transform("mean")
    rows["band"] = [band(score, account.limit("health_bands")) for score in rows["part_score"]]
    return rows


_PARTS: Mapping[str, Sequence[str]] = {
    "relationship": ("fresh_share",),
    "value": ("value_step",),
    "commercial": ("growth_share", "profit_share"),
    "delivery": ("precision_share", "kept_share"),
}


def _scored(value: float, ends: Sequence[float]) -> float:
    worst, best = ends
    return float(np.clip((value - worst) / (best - worst), 0.0, 1.0) * 100)


def _values(account: AccountView) -> dict[str, float]:
    profit = customer_profit(account)["profit_share"].iloc[0]
    kept = commitments(account).set_index("direction")["on_time_share"]
    return {
        "fresh_share": _fresh_share(account),
        "value_step": _value_step(account),
        "growth_share": sales(account)["growth_share"].iloc[0],
        "profit_share": profit,
        "precision_share": delivery_precision(account).set_index("period")["share"]["12m"],
        "kept_share": kept["ours"],
    }


def _fresh_share(account: AccountView) -> float:
    persons = relationships.people(account).frame().dropna(subset=["contact_id"])
    # A missing interval says nothing; a person never met in a role of the decision says a lot.
    known = persons[persons["freshness"].isin(["fresh", "ageing", "stale"]) | persons["role"].notna()]
    points = known["freshness"].map({"fresh": 1.0, "ageing": 0.5}).fillna(0.0)
    influence = known["influence"].astype("Float64").fillna(1.0).astype(float)
    return float(np.average(points, weights=influence)) if len(known) else MISSING


def _value_step(account: AccountView) -> float:
    """Return how far the value has come, 0..3; a confirmed sum at or below zero is 0."""
    rows = account.value
    if rows.empty:
        return MISSING
    confirmed = rows.loc[rows["stage"] == "confirmed", "amount"]
    if len(confirmed):
        return 3.0 if confirmed.sum() > 0 else 0.0
    return float(rows["stage"].map({"hypothesis": 0.0, "agreed": 1.0, "measured": 2.0}).max())


def health_parts(account: AccountView) -> pd.DataFrame:
    """One row per part: `part_score`, `band`, `weight`, `weight_share` (of what is known) and `contribution`.

    Contribution = share of the known weight x score; the contributions add up to the raw score (6.8).
    """
    parts = health(account).drop_duplicates("part")[["part", "part_score", "band"]].reset_index(drop=True)
    parts["weight"] = parts["part"].map(account.limit("health_weights")).astype("float64")
    known = parts["weight"].where(parts["part_score"].notna())
    parts["weight_share"] = known / known.sum()
    return parts.assign(contribution=parts["weight_share"] * parts["part_score"])


def health_exceptions(account: AccountView) -> pd.DataFrame:
    """One row per exception in the settings' order: `exception`, `cap` of the score, `holds`, `reading` (6.8, P13)."""
    caps = account.limit("health_caps")
    holds = {name: _EXCEPTIONS[name](account) for name in caps}
    rows = pd.DataFrame({"exception": list(caps), "cap": list(caps.values()), "holds": list(holds.values())})
    rows["reading"] = pd.Series(
        [{"key": f"health.exception.{name}"} for name in caps], rows.index, dtype=object
    )
    return rows


def _sponsor_gone(account: AccountView) -> bool:
    theirs = account.contact[account.contact["side"].eq("customer")].set_index("contact_id")["gone_on"]
    sponsors = account.stakeholder.loc[account.stakeholder["role"].eq("sponsor"), "contact_id"].dropna()
    own = account.account_plan.sort_values("year")["sponsor_id"].tail(1).dropna()
    ours = account.contact.set_index("contact_id")["gone_on"].reindex(own)
    lost = theirs.reindex(sponsors) <= today(account)
    return bool((len(lost) and lost.all()) or (ours <= today(account)).any())


def _severe_case(account: AccountView) -> bool:
    rows = account.case[
        account.case["closed_on"].isna() & account.case["severity"].isin(["high", "critical"])
    ]
    return bool(((today(account) - rows["opened_on"]).dt.days > account.limit("case_days")).any())


def _economic_unmet(account: AccountView) -> bool:
    return not any(
        each.role == "economic" and each.freshness == "fresh" for each in relationships.people(account)
    )


_EXCEPTIONS: Mapping[str, Callable[[AccountView], bool]] = {
    "sponsor_gone": _sponsor_gone,
    "severe_case": _severe_case,
    "economic_unmet": _economic_unmet,
}


@once
def health_total(account: AccountView) -> pd.DataFrame:
    """One row: `score` (missing below 60 % known), `known_share`, `band`, `worst` part, `is_capped`, `raw`, `reading`.

    The score never passes the lowest cap of the exceptions that hold: 74 while the economic decision maker has had
    no two-way contact within the interval (P13), and what `health_caps` says of the others.
    """
    rows, met = health_parts(account), health_exceptions(account)
    parts = rows.set_index("part")["part_score"]
    raw, known = weighted(list(parts), list(rows["weight"]))
    held = met[met["holds"]].sort_values("cap", kind="stable")
    enough = known >= account.limit("health_known_share")
    score = float(np.fmin(raw, held["cap"].min())) if enough else MISSING
    return one_row(
        score=score,
        known_share=known,
        band=band(score, account.limit("health_bands")),
        worst=parts.idxmin() if parts.notna().any() else None,
        worst_score=parts.min(),
        is_capped=bool(enough and raw > score),
        raw=raw,
        reading=_reading(score, known, parts, held.loc[held["cap"] < raw, "exception"]),
    )


def _reading(
    score: float, known: float, parts: pd.Series[float], capped_by: pd.Series[str]
) -> dict[str, str]:
    if np.isnan(score):
        return {"key": "health.total.unknown", "known": text.percent(known)}
    words = {
        "score": text.number(score),
        "known": text.percent(known),
        "worst": text.label("health_part", parts.idxmin()),
    }
    if capped_by.empty:
        return {"key": "health.total", **words}
    why = text.listed(text.t(f"health.exception.{name}") for name in capped_by)
    return {"key": "health.total.held", "why": why, **words}


def health_trend(views: Sequence[AccountView]) -> pd.DataFrame:
    """One row per view of one account: `on` (its day), the score of each part and the `total`, in the order given.

    A trend by snapshot, never by recounting the past with today's facts (6.8); what was not known then is missing, and
    the total with it below 60 % known (P13).
    """
    lines = [
        {
            "on": today(each),
            "total": health_total(each)["score"].iloc[0],
            **health_parts(each).set_index("part")["part_score"],
        }
        for each in views
    ]
    return pd.DataFrame(lines, columns=["on", "total", *_PARTS])
