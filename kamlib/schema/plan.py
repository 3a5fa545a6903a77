"""Plan: what people judge, decide, promise and learn; every change is kept in the log. One class is one table's declaration.

Every plan row also has `row_id` (its key), `account_id` (empty: the whole company) and `is_shared` (the row
may be shown to the customer; shut unless somebody opens it).
"""

from __future__ import annotations

from typing import Any

from kamlib.schema.declare import (
    Choice,
    Day,
    Flag,
    Id,
    Integer,
    Money,
    Number,
    PlanRow,
    Scale,
    Share,
    Text,
    column,
    plan,
)


def person(*marks: str) -> Any:
    """Declare a column that holds a person's `contact_id`: names are only in `contact`."""
    return column(*marks, refers_to="contact")


@plan("account_plan")
class AccountPlan(PlanRow):
    """One row is the plan for one customer and one year."""

    year: Integer = column("required", "customer", low=2000, high=2100)
    owner_id: Id | None = person("customer")
    deputy_id: Id | None = person()
    sponsor_id: Id | None = person("customer")
    reason: Text | None
    ambition: Text | None = column("customer")
    strategy_line: Text | None
    customer_need: Text | None = column("customer")
    stage_now: Choice | None = column(choices="relationship_stage")
    stage_wanted: Choice | None = column(choices="relationship_stage")
    stage_evidence: Text | None
    tender_until: Day | None
    next_meeting_on: Day | None = column("customer")
    next_review_on: Day | None
    hours_year: Number | None = column(unit="hours", low=0)
    approved_by: Id | None = person()
    approved_on: Day | None


@plan("assessment", when="assessed_on")
class Assessment(PlanRow):
    """One row is one person's score on one criterion for one customer in one round."""

    criterion: Choice = column("required", choices="criterion")
    score: Scale = column("required", low=1, high=5)
    rater_id: Id | None = person()
    function: Choice | None = column(choices="function")
    round: Integer | None = column(low=1, high=9)
    said_by: Choice | None = column(choices="side")
    confidence: Choice | None = column(choices="confidence")
    evidence: Text | None
    assessed_on: Day | None


@plan("weight")
class Weight(PlanRow):
    """One row is the weight of one criterion in the selection of key accounts."""

    criterion: Choice = column("required", choices="criterion")
    weight: Number = column("required", unit="points", low=0, high=100)
    set_by: Text | None
    set_on: Day | None


@plan("selection", when="decided_on")
class Selection(PlanRow):
    """One row is a decision on whether a customer is a key account, with the reason."""

    outcome: Choice = column("required", choices="outcome")
    is_key: Flag = column("required")
    reason: Text | None
    decided_by: Text | None
    decided_on: Day | None
    next_test_on: Day | None


@plan("wallet")
class Wallet(PlanRow):
    """One row is an estimate of what the customer buys from all suppliers in a year."""

    product_group: Text | None
    low: Money | None
    likely: Money = column("required")
    high: Money | None
    year: Integer | None
    source: Text | None
    valued_on: Day | None


@plan("whitespace")
class Whitespace(PlanRow):
    """One row is the state of one product group at one buying unit."""

    product_group: Text = column("required")
    unit_id: Id | None = column(refers_to="buying_unit")
    status: Choice = column("required", choices="whitespace_status")
    potential: Money | None
    competitor: Text | None
    valued_on: Day | None


@plan("buying_unit")
class BuyingUnit(PlanRow):
    """One row is a part of the customer that buys or has a say in buying."""

    name: Text = column("required", "customer")
    site: Text | None = column("customer")
    kind: Choice | None = column(choices="unit_kind")


@plan("stakeholder")
class Stakeholder(PlanRow):
    """One row is one person's role and stance in one matter."""

    contact_id: Id = person("required")
    unit_id: Id | None = column(refers_to="buying_unit")
    role: Choice = column("required", choices="stakeholder_role")
    influence: Scale | None = column(low=1, high=5)
    support: Integer | None = column("personal", low=-2, high=2)
    matter: Text | None
    coverage: Integer | None = column(low=0, high=4)
    level_now: Scale | None = column(low=1, high=4)
    level_wanted: Scale | None = column(low=1, high=4)
    interval_days: Integer | None = column(unit="days", low=1, high=365)
    known_by: Id | None = person()
    evidence: Text | None = column("personal")
    is_confirmed: Flag | None
    noted_on: Day | None


