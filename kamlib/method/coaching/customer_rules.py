"""Rules over what we know of the customer: people, needs, value, money, deliveries, answers (T1-T10, P7)."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.coaching.case import Case, Hit, rule, titled
from kamlib.schema import frame_of


@rule("error", "P7")
def tender_runs(case: Case) -> Iterable[Hit]:
    """A public tender is out: commercial questions go through the tender system only."""
    silence = relationships.silence(case.account)
    if silence is not None:
        yield dict(silence.values)


@rule("warning", "P7")
def customers_compete(case: Case) -> Iterable[Hit]:
    """The customer competes with another of ours: a wall stands between the teams."""
    own = case.account.account.set_index("account_id")["competes_with"]
    rival = own.get(case.account.account_id)
    if not text.is_missing(rival):
        yield {}


@rule("warning", "P7")
def legal_first(case: Case) -> Iterable[Hit]:
    """A goal of exclusivity or of a share of purchases, where our position is strong: legal reads it first."""
    judged = case.assessment.loc[case.assessment["criterion"].eq("our_position"), "score"].dropna()
    strong = bool(len(judged)) and float(judged.astype(float).median()) >= case.limit("strong_position_score")
    if strong or case.agreement["is_exclusive"].fillna(value=False).any():
        goals = case.open_goals
        said = (goals["title"].fillna("") + " " + goals["kpi"].fillna("")).str.casefold()
        words = "|".join(case.limit("exclusive_words"))
        yield from titled(goals, said.str.contains(words, regex=True))


@rule("warning", "P7, T10")
def hero_not_asked(case: Case) -> Iterable[Hit]:
    """A story with a named hero has been told, and nothing says that the person agreed."""
    rows = case.story
    asked = set(case.value.loc[case.value["may_be_used"].notna(), "confirmed_by"].dropna())
    is_told = rows["hero_id"].notna() & rows["told_on"].notna() & ~rows["hero_id"].isin(asked)
    for hit in titled(rows, is_told, "hero_id", "told_on", "told_to", title="told_to"):
        yield {
            "row_id": hit["row_id"],
            "who": case.name(hit["hero_id"]),
            "day": hit["told_on"],
            "receiver": hit["told_to"],
        }


@rule("error", "T2", asks=True)
def hangs_on_one(case: Case) -> Iterable[Hit]:
    """Most of our contacts go through one person."""
    shares = relationships.contact_shares(case.account)
    enough = shares["contacts"].sum() >= case.limit("contacts_fewest")
    if enough and shares["share"].iloc[0] >= case.limit("one_person_share"):
        who, ways = case.name(shares["contact_id"].iloc[0]), relationships.next_introduction(case.account)
        nobody = text.t("introduction.none_left", who=who)
        yield {
            "who": who,
            "share": text.percent(shares["share"].iloc[0]),
            "n": int(shares["contacts"].sum()),
            "next_step": nobody if ways.empty else ways["reading"].iloc[0],
        }


def _economic_buyers(case: Case) -> pd.Series[bool]:
    """Tell of each person whether they decide about the money, by name."""
    is_named = case.people["contact_id"].notna() & ~case.people["is_placeholder"].fillna(value=False)
    return (case.people["role"].eq("economic") & is_named).astype(bool)


@rule("error", "S3.1, P13", asks=True)
def economic_buyer_unknown(case: Case) -> Iterable[Hit]:
    """People are mapped, but nobody knows who decides about the money."""
    if len(case.stakeholder) and not _economic_buyers(case).any():
        yield {}


@rule("warning", "P11, P13", is_contact=True)
def economic_buyer_unmet(case: Case) -> Iterable[Hit]:
    """The one who decides about the money has not been met within the interval."""
    known = _economic_buyers(case)
    if known.any() and not case.people["freshness"].eq("fresh")[known].any():
        first = case.people.iloc[int(known.argmax())]
        last = first["last_two_way_on"]
        day = text.t("met.never") if text.is_missing(last) else text.day(last)
        yield {"who": case.name(first["contact_id"]), "day": day}


@rule("warning", "P11, T7", is_contact=True)
def contact_due(case: Case) -> Iterable[Hit]:
    """People whom we have not spoken with within one and a half times the agreed interval."""
    due = relationships.due_contacts(case.account)
    stale = due[due["freshness"].eq("stale") & due["role"].ne("economic")]
    if len(stale):
        yield {
            "people": text.listed(case.name(each) for each in stale["contact_id"].head(3)),
            "n": len(stale),
        }


@rule("warning", "S3.2, T3", is_contact=True)
def insight_assumed_old(case: Case) -> Iterable[Hit]:
    """We still assume what we could have asked."""
    rows = case.insight
    is_old = (case.now - rows["graded_on"]).dt.days > case.limit("assumed_days")
    for hit in titled(rows, rows["grade"].eq("assumed") & is_old, "graded_on", title="goal"):
        yield {**hit, "days": case.days_since(hit.pop("graded_on"))}


@rule("note", "S3.2", asks=True)
def nothing_confirmed(case: Case) -> Iterable[Hit]:
    """The customer has confirmed none of what we believe that they want."""
    if len(case.insight) and not case.insight["grade"].eq("confirmed").any():
        yield {"n": len(case.insight)}


@rule("warning", "T4", asks=True)
def value_unconfirmed(case: Case) -> Iterable[Hit]:
    """Value is measured, but the customer has not confirmed it."""
    for hit in titled(case.value, case.value["stage"].eq("measured"), "amount"):
        yield {**hit, "amount": case.money(hit["amount"])}


@rule("warning", "T4, P1")
def value_lost(case: Case) -> Iterable[Hit]:
    """The customer has confirmed a cost that we caused: it is shown, never hidden."""
    is_minus = case.value["stage"].eq("confirmed") & (case.value["amount"] < 0)
    for hit in titled(case.value, is_minus, "amount"):
        yield {**hit, "amount": case.money(hit["amount"])}


@rule("error", "6.7")
def service_eats_profit(case: Case) -> Iterable[Hit]:
    """What it costs to serve the customer is more than the contribution margin."""
    row = measures.customer_profit(case.account)
    if row.profit is not None and row.profit < 0:
        cost = measures.service_costs(case.account)[0]
        yield {
            "margin": case.money(row.contribution_margin),
            "cost": case.money(row.service_cost),
            "profit": case.money(row.profit),
            "activity": text.label("service_activity", cost.activity),
        }


@rule("warning", "S5.3")
def revenue_falls(case: Case) -> Iterable[Hit]:
    """The customer buys clearly less than a year ago, or nothing at all any more."""
    row = frame_of([measures.sales(case.account)]).iloc[0]
    has_stopped = pd.isna(row["revenue_12m"]) and row["revenue_previous_12m"] > 0
    growth = -1.0 if has_stopped else row["growth_share"]
    if round(growth, 9) <= case.limit("fall_share"):
        yield {
            "change": text.percent(growth, signed=True),
            "amount": case.money(0.0 if has_stopped else row["revenue_12m"]),
        }


@rule("warning", "S5.3")
def flat_group(case: Case) -> Iterable[Hit]:
    """A large product group stands still for the second year in a row."""
    most, least = case.limit("flat_growth_share"), case.limit("flat_of_sales_share")
    years = [
        measures.within(case.revenue, "month", case.account.window(12, back=back))
        .groupby("product_group")["revenue"]
        .sum()
        for back in (24, 12, 0)
    ]
    sums = pd.concat(years, axis=1, keys=["first", "second", "third"]).dropna()
    still = (sums["second"] / sums["first"] - 1).abs().round(9).lt(most) & (
        sums["third"] / sums["second"] - 1
    ).abs().round(9).lt(most)
    for group, amount in sums.loc[still & sums["third"].ge(least * sums["third"].sum()), "third"].items():
        yield {"group": group, "amount": case.money(amount)}


@rule("warning", "Q4")
def project_slips(case: Case) -> Iterable[Hit]:
    """A running project is clearly behind its plan."""
    rows = measures.projects(case.account).frame()
    late = rows[~rows["status"].isin(["done", "stopped"]) & rows["slip_days"].ge(case.limit("slip_days"))]
    for row in late.to_dict("records"):
        yield {
            "row_id": row["project_id"],
            "title": row["name"],
            "days": row["slip_days"],
            "day": row["planned_end_on"],
        }


@rule("error", "T6")
def delivery_low(case: Case) -> Iterable[Hit]:
    """Deliveries on time in full are below what we ask of ourselves."""
    row = measures.delivery_precision(case.account).frame().iloc[0]
    if row["share"] < case.limit("precision_share"):
        yield {"share": text.percent(row["share"]), "limit": text.percent(case.limit("precision_share"))}


@rule("error", "S5.3")
def severe_case_open(case: Case) -> Iterable[Hit]:
    """A severe case is open longer than two weeks."""
    rows = case.case
    is_open = rows["closed_on"].isna() & rows["severity"].isin(["high", "critical"])
    is_old = (case.now - rows["opened_on"]).dt.days > case.limit("case_days")
    for hit in titled(rows, is_open & is_old, "opened_on", row_id="case_id"):
        yield {**hit, "days": case.days_since(hit.pop("opened_on"))}


@rule("warning", "6.7", asks=True)
def mean_hides_low(case: Case) -> Iterable[Hit]:
    """The mean looks good while somebody is clearly dissatisfied."""
    rows = measures.satisfaction(case.account).frame()
    for row in rows[rows["hides_low"].astype(bool)].to_dict("records"):
        answers = frame_of(measures.answers(case.account, row["kind"])).sort_values("score")
        yield {
            "kind": text.label("feedback_kind", row["kind"]),
            "who": case.name(answers["contact_id"].iloc[0]),
            "mean": text.number(row["mean"], 1),
            "lowest": row["lowest"],
            "n": row["n"],
        }


@rule("note", "S5.3", is_contact=True)
def nobody_answered(case: Case) -> Iterable[Hit]:
    """No answer of any kind from the customer for a year: silence is not satisfaction."""
    if not case.is_bare and not measures.satisfaction(case.account):
        yield {}


@rule("warning", "S3.5")
def agreement_ends(case: Case) -> Iterable[Hit]:
    """An agreement ends within its notice time and a quarter."""
    rows = case.agreement
    ahead, told = rows["ends_on"] >= case.now, ("kind", "ends_on", "notice_months")
    for hit in titled(rows, ahead, *told, row_id="agreement_id", title="kind"):
        notice = 0 if text.is_missing(hit["notice_months"]) else int(hit["notice_months"])
        if hit["ends_on"] <= case.now + pd.DateOffset(months=notice + 3):
            kind = text.label("agreement_kind", hit["kind"])
            yield {"row_id": hit["row_id"], "kind": kind, "day": hit["ends_on"], "months": notice}


@rule("note", "T5")
def journey_step_sore(case: Case) -> Iterable[Hit]:
    """A step that chafes in the customer's journey leads to no initiative."""
    rows = case.journey_step
    yield from titled(rows, rows["score"].le(2) & rows["initiative_id"].isna(), "score")
