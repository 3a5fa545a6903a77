"""People, coverage, freshness, who leaves and the silence of a tender."""

from __future__ import annotations

import time
from datetime import date
from itertools import product
from typing import Any

import pandas as pd
import pytest

from kamlib import text
from kamlib.method import relationships
from kamlib.schema import Account
from tests import bundles

Rows = list[dict[str, Any]]


def met(contact: str, *days: str, by: str = "U-1") -> Rows:
    """Two-way meetings with one person on the days given."""
    return [
        {"touchpoint_id": f"{contact}{day}", "contact_id": contact, "our_person_id": by, "held_on": day,
         "is_two_way": True}
        for day in days
    ]  # fmt: skip


def mill(**more: Rows) -> Account:
    """A mill where everything goes through the maintenance manager; the site manager is not met."""
    rows: dict[str, Rows] = {
        "contact": [
            {"contact_id": "C-1", "side": "customer", "name": "Bo", "title": "Underhållschef", "reports_to": "C-2"},
            {"contact_id": "C-2", "side": "customer", "name": "Ulrika", "title": "Platschef"},
            {"contact_id": "C-3", "side": "customer", "title": "Ekonomichef", "is_placeholder": True},
            {"contact_id": "C-4", "side": "customer", "name": "Gone", "gone_on": "2026-01-31"},
            {"contact_id": "U-1", "side": "ours", "name": "Elin"},
        ],
        "stakeholder": [
            {"contact_id": "C-1", "role": "champion", "influence": 3, "support": 2, "coverage": 4,
             "noted_on": "2026-05-01", "known_by": "U-1"},
            {"contact_id": "C-2", "role": "economic", "influence": 5, "coverage": 1, "noted_on": "2026-05-01"},
            {"contact_id": "C-3", "role": "sponsor", "influence": 2, "coverage": 0, "noted_on": "2026-05-01"},
        ],
        "touchpoint": met("C-1", "2026-09-20", "2026-08-20") + met("C-2", "2026-01-15"),
    }  # fmt: skip
    return bundles.account(**{**rows, **more})


def losses_of(account: Account) -> dict[str, Any]:
    """Who leaves, by person."""
    return {each.contact_id: each for each in relationships.who_leaves(account)}


def test_effective_contacts_of_method_6_5() -> None:
    """Shares .7/.2/.1 give HHI .54 and 1.85 effective contacts (6.5 [calc])."""
    assert relationships.effective_contacts([0.7, 0.2, 0.1]) == (0.54, 1.85)
    assert relationships.effective_contacts([]) == (None, None)


def test_the_gone_are_not_among_the_people_and_unknown_roles_are() -> None:
    """A person who left is no longer listed; a role that nobody holds is a placeholder without a name."""
    people = relationships.people(mill())
    assert [each.contact_id for each in people.without(contact_id=None)] == ["C-2", "C-1", "C-3"]
    assert {each.role for each in people.where(contact_id=None)} == {"technical", "user"}


@pytest.mark.parametrize(("since", "until", "days"), [
    ("2026-06-30", "2026-07-05", 5), ("2026-07-05", "2026-08-02", 0), ("2026-07-10", "2026-07-20", 0),
    ("2026-06-30", "2026-08-31", 34), ("2025-06-30", "2026-08-31", 427 - 56), ("2026-09-30", "2026-09-30", 0),
])  # fmt: skip
def test_weeks_28_to_31_do_not_count(since: str, until: str, days: int) -> None:
    """Days in the summer stop are left out, whichever years they fall in (P11)."""
    assert (
        relationships.counted_days(date.fromisoformat(since), date.fromisoformat(until), quiet=[28, 31])
        == days
    )


def test_counted_days_agrees_with_a_calendar_walked_day_by_day() -> None:
    """The arithmetic equals counting every day outside the four weeks."""
    until = date(2027, 9, 1)
    for since in pd.date_range("2025-12-20", "2026-10-10", freq="9D"):
        walked = sum(not 28 <= day.isocalendar().week <= 31 for day in pd.date_range(since, until)[1:])
        assert relationships.counted_days(since.date(), until, quiet=[28, 31]) == walked


@pytest.mark.parametrize(("days", "state"), [
    (0, "fresh"), (30, "fresh"), (31, "ageing"), (45, "ageing"), (46, "stale"), (None, "never"),
])  # fmt: skip
def test_freshness_at_its_limits(days: int | None, state: str) -> None:
    """Fresh to the interval, ageing to one and a half, stale beyond, never without a contact (P11)."""
    assert relationships.contact_state(days, 30) == state


def test_every_role_has_an_interval_and_the_rows_own_wins() -> None:
    """P11's intervals stand for each role of the choice set; a row's own interval is used before them."""
    account = mill()
    assert set(account.settings["contact_intervals"]) == set(text.entries("choice.stakeholder_role"))
    assert relationships.contact_state(10, None) == "unknown"
    people = relationships.people(
        mill(stakeholder=[{"contact_id": "C-1", "role": "champion", "interval_days": 5}])
    )
    assert people.where(contact_id="C-1")[0].freshness == "stale"


