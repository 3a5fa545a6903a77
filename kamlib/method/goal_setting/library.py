"""Typical goals fitted to the account's own figures, with the reasoning (S2.2, S2.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.goal_setting.anchoring import ask_state
from kamlib.method.goal_setting.smart import best_change, wallet_high
from kamlib.schema import AccountView, frame_of


@dataclass(frozen=True)
class Fit:
    """What the account's figures say about one typical goal: from, to, and the figures in words."""

    state: str
    baseline: float | None = None
    target: float | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    insight_id: str | None = None


LACKS, NOT_NEEDED = Fit("lacks_data"), Fit("not_needed")


def propose(account: AccountView) -> pd.DataFrame:
    """Return one row per typical goal of the library, those that fit first.

    Columns library_id, goal_class, side, title and the KPI card: kpi, formula, unit, direction, lead_lag, frequency, path,
    baseline, baseline_on, target, tolerance, due_on, source; insight_id (the customer's goal that it serves), state
    (fits, lacks_data, not_needed, not_now) and reason: the figures it is built on, or what to add. Joint goals and new
    contacts wait during a public tender (P7), joint goals after a no until the agreed day (P25).
    """
    waits = _waits(account)
    library = account.settings["goals"]["library"]
    # A day is reckoned once per length, not once per goal: date offsets are slow.
    due_on = {
        months: _quarter_end(account, months) for months in {kind["months"] for kind in library.values()}
    }
    lines = [
        {**_proposal(account, name, kind, waits), "due_on": due_on[kind["months"]]}
        for name, kind in library.items()
    ]
    start = account.facts_through + pd.offsets.MonthEnd(0) if account.facts_through is not None else pd.NaT
    proposals = pd.DataFrame(lines)
    proposals["baseline_on"] = pd.Series([start] * len(lines), dtype="datetime64[us]")
    rank = proposals["state"].map({"fits": 0, "lacks_data": 1, "not_now": 2, "not_needed": 3})
    return proposals.loc[rank.sort_values(kind="stable").index].reset_index(drop=True)


def _proposal(
    account: AccountView, name: str, kind: Mapping[str, Any], waits: Mapping[str, str]
) -> dict[str, Any]:
    fit = _FITS[name](account)
    held_back = _held_back(kind, waits)
    if held_back and fit.state == "fits":
        fit = Fit("not_now", fit.baseline, fit.target, {**fit.told, "why": held_back}, fit.insight_id)
    subject = {part: fit.told.get(part, text.t(f"goal.some_{part}")) for part in ("group", "priority")}
    words = {
        part: text.t(f"goal.library.{name}.{part}", **subject)
        for part in ("title", "kpi", "formula", "source")
    }
    return {
        "library_id": name,
        **{part: kind[part] for part in ("goal_class", "side", "direction", "path", "frequency", "lead_lag")},
        **words,
        **_numbers(account, kind, fit),
        "insight_id": fit.insight_id,
        "state": fit.state,
        "reason": _reason(name, kind, fit),
    }


def _quarter_end(account: AccountView, months: int) -> pd.Timestamp:
    return pd.Timestamp(account.as_of) + pd.DateOffset(months=months) + pd.offsets.QuarterEnd(0)


def _numbers(account: AccountView, kind: Mapping[str, Any], fit: Fit) -> dict[str, Any]:
    """Unit, baseline, target and tolerance in that unit: money is told in millions."""
    is_money = kind["unit"] == "currency"
    step = 1e6 if is_money else 1.0
    start, end = (None if each is None else round(each / step, 2) for each in (fit.baseline, fit.target))
    way = None if start is None or end is None else abs(end - start)
    tolerance = kind.get("tolerance")
    if "tolerance_share" in kind and way is not None:
        tolerance = round(kind["tolerance_share"] * way, 2)
    unit = text.money_unit(account.currency) if is_money else text.t(f"goal.unit.{kind['unit']}")
    return {"unit": unit, "baseline": start, "target": end, "tolerance": tolerance}


