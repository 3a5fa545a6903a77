"""Whether the people exist who are to look after the key accounts: depth before breadth (S1.5)."""

from __future__ import annotations

import pandas as pd

from kamlib.method import measures
from kamlib.schema import Portfolio


def capacity(portfolio: Portfolio, segments: pd.DataFrame) -> pd.DataFrame:
    """One row per KAM of the key accounts, accounts without one last.

    Columns: owner_id, key_accounts, account_ids, hours_needed (the plans' own, else the middle of the hours that
    the quadrant asks for), hours_estimated_share (share of the accounts without hours of their own),
    hours_available (the KAM's own capacity a year; missing if nobody has said), hours_short, state: ok,
    many_accounts, too_few_hours, hours_unknown (nobody has said what hours there are), no_owner.
    """
    keys = segments[segments["is_key"]][["account_id", "name", "quadrant"]]
    plans = [portfolio.plans.get(each) for each in keys["account_id"]]
    planned = pd.Series([plan.hours_year if plan else None for plan in plans], keys.index, dtype="float64")
    accounts = keys.assign(
        owner_id=[(plan and plan.owner_id) or "" for plan in plans],
        planned=planned.notna(),
        hours=planned.fillna(_usual_hours(portfolio, keys["quadrant"])),
    )
    kams = (
        accounts.groupby("owner_id")
        .agg(
            key_accounts=("account_id", "size"),
            account_ids=("account_id", list),
            names=("name", list),
            hours_needed=("hours", "sum"),
            planned=("planned", "mean"),
        )
        .reset_index()
    )
    exist = {each.person_id: each.hours_available for each in measures.hours(portfolio)}
    available = kams["owner_id"].map(exist).astype(float)
    kams = kams.assign(
        hours_estimated_share=1.0 - kams.pop("planned").astype(float),
        hours_available=available,
        hours_short=(kams["hours_needed"] - available).clip(lower=0.0),
    )
    kams["state"] = [_state(row, portfolio) for row in kams.itertuples()]
    return kams.sort_values("owner_id", key=lambda owners: owners.replace("", "\uffff"), ignore_index=True)


def _usual_hours(portfolio: Portfolio, quadrants: pd.Series) -> pd.Series:
    limits = portfolio.limit("hours_by_quadrant")
    middles = {name: sum(ends) / 2 for name, ends in limits.items()}
    usual = sorted(middles.values())[len(middles) // 2]
    return quadrants.map(middles).astype(float).fillna(usual)


def _state(row: object, portfolio: Portfolio) -> str:
    if not getattr(row, "owner_id", ""):
        return "no_owner"
    if getattr(row, "hours_short", 0.0) > 0:
        return "too_few_hours"
    many = getattr(row, "key_accounts", 0) > portfolio.limit("accounts_per_kam_high")
    if many:
        return "many_accounts"
    return "hours_unknown" if pd.isna(getattr(row, "hours_available", None)) else "ok"
