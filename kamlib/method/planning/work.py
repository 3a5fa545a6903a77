"""What is planned, promised, risked and worth: initiatives, steps, overdue promises, risks and the value ledger."""

from __future__ import annotations

import pandas as pd

from kamlib import text
from kamlib.method import measures
from kamlib.method.once import once
from kamlib.method.planning.joint import gates
from kamlib.schema import AccountView

_STAGES = ["confirmed", "measured", "agreed", "hypothesis"]
_LEVELS = ["critical", "high", "medium", "low"]


@once
def initiatives(account: AccountView) -> pd.DataFrame:
    """Return the planned work, what is due first on top (S3.4).

    One row is one initiative: its columns, goal (title), success (how both see that it is done), waits_for (the
    step that must be done first and whether it holds, in words), days_late and lacks (owner, customer owner, date or goal that is missing, in words). What waits
    and what lacks is ours: empty in the customer's edition. Done and stopped ones come last and are never late.
    """
    today, rows = pd.Timestamp(account.as_of), account.initiative.copy()
    rows["goal"] = rows["goal_id"].map(account.goal.set_index("row_id")["title"])
    running = ~rows["status"].isin(["done", "stopped"])
    rows["days_late"] = (today - rows["due_on"]).dt.days.clip(lower=0).where(running, 0).astype("Int64")
    is_ours = account.audience != "customer"  # what is missing is our own reminder
    told = [_lacking(row) if open_ else "" for (_, row), open_ in zip(rows.iterrows(), running, strict=True)]
    rows["lacks"] = pd.Series(told if is_ours else None, rows.index, dtype="str")
    rows["waits_for"] = pd.Series(_waits(account) if is_ours else None, rows.index, dtype="str")
    order = rows.assign(is_over=~running).sort_values(["is_over", "due_on"]).index
    columns = [
        "row_id",
        "title",
        "kind",
        "goal",
        "owner_id",
        "customer_owner_id",
        "starts_on",
        "due_on",
        "status",
        "success",
        "waits_for",
    ]
    return rows.loc[order, [*columns, "days_late", "lacks"]].reset_index(drop=True)


def _waits(account: AccountView) -> list[str]:
    return [
        f"{row.waits_for} ({text.label('step_gate', row.gate)})"
        if row.gate in ("waiting", "blocked", "circle")
        else ""
        for row in gates(account).itertuples()
    ]


def _lacking(row: pd.Series) -> str:
    names = [
        name for name in ("owner_id", "customer_owner_id", "due_on", "goal_id") if text.is_missing(row[name])
    ]
    return text.listed(text.t(f"initiative.{name}") for name in names) if names else ""


def steps(account: AccountView, n: int = 5) -> pd.DataFrame:
    """Return the next `n` steps of both sides, the oldest date first (6.9): initiatives and promises not done.

    Columns kind (initiative, promise), title, side (who does it), owner_id, customer_owner_id, due_on, days_late.
    """
    work = account.initiative[~account.initiative["status"].isin(["done", "stopped"])]
    work = work.assign(kind="initiative", side="ours")
    promised = account.commitment[account.commitment["done_on"].isna()]
    promised = promised.assign(kind="promise", side=promised["direction"])
    columns = ["kind", "title", "side", "owner_id", "customer_owner_id", "due_on"]
    both = pd.concat([work[columns], promised[columns]]).sort_values("due_on", kind="stable").head(n)
    late = (pd.Timestamp(account.as_of) - both["due_on"]).dt.days.clip(lower=0).astype("Int64")
    return both.assign(days_late=late).reset_index(drop=True)


@once
def risks(account: AccountView) -> pd.DataFrame:
    """Return the risk register, the worst first (S3.5).

    One row is one risk: its columns, level and residual_level (by the look-up table of P13; missing where a
    side is missing), is_stale (not looked at for three months) and lacks (action, owner, early sign, or who watches
    for it; in words).
    """
    rows = account.risk.dropna(subset=["title"])
    since = pd.Timestamp(account.as_of) - pd.DateOffset(months=account.limit("risk_note_months"))
    found = rows.assign(
        level=_levels(account, rows["probability"], rows["impact"]),
        residual_level=_levels(account, rows["residual_probability"], rows["residual_impact"]),
        is_stale=~(rows["noted_on"] >= since),
        lacks=pd.Series([_unhandled(row) for _, row in rows.iterrows()], rows.index, dtype="str"),
    )
    worst = found["level"].map({level: place for place, level in enumerate(_LEVELS)}).fillna(len(_LEVELS))
    return found.loc[worst.sort_values(kind="stable").index].reset_index(drop=True)


