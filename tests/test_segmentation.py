"""The choice of key accounts: gate, lenses, places, robustness, words, from full data down to hardly any."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import bundles
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlib import schema, text
from kamlib.method import scoring, segmentation, units
from kamlib.method.segmentation import rules

WEIGHTED = ("strategic_importance", "willingness_to_partner", "internal_complexity")
Row = dict[str, Any]


def judged(account_id: str, scores: tuple[float, ...], **more: Any) -> list[Row]:
    """Assessments by two raters whose median is the score: importance, willingness, complexity."""
    rows = []
    for criterion, score in zip(WEIGHTED, scores, strict=True):
        for rater, each in (("r1", np.floor(score)), ("r2", np.ceil(score))):
            fields = {"rater_id": rater, "round": 1, "confidence": "high", "assessed_on": "2026-09-01"}
            rows.append(
                {"account_id": account_id, "criterion": criterion, "score": int(each), **fields, **more}
            )
    return rows


def portfolio(scores: dict[str, tuple[float, ...]], **tables: list[Row]) -> schema.Portfolio:
    """A portfolio of judged accounts without revenue."""
    accounts = tables.pop("account", [{"account_id": key, "name": f"Kund {key}"} for key in scores])
    rows = [row for key, each in scores.items() for row in judged(key, each)]
    return bundles.portfolio(account=accounts, assessment=rows + tables.pop("assessment", []), **tables)


#: A has all, B is willing, C is important; N5 is one step less important than C and 1.5 more willing.
FIVE = {"A": (5, 5, 4), "B": (4, 4, 4), "C": (4, 3, 3), "N5": (3, 4.5, 3), "Z": (2, 3, 1)}


def of(segments: pd.DataFrame, account_id: str) -> pd.Series:
    """The row of one account."""
    return segments.set_index("account_id").loc[account_id]


GRID = list(product(segmentation.GATES, segmentation.VERDICTS, [True, False], [True, False], [True, False]))


@pytest.mark.parametrize(("gate", "verdict", "has_place", "is_exposed", "is_promising"), GRID)
def test_every_cell_has_exactly_one_outcome(
    gate: str, verdict: str, has_place: bool, is_exposed: bool, is_promising: bool
) -> None:
    """Gate x verdict x place x exposure x promise: one known outcome with a sentence in both languages; P3, P4 hold."""
    outcome, rule = segmentation.outcome(
        gate, verdict, has_place=has_place, is_exposed=is_exposed, is_promising=is_promising
    )
    assert outcome in text.entries("choice.outcome")
    assert set(text.entry(f"segment.reason.{rule}")) == {"sv", "en"}
    assert (outcome == "defend") == is_exposed
    assert outcome != "grow" or (gate == "passed" and has_place)
    assert gate != "failed" or outcome in ("not_now", "defend")


@pytest.mark.parametrize(
    ("willingness", "gate"),
    [
        (1, "failed"),
        (1.5, "conditional"),
        (2, "conditional"),
        (2.5, "conditional"),
        (3, "passed"),
        (5, "passed"),
    ],
)
def test_gate_of_willingness_p4(willingness: float, gate: str) -> None:
    """method.md P4: median 1 is not now, 2 is conditional, 3 or more passes."""
    segments = segmentation.assign(portfolio({"A": (4, willingness, 3), "B": (3, 3, 3)}))
    assert of(segments, "A")["gate"] == gate


def test_a_written_no_closes_the_gate_whatever_we_think() -> None:
    """method.md P4: the customer's own no within a year wins over our high median."""
    no = {"account_id": "A", "criterion": "willingness_to_partner", "score": 1, "said_by": "customer"}
    rated = portfolio(FIVE, assessment=[no | {"rater_id": "r3", "round": 1, "assessed_on": "2026-08-01"}])
    assert of(segmentation.assign(rated), "A")["gate"] == "failed"


def test_a_failed_gate_takes_no_place() -> None:
    """The best on everything else competes for no place without willingness."""
    segments = segmentation.assign(portfolio(FIVE | {"Big": (5, 1, 5)}), places=2)
    assert segments.loc[segments["has_place"], "account_id"].tolist() == ["A", "B"]
    assert (of(segments, "Big")["outcome"], of(segments, "Big")["verdict"]) == ("not_now", "not_compared")


QUADRANTS = [
    (4, 4, "strategic"),
    (4, 2, "star"),
    (2, 4, "status"),
    (2, 2, "streamline"),
    (3.5, 3.5, "strategic"),
]


