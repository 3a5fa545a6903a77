"""The first hour, as README.md tells it: two files, three commands, reports that say what to add."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import worlds

from kamlib.data import workspace
from kamlib.run import reports

MONTHS = pd.date_range("2024-01-01", "2025-12-01", freq="MS").strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with thirty customers and two years of revenue, and nothing else."""
    home = tmp_path_factory.mktemp("home")
    (home / "export").mkdir()
    ids = [f"{number:03d}" for number in range(1, 31)]  # leading zeros must live
    accounts = pd.DataFrame({"account_id": ids, "name": [f"Kund {each} AB" for each in ids]})
    accounts.to_csv(home / "export" / "accounts.csv", index=False)
    rows = [(each, month, 900_000 // int(each)) for each in ids for month in MONTHS]
    revenue = pd.DataFrame(rows, columns=["account_id", "month", "revenue"])
    revenue.to_csv(home / "export" / "revenue.csv", index=False)
    return home


def kam(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "LOCALAPPDATA": str(home / "data")}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")} | own
    command = [sys.executable, "-m", "kamlib", *arguments]
    return subprocess.run(
        command,
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="module")
def loaded(home: Path) -> Path:
    """The workspace after `kam init` and `kam import`."""
    for step in (["init", "mycompany"], ["import", "export"]):
        done = kam(home, *step)
        assert done.returncode == 0, done.stdout + done.stderr
    return home


def accounts(home: Path) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(kam(home, "accounts", "--json").stdout)
    return listed


@pytest.mark.slow
def test_two_files_are_enough_for_a_list(loaded: Path) -> None:
    """Ids keep their zeros, revenue is that of the files, and what is proposed is marked as proposed."""
    listed = {row["account_id"]: row for row in accounts(loaded)}
    assert len(listed) == 30
    assert listed["001"]["revenue_12m"] == pytest.approx(12 * 900_000)
    assert {row["basis"] for row in listed.values()} == {"proposed"}


@pytest.mark.slow
def test_loading_the_same_files_again_changes_nothing(loaded: Path) -> None:
    """A second import of the same content is harmless: nothing is doubled."""
    assert kam(loaded, "import", "export").returncode == 0
    assert sum(row["revenue_12m"] for row in accounts(loaded)) == sum(
        12 * (900_000 // n) for n in range(1, 31)
    )


def assert_no_ghost(pages: list[Path]) -> None:
    """Nothing missing is laid bare on these pages."""
    for page in pages:
        shown = page.read_text("utf-8").lower()
        assert [
            ghost for ghost in (">nan<", ">nat<", ">none<", ">&lt;na&gt;<", "traceback") if ghost in shown
        ] == []


OF_ALL = ("01", "07", "00")


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        {"sv": ["001", "--notebook", "03"], "en": ["--notebook", "01"]},
        pytest.param(
            {"sv": ["001"], "en": [part for each in OF_ALL for part in ("--notebook", each)]},
            marks=pytest.mark.torture,
        ),
    ],
    ids=["some", "every"],
)
def test_two_files_are_enough_for_a_report(loaded: Path, asked: dict[str, list[str]]) -> None:
    """`kam report` makes a customer's and the portfolio's pages, in both languages, without a `nan`."""
    for lang, some in asked.items():
        done = kam(loaded, "report", *some, "--lang", lang, "--out", f"reports-{lang}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "index.html" in done.stdout
        pages = sorted((loaded / f"reports-{lang}").rglob("[0-9][0-9]_*.html"))
        assert len(pages) >= max(1, some.count("--notebook"))
        assert_no_ghost(pages)


@pytest.mark.slow
def test_two_files_are_enough_for_every_notebook(
    loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every notebook of one customer and of the portfolio is made, in both languages, without a `nan`."""
    worlds.run_here(monkeypatch)
    (file,) = loaded.rglob("mycompany.sqlite")
    for lang, request in (
        ("sv", {"accounts": ("001",)}),
        ("en", {"notebooks": OF_ALL}),
    ):
        done = reports.run(workspace.open(file), reports.Request(tmp_path, lang=lang, **request))
        assert done.exit_code == 0
        pages = sorted(done.folder.rglob("[0-9][0-9]_*.html"))
        assert len(pages) >= 3
        assert_no_ghost(pages)
