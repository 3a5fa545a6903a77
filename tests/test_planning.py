"""The key account plan: one page, what stands behind it, and what keeps it alive."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pandas as pd
import pytest

from kamlib import schema, text
from kamlib.method import planning
from kamlib.schema import Account, Result
from kamlib.show import onepage, tables
from kamlib.words import Words
from tests import bundles

Rows = list[dict[str, Any]]


def table(answer: Result[Any]) -> pd.DataFrame:
    """The rows as a reader sees them: words written, the lines of a box as its content."""
    rows = answer.frame().map(lambda value: str(value) if isinstance(value, Words) else value)
    if "lines" in rows:
        rows["content"] = [onepage.content(box) for box in answer]
    return rows


PEOPLE: Rows = [
    {"contact_id": "U-1", "side": "ours", "name": "Elin Ek"},
    {"contact_id": "U-2", "side": "ours", "name": "Gun Berg"},
    {
        "contact_id": "C-1",
        "side": "customer",
        "name": "Oskar Tall",
        "title": "Produktionschef",
        "reports_to": "C-2",
    },
    {"contact_id": "C-2", "side": "customer", "name": "Kata Lind", "title": "Vd"},
]


def full(audience: str = "internal", **more: Rows) -> Account:
    """An account with something in every box."""
    rows: dict[str, Rows] = {
        "contact": PEOPLE,
        "account_plan": [{"year": 2026, "owner_id": "U-1", "sponsor_id": "U-2", "reason": "Växer.",
                          "ambition": "2029 räknar de med oss.", "strategy_line": "Driftsäkerhet",
                          "customer_need": "Färre stopp", "approved_on": "2026-01-15",
                          "next_meeting_on": "2026-10-14", "next_review_on": "2026-12-09"}],
        "insight": [{"goal": "4 % högre tillgänglighet", "grade": "confirmed", "priority": 1, "told_by": "C-2",
                     "graded_on": "2026-05-20"}],
        "stakeholder": [{"contact_id": "C-1", "role": "champion", "influence": 4, "coverage": 4,
                         "noted_on": "2026-08-01"}],
        "touchpoint": [{"touchpoint_id": "T", "contact_id": "C-1", "our_person_id": "U-1", "held_on": "2026-09-20",
                        "is_two_way": True}],
        "goal": [{"row_id": "G1", "title": "Färre stopp", "goal_class": "strategic", "side": "joint", "unit": "h",
                  "baseline": 41, "target": 20, "due_on": "2027-06-30", "owner_id": "U-1",
                  "customer_owner_id": "C-1", "customer_status": "confirmed", "customer_status_on": "2026-05-20"}],
        "reading": [{"goal_id": "G1", "measured_on": "2026-09-30", "value": 27}],
        "initiative": [{"title": "Byt tätningar", "goal_id": "G1", "owner_id": "U-1", "customer_owner_id": "C-1",
                        "due_on": "2026-10-20", "status": "ongoing"}],
        "commitment": [{"title": "Lager på plats", "direction": "ours", "owner_id": "U-2", "due_on": "2026-08-31",
                        "made_on": "2026-06-01"},
                       {"title": "Prognos", "direction": "customer", "customer_owner_id": "C-1",
                        "due_on": "2026-09-29", "made_on": "2026-06-01"}],
        "risk": [{"title": "Oskar slutar", "probability": 4, "impact": 5, "action": "Möt Kata", "owner_id": "U-1",
                  "signal": "Tjänst utlyst", "residual_probability": 2, "residual_impact": 4,
                  "noted_on": "2026-09-01"}],
        "value": [{"title": "Färre stopp", "stage": "confirmed", "amount": 842_800, "confirmed_on": "2026-09-08",
                   "valued_on": "2026-09-01", "confirmed_by": "C-1"}],
        "revenue": bundles.months("2026-09", [1e6] * 24, contribution_margin=3e5, product_group="Slang"),
        "forecast": [{"made_on": "2026-09-01", "year": 2026, "low": 11e6, "likely": 12e6, "high": 13e6}],
        "feedback": [{"feedback_id": "F", "contact_id": "C-1", "answered_on": "2026-09-10", "kind": "nps",
                      "score": 9, "comment": "Ni ringer tillbaka."}],
        "decision": [{"title": "En montör till", "status": "asked", "owner_id": "U-2", "cost": 6e5,
                      "asked_on": "2026-09-09", "due_on": "2026-10-15"}],
    }  # fmt: skip
    return bundles.account(audience=audience, **{**rows, **more})


# --- the one-page plan (P15) ------------------------------------------------------------------------------------


def test_the_page_has_the_fifteen_boxes_of_p15_and_eight_are_required() -> None:
    """Every box of P15 stands in its order; those with a star there are required; 45 minutes in all."""
    rules = schema.load_settings()["one_page"]
    assert list(rules) == [
        "customer", "sponsor", "why_key", "ambition", "priorities", "people", "goals", "steps", "promises", "risks",
        "value", "money", "feedback", "decisions", "dates",
    ]  # fmt: skip
    required = {name for name, rule in rules.items() if rule["is_required"]}
    assert required == {"customer", "why_key", "ambition", "priorities", "people", "goals", "steps", "dates"}
    assert sum(rule["minutes"] for rule in rules.values()) == 45
    assert sorted(rule["worth"] for rule in rules.values()) == list(range(1, 16))


def test_a_full_account_fills_every_box_with_source_and_words() -> None:
    """With data in each table all fifteen boxes are filled, none asks for more, and the figures stand there."""
    boxes = table(planning.one_page(full())).set_index("box")
    assert boxes["state"].eq("filled").all()
    assert boxes["add"].eq("").all()
    assert boxes.drop(index="customer")["source"].ne("").all()
    content = boxes["content"]
    assert "KAM: Elin Ek" in content["customer"]
    assert "bekräftat" in content["priorities"]
    assert "Oskar Tall, Produktionschef · förespråkare · senast 2026-09-20 (färsk)" in content["people"]
    assert f"Färre stopp: 41 → 27 → 20{text.NBSP}h, 2027-06-30, Elin Ek" in content["goals"]
    assert "vi: Lager på plats, 30 dagar sent (Gun Berg)" in content["promises"]
    assert "kunden: Prognos, 1 dag sent (Oskar Tall)" in content["promises"]
    assert "kritiskt" in content["risks"]
    assert "842\N{NO-BREAK SPACE}800" not in content["value"]
    assert "843\N{NO-BREAK SPACE}tkr bekräftat" in content["value"]
    assert "12,0\N{NO-BREAK SPACE}mkr" in content["money"]
    assert "Ni ringer tillbaka." in content["feedback"]
    assert "2026-10-14" in content["dates"]


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_accounts_and_revenue_alone_give_a_page_that_asks_in_order_of_value(lang: str) -> None:
    """S3.7: from thin data the page shows the money, says what to add, the most valuable first, within 45 minutes."""
    text.use(lang)
    account = bundles.account(revenue=bundles.months("2026-09", [1e6] * 24))
    boxes = table(planning.one_page(account)).set_index("box")
    assert boxes.loc["money", "state"] == "filled"
    missing = boxes[boxes["state"].eq("missing")]
    assert len(missing) == 14
    assert missing["add"].str.len().gt(10).all()
    todo = table(planning.draft(account))
    assert list(todo["box"][:3]) == ["customer", "people", "dates"]
    assert todo["minutes"].sum() == 45
    assert not boxes["content"].str.contains(r"\bnan\b|NaT|<NA>", case=False).any()


def test_nothing_at_all_still_makes_a_page() -> None:
    """An account without a single fact or plan row has its page, all missing."""
    boxes = table(planning.one_page(bundles.account()))
    assert len(boxes) == 15
    assert boxes["state"].eq("missing").all()


def test_assumed_and_stale_are_not_filled() -> None:
    """Guessed priorities are assumed; last year's ambition, a KAM who left and passed days are stale."""
    gone = [{**PEOPLE[0], "gone_on": "2026-03-31"}, *PEOPLE[1:]]
    account = full(
        contact=gone,
        account_plan=[
            {"year": 2025, "owner_id": "U-1", "ambition": "Större.", "next_review_on": "2026-02-01"}
        ],
        insight=[{"goal": "Vi tror: pris", "grade": "assumed", "graded_on": "2026-09-01"}],
    )
    states = table(planning.one_page(account)).set_index("box")["state"]
    assert states[["customer", "ambition", "dates"]].eq("stale").all()
    assert states["priorities"] == "assumed"
    old = table(planning.one_page(full(insight=[{"goal": "x", "grade": "told", "graded_on": "2025-09-01"}])))
    assert old.set_index("box").loc["priorities", "state"] == "stale"


