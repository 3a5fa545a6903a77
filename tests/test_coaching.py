"""Rules over a plan and over all plans, each with a case that fires it and one that does not; the ten tips."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bundles import account, months, portfolio

from kamlib import text, words
from kamlib.data import workspace
from kamlib.errors import Finding
from kamlib.method import coaching, measures, planning

Tables = dict[str, list[dict[str, Any]]]

PLAN = {"year": 2026, "owner_id": "P1", "sponsor_id": "P2", "approved_on": "2026-09-01"}
GOAL = {
    "row_id": "g1",
    "title": "Färre stopp",
    "goal_class": "strategic",
    "side": "joint",
    "kpi": "stopptimmar",
    "baseline": 41,
    "target": 20,
    "due_on": "2027-06-30",
    "owner_id": "P1",
    "sponsor_id": "P2",
    "signed_on": "2026-05-27",
    "customer_status": "confirmed",
}
STEP = {
    "row_id": "i1",
    "title": "Byt tätning",
    "goal_id": "g1",
    "owner_id": "P1",
    "customer_owner_id": "C1",
    "due_on": "2026-12-01",
    "status": "ongoing",
}
MEETING = {"title": "Samarbetsmöte", "kind": "customer_review", "planned_on": "2026-11-12"}
SQUAD = [
    {"person_id": f"P{n}", "function": function}
    for n, function in enumerate(("kam", "service", "technology", "delivery"), 1)
]
PEOPLE = [
    {"contact_id": "P1", "side": "ours", "name": "Elin"},
    {"contact_id": "C1", "side": "customer", "name": "Bo", "title": "underhållschef"},
    {"contact_id": "C2", "side": "customer", "name": "Ulrika", "title": "platschef"},
]


def promised(direction: str, *, late: int, kept: int) -> list[dict[str, Any]]:
    """Promises due in May, done in time or eleven days late."""
    days = ["2026-05-12"] * late + ["2026-05-01"] * kept
    return [{"title": "x", "direction": direction, "due_on": "2026-05-01", "done_on": day} for day in days]


def met(*contacts: str, held_on: str = "2026-09-15") -> list[dict[str, Any]]:
    """Two-way contacts, one per id given."""
    return [
        {"touchpoint_id": str(n), "contact_id": contact, "held_on": held_on, "is_two_way": True}
        for n, contact in enumerate(contacts)
    ]


def buyer(contact_id: str) -> list[dict[str, Any]]:
    """The one who decides about the money."""
    return [{"contact_id": contact_id, "role": "economic", "influence": 5}]


def bought(*years: float, group: str = "Slang") -> list[dict[str, Any]]:
    """The same amount every month of each year."""
    return months("2026-09", [year / 12 for year in years for _ in range(12)], product_group=group)


def scored(*scores: float) -> list[dict[str, Any]]:
    """NPS answers, one person each."""
    return [
        {
            "feedback_id": str(n),
            "contact_id": f"C{n}",
            "answered_on": "2026-06-01",
            "kind": "nps",
            "score": score,
        }
        for n, score in enumerate(scores)
    ]


#: rule -> (tables that fire it, tables that do not)
CASES: dict[str, tuple[Tables, Tables]] = {
    "no_plan": ({}, {"account_plan": [PLAN]}),
    "no_owner": ({"account_plan": [{**PLAN, "owner_id": None}]}, {"account_plan": [PLAN], "contact": PEOPLE}),
    "no_sponsor": ({"account_plan": [{**PLAN, "sponsor_id": None}]}, {"account_plan": [PLAN]}),
    "no_strategy_line": (
        {"account_plan": [PLAN]},
        {"account_plan": [{**PLAN, "strategy_line": "driftsäkerhet", "customer_need": "färre stopp"}]},
    ),
    "stale_plan": ({"account_plan": [{**PLAN, "approved_on": "2025-10-24"}]}, {"account_plan": [PLAN]}),
    "event_newer_than_plan": (
        {"account_plan": [{**PLAN, "approved_on": "2026-05-01"}],
         "event": [{"kind": "acquisition", "title": "Köpt", "happened_on": "2026-06-15"}]},
        {"account_plan": [PLAN], "event": [{"kind": "acquisition", "title": "Köpt", "happened_on": "2026-06-15"}]},
    ),
    "review_missed": (
        {"account_plan": [PLAN], "review": [{"kind": "internal", "held_on": "2026-05-20"}]},
        {"account_plan": [PLAN], "review": [{"kind": "internal", "held_on": "2026-09-09"}]},
    ),
    "no_next_meeting": (
        {"account_plan": [PLAN]},
        {"account_plan": [PLAN], "meeting": [{"title": "m", "kind": "visit", "planned_on": "2026-11-12"}]},
    ),
    "too_many_goals": (
        {"goal": [{**GOAL, "row_id": str(n)} for n in range(6)]},
        {"goal": [{**GOAL, "row_id": str(n)} for n in range(5)]},
    ),
    "goal_without_owner": ({"goal": [{**GOAL, "owner_id": None}]}, {"goal": [GOAL]}),
    "goal_without_sponsor": ({"goal": [{**GOAL, "sponsor_id": None}]}, {"goal": [GOAL]}),
    "goal_without_measure": ({"goal": [{**GOAL, "baseline": None}]}, {"goal": [GOAL]}),
    "goal_without_initiative": ({"goal": [GOAL]}, {"goal": [GOAL], "initiative": [STEP]}),
    "declined_goal_waits": (
        {"goal": [{**GOAL, "customer_status": "declined", "customer_said": "Inte nu.", "ask_again_on": "2027-01-20"}]},
        {"goal": [{**GOAL, "customer_status": "declined", "customer_said": "Inte nu.", "ask_again_on": "2026-09-20"}]},
    ),
    "declined_goal_due": (
        {"goal": [{**GOAL, "customer_status": "declined", "ask_again_on": "2026-09-20"}]},
        {"goal": [{**GOAL, "customer_status": "declined", "ask_again_on": "2027-01-20"}]},
    ),
    "initiative_without_customer_owner": (
        {"goal": [GOAL], "initiative": [{**STEP, "customer_owner_id": None}]},
        {"goal": [{**GOAL, "side": "ours"}], "initiative": [{**STEP, "customer_owner_id": None}]},
    ),
    "initiative_without_owner": ({"initiative": [{**STEP, "owner_id": None}]}, {"initiative": [STEP]}),
    "initiative_overdue": (
        {"initiative": [{**STEP, "due_on": "2026-09-01"}]},
        {"initiative": [{**STEP, "due_on": "2026-09-01", "status": "done"}]},
    ),
    "risk_without_signal": ({"risk": [{"title": "r"}]}, {"risk": [{"title": "r", "signal": "annons"}]}),
    "risk_without_action": (
        {"risk": [{"title": "r", "probability": 1, "impact": 5}]},
        {"risk": [{"title": "r", "probability": 3, "impact": 3}]},
    ),
    "broken_promises": (
        {"commitment": promised("ours", late=7, kept=5)},
        {"commitment": promised("ours", late=2, kept=8)},
    ),
    "promise_overdue": (
        {"commitment": [{"title": "Lager", "direction": "ours", "due_on": "2026-08-31"}]},
        {"commitment": [{"title": "Lager", "direction": "ours", "due_on": "2026-10-31"}]},
    ),
    "customer_promise_overdue": (
        {"commitment": [{"title": "Prognos", "direction": "customer", "due_on": "2026-06-05"}]},
        {"commitment": [{"title": "Lager", "direction": "ours", "due_on": "2026-08-31"}]},
    ),
    "squad_gap": (
        {"squad_member": [{"person_id": "P1", "function": "kam"}]},
        {"squad_member": [
            {"person_id": "P1", "function": each}
            for each in ("kam", "service", "technology", "delivery", "quality", "finance")
        ]},
    ),
    "decision_waits": (
        {"decision": [{"title": "Jouravtal", "status": "asked", "asked_on": "2026-08-01"}]},
        {"decision": [{"title": "Jouravtal", "status": "decided", "asked_on": "2026-08-01"}]},
    ),
    "review_not_told": (
        {"review": [{"kind": "internal", "held_on": "2026-09-09", "row_id": "r1"}],
         "communication": [{"receiver": "squad", "review_id": "r1", "sent_on": "2026-09-10"}]},
        {"review": [{"kind": "internal", "held_on": "2026-09-09", "row_id": "r1"}],
         "communication": [{"receiver": each, "review_id": "r1", "sent_on": "2026-09-10"}
                           for each in ("squad", "management")]},
    ),
    "tender_runs": (
        {"event": [{"kind": "tender", "title": "LUF", "happened_on": "2026-08-01", "ends_on": "2027-01-15"}]},
        {"event": [{"kind": "tender", "title": "LUF", "happened_on": "2025-08-01", "ends_on": "2026-01-15"}]},
    ),
    "customers_compete": (
        {"account": [{"account_id": "A-1", "name": "Ett", "competes_with": "A-2"}]},
        {"account": [{"account_id": "A-1", "name": "Ett"}]},
    ),
    "legal_first": (
        {"goal": [{**GOAL, "kpi": "andel av inköpen"}], "assessment": [{"criterion": "our_position", "score": 4}]},
        {"goal": [{**GOAL, "kpi": "andel av inköpen"}], "assessment": [{"criterion": "our_position", "score": 3}]},
    ),
    "hero_not_asked": (
        {"contact": PEOPLE, "story": [{"situation": "s", "hero_id": "C1", "told_on": "2026-09-01", "told_to": "ledningen"}]},
        {"contact": PEOPLE, "story": [{"situation": "s", "hero_id": "C1", "told_on": "2026-09-01", "told_to": "ledningen"}],
         "value": [{"title": "v", "stage": "confirmed", "confirmed_by": "C1", "may_be_used": "internt"}]},
    ),
    "hangs_on_one": (
        {"contact": PEOPLE, "touchpoint": met(*["C1"] * 9, "C2")},
        {"contact": PEOPLE, "touchpoint": met(*["C1"] * 6, *["C2"] * 4)},
    ),
    "economic_buyer_unknown": (
        {"contact": PEOPLE, "stakeholder": [{"contact_id": "C1", "role": "user"}]},
        {"contact": PEOPLE, "stakeholder": buyer("C2")},
    ),
    "economic_buyer_unmet": (
        {"contact": PEOPLE, "stakeholder": buyer("C2"), "touchpoint": met("C1")},
        {"contact": PEOPLE, "stakeholder": buyer("C2"), "touchpoint": met("C2")},
    ),
    "contact_due": (
        {"contact": PEOPLE, "stakeholder": [{"contact_id": "C1", "role": "champion"}],
         "touchpoint": met("C1", held_on="2026-03-01")},
        {"contact": PEOPLE, "stakeholder": [{"contact_id": "C1", "role": "champion"}], "touchpoint": met("C1")},
    ),
    "insight_assumed_old": (
        {"insight": [{"goal": "färre leverantörer", "grade": "assumed", "graded_on": "2026-06-01"}]},
        {"insight": [{"goal": "färre leverantörer", "grade": "told", "graded_on": "2026-06-01"}]},
    ),
    "nothing_confirmed": (
        {"insight": [{"goal": "g", "grade": "told"}]},
        {"insight": [{"goal": "g", "grade": "told"}, {"goal": "h", "grade": "confirmed"}]},
    ),
    "value_unconfirmed": (
        {"value": [{"title": "v", "stage": "measured", "amount": 192_200}]},
        {"value": [{"title": "v", "stage": "confirmed", "amount": 192_200}]},
    ),
    "value_lost": (
        {"value": [{"title": "v", "stage": "confirmed", "amount": -594_000}]},
        {"value": [{"title": "v", "stage": "confirmed", "amount": 594_000}]},
    ),
    "service_eats_profit": (
        {"revenue": months("2026-09", [10.0] * 12, contribution_margin=2.0),
         "service_cost": [{"month": "2026-09-01", "activity": "call_outs", "cost": 27.0}]},
        {"revenue": months("2026-09", [10.0] * 12, contribution_margin=2.0)},
    ),
    "revenue_falls": ({"revenue": bought(100, 80)}, {"revenue": bought(100, 81)}),
    "flat_group": ({"revenue": bought(50, 50.5, 50)}, {"revenue": bought(50, 52, 54)}),
    "below_budget": (
        {"revenue": bought(100, 95), "budget": [{"month": "2026-09-01", "budget": 100 / 12}]},
        {"revenue": bought(100, 95.1), "budget": [{"month": "2026-09-01", "budget": 100 / 12}]},
    ),
    "forecasts_clash": (
        {"revenue": bought(100, 100), "forecast": [{"made_on": "2026-09-01", "year": 2026, "low": 80, "likely": 85,
                                                    "high": 90}]},
        {"revenue": bought(100, 100), "forecast": [{"made_on": "2026-09-01", "year": 2026, "low": 80, "likely": 95,
                                                    "high": 110}]},
    ),
    "project_slips": (
        {"project": [{"project_id": "1", "name": "Docka 3", "status": "ongoing", "planned_end_on": "2026-09-01",
                      "expected_end_on": "2026-11-03"}]},
        {"project": [{"project_id": "1", "name": "Docka 3", "status": "ongoing", "planned_end_on": "2026-09-01",
                      "expected_end_on": "2026-09-14"}]},
    ),
    "delivery_low": (
        {"revenue": bought(1), "delivery": [{"month": "2026-09-01", "lines_due": 100, "lines_on_time_in_full": 81}]},
        {"revenue": bought(1), "delivery": [{"month": "2026-09-01", "lines_due": 100, "lines_on_time_in_full": 90}]},
    ),
    "severe_case_open": (
        {"case": [{"case_id": "1", "title": "Läcka", "severity": "critical", "opened_on": "2026-08-24"}]},
        {"case": [{"case_id": "1", "title": "Läcka", "severity": "low", "opened_on": "2026-08-24"}]},
    ),
    "mean_hides_low": ({"feedback": scored(4, 9, 9, 10, 10)}, {"feedback": scored(7, 9, 9, 10, 10)}),
    "nobody_answered": ({"account_plan": [PLAN]}, {"account_plan": [PLAN], "feedback": scored(9)}),
    "agreement_ends": (
        {"agreement": [{"agreement_id": "1", "kind": "framework", "ends_on": "2027-02-28", "notice_months": 3}]},
        {"agreement": [{"agreement_id": "1", "kind": "framework", "ends_on": "2027-12-31", "notice_months": 3}]},
    ),
    "meeting_days_differ": (
        {"account_plan": [{**PLAN, "next_meeting_on": "2026-10-14"}], "meeting": [MEETING]},
        {"account_plan": [{**PLAN, "next_meeting_on": "2026-11-12"}], "meeting": [MEETING]},
    ),
    "initiative_without_accountable": (
        {"initiative": [STEP], "squad_member": SQUAD},
        {"initiative": [STEP], "squad_member": SQUAD,
         "responsibility": [{"initiative_id": "i1", "person_id": "P1", "letter": "A"}]},
    ),
    "person_overloaded": (
        {"contact": PEOPLE, "initiative": [{**STEP, "row_id": f"i{n}"} for n in range(7)]},
        {"contact": PEOPLE, "initiative": [{**STEP, "row_id": f"i{n}", "status": "ongoing" if n else "done"}
                                           for n in range(7)]},
    ),
    "rhythm_without_date": (
        {"meeting": [{"title": "m", "kind": "squad", "every_weeks": 2, "held_on": "2026-09-18"}]},
        {"meeting": [{"title": "m", "kind": "squad", "every_weeks": 2, "planned_on": "2026-10-02"}]},
    ),
    "goal_of_one_function": (
        {"goal": [GOAL], "squad_member": SQUAD[:1]},
        {"goal": [GOAL], "squad_member": SQUAD[:1],
         "shared_kpi": [{"goal_id": "g1", "function": "service", "part": "contributes"}]},
    ),
    "journey_step_sore": (
        {"journey_step": [{"step": 1, "title": "Ta emot", "score": 2}]},
        {"journey_step": [{"step": 1, "title": "Ta emot", "score": 2, "initiative_id": "i1"}]},
    ),
}  # fmt: skip

TWO = [
    {"account_id": "K01", "name": "Ljungvarp", "competes_with": "K07"},
    {"account_id": "K07", "name": "Hallakoski"},
]
PLANS = [{"account_id": name, "year": 2026, "owner_id": "P1", "hours_year": 700} for name in ("K01", "K07")]
MANY = [{"account_id": name, "name": name} for name in "ABCDEFGHIJ"]
SAME = "Vi ska bli kundens självklara val för driftsäkerhet."

COMPANY_CASES: dict[str, tuple[Tables, Tables]] = {
    "hours_short": (
        {"account_plan": PLANS, "contact": [{**PEOPLE[0], "capacity_hours_year": 1150}]},
        {"account_plan": PLANS, "contact": [{**PEOPLE[0], "capacity_hours_year": 1400}]},
    ),
    "large_customer": (
        {"account": MANY, "revenue": [
            {"account_id": name, "month": "2026-09-01", "revenue": amount, "product_group": "x"}
            for name, amount in zip("ABCDEFGHIJ", [11, 9, *[10] * 8], strict=True)]},
        {"account": MANY, "revenue": [{"account_id": name, "month": "2026-09-01", "revenue": 10} for name in "ABCDEFGHIJ"]},
    ),
    "wall_broken": (
        {"account": TWO, "squad_member": [
            {"account_id": name, "person_id": "P1", "function": "service"} for name in ("K01", "K07")]},
        {"account": TWO, "squad_member": [
            {"account_id": "K01", "person_id": "P1", "function": "service"},
            {"account_id": "K07", "person_id": "P2", "function": "service"}]},
    ),
    "copied_text": (
        {"account": TWO, "account_plan": [{**plan, "ambition": SAME} for plan in PLANS]},
        {"account": TWO, "account_plan": [{**PLANS[0], "ambition": SAME}]},
    ),
    "selection_old": (
        {"selection": [{"account_id": "K01", "outcome": "grow", "is_key": True, "decided_on": "2025-08-01"}]},
        {"selection": [{"account_id": "K01", "outcome": "grow", "is_key": True, "decided_on": "2025-11-12"}]},
    ),
}  # fmt: skip


def test_every_rule_has_its_two_cases() -> None:
    """No rule without a case that fires it, and at least forty rules in all (D5)."""
    assert CASES.keys() == coaching.RULES.keys()
    assert COMPANY_CASES.keys() == coaching.COMPANY_RULES.keys()
    assert len(CASES) >= 40


def found(rule: str, tables: Tables) -> list[Finding]:
    """What one rule finds in the account made of the tables."""
    return coaching.RULES[rule].findings(account(**dict(tables)))


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fires_and_stays_quiet(rule: str) -> None:
    """The first case gives the finding, the second does not."""
    fires, quiet = CASES[rule]
    assert found(rule, fires)
    assert not found(rule, quiet)


@pytest.mark.parametrize("rule", COMPANY_CASES)
def test_a_company_rule_fires_and_stays_quiet(rule: str) -> None:
    """The same over all accounts."""
    fires, quiet = COMPANY_CASES[rule]
    assert rule in {hit.rule for hit in coaching.check_company(portfolio(**fires))}
    assert rule not in {hit.rule for hit in coaching.check_company(portfolio(**quiet))}


@pytest.mark.parametrize("lang", text.LANGUAGES)
@pytest.mark.parametrize("rule", [*CASES, *COMPANY_CASES])
def test_a_finding_says_what_why_and_what_to_do(rule: str, lang: str) -> None:
    """Evidence, reason and cure are whole sentences in both languages, with every value filled."""
    text.use(lang)
    hits = (
        found(rule, CASES[rule][0])
        if rule in CASES
        else coaching.check_company(portfolio(**COMPANY_CASES[rule][0]))
    )
    for hit in hits:
        row = coaching.explained(hit)
        for part in (str(row.evidence), str(row.why), str(row.mend)):
            assert part[-1] in '.?!”"', (rule, part)
            assert not re.search(r"{|\bnan\b|NaT|None|<NA>", part), part
        assert hit.sentence().endswith(f"{row.evidence} {row.mend}")


def test_what_is_worth_most_comes_first_then_what_is_most_severe() -> None:
    """P17: a page shows three; these put the most at stake, and among equals the most severe."""
    view = account(account_plan=[PLAN], goal=[{**GOAL, "owner_id": None, "sponsor_id": None}])
    chances = view.limit("finding_chances")
    order = [
        (-chances.get(hit.rule, chances["other"]) * (1.0 if "days" in hit.values else 0.7), hit.severity)
        for hit in coaching.check(view)
        if "by" not in hit.place
    ]
    assert len(order) > 3
    assert order == sorted(order, key=lambda each: (each[0], ["error", "warning", "note"].index(each[1])))


def test_the_finding_names_its_row() -> None:
    """Evidence links to the exact row."""
    told = {hit.rule: hit for hit in coaching.check(account(goal=[{**GOAL, "owner_id": None}]))}
    assert told["goal_without_owner"].place == {"account_id": "A-1", "row_id": "g1"}


def test_a_waiver_holds_until_its_day() -> None:
    """A waiver has a reason and a last day: within it the rule is silent, after it the rule is heard."""
    tables = {"account_plan": [{**PLAN, "sponsor_id": None}]}
    waiver = {"rule": "no_sponsor", "reason": "utses i oktober", "until_on": "2026-10-31"}
    assert "no_sponsor" not in {hit.rule for hit in coaching.check(account(**tables, waiver=[waiver]))}
    old = {**waiver, "until_on": "2026-09-29"}
    assert "no_sponsor" in {hit.rule for hit in coaching.check(account(**tables, waiver=[old]))}
    assert len(coaching.waived(account(waiver=[waiver, old]))) == 1


def test_a_tender_silences_advice_on_contact() -> None:
    """P7: while the tender runs nobody is told to get in touch; operations are still looked after."""
    tender = [{"kind": "tender", "title": "LUF", "happened_on": "2026-08-01", "ends_on": "2027-01-15"}]
    tables: Tables = {
        "contact": PEOPLE,
        "stakeholder": buyer("C2"),
        "event": tender,
        "commitment": [
            {"title": "Lager", "direction": "ours", "due_on": "2026-08-31"},
            {"title": "Prognos", "direction": "customer", "due_on": "2026-06-05"},
        ],
    }
    rules = {hit.rule for hit in coaching.check(account(**dict(tables)))}
    assert "tender_runs" in rules
    assert "promise_overdue" in rules
    assert not rules & {name for name, rule in coaching.RULES.items() if rule.is_contact}
    one = {"contact": PEOPLE, "touchpoint": met(*["C1"] * 9, "C2"), "event": tender}
    hangs = next(hit for hit in coaching.check(account(**one)) if hit.rule == "hangs_on_one")
    assert hangs.mend == words.sentence("tip.silent")


@pytest.mark.parametrize("rule", coaching.RULES)
def test_a_cure_that_needs_a_talk_waits_for_the_tender(rule: str) -> None:
    """P7: the cure of a rule that stands during a tender never sends anybody to the customer, in either language."""
    declared = coaching.RULES[rule]
    if not (declared.is_contact or declared.asks):
        assert not re.search(r"\bkunden\b|\bthe customer\b", " ".join(text.entry(f"mend.{rule}").values()))


def test_a_tender_silences_every_tip_that_could_be_influence() -> None:
    """P7: introductions, corrections, offers, interviews, promises, calls, joint goals and heroes wait."""
    tender = [{"kind": "tender", "title": "LUF", "happened_on": "2026-08-01", "ends_on": "2027-01-15"}]
    for tables in TIPS.values():
        card = coaching.tips(account(**dict(tables), event=tender))
        silent = card.where(state="silent")
        assert [each.tip for each in silent] == ["T2", "T3", "T4", "T5", "T6", "T7", "T8", "T10"]
        assert {each.next_step for each in silent} == {words.sentence("tip.silent")}


# --- one account, one answer: what a finding says is what every page says ---


def rules_of(**tables: Any) -> set[str]:
    """The rules that find something in the account made of the tables."""
    return {hit.rule for hit in coaching.check(account(**tables))}


OF_THE_PLAN = {"no_plan", "no_owner", "no_sponsor", "no_strategy_line", "stale_plan", "no_next_meeting"}


def test_a_draft_for_next_year_is_not_the_plan() -> None:
    """The plan in force is approved by Elin with sponsor and line; Bo's bare draft for 2027 finds nothing."""
    in_force = {**PLAN, "strategy_line": "driftsäkerhet", "customer_need": "färre stopp"}
    draft = {"year": 2027, "owner_id": "C1"}
    asked = {"contact": PEOPLE, "meeting": [MEETING]}
    assert not OF_THE_PLAN & rules_of(**asked, account_plan=[in_force, draft])
    assert not OF_THE_PLAN & rules_of(**asked, account_plan=[draft, in_force])
    assert not OF_THE_PLAN & rules_of(**asked, account_plan=[draft])


