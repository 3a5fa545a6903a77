"""Where accounts stand, and what of a key account needs somebody."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from worlds import ODD, odd_workspace

from kamlib.data.workspace import Workspace
from kamlib.run import reports, standings


def test_the_signs_of_an_account_are_plain_values(ws: Workspace) -> None:
    """One word and one number each, for the manifest: what is not known is null, a finding is a sentence."""
    signs = standings.signs(ws.account("A-1"))
    assert json.loads(json.dumps(signs)) == signs
    assert signs["growth_share"] == 0.0
    assert signs["trend"] == [1200] * 13
    assert (signs["health"], signs["band"]) == (None, "unknown")
    assert signs["severity"] in ("error", "warning", "note")
    assert (signs["exception"], signs["at_stake"]) == ("", None)


@pytest.mark.parametrize("name", ["only accounts", "credited only", "far ahead", "bare plan"])
def test_signs_stand_an_odd_workspace(tmp_path: Path, name: str) -> None:
    """No revenue, only credits, months to come, references to nowhere: never a fault, for it would stop the batch."""
    signs = standings.signs(odd_workspace(tmp_path, ODD[name]).account("A-1"))
    assert "nan" not in json.dumps(signs).lower()


def test_the_list_of_accounts_reads_what_is_kept(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Computed once and read from then on; the list is the same."""
    computed = reports.listing(ws)
    standings.refresh(ws)
    with monkeypatch.context() as patch:
        patch.setattr(standings, "compute", lambda _: pytest.fail("computed again"))
        standings.refresh(ws)
        pd.testing.assert_frame_equal(reports.listing(ws), computed, check_dtype=False)
