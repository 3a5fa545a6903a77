"""How far people agree, and whether two criteria say the same thing."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.method import scoring
from kamlib.method.segmentation.scores import ratings
from kamlib.schema import Portfolio

#: Fewer accounts than this say nothing about whether two criteria go together.
LEAST_PAIRS = 8


def agreement(portfolio: Portfolio) -> pd.DataFrame:
    """One row per criterion: how far the raters of the last round order the accounts alike (P10).

    Columns: criterion, raters and accounts (those that all these raters have rated), kendall_w, mean_spearman,
    reading (low, some, high; empty where it can't be told), first_reading (of the first round), cells_apart (in the
    first round: what the room talks about). Only criteria that somebody has rated.
    """
    last, first = _agreed(portfolio), _agreed(portfolio, first_round=True)
    apart = disagreements(portfolio, first_round=True)["criterion"].value_counts()
    last = last.assign(
        first_reading=first["reading"], cells_apart=last["criterion"].map(apart).fillna(0).astype(int)
    )
    return last[last["raters"] > 0].reset_index(drop=True)


def _agreed(portfolio: Portfolio, *, first_round: bool = False) -> pd.DataFrame:
    given = ratings(portfolio, first_round=first_round)
    rows = []
    for criterion in portfolio.settings["criteria"]:
        own = given[given["criterion"] == criterion]
        table = _complete(own)
        w = scoring.kendall_w(table.to_numpy(dtype=float)) if table.size else float("nan")
        spearman = scoring.mean_spearman(w, len(table))
        rows.append(
            {
                "criterion": criterion,
                "raters": len(table),
                "accounts": table.shape[1],
                "kendall_w": w,
                "mean_spearman": spearman,
                "reading": _reading(spearman, portfolio),
            }
        )
    return pd.DataFrame(rows)


def _complete(given: pd.DataFrame) -> pd.DataFrame:
    """Return raters x accounts without holes: by function where people differ between accounts."""
    who = "function" if (given["function"].fillna("") != "").all() else "rater"
    table: pd.DataFrame = given.pivot_table(index=who, columns="account_id", values="score", aggfunc="median")
    most: pd.DataFrame = table[table.notna().sum(axis=1) >= 2]
    whole: pd.DataFrame = most.dropna(axis=1)
    return whole


def _reading(spearman: float, portfolio: Portfolio) -> str:
    if np.isnan(spearman):
        return ""
    if spearman < portfolio.limit("rater_agreement_some"):
        return "low"
    return "high" if spearman > portfolio.limit("rater_agreement_high") else "some"


def disagreements(portfolio: Portfolio, *, first_round: bool = False) -> pd.DataFrame:
    """One row per account and criterion where raters are two or more steps apart: what the room talks about (P23).

    Columns: account_id, criterion, lowest, highest, median, raters, low_by and high_by (who said so: functions).
    """
    given = ratings(portfolio, first_round=first_round)
    given = given.assign(
        score=given["score"].astype(float),
        who=given["function"].map(lambda code: text.label("function", code)),
    )
    cells = given.groupby(["account_id", "criterion"])
    apart = cells["score"].agg(lowest="min", highest="max", median="median", raters="size").reset_index()
    apart = apart[apart["highest"] - apart["lowest"] >= portfolio.limit("rater_steps_apart")]
    for end, column in (("lowest", "low_by"), ("highest", "high_by")):
        apart[column] = [
            _who(given, row.account_id, row.criterion, getattr(row, end)) for row in apart.itertuples()
        ]
    apart["apart"] = apart["highest"] - apart["lowest"]
    order = ["apart", "account_id", "criterion"]
    ordered: pd.DataFrame = apart.sort_values(order, ascending=[False, True, True], ignore_index=True)
    return ordered


def _who(given: pd.DataFrame, account_id: str, criterion: str, score: float) -> str:
    same = (given["account_id"] == account_id) & (given["criterion"] == criterion) & (given["score"] == score)
    return text.listed(given.loc[same, "who"])


def criteria_correlation(segments: pd.DataFrame, portfolio: Portfolio) -> pd.DataFrame:
    """One row per pair of lenses: rank correlation over the accounts known on both, and whether it is high (6.1).

    Accounts whose willingness is known come first: they are the ones compared. Missing below eight accounts.
    """
    limit = portfolio.limit("criteria_correlation_limit")
    compared = segments[segments["place"].notna()]
    correlations = []
    for first, second in combinations(portfolio.settings["criteria"], 2):
        both = compared[[first, second]].dropna()
        ranks = both.rank()
        varied = len(both) >= LEAST_PAIRS and bool((ranks.std() > 0).all())
        rho = float(ranks[first].corr(ranks[second])) if varied else float("nan")
        correlations.append({"first": first, "second": second, "accounts": len(both), "rho": rho})
    pairs = pd.DataFrame(correlations)
    return pairs.assign(is_high=pairs["rho"].abs() > limit)
