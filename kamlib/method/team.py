"""Step 4, the account team: coverage, responsibility, shared measures, rhythm, visible investment (S4.1-S4.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kamlib import words
from kamlib.method import measures, relationships
from kamlib.method.measures.periods import mean, total
from kamlib.schema import Account, result
from kamlib.schema.plan import Initiative, Meeting
from kamlib.words import Words


@dataclass(frozen=True)
class Place:
    """A function of the team and who holds it.

    `state` is filled, left (the person's last day has passed), missing (in the minimum of P22, nobody there) or extra
    (beyond the minimum). A customer sees names and functions only.
    """

    function: str
    person_id: str | None = None
    level: str | None = None
    hours_year: float | None = None
    hours_spent_quarter: float | None = None
    is_deputy: bool | None = None
    state: str | None = None


@result("squad")
def match(account: Account) -> Iterable[Place]:
    """Return each function and person, from management to service."""
    members = measures.squad(account)
    if account.audience == "customer":
        return [Place(each.function, each.person_id) for each in members if not each.has_left]
    levels = {part: level for level, parts in account.limit("squad_levels").items() for part in parts}
    needed = account.limit("squad_minimum")
    places = []
    for each in members:
        state = "left" if each.has_left else "filled" if each.function in needed else "extra"
        hours = (each.hours_year, each.hours_spent_quarter)
        level = levels.get(each.function)
        places.append(Place(each.function, each.person_id, level, *hours, each.is_deputy, state))
    places += [Place(each, level=levels.get(each), state="missing") for each in measures.squad_gaps(account)]
    ranks = {function: rank for rank, function in enumerate(levels)}
    return sorted(places, key=lambda each: ranks.get(each.function, len(ranks)))


@dataclass(frozen=True)
class Responsibility:
    """An open initiative: who is accountable and who does it; state ok, no_accountable, several_accountable or nobody_responsible."""

    row_id: str
    title: str
    due_on: date | None
    accountable_names: Words
    responsible_names: Words
    state: str


@result("raci")
def raci(account: Account) -> Iterable[Responsibility]:
    """Return the open initiatives with their letters (S4.4), first due first.

    A team under four needs only one A (the initiative's owner counts) and a deputy: then the state is ok or
    no_accountable (P22).
    """
    for work in sorted(account.open_initiatives, key=lambda each: each.due_on or date.max):
        chief, doers = _with_letter(account, work, "A"), _with_letter(account, work, "R")
        small = measures.is_small_squad(account)
        if small and not chief and work.owner_id:
            chief = (work.owner_id,)
        state = raci_state(len(chief), len(doers), small=small)
        names = _names(account, chief), _names(account, doers)
        yield Responsibility(work.row_id, work.title, work.due_on, *names, state)


def _with_letter(account: Account, work: Initiative, letter: str) -> tuple[str, ...]:
    parts = [each for each in account.responsibilities if each.initiative_id == work.row_id]
    return tuple(each.person_id for each in parts if each.letter == letter)


def _names(account: Account, people: Sequence[str]) -> Words:
    names = [relationships.person_name(account, each) for each in people]
    return words.joined(names, ", ") if names else words.number(None)


def raci_state(accountable: int, responsible: int, *, small: bool) -> str:
    """Return the state of one initiative: exactly one A; at least one R unless the team is small (6.9, P22)."""
    if accountable == 0:
        return "no_accountable"
    if accountable > 1:
        return "several_accountable"
    return "ok" if small or responsible else "nobody_responsible"


@dataclass(frozen=True)
class Load:
    """What open initiatives ask of a person: tasks as A, R or owner, hours, and the hours that the team row gives.

    An initiative's hours are shared by those accountable and responsible; `unestimated` tasks have no hours written
    and count nowhere in them. State is overloaded (more tasks than our limit), short (the initiatives need more hours
    than there are) or ok.
    """

    person_id: str
    tasks: int
    unestimated: int
    hours: float | None
    hours_year: float | None
    state: str


@result("loads", values=lambda account: {"limit": account.limit("open_tasks_limit")})
def loads(account: Account) -> Iterable[Load]:
    """Return the load of each person, the most tasks first (S4.4)."""
    tasks: dict[str, dict[str, Initiative]] = {}
    for work in account.open_initiatives:
        for person in (work.owner_id, *_with_letter(account, work, "A"), *_with_letter(account, work, "R")):
            if person:
                tasks.setdefault(person, {})[work.row_id] = work
    rows = [_load(account, person, list(held.values())) for person, held in tasks.items()]
    return sorted(rows, key=lambda each: (-each.tasks, each.person_id))


def _load(account: Account, person: str, held: Sequence[Initiative]) -> Load:
    needed = measures.initiative_hours(account).get(person)
    there = total(each.hours_year for each in measures.squad(account).where(person_id=person))
    is_short = needed is not None and there is not None and needed > there
    state = "overloaded" if len(held) > account.limit("open_tasks_limit") else "short" if is_short else "ok"
    unestimated = sum(work.hours is None for work in held)
    return Load(person, len(held), unestimated, needed, there, state)


@dataclass(frozen=True)
class GoalParts:
    """The part of each function in a goal: owns, contributes, informed or None; state by `matrix_state`."""

    row_id: str
    title: str
    state: str
    parts: Mapping[str, str]

    def __getattr__(self, name: str) -> str | None:
        # A function reads as a column of its own; names that Python asks for are none.
        if name.startswith("_"):
            raise AttributeError(name)
        return self.parts.get(name)


@result("shared_matrix")
def matrix(account: Account) -> Iterable[GoalParts]:
    """Return the goals with the part of each function: one owns, two or more do something (S4.3, 6.9).

    Where no function is said to own a goal, the function of the person who owns it does.
    """
    functions = _functions(account)
    for goal in account.live_goals:
        parts = {each.function: each.part for each in account.shared_kpis if each.goal_id == goal.row_id}
        owner = functions.get(goal.owner_id or "")
        if "owns" not in parts.values() and owner:
            parts[owner] = "owns"
        active = sum(part in ("owns", "contributes") for part in parts.values())
        state = matrix_state(list(parts.values()).count("owns"), active)
        yield GoalParts(goal.row_id, goal.title, state, parts)


def _functions(account: Account) -> dict[str, str]:
    """The first function of each person of the team."""
    functions: dict[str, str] = {}
    for each in measures.squad(account):
        functions.setdefault(each.person_id, each.function)
    return functions


def matrix_state(owners: int, functions: int) -> str:
    """Return the state of one goal in the matrix, by its owning functions and those that do something."""
    if owners == 0:
        return "nobody_owns"
    if owners > 1:
        return "several_own"
    return "ok" if functions >= 2 else "one_function"


@dataclass(frozen=True)
class FunctionGap:
    """A function without a part in any goal: idle (in the team) or absent (neither in the team nor in any goal)."""

    function: str
    people: tuple[str, ...]
    state: str


@result("gaps")
def gaps(account: Account) -> Iterable[FunctionGap]:
    """Return the functions without a part in any goal (S4.3); without goals nobody is idle.

    A part is one in a shared measure, or a person who owns or sponsors a goal or owns an open initiative.
    """
    if not account.live_goals:
        return
    members = measures.squad(account)
    busy = {person for each in account.live_goals for person in (each.owner_id, each.sponsor_id)}
    busy |= {each.owner_id for each in account.open_initiatives}
    at_work = {each.function for each in account.shared_kpis if each.part in ("owns", "contributes")}
    at_work |= {each.function for each in members if each.person_id in busy}
    idle = [each for each in members if each.function not in at_work and not each.has_left]
    for function in sorted({each.function for each in idle}):
        people = tuple(each.person_id for each in idle if each.function == function)
        yield FunctionGap(function, people, "idle")
    present = at_work | {each.function for each in members} | ({"sales"} if "kam" in at_work else set())
    for function in account.limit("shared_kpi_functions"):
        if function not in present:
            yield FunctionGap(function, (), "absent")


@dataclass(frozen=True)
class Pull:
    """A pair that pulls in two directions.

    `kind` is opposite (two functions with the same own KPI, or a function's against the goal's, one up and one down),
    tension (two KPIs of our list in the settings that eat each other) or uncontrolled (the goal's owner sits in a
    function without a part in its KPI).
    """

    kind: str
    measure: str | None
    one: str
    other: str
    goal_id: str

    @property
    def why(self) -> dict[str, str]:
        """Why it matters, as a sentence of the catalogue."""
        return {"key": f"conflict.{self.kind}"}


@result("conflicts")
def conflicts(account: Account) -> Iterable[Pull]:
    """Return the pairs that pull in two directions (S4.3, D 20)."""
    return list(dict.fromkeys([*_opposite(account), *_tensions(account), *_uncontrolled(account)]))


@dataclass(frozen=True)
class _Aim:
    function: str
    kpi: str
    direction: str
    goal_id: str


def _aims(account: Account) -> Iterator[_Aim]:
    for own in account.shared_kpis:
        if own.own_kpi and own.own_direction:
            yield _Aim(own.function, own.own_kpi, own.own_direction, own.goal_id)


def _opposite(account: Account) -> Iterator[Pull]:
    aims = list(_aims(account))
    aims += [
        _Aim("goal", each.kpi, each.direction, each.row_id)
        for each in account.live_goals
        if each.kpi and each.direction
    ]
    seen = set()
    for up in aims:
        for down in aims:
            pair = (_folded(up.kpi), up.function, down.function)
            is_pair = (up.direction, down.direction) == ("up", "down") and pair[0] == _folded(down.kpi)
            if is_pair and up.function != down.function and pair not in seen:
                seen.add(pair)
                yield Pull("opposite", up.kpi, up.function, down.function, up.goal_id)


def _folded(kpi: str) -> str:
    return kpi.casefold().strip()


def _tensions(account: Account) -> Iterator[Pull]:
    for pair in account.settings["kpi_tensions"].values():
        ones, others = (
            [each for each in _aims(account) if _is_told(each, pair[side])] for side in ("one", "other")
        )
        for one in ones:
            for other in others:
                if one.goal_id == other.goal_id and one.function != other.function:
                    measure = f"{one.kpi} \u2194 {other.kpi}"
                    yield Pull("tension", measure, one.function, other.function, one.goal_id)


def _is_told(aim: _Aim, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a KPI is moved in the wanted direction and holds one of the words."""
    is_named = any(word in aim.kpi.casefold() for word in wanted["words"])
    return is_named and aim.direction == wanted["direction"]


def _uncontrolled(account: Account) -> Iterator[Pull]:
    functions = _functions(account)
    for goal in account.live_goals:
        function = functions.get(goal.owner_id or "")
        parts = [each for each in account.shared_kpis if each.goal_id == goal.row_id]
        active = {each.function for each in parts if each.part in ("owns", "contributes")}
        owner = next((each.function for each in parts if each.part == "owns"), None)
        mine = {function, "sales"} if function == "kam" else {function}
        if function and owner and not mine & active:
            yield Pull("uncontrolled", goal.kpi, function, owner, goal.row_id)


@dataclass(frozen=True)
class Beat:
    """A kind of meeting: weeks between, last held, next planned, and what it solves.

    State is ok, late (longer since the last than agreed), not_planned (no next date) or no_rhythm.
    """

    kind: str
    every_weeks: int | None
    last_on: date | None
    next_on: date | None
    solves: str | None
    state: str


@result("rhythm")
def rhythm(account: Account) -> Iterable[Beat]:
    """Return one row per kind of meeting, the next one first (S4.2)."""
    kinds = dict.fromkeys(each.kind for each in account.meetings)
    if _named_by_the_plan_alone(account):
        kinds["customer_review"] = None
    beats = [_beat(account, kind, [each for each in account.meetings if each.kind == kind]) for kind in kinds]
    return sorted(beats, key=lambda each: each.next_on or date.max)


def _named_by_the_plan_alone(account: Account) -> date | None:
    """The day of the next customer meeting where no meeting is booked for it: a booked one has a title and its own row."""
    meeting = account.next_meeting
    return meeting.on if meeting and meeting.title is None else None


def _beat(account: Account, kind: str, rows: Sequence[Meeting]) -> Beat:
    today = account.today
    past = [each for each in rows if each.held_on and each.held_on <= today]
    held, coming = (
        sorted(past, key=lambda each: each.held_on or today),
        [each for each in rows if not each.held_on],
    )
    ahead = [each.planned_on for each in coming if each.planned_on and each.planned_on >= today]
    named = _named_by_the_plan_alone(account)
    if kind == "customer_review" and not ahead and named:
        ahead = [named]
    weeks = [each.every_weeks for each in rows if each.every_weeks]
    last = held[-1].held_on if held else None
    is_late = bool(weeks and last and (today - last).days > weeks[-1] * 7)
    state = "no_rhythm" if not weeks else "late" if is_late else "ok" if ahead else "not_planned"
    solved = next((each.solves for each in [*coming, *reversed(held)] if each.solves), None)
    return Beat(kind, weeks[-1] if weeks else None, last, min(ahead, default=None), solved, state)


@dataclass(frozen=True)
class Investment:
    """What we spend this quarter that the customer can notice, and the mean of their own answers 1-5 (S4.5)."""

    hours: float | None
    people: int
    projects: int
    answer: float | None


@result("investment")
def investment(account: Account) -> Iterable[Investment]:
    """Return hours and people of this quarter, projects running, and the answers to "X invests in our relation", in one row."""
    spent = [each for each in account.squad_members if each.hours_spent_quarter]
    people = len({each.person_id for each in spent})
    running = sum(each.status == "ongoing" for each in account.projects)
    answer = mean(each.score for each in measures.answers(account, "invests"))
    yield Investment(total(each.hours_spent_quarter for each in spent), people, running, answer)
