"""What the customer buys, what is left after service, and what is at stake (method.md 6.6, 6.7)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamlib.method.measures.periods import MISSING, one_row, ratio, within
from kamlib.method.once import once
from kamlib.schema import AccountView, Bundle


@once
def sales(bundle: Bundle) -> pd.DataFrame:
    """One row: revenue R12 and the R12 before, growth, contribution margin and its ratio.

    Growth is missing for a customer whose first invoice is younger than the earlier period.
    """
    now, before = (within(bundle.revenue, "month", bundle.window(12, back=back)) for back in (0, 12))
    return one_row(**_compared(now, before, _covers(bundle)))


@once
def sales_by_group(bundle: Bundle) -> pd.DataFrame:
    """One row per product group, the largest first; columns as `sales`, and `of_sales_share`."""
    now, before = (within(bundle.revenue, "month", bundle.window(12, back=back)) for back in (0, 12))
    sums, earlier = _by_group(now), _by_group(before)
    whole = now["revenue"].sum()
    lines = [_group(name, sums.get(name, {}), earlier.get(name, {}), whole) for name in {**sums, **earlier}]
    groups = pd.DataFrame(lines, columns=["product_group", *_compared(now, before), "of_sales_share"])
    return groups.sort_values("revenue_12m", ascending=False, ignore_index=True)


def _group(name: str, sums: dict[str, float], earlier: dict[str, float], whole: float) -> dict[str, Any]:
    earned, previous = sums.get("revenue", MISSING), earlier.get("revenue", MISSING)
    margin = sums.get("contribution_margin", MISSING)
    return {
        "product_group": name,
        "revenue_12m": earned,
        "revenue_previous_12m": previous,
        "growth_share": ratio(earned - previous, previous),
        "contribution_margin": margin,
        "margin_share": ratio(margin, sums.get("with_margin", MISSING)),
        "of_sales_share": ratio(earned, whole),
    }


def _by_group(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Sums per product group that has a name: missing where nothing is known, as everywhere."""
    named = rows[rows["product_group"].fillna("").ne("")]
    with_margin = named["revenue"].where(named["contribution_margin"].notna())
    columns = named[["revenue", "contribution_margin"]].assign(with_margin=with_margin)
    sums: Any = columns.groupby(named["product_group"], sort=False).sum(min_count=1)
    return {str(name): dict(each) for name, each in sums.to_dict("index").items()}


def growth_word(bundle: Bundle, share: float) -> str:
    """Return growing, flat or shrinking: the one word for a change of revenue, of a customer or of a product group."""
    if round(abs(share), 9) < bundle.limit("flat_share"):
        return "flat"
    return "growing" if share > 0 else "shrinking"


@once
def bridge(account: AccountView) -> pd.DataFrame:
    """One row per step from the twelve months before to the last twelve: `step`, `product_group`, `amount`, `year`.

    Steps: before, price (of every group whose quantities are known), group (its change, the largest rise first; of
    volume alone where its price is told apart), rest (the change of what has no group), now; where known budget (of
    the same twelve months, if all of them have one) and forecast (the newest, of its calendar `year`). before + the
    changes = now. A group that is told apart also has `price`, `quantity_unit`, `quantity_12m` and
    `quantity_previous_12m`: price = revenue now - revenue before x quantity now / quantity before, which is the change
    of the mean price times the quantity now. No rows where growth is unknown: see `sales`.
    """
    sold, groups = sales(account).iloc[0], sales_by_group(account)
    if pd.isna(sold["growth_share"]):
        return pd.DataFrame(columns=_BRIDGE)
    moves = groups["revenue_12m"].fillna(0) - groups["revenue_previous_12m"].fillna(0)
    apart = groups[["product_group"]].merge(_quantities(account), how="left", on="product_group")
    volumes = groups["revenue_previous_12m"] * apart["quantity_12m"] / apart["quantity_previous_12m"]
    price = groups["revenue_12m"] - volumes
    changes = apart.assign(step="group", price=price, amount=moves - price.fillna(0))
    changes = changes.sort_values("amount", ascending=False, kind="stable")
    ends = {"before": sold["revenue_previous_12m"], "now": sold["revenue_12m"]}
    rest = ends["now"] - ends["before"] - moves.sum()
    rows = [
        pd.DataFrame({"step": ["before"], "amount": ends["before"]}),
        pd.DataFrame({"step": ["price"] if price.notna().any() else [], "amount": price.sum()}),
        changes,
        pd.DataFrame({"step": ["rest"] if abs(rest) >= 1 else [], "amount": rest}),
        pd.DataFrame({"step": ["now"], "amount": ends["now"]}),
        *_foreseen(account),
    ]
    return pd.concat(rows, ignore_index=True).reindex(columns=_BRIDGE)


