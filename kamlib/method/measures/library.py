"""The KPI library of 6.7 as one table: what each measure is, how it is counted, from what, how much of it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.method import concentration, relationships
from kamlib.method.measures.board import loss_range
from kamlib.method.measures.health import health_total
from kamlib.method.measures.loyalty import groups_of, key_account_growth, repurchase, retention
from kamlib.method.measures.money import customer_profit, exposure, lifetime, sales, wallet_share
from kamlib.method.measures.periods import MISSING, ratio, within
from kamlib.method.measures.promises import commitments, delivery_precision, project_completion
from kamlib.method.measures.voices import answers, nps
from kamlib.schema import TABLES, AccountView, Bundle, Portfolio

Number = Any  # a cell of a table: a float, or missing


class Figure(NamedTuple):
    """One measure: its id, value and kind of number, the rows that it stands on, and the known share of them."""

    measure: str
    value: Number
    kind: str
    n: Number
    known_share: Number = MISSING


def library(bundle: AccountView | Portfolio) -> pd.DataFrame:
    """One row per measure of 6.7: `measure`, `value`, `shown`, `formula`, `source`, `data_on`, `n`, `known_share`, `status`.

    `shown` is the value as a person reads it, `source` the tables behind it, `data_on` the day of their newest row,
    `n` how many rows, answers or customers it counts, `is_small` says that there are few of them, and `status` whether
    it is the field's own, a vendor's practice or ours. A measure without data stays in the table, unknown.
    """
    found = _of_account(bundle) if isinstance(bundle, AccountView) else _of_portfolio(bundle)
    rows = pd.DataFrame(list(found), columns=Figure._fields)
    declared = bundle.settings["kpis"]
    rows["value"] = rows["value"].astype("float64")
    rows["n"] = rows["n"].fillna(0).astype("Int64")
    counted = rows["kind"].isin(["part", "points", "score"]) & rows["n"].gt(0)
    rows["is_small"] = (counted & (rows["n"] < bundle.limit("small_sample_answers"))).astype(bool)
    rows["shown"] = [_shown(row, bundle) for row in rows.to_dict("records")]
    rows["formula"] = [text.t(f"kpi.{name}.formula") for name in rows["measure"]]
    rows["status"] = [declared[name]["status"] for name in rows["measure"]]
    rows["source"] = [
        text.listed(_title(table) for table in declared[name]["tables"]) for name in rows["measure"]
    ]
    rows["data_on"] = pd.Series(
        [_newest(bundle, declared[name]["tables"]) for name in rows["measure"]], dtype="datetime64[us]"
    )
    return rows


def _shown(row: dict[Any, Any], bundle: Bundle) -> str:
    """Return the value as a person reads it; a share of fewer than ten is counted out: 1 of 2 (6.7)."""
    if row["is_small"] and row["kind"] == "part":
        return text.t("kpi.few", part=round(row["value"] * row["n"]), n=row["n"])
    told = _WRITERS[row["kind"]](row["value"], bundle)
    return text.t("kpi.small", told=told) if row["is_small"] else told


_WRITERS: Mapping[str, Callable[[Any, Bundle], str]] = {
    "percent": lambda value, _: text.percent(value, 1),
    "part": lambda value, _: text.percent(value),
    "money": lambda value, bundle: text.money(value, bundle.currency),
    "points": lambda value, _: text.number(value, 0, signed=True),
    "score": lambda value, _: text.number(value, 1),
    "count": lambda value, _: text.number(value, 1),
    "index": lambda value, _: text.number(value, 3),
}


def _title(table: str) -> str:
    return TABLES[table].title[text.language()].lower()


def _newest(bundle: Bundle, tables: list[str]) -> pd.Timestamp:
    days = [
        bundle.tables[name][TABLES[name].when].max()
        for name in tables
        if TABLES[name].when and len(bundle.tables[name])
    ]
    newest: pd.Timestamp = pd.Series(days, dtype="datetime64[us]").max()
    return newest


def _months(bundle: Bundle, table: str) -> tuple[int, float]:
    """Return how many of the twelve months the table holds, and their share."""
    months = within(bundle.tables[table], "month", bundle.window(12))["month"].nunique()
    return months, months / 12


def _of_both(bundle: Bundle) -> Iterator[Figure]:
    sold, left = sales(bundle).iloc[0], customer_profit(bundle).iloc[0]
    known = within(bundle.revenue, "month", bundle.window(12))
    told = known.dropna(subset=["contribution_margin"])
    yield Figure("margin", sold["margin_share"], "percent", len(told), ratio(len(told), len(known)))
    yield Figure("profit", left["profit"], "money", *_months(bundle, "service_cost"))
    again = repurchase(bundle).iloc[0]
    yield Figure("repurchase", again["share"], "percent", again["before"])
    for kind, low in (("csat", 4), ("ces", 4)):
        scores = answers(bundle, kind)["score"].astype(float)
        yield Figure(kind, float((scores >= low).mean()) if len(scores) else MISSING, "part", len(scores))
    done = project_completion(bundle).iloc[0]
    yield Figure("projects", done["in_time_share"], "part", done["ended"])
    yield Figure("milestones", done["milestone_share"], "part", done["milestones_due"])
    for row in commitments(bundle).to_dict("records"):
        yield Figure(f"promises_{row['direction']}", row["on_time_share"], "part", row["due"])
    delivered = delivery_precision(bundle).iloc[0]
    yield Figure(
        "delivery", delivered["share"], "percent", delivered["lines_due"], _months(bundle, "delivery")[1]
    )


def _of_account(account: AccountView) -> Iterator[Figure]:
    yield Figure("growth", sales(account)["growth_share"].iloc[0], "percent", *_months(account, "revenue"))
    yield from _of_both(account)
    scores = answers(account, "nps")["score"].astype(float)
    yield Figure("nps_answer", scores.mean(), "score", len(scores))
    wallet = wallet_share(account)
    whole = wallet[wallet["product_group"].fillna("").eq("")]
    said = whole if len(whole) else wallet.head(0)
    yield Figure("wallet", said["likely_share"].mean(), "percent", len(wallet))
    lost = exposure(account).iloc[0]
    yield Figure("exposure", lost["at_risk"], "money", lost["replacement_months"])
    cases = lifetime(account)
    likely = cases.loc[cases["case"].eq("likely"), "value"].sum(min_count=1)
    yield Figure("lifetime", likely, "money", len(cases))
    shares = relationships.contact_shares(account)
    _, effective = relationships.effective_contacts(each.contacts for each in shares)
    yield Figure(
        "contacts", np.nan if effective is None else effective, "count", sum(each.contacts for each in shares)
    )
    total = health_total(account).iloc[0]
    yield Figure("health", total["score"], "count", 4, total["known_share"])


def _of_portfolio(portfolio: Portfolio) -> Iterator[Figure]:
    growth = key_account_growth(portfolio).set_index("customers")
    for name in ("key", "others"):
        share, n = _cells(growth, name, "growth_share", "accounts")
        yield Figure(f"growth_{name}", share, "percent", n)
    yield from _kept(portfolio)
    yield from _of_both(portfolio)
    forms = nps(portfolio)
    asked = portfolio.account["account_id"].nunique()
    for row in forms.to_dict("records"):
        yield Figure(
            f"nps_{row['form']}", row["score"], "points", row["n"], ratio(asked - row["silent"], asked)
        )
    yield from _spread(portfolio)
    lost = loss_range(portfolio).iloc[0]
    yield Figure("expected_loss", lost["expected_loss"], "money", lost["n"])
    yield Figure("bad_year", lost["one_in_twenty"], "money", lost["n"])


def _cells(rows: pd.DataFrame, name: str, *columns: str) -> list[Any]:
    """Return the cells of the row called `name`; missing where there is no such row."""
    return [rows[column].get(name, MISSING) for column in columns]


def _kept(portfolio: Portfolio) -> Iterator[Figure]:
    rows = retention(portfolio).set_index("kind")
    for measure, kind, column in (
        ("gross_retention", "contract", "gross_share"),
        ("net_retention", "contract", "net_share"),
        ("same_account_retention", "same_account", "net_share"),
        ("logo_retention", "same_account", "logo_share"),
    ):
        share, n = _cells(rows, kind, column, "accounts")
        yield Figure(measure, share, "percent", n)


def _spread(portfolio: Portfolio) -> Iterator[Figure]:
    rows = within(portfolio.revenue, "month", portfolio.window(12))
    amounts = rows.groupby(rows["account_id"].map(groups_of(portfolio)))["revenue"].sum()
    amounts = amounts[amounts > 0].sort_values(ascending=False)
    hhi = concentration.herfindahl(amounts) if len(amounts) else MISSING
    yield Figure("hhi", hhi, "index", len(amounts))
    yield Figure("effective_customers", ratio(1.0, hhi), "count", len(amounts))
    yield Figure("largest", ratio(amounts.head(1).sum(), amounts.sum()), "percent", len(amounts))
    whale = concentration.whale_curve(portfolio)
    yield Figure(
        "whale_peak",
        whale["cumulative_share"].max(),
        "percent",
        whale["profit"].notna().sum(),
        ratio(whale["profit"].notna().sum(), len(whale)),
    )