@pytest.mark.parametrize(
    ("attractive", "position", "expected"), [*QUADRANTS, (4, np.nan, ""), (np.nan, 4, "")]
)
def test_quadrant_p18(attractive: float, position: float, expected: str) -> None:
    """method.md P18: attractive and strong is strategic; an axis that nobody knows gives no quadrant."""
    assert segmentation.quadrant(attractive, position, 3.5) == expected


def test_only_chosen_accounts_have_a_quadrant() -> None:
    """The matrix spreads effort among the chosen; it chooses nobody (P18)."""
    position = {"criterion": "our_position", "score": 4, "rater_id": "r1"}
    rated = portfolio(FIVE, assessment=[position | {"account_id": key} for key in FIVE])
    segments = segmentation.assign(rated, places=2)
    assert of(segments, "A")["quadrant"] == "strategic"
    assert (segments.loc[~segments["is_key"], "quadrant"] == "").all()


def test_in_only_if_willingness_weighs_at_least_31_percent() -> None:
    """The sentence of method.md D1, word for word, from a tipping weight of 30.8 %."""
    text.use("en")
    row = of(segmentation.assign(portfolio(FIVE), places=3), "N5")
    assert (row["place"], row["has_place"], row["verdict"]) == (4, False, "contested")
    assert (row["tipping_criterion"], round(row["tipping_weight"], 3)) == ("willingness_to_partner", 0.308)
    told = text.t(
        row["holds"]["key"], **{name: value for name, value in row["holds"].items() if name != "key"}
    )
    assert told == "Contested: in only if willingness to partner weighs at least 31%."


@pytest.mark.parametrize(("points", "has_place"), [(30, False), (31, True)])
def test_the_tipping_weight_is_where_the_place_changes(points: int, has_place: bool) -> None:
    """At 30 % of the weight N5 has no place, at 31 % it has."""
    others = 100 - points
    weights = {
        "strategic_importance": others * 2 / 3,
        "willingness_to_partner": points,
        "internal_complexity": others / 3,
    }
    segments = segmentation.assign(portfolio(FIVE), weights, places=3)
    assert of(segments, "N5")["has_place"] == has_place


def test_near_the_cut_one_weight_at_a_time() -> None:
    """Two on each side of the last place and the contested; N5 has a place from 30.8 % of willingness on (D1)."""
    rows = segmentation.sensitivity(segmentation.choose(portfolio(FIVE), places=3), portfolio(FIVE))
    assert rows["place"].is_monotonic_increasing
    assert set(rows["place"]) >= {2, 3, 4, 5}
    willing = rows[(rows["account_id"] == "N5") & (rows["criterion"] == "willingness_to_partner")].iloc[0]
    ((low, high),) = willing["spans"]
    assert (round(low, 3), high) == (0.308, 1.0)
    assert willing["least"] <= willing["weight"] <= willing["most"]


@pytest.mark.parametrize("n", [0, 1])
def test_without_rivals_no_weight_decides(n: int) -> None:
    """Nobody near the cut gives no rows; a single account has its place under every weight."""
    few = portfolio(dict(list(FIVE.items())[:n]))
    rows = segmentation.sensitivity(segmentation.choose(few), few)
    assert len(rows) == 3 * n
    assert all(spans == [(0.0, 1.0)] for spans in rows["spans"])


def test_whatever_the_weights_is_proved() -> None:
    """Best or equal on all: in whatever the weights, and the worst is in at none (P9)."""
    segments = segmentation.assign(portfolio(FIVE), places=2)
    assert (of(segments, "A")["is_proved"], of(segments, "A")["acceptability"]) == (True, 1.0)
    assert of(segments, "A")["holds"]["key"] == "segment.holds.whatever"
    assert (of(segments, "Z")["verdict"], of(segments, "Z")["acceptability"]) == ("robust_out", 0.0)


def test_uncertain_scores_make_a_place_contested() -> None:
    """The same scores given with low confidence are one step wide, and a clear place becomes contested (P5)."""
    scores = dict.fromkeys("BCD", (3, 3, 3)) | {"A": (3.5, 3.5, 3.5)}
    sure = portfolio(scores)
    rows = sure.assessment.assign(confidence="low")
    unsure = replace(sure, tables={**sure.tables, "assessment": rows})
    assert of(segmentation.assign(sure, places=1), "A")["verdict"] == "robust_in"
    assert of(segmentation.assign(unsure, places=1), "A")["verdict"] == "contested"


def test_the_same_answer_twice() -> None:
    """Seeded: two runs give the same acceptability to the last bit."""
    first, second = (segmentation.assign(portfolio(FIVE), places=3)["acceptability"] for _ in range(2))
    assert first.equals(second)


score = st.sampled_from([1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0])
cases = st.dictionaries(st.sampled_from("ABCDEFGH"), st.tuples(score, score, score), min_size=3, max_size=8)


