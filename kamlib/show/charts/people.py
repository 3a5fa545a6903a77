"""Figures of the customer's people: where they stand and have moved, who reports to whom, who of us knows them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from kamlib import text
from kamlib.schema import Result, as_frame
from kamlib.show import cells, figure, tables
from kamlib.show.charts import marks
from kamlib.show.charts.words import all_case, worded
from kamlib.show.page import COLOURS, NOTHING, Bundle, Shown, audience, escape

#: People of a map at most; a tree of more than the second leaves out who has no part in a decision.
_ON_MAP, _WHOLE_TREE = 18, 12
_UNKNOWN = -3.2  # where a person of unknown stance stands


# --- influence and support ---------------------------------------------------------------------------------


def influence_map(rows: pd.DataFrame, bundle: Bundle) -> Shown:
    """Draw who has influence, where they stand and from where they have moved; never for a customer.

    `rows` are those of `relationships.moves`: name, title, is_placeholder, influence 1..5, support -2..2, coverage
    0..4, influence_before, support_before, since (a day); without the last three nobody is said to have moved.
    """
    if audience(bundle) == "customer":
        return NOTHING
    named = rows["name"].notna() | rows["title"].notna()
    known = _with_moves(rows[named].dropna(subset=["influence"])).head(_ON_MAP).reset_index(drop=True)
    if known.empty:
        return tables.what_to_add(text.t("chart.people.empty"), bundle)
    table = tables.numbers("chart_people", known, bundle)
    words = _people_words(known, bundle.limit("key_player_influence"))
    drawing = figure.Drawing(partial(_people, known), (4.0, 4.1))
    return figure.shown(drawing, words, bundle, table=table)


def _with_moves(rows: pd.DataFrame) -> pd.DataFrame:
    absent: dict[str, Any] = {
        "influence_before": pd.NA,
        "support_before": pd.NA,
        "since": pd.NaT,
        "is_placeholder": False,
    }
    full = rows.assign(**{name: value for name, value in absent.items() if name not in rows})
    numbers = ["influence", "support", "influence_before", "support_before", "coverage"]
    full = full.assign(**{name: full[name].astype("Float64") for name in numbers})
    then, now = (_spot(full, suffix) for suffix in ("_before", ""))
    return full.assign(
        has_moved=full["influence_before"].notna() & (then != now).any(axis=1),
        step=(full["support"] - full["support_before"]).fillna(0.0),
        name=[_name(row) for _, row in full.iterrows()],
    )


def _spot(people: pd.DataFrame, suffix: str = "") -> pd.DataFrame:
    """Return where each person stands, x for the stance and y for the influence."""
    across = people[f"support{suffix}"].fillna(_UNKNOWN).astype(float)
    return pd.DataFrame({"x": across, "y": people[f"influence{suffix}"].astype(float)})


def _name(person: pd.Series) -> str:
    if text.is_missing(person["name"]):
        return text.t("chart.people.nameless", title=figure.short(str(person["title"])))
    return str(person["name"])


def _people_words(known: pd.DataFrame, strong_from: float) -> figure.Words:
    strong = known[known["influence"] >= strong_from]
    for_us, unknown = int((strong["support"] > 0).sum()), int(strong["support"].isna().sum())
    counts = {"count": for_us, "strong": len(strong), "unknown": unknown, "n": len(strong)}
    since, moved = known["since"].max(), int(known["has_moved"].sum())
    words = worded("people", all_case(for_us, len(strong)), **counts)
    if pd.isna(since):
        return words
    closer, away = int((strong["step"] > 0).sum()), int((strong["step"] < 0).sum())
    told = {"since": text.day(since), "closer": closer, "away": away, "moved": moved, "n": moved}
    case = "both" if closer and away else "closer" if closer else "away" if away else ""
    compared = "moved" if moved else "still" if known["influence_before"].notna().any() else "nothing"
    how = text.t(f"chart.people.since.{compared}", **told)
    turn = text.t(f"chart.people.turn.{case}", **told) if case else ""
    return replace(
        words,
        title=words.title + turn,
        subtitle=f"{words.subtitle} {how}",
        description=f"{words.description} {how}",
    )


_STANCES = (
    (-3.75, -2.6, "unknown", "wash"),
    (-2.6, -0.5, "against", "bad_wash"),
    (-0.5, 0.5, "neutral", "paper"),
    (0.5, 2.6, "for_us", "good_wash"),
)


def _people(people: pd.DataFrame, ax: Axes) -> None:
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
    placed = _spread(people)
    ways = [
        marks.arrow(ax, (float(x), float(y)), mark)
        for has_moved, (x, y), mark in zip(
            people["has_moved"], _spot(people, "_before").to_numpy(), placed, strict=True
        )
        if has_moved
    ]
    nameless = people["is_placeholder"].fillna(value=False).astype(bool)
    for mark, coverage, unnamed in zip(placed, people["coverage"].fillna(0), nameless, strict=True):
        marks.dot(ax, mark, ("accent" if coverage >= 3 else "paper", "accent"), shape="s" if unnamed else "o")
    marks.label(ax, placed, kept_free=[box for way in ways for box in way])


def _spread(people: pd.DataFrame) -> list[marks.Mark]:
    """Return one mark per person; those who stand on the same spot are set below each other, within their step."""
    spots = _spot(people)
    order = spots.groupby(["x", "y"]).cumcount()
    alike = spots.groupby(["x", "y"])["x"].transform("size")
    apart = (0.86 / (alike - 1).clip(lower=1)).clip(upper=0.3)
    heights = spots["y"] + ((alike - 1) / 2 - order) * apart
    names = [figure.short(str(name), 22) for name in people["name"]]
    return [marks.Mark(x, y, 0.075, name) for x, y, name in zip(spots["x"], heights, names, strict=True)]


# --- the organisation --------------------------------------------------------------------------------------


def organisation(answer: pd.DataFrame | Result[Any], bundle: Bundle, *, ties: pd.DataFrame) -> Shown:
    """Lay out who reports to whom, who has which role in decisions, and who of us knows them; never for a customer.

    `answer` holds the rows of `planning.organisation`: depth, contact_id (missing: a role that nobody is known to hold),
    person, title, unit, role, influence, is_placeholder. `ties` are those of `relationships.links`: our_person_id,
    contact_id, contacts.
    """
    rows = as_frame(answer)
    if audience(bundle) == "customer":
        return NOTHING
    persons = rows[rows["contact_id"].notna()].reset_index(drop=True)
    if persons.empty:
        return tables.what_to_add(text.t("chart.organisation.empty"), bundle)
    known = {str(key): list(_known_by(group, bundle)) for key, group in ties.groupby("contact_id")}
    shown = persons[_seen(persons, set(known))]
    words = _tree_words(rows, len(persons) - len(shown), bundle.limit("decision_roles"))
    people = shown.to_dict("records")
    nodes = [(int(row["depth"]), _node(row, known.get(str(row["contact_id"]), ()))) for row in people]
    gaps = [(0, _gap(role)) for role in rows.loc[rows["contact_id"].isna(), "role"].dropna()]
    body = f'<div class="kam-tree">{_nested([*nodes, *gaps])}</div>'
    return figure.laid(body, words, bundle, table=tables.numbers("organisation", rows, bundle))


def _tree_words(rows: pd.DataFrame, left_out: int, wanted: list[str]) -> figure.Words:
    nameless = rows["contact_id"].notna() & rows["is_placeholder"].fillna(value=False).astype(bool)
    held = set(rows.loc[rows["contact_id"].notna() & ~nameless, "role"].dropna())
    missing = [text.label("stakeholder_role", role) for role in wanted if role not in held]
    count = len(wanted) - len(missing)
    told = {"missing": text.listed(missing), "nameless": int(nameless.sum()), "n": left_out}
    case = all_case(count, len(wanted))
    words = worded("organisation", case, count=count, roles=len(wanted), people=len(rows), **told)
    rest = text.t("chart.organisation.left_out", n=left_out) if left_out else ""
    return replace(words, note=" ".join(filter(None, [words.note, rest])))


def _known_by(ties: pd.DataFrame, bundle: Bundle) -> Iterator[str]:
    for person, contacts in zip(ties["our_person_id"], ties["contacts"], strict=True):
        name = cells.cell(person, {"kind": "person"}, bundle)[1].partition(", ")[0]
        yield f"{name} ({text.number(contacts)})" if contacts else name


def _seen(persons: pd.DataFrame, known: set[str]) -> list[bool]:
    """Tell whom the tree shows: all of a few; of many those with a role or a tie to us, and their chiefs."""
    has_part = persons["role"].notna() | persons["contact_id"].isin(known)
    if len(persons) <= _WHOLE_TREE or not has_part.any():
        return [place < BRANCHES for place in range(len(persons))]
    seen: list[bool] = []
    awaited: set[int] = set()
    for depth, takes_part in zip(persons["depth"][::-1], has_part[::-1], strict=True):
        seen.append(bool(takes_part) or depth in awaited)
        if seen[-1]:
            awaited = (awaited - {depth}) | {depth - 1}
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


def _node(row: Mapping[Hashable, Any], known_by: Iterable[str]) -> str:
    has_role, names = not text.is_missing(row["role"]), text.listed(known_by)
    is_nameless = not text.is_missing(row["is_placeholder"]) and bool(row["is_placeholder"])
    name = f"<strong>{escape(str(row['person']).strip())}</strong>"
    place = ", ".join(str(row[part]) for part in ("title", "unit") if not text.is_missing(row[part]))
    parts = [cells.pill(text.t("show.unknown_name"), "warn") if is_nameless else name, _small(place)]
    if has_role:
        parts.append(cells.pill(text.label("stakeholder_role", row["role"]), "own"))
    if has_role and not text.is_missing(row["influence"]):
        parts.append(_small(text.t("chart.organisation.influence", step=text.number(row["influence"]))))
    if names:
        parts.append(_small(text.t("chart.organisation.known_by", names=names), "kam-tie"))
    elif has_role:
        parts.append(_small(text.t("chart.organisation.known_by_none"), "kam-tie kam-loose"))
    return f'<div class="kam-node">{" ".join(filter(None, parts))}</div>'


def _small(words: str, style: str = "kam-sub") -> str:
    return f'<span class="{style}">{escape(words)}</span>' if words else ""


def _gap(role: object) -> str:
    who = cells.pill(text.t("chart.organisation.nobody"), "bad")
    return (
        f'<div class="kam-node kam-gap">{who} {cells.pill(text.label("stakeholder_role", role), "own")}</div>'
    )
