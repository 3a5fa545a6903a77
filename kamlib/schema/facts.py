"""Facts: what the company's systems say, or what is typed as true in the room. One class is one table's declaration."""

from __future__ import annotations

from typing import Any

from kamlib.schema.declare import (
    Choice,
    Day,
    Flag,
    Id,
    Integer,
    Money,
    Month,
    Number,
    Row,
    Share,
    Text,
    column,
    fact,
)


def account() -> Any:
    """Declare the column that says whose row it is."""
    return column("required", "customer", refers_to="account")


@fact("account", "account_id")
class Customer(Row):
    """One row is a customer."""

    account_id: Id = column("required", "customer")
    name: Text = column("required", "customer")
    parent_id: Id | None = column(refers_to="account")
    parent_name: Text | None
    former_name: Text | None
    industry: Text | None = column("customer")
    country: Text | None = column("customer")
    owner: Text | None
    procurement_regime: Choice | None = column(choices="procurement_regime")
    competes_with: Id | None = column(refers_to="account")
    payment_days: Integer | None = column(unit="days", low=0, high=365)


@fact("revenue", "account_id month product_group", when="month", file="revenue.csv")
class Revenue(Row):
    """One row is a customer's revenue in one month, by product group where it is known."""

    account_id: Id = account()
    month: Month = column("required", "customer")
    product_group: Text | None = column("customer")
    revenue: Money = column("required", "customer")
    contribution_margin: Money | None
    orders: Integer | None = column(low=0)
    quantity: Number | None = column("customer")
    quantity_unit: Text | None = column("customer")


@fact("contact", "contact_id")
class Contact(Row):
    """One row is a person at the customer or with us."""

    contact_id: Id = column("required", "customer")
    account_id: Id | None = column("customer", refers_to="account")
    side: Choice | None = column("customer", choices="side")
    name: Text | None = column("customer", "personal")
    title: Text | None = column("customer", "personal")
    unit: Text | None = column("customer")
    reports_to: Id | None = column(refers_to="contact")
    is_placeholder: Flag | None
    joined_on: Day | None
    gone_on: Day | None
    capacity_hours_year: Number | None = column(unit="hours", low=0, high=3000)


@fact("opportunity", "opportunity_id", when="created_on", file="opportunities.csv")
class Opportunity(Row):
    """One row is a possible deal that we work on or have closed."""

    opportunity_id: Id = column("required")
    account_id: Id = account()
    name: Text = column("required")
    product_group: Text | None
    stage: Choice | None = column(choices="opportunity_stage")
    amount: Money | None
    probability: Share | None = column(low=0, high=1)
    created_on: Day | None
    expected_on: Day | None
    closed_on: Day | None
    value_quantified_on: Day | None
    priced_on: Day | None
    competitor: Text | None


@fact("touchpoint", "touchpoint_id", when="held_on")
class Touchpoint(Row):
    """One row is one occasion when one of us and one of theirs were in contact."""

    touchpoint_id: Id = column("required")
    account_id: Id = account()
    contact_id: Id | None = column(refers_to="contact")
    our_person_id: Id | None = column(refers_to="contact")
    held_on: Day = column("required")
    kind: Choice | None = column(choices="touchpoint_kind")
    initiated_by: Choice | None = column(choices="side")
    is_two_way: Flag | None
    is_about_sale: Flag | None
    note: Text | None


@fact("project", "project_id")
class Project(Row):
    """One row is a project that we run at or together with the customer."""

    project_id: Id = column("required", "customer")
    account_id: Id = account()
    name: Text = column("required", "customer")
    status: Choice | None = column("customer", choices="work_status")
    starts_on: Day | None = column("customer")
    planned_end_on: Day | None = column("customer")
    actual_end_on: Day | None = column("customer")
    expected_end_on: Day | None = column("customer")
    milestones_due: Integer | None = column("customer", low=0)
    milestones_met: Integer | None = column("customer", low=0)


@fact("feedback", "feedback_id", when="answered_on", file="feedback.csv")
class Answer(Row):
    """One row is one answer from one person at the customer to one question."""

    feedback_id: Id = column("required")
    account_id: Id = account()
    contact_id: Id | None = column("personal", refers_to="contact")
    answered_on: Day = column("required")
    kind: Choice = column("required", choices="feedback_kind")
    score: Number | None = column("personal", low=0, high=10)
    comment: Text | None = column("personal")


@fact("case", "case_id", when="opened_on")
class ServiceCase(Row):
    """One row is a service case."""

    case_id: Id = column("required", "customer")
    account_id: Id = account()
    opened_on: Day = column("required", "customer")
    closed_on: Day | None = column("customer")
    severity: Choice | None = column("customer", choices="severity")
    title: Text | None = column("customer")


@fact("service_cost", "account_id month activity", when="month")
class ServiceCost(Row):
    """One row is the cost of one activity for one customer in one month."""

    account_id: Id = account()
    month: Month = column("required")
    activity: Choice = column("required", choices="service_activity")
    cost: Money = column("required")
    quantity: Number | None = column(low=0)


@fact("delivery", "account_id month", when="month", file="deliveries.csv")
class Delivery(Row):
    """One row is a customer's order lines in one month: how many were due and how many came right."""

    account_id: Id = account()
    month: Month = column("required", "customer")
    lines_due: Integer = column("required", "customer", low=0)
    lines_on_time_in_full: Integer = column("required", "customer", low=0)
    claims: Integer | None = column("customer", low=0)


@fact("agreement", "agreement_id")
class Agreement(Row):
    """One row is an agreement with the customer."""

    agreement_id: Id = column("required", "customer")
    account_id: Id = account()
    kind: Choice | None = column("customer", choices="agreement_kind")
    starts_on: Day | None = column("customer")
    ends_on: Day | None = column("customer")
    notice_months: Integer | None = column("customer", unit="months", low=0)
    has_price_clause: Flag | None = column("customer")
    has_change_of_control: Flag | None = column("customer")
    is_exclusive: Flag | None = column("customer")


@fact("budget", "account_id month")
class Budget(Row):
    """One row is the revenue planned for one customer in one month."""

    account_id: Id = account()
    month: Month = column("required")
    budget: Money = column("required")
