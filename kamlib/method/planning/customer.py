"""What we know of the customer: organisation, priorities, volume, and what they do not buy from us yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kamlib import words
from kamlib.method import measures, relationships
from kamlib.method.measures.money import Group
from kamlib.method.measures.periods import total
from kamlib.method.once import once
from kamlib.schema import Account, result
from kamlib.schema.days import months_from
from kamlib.schema.plan import Insight, Whitespace
from kamlib.words import Words


@dataclass(frozen=True, kw_only=True)
class Placed(relationships.Person):
    """A person in the customer's organisation: `depth` is 0 at the top, `person` the name, indented by it.

    A role that nobody is known to hold has no contact_id.
    """

    depth: int
    person: Words


@result("organisation")
def organisation(account: Account) -> Iterable[Placed]:
    """Return the customer's people as a tree, each below the chief; roles that nobody holds come last (S3.1)."""
    people = relationships.people(account)
    known = {each.contact_id: each for each in people if each.contact_id}
    below: dict[str | None, list[str]] = {}
    for contact_id, each in known.items():
        below.setdefault(each.reports_to if each.reports_to in known else None, []).append(contact_id)
    for contact_id, depth in _walk(below, list(known)):
        yield _placed(account, known[contact_id], depth)
    for each in people:
        if not each.contact_id:
            yield _placed(account, each, 0)


def _placed(account: Account, person: relationships.Person, depth: int) -> Placed:
    name = words.joined(["\N{EM SPACE}" * depth, relationships.person_name(account, person.contact_id)], "")
    return Placed(**vars(person), depth=depth, person=name)


def _walk(below: Mapping[str | None, list[str]], everybody: list[str]) -> Iterator[tuple[str, int]]:
    """Everybody, each before their own people; those in a circle of chiefs are entered once, at the end."""
    seen: set[str] = set()

    def down(chief: str | None, depth: int) -> Iterator[tuple[str, int]]:
        for contact_id in below.get(chief, ()):
            if contact_id not in seen:
                seen.add(contact_id)
                yield contact_id, depth
                yield from down(contact_id, depth + 1)

    yield from down(None, 0)
    yield from ((each, 0) for each in everybody if each not in seen)


@dataclass(frozen=True, kw_only=True)
class KnownInsight(Insight):
    """A goal or challenge of the customer's own, graded.

    `is_stale`: older than six months, or never dated. `lacks`: which links of the chain from their goal to our
    contribution are not known, or who told it; ours alone.
    """

    is_stale: bool
    lacks: Words | None


@result("insights", values=lambda account: {"months": account.limit("insight_months")})
def insights(account: Account) -> Iterable[KnownInsight]:
    """Return the customer's own goals and challenges in order of priority, each graded (S3.2)."""
    since = months_from(account.today, -account.limit("insight_months"))
    for each in sorted(account.insights, key=_by_priority):
        is_stale = each.graded_on is None or each.graded_on < since
        yield KnownInsight(**each.values(), is_stale=is_stale, lacks=_unknown(account, each))


def _by_priority(insight: Insight) -> tuple[int, int]:
    graded = insight.graded_on
    return insight.priority or 99, -(graded.toordinal() if graded else 0)


def _unknown(account: Account, insight: Insight) -> Words | None:
    if account.audience == "customer":
        return None
    links = ["pressure", "initiative", "obstacle", "contribution"]
    links += ["told_by"] if insight.grade in ("told", "confirmed") else []
    return lacking("insight", insight, links)


def lacking(of: str, row: object, names: Iterable[str]) -> Words | None:
    """Return which of `names` a row does not know, in the words of the catalogue; None where it knows all."""
    missing = [words.sentence(f"{of}.{name}") for name in names if getattr(row, name, None) is None]
    return words.listed(dict.fromkeys(missing)) if missing else None


@dataclass(frozen=True)
class GroupVolume(Group):
    """A product group, R12 against the R12 before; `trend` is growing, flat, shrinking, new, lost or unknown."""

    change: float | None
    trend: str


