"""Rules over all accounts: hours, concentration, walls, copied text (S1.5, S3.8, P7)."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from kamlib import text
from kamlib.method import measures
from kamlib.method.coaching.case import Hit, rule
from kamlib.schema import Portfolio


def _name(portfolio: Portfolio, table: str, key: str, code: object) -> str:
    rows = portfolio.tables[table]
    known = rows.loc[rows[key].eq(str(code)), "name"].dropna()
    return str(known.iloc[0]) if len(known) else str(code)


@rule("error", "S1.5", company=True)
def hours_short(portfolio: Portfolio) -> Iterable[Hit]:
    """A KAM's plans need more hours than exist."""
    rows = measures.hours(portfolio)
    for row in rows[rows["state"].eq("short")].to_dict("records"):
        yield {
            "who": _name(portfolio, "contact", "contact_id", row["person_id"]),
            "needed": text.number(row["hours_needed"]),
            "available": text.number(row["hours_available"]),
            "n": row["accounts"],
        }


@rule("warning", "6.7", company=True)
def large_customer(portfolio: Portfolio) -> Iterable[Hit]:
    """One customer carries more than a tenth of revenue."""
    rows = measures.within(portfolio.revenue, "month", portfolio.window(12))
    by_group = rows.groupby(rows["account_id"].map(measures.groups_of(portfolio)))["revenue"].sum()
    shares = by_group / by_group.sum()
    for account_id, share in shares[shares > portfolio.limit("concentration_limit_share")].items():
        name = _name(portfolio, "account", "account_id", account_id)
        yield {"account_id": account_id, "account": name, "share": text.percent(share, 1)}


@rule("error", "P7", company=True)
def wall_broken(portfolio: Portfolio) -> Iterable[Hit]:
    """The same person works in the teams of two customers that compete."""
    rivals = portfolio.account[["account_id", "competes_with"]].dropna()
    members = portfolio.squad_member[["account_id", "person_id", "function"]]
    own = members[~members["function"].isin(["sponsor", "finance"])]
    both = rivals.merge(own, on="account_id").merge(
        own,
        left_on=["competes_with", "person_id"],
        right_on=["account_id", "person_id"],
        suffixes=("", "_rival"),
    )
    for row in both.drop_duplicates(["account_id", "person_id"]).to_dict("records"):
        yield {
            "account_id": row["account_id"],
            "account": _name(portfolio, "account", "account_id", row["account_id"]),
            "who": _name(portfolio, "contact", "contact_id", row["person_id"]),
            "rival": _name(portfolio, "account", "account_id", row["competes_with"]),
        }


@rule("warning", "S3.8", company=True)
def copied_text(portfolio: Portfolio) -> Iterable[Hit]:
    """The same sentence stands in the plans of two customers."""
    plans = measures.newest_plans(portfolio)
    texts = [
        rows[["account_id", column]].set_axis(["account_id", "said"], axis=1)
        for rows, column in ((plans, "ambition"), (plans, "customer_need"), (portfolio.goal, "title"))
    ]
    said = pd.concat(texts).dropna().drop_duplicates()
    twice = said[said["said"].str.len().gt(30) & said.duplicated("said", keep=False)]
    for sentence, rows in twice.groupby("said"):
        names = text.listed(_name(portfolio, "account", "account_id", each) for each in rows["account_id"])
        yield {"account_id": rows["account_id"].iloc[0], "said": sentence, "names": names}


@rule("warning", "S1.1", company=True)
def selection_old(portfolio: Portfolio) -> Iterable[Hit]:
    """The selection of key accounts has not been revisited within a year."""
    decided = portfolio.selection["decided_on"].max()
    if pd.notna(decided) and (measures.today(portfolio) - decided).days > portfolio.limit("selection_days"):
        yield {"day": decided}
