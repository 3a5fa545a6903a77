"""What the customer buys, what is left after service, and what is at stake (method.md 6.6, 6.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import isnan
from statistics import median
from typing import cast

from kamlib import words
from kamlib.method.measures.periods import in_months, known_or_none, share_of, total, within
from kamlib.method.once import once
from kamlib.method.units import groups_of
from kamlib.schema import Account, Bundle, Portfolio, result
from kamlib.schema.days import months_from
from kamlib.schema.facts import Revenue


@dataclass(frozen=True)
class Sold:
    """What was bought in one period: revenue, contribution margin and the revenue that has a margin; None: no rows."""

    revenue: float | None
    margin: float | None
    with_margin: float | None


@once
def _sold(bundle: Bundle) -> tuple[Sold, Sold]:
    """Return the last twelve months and the twelve before."""
    if isinstance(bundle, Account):
        now, before = (_sum(in_months(bundle.revenues, bundle.months(12, back=back))) for back in (0, 12))
        return now, before
    return _sum_of_all(bundle, 0), _sum_of_all(bundle, 12)


def _sum(rows: Iterable[Revenue]) -> Sold:
    rows = list(rows)
    told = [each for each in rows if each.contribution_margin is not None]
    return Sold(
        total(each.revenue for each in rows),
        total(each.contribution_margin for each in told),
        total(each.revenue for each in told),
    )


def _sum_of_all(bundle: Bundle, back: int) -> Sold:
    rows = within(bundle.revenue, "month", bundle.window(12, back=back))
    with_margin = rows["revenue"].where(rows["contribution_margin"].notna())
    columns = (rows["revenue"], rows["contribution_margin"], with_margin)
    return Sold(*(known_or_none(each.sum(min_count=1)) for each in columns))


@dataclass(frozen=True)
class Sales:
    """Revenue R12 and the R12 before, growth, contribution margin and its ratio."""

    revenue_12m: float | None
    revenue_previous_12m: float | None
    growth_share: float | None
    contribution_margin: float | None
    margin_share: float | None


@once
def sales(bundle: Bundle) -> Sales:
    """Return revenue R12 and the R12 before, growth, contribution margin and its ratio.

    Growth is not known of a customer whose first invoice is younger than the earlier period.
    """
    now, before = _sold(bundle)
    grown = _grown(now.revenue, before.revenue) if _covers(bundle) else None
    return Sales(now.revenue, before.revenue, grown, now.margin, share_of(now.margin, now.with_margin))


def _covers(bundle: Bundle) -> bool:
    months = bundle.months(24)
    if months is None:
        return False
    if isinstance(bundle, Account):
        return any(each.month <= months[0] for each in bundle.revenues)
    return bool(bundle.revenue["month"].min().date() <= months[0])


def _grown(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else share_of(now - before, before)


@dataclass(frozen=True)
class Group(Sales):
    """What the customer buys of one product group; `of_sales_share` is its part of all."""

    product_group: str
    of_sales_share: float | None


@result("groups")
def sales_by_group(account: Account) -> Iterable[Group]:
    """One row per product group, the largest first; columns as `sales`, and `of_sales_share`."""
    now, before = _sold_by_group(account, 0), _sold_by_group(account, 12)
    whole = _sold(account)[0].revenue
    names = {**now, **before}
    rows = [_group(name, now.get(name, _NOTHING), before.get(name, _NOTHING), whole) for name in names]
    return sorted(rows, key=lambda each: (each.revenue_12m is None, -(each.revenue_12m or 0.0)))


_NOTHING = Sold(None, None, None)


def _sold_by_group(account: Account, back: int) -> dict[str, Sold]:
    rows = in_months(account.revenues, account.months(12, back=back))
    names = dict.fromkeys(each.product_group for each in rows if each.product_group)
    return {name: _sum(each for each in rows if each.product_group == name) for name in names}


def _group(name: str, now: Sold, before: Sold, whole: float | None) -> Group:
    return Group(
        product_group=name,
        revenue_12m=now.revenue,
        revenue_previous_12m=before.revenue,
        growth_share=_grown(now.revenue, before.revenue),
        contribution_margin=now.margin,
        margin_share=share_of(now.margin, now.with_margin),
        of_sales_share=share_of(now.revenue, whole),
    )


# --- growth and its word


def growth_word(bundle: Bundle, share: float | None) -> str:
    """Return growing, flat, shrinking or unknown: one limit for customers and product groups, on every page."""
    if share is None or isnan(share):
        return "unknown"
    # A figure that was counted from money may miss the limit by a rounding of floats.
    if not share or round(abs(share), 9) < bundle.limit("flat_growth_share"):
        return "flat"
    return "growing" if share > 0 else "shrinking"


@dataclass(frozen=True)
class Growth:
    """How revenue of the last twelve months stands to the twelve before."""

    share: float | None
    now: float | None
    word: str

    @property
    def words(self) -> words.Words:
        """The share as every page writes it."""
        return growth_words(self.share)


def growth_words(share: float | None) -> words.Words:
    """Return a growth as every page writes it: signed, with one decimal."""
    return words.percent(share, 1, signed=True)


@once
def growth(bundle: Bundle) -> Growth:
    """Return the growth of R12: share, the amount now and the word for it."""
    sold = sales(bundle)
    return Growth(sold.growth_share, sold.revenue_12m, growth_word(bundle, sold.growth_share))


# --- the bridge


@dataclass(frozen=True)
class BridgeStep:
    """One step of the bridge from the twelve months before to the last twelve."""

    step: str
    product_group: str | None = None
    amount: float | None = None
    year: int | None = None
    price: float | None = None
    quantity_unit: str | None = None
    quantity_12m: float | None = None
    quantity_previous_12m: float | None = None


@once
def bridge(account: Account) -> list[BridgeStep]:
    """One row per step from the twelve months before to the last twelve: `step`, `product_group`, `amount`, `year`.

    Steps: before, price (of every group whose quantities are known), group (its change, the largest rise first; of
    volume alone where its price is told apart), rest (the change of what has no group), now; where known budget (of
    the same twelve months, if all of them have one) and forecast (the newest, of its calendar `year`). before + the
    changes = now. A group that is told apart also has `price`, `quantity_unit`, `quantity_12m` and
    `quantity_previous_12m`: price = revenue now - revenue before x quantity now / quantity before, which is the change
    of the mean price times the quantity now. No rows where growth is unknown: see `sales`.
    """
    sold = sales(account)
    if sold.growth_share is None:
        return []
    now, before = sold.revenue_12m or 0.0, sold.revenue_previous_12m or 0.0
    changes = [_change(account, each) for each in sales_by_group(account)]
    changes.sort(key=lambda each: -(each.amount or 0.0))
    price = total(each.price for each in changes)
    rest = now - before - sum((each.amount or 0.0) + (each.price or 0.0) for each in changes)
    return [
        BridgeStep("before", amount=before),
        *([] if price is None else [BridgeStep("price", amount=price)]),
        *changes,
        *([BridgeStep("rest", amount=rest)] if abs(rest) >= 1 else []),
        BridgeStep("now", amount=now),
        *_foreseen(account),
    ]


def _change(account: Account, group: Group) -> BridgeStep:
    now, before = group.revenue_12m or 0.0, group.revenue_previous_12m or 0.0
    quantities = _quantities(account, group.product_group)
    if quantities is None:
        return BridgeStep("group", group.product_group, now - before)
    unit, sold, sold_before = quantities
    price = now - before * sold / sold_before
    volume = now - before - price
    return BridgeStep("group", group.product_group, volume, None, price, unit, sold, sold_before)


def _quantities(account: Account, product_group: str) -> tuple[str, float, float] | None:
    """Return unit, quantity now and before of a group whose every row says them, in one unit, above zero."""
    own = [each for each in account.revenues if each.product_group == product_group]
    periods = [in_months(own, account.months(12, back=back)) for back in (0, 12)]
    units = {each.quantity_unit for rows in periods for each in rows if each.quantity_unit}
    if len(units) != 1 or any(each.quantity is None for rows in periods for each in rows):
        return None
    for rows in periods:
        if not any(each.quantity_unit for each in rows) or sum(each.revenue for each in rows) <= 0:
            return None
    sold, before = (sum(each.quantity or 0.0 for each in rows) for rows in periods)
    return (units.pop(), sold, before) if sold > 0 and before > 0 else None


def _foreseen(account: Account) -> Iterable[BridgeStep]:
    planned = in_months(account.budgets, account.months(12))
    if len({each.month for each in planned}) == 12:
        yield BridgeStep("budget", amount=total(each.budget for each in planned))
    year = account.facts_through.year if account.facts_through is not None else 0
    made = [each for each in account.forecasts if each.year == year]
    newest = max(made, key=lambda each: each.made_on, default=None)
    if newest and newest.likely is not None:
        yield BridgeStep("forecast", amount=newest.likely, year=year)


@dataclass(frozen=True)
class MonthSold:
    """Revenue of one month, and of the twelve that end with it."""

    month: date
    revenue: float
    rolling_12m: float | None


def trend(account: Account, months: int = 24) -> list[MonthSold]:
    """One row per month: `month`, `revenue`, `rolling_12m` (None until twelve months are known)."""
    ends = account.months(months)
    if ends is None:
        return []
    sold: dict[date, float] = {}
    for each in account.revenues:
        sold[each.month] = sold.get(each.month, 0.0) + each.revenue
    days = [min(sold)]
    while days[-1] < ends[1]:
        days.append(months_from(days[-1], 1))
    amounts = [sold.get(day, 0.0) for day in days]
    sums = [sum(amounts[place - 11 : place + 1]) if place >= 11 else None for place in range(len(days))]
    return [MonthSold(*row) for row in zip(days, amounts, sums, strict=True)][-months:]


# --- what is left after service


@dataclass(frozen=True)
class Profit:
    """What R12 leaves after service. It is the sum of `known` parts of `of`: customers, or months of one customer."""

    contribution_margin: float | None
    service_cost: float | None
    profit: float | None
    profit_share: float | None
    known: int
    of: int


@once
def customer_profit(bundle: Bundle) -> Profit:
    """Return contribution margin less what it costs to serve, R12; a cost that is not known is not zero.

    Of many customers, profit is that of those whose cost is known: `known` of the `of` that bought.
    """
    if isinstance(bundle, Portfolio):
        return _profit_of_all(bundle)
    account, sold = cast("Account", bundle), sales(bundle)
    rows = in_months(account.service_costs, account.months(12))
    cost, margin = total(each.cost for each in rows), sold.contribution_margin
    profit = None if margin is None or cost is None else margin - cost
    months = len({each.month for each in rows})
    return Profit(margin, cost, profit, share_of(profit, sold.revenue_12m), months, 12)


def _profit_of_all(portfolio: Portfolio) -> Profit:
    tops = groups_of(portfolio)
    bought = within(portfolio.revenue, "month", portfolio.window(12))
    spent = within(portfolio.service_cost, "month", portfolio.window(12))
    sums = bought.groupby(bought["account_id"].map(tops))[["revenue", "contribution_margin"]].sum(min_count=1)
    costs = spent.groupby(spent["account_id"].map(tops))["cost"].sum(min_count=1)
    told = sums[sums["revenue"] > 0].join(costs, how="left")
    whole = told.dropna(subset=["contribution_margin", "cost"])
    left = (whole["contribution_margin"] - whole["cost"]).sum(min_count=1)
    margin, cost = sales(portfolio).contribution_margin, known_or_none(costs.sum(min_count=1))
    share = share_of(known_or_none(left), whole["revenue"].sum())
    return Profit(margin, cost, known_or_none(left), share, len(whole), len(told))


@dataclass(frozen=True)
class Cost:
    """What one activity costs in a year, and its part of all cost to serve."""

    activity: str
    cost: float
    cost_share: float | None


@result("service_costs")
def service_costs(account: Account) -> Iterable[Cost]:
    """One row per activity, R12, the dearest first: `activity`, `cost`, `cost_share`."""
    rows = in_months(account.service_costs, account.months(12))
    whole = total(each.cost for each in rows)
    costs: dict[str, float] = {}
    for each in rows:
        costs[each.activity] = costs.get(each.activity, 0) + each.cost
    dearest = sorted(costs.items(), key=lambda each: -each[1])
    return [Cost(activity, cost, share_of(cost, whole)) for activity, cost in dearest]


# --- what is at stake


@dataclass(frozen=True)
class Exposure:
    """Contribution R12, months to replace it, and what would be lost meanwhile."""

    contribution_margin: float | None
    replacement_months: float
    at_risk: float | None
    basis: str


@once
def exposure(account: Account) -> Exposure:
    """Return contribution R12, months to replace it, and what would be lost meanwhile (6.7, P3, P5).

    Months come from the judged business risk; where nobody judged, from our default, marked in `basis`.
    """
    judged = [each.score for each in account.assessments if each.criterion == "business_risk"]
    score = str(int(median(judged) + 0.5)) if judged else "default"
    months, margin = float(account.limit("replacement_months")[score]), sales(account).contribution_margin
    at_risk = None if margin is None else margin / 12 * months
    return Exposure(margin, months, at_risk, "judged" if judged else "our_default")


@result("exposure")
def at_stake(account: Account) -> Iterable[Exposure]:
    """Return the exposure as one row; none where no contribution is known."""
    lost = exposure(account)
    if lost.at_risk is not None:
        yield lost


def lifetime_value(
    margin: float, retention: float, discount: float, *, starts: int = 0, years: int | None = None
) -> float:
    """Return the simple value of a customer: yearly margin, retention and discount per year (6.7).

    The first margin falls now (`starts=0`) or in a year (`starts=1`); `years` cuts the sum there.
    """
    if years is None:
        return margin * (retention if starts else 1 + discount) / (1 + discount - retention)
    return sum(margin * (retention / (1 + discount)) ** year for year in range(starts, years + starts))


@dataclass(frozen=True)
class Scenario:
    """The customer's value over our years in one case."""

    case: str
    keep_share: float
    margin: float
    value: float
    basis: str


@result("lifetime", values=lambda account: {"years": account.limit("lifetime_years")})
def lifetime(account: Account) -> Iterable[Scenario]:
    """One row per case (low, likely, high): yearly margin, chance to keep the customer a year, and the value.

    Scenario value of the customer over our years and discount (6.7): a range, no fitted model. The margin is what is
    left after service where that is known, else the contribution margin (`basis`).
    """
    left = customer_profit(account)
    basis = "contribution" if left.profit is None else "profit"
    margin = left.contribution_margin if left.profit is None else left.profit
    years, discount = account.limit("lifetime_years"), account.limit("lifetime_discount_share")
    for case, (keep, change) in account.limit("lifetime_cases").items() if margin is not None else ():
        yearly = margin * (1 + change)
        yield Scenario(case, keep, yearly, lifetime_value(yearly, keep, discount, years=years), basis)
