"""Step 5: the monthly page, the log as sentences, the four questions, the agendas, the notes, next year's draft."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pandas as pd
import pytest
from bundles import account, months, portfolio

from kamlib import text
from kamlib.errors import KamError
from kamlib.method import coaching, goal_setting, review

GOAL = {
    "row_id": "g1", "title": "Färre stopp", "goal_class": "strategic", "side": "joint", "kpi": "stopptimmar",
    "direction": "down", "baseline": 41, "baseline_on": "2025-12-31", "target": 20, "due_on": "2027-06-30",
    "owner_id": "P1", "customer_status": "confirmed",
}  # fmt: skip


def log(*steps: tuple[str, str, str, str, dict[str, Any], dict[str, Any]]) -> pd.DataFrame:
    """The workspace's log: (table, row_id, day, operation, before, after), in order."""
    rows = [
        {"seq": n, "table": table, "row_id": row_id, "effective_on": day, "operation": operation,
         "before": before, "after": after, "by": "P1", "reason": "möte"}
        for n, (table, row_id, day, operation, before, after) in enumerate(steps, 1)
    ]  # fmt: skip
    columns = ["seq", "table", "row_id", "effective_on", "operation", "before", "after", "by", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"effective_on": "datetime64[us]"})


# --- the month ---


def test_the_page_of_the_month() -> None:
    """Overdue first, then stale, new and next; each line with its day and how far it is."""
    view = account(
        goal=[GOAL],
        reading=[{"goal_id": "g1", "measured_on": "2026-03-01", "value": 30}],
        commitment=[
            {
                "title": "Lager",
                "direction": "ours",
                "owner_id": "P1",
                "made_on": "2026-06-01",
                "due_on": "2026-08-31",
            },
            {"title": "Prognos", "direction": "customer", "customer_owner_id": "C1", "due_on": "2026-06-05"},
            {"title": "Pilot", "direction": "ours", "due_on": "2026-10-09"},
            {"title": "Långt fram", "direction": "ours", "due_on": "2027-10-09"},
        ],
        initiative=[{"title": "Byt", "status": "ongoing", "due_on": "2026-09-20", "goal_id": "g1"}],
        event=[
            {"kind": "acquisition", "title": "Köpt", "happened_on": "2026-09-10"},
            {"kind": "tender", "title": "Gammalt", "happened_on": "2026-01-10"},
        ],
        meeting=[{"title": "Samarbetsmöte", "kind": "customer_review", "planned_on": "2026-10-20"}],
    )
    page = review.follow_up(view)
    assert [(each.section, each.what, each.days) for each in page] == [
        ("overdue", "Prognos", 117),
        ("overdue", "Lager", 30),
        ("overdue", "Byt", 10),
        ("stale", "Färre stopp", 213),
        ("changed", "Köpt", 20),
        ("next", "Pilot", -9),
        ("next", "Samarbetsmöte", -20),
    ]
    assert [each.who for each in page[:2]] == ["C1", "P1"]
    assert review.summary(page) == {"overdue": 3, "stale": 1, "changed": 1, "next": 2}


@pytest.mark.parametrize("audience", ["internal", "customer"])
def test_the_month_ahead_holds_the_meeting_that_the_plan_names(audience: str) -> None:
    """A day with the customer that only the plan names is no less a meeting; one that is booked stands once."""
    plan = [{"year": 2026, "next_meeting_on": "2026-10-14"}]
    booked = [{"title": "Bokat", "kind": "visit", "planned_on": "2026-10-20"}]
    pages = [
        review.follow_up(account(account_plan=plan, meeting=meetings, audience=audience))
        for meetings in ([], booked)
    ]
    told = [[(str(each.what), str(each.on)) for each in page.where(kind="meeting")] for page in pages]
    assert told == [[("samarbetsmöte", "2026-10-14")], [("Bokat", "2026-10-20")]]


def test_an_empty_month_has_four_sections_of_nothing() -> None:
    """A bare account goes through, and the summary still has its four lines."""
    page = review.follow_up(account())
    assert not page
    assert list(review.summary(page).values()) == [0, 0, 0, 0]


