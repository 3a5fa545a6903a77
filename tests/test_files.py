"""File names that every system carries, and files that are whole or not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.run import files

RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}


@given(st.text(min_size=1, max_size=80), st.text(max_size=200))
def test_a_slug_is_a_safe_name_whatever_the_customer_is_called(account_id: str, name: str) -> None:
    """At most 40 characters, letters, digits and hyphens, never a name that Windows keeps for itself."""
    slug = files.slug(account_id, name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 40
    assert slug not in RESERVED


@given(st.lists(st.text(min_size=1), min_size=2, max_size=20, unique=True))
def test_two_accounts_never_share_a_folder(account_ids: list[str]) -> None:
    """Also where their names are the same."""
    assert len({files.slug(each, "Samma AB") for each in account_ids}) == len(account_ids)


def test_a_nordic_name_stays_readable() -> None:
    """Letters with marks become plain ones."""
    assert files.slug("A-034", "Lyngfjær Åsöhavbruk AS").startswith("a-034-lyngfjaer-asohavbruk-as-")


def test_a_file_is_put_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    """The digest is of the bytes on disk; no half file stays."""
    digest = files.put(tmp_path / "a" / "b.txt", "åäö\n")
    assert len(digest) == 64
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_a_held_file_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scanner that holds the file for a moment is waited for; one that never lets go is told."""
    real, held = Path.replace, [2]

    def stubborn(self: Path, target: Path) -> Path:
        if held[0]:
            held[0] -= 1
            raise PermissionError("held")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", stubborn)
    files.put(tmp_path / "b.txt", "x")
    assert (tmp_path / "b.txt").read_text() == "x"
    held[0] = 99
    monkeypatch.setattr(files.time, "sleep", lambda _: None)
    with pytest.raises(PermissionError):
        files.put(tmp_path / "b.txt", "y")
    assert (tmp_path / "b.txt").read_text() == "x"
    assert [each.name for each in tmp_path.iterdir()] == ["b.txt"]
