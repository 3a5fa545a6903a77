"""Do customers stay, buy again and grow (Q4, method.md 6.7, P14)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamlib.method.measures.periods import MISSING, in_months, ratio, share_of, within
from kamlib.method.once import once
from kamlib.method.units import groups_of
from kamlib.schema import Account, Bundle, Portfolio


def key_accounts(portfolio: Portfolio, on: pd.Timestamp | None = None) -> list[str]:
    """Return the ids of the recorded key accounts, as decided up to and including the day `on`."""
    decided = portfolio.selection.sort_values("decided_on")
    if on is not None:
        decided = decided[decided["decided_on"] <= on]
    newest = decided.drop_duplicates("account_id", keep="last")
    return list(newest.loc[newest["is_key"].fillna(value=False).astype(bool), "account_id"])


def key_account_growth(portfolio: Portfolio, keys: Collection[str] | None = None) -> pd.DataFrame:
    """One row for the key accounts, one for all other customers: the same customers in both periods (Q4).

    The set is frozen at the start of the year; `basis` says `today` where no selection is that old, because
    a list chosen afterwards flatters itself.
    """
    window = portfolio.window(12)
    frozen = key_accounts(portfolio, window[0]) if window and keys is None else []
    chosen = set(keys if keys is not None else frozen or key_accounts(portfolio))
    pairs = _pairs(portfolio)
    pairs["is_key"] = pairs.index.isin(chosen)
    both = pairs[pairs["before"] > 0].groupby("is_key")
    growth = both.agg(accounts=("now", "size"), now=("now", "sum"), before=("before", "sum")).reset_index()
    growth["growth_share"] = growth["now"] / growth["before"] - 1
    growth["basis"] = "given" if keys is not None else "frozen" if frozen else "today"
    growth.insert(0, "customers", growth.pop("is_key").map({True: "key", False: "others"}))
    return growth.sort_values("customers", ignore_index=True)


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


def retention_shares(start: float, expansion: float, contraction: float, churn: float) -> tuple[float, float]:
    """Return (gross, net) revenue retention of a cohort fixed at the start (6.7)."""
    kept = start - contraction - churn
    return ratio(kept, start), ratio(kept + expansion, start)


def retention(portfolio: Portfolio) -> pd.DataFrame:
    """One row per cohort: `same_account` (all customers of the year before) and, with agreements, `contract`.

    Gross retention is given for contracts only: without one, a smaller order is no broken promise (P14).
    `logo_share` is customers kept / customers at the start.
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
    kept = [_retained(kind, rows) for kind, rows in cohorts.items() if len(rows)]
    return pd.DataFrame(kept, columns=["kind", *_RETAINED])


_RETAINED = [
    "accounts", "start", "expansion", "contraction", "churn", "gross_share", "net_share", "logo_share",
]  # fmt: skip


def _retained(kind: str, cohort: pd.DataFrame) -> dict[str, Any]:
    change = cohort["now"] - cohort["before"]
    gone = cohort["now"] <= 0
    expansion, contraction = change[change > 0].sum(), -change[(change < 0) & ~gone].sum()
    churn = cohort.loc[gone, "before"].sum()
    gross, net = retention_shares(cohort["before"].sum(), expansion, contraction, churn)
    amounts = (len(cohort), cohort["before"].sum(), expansion, contraction, churn)
    shares = (gross if kind == "contract" else MISSING, net, ratio(float((~gone).sum()), len(cohort)))
    return {"kind": kind, **dict(zip(_RETAINED, (*amounts, *shares), strict=True))}


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
