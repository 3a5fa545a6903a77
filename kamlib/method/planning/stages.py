"""How close the cooperation is, now and in three years, held against what can be seen (6.4, row 28)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.planning.box import current_plan
from kamlib.schema import AccountView


def stages(account: AccountView) -> pd.DataFrame:
    """Return the five stages of a relation in their order: one row per stage.

    Columns stage, behaviour (what both do in it), stands (now, wanted, both or missing), sign (what the data shows of
    it, in words) and is_seen (whether that is enough; missing where the data can't tell).
    """
    plan = current_plan(account)
    now, wanted = (None, None) if plan is None else (plan["stage_now"], plan["stage_wanted"])
    rows = []
    for stage in text.entries("choice.relationship_stage"):
        seen, sign = _SIGNS[stage](account)
        here = [word for word, chosen in (("now", now), ("wanted", wanted)) if chosen == stage]
        stands = "both" if len(here) == 2 else here[0] if here else None
        rows.append((stage, text.t(f"anchor.relationship_stage.{stage}"), stands, sign, seen))
    table = pd.DataFrame(rows, columns=["stage", "behaviour", "stands", "sign", "is_seen"])
    return table.astype(
        {"stage": "str", "behaviour": "str", "stands": "str", "sign": "str", "is_seen": "boolean"}
    )


def stage_reading(account: AccountView) -> dict[str, str]:
    """Return what the judged stage rests on, as a key of the catalogue with its values, for `tables.say`.

    Said: not judged; seen in the data; or ahead of what the data shows.
    """
    plan = current_plan(account)
    if plan is None or text.is_missing(plan["stage_now"]):
        return {"key": "stage.not_judged"}
    values = {
        "now": text.label("relationship_stage", plan["stage_now"]),
        "wanted": text.label("relationship_stage", plan["stage_wanted"]),
        "evidence": text.t("stage.no_evidence")
        if text.is_missing(plan["stage_evidence"])
        else str(plan["stage_evidence"]),
    }
    seen = stages(account).set_index("stage")["is_seen"]
    reached = seen.loc[: plan["stage_now"]].fillna(value=True).all()
    return {"key": "stage.seen" if reached else "stage.ahead", **values}


Sign = tuple[bool | None, str]


def _exploratory(account: AccountView) -> Sign:
    met = len(relationships.links(account))
    return met > 0, text.t("stage.sign.exploratory", n=met)


def _basic(account: AccountView) -> Sign:
    sold = measures.sales(account)["revenue_12m"].iloc[0]
    if pd.isna(sold):
        return None, text.t("stage.sign.unknown")
    return bool(sold > 0), text.t("stage.sign.basic", amount=text.money(sold, account.currency))


def _cooperative(account: AccountView) -> Sign:
    today = pd.Timestamp(account.as_of)
    runs = account.agreement["ends_on"].isna() | (account.agreement["ends_on"] >= today)
    told = int(account.insight["grade"].isin(["told", "confirmed"]).sum())
    agreements = int(runs.sum())
    return agreements > 0 and told > 0, text.t("stage.sign.cooperative", n=agreements, told=told)


def _interdependent(account: AccountView) -> Sign:
    joint = _joint(account)
    roles = sum(each.is_threaded for each in relationships.threading(account))
    least = account.limit("stage_roles")
    return joint > 0 and roles >= least, text.t("stage.sign.interdependent", n=joint, roles=roles)


def _integrated(account: AccountView) -> Sign:
    values = int((account.value["stage"].eq("confirmed") & account.value["confirmed_on"].notna()).sum())
    kept = account.commitment[account.commitment["direction"].eq("customer")]["done_on"].notna().sum()
    seen = values > 0 and kept > 0 and _joint(account) > 1
    return bool(seen), text.t("stage.sign.integrated", n=values, kept=int(kept))


def _joint(account: AccountView) -> int:
    goals = account.goal
    return int((goals["side"].eq("joint") & goals["customer_status"].eq("confirmed")).sum())


_SIGNS: Mapping[str, Callable[[AccountView], Sign]] = {
    "exploratory": _exploratory,
    "basic": _basic,
    "cooperative": _cooperative,
    "interdependent": _interdependent,
    "integrated": _integrated,
}
