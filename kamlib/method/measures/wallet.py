"""What the customer buys from all suppliers in a year, and our share of it (6.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kamlib.method.measures.money import sales, sales_by_group
from kamlib.method.measures.periods import share_of
from kamlib.schema import Account, result
from kamlib.schema.plan import Wallet


@dataclass(frozen=True)
class WalletShare:
    """Our share of what the customer buys in one scope; no share where only another year's estimate is known."""

    product_group: str | None
    year: int | None
    sales_12m: float
    low_share: float | None
    likely_share: float | None
    high_share: float | None
    likely: float
    source: str | None
    valued_on: date | None


@result("plan_wallet")
def wallet_share(account: Account) -> Iterable[WalletShare]:
    """One row per scope valued (a product group, or all): our share of purchases, low / likely / high.

    The share is of the purchases of the year in which our last twelve months end, by the estimate valued last; an
    estimate of another year is shown without a share. The share is lowest where purchases are highest (6.6).
    """
    for scope in dict.fromkeys(each.product_group or "" for each in account.wallets):
        yield _wallet_share(account, scope)


def _wallet_share(account: Account, scope: str) -> WalletShare:
    year = year_of_sales(account)
    now, other = estimate(account, scope, year), _nearest(account, scope, year)
    ours = _ours(account, scope)
    low, likely, high = (now.low, now.likely, now.high) if now else (None, None, None)
    return WalletShare(
        scope or None,
        other.year,
        ours,
        share_of(ours, high),
        share_of(ours, likely),
        share_of(ours, low),
        other.likely,
        other.source,
        other.valued_on,
    )


def _ours(account: Account, scope: str) -> float:
    if not scope:
        return sales(account).revenue_12m or 0.0
    return next(
        (each.revenue_12m or 0.0 for each in sales_by_group(account) if each.product_group == scope), 0.0
    )


def year_of_sales(account: Account) -> int:
    """Return the fiscal year in which the last twelve months end; the day's without revenue."""
    last = account.months(12)
    starts = int(account.limit("fiscal_year_start_month"))
    return last[1].year - (last[1].month < starts) if last else account.year


def estimate(account: Account, scope: str, year: int) -> Wallet | None:
    """Return what the customer is said to buy of a product group (empty: of all) in a year, as valued last.

    An estimate that names no year stands for any.
    """
    own = [each for each in _of_scope(account, scope) if each.year in (year, None)]
    return max(own, key=_order, default=None)


def _order(each: Wallet) -> tuple[bool, date]:
    return each.year is not None, each.valued_on or date.min


def _of_scope(account: Account, scope: str) -> list[Wallet]:
    return [each for each in account.wallets if (each.product_group or "") == scope]


def _nearest(account: Account, scope: str, year: int) -> Wallet:
    """Return the estimate of a year, else that of the year nearest to it."""
    return estimate(account, scope, year) or min(
        _of_scope(account, scope), key=lambda each: (abs((each.year or year) - year), each.year or year)
    )


@dataclass(frozen=True)
class Most:
    """The most that the customer may buy in a year, and the year that it is estimated for (None: no year is named)."""

    amount: float
    year: int | None


def wallet_high(account: Account, year: int | None = None) -> Most | None:
    """Return the high end of the customer's purchases in a year, by default the one our last twelve months end in.

    The whole, else the sum of the groups valued; None where no estimate is of that year.
    """
    year = year or year_of_sales(account)
    scopes = dict.fromkeys(each.product_group or "" for each in account.wallets)
    tops = {scope: own for scope in scopes if (own := estimate(account, scope, year))}
    chosen = [tops[""]] if "" in tops else list(tops.values())
    amount = sum(each.high if each.high is not None else each.likely for each in chosen)
    return Most(amount, max((each.year for each in chosen if each.year), default=None)) if chosen else None
