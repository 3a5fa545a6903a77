"""One account as a document of typed rows, with the questions that every page asks answered once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

import pandas as pd

from kamlib.schema import facts
from kamlib.schema import plan as written
from kamlib.schema.bundle import Bundle
from kamlib.schema.declare import Row

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an account stands in the portfolio: what an account notebook may know of the others (`segmentation`)."""

    segment: str | None = None
    is_key: bool | None = None
    basis: str | None = None
    score: float | None = None
    rank: int | None = None
    of_accounts: int | None = None
    acceptability: float | None = None
    verdict: str | None = None
    quadrant: str | None = None
    revenue_12m: float | None = None
    revenue_rank: int | None = None
    reason: Mapping[str, Any] | None = None


STANDING_COLUMNS = tuple(each.name for each in fields(Standing))

#: Kinds of meetings at which the customer is present.
WITH_CUSTOMER = ("customer_review", "workshop", "visit")
_ENDED = ("done", "stopped")


class Rows(Generic[R]):
    """A table of an account as a tuple of its rows: `account.goals`."""

    def __init__(self, row: type[R]) -> None:
        self.row = row

    @overload
    def __get__(self, account: None, owner: type) -> Rows[R]: ...
    @overload
    def __get__(self, account: Account, owner: type) -> tuple[R, ...]: ...
    def __get__(self, account: Account | None, owner: type) -> Rows[R] | tuple[R, ...]:
        """Return the rows of this table."""
        return self if account is None else account.rows[self.row.table.name]  # type: ignore[return-value]


