"""Who is one customer, and its facts of the last twelve months: nothing counted twice, nothing made up."""

from __future__ import annotations

import bundles
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import schema
from kamlib.method import units


def portfolio(revenue: list[dict[str, object]], **tables: list[dict[str, object]]) -> schema.Portfolio:
    """A portfolio of the accounts that the revenue names."""
    ids = sorted({str(row["account_id"]) for row in revenue})
    tables.setdefault("account", [{"account_id": key, "name": key} for key in ids])
    return bundles.portfolio(revenue=revenue, **tables)


def sold(account_id: str, amounts: list[float], **more: object) -> list[dict[str, object]]:
    """Months of revenue ending with September 2026."""
    return bundles.months("2026-09", amounts, account_id=account_id, **more)


@given(st.lists(st.integers(0, 11), min_size=12, max_size=12))
def test_every_account_has_one_top_whatever_the_chain(parents: list[int]) -> None:
    """Any pattern of parents, rings too, ends: the top of a top is itself, and no account is lost."""
    accounts = pd.DataFrame(
        {"account_id": [f"A{n:02}" for n in range(12)], "parent_id": [f"A{n:02}" for n in parents]}
    )
    tops = units.roots(accounts)
    assert set(tops.index) == set(accounts["account_id"])
    assert (tops[tops.to_numpy()].to_numpy() == tops.to_numpy()).all()


def test_a_chain_of_three_and_a_parent_that_is_not_there() -> None:
    """A grandchild belongs to the top; an account whose parent is unknown stands alone and is told."""
    accounts = pd.DataFrame({"account_id": list("CBAD"), "parent_id": ["B", "A", None, "gone"]})
    assert units.roots(accounts).to_dict() == {"C": "A", "B": "A", "A": "A", "D": "D"}
    (told,) = units.findings(accounts)
    assert (told.rule, told.values["parent"]) == ("parent_unknown", "gone")


def test_only_the_last_twelve_months_count() -> None:
    """R12 leaves older months out and takes credit notes off."""
    rows = sold("A", [1000.0] + [10.0] * 11 + [-5.0])
    assert units.decision_units(portfolio(rows))["revenue_12m"].iloc[0] == 105.0


def test_a_margin_that_nobody_gave_is_missing_not_zero() -> None:
    """Without margins the margin is unknown; with some, the share of revenue that has one is told."""
    rows = sold("A", [10.0] * 12) + sold("B", [30.0, 10.0], contribution_margin=None)
    rows[-1]["contribution_margin"] = 4.0
    found = units.decision_units(portfolio(rows)).set_index("account_id")
    assert pd.isna(found.loc["A", "margin_12m"])
    assert found.loc["B", ["margin_12m", "margin_known_share"]].tolist() == [4.0, 0.25]


@pytest.mark.parametrize(("months", "growth"), [(14, None), (15, 0.5), (24, 0.5), (30, 0.5)])
def test_growth_compares_the_same_months(months: int, growth: float | None) -> None:
    """Fifteen months give three to compare with the same three a year earlier; fourteen give no trend."""
    rows = sold("A", [10.0] * (months - 12) + [15.0] * 12)
    found = units.decision_units(portfolio(rows))["growth_share"].iloc[0]
    assert pd.isna(found) if growth is None else found == pytest.approx(growth)


def test_a_new_customer_has_no_growth_but_is_new() -> None:
    """Nothing a year ago is no infinite growth."""
    rows = sold("A", [10.0] * 24) + sold("N", [5.0] * 6)
    found = units.decision_units(portfolio(rows)).set_index("account_id")
    assert pd.isna(found.loc["N", "growth_share"])
    assert found["is_new"].tolist() == [False, True]


def test_a_group_is_one_row_with_all_its_members() -> None:
    """Revenue, service cost, product groups and countries of the members are the group's."""
    accounts = [
        {"account_id": "G", "name": "Koncern", "country": "SE"},
        {"account_id": "M", "name": "Bruk", "country": "FI", "parent_id": "G"},
    ]
    rows = sold("G", [10.0], product_group="P1") + sold(
        "M", [20.0], product_group="P2", contribution_margin=8.0
    )
    cost = [{"account_id": "M", "month": "2026-09-01", "activity": "visits", "cost": 3.0}]
    (found,) = units.decision_units(portfolio(rows, account=accounts, service_cost=cost)).to_dict("records")
    assert (found["name"], found["members"], found["countries"], found["product_groups"]) == (
        "Koncern",
        2,
        2,
        2,
    )
    assert (found["revenue_12m"], found["profit_12m"]) == (30.0, 5.0)