@plan("insight", when="graded_on")
class Insight(PlanRow):
    """One row is one of the customer's own goals, with what presses, what is under way and what stands in the way."""

    topic: Choice | None = column(choices="insight_topic")
    priority: Integer | None = column("customer", low=1, high=9)
    goal: Text = column("required", "customer")
    pressure: Text | None = column("customer")
    initiative: Text | None = column("customer")
    obstacle: Text | None = column("customer")
    contribution: Text | None = column("customer")
    grade: Choice | None = column("required", choices="grade")
    told_by: Id | None = person()
    graded_on: Day | None


@plan("goal")
class Goal(PlanRow):
    """One row is a goal for the cooperation."""

    title: Text = column("required", "customer")
    goal_class: Choice = column("required", "customer", choices="goal_class")
    side: Choice = column("required", "customer", choices="goal_side")
    insight_id: Id | None = column("customer", refers_to="insight")
    kpi: Text | None = column("customer")
    formula: Text | None = column("customer")
    unit: Text | None = column("customer")
    direction: Choice | None = column("customer", choices="direction")
    lead_lag: Choice | None = column("customer", choices="lead_lag")
    frequency: Choice | None = column("customer", choices="frequency")
    baseline: Number | None = column("customer")
    baseline_on: Day | None = column("customer")
    target: Number | None = column("customer")
    due_on: Day | None = column("customer")
    path: Choice | None = column(choices="goal_path")
    tolerance: Number | None = column("customer", low=0)
    low: Number | None
    likely: Number | None
    high: Number | None
    estimated_on: Day | None
    source: Text | None = column("customer")
    owner_id: Id | None = person("customer")
    sponsor_id: Id | None = person("customer")
    signed_on: Day | None = column("customer")
    customer_owner_id: Id | None = person("customer")
    customer_status: Choice | None = column("customer", choices="customer_status")
    customer_status_on: Day | None = column("customer")
    customer_said: Text | None = column("customer")
    ask_again_on: Day | None
    judgement: Choice | None = column(choices="judgement")
    judged_on: Day | None
    reason: Text | None


@plan("reading", when="measured_on")
class Measurement(PlanRow):
    """One row is one measured value of a goal's KPI."""

    goal_id: Id = column("required", "customer", refers_to="goal")
    measured_on: Day = column("required", "customer")
    value: Number = column("required", "customer")
    source: Text | None = column("customer")


@plan("initiative")
class Initiative(PlanRow):
    """One row is an activity, a meeting or a development project that moves a goal forward."""

    title: Text = column("required", "customer")
    kind: Choice | None = column("customer", choices="initiative_kind")
    goal_id: Id | None = column("customer", refers_to="goal")
    owner_id: Id | None = person("customer")
    customer_owner_id: Id | None = person("customer")
    starts_on: Day | None = column("customer")
    due_on: Day | None = column("customer")
    status: Choice | None = column("customer", choices="work_status")
    done_on: Day | None = column("customer")
    success: Text | None = column("customer")
    depends_on_id: Id | None = column(refers_to="initiative")
    hours: Number | None = column(unit="hours", low=0)
    is_about_sale: Flag | None


@plan("commitment", when="made_on")
class Commitment(PlanRow):
    """One row is a promise from us to the customer or from the customer to us."""

    title: Text = column("required", "customer")
    direction: Choice = column("required", "customer", choices="side")
    owner_id: Id | None = person("customer")
    customer_owner_id: Id | None = person("customer")
    made_on: Day | None = column("customer")
    due_on: Day | None = column("customer")
    done_on: Day | None = column("customer")

    @property
    def doer_id(self) -> str | None:
        """Who is to keep it: one of theirs, or one of ours."""
        return self.customer_owner_id if self.direction == "customer" else self.owner_id


@plan("risk")
class Risk(PlanRow):
    """One row is something that may harm the cooperation, with what is done about it."""

    title: Text = column("required")
    probability: Scale | None = column(low=1, high=5)
    impact: Scale | None = column(low=1, high=5)
    action: Text | None
    owner_id: Id | None = person()
    cause: Choice | None = column(choices="cause")
    residual_probability: Scale | None = column(low=1, high=5)
    residual_impact: Scale | None = column(low=1, high=5)
    signal: Text | None
    watcher_id: Id | None = person()
    noted_on: Day | None


@plan("swot")
class SwotEntry(PlanRow):
    """One row is a strength, weakness, opportunity or threat in the business with the customer, with what we do about it."""

    quadrant: Choice = column("required", choices="swot_quadrant")
    title: Text = column("required")
    evidence: Text | None
    initiative_id: Id | None = column(refers_to="initiative")
    noted_on: Day | None


