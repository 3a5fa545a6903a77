"""Goals: proposals with their reason, SMART, progress, anchoring and the customer's answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from kamlib import schema, text
from kamlib.method import estimates, goal_setting, goal_values, measures, planning, review
from kamlib.method.goal_setting.library import Proposal
from kamlib.schema import Account
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


def goals(*changed: dict[str, Any], **more: Rows) -> Account:
    """An account whose goals are G1 with the changes given, and any other rows."""
    return bundles.account(goal=[{**G1, **change} for change in changed], **more)


def test_goal_progress_of_method_6_8() -> None:
    """(current - baseline)/(target - baseline): 41 -> 27 -> 20 is 67 % of the way at half the time, on track."""
    (followed,) = goal_setting.progress(goals({}, reading=[READ]))
    assert followed.way == pytest.approx(14 / 21)
    assert followed.elapsed == pytest.approx(0.5, abs=0.002)
    assert followed.state == "on_track"
    assert "67" in str(followed.reading)


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
    (followed,) = goal_setting.progress(goals({"target": 41}, reading=[READ]))
    assert followed.state == "undefined"
    assert followed.way is None
    assert "Går inte att räkna" in str(followed.reading)


def test_unmeasured_is_not_zero() -> None:
    """Without a reading after the baseline the state is no_reading, not off track."""
    (followed,) = goal_setting.progress(goals({}))
    assert followed.state == "no_reading"
    assert followed.now is None


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
    (followed,) = goal_setting.progress(account)
    # Seasonal: April-September weigh 0+0+0+5+10+20 and October-March 10+10+10+5+0+0, so 35 of 70.
    assert followed.expected == pytest.approx(expected, abs=0.002)
    assert followed.basis == basis


def test_a_path_without_its_data_is_walked_evenly_and_says_so() -> None:
    """Steps without dated initiatives fall back to the even way, in words."""
    (followed,) = goal_setting.progress(goals({"path": "steps"}, reading=[READ]))
    assert followed.basis == "linear"
    assert "räknas jämnt" in str(followed.reading)


def test_the_kam_judges_beside_and_never_instead() -> None:
    """The dated judgement is carried along and does not change the computed state (P12)."""
    judged = {"judgement": "off_track", "judged_on": "2026-09-20"}
    (followed,) = goal_setting.progress(goals(judged, reading=[READ]))
    assert (followed.judgement, followed.state) == ("off_track", "on_track")


def test_smart_names_each_missing_field() -> None:
    """A goal with a title only lacks every other field, each with its cure in words."""
    account = bundles.account(goal=[{"title": "Mer", "goal_class": "financial", "side": "ours"}])
    missing = goal_setting.check(account).where(state="missing")
    assert {each.field for each in missing} == {
        "kpi", "unit", "direction", "baseline", "baseline_on", "target", "source", "owner_id", "sponsor_id",
        "signed_on", "due_on",
    }  # fmt: skip
    assert all(len(str(each.remark)) > 10 for each in missing)


def revenue_goal(target: float, **more: Any) -> dict[str, Any]:
    """A goal on revenue in mkr over one year."""
    return {"kpi": "Omsättning R12", "unit": "mkr", "direction": "up", "baseline": 12, "target": target,
            "baseline_on": "2026-09-30", "due_on": "2027-09-30", **more}  # fmt: skip


@pytest.mark.parametrize(("target", "reason", "wallet", "pace"), [
    (16.8, None, "met", "met"), (16.9, None, "met", "doubtful"), (20, None, "met", "doubtful"),
    (20.1, None, "doubtful", "doubtful"), (25, "ny anläggning i maj", "reasoned", "reasoned"),
])  # fmt: skip
def test_realistic_by_wallet_and_best_year(target: float, reason: str | None, wallet: str, pace: str) -> None:
    """Target at most the wallet's high end, and what is left of it at most twice our best yearly change (S2.1)."""
    history = bundles.months(
        "2026-09", [0.8e6] * 12 + [0.9e6] * 12 + [1.0666667e6] * 12
    )  # now 12.8, best year: +2 mkr
    account = goals(revenue_goal(target, reason=reason), revenue=history,
                    wallet=[{"likely": 15e6, "high": 20e6, "valued_on": "2026-01-01"}])  # fmt: skip
    checks = goal_setting.check(account)
    for field, state in (("wallet", wallet), ("pace", pace)):
        assert [each.state for each in checks.where(field=field)] == [state]


#: Three years of two groups: Slang 2.4, 3.0 and 3.6 mkr, Pumpar 12, 10.8 and 9.6; R12 is 13.2.
TWO_GROUPS = bundles.months(
    "2026-09", [0.2e6] * 12 + [0.25e6] * 12 + [0.3e6] * 12, product_group="Slang och hydraulik"
) + bundles.months("2026-09", [1e6] * 12 + [0.9e6] * 12 + [0.8e6] * 12, product_group="Pumpar")


