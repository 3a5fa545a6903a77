"""The ten tips as a scorecard: measured evidence and one next step each (P8, 6.10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kamlib import words
from kamlib.method import measures, relationships
from kamlib.schema import Account, result
from kamlib.schema.days import months_from
from kamlib.schema.plan import ValueClaim

#: Tips whose step is a talk with the customer or an offer: a public tender silences them (P7).
_SILENCED = ("T2", "T3", "T4", "T5", "T6", "T7", "T8", "T10")


@dataclass(frozen=True)
class Tip:
    """One tip of the ten: how far it has come (done, partly, missing, silent), the evidence and one next step."""

    tip: str
    state: str
    evidence: words.Words
    next_step: words.Words


@dataclass(frozen=True)
class Sign:
    """What a tip measures: two checks, and the figures that its sentence tells."""

    one: bool
    other: bool
    values: Mapping[str, object]


@result("tips")
def tips(account: Account) -> Iterable[Tip]:
    """The tips T1-T10: done where both checks hold, partly with one, missing with none; there is no total (P19).

    The card is for the KAM and a chosen coach.
    """
    is_tender = relationships.silence(account) is not None
    for name, measure in _SIGNS.items():
        sign = measure(account)
        state = ("missing", "partly", "done")[sign.one + sign.other]
        state = "silent" if is_tender and name in _SILENCED else state
        step = {"silent": "tip.silent", "done": "tip.keep"}.get(state, f"tip.{name}.next")
        yield Tip(name, state, words.sentence(f"tip.{name}.evidence", **sign.values), words.sentence(step))


def _is_recent(account: Account, day: date | None, months: int = 12) -> bool:
    return day is not None and months_from(account.today, -months) < day <= account.today


def _horizon(account: Account) -> Sign:
    """T1: a goal whose date is 24 months or more ahead, and at least half of the initiatives not about a sale."""
    last_on = max((each.due_on for each in account.live_goals if each.due_on), default=None)
    is_far = last_on is not None and months_from(last_on, -24) >= account.today
    of = len(account.open_initiatives)
    n = sum(each.is_about_sale is False for each in account.open_initiatives)
    return Sign(is_far, n > 0 and of <= 2 * n, {"day": words.day(last_on), "n": n, "of": of})


def _several(account: Account) -> Sign:
    """T2: three roles with two-way contact in 90 days, and nobody carries most of the contacts."""
    roles = relationships.threading(account)
    met = sum(bool(each.is_threaded) for each in roles)
    most = max((each.share for each in relationships.contact_shares(account)), default=None)
    is_spread = most is not None and most < account.limit("one_person_share")
    return Sign(met >= 3, is_spread, {"n": met, "of": len(roles), "share": words.percent(most)})


def _well_read(account: Account) -> Sign:
    """T3: a fact each on market, organisation and challenges, younger than six months; one confirmed."""
    recent = [each for each in account.insights if _is_recent(account, each.graded_on, 6)]
    topics = {each.topic for each in recent if each.topic}
    sure = sum(each.grade == "confirmed" for each in recent)
    return Sign(len(topics) == 3, sure > 0, {"n": len(topics), "of": 3, "sure": sure})


def _value(account: Account) -> Sign:
    """T4: offers whose value was quantified before the price, and gains that the customer confirmed."""
    priced = [(each.value_quantified_on, each.priced_on) for each in account.opportunities]
    offers = [(valued_on, day) for valued_on, day in priced if day and _is_recent(account, day)]
    n = sum(valued_on is not None and valued_on <= priced_on for valued_on, priced_on in offers)
    gains = [each.amount or 0 for each in _gains(account)]
    amount = words.money(sum(gains), account.currency)
    values = {"n": n, "of": len(offers), "amount": amount if gains else words.sentence("tip.none_yet")}
    return Sign(n > 0 and len(offers) <= 2 * n, bool(gains), values)


def _gains(account: Account) -> list[ValueClaim]:
    """What the customer has confirmed to be worth more than nothing."""
    return [each for each in account.confirmed_values if (each.amount or 0) > 0]


def _journey(account: Account) -> Sign:
    """T5: a journey younger than a year, and a proposal for every sore step."""
    steps = [each for each in account.journey_steps if _is_recent(account, each.asked_on)]
    sore = [each for each in steps if each.score is not None and each.score <= 3]
    proposed = sum(each.proposal is not None for each in sore)
    asked = max((each.respondents or 0 for each in steps), default=0)
    values = {"n": len(steps), "sore": len(sore), "proposed": proposed, "asked": asked}
    return Sign(bool(steps), bool(steps) and proposed == len(sore), values)


def _kept(account: Account) -> Sign:
    """T6: promises kept on time, and deliveries on time in full."""
    ours = measures.commitments(account).ours
    precision = measures.precision(account, "12m")
    is_kept = ours.on_time_share is not None and ours.on_time_share >= account.limit("promises_kept_share")
    is_precise = precision is not None and precision >= account.limit("precision_share")
    values = {"n": ours.on_time, "of": ours.due, "share": measures.figure(account, "delivery", precision)}
    return Sign(is_kept, is_precise, values)


def _touch(account: Account) -> Sign:
    """T7: two-way contacts that were not about a sale, and decision roles inside their interval."""
    free = [each for each in account.touchpoints if each.is_two_way and each.is_about_sale is False]
    n = sum(_is_recent(account, each.held_on, 3) for each in free)
    people = relationships.people(account)
    deciding = [each for each in people if each.role in account.limit("decision_roles")]
    fresh = sum(each.freshness == "fresh" for each in deciding)
    values = {"n": n, "fresh": fresh, "of": len(deciding)}
    return Sign(n > 0, bool(deciding) and fresh == len(deciding), values)


def _joint(account: Account) -> Sign:
    """T8: goals made with the customer, with an owner on their side and the day on which they confirmed."""
    joint = [each for each in account.live_goals if each.side == "joint"]
    sure = sum(each.customer_owner_id is not None and each.customer_status == "confirmed" for each in joint)
    return Sign(bool(joint), sure > 0, {"n": len(joint), "sure": sure})


def _story(account: Account) -> Sign:
    """T9: a story with all four parts, told to somebody who answered."""
    parts = [(each, (each.situation, each.tension, each.change, each.result)) for each in account.stories]
    whole = [each for each, told in parts if all(told)]
    days = [each.told_on for each in whole if each.told_on and each.told_to]
    day = words.day(max(days)) if days else words.sentence("met.never")
    return Sign(bool(whole), bool(days), {"n": len(whole), "told": len(days), "day": day})


def _hero(account: Account) -> Sign:
    """T10: a story whose hero is one of theirs, and confirmed value that they may use at home."""
    hero = next((each.hero_id for each in account.stories if each.hero_id), None)
    usable = [each for each in _gains(account) if each.may_be_used]
    who = relationships.person_name(account, hero) if hero else words.sentence("tip.nobody_yet")
    return Sign(hero is not None, bool(usable), {"who": who, "n": len(usable)})


_SIGNS: Mapping[str, Callable[[Account], Sign]] = {
    "T1": _horizon,
    "T2": _several,
    "T3": _well_read,
    "T4": _value,
    "T5": _journey,
    "T6": _kept,
    "T7": _touch,
    "T8": _joint,
    "T9": _story,
    "T10": _hero,
}
