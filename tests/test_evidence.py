"""The method against what happened: nothing known later leaks in, hand examples, refusals, and invented data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import bundles
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib import schema, text
from kamlib.data import sample, workspace
from kamlib.method import evidence, segmentation

KEYS = [f"A-{n:02}" for n in range(1, 31)]
ACCOUNTS = [{"account_id": key, "name": f"Kund {key}"} for key in KEYS]
THEN = pd.Timestamp("2025-09-30")
Row = dict[str, Any]


def sales(key: str, *years: float, last: str = "2026-09") -> list[Row]:
    """A customer's revenue, so much a month in each year, the oldest first; three tenths are contribution."""
    amounts = [amount for amount in years for _ in range(12)]
    rows = bundles.months(last, amounts, account_id=key)
    return [{**row, "contribution_margin": 0.3 * row["revenue"]} for row in rows if row["revenue"]]


def by_size(key: str) -> float:
    """A-01 is the largest, A-30 the smallest."""
    return 100.0 * (30 - KEYS.index(key))


def portfolio(
    *, growth: dict[str, float] | None = None, years: int = 3, **tables: list[Row]
) -> schema.Portfolio:
    """Thirty customers that buy the same each year, but for the last year of those named in `growth`."""
    factors = growth or {}
    revenue = [
        row
        for key in KEYS
        for row in sales(key, *[by_size(key)] * (years - 1), by_size(key) * factors.get(key, 1.0))
    ]
    return bundles.portfolio(account=tables.pop("account", ACCOUNTS), revenue=revenue, **tables)


def choose(*keys: str) -> Any:
    """A way of selecting that always takes these, in this order."""

    def select(known: schema.Portfolio) -> pd.DataFrame:
        ids = known.account["account_id"]
        places = pd.array([keys.index(key) + 1 if key in keys else pd.NA for key in ids], dtype="Int64")
        return pd.DataFrame({"account_id": ids, "place": places, "has_place": ids.isin(list(keys))})

    return select


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> schema.Portfolio:
    """The sample company."""
    path = tmp_path_factory.mktemp("evidence") / "sample.sqlite"
    sample.build(path)
    return workspace.open(path).portfolio()


# What was known then -----------------------------------------------------------------------------------------


def test_the_past_ends_on_its_day(company: schema.Portfolio) -> None:
    """No row of the past is dated later than the day, and no table without trustworthy dates is in it."""
    known = evidence.past(company)
    assert (known.as_of, known.facts_through) == (THEN.date(), pd.Timestamp("2025-09-01"))
    for name, rows in known.tables.items():
        if len(rows) and name != "account":
            assert rows[schema.TABLES[name].when].max() <= THEN, name
    assert known.account.drop(columns=["account_id", "name"]).isna().all(axis=None)
    assert set(known.account["account_id"]) == set(company.account["account_id"])


def test_refused_tables_are_named(company: schema.Portfolio) -> None:
    """Every table with rows is told as used or refused: master data, undated plans, rows rewritten later."""
    told = evidence.sources(company).frame().set_index("table")
    assert told.loc["account", "state"] == "who"
    assert set(told.index[told["state"] == "undated"]) >= {"agreement", "wallet", "contact", "goal"}
    assert set(told.index[told["state"] == "rewritten"]) >= {"opportunity", "commitment"}
    assert (told.loc[told["state"].isin(["undated", "rewritten"]), "used"] == 0).all()
    assert told.loc["revenue", "used"] < told.loc["revenue", "rows"]


def other_future(company: schema.Portfolio) -> schema.Portfolio:
    """The same past, another future: later facts are turned round, and what has no date is overwritten."""
    rng, tables = np.random.default_rng(5), dict(company.tables)
    revenue = company.revenue.copy()
    later = revenue["month"] > THEN
    revenue.loc[later, "revenue"] = rng.permutation(revenue.loc[later, "revenue"].to_numpy()) * 7.0
    revenue.loc[later, "contribution_margin"] = -1.0
    tables["revenue"] = revenue
    for name in (
        "agreement",
        "wallet",
        "whitespace",
        "goal",
        "opportunity",
        "commitment",
        "project",
        "weight",
    ):
        tables[name] = company.tables[name].iloc[:0]
    for name in ("touchpoint", "feedback", "delivery", "service_cost", "assessment", "selection"):
        when = schema.TABLES[name].when
        tables[name] = company.tables[name][company.tables[name][when] <= THEN]
    tables["account"] = company.account.assign(parent_id="A-001", owner="ny", country="SE", industry="ny")
    return replace(company, tables=tables)