def test_unknown_stance_is_not_neutral() -> None:
    """Support is weighed over the known only, and the unknown share is told (6.5)."""
    people = relationships.people(mill())
    support, unknown = relationships.influence_weighted_support(people)
    assert support == 1.0
    assert unknown == pytest.approx(0.7)
    assert relationships.influence_coverage(people) == pytest.approx(0.3)


def test_who_leaves_names_the_one_on_whom_it_hangs() -> None:
    """Without the maintenance manager nothing of the covered influence is left, on either side."""
    bo, elin = losses_of(mill())["C-1"], losses_of(mill())["U-1"]
    assert bo.lost_share == 1.0
    assert bo.lost_coverage == pytest.approx(0.3)
    assert bo.contact_share == pytest.approx(2 / 3)
    assert elin.side == "ours"
    assert elin.lost_share == 1.0


def test_a_second_tie_saves_the_coverage_when_our_person_leaves() -> None:
    """A customer person whom two of us know is not lost with one of us."""
    account = mill(touchpoint=met("C-1", "2026-09-20") + met("C-1", "2026-09-10", by="U-2"))
    losses = relationships.who_leaves(account).where(side="ours")
    assert {each.lost_coverage for each in losses} == {0}


def test_next_introduction_goes_through_somebody_we_know() -> None:
    """The site manager, chief of the one we know, comes first; what is asked stands in words."""
    chances = relationships.next_introduction(mill(touchpoint=met("C-1", "2026-09-20")))
    first = chances[0]
    assert (first.contact_id, first.steps, first.via_id) == ("C-2", 2, "C-1")
    assert "Bo" in str(first.reading)
    assert "Ulrika" in str(first.reading)


@pytest.mark.parametrize(
    ("regime", "end", "plan_end"),
    list(product(["lou", "luf", "none", None], ["2026-10-01", "2026-09-30", "2026-09-29", None, "no event"],
                 ["2026-09-30", "2026-09-29", None])),
)  # fmt: skip
def test_silence_over_regime_and_dates(regime: str | None, end: str | None, plan_end: str | None) -> None:
    """P7 on its whole grid: a running tender silences, unless the buyer is private and the plan sets no date."""
    account = mill(
        account=[{"account_id": "A-1", "name": "Verket", "procurement_regime": regime}],
        event=[] if end == "no event" else [
            {"kind": "tender", "title": "Ramavtal", "happened_on": "2026-08-01", "ends_on": end}
        ],
        account_plan=[{"year": 2026, "tender_until": plan_end}],
    )  # fmt: skip
    runs = regime != "none" and end in ("2026-10-01", "2026-09-30", None)
    silent = runs or plan_end == "2026-09-30"
    finding = relationships.silence(account)
    assert (finding is not None) == silent
    assert (not relationships.due_contacts(account)) == silent
    assert (not relationships.next_introduction(account)) == silent
    if finding:
        assert "upphandlingssystemet" in finding.sentence()


def test_thin_and_projected_data_say_what_is_missing() -> None:
    """With no people, or with closed columns empty, every function answers without a fault or a zero."""
    empty = bundles.account()
    projected = mill(stakeholder=[{}], touchpoint=[{"touchpoint_id": "T"}])
    for account in (empty, projected):
        assert not relationships.links(account)
        assert not relationships.who_leaves(account)
        figures = relationships.strength(account)
        assert figures.where(measure="coverage")[0].value is None
        readings = " ".join(str(each.reading) for each in figures).lower()
        assert "nan" not in readings
        assert "none" not in readings
    assert not relationships.people(bundles.account(audience="customer"))


def test_a_goal_left_without_sponsor_is_counted() -> None:
    """Who leaves also tells how many goals lose their only owner at the customer or sponsor with us."""
    goals = [{"title": "G", "goal_class": "relational", "side": "joint", "customer_owner_id": "C-2",
              "sponsor_id": "U-1", "due_on": date(2027, 6, 30)}]  # fmt: skip
    losses = losses_of(mill(goal=goals))
    assert losses["C-2"].goals == 1
    assert losses["U-1"].goals == 1


def company(people: int, own: int = 8) -> Account:
    """A customer of many people in units of ten, each unit below its chief; every other one is known to one of us."""
    contacts: Rows = [
        {"contact_id": f"C-{n}", "side": "customer", "name": f"P{n}", "unit": f"E{n // 10}",
         "reports_to": f"C-{n // 10 * 10}" if n % 10 else None}
        for n in range(people)
    ] + [{"contact_id": f"U-{n}", "side": "ours", "name": f"V{n}"} for n in range(own)]  # fmt: skip
    judged: Rows = [
        {"contact_id": f"C-{n}", "role": "user", "influence": 1 + n % 5, "coverage": 4 if n % 2 else 1,
         "known_by": f"U-{n % own}" if n % 2 else None, "noted_on": "2026-08-01"}
        for n in range(people)
    ]  # fmt: skip
    return bundles.account(contact=contacts, stakeholder=judged)


