"""Figures of people and plan: titles at their limits, edges, both languages, and nothing internal for a customer."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import bundles
import pandas as pd
import pytest

from kamlib import text
from kamlib.method import planning, relationships
from kamlib.show import charts
from kamlib.show.charts import people
from kamlib.show.page import Shown

ODD = "A$5% & B <ö>"
SINCE = pd.Timestamp("2026-06-30")
DAY = pd.Timestamp("2026-09-30")


def account(**rows: Any) -> Any:
    return bundles.account(**rows)


def title(shown: Shown) -> str:
    return shown.plain.splitlines()[0].replace("\N{NO-BREAK SPACE}", " ")


# --- the power map -----------------------------------------------------------------------------------------


def person(name: str | None = "Bo Ek", **more: Any) -> dict[str, Any]:
    told = {
        "name": name,
        "title": "chef",
        "influence": 4,
        "support": 1,
        "coverage": 3,
        "is_placeholder": False,
    }
    return told | {"influence_before": None, "support_before": None, "since": SINCE} | more


def mapped(*rows: dict[str, Any], audience: str = "internal") -> Shown:
    return charts.influence_map(bundles.typed(pd.DataFrame(rows)), account(audience=audience))


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ([(4, 1)], "Båda med stort inflytande stödjer oss"),
        ([(4, 0)], "; sedan 2026-06-30 har 1 av alla i bilden kommit närmare"),
        ([(4, 2)], "; sedan 2026-06-30 har 1 av alla i bilden gått ifrån oss"),
        ([(4, 2), (4, -1)], "; sedan 2026-06-30 har 1 kommit närmare och 1 gått ifrån oss"),
        ([(3, 1)], "Båda med stort inflytande stödjer oss"),
    ],
)
def test_the_title_tells_who_came_closer_and_who_went_away(before: list[tuple[int, int]], said: str) -> None:
    """A turn of stance stands in the title; a change of influence alone is no turn."""
    then = [{"influence_before": inf, "support_before": sup} for inf, sup in [*before, (None, None)][:2]]
    shown = mapped(*(person(f"P{n}", **each) for n, each in enumerate(then)))
    assert title(shown).endswith(said)


def test_the_subtitle_tells_since_when() -> None:
    """Moved, still, and nothing to compare with are three different things; without a day nothing is said."""
    assert "Pil: från läget 2026-06-30; 1 har" in mapped(person(influence_before=3, support_before=1)).plain
    assert (
        "Ingen har flyttat sig sedan 2026-06-30" in mapped(person(influence_before=4, support_before=1)).plain
    )
    assert "Ingen av dem var bedömd 2026-06-30" in mapped(person()).plain
    assert "2026-06-30" not in mapped(person(since=pd.NaT)).plain


def test_an_unknown_stance_has_its_own_lane_and_is_no_move_to_neutral() -> None:
    """From unknown to known is drawn as a way, from the lane of the unknown; unknown now is never neutral."""
    shown = mapped(person(support=1, influence_before=4, support_before=None))
    assert "Pil: från läget" in shown.plain
    assert "kommit närmare" not in shown.plain
    unknown = mapped(person(support=None))
    assert "1 har okänd hållning" in unknown.plain
    assert "okänd hållning</text>" in unknown.html


def test_a_placeholder_is_shown_as_one() -> None:
    """A seat whose holder has no name says so."""
    assert "chef (namn okänt)" in mapped(person(None, is_placeholder=True)).html


@pytest.mark.parametrize("n", [1, 6, 18, 40])
def test_names_on_one_spot_keep_apart(n: int) -> None:
    """However many stand on the same spot, nobody is drawn outside their own step of influence."""
    crowd = [people._standpoint(SimpleNamespace(**person(f"Namn {each}"))) for each in range(n)]
    heights = [mark.y for mark in people._spread(crowd)]
    assert max(heights) <= 4.44
    assert min(heights) >= 3.56
    assert len(set(heights)) == n
    assert "<svg" in mapped(*(person(f"Namn {each}") for each in range(n))).html


def test_moves_compare_two_days() -> None:
    """What was judged then stands beside what is judged now; who was not judged has nothing before."""
    contacts = [
        {"contact_id": key, "side": "customer", "name": key, "title": "chef"} for key in ("C-1", "C-2")
    ]
    judged = {"role": "user", "matter": "x", "noted_on": SINCE}
    then = account(
        contact=contacts, stakeholder=[{"contact_id": "C-1", "influence": 3, "support": 2, **judged}]
    )
    both = [{"contact_id": key, "influence": 4, "support": -1, **judged} for key in ("C-1", "C-2")]
    moved = relationships.moves(then, account(contact=contacts, stakeholder=both))
    before = {each.contact_id: (each.influence_before, each.support_before) for each in moved}
    assert (before["C-1"], before["C-2"]) == ((3, 2), (None, None))
    assert {each.since for each in moved} == {then.as_of}


# --- the organisation --------------------------------------------------------------------------------------


def organised(n: int = 1, **more: Any) -> Any:
    names = [
        {
            "contact_id": f"C-{each}",
            "side": "customer",
            "name": ODD if each == 1 else f"Namn {each}",
            "title": "chef",
        }
        | ({"reports_to": "C-1"} if each > 1 else {})
        for each in range(1, n + 1)
    ]
    return account(contact=[*names, {"contact_id": "S-1", "side": "ours", "name": "Vi Själva"}], **more)


def tree(bundle: Any) -> Shown:
    return charts.organisation(planning.organisation(bundle), bundle, ties=relationships.links(bundle))


def judged(contact: str, role: str, **more: Any) -> dict[str, Any]:
    return {"contact_id": contact, "role": role, "influence": 4, "matter": "x", "noted_on": SINCE, **more}


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ([], "Ingen av de 5 beslutsrollerna har en känd person"),
        (["economic"], "1 av 5 beslutsroller har en känd person; saknas: teknisk granskare"),
        (["economic", "technical", "user", "champion", "sponsor"], "Alla 5 beslutsroller har en känd person"),
    ],
)
def test_the_tree_names_the_roles_that_are_missing(roles: list[str], said: str) -> None:
    """All, some and none are exact, and what is missing is named and shown as a seat."""
    bundle = organised(5, stakeholder=[judged(f"C-{n}", role) for n, role in enumerate(roles, 1)])
    shown = tree(bundle)
    assert title(shown).startswith(said)
    assert shown.html.count("ingen känd") == 5 - len(roles)


def test_the_tree_is_a_nested_list_that_tells_who_knows_whom() -> None:
    """Those below stand in a list within the list; ties carry the number of contacts; no tie is said."""
    met = {
        "contact_id": "C-2",
        "our_person_id": "S-1",
        "held_on": DAY,
        "is_two_way": True,
    }
    bundle = organised(
        2, stakeholder=[judged("C-1", "economic"), judged("C-2", "user")], touchpoint=[met, met]
    )
    html = tree(bundle).html
    assert re.search(r"<ul><li><div[^>]*><strong>A\$5% &amp; B &lt;ö&gt;.*?<ul><li>.*?Namn 2", html)
    assert "Kontakt med Vi Själva (2)" in html
    assert "Ingen av oss har kontakt" in html
    assert html.count("<ul>") == html.count("</ul>")
    assert html.count("<li>") == html.count("</li>")


def test_a_nameless_seat_is_no_known_person() -> None:
    """A placeholder's role counts as missing, and its name is said to be unknown."""
    seat = {"contact_id": "C-1", "side": "customer", "title": "platschef", "is_placeholder": True}
    bundle = account(contact=[seat], stakeholder=[judged("C-1", "economic")])
    assert "saknas: ekonomisk beslutsfattare" in tree(bundle).plain or "Ingen av de" in tree(bundle).plain
    assert "namn okänt" in tree(bundle).html