@pytest.mark.parametrize(("kpi", "unit", "now"), [
    ("Omsättning R12", "mkr", 13.2), ("revenue, rolling twelve months", "MSEK", 13.2), ("omsättning slang och hydraulik, R12", "mkr", 3.6),
    ("Omsättning R12 i Pumpar", "tkr", 9600), ("omsättning slang, R12", "kr", 3.6e6), ("Omsättning R12", "st", None),
    ("Omsättning R12 hos nya enheter", "mkr", None), ("Vår omsättning R12 som andel av inköpen", "mkr", None),
    ("omsättning slang och pumpar", "mkr", None), ("avstämningar hållna", "mkr", None), (None, "mkr", None),
])  # fmt: skip
def test_a_goal_on_our_invoicing_is_counted(kpi: str | None, unit: str, now: float | None) -> None:
    """A KPI that names all our revenue or one product group, in money, is counted; one that says more is not."""
    account = goals(revenue_goal(16, kpi=kpi, unit=unit), revenue=TWO_GROUPS)
    (followed,) = goal_setting.progress(account)
    assert followed.now == (None if now is None else pytest.approx(now))


def test_what_is_counted_is_said_alike_wherever_it_is_asked() -> None:
    """The goal, the sales by group and the one-page plan have one figure, and the month's page does not ask to measure it."""
    account = goals(
        revenue_goal(4, kpi="omsättning slang och hydraulik, R12", baseline=3, baseline_on="2025-09-30"),
        revenue=TWO_GROUPS,
        reading=[{"goal_id": "G1", "measured_on": "2026-03-31", "value": 3.2}],
    )
    (followed,) = goal_setting.progress(account)
    (hose,) = measures.sales_by_group(account).where(product_group="Slang och hydraulik")
    assert hose.revenue_12m is not None
    assert followed.now == pytest.approx(hose.revenue_12m / 1e6)
    assert str(followed.road).replace(text.NBSP, " ") == "3 → 3,6 → 4 mkr"
    (box,) = planning.one_page(account).where(box="goals")
    assert "3 → 3,6 → 4 mkr" in str(box.lines[0]).replace(text.NBSP, " ")
    assert not review.follow_up(account).where(section="stale", kind="goal")


def test_a_reading_newer_than_our_invoicing_stands() -> None:
    """The newest day wins; on the same day the figure is one, not two readings."""
    account = goals(revenue_goal(16), revenue=TWO_GROUPS,
                    reading=[{"goal_id": "G1", "measured_on": day, "value": 13.0} for day in ("2026-09-30", "2026-10-15")])  # fmt: skip
    known = goal_values.values(account, account.goals[0])
    assert [(str(each.on), round(each.value, 1)) for each in known] == [
        ("2026-09-30", 13.2),
        ("2026-10-15", 13.0),
    ]


@pytest.mark.parametrize(("change", "remark"), [
    ({"baseline": 12, "due_on": "2026-12-31"}, "0,8 mkr återstår på 3 månader, och det har inte hänt förut: vårt bästa år gav −0,6 mkr."),
    ({"kpi": "omsättning slang och hydraulik, R12", "target": 4.1, "due_on": "2027-03-31"},
     "0,5 mkr återstår på 6 månader: 1 mkr om året; vårt bästa år i Slang och hydraulik gav 0,6 mkr."),
    ({"target": 13}, "Målvärdet är redan nått."),
])  # fmt: skip
def test_the_pace_is_from_today_and_against_what_the_goal_counts(change: dict[str, Any], remark: str) -> None:
    """What is left from today, not from the baseline; a group is held to its own best year, not to the whole account's."""
    account = goals({**revenue_goal(14), **change}, revenue=TWO_GROUPS)
    (pace,) = goal_setting.check(account).where(field="pace")
    assert str(pace.remark).replace(text.NBSP, " ").startswith(remark)


@pytest.mark.parametrize(("wallet", "state", "part"), [
    ([{"year": 2027, "high": 15e6}, {"year": 2028, "high": 40e6}], "doubtful", "15,0 mkr av alla leverantörer 2027"),
    ([{"year": 2027, "high": 40e6}, {"year": 2028, "high": 15e6}], "met", None), ([{"high": 15e6}], "doubtful", "15,0 mkr"),
    ([{"year": 2026, "high": 40e6}, {"year": 2028, "high": 40e6}], "unknown", "uppskattade för 2026 och 2028, inte för 2027"),
    ([{"year": 2027, "high": 40e6, "product_group": "Pumpar"}], "unknown", "inte uppskattade"), ([], "unknown", "inte uppskattade"),
    ([{"year": 2027, "high": 9e6, "product_group": "Pumpar"}, {"year": 2027, "high": 9e6, "product_group": "Slang och hydraulik"}], "met", None),
])  # fmt: skip
def test_the_wallet_is_that_of_the_year_of_the_target(wallet: Rows, state: str, part: str | None) -> None:
    """Due in 2027: that year's high end; another year's is named and not used; a part of the groups is not the whole."""
    estimates = [{"likely": 5e6, "valued_on": "2026-09-15", **each} for each in wallet]
    account = goals(revenue_goal(16), revenue=TWO_GROUPS, wallet=estimates)
    (tested,) = goal_setting.check(account).where(field="wallet")
    assert tested.state == state
    assert (tested.remark is None) == (part is None)
    assert (part or "") in str(tested.remark).replace(text.NBSP, " ")


