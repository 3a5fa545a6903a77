"""Typical goals fitted to the account's own figures, with the reasoning (S2.2, S2.3)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from kamlib import words
from kamlib.method import goal_values, measures, relationships
from kamlib.method.goal_setting.anchoring import ask_state
from kamlib.schema import Account, result
from kamlib.schema.plan import Wallet
from kamlib.words import Words


@dataclass(frozen=True)
class Fit:
    """What the account's figures say about one typical goal: from, to, and the figures in words."""

    state: str
    baseline: float | None = None
    target: float | None = None
    figures: Mapping[str, object] = field(default_factory=dict)
    insight_id: str | None = None


LACKS, NOT_NEEDED = Fit("lacks_data"), Fit("not_needed")


@dataclass(frozen=True)
class Proposal:
    """A typical goal with its KPI card; `insight_id` is the customer's goal that it serves.

    States: fits, lacks_data, not_needed, not_now. `reason` says the figures it is built on, or what to add.
    """

    library_id: str
    goal_class: str
    side: str
    title: Words
    kpi: Words
    formula: Words
    source: Words
    unit: str | Words
    direction: str
    lead_lag: str
    frequency: str
    path: str
    baseline: float | None
    baseline_on: date | None
    target: float | None
    tolerance: float | None
    due_on: date
    insight_id: str | None
    state: str
    reason: Words


_ORDER = ("fits", "lacks_data", "not_now", "not_needed")


@result("proposals")
def propose(account: Account) -> Iterable[Proposal]:
    """Return the typical goals of the library, those that fit first.

    Joint goals and new contacts wait during a public tender (P7), joint goals after a no until the agreed day (P25).
    """
    waits = _waits(account)
    library = account.settings["goals"]["library"]
    proposals = [_proposal(account, name, kind, _held_back(kind, waits)) for name, kind in library.items()]
    return sorted(proposals, key=lambda each: _ORDER.index(each.state))


