"""Health over the quarters, the goals' way and the promises by age: titles at their limits, words of each edition."""

from __future__ import annotations

from typing import Any

import bundles
import pandas as pd
import pytest

from kamlib import text
from kamlib.method import measures
from kamlib.show import charts, page
from kamlib.show.charts import words

NAN = float("nan")
HOSTILE = "A$5% & B <ö>"
PARTS = ("relationship", "value", "commercial", "delivery")


def _health(*quarters: tuple[float, float, float, float], **more: Any) -> page.Shown:
    days = pd.date_range(end="2026-09-30", periods=len(quarters), freq="QE")
    rows = [
        {"on": day, "total": NAN, **dict(zip(PARTS, scores, strict=True))}
        for day, scores in zip(days, quarters, strict=True)
    ]
    return charts.health_trend(
        bundles.typed(pd.DataFrame(rows, columns=["on", "total", *PARTS])), bundles.account(**more)
    )


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (49.9, "en svag nivå"),
        (50.0, "Inget är svagt"),
        (74.9, "Inget är svagt"),
        (75.0, "Alla kända delar är goda"),
    ],
)
def test_the_lowest_part_chooses_the_word(score: float, told: str) -> None:
    """The bands of P13 begin at 50 and 75 themselves."""
    assert told in _health((score, 90.0, 90.0, NAN)).plain


@pytest.mark.parametrize(
    ("changes", "case"),
    [
        ([-5.0, 9.0], ("fell", "a", -5.0)),
        ([-4.9, 5.0], ("rose", "b", 5.0)),
        ([-4.9, 4.9], ("same", "", 0.0)),
        ([NAN, NAN], ("unknown", "", 0.0)),
    ],
)
def test_a_part_has_moved_only_from_the_limit_on(changes: list[float], case: tuple[str, str, float]) -> None:
    """Five points count as moved, and a fall is told before a rise."""
    assert words.moved_case(pd.Series(changes, index=["a", "b"]), 5) == case


def test_what_was_not_known_is_a_gap_and_never_zero() -> None:
    """A quarter without a score breaks the line; a part never known says so in words."""
    html = _health(
        (80.0, NAN, NAN, NAN), (NAN, NAN, NAN, NAN), (70.0, NAN, NAN, NAN), (90.0, NAN, NAN, NAN)
    ).html
    first = html[html.index("<svg") : html.index("</svg>")]
    assert first.count("<polyline") == 1
    assert first.count("<circle") == 3
    assert html.count("för lite känt") == 4
    assert html.index("Relation 90") < html.index("för lite känt")


def test_one_snapshot_is_shown_without_a_change() -> None:
    """The first quarter has nothing to compare with; no health known says what to add; no customer sees any."""
    assert "sedan" not in _health((60.0, 70.0, NAN, NAN)).plain.splitlines()[0]
    assert "kam-empty" in _health((NAN, NAN, NAN, NAN)).html
    assert "kam-empty" in _health().html
    assert _health((60.0, 70.0, NAN, NAN), audience="customer").html == ""


def _promises(*made: tuple[str, str, str | None], **more: Any) -> page.Shown:
    """Promises as (side, due day, done day)."""
    rows = [
        {"title": HOSTILE, "direction": side, "due_on": due or None, "done_on": done, "is_shared": True}
        for side, due, done in made
    ]
    account = bundles.account(commitment=rows, **more)
    return charts.promise_ages(measures.promises(account), account)


@pytest.mark.parametrize(
    ("ours", "theirs", "due", "kept", "case"),
    [
        (1, 1, 2, 0, "both"),
        (1, 0, 1, 0, "ours"),
        (0, 2, 2, 0, "theirs"),
        (0, 0, 0, 0, "waiting"),
        (0, 0, 3, 3, "all"),
        (0, 0, 3, 2, "some"),
    ],
)
def test_what_is_overdue_is_told_first(ours: int, theirs: int, due: int, kept: int, case: str) -> None:
    """Every mix of promises has one title."""
    assert words.promise_case(ours, theirs, due, kept) == case