def test_a_goal_on_track_that_its_own_estimate_makes_unlikely_is_told_as_a_contradiction() -> None:
    """In the outlook, in how the state is read, and as the next thing on the page; not where both say the same."""
    account = goals(
        {"low": 22, "likely": 25, "high": 30}, reading=[READ], initiative=[{"title": "I", "goal_id": "G1"}]
    )
    (ahead,), (followed,) = goal_setting.outlook(account), goal_setting.readings(account)
    assert (followed.state, ahead.state, ahead.is_contradicted) == ("on_track", "beyond", True)
    assert "båda kan inte stämma" in str(ahead.reading)
    assert "båda kan inte stämma" in str(followed.reading)
    assert [each.step for each in goal_setting.one_page(account)] == ["lower"]
    behind = goals({"low": 22, "likely": 25, "high": 30}, reading=[{**READ, "value": 41}])
    assert [each.is_contradicted for each in goal_setting.outlook(behind)] == [False]
    assert "båda kan inte stämma" not in str(goal_setting.readings(behind)[0].reading)


@pytest.mark.parametrize(
    ("high", "target", "part"), [(18, 16, None), (15.5, 16, "når inte målet"), (17, 16, "bestäm vilken")]
)
def test_the_years_forecast_and_the_goals_estimate_never_differ_in_silence(
    high: float, target: float, part: str | None
) -> None:
    """All our revenue at the end of the year is the year's forecast: another set of three numbers is told, with its day."""
    three = {"low": 12, "likely": 14, "high": 18}
    year = revenue_goal(
        target, due_on="2026-12-31", goal_class="financial", estimated_on="2026-09-09", **three
    )
    forecast = {"year": 2026, "made_on": "2026-09-09", "low": 12e6, "likely": 14e6, "high": high * 1e6}
    account = goals(year, revenue=TWO_GROUPS, forecast=[forecast])
    (ahead,) = goal_setting.outlook(account)
    outlook = measures.year_outlook(account)
    assert outlook is not None
    assert outlook.pace is not None
    assert ahead.pace == pytest.approx(outlook.pace / 1e6)
    assert ("om samma sak" in str(ahead.reading)) == (part is not None)
    assert (part or "") in str(ahead.reading)


def test_realistic_by_hours_and_number_of_goals() -> None:
    """Hours asked for beyond the squad's, and a sixth goal, are remarked on."""
    account = goals(*({"row_id": f"G{n}"} for n in range(6)),
                    initiative=[{"title": "I", "goal_id": "G0", "hours": 90}],
                    squad_member=[{"person_id": "U-1", "function": "kam", "hours_year": 80}])  # fmt: skip
    checks = goal_setting.check(account)
    for goal_id, state in (("G0", "doubtful"), ("G1", "unknown")):
        assert [each.state for each in checks.where(field="hours", goal_id=goal_id)] == [state]
    assert checks[-1].field == "count"
    assert not goal_setting.check(goals(*({"row_id": f"G{n}"} for n in range(5)))).where(field="count")


def test_a_target_against_the_direction_is_told() -> None:
    """Lower is better and a target above the baseline disagree."""
    (way,) = goal_setting.check(goals({"target": 50})).where(field="way")
    assert way.state == "doubtful"


def test_anchoring_misses_a_sponsor_who_left() -> None:
    """S2.4: owner, sponsor with sign-off and KPI; a person who has gone is a missing one."""
    people = [
        {"contact_id": "U-1", "side": "ours"},
        {"contact_id": "U-2", "side": "ours", "gone_on": "2026-01-01"},
    ]
    (anchored,) = goal_setting.anchoring(goals({}, contact=people))
    assert str(anchored.lacks) == "sponsor"
    assert [each.lacks for each in goal_setting.anchoring(goals({}))] == [None]


