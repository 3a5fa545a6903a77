"""When agreements end, and the last day to give notice of it (S3.5)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from kamlib.schema import Account, result
from kamlib.schema.facts import Agreement


@dataclass(frozen=True)
class Term:
    """One agreement's terms: when it ends, the last day of notice, and the days that are left to each."""

    agreement_id: str
    account_id: str
    kind: str | None
    starts_on: date | None
    ends_on: date | None
    notice_months: int | None
    notice_on: date | None
    days_to_notice: int | None
    days_to_end: int | None
    has_price_clause: bool | None
    has_change_of_control: bool | None
    is_exclusive: bool | None


@result("agreements")
def agreements(account: Account) -> Iterable[Term]:
    """One row per agreement that has not ended, the one whose notice day comes first first.

    `notice_on` is the last day to give notice, None where end or notice time is not known; days left are below zero
    where the day has passed.
    """
    running = [each for each in account.agreements if each.ends_on is None or each.ends_on >= account.today]
    terms = [_term(account, each) for each in running]
    return sorted(terms, key=lambda each: (each.notice_on or each.ends_on or date.max, each.agreement_id))


def _term(account: Account, each: Agreement) -> Term:
    notice = None
    if each.ends_on and each.notice_months is not None:
        notice = months_before(each.ends_on, each.notice_months)
    to_notice, to_end = ((day - account.today).days if day else None for day in (notice, each.ends_on))
    return Term(
        each.agreement_id,
        each.account_id,
        each.kind,
        each.starts_on,
        each.ends_on,
        each.notice_months,
        notice,
        to_notice,
        to_end,
        each.has_price_clause,
        each.has_change_of_control,
        each.is_exclusive,
    )


def months_before(day: date, months: int) -> date:
    """Return the day that is whole months earlier; a month's last day stays its month's last day.

    To 31 March with three months' notice: 31 December. To 31 December: 30 September.
    """
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = monthrange(years, month + 1)[1]
    is_last = (day + timedelta(days=1)).day == 1
    return date(years, month + 1, last if is_last else min(day.day, last))