def _reason(name: str, kind: Mapping[str, Any], fit: Fit) -> str:
    key = f"goal.library.{name}.reason" if fit.state == "fits" else f"goal.library.{name}.{fit.state}"
    said = text.t("goal.not_now", why=fit.told["why"]) if fit.state == "not_now" else text.t(key, **fit.told)
    return f"{said} {text.t('goal.legal')}" if fit.state == "fits" and kind.get("is_legal") else said


def _waits(account: AccountView) -> dict[str, str]:
    """Why new contacts (tender) and joint goals (tender, or a no that still stands) wait, in words; else nothing."""
    tender = relationships.silence(account)
    noes = account.goal[account.goal["customer_status"].eq("declined")]
    days = [day for day in noes["ask_again_on"] if ask_state("declined", day, account.as_of) == "wait"]
    return {
        "tender": "" if tender is None else str(relationships.rule_said(tender)),
        "no": text.t("goal.ask_again", day=text.day(max(days))) if days else "",
    }


def _held_back(kind: Mapping[str, Any], waits: Mapping[str, str]) -> str:
    if kind["side"] == "joint":
        return waits["tender"] or waits["no"]
    return waits["tender"] if kind.get("is_contact") else ""


def _serve_priority(account: AccountView) -> Fit:
    """The customer's first priority that no goal of ours serves, told or confirmed rather than assumed."""
    known = account.insight.dropna(subset=["goal"])
    if known.empty:
        return LACKS
    live = account.goal[account.goal["customer_status"].ne("declined")]
    left = known[~known["row_id"].isin(live["insight_id"])]
    if left.empty:
        return NOT_NEEDED
    order = left.assign(guess=left["grade"].eq("assumed")).sort_values(["guess", "priority"], kind="stable")
    first = order.iloc[0]
    values = {"priority": str(first["goal"]), "grade": text.label("grade", first["grade"])}
    return Fit("fits", told=values, insight_id=str(first["row_id"]))


def _larger_share(account: AccountView) -> Fit:
    sold, high = frame_of([measures.sales(account)]).iloc[0], wallet_high(account)
    wallets = account.wallet.dropna(subset=["likely"])
    whole = wallets[wallets["product_group"].isna()]
    if high is None or whole.empty or pd.isna(sold["revenue_12m"]):
        return LACKS
    likely, step = float(whole["likely"].iloc[-1]), _step(account, sold["revenue_12m"])
    now, then = sold["revenue_12m"] / likely, min((sold["revenue_12m"] + 2 * step) / likely, 0.95)
    values = {"share": text.percent(now), "wallet": _money(account, likely), "step": _money(account, step)}
    return Fit("fits", round(now * 100, 1), round(then * 100, 1), values) if now < then else NOT_NEEDED


def _step(account: AccountView, revenue: float) -> float:
    """One year's reachable change: the best so far where it was a rise, else three per cent."""
    best = best_change(account)
    return best if best is not None and best > 0 else 0.03 * revenue


def _sole_supplier(account: AccountView) -> Fit:
    shares = measures.wallet_share(account).frame().dropna(subset=["product_group", "likely_share"])
    shares = shares[shares["likely_share"] < 1]
    if shares.empty:
        return LACKS
    best = shares.sort_values("likely_share").iloc[-1]
    values = {"group": str(best["product_group"]), "share": text.percent(best["likely_share"])}
    return Fit("fits", round(best["likely_share"] * 100, 1), 100.0, values)


def _new_solution(account: AccountView) -> Fit:
    cells = account.whitespace[account.whitespace["status"].eq("open")].dropna(subset=["potential"])
    if cells.empty:
        return LACKS
    by_group = cells.groupby("product_group")["potential"].sum()
    potential = float(by_group.max())
    values = {"group": str(by_group.idxmax()), "potential": _money(account, potential)}
    return Fit("fits", 0.0, round(potential / 4, -3), values)


def _joint_innovation(account: AccountView) -> Fit:
    work = account.initiative
    shared = work["kind"].eq("development") & work["customer_owner_id"].notna()
    running = int((shared & work["status"].isin(["planned", "ongoing"])).sum())
    return NOT_NEEDED if running else Fit("fits", 0.0, 1.0)