def test_the_future_can_not_change_the_past(company: schema.Portfolio) -> None:
    """Change every fact after the day and all undated data: the lists chosen without hindsight stay the same."""
    lists = [evidence.lists(each, segmentation.assign) for each in (company, other_future(company))]
    blind = [rows[rows["list"].isin(["scores", "revenue", "recorded"])] for rows in lists]
    assert len(blind[0]) > 30
    pd.testing.assert_frame_equal(*blind)
    hindsight = [rows[rows["list"] == "best_growth"]["account_id"].tolist() for rows in lists]
    assert hindsight[0] != hindsight[1]


def test_the_past_can_change_the_past(company: schema.Portfolio) -> None:
    """The test above would notice: a change one month before the day moves the list."""
    revenue = company.revenue.copy()
    early = revenue["month"].between("2024-10-01", "2025-09-01") & (revenue["account_id"] == "A-003")
    revenue.loc[early, "revenue"] = 1.0
    changed = replace(company, tables={**company.tables, "revenue": revenue})
    rows = [evidence.lists(each, segmentation.assign) for each in (company, changed)]
    assert not rows[0][rows[0]["list"] == "revenue"].equals(rows[1][rows[1]["list"] == "revenue"])


def test_early_signs_and_estimates_see_no_future(company: schema.Portfolio) -> None:
    """Signs and expected revenue of the past are the same whatever came afterwards."""
    known, other = (evidence.past(each) for each in (company, other_future(company)))
    pd.testing.assert_frame_equal(evidence.early_signs(known), evidence.early_signs(other))
    pd.testing.assert_frame_equal(evidence.expected_revenue(known), evidence.expected_revenue(other))


# The back-test -----------------------------------------------------------------------------------------------


def test_a_hand_example() -> None:
    """Chosen: A-30, which doubles, and A-01, which halves; by revenue A-01 and A-02; best A-30 and A-29."""
    bundle = portfolio(growth={"A-01": 0.5, "A-30": 2.0, "A-29": 1.5})
    tested = evidence.back_test(bundle, choose("A-30", "A-01")).set_index("list")
    growth = {"scores": 1_200 - 18_000, "revenue": -18_000, "best_growth": 1_200 + 1_200}
    assert tested["growth"].reindex(list(growth)).to_dict() == pytest.approx(growth)
    assert tested.loc["scores", ["accounts", "of_accounts", "shared", "lost"]].tolist() == [2, 30, 1, 0]
    assert tested.loc["revenue", "captured_growth"] == pytest.approx(-18_000 / 2_400)
    # The two largest contributions afterwards are those of.
    assert tested.loc["best_margin", "margin"] == pytest.approx(0.3 * 12 * (2_900 + 2_800))
    assert tested.loc["revenue", "captured_margin"] == pytest.approx((1_500 + 2_900) / (2_900 + 2_800))
    assert tested.loc["all", "accounts"] == 30
    assert evidence.verdict(bundle, tested.reset_index())["key"] == "evidence.tested.ahead"


@pytest.mark.parametrize(("chosen", "place"), [("A-30", "ahead"), ("A-02", "behind"), ("A-01", "level")])
def test_the_verdict_names_the_winner(chosen: str, place: str) -> None:
    """More growth than the list by revenue is ahead, less is behind, the same list is level; in both languages."""
    bundle = portfolio(growth={"A-01": 1.1, "A-30": 9.0, "A-02": 0.9})
    tested = evidence.back_test(bundle, choose(chosen))
    said = evidence.verdict(bundle, tested)
    assert said["key"] == f"evidence.tested.{place}"
    for lang in text.LANGUAGES:
        text.use(lang)
        assert "1" in text.t(**said)


