"""What was sold: revenue by month, customer and product group, fitted to the totals of the story; and budgets."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from functools import cache

import numpy as np
from company import Cell, Customer, Row, customers, dice, pages, say

Months = list[str]
WINDOWS: tuple[tuple[str, int], ...] = (("2023-07", 3), ("2023-10", 12), ("2024-10", 12), ("2025-10", 12))
LAST_WINDOW = 3
STEADY, SERVICE = "P3", "P6"
#: Customers that had a credit note larger than the month's purchases, with month and million SEK.
CREDIT_NOTES = (
    ("2023-11", "A-005", "P1", 0.42), ("2024-02", "A-017", "P2", 0.31), ("2024-06", "A-101", "P4", 0.12),
    ("2024-12", "A-026", "P1", 0.25), ("2025-03", "A-008", "P2", 0.38), ("2025-08", "A-094", "P1", 0.22),
    ("2025-12", "A-021", "P1", 0.27), ("2026-05", "A-052", "P2", 0.19), ("2026-08", "A-017", "P2", 0.46),
)  # fmt: skip


def months_from(first: str, count: int) -> Months:
    """Return `count` months as YYYY-MM, oldest first."""
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return [f"{at // 12}-{at % 12 + 1:02d}" for at in range(start, start + count)]


MONTHS = months_from("2023-07", 39)
R12 = MONTHS[-12:]


def yearly_sales() -> list[dict[str, float]]:
    """Million SEK a year per customer in the windows of WINDOWS, the total of each window as its groups'."""
    base = [
        {key: each.r12 / (1 + each.growth) ** back for key, each in customers().items()}
        for back in (3, 2, 1, 0)
    ]
    for account_id, sizes in pages("company")["left"].items():
        for window, size in zip(base, [sizes[0], *sizes], strict=True):
            window[account_id] = size
    return [_scaled(window, back) for window, back in zip(base, (3, 2, 1, 0), strict=True)]


def group_totals(back: int) -> dict[str, float]:
    """Million SEK of each product group in the window `back` years before the last."""
    groups = pages("company")["product_groups"]
    return {key: group["r12"] / (1 + group["growth"]) ** back for key, group in groups.items()}


def _scaled(window: dict[str, float], back: int) -> dict[str, float]:
    """Let the ordinary customers take up what the stories leave of the groups' total."""
    told = pages("company")["accounts"]
    fixed = sum(size for key, size in window.items() if key in told)
    free = sum(size for key, size in window.items() if key not in told)
    factor = (sum(group_totals(back).values()) - fixed) / free
    return {key: size if key in told else size * factor for key, size in window.items()}


def fixed_cells(back: int) -> dict[Cell, float]:
    """Cells that a story fixes; hose at the yard stands still, the others follow their customer."""
    return {
        (key, group): size if group == "P4" else size / (1 + each.growth) ** back
        for key, each in customers().items()
        for group, size in each.cells.items()
    }


def cells_of_window(window: dict[str, float], back: int) -> dict[Cell, float]:
    """Million SEK per customer and product group: the mixes, fitted by turns to both totals."""
    fixed, keys, groups = fixed_cells(back), list(window), list(group_totals(back))
    rows = np.array([window[key] - sum(v for (k, _), v in fixed.items() if k == key) for key in keys])
    columns = np.array(list(group_totals(back).values()))
    columns -= [sum(v for (_, g), v in fixed.items() if g == group) for group in groups]
    table = np.array([_mix(customers()[key], back) for key in keys])
    for _ in range(400):
        table *= (rows / np.maximum(table.sum(axis=1), 1e-12))[:, None]
        table *= columns / table.sum(axis=0)
    open_cells = {
        (keys[i], groups[j]): float(table[i, j]) for i, j in zip(*np.nonzero(table > 0.004), strict=True)
    }
    return open_cells | fixed


def _mix(customer: Customer, back: int) -> list[float]:
    """Draw a customer's weights per group: its own taste, and what the year happened to be."""
    if not customer.mix:
        return [0.0] * 7
    taste, year = dice("mix", customer.account_id), dice("mix", customer.account_id, back)
    weighed = [share * taste.uniform(0.7, 1.3) * year.uniform(0.85, 1.15) for share in customer.mix]
    return [0.0 if f"P{n}" in customer.cells else share for n, share in enumerate(weighed, 1)]


@cache
def sold() -> dict[tuple[str, str, str], int]:
    """SEK by customer, month and product group; no entry where nothing was bought."""
    ledger: dict[tuple[str, str, str], int] = {}
    for number, ((first, count), window) in enumerate(zip(WINDOWS, yearly_sales(), strict=True)):
        for (key, group), size in cells_of_window(window, LAST_WINDOW - number).items():
            for month, amount in _spread(key, group, size * 1e6, months_from(first, count)):
                ledger[key, month, group] = amount
    for month, key, group, size in CREDIT_NOTES:
        _credit(ledger, (key, month, group), round(size * 1e6))
    return {cell: amount for cell, amount in sorted(ledger.items()) if amount}


def _spread(key: str, group: str, year: float, months: Months) -> Iterator[tuple[str, int]]:
    """Spread a yearly sum over months by season, lumps and how often so small a buyer buys."""
    luck, whole = dice("sales", key, group, months[0]), round(year * _part_of_year(group, months))
    weights = [
        _season(group, month) * w
        for month, w in zip(months, _lumps(luck, group, year, len(months)), strict=True)
    ]
    shares = [round(whole * weight / sum(weights)) for weight in weights]
    shares[shares.index(max(shares))] += whole - sum(shares)
    return iter(zip(months, shares, strict=True))