@dataclass(frozen=True)
class NextMeeting:
    """The next meeting with the customer; `other_on` is a different day that the plan names for it."""

    on: date
    title: str | None = None
    other_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Account(Bundle):
    """One account as of a day: its own and its descendants' rows, our own people, and its standing in the portfolio.

    A table is a tuple of typed rows under its plural name (`account.goals`; None is what is not known), and a frame
    under its own (`account.goal`), made when it is asked for.
    """

    rows: Mapping[str, tuple[Row, ...]]
    account_id: str = ""
    name: str = ""
    audience: str = "internal"
    standing: Standing | None = None

    customers = Rows(facts.Customer)
    revenues = Rows(facts.Revenue)
    contacts = Rows(facts.Contact)
    opportunities = Rows(facts.Opportunity)
    touchpoints = Rows(facts.Touchpoint)
    projects = Rows(facts.Project)
    answers = Rows(facts.Answer)
    service_cases = Rows(facts.ServiceCase)
    service_costs = Rows(facts.ServiceCost)
    deliveries = Rows(facts.Delivery)
    agreements = Rows(facts.Agreement)
    budgets = Rows(facts.Budget)
    account_plans = Rows(written.AccountPlan)
    assessments = Rows(written.Assessment)
    weights = Rows(written.Weight)
    selections = Rows(written.Selection)
    wallets = Rows(written.Wallet)
    whitespaces = Rows(written.Whitespace)
    buying_units = Rows(written.BuyingUnit)
    stakeholders = Rows(written.Stakeholder)
    insights = Rows(written.Insight)
    goals = Rows(written.Goal)
    measurements = Rows(written.Measurement)
    initiatives = Rows(written.Initiative)
    commitments = Rows(written.Commitment)
    risks = Rows(written.Risk)
    swot_entries = Rows(written.SwotEntry)
    value_claims = Rows(written.ValueClaim)
    squad_members = Rows(written.SquadMember)
    responsibilities = Rows(written.Responsibility)
    shared_kpis = Rows(written.SharedKpi)
    meetings = Rows(written.Meeting)
    reviews = Rows(written.Review)
    decisions = Rows(written.Decision)
    journey_steps = Rows(written.JourneyStep)
    stories = Rows(written.Story)
    events = Rows(written.Event)
    forecasts = Rows(written.Forecast)
    communications = Rows(written.Communication)
    waivers = Rows(written.Waiver)

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Every table as a frame, made when it is asked for."""
        return _Frames(self.rows)

    # --- the customer and people

    @cached_property
    def customer(self) -> facts.Customer | None:
        """The account's own row."""
        return next((each for each in self.customers if each.account_id == self.account_id), None)

    @cached_property
    def _contacts(self) -> dict[str, facts.Contact]:
        return {each.contact_id: each for each in self.contacts}

    def person(self, contact_id: str | None) -> facts.Contact | None:
        """Return a person's row."""
        return self._contacts.get(contact_id or "")

    @cached_property
    def people_named(self) -> dict[str, tuple[str | None, str | None]]:
        """Name and title of everybody known, by contact_id."""
        return {each.contact_id: (each.name, each.title) for each in self.contacts}

    @cached_property
    def customers_named(self) -> dict[str, str]:
        """Names of the account and those below it, by account_id."""
        return {each.account_id: each.name for each in self.customers}

    def name_of(self, contact_id: str | None) -> str | None:
        """Return a person's name; None where it is not known."""
        person = self.person(contact_id)
        return person.name if person else None

    def has_left(self, contact_id: str | None) -> bool:
        """Tell whether a person's last day has come."""
        person = self.person(contact_id)
        return bool(person and person.gone_on and person.gone_on <= self.today)

    # --- the plan

    @cached_property
    def plan(self) -> written.AccountPlan | None:
        """The plan in force: that of the day's year, else the latest earlier one. A coming year's is a draft."""
        return plan_in_force(self._own_plans, self.year)

    @cached_property
    def next_plan(self) -> written.AccountPlan | None:
        """The draft for the first coming year."""
        return min(
            (each for each in self._own_plans if each.year > self.year),
            key=lambda each: each.year,
            default=None,
        )

    @property
    def _own_plans(self) -> list[written.AccountPlan]:
        return [each for each in self.account_plans if each.account_id == self.account_id]

    @cached_property
    def live_goals(self) -> tuple[written.Goal, ...]:
        """Goals that the customer has not declined."""
        return tuple(each for each in self.goals if each.customer_status != "declined")

    @cached_property
    def open_initiatives(self) -> tuple[written.Initiative, ...]:
        """Initiatives that are neither done nor stopped."""
        return tuple(each for each in self.initiatives if each.status not in _ENDED)

    @cached_property
    def confirmed_values(self) -> tuple[written.ValueClaim, ...]:
        """Values, gains and costs, that the customer has confirmed: on a day, with an amount, not by one of us."""
        dated = [each for each in self.value_claims if each.stage == "confirmed" and each.confirmed_on]
        return tuple(
            each for each in dated if each.amount is not None and not self._is_ours(each.confirmed_by)
        )

    def _is_ours(self, person_id: str | None) -> bool:
        person = self.person(person_id)
        return person is not None and person.side == "ours"

    @cached_property
    def open_projects(self) -> tuple[facts.Project, ...]:
        """Projects that are neither done nor stopped."""
        return tuple(each for each in self.projects if each.status not in _ENDED)

    @cached_property
    def last_reviews(self) -> tuple[written.Review, ...]:
        """The reviews of the last day on which one was held: an internal one and one with the customer may share it."""
        past = [each for each in self.reviews if each.held_on <= self.today]
        last_on = max((each.held_on for each in past), default=None)
        return tuple(each for each in past if each.held_on == last_on)

    @cached_property
    def next_meeting(self) -> NextMeeting | None:
        """The next meeting with the customer: a booked one before a day that only the plan names.

        Where the plan names another day it is told beside, and a rule finds it.
        """
        coming = [each for each in self.meetings if self._is_coming(each)]
        booked = min(coming, key=lambda each: each.planned_on or date.max, default=None)
        named = self.plan.next_meeting_on if self.plan else None
        named = named if named and named >= self.today else None
        if booked is None or booked.planned_on is None:
            return NextMeeting(named) if named else None
        return NextMeeting(booked.planned_on, booked.title, named if named != booked.planned_on else None)

    def _is_coming(self, meeting: written.Meeting) -> bool:
        return bool(
            meeting.planned_on
            and meeting.planned_on >= self.today
            and meeting.held_on is None
            and meeting.kind in WITH_CUSTOMER
        )


def plan_in_force(plans: Iterable[written.AccountPlan], year: int) -> written.AccountPlan | None:
    """Return the plan in force of one account in a year: that year's, else the latest earlier one."""
    return max((each for each in plans if each.year <= year), key=lambda each: each.year, default=None)


class _Frames(Mapping[str, pd.DataFrame]):
    """Typed rows seen as frames: each is made at its first use."""

    def __init__(self, rows: Mapping[str, tuple[Row, ...]]) -> None:
        self._rows = rows
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made:
            self._made[name] = ROW_CLASSES[name].table.frame(self._rows[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


#: The class of each table's rows, by the table's name.
ROW_CLASSES: dict[str, type[Row]] = {
    each.row.table.name: each.row for each in vars(Account).values() if isinstance(each, Rows)
}