def test_no_list_beats_the_best_possible(company: schema.Portfolio) -> None:
    """Hindsight is the ceiling, of growth and of contribution, for every list no longer than it."""
    tested = evidence.back_test(company, segmentation.assign).set_index("list")
    rows = tested.drop(index="all")
    assert (rows[["captured_growth", "captured_margin"]] <= 1.0 + 1e-9).all(axis=None)
    assert rows["luck_share"].between(0.0, 1.0).all()
    assert rows.loc["scores", "accounts"] == rows.loc["revenue", "accounts"] == 12


def test_a_lost_customer_counts_as_lost() -> None:
    """Who buys nothing afterwards stays in the sums with nothing, and is counted."""
    tested = evidence.back_test(portfolio(growth={"A-02": 0.0}), choose("A-02", "A-03")).set_index("list")
    assert tested.loc["scores", ["lost", "after"]].tolist() == [1, pytest.approx(12 * 2_800)]


def test_who_had_not_bought_is_on_no_list() -> None:
    """A customer of the following year could not be chosen, not even with hindsight; nor can one without a place."""
    newcomer = {"account_id": "NY", "name": "Ny kund"}
    bundle = portfolio(account=[*ACCOUNTS, newcomer])
    late = pd.concat([bundle.revenue, schema.TABLES["revenue"].typed(pd.DataFrame(sales("NY", 9e9)))])
    bundle = replace(bundle, tables={**bundle.tables, "revenue": late})
    assert "NY" not in set(evidence.lists(bundle, choose("NY", "A-03"))["account_id"])


def test_unknown_contribution_is_not_zero() -> None:
    """Without margins the columns of contribution are missing and there is no best list of them."""
    bundle = portfolio()
    revenue = bundle.revenue.assign(contribution_margin=np.nan)
    tested = evidence.back_test(replace(bundle, tables={**bundle.tables, "revenue": revenue}), choose("A-01"))
    assert "best_margin" not in set(tested["list"])
    assert tested[["margin", "captured_margin"]].isna().all(axis=None)


def test_nobody_chosen_is_said() -> None:
    """A way of selecting that places nobody gives no table, and a sentence."""
    bundle = portfolio()
    tested = evidence.back_test(bundle, choose())
    assert tested.empty
    assert evidence.verdict(bundle, tested)["key"] == "evidence.refused.nobody"


# Refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("years", "refused"), [(1, True), (2, False), (3, False)])
def test_history_too_short_is_refused(years: int, refused: bool) -> None:
    """Twelve months before the day and twelve after, else a sentence that says how many there are."""
    told = evidence.refusal(portfolio(years=years))
    assert (told is not None) == refused
    assert told is None or (told["held"], told["needed"]) == (12, 24)


def test_a_month_short_is_refused() -> None:
    """Twenty-three months are not two years."""
    bundle = portfolio(years=2)
    revenue = bundle.revenue[bundle.revenue["month"] > bundle.revenue["month"].min()]
    told = evidence.refusal(replace(bundle, tables={**bundle.tables, "revenue": revenue}))
    assert told is not None
    assert told["held"] == 23


def test_a_year_that_is_not_over_is_refused() -> None:
    """The day must lie twelve complete months back, and further back needs a longer history."""
    assert evidence.refusal(portfolio(), back=11) is not None
    assert evidence.refusal(portfolio(), back=24) is None
    assert evidence.refusal(portfolio(), back=25) is not None


def test_few_customers_are_refused() -> None:
    """Nineteen customers that bought are too few, twenty are not; the sentence says both numbers."""
    bundle = portfolio()
    few = replace(
        bundle, tables={**bundle.tables, "revenue": bundle.revenue[bundle.revenue["account_id"] <= "A-19"]}
    )
    enough = replace(
        bundle, tables={**bundle.tables, "revenue": bundle.revenue[bundle.revenue["account_id"] <= "A-20"]}
    )
    told = evidence.refusal(few)
    assert told == {"key": "evidence.refused.accounts", "least": 20, "n": 19}
    assert evidence.refusal(enough) is None


