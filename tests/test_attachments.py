"""What is made beside a page says the same as the page, and its failing never takes the page along."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import test_batch
import worlds
from click.testing import CliRunner

from kamlib import cli
from kamlib.data import workspace
from kamlib.errors import KamError, problem
from kamlib.run import attachments, batch, deck, index, pdf, reports

ENGINE = pdf.Engine("weasyprint", sys.executable)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A delivered page with what an earlier run has left beside it."""
    (tmp_path / "kund").mkdir()
    for kind in ("html", "pdf", "pptx"):
        (tmp_path / "kund" / f"06_review.{kind}").write_text("earlier", "utf-8")
    return tmp_path / "kund" / "06_review.html"


def _make(page: Path, wanted: attachments.Attachments) -> dict[str, Any]:
    source = {"workspace": "none.sqlite", "account_id": "A-1", "as_of": ""}
    return attachments.make(page, wanted, source, {})


def test_what_was_not_asked_for_is_not_left_to_contradict_the_page(page: Path) -> None:
    """A page that is made anew without them takes an older PDF and an older deck away."""
    assert _make(page, attachments.NONE) == {}
    assert [each.name for each in page.parent.iterdir()] == ["06_review.html"]


def test_a_pdf_that_fails_is_told_and_the_page_stays(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is failed with kind and message; there is no PDF, neither a new nor an old one."""

    def fails(*_: object) -> str:
        raise problem("pdf_slow", n=60)

    monkeypatch.setattr(pdf, "write", fails)
    told = _make(page, attachments.Attachments(ENGINE))
    assert told["status"] == "failed"
    assert told["error"]["kind"] == "PdfFailed"
    assert "60 sekunder" in told["error"]["message"]
    assert page.read_text("utf-8") == "earlier"
    assert not page.with_suffix(".pdf").exists()
    assert "pdf" not in told


def test_a_fault_in_the_deck_leaves_the_pdf(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One does not take the other along; the workspace that is not there is told, not raised."""
    monkeypatch.setattr(pdf, "write", lambda *_: "abc")
    told = _make(page, attachments.Attachments(ENGINE, deck=True))
    assert (told["pdf"], told["sha256_pdf"]) == ("kund/06_review.pdf", "abc")
    assert (told["status"], told["error"]["kind"]) == ("failed", "DeckFailed")


def test_only_the_review_has_a_deck(page: Path) -> None:
    """Another notebook's page gets the PDF alone; a request without the review is refused before it starts."""
    wanted = attachments.Attachments(ENGINE, deck=True)
    assert wanted.kinds("03_planning") == ["pdf"]
    assert wanted.kinds("06_review") == ["pdf", "pptx"]
    attachments.check(wanted, ["03_planning", "06_review"])
    with pytest.raises(KamError, match="Lägg till --notebook 06"):
        attachments.check(wanted, ["03_planning"])


def test_a_missing_extra_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kam report --pptx` without python-pptx: exit 3, what to install, and no folder is made."""
    monkeypatch.setattr(attachments, "find_spec", lambda _: None)
    out = tmp_path / "ut"
    told = CliRunner().invoke(cli.kam, ["report", "--pptx", "--out", str(out)])
    assert told.exit_code == 3
    assert "kamlib[pptx]" in told.output
    assert not out.exists()


def test_a_missing_engine_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kam report --pdf` where nothing can print: exit 3, what to install, and no folder is made."""
    monkeypatch.setattr(pdf, "_has_weasyprint", lambda: False)
    monkeypatch.setattr(pdf, "browsers", lambda: iter(()))
    out = tmp_path / "ut"
    told = CliRunner().invoke(cli.kam, ["report", "--pdf", "--out", str(out)])
    assert told.exit_code == 3
    assert "WeasyPrint" in told.output
    assert not out.exists()


def test_a_template_alone_asks_for_a_deck(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--template` is looked at before anything starts, and a deck is made with it."""
    seen: list[Path] = []
    monkeypatch.setattr(deck, "check", seen.append)
    asked = attachments.requested(pdf_too=False, deck_too=True, template=Path("mall.pptx"))
    assert (asked.deck, asked.template, asked.engine) == (True, Path("mall.pptx"), None)
    assert seen == [Path("mall.pptx")]


@pytest.mark.slow
@pytest.mark.parametrize("audience", ["internal", "customer"])
def test_a_run_tells_its_pdf_and_hands_its_engine_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, audience: str
) -> None:
    """The outcome carries the file and its digest; the engine's surroundings name no workspace, in either edition."""
    seen: dict[str, str] = {}

    def write(page: Path, _: pdf.Engine, bare: dict[str, str]) -> str:
        seen.update(bare)
        page.with_suffix(".pdf").write_text("%PDF-", "utf-8")
        return "abc"

    monkeypatch.setattr(pdf, "write", write)
    monkeypatch.setenv("KAM_DATABASE_URL", "postgresql://kam:secret@db/kam")
    made = test_batch.notebook(tmp_path / "n.ipynb", "made = 1")
    job = test_batch.job(made, tmp_path / "k", audience=audience, wanted=attachments.Attachments(ENGINE))
    outcome = batch.execute(job)
    assert (outcome.status, outcome.pdf, outcome.sha256_pdf) == ("ok", "k/n.pdf", "abc")
    assert not [name for name in seen if name.startswith(("KAM_", "PYTHON"))]
    assert "PATH" in seen


def test_the_index_links_to_what_lies_beside_a_page(tmp_path: Path) -> None:
    """Page, PDF and deck, each by its name; what was not asked for is not spoken of."""
    folder = tmp_path / "2026-09-30" / "internal-sv"
    about = {
        "as_of": "2026-09-30", "audience": "internal", "lang": "sv", "workspace": "w", "currency": "SEK",
        "accounts": {"A-1": {"name": "Prov AB"}},
    }  # fmt: skip
    files = {"html": "k/06_review.html", "pdf": "k/06_review.pdf", "pptx": "k/06_review.pptx"}
    batch.write_manifest(folder, about, [batch.Outcome("A-1", "06_review", "ok", **files)])
    read = index.write(tmp_path, "sv").read_text("utf-8")
    for kind, words in (("html", "Kvartalsgenomgång"), ("pdf", "PDF"), ("pptx", "PowerPoint")):
        assert f'href="2026-09-30/internal-sv/k/06_review.{kind}">{words}</a>' in read
    batch.write_manifest(folder, about, [batch.Outcome("A-1", "06_review", "ok", html=files["html"])])
    assert "PDF" not in index.write(tmp_path, "sv").read_text("utf-8").split("<main")[1]


@pytest.mark.slow
def test_a_customers_deck_is_made_with_its_report(
    sample_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the request to the file: the deck lies in the customer's folder, and a second run gives the same bytes."""
    worlds.run_here(monkeypatch)
    here = workspace.open(sample_file)
    asked = reports.Request(
        tmp_path, accounts=("A-003",), notebooks=("06",), audience="customer", lang="en",
        wanted=attachments.requested(pdf_too=False, deck_too=True, template=None),
    )  # fmt: skip
    first, second = (reports.run(here, asked).outcomes[0] for _ in range(2))
    assert first.status == "ok", first.error
    assert first.sha256_pptx == second.sha256_pptx != ""
    assert (tmp_path / "2026-09-30" / "customer-en" / first.pptx).is_file()
