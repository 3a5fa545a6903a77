"""KPI formulas against the vectors of the method and on thin data."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from bundles import account, months, portfolio
from hypothesis import given
from hypothesis import strategies as st

from kamlib import text
from kamlib.method import measures, planning


def two_years(first: float, second: float, **fields: Any) -> list[dict[str, Any]]:
    """Revenue of two years, the same every month."""
    return months("2026-09", [first / 12] * 12 + [second / 12] * 12, **fields)


# --- money ---


def test_growth_compares_the_same_twelve_months() -> None:
    """R12 against the R12 before, with the margin ratio of the rows that have a margin."""
    rows = two_years(100.0, 119.0)
    rows[-1]["contribution_margin"] = 3.0
    row = measures.sales(account(revenue=rows))
    assert row.growth_share == pytest.approx(0.19)
    assert row.margin_share == pytest.approx(3.0 / (119 / 12))


def test_a_new_customer_has_no_growth() -> None:
    """Eight months of history against nothing is not a growth figure."""
    row = measures.sales(account(revenue=months("2026-09", [1.0] * 18)))
    assert row.revenue_12m == 12
    assert row.growth_share is None


def test_groups_add_up_to_the_whole() -> None:
    """Shares of sales over the product groups are one; a flat group shows zero growth."""
    rows = two_years(10, 10, product_group="P4") + two_years(20, 30, product_group="P6")
    groups = measures.sales_by_group(account(revenue=rows))
    assert [each.product_group for each in groups] == ["P6", "P4"]
    assert sum(each.of_sales_share or 0 for each in groups) == pytest.approx(1)
    assert groups[1].growth_share == pytest.approx(0)


def test_trend_has_every_month_and_a_rolling_year() -> None:
    """A month without an invoice is a month of zero, and the first eleven sums are missing."""
    rows = months("2026-09", [1.0] * 14)
    del rows[5]
    trend = measures.trend(account(revenue=rows))
    assert len(trend) == 14
    assert trend[5].revenue == 0
    assert [each.rolling_12m for each in trend].count(None) == 11


def test_customer_profit_after_service() -> None:
    """A margin of 24 less 27 for service leaves minus three, as in the story of the mine."""
    view = account(
        revenue=months("2026-09", [100 / 12] * 12, contribution_margin=2.0),
        service_cost=[
            {"month": "2026-09-01", "activity": "call_outs", "cost": 20.0},
            {"month": "2026-08-01", "activity": "express_freight", "cost": 7.0},
            {"month": "2024-08-01", "activity": "express_freight", "cost": 99.0},
        ],
    )
    assert measures.customer_profit(view).profit == pytest.approx(-3.0)
    assert [each.activity for each in measures.service_costs(view)] == ["call_outs", "express_freight"]


def test_profit_is_unknown_without_cost() -> None:
    """No service cost on file is not a service that is free."""
    view = account(revenue=months("2026-09", [10.0] * 12, contribution_margin=2.0))
    assert measures.customer_profit(view).profit is None


def test_wallet_share_is_lowest_where_purchases_are_highest() -> None:
    """Our 12 of 100 to 150 bought is 8 to 12 %; the newest valuation counts."""
    wallet = [
        {"product_group": "", "low": 100.0, "likely": 120.0, "high": 150.0, "valued_on": "2026-03-01"},
        {"product_group": "", "low": 1.0, "likely": 1.0, "high": 1.0, "valued_on": "2025-03-01"},
    ]
    (row,) = measures.wallet_share(account(revenue=months("2026-09", [1.0] * 12), wallet=wallet))
    assert (row.low_share, row.likely_share, row.high_share) == pytest.approx((0.08, 0.1, 0.12))


@pytest.mark.parametrize(("score", "months_to_replace"), [(1, 3), (2, 6), (3, 12), (4, 18), (5, 24)])
def test_exposure_follows_the_judged_risk(score: int, months_to_replace: int) -> None:
    """Every step of the scale has its months; what is at risk is contribution / 12 x months."""
    view = account(
        revenue=months("2026-09", [10.0] * 12, contribution_margin=1.0),
        assessment=[{"criterion": "business_risk", "score": score}],
    )
    row = measures.exposure(view)
    assert row.at_risk == pytest.approx(months_to_replace)
    assert row.basis == "judged"


def test_exposure_without_a_judgement_says_that_it_is_ours() -> None:
    """The months of our default are marked."""
    assert measures.exposure(account()).basis == "our_default"


@pytest.mark.parametrize(("options", "value"), [({}, 550), ({"starts": 1}, 450), ({"years": 5}, 348.34)])
def test_lifetime_value_of_method_6_7(options: dict[str, int], value: float) -> None:
    """[calc] m = 100, r = .9, d = .1: 550 from now, 450 from next year, five payments 348.34."""
    assert measures.lifetime_value(100, 0.9, 0.1, **options) == pytest.approx(value, abs=0.005)


# --- loyalty ---


def test_retention_of_method_6_7() -> None:
    """[calc] 10.0, +1.8, -.6, -.9: GRR 85 %, NRR 103 %."""
    assert measures.retention_shares(10.0, 1.8, 0.6, 0.9) == pytest.approx((0.85, 1.03))


def test_retention_by_cohort() -> None:
    """The same vector from invoices; gross only where an agreement binds, and a new customer never counts."""
    flows = {"A": (8.0, 9.8), "B": (1.1, 0.5), "C": (0.9, 0.0), "new": (0.0, 5.0)}
    revenue = [row for name, pair in flows.items() for row in two_years(*pair, account_id=name)]
    agreement = [{"agreement_id": name, "account_id": name, "starts_on": "2025-01-01"} for name in "ABC"]
    accounts = [{"account_id": name, "name": name} for name in flows]
    all_of_them, bound = measures.retention(portfolio(revenue=revenue, account=accounts, agreement=agreement))
    assert (bound.gross_share, bound.net_share) == pytest.approx((0.85, 1.03))
    assert all_of_them.gross_share is None
    assert all_of_them.logo_share == pytest.approx(2 / 3)


def test_key_accounts_grow_against_the_others() -> None:
    """The list of a year ago counts, not the one of today, and a parent counts once."""
    revenue = (
        two_years(10, 12, account_id="K")
        + two_years(10, 8, account_id="child")
        + two_years(5, 5, account_id="S")
    )
    accounts = [
        {"account_id": "K", "name": "K"},
        {"account_id": "child", "name": "c", "parent_id": "S"},
        {"account_id": "S", "name": "S"},
    ]
    selection = [
        {"account_id": "K", "outcome": "grow", "is_key": True, "decided_on": "2025-09-01"},
        {"account_id": "S", "outcome": "grow", "is_key": True, "decided_on": "2026-09-01"},
    ]
    growth = measures.key_account_growth(portfolio(revenue=revenue, account=accounts, selection=selection))
    assert [(each.basis, each.customers) for each in growth] == [("frozen", "key"), ("frozen", "others")]
    assert [each.growth_share for each in growth] == pytest.approx([0.2, -2 / 15])
    later = measures.key_account_growth(portfolio(revenue=revenue, account=accounts, selection=selection[1:]))
    assert {each.basis for each in later} == {"today"}


def test_repurchase_by_customer_and_by_product_group() -> None:
    """P14: of those that bought in the year before, the share that bought again (a credit note is no purchase)."""
    rows = two_years(1, 1, account_id="A", product_group="P1") + two_years(
        1, -1, account_id="B", product_group="P2"
    )
    accounts = [{"account_id": name, "name": name} for name in "AB"]
    whole = measures.repurchase(portfolio(revenue=rows, account=accounts))
    one = measures.repurchase(account("A", revenue=rows))
    assert (whole.share, whole.lost) == (0.5, ("B",))
    assert (one.share, one.lost) == (0.5, ("P2",))


# --- voices ---


def answered(account_id: str, *scores: float, kind: str = "nps") -> list[dict[str, Any]]:
    """One answer per person."""
    return [
        {
            "feedback_id": f"{account_id}{kind}{n}",
            "account_id": account_id,
            "contact_id": f"{account_id}-{n}",
            "answered_on": "2026-05-01",
            "kind": kind,
            "score": score,
        }
        for n, score in enumerate(scores)
    ]


def test_nps_in_three_forms_of_method_6_7() -> None:
    """[calc] A: 9,9,9,10,9; B: 7; C: 4,10: all 62.5, per-account mean 33.3; D is silent."""
    feedback = answered("A", 9, 9, 9, 10, 9) + answered("B", 7) + answered("C", 4, 10)
    stakeholder = [
        {"account_id": "C", "contact_id": "C-0", "role": "economic", "influence": 5},
        {"account_id": "C", "contact_id": "C-1", "role": "user", "influence": 1},
    ]
    accounts = [{"account_id": name, "name": name} for name in "ABCD"]
    rows = measures.nps(portfolio(feedback=feedback, account=accounts, stakeholder=stakeholder))
    assert [(each.form, each.n, each.silent) for each in rows] == [
        ("all", 8, 1),
        ("per_account", 8, 1),
        ("decision", 2, 1),
    ]
    assert [each.score for each in rows] == pytest.approx([62.5, 33.3, (-500 + 100) / 6], abs=0.05)


def test_a_mean_does_not_hide_a_detractor() -> None:
    """The fish farm: mean above eight, one four. Below ten answers the answers are shown, no share."""
    (row,) = measures.satisfaction(account(feedback=answered("A-1", 4, 9, 9, 10, 10, 9, 8)))
    assert row.mean > 8
    assert row.hides_low
    assert row.answers == "4 · 8 · 9 · 9 · 9 · 10 · 10"
    assert row.top_share is None


def test_shares_are_given_from_ten_answers() -> None:
    """CSAT = share of 4 and 5 among at least ten answers of the last year, the newest per person."""
    feedback = answered("A-1", *[5] * 8, 3, 2, kind="csat")
    feedback.append({**feedback[0], "feedback_id": "old", "answered_on": "2026-01-01", "score": 1})
    (row,) = measures.satisfaction(account(feedback=feedback))
    assert (row.n, row.top_share) == (10, pytest.approx(0.8))


def test_no_answers_no_score() -> None:
    """Silence is not neutral."""
    assert not measures.satisfaction(account())
    assert measures.promoter_score([]) is None


# --- promises ---


def test_promises_per_side() -> None:
    """Steel mill: 12 due of which 7 late or overdue = 5 on time; the customer's own side stands beside it."""
    kept = [
        {"title": f"k{n}", "direction": "ours", "due_on": "2026-05-01", "done_on": "2026-05-01"}
        for n in range(5)
    ]
    late = [
        {"title": f"l{n}", "direction": "ours", "due_on": "2026-05-01", "done_on": "2026-05-12"}
        for n in range(6)
    ]
    rest = [
        {"title": "store", "direction": "ours", "due_on": "2026-08-31"},
        {"title": "ahead", "direction": "ours", "due_on": "2026-10-09"},
        {"title": "undated", "direction": "ours"},
        {"title": "forecast", "direction": "customer", "due_on": "2026-06-05"},
    ]
    view = account(commitment=kept + late + rest)
    ours, theirs = measures.commitments(view)
    counts = (ours.due, ours.on_time, ours.late, ours.overdue, ours.not_due, ours.oldest_days)
    assert counts == (12, 5, 6, 1, 1, 30)
    assert ours.on_time_share == pytest.approx(5 / 12)
    assert theirs.on_time_share == 0
    states = {each.title: each.state for each in measures.promises(view)}
    assert [states[title] for title in ("k0", "l0", "store", "ahead", "undated")] == [
        "kept",
        "late",
        "overdue",
        "open",
        "open",
    ]


