"""Step 4: the squad, its responsibilities, its measures and its rhythm."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest
from bundles import account, portfolio

from kamlib.method import measures, team

PEOPLE = [{"contact_id": f"P{n}", "side": "ours", "name": f"Person {n}"} for n in range(9)]
FULL = ("kam", "sponsor", "service", "technology", "delivery", "quality", "finance")


def squad(*functions: str) -> list[dict[str, Any]]:
    """One person per function."""
    return [{"person_id": f"P{n}", "function": function} for n, function in enumerate(functions)]


def test_the_minimum_squad_of_p22_has_no_gap() -> None:
    """Seven functions, each filled: nothing is missing; a running project asks for a project lead."""
    view = account(contact=PEOPLE, squad_member=squad(*FULL))
    assert {each.state for each in team.match(view)} == {"filled"}
    running = [{"project_id": "1", "name": "x", "status": "ongoing"}]
    rows = team.match(account(contact=PEOPLE, squad_member=squad(*FULL), project=running))
    assert [each.function for each in rows.where(state="missing")] == ["project"]


@pytest.mark.parametrize("missing", FULL)
def test_each_function_of_the_minimum_is_missed(missing: str) -> None:
    """Take one away and exactly that one is missing, with its level."""
    rows = team.match(
        account(contact=PEOPLE, squad_member=squad(*(each for each in FULL if each != missing)))
    )
    (gap,) = rows.where(state="missing")
    assert gap.function == missing
    assert gap.level is not None


def test_owner_and_sponsor_of_the_plan_are_in_the_squad() -> None:
    """Nobody writes the KAM twice; a person whose last day has passed leaves the function open."""
    people = [{"contact_id": "P1", "side": "ours", "name": "N", "gone_on": "2025-10-31"}]
    view = account(contact=people, account_plan=[{"year": 2026, "owner_id": "P1", "sponsor_id": "P2"}])
    rows = team.match(view)
    assert [(each.function, each.state) for each in rows.where(person_id="P1")] == [("kam", "left")]
    assert [(each.function, each.state) for each in rows.where(person_id="P2")] == [("sponsor", "filled")]
    assert "kam" in [each.function for each in rows.where(state="missing")]


def test_the_customer_sees_no_vacancies() -> None:
    """In the customer's edition 04 has names and roles only."""
    assert not team.match(account(audience="customer"))
    rows = team.match(account(audience="customer", contact=PEOPLE, squad_member=squad("kam")))
    assert list(rows) == [team.Place("kam", "P0")]


def test_hours_needed_against_hours_that_exist() -> None:
    """One KAM, four plans: 1 420 hours needed, 1 150 exist, 270 short."""
    plans = [
        {"account_id": name, "year": 2026, "owner_id": "PL", "hours_year": needed}
        for name, needed in {"K03": 420, "K05": 300, "K08": 400, "K10": 300}.items()
    ]
    old = [{"account_id": "K03", "year": 2025, "owner_id": "PL", "hours_year": 999}]
    person = [{"contact_id": "PL", "side": "ours", "capacity_hours_year": 1150}]
    row = measures.hours(portfolio(account_plan=old + plans, contact=person))[0]
    assert row == measures.KamHours("PL", 4, 1420, 1150, -270, "short")
    planned = [
        {"account_id": name, "person_id": "PL", "function": "kam", "hours_year": 400}
        for name in ("K03", "K05")
    ]
    unknown = measures.hours(portfolio(account_plan=plans, squad_member=planned))[0]
    assert unknown.state == "unknown"  # hours of the same plans say nothing of the hours that exist


@pytest.mark.parametrize(
    ("accountable", "responsible", "small"), list(product(range(4), range(3), [True, False]))
)
def test_raci_grid(accountable: int, responsible: int, small: bool) -> None:
    """Exactly one A and, in a squad of four or more, at least one R: every cell has one state."""
    state = team.raci_state(accountable, responsible, small=small)
    right = accountable == 1 and (small or responsible > 0)
    assert (state == "ok") == right
    expected = {0: "no_accountable", 1: "nobody_responsible"}.get(accountable, "several_accountable")
    assert right or state == expected


