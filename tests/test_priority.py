"""What matters most: money at stake, how near the day is, one matter for each cause, and what is done about it."""

from __future__ import annotations

from typing import Any

import pytest
from bundles import account, months, portfolio

from kamlib import schema, text
from kamlib.method import coaching, measures, planning, steering
from kamlib.show import tables

PLAN: dict[str, Any] = {"row_id": "p", "year": 2026, "owner_id": "U-1", "sponsor_id": "U-2"}
PEOPLE: list[dict[str, Any]] = [
    {"contact_id": "U-1", "side": "ours", "name": "Elin Ek"},
    {"contact_id": "U-2", "side": "ours", "name": "Mats Mo"},
]
SOLD = months("2026-09", [1e6] * 24, contribution_margin=0.3e6)
RISK: dict[str, Any] = {
    "row_id": "r", "title": "Kunden delar volymen.", "probability": 4, "impact": 4, "cause": "delivery",
    "action": "Daglig avstämning.", "owner_id": "U-1",
}  # fmt: skip


def world(**rows: Any) -> schema.Account:
    return account(**{"account_plan": [PLAN], "contact": PEOPLE, "revenue": SOLD} | rows)


def found(view: schema.Account) -> dict[str, coaching.Matter]:
    return {each.cause: each for each in coaching.matters(view, coaching.check(view))}


def test_money_at_stake_is_the_chance_of_the_contribution() -> None:
    """Probability 4 and impact 4 are 0.35 x 0.4 of 3.6 million of contribution in twelve months: 504,000."""
    matter = found(world(risk=[RISK]))["delivery"]
    assert matter.share == pytest.approx(0.14)
    assert matter.money == pytest.approx(0.14 * 3.6e6)
    assert matter.rank == pytest.approx(0.14 * 0.7)


def test_money_is_unknown_where_the_contribution_is() -> None:
    """Without a contribution nothing is said in money, and the order stands on the chance alone."""
    view = world(risk=[RISK], revenue=months("2026-09", [1e6] * 24))
    assert found(view)["delivery"].money is None
    keys = [each.get("key") for each in coaching.opening(view, coaching.check(view))]
    assert keys[:3] == ["message.what", "message.risk", None]


@pytest.mark.parametrize(("ends_on", "part"), [
    ("2026-10-30", 1.0), ("2026-10-31", 0.9), ("2026-12-29", 0.9), ("2026-12-30", 0.8), ("2027-03-29", 0.8), ("2027-03-30", 0.6),
])  # fmt: skip
def test_the_nearer_day_weighs_more(ends_on: str, part: float) -> None:
    """Within 30, 90 and 180 days all, nine and eight tenths count, later six (ours)."""
    goal = {
        "row_id": "g",
        "title": "Genomgångar",
        "customer_status": "declined",
        "customer_said": "Nej.",
        "ask_again_on": ends_on,
    }
    matter = found(world(goal=[goal]))["refusal"]
    assert matter.rank == pytest.approx(0.12 * part)


def test_one_cause_is_one_matter_with_what_the_plan_does() -> None:
    """A late promise and the risk of it are told once: the fact, what it may lead to, what is done, who does it."""
    late = [{"row_id": "c", "title": "Lager", "direction": "ours", "owner_id": "U-2", "due_on": "2026-08-31"}]
    view = world(risk=[RISK], commitment=late)
    matter = found(view)["delivery"]
    assert matter.finding is not None
    assert matter.finding.rule == "promise_overdue"
    assert matter.risk is not None
    assert matter.action == coaching.Action("risk", "Daglig avstämning.", "U-1")
    text.use("sv")
    said = [text.t(**each) for each in coaching.opening(view, coaching.check(view)) if each]
    assert "Lager" in said[0]
    assert "Kunden delar volymen." in said[0]
    assert said[1] == "Det gör vi: Daglig avstämning. Ansvarig är Elin Ek."


def test_what_opened_the_page_is_not_said_again() -> None:
    """The list below the opening leaves out the causes that it has told, and nothing else."""
    late = [{"row_id": "c", "title": "Lager", "direction": "ours", "owner_id": "U-2", "due_on": "2026-08-31"}]
    view = world(risk=[RISK], commitment=late)
    findings = coaching.check(view)
    below = coaching.rest(view, findings)
    assert {each.rule for each in findings} - {each.rule for each in below} == {"promise_overdue"}
    assert [each for each in findings if each in below] == below


def test_a_decision_that_waits_comes_before_the_risks_own_action() -> None:
    """Management has been asked: that is what is to happen, with whose answer and by when; also where little is at stake."""
    asked = {
        "row_id": "d",
        "title": "Extra lager",
        "status": "asked",
        "cause": "delivery",
        "owner_id": "U-2",
        "due_on": "2026-10-14",
    }
    view = world(risk=[{**RISK, "probability": 1}], decision=[asked])
    text.use("sv")
    said = [text.t(**each) for each in coaching.opening(view, coaching.check(view)) if each]
    assert said[1] == "Beslut väntar hos Mats Mo: Extra lager (svar senast 2026-10-14)."
    late = world(risk=[RISK], decision=[{**asked, "due_on": "2026-09-01"}])
    assert [each.get("key") for each in coaching.opening(late, coaching.check(late))][
        1
    ] == "message.decision.late"


def test_a_risk_that_nobody_acts_on_has_no_action_of_its_own() -> None:
    """Without action or owner the plan does nothing, and nothing is said to be done."""
    for missing in ({"action": None}, {"owner_id": None}):
        action = found(world(risk=[{**RISK, **missing}]))["delivery"].action
        assert action is None