def test_a_low_answer_is_not_hidden_by_a_later_good_one() -> None:
    """The latest answer and the lowest of the year both stand in the box (6.7)."""
    answers = [{"feedback_id": str(n), "contact_id": "C-1", "answered_on": day, "kind": "nps", "score": score}
               for n, (day, score) in enumerate([("2026-03-01", 4), ("2026-09-01", 9)])]  # fmt: skip
    content = table(planning.one_page(full(feedback=answers))).set_index("box").loc["feedback", "content"]
    assert content.startswith("9 ")
    assert "Lägst på ett år: 4" in content


def test_the_customers_page_leaves_out_what_is_empty_and_shows_no_role() -> None:
    """In the customer's edition empty boxes vanish and people stand with title only, because they own a goal."""
    account = full(
        "customer", stakeholder=[{}], risk=[], decision=[], feedback=[], touchpoint=[], forecast=[]
    )
    boxes = table(planning.one_page(account)).set_index("box")
    assert {"risks", "decisions", "feedback"}.isdisjoint(boxes.index)
    assert boxes.loc["people", "content"] == "Oskar Tall, Produktionschef"
    assert boxes["add"].eq("").all()


def test_the_draft_proposes_from_facts() -> None:
    """S3.7: the contacts of the log, the flat group and the shrinking volume become proposals."""
    met = [{"touchpoint_id": str(n), "contact_id": "C-1", "held_on": f"2026-0{n}-10", "is_two_way": True}
           for n in range(1, 7)]  # fmt: skip
    account = bundles.account(
        contact=PEOPLE, touchpoint=met,
        revenue=bundles.months("2026-09", [1e6] * 12 + [8e5] * 12, product_group="Slang"),
        agreement=[{"agreement_id": "A", "ends_on": "2027-01-31"}],
    )  # fmt: skip
    proposals = table(planning.draft(account)).set_index("box")["proposal"]
    assert "Slang" in proposals["goals"]
    assert "Oskar Tall" in proposals["risks"]
    assert "2027-01-31" in proposals["risks"]
    assert "20" in proposals["risks"]