def test_of_many_people_those_without_a_part_stand_in_the_table_only() -> None:
    """Chiefs of those with a role stay; how many are left out is said."""
    chain = [
        {"contact_id": f"C-{n}", "side": "customer", "name": f"Namn {n}", "title": "chef"} for n in range(40)
    ]
    chain[7]["reports_to"] = "C-3"
    shown = tree(account(contact=chain, stakeholder=[judged("C-7", "user")]))
    drawn = shown.html.split("<details")[0]
    assert "Namn 7" in drawn
    assert "Namn 3<" in drawn
    assert "Namn 9" not in drawn
    assert "38 personer utan roll" in shown.plain


def test_depths_that_jump_make_a_sound_list() -> None:
    """A row that claims to be deeper than its chief hangs below the one before it."""
    assert (
        people._nested([(3, "a"), (9, "b"), (0, "c")]) == "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"
    )
    assert people._nested([]) == ""


# --- the road ----------------------------------------------------------------------------------------------


def work(title: str, days: int, **more: Any) -> dict[str, Any]:
    due = DAY + pd.Timedelta(days=days)
    return {
        "title": title,
        "due_on": due,
        "status": "ongoing",
        "starts_on": due - pd.Timedelta(days=40),
        **more,
    }


@pytest.mark.parametrize(
    ("days", "said"), [(-1, "1 av 2 punkter har passerat sin dag"), (0, "Inget har passerat sin dag")]
)
def test_a_day_is_late_when_it_has_passed(days: int, said: str) -> None:
    """Today is not late, yesterday is."""
    bundle = account(initiative=[work("Ett", days), work("Två", 30)])
    shown = charts.roadmap(planning.road(bundle), bundle)
    assert title(shown).startswith(said)
    assert ("1 dag sent" in shown.html) == (days < 0)