@settings(max_examples=8, deadline=None)
@given(cases)
def test_scaling_and_order_change_nothing(scores: dict[str, tuple[float, ...]]) -> None:
    """Weights x 7 and rows in another order give the same table."""
    rated = portfolio(scores)
    turned = replace(
        rated, tables={name: rows.iloc[::-1].reset_index(drop=True) for name, rows in rated.tables.items()}
    )
    plain = segmentation.assign(rated, dict(zip(WEIGHTED, (5, 3, 2), strict=True)), places=2)
    scaled = segmentation.assign(turned, dict(zip(WEIGHTED, (35, 21, 14), strict=True)), places=2)
    columns = ["account_id", "score", "rank", "place", "gate", "verdict", "acceptability", "outcome"]
    pd.testing.assert_frame_equal(plain[columns], scaled[columns])


@settings(max_examples=8, deadline=None)
@given(cases)
def test_an_added_account_never_reorders_the_others(scores: dict[str, tuple[float, ...]]) -> None:
    """The others keep their scores and their order when one more is judged."""
    before = segmentation.assign(portfolio(scores), places=2)
    after = segmentation.assign(portfolio(scores | {"NEW": (3.5, 4, 2)}), places=2)
    after = after[after["account_id"] != "NEW"].reset_index(drop=True)
    pd.testing.assert_series_equal(before["account_id"], after["account_id"])
    pd.testing.assert_series_equal(before["score"], after["score"])


@settings(max_examples=8, deadline=None)
@given(cases, st.integers(0, 2))
def test_a_better_account_never_ranks_lower(scores: dict[str, tuple[float, ...]], better: int) -> None:
    """One score raised to 5 never costs a rank."""
    first = min(scores)
    raised = scores | {
        first: tuple(5.0 if place == better else each for place, each in enumerate(scores[first]))
    }
    ranks = [of(segmentation.assign(portfolio(each), places=2), first)["rank"] for each in (scores, raised)]
    assert ranks[1] <= ranks[0]


def test_naive_smaa_equals_the_skyband() -> None:
    """Over 300 accounts with mixed confidence, counting all gives what counting the k-skyband gives."""
    rng = np.random.default_rng(8)
    centre = rng.integers(2, 9, (300, 3)) / 8
    width = rng.choice([0.0, 0.125, 0.25], (300, 1))
    span = scoring.Span(np.clip(centre - width, 0, 1), np.clip(centre + width, 0, 1))
    drawn = scoring.draw_weights(scoring.Box(np.full(3, 0.1), np.full(3, 0.5)), 500, rng)
    pruned, naive = (scoring.acceptability(span, drawn, 12, seed=9, prune=prune) for prune in (True, False))
    assert scoring.skyband(span, 12).sum() < 250
    assert (pruned.share == naive.share).all()


def with_revenue(shares: dict[str, float], **tables: list[Row]) -> schema.Portfolio:
    """Accounts that each sold its amount in the last month, half of it margin, and as much a year earlier."""
    rows = [
        {"account_id": key, "month": month, "revenue": amount, "contribution_margin": amount / 2}
        for key, amount in shares.items()
        for month in pd.date_range("2024-10-01", "2026-09-01", freq="MS")
    ]
    accounts = [{"account_id": key, "name": key} for key in shares]
    return bundles.portfolio(account=accounts, revenue=rows, **tables)


def derived(bundle: schema.Portfolio, criterion: str) -> pd.DataFrame:
    """The scores of one criterion by account."""
    rows = segmentation.scores(bundle)
    return rows[rows["criterion"] == criterion].set_index("account_id")


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.4, 1), (0.5, 2), (1.9, 2), (2, 3), (4.9, 3), (5, 4), (9.9, 4), (10, 5), (40, 5)],
)
def test_business_risk_by_share_of_contribution_p5(share: float, expected: int) -> None:
    """method.md P5: below .5 % 1, below 2 % 2, below 5 % 3, below 10 % 4, else 5; the limit itself is above."""
    risk = derived(with_revenue({"A": share, "rest": 100 - share}), "business_risk").loc["A"]
    assert (risk["score"], risk["source"]) == (expected, "contribution_share")


def test_revenue_stands_in_for_contribution_and_says_so() -> None:
    """Without margins the share is taken of revenue, with low confidence and its source told."""
    bundle = with_revenue({"A": 20, "B": 80})
    rows = bundle.revenue.assign(contribution_margin=np.nan)
    bare = replace(bundle, tables={**bundle.tables, "revenue": rows})
    risk = derived(bare, "business_risk").loc["A"]
    assert (risk["score"], risk["source"], risk["confidence"]) == (5, "revenue_share", "low")