_NO_QUANTITIES = {
    "quantity_unit": pd.Series(dtype="str"),
    "quantity_12m": pd.Series(dtype="float64"),
    "quantity_previous_12m": pd.Series(dtype="float64"),
}
_BRIDGE = ["step", "product_group", "amount", "year", "price", *_NO_QUANTITIES]


def _quantities(account: AccountView) -> pd.DataFrame:
    """One row per product group whose quantity is known in every row of both periods, in one unit, above zero."""
    sold = account.revenue[["month", "product_group", "revenue", "quantity", "quantity_unit"]]
    if sold["quantity"].isna().all():
        return pd.DataFrame({"product_group": pd.Series(dtype="str"), **_NO_QUANTITIES})
    sums, units = {}, []
    for name, back in (("quantity_12m", 0), ("quantity_previous_12m", 12)):
        parts = within(sold, "month", account.window(12, back=back)).groupby("product_group")
        is_whole = parts["quantity"].count().eq(parts["month"].count()) & parts["revenue"].sum().gt(0)
        sums[name] = parts["quantity"].sum().where(is_whole)
        units.append(parts["quantity_unit"].agg(_one_name))
    is_one = units[0].eq(units[1]) & units[0].ne("")
    known = pd.DataFrame(sums)
    known = known[known.gt(0).all(axis=1) & is_one.reindex(known.index, fill_value=False)]
    return known.assign(quantity_unit=units[0]).rename_axis("product_group").reset_index()


def _one_name(names: pd.Series) -> str:
    """Return what all of them say; empty where they differ or say nothing."""
    said = set(names.dropna())
    return str(said.pop()) if len(said) == 1 else ""


def _foreseen(account: AccountView) -> list[pd.DataFrame]:
    planned = within(account.budget, "month", account.window(12))
    whole = planned["budget"].sum() if planned["month"].nunique() == 12 else MISSING
    this_year = account.facts_through.year if account.facts_through is not None else 0
    likely = account.forecast[account.forecast["year"].eq(this_year)].sort_values("made_on").tail(1)
    rows = [
        pd.DataFrame({"step": ["budget"], "amount": whole}),
        pd.DataFrame(
            {"step": "forecast", "amount": likely["likely"].astype("float64"), "year": likely["year"]}
        ),
    ]
    return [each for row in rows if len(each := row.dropna(subset=["amount"]))]


def trend(bundle: Bundle, months: int = 24) -> pd.DataFrame:
    """One row per month: `month`, `revenue`, `rolling_12m` (missing until twelve months are known)."""
    window = bundle.window(months)
    if window is None:
        return pd.DataFrame({"month": pd.Series(dtype="datetime64[us]"), "revenue": [], "rolling_12m": []})
    by_month = bundle.revenue.groupby("month")["revenue"].sum()
    whole = by_month.reindex(pd.date_range(by_month.index.min(), window[1], freq="MS"), fill_value=0.0)
    rows = pd.DataFrame({"revenue": whole, "rolling_12m": whole.rolling(12).sum()})
    return rows.rename_axis("month").reset_index().tail(months).reset_index(drop=True)


def _covers(bundle: Bundle) -> bool:
    window = bundle.window(24)
    return window is not None and bundle.revenue["month"].min() <= window[0]


