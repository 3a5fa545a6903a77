"""The bridge from one year to the next: what it adds up, what its title says, and where its axis is cut."""

from __future__ import annotations

import re
from typing import Any

import bundles
import pandas as pd
import pytest
from bundles import months

from kamlib import schema, text
from kamlib.method import measures
from kamlib.show import charts, page
from kamlib.show.charts import blocks, words

HOSTILE = "A$5% & B <ö>"
NBSP = text.NBSP


def _account(groups: dict[str | None, tuple[float, float]], **more: Any) -> schema.Account:
    """An account that bought each group for so much a month, in the year before and in the last."""
    bought = [
        row
        for group, (before, now) in groups.items()
        for row in months("2026-09", [before] * 12 + [now] * 12, product_group=group)
    ]
    return bundles.account(revenue=bought, **more)


def _drawn(groups: dict[str | None, tuple[float, float]], **more: Any) -> page.Shown:
    account = _account(groups, **more)
    return charts.revenue_bridge(measures.bridge(account), account)


def test_the_changes_lead_from_the_year_before_to_the_last() -> None:
    """Before + every change = now; a group bought in one of the years alone counts whole."""
    rows = measures.bridge(_account({"A": (10.0, 30.0), "B": (5.0, 0.0), None: (1.0, 2.0)}))
    assert [each.step for each in rows] == ["before", "group", "group", "rest", "now"]
    assert [each.amount for each in rows] == [192.0, 240.0, -60.0, 12.0, 384.0]


def _counted(
    group: str, before: tuple[float, float], now: tuple[float, float], unit: str = "st"
) -> list[Any]:
    """A group's months in both years: (revenue, quantity) of each."""
    rows = months("2026-09", [before[0]] * 12 + [now[0]] * 12, product_group=group)
    amounts = [before[1]] * 12 + [now[1]] * 12
    return [{**row, "quantity": each, "quantity_unit": unit} for row, each in zip(rows, amounts, strict=True)]


def test_price_and_volume_are_told_apart_where_the_quantity_is_known() -> None:
    """From 10 pieces at 10 to 9 at 12: price (12 - 10) x 9 = 18 a month, volume (9 - 10) x 10 = -10 a month."""
    account = bundles.account(
        revenue=_counted("A", (100.0, 10.0), (108.0, 9.0))
        + months("2026-09", [5.0] * 12 + [7.0] * 12, product_group="B")
    )
    rows = measures.bridge(account)
    assert [each.step for each in rows] == ["before", "price", "group", "group", "now"]
    assert [each.product_group or "" for each in rows] == ["", "", "B", "A", ""]
    assert [each.amount for each in rows] == pytest.approx([1260.0, 216.0, 24.0, -120.0, 1380.0])
    shown = charts.revenue_bridge(rows, account)
    assert "Priset driver tillväxten" in shown.plain
    assert "Priset står för sig" in shown.plain
    assert "artiklar" in shown.plain
    assert "<td>st</td>" in shown.html


@pytest.mark.parametrize(
    "revenue",
    [
        _counted("A", (100.0, 10.0), (120.0, float("nan"))),
        _counted("A", (100.0, 0.0), (120.0, 10.0)),
        _counted("A", (100.0, 10.0), (120.0, -10.0)),
        _counted("A", (100.0, 10.0), (120.0, 10.0), unit=""),
        _counted("A", (100.0, 10.0), (0.0, 10.0)),
        [
            {**row, "quantity_unit": "m" if n % 2 else "st"}
            for n, row in enumerate(_counted("A", (100.0, 10.0), (120.0, 10.0)))
        ],
    ],
    ids=["unknown", "none before", "only credits", "no unit", "free", "two units"],
)
def test_no_price_where_quantities_do_not_carry_one(revenue: list[Any]) -> None:
    """A month without quantity, nothing sold, no unit or two of them: the group's whole change is one bar."""
    more = months("2026-09", [5.0] * 24, product_group="B")
    rows = measures.bridge(bundles.account(revenue=revenue + more))
    assert "price" not in {each.step for each in rows}
    if rows:
        assert sum(each.amount or 0 for each in rows[:-1]) == pytest.approx(rows[-1].amount)


def test_what_is_planned_is_told_only_where_it_is_whole() -> None:
    """A budget that lacks a month is none; the newest forecast of the running year counts."""
    budget = [{"month": row["month"], "budget": 2.0} for row in months("2026-09", [1.0] * 12)]
    made = [
        {"made_on": "2026-02-01", "year": 2026, "likely": 10.0},
        {"made_on": "2026-08-01", "year": 2026, "likely": 20.0},
        {"made_on": "2026-09-01", "year": 2027, "likely": 30.0},
    ]
    for kept, steps in ((12, {"budget": 24.0, "forecast": 20.0}), (11, {"forecast": 20.0})):
        account = _account({"A": (1.0, 1.0)}, budget=budget[:kept], forecast=made)
        amounts = {each.step: each.amount for each in measures.bridge(account)}
        assert {step: amounts[step] for step in amounts.keys() - {"before", "group", "now"}} == steps


def test_a_young_customer_has_no_bridge() -> None:
    """Less than two years of invoices: nothing to compare with, and the page says what to add."""
    account = bundles.account(revenue=months("2026-09", [1.0] * 20, product_group="A"))
    assert measures.bridge(account) == []
    assert "kam-empty" in charts.revenue_bridge(measures.bridge(account), account).html