def test_the_next_meeting_is_the_accounts() -> None:
    """A day that only the plan names is a next meeting; another day than the booked one is told with both days."""
    named = {**PLAN, "next_meeting_on": "2026-10-14"}
    assert not {"no_next_meeting", "meeting_days_differ"} & rules_of(account_plan=[named])
    view = account(account_plan=[named], meeting=[MEETING])
    (hit,) = coaching.RULES["meeting_days_differ"].findings(view)
    assert view.next_meeting is not None
    assert hit.values == {"day": view.next_meeting.on, "other": view.next_meeting.other_on}
    own_only = [{**MEETING, "kind": "squad"}]
    assert "no_next_meeting" in rules_of(account_plan=[PLAN], meeting=own_only)


@pytest.mark.parametrize(
    ("ends_on", "months_of_notice", "as_of", "state"),
    [
        ("2027-03-31", 3, date(2026, 9, 30), "ahead"),
        ("2027-03-31", 3, date(2026, 9, 29), None),
        ("2026-12-31", 3, date(2026, 9, 30), "today"),
        ("2026-12-31", 3, date(2026, 10, 1), "passed"),
        ("2026-12-31", None, date(2026, 9, 30), "unknown"),
        ("2026-09-29", 0, date(2026, 9, 30), None),
    ],
)
def test_the_last_day_of_notice_decides(
    ends_on: str, months_of_notice: int | None, as_of: date, state: str | None
) -> None:
    """An agreement to 31 March with three months' notice is told from 30 September on: its last day is 31 December."""
    terms = {"agreement_id": "1", "kind": "price", "ends_on": ends_on, "notice_months": months_of_notice}
    view = account(agreement=[terms], as_of=as_of)
    notices = [each.values["notice"] for each in coaching.RULES["agreement_ends"].findings(view)]
    assert [each.value for each in notices] == ([f"agreement.notice.{state}"] if state else [])
    for notice, agreement in zip(notices, measures.agreements(view), strict=False):
        if agreement.notice_on:
            assert text.day(agreement.notice_on) in str(notice) or state == "today"


