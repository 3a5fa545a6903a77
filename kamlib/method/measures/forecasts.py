"""What the year comes to: forecasts against outcomes, and the year's figures that may contradict each other (S5.4, P19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from kamlib import words
from kamlib.method import goal_values
from kamlib.method.measures.money import sales
from kamlib.method.measures.periods import in_months, mean, rows_of, share_of, total
from kamlib.method.once import once
from kamlib.method.units import groups_of
from kamlib.schema import Account, Bundle, Portfolio, result
from kamlib.schema.plan import Forecast


@once
def _sold(bundle: Bundle) -> dict[str, dict[date, float]]:
    """Return the revenue of each month by account_id, those below it with it."""
    if isinstance(bundle, Account):
        sold: dict[date, float] = {}
        for each in bundle.revenues:
            sold[each.month] = sold.get(each.month, 0.0) + each.revenue
        return {bundle.account_id: sold}
    tops = bundle.revenue["account_id"].map(groups_of(cast("Portfolio", bundle)))
    rows = bundle.revenue.assign(top=tops)[tops.isin(set(bundle.forecast["account_id"]))]
    sums = rows.groupby(["top", "month"], as_index=False)["revenue"].sum()
    by_account: dict[str, dict[date, float]] = {}
    for top, month, amount in zip(sums["top"], sums["month"], sums["revenue"], strict=True):
        by_account.setdefault(top, {})[month.date()] = float(amount)
    return by_account


def outcome(bundle: Bundle, account_id: str, year: int) -> tuple[float | None, str]:
    """Return what a calendar year came to (`whole`) or comes to at the pace so far (`pace`), else None (`unknown`).

    Pace = this year so far / the same months last year x all of last year: the only one, on every page.
    """
    through, sold = bundle.facts_through, _sold(bundle).get(account_id, {})
    if through is None or year > through.year:
        return None, "unknown"
    spent = total(amount for month, amount in sold.items() if month.year == year)
    if year < through.year or through.month == 12:
        return spent, "whole"
    last = {month.month: amount for month, amount in sold.items() if month.year == year - 1}
    grown = share_of(spent, sum(amount for month, amount in last.items() if month <= through.month))
    return (None if grown is None else grown * sum(last.values())), "pace"


@dataclass(frozen=True, kw_only=True)
class ForecastError(Forecast):
    """One forecast against what came; error = likely / outcome - 1: above zero is too high."""

    outcome: float | None
    basis: str
    error_share: float | None
    is_inside: bool | None


@result("forecast_errors")
def forecast_errors(bundle: Bundle) -> Iterable[ForecastError]:
    """One row per forecast: account, made_on, year, low, likely, high, `outcome`, `basis`, `error_share`, `is_inside`.

    The outcome is the year's revenue (`basis` whole), or for a running year its pace (`basis` pace, our default; None
    without a year before). The card is for the KAM and a chosen coach (P19).
    """
    rows = rows_of(bundle, Forecast)
    for each in sorted(rows, key=lambda each: (each.account_id, each.year, each.made_on)):
        came, basis = outcome(bundle, each.account_id, each.year)
        ratio, inside = share_of(each.likely, came), None
        if each.low is not None and each.high is not None and came is not None:
            inside = each.low <= came <= each.high
        error = None if ratio is None else ratio - 1
        yield ForecastError(**each.values(), outcome=came, basis=basis, error_share=error, is_inside=inside)


@dataclass(frozen=True)
class ForecastSummary:
    """The latest forecast of each year against what came: size of the errors, their direction, how often inside."""

    n: int
    mean_error_share: float | None
    bias_share: float | None
    inside_share: float | None
    is_few: bool

    @property
    def reading(self) -> Mapping[str, Any]:
        """The summary in a sentence; fewer than ten forecasts are said to be few."""
        if not self.n:
            return {"key": "forecast.none"}
        return {
            "key": "forecast.few" if self.is_few else "forecast.told",
            "n": self.n,
            "error": words.percent(self.mean_error_share, 1),
            "bias": words.percent(self.bias_share, 1, signed=True),
            "inside": words.percent(self.inside_share),
        }


@once
def forecast_summary(bundle: Bundle) -> ForecastSummary:
    """Return the latest forecast of each year against what came: `n`, `mean_error_share` (sizes), `bias_share`, `inside_share`."""
    judged = [each for each in forecast_errors(bundle) if each.error_share is not None]
    newest = {(each.account_id, each.year): each for each in judged}
    errors = [each.error_share or 0.0 for each in newest.values()]
    inside = mean(float(each.is_inside) for each in newest.values() if each.is_inside is not None)
    is_few = len(errors) < bundle.limit("small_sample_answers")
    return ForecastSummary(len(errors), mean(map(abs, errors)), mean(errors), inside, is_few)


# --- the year in one row


@dataclass(frozen=True)
class YearOutlook:
    """One calendar year: the newest forecast, the pace and the goal on revenue; where they contradict.

    `has_left`: who answers for the plan, and with it for the forecast, no longer does.
    """

    year: int
    forecast: Forecast | None
    has_left: bool
    pace: float | None
    target: RevenueGoal | None
    currency: str

    @property
    def likely(self) -> float | None:
        """The forecast's likely end."""
        return self.forecast.likely if self.forecast else None

    @property
    def low(self) -> float | None:
        """The forecast's low end; the likely one where no range is given."""
        low = self.forecast.low if self.forecast else None
        return self.likely if low is None else low

    @property
    def high(self) -> float | None:
        """The forecast's high end; the likely one where no range is given."""
        high = self.forecast.high if self.forecast else None
        return self.likely if high is None else high

    @property
    def made_on(self) -> date | None:
        """The day of the forecast."""
        return self.forecast.made_on if self.forecast else None

    @property
    def goal(self) -> float | None:
        """What the goal on revenue aims at."""
        return self.target.amount if self.target else None

    @property
    def clashes(self) -> tuple[str, ...]:
        """What contradicts what: pace_outside, goal_above, two_estimates, who_left."""
        if self.likely is None or self.low is None or self.high is None:
            return ()
        second = self.target.likely if self.target else None
        holds = {
            "pace_outside": self.pace is not None and not self.low <= self.pace <= self.high,
            "goal_above": self.goal is not None and self.goal > self.high,
            "two_estimates": second is not None and round(second - self.likely) != 0,
            "who_left": self.has_left,
        }
        return tuple(name for name, is_so in holds.items() if is_so)

    @property
    def clash(self) -> words.Words | None:
        """What contradicts what, in words; None where nothing does."""
        amounts = {name: getattr(self, name) for name in ("low", "likely", "high", "pace", "goal")}
        amounts["second"] = self.target.likely if self.target else None
        written = {name: words.money(amount, self.currency) for name, amount in amounts.items()}
        sentences = [words.sentence(f"year_outlook.{each}", **written) for each in self.clashes]
        return words.joined(sentences) if sentences else None


