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


SIGNS = {"growth_share": 0.08, "trend": [1, 3, 2], "health": 60, "band": "watch", "severity": "warning", "exception": "", "at_stake": None, "more": 2}  # fmt: skip


def with_signs(**changes: object) -> dict[str, object]:
    return {**ABOUT["accounts"]["A-1"], **SIGNS, **changes}


def test_what_needs_somebody_stands_before_what_is_calm(tmp_path: Path) -> None:
    """Something large and weak health come first, the most money at stake above, however small the customer."""
    names = {"A-1": "Lugn AB", "A-2": "Svag AB", "A-3": "Fel <AB>", "A-4": "Okänd AB"}
    states = {
        "A-1": with_signs(name=names["A-1"], revenue_12m=9e9),
        "A-2": with_signs(name=names["A-2"], band="weak", health=20, severity="note", exception="Se hit."),
        "A-3": with_signs(
            name=names["A-3"], severity="error", exception="Ring <i>dag</i>.", at_stake=1e6, more=0
        ),
        "A-4": {
            "name": names["A-4"],
            "revenue_12m": None,
            "segment": None,
            "is_key": False,
            "basis": "recorded",
        },
    }
    outcomes = [batch.Outcome(each, "03_planning", "ok", html=f"{each}/03_planning.html") for each in states]
    batch.write_manifest(tmp_path / "2026-09-30" / "internal-sv", {**ABOUT, "accounts": states}, outcomes)
    page = index.write(tmp_path, "sv").read_text("utf-8")
    listed, table = page[: page.index("<table")], page[page.index("<table") :]
    assert "Ring &lt;i&gt;dag&lt;/i&gt;." in listed
    assert "och 2 till" in listed
    assert "Lugn AB" not in listed
    assert "Okänd AB" not in listed
    places = [table.index(page) for page in ("Fel &lt;AB&gt;", "Svag AB", "Lugn AB", "Okänd AB")]
    assert places == sorted(places)
    assert table.count("<polyline") == 3
    assert "20 svag" in table


def test_many_reports_stopped_by_one_cause_are_one_line(tmp_path: Path) -> None:
    """Who reads needs the cause and the cure, not forty lines; a fault of the notebook names cell and file."""
    stopped = {"kind": "SIGINT", "message": "Kör med --resume.", "cell": None}
    fault = {"kind": "ValueError", "message": "två\nrader", "cell": 7}
    page = written(
        tmp_path,
        *(batch.Outcome(f"B-{n}", "03_planning", "interrupted", error=stopped) for n in range(40)),
        batch.Outcome("A-1", "06_review", "failed", error=fault),
        batch.Outcome("A-2", "06_review", "ok", html="a/06_review.html", warning="UserWarning: se upp"),
    )
    assert page.count("Kör med --resume.") == 1
    assert "och 37 till" in page
    assert "cell 7: ValueError, ”två rader”" in page
    assert "06_review.failed.ipynb" in page
    assert "UserWarning: se upp" in page


def test_the_portfolio_is_the_entrance_and_older_days_are_folded(tmp_path: Path) -> None:
    """07 stands first; yesterday's run is there, behind a fold; words of another language are marked as such."""
    for day, lang in (("2026-06-30", "sv"), ("2026-09-30", "en")):
        about = {
            **ABOUT,
            "as_of": day,
            "lang": lang,
            "accounts": {"A-1": with_signs(severity="error", exception="Se hit.")},
        }
        reports = [
            batch.Outcome("", n, "ok", html=f"portfolio/{n}.html")
            for n in ("01_segmentation", "07_portfolio")
        ]
        reports.append(batch.Outcome("A-1", "06_review", "ok", html="a-1/06_review.html"))
        batch.write_manifest(tmp_path / day / f"internal-{lang}", about, reports)
    page = index.write(tmp_path, "sv").read_text("utf-8")
    assert page.index("07_portfolio.html") < page.index("01_segmentation.html")
    assert '<span lang="en">Se hit.</span>' in page
    older = page[page.index("Äldre körningar") :]
    assert "<details><summary>Prov AB, per 2026-06-30" in older
    assert "2026-06-30/internal-sv/a-1/06_review.html" in older
    assert "2026-09-30/internal-en" not in older.split("</nav>")[-1].rsplit("<h2", 1)[-1]