@pytest.mark.parametrize(
    ("status", "again"),
    list(product(["not_asked", "proposed", "confirmed", "changed", "declined", None],
                 ["2026-09-29", "2026-09-30", "2026-10-01", None])),
)  # fmt: skip
def test_a_no_stands_until_the_agreed_day(status: str | None, again: str | None) -> None:
    """P25 on its whole grid: only a declined goal waits, and only until the day it may be asked again."""
    step = goal_setting.ask_state(status, again and date.fromisoformat(again), date(2026, 9, 30))
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
    (row,) = goal_setting.joint(account)
    assert row.customer_said == "Inga planer före ramavtalet."
    assert "2027-01-20" in str(row.advice)
    assert not goal_setting.progress(account)
    assert not goal_setting.unled(account)


def test_a_goal_without_initiative_is_listed() -> None:
    """S2.6: a stopped initiative drives nothing."""
    stopped = [{"title": "I", "goal_id": "G1", "status": "stopped"}]
    assert [each.row_id for each in goal_setting.unled(goals({}, initiative=stopped))] == ["G1"]
    assert not goal_setting.unled(goals({}, initiative=[{"title": "I", "goal_id": "G1"}]))


def test_the_library_holds_at_least_eight_goals_in_three_classes() -> None:
    """S2.2, S2.3: every goal of the library has its class, its words in both languages and its fit."""
    library = schema.load_settings()["goals"]["library"]
    assert len(library) >= 8
    assert {kind["goal_class"] for kind in library.values()} == {"strategic", "financial", "relational"}
    for name in library:
        for part in ("title", "kpi", "reason", "lacks_data", "not_needed"):
            assert set(text.entry(f"goal.library.{name}.{part}")) == {"sv", "en"}


#: A number that nobody has, written as Python writes it.
NOT_KNOWN = re.compile(r"\b(nan|none)\b", re.IGNORECASE)


def proposed(account: Account) -> dict[str, Proposal]:
    """The typical goals by their name in the library."""
    return {each.library_id: each for each in goal_setting.propose(account)}


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_proposals_from_accounts_and_revenue_alone(lang: str) -> None:
    """Thin data: what can be fitted is, what cannot says what to add; no NaN in a sentence."""
    text.use(lang)
    account = bundles.account(
        revenue=bundles.months("2026-09", [1e6] * 24 + [1.1e6] * 12, product_group="Hose")
    )
    proposals = proposed(account)
    assert proposals["grow_revenue"].state == "fits"
    assert proposals["grow_revenue"].target == pytest.approx(14.4)
    assert proposals["larger_share"].state == "lacks_data"
    assert not any(NOT_KNOWN.search(str(each.reason)) for each in proposals.values())
    assert all(len(str(each.reason)) > 5 for each in goal_setting.propose(bundles.account()))


def test_a_flat_group_is_proposed_by_name() -> None:
    """The group that stands still while others grow is named with its figures (S2.3)."""
    flat = bundles.months("2026-09", [1e6] * 24, product_group="Slang")
    grows = bundles.months("2026-09", [1e6] * 12 + [1.08e6] * 12, product_group="Service")
    proposal = proposed(bundles.account(revenue=flat + grows))["revive_group"]
    assert "Slang" in str(proposal.title)
    assert proposal.target == pytest.approx(12.96)


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
        insight=[{"goal": "Färre stopp 2027", "grade": "told", "priority": 1}],
    )
    proposals = proposed(account)
    assert {each.state for each in proposals.values()} <= {"fits", "not_needed"}
    fits = [each for each in proposals.values() if each.state == "fits"]
    assert len(fits) >= 10
    # The customer's own goal is measured by the customer: its numbers are asked for, never made up.
    assert proposals["serve_priority"] in fits
    for each in fits:
        if each.library_id != "serve_priority":
            assert None not in (each.baseline, each.target, each.tolerance)
    assert str(proposals["serve_priority"].title) == "Kundens mål: Färre stopp 2027"
    assert "jurist" in str(proposals["sole_supplier"].reason)


def test_joint_goals_wait_for_the_tender_and_for_the_no() -> None:
    """P7 and P25: nothing joint is proposed while a tender runs, nor before the day to ask again."""
    tender = bundles.account(event=[{"kind": "tender", "title": "T", "happened_on": "2026-09-01"}])
    declined = goals({"customer_status": "declined", "ask_again_on": "2027-01-20"})
    for account in (tender, declined):
        assert proposed(account)["joint_innovation"].state == "not_now"


def test_new_contacts_wait_for_the_tender_only() -> None:
    """P7: access to more levels is advice on contact, silent during a tender; a declined joint goal does not stop it."""
    people: Rows = [{"contact_id": "C-1", "side": "customer"}]
    roles: Rows = [{"contact_id": "C-1", "role": "user"}]
    tender: Rows = [{"kind": "tender", "title": "T", "happened_on": "2026-09-01"}]
    silent = bundles.account(contact=people, stakeholder=roles, event=tender)
    declined = goals(
        {"customer_status": "declined", "ask_again_on": "2027-01-20"}, contact=people, stakeholder=roles
    )
    states = [proposed(each)["more_levels"].state for each in (silent, declined)]
    assert states == ["not_now", "fits"]


