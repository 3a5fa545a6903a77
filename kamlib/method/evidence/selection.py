"""The back-test of a selection, and the regression to the mean that any list of large customers meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamlib import words
from kamlib.method import measures
from kamlib.method.evidence.past import both_years, limit, outcomes, past, refusal, then
from kamlib.method.measures.periods import share_of
from kamlib.schema import Portfolio, result
from kamlib.words import Words

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
    return list(_ranked(found.dropna(subset=column), column)["account_id"].head(k))


def back_test(portfolio: Portfolio, select: Select, back: int = 12) -> pd.DataFrame:
    """One row per list: what the accounts on it brought in the twelve months after the past date.

    Columns: list, accounts, of_accounts, shared (with the list by revenue), before and after (revenue), growth
    (money), growth_share, margin (contribution after), captured_growth and captured_margin (of the best possible of
    as many accounts), lost (bought nothing), luck_share (of random lists as long, the share that grew by less per cent). The row
    `all` is every account. No rows where the test is refused.
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
    return tested.reset_index()[["list", *_BROUGHT]]


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
        "day": words.long_day(then(portfolio, back)),
        "accounts": int(rows["accounts"]["scores"]),
        "of": int(rows["of_accounts"]["scores"]),
        "luck": words.percent(rows["luck_share"]["scores"]),
        **{name: words.money(amount, portfolio.currency, signed=True) for name, amount in money.items()},
    }


@dataclass(frozen=True)
class Band:
    """A band of rank by revenue in the twelve months before, and how it went on; the last one is all customers.

    `shrunk_share` is of accounts. `backwards_growth_share` is of the same band ranked by the year after, read backwards
    from that year to the one before. Where the top lags behind all both ways, the rank did it and not the customers.
    """

    band: str | Words
    accounts: int
    before: float
    after: float
    growth_share: float
    median_growth_share: float
    shrunk_share: float
    backwards_growth_share: float | None


@result("rank_bands")
def rank_bands(portfolio: Portfolio, back: int = 12) -> Iterable[Band]:
    """Return the bands of rank, the largest customers first, then all."""
    if refusal(portfolio, back):
        return
    found, both = outcomes(portfolio, back), both_years(portfolio, back)
    n = len(found)
    cuts = sorted({0, *(int(np.ceil(share * n)) for share in limit(portfolio, "rank_bands"))} - {n})
    ranked, mirrored = _ranked(found, "before"), _ranked(both[both["after"] > 0], "after")
    for low, high in zip(cuts, [*cuts[1:], None], strict=True):
        yield _band(f"{low + 1}\N{EN DASH}{high or n}", ranked[low:high], mirrored[low:high])
    yield _band(words.sentence("evidence.everybody"), ranked, mirrored)


def _ranked(found: pd.DataFrame, column: str) -> pd.DataFrame:
    return found.sort_values([column, "account_id"], ascending=[False, True])


def _band(name: str | Words, own: pd.DataFrame, mirrored: pd.DataFrame) -> Band:
    before, after = own["before"].sum(), own["after"].sum()
    gone_back = share_of(mirrored["before"].sum(), mirrored["after"].sum())
    median, shrunk = own["growth_share"].median(), (own["growth"] < 0).mean()
    backwards = None if gone_back is None else gone_back - 1.0
    return Band(name, len(own), before, after, after / before - 1.0, median, shrunk, backwards)


def regression(portfolio: Portfolio, bands: Sequence[Band], back: int = 12) -> dict[str, Any]:
    """Return the sentence (key and values) that measures the regression to the mean, or why it is not measured.

    The slope says how many per cent more than another customer one is expected to buy next year for each per cent
    more that it bought this year: below one, differences shrink by themselves. `shown`: the largest lag behind all
    both ways; `slower`: only forwards, so they do grow slower; `absent`: they do not lag.
    """
    refused = refusal(portfolio, back)
    if refused:
        return refused
    first, whole = bands[0], bands[-1]
    kept = outcomes(portfolio, back)
    kept = kept[~kept["is_lost"]]
    shares = {"top": first.growth_share, "back": first.backwards_growth_share}
    shares |= {"top_all": whole.growth_share, "back_all": whole.backwards_growth_share}
    forwards, backwards = ((shares[f"{name}_all"] or 0.0) - (shares[name] or 0.0) for name in ("top", "back"))
    place = "absent" if forwards <= 1e-12 else "shown" if backwards > 1e-12 else "slower"
    return {
        "key": f"evidence.regression.{place}",
        "n": first.accounts,
        "slope": words.number(_slope(np.log(kept["before"]), np.log(kept["after"])), 2),
        "kept": len(kept),
        **{name: words.percent(share, 1, signed=True) for name, share in shares.items()},
    }


def _slope(first: pd.Series, second: pd.Series) -> float:
    spread = float(((first - first.mean()) ** 2).sum())
    return float(((first - first.mean()) * (second - second.mean())).sum()) / spread if spread > 0 else np.nan