@pytest.mark.parametrize(
    "bundle", [bundles.portfolio(), bundles.portfolio(account=ACCOUNTS), portfolio(years=1)]
)
def test_a_refused_test_gives_empty_tables_and_a_reason(bundle: schema.Portfolio) -> None:
    """Nothing loaded, no revenue, or one year: every table is empty, every sentence is there, nothing raises."""
    signs = evidence.early_signs(evidence.past(bundle))
    tested, bands = evidence.back_test(bundle, segmentation.assign), evidence.rank_bands(bundle)
    rest = (
        evidence.separation(bundle, signs),
        evidence.calibration(bundle, signs),
        evidence.forecast_test(bundle),
    )
    assert not any(len(rows) for rows in (tested, bands, *rest))
    for said in (
        evidence.verdict(bundle, tested),
        evidence.regression(bundle, bands),
        evidence.caution(bundle),
    ):
        assert text.t(**said)


def test_two_years_alone_are_enough() -> None:
    """With 24 months nobody's growth is known then: the selection still answers, from what there is."""
    tested = evidence.back_test(portfolio(years=2), segmentation.assign)
    assert {"scores", "revenue", "best_growth", "all"} <= set(tested["list"])


def test_invented_data_proves_nothing(company: schema.Portfolio) -> None:
    """On the sample the section says so; elsewhere it says that one year is an indication (P20)."""
    assert evidence.caution(company)["key"] == "evidence.caution.invented"
    assert "bevisar ingenting" in text.t(**evidence.caution(company))
    assert evidence.caution(portfolio())["key"] == "evidence.caution.one_year"


# Regression to the mean --------------------------------------------------------------------------------------


def years_of_luck(seed: int, n: int = 200) -> schema.Portfolio:
    """Customers with a true size that never changes and a luck of their own each year."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0.0, 0.5, n) * 1e4
    keys = [f"L-{n:03}" for n in range(n)]
    luck = rng.lognormal(0.0, 0.4, (n, 3))
    revenue = [
        row for key, own, each in zip(keys, size, luck, strict=True) for row in sales(key, *(own * each))
    ]
    return bundles.portfolio(account=[{"account_id": key, "name": key} for key in keys], revenue=revenue)


@pytest.mark.parametrize("seed", range(3))
def test_luck_alone_makes_the_largest_shrink(seed: int) -> None:
    """Nothing but luck differs between the years, yet the top lags both ways, and the sentence names it."""
    bundle = years_of_luck(seed)
    bands = evidence.rank_bands(bundle)
    first, whole = bands[0], bands[-1]
    assert first.growth_share < whole.growth_share - 0.05
    assert (first.backwards_growth_share or 0) < (whole.backwards_growth_share or 0) - 0.05
    assert bands[-2].growth_share > whole.growth_share
    said = evidence.regression(bundle, bands)
    assert said["key"] == "evidence.regression.shown"
    assert said["slope"].value < 0.9


def test_large_customers_that_truly_grow_slower_are_not_called_luck() -> None:
    """Without luck the largest lag forwards only: read backwards they are the ones that fell least."""
    bundle = portfolio(growth={key: 1.0 if key <= "A-02" else 1.02 for key in KEYS})
    said = evidence.regression(bundle, evidence.rank_bands(bundle))
    assert said["key"] == "evidence.regression.slower"
    still = portfolio()
    assert evidence.regression(still, evidence.rank_bands(still))["key"] == "evidence.regression.absent"


def test_every_customer_stands_in_one_band() -> None:
    """The bands' customers and money add up to those of all."""
    bands = evidence.rank_bands(portfolio(growth={"A-05": 0.0})).frame()
    assert bands["band"].map(str).tolist() == ["1–2", "3–6", "7–15", "16–30", "Alla"]
    for column in ("accounts", "before", "after"):
        assert bands[column].iloc[:-1].sum() == pytest.approx(bands[column].iloc[-1])


# AUC, Brier, calibration -------------------------------------------------------------------------------------


def test_auc_of_a_hand_example() -> None:
    """Scores 1 2 3 4, events at 2 and 4: of four pairs three are in order."""
    assert evidence.auc([1, 2, 3, 4], [False, True, False, True]) == pytest.approx(0.75)


def test_a_tie_counts_half() -> None:
    """Event and no event at the same score is half a pair; all alike is chance."""
    assert evidence.auc([1, 2, 2], [False, True, False]) == pytest.approx(0.75)
    assert evidence.auc([5, 5, 5, 5], [True, False, True, False]) == 0.5