def _levels(account: AccountView, probability: pd.Series, impact: pd.Series) -> pd.Series[str]:
    known = [risk_level(p, i, account) for p, i in zip(probability, impact, strict=True)]
    return pd.Series(known, probability.index, dtype="str")


def risk_level(probability: object, impact: object, account: AccountView) -> str | None:
    """Return low, medium, high or critical for 1-5 x 1-5; None where a side is unknown.

    A table to look in, not a product: impact 5 is never low or medium (P13).
    """
    if text.is_missing(probability) or text.is_missing(impact):
        return None
    row = account.settings["risk_levels"][int(str(probability))]["value"]
    return str(row[int(str(impact)) - 1])


def _unhandled(row: pd.Series) -> str:
    names = [name for name in ("action", "owner_id", "signal") if text.is_missing(row[name])]
    if not text.is_missing(row["signal"]) and text.is_missing(row["watcher_id"]):
        names.append("watcher_id")  # a sign that nobody looks for warns nobody
    return text.listed(text.t(f"risk.{name}") for name in names) if names else ""


def value_ledger(account: AccountView) -> pd.DataFrame:
    """Return the value ledger, confirmed first: one row per value claimed, with minus where we cost money.

    Columns of the value, is_counted (only what the customer has confirmed enters the headline, 6.6) and lacks: what the
    stage asks for and is not there (calculation, our part, range, confirmer), in words; empty in the customer's edition.
    """
    rows = account.value.assign(is_counted=_confirmed(account))
    told = [_unproven(row) if account.audience != "customer" else None for _, row in rows.iterrows()]
    rows = rows.assign(lacks=pd.Series(told, rows.index, dtype="str"))
    place = rows["stage"].map({stage: place for place, stage in enumerate(_STAGES)})
    return rows.loc[place.sort_values(kind="stable").index].reset_index(drop=True)


#: Stage of a value -> what it needs to be believed (6.6): a hypothesis its range, what is agreed its sum and our part.
_PROOF = {
    "hypothesis": ("calculation", "low", "high"),
    "agreed": ("calculation", "attribution_share"),
    "measured": ("calculation", "attribution_share"),
    "confirmed": ("calculation", "attribution_share", "confirmed_by", "confirmed_on"),
}


def _unproven(row: pd.Series) -> str:
    names = [name for name in _PROOF.get(str(row["stage"]), ()) if text.is_missing(row[name])]
    return text.listed(dict.fromkeys(text.t(f"value.{name}") for name in names)) if names else ""


def _confirmed(account: AccountView) -> pd.Series[bool]:
    """Confirmed on a day, with an amount, and not by one of us."""
    rows, people = account.value, account.contact
    ours = people.loc[people["side"].eq("ours"), "contact_id"]
    told = rows["stage"].eq("confirmed") & rows["confirmed_on"].notna() & rows["amount"].notna()
    return told & ~rows["confirmed_by"].isin(ours)


def value_headline(account: AccountView) -> pd.Series:
    """Return the confirmed value: gained, cost (negative: what we caused), net, values; missing if none is confirmed.

    A stage said to be confirmed without a date, or by one of us, counts nowhere.
    """
    amounts = account.value.loc[_confirmed(account), "amount"]
    gained, cost = amounts[amounts > 0].sum(min_count=1), amounts[amounts < 0].sum(min_count=1)
    return pd.Series(
        {"gained": gained, "cost": cost, "net": amounts.sum(min_count=1), "values": len(amounts)}
    )


def promises_overdue(account: AccountView) -> pd.DataFrame:
    """Return the promises past their day, both ways, the oldest first: columns of `measures.promises`."""
    promised = measures.promises(account)
    return promised[promised["state"].eq("overdue")].reset_index(drop=True)