def test_what_is_late_has_a_sign_of_its_own() -> None:
    """A cross and a word, never colour alone; the kinds have signs too."""
    promised = {"title": "Löfte", "direction": "ours", "made_on": SINCE, "due_on": DAY + pd.Timedelta(days=9)}
    bundle = account(initiative=[work("Sent", -12)], commitment=[promised])
    html = charts.roadmap(planning.road(bundle), bundle).html
    assert "\N{MULTIPLICATION SIGN}</i>" in html
    assert "\N{BLACK DIAMOND}</i>" in html
    assert "12 dagar sent" in html


def test_the_road_ends_after_twelve_months_and_says_what_lies_beyond() -> None:
    """What comes later, and what has no day, is counted in the note."""
    bundle = account(
        initiative=[work("Nära", 366), work("Långt", 367), {"title": "Utan dag", "status": "planned"}]
    )
    shown = charts.roadmap(planning.road(bundle), bundle)
    assert "Längre fram eller utan plats: 1. Utan dag: 1." in shown.plain
    assert "Långt" not in shown.html


def test_done_stopped_and_declined_are_no_road() -> None:
    """Only what is still to come, or should have come, is shown; meetings are those with the customer."""
    met = [
        {"title": "Internt", "kind": "internal_review", "planned_on": DAY + pd.Timedelta(days=5)},
        {"title": "Hos dem", "kind": "customer_review", "planned_on": DAY + pd.Timedelta(days=6)},
    ]
    goal = {"goal_class": "strategic", "side": "joint", "due_on": DAY + pd.Timedelta(days=8)}
    bundle = account(
        initiative=[work("Klart", -5, status="done"), work("Stoppat", 5, status="stopped")],
        meeting=met,
        goal=[{"title": "Nej", "customer_status": "declined", **goal}, {"title": "Mål", **goal}],
        commitment=[
            {"title": "Gjort", "direction": "ours", "due_on": SINCE, "done_on": SINCE, "made_on": SINCE}
        ],
    )
    assert [each.title for each in planning.road(bundle)] == ["Hos dem", "Mål"]
    assert not planning.road(account())


# --- the journey -------------------------------------------------------------------------------------------


def step(n: int, score: int | None, **more: Any) -> dict[str, Any]:
    return {
        "step": n,
        "title": f"Steg {n}",
        "score": score,
        "respondents": 2,
        "asked_on": DAY,
        "is_shared": True,
        **more,
    }


