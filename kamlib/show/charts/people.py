"""Figures of the customer's people: where they stand and have moved, who reports to whom, who of us knows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from kamlib import text
from kamlib.show import cells, figure, tables
from kamlib.show.charts import marks
from kamlib.show.charts.words import all_case, worded
from kamlib.show.page import COLOURS, NOTHING, Bundle, Shown, audience, escape

#: People of a map at most; a tree of more than the second leaves out who has no part in a decision.
_ON_MAP, _WHOLE_TREE = 18, 12
_UNKNOWN = -3.2  # where a person of unknown stance stands


# --- influence and support ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standpoint:
    """Where a person stands, and stood on an earlier day (`since`): influence 1..5, support -2..2, coverage 0..4."""

    name: str
    title: str | None
    influence: int
    support: int | None
    influence_before: int | None
    support_before: int | None
    coverage: int | None
    is_placeholder: bool
    since: date | None

    @property
    def spot(self) -> marks.Point:
        """The place on the map: x for the stance, y for the influence."""
        return _across(self.support), float(self.influence)

    @property
    def spot_before(self) -> marks.Point | None:
        """The place on the earlier day; None where the person was not judged then."""
        if self.influence_before is None:
            return None
        return _across(self.support_before), float(self.influence_before)

    @property
    def has_moved(self) -> bool:
        """Whether the person stands elsewhere than on the earlier day."""
        return self.spot_before not in (None, self.spot)

    @property
    def step(self) -> int:
        """How far the person has come towards us; 0 where either stance is unknown."""
        if self.support is None or self.support_before is None:
            return 0
        return self.support - self.support_before


def _across(support: int | None) -> float:
    return _UNKNOWN if support is None else float(support)


def influence_map(rows: Iterable[Any], bundle: Bundle) -> Shown:
    """Draw who has influence, where they stand and from where they have moved; never for a customer.

    `rows` are those of `relationships.moves`, or of `relationships.people`: then nobody is said to have moved.
    """
    if audience(bundle) == "customer":
        return NOTHING
    people = [_standpoint(row) for row in rows if (row.name or row.title) and row.influence is not None]
    if not people:
        return tables.what_to_add(text.t("chart.people.empty"), bundle)
    people = people[:_ON_MAP]
    table = tables.numbers("chart_people", people, bundle)
    words = _people_words(people, bundle.limit("key_player_influence"))
    drawing = figure.Drawing(partial(_people, people), (4.0, 4.1))
    return figure.shown(drawing, words, bundle, table=table)


def _standpoint(row: Any) -> Standpoint:
    values: dict[str, Any] = {each.name: getattr(row, each.name, None) for each in fields(Standpoint)}
    nameless = text.t("people.title_only", title=figure.short(str(row.title)))
    values |= {"name": row.name or nameless, "is_placeholder": bool(values["is_placeholder"])}
    return Standpoint(**values)


def _people_words(people: list[Standpoint], strong_from: float) -> figure.Words:
    strong = [each for each in people if each.influence >= strong_from]
    for_us = sum((each.support or 0) > 0 for each in strong)
    unknown = sum(each.support is None for each in strong)
    counts = {"count": for_us, "strong": len(strong), "unknown": unknown, "n": len(strong)}
    words = worded("people", all_case(for_us, len(strong)), **counts)
    since = max((each.since for each in people if each.since), default=None)
    return words if since is None else _with_moves(words, people, strong, since)


def _with_moves(
    words: figure.Words, people: list[Standpoint], strong: list[Standpoint], since: date
) -> figure.Words:
    moved = sum(each.has_moved for each in people)
    closer, away = sum(each.step > 0 for each in strong), sum(each.step < 0 for each in strong)
    values = {"since": text.day(since), "closer": closer, "away": away, "moved": moved, "n": moved}
    case = "both" if closer and away else "closer" if closer else "away" if away else ""
    was_judged = any(each.spot_before for each in people)
    how = text.t(f"chart.people.since.{'moved' if moved else 'still' if was_judged else 'nothing'}", **values)
    turn = text.t(f"chart.people.turn.{case}", **values) if case else ""
    told = {name: f"{getattr(words, name)} {how}" for name in ("subtitle", "description")}
    return replace(words, title=words.title + turn, **told)


_STANCES = (
    (-3.75, -2.6, "unknown", "wash"),
    (-2.6, -0.5, "against", "bad_wash"),
    (-0.5, 0.5, "neutral", "paper"),
    (0.5, 2.6, "for_us", "good_wash"),
)


def _people(people: list[Standpoint], ax: Axes) -> None:
    figure.margins(ax, left=0.32, right=0.08, top=0.28, bottom=0.08)
    ax.set_xlim(-3.75, 2.6)
    ax.set_ylim(0.4, 5.6)
    for low, high, stance, ground in _STANCES:
        ax.axvspan(low, high, color=COLOURS[ground], alpha=0.6, linewidth=0)
        words = text.t(f"chart.people.{stance}")
        ax.text((low + high) / 2, 5.68, words, fontsize=8.2, color=COLOURS["muted"], ha="center", va="bottom")
    ax.axvline(_STANCES[0][1], color=COLOURS["soft"], linewidth=0.8, linestyle=(0, (2, 3)))
    ax.set_ylabel(text.t("chart.people.influence"), loc="top")
    marks.bare(ax, "left")
    ax.set_yticks(range(1, 6), [text.number(step) for step in range(1, 6)], fontsize=marks.SMALL)
    placed = list(zip(people, _spread(people), strict=True))
    moved = [(each.spot_before, mark) for each, mark in placed if each.has_moved]
    ways = [marks.arrow(ax, before, mark) for before, mark in moved if before is not None]
    for each, mark in placed:
        fill = "accent" if (each.coverage or 0) >= 3 else "paper"
        marks.dot(ax, mark, (fill, "accent"), shape="s" if each.is_placeholder else "o")
    marks.label(ax, [mark for _, mark in placed], kept_free=[box for way in ways for box in way])


def _spread(people: list[Standpoint]) -> list[marks.Mark]:
    """Return one mark per person; those who stand on the same spot are set below each other, within their step."""
    alike = Counter(each.spot for each in people)
    placed: Counter[marks.Point] = Counter()
    spread = []
    for each in people:
        (x, y), n = each.spot, alike[each.spot]
        apart = min(0.86 / max(n - 1, 1), 0.3)
        height = y + ((n - 1) / 2 - placed[each.spot]) * apart
        spread.append(marks.Mark(x, height, 0.075, figure.short(each.name, 22)))
        placed[each.spot] += 1
    return spread


# --- the organisation --------------------------------------------------------------------------------------


def organisation(rows: Sequence[Any], bundle: Bundle, *, ties: Iterable[Any]) -> Shown:
    """Lay out who reports to whom, who has which role in decisions, and who of us knows them; never for a customer.

    `rows` are those of `planning.organisation` (without contact_id: a role that nobody is known to hold), `ties` those
    of `relationships.links`.
    """
    if audience(bundle) == "customer":
        return NOTHING
    persons = [each for each in rows if each.contact_id is not None]
    if not persons:
        return tables.what_to_add(text.t("chart.organisation.empty"), bundle)
    known_by = _known_by(ties, bundle)
    shown = [each for each, is_seen in zip(persons, _seen(persons, set(known_by)), strict=True) if is_seen]
    words = _tree_words(rows, len(persons) - len(shown), bundle.limit("decision_roles"))
    nodes = [(int(each.depth), _node(each, known_by.get(each.contact_id, ()))) for each in shown]
    gaps = [(0, _gap(each.role)) for each in rows if each.contact_id is None and each.role]
    body = f'<div class="kam-tree">{_nested([*nodes, *gaps])}</div>'
    return figure.laid(body, words, bundle, table=tables.numbers("organisation", rows, bundle))


def _tree_words(rows: Sequence[Any], left_out: int, wanted: list[str]) -> figure.Words:
    people = [each for each in rows if each.contact_id is not None]
    nameless = sum(bool(each.is_placeholder) for each in people)
    filled = {each.role for each in people if not each.is_placeholder}
    missing = [text.label("stakeholder_role", role) for role in wanted if role not in filled]
    count = len(wanted) - len(missing)
    values = {"missing": text.listed(missing), "nameless": nameless, "n": left_out}
    case = all_case(count, len(wanted))
    words = worded("organisation", case, count=count, roles=len(wanted), people=len(rows), **values)
    rest = text.t("chart.organisation.left_out", n=left_out) if left_out else ""
    return replace(words, note=" ".join(filter(None, [words.note, rest])))


def _known_by(ties: Iterable[Any], bundle: Bundle) -> dict[str, list[str]]:
    """Who of us knows each of theirs, with the number of contacts."""
    known_by: dict[str, list[str]] = {}
    for tie in ties:
        name = cells.cell(tie.our_person_id, {"kind": "person"}, bundle)[1].partition(", ")[0]
        words = f"{name} ({text.number(tie.contacts)})" if tie.contacts else name
        known_by.setdefault(tie.contact_id, []).append(words)
    return known_by


def _seen(persons: Sequence[Any], known: set[str]) -> list[bool]:
    """Tell whom the tree shows: all of a few; of many those with a role or a tie to us, and their chiefs."""
    has_part = [each.role is not None or each.contact_id in known for each in persons]
    if len(persons) <= _WHOLE_TREE or not any(has_part):
        return [place < BRANCHES for place in range(len(persons))]
    seen: list[bool] = []
    awaited: set[int] = set()
    for each, takes_part in zip(reversed(persons), reversed(has_part), strict=True):
        seen.append(takes_part or each.depth in awaited)
        if seen[-1]:
            awaited = (awaited - {each.depth}) | {each.depth - 1}
    return seen[::-1]


#: People of a tree at most, where nobody's part in decisions is known.
BRANCHES = 30


def _nested(items: Iterable[tuple[int, str]]) -> str:
    """Return items in reading order, each with its depth, as lists within lists."""
    html, level = "", -1
    for wanted, item in items:
        depth = min(wanted, level + 1)
        html += "<ul>" if depth > level else "</li>" + "</ul></li>" * (level - depth)
        html += f"<li>{item}"
        level = depth
    return html + "</li></ul>" * (level + 1)


def _node(row: Any, known_by: Iterable[str]) -> str:
    has_role, names = row.role is not None, text.listed(known_by)
    name = f"<strong>{escape(str(row.person).strip())}</strong>"
    place = ", ".join(filter(None, (row.title, row.unit)))
    parts = [cells.pill(text.t("people.unknown_name"), "warn") if row.is_placeholder else name, _small(place)]
    if has_role:
        parts.append(cells.pill(text.label("stakeholder_role", row.role), "own"))
    if has_role and row.influence is not None:
        parts.append(_small(text.t("chart.organisation.influence", step=text.number(row.influence))))
    if names:
        parts.append(_small(text.t("chart.organisation.known_by", names=names), "kam-tie"))
    elif has_role:
        parts.append(_small(text.t("chart.organisation.known_by_none"), "kam-tie kam-loose"))
    return f'<div class="kam-node">{" ".join(filter(None, parts))}</div>'


def _small(words: str, style: str = "kam-sub") -> str:
    return f'<span class="{style}">{escape(words)}</span>' if words else ""


def _gap(role: object) -> str:
    who = cells.pill(text.t("chart.organisation.nobody"), "bad")
    part = cells.pill(text.label("stakeholder_role", role), "own")
    return f'<div class="kam-node kam-gap">{who} {part}</div>'
