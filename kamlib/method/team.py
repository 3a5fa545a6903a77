"""Step 4, the customer team: coverage, responsibility, shared measures, rhythm, visible investment (S4.1-S4.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.method import measures, relationships
from kamlib.method.measures.periods import one_row, today
from kamlib.schema import AccountView, frame_of
from kamlib.schema.facts import Answer


def match(account: AccountView) -> pd.DataFrame:
    """One row per function and person: `function`, `level`, `person_id`, hours, `state`.

    State is `filled`, `left` (the person's last day has passed), `missing` (in the minimum of P22, nobody there)
    or `extra` (beyond the minimum).
    """
    levels = account.limit("squad_levels")
    held = measures.squad(account).frame()
    if account.audience == "customer":
        names = held.loc[~held["has_left"], ["function", "person_id"]]
        return names.reindex(columns=_MATCHED).reset_index(drop=True)
    needed = account.limit("squad_minimum")
    held["state"] = np.where(
        held["has_left"], "left", np.where(held["function"].isin(needed), "filled", "extra")
    )
    gaps = measures.squad_gaps(account)
    rows = pd.concat(
        [held, pd.DataFrame({"function": gaps, "state": "missing"}, dtype="str")], ignore_index=True
    )
    rows["level"] = rows["function"].map({part: level for level, parts in levels.items() for part in parts})
    order = [part for parts in levels.values() for part in parts]
    rows = rows.sort_values("function", key=lambda column: column.map(order.index), kind="stable")
    return rows[_MATCHED].reset_index(drop=True)


_MATCHED = ["level", "function", "person_id", "hours_year", "hours_spent_quarter", "is_deputy", "state"]


def raci(account: AccountView) -> pd.DataFrame:
    """One row per open initiative: `title`, `accountable` and `responsible` (ids; also as names), `state` (S4.4).

    State is ok, no_accountable, several_accountable, nobody_responsible. A squad under four needs only one A (the
    initiative's owner counts) and a deputy: then the state is ok or no_accountable (P22).
    """
    rows = _open_initiatives(account)
    letters = account.responsibility.merge(
        rows[["row_id"]], left_on="initiative_id", right_on="row_id", suffixes=("", "_of")
    )
    by_letter = letters.groupby(["initiative_id", "letter"])["person_id"].agg(list)
    small = is_small(account)
    lines = []
    for _, row in rows.iterrows():
        chief = list(by_letter.get((row["row_id"], "A"), []))
        doers = list(by_letter.get((row["row_id"], "R"), []))
        if small and not chief and not pd.isna(row["owner_id"]):
            chief = [row["owner_id"]]
        lines.append(
            {
                "row_id": row["row_id"],
                "title": row["title"],
                "due_on": row["due_on"],
                "accountable": chief,
                "responsible": doers,
                "state": raci_state(len(chief), len(doers), small=small),
            }
        )
    columns = ["row_id", "title", "due_on", "accountable", "responsible", "state"]
    table = pd.DataFrame(lines, columns=columns).sort_values("due_on", ignore_index=True)
    return table.assign(
        accountable_names=[_names(account, people) for people in table["accountable"]],
        responsible_names=[_names(account, people) for people in table["responsible"]],
    )


def _names(account: AccountView, people: list[str]) -> str:
    return ", ".join(relationships.person_name(account, person) for person in people) or text.MISSING


def raci_state(accountable: int, responsible: int, *, small: bool) -> str:
    """Return the state of one initiative: exactly one A; at least one R unless the squad is small (6.9, P22)."""
    if accountable == 0:
        return "no_accountable"
    if accountable > 1:
        return "several_accountable"
    return "ok" if small or responsible else "nobody_responsible"


def is_small(account: AccountView) -> bool:
    """Tell whether the squad has fewer people than full RACI is meant for (P22)."""
    held = measures.squad(account).frame()
    return bool(held.loc[~held["has_left"], "person_id"].nunique() < account.limit("squad_small_people"))


def loads(account: AccountView) -> pd.DataFrame:
    """One row per person with open initiatives as A, R or owner: `tasks`, `hours`, `hours_year`, `state` (S4.4).

    `hours` is what the initiatives need, `hours_year` what the squad row gives. State is overloaded (more tasks than
    our limit), short (the initiatives need more hours than there are), ok.
    """
    rows = _open_initiatives(account)
    letters = account.responsibility[account.responsibility["letter"].isin(["A", "R"])]
    named = letters[["initiative_id", "person_id"]].rename(columns={"initiative_id": "row_id"})
    owned = rows[["row_id", "owner_id"]].rename(columns={"owner_id": "person_id"}).dropna()
    tasks = pd.concat([named, owned]).drop_duplicates().merge(rows[["row_id", "hours"]], on="row_id")
    counted = tasks.groupby("person_id", as_index=False).agg(
        tasks=("row_id", "nunique"), hours=("hours", lambda each: each.sum(min_count=1))
    )
    given = (
        measures.squad(account)
        .frame()
        .groupby("person_id")["hours_year"]
        .agg(lambda each: each.sum(min_count=1))
    )
    counted["hours_year"] = counted["person_id"].map(given).astype("float64")
    words = [counted["tasks"] > account.limit("open_tasks_limit"), counted["hours"] > counted["hours_year"]]
    counted["state"] = pd.Series(np.select(words, ["overloaded", "short"], "ok"), counted.index, dtype="str")
    return counted.sort_values("tasks", ascending=False, ignore_index=True)


def _open_initiatives(account: AccountView) -> pd.DataFrame:
    return account.initiative[~account.initiative["status"].isin(["done", "stopped"])]


def matrix(account: AccountView) -> pd.DataFrame:
    """One row per goal: its title, a column per function with its part, `functions`, `state` (S4.3).

    State is ok, nobody_owns, several_own or one_function: each goal needs one owner and two functions (6.9).
    Where no function is said to own a goal, the function of the person who owns it does.
    """
    functions = [part for parts in account.limit("squad_levels").values() for part in parts]
    wide = _parts(account).pivot_table(index="goal_id", columns="function", values="part", aggfunc="first")
    wide = wide.reindex(index=account.goal["row_id"], columns=functions).astype("str")
    active = wide.isin(["owns", "contributes"]).sum(axis=1)
    owners = (wide == "owns").sum(axis=1)
    states = [matrix_state(own, part) for own, part in zip(owners, active, strict=True)]
    table = wide.reset_index(names="row_id").assign(functions=active.to_numpy(), state=states)
    return table.assign(title=account.goal["title"].to_numpy())


def _parts(account: AccountView) -> pd.DataFrame:
    """One row per goal and function: `goal_id`, `function`, `part`."""
    said = account.shared_kpi[["goal_id", "function", "part"]]
    unowned = account.goal[~account.goal["row_id"].isin(said.loc[said["part"].eq("owns"), "goal_id"])]
    functions = (
        measures.squad(account).frame().drop_duplicates("person_id").set_index("person_id")["function"]
    )
    owned = pd.DataFrame({"goal_id": unowned["row_id"], "function": unowned["owner_id"].map(functions)})
    every = pd.concat([owned.dropna().assign(part="owns"), said])
    return every.drop_duplicates(["goal_id", "function"])


def matrix_state(owners: int, functions: int) -> str:
    """Return the state of one goal in the matrix, by its owning functions and those that do something."""
    if owners == 0:
        return "nobody_owns"
    if owners > 1:
        return "several_own"
    return "ok" if functions >= 2 else "one_function"


def gaps(account: AccountView) -> pd.DataFrame:
    """One row per function without a part in any goal: `function`, `people`, `state` (S4.3).

    State is `idle` (in the squad, without a part) or `absent` (a function that shares measures, neither in the squad
    nor in any goal). A part is one in a shared measure, or a person who owns or sponsors a goal or owns an open
    initiative. Without goals nobody is idle.
    """
    held, goals = measures.squad(account).frame(), account.goal
    if goals.empty:
        return pd.DataFrame(columns=["function", "people", "state"])
    active = account.shared_kpi[account.shared_kpi["part"].isin(["owns", "contributes"])]
    busy = pd.concat(
        [goals["owner_id"], goals["sponsor_id"], _open_initiatives(account)["owner_id"]]
    ).dropna()
    at_work = set(active["function"]) | set(held.loc[held["person_id"].isin(set(busy)), "function"])
    idle = held[~held["function"].isin(at_work) & ~held["has_left"]]
    rows = idle.groupby("function", as_index=False).agg(people=("person_id", list)).assign(state="idle")
    present = at_work | set(held["function"]) | ({"sales"} if "kam" in at_work else set())
    absent = [each for each in account.limit("shared_kpi_functions") if each not in present]
    lacking = pd.DataFrame({"function": absent, "people": [[] for _ in absent], "state": "absent"})
    return pd.concat([rows, lacking], ignore_index=True) if absent else rows


def conflicts(account: AccountView) -> pd.DataFrame:
    """One row per pair that pulls in two directions: `kind`, `measure`, `one`, `other`, `goal_id`, `why` (S4.3, D 20).

    Kind is `opposite` (two functions with the same own KPI, or a function's against the goal's, one up and one down),
    `tension` (two KPIs of our list in the settings that eat each other) or `uncontrolled` (the goal's owner sits in a
    function without a part in its KPI).
    """
    rows = pd.concat([_opposite(account), _tensions(account), _uncontrolled(account)], ignore_index=True)
    said: list[Any] = [{"key": f"conflict.{kind}"} for kind in rows["kind"]]
    return rows.assign(why=pd.Series(said, rows.index, dtype=object))


_CONFLICT = ["kind", "measure", "one", "other", "goal_id"]


def _opposite(account: AccountView) -> pd.DataFrame:
    goals = account.goal.rename(columns={"row_id": "goal_id", "direction": "own_direction", "kpi": "own_kpi"})
    goals = goals.assign(function="goal")[["goal_id", "function", "own_kpi", "own_direction"]]
    wanted = pd.concat([account.shared_kpi[goals.columns], goals]).dropna(subset=["own_kpi", "own_direction"])
    wanted = wanted.assign(measure=wanted["own_kpi"].str.casefold().str.strip())
    pairs = wanted[wanted["own_direction"] == "up"].merge(
        wanted[wanted["own_direction"] == "down"], on="measure"
    )
    pairs = pairs[pairs["function_x"] != pairs["function_y"]].drop_duplicates(
        ["measure", "function_x", "function_y"]
    )
    found = pairs[["own_kpi_x", "function_x", "function_y", "goal_id_x"]].set_axis(_CONFLICT[1:], axis=1)
    return found.assign(kind="opposite")[_CONFLICT]


def _tensions(account: AccountView) -> pd.DataFrame:
    own = account.shared_kpi.dropna(subset=["own_kpi", "own_direction"])
    lines = []
    for pair in account.settings["kpi_tensions"].values():
        ones, others = (_with_words(own, pair[side]) for side in ("one", "other"))
        for row in ones.merge(others, on="goal_id").to_dict("records"):
            if row["function_x"] != row["function_y"]:
                said = f"{row['own_kpi_x']} \u2194 {row['own_kpi_y']}"
                lines.append(("tension", said, row["function_x"], row["function_y"], row["goal_id"]))
    return pd.DataFrame(lines, columns=_CONFLICT).drop_duplicates(ignore_index=True)


def _with_words(rows: pd.DataFrame, wanted: dict[str, Any]) -> pd.DataFrame:
    """Return the rows whose own KPI is moved in the wanted direction and holds one of the words."""
    said = [any(word in str(kpi).casefold() for word in wanted["words"]) for kpi in rows["own_kpi"]]
    return rows[pd.Series(said, rows.index, dtype=bool) & rows["own_direction"].eq(wanted["direction"])]


def _uncontrolled(account: AccountView) -> pd.DataFrame:
    functions = (
        measures.squad(account).frame().drop_duplicates("person_id").set_index("person_id")["function"]
    )
    goals = account.goal.assign(function=account.goal["owner_id"].map(functions)).dropna(subset=["function"])
    active = account.shared_kpi[account.shared_kpi["part"].isin(["owns", "contributes"])]
    lines = []
    for goal in goals.to_dict("records"):
        parts = active[active["goal_id"].eq(goal["row_id"])]
        mine = {goal["function"], "sales"} if goal["function"] == "kam" else {goal["function"]}
        owners = parts.loc[parts["part"].eq("owns"), "function"]
        if len(owners) and not mine & set(parts["function"]):
            lines.append(("uncontrolled", goal["kpi"], goal["function"], owners.iloc[0], goal["row_id"]))
    return pd.DataFrame(lines, columns=_CONFLICT)


def rhythm(account: AccountView) -> pd.DataFrame:
    """One row per kind of meeting: `every_weeks` agreed, last held, next planned, what it solves, `state` (S4.2).

    State is ok, late (longer since the last than agreed), not_planned (no next date) or no_rhythm.
    """
    now, rows = today(account), account.meeting
    lines = [_beat(kind, rows[rows["kind"] == kind], now) for kind in rows["kind"].dropna().unique()]
    columns = ["kind", "every_weeks", "last_on", "next_on", "solves", "state"]
    return pd.DataFrame(lines, columns=columns).sort_values("next_on", ignore_index=True)


def _beat(kind: str, rows: pd.DataFrame, now: pd.Timestamp) -> dict[str, Any]:
    held = rows.loc[rows["held_on"] <= now].sort_values("held_on")
    ahead = rows.loc[rows["held_on"].isna() & (rows["planned_on"] >= now), "planned_on"].min()
    weeks = rows["every_weeks"].dropna()
    every = int(weeks.iloc[-1]) if len(weeks) else None
    last = held["held_on"].max()
    late = every is not None and pd.notna(last) and (now - last).days > every * 7
    state = "no_rhythm" if every is None else "late" if late else "not_planned" if pd.isna(ahead) else "ok"
    solved = pd.concat([rows.loc[rows["held_on"].isna(), "solves"], held["solves"].iloc[::-1]]).dropna()
    return {
        "kind": kind,
        "every_weeks": every,
        "last_on": last,
        "next_on": ahead,
        "solves": solved.iloc[0] if len(solved) else None,
        "state": state,
    }


def investment(account: AccountView) -> pd.DataFrame:
    """One row, S4.5: `hours` and `people` of this quarter, `projects` running, the customer's own answer 1-5.

    `answer` is the mean of the last year's answers to "X invests in our relation", `n` how many answered.
    """
    spent = account.squad_member
    used = spent[spent["hours_spent_quarter"].fillna(0) > 0]
    said = frame_of(measures.answers(account, "invests"), Answer)["score"]
    return one_row(
        hours=spent["hours_spent_quarter"].sum(min_count=1),
        people=int(used["person_id"].nunique()),
        projects=int(account.project["status"].eq("ongoing").sum()),
        answer=float(said.mean()) if len(said) else float("nan"),
        n=len(said),
    )
