"""The parts of 01 that depend on the weights: each takes a choice and returns what the page shows of it.

A notebook hands them to `controls.follow`; a report draws them once, a live page at every change of a weight.
Where nothing weighs, a part that ranks says so instead.
"""

from __future__ import annotations

from functools import wraps

from kamlib import text
from kamlib.live.controls import Part
from kamlib.method import concentration, segmentation
from kamlib.method.segmentation import Choice
from kamlib.schema import Portfolio
from kamlib.show import charts, summary, tables
from kamlib.show.page import Shown


def _ranks(part: Part) -> Part:
    @wraps(part)
    def shown(choice: Choice, portfolio: Portfolio) -> Shown:
        if choice.is_weighed:
            return part(choice, portfolio)
        return tables.what_to_add(text.t("segment.weights.needed"), portfolio)

    return shown


def opening(choice: Choice, portfolio: Portfolio) -> Shown:
    """Who competes, who would come in or leave, what the list carries, and with which weights that is counted."""
    news = segmentation.swap(choice) or charts.first_tip(segmentation.sensitivity(choice, portfolio))
    figures = segmentation.figures(choice, portfolio)
    note = text.t(**segmentation.in_words(choice.weights)) if choice.is_weighed else ""
    return summary.opening([segmentation.headline(choice), news], figures, None, portfolio, note=note)


def shortlist(choice: Choice, portfolio: Portfolio) -> Shown:
    """The choice as a table, and what to look at before it is recorded."""
    rows = tables.sheet("choice", segmentation.shortlist(choice), portfolio)
    return tables.together(rows, tables.findings(segmentation.findings(choice, portfolio)))


def few(choice: Choice, portfolio: Portfolio) -> Shown:
    """How much hangs on few, and which of the few are key accounts."""
    sentence = tables.say(**concentration.headline(portfolio))
    return tables.together(sentence, charts.concentration(choice.segments, portfolio))


def side_by_side(choice: Choice, portfolio: Portfolio) -> Shown:
    """Our choice beside that of revenue alone."""
    return tables.sheet("side_by_side", segmentation.side_by_side(choice), portfolio)


def criteria(choice: Choice, portfolio: Portfolio) -> Shown:
    """The five lenses, what they weigh and where their scores come from."""
    return tables.sheet("criteria", segmentation.lenses(choice, portfolio), portfolio)


@_ranks
def points(choice: Choice, portfolio: Portfolio) -> Shown:
    """What every criterion brings to each customer's points."""
    return charts.contributions(segmentation.points(choice, portfolio), portfolio, places=choice.places)


def lenses(choice: Choice, portfolio: Portfolio) -> Shown:
    """The customers near a place through the five lenses."""
    return tables.sheet("lenses", segmentation.shortlist(choice), portfolio)


def group_weights(choice: Choice, portfolio: Portfolio) -> Shown:
    """What each criterion weighs, beside what each person thinks."""
    rows = segmentation.group_weights(portfolio, choice.weights)
    return tables.sheet("group_weights", rows, portfolio)


def ranking(choice: Choice, portfolio: Portfolio) -> Shown:
    """Who moves since the page was opened; one sentence where no weight has moved, or nothing weighs."""
    if not choice.is_weighed:
        return tables.say("segment.weights.none")
    if choice.weights == segmentation.as_opened(portfolio).weights:
        return tables.say("segment.weights.moved")
    return tables.sheet("moves", segmentation.moves(choice, portfolio), portfolio, k=choice.places)


@_ranks
def acceptability(choice: Choice, portfolio: Portfolio) -> Shown:
    """In how many reasonable weightings each customer is among the chosen."""
    return charts.acceptability(choice.segments, portfolio)


@_ranks
def sensitivity(choice: Choice, portfolio: Portfolio) -> Shown:
    """Under which weight the customers near the cut have a place."""
    return charts.sensitivity(segmentation.sensitivity(choice, portfolio), portfolio)


def capacity(choice: Choice, portfolio: Portfolio) -> Shown:
    """Whether the KAMs have the hours."""
    return tables.sheet("kam_capacity", segmentation.capacity(portfolio, choice.segments), portfolio)


def decision(choice: Choice, portfolio: Portfolio) -> Shown:
    """What is decided, when; where today's figures differ, and with which weights they are counted."""
    chosen = tables.sheet("selection", choice.key_accounts, portfolio)
    when = tables.say(**segmentation.decided(choice))
    counted = tables.say(**segmentation.in_words(choice.weights))
    if not choice.is_weighed:
        return tables.together(chosen, when, counted)
    differing = tables.sheet("selection_changes", segmentation.changes(choice), portfolio)
    return tables.together(chosen, when, differing, counted)


def matrix(choice: Choice, portfolio: Portfolio) -> Shown:
    """How effort is spread among the key accounts."""
    return charts.account_matrix(choice.key_accounts, portfolio)


def sources(choice: Choice, portfolio: Portfolio) -> Shown:
    """Where the scores that are not settled come from."""
    return tables.sheet("score_sources", segmentation.sources(choice, portfolio), portfolio)


@_ranks
def robustness(choice: Choice, portfolio: Portfolio) -> Shown:
    """How each customer's place holds, in figures."""
    return tables.sheet("robustness", segmentation.robustness(choice), portfolio, draws=choice.draws)


def overlap(choice: Choice, portfolio: Portfolio) -> Shown:
    """Whether two lenses say the same."""
    pairs = segmentation.criteria_correlation(choice.segments, portfolio)
    limit = portfolio.limit("criteria_correlation_limit")
    return tables.sheet("criteria_correlation", pairs, portfolio, limit=limit)
