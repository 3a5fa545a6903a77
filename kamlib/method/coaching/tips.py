"""The ten tips as a scorecard: measured evidence and one next step each (P8, 6.10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.coaching.case import Case
from kamlib.schema import AccountView, frame_of

#: What a tip measures: two checks, and the figures that its sentence tells.
Sign = tuple[bool, bool, dict[str, Any]]


def tips(account: AccountView) -> pd.DataFrame:
    """One row per tip T1-T10: `tip`, `state` (done, partly, missing, silent), `evidence`, `next_step`.

    Two checks each: both hold, one, or none. T7 and T8 are silent while a public tender runs (P7). The card is for
    the KAM and a chosen coach; there is no total (P19).
    """
    case, silence = Case(account), relationships.silence(account)
    return pd.DataFrame([_tip(name, case, silence is not None) for name in _SIGNS])


def _tip(name: str, case: Case, silent: bool) -> dict[str, Any]:  # noqa: FBT001
    one, other, values = _SIGNS[name](case)
    quiet = silent and name in ("T7", "T8")
    state = "silent" if quiet else ("missing", "partly", "done")[one + other]
    step = {"silent": "tip.silent", "done": "tip.keep"}.get(state, f"tip.{name}.next")
    return {
        "tip": name,
        "state": state,
        "evidence": {"key": f"tip.{name}.evidence", **values},
        "next_step": {"key": step},
    }


def _horizon(case: Case) -> Sign:
    """T1: a goal whose date is 24 months or more ahead, and at least half of the initiatives not about a sale."""
    initiatives, ahead = case.open_initiatives, case.open_goals["due_on"].max()
    far = pd.notna(ahead) and ahead >= case.now + pd.DateOffset(months=24)
    free = int((~initiatives["is_about_sale"].fillna(value=True).astype(bool)).sum())
    return (
        bool(far),
        bool(free and free * 2 >= len(initiatives)),
        {"day": text.day(ahead), "n": free, "of": len(initiatives)},
    )


def _several(case: Case) -> Sign:
    """T2: three roles with two-way contact in 90 days, and nobody carries most of the contacts."""
    roles, shares = relationships.threading(case.account), relationships.contact_shares(case.account)
    met = int(roles["is_threaded"].sum())
    most = float(shares["share"].max()) if len(shares) else 1.0
    spread = most < case.limit("one_person_share")
    return (
        met >= 3,
        spread,
        {"n": met, "of": len(roles), "share": text.percent(most if len(shares) else None)},
    )


def _read(case: Case) -> Sign:
    """T3: a fact each on market, organisation and challenges, younger than six months; one confirmed."""
    rows = measures.past_year(case.account, case.insight, "graded_on", 6)
    topics = rows["topic"].dropna().nunique()
    sure = int(rows["grade"].eq("confirmed").sum())
    return topics == 3, sure > 0, {"n": topics, "of": 3, "sure": sure}


def _value(case: Case) -> Sign:
    """T4: offers whose value was quantified before the price, and rows that the customer confirmed."""
    offers = measures.past_year(case.account, case.opportunity.dropna(subset=["priced_on"]), "priced_on")
    first = int((offers["value_quantified_on"] <= offers["priced_on"]).sum())
    sure = case.value[case.value["stage"].eq("confirmed") & case.value["amount"].gt(0)]
    amount = case.money(sure["amount"].sum()) if len(sure) else text.t("tip.none_yet")
    values = {"n": first, "of": len(offers), "amount": amount}
    return bool(first and first * 2 >= len(offers)), len(sure) > 0, values


def _journey(case: Case) -> Sign:
    """T5: a journey younger than a year, and a proposal for every sore step."""
    steps = measures.past_year(case.account, case.journey_step, "asked_on")
    sore = steps[steps["score"].le(3).fillna(value=False)]
    proposed = int(sore["proposal"].notna().sum())
    asked = int(steps["respondents"].fillna(0).max()) if len(steps) else 0
    values = {"n": len(steps), "sore": len(sore), "proposed": proposed, "asked": asked}
    return len(steps) > 0, bool(len(steps)) and proposed == len(sore), values


def _kept(case: Case) -> Sign:
    """T6: promises kept on time, and deliveries on time in full."""
    ours = frame_of([measures.commitments(case.account).ours]).iloc[0]
    precision = measures.delivery_precision(case.account).frame().iloc[0]["share"]
    values = {"n": ours["on_time"], "of": ours["due"], "share": text.percent(precision)}
    kept = ours["on_time_share"] >= case.limit("promises_kept_share")
    return bool(kept), bool(precision >= case.limit("precision_share")), values


def _touch(case: Case) -> Sign:
    """T7: two-way contacts that were not about a sale, and decision roles inside their interval."""
    recent = measures.past_year(case.account, case.touchpoint, "held_on", 3)
    talked = recent["is_two_way"].fillna(value=False).astype(bool)
    free = talked & ~recent["is_about_sale"].fillna(value=True).astype(bool)
    roles = case.people[case.people["role"].isin(case.limit("decision_roles"))]
    fresh = int(roles["freshness"].eq("fresh").sum())
    values = {"n": int(free.sum()), "fresh": fresh, "of": len(roles)}
    return bool(free.any()), bool(len(roles)) and fresh == len(roles), values


def _joint(case: Case) -> Sign:
    """T8: goals made with the customer, with an owner on their side and the day on which they confirmed."""
    joint = case.open_goals[case.open_goals["side"].eq("joint")]
    owned = joint["customer_owner_id"].notna()
    sure = int((owned & joint["customer_status"].eq("confirmed")).sum())
    return len(joint) > 0, sure > 0, {"n": len(joint), "sure": sure}


def _story(case: Case) -> Sign:
    """T9: a story with all four parts, told to somebody who answered."""
    whole = case.story.dropna(subset=["situation", "tension", "change", "result"])
    told = whole[whole["told_on"].notna() & whole["told_to"].notna()]
    return (
        len(whole) > 0,
        len(told) > 0,
        {
            "n": len(whole),
            "told": len(told),
            "day": text.day(told["told_on"].max()) if len(told) else text.t("met.never"),
        },
    )


def _hero(case: Case) -> Sign:
    """T10: a story whose hero is one of theirs, and confirmed value that they may use at home."""
    heroes = case.story["hero_id"].dropna()
    sure = case.value[case.value["stage"].eq("confirmed") & case.value["amount"].gt(0)]
    may = sure[sure["may_be_used"].notna()]
    who = case.name(heroes.iloc[0]) if len(heroes) else text.t("tip.nobody_yet")
    return len(heroes) > 0, len(may) > 0, {"who": who, "n": len(may)}


_SIGNS: Mapping[str, Callable[[Case], Sign]] = {
    "T1": _horizon,
    "T2": _several,
    "T3": _read,
    "T4": _value,
    "T5": _journey,
    "T6": _kept,
    "T7": _touch,
    "T8": _joint,
    "T9": _story,
    "T10": _hero,
}
