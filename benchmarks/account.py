"""What one rich account of the sample company costs: to read, to answer for, and to show.

Run: python benchmarks/account.py [--account A-003] [--rounds 7] [--over MS]. Prints the processor time in ms of the fastest
round, with its limit: reading the account (10) and its five last quarters (20); every public function of the stages
and of the rooms that they share, the slowest first (5 each); who-leaves on an invented map of 60 people (100); and
all code cells of each notebook of an account in a warm interpreter, its figures drawn (150, the plan 250).
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from types import CodeType, ModuleType
from typing import Any

import pandas as pd

from kamlib import schema
from kamlib.data import sample, workspace
from kamlib.method import coaching, goal_setting, measures, planning, relationships, review, team
from kamlib.run import notebooks
from kamlib.show import tables

ROOMS = (goal_setting, planning, relationships, team, measures, review, coaching)
LIMIT_MS, LEAVING_LIMIT_MS = 5.0, 100.0
DOOR_LIMIT_MS, QUARTERS_LIMIT_MS = 10.0, 20.0
PAGE_LIMITS_MS = {
    "02_goal_setting": 150.0, "03_planning": 250.0, "04_team": 150.0, "05_follow_up": 150.0, "06_review": 150.0,
}  # fmt: skip


def public(room: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions of a room, or of the rooms of a folder, that have no underscore."""
    for name, function in inspect.getmembers(room, inspect.isfunction):
        if function.__module__.startswith(room.__name__) and not name.startswith("_"):
            yield f"{room.__name__.rsplit('.', 1)[-1]}.{name}", function


def asked(function: Callable[..., Any]) -> list[str] | None:
    """Return the names of what the function needs; None where it is something that an account does not give."""
    needed = [each for each in inspect.signature(function).parameters.values() if each.default is each.empty]
    known = {"account", "followed"}
    if not needed or any(each.name not in known or each.kind is each.KEYWORD_ONLY for each in needed):
        return None
    return [each.name for each in needed]


def milliseconds(
    function: Callable[..., Any], names: list[str], account: schema.Account, rounds: int
) -> float:
    """Return the processor time of the fastest of some rounds, each on an account that remembers nothing."""
    followed = goal_setting.progress(account)

    def ask() -> Callable[[], object]:
        given = {"account": dataclasses.replace(account), "followed": followed}
        return lambda: function(*(given[name] for name in names))

    return fastest(ask, rounds)


def fastest(prepare: Callable[[], Callable[[], object]], rounds: int) -> float:
    """Return the processor time in ms of the fastest of some rounds; what `prepare` does is not counted."""
    taken = []
    for _ in range(rounds):
        ask = prepare()
        start = time.process_time()
        ask()
        taken.append((time.process_time() - start) * 1000)
    return min(taken)


def shown(notebook: str, account_id: str) -> Callable[[], object]:
    """Return what runs the code cells of a notebook's batch variant, each output written as HTML."""
    made = notebooks.read(notebooks.folder(None) / f"{notebook}.ipynb")
    cells = notebooks.variant(made, notebooks.Variant("sv", "internal", live=False)).cells
    steps = [
        ("parameters" in notebooks.tags(cell), *_compiled(cell.source))
        for cell in cells
        if cell.cell_type == "code"
    ]

    def run() -> None:
        space: dict[str, Any] = {"__name__": "__page__"}
        for takes_parameters, statements, last in steps:
            exec(statements, space)  # noqa: S102  a cell of our own notebooks
            if last is not None:
                written = eval(last, space)  # noqa: S307
                if isinstance(written, schema.Result):
                    written = tables.of(written)
                if hasattr(written, "_repr_mimebundle_"):
                    written._repr_mimebundle_()
            if takes_parameters:
                space |= {"account_id": account_id, "lang": "sv", "audience": "internal", "live": False}

    return run


def _compiled(source: str) -> tuple[CodeType, CodeType | None]:
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    shows = compile(ast.Expression(last.value), "<cell>", "eval") if isinstance(last, ast.Expr) else None
    return compile(tree, "<cell>", "exec"), shows


def crowded(account: schema.Account, people: int = 60, own: int = 8) -> schema.Account:
    """Return the account with an invented map: units of ten people below a chief, every other one known to one of us."""
    contacts = [
        {
            "contact_id": f"C-{n}",
            "account_id": account.account_id,
            "side": "customer",
            "name": f"C-{n}",
            "unit": f"E-{n // 10}",
            "reports_to": f"C-{n // 10 * 10}" if n % 10 else None,
        }
        for n in range(people)
    ]
    contacts += [{"contact_id": f"U-{n}", "side": "ours", "name": f"U-{n}"} for n in range(own)]
    judged = [
        {
            "row_id": f"ST-{n}",
            "account_id": account.account_id,
            "contact_id": f"C-{n}",
            "role": "user",
            "influence": 1 + n % 5,
            "coverage": 4 if n % 2 else 1,
            "known_by": f"U-{n % own}" if n % 2 else None,
            "noted_on": account.as_of,
        }
        for n in range(people)
    ]
    tables = {"contact": pd.DataFrame(contacts), "stakeholder": pd.DataFrame(judged)}
    typed = {name: schema.TABLES[name].rows(schema.TABLES[name].typed(rows)) for name, rows in tables.items()}
    return dataclasses.replace(account, rows={**account.rows, **typed})


def main() -> None:
    """Time every function that an account answers, and print it."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--account", default="A-003")
    wanted.add_argument("--rounds", type=int, default=7)
    wanted.add_argument("--over", type=float, default=0.0, help="only those above this, in ms")
    chosen = wanted.parse_args()
    here = workspace.open(sample.ready())
    account = here.account(chosen.account)
    report(
        "reading the account",
        fastest(lambda: lambda: here.account(chosen.account), chosen.rounds),
        DOOR_LIMIT_MS,
    )
    days = [str(account.today - timedelta(days=91 * back)) for back in range(4, -1, -1)]
    quarters = fastest(lambda: lambda: here.account_on(chosen.account, days), chosen.rounds)
    report("reading five quarters", quarters, QUARTERS_LIMIT_MS)
    timed = {
        name: milliseconds(function, names, account, chosen.rounds)
        for room in ROOMS
        for name, function in public(room)
        if (names := asked(function)) is not None
    }
    for name, ms in sorted(timed.items(), key=lambda item: -item[1]):
        if ms >= chosen.over:
            report(name, ms, LIMIT_MS)
    over = sum(ms > LIMIT_MS for ms in timed.values())
    print(f"{len(timed)} functions of {account.name}, {over} above {LIMIT_MS:.0f} ms")
    taken = milliseconds(relationships.who_leaves, ["account"], crowded(account), chosen.rounds)
    report("who leaves, 60 people", taken, LEAVING_LIMIT_MS)
    os.environ["KAM_WORKSPACE"] = str(sample.ready())
    for notebook, limit in PAGE_LIMITS_MS.items():
        report(
            f"cells of {notebook}", fastest(partial(shown, notebook, chosen.account), chosen.rounds), limit
        )


def report(what: str, ms: float, limit: float) -> None:
    """Print a time, and whether it is over its limit."""
    print(f"{ms:8.1f} ms  {what}{f'  OVER {limit:.0f}' if ms > limit else ''}")


if __name__ == "__main__":
    main()