def _grow_revenue(account: AccountView) -> Fit:
    revenue = measures.sales(account).revenue_12m
    if pd.isna(revenue) or best_change(account) is None:
        return LACKS
    step = _step(account, revenue)
    values = {"revenue": _money(account, revenue), "step": _money(account, step)}
    return Fit("fits", round(revenue, -3), round(revenue + step, -3), values)


def _revive_group(account: AccountView) -> Fit:
    groups = measures.sales_by_group(account).frame().dropna(subset=["growth_share"])
    still = groups[groups["growth_word"].isin(["flat", "shrinking"])]
    moving = groups[groups["growth_word"].eq("growing")]
    if groups.empty or still.empty or moving.empty:
        return LACKS if groups.empty else NOT_NEEDED
    flat = still.sort_values("revenue_12m").iloc[-1]
    pace = min(float(moving["growth_share"].median()), 0.10)
    change = text.percent(flat["growth_share"], 1, signed=True)
    values = {"group": str(flat["product_group"]), "change": change, "pace": text.percent(pace, 1)}
    return Fit("fits", round(flat["revenue_12m"], -3), round(flat["revenue_12m"] * (1 + pace), -3), values)


def _lift_margin(account: AccountView) -> Fit:
    margin = measures.sales(account).margin_share
    if pd.isna(margin):
        return LACKS
    before = account.window(12, back=12)
    year = account.revenue[account.revenue["month"].between(*before)] if before else account.revenue.head(0)
    earlier = year["contribution_margin"].sum(min_count=1) / (year["revenue"].sum() or float("nan"))
    then = max(margin + 0.01, margin, earlier)  # an unknown earlier year (NaN) never wins
    values = {"margin": text.percent(margin, 1), "earlier": text.percent(earlier, 1)}
    return Fit("fits", round(margin * 100, 1), round(then * 100, 1), values)


def _pay_its_way(account: AccountView) -> Fit:
    profit = frame_of([measures.customer_profit(account)]).iloc[0]
    if pd.isna(profit["profit"]):
        return LACKS
    if profit["profit"] >= 0:
        return NOT_NEEDED
    values = {"profit": _money(account, profit["profit"]), "cost": _money(account, profit["service_cost"])}
    return Fit("fits", round(profit["profit"], -3), 0.0, values)


def _keep_groups(account: AccountView) -> Fit:
    kept = frame_of([measures.repurchase(account)]).iloc[0]
    if not kept["before"]:
        return LACKS
    values = {"lost": text.listed(kept["lost"]), "again": str(kept["again"]), "before": str(kept["before"])}
    return Fit("fits", round(kept["share"] * 100, 1), 100.0, values) if kept["lost"] else NOT_NEEDED


def _more_levels(account: AccountView) -> Fit:
    roles = relationships.threading(account)
    if not any(each.people for each in roles):
        return LACKS
    met = sum(each.is_threaded for each in roles)
    unmet = [text.label("stakeholder_role", each.role) for each in roles if not each.is_threaded]
    values = {"met": str(met), "of": str(len(roles)), "unmet": text.listed(unmet)}
    return Fit("fits", float(met), float(min(met + 2, len(roles))), values) if unmet else NOT_NEEDED


def _on_time(account: AccountView) -> Fit:
    periods = measures.delivery_precision(account).frame()
    year = periods[periods["period"].eq("12m")].iloc[0]
    return _up_to(year["share"], 0.95, int(year["lines_due"]))


def _keep_promises(account: AccountView) -> Fit:
    sides = frame_of(measures.commitments(account))
    ours = sides[sides["direction"].eq("ours")].iloc[0]
    return _up_to(ours["on_time_share"], 0.90, int(ours["due"]))


def _up_to(share: float, aim: float, n: int) -> Fit:
    """Raise a share to an aim of ours; not needed where it is there already."""
    if pd.isna(share):
        return LACKS
    values = {"share": text.percent(share), "n": text.number(n)}
    return Fit("fits", round(share * 100, 1), aim * 100, values) if round(share, 2) < aim else NOT_NEEDED


def _money(account: AccountView, amount: float) -> str:
    return text.money(amount, account.currency)


_FITS: Mapping[str, Callable[[AccountView], Fit]] = {
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
