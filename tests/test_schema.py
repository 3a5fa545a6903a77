"""The contract: every table and column says what it is, in both languages, and frames keep their types."""

from __future__ import annotations

import dataclasses
from typing import get_args, get_type_hints

import bundles
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import schema, text
from kamlib.schema import declare

TABLES = list(schema.TABLES.values())
COLUMNS = [column for table in TABLES for column in table.columns]
by_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def test_the_tables_are_those_of_the_plan() -> None:
    """Twelve fact tables and twenty-eight plan tables."""
    assert [sum(table.role == role for table in TABLES) for role in ("fact", "plan")] == [12, 28]


@by_table
def test_every_word_stands_in_both_languages(table: schema.Table) -> None:
    """A table and each of its columns has a heading and one sentence, in Swedish and in English."""
    for each in (table, *table.columns):
        assert set(each.title) == set(each.meaning) == set(text.LANGUAGES)
        for lang in text.LANGUAGES:
            assert 0 < len(each.title[lang]) <= 32
            assert each.meaning[lang].endswith(".")


def test_no_word_is_left_over() -> None:
    """Every entry of the page of words belongs to a table, a column or a declared set of choices."""
    columns = {f"{owner}.{column.name}" for column in COLUMNS for owner in (column.table, "any")}
    assert text.entries("table").keys() == schema.TABLES.keys()
    assert text.entries("column").keys() - columns == set()
    for shared in (key for key in text.entries("column") if key.startswith("any.")):
        names = [c for c in COLUMNS if c.name == shared.removeprefix("any.")]
        assert any(f"{c.table}.{c.name}" not in text.entries("column") for c in names), f"{shared} is unused"


@by_table
def test_headings_within_a_table_differ(table: schema.Table) -> None:
    """No two columns of a table have the same heading: a form and a mapping must tell them apart."""
    for lang in text.LANGUAGES:
        headings = [column.title[lang] for column in table.columns]
        assert len(headings) == len(set(headings)), sorted(h for h in headings if headings.count(h) > 1)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: f"{c.table}.{c.name}")
def test_a_column_is_declared_soundly(column: schema.Column) -> None:
    """A choice has a set, a reference points at a table, a name says its kind, limits are in order."""
    assert (column.kind == "choice") == bool(column.choice_set) == bool(column.choices)
    assert not column.refers_to or (column.refers_to in schema.TABLES and column.kind == "id")
    assert column.name.endswith("_on") <= (column.kind == "date")
    assert column.name.startswith(("is_", "has_")) == (column.kind == "flag")
    assert column.kind != "scale" or (column.low, column.high) in {(1, 4), (1, 5)}
    assert column.low is None or column.high is None or column.low < column.high
    assert all(set(labels) == set(text.LANGUAGES) for labels in column.choices.values())


@by_table
def test_keys_and_dates_are_columns(table: schema.Table) -> None:
    """The key is made of the table's columns, required where the system gives it; `when` is a date."""
    assert set(table.key) <= table.by_name.keys()
    assert not table.when or table.by_name[table.when].kind in ("date", "month")
    assert len(table.by_name) == len(table.columns)
    assert all(column.table == table.name for column in table.columns)


def test_every_plan_row_has_the_three_columns() -> None:
    """row_id is the key; account_id may be empty (the whole company); is_shared is shut unless opened."""
    for table in (table for table in TABLES if table.role == "plan"):
        assert [column.name for column in table.columns[:3]] == ["row_id", "account_id", "is_shared"]
        assert table.key == ("row_id",)


def test_facts_have_a_file_each() -> None:
    """Each fact table is read from a file of its own; a plan table from none."""
    files = [table.file for table in TABLES if table.role == "fact"]
    assert len(set(files)) == len(files)
    assert {"accounts.csv", "revenue.csv"} <= set(files)
    assert {table.file for table in TABLES if table.role == "plan"} == {""}


def test_a_column_is_internal_unless_it_says_otherwise() -> None:
    """The default of a declared column is internal."""

    @declare.plan("trial")
    class Trial(schema.PlanRow):
        """One row is a trial."""

        note: declare.Text | None
        told: declare.Text | None = declare.column("customer")

    assert [column.audience for column in Trial.table.columns[3:]] == ["internal", "customer"]
    assert Trial(row_id="T-1", account_id="A-1", is_shared=False).note is None
    with pytest.raises(ValueError, match="unknown mark"):
        declare.column("public")


def test_what_is_never_unknown_is_required_and_known_in_every_edition() -> None:
    """A column that cannot be None is required, and open wherever a customer's edition holds its table's rows."""
    for table in schema.TABLES.values():
        hints = get_type_hints(table.row)
        for column in table.columns:
            if type(None) in get_args(hints[column.name]) or column.name in ("row_id", "is_shared"):
                continue
            is_of_plan_row = table.role == "plan" and column.name == "account_id"
            assert column.required or is_of_plan_row, (table.name, column.name)
            assert column.audience == "customer" or table.is_closed, (table.name, column.name)


