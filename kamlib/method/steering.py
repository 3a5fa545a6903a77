"""The programme as management steers it: growth, list, decisions, escalations, hours, one line per account (P19).

An exception list, not a league table: who must do what by when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kamlib import text, words
from kamlib.errors import Finding, severity_rank
from kamlib.method import concentration, measures
from kamlib.method.once import once
from kamlib.schema import Account, Portfolio, Result


@once
def growth(portfolio: Portfolio) -> pd.DataFrame:
    """One row for the key accounts, one for all others, of each list: R12, the year before, growth, share of all revenue.

    `basis` is `frozen` (the list as it was when the year began; missing where no decision is that old) or `today`.
    """
    today = measures.key_accounts(portfolio)
    lists = [measures.key_account_growth(portfolio), measures.key_account_growth(portfolio, today)]
    lists[1]["basis"] = "today"
    is_one = lists[0].empty or lists[0]["basis"].eq("today").all()
    rows = pd.concat(lists[1:] if is_one else lists, ignore_index=True)
    return rows.assign(revenue_share=rows["now"] / rows.groupby("basis")["now"].transform("sum"))


def of_list(portfolio: Portfolio, basis: str) -> pd.DataFrame:
    """Return what `growth` says of one list: one row for the key accounts (`key`), one for the others."""
    rows = growth(portfolio)
    return rows[rows["basis"].eq(basis)].set_index("customers").reindex(["key", "others"])


def outlook(portfolio: Portfolio) -> pd.DataFrame:
    """One row per key account with budget or forecast: revenue and budget this year so far, and the forecast range.

    The year is the calendar year of the last complete month; months without a budget are left out of both sums.
    """
    through = portfolio.facts_through
    if through is None:
        return pd.DataFrame(columns=["account_id", "revenue", "budget", "gap_share", "low", "likely", "high"])
    window = (pd.Timestamp(through.year, 1, 1), through)
    spent = measures.within(portfolio.revenue, "month", window)
    planned = measures.within(portfolio.budget, "month", window)
    tops = measures.groups_of(portfolio)
    sums = {
        "revenue": spent.groupby(spent["account_id"].map(tops))["revenue"].sum(),
        "budget": planned.groupby(planned["account_id"].map(tops))["budget"].sum(),
    }
    newest = portfolio.forecast[portfolio.forecast["year"] == through.year].sort_values("made_on")
    ranges = newest.drop_duplicates("account_id", keep="last").set_index("account_id")[
        ["low", "likely", "high"]
    ]
    rows = pd.DataFrame(index=pd.Index(measures.key_accounts(portfolio), name="account_id"))
    rows = rows.join(pd.DataFrame(sums)).join(ranges).dropna(subset=["budget", "likely"], how="all")
    return rows.assign(gap_share=rows["revenue"] / rows["budget"] - 1).reset_index()


def outlook_total(portfolio: Portfolio) -> pd.DataFrame:
    """One row: revenue and budget so far and the forecast's range over all key accounts, with a `reading` (P19)."""
    rows = outlook(portfolio)
    compared = rows.dropna(subset=["revenue", "budget"])
    named = rows.dropna(subset=["likely"])
    spent, planned = (float(compared[column].sum(min_count=1)) for column in ("revenue", "budget"))
    low, likely, high = (
        float(named[each].fillna(named["likely"]).sum(min_count=1)) for each in ("low", "likely", "high")
    )
    figures = {"revenue": spent, "budget": planned, "low": low, "likely": likely, "high": high}
    if rows.empty:
        return measures.one_row(n=0, **figures, gap_share=float("nan"), reading={"key": "outlook.unknown"})
    gap = measures.ratio(spent - planned, planned)
    told = {name: text.money(amount, portfolio.currency) for name, amount in figures.items()}
    said = {"key": "outlook.total", "n": len(named), "gap": text.percent(gap, 1, signed=True), **told}
    return measures.one_row(n=len(named), **figures, gap_share=gap, reading=said)


def tips_total(cards: Mapping[str, Result[Any]]) -> pd.DataFrame:
    """One row per tip: in how many of the cards (account id -> tips) it is `done`, `partly`, `missing`, `silent` (P19)."""
    states = ["done", "partly", "missing", "silent"]
    if not cards:
        return pd.DataFrame(columns=["tip", *states])
    rows = pd.concat([each.frame() for each in cards.values()], ignore_index=True)
    counted = pd.crosstab(rows["tip"], rows["state"]).reindex(columns=states, fill_value=0)
    return counted.reindex(rows["tip"].unique()).rename_axis(columns=None).reset_index()


def list_changes(portfolio: Portfolio, months: int = 12) -> pd.DataFrame:
    """One row per decision of the last months that moved a customer: from, to, when, by whom, why."""
    decided = portfolio.selection.sort_values(["account_id", "decided_on"])
    decided = decided.assign(
        was=decided.groupby("account_id")["outcome"].shift(),
        was_key=decided.groupby("account_id")["is_key"].shift(),
    )
    since = measures.today(portfolio) - pd.DateOffset(months=months)
    moved = decided[(decided["decided_on"] > since) & (decided["was"].fillna("") != decided["outcome"])]
    columns = ["account_id", "was", "outcome", "is_key", "decided_on", "decided_by", "reason", "next_test_on"]
    return moved.sort_values("decided_on", ascending=False)[columns].reset_index(drop=True)


