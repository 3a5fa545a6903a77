"""The index: every run, every link, and what failed and why; nothing a customer's name could break."""

from __future__ import annotations

import json
from pathlib import Path

from kamlib.run import batch, index

ABOUT = {
    "run_id": "1",
    "as_of": "2026-09-30",
    "audience": "internal",
    "lang": "sv",
    "version": "0",
    "workspace": "Prov AB",
    "currency": "SEK",
    "accounts": {
        "A-1": {"name": "A$5% & B <ö>", "revenue_12m": 2e6, "segment": "grow", "basis": "proposed"},
        "A-2": {"name": "Stor AB", "revenue_12m": 9e6, "segment": None, "basis": "recorded"},
    },
}


def written(tmp_path: Path, *outcomes: batch.Outcome) -> str:
    batch.write_manifest(tmp_path / "2026-09-30" / "internal-sv", ABOUT, outcomes)
    return index.write(tmp_path, "sv").read_text("utf-8")


def test_accounts_stand_with_their_links_largest_first(tmp_path: Path) -> None:
    """Names are escaped, links are relative to the index, a proposal is called one."""
    page = written(
        tmp_path,
        batch.Outcome("A-1", "03_planning", "ok", html="a-1/03_planning.html"),
        batch.Outcome("A-2", "03_planning", "ok", html="a-2/03_planning.html"),
        batch.Outcome("", "07_portfolio", "ok", html="portfolio/07_portfolio.html"),
    )
    assert "A$5% &amp; B &lt;ö&gt;" in page
    assert 'href="2026-09-30/internal-sv/a-1/03_planning.html"' in page
    assert page.index("Stor AB") < page.index("A$5%")
    assert "(förslag)" in page
    assert 'href="2026-09-30/internal-sv/portfolio/07_portfolio.html"' in page


def test_a_failure_is_told_with_its_reason(tmp_path: Path) -> None:
    """What failed stands on top in words; the account keeps its other links."""
    error = {"kind": "KamError", "message": "månaden saknas <b>", "cell": 3}
    page = written(tmp_path, batch.Outcome("A-1", "03_planning", "failed", error=error))
    assert "månaden saknas &lt;b&gt;" in page
    assert "misslyckades" in page


def test_runs_of_other_days_and_editions_stay_listed(tmp_path: Path) -> None:
    """A new run in another folder adds to the index, the newest day first."""
    batch.write_manifest(
        tmp_path / "2026-06-30" / "customer-sv", {**ABOUT, "as_of": "2026-06-30", "audience": "customer"}, []
    )
    page = written(tmp_path, batch.Outcome("A-2", "03_planning", "ok", html="a-2/03_planning.html"))
    assert page.index("per 2026-09-30") < page.index("per 2026-06-30")
    assert json.loads((tmp_path / "2026-06-30" / "customer-sv" / "manifest.json").read_text())["runs"] == []
