"""What can go wrong, and how it is told: where, what was found, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal, get_args

from kamlib import text
from kamlib.words import Words

Severity = Literal["error", "warning", "note"]

#: The most severe first.
SEVERITIES: tuple[str, ...] = get_args(Severity)


def severity_rank(severity: str) -> int:
    """Return the place of a severity among all, the most severe 0; what is none of them comes last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should know.

    `rule` is a catalogue key below `finding.`; its sentence is filled with `values`. `place` says where in
    the user's own words: file, line, column, or account and row. `mend` says what to do, where that is a sentence of
    its own.
    """

    rule: str
    severity: Severity = "error"
    place: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    mend: Words | None = None

    def sentence(self) -> str:
        """Say it in the language in use: place first, then what, then the cure."""
        where = self.where()
        what = text.t(f"finding.{self.rule}", **{**self.place, **self.values})
        whole = f"{what} {self.mend}" if self.mend else what
        return f"{where}: {whole}" if where else whole

    def where(self) -> str:
        """Say the place: `revenue.csv, row 4, column 'revenue'`."""
        order = ("file", "sheet", "line", "column", "account")
        parts = [(name, self.place[name]) for name in order if self.place.get(name) not in (None, "")]
        return ", ".join(text.t(f"place.{name}", value=str(value)) for name, value in parts)


class KamError(Exception):
    """A stop that a person can act on; carries every finding at once and the exit code of `kam`."""

    exit_code = 3

    def __init__(self, *findings: Finding, headline: str = "") -> None:
        self.findings = findings
        self.headline = headline
        super().__init__(self.told())

    def told(self) -> str:
        """Return the whole message in the language in use."""
        lines = [finding.sentence() for finding in self.findings]
        return "\n".join([self.headline, *lines] if self.headline else lines)

    def _render_traceback_(self) -> list[str]:
        # IPython asks the exception itself: a facilitator reads the sentence, not the call stack.
        return [self.told()]


def problem(rule: str, *, place: Mapping[str, Any] | None = None, **values: Any) -> KamError:
    """Return one error ready to raise: `raise problem("unknown_account", found=..., near=...)`."""
    return KamError(Finding(rule, "error", place or {}, values))


def nearest(found: str, known: Iterable[str], n: int = 3) -> str:
    """Return the names most like `found`, for the cure of a message; a dash where none is near."""
    near = get_close_matches(str(found), [str(name) for name in known], n=n, cutoff=0.5)
    return ", ".join(near) or text.MISSING