# --- shared questions have one answer ----------------------------------------------------------------------------

TWO_YEARS: Rows = [
    {"year": 2026, "owner_id": "U-1", "sponsor_id": "U-2", "deputy_id": "U-2", "strategy_line": "Driftsäkerhet",
     "customer_need": "Färre stopp", "approved_on": "2026-09-01"},
    {"year": 2027, "owner_id": "U-3"},
]  # fmt: skip


def test_next_years_draft_is_never_taken_for_the_plan_in_force() -> None:
    """With plans of two years around the day, page, findings and signature are of the plan in force; then of the next."""
    people = [*PEOPLE, {"contact_id": "U-3", "side": "ours", "name": "Bo Ny"}]
    account = full(contact=people, account_plan=TWO_YEARS)
    boxes = table(planning.one_page(account)).set_index("box")["content"]
    assert "Elin Ek" in boxes["customer"]
    assert boxes["sponsor"] == "Gun Berg"
    assert planning.tailor_made(account) == []
    assert "Elin Ek" in tables.signed_for(account)
    assert account.next_plan is not None
    assert account.next_plan.owner_id == "U-3"
    after = replace(account, as_of=date(2027, 1, 1))
    assert "Bo Ny" in tables.signed_for(after)
    assert "Bo Ny" in table(planning.one_page(after)).set_index("box")["content"]["customer"]
    only_draft = full(account_plan=TWO_YEARS[1:])
    assert only_draft.plan is None


def test_the_next_meeting_is_the_same_on_every_page() -> None:
    """A booked meeting with the customer wins; without one the plan's day holds; another day in the plan is kept beside."""
    booked = [{"title": "Samarbetsmöte", "kind": "customer_review", "planned_on": "2026-10-20"},
              {"title": "Laget", "kind": "squad", "planned_on": "2026-10-01"}]  # fmt: skip
    account = full(meeting=booked)
    assert account.next_meeting is not None
    assert (account.next_meeting.on, account.next_meeting.other_on) == (
        date(2026, 10, 20),
        date(2026, 10, 14),
    )
    assert "2026-10-20" in table(planning.one_page(account)).set_index("box").loc["dates", "content"]
    only_plan = full().next_meeting
    assert only_plan is not None
    assert (only_plan.on, only_plan.other_on) == (date(2026, 10, 14), None)


# --- the customer -----------------------------------------------------------------------------------------------


def test_the_organisation_is_a_tree_that_survives_a_circle() -> None:
    """Chiefs stand above their people; two who report to each other are each shown once."""
    tree = table(planning.organisation(full())).dropna(subset=["contact_id"])
    assert list(zip(tree["contact_id"], tree["depth"], strict=True)) == [("C-2", 0), ("C-1", 1)]
    circle = [{"contact_id": "C-1", "side": "customer", "reports_to": "C-2"},
              {"contact_id": "C-2", "side": "customer", "reports_to": "C-1"}]  # fmt: skip
    assert sorted(table(planning.organisation(full(contact=circle)))["contact_id"].dropna()) == ["C-1", "C-2"]


def test_volume_names_flat_new_and_lost_groups() -> None:
    """S3.3: within 1 % is flat; a group without the year before is new, without this year lost."""
    groups = {
        "flat": [1e6] * 24, "up": [1e6] * 12 + [1.2e6] * 12, "down": [1e6] * 12 + [8e5] * 12,
        "new": [0.0] * 12 + [1e5] * 12, "lost": [1e5] * 12 + [0.0] * 12,
    }  # fmt: skip
    rows = [
        row for name, sums in groups.items() for row in bundles.months("2026-09", sums, product_group=name)
    ]
    trends = table(planning.volume(bundles.account(revenue=rows))).set_index("product_group")["trend"]
    assert trends.to_dict() == {
        "flat": "flat",
        "up": "growing",
        "down": "shrinking",
        "new": "new",
        "lost": "lost",
    }


