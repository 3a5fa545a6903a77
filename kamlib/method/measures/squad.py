"""Who is in the customer team, and whose hours it takes (S4.1, S1.5, P22)."""

from __future__ import annotations

import pandas as pd

from kamlib.method.measures.periods import today
from kamlib.method.once import once
from kamlib.schema import AccountView, Bundle, Portfolio


@once
def squad(account: AccountView) -> pd.DataFrame:
    """One row per person and function: squad rows, and the plan's owner and sponsor where those rows lack them.

    `has_left` says that the person's last day has passed. Company rows (no account) are not a squad.
    """
    told = ["person_id", "function", "hours_year", "hours_spent_quarter", "is_deputy"]
    named = account.squad_member.loc[account.squad_member["account_id"].fillna("").ne(""), told]
    plan = account.account_plan[["year", "owner_id", "sponsor_id"]].sort_values("year").tail(1)
    held = set(named["function"])
    extra = [
        pd.DataFrame({"person_id": plan[column], "function": function})
        for column, function in (("owner_id", "kam"), ("sponsor_id", "sponsor"))
        if function not in held
    ]
    rows = pd.concat([named, *extra], ignore_index=True).dropna(subset=["person_id"])
    gone = account.contact.set_index("contact_id")["gone_on"].reindex(rows["person_id"])
    return rows.assign(has_left=(gone <= today(account)).to_numpy())


def squad_gaps(account: AccountView) -> list[str]:
    """Return the functions of the minimum squad (P22) that nobody holds; `project` only while one runs."""
    held = squad(account)
    present = set(held.loc[~held["has_left"], "function"])
    needed = list(account.limit("squad_minimum"))
    if account.project["status"].eq("ongoing").any():
        needed.append("project")
    return [function for function in needed if function not in present]


def hours(portfolio: Portfolio) -> pd.DataFrame:
    """One row per KAM: `accounts`, hours that the plans need a year, hours that exist, `balance`, `state`.

    Hours exist by the person's company row in the squad table, else by the KAM rows of the squads, else unknown;
    who has left has none, and the state is `left`.
    """
    plans = newest_plans(portfolio).dropna(subset=["owner_id"])
    needs = plans.groupby("owner_id").agg(
        accounts=("account_id", "nunique"), hours_needed=("hours_year", lambda each: each.sum(min_count=1))
    )
    rows = needs.rename_axis("person_id").reset_index()
    gone = portfolio.contact.set_index("contact_id")["gone_on"].reindex(rows["person_id"])
    has_left = (gone <= today(portfolio)).to_numpy()
    found = pd.Series([_available(portfolio, person) for person in rows["person_id"]], dtype="float64")
    rows["hours_available"] = found.mask(has_left, 0.0)
    rows["balance"] = rows["hours_available"] - rows["hours_needed"]
    states = rows["balance"].map(
        lambda left: "unknown" if pd.isna(left) else "short" if left < 0 else "enough"
    )
    rows["state"] = states.astype("str").mask(has_left, "left")
    return rows.sort_values("balance", ignore_index=True)


@once
def newest_plans(bundle: Bundle) -> pd.DataFrame:
    """One row per account: its newest account plan."""
    return bundle.account_plan.sort_values("year").drop_duplicates("account_id", keep="last")


def _available(portfolio: Portfolio, person: str) -> float:
    rows = portfolio.squad_member[portfolio.squad_member["person_id"] == person]
    company = rows[rows["account_id"].fillna("").eq("")]
    chosen = company if len(company) else rows[rows["function"] == "kam"]
    return float(chosen["hours_year"].sum(min_count=1))
