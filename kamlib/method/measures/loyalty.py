"""Do customers stay, buy again and grow (Q4, method.md 6.7, P14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamlib.method.measures.periods import in_months, share_of, within
from kamlib.method.once import once
from kamlib.method.units import groups_of
from kamlib.schema import Account, Bundle, Portfolio, result


def key_accounts(portfolio: Portfolio, on: pd.Timestamp | None = None) -> list[str]:
    """Return the ids of the recorded key accounts, as decided up to and including the day `on`."""
    decided = portfolio.selection.sort_values("decided_on")
    if on is not None:
        decided = decided[decided["decided_on"] <= on]
    newest = decided.drop_duplicates("account_id", keep="last")
    return list(newest.loc[newest["is_key"].fillna(value=False).astype(bool), "account_id"])


@dataclass(frozen=True)
class ListGrowth:
    """Customers on a list of key accounts (`key`), or all `others`: R12, the year before, and share of both.

    `basis` is `frozen` (the list as it was when the year began) or `today`. A list chosen afterwards flatters itself.
    """

    basis: str
    customers: str
    accounts: int = 0
    now: float | None = None
    before: float | None = None
    growth_share: float | None = None
    revenue_share: float | None = None


def key_account_growth(portfolio: Portfolio, *, as_today: bool = False) -> list[ListGrowth]:
    """Return a row for the key accounts and one for all other customers: the same customers in both periods (Q4).

    The list is that of the start of the year; today's where no selection is that old, or where it is asked for.
    """
    window = portfolio.window(12)
    frozen = key_accounts(portfolio, window[0]) if window and not as_today else []
    pairs = _pairs(portfolio)
    pairs = pairs[pairs["before"] > 0]
    is_key = pairs.index.isin(frozen or key_accounts(portfolio))
    basis, whole, growth = "frozen" if frozen else "today", float(pairs["now"].sum()), []
    for name, rows in (("key", pairs[is_key]), ("others", pairs[~is_key])):
        if len(rows):
            now, before = float(rows["now"].sum()), float(rows["before"].sum())
            amounts = (now, before, now / before - 1, share_of(now, whole))
            growth.append(ListGrowth(basis, name, len(rows), *amounts))
    return growth


@once
def key_views(portfolio: Portfolio) -> dict[str, Account]:
    """Return the views of the recorded key accounts by id, made once, so that what one page counted the next one knows."""
    return {account_id: portfolio.view(account_id) for account_id in key_accounts(portfolio)}


@once
def _pairs(portfolio: Portfolio) -> pd.DataFrame:
    top = groups_of(portfolio)
    sums = []
    for back in (0, 12):
        rows = within(portfolio.revenue, "month", portfolio.window(12, back=back))
        sums.append(rows.groupby(rows["account_id"].map(top))["revenue"].sum())
    return pd.concat(sums, axis=1, keys=["now", "before"]).fillna(0.0)


def customers_counted(portfolio: Portfolio) -> dict[str, Any]:
    """Return the sentence (key and values) that joins the counts of customers on all pages: register, groups, buyers."""
    pairs = _pairs(portfolio)
    now, before = pairs["now"] > 0, pairs["before"] > 0
    counts = {
        "accounts": portfolio.account["account_id"].nunique(),
        "groups": groups_of(portfolio).nunique(),
        "now": int(now.sum()),
        "before": int(before.sum()),
        "either": int((now | before).sum()),
    }
    return {"key": "customers.counted" if len(pairs) else "customers.counted.unsold", **counts}


def retention_shares(
    start: float, expansion: float, contraction: float, churn: float
) -> tuple[float | None, float | None]:
    """Return (gross, net) revenue retention of a cohort fixed at the start (6.7)."""
    kept = start - contraction - churn
    return share_of(kept, start), share_of(kept + expansion, start)


@dataclass(frozen=True)
class Retained:
    """A cohort of the customers that bought in the year before, and what became of its revenue.

    `logo_share` is customers kept / customers at the start.
    """

    kind: str
    accounts: int
    start: float
    expansion: float
    contraction: float
    churn: float
    gross_share: float | None
    net_share: float | None
    logo_share: float | None


@result("retention")
def retention(portfolio: Portfolio) -> Iterable[Retained]:
    """Return the cohorts `same_account` (all customers of the year before) and, with agreements, `contract`.

    Gross retention is given for contracts only: without one, a smaller order is no broken promise (P14).
    """
    pairs = _pairs(portfolio)
    start = pairs[pairs["before"] > 0]
    window = portfolio.window(12)
    bound = set()
    if window is not None:
        running = portfolio.agreement[portfolio.agreement["starts_on"] <= window[0]]
        running = running[~(running["ends_on"] < window[0])]
        bound = set(running["account_id"].map(groups_of(portfolio)))
    cohorts = {"same_account": start, "contract": start[start.index.isin(bound)]}
    return [_retained(kind, rows) for kind, rows in cohorts.items() if len(rows)]


def _retained(kind: str, cohort: pd.DataFrame) -> Retained:
    change, start = cohort["now"] - cohort["before"], cohort["before"].sum()
    gone = cohort["now"] <= 0
    expansion, contraction = change[change > 0].sum(), -change[(change < 0) & ~gone].sum()
    churn = cohort.loc[gone, "before"].sum()
    gross, net = retention_shares(start, expansion, contraction, churn)
    shares = (gross if kind == "contract" else None, net, share_of(float((~gone).sum()), len(cohort)))
    return Retained(kind, len(cohort), start, expansion, contraction, churn, *shares)


@dataclass(frozen=True)
class Repurchase:
    """Of those that bought in the R12 before (customers, or one customer's product groups), who bought again."""

    before: int
    again: int
    share: float | None
    lost: tuple[str, ...]


@once
def repurchase(bundle: Bundle) -> Repurchase:
    """Return, of customers (one account: product groups) that bought in the R12 before, who bought again."""
    before, now = (_bought(bundle, back) for back in (12, 0))
    again = len(before & now)
    return Repurchase(len(before), again, share_of(again, len(before)), tuple(sorted(before - now)))


def _bought(bundle: Bundle, back: int) -> set[str]:
    if isinstance(bundle, Account):
        rows = in_months(bundle.revenues, bundle.months(12, back=back))
        return {each.product_group for each in rows if each.product_group is not None and each.revenue > 0}
    sold = within(bundle.revenue, "month", bundle.window(12, back=back))
    return set(sold.loc[sold["revenue"] > 0, "account_id"].dropna())
