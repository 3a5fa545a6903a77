"""The sample company becomes a workspace through the same doors as any company's data."""

from __future__ import annotations

import threading
from pathlib import Path

import pandas as pd
import pytest
import worlds

from kamlib.data import sample, workspace


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    target = tmp_path_factory.mktemp("sample") / "exempel.sqlite"
    sample.build(target, lang="en")
    return workspace.open(target)


def test_it_says_that_it_is_invented(invented: workspace.Workspace) -> None:
    """Every page's first line depends on it."""
    assert invented.is_sample
    assert invented.about["lang"] == "en"
    assert invented.portfolio().is_sample


def test_its_history_is_dated_not_made_today(invented: workspace.Workspace) -> None:
    """The log spans the last year, ends by the data day, and every change has an author."""
    log = invented.history()
    assert log["effective_on"].max() <= pd.Timestamp("2026-09-30")
    assert log["effective_on"].nunique() > 20
    assert (log["by"] != "").all()
    assert log["recorded_at"].is_monotonic_increasing


def test_the_plan_of_a_past_day_is_smaller(invented: workspace.Workspace) -> None:
    """Half a year ago less was promised than today, and nothing of the future shows."""
    then, now = invented.portfolio("2026-03-31"), invented.portfolio()
    assert 0 < len(then.commitment) < len(now.commitment)
    assert then.facts_through == pd.Timestamp("2026-03-01")


def test_an_account_as_it_was_known_a_quarter_before(
    invented: workspace.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health's trend compares two such views: the earlier one knows neither the later facts nor the later promises."""
    monkeypatch.setenv("KAM_WORKSPACE", invented.target)
    now = invented.account("A-003")
    then = workspace.quarters(now)[-2]
    assert then.as_of.isoformat() == "2026-06-30"
    assert then.facts_through == pd.Timestamp("2026-06-01")
    assert 0 < len(then.commitment) < len(now.commitment)


@pytest.mark.parametrize("filled", ["quickly", pytest.param("in full", marks=pytest.mark.torture)])
def test_racing_starters_get_one_whole_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: str
) -> None:
    """Two that start at once both find a complete file; nothing half made is left beside it."""
    both = threading.Barrier(2)

    def fill(made: workspace.Workspace, *, lang: str) -> None:
        both.wait(60)  # neither is done before the other has begun
        made.import_facts(worlds.facts(account=worlds.accounts(160)), source=lang)

    if filled == "quickly":
        monkeypatch.setattr(sample, "fill", fill)
    target = tmp_path / "kam" / "sample.sqlite"
    faults: list[BaseException] = []

    def start() -> None:
        try:
            sample.build(target)
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    starters = [threading.Thread(target=start) for _ in range(2)]
    for each in starters:
        each.start()
    for each in starters:
        each.join()
    assert not faults
    assert [path.name for path in target.parent.iterdir()] == ["sample.sqlite"]
    assert len(workspace.open(target).accounts()) > 150
