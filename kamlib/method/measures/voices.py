"""What customers answered (method.md 6.7): NPS in three forms, CSAT, CES, and whether our effort is noticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kamlib.method.measures.periods import MISSING, mean, rows_of, since
from kamlib.method.once import once
from kamlib.schema import Bundle, result
from kamlib.schema.facts import Answer


def promoter_score(scores: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Return NPS in points: share of 9-10 less share of 0-6, -100..100; missing without answers."""
    given = np.asarray(scores, dtype=float)
    if not given.size:
        return MISSING
    signs = np.where(given >= 9, 100.0, np.where(given <= 6, -100.0, 0.0))
    return float(np.average(signs, weights=weights))


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


@once
def nps(bundle: Bundle) -> pd.DataFrame:
    """One row per B2B form of NPS: all answers, mean per account, weighted by influence (6.7).

    `silent` counts customers without an answer, `small` says fewer than ten answers: then show the answers.
    """
    influence = bundle.stakeholder[["contact_id", "influence"]].drop_duplicates("contact_id")
    rows = Answer.table.frame(answers(bundle, "nps")).merge(influence, on="contact_id", how="left")
    per_account = rows.groupby("account_id")["score"].agg(lambda scores: promoter_score(list(scores)))
    known = rows.dropna(subset=["influence"])
    forms = {
        "all": (promoter_score(list(rows["score"])), len(rows)),
        "per_account": (float(per_account.mean()) if len(per_account) else MISSING, len(rows)),
        "decision": (
            promoter_score(list(known["score"]), list(known["influence"].astype(float))),
            len(known),
        ),
    }
    table = pd.DataFrame([{"form": form, "score": value, "n": n} for form, (value, n) in forms.items()])
    return table.assign(
        small=table["n"] < bundle.limit("small_sample_answers"),
        silent=bundle.account["account_id"].nunique() - rows["account_id"].nunique(),
        lowest=rows["score"].min(),
    )


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
