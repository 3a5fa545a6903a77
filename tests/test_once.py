"""What is counted once for a bundle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bundles import account, portfolio

from kamlib import text, words
from kamlib.method.once import once
from kamlib.schema import Account, Portfolio
from kamlib.words import Words


def test_it_is_counted_once_and_nobodys_change_reaches_the_next() -> None:
    """One count for one bundle; each who asks has a table of their own."""
    asked: list[str] = []

    @once
    def goals(view: Account) -> object:
        asked.append(view.account_id)
        return view.goal

    view = account(goal=[{"title": "Mål", "goal_class": "strategic", "side": "ours"}])
    first = goals(view)
    first["title"] = "ändrat"  # type: ignore[index]
    assert goals(view)["title"].tolist() == ["Mål"]  # type: ignore[index]
    assert view.goal["title"].tolist() == ["Mål"]
    assert asked == ["A-1"]


def test_another_bundle_is_asked_anew_and_another_language_is_not() -> None:
    """Memories do not follow into a bundle made of this one; an answer is words, which each reader reads as theirs."""
    asked: list[date] = []

    @once
    def word(bundle: Portfolio) -> Words:
        asked.append(bundle.as_of)
        return words.sentence("common.yes")

    whole = portfolio(account=[{"account_id": "A-1", "name": "Ett"}])
    first = whole.as_of.replace(day=1)
    said = [str(word(each)) for each in (whole, replace(whole, as_of=first))]
    text.use("en")
    assert [*said, str(word(whole))] == ["ja", "ja", "yes"]
    assert asked == [whole.as_of, first]
    assert "_once" not in vars(whole.view("A-1"))