def test_auc_needs_both_kinds() -> None:
    """Nobody or everybody with the event: there is no figure."""
    assert np.isnan(evidence.auc([1, 2], [True, True]))
    assert np.isnan(evidence.auc_interval([1, 2], [False, False])).all()


Pairs = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40)


@given(Pairs.filter(lambda rows: len({event for _, event in rows}) == 2))
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    """The rank sum equals the count of pairs; turned round it is the rest; no scale moves it."""
    scores, events = np.array([score for score, _ in rows]), np.array([event for _, event in rows])
    gaps = scores[events][:, None] - scores[~events][None]
    counted = evidence.auc(scores, events)
    assert counted == pytest.approx(((gaps > 0) + 0.5 * (gaps == 0)).mean())
    assert evidence.auc(-scores, events) == pytest.approx(1.0 - counted)
    assert evidence.auc(np.exp(scores), events) == pytest.approx(counted)


def test_the_interval_is_seeded_and_holds_the_figure() -> None:
    """The same seed gives the same interval; it lies round the AUC, in 0..1, and narrows with more customers."""
    rng = np.random.default_rng(3)
    scores, events = rng.normal(size=60), np.arange(60) % 3 == 0
    scores = scores + events
    low, high = evidence.auc_interval(scores, events, seed=1)
    assert (
        (low, high)
        == evidence.auc_interval(scores, events, seed=1)
        != evidence.auc_interval(scores, events, seed=2)
    )
    assert 0.0 <= low < evidence.auc(scores, events) < high <= 1.0
    wide = evidence.auc_interval(np.tile(scores, 9), np.tile(events, 9), seed=1)
    assert wide[1] - wide[0] < 0.5 * (high - low)


def test_brier_of_a_hand_example() -> None:
    """Stated 0.8, 0.3, 0.1; the first happened: (0.04 + 0.09 + 0.01) / 3."""
    assert evidence.brier([0.8, 0.3, 0.1], [True, False, False]) == pytest.approx(0.14 / 3)
    assert np.isnan(evidence.brier([], []))


def falling(events: int, warned: int) -> schema.Portfolio:
    """Thirty customers; the last `events` halve after the day, `warned` of them had fallen in the months before it."""
    fallen = set(KEYS[30 - events :])
    rows = [
        row
        for key in KEYS
        for row in sales(key, by_size(key), by_size(key), by_size(key) * (0.5 if key in fallen else 1.0))
    ]
    early = {key for n, key in enumerate(sorted(fallen)) if n < warned}
    for row in rows:
        if row["account_id"] in early and pd.Timestamp("2025-07-01") <= row["month"] <= THEN:
            row["revenue"] *= 0.7
    return bundles.portfolio(account=ACCOUNTS, revenue=rows)


def separated(bundle: schema.Portfolio) -> pd.DataFrame:
    return evidence.separation(bundle, evidence.early_signs(evidence.past(bundle))).set_index("sign")


def test_a_sign_that_always_came_first_separates() -> None:
    """Twelve of thirty fell and all had been warned of: AUC 1; but 20 % stated was too little, and the Brier says so."""
    told = separated(falling(12, 12))
    assert told.loc["volume", ["events", "auc", "state"]].tolist() == [12, 1.0, "separates"]
    assert told.loc["chance", ["brier", "brier_base"]].tolist() == pytest.approx(
        [(12 * 0.8**2 + 18 * 0.05**2) / 30, 0.4 * 0.6]
    )
    assert told.loc["contact", ["accounts", "state"]].tolist() == [0, "too_few"]


def test_a_sign_that_never_came_is_chance() -> None:
    """Twelve fell without warning: every score the same, AUC one half, state unclear."""
    told = separated(falling(12, 0))
    assert told.loc["volume", ["auc", "state"]].tolist() == [0.5, "unclear"]


@pytest.mark.parametrize(("events", "refused"), [(9, True), (10, False), (20, False), (21, True)])
def test_under_ten_events_or_ten_without_there_is_no_figure(events: int, refused: bool) -> None:
    """Nine events are too few, and so are nine without one; the counts are shown all the same."""
    bundle = falling(events, events)
    told = separated(bundle).loc["volume"]
    assert (told["state"] == "too_few") == refused == np.isnan(told["auc"])
    assert told["events"] == events
    assert (not evidence.calibration(bundle, evidence.early_signs(evidence.past(bundle)))) == refused


