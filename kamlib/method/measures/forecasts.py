"""How far forecasts lay from what came: the KAM's own mirror, and the programme's total (S5.4, P19)."""

from __future__ import annotations

import pandas as pd

from kamlib import text
from kamlib.method.measures.loyalty import groups_of
from kamlib.method.measures.periods import MISSING, one_row, ratio
from kamlib.method.once import once
from kamlib.schema import Bundle, Portfolio


@once
def forecast_errors(bundle: Bundle) -> pd.DataFrame:
    """One row per forecast: account, made_on, year, low, likely, high, `outcome`, `basis`, `error_share`, `is_inside`.

    The outcome is the year's revenue (`basis` whole), or for a running year so far / the same months last year x all
    of last year (`basis` pace, our default; missing without them). Error = likely / outcome - 1: above zero is too
    high. The card is for the KAM and a chosen coach (P19).
    """
    rows = bundle.forecast.sort_values(["account_id", "year", "made_on"], ignore_index=True)
    tops = groups_of(bundle) if isinstance(bundle, Portfolio) else None
    sold = (
        bundle.revenue
        if tops is None
        else bundle.revenue.assign(account_id=bundle.revenue["account_id"].map(tops))
    )
    found = [_outcome(bundle, sold, row["account_id"], int(row["year"])) for row in rows.to_dict("records")]
    rows["outcome"] = pd.Series([each[0] for each in found], rows.index, dtype="float64")
    rows["basis"] = pd.Series([each[1] for each in found], rows.index, dtype="str")
    rows["error_share"] = (rows["likely"] / rows["outcome"].where(rows["outcome"] > 0) - 1).astype("float64")
    inside = rows["outcome"].between(rows["low"], rows["high"]).astype("boolean")
    rows["is_inside"] = inside.mask(rows[["low", "high", "outcome"]].isna().any(axis=1))
    columns = [
        "account_id",
        "made_on",
        "year",
        "low",
        "likely",
        "high",
        "outcome",
        "basis",
        "error_share",
        "is_inside",
    ]
    return rows[columns]


def _outcome(bundle: Bundle, sold: pd.DataFrame, account_id: str, year: int) -> tuple[float, str]:
    through = bundle.facts_through
    if through is None or year > through.year:
        return MISSING, "unknown"
    own = sold[sold["account_id"].eq(account_id)] if isinstance(bundle, Portfolio) else sold
    years, months = own["month"].dt.year, own["month"].dt.month
    spent = own.loc[years.eq(year), "revenue"].sum(min_count=1)
    if year < through.year or through.month == 12:
        return float(spent), "whole"
    last = years.eq(year - 1)
    pace = ratio(spent, own.loc[last & months.le(through.month), "revenue"].sum())
    return float(pace * own.loc[last, "revenue"].sum(min_count=1)), "pace"


def forecast_summary(bundle: Bundle) -> pd.DataFrame:
    """One row over the latest forecast of each year: `n`, `mean_error_share` (sizes), `bias_share`, `inside_share`, `reading`.

    Fewer than ten forecasts are said to be few.
    """
    rows = forecast_errors(bundle).dropna(subset=["error_share"])
    newest = rows.drop_duplicates(["account_id", "year"], keep="last")
    n, known = len(newest), newest["is_inside"].dropna().astype("float64")
    figures = {
        "mean_error_share": newest["error_share"].abs().mean(),
        "bias_share": newest["error_share"].mean(),
        "inside_share": known.mean() if len(known) else MISSING,
    }
    told = {
        "n": n,
        "error": text.percent(figures["mean_error_share"], 1),
        "bias": text.percent(figures["bias_share"], 1, signed=True),
        "inside": text.percent(figures["inside_share"]),
    }
    key = (
        "forecast.none"
        if not n
        else "forecast.few"
        if n < bundle.limit("small_sample_answers")
        else "forecast.told"
    )
    return one_row(n=n, **figures, reading={"key": key, **(told if n else {})})