CLOSED = {
    "account": {"owner", "competes_with", "procurement_regime", "payment_days"},
    "revenue": {"contribution_margin", "orders"},
    "feedback": {"contact_id", "score", "comment"},
    "stakeholder": {"influence", "support", "matter", "evidence", "role", "level_now"},
    "account_plan": {"reason", "strategy_line", "stage_now", "stage_wanted", "hours_year"},
    "goal": {"judgement", "reason", "ask_again_on"},
    "value": {"low", "high", "may_be_used"},
}
WHOLLY_CLOSED = (
    "opportunity touchpoint service_cost budget assessment weight selection wallet whitespace stakeholder risk "
    "responsibility shared_kpi review decision event forecast communication waiver"
)


def test_what_a_customer_must_never_see_is_shut() -> None:
    """Stance, influence, ranking, share of purchases, potential, margins and risks are internal (S5.5)."""
    for name, closed in CLOSED.items():
        assert closed & set(schema.TABLES[name].open_columns()) == set(), name
    for name in WHOLLY_CLOSED.split():
        assert set(schema.TABLES[name].open_columns()) <= {"row_id", "account_id", "is_shared"}, name


def test_names_of_people_live_only_in_contact() -> None:
    """Every other table holds a person's id, so that erasure empties one row."""
    assert {c.table for c in COLUMNS if c.personal and c.name in ("name", "title")} == {"contact"}


@by_table
def test_an_empty_table_keeps_its_types(table: schema.Table) -> None:
    """No rows: still every column, each with the dtype of its kind."""
    empty = table.empty()
    assert list(empty.columns) == [column.name for column in table.columns]
    assert {c.name: str(empty[c.name].dtype) for c in table.columns} == {
        c.name: c.dtype for c in table.columns
    }
    pd.testing.assert_frame_equal(table.typed(pd.DataFrame()), empty, check_index_type=False)


@by_table
def test_a_typed_table_keeps_its_types(table: schema.Table) -> None:
    """A row in which all is missing has the same dtypes as a full one, and stays missing: never zero."""
    typed = table.typed(pd.DataFrame({table.columns[0].name: ["1"]}))
    assert {c.name: str(typed[c.name].dtype) for c in table.columns} == {
        c.name: c.dtype for c in table.columns
    }
    assert typed.drop(columns=table.columns[0].name).isna().all(axis=None)


def test_typing_never_changes_the_table_given() -> None:
    """Tables in, tables out: the caller's frame is as it was."""
    rows = pd.DataFrame({"account_id": ["1"], "surplus": [1]})
    schema.TABLES["account"].typed(rows)
    assert list(rows.columns) == ["account_id", "surplus"]


@given(st.integers(-(10**13), 10**13))
def test_money_stays_money(cents: int) -> None:
    """An amount in hundredths survives the frame to the last of them, up to a hundred billion."""
    amounts = schema.TABLES["revenue"].typed(pd.DataFrame({"revenue": [cents / 100]}))["revenue"]
    assert round(amounts.iloc[0] * 100) == cents


def test_ids_stay_text() -> None:
    """`007`, `1E5` and `NO` are ids, not numbers and not a flag."""
    typed = schema.TABLES["account"].typed(pd.DataFrame({"account_id": ["007", "1E5", "NO"]}))
    assert list(typed["account_id"]) == ["007", "1E5", "NO"]


def test_choices_keep_the_order_in_which_they_are_shown() -> None:
    """The order of the page is the order a person sees: assumed, told, confirmed."""
    assert list(schema.TABLES["insight"].by_name["grade"].choices) == ["assumed", "told", "confirmed"]


def test_a_bundle_is_frozen_and_every_table_an_attribute() -> None:
    """`bundle.revenue` is a table; an unknown name says that there is none; nothing can be assigned."""
    portfolio = bundles.portfolio(account=[{"account_id": "A-1", "name": "Testkund AB"}])
    assert list(portfolio.account["name"]) == ["Testkund AB"]
    with pytest.raises(AttributeError, match="no table 'customers'"):
        _ = portfolio.customers
    with pytest.raises(dataclasses.FrozenInstanceError):
        portfolio.currency = "EUR"  # type: ignore[misc]


def test_a_window_ends_with_the_last_complete_month() -> None:
    """Twelve months to September 2026 begin in October 2025; without revenue there is no window."""
    portfolio = bundles.portfolio(revenue=bundles.months("2026-09", [1.0] * 24, account_id="A-1"))
    assert portfolio.window() == (pd.Timestamp("2025-10-01"), pd.Timestamp("2026-09-01"))
    assert portfolio.window(12, back=12) == (pd.Timestamp("2024-10-01"), pd.Timestamp("2025-09-01"))
    assert bundles.portfolio().window() is None


def test_a_companys_settings_are_laid_over_the_kits() -> None:
    """One value is changed, its neighbours stay, and the kit's own settings are untouched."""
    own = {"thresholds": {"key_accounts_high": {"value": 12}}}
    changed = schema.load_settings(own)["thresholds"]
    assert changed["key_accounts_high"]["value"] == 12
    assert changed["key_accounts_high"]["source"] == "S1.5"
    assert schema.load_settings()["thresholds"]["key_accounts_high"]["value"] == 20


def test_every_threshold_has_unit_source_and_status() -> None:
    """A number without its source would be taken for the field's truth."""
    for name, threshold in schema.load_settings()["thresholds"].items():
        assert threshold.keys() >= {"value", "unit", "source", "status"}, name
        assert threshold["status"] in {"field_standard", "vendor_practice", "our_default"}, name