def test_calibration_of_a_hand_example() -> None:
    """Fifteen fell, ten of them warned: of 20 without a sign 5 fell (stated 5 %), of 10 with one all did (20 %)."""
    bundle = falling(15, 10)
    bins = evidence.calibration(bundle, evidence.early_signs(evidence.past(bundle))).frame()
    assert bins[["accounts", "events", "stated_share", "observed_share"]].to_numpy() == pytest.approx(
        np.array([[20, 5, 0.05, 0.25], [10, 10, 0.2, 1.0]])
    )
    assert (bins["low"] <= bins["observed_share"]).all()
    assert (bins["high"] >= bins["observed_share"] - 1e-12).all()


def test_a_fall_at_the_limit_is_an_event() -> None:
    """Minus twenty per cent is an event, minus nineteen is not."""
    found = evidence.outcomes(portfolio(growth={"A-01": 0.8, "A-02": 0.81})).set_index("account_id")
    assert found.loc[["A-01", "A-02"], "is_event"].tolist() == [True, False]


def held(key: str, *days: str) -> list[Row]:
    return [
        {"touchpoint_id": f"{key}-{day}", "account_id": key, "held_on": day, "kind": "meeting"}
        for day in days
    ]


def test_the_signs_of_one_customer() -> None:
    """Volume halved, contact from four to one, one line of five late, an answer of 4: all four are lit."""
    bundle = bundles.portfolio(
        as_of=date(2026, 9, 30),
        account=ACCOUNTS[:2],
        revenue=[*bundles.months("2026-09", [100.0] * 21 + [50.0] * 3, account_id="A-01")],
        touchpoint=[
            *held("A-01", "2025-10-10", "2025-11-10", "2025-12-10", "2026-01-10", "2026-05-10"),
            *held("A-02", "2025-10-05", "2026-06-01"),
        ],
        delivery=[{"account_id": "A-01", "month": "2026-08-01", "lines_due": 5, "lines_on_time_in_full": 4}],
        feedback=[
            {
                "feedback_id": "F1",
                "account_id": "A-01",
                "answered_on": "2026-02-01",
                "kind": "nps",
                "score": 9,
            },
            {
                "feedback_id": "F2",
                "account_id": "A-01",
                "answered_on": "2026-06-01",
                "kind": "nps",
                "score": 4,
            },
        ],
    )
    first, second = (row for _, row in evidence.early_signs(bundle).iterrows())
    assert first[["volume", "contact", "delivery", "voice"]].tolist() == pytest.approx([0.5, 0.75, 0.2, 0.6])
    assert first[["lit", "known", "chance"]].tolist() == [4, 4, 0.8]
    assert second[["lit", "known"]].tolist() == [0, 0]
    assert np.isnan(second["chance"])


def test_contact_that_nobody_wrote_down_is_not_a_fall() -> None:
    """Where the first touchpoint is younger than a year, fewer before means nothing."""
    late = portfolio(
        touchpoint=held("A-01", "2025-12-10", "2026-01-10", "2026-02-10", "2026-03-10", "2026-05-10")
    )
    assert evidence.early_signs(late)["contact"].isna().all()


def test_the_sample_has_too_few_events(company: schema.Portfolio) -> None:
    """Two of the sample's customers fell: the signs are counted and refused."""
    told = evidence.separation(company, evidence.early_signs(evidence.past(company))).set_index("sign")
    assert told.loc["volume", ["events", "state"]].tolist() == [2, "too_few"]
    assert told["auc"].isna().all()


# Expected revenue --------------------------------------------------------------------------------------------


