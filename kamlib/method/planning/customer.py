"""What we know of the customer: organisation, priorities, volume, and what they do not buy from us yet."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.once import once
from kamlib.schema import AccountView


def organisation(account: AccountView) -> pd.DataFrame:
    """Return the customer's people as a tree: one row per person, below the chief (S3.1).

    Columns depth (0 at the top), contact_id, person (name, indented by depth), title, unit, role, influence,
    is_placeholder (the name is not known). Roles that nobody is known to hold come last, without contact_id.
    """
    people = relationships.people(account)
    known = people.dropna(subset=["contact_id"]).set_index("contact_id", drop=False)
    chiefs = known["reports_to"].where(known["reports_to"].isin(known.index))
    order = list(_walk(chiefs, None, 0, set()))
    tree = known.loc[[contact_id for contact_id, _ in order]].assign(depth=[depth for _, depth in order])
    unknown = people[people["contact_id"].isna()].assign(depth=0)
    rows = pd.concat([tree, unknown], ignore_index=True).astype({"depth": "int64"})  # an empty tree has none
    names = [relationships.person_name(account, contact_id) for contact_id in rows["contact_id"]]
    person = ["\N{EM SPACE}" * depth + name for depth, name in zip(rows["depth"], names, strict=True)]
    columns = ["depth", "contact_id", "person", "title", "unit", "role", "influence", "is_placeholder"]
    return rows.assign(person=pd.Series(person, dtype="str"))[columns]


def _walk(chiefs: pd.Series[str], chief: str | None, depth: int, seen: set[str]) -> Iterator[tuple[str, int]]:
    """Everybody below `chief`, each before their own people; a circle of chiefs is entered once."""
    below = list(chiefs.index[chiefs.isna() if chief is None else chiefs.eq(chief)])
    for contact_id in below:
        if contact_id not in seen:
            seen.add(contact_id)
            yield contact_id, depth
            yield from _walk(chiefs, contact_id, depth + 1, seen)
    if chief is None:
        for contact_id in [each for each in chiefs.index if each not in seen]:
            seen.add(contact_id)
            yield contact_id, 0


def insights(account: AccountView) -> pd.DataFrame:
    """Return the customer's own goals and challenges in order of priority, each graded (S3.2).

    Columns of the insight, is_stale (older than six months, or never dated) and lacks: which links of the chain goal,
    pressure, initiative, obstacle, our contribution are not known, or who told it, in words; ours alone.
    """
    since = pd.Timestamp(account.as_of) - pd.DateOffset(months=account.limit("insight_months"))
    rows = account.insight.dropna(subset=["goal"]).sort_values(
        ["priority", "graded_on"], ascending=[True, False]
    )
    told = [_unknown(row) if account.audience != "customer" else None for _, row in rows.iterrows()]
    lacks = pd.Series(told, rows.index, dtype="str")
    return rows.assign(is_stale=~(rows["graded_on"] >= since), lacks=lacks).reset_index(drop=True)


def _unknown(row: pd.Series) -> str:
    links = ["pressure", "initiative", "obstacle", "contribution"]
    links += ["told_by"] if row["grade"] in ("told", "confirmed") else []
    names = [name for name in links if text.is_missing(row[name])]
    return text.listed(text.t(f"insight.{name}") for name in names) if names else ""


def volume(account: AccountView) -> pd.DataFrame:
    """Return business volume per product group, R12 against the R12 before, the largest first (S3.3).

    Columns product_group, revenue_12m, revenue_previous_12m, change, growth_share, margin_share, of_sales_share
    and trend: growing, flat (within 1 % a year), shrinking, new, lost or unknown (nothing to compare with).
    """
    groups = measures.sales_by_group(account)
    groups["change"] = groups["revenue_12m"].fillna(0) - groups["revenue_previous_12m"]
    limit = account.limit("flat_group_share")
    groups["trend"] = pd.Series([_trend(row, limit) for _, row in groups.iterrows()], dtype="str")
    columns = [
        "product_group",
        "revenue_12m",
        "revenue_previous_12m",
        "change",
        "growth_share",
        "margin_share",
    ]
    return groups[[*columns, "of_sales_share", "trend"]]


def _trend(group: pd.Series, limit: float) -> str:
    now, before, growth = group["revenue_12m"], group["revenue_previous_12m"], group["growth_share"]
    if not now > 0:
        return "lost" if before > 0 else "unknown"
    if pd.isna(growth):
        return "unknown" if before > 0 or pd.isna(before) else "new"
    return "flat" if abs(growth) <= limit else "growing" if growth > 0 else "shrinking"


@once
def whitespace(account: AccountView) -> pd.DataFrame:
    """Return the whitespace grid: one row per product group and buying unit (6.6).

    Columns product_group, unit, status, potential, current (R12 where the cell is the whole customer), room =
    max(potential - current, 0), expected = room x the odds of its state (ours), competitor, valued_on. The largest
    expected value comes first.
    """
    cells = account.whitespace.dropna(subset=["product_group"])
    names = account.buying_unit.dropna(subset=["name"]).set_index("row_id")["name"]
    current = _current(cells, measures.sales_by_group(account))
    room = (cells["potential"] - current).clip(lower=0).mask(cells["status"].eq("not_relevant"))
    expected = room * cells["status"].map(account.limit("whitespace_odds")).astype("float64")
    grid = cells.assign(unit=cells["unit_id"].map(names), current=current, room=room, expected=expected)
    columns = ["product_group", "unit", "status", "potential", "current", "room", "expected"]
    return grid.sort_values("expected", ascending=False)[[*columns, "competitor", "valued_on"]].reset_index(
        drop=True
    )


def _current(cells: pd.DataFrame, groups: pd.DataFrame) -> pd.Series[float]:
    """What we sell in a cell: nothing where it is open or a competitor's, else the group's R12 where it has no other unit."""
    sold = cells["product_group"].map(groups.set_index("product_group")["revenue_12m"])
    whole = cells["unit_id"].isna() | (len(cells["unit_id"].dropna().unique()) <= 1)
    return sold.where(whole).mask(cells["status"].isin(["open", "competitor"]), 0.0)


def penetration(account: AccountView) -> dict[str, float]:
    """Return how much of the whitespace grid is ours (6.6).

    ours (cells that we supply, alone or shared), relevant (cells that are), revenue_share (what we sell of the
    potential, over the cells where both are known; missing while a cell that we supply is not) and expected (sum of the expected value).
    """
    cells = whitespace(account)
    relevant, ours = cells["status"].ne("not_relevant"), cells["status"].isin(["deployed", "competitive"])
    known = cells[relevant & cells["current"].notna() & cells["potential"].gt(0)]
    # Without what we do sell the share would be told too low.
    whole = len(known) and cells.loc[ours, "current"].notna().all()
    sold = known["current"].clip(upper=known["potential"]).sum()
    return {
        "ours": int(ours.sum()),
        "relevant": int(relevant.sum()),
        "revenue_share": float(sold / known["potential"].sum()) if whole else float("nan"),
        "expected": float(cells["expected"].sum(min_count=1)),
    }


def whitespace_words(account: AccountView) -> dict[str, str]:
    """Return `penetration` in words and the last month of the sales counted, for the note below the grid."""
    grid = penetration(account)
    return {
        "ours": text.number(grid["ours"]),
        "relevant": text.number(grid["relevant"]),
        "share": text.percent(grid["revenue_share"]),
        "expected": text.money(grid["expected"], account.currency),
        "through": text.month(account.facts_through),
    }
