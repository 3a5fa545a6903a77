"""Health: four sub-states first, the worst one named, a composite only where enough is known (6.8, P13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamlib import words
from kamlib.method import relationships
from kamlib.method.measures.figures import figure
from kamlib.method.measures.money import customer_profit, sales
from kamlib.method.measures.periods import mean
from kamlib.method.measures.promises import commitments, precision
from kamlib.method.once import once
from kamlib.schema import Account, result


def weighted(scores: Sequence[float | None], weights: Sequence[float]) -> tuple[float | None, float]:
    """Return the weighted mean of the known scores and the share of the weight that is known (6.8)."""
    known = [(each, weight) for each, weight in zip(scores, weights, strict=True) if each is not None]
    weight = sum(each for _, each in known)
    if not weight:
        return None, 0.0
    return sum(score * each for score, each in known) / weight, weight / sum(weights)


def band(score: float | None, edges: Sequence[float]) -> str:
    """Return weak [0, 50), watch [50, 75), strong [75, 100], or unknown."""
    if score is None:
        return "unknown"
    return "weak" if score < edges[0] else "watch" if score < edges[1] else "strong"


@dataclass(frozen=True)
class HealthMeasure:
    """One measure behind health, with the score and band of its part."""

    part: str
    measure: str
    value: float | None
    score: float | None
    part_score: float | None
    band: str


@result("health")
def health(account: Account) -> Iterable[HealthMeasure]:
    """One row per measure: `part`, `measure`, `value`, `score` 0..100, and the sub-state's score and band.

    The four parts are relationship, value, commercial and delivery; a part is the mean of its known measures.
    """
    scales, edges = account.limit("health_scales"), account.limit("health_bands")
    for part, names in _PARTS.items():
        values = {name: _VALUES[name](account) for name in names}
        scores = {name: _scored(value, scales[name]) for name, value in values.items()}
        whole = mean(scores.values())
        for name, value in values.items():
            yield HealthMeasure(part, name, value, scores[name], whole, band(whole, edges))


_PARTS: Mapping[str, Sequence[str]] = {
    "relationship": ("fresh_share",),
    "value": ("value_step",),
    "commercial": ("growth_share", "profit_share"),
    "delivery": ("precision_share", "kept_share"),
}


def _scored(value: float | None, ends: Sequence[float]) -> float | None:
    worst, best = ends
    return None if value is None else min(max((value - worst) / (best - worst), 0.0), 1.0) * 100


def _fresh_share(account: Account) -> float | None:
    persons = [each for each in relationships.people(account) if each.contact_id is not None]
    # A missing interval says nothing; a person never met in a role of the decision says a lot.
    told = ("fresh", "ageing", "stale")
    known = [each for each in persons if each.freshness in told or each.role is not None]
    points = [{"fresh": 1.0, "ageing": 0.5}.get(each.freshness, 0.0) for each in known]
    return weighted(points, [float(each.influence or 1) for each in known])[0]


def _value_step(account: Account) -> float | None:
    """Return how far the value has come, 0..3; a confirmed sum at or below zero is 0."""
    confirmed = [each.amount or 0.0 for each in account.value_claims if each.stage == "confirmed"]
    if confirmed:
        return 3.0 if sum(confirmed) > 0 else 0.0
    steps = {"hypothesis": 0.0, "agreed": 1.0, "measured": 2.0}
    return max((steps[each.stage] for each in account.value_claims), default=None)


_VALUES: Mapping[str, Callable[[Account], float | None]] = {
    "fresh_share": _fresh_share,
    "value_step": _value_step,
    "growth_share": lambda account: sales(account).growth_share,
    "profit_share": lambda account: customer_profit(account).profit_share,
    "precision_share": lambda account: precision(account, "12m"),
    "kept_share": lambda account: commitments(account).ours.on_time_share,
}


@dataclass(frozen=True)
class HealthPart:
    """One part of health and what it contributes to the whole."""

    part: str
    part_score: float | None
    band: str
    weight: float
    weight_share: float | None
    contribution: float | None


@result("health_parts")
def health_parts(account: Account) -> Iterable[HealthPart]:
    """One row per part: `part_score`, `band`, `weight`, `weight_share` (of what is known) and `contribution`.

    Contribution = share of the known weight x score; the contributions add up to the raw score (6.8).
    """
    parts = {each.part: each for each in health(account)}
    weights = account.limit("health_weights")
    known = sum(weights[name] for name, each in parts.items() if each.part_score is not None)
    for name, each in parts.items():
        score = each.part_score
        share = None if score is None else float(weights[name]) / known
        brings = None if score is None or share is None else share * score
        yield HealthPart(name, score, each.band, weights[name], share, brings)


@dataclass(frozen=True)
class HealthException:
    """What holds the score down while it holds."""

    exception: str
    cap: float
    holds: bool
    reading: Mapping[str, str]


@result("health_exceptions")
def health_exceptions(account: Account) -> Iterable[HealthException]:
    """One row per exception in the settings' order: `exception`, `cap` of the score, `holds`, `reading` (6.8, P13)."""
    for name, cap in account.limit("health_caps").items():
        yield HealthException(name, cap, _EXCEPTIONS[name](account), {"key": f"health.exception.{name}"})