@pytest.mark.parametrize("grown", [-0.02, -0.015, -0.011, 0.0, 0.0099, 0.012, 0.0151, 0.02, 0.031])
def test_a_group_stands_still_where_every_page_says_so(grown: float) -> None:
    """One word for growth: the finding comes exactly where the group's growth is called flat."""
    view = account(revenue=bought(100, 100 * (1 + grown), 100 * (1 + grown) ** 2))
    is_found = bool(coaching.RULES["flat_group"].findings(view))
    (group,) = planning.volume(view)
    assert {measures.growth_word(view, grown), group.trend} == {group.trend}
    assert is_found == (group.trend == "flat")


def test_a_goal_above_the_forecast_is_told_with_both_figures() -> None:
    """The figures in the finding are those of the year's outlook: the goal, and the highest that the forecast says."""
    goal = {**GOAL, "kpi": "omsättning", "unit": "mkr", "target": 40, "due_on": "2026-12-31"}
    forecast = {"made_on": "2026-09-01", "year": 2026, "low": 33e6, "likely": 37e6, "high": 39.5e6}
    view = account(revenue=bought(38e6, 38e6), goal=[goal], forecast=[forecast])
    (hit,) = coaching.RULES["forecasts_clash"].findings(view)
    outlook = measures.year_outlook(view)
    assert outlook is not None
    assert outlook.clashes == ("goal_above",)
    assert all(text.money(each) in hit.sentence() for each in (outlook.goal, outlook.high))


