"""What the facts alone can put in the empty boxes: the start of the 45 minutes (S3.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.planning import customer
from kamlib.method.planning.page import one_page
from kamlib.schema import AccountView


def draft(account: AccountView) -> pd.DataFrame:
    """Return the boxes that are not filled, the most valuable first, with what the facts propose.

    One row is one box: box, title, is_required, state, minutes, add (what to write or ask) and proposal (a text to
    start from; empty where only a person can know). Nothing proposed is written anywhere until somebody says yes.
    """
    boxes = one_page(account)
    empty = boxes[boxes["state"].ne("filled")].sort_values("worth")
    proposals = [_PROPOSALS[box](account) if box in _PROPOSALS else "" for box in empty["box"]]
    columns = ["box", "title", "is_required", "state", "minutes", "add"]
    return (
        empty[columns].assign(proposal=pd.Series(proposals, empty.index, dtype="str")).reset_index(drop=True)
    )


def _why_key(account: AccountView) -> str:
    sold, standing = measures.sales(account).iloc[0], account.standing
    if pd.isna(sold["revenue_12m"]):
        return ""
    said = text.t("draft.why_key", amount=text.money(sold["revenue_12m"], account.currency))
    if standing and standing.revenue_rank is not None:
        rank = {"rank": standing.revenue_rank, "of": standing.of_accounts}
        said = f"{said} {text.t('draft.why_key_rank', **rank)}"
    return said


def _people(account: AccountView) -> str:
    shares = relationships.contact_shares(account)[:3]
    names = [relationships.person_name(account, each.contact_id) for each in shares]
    return text.t("draft.people", names=text.listed(names)) if names else ""


def _goals(account: AccountView) -> str:
    groups = customer.volume(account)
    still = groups[groups["trend"].isin(["flat", "shrinking", "lost"])]
    if still.empty:
        return ""
    worst = still.sort_values("revenue_previous_12m").iloc[-1]
    change = text.money(worst["change"], account.currency, signed=True)
    return text.t("draft.goals", group=worst["product_group"], change=change)


def _risks(account: AccountView) -> str:
    told, today = [], pd.Timestamp(account.as_of)
    shares = relationships.contact_shares(account)
    if shares and shares[0].share >= 0.5 and sum(each.contacts for each in shares) >= 4:
        name = relationships.person_name(account, shares[0].contact_id)
        told.append(text.t("draft.risk_person", name=name, share=text.percent(shares[0].share)))
    soon = today + pd.DateOffset(months=account.limit("agreement_notice_months"))
    ends = account.agreement.loc[account.agreement["ends_on"].between(today, soon), "ends_on"]
    told += [text.t("draft.risk_agreement", day=text.day(ends.min()))] if len(ends) else []
    growth = measures.sales(account)["growth_share"].iloc[0]
    told += [text.t("draft.risk_volume", change=text.percent(growth, signed=True))] if growth < -0.1 else []
    return " ".join(told)


def _dates(account: AccountView) -> str:
    # Four weeks are enough to book both; the summer stop is stepped over.
    day = pd.Timestamp(account.as_of) + pd.Timedelta(weeks=4)
    first, last = account.limit("quiet_weeks")
    if first <= day.isocalendar().week <= last:
        day = pd.Timestamp.fromisocalendar(day.year, last + 1, 1)
    return text.t("draft.dates", day=text.day(day))


_PROPOSALS: Mapping[str, Callable[[AccountView], str]] = {
    "why_key": _why_key,
    "people": _people,
    "priorities": lambda _: text.t("draft.priorities"),
    "goals": _goals,
    "risks": _risks,
    "dates": _dates,
}