@pytest.mark.parametrize(("growth", "expected"), [(-0.05, 1), (-0.01, 2), (0.01, 2), (0.10, 3)])
def test_strategic_importance_by_growth_p5(growth: float, expected: int) -> None:
    """method.md P5: shrinking 1, flat 2, growing 3; figures alone never say more, and are unsure."""
    bundle = with_revenue({"A": 100.0})
    later = bundle.revenue["month"] >= pd.Timestamp("2025-10-01")
    rows = bundle.revenue.assign(revenue=np.where(later, 100 * (1 + growth), 100.0))
    grown = replace(bundle, tables={**bundle.tables, "revenue": rows})
    row = derived(grown, "strategic_importance").loc["A"]
    assert (row["score"], row["confidence"], row["low"]) == (expected, "low", max(1, expected - 1))


@pytest.mark.parametrize(("wallet", "expected"), [(1500, 2), (2200, 3), (3599, 3), (3600, 4)])
def test_strategic_importance_by_open_spend_p5(wallet: float, expected: int) -> None:
    """method.md P5: open spend about our sales of 1,200 is 3, at least twice is 4."""
    bundle = with_revenue({"A": 100.0}, wallet=[{"account_id": "A", "likely": wallet}])
    assert derived(bundle, "strategic_importance").loc["A", "score"] == expected


def test_willingness_is_never_read_out_of_sales() -> None:
    """Growth, size and orders say nothing of willingness (P3): unknown, not zero, and the gate says not asked."""
    bundle = with_revenue({"A": 100.0, "B": 1.0})
    assert derived(bundle, "willingness_to_partner")["source"].eq("unknown").all()
    assert segmentation.assign(bundle)["gate"].eq("not_asked").all()


def test_willingness_is_what_the_customer_did() -> None:
    """A joint goal that the customer confirmed is 4, a kept promise of theirs 3, both unsure."""
    goal = {
        "account_id": "A",
        "title": "m",
        "goal_class": "strategic",
        "side": "joint",
        "customer_status": "confirmed",
    }
    promise = {
        "account_id": "B",
        "title": "p",
        "direction": "customer",
        "due_on": "2026-06-15",
        "done_on": "2026-06-12",
    }
    bundle = with_revenue(
        {"A": 1.0, "B": 1.0}, goal=[goal | {"customer_status_on": "2026-05-20"}], commitment=[promise]
    )
    scores = derived(bundle, "willingness_to_partner")
    assert scores["score"].tolist() == [4, 3]
    assert scores["confidence"].eq("low").all()


def test_complexity_from_agreements_service_and_sites() -> None:
    """Standard terms 1, own price list 2, named stock 3, three special activities 4 (P5)."""
    cost = {"month": "2026-09-01", "cost": 1.0}
    special = ["call_outs", "express_freight", "on_site_stock"]
    costs = [{"account_id": "D", "activity": each, **cost} for each in special]
    bundle = with_revenue(
        dict.fromkeys("ABCD", 1.0),
        agreement=[{"agreement_id": "1", "account_id": "B", "kind": "price"}],
        service_cost=[*costs, {"account_id": "C", "activity": "on_site_stock", **cost}],
    )
    assert derived(bundle, "internal_complexity")["score"].tolist() == [1, 2, 3, 4]


def test_people_win_over_figures_and_the_last_round_counts() -> None:
    """The median of the last round of the last session; last year's scores are history."""
    rows = judged("A", (2, 2, 2), assessed_on="2025-09-01")
    rows += judged("A", (3, 3, 3)) + judged("A", (4.5, 5, 4), round=2)
    bundle = with_revenue({"A": 1.0}, assessment=rows)
    found = segmentation.scores(bundle).set_index("criterion")
    assert found.loc["strategic_importance", ["score", "source", "raters", "spread"]].tolist() == [
        4.5,
        "judged",
        2,
        1.0,
    ]


def test_the_customers_view_of_our_position_wins() -> None:
    """method.md P3: our position is the customer's rating; our own is marked as a guess."""
    own = {"criterion": "our_position", "account_id": "A", "score": 5, "rater_id": "r1", "said_by": "ours"}
    theirs = own | {"score": 2, "rater_id": "r2", "said_by": "customer"}
    both = derived(with_revenue({"A": 1.0}, assessment=[own, theirs]), "our_position").loc["A"]
    guess = derived(with_revenue({"A": 1.0}, assessment=[own]), "our_position").loc["A"]
    assert (both["score"], both["source"]) == (2, "judged_with_customer")
    assert (guess["score"], guess["source"]) == (5, "judged")