# --- in depth: KPI cards, estimates, the chain from the customer's goal, the page --------------------------------

CARD: dict[str, Any] = {
    "formula": "timmar i loggen",
    "frequency": "quarterly",
    "tolerance": 2,
    "lead_lag": "lag",
}


def test_every_typical_goal_has_a_whole_kpi_card() -> None:
    """6.9: name, class, formula, unit, direction, source, frequency, tolerance and lead or lag, in both languages."""
    library = schema.load_settings()["goals"]["library"]
    for name, kind in library.items():
        assert kind["frequency"] in text.entries("choice.frequency")
        assert kind["lead_lag"] in text.entries("choice.lead_lag")
        for part in ("formula", "source"):
            assert set(text.entry(f"goal.library.{name}.{part}")) == {"sv", "en"}
        # The customer's own KPI has the customer's own tolerance; each other card says its own.
        assert name == "serve_priority" or {"tolerance", "tolerance_share"} & kind.keys()


def test_a_card_tells_what_it_lacks_and_when_it_is_measured_next() -> None:
    """A quarterly KPI measured on 31 May is late by 30 September; a card without frequency has no next day."""
    account = goals({**CARD}, {"row_id": "G2"}, reading=[{**READ, "measured_on": "2026-05-31"}])
    whole, bare = goal_setting.cards(account)
    assert (whole.row_id, bare.row_id) == ("G1", "G2")
    assert whole.next_on == date(2026, 8, 31)
    assert whole.is_late
    assert whole.lacks is None
    assert str(whole.nature) == "h, lägre är bättre, i efterhand"
    assert str(whole.rhythm) == "varje kvartal, kundens stopplogg"
    assert str(bare.lacks) == "hur det räknas, före eller efter resultatet, hur ofta det mäts och tolerans"
    assert not bare.is_late


@pytest.mark.parametrize("frequency", [*text.entries("choice.frequency"), None])
def test_every_frequency_has_its_days(frequency: str | None) -> None:
    """Each choice of the schema has a length in the settings; none gives none."""
    day = goal_setting.next_reading_on(goals({}), frequency, date(2026, 1, 1))
    assert (day is None) == (frequency is None)
    assert goal_setting.next_reading_on(goals({}), frequency, None) is None


@pytest.mark.parametrize(("tolerance", "state"), [(None, "at_risk"), (1.9, "at_risk"), (2, "on_track")])
def test_within_the_tolerance_a_goal_is_on_track(tolerance: float | None, state: str) -> None:
    """41 to 20 expects 30.5 at half time; 32.5 is 81 % of the expected way, and 2 hours short."""
    span = {"baseline_on": "2025-09-30", "due_on": "2027-09-30", "tolerance": tolerance}
    (followed,) = goal_setting.progress(goals(span, reading=[{**READ, "value": 32.5}]))
    assert followed.state == state
    assert ("tolerans" in str(followed.reading)) == (state == "on_track")


def test_the_tolerance_is_the_same_in_both_directions() -> None:
    """Short by the same amount upwards and downwards is the same; ahead of the expected is always within."""
    up, down = goals(
        {"baseline": 0, "target": 20, "tolerance": 2},
        {"row_id": "G2", "baseline": 20, "target": 0, "tolerance": 2},
    ).goals
    for way, within in ((0.4, True), (0.39, False), (0.9, True), (None, False)):
        assert goal_setting.is_tolerated(up, way, 0.5) == goal_setting.is_tolerated(down, way, 0.5) == within


@pytest.mark.parametrize(
    ("three", "mean"), [((26, 31, 38), 31.333), ((57.5, 59.5, 61.5), 59.5), ((0, 0, 6), 1.0)]
)
def test_pert_mean_of_method_6_6(three: tuple[float, float, float], mean: float) -> None:
    """(a + 4m + b) / 6."""
    assert estimates.pert_mean(*three) == pytest.approx(mean, abs=0.001)


