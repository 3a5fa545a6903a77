"""The tables on disk: an older workspace gets what a later version added, and loses nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import bundles
import pandas as pd
import pytest

from kamlib.data import store, workspace
from kamlib.errors import KamError


def _facts(**rows: bundles.Rows) -> dict[str, pd.DataFrame]:
    made = bundles.frames(rows)
    return {name: made[name] for name in rows}


def _older(path: Path, version: str = "1") -> Path:
    """A workspace as the version before wrote it, with a month of revenue."""
    made = workspace.create(path, name="Prov AB")
    made.import_facts(
        _facts(
            account=[{"account_id": "A-1", "name": "Bruk AB"}],
            revenue=bundles.months("2026-09", [50.0], account_id="A-1", product_group="Pumpar"),
        ),
        source="erp",
    )
    with closing(sqlite3.connect(path)) as raw, raw:
        for column in ("quantity", "quantity_unit"):
            raw.execute(f"ALTER TABLE fact_revenue DROP COLUMN {column}")
        raw.execute("UPDATE meta SET value = ? WHERE key = 'version'", (version,))
    return path


def test_an_older_workspace_is_brought_up_when_it_is_opened(tmp_path: Path) -> None:
    """What it held is there, the new columns are empty, they can be filled, and the second opening finds it current."""
    path = _older(tmp_path / "prov.sqlite")
    rows = workspace.open(path).account("A-1").revenue
    assert rows["revenue"].tolist() == [50.0]
    assert rows["quantity"].isna().all()
    bought = bundles.months("2026-09", [60.0], account_id="A-1", product_group="Pumpar", quantity=3.0)
    workspace.open(path, read_only=False).import_facts(_facts(revenue=bought), source="erp")
    again = workspace.open(path)
    assert again.about["version"] == store.VERSION
    assert again.account("A-1").revenue["quantity"].tolist() == [3.0]


def test_a_slower_opener_finds_the_work_done(tmp_path: Path) -> None:
    """Two programs open it at once: the second upgrade is no error."""
    path = _older(tmp_path / "prov.sqlite")
    store.upgrade(str(path), "1")
    store.upgrade(str(path), "1")
    assert workspace.open(path).about["version"] == store.VERSION


@pytest.mark.parametrize("version", ["0", "4", "x"])
def test_an_unknown_version_is_left_alone(tmp_path: Path, version: str) -> None:
    """A later or foreign workspace is refused in words and not touched."""
    path = _older(tmp_path / "prov.sqlite", version)
    held = path.read_bytes()
    with pytest.raises(KamError, match=f"version {version}"):
        workspace.open(path)
    assert path.read_bytes() == held
