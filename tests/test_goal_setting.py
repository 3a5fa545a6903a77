"""Goals: proposals with their reason, SMART, progress, anchoring and the customer's answer."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pandas as pd
import pytest

from kamlib import schema, text
from kamlib.method import goal_setting
from kamlib.schema import AccountView
from tests import bundles

Rows = list[dict[str, Any]]

G1: dict[str, Any] = {
    "row_id": "G1", "title": "Färre stopp", "goal_class": "strategic", "side": "joint", "kpi": "stopptimmar per år",
    "unit": "h", "direction": "down", "baseline": 41, "baseline_on": "2025-12-31", "target": 20,
    "due_on": "2027-06-30", "path": "linear", "source": "kundens stopplogg", "owner_id": "U-1", "sponsor_id": "U-2",
    "signed_on": "2026-05-27", "customer_owner_id": "C-1", "customer_status": "confirmed",
    "customer_status_on": "2026-05-20",
}  # fmt: skip
READ = {"goal_id": "G1", "measured_on": "2026-09-30", "value": 27}


def goals(*changed: dict[str, Any], **more: Rows) -> AccountView:
    """An account whose goals are G1 with the changes given, and any other rows."""
    return bundles.account(goal=[{**G1, **change} for change in changed], **more)


def test_goal_progress_of_method_6_8() -> None:
    """(current - baseline)/(target - baseline): 41 -> 27 -> 20 is 67 % of the way at half the time, on track."""
    followed = goal_setting.progress(goals({}, reading=[READ])).iloc[0]
    assert followed["way"] == pytest.approx(14 / 21)
    assert followed["elapsed"] == pytest.approx(0.5, abs=0.002)
    assert followed["state"] == "on_track"
    assert "67" in followed["reading"]


@pytest.mark.parametrize(("direction", "baseline", "now", "target", "way"), [
    ("up", 0, 50, 100, 0.5), ("down", 100, 50, 0, 0.5), ("up", -3.1, -3.1, 4.0, 0.0), ("down", 41, 48, 20, -1 / 3),
    ("up", 58, 58, 58, None), ("down", 7, 3, 7, None),
])  # fmt: skip
def test_the_way_follows_the_direction(
    direction: str, baseline: float, now: float, target: float, way: float | None
) -> None:
    """Lower-is-better counts the same way; baseline equal to target is undefined, never 100 %."""
    assert direction in ("up", "down")
    found = goal_setting.way_gone(now, baseline, target)
    assert found == (None if way is None else pytest.approx(way))


def test_undefined_is_said_to_be_undefined() -> None:
    """A goal whose baseline equals its target shows no share, and says why."""
    followed = goal_setting.progress(goals({"target": 41}, reading=[READ])).iloc[0]
    assert followed["state"] == "undefined"
    assert pd.isna(followed["way"])
    assert "Går inte att räkna" in followed["reading"]


def test_unmeasured_is_not_zero() -> None:
    """Without a reading after the baseline the state is no_reading, not off track."""
    followed = goal_setting.progress(goals({})).iloc[0]
    assert followed["state"] == "no_reading"
    assert pd.isna(followed["now"])


@pytest.mark.parametrize(("ratio", "state"), [
    (0.9, "on_track"), (0.899, "at_risk"), (0.7, "at_risk"), (0.699, "off_track"), (-1, "off_track"),
])  # fmt: skip
def test_rag_at_its_limits(ratio: float, state: str) -> None:
    """Green from 0.9 of the expected, amber from 0.7, red below (6.8)."""
    for expected in (0.1, 0.3, 0.5, 0.9):
        assert goal_setting.goal_state(ratio * expected, expected, green=0.9, amber=0.7) == state


def test_every_way_and_expectation_has_one_state() -> None:
    """Walk the grid: each pair gives one of the stored states."""
    for way, expected in product([None, -0.5, 0, 0.2, 0.9, 1, 1.4], [None, 0, 0.01, 0.5, 1]):
        state = goal_setting.goal_state(way, expected, green=0.9, amber=0.7)
        assert state in text.entries("choice.goal_state")


@pytest.mark.parametrize(("path", "expected", "basis"), [
    ("linear", 0.5, "linear"), ("back_loaded", 0.25, "back_loaded"), ("steps", 1 / 3, "steps"),
    ("seasonal", 35 / 70, "seasonal"), (None, 0.5, "linear"),
])  # fmt: skip
def test_each_path_expects_its_own_share(path: str | None, expected: float, basis: str) -> None:
    """P12: evenly, mostly towards the end, by dated steps, or as the customer bought last year."""
    steps = [
        {"title": day, "goal_id": "G1", "due_on": day} for day in ("2026-03-01", "2026-12-01", "2027-03-01")
    ]
    year = bundles.months("2026-09", [10, 10, 10, 5, 0, 0, 0, 0, 0, 5, 10, 20])  # October first
    span = {"baseline_on": "2026-03-31", "due_on": "2027-03-31"} if path == "seasonal" else {}
    account = goals({"path": path, **span}, reading=[READ], initiative=steps, revenue=year)
    followed = goal_setting.progress(account).iloc[0]
    # Seasonal: April-September weigh 0+0+0+5+10+20 and October-March 10+10+10+5+0+0, so 35 of 70.
    assert followed["expected"] == pytest.approx(expected, abs=0.002)
    assert followed["basis"] == basis


def test_a_path_without_its_data_is_walked_evenly_and_says_so() -> None:
    """Steps without dated initiatives fall back to the even way, in words."""
    followed = goal_setting.progress(goals({"path": "steps"}, reading=[READ])).iloc[0]
    assert followed["basis"] == "linear"
    assert "räknas jämnt" in followed["reading"]


def test_the_kam_judges_beside_and_never_instead() -> None:
    """The dated judgement is carried along and does not change the computed state (P12)."""
    judged = {"judgement": "off_track", "judged_on": "2026-09-20"}
    followed = goal_setting.progress(goals(judged, reading=[READ])).iloc[0]
    assert (followed["judgement"], followed["state"]) == ("off_track", "on_track")


def test_smart_names_each_missing_field() -> None:
    """A goal with a title only lacks every other field, each with its cure in words."""
    account = bundles.account(goal=[{"title": "Mer", "goal_class": "financial", "side": "ours"}])
    checks = goal_setting.check(account.goal, account)
    missing = checks[checks["state"].eq("missing")]
    assert set(missing["field"]) == {
        "kpi", "unit", "direction", "baseline", "baseline_on", "target", "source", "owner_id", "sponsor_id",
        "signed_on", "due_on",
    }  # fmt: skip
    assert missing["remark"].str.len().gt(10).all()


def revenue_goal(target: float, **more: Any) -> dict[str, Any]:
    """A goal on revenue in mkr over one year."""
    return {"kpi": "Omsättning R12", "unit": "mkr", "direction": "up", "baseline": 12, "target": target,
            "baseline_on": "2026-09-30", "due_on": "2027-09-30", **more}  # fmt: skip


@pytest.mark.parametrize(("target", "reason", "wallet", "pace"), [
    (16, None, "met", "met"), (16.1, None, "met", "doubtful"), (20, None, "met", "doubtful"),
    (20.1, None, "doubtful", "doubtful"), (25, "ny anläggning i maj", "reasoned", "reasoned"),
])  # fmt: skip
def test_realistic_by_wallet_and_best_year(target: float, reason: str | None, wallet: str, pace: str) -> None:
    """Target at most the wallet's high end and twice our best yearly change, else a reason (S2.1)."""
    history = bundles.months("2026-09", [0.8e6] * 12 + [0.9e6] * 12 + [1.0666667e6] * 12)  # best year: +2 mkr
    account = goals(revenue_goal(target, reason=reason), revenue=history,
                    wallet=[{"likely": 15e6, "high": 20e6, "valued_on": "2026-01-01"}])  # fmt: skip
    states = goal_setting.check(account.goal, account).set_index("field")["state"]
    assert (states["wallet"], states["pace"]) == (wallet, pace)


