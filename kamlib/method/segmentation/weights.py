"""What the criteria weigh: the one answer that the panel, the sliders' labels, the ranking and the choice share.

Points are what people set (0-100); a share is a criterion's part of all points. Where no criterion has a point
nothing weighs: every share is zero, and nobody is ranked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamlib import words
from kamlib.method import scoring
from kamlib.schema import Portfolio


def default_points(settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the settings' points by weighted criterion, in the settings' order.

    A criterion without points there is a lens beside the score and can't be given a weight (P3).
    """
    points = {name: float(criterion["weight"]) for name, criterion in settings["criteria"].items()}
    return {name: each for name, each in points.items() if each > 0}


def company_weights(weights: pd.DataFrame) -> pd.DataFrame:
    """Return the weights of the company level: one row per criterion, the one set last."""
    return _of_the_company(weights).drop_duplicates("criterion", keep="last")


def _of_the_company(weights: pd.DataFrame) -> pd.DataFrame:
    company = weights[(weights["account_id"].fillna("") == "") & weights["weight"].notna()]
    return company.sort_values("set_on", na_position="first", kind="stable")


def points_in_force(
    settings: Mapping[str, Any], weights: pd.DataFrame, given: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the points by weighted criterion: given, else set last for the company, else the settings'."""
    rows = company_weights(weights)
    saved = dict(zip(rows["criterion"], rows["weight"].astype(float), strict=True))
    chosen = {**default_points(settings), **saved, **(given or {})}
    return {name: float(chosen[name]) for name in default_points(settings)}


def shares(points: Mapping[str, float]) -> dict[str, float]:
    """Return each criterion's share of all points; all zero where nothing weighs."""
    parts = scoring.normalised(list(points.values()))
    return {name: float(part) for name, part in zip(points, parts, strict=True)}


def weights_in_force(portfolio: Portfolio, given: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the share of the weight by weighted criterion, of the points in force."""
    return shares(points_in_force(portfolio.settings, portfolio.weight, given))


def weighing(points: Mapping[str, float]) -> pd.DataFrame:
    """One row per weighted criterion: criterion, points, share."""
    parts = shares(points).values()
    return pd.DataFrame({"criterion": points.keys(), "points": points.values(), "share": parts})


def in_words(weights: Mapping[str, float]) -> dict[str, Any]:
    """Return the sentence (key and values) that says what each criterion weighs, or that nothing does."""
    if not any(weights.values()):
        return {"key": "segment.weights.none"}
    parts = [
        words.joined([words.label("criterion", name), words.percent(share)])
        for name, share in weights.items()
    ]
    return {"key": "segment.weights", "weights": words.joined(parts, ", ")}


def individual_weights(portfolio: Portfolio) -> pd.DataFrame:
    """One row per person who has set every weight, one column per criterion, shares that sum to one (6.2).

    Who has set all of them to zero has not said what weighs.
    """
    names = list(default_points(portfolio.settings))
    rows = _of_the_company(portfolio.weight)
    rows = rows[rows["criterion"].isin(names)].drop_duplicates(["set_by", "criterion"], keep="last")
    points = rows.pivot(index="set_by", columns="criterion", values="weight").reindex(columns=names)  # noqa: PD010
    whole = points.dropna().astype(float)
    whole = whole[whole.sum(axis=1) > 0]
    return whole.div(whole.sum(axis=1), axis=0)


def group_weights(portfolio: Portfolio, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """One row per weighted criterion: weight in force, people who have set it, their mean, low, high and spread."""
    people = individual_weights(portfolio)
    in_force = weights_in_force(portfolio) if weights is None else weights
    criteria = pd.DataFrame(
        {"criterion": list(in_force), "weight": list(in_force.values()), "people": len(people)}
    )
    if people.empty:
        return criteria.assign(mean=np.nan, low=np.nan, high=np.nan, spread=np.nan)
    return criteria.assign(**scoring.group_weights(people.to_numpy())._asdict())


def box(portfolio: Portfolio, in_force: Mapping[str, float]) -> scoring.Box:
    """Return the reasonable weights: between the lowest and the highest of two people or more, else P9's limits.

    The weights in force always lie inside.
    """
    people = individual_weights(portfolio)
    own = np.array(list(in_force.values()))
    if len(people) > 1:
        low, high = people.min().to_numpy(), people.max().to_numpy()
    else:
        low = np.full(own.size, portfolio.limit("weight_box_low"))
        high = np.full(own.size, portfolio.limit("weight_box_high"))
    return scoring.Box.reasonable(np.minimum(low, own), np.maximum(high, own))
