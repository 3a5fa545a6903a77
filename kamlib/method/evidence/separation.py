"""Did early signs come before loss: AUC by rank sum with interval, Brier, calibration; refused under ten events (6.8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from kamlib import words
from kamlib.method import measures
from kamlib.method.evidence.past import limit, outcomes, refusal
from kamlib.method.measures.periods import since
from kamlib.schema import Portfolio, result
from kamlib.words import Words

Floats = NDArray[np.float64]

#: Draws times distinct scores that are counted at a time.
BLOCK = 4_000_000

# --- bare maths ----------------------------------------------------------------------------------------------


class _Counts(NamedTuple):
    """How many accounts with and without the event have each distinct score, the lowest first."""

    events: Floats
    others: Floats


def _counts(scores: ArrayLike, events: ArrayLike) -> _Counts:
    happened = np.asarray(events, dtype=bool)
    values, place = np.unique(np.asarray(scores, dtype=float), return_inverse=True)
    sides = (np.bincount(place[side], minlength=len(values)).astype(float) for side in (happened, ~happened))
    return _Counts(*sides)


def _areas(events: Floats, others: Floats) -> Floats:
    below = others.cumsum(axis=-1) - others / 2.0
    pairs = events.sum(axis=-1) * others.sum(axis=-1)
    found: Floats = np.divide(
        (events * below).sum(axis=-1), pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0
    )
    return found


def auc(scores: ArrayLike, events: ArrayLike) -> float:
    """Return the chance that one with the event had a higher score than one without; a tie counts half (rank sum).

    Missing where everybody or nobody had the event.
    """
    return float(_areas(*_counts(scores, events)))


def auc_interval(
    scores: ArrayLike, events: ArrayLike, *, draws: int = 2_000, seed: int = 0, share: float = 0.95
) -> tuple[float, float]:
    """Return the bootstrap interval of the AUC: accounts drawn anew with and without the event apart, seeded."""
    counts = _counts(scores, events)
    if not (counts.events.sum() and counts.others.sum()):
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    step = max(1, BLOCK // len(counts.events))
    areas = [
        _areas(*(_drawn_again(side, min(step, draws - start), rng) for side in counts))
        for start in range(0, draws, step)
    ]
    low, high = np.quantile(np.concatenate(areas), [(1.0 - share) / 2.0, (1.0 + share) / 2.0])
    return float(low), float(high)


def _drawn_again(side: Floats, draws: int, rng: np.random.Generator) -> Floats:
    held = np.flatnonzero(side)
    drawn = np.zeros((draws, len(side)))
    drawn[:, held] = rng.multinomial(int(side.sum()), side[held] / side.sum(), size=draws)
    return drawn


def brier(chances: ArrayLike, events: ArrayLike) -> float:
    """Return the mean squared difference between stated chance and what happened; 0 is perfect, lower is better."""
    stated, happened = np.asarray(chances, dtype=float), np.asarray(events, dtype=float)
    return float(((stated - happened) ** 2).mean()) if stated.size else float("nan")


def _wilson(events: int, n: int, z: float = 1.96) -> tuple[float, float]:
    p = events / n
    middle, room = p + z**2 / (2 * n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (middle - room) / (1 + z**2 / n), (middle + room) / (1 + z**2 / n)


# --- signs known on a day ------------------------------------------------------------------------------------

SIGNS = ("volume", "contact", "delivery", "voice")


def early_signs(known: Portfolio) -> pd.DataFrame:
    """One row per account: the dated signs of 6.8 as they stood on the portfolio's own day; higher is worse.

    Columns: account_id; volume (fall of three months against the same a year before), contact (fall of touchpoints
    in six months against the six before), delivery (share of lines late or short in six months), voice (the newest
    answer in a year, 0 best to 1 worst); lit (signs past the limits of the settings), known (signs known), chance
    (what the settings state for so many lit signs). A sign that nobody can know is missing, never calm.
    """
    ids = pd.Index(known.account["account_id"], name="account_id")
    asked = zip(SIGNS, (_volume, _contact, _late, _voice), strict=True)
    signs = pd.DataFrame({name: ask(known) for name, ask in asked}, index=ids, dtype=float)
    limits = limit(known, "sign_limits")
    lit = sum((signs[name] >= limits[name] - 1e-12).astype(int) for name in SIGNS)
    chances = np.asarray(limit(known, "sign_chances"), dtype=float)
    signs = signs.assign(lit=lit, known=signs[list(SIGNS)].notna().sum(axis=1))
    signs["chance"] = np.where(signs["known"] > 0, chances[np.minimum(lit, len(chances) - 1)], np.nan)
    return signs.reset_index()


def _fall(now: pd.Series, before: pd.Series, least: float = 0.0) -> pd.Series:
    """Return 1 - now / before, where there was enough before; what has stopped is 1."""
    before = before[before > least]
    return 1.0 - now.reindex(before.index).fillna(0.0) / before


def _volume(known: Portfolio) -> pd.Series:
    return _fall(_sold(known, back=0), _sold(known, back=12))


def _sold(known: Portfolio, *, back: int) -> pd.Series:
    rows = measures.within(known.revenue, "month", known.window(3, back=back))
    return rows.groupby("account_id")["revenue"].sum()


def _contact(known: Portfolio) -> pd.Series:
    held, today = known.touchpoint, pd.Timestamp(known.as_of)
    half, year = (today - pd.DateOffset(months=months) for months in (6, 12))
    # Where nobody wrote contacts down a year ago, fewer before means nothing.
    if held.empty or held["held_on"].min() > year + pd.DateOffset(months=1):
        return pd.Series(dtype=float)
    now, before = (_met(held, first, last) for first, last in ((half, today), (year, half)))
    return _fall(now, before, least=limit(known, "contacts_before_fewest") - 0.5)


def _met(held: pd.DataFrame, after: pd.Timestamp, until: pd.Timestamp) -> pd.Series:
    within = (held["held_on"] > after) & (held["held_on"] <= until)
    return held[within].groupby("account_id").size().astype(float)


def _late(known: Portfolio) -> pd.Series:
    rows = measures.within(known.delivery, "month", known.window(6))
    sums = rows.groupby("account_id")[["lines_due", "lines_on_time_in_full"]].sum().astype(float)
    sums = sums[sums["lines_due"] > 0]
    return 1.0 - sums["lines_on_time_in_full"] / sums["lines_due"]


#: The best answer of each kind that is on a scale of liking, and the worst.
_SCALES = {"nps": (10.0, 0.0), "csat": (5.0, 1.0)}


def _voice(known: Portfolio) -> pd.Series:
    year = (pd.Timestamp(since(known)), pd.Timestamp(known.as_of))
    answers = measures.within(known.feedback, "answered_on", year)
    answers = answers[answers["kind"].isin(list(_SCALES))].sort_values("answered_on")
    newest = answers.drop_duplicates(["account_id", "kind"], keep="last")
    best, worst = (newest["kind"].map({kind: ends[end] for kind, ends in _SCALES.items()}) for end in (0, 1))
    bad = (best.astype(float) - newest["score"].astype(float)) / (best - worst).astype(float)
    return bad.groupby(newest["account_id"]).max()


# --- against what happened -----------------------------------------------------------------------------------


def separation(portfolio: Portfolio, signs: pd.DataFrame, back: int = 12) -> pd.DataFrame:
    """One row per sign and one for the chance they state together: whether it came before loss or shrinkage.

    Columns: sign (`volume` .. `voice`, `chance`), accounts (with the sign known), events, auc, low, high (bootstrap),
    brier and brier_base (of stating everybody's average; only for the chance), state: `too_few` (under ten with the
    event, or under ten without: no figure), `separates` (the whole interval above a half), `unclear`, or `reversed`.
    """
    if refusal(portfolio, back):
        return pd.DataFrame(columns=["sign", *_TOLD])
    found = outcomes(portfolio, back)[["account_id", "is_event"]].merge(signs, on="account_id")
    rows = [
        {"sign": name, **_tested(portfolio, found.dropna(subset=name), name)} for name in (*SIGNS, "chance")
    ]
    return pd.DataFrame(rows)[["sign", *_TOLD]]


_TOLD = ["accounts", "events", "auc", "low", "high", "brier", "brier_base", "state"]


def _tested(portfolio: Portfolio, known: pd.DataFrame, name: str) -> dict[str, Any]:
    scores, events = known[name].to_numpy(dtype=float), known["is_event"].to_numpy(dtype=bool)
    counted: dict[str, Any] = {"accounts": len(known), "events": int(events.sum())}
    nothing = dict.fromkeys(["auc", "low", "high", "brier", "brier_base"], np.nan)
    if is_too_few(portfolio, events):
        return counted | nothing | {"state": "too_few"}
    draws, seed = int(limit(portfolio, "draws")), int(limit(portfolio, "seed"))
    low, high = auc_interval(scores, events, draws=draws, seed=seed)
    told = nothing | {"auc": auc(scores, events), "low": low, "high": high}
    if name == "chance":
        told |= {
            "brier": brier(scores, events),
            "brier_base": brier(np.full(len(events), events.mean()), events),
        }
    state = "separates" if low > 0.5 else "reversed" if high < 0.5 else "unclear"
    return counted | told | {"state": state}


def is_too_few(portfolio: Portfolio, events: NDArray[np.bool_]) -> bool:
    """Tell whether there are too few events, or too few without one, for any figure to mean something."""
    least = int(limit(portfolio, "events_fewest"))
    return bool(min(events.sum(), (~events).sum()) < least)


@dataclass(frozen=True)
class Bin:
    """The accounts of one span of stated chance: stated (mean) and observed share, with interval (Wilson)."""

    bin: Words
    accounts: int
    events: int
    stated_share: float
    observed_share: float
    low: float
    high: float


@result("calibration")
def calibration(portfolio: Portfolio, signs: pd.DataFrame, back: int = 12) -> Iterable[Bin]:
    """Return the bins of stated chance that hold an account; none where the test is refused."""
    if refusal(portfolio, back):
        return
    found = outcomes(portfolio, back)[["account_id", "is_event"]].merge(signs, on="account_id")
    found = found.dropna(subset="chance")
    if is_too_few(portfolio, found["is_event"].to_numpy(dtype=bool)):
        return
    edges = limit(portfolio, "chance_bins")
    places = np.searchsorted(edges[1:-1], found["chance"] + 1e-12, side="right")
    for place in np.unique(places):
        own = found[places == place]
        n, events = len(own), int(own["is_event"].sum())
        span = words.joined(map(words.percent, edges[place : place + 2]), "\N{EN DASH}")
        yield Bin(span, n, events, own["chance"].mean(), events / n, *_wilson(events, n))