def test_nothing_stale_is_shown_to_the_customer() -> None:
    """Who we have not called is ours to know."""
    contact = [{"contact_id": "C1", "side": "customer", "name": "Bo"}]
    touch = [{"touchpoint_id": "1", "contact_id": "C1", "held_on": "2025-01-01", "is_two_way": True}]
    roles = [{"contact_id": "C1", "role": "champion"}]
    both = [
        review.follow_up(account(contact=contact, touchpoint=touch, stakeholder=roles, audience=audience))
        for audience in ("internal", "customer")
    ]
    assert [[each.section for each in page] for page in both] == [["stale"], []]


# --- since the last review ---


def test_changes_are_net() -> None:
    """Two edits become one row, an edit that was taken back none, a stamp alone none; new and gone are named."""
    view = account(
        goal=[GOAL],
        risk=[{"row_id": "r1", "title": "Går i pension", "probability": 4}],
        review=[{"kind": "internal", "held_on": "2026-05-20"}, {"kind": "internal", "held_on": "2026-09-30"}],
    )
    changes = log(
        ("goal", "g1", "2026-05-01", "update", {"target": 30}, {"target": 25}),
        ("goal", "g1", "2026-06-01", "update", {"target": 25}, {"target": 22}),
        ("goal", "g1", "2026-07-01", "update", {"target": 22}, {"target": 20}),
        ("risk", "r1", "2026-06-01", "update", {"probability": 4}, {"probability": 5}),
        ("risk", "r1", "2026-06-02", "update", {"probability": 5}, {"probability": 4}),
        ("risk", "r2", "2026-06-02", "insert", {}, {"title": "Ny risk"}),
        ("value", "v1", "2026-06-02", "retire", {"title": "Fel räknat"}, {}),
        ("value", "v2", "2026-06-02", "insert", {}, {"title": "kom"}),
        ("value", "v2", "2026-06-03", "retire", {"title": "kom"}, {}),
        ("commitment", "c1", "2026-12-24", "insert", {}, {"title": "framtid"}),
    )
    rows = review.compare(view, changes)
    assert [(each.area, each.what, each.title, *map(str, (each.before, each.after))) for each in rows] == [
        ("goals", "changed", "Färre stopp", "25", "20"),
        ("risks", "added", "Ny risk", "None", "None"),
        ("money", "removed", "Fel räknat", "None", "None"),
    ]
    counted = {each.area: (each.added, each.changed, each.removed) for each in review.tally(view, rows)}
    assert counted["goals"] == (0, 1, 0)
    assert counted["people"] == (0, 0, 0)


def test_changes_read_as_words() -> None:
    """Codes, money, dates and people are written as a person reads them; a reading says its value."""
    view = account(
        goal=[GOAL],
        contact=[{"contact_id": "P2", "side": "ours", "name": "Idun Falkmo"}],
        value=[{"row_id": "v1", "title": "Trimmade pumpar", "stage": "measured", "amount": 192_200}],
    )
    changes = log(
        ("value", "v1", "2026-06-01", "update", {"stage": "agreed", "amount": None}, {"stage": "measured", "amount": 192_200}),
        ("goal", "g1", "2026-06-01", "update", {"owner_id": None, "due_on": None}, {"owner_id": "P2", "due_on": pd.Timestamp("2027-06-30")}),
        ("reading", "x", "2026-06-02", "insert", {}, {"goal_id": "g1", "value": 27.0}),
    )  # fmt: skip
    rows = review.compare(view, changes, date(2026, 1, 1))
    after = [str(each.after) for each in rows]
    assert after == ["Idun Falkmo", "2027-06-30", "27", "uppmätt", text.money(192_200)]
    assert rows[2].title == "Färre stopp"


def test_no_log_no_changes() -> None:
    """The customer's file holds no log: an empty table, no error."""
    assert not review.compare(account(), log())
    assert not any(each.added for each in review.tally(account(), ()))


# --- the quarter ---