def test_whitespace_tells_room_only_where_it_can() -> None:
    """6.6: max(potential - current, 0); with several units a cell's sales can't be told apart."""
    account = full(
        buying_unit=[{"row_id": "B1", "name": "Bruket"}],
        whitespace=[
            {"product_group": "Filter", "unit_id": "B1", "status": "open", "potential": 2e6},
            {"product_group": "Slang", "unit_id": "B1", "status": "deployed", "potential": 10e6},
            {"product_group": "Pumpar", "status": "not_relevant", "potential": 5e6},
        ],
    )
    grid = table(planning.whitespace(account)).set_index("product_group")
    assert grid.loc["Filter", "room"] == 2e6
    assert grid.loc["Slang", "room"] == 0
    assert pd.isna(grid.loc["Pumpar", "room"])
    cells = [
        {"product_group": "Slang", "unit_id": unit, "status": "deployed", "potential": 9e6} for unit in "AB"
    ]
    assert table(planning.whitespace(full(whitespace=cells)))["room"].isna().all()
    untold = planning.penetration(
        full(whitespace=[*cells, {"product_group": "Filter", "status": "open", "potential": 1e6}])
    )
    assert untold.revenue_share is None  # not 0 %: what we sell in the two cells is not known
    grid = planning.penetration(account)
    assert (grid.ours, grid.relevant) == (1, 2)
    assert grid.expected == pytest.approx(2e6 * 0.3)  # the open cell; where we supply, no room is left
    assert grid.revenue_share == pytest.approx(10 / 12)  # sales above the potential count as the potential
    words = planning.whitespace_words(account)
    assert (str(words["share"]), str(words["through"])) == (
        "83\N{NO-BREAK SPACE}%",
        text.month(account.facts_through),
    )


# --- work -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("probability", "impact"), list(product(range(1, 6), range(1, 6))))
def test_the_risk_table_over_its_25_cells(probability: int, impact: int) -> None:
    """P13: impact 5 is never low or medium, and more of either side never lowers the level."""
    order, account = ["low", "medium", "high", "critical"], bundles.account()
    level = planning.risk_level(probability, impact, account)
    assert level in order
    if impact == 5:
        assert level in ("high", "critical")
    for more in ((probability + 1, impact), (probability, impact + 1)):
        if max(more) <= 5:
            assert order.index(str(planning.risk_level(*more, account))) >= order.index(str(level))


def test_an_unrated_risk_is_unknown_and_comes_last() -> None:
    """Missing is not low: a risk without probability has no level and lacks its action."""
    account = full(risk=[{"title": "Okänd"}, {"title": "Känd", "probability": 1, "impact": 1, "action": "a",
                                              "owner_id": "U-1", "signal": "s"}])  # fmt: skip
    register = table(planning.risks(account))
    assert list(register["title"]) == ["Känd", "Okänd"]
    assert pd.isna(register.loc[1, "level"])
    assert register.loc[1, "lacks"] == "åtgärd, ansvarig och tidig signal"


def test_only_confirmed_value_is_summed_and_a_minus_is_shown() -> None:
    """The ledger of the sample: confirmed 842,800 and -594,000 net; measured and agreed stay outside (6.6)."""
    ledger: Rows = [
        {"title": "V1", "stage": "confirmed", "amount": 842_800, "confirmed_on": "2026-09-08"},
        {"title": "V2", "stage": "measured", "amount": 192_200},
        {"title": "V3", "stage": "agreed", "amount": 700_000},
        {"title": "V4", "stage": "hypothesis", "low": 4e5, "amount": 9e5, "high": 1.6e6},
        {"title": "V5", "stage": "confirmed", "amount": -594_000, "confirmed_on": "2026-09-09"},
        {"title": "V6", "stage": "confirmed", "amount": 1e9},
    ]
    account = full(value=ledger)
    headline = planning.value_headline(account)
    assert (headline.net, headline.cost, headline.values) == (248_800, -594_000, 2)
    page = table(planning.one_page(account)).set_index("box").loc["value", "content"]
    assert "−594\N{NO-BREAK SPACE}tkr" in page
    only_cost = table(planning.one_page(full(value=ledger[4:5]))).set_index("box").loc["value", "content"]
    assert only_cost == "−594\N{NO-BREAK SPACE}tkr: en kostnad som vi har orsakat, bekräftad av kunden"
    unconfirmed = table(planning.one_page(full(value=ledger[1:2]))).set_index("box").loc["value"]
    assert unconfirmed["state"] == "assumed"
    assert "tkr" not in unconfirmed["content"]


def test_steps_of_both_sides() -> None:
    """6.9: initiatives and promises not done, the oldest first, with days late; what is done is no step."""
    nearest = planning.steps(full())
    assert [each.title for each in nearest] == ["Lager på plats", "Prognos", "Byt tätningar"]
    assert [each.days_late for each in nearest] == [30, 1, 0]
    assert [each.doer_id for each in nearest] == ["U-2", "C-1", "U-1"]
    late = planning.steps(full(initiative=[{"title": "Klar", "due_on": "2026-01-01", "status": "done"}]))
    assert "Klar" not in [each.title for each in late]


