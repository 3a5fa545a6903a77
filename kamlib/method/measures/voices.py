"""What customers answered (method.md 6.7): NPS in three forms, CSAT, CES, and whether our effort is noticed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from kamlib.method.measures.periods import MISSING, past_year
from kamlib.method.once import once
from kamlib.schema import Bundle


def promoter_score(scores: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Return NPS in points: share of 9-10 less share of 0-6, -100..100; missing without answers."""
    given = np.asarray(scores, dtype=float)
    if not given.size:
        return MISSING
    signs = np.where(given >= 9, 100.0, np.where(given <= 6, -100.0, 0.0))
    return float(np.average(signs, weights=weights))


@once
def _recent(bundle: Bundle) -> pd.DataFrame:
    recent = past_year(bundle, bundle.feedback, "answered_on")
    return recent[recent["score"].notna()].sort_values("answered_on")


def answers(bundle: Bundle, kind: str) -> pd.DataFrame:
    """One row per respondent: the latest answer of a year to `kind` (nps, csat, ces, invests)."""
    rows = _recent(bundle)
    is_kind = rows["kind"].eq(kind)
    again = rows["contact_id"].where(is_kind).duplicated(keep="last")
    return rows[is_kind & (rows["contact_id"].isna() | ~again)]


@once
def nps(bundle: Bundle) -> pd.DataFrame:
    """One row per B2B form of NPS: all answers, mean per account, weighted by influence (6.7).

    `silent` counts customers without an answer, `small` says fewer than ten answers: then show the answers.
    """
    rows = answers(bundle, "nps").merge(
        bundle.stakeholder[["contact_id", "influence"]].drop_duplicates("contact_id"),
        on="contact_id",
        how="left",
    )
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


@once
def satisfaction(bundle: Bundle) -> pd.DataFrame:
    """One row per kind of question asked: `kind`, `n`, `mean`, `lowest`, `top_share`, `answers`, `latest_on`.

    `top_share` is 9-10 for NPS and 4-5 for the five-step scales, missing below ten answers; `hides_low`: the mean
    looks good while one answer is a detractor's (6.7: an account is never judged by its mean alone).
    """
    told = set(_recent(bundle)["kind"])
    lines = [_answered(bundle, kind) for kind in ("nps", "csat", "ces", "invests") if kind in told]
    return pd.DataFrame([line for line in lines if line], columns=["kind", *_ANSWERED])


_ANSWERED = ["n", "mean", "lowest", "top_share", "hides_low", "answers", "latest_on", "small"]


def _answered(bundle: Bundle, kind: str) -> dict[str, Any]:
    rows = answers(bundle, kind)
    if rows.empty:
        return {}
    scores = rows["score"].astype(float)
    low, good, top = (6.0, 7.0, 9.0) if kind == "nps" else (2.0, 4.0, 4.0)
    small = len(rows) < bundle.limit("small_sample_answers")
    told = " · ".join(f"{score:g}" for score in sorted(scores))
    share = MISSING if small else float((scores >= top).mean())
    hidden = bool(scores.mean() >= good and scores.min() <= low)
    values = (len(rows), scores.mean(), scores.min(), share, hidden, told, rows["answered_on"].max(), small)
    return {"kind": kind, **dict(zip(_ANSWERED, values, strict=True))}