def test_slip_in_days() -> None:
    """Nine weeks late is 63 days; a project past its plan with no new date slips until today."""
    view = account(
        project=[
            {
                "project_id": "1",
                "name": "Docka 3",
                "status": "ongoing",
                "planned_end_on": "2026-09-01",
                "expected_end_on": "2026-11-03",
                "milestones_due": 4,
                "milestones_met": 3,
            },
            {"project_id": "2", "name": "Utan ny dag", "status": "ongoing", "planned_end_on": "2026-09-20"},
            {
                "project_id": "3",
                "name": "Klar",
                "status": "done",
                "planned_end_on": "2026-05-02",
                "actual_end_on": "2026-05-01",
            },
        ]
    )
    assert [each.slip_days for each in measures.projects(view)] == [63, 10, -1]
    row = measures.project_completion(view)
    assert (row.in_time_share, row.milestone_share) == (1.0, 0.75)


def test_delivery_precision() -> None:
    """OTIF = lines on time in full / lines due, per period; no lines is no precision."""
    view = account(
        revenue=months("2026-09", [1.0] * 24),
        delivery=[{"month": "2026-09-01", "lines_due": 100, "lines_on_time_in_full": 81, "claims": 2}],
    )
    assert measures.precision(view, "12m") == pytest.approx(0.81)
    assert measures.precision(view, "previous_12m") is None