def test_initiatives_tell_which_owner_is_missing() -> None:
    """S3.4: owner on both sides, date and goal; a done one lacks nothing."""
    open_, done = planning.initiatives(full(initiative=[{"title": "A"}, {"title": "B", "status": "done"}]))
    assert str(open_.lacks) == "ansvarig hos oss, ansvarig hos kunden, datum och mål"
    assert done.lacks is None


# --- alive ------------------------------------------------------------------------------------------------------


def test_the_clocks_of_s5_6() -> None:
    """A contact after the last change, a passed quarter and an unreviewed event are overdue; words say since when."""
    account = bundles.account(
        risk=[{"title": "R", "noted_on": "2026-05-04"}],
        touchpoint=[{"touchpoint_id": "T", "contact_id": "C", "held_on": "2026-05-11", "is_two_way": True}],
        event=[{"kind": "acquisition", "title": "Köpt", "happened_on": "2026-06-15"}],
    )
    clocks = table(planning.clocks(account)).set_index("clock")
    assert clocks.loc["contact", "due_on"] == pd.Timestamp("2026-05-18")
    assert clocks.loc["quarter", "due_on"] == pd.Timestamp("2026-08-04")
    assert clocks.loc["event", "due_on"] == pd.Timestamp("2026-06-29")
    assert clocks.loc[["contact", "month", "quarter", "event"], "state"].eq("overdue").all()
    assert clocks.loc["year", "state"] == "not_started"
    assert "2026-06-15" in clocks.loc["event", "reading"]


def test_the_clocks_rest_when_the_plan_follows() -> None:
    """A change after the contact and a review after the event keep their clocks."""
    account = bundles.account(
        risk=[{"title": "R", "noted_on": "2026-09-21"}],
        touchpoint=[{"touchpoint_id": "T", "contact_id": "C", "held_on": "2026-09-20", "is_two_way": True}],
        event=[{"kind": "acquisition", "title": "Köpt", "happened_on": "2026-06-15"}],
        review=[{"kind": "internal", "held_on": "2026-06-20"}],
        selection=[{"outcome": "grow", "is_key": True, "decided_on": "2025-11-20"}],
    )
    states = table(planning.clocks(account)).set_index("clock")["state"]
    assert states.to_dict() == {"contact": "kept", "month": "running", "quarter": "running", "event": "kept",
                                "year": "running"}  # fmt: skip
    untouched = replace(account, rows={**account.rows, "risk": ()})
    assert next(each.state for each in planning.clocks(untouched) if each.clock == "quarter") == "not_started"


def test_every_clock_and_state_has_its_words() -> None:
    """Each clock can speak in each of its states, in both languages."""
    clocks, states = text.entries("choice.clock"), text.entries("choice.clock_state")
    for clock, state in product(clocks, states):
        assert set(text.entry(f"clock.{clock}.{state}")) == {"sv", "en"}
    for box, state in product(schema.load_settings()["one_page"], ("missing", "assumed", "stale")):
        assert text.entry(f"page.{box}.{state}")


@pytest.mark.parametrize(("noted", "state"), [
    ("2026-07-15", "fresh"), ("2026-06-20", "ageing"), ("2026-01-01", "stale"), (None, "stale"),
])  # fmt: skip
def test_parts_of_the_plan_age(noted: str | None, state: str) -> None:
    """S3.6: risks are fresh for three months, ageing to one and a half times, stale beyond or undated."""
    parts = table(planning.staleness(full(risk=[{"title": "R", "noted_on": noted}]))).set_index("part")
    assert parts.loc["risks", "state"] == state
    assert parts.loc["wallet", "state"] == "missing"


def test_copied_text_is_a_finding() -> None:
    """S3.8: the same long text in two rows, whatever its spacing and case, is told; short ones are not."""
    copy = "Vi ska vara kundens naturliga förstahandsval i alla lägen"
    account = full(
        risk=[{"title": "R", "action": copy}], value=[{"title": copy.upper() + " ", "stage": "agreed"}]
    )
    assert [finding.rule for finding in planning.tailor_made(account)] == ["plan_copied_text"]
    assert planning.tailor_made(full()) == []
    both = bundles.portfolio(
        risk=[
            {"account_id": "A", "title": "R", "action": copy},
            {"account_id": "B", "title": "S", "action": copy},
        ]
    )
    assert {each.account_id for each in planning.copied_texts(both)} == {"A", "B"}


def test_a_plan_names_strategy_line_and_customer_need() -> None:
    """S3.8: without them each is a finding with its cure."""
    rules = {finding.rule for finding in planning.tailor_made(bundles.account())}
    assert rules == {"plan_without_strategy_line", "plan_without_customer_need"}