def _compared(now: pd.DataFrame, before: pd.DataFrame, comparable: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
    known = now.dropna(subset=["contribution_margin"])
    earned, earlier = now["revenue"].sum(min_count=1), before["revenue"].sum(min_count=1)
    margin = known["contribution_margin"].sum(min_count=1)
    return {
        "revenue_12m": earned,
        "revenue_previous_12m": earlier,
        "growth_share": ratio(earned - earlier, earlier) if comparable else MISSING,
        "contribution_margin": margin,
        "margin_share": ratio(margin, known["revenue"].sum()),
    }


@once
def customer_profit(bundle: Bundle) -> pd.DataFrame:
    """One row, R12: contribution margin less what it costs to serve; profit is missing where either is."""
    earned = sales(bundle).iloc[0]
    cost = within(bundle.service_cost, "month", bundle.window(12))["cost"].sum(min_count=1)
    profit = earned["contribution_margin"] - cost
    return one_row(
        revenue_12m=earned["revenue_12m"],
        contribution_margin=earned["contribution_margin"],
        margin_share=earned["margin_share"],
        service_cost=cost,
        profit=profit,
        profit_share=ratio(profit, earned["revenue_12m"]),
    )


@once
def service_costs(bundle: Bundle) -> pd.DataFrame:
    """One row per activity, R12, the dearest first: `activity`, `cost`, `quantity`, `cost_share`."""
    rows = within(bundle.service_cost, "month", bundle.window(12))
    costs = rows.groupby("activity", as_index=False)[["cost", "quantity"]].sum(min_count=1)
    costs["cost_share"] = [ratio(each, costs["cost"].sum()) for each in costs["cost"]]
    return costs.sort_values("cost", ascending=False, ignore_index=True)


def wallet_share(account: AccountView) -> pd.DataFrame:
    """One row per scope valued (a product group, or all): our share of purchases, low / likely / high.

    The share is lowest where the customer's purchases are highest. Source: method.md 6.6.
    """
    newest = account.wallet.sort_values("valued_on").drop_duplicates("product_group", keep="last")
    now = within(account.revenue, "month", account.window(12))
    sold = now.groupby("product_group")["revenue"].sum()
    whole = newest["product_group"].fillna("").eq("")
    ours = newest["product_group"].map(sold).fillna(0.0).mask(whole, now["revenue"].sum())
    shares = {f"{name}_share": ours / newest[size].where(newest[size] > 0) for name, size in _WALLET_ENDS}
    columns = ["product_group", "sales_12m", *shares, "likely", "source", "valued_on"]
    return newest.assign(sales_12m=ours, **shares)[columns].reset_index(drop=True)


_WALLET_ENDS = (("low", "high"), ("likely", "likely"), ("high", "low"))


@once
def exposure(account: AccountView) -> pd.DataFrame:
    """One row: contribution R12, months to replace it, and what would be lost meanwhile (6.7, P3, P5).

    Months come from the judged business risk; where nobody judged, from our default, marked in `basis`.
    """
    judged = account.assessment.loc[account.assessment["criterion"] == "business_risk", "score"].dropna()
    months = account.limit("replacement_months")
    score = str(int(np.floor(judged.astype(float).median() + 0.5))) if len(judged) else "default"
    margin = sales(account)["contribution_margin"].iloc[0]
    return one_row(
        contribution_margin=margin,
        replacement_months=float(months[score]),
        at_risk=margin / 12 * float(months[score]),
        basis="judged" if len(judged) else "our_default",
    )


def lifetime_value(
    margin: float, retention: float, discount: float, *, starts: int = 0, years: int | None = None
) -> float:
    """Return the simple value of a customer: yearly margin, retention and discount per year (6.7).

    The first margin falls now (`starts=0`) or in a year (`starts=1`); `years` cuts the sum there.
    """
    if years is None:
        return margin * (retention if starts else 1 + discount) / (1 + discount - retention)
    return sum(margin * (retention / (1 + discount)) ** year for year in range(starts, years + starts))


def lifetime(account: AccountView) -> pd.DataFrame:
    """One row per case (low, likely, high): yearly margin, chance to keep the customer a year, and the value.

    Scenario value of the customer over our years and discount (6.7): a range, no fitted model. The margin is what is
    left after service where that is known, else the contribution margin (`basis`).
    """
    row = customer_profit(account).iloc[0]
    basis = "contribution" if pd.isna(row["profit"]) else "profit"
    margin = row["contribution_margin"] if basis == "contribution" else row["profit"]
    cases, years = account.limit("lifetime_cases"), account.limit("lifetime_years")
    rows = pd.DataFrame(
        [
            {"case": name, "keep_share": keep, "margin": margin * (1 + change)}
            for name, (keep, change) in cases.items()
        ]
    )
    rows["value"] = [
        lifetime_value(yearly, keep, account.limit("lifetime_discount_share"), years=years)
        for yearly, keep in zip(rows["margin"], rows["keep_share"], strict=True)
    ]
    return rows.assign(years=years, basis=basis).dropna(subset=["value"])