def lumpy(seed: int, n: int = 120) -> schema.Portfolio:
    """Customers with a true growth of their own that lasts, and months that jump."""
    rng = np.random.default_rng(seed)
    growth, size = rng.normal(0.03, 0.1, n), rng.lognormal(10.0, 1.0, n)
    keys = [f"L-{n:03}" for n in range(n)]
    jumps = rng.uniform(0.1, 0.9, n)[:, None]
    trend = np.exp(growth[:, None] * np.repeat(np.arange(4), 12))
    amounts = size[:, None] * trend * rng.lognormal(-(jumps**2) / 2.0, np.repeat(jumps, 48, axis=1))
    months = pd.date_range(end="2026-09-01", periods=48, freq="MS")
    rows = [
        {"account_id": key, "month": month, "revenue": amount}
        for key, own in zip(keys, amounts, strict=True)
        for month, amount in zip(months, own, strict=True)
    ]
    return bundles.portfolio(account=[{"account_id": key, "name": key} for key in keys], revenue=rows)


def test_the_estimate_would_have_been_nearer() -> None:
    """Over four invented portfolios the shrunk estimate came nearest a year later, and its range kept its promise."""
    told = pd.concat([evidence.forecast_test(lumpy(seed)) for seed in range(4)])
    errors = told.groupby("way")["mean_square"].mean()
    assert errors.idxmin() == "shrunk"
    assert errors["shrunk"] < 0.5 * errors["as_seen"]
    assert told.loc[told["way"] == "shrunk", "held_share"].mean() == pytest.approx(0.8, abs=0.05)
    assert told.loc[told["way"] != "shrunk", "held_share"].isna().all()


def test_luck_is_measured_where_the_history_is_long_enough() -> None:
    """With three years the noise left in a year is measured and said; with two it is assumed, and that is said."""
    long, short = (evidence.expected_revenue(each) for each in (lumpy(1), portfolio(years=2)))
    assert long.attrs["noise_left"] == pytest.approx(1.0, abs=0.5)
    assert evidence.noise(long)["key"] == "evidence.noise.measured"
    assert evidence.noise(short)["key"] == "evidence.noise.assumed"
    assert evidence.noise(evidence.expected_revenue(bundles.portfolio()))["key"] == "evidence.noise.assumed"


def test_growth_that_repeats_itself_is_believed(company: schema.Portfolio) -> None:
    """The sample's customers grow by the same share every year however their months jump: the model sees it."""
    told = evidence.expected_revenue(company)
    assert told.attrs["noise_left"] < 0.01
    assert told["expected_growth_share"].to_numpy() == pytest.approx(
        told["growth_share"].to_numpy(), abs=0.001
    )


def test_expected_revenue_of_one_that_grows_steadily() -> None:
    """Ten per cent two years in a row goes on: 1,000 a month, then 1,100, 1,210, and 1,331 to come."""
    factors = {key: 1.0 + 0.01 * n for n, key in enumerate(KEYS)}
    rows = [row for key, f in factors.items() for row in sales(key, 1_000.0, 1_000.0 * f, 1_000.0 * f**2)]
    told = evidence.expected_revenue(bundles.portfolio(account=ACCOUNTS, revenue=rows)).set_index(
        "account_id"
    )
    row = told.loc["A-11"]
    assert row[["revenue_12m", "likely"]].tolist() == pytest.approx([12 * 1_210.0, 12 * 1_331.0])
    assert row["low"] < row["likely"] < row["high"]
    assert told["weight"].to_numpy() == pytest.approx(np.ones(30))


def test_a_new_customer_has_no_estimate() -> None:
    """Without a year before there is nothing to estimate from: missing, not zero; who has stopped is not listed."""
    bundle = portfolio(growth={"A-02": 0.0})
    revenue = bundle.revenue[(bundle.revenue["account_id"] != "A-01") | (bundle.revenue["month"] > THEN)]
    told = evidence.expected_revenue(replace(bundle, tables={**bundle.tables, "revenue": revenue}))
    told = told.set_index("account_id")
    assert told.loc["A-01", ["weight", "low", "likely", "high"]].isna().all()
    assert "A-02" not in told.index


def test_estimates_keep_within_their_ranges(company: schema.Portfolio) -> None:
    """On the sample: low, likely and high in order, weights in 0..1, one row per group that buys."""
    told = evidence.expected_revenue(company)
    assert ((told["low"] < told["likely"]) & (told["likely"] < told["high"])).all()
    assert told["weight"].between(0.0, 1.0).all()
    assert told["account_id"].is_unique