def test_raci_of_open_initiatives() -> None:
    """Letters decide in a full squad; in a small one the owner is A, and what is done is not asked about."""
    initiative = [
        {"title": "a", "owner_id": "P1", "status": "ongoing", "row_id": "i1"},
        {"title": "b", "owner_id": "P1", "status": "done", "row_id": "i2"},
    ]
    letters = [
        {"initiative_id": "i1", "person_id": "P1", "letter": "A"},
        {"initiative_id": "i1", "person_id": "P2", "letter": "R"},
        {"initiative_id": "i2", "person_id": "P2", "letter": "A"},
    ]
    full = {"contact": PEOPLE, "squad_member": squad(*FULL), "initiative": initiative}
    assert [each.state for each in team.raci(account(**full, responsibility=letters))] == ["ok"]
    assert [each.state for each in team.raci(account(**full))] == ["no_accountable"]
    assert [each.state for each in team.raci(account(initiative=initiative))] == ["ok"]
    assert measures.is_small_squad(account(initiative=initiative))


def test_nobody_is_overloaded_silently() -> None:
    """Six open initiatives are the limit (ours); the seventh overloads."""
    initiative = [{"title": str(n), "owner_id": "P1", "status": "planned", "hours": 10} for n in range(7)]
    (row,) = team.loads(account(initiative=initiative))
    assert (row.tasks, row.hours, row.state) == (7, 70, "overloaded")
    assert team.loads(account(initiative=initiative[:6]))[0].state == "ok"


def test_an_initiative_without_hours_is_said_in_the_load() -> None:
    """Two of three have hours: the sum is of two, and the third is counted as one without."""
    initiative = [
        {"title": str(n), "owner_id": "P1", "hours": hours} for n, hours in enumerate((10, 20, None))
    ]
    (row,) = team.loads(account(initiative=initiative))
    assert (row.tasks, row.unestimated, row.hours) == (3, 1, 30)


@pytest.mark.parametrize(("owners", "functions"), [(o, f) for f in range(5) for o in range(f + 1)])
def test_matrix_grid(owners: int, functions: int) -> None:
    """6.9: one owning function and at least two that do something; every cell has one state."""
    state = team.matrix_state(owners, functions)
    assert (state == "ok") == (owners == 1 and functions >= 2)


def test_shared_measures_gaps_and_conflicts() -> None:
    """S4.3: sales wants more stock, delivery less; finance has no part in any goal."""
    view = account(
        contact=PEOPLE,
        squad_member=squad("sales", "delivery", "finance"),
        goal=[
            {"title": "Mål", "goal_class": "strategic", "side": "ours", "row_id": "g1"},
            {"title": "Tomt", "row_id": "g2"},
        ],
        shared_kpi=[
            {
                "goal_id": "g1",
                "function": "sales",
                "part": "owns",
                "own_kpi": "Lagervärde",
                "own_direction": "up",
            },
            {
                "goal_id": "g1",
                "function": "delivery",
                "part": "contributes",
                "own_kpi": "lagervärde ",
                "own_direction": "down",
            },
        ],
    )
    matrix = {each.title: each for each in team.matrix(view)}
    assert {title: each.state for title, each in matrix.items()} == {"Mål": "ok", "Tomt": "nobody_owns"}
    assert (matrix["Mål"].sales, matrix["Mål"].finance) == ("owns", None)
    found = {each.function: each.state for each in team.gaps(view)}
    assert found == {"finance": "idle", "service": "absent", "technology": "absent"}
    pair = team.conflicts(view)[0]
    assert (pair.one, pair.other) == ("sales", "delivery")


def test_one_direction_is_no_conflict() -> None:
    """Two functions that want the same are no conflict; a goal against a function's own measure is."""
    goal = [{"title": "Mål", "row_id": "g1", "kpi": "Restorder", "direction": "down"}]
    same = [
        {
            "goal_id": "g1",
            "function": "sales",
            "part": "owns",
            "own_kpi": "Restorder",
            "own_direction": "down",
        }
    ]
    assert not team.conflicts(account(goal=goal, shared_kpi=same))
    against = [{**same[0], "own_direction": "up"}]
    assert team.conflicts(account(goal=goal, shared_kpi=against))[0].other == "goal"


