"""The customer's journey, and the steps in it that do not work for them (T5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kamlib import words
from kamlib.schema import Account, result
from kamlib.schema.days import months_from
from kamlib.schema.plan import JourneyStep
from kamlib.words import Words


@dataclass(frozen=True, kw_only=True)
class Experienced(JourneyStep):
    """A step of the journey as the customer scores it.

    `is_pain`: score 2 or lower, at a moment of truth 3 or lower. `is_loose`: a pain that no running or finished
    initiative deals with; nobody's business in the customer's edition. `is_stale`: asked over a year ago, or never.
    """

    initiative: str | None
    answers: Words | None
    is_pain: bool
    is_loose: bool
    is_stale: bool


def _limits(account: Account) -> dict[str, int]:
    return {"pain": account.limit("pain_score"), "moment": account.limit("pain_score_moment")}


@result("journey", values=_limits)
def journey(account: Account) -> Iterable[Experienced]:
    """Return the customer's journey in its order, with the steps that hurt tied to what is done about them."""
    since = months_from(account.today, -account.limit("journey_months"))
    titles = {each.row_id: each.title for each in account.initiatives}
    for each in sorted(account.journey_steps, key=lambda step: step.step):
        is_pain = _hurts(account, each)
        yield Experienced(
            **each.values(),
            initiative=titles.get(each.initiative_id or ""),
            answers=_answers(account, each.respondents),
            is_pain=is_pain,
            is_loose=is_pain and not _is_tended(account, each) and account.audience != "customer",
            is_stale=each.asked_on is None or each.asked_on < since,
        )


def _hurts(account: Account, step: JourneyStep) -> bool:
    limit = account.limit("pain_score_moment" if step.is_moment_of_truth else "pain_score")
    return step.score is not None and step.score <= limit


def _is_tended(account: Account, step: JourneyStep) -> bool:
    return any(each.row_id == step.initiative_id and each.status != "stopped" for each in account.initiatives)


def _answers(account: Account, count: int | None) -> Words | None:
    if count is None:
        return None
    is_few = count < account.limit("small_sample_answers")
    return words.sentence("journey.answers_few" if is_few else "journey.answers", n=count)