@pytest.mark.parametrize(("low", "likely", "high", "above"), [
    (0, 5, 10, (0.999999990014994, 0.94208, 0.5, 0.05792, 9.985006e-9)),
    (0, 0, 10, (0.995009990004999, 0.32768, 0.03125, 0.00032, 1e-15)),
    (0, 10, 10, (0.999999999999999, 0.99968, 0.96875, 0.67232, 0.004990009995001)),
    (14, 15.4, 17.5, (0.9999998286670739, 0.886129481716046, 0.3627878166138384, 0.0266263707941009, 5.218565435e-10)),
    (-3, 0.5, 4.5, (0.9999999739380819, 0.926645825601023, 0.453509268822754, 0.0452233527133826, 3.779630285e-9)),
])  # fmt: skip
def test_the_chance_is_that_of_the_beta_distribution(
    low: float, likely: float, high: float, above: tuple[float, ...]
) -> None:
    """Values of scipy 1.17's `stats.beta(...).sf` at five places; certain at the ends and outside.

    The first three can be counted by hand: with whole parameters the share above x is a binomial sum, for (0, 5, 10)
    at 0.2 it is .8**5 + 5*.2*.8**4 + 10*.2**2*.8**3 = .94208.
    """
    expected = {-0.1: 1.0, 0: 1.0, 1: 0.0, 1.1: 0.0}
    expected |= dict(zip((0.001, 0.2, 0.5, 0.8, 0.999), above, strict=True))
    for place, share in expected.items():
        target = low + place * (high - low)
        assert estimates.chance(low, likely, high, target) == pytest.approx(share, abs=1e-12)
        down = estimates.chance(low, likely, high, target, is_down=True)
        assert down == pytest.approx(1 - share, abs=1e-12)


@pytest.mark.parametrize(("low", "likely", "high", "target", "chance"), [
    (None, 1, 2, 1, None), (0, 1, None, 1, None), (0, 1, 2, None, None), (2, 1, 3, 1, None), (0, 3, 2, 1, None),
    (5, 5, 5, 5, 1.0), (5, 5, 5, 5.1, 0.0),
])  # fmt: skip
def test_a_chance_without_its_numbers_is_undefined(
    low: float | None, likely: float | None, high: float | None, target: float | None, chance: float | None
) -> None:
    """A missing number or a wrong order gives no chance; three equal ones are sure."""
    assert estimates.chance(low, likely, high, target) == chance  # type: ignore[arg-type]


MONEY: dict[str, Any] = {
    "goal_class": "financial", "side": "ours", "kpi": "omsättning R12", "unit": "mkr", "direction": "up", "baseline": 10,
    "target": 16, "estimated_on": "2026-09-09",
}  # fmt: skip


@pytest.mark.parametrize(("three", "state", "said"), [
    ((14, 15.4, 17.5), "unlikely", "2 av 10 fall"), ((14, 16, 17.5), "open", "av 10 fall"), ((15, 17.5, 18), "likely", "fler än nio"),
    ((10, 12, 15), "beyond", "utanför"), ((None, None, None), "no_range", "Skriv tre tal"), ((14, None, 18), "no_range", "Skriv tre tal"),
    ((15, 14, 18), "broken", "i ordning"),
])  # fmt: skip
def test_the_estimate_says_what_it_means_and_asks_when_missing(
    three: tuple[float, float, float], state: str, said: str
) -> None:
    """Each state has its sentence; a goal without three numbers is asked for them, with the day they are for."""
    low, likely, high = three
    (row,) = goal_setting.outlook(goals({**MONEY, "low": low, "likely": likely, "high": high}))
    assert row.state == state
    assert said in str(row.reading)
    assert ("Ingen mätning" in str(row.reading)) == (state not in ("no_range", "broken"))
    assert (row.chance is None) == (state in ("no_range", "broken"))


def test_every_outlook_has_one_state() -> None:
    """Walk the grid of numbers known, in order, and target: each cell has a state with a label and a sentence."""
    for low, likely, high, target in product(
        (None, 1.0, 3.0), (None, 2.0), (None, 2.0, 4.0), (None, 1.0, 2.5, 9.0)
    ):
        account = goals({**MONEY, "low": low, "likely": likely, "high": high, "target": target})
        (row,) = goal_setting.outlook(account)
        assert row.state in text.entries("choice.outlook_state")
        assert "nan" not in str(row.reading).casefold()
        assert "none" not in str(row.reading).casefold()


def test_the_outlook_says_how_much_is_known() -> None:
    """Readings behind it, today's pace against the range, and an estimate that is too old."""
    span = {"baseline_on": "2025-09-30", "due_on": "2027-09-30", "low": 14, "likely": 16, "high": 17.5}
    read = [{"goal_id": "G1", "measured_on": "2026-09-30", "value": 11}]
    old = goals({**MONEY, **span, "estimated_on": "2026-06-01"}, reading=read)
    (row,) = goal_setting.outlook(old)
    assert row.pace == pytest.approx(12, abs=0.01)
    for part in ("en mätning", "utanför spannet", "för länge sedan"):
        assert part in str(row.reading)
    undated = goals({**MONEY, **span, "estimated_on": None})
    assert "saknar datum" in str(goal_setting.outlook(undated)[0].reading)


def test_our_estimates_stay_ours() -> None:
    """The outlook, the chain and what hangs loose are empty in the customer's edition, and so is the next step."""
    account = replace(goals({**MONEY, "low": 14, "likely": 16, "high": 17.5}), audience="customer")
    for view in (goal_setting.outlook, goal_setting.trace, goal_setting.orphans):
        assert not view(account)
    assert [each.next for each in goal_setting.one_page(account)] == [None]


