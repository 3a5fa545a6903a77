"""The KPI library of 6.7 as one table: what each measure is, how it is counted, from what, how much of it is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, cast

from kamlib import words
from kamlib.method import concentration, relationships
from kamlib.method.measures.board import loss_range
from kamlib.method.measures.figures import WRITERS, named, newest_day
from kamlib.method.measures.health import health_total
from kamlib.method.measures.loyalty import key_account_growth, repurchase, retention
from kamlib.method.measures.money import customer_profit, exposure, growth, lifetime, sales
from kamlib.method.measures.periods import in_months, known_or_none, mean, share_of, within
from kamlib.method.measures.promises import commitments, delivery_precision, project_completion
from kamlib.method.measures.voices import answers, nps
from kamlib.method.measures.wallet import wallet_share
from kamlib.method.units import groups_of
from kamlib.schema import Account, Bundle, Portfolio, result


class Figure(NamedTuple):
    """One measure: its id, value and kind of number, the rows that it stands on, and how many of them are known."""

    measure: str
    value: float | None
    kind: str
    n: int
    known: tuple[int, int] | None = None
    held_by: words.Words | None = None


@dataclass(frozen=True)
class Measure:
    """One measure of 6.7 as a person reads it."""

    measure: str
    value: float | None
    shown: words.Words
    formula: words.Words
    source: words.Words
    data_on: date | None
    n: int
    known_share: float | None
    known: words.Words | None
    is_small: bool
    status: str


@result("library")
def library(bundle: Bundle) -> Iterable[Measure]:
    """One row per measure of 6.7: `measure`, `value`, `shown`, `formula`, `source`, `data_on`, `n`, `known`, `status`.

    `shown` is the value as a person reads it, `source` the tables behind it, `data_on` the day of their newest row,
    `n` how many rows, answers or customers it counts, `known` for how many of them it is known, `is_small` says that
    there are few of them, and `status` whether it is the field's own, a vendor's practice or ours. A measure without
    data stays in the table, unknown.
    """
    figures = _of_account(bundle) if isinstance(bundle, Account) else _of_portfolio(cast("Portfolio", bundle))
    for each in figures:
        yield _measure(bundle, each)


def _measure(bundle: Bundle, figure: Figure) -> Measure:
    declared = bundle.settings["kpis"][figure.measure]
    is_counted = figure.kind in ("part", "points", "score") and figure.n > 0
    is_small = bool(is_counted and figure.n < bundle.limit("small_sample_answers"))
    return Measure(
        measure=figure.measure,
        value=figure.value,
        shown=_shown(figure, bundle, is_small=is_small),
        formula=words.sentence(f"kpi.{figure.measure}.formula"),
        source=words.listed(words.table(name) for name in declared["tables"]),
        data_on=newest_day(bundle, declared["tables"]),
        n=figure.n,
        known_share=share_of(*figure.known) if figure.known else None,
        known=_few(*figure.known) if figure.known else None,
        is_small=is_small,
        status=declared["status"],
    )


def _few(part: int, of: int) -> words.Words:
    return words.sentence("kpi.few", part=part, n=of)


def _shown(figure: Figure, bundle: Bundle, *, is_small: bool) -> words.Words:
    """Return the value as a person reads it; a share of fewer than ten is counted out: 1 of 2 (6.7)."""
    if is_small and figure.kind == "part" and figure.value is not None:
        return _few(round(figure.value * figure.n), figure.n)
    written = named(bundle, figure.measure, WRITERS[figure.kind](figure.value, bundle))
    if figure.held_by is not None:
        return words.sentence("kpi.held", told=written, why=figure.held_by)
    return words.sentence("kpi.small", told=written) if is_small else written


def _months(bundle: Bundle, table: str) -> tuple[int, int]:
    """Return how many of the last twelve months the table holds."""
    if isinstance(bundle, Account):
        rows: Iterable[Any] = bundle.rows[table]
        return len({each.month for each in in_months(rows, bundle.months(12))}), 12
    return int(within(bundle.tables[table], "month", bundle.window(12))["month"].nunique()), 12


def _with_margin(bundle: Bundle) -> tuple[int, int]:
    """Return how many rows of revenue have a margin, of all."""
    if isinstance(bundle, Account):
        rows = in_months(bundle.revenues, bundle.months(12))
        return sum(each.contribution_margin is not None for each in rows), len(rows)
    sold = within(bundle.revenue, "month", bundle.window(12))
    return int(sold["contribution_margin"].notna().sum()), len(sold)


def _of_both(bundle: Bundle) -> Iterator[Figure]:
    left, known = customer_profit(bundle), _with_margin(bundle)
    yield Figure("margin", sales(bundle).margin_share, "percent", known[0], known)
    yield Figure("profit", left.profit, "money", left.known, (left.known, left.of))
    again = repurchase(bundle)
    yield Figure("repurchase", again.share, "percent", again.before)
    for kind, low in (("csat", 4), ("ces", 4)):
        scores = [each.score for each in answers(bundle, kind) if each.score is not None]
        yield Figure(kind, mean(float(each >= low) for each in scores), "part", len(scores))
    done = project_completion(bundle)
    yield Figure("projects", done.in_time_share, "part", done.ended)
    yield Figure("milestones", done.milestone_share, "part", done.milestones_due)
    for side in commitments(bundle):
        yield Figure(f"promises_{side.direction}", side.on_time_share, "part", side.due)
    delivered = delivery_precision(bundle)[0]
    yield Figure("delivery", delivered.share, "percent", delivered.lines_due, _months(bundle, "delivery"))


def _of_account(account: Account) -> Iterator[Figure]:
    months = _months(account, "revenue")
    yield Figure("growth", growth(account).share, "growth", months[0], months)
    yield from _of_both(account)
    scores = [each.score for each in answers(account, "nps")]
    yield Figure("nps_answer", mean(scores), "score", len(scores))
    whole = [each.likely_share for each in wallet_share(account) if each.product_group is None]
    yield Figure("wallet", mean(whole), "percent", len(wallet_share(account)))
    lost = exposure(account)
    yield Figure("exposure", lost.at_risk, "money", int(lost.replacement_months))
    likely = [each.value for each in lifetime(account).where(case="likely")]
    yield Figure("lifetime", mean(likely), "money", len(lifetime(account)))
    met = [each.contacts for each in relationships.contact_shares(account)]
    _, effective = relationships.effective_contacts(met)
    yield Figure("contacts", effective, "count", sum(met))
    total = health_total(account)
    yield Figure("health", total.score, "whole", total.parts_known, (total.parts_known, 4), total.cap_words)


def _of_portfolio(portfolio: Portfolio) -> Iterator[Figure]:
    grown = {each.customers: (each.growth_share, each.accounts) for each in key_account_growth(portfolio)}
    for name in ("key", "others"):
        share, n = grown.get(name, (None, 0))
        yield Figure(f"growth_{name}", share, "growth", n)
    yield from _kept(portfolio)
    yield from _of_both(portfolio)
    asked = int(portfolio.account["account_id"].nunique())
    for row in nps(portfolio):
        yield Figure(f"nps_{row.form}", row.score, "points", row.n, (asked - row.silent, asked))
    yield from _spread(portfolio)
    lost = loss_range(portfolio)
    yield Figure("expected_loss", lost.expected_loss, "money", lost.n)
    yield Figure("bad_year", lost.one_in_twenty, "money", lost.n)


def _kept(portfolio: Portfolio) -> Iterator[Figure]:
    cohorts = {each.kind: each for each in retention(portfolio)}
    for measure, kind, share in (
        ("gross_retention", "contract", "gross_share"),
        ("net_retention", "contract", "net_share"),
        ("same_account_retention", "same_account", "net_share"),
        ("logo_retention", "same_account", "logo_share"),
    ):
        cohort = cohorts.get(kind)
        yield Figure(measure, getattr(cohort, share, None), "percent", getattr(cohort, "accounts", 0))


def _spread(portfolio: Portfolio) -> Iterator[Figure]:
    rows = within(portfolio.revenue, "month", portfolio.window(12))
    amounts = rows.groupby(rows["account_id"].map(groups_of(portfolio)))["revenue"].sum()
    amounts = amounts[amounts > 0].sort_values(ascending=False)
    n = len(amounts)
    hhi = concentration.herfindahl(amounts) if n else None
    yield Figure("hhi", hhi, "index", n)
    yield Figure("effective_customers", share_of(1.0, hhi), "count", n)
    yield Figure("largest", share_of(amounts.head(1).sum(), amounts.sum()), "percent", n)
    whale = concentration.whale_curve(portfolio)
    known, peak = int(whale["profit"].notna().sum()), known_or_none(whale["cumulative_share"].max())
    yield Figure("whale_peak", peak, "percent", known, (known, len(whale)))