@pytest.mark.parametrize(("kind", "minutes", "items"), [("internal", 30, 6), ("customer", 60, 6)])
def test_the_two_agendas_of_p1(kind: str, minutes: int, items: int) -> None:
    """Thirty minutes inside, sixty with the customer, no gap between the items, every item in both languages."""
    rows = review.agenda(kind)
    assert (sum(each.minutes for each in rows), len(rows)) == (minutes, items)
    assert [each.from_minute for each in rows[1:]] == [each.to_minute for each in rows[:-1]]
    for lang in text.LANGUAGES:
        text.use(lang)
        assert all(str(each.item) for each in rows)


def test_the_customer_speaks_longest() -> None:
    """P1: their business takes the longest item, and ours only reads in silence inside."""
    rows = review.agenda("customer")
    assert rows[1].key == "agenda.customer.customer_speaks"
    assert rows[1].minutes == max(each.minutes for each in rows)
    assert review.agenda("internal")[0].key == "agenda.internal.silent_reading"


def test_another_agenda_is_refused_with_the_choices() -> None:
    """An unknown kind of meeting names what there is."""
    with pytest.raises(KamError, match="internal, customer"):
        review.agenda("qbr")


def test_four_questions_always_have_an_answer() -> None:
    """S5.3: nothing known is said, question by question; with data the figures stand there with their table."""
    empty = review.questions(account())
    assert list(dict.fromkeys(each.question for each in empty)) == ["business", "plan", "feedback", "chances"]
    assert not empty.where(is_known=True)
    view = account(
        revenue=months("2026-09", [1e6] * 12 + [1.19e6] * 12, product_group="P6", contribution_margin=3e5),
        goal=[GOAL],
        reading=[{"goal_id": "g1", "measured_on": "2026-09-01", "value": 27}],
        commitment=[{"title": "a", "direction": "ours", "due_on": "2026-05-01", "done_on": "2026-05-01"}],
        project=[{"project_id": "1", "name": "Docka 3", "status": "ongoing", "planned_end_on": "2026-09-20"}],
        decision=[{"title": "Jour", "status": "asked", "asked_on": "2026-09-01"}],
        feedback=[{"feedback_id": "1", "contact_id": "C", "answered_on": "2026-05-01", "kind": "nps", "score": 4,
                   "comment": "Aviseringen kommer inte."}],
        opportunity=[{"opportunity_id": "1", "name": "o", "stage": "open", "amount": 2e6}],
        risk=[{"title": "Liten.", "probability": 1, "impact": 1}, {"title": "Stor.", "probability": 5, "impact": 5}],
        event=[{"kind": "acquisition", "title": "Köpt", "happened_on": "2026-06-15"}],
    )  # fmt: skip
    rows = review.questions(view, goal_setting.progress(view))
    told = {
        question: " ".join(str(each.answer) for each in rows.where(question=question))
        for question in ("business", "plan", "feedback", "chances")
    }
    assert "+19,0" in told["business"]
    assert "Köpt" in told["business"]
    assert "1 mål: 1 i fas" in told["plan"]
    assert "Docka 3 är 10 dagar efter plan" in told["plan"]
    assert "1 beslut väntar" in told["plan"]
    assert "Aviseringen kommer inte." in told["feedback"]
    assert told["chances"].index("Stor.") < told["chances"].index("Liten.")
    assert "nan" not in " ".join(told.values()).split()


def test_decisions_wait_in_days() -> None:
    """Asked ones first with the days they waited; a decision older than a year is history."""
    view = account(
        decision=[
            {"title": "Gammalt", "status": "decided", "asked_on": "2024-01-01", "decided_on": "2024-02-01"},
            {"title": "Taget", "status": "decided", "asked_on": "2026-05-20", "decided_on": "2026-05-27"},
            {"title": "Jour", "status": "asked", "asked_on": "2026-09-09"},
        ]
    )
    rows = review.decisions(view)
    assert [(each.title, each.days) for each in rows] == [("Jour", 21), ("Taget", None)]