def test_rhythm() -> None:
    """S4.2: every four weeks agreed, held 40 days ago: late; held last week without a next date: not planned."""
    meeting = [
        {"title": "m", "kind": "squad", "held_on": "2026-08-21", "every_weeks": 4, "solves": "restorder"},
        {"title": "r", "kind": "internal_review", "held_on": "2026-09-09", "every_weeks": 13},
        {"title": "k", "kind": "customer_review", "held_on": "2026-09-20", "every_weeks": 13},
        {"title": "k2", "kind": "customer_review", "planned_on": "2026-12-09"},
        {"title": "v", "kind": "visit", "held_on": "2026-09-20"},
    ]
    states = {each.kind: each.state for each in team.rhythm(account(meeting=meeting))}
    assert states == {
        "squad": "late",
        "internal_review": "not_planned",
        "customer_review": "ok",
        "visit": "no_rhythm",
    }


def test_investment_that_the_customer_notices() -> None:
    """S4.5: hours, people and projects of the quarter beside the customer's own answer."""
    view = account(
        squad_member=[
            {"person_id": "P1", "function": "kam", "hours_spent_quarter": 60},
            {"person_id": "P2", "function": "service", "hours_spent_quarter": 25},
            {"person_id": "P3", "function": "quality"},
        ],
        project=[{"project_id": "1", "name": "x", "status": "ongoing"}],
        feedback=[
            {
                "feedback_id": "1",
                "contact_id": "C",
                "answered_on": "2026-05-01",
                "kind": "invests",
                "score": 4,
            }
        ],
    )
    assert list(team.investment(view)) == [team.Investment(85, 2, 1, 4)]


def test_an_account_without_a_team_is_told_not_thrown() -> None:
    """Revenue alone: every table of the team is there, and empty or missing."""
    view = account()
    for table in (team.raci, team.loads, team.matrix, team.gaps, team.conflicts, team.rhythm):
        assert not table(view)
    assert {each.state for each in team.match(view)} == {"missing"}
    assert not measures.hours(portfolio())


def test_measures_that_eat_each_other_are_found() -> None:
    """Sales is measured on short-notice orders, delivery on precision: a tension; one of them alone is none."""
    own = [
        {
            "goal_id": "g1",
            "function": "sales",
            "part": "contributes",
            "own_kpi": "Order på kort varsel",
            "own_direction": "up",
        },
        {
            "goal_id": "g1",
            "function": "delivery",
            "part": "owns",
            "own_kpi": "rader i rätt tid",
            "own_direction": "up",
        },
    ]
    goal = [{"row_id": "g1", "title": "Mål", "goal_class": "strategic", "side": "ours"}]
    rows = team.conflicts(account(goal=goal, shared_kpi=own))
    assert [(each.kind, each.one, each.other) for each in rows] == [("tension", "sales", "delivery")]
    assert not team.conflicts(account(goal=goal, shared_kpi=own[1:]))


@pytest.mark.parametrize(("owner", "kinds"), [("P1", ["uncontrolled"]), ("P0", [])])
def test_the_owner_of_a_goal_has_a_part_in_its_measure(owner: str, kinds: list[str]) -> None:
    """D20: finance owns the goal while service alone owns the KPI: no control."""
    view = account(
        contact=PEOPLE,
        squad_member=squad("service", "finance"),
        goal=[
            {
                "row_id": "g1",
                "title": "Mål",
                "goal_class": "strategic",
                "side": "ours",
                "kpi": "stopp",
                "owner_id": owner,
            }
        ],
        shared_kpi=[{"goal_id": "g1", "function": "service", "part": "owns"}],
    )
    assert [each.kind for each in team.conflicts(view)] == kinds


def test_hours_that_the_initiatives_need_against_hours_there_are() -> None:
    """Needs 60, has 40: short; has 80: ok; nobody wrote the hours: not said to be short."""
    step = [{"title": "x", "owner_id": "P0", "hours": 60, "status": "ongoing"}]
    states = [
        team.loads(
            account(
                contact=PEOPLE,
                initiative=step,
                squad_member=[{"person_id": "P0", "function": "service", "hours_year": hours}],
            )
        )[0].state
        for hours in (40, 80, None)
    ]
    assert states == ["short", "ok", "ok"]