def test_a_plan_moves_when_somebody_judges() -> None:
    """A new owner and a future date are no update; a dated judgement is."""
    view = account(
        account_plan=[{"year": 2026, "owner_id": "P", "approved_on": "2025-10-20"}],
        risk=[{"title": "r", "noted_on": "2025-10-24"}],
        review=[{"kind": "internal", "held_on": "2026-11-11"}],
    )
    assert measures.plan_updated_on(view) == date(2025, 10, 24)
    assert measures.plan_updated_on(account()) is None


# --- health ---


def test_weighted_health_of_method_6_8() -> None:
    """[calc] weights 40/30/30, scores 80/60/50: 65.0; the third missing: 71.43 with 70 % known."""
    assert measures.weighted([80, 60, 50], [40, 30, 30]) == pytest.approx((65.0, 1.0))
    score, known = measures.weighted([80, 60, None], [40, 30, 30])
    assert (score, known) == (pytest.approx(71.43, abs=0.005), pytest.approx(0.7))


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0, "weak"),
        (49.9, "weak"),
        (50, "watch"),
        (74.9, "watch"),
        (75, "strong"),
        (100, "strong"),
        (None, "unknown"),
    ],
)
def test_bands_of_p13(score: float | None, band: str) -> None:
    """[0,50) [50,75) [75,100], each edge on its side."""
    assert measures.band(score, [50, 75]) == band


