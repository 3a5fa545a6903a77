"""What the workspace knows: counted, dated, and what is missing said."""

from __future__ import annotations

import bundles
import pandas as pd

from kamlib import schema
from kamlib.method import readiness


def test_every_fact_table_is_weighed() -> None:
    """A new fact table can't be forgotten on the first page."""
    facts = {name for name, table in schema.TABLES.items() if table.role == "fact"}
    assert set(readiness.WORTH) == facts


def test_rows_customers_and_last_day_are_counted() -> None:
    """Revenue of one of two customers through the end of its last month; contacts are absent, accounts required."""
    held = readiness.tables(
        bundles.portfolio(
            account=[{"account_id": "A-1", "name": "A"}, {"account_id": "A-2", "name": "B"}],
            revenue=bundles.months("2026-09", [1.0, 2.0], account_id="A-1", product_group="P"),
        )
    ).set_index("table")
    assert held.loc["revenue", ["rows", "accounts_share", "state"]].tolist() == [2, 0.5, "held"]
    assert held.loc["revenue", "last_on"] == pd.Timestamp("2026-09-30")
    assert held.loc["contact", "state"] == "absent"
    assert readiness.tables(bundles.portfolio()).set_index("table").loc["account", "state"] == "required"


def test_a_key_account_without_a_plan_is_listed_with_nothing() -> None:
    """No row is a count of nothing, but no owner is no owner: missing, not empty text."""
    rows = readiness.plans(
        bundles.portfolio(
            account=[{"account_id": "A-1", "name": "A"}],
            selection=[{"account_id": "A-1", "outcome": "grow", "is_key": True, "decided_on": "2026-01-01"}],
            goal=[{"account_id": "A-1", "title": "x", "goal_class": "strategic", "side": "ours"}],
        )
    )
    assert rows["goal"].tolist() == [1]
    assert rows["stakeholder"].tolist() == [0]
    assert rows["owner_id"].isna().all()
