"""What was promised: commitments, projects, deliveries, and how old the plan is (T6, 6.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from kamlib.method.measures.periods import in_months, known_or_none, rows_of, share_of, total, within
from kamlib.method.once import once
from kamlib.schema import Account, Bundle, facts, plan, result


@dataclass(frozen=True, kw_only=True)
class Promise(plan.Commitment):
    """One commitment and how it stands: kept, late, overdue or open."""

    state: str
    days_late: int | None


@result("plan_promises")
def promises(bundle: Bundle) -> Iterable[Promise]:
    """One row per commitment: its columns, `state` (kept, late, overdue, open) and `days_late`; by the day due."""
    rows = [_promise(bundle, each) for each in rows_of(bundle, plan.Commitment)]
    return sorted(rows, key=lambda each: (each.due_on or date.max, each.title))


def _promise(bundle: Bundle, made: plan.Commitment) -> Promise:
    late = bundle.days_late(made.due_on, made.done_on)
    ended, waits = ("late", "overdue") if late else ("kept", "open")
    state = ended if made.done_on else waits
    return Promise(**made.values(), state=state, days_late=late if made.due_on else None)


@dataclass(frozen=True)
class Kept:
    """How one side has kept its promises: on-time share = done by the due date / due (6.9)."""

    direction: str
    due: int
    on_time: int
    late: int
    overdue: int
    not_due: int
    on_time_share: float | None
    oldest_days: int | None


class Commitments(NamedTuple):
    """Both sides' promises."""

    ours: Kept
    customer: Kept


@once
def commitments(bundle: Bundle) -> Commitments:
    """Return how each side keeps its promises; one without a date counts nowhere (6.9)."""
    dated = [each for each in promises(bundle) if each.due_on]
    return Commitments(*(_kept(side, [each for each in dated if each.direction == side]) for side in _SIDES))


_SIDES = ("ours", "customer")


def _kept(side: str, dated: Sequence[Promise]) -> Kept:
    states = [each.state for each in dated]
    kept, late, overdue, waiting = (states.count(each) for each in ("kept", "late", "overdue", "open"))
    oldest = max((each.days_late or 0 for each in dated if each.state == "overdue"), default=None)
    due = kept + late + overdue
    return Kept(side, due, kept, late, overdue, waiting, share_of(kept, due), oldest)


@dataclass(frozen=True)
class Project:
    """One project against its plan."""

    project_id: str
    name: str
    status: str | None
    planned_end_on: date | None
    end_on: date | None
    slip_days: int | None
    milestone_share: float | None


@result("projects")
def projects(account: Account) -> Iterable[Project]:
    """One row per project: name, status, planned and actual or expected end, `slip_days`; the one that slips most first.

    A project that is past its plan without a new date slips until today.
    """
    rows = [_project(account, each) for each in account.projects]
    return sorted(rows, key=lambda each: (each.slip_days is None, -(each.slip_days or 0)))


def _project(account: Account, each: facts.Project) -> Project:
    end, planned = each.actual_end_on or each.expected_end_on, each.planned_end_on
    if end is None and each in account.open_projects and account.days_late(planned):
        end = account.today
    slip = (end - planned).days if end and planned else None
    share = share_of(each.milestones_met, each.milestones_due)
    return Project(each.project_id, each.name, each.status, planned, end, slip, share)


@dataclass(frozen=True)
class Completion:
    """Projects ended by plan and milestones met."""

    ended: int
    in_time: int
    in_time_share: float | None
    milestones_due: int
    milestones_met: int
    milestone_share: float | None


@once
def project_completion(bundle: Bundle) -> Completion:
    """Return projects ended, ended by plan, milestones due and met, and both shares (Q4)."""
    rows = rows_of(bundle, facts.Project)
    pairs = [(each.actual_end_on, each.planned_end_on) for each in rows]
    ended = [actual <= planned for actual, planned in pairs if actual and planned]
    due, met = sum(each.milestones_due or 0 for each in rows), sum(each.milestones_met or 0 for each in rows)
    return Completion(len(ended), sum(ended), share_of(sum(ended), len(ended)), due, met, share_of(met, due))


@dataclass(frozen=True)
class Precision:
    """Delivery precision of one period: lines on time in full / lines due."""

    period: str
    lines_due: int
    share: float | None
    claims: int | None


@result("delivery")
def delivery_precision(bundle: Bundle) -> Iterable[Precision]:
    """One row per period (R12, the R12 before, last quarter): lines due, share on time in full, claims (T6)."""
    for period, (months, back) in _PERIODS.items():
        due, kept, claims = _delivered(bundle, months, back)
        yield Precision(period, due, share_of(kept, due), claims)


_PERIODS = {"12m": (12, 0), "previous_12m": (12, 12), "3m": (3, 0)}


def precision(bundle: Bundle, period: str) -> float | None:
    """Return the delivery precision of a period: 12m, previous_12m or 3m."""
    return next(each.share for each in delivery_precision(bundle) if each.period == period)


def _delivered(bundle: Bundle, months: int, back: int) -> tuple[int, int, int | None]:
    if isinstance(bundle, Account):
        rows = in_months(bundle.deliveries, bundle.months(months, back=back))
        lines = sum(each.lines_due for each in rows), sum(each.lines_on_time_in_full for each in rows)
        claims = total(each.claims for each in rows)
    else:
        found = within(bundle.delivery, "month", bundle.window(months, back=back))
        lines = int(found["lines_due"].sum()), int(found["lines_on_time_in_full"].sum())
        claims = known_or_none(found["claims"].sum(min_count=1))
    return *lines, None if claims is None else int(claims)


@once
def plan_updated_on(account: Account) -> date | None:
    """Return the day of the newest dated judgement in the plan; None for a plan that nobody has dated.

    Facts and a change of owner are no update: the plan has moved when somebody judged or decided something.
    """
    rows = [(row, names) for table, names in _JUDGED.items() for row in account.rows[table]]
    days = (getattr(row, when) for row, names in rows for when in names)
    return max((each for each in days if each and each <= account.today), default=None)


_JUDGED: Mapping[str, Sequence[str]] = {
    "account_plan": ["approved_on"],
    "stakeholder": ["noted_on"],
    "insight": ["graded_on"],
    "goal": ["baseline_on", "signed_on", "customer_status_on", "judged_on"],
    "reading": ["measured_on"],
    "initiative": ["done_on"],
    "commitment": ["made_on", "done_on"],
    "risk": ["noted_on"],
    "value": ["valued_on", "confirmed_on"],
    "decision": ["asked_on", "decided_on"],
    "journey_step": ["asked_on"],
    "forecast": ["made_on"],
    "whitespace": ["valued_on"],
    "wallet": ["valued_on"],
}
