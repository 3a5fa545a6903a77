"""Why a customer's edition of the plan is not made: a public tender, or a no to a joint plan (P7, P25)."""

from __future__ import annotations

from datetime import date

from kamlib import words
from kamlib.errors import Finding
from kamlib.method import relationships
from kamlib.schema import Account


def joint_edition_refusal(account: Account) -> Finding | None:
    """Return why there is no joint plan to show the customer, or None (P25).

    Ask it on the internal view: refused when the customer's latest answer to a joint goal is no and none is
    confirmed. The plan then stays internal.
    """
    # A daughter's yes does not lift her parent's no.
    joint = [each for each in account.goals if each.account_id == account.account_id and each.side == "joint"]
    answered = [each for each in joint if each.customer_status in ("confirmed", "changed", "declined")]
    if not answered or any(each.customer_status == "confirmed" for each in answered):
        return None
    latest = max(answered, key=lambda each: each.customer_status_on or date.max)
    if latest.customer_status != "declined":
        return None
    days = {"day": words.day(latest.customer_status_on), "again": words.day(latest.ask_again_on)}
    values = {"said": latest.customer_said, **days}
    return Finding("joint_plan_declined", "error", {"account": account.name}, values)


def tender_edition_refusal(account: Account) -> Finding | None:
    """Return why goals, plan and review are not shown to a customer in a running public tender, or None (P7).

    Operations go on: the team and the follow-up of promises and deliveries may still be shown.
    """
    tender = relationships.silence(account)
    return tender and Finding("tender_closes_edition", "error", {"account": account.name}, tender.values)
