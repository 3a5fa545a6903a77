"""A workshop before and after: the days around it, whom to ask, and what was agreed on the day (P23-P25)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.errors import Finding
from kamlib.method import measures, relationships
from kamlib.schema import Account, Portfolio


def countdown(bundle: Account | Portfolio, on: pd.Timestamp | None) -> pd.DataFrame:
    """One row per step around a workshop: `step`, `label` (T-10 ... T+30), `due_on`, `is_quiet` (P24).

    Steps before are counted in working days; those after in days, moved to the next weekday. Without a day of the
    workshop no step has one. Quiet are the holiday weeks (P11).
    """
    steps: dict[str, int] = bundle.limit("workshop_countdown")
    rows = pd.DataFrame({"step": list(steps), "label": [_label(days) for days in steps.values()]})
    days = [pd.NaT if on is None else _day(on, days) for days in steps.values()]
    rows["due_on"] = pd.Series(days, dtype="datetime64[us]")
    first, last = bundle.limit("quiet_weeks")
    return rows.assign(is_quiet=[_week(day) in range(first, last + 1) for day in days])


def _day(on: pd.Timestamp, days: int) -> pd.Timestamp:
    if days <= 0:
        return on + pd.offsets.BDay(days) if days else on
    return pd.offsets.BDay().rollforward(on + pd.Timedelta(days=days))


def _label(days: int) -> str:
    form = "day" if days == 0 else "before" if days < 0 else "hours" if days == 1 else "after"
    return (
        text.t(f"countdown.label.{form}", n=abs(days))
        if days not in (0, 1)
        else text.t(f"countdown.label.{form}")
    )


def _week(day: Any) -> int:
    return 0 if pd.isna(day) else int(day.isocalendar().week)


def warnings(bundle: Account | Portfolio, steps: pd.DataFrame) -> list[Finding]:
    """Return what speaks against the days of a countdown: holiday weeks, a weekend, a step whose day has passed."""
    on, today = steps.loc[steps["step"].eq("workshop"), "due_on"].iloc[0], pd.Timestamp(bundle.as_of)
    first, last = bundle.limit("quiet_weeks")
    quiet = text.listed(text.day(day) for day in steps.loc[steps["is_quiet"], "due_on"])
    told = (
        [Finding("workshop_quiet", "warning", {}, {"days": quiet, "first": first, "last": last})]
        if quiet
        else []
    )
    if not pd.isna(on) and on.day_of_week >= 5:
        told.append(Finding("workshop_weekend", "warning", {}, {"day": text.day(on)}))
    missed = steps[steps["due_on"] < today] if on >= today else steps.head(0)
    values = [
        {"step": row.label, "day": text.day(row.due_on), "today": text.day(today)}
        for row in missed.itertuples()
    ]
    return told + [Finding("workshop_late", "warning", {}, each) for each in values]


def kam(account: Account) -> str:
    """Return the name of the account's KAM: the plan's owner, else the register's; empty where neither is known."""
    owners = [
        *account.account_plan.sort_values("year", ascending=False)["owner_id"].dropna(),
        *account.account.loc[account.account["account_id"].eq(account.account_id), "owner"].dropna(),
    ]
    if not owners:
        return ""
    known = owners[0] in set(account.contact["contact_id"])
    return str(relationships.person_name(account, owners[0])) if known else str(owners[0])


def guests(bundle: Account | Portfolio, *, with_customer: bool) -> pd.DataFrame:
    """One row per person to ask: `contact_id`, `side`, `part` (label set and code of the reason), `has_left`.

    With the customer: the people behind shared goals, values, promises and work, never by role or stance (P2), and our
    squad. Inside: the squad; for the portfolio the raters. A part that nobody is known for has no contact_id.
    """
    sources = (
        _raters(bundle) if isinstance(bundle, Portfolio) else _squad(bundle, with_customer=with_customer)
    )
    if isinstance(bundle, Account) and with_customer:
        sources = [*_theirs(bundle), *sources]
    rows = pd.DataFrame(sources, columns=["contact_id", "side", "part"])
    rows = rows[rows["contact_id"].isna() | ~rows["contact_id"].duplicated()]
    gone = bundle.contact.set_index("contact_id")["gone_on"].reindex(rows["contact_id"])
    rows = rows.assign(has_left=(gone <= measures.today(bundle)).to_numpy()).reset_index(drop=True)
    most = bundle.limit("workshop_guests") if with_customer else len(rows)
    return rows.groupby("side", sort=False).head(most).reset_index(drop=True)


Guest = tuple[str | None, str, str]