@plan("value", when="valued_on")
class ValueClaim(PlanRow):
    """One row is a value that the customer has had or expects to have, in money."""

    title: Text = column("required", "customer")
    calculation: Text | None = column("customer")
    stage: Choice = column("required", "customer", choices="value_stage")
    low: Money | None
    amount: Money | None = column("customer")
    high: Money | None
    attribution_share: Share | None = column("customer", low=0, high=1)
    valued_on: Day | None = column("customer")
    confirmed_by: Id | None = person("customer")
    confirmed_on: Day | None = column("customer")
    may_be_used: Text | None


@plan("squad_member")
class SquadMember(PlanRow):
    """One row is one of us who works for the customer."""

    person_id: Id = person("required", "customer")
    function: Choice = column("required", "customer", choices="function")
    hours_year: Number | None = column(unit="hours", low=0)
    hours_spent_quarter: Number | None = column("customer", unit="hours", low=0)
    is_deputy: Flag | None


@plan("responsibility")
class Responsibility(PlanRow):
    """One row is one person's part in one initiative."""

    initiative_id: Id = column("required", refers_to="initiative")
    person_id: Id = person("required")
    letter: Choice = column("required", choices="raci")


@plan("shared_kpi")
class SharedKpi(PlanRow):
    """One row is one function's part in one goal."""

    goal_id: Id = column("required", refers_to="goal")
    function: Choice = column("required", choices="function")
    part: Choice = column("required", choices="kpi_part")
    own_kpi: Text | None
    own_direction: Choice | None = column(choices="direction")


@plan("meeting")
class Meeting(PlanRow):
    """One row is a meeting in the customer's rhythm."""

    title: Text = column("required", "customer")
    kind: Choice = column("required", "customer", choices="meeting_kind")
    planned_on: Day | None = column("customer")
    held_on: Day | None = column("customer")
    every_weeks: Integer | None = column("customer", unit="weeks", low=1, high=53)
    solves: Text | None = column("customer")


@plan("review", when="held_on")
class Review(PlanRow):
    """One row is an internal quarterly review or a customer review, with the answers to the four questions."""

    kind: Choice = column("required", choices="review_kind")
    held_on: Day = column("required")
    business: Text | None
    plan: Text | None
    feedback: Text | None
    chances: Text | None


@plan("decision", when="asked_on")
class Decision(PlanRow):
    """One row is a decision that is asked for or has been taken."""

    review_id: Id | None = column(refers_to="review")
    title: Text = column("required")
    status: Choice | None = column(choices="decision_status")
    cause: Choice | None = column(choices="cause")
    reason: Text | None
    cost: Money | None
    owner_id: Id | None = person()
    asked_on: Day | None
    due_on: Day | None
    decided_on: Day | None


@plan("journey_step")
class JourneyStep(PlanRow):
    """One row is a step in the customer's journey with us."""

    step: Integer = column("required", "customer", low=1, high=20)
    title: Text = column("required", "customer")
    customer_goal: Text | None = column("customer")
    touchpoint: Text | None = column("customer")
    owner_id: Id | None = person("customer")
    score: Scale | None = column("customer", low=1, high=5)
    state: Text | None = column("customer")
    proposal: Text | None = column("customer")
    is_moment_of_truth: Flag | None = column("customer")
    asked_on: Day | None = column("customer")
    respondents: Integer | None = column("customer", low=0)
    initiative_id: Id | None = column(refers_to="initiative")


@plan("story")
class Story(PlanRow):
    """One row is a story of something that we and the customer have achieved."""

    situation: Text = column("required", "customer")
    tension: Text | None = column("customer")
    change: Text | None = column("customer")
    result: Text | None = column("customer")
    hero_id: Id | None = person("customer")
    told_to: Text | None
    told_on: Day | None
    answer: Text | None


@plan("event", when="happened_on")
class Event(PlanRow):
    """One row is a change at the customer that calls for an extra review."""

    kind: Choice = column("required", choices="event_kind")
    title: Text = column("required")
    happened_on: Day = column("required")
    ends_on: Day | None
    source: Text | None


@plan("forecast", when="made_on")
class Forecast(PlanRow):
    """One row is a forecast of the customer's revenue for a year."""

    made_on: Day = column("required")
    year: Integer = column("required")
    low: Money | None
    likely: Money = column("required")
    high: Money | None


@plan("communication", when="sent_on")
class Communication(PlanRow):
    """One row is a note on the state of things, sent after a review."""

    receiver: Choice = column("required", choices="receiver")
    review_id: Id | None = column(refers_to="review")
    sent_on: Day = column("required")
    what: Text | None


@plan("waiver")
class Waiver(PlanRow):
    """One row is a rule that is knowingly not followed until a date."""

    rule: Text = column("required")
    reason: Text = column("required")
    until_on: Day = column("required")
    given_by: Id | None = person()
