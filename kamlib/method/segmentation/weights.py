"""What the criteria weigh: as people have said, else as the settings say; and what weights are reasonable."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamlib.method import scoring
from kamlib.schema import Portfolio


def weights_in_force(portfolio: Portfolio, given: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the share of the weight of each weighted criterion: given, else set last for the company, else the settings'.

    A criterion without points in the settings is a lens beside the score and can't be given a weight (P3).
    """
    points = {
        name: each["weight"] for name, each in portfolio.settings["criteria"].items() if each["weight"] > 0
    }
    said = _company_rows(portfolio).drop_duplicates("criterion", keep="last").set_index("criterion")["weight"]
    points |= {name: float(said[name]) for name in points if name in said}
    points |= {name: float(points_given) for name, points_given in (given or {}).items() if name in points}
    shares = scoring.normalised(list(points.values()))
    return {name: float(share) for name, share in zip(points, shares, strict=True)}


def _company_rows(portfolio: Portfolio) -> pd.DataFrame:
    rows = portfolio.weight[portfolio.weight["account_id"].fillna("") == ""]
    return rows.sort_values("set_on", na_position="first", kind="stable")


def individual_weights(portfolio: Portfolio) -> pd.DataFrame:
    """One row per person who has set every weight, one column per criterion, shares that sum to one (6.2)."""
    names = list(weights_in_force(portfolio))
    rows = _company_rows(portfolio)
    rows = rows[rows["criterion"].isin(names)].drop_duplicates(["set_by", "criterion"], keep="last")
    points = rows.pivot(index="set_by", columns="criterion", values="weight").reindex(columns=names)  # noqa: PD010
    whole = points.dropna().astype(float)
    return whole.div(whole.sum(axis=1), axis=0)


def group_weights(portfolio: Portfolio) -> pd.DataFrame:
    """One row per weighted criterion: weight in force, people who have set it, their mean, low, high and spread."""
    people = individual_weights(portfolio)
    in_force = weights_in_force(portfolio)
    found = pd.DataFrame(
        {"criterion": list(in_force), "weight": list(in_force.values()), "people": len(people)}
    )
    if people.empty:
        return found.assign(mean=np.nan, low=np.nan, high=np.nan, spread=np.nan)
    return found.assign(**scoring.group_weights(people.to_numpy())._asdict())


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