CHAIN: dict[str, Rows] = {
    "insight": [{"row_id": "I1", "goal": "4 % högre tillgänglighet", "grade": "confirmed", "priority": 1}],
    "initiative": [{"title": "Byt tätningar", "goal_id": "G1", "owner_id": "U-3", "status": "ongoing", "due_on": "2026-12-18"}],
    "squad_member": [{"person_id": "U-1", "function": "kam"}, {"person_id": "U-3", "function": "service"}],
    "review": [{"kind": "internal", "held_on": "2026-09-09"}],
}  # fmt: skip


def test_the_chain_from_the_customers_goal_to_the_review() -> None:
    """D19: customer's goal, our goal, KPI, initiative, squad owner and review in one row without gaps."""
    (row,) = goal_setting.trace(goals({"insight_id": "I1"}, **CHAIN))
    assert row.customer_goal == "4 % högre tillgänglighet"
    assert "Byt tätningar" in str(row.initiatives)
    assert str(row.owner).endswith(f"({text.label('function', 'kam')})")
    assert row.reviewed_on == date(2026, 9, 9)
    assert row.gaps is None
    assert not goal_setting.orphans(goals({"insight_id": "I1"}, **CHAIN))


@pytest.mark.parametrize(("change", "more", "kind"), [
    ({}, {"insight": []}, "no_customer_goal"),
    ({"insight_id": "I1", "kpi": None}, {}, "no_kpi"),
    ({"insight_id": "I1"}, {"initiative": []}, "no_initiative"),
    ({"insight_id": "I1", "owner_id": None, "sponsor_id": "U-1"}, {}, "no_owner"),
    ({"insight_id": "I1"}, {"review": [{"kind": "internal", "held_on": "2026-05-26"}]}, "no_review"),
    ({"insight_id": "I1"}, {"initiative": [*CHAIN["initiative"], {"title": "Löst", "status": "planned"}]}, "initiative_alone"),
    ({"insight_id": "I1"}, {"squad_member": [*CHAIN["squad_member"], {"person_id": "U-9", "function": "finance"}]}, "member_alone"),
])  # fmt: skip
def test_each_link_that_is_missing_is_listed(
    change: dict[str, Any], more: dict[str, Rows], kind: str
) -> None:
    """In both directions; each with its cure."""
    loose = goal_setting.orphans(goals(change, **{**CHAIN, **more}))
    assert loose.where(kind=kind)
    assert all(len(str(each.advice)) > 20 for each in loose)


def test_a_customers_goal_that_nobody_serves_is_listed_and_proposed() -> None:
    """It stands in the chain with its gap, among the loose ends, and first in the library's joint goal."""
    account = goals({}, **CHAIN)
    first = goal_setting.trace(account)[0]
    assert first.customer_goal == "4 % högre tillgänglighet"
    assert first.goal_id is None
    assert goal_setting.orphans(account)[0].kind == "unserved"
    proposal = proposed(account)["serve_priority"]
    assert (proposal.state, proposal.insight_id) == ("fits", "I1")


def test_what_is_declined_or_done_does_not_hang_loose() -> None:
    """A declined goal is no goal, its link serves nobody; a finished initiative needs none; money of our own serves us."""
    declined = goals({"insight_id": "I1", "customer_status": "declined"}, **{**CHAIN, "squad_member": []})
    assert {each.kind for each in goal_setting.orphans(declined)} == {"unserved", "initiative_alone"}
    done = [{**CHAIN["initiative"][0], "status": "done"}]
    money = goals({"goal_class": "financial", "side": "ours"}, **{**CHAIN, "insight": [], "initiative": done})
    assert not goal_setting.orphans(money)
    assert str(goal_setting.trace(money)[0].initiatives) == "ett, klart"


def test_by_function_through_a_shared_kpi_or_by_raci_a_member_has_a_goal() -> None:
    """A part in the KPI or a letter on the goal's initiative ties a squad member; being informed does not."""
    squad = [*CHAIN["squad_member"], {"person_id": "U-9", "function": "finance"}]
    for part, loose in (("contributes", False), ("informed", True)):
        shared = [{"goal_id": "G1", "function": "finance", "part": part}]
        account = goals({"insight_id": "I1"}, **{**CHAIN, "squad_member": squad, "shared_kpi": shared})
        assert bool(goal_setting.orphans(account).where(kind="member_alone")) == loose
    raci = [{"initiative_id": "initiative-1", "person_id": "U-9", "letter": "R"}]
    account = goals({"insight_id": "I1"}, **{**CHAIN, "squad_member": squad, "responsibility": raci})
    assert not goal_setting.orphans(account)