def test_realistic_by_hours_and_number_of_goals() -> None:
    """Hours asked for beyond the squad's, and a sixth goal, are remarked on."""
    account = goals(*({"row_id": f"G{n}"} for n in range(6)),
                    initiative=[{"title": "I", "goal_id": "G0", "hours": 90}],
                    squad_member=[{"person_id": "U-1", "function": "kam", "hours_year": 80}])  # fmt: skip
    checks = goal_setting.check(account.goal, account)
    hours = checks[checks["field"].eq("hours")].set_index("goal_id")["state"]
    assert hours["G0"] == "doubtful"
    assert hours["G1"] == "unknown"
    assert checks.iloc[-1]["field"] == "count"
    assert len(goal_setting.check(account.goal.head(5), account).query("field == 'count'")) == 0


def test_a_target_against_the_direction_is_told() -> None:
    """Lower is better and a target above the baseline disagree."""
    account = goals({"target": 50})
    checks = goal_setting.check(account.goal, account)
    assert checks.set_index("field").loc["way", "state"] == "doubtful"


def test_anchoring_misses_a_sponsor_who_left() -> None:
    """S2.4: owner, sponsor with sign-off and KPI; a person who has gone is a missing one."""
    people = [
        {"contact_id": "U-1", "side": "ours"},
        {"contact_id": "U-2", "side": "ours", "gone_on": "2026-01-01"},
    ]
    anchored = goal_setting.anchoring(goals({}, contact=people)).iloc[0]
    assert not anchored["is_anchored"]
    assert anchored["lacks"] == "sponsor"
    assert goal_setting.anchoring(goals({}))["is_anchored"].all()