def answer(status: str, day: str) -> dict[str, Any]:
    """A joint goal with the customer's answer."""
    return {"title": "G", "goal_class": "relational", "side": "joint", "customer_status": status,
            "customer_status_on": day, "customer_said": "Inga planer.", "ask_again_on": "2027-01-20"}  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "later"),
    list(product(["not_asked", "proposed", "confirmed", "changed", "declined"], repeat=2)),
)
def test_no_joint_edition_after_a_no(earlier: str, later: str) -> None:
    """P25 on its grid: refused when the latest answer is no and nothing is confirmed."""
    account = full(goal=[answer(earlier, "2026-01-10"), answer(later, "2026-04-22")])
    finding = planning.joint_edition_refusal(account)
    answered = [status for status in (earlier, later) if status in ("confirmed", "changed", "declined")]
    refused = bool(answered) and answered[-1] == "declined" and "confirmed" not in answered
    assert (finding is not None) == refused
    if finding:
        assert "Inga planer." in finding.sentence()
        assert "2027-01-20" in finding.sentence()


def test_a_daughters_yes_does_not_lift_her_parents_no() -> None:
    """The group's page holds its daughters' goals; only its own answer opens its own edition."""
    goals = [answer("declined", "2026-01-10"), {**answer("confirmed", "2026-04-22"), "account_id": "A-2"}]
    assert planning.joint_edition_refusal(full(goal=goals))


def test_our_own_declined_goal_does_not_close_the_joint_edition() -> None:
    """Only joint goals count, and an account without any may have its edition."""
    assert (
        planning.joint_edition_refusal(full(goal=[{**answer("declined", "2026-04-22"), "side": "ours"}]))
        is None
    )
    assert planning.joint_edition_refusal(bundles.account()) is None


def test_goals_plan_and_review_stay_inside_while_a_tender_runs() -> None:
    """P7: no commercial page goes to a buyer in a tender, and the box on people says the rule instead of advice."""
    tender = full(
        event=[{"kind": "tender", "title": "T", "happened_on": "2026-09-01", "ends_on": "2027-01-15"}]
    )
    refused = planning.tender_edition_refusal(tender)
    assert refused is not None
    assert refused.rule == "tender_closes_edition"
    assert "upphandlingssystemet" in refused.sentence()
    assert planning.tender_edition_refusal(full()) is None
    unmet = full(event=tender.event.drop(columns=["row_id", "is_shared"]).to_dict("records"), touchpoint=[])
    add = table(planning.one_page(unmet)).set_index("box").loc["people", "add"]
    assert "upphandlingssystemet" in add


def test_the_customers_edition_holds_no_advice_of_ours() -> None:
    """What is missing or to be asked is ours: in the customer's edition those columns are empty, titles their own."""
    from kamlib.method import goal_setting

    account = full("customer", insight=[{"goal": "4 % högre tillgänglighet", "priority": 1}])
    assert table(planning.initiatives(account))["lacks"].isna().all()
    assert all(each.advice is None for each in goal_setting.joint(account))
    boxes = table(planning.one_page(account)).set_index("box")
    assert boxes.loc["money", "title"] == "Köp, senaste tolv månaderna"
    assert boxes.loc["priorities", "content"] == "4 % högre tillgänglighet"


# --- joint action plan, promises both ways, journey, SWOT -------------------------------------------------------


def step(row_id: str, due: str | None, waits: str | None = None, status: str = "planned") -> dict[str, Any]:
    """An initiative with what it waits for."""
    return {"row_id": row_id, "title": row_id, "due_on": due, "depends_on_id": waits, "status": status}


@pytest.mark.parametrize(
    ("before", "gate"),
    [
        (step("B", "2026-10-10"), "waiting"),
        (step("B", "2026-09-29"), "blocked"),  # late
        (step("B", "2026-12-01"), "blocked"),  # later than the one that waits
        (step("B", None), "blocked"),
        (step("B", "2026-10-10", status="done"), "ready"),
        (step("B", "2026-10-10", status="stopped"), "blocked"),
        (step("B", "2026-10-10", "A"), "circle"),
        (step("B", "2026-10-10", "B"), "blocked"),  # waits for itself: a circle of its own
        (step("X", "2026-10-10"), "ready"),  # what is waited for is not there
    ],
)
def test_a_step_is_ready_waiting_blocked_or_in_a_circle(before: dict[str, Any], gate: str) -> None:
    """6.9: a step waits for one that holds its day, and is blocked by one that is late, undated, stopped or too late."""
    account = full(initiative=[step("A", "2026-10-31", "B"), before])
    gates = {each: gate.state for each, gate in planning.gates(account).items()}
    assert gates["A"] == gate
    rules = {finding.rule for finding in planning.loose_ends(account)}
    assert ("plan_blocked" in rules) == (gate == "blocked")
    assert ("plan_circle" in rules) == ("circle" in gates.values())


def test_what_is_blocked_blocks_further_and_what_is_over_waits_for_nothing() -> None:
    """A chain passes on its block; a finished step has no gate; the sheet names what is waited for."""
    chain = [step("A", "2026-11-30", "B"), step("B", "2026-11-15", "C"), step("C", "2026-09-01"),
             step("D", "2026-09-01", "C", "done")]  # fmt: skip
    account = full(initiative=chain)
    gates = {each: gate.state for each, gate in planning.gates(account).items()}
    assert gates == {"A": "blocked", "B": "blocked", "C": "ready", "D": None}
    rows = table(planning.initiatives(account)).set_index("row_id")
    assert rows.loc["A", "waits_for"] == "B (blockerat)"
    assert rows.loc[["C", "D"], "waits_for"].isna().all()
    shown = table(planning.initiatives(full("customer", initiative=chain)))
    assert shown[["waits_for", "lacks"]].isna().all().all()