@pytest.mark.parametrize(("change", "field"), [
    ({"target": 41}, "same"), ({"due_on": "2025-12-31"}, "dates"), ({"due_on": "2026-09-29"}, "passed"),
    ({"owner_id": "U-7"}, "owner_gone"), ({"sponsor_id": "U-7"}, "sponsor_gone"), ({"sponsor_id": "U-1"}, "same_person"),
])  # fmt: skip
def test_what_does_not_hold_together_is_told_with_its_cure(change: dict[str, Any], field: str) -> None:
    """Each doubt stands once, says how to mend, and is silent on a goal that holds."""
    gone: Rows = [{"contact_id": "U-7", "side": "ours", "gone_on": "2026-06-01"}]
    account = goals(change, contact=gone)
    (doubt,) = goal_setting.check(account).where(field=field)
    assert doubt.state == "doubtful"
    assert len(str(doubt.remark)) > 40
    sound = goals({}, contact=gone)
    assert not goal_setting.check(sound).where(field=field)


def test_too_many_goals_names_those_that_lack_the_most() -> None:
    """Of six goals the one without KPI and source is named, not the others."""
    account = goals(
        *({"row_id": f"G{n}"} for n in range(5)),
        {"row_id": "G9", "title": "Vagt", "kpi": None, "source": None},
    )
    assert str(goal_setting.check(account)[-1].remark).endswith("Mest saknas i: Vagt.")


def test_a_yes_without_owner_or_day_is_not_whole() -> None:
    """S2.5: a confirmed joint goal has the customer's owner and the day."""
    for change in ({"customer_owner_id": None}, {"customer_status_on": None}):
        assert [each.step for each in goal_setting.joint(goals(change))] == ["complete"]
    assert [each.step for each in goal_setting.joint(goals({}))] == ["hold"]
    (served,) = goal_setting.joint(goals({"insight_id": "I1"}, **CHAIN))
    assert served.serves == "4 % högre tillgänglighet"


STEPS: list[tuple[str, dict[str, Any], dict[str, Rows]]] = [
    ("name_owner", {"owner_id": None}, {}),
    ("mend", {"target": None}, {}),
    ("close", {"due_on": "2026-08-31"}, {}),
    ("drive", {}, {"initiative": []}),
    ("measure", {}, {"reading": []}),
    ("recover", {}, {"reading": [{**READ, "value": 41}]}),
    ("ask_customer", {"customer_status": "proposed"}, {}),
    ("anchor", {"signed_on": None}, {}),
    ("catch_up", {}, {"reading": [{**READ, "value": 32.5}]}),
    ("fix", {"sponsor_id": "U-1"}, {}),
    ("estimate", {"goal_class": "financial"}, {}),
    ("lower", {"low": 22, "likely": 25, "high": 30}, {}),
    ("measure_next", {"frequency": "quarterly"}, {}),
    ("hold", {}, {}),
]


@pytest.mark.parametrize(
    ("step", "change", "more"), STEPS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_the_page_says_the_one_next_thing(step: str, change: dict[str, Any], more: dict[str, Rows]) -> None:
    """What makes the rest pointless comes first; every step has its sentence in both languages."""
    rows: dict[str, Rows] = {"reading": [READ], "initiative": [{"title": "I", "goal_id": "G1", "hours": 10}],
                             "squad_member": [{"person_id": "U-1", "function": "kam", "hours_year": 80}]}  # fmt: skip
    (line,) = goal_setting.one_page(goals(change, **{**rows, **more}))
    assert line.step == step
    assert len(str(line.next)) > 15
    assert set(text.entry(f"next.{step}")) == {"sv", "en"}


def test_the_headline_counts_what_it_says() -> None:
    """One of one joint goal confirmed, one of two signed, one of one measured on track; none without goals."""
    account = goals({}, {"row_id": "G2", "side": "ours", "signed_on": None}, reading=[READ])
    assert [str(figure["value"]) for figure in goal_setting.figures(account)] == [
        "2",
        "1 av 1 gemensamma",
        "1 av 2",
        "1 av 1 mätta",
    ]
    assert goal_setting.figures(bundles.account()) == []


def test_thin_data_gives_empty_views_and_no_fault() -> None:
    """Accounts and revenue alone: every view answers, with the columns that its sheet shows."""
    thin = bundles.account(revenue=bundles.months("2026-09", [1e6] * 24))
    for name, view in (
        ("goals_page", goal_setting.one_page), ("goal_cards", goal_setting.cards), ("goal_outlook", goal_setting.outlook),
        ("goal_trace", goal_setting.trace), ("goal_orphans", goal_setting.orphans),
    ):  # fmt: skip
        rows = view(thin).frame()
        assert rows.empty
        assert set(text.entry(f"sheet.{name}")["columns"]) <= set(rows.columns)
