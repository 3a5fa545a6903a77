"""What is counted once for a bundle."""

from __future__ import annotations

from dataclasses import replace

from bundles import account, portfolio

from kamlib import text
from kamlib.method.once import once
from kamlib.schema import Account


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


def test_another_bundle_and_another_language_are_asked_anew() -> None:
    """Memories do not follow into a bundle made of this one, nor a Swedish sentence into an English page."""

    @once
    def word(bundle: object) -> str:
        return f"{text.language()} {bundle.as_of}"  # type: ignore[attr-defined]

    whole = portfolio(account=[{"account_id": "A-1", "name": "Ett"}])
    text.use("sv")
    assert word(whole).startswith("sv")
    assert word(replace(whole, as_of=whole.as_of.replace(day=1))).endswith("01")
    text.use("en")
    assert word(whole).startswith("en")
    text.use("sv")
    assert "_once" not in vars(whole.view("A-1"))