def test_open_promises_fall_into_ages_at_their_limits() -> None:
    """7, 30 and 90 days are the last days of their age; what is kept is in none; undated stands by itself."""
    days = {"2026-09-30": 0, "2026-09-29": 1, "2026-09-23": 1, "2026-09-22": 2, "2026-08-31": 2, "2026-08-30": 3,
            "2026-07-02": 3, "2026-07-01": 4, None: 5}  # fmt: skip
    for day, place in days.items():
        promised = [{"title": "T", "direction": "ours", "due_on": day},
                    {"title": "K", "direction": "customer", "due_on": day, "done_on": "2026-09-30"}]  # fmt: skip
        ages = table(planning.promise_ages(full(commitment=promised)))
        assert list(ages["ours"]) == [int(number == place) for number in range(6)], day
        assert ages["customer"].sum() == 0
    assert table(planning.promise_ages(bundles.account())).empty


@pytest.mark.parametrize(
    ("given", "got", "index"), [(6, 3, 2.0), (2, 4, 0.5), (3, 0, None), (0, 0, None), (0, 2, 0.0)]
)
def test_reciprocity_is_what_we_gave_over_what_we_got(given: int, got: int, index: float | None) -> None:
    """D8: kept promises of twelve months, ours / theirs; without any of theirs it can't be told, and few are said so."""
    kept = [{"title": f"{side}{n}", "direction": side, "done_on": "2026-09-01", "due_on": "2026-08-01"}
            for side, count in (("ours", given), ("customer", got)) for n in range(count)]  # fmt: skip
    old = {"title": "gammalt", "direction": "customer", "done_on": "2025-09-01"}
    row = table(planning.reciprocity(full(commitment=[*kept, old]))).iloc[0]
    assert (row["given"], row["got"]) == (given, got)
    assert pd.isna(row["index"]) if index is None else row["index"] == index
    assert ("få löften" in row["reading"]) == (0 < given + got < 3)
    assert "nan" not in row["reading"]


@pytest.mark.parametrize(("moment", "score"), list(product([True, False, None], [1, 2, 3, 4, 5, None])))
def test_a_pain_without_an_initiative_is_found(moment: bool | None, score: int | None) -> None:
    """T5 on its grid: 2 or lower chafes, at a moment of truth 3; tied to a running initiative nothing is loose."""
    steps = {"step": 1, "title": "Ta emot", "score": score, "is_moment_of_truth": moment, "respondents": 2,
             "state": "delleveranser", "asked_on": "2026-09-02"}  # fmt: skip
    hurts = score is not None and score <= (3 if moment else 2)
    for link, status, is_loose in (
        (None, "planned", hurts),
        ("I", "ongoing", False),
        ("I", "stopped", hurts),
    ):
        account = full(
            journey_step=[{**steps, "initiative_id": link}], initiative=[step("I", None, status=status)]
        )
        row = table(planning.journey(account)).iloc[0]
        assert (row["is_pain"], row["is_loose"], row["is_stale"]) == (hurts, is_loose, False)
        assert row["answers"] == "2 svar (få)"
        assert any(each.rule == "plan_pain" for each in planning.loose_ends(account)) == is_loose


def test_the_journey_for_the_customer_holds_no_gap_of_ours() -> None:
    """In the customer's edition the link to our initiative is shut and nothing is called loose; ten answers are enough."""
    account = full("customer", journey_step=[{"step": 1, "title": "Ta emot", "score": 1, "respondents": 10}])
    row = table(planning.journey(account)).iloc[0]
    assert pd.isna(row["initiative"])
    assert not row["is_loose"]
    assert row["answers"] == "10 svar"


def test_swot_rows_lead_to_an_action_or_are_told() -> None:
    """Rows stand in the order of the quadrants; one without an initiative, or with a vanished one, is a finding (P16)."""
    noted = [{"quadrant": "threat", "title": "Ny ägare", "initiative_id": "borta"},
             {"quadrant": "strength", "title": "Jouren", "initiative_id": "I"}]  # fmt: skip
    account = full(swot=noted, initiative=[step("I", "2026-12-01")])
    assert list(table(planning.swot(account))["quadrant"]) == ["strength", "threat"]
    (found,) = [each for each in planning.loose_ends(account) if each.rule == "plan_swot"]
    assert "Ny ägare" in found.sentence()
    assert table(planning.swot(bundles.account())).empty


