"""How close the cooperation is, now and in three years, held against what can be seen (6.4, row 28)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kamlib import words
from kamlib.method import measures, relationships
from kamlib.schema import Account, result
from kamlib.words import Words


@dataclass(frozen=True)
class Stage:
    """One stage of a relationship: what both do in it, and what the data shows of it.

    `stands` is now, wanted, both or None; `is_seen` whether the sign is enough, None where the data can't tell.
    """

    stage: str
    behaviour: Words
    stands: str | None
    sign: Words
    is_seen: bool | None


@result("stages")
def stages(account: Account) -> Iterable[Stage]:
    """Return the five stages of a relationship in their order."""
    plan = account.plan
    now, wanted = (plan.stage_now, plan.stage_wanted) if plan else (None, None)
    for stage, sign_of in _SIGNS.items():
        is_seen, sign = sign_of(account)
        here = [word for word, chosen in (("now", now), ("wanted", wanted)) if chosen == stage]
        stands = "both" if len(here) == 2 else here[0] if here else None
        behaviour = words.sentence(f"anchor.relationship_stage.{stage}")
        yield Stage(stage, behaviour, stands, sign, is_seen)


def stage_reading(account: Account) -> dict[str, object]:
    """Return what the judged stage rests on, as a key of the catalogue with its values, for `tables.say`.

    Said: not judged; seen in the data; or ahead of what the data shows.
    """
    plan = account.plan
    if plan is None or plan.stage_now is None:
        return {"key": "stage.not_judged"}
    values = {
        "now": words.label("relationship_stage", plan.stage_now),
        "wanted": words.label("relationship_stage", plan.stage_wanted),
        "evidence": plan.stage_evidence or words.sentence("stage.no_evidence"),
    }
    order = list(_SIGNS)
    reached = order[: order.index(plan.stage_now) + 1]
    is_seen = all(each.is_seen is not False for each in stages(account) if each.stage in reached)
    return {"key": "stage.seen" if is_seen else "stage.ahead", **values}


Sign = tuple[bool | None, Words]


def _exploratory(account: Account) -> Sign:
    met = len(relationships.links(account))
    return met > 0, words.sentence("stage.sign.exploratory", n=met)


def _basic(account: Account) -> Sign:
    sold = measures.sales(account)
    if sold.revenue_12m is None:
        return None, words.sentence("stage.sign.unknown")
    amount = measures.figure(account, "revenue", sold.revenue_12m)
    return sold.revenue_12m > 0, words.sentence("stage.sign.basic", amount=amount)


def _cooperative(account: Account) -> Sign:
    running = sum(each.ends_on is None or each.ends_on >= account.today for each in account.agreements)
    heard = sum(each.grade in ("told", "confirmed") for each in account.insights)
    return running > 0 and heard > 0, words.sentence("stage.sign.cooperative", n=running, told=heard)


def _interdependent(account: Account) -> Sign:
    joint = _joint(account)
    roles = sum(bool(each.is_threaded) for each in relationships.threading(account))
    is_seen = joint > 0 and roles >= account.limit("stage_roles")
    return is_seen, words.sentence("stage.sign.interdependent", n=joint, roles=roles)


def _integrated(account: Account) -> Sign:
    values = len(account.confirmed_values)
    kept = sum(each.direction == "customer" and each.done_on is not None for each in account.commitments)
    is_seen = values > 0 and kept > 0 and _joint(account) > 1
    return is_seen, words.sentence("stage.sign.integrated", n=values, kept=kept)


def _joint(account: Account) -> int:
    return sum(each.side == "joint" and each.customer_status == "confirmed" for each in account.goals)


_SIGNS: Mapping[str, Callable[[Account], Sign]] = {
    "exploratory": _exploratory,
    "basic": _basic,
    "cooperative": _cooperative,
    "interdependent": _interdependent,
    "integrated": _integrated,
}
