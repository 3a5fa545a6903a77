"""What customers answered (method.md 6.7): NPS in three forms, CSAT, CES, and whether our effort is noticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kamlib.method.measures.periods import mean, rows_of, share_of, since
from kamlib.method.once import once
from kamlib.schema import Bundle, Portfolio, result
from kamlib.schema.facts import Answer
from kamlib.schema.plan import Stakeholder


def promoter_score(scores: Sequence[float], weights: Sequence[float] | None = None) -> float | None:
    """Return NPS in points: share of 9-10 less share of 0-6, -100..100; None without answers."""
    signs = [100.0 if each >= 9 else -100.0 if each <= 6 else 0.0 for each in scores]
    parts = weights or [1.0] * len(signs)
    return share_of(sum(sign * part for sign, part in zip(signs, parts, strict=True)), sum(parts))


@once
def _recent(bundle: Bundle) -> list[Answer]:
    first = since(bundle)
    scored = [each for each in rows_of(bundle, Answer) if each.score is not None]
    rows = [each for each in scored if first <= each.answered_on <= bundle.as_of]
    return sorted(rows, key=lambda each: each.answered_on)


def answers(bundle: Bundle, kind: str) -> list[Answer]:
    """Return the latest answer of a year of each respondent to `kind` (nps, csat, ces, invests), the oldest first."""
    newest: dict[str, Answer] = {}
    for each in _recent(bundle):
        if each.kind == kind:
            person = each.contact_id or each.feedback_id  # an answer without a name is one respondent's
            newest.pop(person, None)
            newest[person] = each
    return list(newest.values())


@dataclass(frozen=True)
class Promoters:
    """NPS in one B2B form (6.7), the answers that it counts, and over all forms the customers without an answer."""

    form: str
    score: float | None
    n: int
    silent: int
    lowest: float | None


def _silence(portfolio: Portfolio) -> dict[str, int]:
    customers = portfolio.account["account_id"].nunique()
    heard = {each.account_id for each in answers(portfolio, "nps")}
    return {"silent": customers - len(heard), "customers": customers}


@result("nps", values=_silence)
def nps(portfolio: Portfolio) -> Iterable[Promoters]:
    """Return NPS of all answers, as a mean per account, and weighted by influence."""
    given = [(each.account_id, each.contact_id, each.score or 0.0) for each in answers(portfolio, "nps")]
    scores = [score for *_, score in given]
    of_account: dict[str, list[float]] = {}
    for account_id, _, score in given:
        of_account.setdefault(account_id, []).append(score)
    influence = {each.contact_id: each.influence for each in reversed(rows_of(portfolio, Stakeholder))}
    known = [(score, float(part)) for _, who, score in given if who and (part := influence.get(who))]
    weighted = [score for score, _ in known], [part for _, part in known]
    forms = {
        "all": (promoter_score(scores), len(scores)),
        "per_account": (mean(map(promoter_score, of_account.values())), len(scores)),
        "decision": (promoter_score(*weighted), len(known)),
    }
    rest = _silence(portfolio)["silent"], min(scores, default=None)
    return [Promoters(form, *told, *rest) for form, told in forms.items()]


@dataclass(frozen=True)
class Satisfaction:
    """What was answered to one kind of question: a mean never judges an account alone (6.7)."""

    kind: str
    n: int
    mean: float
    lowest: float
    top_share: float | None
    hides_low: bool
    answers: str
    latest_on: date


@result("satisfaction")
def satisfaction(bundle: Bundle) -> Iterable[Satisfaction]:
    """One row per kind of question asked: `kind`, `n`, `mean`, `lowest`, `top_share`, `answers`, `latest_on`.

    `top_share` is 9-10 for NPS and 4-5 for the five-step scales, None below ten answers; `hides_low`: the mean looks
    good while one answer is a detractor's (6.7: an account is never judged by its mean alone).
    """
    for kind in ("nps", "csat", "ces", "invests"):
        if given := answers(bundle, kind):
            yield _satisfied(kind, given, int(bundle.limit("small_sample_answers")))


def _satisfied(kind: str, given: Sequence[Answer], fewest: int) -> Satisfaction:
    scores = sorted(each.score for each in given if each.score is not None)
    low, good, top = (6.0, 7.0, 9.0) if kind == "nps" else (2.0, 4.0, 4.0)
    middle, is_small = mean(scores) or 0.0, len(scores) < fewest
    return Satisfaction(
        kind=kind,
        n=len(scores),
        mean=middle,
        lowest=scores[0],
        top_share=None if is_small else sum(each >= top for each in scores) / len(scores),
        hides_low=middle >= good and scores[0] <= low,
        answers=" · ".join(f"{each:g}" for each in scores),
        latest_on=given[-1].answered_on,
    )