@pytest.mark.parametrize("lang", text.LANGUAGES)
def test_our_margin_is_never_put_to_the_customer(lang: str) -> None:
    """A customer whose service eats the margin is shown their own usage and two alternatives."""
    text.use(lang)
    (hit,) = found("service_eats_profit", CASES["service_eats_profit"][0])
    wanted = {"sv": ("Visa kunden deras egen användning", "två alternativ"),
              "en": ("Show the customer their own usage", "two alternatives")}  # fmt: skip
    assert all(words_wanted in str(hit.mend) for words_wanted in wanted[lang])
    refused = {"sv": "Lägg fram siffrorna", "en": "Put the figures"}
    assert refused[lang] not in hit.sentence()


def test_a_note_on_one_review_of_the_day_counts_for_the_day() -> None:
    """Management was written to after the internal review; the customer review of that day misses the squad alone."""
    reviews = [
        {"kind": "internal", "held_on": "2026-09-09", "row_id": "r1"},
        {"kind": "customer", "held_on": "2026-09-09", "row_id": "r2"},
    ]
    note = {"receiver": "management", "review_id": "r1", "sent_on": "2026-09-10"}
    (hit,) = found("review_not_told", {"review": reviews, "communication": [note]})
    assert hit.values["receivers"] == words.listed([words.label("receiver", "squad")])