def test_the_repair_is_possible_without_the_one_who_left() -> None:
    """When Elin leaves, Bo is met through another of us; when Bo leaves, only the sponsor can call his chief."""
    rows = mill(
        touchpoint=met("C-1", "2026-09-20"),
        account_plan=[{"year": 2026, "sponsor_id": "U-9"}],
    )
    losses = losses_of(rows)
    assert "sponsor" in str(losses["C-1"].repair)
    assert "Elin" not in str(losses["U-1"].repair)


def test_who_is_cut_off_counts_those_without_any_way() -> None:
    """Without the only person whom we know, nobody of the site can be reached; with a second way nobody is cut off."""
    alone = losses_of(mill(touchpoint=met("C-1", "2026-09-20")))
    assert alone["C-1"].cut_off == 1  # the site manager; the finance manager was never within reach
    second = mill(touchpoint=met("C-1", "2026-09-20") + met("C-2", "2026-09-20", by="U-2"))
    assert losses_of(second)["C-1"].cut_off == 0


def test_the_goals_left_are_named_and_no_repair_is_advised_in_a_tender() -> None:
    """Titles of the goals stand there; a running tender silences the advice but not the loss (P7)."""
    goals = [
        {"title": "Färre stopp", "goal_class": "relational", "side": "joint", "customer_owner_id": "C-1"}
    ]
    tender = [{"kind": "tender", "title": "T", "happened_on": "2026-09-01", "ends_on": "2027-01-15"}]
    losses = losses_of(mill(goal=goals, event=tender))
    assert str(losses["C-1"].left_goals) == "Färre stopp"
    assert {each.repair for each in losses.values()} == {None}


def test_one_of_us_who_has_left_is_no_way_in() -> None:
    """A tie of somebody who has quit is none: the person is met through others."""
    gone = [*mill().contact.to_dict("records")[:-1],
            {"contact_id": "U-1", "side": "ours", "name": "Elin", "gone_on": "2026-06-30"}]  # fmt: skip
    assert "U-1" not in losses_of(mill(contact=gone, touchpoint=met("C-1", "2026-05-20")))


def test_losses_of_sixty_people_are_simulated_within_100_ms() -> None:
    """The simulation of 60 people and our eight, with repairs, takes under 100 ms of processor time (issue: time)."""
    account = company(60)
    relationships.people(account), relationships.links(account), relationships.contact_shares(account)
    start = time.process_time()
    losses = relationships.who_leaves(account)
    assert time.process_time() - start < 0.1
    assert {each.side for each in losses} == {"customer", "ours"}
    assert all(each.repair for each in losses)


@pytest.mark.parametrize(
    ("judged", "status"),
    [
        ([{}], 0),
        ([{"role": "user", "influence": 3, "support": 2}], 1),
        ([{"role": "user", "influence": 4}], 2),
        ([{"role": "user", "influence": 4, "support": 0}], 2),
        ([{"role": "user", "influence": 5, "support": 1}], 3),
    ],
)
def test_the_status_of_the_map(judged: Rows, status: int) -> None:
    """0 nobody noted, 1 people, 2 a key player (influence 4 or more), 3 one who supports (6.5)."""
    account = mill(stakeholder=[{"contact_id": "C-1", **row} for row in judged])
    (figure,) = relationships.strength(account).where(measure="map")
    assert figure.value == status
    assert str(figure.reading).startswith(f"{status} av 3")


@pytest.mark.parametrize("lang", text.LANGUAGES)
def test_each_scale_has_its_anchors_in_both_languages(lang: str) -> None:
    """Influence, stance, coverage, stage, risk and journey have five steps, the relation with a person four (6.5)."""
    text.use(lang)
    rows = relationships.scales(bundles.account())
    steps: dict[str, list[str]] = {}
    for each in rows:
        steps.setdefault(each.scale, []).append(each.step)
    assert steps["support"] == ["-2", "-1", "0", "1", "2"]
    assert steps["coverage"] == ["0", "1", "2", "3", "4"]
    assert steps["relation_level"] == ["1", "2", "3", "4"]
    assert steps["relationship_stage"] == list(text.entries("choice.relationship_stage"))
    five = ("influence", "probability", "impact", "journey_score")
    assert all(steps[scale] == ["1", "2", "3", "4", "5"] for scale in five)
    anchors = [str(each.anchor) for each in rows]
    assert len(set(anchors)) == len(anchors)
    assert all(len(each) > 10 for each in anchors)