def test_notes_within_twenty_four_hours() -> None:
    """S5.5: sent by the next day, late, or not sent; the customer's draft holds only shared rows."""
    view = account(
        goal=[{**GOAL, "is_shared": True}],
        commitment=[
            {
                "row_id": "c1",
                "title": "Prognos",
                "direction": "customer",
                "due_on": "2026-10-05",
                "is_shared": True,
            },
            {"row_id": "c2", "title": "Hemligt", "direction": "customer", "due_on": "2026-10-05"},
        ],
        review=[{"row_id": "r1", "kind": "internal", "held_on": "2026-09-09"}],
        communication=[
            {"receiver": "management", "review_id": "r1", "sent_on": "2026-09-10"},
            {"receiver": "squad", "review_id": "r1", "sent_on": "2026-09-12"},
        ],
    )
    changes = log(
        ("goal", "g1", "2026-09-10", "update", {"target": 22}, {"target": 20}),
        ("risk", "r9", "2026-09-10", "insert", {}, {"title": "Intern risk"}),
    )
    rows = review.communication(view, review.compare(view, changes))
    assert [each.state for each in rows] == ["sent", "late", "not_sent"]
    assert "Intern risk" in str(rows[0].note)
    customers = str(rows[2].note)
    assert "Färre stopp" in customers
    assert "Prognos" in customers
    assert "Intern risk" not in customers
    assert "Hemligt" not in customers
    assert {each.state for each in review.communication(account())} == {"no_review"}


@pytest.mark.parametrize("order", [1, -1])
def test_a_note_tells_of_any_review_of_the_last_day(order: int) -> None:
    """An internal review and one with the customer on the same day: the note after either has been sent."""
    reviews = [
        {"row_id": "r1", "kind": "internal", "held_on": "2026-09-09"},
        {"row_id": "r2", "kind": "customer", "held_on": "2026-09-09"},
        {"row_id": "r0", "kind": "internal", "held_on": "2026-05-20"},
    ]
    sent = [
        {"receiver": "management", "review_id": "r1", "sent_on": "2026-09-10"},
        {"receiver": "squad", "review_id": "r0", "sent_on": "2026-05-21"},
    ]
    rows = review.communication(account(review=reviews[::order], communication=sent))
    assert [each.state for each in rows] == ["sent", "not_sent", "not_sent"]


def test_a_note_says_what_a_goal_was_measured_at() -> None:
    """The name of a goal alone is no news: its newest value stands beside it, once; a value taken away is none."""
    goals = [{**GOAL, "title": "Tillbaka till 40 mkr."}, {**GOAL, "row_id": "g2", "title": "Färre stopp"}]
    view = account(goal=goals)
    measured = log(
        ("reading", "x", "2026-09-10", "insert", {}, {"goal_id": "g1", "value": 38.6}),
        ("reading", "y", "2026-08-10", "insert", {}, {"goal_id": "g1", "value": 36.4}),
        ("goal", "g1", "2026-09-12", "update", {"target": 41}, {"target": 40}),
        ("reading", "z", "2026-09-01", "retire", {"goal_id": "g2", "value": 99}, {}),
        (
            "reading",
            "w",
            "2026-09-01",
            "update",
            {"goal_id": "g2", "measured_on": None},
            {"measured_on": "2026-08-31"},
        ),
    )
    note = review.communication(view, review.compare(view, measured))[0].note
    assert "Ändrat sedan sist: Tillbaka till 40 mkr: 38,6; Färre stopp." in str(note)


# --- the year ---

STATES = ["on_track", "at_risk", "off_track", "not_due", "undefined", "no_reading"]


@pytest.mark.parametrize(("state", "flags"), list(product(STATES, product([True, False], repeat=3))))
def test_every_goal_has_one_verdict(state: str, flags: tuple[bool, bool, bool]) -> None:
    """S5.4: the whole grid of state, declined, reached and driven: keep, change or stop, with a reason in words."""
    declined, reached, driven = flags
    verdict, reason = review.goal_verdict(state, declined=declined, reached=reached, driven=driven)
    assert verdict in {"keep", "change", "stop"}
    assert text.t(f"next_year.{reason}", days=1)
    if declined:
        assert (verdict, reason) == ("change", "declined")
    elif reached:
        assert verdict == "stop"
    elif verdict == "stop":
        assert (state, driven) == ("off_track", False)