def test_a_broken_wall_is_told_once_of_a_pair() -> None:
    """Both customers name the other, and two people work for both: one finding, whose cure moves nobody."""
    mutual = [{**TWO[0]}, {**TWO[1], "competes_with": "K01"}]
    teams = [
        {"account_id": name, "person_id": person, "function": "service"}
        for name in ("K01", "K07")
        for person in ("P1", "P2")
    ]
    whole = portfolio(account=mutual, squad_member=teams)
    (hit,) = [each for each in coaching.check_company(whole) if each.rule == "wall_broken"]
    assert hit.values["n"] == 2
    assert "Flytta" not in hit.sentence()


def test_the_team_page_is_not_empty_above_red_tables() -> None:
    """S4: loose responsibility, too many tasks, a lonely goal, no next day of a rhythm or with the customer are findings."""
    tables: Tables = {
        "account_plan": [PLAN],
        "goal": [GOAL],
        "squad_member": SQUAD,
        "initiative": [{**STEP, "row_id": f"i{n}"} for n in range(7)],
        "meeting": [{"title": "m", "kind": "squad", "every_weeks": 2, "held_on": "2026-09-18"}],
    }
    shown = {hit.rule for hit in coaching.about(coaching.check(account(**dict(tables))), "S4")}
    assert shown >= {
        "initiative_without_accountable",
        "person_overloaded",
        "goal_of_one_function",
        "rhythm_without_date",
        "no_next_meeting",
    }