def travelled(*steps: dict[str, Any], audience: str = "internal") -> Shown:
    bundle = account(journey_step=list(steps), audience=audience)
    return charts.journey(planning.journey(bundle), bundle)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([step(1, 2), step(2, 3)], "Det skaver i 1 av 2 steg, mest i Steg 1: 2 av 5"),
        ([step(1, 3), step(2, 4)], "Inget steg skaver; lägst är Steg 1 med 3 av 5"),
        (
            [step(1, 3, is_moment_of_truth=True), step(2, 4)],
            "Det skaver i 1 av 2 steg, mest i Steg 1: 3 av 5",
        ),
        ([step(1, 1), step(2, 2)], "Alla 2 bedömda steg skaver, mest Steg 1: 1 av 5"),
        ([step(1, 1)], "Det enda bedömda steget skaver: Steg 1, 1 av 5"),
    ],
)
def test_the_journey_names_where_it_chafes(steps: list[dict[str, Any]], said: str) -> None:
    """Two or lower chafes; at a moment of truth three does too."""
    assert title(travelled(*steps)) == said


def test_few_answers_and_no_answer_are_said() -> None:
    """How many answered stands at the step, and who was not asked is said to be so, never a zero."""
    shown = travelled(step(1, 2, state="Sent"), step(2, None, respondents=None))
    assert "2 svar (få)</text>" in shown.html
    assert "ej frågat</text>" in shown.html
    assert "Skaver: Sent</text>" in shown.html


def test_a_journey_without_scores_is_a_table() -> None:
    """Nothing is drawn where nothing was asked; without steps it says whom to ask."""
    assert "<svg" not in travelled(step(1, None)).html
    assert "Steg 1" in travelled(step(1, None)).html
    assert "kam-empty" in travelled().html


# --- risks -------------------------------------------------------------------------------------------------


def risked(*sides: tuple[Any, Any, Any, Any]) -> Shown:
    names = ("probability", "impact", "residual_probability", "residual_impact")
    rows = [{"title": f"Risk {n}", **dict(zip(names, each, strict=True))} for n, each in enumerate(sides, 1)]
    bundle = account(risk=rows)
    return charts.risk_map(planning.risks(bundle), bundle)


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ([(1, 4, None, None)], "En enda risk är bedömd: medel i dag, ej bedömt efter åtgärd"),
        ([(1, 5, 1, 2)], "En enda risk är bedömd: högt i dag, lågt efter åtgärd"),
        ([(1, 4, None, None), (1, 1, 1, 1)], "Ingen av 2 risker är hög eller kritisk"),
        ([(1, 5, None, None), (1, 1, 1, 1)], "1 av 2 risker är hög eller kritisk i dag, 1 efter åtgärd"),
        ([(5, 5, 1, 1), (3, 4, 3, 4)], "2 av 2 risker är höga eller kritiska i dag, 1 efter åtgärd"),
    ],
)
def test_the_risk_map_counts_what_is_severe_before_and_after(sides: list[Any], said: str) -> None:
    """High begins where the table says so; without a judgement after the action the risk is unchanged."""
    assert title(risked(*sides)) == said


def test_each_risk_stands_where_the_table_says_with_word_and_number() -> None:
    """Twenty-five cells with the word of their level; number before and after, heard as such."""
    html = risked((2, 5, 1, 5)).html
    levels = re.findall(r'<td class="kam-level-(\w+)"><small>', html)
    assert len(levels) == 25
    assert levels[4::5] == ["critical", "critical", "critical", "high", "high"]
    assert "risk 1 före åtgärd" in html
    assert "risk 1 efter åtgärd" in html
    assert "1. Risk 1" in html


def test_a_risk_that_nobody_has_judged_is_in_the_register_only() -> None:
    """Unknown is not low: it is counted as not judged."""
    assert "Ej bedömda: 1" in risked((2, 5, None, None), (None, 3, None, None)).plain
    assert "kam-risks" not in risked((None, None, None, None)).html
    assert "kam-empty" in risked().html


# --- whitespace --------------------------------------------------------------------------------------------


