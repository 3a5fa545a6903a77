"""Rules over what we know of the customer: people, needs, value, money, deliveries, answers (T1-T10, P7)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from statistics import median

from kamlib import words
from kamlib.method import measures, relationships
from kamlib.method.coaching.plan_rules import is_bare
from kamlib.method.coaching.rules import Hit, hit, rule, within_sentence
from kamlib.schema import Account
from kamlib.schema.days import months_from
from kamlib.words import Words


@rule("error", "P7", cause="tender")
def tender_runs(account: Account) -> Iterable[Hit]:
    """A public tender is out: commercial questions go through the tender system only."""
    silence = relationships.silence(account)
    if silence is not None:
        yield hit(**silence.values, by=silence.values["until"].value)


@rule("warning", "P7", cause="competing_customers")
def customers_compete(account: Account) -> Iterable[Hit]:
    """The customer competes with another of ours: a wall stands between the teams."""
    if account.customer and account.customer.competes_with:
        yield hit()


@rule("warning", "P7", cause="growth")
def legal_first(account: Account) -> Iterable[Hit]:
    """A goal of exclusivity or of a share of purchases, where our position is strong: legal reads it first."""
    scores = [each.score for each in account.assessments if each.criterion == "our_position"]
    is_strong = bool(scores) and median(scores) >= account.limit("strong_position_score")
    if is_strong or any(each.is_exclusive for each in account.agreements):
        for goal in account.live_goals:
            wording = f"{goal.title} {goal.kpi or ''}".casefold()
            if any(word in wording for word in account.limit("exclusive_words")):
                yield hit(goal)


@rule("warning", "P7, T10", asks=True)
def hero_not_asked(account: Account) -> Iterable[Hit]:
    """A story with a named hero has been told, and nothing says that the person agreed."""
    agreed = {each.confirmed_by for each in account.value_claims if each.may_be_used}
    for story in account.stories:
        if story.hero_id and story.told_on and story.hero_id not in agreed:
            who = relationships.person_name(account, story.hero_id)
            yield hit(row_id=story.row_id, who=who, day=story.told_on, receiver=story.told_to)


@rule("error", "T2", asks=True, cause="people")
def hangs_on_one(account: Account) -> Iterable[Hit]:
    """Most of our contacts go through one person."""
    shares = relationships.contact_shares(account)
    n = sum(each.contacts for each in shares)
    if n < account.limit("contacts_fewest") or shares[0].share < account.limit("one_person_share"):
        return
    who = relationships.person_name(account, shares[0].contact_id)
    ways = relationships.next_introduction(account)
    next_step = ways[0].reading if ways else words.sentence("introduction.none_left", who=who)
    yield hit(who=who, share=words.percent(shares[0].share), n=n, next_step=next_step)


@rule("error", "S3.1, P13", asks=True, cause="people")
def economic_buyer_unknown(account: Account) -> Iterable[Hit]:
    """People are mapped, but nobody knows who decides about the money."""
    if account.stakeholders and not _economic_buyers(account):
        yield hit()


@rule("warning", "P11, P13", is_contact=True, cause="people")
def economic_buyer_unmet(account: Account) -> Iterable[Hit]:
    """The one who decides about the money has not been met within the interval."""
    buyers = _economic_buyers(account)
    if buyers and not any(each.freshness == "fresh" for each in buyers):
        last_on = buyers[0].last_two_way_on
        day = words.day(last_on) if last_on else words.sentence("met.never")
        yield hit(who=relationships.person_name(account, buyers[0].contact_id), day=day)


def _economic_buyers(account: Account) -> list[relationships.Person]:
    """Who decides about the money, by name, the most influential first."""
    deciding = [each for each in relationships.people(account) if each.role == "economic"]
    return [each for each in deciding if each.contact_id and not each.is_placeholder]


@rule("warning", "P11, T7", is_contact=True, cause="people")
def contact_due(account: Account) -> Iterable[Hit]:
    """People whom we have not spoken with within one and a half times the agreed interval."""
    due = relationships.due_contacts(account)
    stale = [each for each in due if each.freshness == "stale" and each.role != "economic"]
    if stale:
        names = [relationships.person_name(account, each.contact_id) for each in stale[:3]]
        yield hit(people=words.listed(names), n=len(stale))


@rule("warning", "S3.2, T3", is_contact=True)
def insight_assumed_old(account: Account) -> Iterable[Hit]:
    """We still assume what we could have asked."""
    for insight in account.insights:
        days = account.days_late(insight.graded_on)
        if insight.grade == "assumed" and days > account.limit("assumed_days"):
            yield hit(row_id=insight.row_id, title=within_sentence(insight.goal), days=days)


@rule("note", "S3.2", asks=True)
def nothing_confirmed(account: Account) -> Iterable[Hit]:
    """The customer has confirmed none of what we believe that they want."""
    if account.insights and not any(each.grade == "confirmed" for each in account.insights):
        yield hit(n=len(account.insights))


@rule("warning", "T4", asks=True)
def value_unconfirmed(account: Account) -> Iterable[Hit]:
    """Value is measured, but the customer has not confirmed it."""
    for claim in account.value_claims:
        if claim.stage == "measured":
            yield hit(claim, amount=words.money(claim.amount, account.currency))


@rule("warning", "T4, P1", asks=True, cause="delivery")
def value_lost(account: Account) -> Iterable[Hit]:
    """The customer has confirmed a cost that we caused: it is shown, never hidden."""
    # Also one that lacks its day: a cost of ours is not hidden by a gap in the form.
    for claim in account.value_claims:
        if claim.stage == "confirmed" and (claim.amount or 0) < 0:
            yield hit(claim, amount=words.money(claim.amount, account.currency))


@rule("error", "6.7", asks=True, cause="service_cost")
def service_eats_profit(account: Account) -> Iterable[Hit]:
    """What it costs to serve the customer is more than the contribution margin."""
    left = measures.customer_profit(account)
    if left.profit is not None and left.profit < 0:
        dearest = measures.service_costs(account)[0]
        yield hit(
            margin=measures.figure(account, "contribution_margin", left.contribution_margin),
            cost=measures.figure(account, "service_cost", left.service_cost),
            profit=measures.figure(account, "profit", left.profit),
            activity=words.label("service_activity", dearest.activity),
        )


@rule("warning", "S5.3", asks=True, cause="growth")
def revenue_falls(account: Account) -> Iterable[Hit]:
    """The customer buys clearly less than a year ago, or nothing at all any more."""
    sold = measures.sales(account)
    has_stopped = sold.revenue_12m is None and (sold.revenue_previous_12m or 0) > 0
    growth = -1.0 if has_stopped else sold.growth_share
    if growth is not None and round(growth, 9) <= account.limit("fall_share"):
        # One who has stopped has no growth on other pages; the whole fall is this rule's own word.
        nothing = {"change": measures.growth_words(-1.0), "amount": words.money(0.0, account.currency)}
        yield hit(**(nothing if has_stopped else _sold(account)))


@rule("warning", "S5.3", asks=True, cause="growth")
def flat_group(account: Account) -> Iterable[Hit]:
    """A large product group stands still for the second year in a row."""
    first, second, third = (_sold_by_group(account, back) for back in (24, 12, 0))
    least = account.limit("flat_of_sales_share") * sum(third.values())
    for group, amount in sorted(third.items()):
        before, earlier = second.get(group), first.get(group)
        if amount < least or not before or not earlier:
            continue
        steps = (before / earlier - 1, amount / before - 1)
        if all(measures.growth_word(account, step) == "flat" for step in steps):
            yield hit(group=group, amount=measures.figure(account, "group_revenue", amount, of=group))


def _sold(account: Account) -> dict[str, Words]:
    sold = measures.sales(account)
    return {
        "change": measures.figure(account, "growth", sold.growth_share),
        "amount": measures.figure(account, "revenue", sold.revenue_12m),
    }


def _sold_by_group(account: Account, back: int) -> dict[str, float]:
    """Revenue per named product group in the twelve months that ended `back` months ago."""
    ends = account.months(12, back=back)
    sums: dict[str, float] = {}
    for each in account.revenues:
        if ends and each.product_group and ends[0] <= each.month <= ends[1]:
            sums[each.product_group] = sums.get(each.product_group, 0.0) + each.revenue
    return sums


@rule("warning", "S5.3, 6.6")
def forecasts_clash(account: Account) -> Iterable[Hit]:
    """Forecast, pace and goal of the year contradict each other, or the one who made the forecast has left."""
    outlook = measures.year_outlook(account)
    if outlook and outlook.clash:
        yield hit(year=str(outlook.year), clash=outlook.clash)


@rule("warning", "S5.3", asks=True, cause="budget")
def below_budget(account: Account) -> Iterable[Hit]:
    """The year so far is clearly below its budget."""
    year = measures.budget_gap(account)
    if year.share is not None and round(year.share, 9) <= account.limit("budget_gap_share"):
        yield hit(
            change=words.percent(year.share, 1, signed=True),
            revenue=words.money(year.revenue, account.currency),
            budget=words.money(year.budget, account.currency),
        )


@rule("warning", "Q4", asks=True, cause="project")
def project_slips(account: Account) -> Iterable[Hit]:
    """A running project is clearly behind its plan."""
    running = {each.project_id for each in account.open_projects}
    for project in measures.projects(account):
        is_late = (project.slip_days or 0) >= account.limit("slip_days")
        if is_late and project.project_id in running:
            told = {"title": within_sentence(project.name), "day": project.planned_end_on}
            yield hit(row_id=project.project_id, days=project.slip_days, **told)


@rule("error", "T6", cause="delivery")
def delivery_low(account: Account) -> Iterable[Hit]:
    """Deliveries on time in full are below what we ask of ourselves."""
    share, limit = measures.precision(account, "12m"), account.limit("precision_share")
    if share is not None and share < limit:
        yield hit(share=measures.figure(account, "delivery", share), limit=words.percent(limit))


@rule("error", "S5.3", cause="delivery")
def severe_case_open(account: Account) -> Iterable[Hit]:
    """A severe case is open longer than two weeks."""
    for case in account.service_cases:
        days = account.days_late(case.opened_on)
        is_severe = case.severity in ("high", "critical") and case.closed_on is None
        if is_severe and days > account.limit("case_days"):
            yield hit(row_id=case.case_id, title=within_sentence(case.title or case.case_id), days=days)


@rule("warning", "6.7", asks=True, cause="satisfaction")
def mean_hides_low(account: Account) -> Iterable[Hit]:
    """The mean looks good while somebody is clearly dissatisfied."""
    for asked in measures.satisfaction(account):
        if asked.hides_low:
            answers = measures.answers(account, asked.kind)
            lowest = min(answers, key=lambda each: each.score or 0)
            kind, mean = words.label("feedback_kind", asked.kind), words.number(asked.mean, 1)
            who = relationships.person_name(account, lowest.contact_id)
            yield hit(kind=kind, who=who, mean=mean, lowest=asked.lowest, n=asked.n)


@rule("note", "S5.3", is_contact=True, cause="satisfaction")
def nobody_answered(account: Account) -> Iterable[Hit]:
    """No answer of any kind from the customer for a year: silence is not satisfaction."""
    if not is_bare(account) and not measures.satisfaction(account):
        yield hit()


@rule("warning", "S3.5", asks=True, cause="agreement")
def agreement_ends(account: Account) -> Iterable[Hit]:
    """The last day to give notice of an agreement is a quarter away or less, or has passed."""
    for agreement in measures.agreements(account):
        decided_by = agreement.notice_on or agreement.ends_on
        if decided_by and months_from(decided_by, -3) <= account.today:
            kind = words.label("agreement_kind", agreement.kind)
            notice = _notice(account, agreement.notice_on)
            yield hit(
                row_id=agreement.agreement_id, kind=kind, day=agreement.ends_on, notice=notice, by=decided_by
            )


def _notice(account: Account, notice_on: date | None) -> words.Words:
    """How many days are left of the time to give notice."""
    if notice_on is None:
        return words.sentence("agreement.notice.unknown")
    days = (notice_on - account.today).days
    state = "ahead" if days > 0 else "today" if days == 0 else "passed"
    return words.sentence(f"agreement.notice.{state}", day=notice_on, days=days)


@rule("note", "T5", asks=True)
def journey_step_sore(account: Account) -> Iterable[Hit]:
    """A step that chafes in the customer's journey leads to no initiative."""
    for step in account.journey_steps:
        if step.score is not None and step.score <= 2 and not step.initiative_id:
            yield hit(step, score=step.score)