def test_an_initiatives_hours_are_counted_once() -> None:
    """Accountable and responsible share them: 120 h of two people are 60 h each, never 240 in all."""
    view = account(
        initiative=[{"row_id": "I", "title": "x", "owner_id": "P1", "hours": 120, "status": "ongoing"}],
        responsibility=[
            {"initiative_id": "I", "person_id": "P1", "letter": "A"},
            {"initiative_id": "I", "person_id": "P2", "letter": "R"},
        ],
    )
    assert {each.person_id: each.hours for each in team.loads(view)} == {"P1": 60, "P2": 60}


def test_the_team_is_of_the_plan_in_force_and_the_rhythm_knows_its_next_meeting() -> None:
    """Next year's draft gives nobody a place, and a day that only the plan names is no missing date."""
    plans = [
        {"year": 2026, "owner_id": "P1", "sponsor_id": "P2", "next_meeting_on": "2026-10-14"},
        {"year": 2027, "owner_id": "P3"},
    ]
    held = [{"title": "k", "kind": "customer_review", "held_on": "2026-09-09", "every_weeks": 13}]
    view = account(contact=PEOPLE, account_plan=plans, meeting=held)
    assert {each.person_id for each in team.match(view) if each.person_id} == {"P1", "P2"}
    (beat,) = team.rhythm(view)
    assert (beat.next_on, beat.state) == (date(2026, 10, 14), "ok")


def test_the_draft_takes_over_when_its_year_has_come() -> None:
    """The plan of the day's year names the KAM, the sponsor and the deputy, and the draft does so from its first day."""
    plans = [
        {"year": 2026, "owner_id": "P1", "sponsor_id": "P2", "deputy_id": "P4"},
        {"year": 2027, "owner_id": "P3"},
    ]
    of_day = [
        account(as_of=day, contact=PEOPLE, account_plan=plans)
        for day in (date(2026, 9, 30), date(2027, 1, 1))
    ]
    held = [{each.function: each.person_id for each in team.match(view) if each.person_id} for view in of_day]
    assert held == [{"kam": "P1", "sponsor": "P2"}, {"kam": "P3"}]
    assert [view.plan.deputy_id for view in of_day if view.plan] == ["P4", None]


@pytest.mark.parametrize("kind", [None, "squad"])
def test_the_next_customer_meeting_stands_in_the_rhythm_before_any_is_held(kind: str | None) -> None:
    """The day that only the plan names has a row of its own, whatever other meetings there are."""
    plan = [{"year": 2026, "next_meeting_on": "2026-10-14"}]
    meeting = [{"title": "m", "kind": kind, "planned_on": "2026-10-02"}] if kind else []
    (beat,) = team.rhythm(account(account_plan=plan, meeting=meeting)).where(kind="customer_review")
    assert beat.next_on == date(2026, 10, 14)


def test_a_booked_workshop_is_no_customer_review() -> None:
    """Its day stands in its own row; the review has no next date."""
    meeting = [
        {"title": "w", "kind": "workshop", "planned_on": "2026-10-20"},
        {"title": "k", "kind": "customer_review", "held_on": "2026-09-01", "every_weeks": 13},
    ]
    beats = {each.kind: (each.next_on, each.state) for each in team.rhythm(account(meeting=meeting))}
    assert beats["customer_review"] == (None, "not_planned")
    assert beats["workshop"][0] == date(2026, 10, 20)


def test_no_hours_are_too_few_and_equal_loads_stand_in_one_order() -> None:
    """Nought hours a year is a number, not an unknown; those who carry as much come by their id, run after run."""
    step = [{"row_id": "I", "title": "x", "owner_id": "P1", "hours": 60, "status": "ongoing"}]
    letters = [{"initiative_id": "I", "person_id": f"P{n}", "letter": "R"} for n in (6, 3, 5, 2, 4)]
    nought = [{"person_id": "P2", "function": "service", "hours_year": 0}]
    loads = team.loads(account(initiative=step, responsibility=letters, squad_member=nought))
    assert [each.person_id for each in loads] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    assert loads.where(person_id="P2")[0].state == "short"