def test_six_small_customers_are_one_large() -> None:
    """Members roll up to the top of their group, two levels down too (N4 of the sample)."""
    bundle = with_revenue({"G": 1.0, "G1": 10.0, "G2": 10.0, "G21": 10.0, "X": 25.0})
    accounts = bundle.account.assign(parent_id=[None, "G", "G", "G2", None])
    grouped = replace(bundle, tables={**bundle.tables, "account": accounts})
    segments = segmentation.assign(grouped)
    assert (
        of(segments, "G")["members"],
        of(segments, "G")["revenue_12m"],
        of(segments, "G")["revenue_rank"],
    ) == (4, 372, 1)
    told = segmentation.standings(segments, grouped).set_index("account_id")
    assert told.loc["G21", "revenue_12m"] == 372
    assert set(schema.STANDING_COLUMNS) == set(told.columns)


def test_rings_and_lost_parents_are_told() -> None:
    """A ring is broken at its first id, a missing parent leaves the account alone; both are findings."""
    accounts = pd.DataFrame({"account_id": list("CABD"), "parent_id": ["A", "B", "C", "gone"]})
    assert units.roots(accounts).to_dict() == {"C": "A", "A": "A", "B": "A", "D": "D"}
    assert sorted(finding.rule for finding in units.findings(accounts)) == ["parent_ring", "parent_unknown"]


def test_accounts_and_revenue_alone_give_a_proposal() -> None:
    """Nobody asked, no plan: a marked proposal on what the figures show, never a stop (P4)."""
    bundle = with_revenue({f"A-{place:02}": float(place) for place in range(1, 31)})
    choice = segmentation.choose(bundle)
    keys = choice.key_accounts
    assert len(keys) == 12
    assert keys["basis"].eq("proposed").all()
    assert keys["outcome"].isin(["develop", "defend"]).all()
    assert "willingness_to_partner" not in choice.compared
    rules_hit = {finding.rule for finding in segmentation.findings(choice, bundle)}
    assert "criterion_not_compared.willingness_to_partner" in rules_hit


def test_accounts_without_anything_break_nothing() -> None:
    """No revenue, no plan, or no account at all: empty or unknown, never a traceback."""
    for accounts in ([{"account_id": "A-1", "name": "Ensam AB"}], []):
        bundle = bundles.portfolio(account=accounts)
        choice = segmentation.choose(bundle)
        assert len(choice.segments) == len(accounts)
        assert choice.key_accounts.empty
        for view in (segmentation.robustness, segmentation.side_by_side, segmentation.changes):
            assert view(choice).empty
        for view_of_both in (segmentation.moves, segmentation.points, segmentation.sensitivity):
            assert view_of_both(choice, bundle).empty
        assert segmentation.capacity(bundle, choice.segments).empty
        assert not segmentation.agreement(bundle)
        assert [str(each["value"]) for each in segmentation.figures(choice, bundle)] == ["0", "–", "0 av 0"]


def test_a_short_history_is_said() -> None:
    """Less than fifteen months: growth is unknown, and the finding says what to load."""
    bundle = with_revenue({"A": 1.0, "B": 2.0})
    rows = bundle.revenue[bundle.revenue["month"] >= pd.Timestamp("2026-01-01")]
    short = replace(bundle, tables={**bundle.tables, "revenue": rows})
    found = segmentation.findings(segmentation.choose(short), short)
    assert "history_too_short" in {finding.rule for finding in found}


def test_the_record_wins_over_the_proposal() -> None:
    """The newest recorded decision is what counts; where a list exists nobody joins it by proposal alone."""
    record = {"outcome": "grow", "is_key": True, "reason": "Vill ihop", "decided_by": "Ledningen"}
    rows = [record | {"account_id": "Z", "decided_on": "2025-11-12"}]
    rows += [{"account_id": "B", "outcome": "not_now", "is_key": False, "decided_on": "2025-11-12"}]
    choice = segmentation.choose(portfolio(FIVE, selection=rows), places=2)
    z, a = of(choice.segments, "Z"), of(choice.segments, "A")
    assert (z["is_key"], z["basis"], z["reason"], z["proposed_is_key"]) == (
        True,
        "recorded",
        "Vill ihop",
        False,
    )
    assert (a["is_key"], a["basis"], a["proposed_is_key"]) == (False, "proposed", True)
    moves = segmentation.changes(choice).set_index("account_id")["change"].to_dict()
    assert moves == {"A": "would_enter", "B": "would_enter", "Z": "would_leave"}


def test_as_many_places_as_recorded_else_the_settings() -> None:
    """S1.5: the record decides the number, else twelve, never more than the customers there are."""
    record = [{"account_id": key, "outcome": "grow", "is_key": True} for key in "AB"]
    assert segmentation.choose(portfolio(FIVE, selection=record)).places == 2
    assert segmentation.choose(portfolio(FIVE)).places == 5


