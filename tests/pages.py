"""Notebooks read as pages in this process, without a kernel: what each cell shows, with the figures in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
import worlds

from kamlib import schema, text
from kamlib.run import notebooks
from kamlib.show import tables
from kamlib.show.page import Shown
from kamlib.words import Figure

KIT = notebooks.folder(None)
OF_ACCOUNT = ("02_goal_setting", "03_planning", "04_team", "05_follow_up", "06_review")
OF_PORTFOLIO = ("00_start_here", "01_segmentation", "07_portfolio")


@dataclass(frozen=True)
class Page:
    """One notebook run for one account (or the portfolio), in one language."""

    notebook: str
    account_id: str
    lang: str
    shown: tuple[Shown, ...]

    def figures(self) -> Iterator[Figure]:
        """The named numbers, in the order of the page."""
        for each in self.shown:
            yield from each.figures

    def words(self) -> str:
        """All that it says in plain words."""
        return "\n".join(each.plain for each in self.shown)


@contextmanager
def _settled(monkeypatch: pytest.MonkeyPatch, workspace: str) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("KAM_WORKSPACE", workspace)
        with mpl.rc_context():
            yield


def read(
    monkeypatch: pytest.MonkeyPatch,
    workspace: Path | str,
    notebook: str,
    account_id: str = "",
    **options: str,
) -> Page:
    """Run the code cells of a notebook's batch variant here and return what they show."""
    lang, audience = options.get("lang", "sv"), options.get("audience", "internal")
    made = notebooks.variant(
        notebooks.read(KIT / f"{notebook}.ipynb"), notebooks.Variant(lang, audience, live=False)
    )
    given = {
        "account_id": account_id,
        "as_of": options.get("as_of", ""),
        "lang": lang,
        "audience": audience,
        "live": False,
    }
    shown: list[Shown] = []
    with _settled(monkeypatch, str(workspace)):
        for _, value in worlds.ran(made, given):
            shown += _seen(value)
        text.use(lang)
        written = tuple(shown)
        _ = [[str(figure) for figure in each.figures] for each in written]
    return Page(notebook, account_id, lang, written)


def _seen(value: Any) -> list[Shown]:
    if isinstance(value, schema.Result):
        value = tables.of(value)
    return [value] if isinstance(value, Shown) else []
