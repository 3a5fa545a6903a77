"""The back-test of a selection, and the regression to the mean that any list of large customers meets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.method import measures
from kamlib.method.evidence.past import both_years, limit, outcomes, past, refusal, then
from kamlib.schema import Portfolio

#: A way of selecting: from a portfolio to rows with account_id, place (1 is first; missing: not in play), has_place.
Select = Callable[[Portfolio], pd.DataFrame]

_MEMBERS = ["list", "account_id", "place"]


def lists(portfolio: Portfolio, select: Select, back: int = 12) -> pd.DataFrame:
    """One row per list and account on it: `list`, `account_id`, `place`; no rows where the test is refused.

    `scores` is what `select` chooses when it is shown only what was known at the past date; `recorded` what was
    decided by then; `revenue` the largest then; `best_growth` and `best_margin` are chosen with hindsight. All but
    the recorded list hold equally many accounts, all of which bought in the twelve months before.
    """
    if refusal(portfolio, back):
        return pd.DataFrame(columns=_MEMBERS)
    found, known = outcomes(portfolio, back), past(portfolio, back)
    chosen = select(known)
    chosen = chosen[chosen["has_place"] & chosen["account_id"].isin(found["account_id"])]
    by_place = list(chosen.sort_values("place")["account_id"])
    recorded = found[found["account_id"].isin(measures.key_accounts(known))]
    parts = {
        "scores": by_place,
        "revenue": _largest(found, "before", len(by_place)),
        "recorded": _largest(recorded, "before", len(recorded)),
        "best_growth": _largest(found, "growth", len(by_place)),
        "best_margin": _largest(found, "margin_after", len(by_place)),
    }
    rows = [(name, key, place) for name, keys in parts.items() for place, key in enumerate(keys, 1)]
    return pd.DataFrame(rows, columns=_MEMBERS)


def _largest(found: pd.DataFrame, column: str, k: int) -> list[str]:
    known = found.dropna(subset=column)
    return list(known.sort_values([column, "account_id"], ascending=[False, True])["account_id"].head(k))


def back_test(portfolio: Portfolio, select: Select, back: int = 12) -> pd.DataFrame:
    """One row per list: what the accounts on it brought in the twelve months after the past date.

    Columns: list, accounts, of_accounts, shared (with the list by revenue), before and after (revenue), growth
    (money), growth_share, margin (contribution after), captured_growth and captured_margin (of the best possible of
    as many accounts), lost (bought nothing), luck_share (of random lists as long, the share that grew by less per cent). The row
    `all` is every account. No rows where the test is refused; `attrs` holds the past date.
    """
    chosen, found = lists(portfolio, select, back), outcomes(portfolio, back)
    rows = chosen.merge(found, on="account_id")
    if rows.empty:
        return pd.DataFrame(columns=["list", *_BROUGHT])
    rows = pd.concat([rows, found.assign(list="all")], ignore_index=True)
    tested = _sums(rows.groupby("list", sort=False)).assign(of_accounts=len(found))
    by_revenue = set(chosen.loc[chosen["list"] == "revenue", "account_id"])
    tested["shared"] = rows["account_id"].isin(by_revenue).groupby(rows["list"]).sum()
    tested["growth_share"] = tested["growth"] / tested["before"]
    best = {"growth": "best_growth", "margin": "best_margin"}
    for amount, ideal in best.items():
        most = tested[amount].get(ideal, np.nan)
        tested[f"captured_{amount}"] = tested[amount] / most if most > 0 else np.nan
        tested.loc[["all"], f"captured_{amount}"] = np.nan
    tested["luck_share"] = _luck(portfolio, found, tested)
    tested = tested.reset_index()[["list", *_BROUGHT]]
    tested.attrs = {"then": then(portfolio, back)}
    return tested


_BROUGHT = ["accounts", "of_accounts", "shared", "before", "after", "growth", "growth_share", "margin"]
_BROUGHT += ["captured_growth", "captured_margin", "lost", "luck_share"]


def _sums(lists_of_accounts: Any) -> pd.DataFrame:
    summed: pd.DataFrame = lists_of_accounts.agg(
        accounts=("account_id", "size"),
        before=("before", "sum"),
        after=("after", "sum"),
        growth=("growth", "sum"),
        lost=("is_lost", "sum"),
    )
    summed["margin"] = lists_of_accounts["margin_after"].sum(min_count=1)
    return summed


def _luck(portfolio: Portfolio, found: pd.DataFrame, tested: pd.DataFrame) -> pd.Series:
    """Share of seeded random lists, as long as each list, that grew by a smaller share; an equal one counts half."""
    rng, amounts = (
        np.random.default_rng(int(limit(portfolio, "seed"))),
        found[["growth", "before"]].to_numpy(),
    )
    told = tested.drop(index="all")
    longest = int(told["accounts"].max())
    draws = range(int(limit(portfolio, "draws")))
    drawn = np.stack([rng.choice(len(found), longest, replace=False) for _ in draws])
    sums = amounts[drawn].cumsum(axis=1)
    shares = {
        name: _share_below(sums[:, int(n) - 1, 0] / sums[:, int(n) - 1, 1], float(share))
        for name, n, share in told[["accounts", "growth_share"]].itertuples(name=None)
    }
    return pd.Series(shares, dtype=float)


def _share_below(drawn: np.ndarray, share: float) -> float:
    return float((drawn < share - 1e-9).mean() + 0.5 * (np.abs(drawn - share) <= 1e-9).mean())


def verdict(portfolio: Portfolio, tested: pd.DataFrame, back: int = 12) -> dict[str, Any]:
    """Return the sentence (key and values) about the scores against revenue alone, or why there is none."""
    refused = refusal(portfolio, back)
    if refused:
        return refused
    if tested.empty:
        return {"key": "evidence.refused.nobody"}
    rows = tested.set_index("list")
    ours, theirs, best = (float(rows["growth"][name]) for name in ("scores", "revenue", "best_growth"))
    place = "level" if abs(ours - theirs) < 0.005 * abs(best) else "ahead" if ours > theirs else "behind"
    money = {"ours": ours, "theirs": theirs, "best": best}
    return {
        "key": f"evidence.tested.{place}",
        "day": text.long_day(tested.attrs["then"]),
        "accounts": int(rows["accounts"]["scores"]),
        "of": int(rows["of_accounts"]["scores"]),
        "luck": text.percent(rows["luck_share"]["scores"]),
        **{name: text.money(amount, portfolio.currency, signed=True) for name, amount in money.items()},
    }


def rank_bands(portfolio: Portfolio, back: int = 12) -> pd.DataFrame:
    """One row per band of rank by revenue in the twelve months before, then all: how the band went on.

    Columns: band (ranks, or empty for all), accounts, before, after, growth_share, median_growth_share,
    shrunk_share (of accounts), backwards_growth_share: the same band ranked by the year after, read backwards
    from that year to the one before. Where the top lags behind all both ways, the rank did it and not the customers.
    """
    if refusal(portfolio, back):
        return pd.DataFrame(columns=["band", *_BAND])
    found, both = outcomes(portfolio, back), both_years(portfolio, back)
    edges = _edges(len(found), limit(portfolio, "rank_bands"))
    told = pd.concat([_banded(found, edges, "before"), found.assign(band=text.t("evidence.everybody"))])
    bands = told.groupby("band", sort=False).agg(
        accounts=("account_id", "size"),
        before=("before", "sum"),
        after=("after", "sum"),
        median_growth_share=("growth_share", "median"),
        shrunk_share=("growth", lambda amounts: float((amounts < 0).mean())),
    )
    bands["growth_share"] = bands["after"] / bands["before"] - 1.0
    mirrored = both[both["after"] > 0]
    mirrored = pd.concat(
        [_banded(mirrored, edges, "after"), mirrored.assign(band=text.t("evidence.everybody"))]
    )
    sums = mirrored.groupby("band")[["before", "after"]].sum()
    bands["backwards_growth_share"] = sums["before"] / sums["after"] - 1.0
    return bands.reset_index()[["band", *_BAND]]


_BAND = ["accounts", "before", "after", "growth_share", "median_growth_share", "shrunk_share"]
_BAND += ["backwards_growth_share"]


def _edges(n: int, shares: list[float]) -> list[int]:
    return sorted({0, *(int(np.ceil(share * n)) for share in shares), n})


def _banded(found: pd.DataFrame, edges: list[int], column: str) -> pd.DataFrame:
    ranked = found.sort_values([column, "account_id"], ascending=[False, True], ignore_index=True)
    names = [f"{low + 1}\N{EN DASH}{high}" for low, high in pairwise(edges)]
    place = np.searchsorted(edges[1:-1], np.arange(len(ranked)), side="right")
    return ranked.assign(band=np.asarray(names)[place])


def regression(portfolio: Portfolio, bands: pd.DataFrame, back: int = 12) -> dict[str, Any]:
    """Return the sentence (key and values) that measures the regression to the mean, or why it is not measured.

    The slope says how many per cent more than another customer one is expected to buy next year for each per cent
    more that it bought this year: below one, differences shrink by themselves. `shown`: the largest lag behind all
    both ways; `slower`: only forwards, so they do grow slower; `absent`: they do not lag.
    """
    refused = refusal(portfolio, back)
    if refused:
        return refused
    first, whole = bands.iloc[0], bands.iloc[-1]
    kept = outcomes(portfolio, back)
    kept = kept[~kept["is_lost"]]
    columns = {"top": "growth_share", "back": "backwards_growth_share"}
    lag = {name: first[column] < whole[column] - 1e-12 for name, column in columns.items()}
    place = ("shown" if lag["back"] else "slower") if lag["top"] else "absent"
    shares = {name: first[column] for name, column in columns.items()}
    shares |= {f"{name}_all": whole[column] for name, column in columns.items()}
    return {
        "key": f"evidence.regression.{place}",
        "n": int(first["accounts"]),
        "slope": text.number(_slope(np.log(kept["before"]), np.log(kept["after"])), 2),
        "kept": len(kept),
        **{name: text.percent(share, 1, signed=True) for name, share in shares.items()},
    }


def _slope(first: pd.Series, second: pd.Series) -> float:
    spread = float(((first - first.mean()) ** 2).sum())
    return float(((first - first.mean()) * (second - second.mean())).sum()) / spread if spread > 0 else np.nan