def year_outlook(account: Account) -> YearOutlook | None:
    """Return the calendar year of the last complete month in one row; None without revenue."""
    if account.facts_through is None:
        return None
    year = int(account.facts_through.year)
    made = [each for each in account.forecasts if each.year == year]
    newest = max(made, key=lambda each: each.made_on, default=None)
    owner = account.plan.owner_id if account.plan and newest else None
    pace, _ = outcome(account, account.account_id, year)
    goal = _revenue_goal(account, year)
    return YearOutlook(year, newest, account.has_left(owner), pace, goal, account.currency)


@dataclass(frozen=True)
class RevenueGoal:
    """A goal on all of the customer's revenue, in the workspace's currency."""

    amount: float | None
    likely: float | None


def _revenue_goal(account: Account, year: int) -> RevenueGoal | None:
    """Return the goal on all of the customer's revenue that ends with a calendar year."""
    for goal in account.live_goals:
        counts = goal_values.scope(account, goal)
        is_whole = counts is not None and counts.product_group is None
        if counts and is_whole and ends_year(goal.due_on, year):
            aims = (goal.target, goal.likely)
            return RevenueGoal(*(None if each is None else each * counts.step for each in aims))
    return None


def ends_year(day: date | None, year: int) -> bool:
    """Tell whether a day is in a calendar year's last month: the twelve months to that day are the year."""
    return day is not None and (day.year, day.month) == (year, 12)


@dataclass(frozen=True)
class BudgetGap:
    """Revenue of the year so far and its budget, over the months that have one (all, where none has); `share` above or below."""

    revenue: float | None
    budget: float | None
    share: float | None
    margin_lost: float | None


@once
def budget_gap(account: Account) -> BudgetGap:
    """Return how the year so far stands to its budget; `margin_lost` is the contribution missing at the account's ratio."""
    through = account.facts_through
    window = None if through is None else (date(through.year, 1, 1), through.date())
    planned, sold = in_months(account.budgets, window), in_months(account.revenues, window)
    months = {each.month for each in planned}
    spent = total(each.revenue for each in sold if not months or each.month in months)
    budget = total(each.budget for each in planned)
    ratio, margin = share_of(spent, budget), sales(account).margin_share
    if ratio is None or spent is None or budget is None:
        return BudgetGap(spent, budget, None, None)
    lost = (budget - spent) * margin if budget > spent and margin is not None else None
    return BudgetGap(spent, budget, ratio - 1, lost)