@given(st.floats(0, 100))
def test_every_score_has_one_band(score: float) -> None:
    """No score between 0 and 100 falls outside the three bands."""
    assert measures.band(score, [50, 75]) in {"weak", "watch", "strong"}


def healthy(*, met: str) -> Any:
    """A customer that is well in every part; the economic decision maker was met on `met`."""
    return account(
        revenue=months("2026-09", [10.0] * 12 + [12.0] * 12, contribution_margin=5.0),
        service_cost=[{"month": "2026-09-01", "activity": "visits", "cost": 1.0}],
        delivery=[{"month": "2026-09-01", "lines_due": 100, "lines_on_time_in_full": 98}],
        commitment=[{"title": "a", "direction": "ours", "due_on": "2026-05-01", "done_on": "2026-05-01"}],
        value=[{"title": "v", "stage": "confirmed", "amount": 5.0}],
        contact=[{"contact_id": "C1", "side": "customer", "name": "N", "title": "vd"}],
        stakeholder=[{"contact_id": "C1", "role": "economic", "influence": 5, "noted_on": "2026-01-01"}],
        touchpoint=[{"touchpoint_id": "T1", "contact_id": "C1", "held_on": met, "is_two_way": True}],
    )


def test_health_is_capped_while_the_decision_maker_is_unmet() -> None:
    """P13: never above 74 without two-way contact within the interval (90 days), whatever the rest says."""
    well, unmet = (measures.health_total(healthy(met=day)) for day in ("2026-09-15", "2025-09-15"))
    assert (well.score, well.band, well.capped_by) == (100, "strong", ())
    assert (unmet.score, unmet.band, unmet.worst) == (74, "watch", "relationship")
    assert unmet.capped_by == ("economic_unmet",)


