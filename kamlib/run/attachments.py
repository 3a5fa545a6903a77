"""What is delivered beside a page: its PDF, and the deck of the quarterly review.

Both say the same as the page: where the page is made anew without them, an older one beside it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kamlib.data import workspace
from kamlib.errors import KamError, problem
from kamlib.run import files, leaks, pdf

REVIEW = "06_review"
_FAILED = {"pdf": "PdfFailed", "pptx": "DeckFailed"}


@dataclass(frozen=True)
class Attachments:
    """What is wanted beside the pages: PDF by this engine, a deck of the review, and in which template."""

    engine: pdf.Engine | None = None
    deck: bool = False
    template: Path | None = None

    def kinds(self, notebook: str) -> list[str]:
        """Return what is made of one notebook: `pdf`, `pptx`."""
        return ["pdf"] * bool(self.engine) + ["pptx"] * (self.deck and notebook == REVIEW)


NONE = Attachments()


def requested(*, pdf_too: bool, deck_too: bool, template: Path | None) -> Attachments:
    """Return what is asked for; raises where this machine can't make it, before anything starts."""
    if deck_too and find_spec("pptx") is None:
        raise problem("no_pptx")
    if template is not None:
        from kamlib.run import deck  # noqa: PLC0415 - python-pptx is an extra, a second that others need not wait

        deck.check(template)
    return Attachments(pdf.find() if pdf_too else None, deck_too, template)


def check(wanted: Attachments, notebooks: Iterable[str]) -> None:
    """Refuse a deck where the notebook that it is made of is not asked for."""
    if wanted.deck and REVIEW not in notebooks:
        raise problem("no_deck")


def make(
    page: Path, wanted: Attachments, source: Mapping[str, str], bare: Mapping[str, str]
) -> dict[str, Any]:
    """Make what is wanted beside a page and return what the run's outcome says of it.

    `source` names the workspace, the account and the day that a deck is read from; `bare` is the environment of a
    PDF's engine. Whatever goes wrong is told in the outcome; the page is delivered all the same.
    """
    makers: dict[str, Callable[[], str]] = {
        "pdf": lambda: pdf.write(page, wanted.engine or pdf.find(), bare),
        "pptx": lambda: _deck(page, wanted.template, source),
    }
    told: dict[str, Any] = {}
    for kind, maker in makers.items():
        target = page.with_suffix(f".{kind}")
        target.unlink(missing_ok=True)
        if kind not in wanted.kinds(page.stem):
            continue
        try:
            told |= {f"sha256_{kind}": maker(), kind: f"{page.parent.name}/{target.name}"}
        except leaks.Leak:
            raise
        except Exception as fault:  # noqa: BLE001 - a page without its PDF is still a page
            is_told = isinstance(fault, KamError)
            known = fault if is_told else problem("deck_unmade", found=type(fault).__name__)
            error = {"kind": _FAILED[kind], "message": str(known), "cell": None}
            told |= {"status": "failed", "error": error}
    return told


def _deck(page: Path, template: Path | None, source: Mapping[str, str]) -> str:
    from kamlib.run import deck  # noqa: PLC0415 - python-pptx is an extra

    account = workspace.open(source["workspace"]).account(source["account_id"], as_of=source["as_of"])
    return files.put(page.with_suffix(".pptx"), deck.made(account, template))