def test_value_needs_its_proof_and_never_our_own_word() -> None:
    """6.6: each stage says what it lacks; what one of us has confirmed is not counted."""
    ledger: Rows = [
        {
            "title": "V1",
            "stage": "confirmed",
            "amount": 100,
            "confirmed_on": "2026-09-01",
            "confirmed_by": "U-1",
        },
        {"title": "V2", "stage": "measured", "amount": 50, "calculation": "5 x 10"},
        {"title": "V3", "stage": "hypothesis", "calculation": "x"},
    ]
    account = full(value=ledger)
    lacks = table(planning.value_ledger(account)).set_index("title")["lacks"]
    assert lacks.to_dict() == {"V1": "räknesätt och vår del", "V2": "vår del", "V3": "spann"}
    assert planning.value_headline(account).values == 0
    assert table(planning.value_ledger(full("customer", value=ledger)))["lacks"].isna().all()


def test_a_sign_needs_somebody_who_watches_for_it() -> None:
    """6.8: an early sign without a watcher is told; with one nothing lacks."""
    risk = {"title": "R", "action": "a", "owner_id": "U-1", "signal": "s"}
    assert table(planning.risks(full(risk=[risk])))["lacks"].iloc[0] == "någon som bevakar signalen"
    assert table(planning.risks(full(risk=[{**risk, "watcher_id": "U-2"}])))["lacks"].isna().all()


def test_the_insight_map_says_which_link_is_unknown() -> None:
    """Row 23: goal, pressure, initiative, obstacle, contribution; what is told has a name; ours alone."""
    known = {"goal": "G", "grade": "told", "pressure": "p", "obstacle": "o"}
    account = full(insight=[known])
    assert (
        table(planning.insights(account))["lacks"].iloc[0]
        == "vad kunden gör, vad vi kan bidra med och vem som sa det"
    )
    assert table(planning.insights(full("customer", insight=[known])))["lacks"].isna().all()


# --- stages and brief -------------------------------------------------------------------------------------------


def test_the_stage_is_held_against_the_data() -> None:
    """Row 28: behaviours of all five; a judged stage ahead of what is seen is said to be ahead."""
    plan = {
        "year": 2026,
        "stage_now": "cooperative",
        "stage_wanted": "integrated",
        "stage_evidence": "Delar prognos",
    }
    bare = full(account_plan=[plan], agreement=[])
    rows = table(planning.stages(bare)).set_index("stage")
    assert rows["stands"].dropna().to_dict() == {"cooperative": "now", "integrated": "wanted"}
    assert not rows.loc["cooperative", "is_seen"]
    assert planning.stage_reading(bare)["key"] == "stage.ahead"
    agreed = full(account_plan=[plan], agreement=[{"agreement_id": "A", "ends_on": "2027-12-31"}])
    assert {name: str(value) for name, value in planning.stage_reading(agreed).items()} == {
        "key": "stage.seen", "now": "samarbete", "wanted": "integrerad", "evidence": "Delar prognos",
    }  # fmt: skip
    assert planning.stage_reading(bundles.account())["key"] == "stage.not_judged"
    assert table(planning.stages(bundles.account()))["stands"].isna().all()


def test_the_brief_holds_promises_both_ways_hot_topics_risks_and_three_questions() -> None:
    """Row 30: what was promised and kept, open cases and low answers, risks with their sign; the assumed is asked first."""
    account = full(
        case=[{"case_id": "K", "title": "Läckage", "severity": "critical", "opened_on": "2026-09-20"},
              {"case_id": "L", "title": "Stängt", "opened_on": "2026-09-01", "closed_on": "2026-09-02"}],
        feedback=[{"feedback_id": "F", "contact_id": "C-1", "kind": "nps", "score": 4, "answered_on": "2026-09-01",
                   "comment": "För långsamt"}],
        insight=[{"goal": "Färre leverantörer.", "grade": "assumed", "priority": 1}],
        delivery=[{"month": "2026-09-01", "lines_due": 10, "lines_on_time_in_full": 7}],
    )  # fmt: skip
    rows = table(planning.brief(account))
    told = rows.groupby("section")["content"].agg("\n".join)
    assert "Lager på plats: 30 dagar sent" in told["ours"]
    assert "Prognos: 1 dag sent" in told["theirs"]
    assert "Läckage" in told["hot"]
    assert "Stängt" not in told["hot"]
    assert "För långsamt" in told["hot"]
    assert "70,0\N{NO-BREAK SPACE}%" in told["hot"]
    questions = rows[rows["section"].eq("question")]["content"]
    assert len(questions) == 3
    assert questions.iloc[0].startswith("Vi tror att det här är viktigt för er: Färre leverantörer.")
    assert rows.groupby("section").size().max() <= 4


def test_the_brief_is_ours_alone_thin_and_silent_in_a_tender() -> None:
    """No row for the customer; from nothing at all still three questions; during a tender the rule stands in their place."""
    assert table(planning.brief(full("customer"))).empty
    assert list(table(planning.brief(bundles.account()))["section"]) == ["question"] * 3
    tender = [{"kind": "tender", "title": "T", "happened_on": "2026-09-01", "ends_on": "2027-01-15"}]
    asked = table(planning.brief(full(event=tender))).query("section == 'question'")["content"]
    assert len(asked) == 1
    assert "upphandlingssystemet" in asked.iloc[0]