def test_nothing_is_coached_in_front_of_the_customer() -> None:
    """The customer's edition holds no findings."""
    assert coaching.check(account(audience="customer")) == []


def test_a_thin_account_gets_one_sentence() -> None:
    """Accounts and revenue alone: one finding that says where to start, not twenty."""
    assert [hit.rule for hit in coaching.check(account(revenue=bought(10, 10, group="")))] == ["no_plan"]


def test_ten_tips_on_an_empty_account() -> None:
    """Ten rows, none in place, each with a next step and a sentence that can be read."""
    card = coaching.tips(account())
    assert [each.tip for each in card] == [f"T{n}" for n in range(1, 11)]
    assert not card.where(state="done")
    for each in card:
        assert not {"nan", "none"} & set(f"{each.evidence} {each.next_step}".lower().split())


TIPS: dict[str, Tables] = {
    "T1": {"goal": [{**GOAL, "due_on": "2028-12-31"}], "initiative": [{**STEP, "is_about_sale": False}]},
    "T2": {
        "contact": [{"contact_id": f"C{n}", "side": "customer", "name": "x"} for n in range(3)],
        "stakeholder": [
            {"contact_id": f"C{n}", "role": role} for n, role in enumerate(("economic", "technical", "champion"))
        ],
        "touchpoint": met("C0", "C1", "C2"),
    },
    "T3": {"insight": [{"goal": "g", "topic": topic, "grade": "confirmed", "graded_on": "2026-08-01"}
                       for topic in ("market", "organisation", "challenges")]},
    "T4": {
        "opportunity": [{"opportunity_id": "1", "name": "o", "value_quantified_on": "2026-05-01",
                         "priced_on": "2026-05-09"}],
        "value": [{"title": "v", "stage": "confirmed", "amount": 842_800, "confirmed_on": "2026-09-08"}],
    },
    "T5": {"journey_step": [{"step": 1, "title": "Plan", "score": 2, "proposal": "möte", "asked_on": "2026-09-02"}]},
    "T6": {
        "revenue": bought(1),
        "commitment": promised("ours", late=0, kept=3),
        "delivery": [{"month": "2026-09-01", "lines_due": 10, "lines_on_time_in_full": 10}],
    },
    "T7": {
        "contact": [{"contact_id": f"C{n}", "side": "customer", "name": "x"} for n in range(5)],
        "stakeholder": [
            {"contact_id": f"C{n}", "role": role}
            for n, role in enumerate(("economic", "technical", "user", "champion", "sponsor"))
        ],
        "touchpoint": [{**row, "is_about_sale": False} for row in met(*(f"C{n}" for n in range(5)))],
    },
    "T8": {"goal": [{**GOAL, "customer_owner_id": "C1"}]},
    "T9": {"story": [{"situation": "a", "tension": "b", "change": "c", "result": "d", "told_to": "ledningen",
                      "told_on": "2026-09-01"}]},
    "T10": {
        "story": [{"situation": "a", "hero_id": "C1"}],
        "value": [{"title": "v", "stage": "confirmed", "amount": 1, "confirmed_on": "2026-09-08",
                   "may_be_used": "hos kunden"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("tip", TIPS)
def test_a_tip_is_in_place(tip: str) -> None:
    """Both checks hold: the tip is in place and the advice is to go on."""
    (row,) = coaching.tips(account(**dict(TIPS[tip]))).where(tip=tip)
    assert (row.state, row.next_step) == ("done", words.sentence("tip.keep"))


@pytest.mark.parametrize(
    "rule", [*coaching.RULES.values(), *coaching.COMPANY_RULES.values()], ids=lambda rule: rule.id
)
def test_each_rule_stands_on_rows_of_the_method(rule: coaching.Rule) -> None:
    """A severity, and the exact rows: S1.1, T1, Q1, P1 or a section 6.x."""
    assert rule.severity in ("error", "warning", "note")
    for row in rule.method.split(", "):
        assert re.fullmatch(r"S[1-5]\.[1-8]|T([1-9]|10)|Q[1-5]|P([1-9]|1\d|2[0-7])|6\.\d{1,2}", row), row


#: Rules of customers that are no key accounts, and one whose day comes later: where the sample shows them.
OTHERS, LATER = ("A-001", "A-139"), "2027-11-30"
#: What happens to no customer of the sample: nobody has seven tasks, and no plan contradicts a booked meeting.
UNTOLD = {"person_overloaded", "meeting_days_differ"}


def test_the_sample_fires_every_rule(sample_file: Path) -> None:
    """Every rule is seen at least once: on the data day, or (the yearly selection) by a stated later day."""
    store = workspace.open(sample_file)
    whole = store.portfolio()
    found = [
        *map(coaching.check, measures.key_views(whole).values()),
        *(coaching.check(whole.view(each)) for each in OTHERS),
    ]
    company = [*coaching.check_company(whole), *coaching.check_company(store.portfolio(LATER))]
    seen = {hit.rule for hits in (*found, company) for hit in hits}
    seen |= {hit.rule for hit in coaching.check(store.account("A-003", LATER))}
    assert (coaching.RULES.keys() | coaching.COMPANY_RULES.keys()) - seen == UNTOLD


def test_a_customer_that_buys_nothing_any_more_has_fallen() -> None:
    """No row in twelve months is a fall of all of it, where the months before had some: silence is not a gap in the data."""
    lost = replace(account(revenue=months("2025-09", [10.0] * 24)), facts_through=pd.Timestamp("2026-09-01"))
    (hit,) = coaching.RULES["revenue_falls"].findings(lost)
    assert hit.values["change"] == words.percent(-1, 1, signed=True)