def decisions_asked(portfolio: Portfolio) -> pd.DataFrame:
    """One row per decision that waits: account, title, cost, asked on, wanted by, days waited; oldest first."""
    waiting = portfolio.decision[portfolio.decision["status"] == "asked"]
    days = (measures.today(portfolio) - waiting["asked_on"]).dt.days.astype("Int64")
    rows = waiting.assign(days_waited=days)
    columns = ["account_id", "title", "cost", "owner_id", "asked_on", "due_on", "days_waited"]
    return rows.sort_values("days_waited", ascending=False)[columns].reset_index(drop=True)


def escalations(portfolio: Portfolio) -> pd.DataFrame:
    """One row per promise past its day, ours or theirs, oldest first: account, promise, side, owner, days late."""
    now, promises = measures.today(portfolio), portfolio.commitment
    late = promises[promises["done_on"].isna() & (promises["due_on"] < now)]
    rows = late.assign(days_late=(now - late["due_on"]).dt.days.astype("Int64"))
    columns = ["account_id", "title", "direction", "owner_id", "customer_owner_id", "due_on", "days_late"]
    return rows.sort_values("days_late", ascending=False)[columns].reset_index(drop=True)


def sponsor_meetings(portfolio: Portfolio) -> pd.DataFrame:
    """One row per key account: its sponsor, meetings the sponsor took part in over twelve months, the last day, state.

    `state` is `none` without a sponsor, `short` below our limit of meetings a year, else `enough`.
    """
    tops = measures.groups_of(portfolio)
    held = measures.past_year(portfolio, portfolio.touchpoint, "held_on")
    held = held[held["kind"].isin(["meeting", "visit"])].assign(top=lambda rows: rows["account_id"].map(tops))
    rows = []
    for account_id in measures.key_accounts(portfolio):
        plan = portfolio.plans.get(account_id)
        sponsor = plan.sponsor_id if plan else None
        has = bool(sponsor)
        met = held[(held["top"] == account_id) & (held["our_person_id"] == sponsor)] if has else held.iloc[:0]
        enough = len(met) >= portfolio.limit("sponsor_meetings_year")
        rows.append(
            {
                "account_id": account_id,
                "sponsor_id": sponsor if has else None,
                "meetings": len(met),
                "last_on": met["held_on"].max(),
                "state": ("enough" if enough else "short") if has else "none",
            }
        )
    return pd.DataFrame(rows, columns=["account_id", "sponsor_id", "meetings", "last_on", "state"])


def panels(portfolio: Portfolio, months: int = 36) -> pd.DataFrame:
    """One row per key account, the worst health first: band, score, worst part, revenue R12, growth, `revenues` by month."""
    rows = [
        {
            "account_id": account_id,
            **_of(measures.health_total(account), "band", "score", "worst"),
            **_of(measures.sales(account), "revenue_12m", "growth_share"),
            "revenues": [each.revenue for each in measures.trend(account, months)],
        }
        for account_id, account in measures.key_views(portfolio).items()
    ]
    columns = ["account_id", "band", "score", "worst", "revenue_12m", "growth_share", "revenues"]
    numbers = dict.fromkeys(("score", "revenue_12m", "growth_share"), "float64")
    return (
        pd.DataFrame(rows, columns=columns)
        .astype(numbers)
        .sort_values("score", kind="stable", ignore_index=True)
    )


def _of(answer: object, *names: str) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in names}


def exceptions(portfolio: Portfolio, findings: Mapping[str, Sequence[Finding]]) -> pd.DataFrame:
    """One row per key account: the most severe finding in words, how many more, who, and by when; worst first.

    Parameters
    ----------
    findings
        Account id -> findings, as coaching gives them.
    """
    rows = []
    for account_id, account in measures.key_views(portfolio).items():
        ranked = sorted(findings.get(account_id, ()), key=lambda finding: severity_rank(finding.severity))
        rows.append(
            {
                "account_id": account_id,
                "severity": ranked[0].severity if ranked else "none",
                "exception": ranked[0] if ranked else None,
                "more": max(len(ranked) - 1, 0),
                **_action(account, ranked[0] if ranked else None),
            }
        )
    columns = ["account_id", "severity", "exception", "more", "owner_id", "due_on"]
    listed = pd.DataFrame(rows, columns=columns).astype({"due_on": "datetime64[us]"})
    return listed.sort_values(
        "severity", key=lambda each: each.map(severity_rank), kind="stable", ignore_index=True
    )


def _action(account: Account, finding: Finding | None) -> dict[str, Any]:
    """Who has the row that a finding is about, and the day by which; else the KAM, or whoever follows one that has left."""
    row_id = finding.place.get("row_id") if finding else None
    row: Any = next((row for rows in account.rows.values() for row in rows if _id_of(row) == row_id), None)
    owner = getattr(row, "owner_id", None)
    kam = account.plan.owner_id if account.plan else None
    heir = account.customer.owner if account.customer else None
    who = next(
        (each for each in (owner, kam, heir) if each and account.person(each) and not account.has_left(each)),
        None,
    )
    due = getattr(row, "due_on", None)
    return {"owner_id": who, "due_on": due if due and due >= account.today else None}