def test_revenue_alone_stands_beside() -> None:
    """S1.2: a large customer that revenue alone would take, and a small one that only we take."""
    bundle = with_revenue(
        {"A": 1.0, "B": 50.0, "Big": 90.0}, assessment=judged("A", (5, 5, 4)) + judged("B", (4, 4, 4))
    )
    rows = bundle.assessment.to_dict("records") + judged("Big", (2, 1, 1))
    bundle = replace(
        bundle, tables={**bundle.tables, "assessment": bundles.frames({"assessment": rows})["assessment"]}
    )
    found = segmentation.side_by_side(segmentation.choose(bundle, places=2)).set_index("account_id")
    assert found["agreement"].to_dict() == {"Big": "revenue_only", "B": "both", "A": "ours_only"}


def test_revenue_is_no_axis_of_the_choice() -> None:
    """P18: ten times the revenue moves no score, place or acceptability of judged accounts."""
    assessed = [row for key, each in FIVE.items() for row in judged(key, each)]
    small, large = (
        segmentation.assign(
            with_revenue(dict(zip(FIVE, sizes, strict=True)), assessment=assessed),
            places=3,
        )
        for sizes in ((1, 2, 3, 4, 5), (50, 4, 3, 2, 1))
    )
    columns = ["account_id", "score", "place", "acceptability"]
    pd.testing.assert_frame_equal(small[columns], large[columns])


def test_weights_saved_last_win_over_the_settings() -> None:
    """The company's newest weight per criterion counts; business risk gets none whatever is said (P3)."""
    rows = [
        {"criterion": "strategic_importance", "weight": 10, "set_on": "2025-01-01"},
        {"criterion": "strategic_importance", "weight": 50, "set_on": "2026-01-01"},
        {"criterion": "business_risk", "weight": 90, "set_on": "2026-01-01"},
    ]
    weights = segmentation.weights_in_force(bundles.portfolio(weight=rows))
    assert weights == pytest.approx(dict(zip(WEIGHTED, (0.5, 0.25, 0.25), strict=True)))


def test_the_groups_own_limits_are_the_box() -> None:
    """P9: two people's weights give the lowest and highest of each criterion, around the weights in force."""
    said = {"r1": (60, 20, 20), "r2": (30, 40, 30)}
    rows = [
        {"criterion": name, "weight": points, "set_by": who, "set_on": "2026-01-01"}
        for who, each in said.items()
        for name, points in zip(WEIGHTED, each, strict=True)
    ]
    found = segmentation.group_weights(bundles.portfolio(weight=rows)).set_index("criterion")
    assert found.loc["strategic_importance", ["people", "low", "high"]].tolist() == [2, 0.3, 0.6]
    assert found["mean"].tolist() == pytest.approx([0.45, 0.3, 0.25])


def test_agreement_and_the_cells_to_talk_about() -> None:
    """Two raters who order three customers alike agree; the one cell two steps apart is listed with who said what."""
    text.use("en")
    ratings = {
        ("A", "sales"): 5,
        ("A", "service"): 3,
        ("B", "sales"): 3,
        ("B", "service"): 2,
        ("C", "sales"): 1,
        ("C", "service"): 1,
    }
    rows = [
        {
            "account_id": key,
            "criterion": "strategic_importance",
            "score": score,
            "function": function,
            "rater_id": function,
        }
        for (key, function), score in ratings.items()
    ]
    bundle = portfolio({"A": (1, 1, 1), "B": (1, 1, 1), "C": (1, 1, 1)})
    bundle = bundles.portfolio(account=bundle.account.to_dict("records"), assessment=rows)
    told = segmentation.agreement(bundle)[0]
    assert (told.raters, told.accounts, told.reading) == (2, 3, "high")
    (apart,) = segmentation.disagreements(bundle)
    assert (apart.account_id, apart.lowest, apart.highest) == ("A", 3.0, 5.0)
    assert (str(apart.low_by), str(apart.high_by)) == ("service and support", "sales")


@pytest.mark.parametrize(
    ("spearman", "reading"), [(0.19, "low"), (0.2, "some"), (0.6, "some"), (0.61, "high"), (np.nan, "")]
)
def test_words_for_agreement_p10(spearman: float, reading: str) -> None:
    """method.md P10: below .2 low, to .6 some, above high."""
    from kamlib.method.segmentation import raters

    assert raters._reading(spearman, bundles.portfolio()) == reading