@pytest.mark.parametrize(
    ("status", "again"),
    list(product(["not_asked", "proposed", "confirmed", "changed", "declined", None],
                 ["2026-09-29", "2026-09-30", "2026-10-01", None])),
)  # fmt: skip
def test_a_no_stands_until_the_agreed_day(status: str | None, again: str | None) -> None:
    """P25 on its whole grid: only a declined goal waits, and only until the day it may be asked again."""
    step = goal_setting.ask_state(status, again, date(2026, 9, 30))
    assert step in text.entries("choice.ask_step")
    assert (step == "wait") == (status == "declined" and again == "2026-10-01")
    assert (step == "set_date") == (status == "declined" and again is None)
    assert (step == "ask_again") == (status == "declined" and again in ("2026-09-29", "2026-09-30"))


def test_a_declined_goal_keeps_the_customers_words() -> None:
    """The no stands with the customer's words and the day to ask again; it is not followed as a goal."""
    said = {
        "customer_status": "declined",
        "customer_said": "Inga planer före ramavtalet.",
        "ask_again_on": "2027-01-20",
    }
    account = goals(said, reading=[READ])
    row = goal_setting.joint(account).iloc[0]
    assert row["customer_said"] == "Inga planer före ramavtalet."
    assert "2027-01-20" in row["advice"]
    assert goal_setting.progress(account).empty
    assert goal_setting.unled(account).empty


def test_a_goal_without_initiative_is_listed() -> None:
    """S2.6: a stopped initiative drives nothing."""
    stopped = [{"title": "I", "goal_id": "G1", "status": "stopped"}]
    assert list(goal_setting.unled(goals({}, initiative=stopped))["goal_id"]) == ["G1"]
    assert goal_setting.unled(goals({}, initiative=[{"title": "I", "goal_id": "G1"}])).empty