@pytest.mark.parametrize(("due", "is_old"), [("2026-08-31", False), ("2026-08-30", True)])
def test_a_promise_is_old_only_beyond_thirty_days(due: str, is_old: bool) -> None:
    """Thirty days overdue is overdue; a day more is long overdue."""
    assert ("länge försenat: 1" in _promises(("ours", due, None)).html) == is_old


def test_each_edition_has_words_of_its_own() -> None:
    """The same promises are told of the customer to us and to the customer as you."""
    made = (("ours", "2026-09-01", "2026-09-01"), ("customer", "2026-09-10", None))
    assert "Kunden är sen med ett åtagande, sedan 20 dagar" in _promises(*made).plain
    theirs = _promises(*made, audience="customer")
    assert "Ett åtagande från er väntar sedan 20 dagar" in theirs.plain
    assert "kunden" not in theirs.html.lower()
    assert "för få att döma" not in theirs.plain


@pytest.mark.parametrize("lang", text.LANGUAGES)
@pytest.mark.parametrize("audience", ["internal", "customer"])
def test_every_title_of_promises_can_be_said(lang: str, audience: str) -> None:
    """One and many, ours and theirs, due and not: each has a whole sentence in both languages and editions."""
    text.use(lang)
    late, kept, ahead = ("2026-09-01", None), ("2026-09-01", "2026-08-30"), ("2026-12-01", None)
    for sides in (["ours"], ["customer", "customer"], ["ours", "customer"]):
        for days in (late, kept, ahead, ("2026-09-01", "2026-09-05")):
            shown = _promises(*((side, *days) for side in sides), audience=audience)
            assert text.MISSING not in shown.plain.splitlines()[0]
            assert "{" not in shown.plain


def test_promises_without_a_day_count_nowhere() -> None:
    """They are said below; nothing but them says what to add, and a customer then sees nothing."""
    assert (
        "Ett åtagande utan dag räknas inte"
        in _promises(("ours", "2026-09-01", None), ("ours", "", None)).plain
    )
    assert "kam-empty" in _promises(("ours", "", None)).html
    assert _promises(("ours", "", None), audience="customer").html == ""
    assert _promises(audience="customer").html == ""


def _goals(*rows: dict[str, Any], audience: str = "internal") -> page.Shown:
    return charts.goal_progress(bundles.typed(pd.DataFrame(list(rows))), bundles.account(audience=audience))


def test_a_goal_says_its_state_in_words() -> None:
    """No colour alone; a way backwards is no bar but a number with its sign, an unmeasured goal no zero."""
    shown = _goals(
        {"title": HOSTILE, "way": 0.6, "expected": 0.5, "state": "on_track"},
        {"title": "Bakåt", "way": -1.33, "expected": 0.5, "state": "off_track"},
        {"title": "Omätt", "way": NAN, "expected": NAN, "state": "no_reading"},
    )
    assert f"60{text.NBSP}%, går enligt plan" in shown.html
    assert f"{text.MINUS}133{text.NBSP}%, långt efter" in shown.html
    assert "left:0.0%;width:0.0%" in shown.html
    assert "inte mätt" in shown.html
    assert "<ö>" not in shown.html


def test_a_goal_of_which_nothing_is_expected_yet_is_not_called_on_track() -> None:
    """The title never says more than the rows: not behind is not on track."""
    going = {"title": "Går", "way": 0.6, "expected": 0.5, "state": "on_track"}
    early = {"title": "Tidigt", "way": 0.2, "expected": 0.0, "state": "not_due"}
    assert _goals(going, going).plain.startswith("Båda mätta målen går enligt plan")
    assert _goals(going, early).plain.startswith("Inget av de två mätta målen ligger efter plan")
    assert _goals(early, audience="customer").plain.startswith("Målet som är mätt ligger inte efter")


def test_the_customer_reads_goals_without_our_limits() -> None:
    """The customer's words stand alone: no limits of ours."""
    row = {"title": "Mål", "way": 0.6, "expected": 0.5, "state": "on_track"}
    assert "våra gränser" in _goals(row).plain
    theirs = _goals(row, audience="customer").plain
    assert "Målet som är mätt går enligt plan" in theirs
    assert "våra" not in theirs
