"""A living document (S3.6, S3.8, S5.6): what is stale, which clock has run out, what was copied."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kamlib import schema, text
from kamlib.errors import Finding
from kamlib.method import measures, relationships
from kamlib.schema import AccountView, Portfolio

#: Part of the plan -> table, its date, and the limit in months.
_PARTS = (
    ("people", "stakeholder", "noted_on", "people_note_months"),
    ("insights", "insight", "graded_on", "insight_months"),
    ("readings", "reading", "measured_on", "plan_update_months"),
    ("risks", "risk", "noted_on", "risk_note_months"),
    ("value", "value", "valued_on", "insight_months"),
    ("wallet", "wallet", "valued_on", "wallet_months"),
    ("whitespace", "whitespace", "valued_on", "wallet_months"),
)


def staleness(account: AccountView) -> pd.DataFrame:
    """Return one row per part of the plan: part, rows, newest_on, limit_months, state and what to do (S3.6).

    state is fresh, ageing (up to 1.5 times the limit), stale, or missing where the part is empty.
    """
    lines = [_aged(account, *part) for part in _PARTS]
    return pd.DataFrame(lines, columns=["part", "rows", "newest_on", "limit_months", "state", "reading"])


def _aged(account: AccountView, part: str, table: str, when: str, limit: str) -> tuple[object, ...]:
    rows, months = account.tables[table], int(account.limit(limit))
    newest = rows[when].max()
    days = None if pd.isna(newest) else (pd.Timestamp(account.as_of) - newest).days
    age = relationships.contact_state(days, months * _DAYS_PER_MONTH)
    state = "missing" if rows.empty else "stale" if age == "never" else age
    return part, len(rows), newest, months, state, text.t(f"stale.{part}") if state != "fresh" else ""


_DAYS_PER_MONTH = 30.44


def clocks(account: AccountView, *, changed_on: pd.Timestamp | None = None) -> pd.DataFrame:
    """Return the plan's clocks, the longest overdue first (S5.6).

    One row is one clock: clock (contact, month, quarter, event, year), since_on, due_on, days_over, state (kept,
    running, overdue, not_started) and reading. The plan was touched on `changed_on` (from the log) or, without
    it, on the newest dated judgement of the plan.
    """
    touched = measures.plan_updated_on(account) if changed_on is None else pd.Timestamp(changed_on)
    lines = [_after_contact(account, touched), *_regular(account, touched), _after_event(account)]
    rows = pd.DataFrame(lines, columns=["clock", "since_on", "due_on"])
    today = pd.Timestamp(account.as_of)
    over = (today - rows["due_on"]).dt.days.clip(lower=0).astype("Int64")
    states = [
        _clock_state(since, due, today) for since, due in zip(rows["since_on"], rows["due_on"], strict=True)
    ]
    told = [
        text.t(f"clock.{clock}.{state}", since=text.day(since), due=text.day(due))
        for clock, since, due, state in zip(
            rows["clock"], rows["since_on"], rows["due_on"], states, strict=True
        )
    ]
    rows = rows.assign(
        days_over=over, state=pd.Series(states, dtype="str"), reading=pd.Series(told, dtype="str")
    )
    return rows.sort_values(
        "days_over", ascending=False, na_position="last", kind="stable", ignore_index=True
    )


def _clock_state(since: pd.Timestamp, due: pd.Timestamp, today: pd.Timestamp) -> str:
    if pd.isna(due):
        return "not_started" if pd.isna(since) else "kept"
    return "overdue" if due < today else "running"


Clock = tuple[str, object, object]  # clock, since, due (NaT: kept)


def _after_contact(account: AccountView, touched: pd.Timestamp) -> Clock:
    """A contact, a delivery or a change at the customer: into the plan within five working days."""
    happened = pd.concat(
        [
            account.touchpoint.loc[account.touchpoint["is_two_way"].fillna(value=False), "held_on"],
            account.project["actual_end_on"],
            account.contact.loc[account.contact["side"].eq("customer"), "joined_on"],
            account.contact.loc[account.contact["side"].eq("customer"), "gone_on"],
        ]
    ).dropna()
    now = pd.Timestamp(account.as_of)
    happened = happened[happened.between(now - pd.DateOffset(months=12), now)]  # older news is no longer due
    untold = happened if pd.isna(touched) else happened[happened > touched]
    if untold.empty:
        return "contact", happened.max() if len(happened) else pd.NaT, pd.NaT
    days = account.limit("plan_after_contact_days")
    return "contact", untold.min(), untold.min() + pd.offsets.BusinessDay(days)


def _regular(account: AccountView, touched: pd.Timestamp) -> list[Clock]:
    """Every month a look, every quarter an update, every year a new selection."""
    met = account.meeting.loc[account.meeting["kind"].isin(["squad", "internal_review"]), "held_on"]
    looked = pd.concat([met, account.review["held_on"], pd.Series([touched])]).max()
    chosen = account.selection["decided_on"].max()
    rounds: Sequence[tuple[str, pd.Timestamp, int]] = (
        ("month", looked, account.limit("plan_check_months")),
        ("quarter", touched, account.limit("plan_update_months")),
        ("year", chosen, 12),
    )
    return [(clock, since, since + pd.DateOffset(months=months)) for clock, since, months in rounds]


def _after_event(account: AccountView) -> Clock:
    """An event forces an extra review within ten working days; the oldest of the year without one counts."""
    today, reviewed = pd.Timestamp(account.as_of), account.review["held_on"].max()
    recent = account.event["happened_on"].between(today - pd.DateOffset(months=12), today)
    events = account.event.loc[recent, "happened_on"]
    waiting = events if pd.isna(reviewed) else events[events > reviewed]
    if waiting.empty:
        return "event", events.max() if len(events) else pd.NaT, pd.NaT
    due = waiting.min() + pd.offsets.BusinessDay(account.limit("review_after_event_days"))
    return "event", waiting.min(), due


def tailor_made(account: AccountView) -> list[Finding]:
    """Return what shows that the plan is not made for this customer (S3.8): copied text, no strategy line, no need."""
    place, plans = {"account": account.name}, account.account_plan
    lacks = [
        Finding(f"plan_without_{name}", "warning", place)
        for name in ("strategy_line", "customer_need")
        if plans[name].isna().all()
    ]
    copied = copied_texts(account).drop_duplicates("alike")
    told = [
        Finding("plan_copied_text", "warning", place, {"table": schema.TABLES[str(row.table)].title[text.language()],
                "times": row.times, "start": str(row.text)[:60]})
        for row in copied.itertuples()
    ]  # fmt: skip
    return [*lacks, *told]


def copied_texts(bundle: AccountView | Portfolio) -> pd.DataFrame:
    """Return the longer texts that stand in more than one place of the plans: text, table, column, row_id, account_id, alike (folded), times.

    Over a portfolio it finds what was copied between plans, over one account between its own rows (S3.8).
    """
    columns = ["text", "table", "column", "row_id", "account_id"]
    places = pd.DataFrame(
        [place for table in schema.TABLES.values() for place in _long_texts(bundle, table)], columns=columns
    )
    alike = places["text"].str.casefold().str.split().str.join(" ")
    times = alike.map(alike.value_counts())
    return places.assign(alike=alike, times=times)[times > 1].sort_values(
        ["text", "table"], ignore_index=True
    )


#: What several raters, senders or deciders rightly share, and the column that quotes a need on purpose.
_NOT_PROSE = ("assessment", "weight", "selection", "waiver", "communication", "decision")
_NAMED = ("customer_need", "source", "decided_by", "competitor")


def _long_texts(bundle: AccountView | Portfolio, table: schema.Table) -> list[tuple[object, ...]]:
    if table.role != "plan" or table.name in _NOT_PROSE:
        return []
    rows, least = bundle.tables[table.name], bundle.limit("copied_text_length")
    found: list[tuple[object, ...]] = []
    for column in [each.name for each in table.columns if each.kind == "text" and each.name not in _NAMED]:
        long = rows[rows[column].str.len() >= least]
        found += [
            (row[column], table.name, column, row["row_id"], row["account_id"]) for _, row in long.iterrows()
        ]
    return found


def joint_edition_refusal(account: AccountView) -> Finding | None:
    """Return why there is no joint plan to show the customer, or None (P25).

    Ask it on the internal view: refused when the customer's latest answer to a joint goal is no and none is
    confirmed. The plan then stays internal.
    """
    own = account.goal["account_id"].eq(account.account_id)  # a daughter's yes does not lift her parent's no
    joint = account.goal[own & account.goal["side"].eq("joint")].sort_values("customer_status_on")
    answered = joint[joint["customer_status"].isin(["confirmed", "changed", "declined"])]
    if answered.empty or answered["customer_status"].eq("confirmed").any():
        return None
    latest = answered.iloc[-1]
    if latest["customer_status"] != "declined":
        return None
    said = {"said": latest["customer_said"], "day": text.day(latest["customer_status_on"])}
    again = {"again": text.day(latest["ask_again_on"])}
    return Finding("joint_plan_declined", "error", {"account": account.name}, {**said, **again})


def tender_edition_refusal(account: AccountView) -> Finding | None:
    """Return why goals, plan and review are not shown to a customer in a running public tender, or None (P7).

    Operations go on: the team and the follow-up of promises and deliveries may still be shown.
    """
    tender = relationships.silence(account)
    return tender and Finding("tender_closes_edition", "error", {"account": account.name}, tender.values)