def test_two_criteria_that_say_the_same_are_told() -> None:
    """method.md 6.1: a rank correlation above .7 between two weighted criteria is a finding."""
    scores = {f"A{place}": (place % 5 + 1, place % 5 + 1, 3) for place in range(10)}
    bundle = portfolio(scores)
    choice = segmentation.choose(bundle, places=3)
    pairs = segmentation.criteria_correlation(choice.segments, bundle)
    assert pairs.loc[pairs["is_high"], ["first", "second"]].to_numpy().tolist() == [list(WEIGHTED[:2])]
    assert "criteria_overlap" in {finding.rule for finding in segmentation.findings(choice, bundle)}


def test_capacity_counts_accounts_and_hours() -> None:
    """S1.5: the plans' hours against those that exist; a key account without a KAM is said."""
    record = [{"account_id": key, "outcome": "grow", "is_key": True} for key in "ABC"]
    plans = [{"account_id": key, "year": 2026, "owner_id": "S-1", "hours_year": 700} for key in "AB"]
    kam = [{"contact_id": "S-1", "side": "ours", "capacity_hours_year": 1150}]
    bundle = portfolio(FIVE, selection=record, account_plan=plans, contact=kam)
    found = segmentation.capacity(bundle, segmentation.assign(bundle))
    assert found[["owner_id", "key_accounts", "state"]].to_numpy().tolist() == [
        ["S-1", 2, "too_few_hours"],
        ["", 1, "no_owner"],
    ]
    assert found["hours_short"].iloc[0] == 250


def test_hours_that_nobody_has_stated_are_unknown() -> None:
    """Without a capacity of the KAM's own it is not said that the hours suffice; next year's draft changes no owner."""
    record = [{"account_id": key, "outcome": "grow", "is_key": True} for key in "AB"]
    plans = [
        {"account_id": key, "year": year, "owner_id": owner, "hours_year": 700}
        for key in "AB"
        for year, owner in ((2026, "S-1"), (2027, "S-2"))
    ]
    bundle = portfolio(FIVE, selection=record, account_plan=plans)
    found = segmentation.capacity(bundle, segmentation.assign(bundle))
    assert found[["owner_id", "state"]].to_numpy().tolist() == [["S-1", "hours_unknown"]]


def test_points_sum_to_the_score() -> None:
    """Every criterion's points of every account add up to its score."""
    bundle = portfolio(FIVE)
    choice = segmentation.choose(bundle)
    points = segmentation.points(choice, bundle).set_index("account_id")
    assert points[list(WEIGHTED)].sum(axis=1).to_dict() == pytest.approx(points["score"].to_dict())
    scores = choice.segments.set_index("account_id")["score"]
    assert points["score"].to_dict() == pytest.approx(scores.to_dict())


def test_the_ranking_follows_the_slider() -> None:
    """More weight on willingness moves N5 in and C out, and says so; nothing moved, nobody moves."""
    record = [{"account_id": key, "outcome": "grow", "is_key": True} for key in "ABC"]
    bundle = portfolio(FIVE, selection=record)
    moved = segmentation.moves(segmentation.choose(bundle, {"willingness_to_partner": 60}), bundle)
    moved = moved.set_index("account_id")
    assert moved.loc[["N5", "C"], "step"].tolist() == ["enters", "leaves"]
    assert moved.loc["N5", "moved"] == 1
    assert (segmentation.moves(segmentation.choose(bundle), bundle)["moved"] == 0).all()


def test_a_key_account_that_loses_money_does_not_slip_in() -> None:
    """D14: a recorded key account whose service costs more than it brings is a finding."""
    record = [{"account_id": "A", "outcome": "grow", "is_key": True}]
    cost = [{"account_id": "A", "month": "2026-09-01", "activity": "call_outs", "cost": 9999.0}]
    bundle = with_revenue({"A": 100.0, "B": 50.0}, selection=record, service_cost=cost)
    found = segmentation.findings(segmentation.choose(bundle), bundle)
    assert [finding.values["amount"] for finding in found if finding.rule == "key_account_loses_money"] == [
        -0.0
    ]


def test_every_rule_has_words() -> None:
    """Codes that the tables hold all have labels, and every weighted or other criterion has its sentences."""
    assert set(rules.GATES) == set(text.entries("choice.gate"))
    assert set(rules.VERDICTS) <= set(text.entries("choice.verdict"))
    for criterion in bundles.portfolio().settings["criteria"]:
        for form in ("at_least", "at_most", "between"):
            assert text.entry(f"segment.holds.{form}.{criterion}")
        assert len(text.entries(f"score.{criterion}")) == 5


