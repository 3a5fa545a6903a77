"""What the method answers: rows that know their sheet, counted once, and words that are written later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import bundles
import pandas as pd

from kamlib import schema, text, words
from kamlib.schema import Account, Result, result
from kamlib.show import tables

ASKED: list[str] = []


@dataclass(frozen=True)
class Step:
    """A step."""

    title: str
    due_on: date | None


@result("initiatives")
def steps(account: Account) -> Iterable[Step]:
    """Two steps, one without a day."""
    ASKED.append(account.account_id)
    yield Step("Ring", date(2026, 10, 1))
    yield Step("Skriv", None)


def test_an_answer_is_counted_once_for_a_bundle() -> None:
    """Asked twice, the same account gives the same answer without counting again; another account is asked anew."""
    ASKED.clear()
    one, two = bundles.account("A-1"), bundles.account("A-2")
    assert steps(one) is steps(one)
    assert [each.title for each in steps(two)] == ["Ring", "Skriv"]
    assert ASKED == ["A-1", "A-2"]


def test_a_result_is_cut_and_kept_as_a_result() -> None:
    """A part of a result still knows its sheet: by place, by value, without a value."""
    answer = steps(bundles.account("A-1"))
    assert isinstance(answer[:1], Result)
    assert answer[:1].sheet == "initiatives"
    assert [each.title for each in answer.where(due_on=None)] == ["Skriv"]
    assert [each.title for each in answer.without(due_on=None)] == ["Ring"]
    assert answer.frame()["due_on"].tolist()[0] == pd.Timestamp("2026-10-01")


def test_a_frame_of_no_rows_has_the_columns_of_its_rows() -> None:
    """Who works on the frame of a result never meets a column that is not there."""
    none = steps(bundles.account("A-1")).where(title="Nobody")
    assert none.frame().columns.tolist() == steps(bundles.account("A-1")).frame().columns.tolist()


def test_words_are_written_in_the_language_of_the_reader() -> None:
    """What is computed in one language is read in another; a sentence takes words as values."""
    share = words.percent(0.125, 1)
    listed = words.listed([words.label("side", "ours"), words.label("side", "customer")])
    assert (str(share), str(listed)) == ("12,5\N{NO-BREAK SPACE}%", "vi och kunden")
    text.use("en")
    assert (str(share), str(listed)) == ("12.5%", "us and the customer")
    assert share == words.percent(0.125, 1)


def test_columns_are_chosen_where_the_sheet_is_shown() -> None:
    """An analyst chooses columns in a cell: in that order, and no others."""
    waivers = bundles.account(waiver=[{"rule": "P7", "reason": "Avtalat", "until_on": "2026-12-31"}])
    answer: Result[schema.PlanRow] = Result("waivers", waivers.waivers, waivers)
    whole, part = tables.of(answer).plain, tables.of(answer.columns("reason")).plain
    assert "Avtalat" in whole
    assert "Avtalat" in part
    assert "2026-12-31" in whole
    assert "2026-12-31" not in part