def _sponsor_gone(account: Account) -> bool:
    sponsors = [account.person(each.contact_id) for each in account.stakeholders if each.role == "sponsor"]
    theirs = [each.contact_id for each in sponsors if each and each.side == "customer"]
    ours = account.plan.sponsor_id if account.plan else None
    return bool(theirs and all(account.has_left(each) for each in theirs)) or account.has_left(ours)


def _severe_case(account: Account) -> bool:
    return any(
        each.closed_on is None
        and each.severity in ("high", "critical")
        and account.days_late(each.opened_on) > account.limit("case_days")
        for each in account.service_cases
    )


def _economic_unmet(account: Account) -> bool:
    persons = relationships.people(account)
    return not any(each.role == "economic" and each.freshness == "fresh" for each in persons)


_EXCEPTIONS: Mapping[str, Callable[[Account], bool]] = {
    "sponsor_gone": _sponsor_gone,
    "severe_case": _severe_case,
    "economic_unmet": _economic_unmet,
}


@dataclass(frozen=True)
class Health:
    """The score (None below 60 % known), its band, the worst part, and what caps the score: said wherever it is shown."""

    score: float | None
    shown: words.Words
    known_share: float
    band: str
    worst: str | None
    worst_score: float | None
    capped_by: tuple[str, ...]
    parts_known: int

    @property
    def is_capped(self) -> bool:
        """Tell whether an exception holds the score below what the parts make."""
        return bool(self.capped_by)

    @property
    def cap_words(self) -> words.Words | None:
        """What holds the score down, in words; None where nothing does."""
        whys = [words.sentence(f"health.exception.{each}") for each in self.capped_by]
        return words.listed(whys) if whys else None

    @property
    def reading(self) -> Mapping[str, Any]:
        """The score in a sentence."""
        known = words.percent(self.known_share)
        if self.score is None:
            return {"key": "health.total.unknown", "known": known}
        worst = words.label("health_part", self.worst)
        told = {"score": self.shown, "known": known, "worst": worst}
        if not self.capped_by:
            return {"key": "health.total", **told}
        return {"key": "health.total.held", "why": self.cap_words, **told}


@once
def health_total(account: Account) -> Health:
    """Return the score (None below 60 % known), `known_share`, `band`, the worst part and what caps the score.

    The score never passes the lowest cap of the exceptions that hold: 74 while the economic decision maker has had
    no two-way contact within the interval (P13), and what `health_caps` says of the others.
    """
    parts = health_parts(account)
    raw, known = weighted([each.part_score for each in parts], [each.weight for each in parts])
    score = raw if known >= account.limit("health_known_share") else None
    caps = sorted(health_exceptions(account).where(holds=True), key=lambda each: each.cap)
    capped_by = tuple(each.exception for each in caps if score is not None and each.cap < score)
    if score is not None and capped_by:
        score = float(caps[0].cap)
    scores = {each.part: each.part_score for each in parts if each.part_score is not None}
    worst = min(scores, key=lambda part: scores[part], default=None)
    lowest = None if worst is None else scores[worst]
    state = band(score, account.limit("health_bands"))
    return Health(
        score, figure(account, "health", score), known, state, worst, lowest, capped_by, len(scores)
    )


@dataclass(frozen=True)
class HealthThen:
    """Health and its parts on one day."""

    on: date
    total: float | None
    relationship: float | None
    value: float | None
    commercial: float | None
    delivery: float | None
    held_by: words.Words | None


def health_trend(views: Sequence[Account]) -> list[HealthThen]:
    """One row per view of one account: `on` (its day), the score of each part and the `total`, in the order given.

    A trend by snapshot, never by recounting the past with today's facts (6.8); what was not known then is missing, and
    the total with it below 60 % known (P13).
    """
    return [
        HealthThen(
            each.today,
            health_total(each).score,
            **{part.part: part.part_score for part in health_parts(each)},
            held_by=health_total(each).cap_words,
        )
        for each in views
    ]
