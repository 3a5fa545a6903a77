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
    for product_group in dict.fromkeys(each.product_group or None for each in account.wallets):
        yield _wallet_share(account, product_group)


def _wallet_share(account: Account, product_group: str | None) -> WalletShare:
    year = year_of_sales(account)
    now, other = estimate(account, product_group, year), _nearest(account, product_group, year)
    ours = _ours(account, product_group)
    low, likely, high = (now.low, now.likely, now.high) if now else (None, None, None)
    least, middle, most = (share_of(ours, bought) for bought in (high, likely, low))
    told = (other.likely, other.source, other.valued_on)
    return WalletShare(product_group, other.year, ours, least, middle, most, *told)


def _ours(account: Account, product_group: str | None) -> float:
    if product_group is None:
        return sales(account).revenue_12m or 0.0
    own = sales_by_group(account).where(product_group=product_group)
    return own[0].revenue_12m or 0.0 if own else 0.0


def year_of_sales(account: Account) -> int:
    """Return the fiscal year in which the last twelve months end; the day's without revenue."""
    months = account.months(12)
    return account.fiscal_year(months[1]) if months else account.year


def estimate(account: Account, product_group: str | None, year: int) -> Wallet | None:
    """Return what the customer is said to buy of a group (None: of all) in a year, as valued last.

    An estimate that names no year stands for any; one that names another year never stands for this.
    """
    own = [each for each in _of_scope(account, product_group) if each.year in (year, None)]
    return max(own, key=lambda each: (each.year is not None, each.valued_on or date.min), default=None)


def _of_scope(account: Account, product_group: str | None) -> list[Wallet]:
    return [each for each in account.wallets if (each.product_group or None) == product_group]


def _nearest(account: Account, product_group: str | None, year: int) -> Wallet:
    """Return the estimate of a year, else that of the year nearest to it."""
    known = _of_scope(account, product_group)
    return estimate(account, product_group, year) or min(
        known, key=lambda each: abs((each.year or year) - year)
    )


def wallet_high(account: Account, product_group: str | None, year: int) -> float | None:
    """Return the most that the customer may buy of a group (None: of all) in a year.

    All of it is the sum of the groups only where each group that we sell them is valued.
    """
    whole = estimate(account, product_group, year)
    groups = {each.product_group for each in account.revenues if each.product_group}
    parts = [whole] if whole or product_group else [estimate(account, each, year) for each in groups]
    known = [each for each in parts if each]
    if not known or len(known) < len(parts):
        return None
    return sum(each.likely if each.high is None else each.high for each in known)
