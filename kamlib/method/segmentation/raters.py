"""How far people agree, and whether two criteria say the same thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from kamlib import words
from kamlib.method import scoring
from kamlib.method.segmentation.scores import ratings
from kamlib.schema import Portfolio, result
from kamlib.words import Words

#: Fewer accounts than this say nothing about whether two criteria go together.
LEAST_PAIRS = 8


@dataclass(frozen=True)
class Agreement:
    """How far the raters of one criterion order the accounts alike (P10): low, some, high; empty where it can't be told.

    `raters` and `accounts` are those of the last round: the accounts that all these raters have rated. `cells_apart`
    counts what the room talks about in the first round.
    """

    criterion: str
    raters: int
    accounts: int
    first_reading: str
    reading: str
    cells_apart: int


@result("rater_agreement")
def agreement(portfolio: Portfolio) -> Iterable[Agreement]:
    """Return the agreement on each criterion that somebody has rated."""
    apart = Counter(each.criterion for each in disagreements(portfolio, first_round=True))
    last, first = ratings(portfolio), ratings(portfolio, first_round=True)
    for criterion in portfolio.settings["criteria"]:
        table, before = (_complete(each[each["criterion"] == criterion]) for each in (last, first))
        raters, accounts = table.shape
        if raters:
            then, now = (_reading(_spearman(each), portfolio) for each in (before, table))
            yield Agreement(criterion, raters, accounts, then, now, apart[criterion])


def _spearman(table: pd.DataFrame) -> float:
    w = scoring.kendall_w(table.to_numpy(dtype=float)) if table.size else float("nan")
    return scoring.mean_spearman(w, len(table))


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


@dataclass(frozen=True)
class Disagreement:
    """One account and criterion where raters are far apart, and the functions of who said lowest and highest."""

    account_id: str
    criterion: str
    lowest: float
    highest: float
    low_by: Words
    high_by: Words


@result("disagreements")
def disagreements(portfolio: Portfolio, *, first_round: bool = False) -> Iterable[Disagreement]:
    """Return where raters are two or more steps apart, the farthest first: what the room talks about (P23)."""
    given = ratings(portfolio, first_round=first_round).astype({"score": float})
    scores = given.groupby(["account_id", "criterion"])["score"]
    far = scores.transform("max") - scores.transform("min") >= portfolio.limit("rater_steps_apart")
    rows = [_disagreement(own) for _, own in given[far].groupby(["account_id", "criterion"])]
    return sorted(rows, key=lambda each: (each.lowest - each.highest, each.account_id, each.criterion))


def _disagreement(own: pd.DataFrame) -> Disagreement:
    ends = own["score"].min(), own["score"].max()
    by = (own.loc[own["score"] == end, "function"] for end in ends)
    said = (words.listed(words.label("function", code) for code in codes) for codes in by)
    return Disagreement(own["account_id"].iloc[0], own["criterion"].iloc[0], *ends, *said)


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