def test_what_is_small_opens_no_page_and_the_customer_reads_none_of_it() -> None:
    """Below a twentieth of the contribution nothing is called large; a confirmed value is told instead; never to the customer."""
    small = {**RISK, "probability": 1}
    value = {"title": "Färre stopp", "stage": "confirmed", "amount": 500_000, "confirmed_on": "2026-09-01"}
    calm = world(risk=[small], value=[value])
    assert [each["key"] for each in coaching.opening(calm, coaching.check(calm))] == ["message.confirmed"]
    assert coaching.opening(world(risk=[small]), ()) == []
    theirs = account(account_plan=[PLAN], risk=[RISK], revenue=SOLD, audience="customer")
    assert coaching.opening(theirs, ()) == []
    assert coaching.headline(theirs, ()) == ""


def test_a_page_has_one_heading_its_own_or_the_notebooks() -> None:
    """With a headline the masthead carries it, escaped; without one it names the customer below the notebook's heading."""
    view = world()
    own = tables.masthead(view, "review", "Testkund <AB>: sent").html
    assert "<h1>Testkund &lt;AB&gt;: sent</h1>" in own
    assert "kam-who" not in own.split("</style>")[-1]
    assert '<p class="kam-who">Testkund AB</p>' in tables.masthead(view, "review").html


def test_the_page_of_all_accounts_has_one_line_each_the_most_money_first() -> None:
    """Who and when are those of the action, never of the plan; an account where nothing is large stands last."""
    both = [{"account_id": each, "name": f"Kund {each}"} for each in ("A-1", "A-2", "A-3")]
    chosen = [
        {"account_id": each, "is_key": True, "decided_on": "2025-09-01"} for each in ("A-1", "A-2", "A-3")
    ]
    sold = [
        {**row, "account_id": each, "contribution_margin": money}
        for each, money in (("A-1", 1e5), ("A-2", 9e5))
        for row in SOLD
    ]
    risks = [{**RISK, "row_id": f"r-{each}", "account_id": each} for each in ("A-1", "A-2")]
    asked = {
        "row_id": "d",
        "account_id": "A-1",
        "title": "Extra lager",
        "status": "asked",
        "cause": "delivery",
        "owner_id": "U-2",
        "due_on": "2026-10-14",
    }
    bundle = portfolio(
        account=both, selection=chosen, revenue=sold, risk=risks, decision=[asked], contact=PEOPLE
    )
    lines = coaching.lines(bundle)
    assert [each.account_id for each in lines] == ["A-2", "A-1", "A-3"]
    assert [each.person_id for each in lines] == ["U-1", "U-2", None]
    assert [str(each.by) for each in lines] == ["None", "2026-10-14", "None"]
    assert lines[0].money == pytest.approx(0.14 * 10.8e6)
    assert lines[2].what is None


def test_a_judged_loss_is_never_told_as_a_certain_one() -> None:
    """Where the plan's risk outweighs what the service costs, the money is the risk's, and is said to be our judgement."""
    cost = [{"month": each["month"], "activity": "callout", "cost": 310_000} for each in SOLD[12:]]
    heavy = {**RISK, "probability": 5, "impact": 5, "cause": "service_cost"}
    view = world(risk=[heavy], service_cost=cost)
    keys = {each["key"] for each in coaching.opening(view, coaching.check(view)) if each}
    assert "message.worth" in keys
    alone = world(service_cost=[{**each, "cost": 500_000} for each in cost])
    said = [each for each in coaching.opening(alone, coaching.check(alone)) if each]
    assert said[2]["key"] == "message.certain.service_eats_profit"
    assert str(said[2]["money"]) == f"2,4{text.NBSP}mkr"


def test_a_customer_who_brings_nothing_has_no_money_at_stake() -> None:
    """A contribution at or below zero is nothing to lose: no sum, and no sum below zero."""
    view = world(risk=[RISK], revenue=months("2026-09", [1e6] * 24, contribution_margin=-1e5))
    assert found(view)["delivery"].money is None


def test_only_what_the_customer_confirmed_is_told_as_confirmed() -> None:
    """Without a day, without an amount or by one of ours it heads no page and counts in no ledger."""
    value = {"title": "Färre stopp", "stage": "confirmed", "amount": 500_000, "confirmed_on": "2026-09-01"}
    for change in ({"confirmed_on": None}, {"amount": None}, {"confirmed_by": "U-1"}):
        view = world(value=[{**value, **change}])
        assert coaching.opening(view, coaching.check(view)) == []
        assert [each.is_counted for each in planning.value_ledger(view)] == [False]


def test_the_year_against_its_budget_is_one_answer() -> None:
    """An account's finding and management's table stand on the same months: those that have a budget."""
    budget = [{"month": f"2026-{n:02}-01", "budget": 1.5e6} for n in range(1, 7)]
    one = measures.budget_gap(world(budget=budget))
    assert (one.revenue, one.budget) == (6e6, 9e6)
    bundle = portfolio(
        account=[{"account_id": "A-1", "name": "Kund"}],
        selection=[{"account_id": "A-1", "is_key": True, "decided_on": "2025-09-01"}],
        revenue=[{**each, "account_id": "A-1"} for each in SOLD],
        budget=[{**each, "account_id": "A-1"} for each in budget],
    )
    (row,) = steering.outlook(bundle).to_dict("records")
    assert (row["revenue"], row["budget"], row["gap_share"]) == (6e6, 9e6, one.share)
