"""Every number can be explained on the page: the KPI library, the board's exposure, health's parts and trend."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from bundles import account, months, portfolio

from kamlib import text
from kamlib.method import measures
from kamlib.schema import Portfolio, load_settings

KPIS = load_settings()["kpis"]


@pytest.mark.parametrize("lang", text.LANGUAGES)
@pytest.mark.parametrize("bundle", [account(), portfolio()], ids=["account", "portfolio"])
def test_the_library_is_whole_without_any_data(bundle: Any, lang: str) -> None:
    """Nothing known: every measure still stands there with formula, source and status, and shows a dash."""
    text.use(lang)
    rows = measures.library(bundle)
    assert len({each.measure for each in rows}) == len(rows)
    assert {str(each.shown) for each in rows} == {text.MISSING}
    assert {each.status for each in rows} <= {"field_standard", "vendor_practice", "our_default"}
    assert all(str(each.formula).endswith((".", "%")) and str(each.source) for each in rows)


def test_every_declared_measure_is_counted() -> None:
    """The measures of the settings are those of the two tables together, no more and no less."""
    counted = {each.measure for bundle in (account(), portfolio()) for each in measures.library(bundle)}
    assert counted == KPIS.keys()


def test_a_measure_tells_its_ground() -> None:
    """Growth of 20 % from twelve months; one of two answers is said so, never 50 %."""
    told = [
        {
            "feedback_id": str(n),
            "contact_id": f"C{n}",
            "answered_on": "2026-06-01",
            "kind": "csat",
            "score": score,
        }
        for n, score in enumerate((2, 5))
    ]
    view = account(revenue=months("2026-09", [10.0] * 12 + [12.0] * 12), feedback=told)
    rows = {each.measure: each for each in measures.library(view)}
    growth, csat = rows["growth"], rows["csat"]
    assert (str(growth.shown), growth.n, growth.known_share, growth.is_small) == (
        "+20,0\xa0%",
        12,
        1.0,
        False,
    )
    assert (str(csat.shown), csat.n, csat.is_small) == ("1 av 2", 2, True)
    assert growth.data_on == rows["margin"].data_on


def three(**rows: Any) -> Portfolio:
    """Three key accounts of one industry with a contribution of 120 a year each."""
    names = ["A-1", "A-2", "A-3"]
    return portfolio(
        account=[{"account_id": name, "name": name, "industry": "stål"} for name in names],
        revenue=[
            {**row, "account_id": name}
            for name in names
            for row in months("2026-09", [20.0] * 12, contribution_margin=10.0)
        ],
        selection=[
            {"account_id": name, "outcome": "grow", "is_key": True, "decided_on": "2025-10-01"}
            for name in names
        ],
        **rows,
    )


def test_expected_loss_is_chance_times_loss() -> None:
    """120 a year, twelve months to replace (our default), a risk of high impact at step 4: 25 % x 120 = 30."""
    risk = [{"account_id": "A-1", "title": "r", "probability": 5, "residual_probability": 4, "impact": 4}]
    rows = measures.exposures(three(risk=risk)).set_index("account_id")
    assert rows.loc["A-1", ["at_risk", "chance", "expected_loss", "chance_basis"]].tolist() == [
        120,
        0.25,
        30,
        "risk",
    ]
    assert rows.loc["A-2", ["chance", "chance_basis", "months_basis"]].tolist() == [
        0.05,
        "our_default",
        "our_default",
    ]


def test_one_event_takes_several_customers() -> None:
    """The same industry and the same KAM are told with what all of them together would cost."""
    plans = [{"account_id": name, "year": 2026, "owner_id": "P1"} for name in ("A-1", "A-2")]
    rows = {each.cause: each for each in measures.shared_causes(three(account_plan=plans))}
    assert (rows["industry"].told, rows["industry"].n, rows["industry"].at_risk) == ("stål", 3, 360)
    assert (rows["owner_id"].n, str(rows["owner_id"].names)) == (2, "A-1 och A-2")


def test_a_bad_year_is_between_the_expected_and_everything() -> None:
    """Seeded, so the same every time; a year of twenty is worse than the expected and no worse than all."""
    one, again = (measures.loss_range(three()) for _ in range(2))
    assert one == again
    assert one.expected_loss == pytest.approx(18)
    assert 18 < (one.one_in_twenty or 0) <= 360
    assert 0.05 < (one.any_chance or 0) < 0.15
    assert measures.loss_range(portfolio()).reading == {"key": "loss_range.unknown"}


def test_the_likely_case_is_the_vector_of_6_7() -> None:
    """[calc] m=100, r=.9, d=.1, five years from now on -> the sum of .8182^t, and low < likely < high."""
    view = account(revenue=months("2026-09", [50.0] * 12, contribution_margin=100 / 12))
    low, likely, high = measures.lifetime(view)
    assert likely.value == pytest.approx(100 * sum((0.9 / 1.1) ** year for year in range(5)))
    assert low.value < likely.value < high.value
    assert {each.basis for each in (low, likely, high)} == {"contribution"}
    assert not measures.lifetime(account())


def test_contributions_add_up_to_the_raw_score() -> None:
    """Unknown parts contribute nothing and do not count as zero."""
    view = account(
        revenue=months("2026-09", [10.0] * 24),
        delivery=[{"month": "2026-09-01", "lines_due": 100, "lines_on_time_in_full": 98}],
    )
    rows = {each.part: each for each in measures.health_parts(view)}
    assert sum(each.contribution or 0 for each in rows.values()) == pytest.approx((50 + 100) / 2)
    assert [rows[part].weight_share for part in ("commercial", "delivery")] == [0.5, 0.5]
    assert rows["value"].contribution is None


def test_the_lowest_cap_wins_and_is_said() -> None:
    """Our sponsor has left: never above 40, and the sentence says why."""
    gone = [{"contact_id": "P1", "side": "ours", "name": "N", "gone_on": "2026-08-31"}]
    tables: dict[str, Any] = {
        "revenue": months("2026-09", [10.0] * 12 + [12.0] * 12, contribution_margin=5.0),
        "delivery": [{"month": "2026-09-01", "lines_due": 100, "lines_on_time_in_full": 98}],
        "value": [{"title": "v", "stage": "confirmed", "amount": 5.0}],
        "account_plan": [{"year": 2026, "sponsor_id": "P1"}],
    }
    row = measures.health_total(account(**dict(tables), contact=gone))
    assert (row.score, row.capped_by) == (40, ("sponsor_gone", "economic_unmet"))
    assert text.t("health.exception.sponsor_gone") in str(row.reading["why"])
    held = measures.health_exceptions(account(**tables))
    assert [each.exception for each in held] == ["sponsor_gone", "severe_case", "economic_unmet"]
    assert [each.holds for each in held] == [False, False, True]


def test_a_trend_tells_what_was_known_at_each_day() -> None:
    """One row per view in the order given; what was never known is missing, and the total with it below 60 % known."""
    then, now = (
        account(
            as_of=date(2026, month, 30),
            revenue=months("2026-09", [10.0] * 24),
            delivery=[{"month": "2026-06-01", "lines_due": 100, "lines_on_time_in_full": kept}],
        )
        for month, kept in ((6, 98), (9, 85))
    )
    rows = measures.health_trend([then, now])
    assert [each.on.month for each in rows] == [6, 9]
    assert (rows[1].delivery or 0) < (rows[0].delivery or 0)
    assert {(each.total, each.value) for each in rows} == {(None, None)}
    assert measures.health_trend([]) == []