@pytest.mark.parametrize("weights", [dict.fromkeys(WEIGHTED, 0.0), dict.fromkeys(WEIGHTED, 0)])
def test_where_nothing_weighs_nobody_is_ranked(weights: dict[str, float]) -> None:
    """All weights zero: no score, no place, nothing proposed and nothing said to differ from the record."""
    record = [{"account_id": "A", "outcome": "grow", "is_key": True, "reason": "Vill ihop"}]
    bundle = portfolio(FIVE | {"No": (5, 1, 5)}, selection=record)
    choice = segmentation.choose(bundle, weights)
    assert not choice.is_weighed
    assert choice.segments[["score", "rank", "place", "acceptability"]].isna().all(axis=None)
    assert choice.key_accounts["account_id"].tolist() == ["A"]
    assert segmentation.changes(choice).empty
    reasons = {row.account_id: row.proposed_reason["key"] for row in choice.segments.itertuples()}
    assert reasons == dict.fromkeys(FIVE, "segment.reason.not_weighed") | {"No": "segment.reason.gate_failed"}
    assert "weights_all_zero" in {each.rule for each in segmentation.findings(choice, bundle)}


def test_a_criterion_that_alone_weighs_is_always_compared_on() -> None:
    """All weight on willingness, known of two for three places: those two are ranked by it, not all by what weighs 0."""
    given = portfolio(FIVE)
    rows = given.assessment
    asked = rows[(rows["criterion"] != "willingness_to_partner") | rows["account_id"].isin(["A", "B"])]
    bundle = replace(given, tables={**given.tables, "assessment": asked})
    choice = segmentation.choose(bundle, dict(zip(WEIGHTED, (0, 10, 0), strict=True)), places=3)
    assert choice.compared == ("willingness_to_partner",)
    placed = choice.segments[choice.segments["place"].notna()]
    assert placed["account_id"].tolist() == ["A", "B"]
    assert placed["score"].tolist() == [100.0, 75.0]


def test_who_says_that_nothing_weighs_has_no_say() -> None:
    """A person with all weights at zero counts among nobody: their share of nothing is not a number."""
    rows = [
        {"criterion": name, "weight": points, "set_by": who, "set_on": "2026-01-01"}
        for who, points in (("r1", 30), ("r2", 0))
        for name in WEIGHTED
    ]
    bundle = bundles.portfolio(weight=rows)
    assert list(segmentation.individual_weights(bundle).index) == ["r1"]


def test_the_card_of_the_key_accounts_counts_them_alone() -> None:
    """Its verdicts add up to the key accounts, not to all who are compared."""
    record = [{"account_id": key, "outcome": "grow", "is_key": True} for key in "ABZ"]
    bundle = portfolio(FIVE, selection=record)
    choice = segmentation.choose(bundle)
    card = segmentation.figures(choice, bundle)[0]
    assert (str(card["value"]), str(card["change"])) == ("3", "2 klara och 1 utanför")


def test_a_share_of_revenue_is_never_called_contribution() -> None:
    """Where no margins are known the card of their share of contribution is left out."""
    bundle = with_revenue({"A": 20, "B": 80})
    bare = bundle.revenue.assign(contribution_margin=np.nan)
    without = replace(bundle, tables={**bundle.tables, "revenue": bare})
    labels = [
        [str(card["label"]) for card in segmentation.figures(segmentation.choose(each), each)]
        for each in (bundle, without)
    ]
    assert set(labels[0]) - set(labels[1]) == {text.t("segment.figure.contribution")}


def test_the_opening_tells_who_would_come_in_and_who_would_leave() -> None:
    """Where the recorded list and today's proposal differ that is the news; without a record there is none."""
    record = [{"account_id": key, "outcome": "grow", "is_key": True} for key in "ABZ"]
    news = segmentation.swap(segmentation.choose(portfolio(FIVE, selection=record)))
    assert {name: str(said) for name, said in news.items()} == {
        "key": "segment.swap.both",
        "enter": "Kund C",
        "leave": "Kund Z",
    }
    assert segmentation.swap(segmentation.choose(portfolio(FIVE))) == {}


@pytest.mark.parametrize(("default", "places"), [(2, 5), (12, 12), (25, 20)])
def test_few_means_between_the_lowest_and_the_highest_number(default: int, places: int) -> None:
    """S1.5: a default outside 5 to 20 is held within them; a company with fewer customers has as many as it has."""
    many = portfolio({f"K{n:02}": (3, 3, 3) for n in range(30)})
    own = {**many.settings, "thresholds": {**many.settings["thresholds"]}}
    own["thresholds"]["key_accounts_default"] = {
        **own["thresholds"]["key_accounts_default"],
        "value": default,
    }
    assert segmentation.choose(replace(many, settings=own)).places == places
    few = portfolio({f"K{n}": (3, 3, 3) for n in range(4)})
    assert segmentation.choose(few).places == 4