def _proposal(
    account: Account, name: str, kind: Mapping[str, Any], held_back: str | Words | None
) -> Proposal:
    fit = _FITS[name](account)
    state = "not_now" if held_back and fit.state == "fits" else fit.state
    some = {part: words.sentence(f"goal.some_{part}") for part in ("group", "priority")}
    subject = {part: fit.figures.get(part, told) for part, told in some.items()}
    parts = ("title", "kpi", "formula", "source")
    title, kpi, formula, source = (words.sentence(f"goal.library.{name}.{part}", **subject) for part in parts)
    is_money = kind["unit"] == "currency"
    unit = words.money_unit(account.currency) if is_money else words.sentence(f"goal.unit.{kind['unit']}")
    step, ends = 1e6 if is_money else 1.0, (fit.baseline, fit.target)
    start, end = (None if each is None else round(each / step, 2) for each in ends)
    year = account.months(12)
    return Proposal(
        name, kind["goal_class"], kind["side"], title, kpi, formula, source, unit,
        kind["direction"], kind["lead_lag"], kind["frequency"], kind["path"],
        start, _month_end(year[1]) if year else None, end, _tolerance(kind, start, end),
        _quarter_end(account.today, kind["months"]), fit.insight_id, state, _reason(name, kind, fit, held_back),
    )  # fmt: skip


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _quarter_end(day: date, months: int) -> date:
    """Return the last day of the quarter in which a day some months ahead lies."""
    month = day.year * 12 + day.month - 1 + months
    last = month + 2 - month % 3
    return _month_end(date(last // 12, last % 12 + 1, 1))


def _tolerance(kind: Mapping[str, Any], start: float | None, end: float | None) -> float | None:
    if "tolerance_share" not in kind or start is None or end is None:
        return kind.get("tolerance")
    return round(float(kind["tolerance_share"]) * abs(end - start), 2)


def _reason(name: str, kind: Mapping[str, Any], fit: Fit, held_back: str | Words | None) -> Words:
    if fit.state != "fits":
        return words.sentence(f"goal.library.{name}.{fit.state}")
    if held_back:
        return words.sentence("goal.not_now", why=held_back)
    reason = words.sentence(f"goal.library.{name}.reason", **fit.figures)
    return words.joined([reason, words.sentence("goal.legal")]) if kind.get("is_legal") else reason


def _waits(account: Account) -> dict[str, str | Words | None]:
    """Why new contacts (tender) and joint goals (tender, or a no that still stands) wait."""
    tender = relationships.silence(account)
    asked = [(each.customer_status, each.ask_again_on) for each in account.goals]
    again = [day for status, day in asked if day and ask_state(status, day, account.today) == "wait"]
    return {
        "tender": relationships.rule_said(tender) if tender else None,
        "no": words.sentence("goal.ask_again", day=words.day(max(again))) if again else None,
    }


def _held_back(kind: Mapping[str, Any], waits: Mapping[str, str | Words | None]) -> str | Words | None:
    if kind["side"] == "joint":
        return waits["tender"] or waits["no"]
    return waits["tender"] if kind.get("is_contact") else None


def _serve_priority(account: Account) -> Fit:
    """The customer's first priority that no goal of ours serves, told or confirmed rather than assumed."""
    served = {each.insight_id for each in account.live_goals}
    left = [each for each in account.insights if each.row_id not in served]
    if not left:
        return NOT_NEEDED if account.insights else LACKS
    first = min(left, key=lambda each: (each.grade == "assumed", each.priority or 99))
    figures = {"priority": first.goal, "grade": words.label("grade", first.grade)}
    return Fit("fits", figures=figures, insight_id=first.row_id)


def _larger_share(account: Account) -> Fit:
    wallet, revenue = _wallet(account, None), measures.sales(account).revenue_12m
    if wallet is None or not revenue:
        return LACKS
    step = _step(account, revenue)
    now, then = revenue / wallet.likely, min((revenue + 2 * step) / wallet.likely, 0.95)
    amounts = {"wallet": _money(account, wallet.likely), "step": _money(account, step)}
    figures = {"share": words.percent(now), **amounts}
    return Fit("fits", round(now * 100, 1), round(then * 100, 1), figures) if now < then else NOT_NEEDED


def _wallet(account: Account, product_group: str | None) -> Wallet | None:
    """What the customer buys in the year in which our last twelve months end; another year's is another figure."""
    return measures.estimate(account, product_group, measures.year_of_sales(account))


def _step(account: Account, revenue: float) -> float:
    """One year's reachable change: the best so far where it was a rise, else three per cent."""
    best = goal_values.best_change(account)
    return best if best is not None and best > 0 else 0.03 * revenue


def _sole_supplier(account: Account) -> Fit:
    shares = {
        each.product_group: each.revenue_12m / wallet.likely
        for each in measures.sales_by_group(account)
        if (wallet := _wallet(account, each.product_group))
        and wallet.likely > 0
        and each.revenue_12m is not None
    }
    short = {group: share for group, share in shares.items() if share < 1}
    if not short:
        return LACKS
    best = max(short, key=lambda group: short[group])
    figures = {"group": best, "share": words.percent(short[best])}
    return Fit("fits", round(short[best] * 100, 1), 100.0, figures)


def _new_solution(account: Account) -> Fit:
    potentials: dict[str, float] = {}
    for each in account.whitespaces:
        if each.status == "open" and each.potential is not None:
            potentials[each.product_group] = potentials.get(each.product_group, 0.0) + each.potential
    if not potentials:
        return LACKS
    group = max(sorted(potentials), key=lambda each: potentials[each])
    figures = {"group": group, "potential": _money(account, potentials[group])}
    return Fit("fits", 0.0, round(potentials[group] / 4, -3), figures)


def _joint_innovation(account: Account) -> Fit:
    is_running = any(
        each.kind == "development" and each.customer_owner_id and each.status in ("planned", "ongoing")
        for each in account.initiatives
    )
    return NOT_NEEDED if is_running else Fit("fits", 0.0, 1.0)


def _grow_revenue(account: Account) -> Fit:
    revenue = measures.sales(account).revenue_12m
    if revenue is None or goal_values.best_change(account) is None:
        return LACKS
    step = _step(account, revenue)
    figures = {"revenue": _money(account, revenue), "step": _money(account, step)}
    return Fit("fits", round(revenue, -3), round(revenue + step, -3), figures)


def _revive_group(account: Account) -> Fit:
    limit = account.limit("flat_growth_share")
    sold = [
        (each.growth_share, each.revenue_12m, each.product_group) for each in measures.sales_by_group(account)
    ]
    groups = [(grown, now, name) for grown, now, name in sold if grown is not None and now is not None]
    still = [each for each in groups if each[0] <= limit]
    moving = [growth for growth, _, _ in groups if growth > limit]
    if not still or not moving:
        return NOT_NEEDED if groups else LACKS
    growth, revenue, group = max(still, key=lambda each: each[1])
    pace = min(float(median(moving)), 0.10)
    change = words.percent(growth, 1, signed=True)
    figures = {"group": group, "change": change, "pace": words.percent(pace, 1)}
    return Fit("fits", round(revenue, -3), round(revenue * (1 + pace), -3), figures)


def _lift_margin(account: Account) -> Fit:
    margin, year = measures.sales(account).margin_share, account.months(12, back=12)
    if margin is None or year is None:
        return LACKS
    before = [each for each in account.revenues if year[0] <= each.month <= year[1]]
    earned = [each.contribution_margin for each in before if each.contribution_margin is not None]
    sold = sum(each.revenue for each in before)
    earlier = sum(earned) / sold if earned and sold else None
    then = max(margin + 0.01, earlier or 0.0)
    figures = {"margin": measures.figure(account, "margin", margin), "earlier": words.percent(earlier, 1)}
    return Fit("fits", round(margin * 100, 1), round(then * 100, 1), figures)


def _pay_its_way(account: Account) -> Fit:
    left = measures.customer_profit(account)
    if left.profit is None or left.service_cost is None:
        return LACKS
    if left.profit >= 0:
        return NOT_NEEDED
    figures = {"profit": _money(account, left.profit), "cost": _money(account, left.service_cost)}
    return Fit("fits", round(left.profit, -3), 0.0, figures)


def _keep_groups(account: Account) -> Fit:
    kept = measures.repurchase(account)
    if kept.share is None:
        return LACKS
    figures = {"lost": words.listed(kept.lost), "again": str(kept.again), "before": str(kept.before)}
    return Fit("fits", round(kept.share * 100, 1), 100.0, figures) if kept.lost else NOT_NEEDED


def _more_levels(account: Account) -> Fit:
    roles = relationships.threading(account)
    if not any(each.people for each in roles):
        return LACKS
    unmet = [words.label("stakeholder_role", each.role) for each in roles if not each.is_threaded]
    met = len(roles) - len(unmet)
    figures = {"met": str(met), "of": str(len(roles)), "unmet": words.listed(unmet)}
    return Fit("fits", float(met), float(min(met + 2, len(roles))), figures) if unmet else NOT_NEEDED


def _on_time(account: Account) -> Fit:
    year = next(each for each in measures.delivery_precision(account) if each.period == "12m")
    return _up_to(year.share, measures.figure(account, "delivery", year.share), 0.95, year.lines_due)


def _keep_promises(account: Account) -> Fit:
    ours = next(each for each in measures.commitments(account) if each.direction == "ours")
    return _up_to(ours.on_time_share, words.percent(ours.on_time_share), 0.90, ours.due)


def _up_to(share: float | None, shown: words.Words, aim: float, n: float) -> Fit:
    """Raise a share to an aim of ours; not needed where it is there already."""
    if share is None:
        return LACKS
    figures = {"share": shown, "n": words.number(n)}
    return Fit("fits", round(share * 100, 1), aim * 100, figures) if round(share, 2) < aim else NOT_NEEDED


def _money(account: Account, amount: float) -> Words:
    return words.money(amount, account.currency)


_FITS: Mapping[str, Callable[[Account], Fit]] = {
    "larger_share": _larger_share,
    "sole_supplier": _sole_supplier,
    "new_solution": _new_solution,
    "joint_innovation": _joint_innovation,
    "grow_revenue": _grow_revenue,
    "revive_group": _revive_group,
    "lift_margin": _lift_margin,
    "pay_its_way": _pay_its_way,
    "keep_groups": _keep_groups,
    "more_levels": _more_levels,
    "on_time": _on_time,
    "keep_promises": _keep_promises,
    "serve_priority": _serve_priority,
}