def test_health_needs_sixty_per_cent_known() -> None:
    """Revenue alone is one part of four: no composite, but the known part is shown."""
    view = account(revenue=two_years(12, 12))
    row = measures.health_total(view)
    assert row.score is None
    assert (row.band, row.known_share, row.worst) == ("unknown", 0.25, "commercial")
    assert measures.health(view).where(measure="growth_share")[0].score == pytest.approx(50)


def test_nothing_known_is_told_not_thrown() -> None:
    """An account with no data at all goes through every measure without an error."""
    view = account(as_of=date(2026, 9, 30))
    assert measures.health_total(view).worst is None
    keys = [each.reading["key"] for each in measures.success(view)]
    assert all(key.endswith(".unknown") for key in keys)
    for rows in (measures.wallet_share, measures.projects, measures.service_costs, measures.agreements):
        assert not rows(view)
    assert measures.trend(view) == []
    assert measures.year_outlook(view) is None
    assert not measures.retention(portfolio())
    assert measures.key_account_growth(portfolio()) == []


# --- one home, one word ---


@pytest.mark.parametrize(
    ("growth", "word"), [(0.012, "flat"), (-0.012, "flat"), (0.016, "growing"), (-0.016, "shrinking")]
)
def test_the_same_group_has_one_word_on_every_page(growth: float, word: str) -> None:
    """A customer and the plan's table of its product groups say the same word of the same growth."""
    view = account(revenue=two_years(100.0, 100.0 * (1 + growth), product_group="Slang"))
    (row,) = planning.volume(view)
    assert {row.trend, measures.growth(view).word} == {word}


def test_every_growth_has_the_same_digits() -> None:
    """A column of growth in any table is signed and has one decimal, as `growth_words` writes it."""
    columns = {
        name: sheet["columns"]["growth_share"]
        for name, sheet in text.entries("sheet").items()
        if "growth_share" in sheet["columns"]
    }
    assert len(columns) > 3
    assert {(str(each["digits"]), each["signed"] in ("yes", True)) for each in columns.values()} == {
        ("1", True)
    }


def test_an_estimate_of_another_year_gives_no_share() -> None:
    """An estimate for 2028 is shown with its year and without a share; one that names no year stands for any."""
    bought = months("2026-09", [1.0] * 12)
    later: dict[str, Any] = {"likely": 100.0, "year": 2028, "valued_on": "2026-09-01"}
    (row,) = measures.wallet_share(account(revenue=bought, wallet=[later]))
    assert (row.year, row.likely_share) == (2028, None)
    undated = {"likely": 24.0, "valued_on": "2026-01-01"}
    (row,) = measures.wallet_share(account(revenue=bought, wallet=[later, undated]))
    assert (row.year, row.likely_share) == (None, 0.5)


def test_hours_of_an_initiative_without_names_are_its_owners() -> None:
    """Forty hours of A and R are twenty each; where nobody is named the owner has them all; who helps has none."""
    view = account(
        initiative=[
            {"row_id": "i1", "title": "a", "hours": 40, "owner_id": "P3"},
            {"row_id": "i2", "title": "b", "hours": 10, "owner_id": "P3"},
            {"row_id": "i3", "title": "c", "hours": 99, "owner_id": "P3", "status": "done"},
        ],
        responsibility=[
            {"initiative_id": "i1", "person_id": person, "letter": letter}
            for person, letter in (("P1", "A"), ("P2", "R"), ("P4", "C"))
        ],
    )
    assert dict(measures.initiative_hours(view)) == {"P1": 20, "P2": 20, "P3": 10}
