"""What the facts alone can put in the empty boxes: the start of the 45 minutes (S3.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kamlib import words
from kamlib.method import measures, relationships
from kamlib.method.planning.customer import volume
from kamlib.method.planning.page import PlanBox, one_page
from kamlib.schema import Account, result
from kamlib.schema.days import months_from
from kamlib.words import Words


@dataclass(frozen=True, kw_only=True)
class EmptyBox(PlanBox):
    """A box that is not filled: what to write or ask (`add`), and a text to start from where the facts give one."""

    proposal: Words | None


@result("draft")
def draft(account: Account) -> Iterable[EmptyBox]:
    """Return the boxes that are not filled, the most valuable first; nothing is written until somebody says yes."""
    for each in sorted(one_page(account).without(state="filled"), key=lambda box: box.worth):
        propose = _PROPOSALS.get(each.box)
        yield EmptyBox(**vars(each), proposal=propose(account) if propose else None)


def _why_key(account: Account) -> Words | None:
    sold, standing = measures.sales(account), account.standing
    if sold.revenue_12m is None:
        return None
    amount = measures.figure(account, "revenue", sold.revenue_12m)
    bought = words.sentence("draft.why_key", amount=amount)
    if standing is None or standing.revenue_rank is None:
        return bought
    rank = words.sentence("draft.why_key_rank", rank=standing.revenue_rank, of=standing.of_accounts)
    return words.joined([bought, rank])


def _people(account: Account) -> Words | None:
    shares = relationships.contact_shares(account)[:3]
    names = [relationships.person_name(account, each.contact_id) for each in shares]
    return words.sentence("draft.people", names=words.listed(names)) if names else None


def _goals(account: Account) -> Words | None:
    still = [each for each in volume(account) if each.trend in ("flat", "shrinking", "lost")]
    if not still:
        return None
    worst = max(still, key=lambda each: each.revenue_previous_12m or 0.0)
    change = words.money(worst.change, account.currency, signed=True)
    return words.sentence("draft.goals", group=worst.product_group, change=change)


def _risks(account: Account) -> Words | None:
    lines = [_of_one_person(account), _of_agreements(account), _of_volume(account)]
    seen = [line for line in lines if line]
    return words.joined(seen) if seen else None


def _of_one_person(account: Account) -> Words | None:
    shares = relationships.contact_shares(account)
    if not shares or shares[0].share < 0.5 or sum(each.contacts for each in shares) < 4:
        return None
    name = relationships.person_name(account, shares[0].contact_id)
    return words.sentence("draft.risk_person", name=name, share=words.percent(shares[0].share))


def _of_agreements(account: Account) -> Words | None:
    soon = months_from(account.today, account.limit("agreement_notice_months"))
    days = [each.ends_on for each in account.agreements if each.ends_on]
    ends = [day for day in days if account.today <= day <= soon]
    return words.sentence("draft.risk_agreement", day=words.day(min(ends))) if ends else None


def _of_volume(account: Account) -> Words | None:
    sold = measures.sales(account)
    if sold.growth_share is None or sold.growth_share >= -0.1:
        return None
    return words.sentence("draft.risk_volume", change=measures.figure(account, "growth", sold.growth_share))


def _dates(account: Account) -> Words:
    # Four weeks are enough to book both; the summer stop is stepped over.
    day = account.today + timedelta(weeks=4)
    first, last = account.limit("quiet_weeks")
    if first <= day.isocalendar().week <= last:
        day = date.fromisocalendar(day.year, last + 1, 1)
    return words.sentence("draft.dates", day=words.day(day))


_PROPOSALS: Mapping[str, Callable[[Account], Words | None]] = {
    "why_key": _why_key,
    "people": _people,
    "priorities": lambda _: words.sentence("draft.priorities"),
    "goals": _goals,
    "risks": _risks,
    "dates": _dates,
}
