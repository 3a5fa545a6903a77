"""When agreements end, and the last day to give notice of it (S3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kamlib.schema import Account, result
from kamlib.schema.days import notice_day
from kamlib.schema.facts import Agreement


@dataclass(frozen=True, kw_only=True)
class Term(Agreement):
    """One agreement's terms: the last day of notice, and the days that are left to it."""

    notice_on: date | None
    days_to_notice: int | None


@result("agreements")
def agreements(account: Account) -> Iterable[Term]:
    """One row per agreement that has not ended, the one whose notice day comes first first.

    `notice_on` is the last day to give notice, None where end or notice time is not known; days left are below zero
    where the day has passed.
    """
    running = [each for each in account.agreements if each.ends_on is None or each.ends_on >= account.today]
    terms = [_term(account, each) for each in running]
    return sorted(terms, key=lambda each: (each.notice_on or each.ends_on or date.max, each.agreement_id))


def _term(account: Account, agreement: Agreement) -> Term:
    ends_on, months = agreement.ends_on, agreement.notice_months
    notice_on = notice_day(ends_on, months) if ends_on and months is not None else None
    days = (notice_on - account.today).days if notice_on else None
    return Term(**agreement.values(), notice_on=notice_on, days_to_notice=days)