def test_four_reviews_become_a_draft() -> None:
    """Goals and open initiatives get keep, change or stop; fewer than four reviews are said to be few."""
    view = account(
        goal=[GOAL, {**GOAL, "row_id": "g2", "title": "Avböjt", "customer_status": "declined"}],
        reading=[{"goal_id": "g1", "measured_on": "2026-09-01", "value": 27}],
        initiative=[
            {"title": "I tid", "status": "ongoing", "due_on": "2026-12-01", "goal_id": "g1"},
            {"title": "Sent", "status": "ongoing", "due_on": "2026-09-01"},
            {"title": "Mycket sent", "status": "ongoing", "due_on": "2026-05-01"},
            {"title": "Klart", "status": "done", "due_on": "2026-05-01"},
        ],
        review=[
            {"kind": "internal", "held_on": day}
            for day in ("2025-11-12", "2026-02-11", "2026-05-20", "2026-09-09")
        ],
    )
    rows = {each.title: each.verdict for each in review.next_year(view, goal_setting.progress(view))}
    assert rows == {
        "Avböjt": "change",
        "Färre stopp": "keep",
        "Mycket sent": "stop",
        "Sent": "change",
        "I tid": "keep",
    }
    assert review.ground(view) == {"key": "review.ground", "n": 4}
    assert review.ground(account()) == {"key": "review.ground.thin", "n": 0}


def test_reviews_held() -> None:
    """Newest first, with the decisions and notes that followed; a planned review is not held."""
    view = account(
        review=[
            {"row_id": "r1", "kind": "internal", "held_on": "2026-05-20"},
            {"row_id": "r2", "kind": "internal", "held_on": "2026-09-09", "plan": "två mål efter"},
            {"row_id": "r3", "kind": "internal", "held_on": "2026-12-09"},
        ],
        decision=[{"title": "d", "review_id": "r2", "status": "decided"}],
        communication=[{"receiver": "squad", "review_id": "r2", "sent_on": "2026-09-10"}],
    )
    rows = review.held(view)
    assert [str(each.held_on) for each in rows] == ["2026-09-09", "2026-05-20"]
    assert (rows[0].decisions, rows[0].notes) == (1, 1)


def test_the_stages_agree_on_an_empty_house() -> None:
    """No account, no plan: the company's checks find nothing and nothing breaks."""
    assert coaching.check_company(portfolio()) == []


def test_a_goal_that_is_not_due_is_on_its_way() -> None:
    """A back-loaded goal from which nothing is expected yet is no unmeasured goal."""
    view = account(
        goal=[{**GOAL, "path": "steps"}],
        reading=[{"goal_id": "g1", "measured_on": "2026-09-01", "value": 41}],
        initiative=[{"title": "i", "goal_id": "g1", "due_on": "2027-01-01", "status": "planned"}],
    )
    followed = goal_setting.progress(view)
    assert [each.state for each in followed] == ["not_due"]
    (told,) = review.questions(view, followed).where(source="goal")
    assert str(told.answer).startswith("1 mål: 1 i fas")


def test_the_champions_pack_holds_only_what_may_be_used() -> None:
    """T9, T10, P7: confirmed value with leave to use it, and whole stories with a hero; nothing else."""
    ledger = [
        {"row_id": "V1", "title": "Färre stopp", "stage": "confirmed", "amount": 842_800, "may_be_used": "inom bolaget",
         "confirmed_by": "P-1", "confirmed_on": "2026-09-08"},
        {"row_id": "V2", "title": "Utan lov", "stage": "confirmed", "amount": 1.0},
        {"row_id": "V3", "title": "Minus", "stage": "confirmed", "amount": -5.0, "may_be_used": "inom bolaget"},
        {"row_id": "V4", "title": "Uppmätt", "stage": "measured", "amount": 2.0, "may_be_used": "inom bolaget"},
    ]  # fmt: skip
    told = {
        "situation": "Maskinen stod.",
        "tension": "För en tätning.",
        "change": "Vi bytte tolv.",
        "result": "14 h.",
    }
    stories = [{**told, "hero_id": "P-1"}, {**told, "hero_id": None}]
    pack = review.champion_pack(account("A-1", value=ledger, story=stories))
    assert [each.told for each in pack] == [
        "Färre stopp",
        "Maskinen stod. För en tätning. Vi bytte tolv. 14 h.",
    ]
    assert [each.who for each in pack] == ["P-1", "P-1"]
    assert not review.champion_pack(account("A-1"))