def _part_of_year(group: str, months: Months) -> float:
    year = [_season(group, f"2000-{n:02d}") for n in range(1, 13)]
    return 1.0 if len(months) == 12 else sum(_season(group, month) for month in months) / sum(year)


def _season(group: str, month: str) -> float:
    name = {STEADY: "steady", SERVICE: "service"}.get(group, "goods")
    return float(pages("company")["seasons"][name][int(month[5:]) - 1])


def _lumps(luck: random.Random, group: str, year: float, count: int) -> list[float]:
    """Draw a weight per month: lognormal lumps, and zero in the months without an order."""
    spread = pages("company")["product_groups"][group]["lumpy"]
    often = 1.0 if year > 2.5e6 else 0.75 if year > 0.9e6 else 0.45 if year > 0.3e6 else 0.22
    drawn = [luck.lognormvariate(0, spread) if luck.random() < often else 0.0 for _ in range(count)]
    drawn[luck.randrange(count)] += 1.0 if not any(drawn) else 0.0
    return drawn


def _credit(ledger: dict[tuple[str, str, str], int], cell: tuple[str, str, str], size: int) -> None:
    """Turn a month into a credit note and let the month after carry the difference: totals stay."""
    key, month, group = cell
    later = (key, MONTHS[MONTHS.index(month) + 1], group)
    ledger[later] = ledger.get(later, 0) + ledger.get(cell, 0) + size
    ledger[cell] = -size


def revenue_rows(lang: str) -> list[Row]:
    """One row: what a customer bought of a product group in a month."""
    groups = pages("company")["product_groups"]
    return [
        {
            "account_id": key,
            "month": month,
            "product_group": say(groups[group]["name"], lang),
            "revenue": amount,
            "contribution_margin": round(amount * rate_of(key, group, month)),
            "orders": 0 if amount < 0 else max(1, round(amount / groups[group]["order"])),
            **_quantity(key, group, month, amount, lang),
        }
        for (key, month, group), amount in sold().items()
    ]


def _quantity(key: str, group: str, month: str, amount: int, lang: str) -> Row:
    """What was sold, and in what unit: prices rise each January; monitoring is a subscription and has no quantity."""
    about = pages("company")["product_groups"][group]
    if "price" not in about:
        return {"quantity": "", "quantity_unit": ""}
    price = about["price"] * (1 + about["rise"]) ** (int(month[:4]) - 2023)
    agreed = price * dice("price", key, group).uniform(
        0.93, 1.04
    )  # the customer's own, the same for all years
    sold_in = say(about["unit"], lang)
    return {
        "quantity": int(math.copysign(max(1, round(abs(amount) / agreed)), amount)),
        "quantity_unit": sold_in,
    }


@cache
def by_customer() -> dict[str, dict[tuple[str, str], int]]:
    """SEK by customer, then by month and product group."""
    books: dict[str, dict[tuple[str, str], int]] = {}
    for (key, month, group), amount in sold().items():
        books.setdefault(key, {})[month, group] = amount
    return books


def bought_in(key: str, months: Months) -> dict[str, int]:
    """SEK per product group that a customer bought in `months`."""
    total: dict[str, int] = {}
    for (month, group), amount in by_customer().get(key, {}).items():
        if month in months:
            total[group] = total.get(group, 0) + amount
    return total


@cache
def by_month() -> dict[tuple[str, str], int]:
    """SEK by customer and month."""
    total: dict[tuple[str, str], int] = {}
    for (key, month, _), amount in sold().items():
        total[key, month] = total.get((key, month), 0) + amount
    return total


@cache
def _level(key: str, number: int) -> float:
    """Factor that brings a customer's margin in one window to the share that the story gives."""
    bought, groups = bought_in(key, months_from(*WINDOWS[number])), pages("company")["product_groups"]
    at_list = sum(groups[group]["margin"] * amount for group, amount in bought.items())
    return customers()[key].margin * sum(bought.values()) / at_list if at_list else 1.0


def rate_of(key: str, group: str, month: str) -> float:
    """Contribution margin share of a customer's group in a month."""
    number = max(n for n, (first, _) in enumerate(WINDOWS) if first <= month)
    return float(pages("company")["product_groups"][group]["margin"]) * _level(key, number)


def budget_rows() -> list[Row]:
    """One row: a month's budget for one of the larger customers, 2025 and 2026."""
    larger = [key for key, each in customers().items() if each.r12 > 2 and key != "A-005"]
    return [
        {"account_id": key, "month": month, "budget": round(size, -3)}
        for key in larger
        for year in (2025, 2026)
        for month, size in _budget(key, year)
    ]


def _budget(key: str, year: int) -> Iterator[tuple[str, int]]:
    """Spread a year's budget by season: the twelve months known when it was made, and a growth hoped for."""
    known = months_from(f"{year - 2}-10", 12)
    hoped = (1 + customers()[key].growth) ** 1.25 * dice("budget", key, year).uniform(0.96, 1.05)
    whole = sum(bought_in(key, known).values()) * hoped
    months = months_from(f"{year}-01", 12)
    weights = [_season("P2", month) for month in months]
    return iter(
        [(month, round(whole * weight / sum(weights))) for month, weight in zip(months, weights, strict=True)]
    )
