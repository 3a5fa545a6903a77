"""What opens a page: sentences, figures and decisions, for us and for a customer."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from kamlib import text
from kamlib.show import summary
from kamlib.show.page import NOTHING, Shown
from tests import bundles

ODD = "A$5% & B <ö> *stjärna*"
FIGURES = [{"label": "Omsättning", "value": "48,2 mkr", "change": "+11 %", "series": [1, 2, 3]}]


@pytest.fixture(autouse=True)
def _words(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"sv": "{name} växer **{growth}**.", "en": "{name} grows **{growth}**."}
    monkeypatch.setitem(text.catalogue(), "test.first", said)


def _portfolio() -> Any:
    return bundles.portfolio(account=[{"account_id": "A-1", "name": ODD}])


def _opened(rows: list[dict[str, Any]] | None, bundle: Any = None) -> Shown:
    decisions = None if rows is None else [SimpleNamespace(**row) for row in rows]
    sentence = {"key": "test.first", "name": ODD, "growth": "11 %"}
    return summary.opening([sentence, sentence], FIGURES, decisions, bundle or _portfolio())


def _decision(**more: Any) -> dict[str, Any]:
    due = date(2026, 12, 15)
    return {"account_id": "A-1", "title": "Anställ en arkitekt", "cost": 640_000.0, "due_on": due, **more}


def test_the_sentences_stand_in_one_paragraph_and_the_names_as_they_are() -> None:
    """Two sentences, one paragraph; what the catalogue marks stands out, what a name holds does not."""
    html = _opened(None).html
    assert html.count('<p class="kam-lede">') == 1
    assert html.count("A$5% &amp; B &lt;ö&gt; *stjärna* växer <strong>11 %</strong>.") == 2
    assert "kam-asked" not in html


def test_a_decision_says_whose_it_is_what_it_costs_and_by_when() -> None:
    """A numbered list; a cost that nobody wrote is said to be missing, a day that has passed is said too."""
    rows = [_decision(), _decision(cost=None, due_on=date(2026, 9, 29))]
    lines = _opened(rows).plain.splitlines()
    assert lines[-2:] == [
        f"1. {ODD}: Anställ en arkitekt (kostar 640\N{NO-BREAK SPACE}tkr, svar senast 2026-12-15)",
        f"2. {ODD}: Anställ en arkitekt (kostnaden är inte angiven, svaret skulle ha kommit 2026-09-29)",
    ]
    assert _opened(rows).html.count("<li>") == 2


def test_the_day_of_the_report_is_not_too_late() -> None:
    """A decision that is wanted on the day of the report can still be taken."""
    assert "svar senast 2026-09-30" in _opened([_decision(due_on=date(2026, 9, 30))]).plain


def test_no_decision_is_good_news_and_many_are_counted() -> None:
    """Nothing waits: it is said, without an empty list. At most five stand; one more, and two more, are counted."""
    calm = _opened([])
    assert calm.plain.endswith("Beslut vi ber om\nInget beslut väntar.")
    assert "<ol>" not in calm.html
    assert "till står" not in _opened([_decision()] * summary.MOST).plain
    assert "Ett beslut till står längre ner." in _opened([_decision()] * 6).plain
    many = _opened([_decision()] * 7)
    assert "2 beslut till står längre ner." in many.plain
    assert many.html.count("<li>") == summary.MOST


def test_a_customer_sees_what_is_asked_and_never_the_cost() -> None:
    """The customer's edition has a heading of its own, no cost, and no word where nothing is asked."""
    theirs = bundles.account("A-1", audience="customer")
    shown = _opened([_decision()], theirs).plain
    assert "Det här ber vi er ta ställning till\n1. Anställ en arkitekt (svar senast 2026-12-15)" in shown
    assert "640" not in shown
    assert "kost" not in shown
    assert _opened([], theirs).plain.endswith("48,2 mkr +11 %")


def test_a_page_of_one_customer_does_not_repeat_its_name() -> None:
    """On an account's own page the decision stands without the customer's name."""
    assert "1. Anställ en arkitekt (" in _opened([_decision()], bundles.account("A-1")).plain


def test_a_title_that_is_said_as_a_sentence_ends_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence without a full stop gets one; one that has it keeps the one."""
    monkeypatch.setitem(text.catalogue(), "test.title", {"sv": "{name} faller ur", "en": "{name} drops out"})
    said = [{"key": "test.title", "name": "Beta"}, {"key": "test.first", "name": "Alfa", "growth": "2 %"}]
    assert summary.opening(said, [], None, _portfolio()).plain == "Beta faller ur. Alfa växer 2 %."


def test_nothing_to_say_is_nothing() -> None:
    """Without sentences, figures and decisions there is no box."""
    assert summary.opening([{}], [], None, _portfolio()) is NOTHING


def test_it_is_said_in_english_too() -> None:
    """The words around a decision are in the reader's language."""
    text.use("en")
    shown = _opened([_decision(title="Hire <b>", due_on=None)])
    assert "Decisions we ask for" in shown.plain
    assert "costs 640\N{NO-BREAK SPACE}kSEK" in shown.html
    assert "Hire &lt;b&gt;" in shown.html