def _theirs(account: Account) -> list[Guest]:
    goals = account.goal[account.goal["customer_status"].ne("declined")]
    going = account.initiative[~account.initiative["status"].isin(["done", "stopped"])]
    promised = account.commitment[account.commitment["done_on"].isna()]
    behind = {
        "goal": goals["customer_owner_id"],
        "value": account.value["confirmed_by"],
        "promise": promised["customer_owner_id"],
        "work": going["customer_owner_id"],
    }
    people: list[Guest] = [
        (str(who), "customer", f"invited_for.{part}") for part, ids in behind.items() for who in ids.dropna()
    ]
    return people or [(None, "customer", f"invited_for.{part}") for part in ("owner", "user", "decider")]


def _squad(account: Account, *, with_customer: bool) -> list[Guest]:
    held = measures.squad(account).frame()
    held = held[~held["has_left"]]
    first = held["function"].map({"kam": 0, "sponsor": 1}).fillna(2).sort_values(kind="stable").index
    pairs = zip(held.loc[first, "person_id"], held.loc[first, "function"], strict=True)
    known: list[Guest] = [(str(who), "ours", f"function.{function}") for who, function in pairs]
    lacking = measures.squad_gaps(account)
    if with_customer:  # to a customer we come with a KAM and a sponsor, and name no gap beyond them
        lacking = [function for function in ("kam", "sponsor") if function in lacking]
    return known + [(None, "ours", f"function.{function}") for function in lacking]


def _raters(portfolio: Portfolio) -> list[Guest]:
    given = portfolio.assessment.dropna(subset=["rater_id"]).drop_duplicates("rater_id")
    known: list[Guest] = [
        (str(who), "ours", f"function.{function}")
        for who, function in zip(given["rater_id"], given["function"], strict=True)
    ]
    return known or [(None, "ours", f"function.{function}") for function in portfolio.limit("squad_minimum")]


def refusals(account: Account) -> pd.DataFrame:
    """One row per goal that the customer has said no to, the newest first: its columns (P25)."""
    said_no = account.goal[account.goal["customer_status"].eq("declined")]
    return said_no.sort_values("customer_status_on", ascending=False, ignore_index=True)


def to_know(account: Account) -> list[str]:
    """Return what the facilitator must not stumble on: late promises, a no that stands, value that is not confirmed."""
    late = measures.promises(account).frame()
    late = late[late["state"].eq("overdue")].sort_values("days_late", ascending=False).head(5)
    told = [_late(account, row) for row in late.to_dict("records")]
    for no in refusals(account).to_dict("records"):
        key = "guide.declined_silent" if text.is_missing(no["ask_again_on"]) else "guide.declined"
        told.append(
            text.t(
                key,
                title=str(no["title"]).rstrip(". "),
                again=text.day(no["ask_again_on"]),
                said=no["customer_said"],
            )
        )
    open_values = account.value.loc[account.value["stage"].ne("confirmed"), "title"].dropna()
    told += [text.t("guide.unconfirmed", title=title) for title in open_values.head(3)]
    asked = guests(account, with_customer=True)
    gone = asked.loc[asked["has_left"], "contact_id"]
    return told + [text.t("guide.gone", who=relationships.person_name(account, who)) for who in gone]


def _late(account: Account, row: Mapping[Any, Any]) -> str:
    doer = row["customer_owner_id" if row["direction"] == "customer" else "owner_id"]
    who, side = relationships.person_name(account, doer), text.label("side", row["direction"])
    return text.t("guide.overdue", days=row["days_late"], side=side, title=row["title"], who=who)


def agreed(account: Account, on: pd.Timestamp | None) -> pd.DataFrame:
    """One row per thing noted on the day of the workshop: `part` (agreed, theirs, ours), `title`, `person_id`, `due_on`.

    Goals that the customer confirmed or changed, decisions taken, and promises made that day.
    """
    columns = ["part", "title", "person_id", "due_on"]
    if on is None:
        return pd.DataFrame(columns=columns)
    goals = account.goal[account.goal["customer_status"].isin(["confirmed", "changed"])]
    goals = goals[goals["customer_status_on"].eq(on)].assign(
        part="agreed", person_id=lambda each: each["owner_id"]
    )
    taken = account.decision[account.decision["decided_on"].eq(on)].assign(part="agreed")
    made = account.commitment[account.commitment["made_on"].eq(on)]
    theirs = made["direction"].eq("customer")
    made = made.assign(
        part=theirs.map({True: "theirs", False: "ours"}),
        person_id=made["owner_id"].mask(theirs, made["customer_owner_id"]),
    )
    rows = [goals, taken.rename(columns={"owner_id": "person_id"}), made]
    return pd.concat([each.reindex(columns=columns) for each in rows], ignore_index=True)


def next_day(account: Account, on: pd.Timestamp | None) -> pd.Timestamp | None:
    """Return the first day after the workshop on which the two sides are to meet again, where one is planned."""
    after = measures.today(account) if on is None else on
    planned = account.meeting.loc[
        account.meeting["kind"].isin(["customer_review", "workshop", "visit"]), "planned_on"
    ]
    days = pd.concat([planned, account.account_plan["next_meeting_on"]]).dropna()
    later = days[days > after]
    return None if later.empty else later.min()