def test_no_bridge_meets_a_customer() -> None:
    """Budget and forecast are ours: the customer's edition gets nothing at all."""
    assert _drawn({"A": (1e6, 2e6)}, audience="customer").html == ""


@pytest.mark.parametrize(
    ("groups", "now", "case"),
    [
        ([3.0, -0.9], 102.1, "up"),
        ([3.0, -2.0], 101.0, "offset"),
        ([3.0, -1.9], 101.1, "up"),
        ([3.0, -1.5], 101.5, "up"),
        ([-3.0, 0.5], 97.5, "down"),
        ([1.9, 0.5], 102.4, "even"),
        ([2.0, 0.5], 102.5, "up"),
        ([2.0, -2.0], 100.0, "offset"),
        ([], 105.0, "plain"),
    ],
)
def test_the_case_changes_at_the_limits(groups: list[float], now: float, case: str) -> None:
    """A group counts from two per cent, a standstill holds below one and a half: at the limit itself the word changes."""
    assert words.bridge_case(pd.Series(groups, dtype=float), 100.0, now, flat=0.015, driver=0.02) == case


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.2999, f"30{NBSP}%"),
        (0.30, "en tredjedel"),
        (0.37, "en tredjedel"),
        (0.3701, f"37{NBSP}%"),
        (0.5, "hälften"),
    ],
)
def test_a_fraction_is_a_word_only_within_its_limits(share: float, told: str) -> None:
    """Both ends belong to the word; beside them the share is told in per cent (P21)."""
    assert words.part_words(share, bundles.account().limit("chart_fractions")) == told


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ({"A": (1e5, 2e5)}, "A driver tillväxten"),
        ({"A": (1e5, 2e5), "B": (1e5, 2e5)}, "A driver tillväxten"),
        ({"A": (1e5, 2e5), "B": (1e5, 1.9e5), "C": (1e5, 1.9e5)}, "A bidrar mest"),
        (
            {"A": (2e5, 1e5), "B": (1e5, 1.5e5)},
            "A driver nedgången (−1,2 mkr); B väger upp hälften av tappet",
        ),
        ({"A": (1e5, 2e5), "B": (1e5, 0.9e5)}, f"; B tar tillbaka 10{NBSP}% av ökningen"),
    ],
)
def test_the_title_names_who_drives_and_who_takes_back(
    groups: dict[str | None, tuple[float, float]], told: str
) -> None:
    """Half of all rises makes a driver, a tenth of them a taking back; the limits themselves count."""
    assert told.replace(" mkr", f"{NBSP}mkr") in _drawn(groups).plain


def test_a_small_fall_is_not_told_as_taking_back() -> None:
    """Below a tenth of the rises nobody takes anything back."""
    assert "tar tillbaka" not in _drawn({"A": (1e5, 2e5), "B": (1e5, 0.901e5)}).plain


@pytest.mark.parametrize(
    ("names", "stands"),
    [
        (["Pumpar", "Slang och hydraulik"], True),
        (["Tillståndsövervakning"] * 2, True),
        (["Tillståndsövervakning"] * 9, False),
        (["ett två tre fyra fem sex sju"] * 12, False),
    ],
)
def test_bars_stand_only_where_their_names_have_room(names: list[str], stands: bool) -> None:
    """A word wider than its column, or a fourth line: the bars lie down and the names stand to the left."""
    assert blocks.fit(names, 7.0) == stands


@pytest.mark.parametrize(("now", "is_cut"), [(129.9, True), (130.0, False), (100.0, False)])
def test_the_axis_is_cut_only_where_changes_are_small(now: float, is_cut: bool) -> None:
    """A spread below three tenths of the lowest level cuts the axis, and the subtitle says it; else it begins at zero."""
    told = _drawn({"A": (100.0, now)}).plain
    assert ("kapad vid snedstrecken" in told) == is_cut


@pytest.mark.parametrize("lang", text.LANGUAGES)
@pytest.mark.parametrize(
    "groups",
    [
        {HOSTILE: (5e5, 7e5), "Ett namn som är " + "mycket " * 40: (5e5, 4e5)},
        {"A": (1e5, -2e5)},
        {"A": (9e13, 9.1e13)},
        {None: (1e5, 2e5)},
        {"x" * 100_000: (10.0, 20.0)},
        {f"Grupp {n}": (1e5, 1e5 + 1e4 * n) for n in range(30)},
    ],
    ids=["hostile", "negative", "huge", "nameless", "long", "many"],
)
def test_odd_revenue_is_drawn_too(groups: dict[str | None, tuple[float, float]], lang: str) -> None:
    """Losses, huge sums, no groups and endless names: two drawings, a table, and nothing that is not a number."""
    text.use(lang)
    shown = _drawn(groups)
    assert shown.html.count("<svg") == 2
    assert "<ö>" not in shown.html
    drawn = "".join(re.findall(r"<svg.*?</svg>", shown.html, flags=re.DOTALL))
    assert len(drawn) < 60_000
    assert not re.search(r'="[^"]*\bnan\b', drawn)


def test_many_small_changes_are_added_up_and_counted() -> None:
    """A bar per change up to five; the rest is one bar that says how many it holds, and the table has each."""
    shown = _drawn({f"Grupp {n}": (1e5, 1e5 + 1e4 * n) for n in range(1, 10)})
    assert "4 övriga" in shown.plain
    assert shown.html.count('<th scope="row"') == 11