def test_the_library_holds_at_least_eight_goals_in_three_classes() -> None:
    """S2.2, S2.3: every goal of the library has its class, its words in both languages and its fit."""
    library = schema.load_settings()["goals"]["library"]
    assert len(library) >= 8
    assert {kind["goal_class"] for kind in library.values()} == {"strategic", "financial", "relational"}
    for name in library:
        for part in ("title", "kpi", "reason", "lacks_data", "not_needed"):
            assert set(text.entry(f"goal.library.{name}.{part}")) == {"sv", "en"}


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_proposals_from_accounts_and_revenue_alone(lang: str) -> None:
    """Thin data: what can be fitted is, what cannot says what to add; no NaN in a sentence."""
    text.use(lang)
    account = bundles.account(
        revenue=bundles.months("2026-09", [1e6] * 24 + [1.1e6] * 12, product_group="Hose")
    )
    proposals = goal_setting.propose(account).set_index("library_id")
    assert proposals.loc["grow_revenue", "state"] == "fits"
    assert proposals.loc["grow_revenue", "target"] == pytest.approx(14.4)
    assert proposals.loc["larger_share", "state"] == "lacks_data"
    assert not proposals["reason"].str.contains(r"\bnan\b", case=False).any()
    assert goal_setting.propose(bundles.account())["reason"].str.len().gt(5).all()


def test_a_flat_group_is_proposed_by_name() -> None:
    """The group that stands still while others grow is named with its figures (S2.3)."""
    flat = bundles.months("2026-09", [1e6] * 24, product_group="Slang")
    grows = bundles.months("2026-09", [1e6] * 12 + [1.08e6] * 12, product_group="Service")
    proposal = (
        goal_setting.propose(bundles.account(revenue=flat + grows))
        .set_index("library_id")
        .loc["revive_group"]
    )
    assert "Slang" in proposal["title"]
    assert proposal["target"] == pytest.approx(12.96)


def test_all_fits_with_full_data() -> None:
    """With wallet, whitespace, costs, deliveries, promises and people, each typical goal is fitted or not needed."""
    months = bundles.months("2026-09", [1e6] * 24, product_group="Slang", contribution_margin=2e5)
    gone = bundles.months("2025-09", [1e5] * 12, product_group="Filter", contribution_margin=2e4)
    account = bundles.account(
        revenue=months + gone,
        wallet=[{"likely": 30e6, "high": 40e6}, {"product_group": "Slang", "likely": 20e6}],
        whitespace=[{"product_group": "Service", "status": "open", "potential": 4e6}],
        service_cost=[{"month": "2026-09-01", "activity": "visits", "cost": 3e6}],
        delivery=[{"month": "2026-09-01", "lines_due": 100, "lines_on_time_in_full": 81}],
        commitment=[{"title": "C", "direction": "ours", "due_on": "2026-08-01"}],
        contact=[{"contact_id": "C-1", "side": "customer"}],
        stakeholder=[{"contact_id": "C-1", "role": "user"}],
    )
    proposals = goal_setting.propose(account).set_index("library_id")
    assert set(proposals["state"]) <= {"fits", "not_needed"}
    fits = proposals[proposals["state"].eq("fits")]
    assert len(fits) >= 9
    assert fits[["baseline", "target"]].notna().all(axis=None)
    assert "jurist" in proposals.loc["sole_supplier", "reason"]


def test_joint_goals_wait_for_the_tender_and_for_the_no() -> None:
    """P7 and P25: nothing joint is proposed while a tender runs, nor before the day to ask again."""
    tender = bundles.account(event=[{"kind": "tender", "title": "T", "happened_on": "2026-09-01"}])
    declined = goals({"customer_status": "declined", "ask_again_on": "2027-01-20"})
    for account in (tender, declined):
        joint = goal_setting.propose(account).set_index("library_id").loc["joint_innovation"]
        assert joint["state"] == "not_now"


def test_new_contacts_wait_for_the_tender_only() -> None:
    """P7: access to more levels is advice on contact, silent during a tender; a declined joint goal does not stop it."""
    people: Rows = [{"contact_id": "C-1", "side": "customer"}]
    roles: Rows = [{"contact_id": "C-1", "role": "user"}]
    tender: Rows = [{"kind": "tender", "title": "T", "happened_on": "2026-09-01"}]
    silent = bundles.account(contact=people, stakeholder=roles, event=tender)
    declined = goals(
        {"customer_status": "declined", "ask_again_on": "2027-01-20"}, contact=people, stakeholder=roles
    )
    states = [
        goal_setting.propose(each).set_index("library_id").loc["more_levels", "state"]
        for each in (silent, declined)
    ]
    assert states == ["not_now", "fits"]