@result("volume", values=lambda account: {"flat": words.percent(account.limit("flat_growth_share"), 1)})
def volume(account: Account) -> Iterable[GroupVolume]:
    """Return business volume per product group, the largest first (S3.3)."""
    for each in measures.sales_by_group(account):
        before = each.revenue_previous_12m
        change = None if before is None else (each.revenue_12m or 0.0) - before
        yield GroupVolume(**vars(each), change=change, trend=_trend(account, each))


def _trend(account: Account, group: Group) -> str:
    before = group.revenue_previous_12m
    if not (group.revenue_12m or 0) > 0:
        return "lost" if (before or 0) > 0 else "unknown"
    if group.growth_share is None:
        return "unknown" if before is None or before > 0 else "new"
    return measures.growth_word(account, group.growth_share)


@dataclass(frozen=True, kw_only=True)
class WhitespaceCell(Whitespace):
    """A product group at a buying unit: `room` = max(potential - current, 0), `expected` = room x the odds of its state.

    `current` is R12, where the cell is the whole customer.
    """

    unit: str | None
    current: float | None
    room: float | None
    expected: float | None


@result("plan_whitespace")
def whitespace(account: Account) -> Iterable[WhitespaceCell]:
    """Return the whitespace grid, the largest expected value first (6.6)."""
    cells = [_cell(account, each) for each in account.whitespaces]
    return sorted(cells, key=lambda each: -1.0 if each.expected is None else each.expected, reverse=True)


def _cell(account: Account, cell: Whitespace) -> WhitespaceCell:
    units = {each.row_id: each.name for each in account.buying_units}
    current = _current(account, cell)
    is_counted = cell.status != "not_relevant" and cell.potential is not None and current is not None
    room = max((cell.potential or 0.0) - (current or 0.0), 0.0) if is_counted else None
    odds = account.limit("whitespace_odds").get(cell.status)
    expected = None if room is None or odds is None else room * odds
    unit = units.get(cell.unit_id or "")
    return WhitespaceCell(**cell.values(), unit=unit, current=current, room=room, expected=expected)


def _current(account: Account, cell: Whitespace) -> float | None:
    """What we sell in a cell: nothing where it is open or a competitor's, else the group's R12 where it has no other unit."""
    if cell.status in ("open", "competitor"):
        return 0.0
    units = {each.unit_id for each in account.whitespaces if each.unit_id}
    if cell.unit_id is not None and len(units) > 1:
        return None
    groups = measures.sales_by_group(account)
    return next((each.revenue_12m for each in groups if each.product_group == cell.product_group), None)


@dataclass(frozen=True)
class Penetration:
    """How much of the whitespace grid is ours (6.6).

    `ours`: cells that we supply, alone or shared; `relevant`: cells that are; `revenue_share`: what we sell of the
    potential where both are known, None while a cell that we supply is not; `expected`: sum of the expected value.
    """

    ours: int
    relevant: int
    revenue_share: float | None
    expected: float | None


@once
def penetration(account: Account) -> Penetration:
    """Return how much of the whitespace grid is ours."""
    relevant = [each for each in whitespace(account) if each.status != "not_relevant"]
    ours = [each for each in relevant if each.status in ("deployed", "competitive")]
    cells = [(each.current, each.potential) for each in relevant]
    known = [(current, potential) for current, potential in cells if current is not None and potential]
    # Without what we do sell the share would be told too low.
    is_whole = bool(known) and all(each.current is not None for each in ours)
    sold = sum(min(current, potential) for current, potential in known)
    share = sold / sum(potential for _, potential in known) if is_whole else None
    return Penetration(len(ours), len(relevant), share, total(each.expected for each in relevant))


def whitespace_words(account: Account) -> dict[str, Words]:
    """Return `penetration` in words and the last month of the sales counted, for the note below the grid."""
    grid = penetration(account)
    return {
        "ours": words.number(grid.ours),
        "relevant": words.number(grid.relevant),
        "share": words.percent(grid.revenue_share),
        "expected": words.money(grid.expected, account.currency),
        "through": words.month(account.facts_through),
    }
