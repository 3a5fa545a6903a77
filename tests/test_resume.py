"""A stopped batch goes on: done is done while nothing has changed, and the manifest is true at every moment."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from worlds import notebook

from kamlib.data.workspace import Change, Workspace
from kamlib.errors import KamError
from kamlib.run import batch, files, reports, resume

ABOUT = {"as_of": "2026-09-30", "audience": "internal", "lang": "sv", "version": "1", "data": "abc"}


def made(out: Path, **entries: str) -> Path:
    """A run of which each report is in the state given."""
    folder = out / "2026-09-30" / "internal-sv"
    outcomes = []
    for account_id, status in entries.items():
        digest = files.put(folder / account_id / "n.html", account_id)
        page = {"html": f"{account_id}/n.html", "sha256": digest} if status == "ok" else {}
        outcomes.append(batch.Outcome(account_id, "n", status, **page))
    batch.write_manifest(folder, {**ABOUT, "made_at": "2026-10-01"}, outcomes)
    return folder


def jobs(*ids: str) -> list[batch.Job]:
    return [batch.Job("n.ipynb", "w", "k", each, "T") for each in ids]


def left(earlier: resume.Earlier, *ids: str, named: bool = True, state: str = "abc") -> list[str]:
    return [job.account_id for job in earlier.left(jobs(*ids), named=named, state=state)]


def test_only_what_is_not_ok_is_left(tmp_path: Path) -> None:
    """Failed, interrupted and new ones are made; without names only those that the run knew."""
    made(tmp_path, a="ok", b="failed", c="interrupted")
    earlier = resume.earlier(tmp_path, ABOUT, any_day=True)
    assert left(earlier, "a", "b", "c", "d") == ["b", "c", "d"]
    assert left(earlier, "a", "b", "c", "d", named=False) == ["b", "c"]
    assert earlier.notes == []
    assert (earlier.accounts(), earlier.notebooks()) == (("a", "b", "c"), ("n",))


def test_what_is_no_longer_as_it_was_made_is_made_again(tmp_path: Path) -> None:
    """A missing page, a changed page, and one of other data in the same folder: the first two are told."""
    folder = made(tmp_path, a="ok", b="ok", c="ok")
    (folder / "a" / "n.html").unlink()
    (folder / "b" / "n.html").write_text("ändrad")
    earlier = resume.earlier(tmp_path, ABOUT, any_day=True)
    assert left(earlier, "a", "b", "c") == ["a", "b"]
    assert [note.rule for note in earlier.notes] == ["report_missing", "report_changed"]
    assert "a/n.html fanns inte längre" in earlier.notes[0].sentence()
    assert left(earlier, "c", state="xyz") == ["c"]


@pytest.mark.parametrize(
    ("changed", "word"),
    [({"data": "xyz"}, "data, planer"), ({"version": "2"}, "kamlib 1 då, 2 nu"), ({"as_of": "2026-10-31"}, "2026-09-30 då")],
)  # fmt: skip
def test_another_request_is_not_continued(tmp_path: Path, changed: dict[str, str], word: str) -> None:
    """Other data, another version, another day: refused, and the message says which."""
    made(tmp_path, a="ok")
    with pytest.raises(KamError, match=word):
        resume.earlier(tmp_path, ABOUT | changed, any_day=True)


def test_without_a_run_there_is_nothing_to_continue(tmp_path: Path) -> None:
    """No folder, another language, another day named: told, with the cure."""
    for about, any_day in (
        (ABOUT, True),
        (ABOUT | {"lang": "en"}, True),
        (ABOUT | {"as_of": "2020-01-01"}, False),
    ):
        with pytest.raises(KamError, match="utan --resume"):
            resume.earlier(tmp_path, about, any_day=any_day)
        made(tmp_path, a="ok")


def test_one_batch_holds_a_folder(tmp_path: Path) -> None:
    """The second is told who the first is; when the first has ended, however, the folder is free."""
    with files.exclusive(tmp_path):
        with pytest.raises(KamError, match=r"process \d+ på .+, sedan 20\d\d-"), files.exclusive(tmp_path):
            pass
        with files.exclusive(tmp_path.parent):
            pass
    with files.exclusive(tmp_path):
        pass
    (tmp_path / files.LOCK).write_text("inget lås " * 100)
    with pytest.raises(KamError, match=files.LOCK), files.exclusive(tmp_path):
        pass


COUNT = "from kamlib.data import workspace\nassert workspace.open().account(account_id).goal.empty"


def states(folder: Path) -> dict[str, str]:
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    return {f"{run['account_id']} {run['notebook']}": run["status"] for run in told["runs"]}


@pytest.mark.slow
def test_a_batch_is_one_moment_and_goes_on_from_where_it_was(ws: Workspace, tmp_path: Path) -> None:
    """What is written meanwhile is in no report; after each report the manifest is true; the rest is made later."""
    own, out = tmp_path / "egna", tmp_path / "ut"
    notebook(own / "04_team.ipynb", COUNT)
    notebook(own / "05_follow_up.ipynb", COUNT, "1 / 0")
    seen: list[dict[str, str]] = []

    def meanwhile(_: Any) -> None:
        seen.append(states(next(out.glob("*/internal-sv"))))
        if len(seen) == 1:
            goal = {"title": "Mål", "goal_class": "strategic", "side": "ours"}
            ws.save([Change("goal", "G-1", goal, "A-1", operation="insert")], by="Elin")

    asked = reports.Request(out, ("A-1",), folder=own, workers=1)
    done = reports.run(ws, asked, told=meanwhile)
    assert seen[0] == {"A-1 04_team": "ok", "A-1 05_follow_up": "interrupted"}
    assert seen[1] == {"A-1 04_team": "ok", "A-1 05_follow_up": "failed"}
    assert (done.outcomes[1].error or {})["kind"] == "ZeroDivisionError"  # the snapshot held no goal
    with pytest.raises(KamError, match="har ändrats sedan dess"):
        reports.run(ws, reports.Request(out, folder=own, resume=True))
    ws.save([ws.change("goal", "G-1", title="Annat")], by="Elin")
    told = json.loads((done.folder / "manifest.json").read_text("utf-8"))
    assert (
        told["runs"][0]["sha256"]
        == hashlib.sha256((done.folder / told["runs"][0]["html"]).read_bytes()).hexdigest()
    )
    assert {run["data"] for run in told["runs"]} == {told["data"]}


@pytest.mark.slow
def test_a_resumed_batch_makes_the_rest_only(ws: Workspace, tmp_path: Path) -> None:
    """One failed, one was tampered with, two are good: two are made, and then there is nothing left to do."""
    own, out = tmp_path / "egna", tmp_path / "ut"
    notebook(own / "04_team.ipynb", "1")
    notebook(own / "05_follow_up.ipynb", "assert account_id != 'A-2'")
    first = reports.run(ws, reports.Request(out, ("A-1", "A-2"), folder=own))
    assert [each.status for each in first.outcomes] == ["ok", "ok", "ok", "failed"]
    assert first.exit_code == 1
    next(first.folder.glob("a-1-*/04_team.html")).write_text("ändrad")
    notebook(own / "05_follow_up.ipynb", "1")
    again = reports.run(ws, reports.Request(out, folder=own, resume=True))
    assert [(each.account_id, each.notebook) for each in again.outcomes] == [
        ("A-1", "04_team"),
        ("A-2", "05_follow_up"),
    ]
    assert [note.rule for note in again.notes] == ["report_changed"]
    assert set(states(first.folder).values()) == {"ok"}
    assert reports.run(ws, reports.Request(out, folder=own, resume=True)).outcomes == []


@pytest.mark.slow
def test_a_run_goes_on_with_the_key_accounts_where_they_are_named(ws: Workspace, tmp_path: Path) -> None:
    """`--key` says whom it is about: a resumed run makes the key accounts, without it only what was asked before."""
    ws.save(
        [Change("selection", "S-1", {"outcome": "grow", "is_key": True}, "A-2", operation="insert")],
        by="Elin",
    )
    own, out = tmp_path / "egna", tmp_path / "ut"
    notebook(own / "04_team.ipynb", "1")
    reports.run(ws, reports.Request(out, ("A-1",), folder=own))
    assert reports.run(ws, reports.Request(out, folder=own, resume=True)).outcomes == []
    again = reports.run(ws, reports.Request(out, key_accounts=True, folder=own, resume=True))
    assert [each.account_id for each in again.outcomes] == ["A-2"]