def white(*cells: dict[str, Any], units: int = 1) -> Shown:
    bundle = account(
        whitespace=list(cells),
        buying_unit=[{"name": f"Enhet {n}", "row_id": f"U{n}"} for n in range(1, units + 1)],
    )
    return charts.whitespace(planning.whitespace(bundle), bundle, **planning.whitespace_words(bundle))


def test_the_whitespace_tells_the_largest_room() -> None:
    """The title is the largest room; a cell has sign, word, amount and month, and what nobody judged says so."""
    shown = white(
        {"product_group": ODD, "unit_id": "U1", "status": "open", "potential": 3e6, "valued_on": SINCE},
        {"product_group": "Pumpar", "unit_id": "U2", "status": "competitor", "potential": 2e6},
        units=2,
    )
    assert title(shown) == "Störst utrymme: A$5% & B <ö> i Enhet 1, 3,0 mkr om året"
    assert 'kam-word">öppen</span><strong>3,0\N{NO-BREAK SPACE}mkr</strong><small>' in shown.html
    assert shown.html.split("<details")[0].count("ej bedömd") == 2
    assert "kam-tight" not in shown.html


def test_no_room_is_no_zero() -> None:
    """Without an estimate the title counts cells; with many units the words give way to signs and are still heard."""
    cells = [{"product_group": "Pumpar", "unit_id": f"U{n}", "status": "deployed"} for n in range(1, 5)]
    assert title(white(*cells, units=4)) == "Vi finns i 4 av 4 aktuella rutor; inget utrymme är uppskattat"
    assert "kam-tight" in white(*cells, units=4).html
    assert "kam-empty" in white().html


def test_a_cell_without_a_unit_is_the_whole_customer() -> None:
    """The column says so."""
    assert "hela kunden</th>" in white({"product_group": "Pumpar", "status": "open", "potential": 1.0}).html


# --- the customer's edition --------------------------------------------------------------------------------


def test_nothing_internal_reaches_a_customer() -> None:
    """Stance, roles, risks and whitespace return nothing at all, whatever rows are given."""
    theirs = account(audience="customer")
    ties: list[object] = []
    organisation = planning.organisation(organised(2, stakeholder=[judged("C-1", "economic")]))
    assert charts.organisation(organisation, theirs, ties=ties).html == ""
    assert mapped(person(), audience="customer").html == ""
    risks = planning.risks(account(risk=[{"title": "Risk", "probability": 5, "impact": 5}]))
    assert charts.risk_map(risks, theirs).html == ""
    cells = account(whitespace=[{"product_group": "Pumpar", "status": "open"}])
    assert (
        charts.whitespace(planning.whitespace(cells), theirs, **planning.whitespace_words(cells)).html == ""
    )


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_the_customer_s_road_and_journey_speak_to_the_customer(lang: str) -> None:
    """Own titles that address them, in both languages; none of our words on limits and sources."""
    text.use(lang)
    bundle = account(
        audience="customer", initiative=[work("Ett", -3), work("Två", -1)], journey_step=[step(1, 2)]
    )
    road = charts.roadmap(planning.road(bundle), bundle)
    way = charts.journey(planning.journey(bundle), bundle)
    ours = {
        "sv": ("gemensamma plan", "för er|ni har bedömt"),
        "en": ("joint plan", "for you|you have judged"),
    }[lang]
    assert ours[0] in title(road)
    assert re.search(ours[1], title(way))
    for shown in (road, way):
        assert not re.search(r"S3\.4|6\.9|egna gränser|our limits|P13", shown.plain)


def test_a_page_without_plan_says_what_to_add() -> None:
    """Empty figures say what to write down; the customer is not told what is missing."""
    for audience in ("internal", "customer"):
        bundle = account(audience=audience)
        shown = [charts.roadmap(planning.road(bundle), bundle), travelled(audience=audience), tree(bundle)]
        assert [("kam-empty" in each.html) for each in shown] == [audience == "internal"] * 3
        assert audience == "internal" or not any(each.html for each in shown)