def _id_of(row: Any) -> str | None:
    return getattr(row, "row_id", None) or None


# --- what opens the page -----------------------------------------------------------------------------------


def opening(portfolio: Portfolio) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return sentences (a key of the catalogue and its values) and four figures, chosen by rule from the data (P19).

    The sentence on growth is of the list as it was when the year began, and says what today's list would give; all
    four figures are of today's list.
    """
    today = of_list(portfolio, "today")
    frozen = of_list(portfolio, "frozen")
    is_frozen = frozen["now"].notna().any()
    said = [
        _grown(frozen if is_frozen else today, portfolio),
        _other_list(portfolio, today) if is_frozen else {},
    ]
    return [*filter(None, said), _state(portfolio)], _figures(portfolio, today.to_dict("index")["key"])


def _other_list(portfolio: Portfolio, today: pd.DataFrame) -> dict[str, Any]:
    """Say what today's list gives where it is another than the one when the year began, and which customers differ."""
    window = portfolio.window(12)
    then = set(measures.key_accounts(portfolio, window[0])) if window else set()
    now = set(measures.key_accounts(portfolio))
    if then == now:
        return {}
    names = portfolio.customers_named
    moved = [
        words.sentence(
            f"summary.list.{key}", n=len(ids), names=words.listed(names.get(each, each) for each in ids)
        )
        for key, ids in (("entered", sorted(now - then)), ("left", sorted(then - now)))
        if ids
    ]
    shares = {
        name: measures.growth_words(_rounded(today.loc[name, "growth_share"])) for name in ("key", "others")
    }
    return {
        "key": "summary.list",
        "chosen": shares["key"],
        "others": shares["others"],
        "moved": words.listed(moved),
    }


def _rounded(share: Any) -> float | None:
    return None if pd.isna(share) else float(share)


def _grown(grown: pd.DataFrame, portfolio: Portfolio) -> dict[str, Any]:
    chosen, others = (
        grown["growth_share"].astype(float).round(3)
    )  # as they are shown, or the difference looks wrong
    apart = round(chosen - others, 3)
    if pd.isna(apart):
        return {"key": "summary.growth.unknown"}
    alike = abs(apart) < portfolio.limit("chart_same_growth_share")
    return {
        "key": f"summary.growth.{'alike' if alike else 'faster' if apart > 0 else 'slower'}",
        "chosen": text.percent(chosen, 1, signed=True),
        "others": text.percent(others, 1, signed=True),
        "apart": text.points(abs(apart), 1).lstrip("+"),
    }


#: Customers that a sentence names before it only counts them.
_NAMED = 3


def _state(portfolio: Portfolio) -> dict[str, Any]:
    rows, late = panels(portfolio), len(escalations(portfolio))
    weak = rows.loc[rows["band"] == "weak", "account_id"]
    names = weak.head(_NAMED).map(portfolio.account.set_index("account_id")["name"])
    is_known = rows["band"].ne("unknown").any()
    return {
        "key": f"summary.state.{'weak' if len(weak) else 'calm' if is_known else 'unknown'}",
        "count": len(weak),
        "customers": len(rows),
        "n": len(weak),
        "names": text.listed(names),
        "late": text.t("summary.late", count=late, n=late) if late else text.t("summary.late.none"),
    }


def _figures(portfolio: Portfolio, keys: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """Return revenue of the key accounts, against budget, their share of all, and the loss to expect."""
    months = concentration.key_months(portfolio, measures.key_accounts(portfolio))
    plan, loss = outlook_total(portfolio).iloc[0], measures.loss_range(portfolio)
    spent, planned, expected, bad = (
        text.money(amount, portfolio.currency)
        for amount in (plan["revenue"], plan["budget"], loss.expected_loss, loss.one_in_twenty)
    )
    grown = keys["growth_share"]
    moved = "" if pd.isna(grown) else text.t("summary.moved", change=text.percent(grown, 1, signed=True))
    against = "" if pd.isna(plan["gap_share"]) else text.t("summary.budget", spent=spent, planned=planned)
    return [
        {
            "label": text.t("summary.figure.revenue"),
            "value": text.money(keys["now"], portfolio.currency),
            "change": moved,
            "tone": "good" if grown > 0 else "bad" if grown < 0 else "",
            "series": months["revenue"],
        },
        {
            "label": text.t("summary.figure.budget"),
            "value": text.percent(plan["gap_share"], 1, signed=True),
            "change": against,
        },
        {
            "label": text.t("segment.figure.revenue"),
            "value": text.percent(keys["revenue_share"]),
            "change": concentration.since_last_year(months["share"]),
            "series": months["share"],
        },
        {
            "label": text.t("summary.figure.loss"),
            "value": expected,
            "change": "" if loss.n == 0 else text.t("summary.bad_year", bad=bad),
        },
    ]
