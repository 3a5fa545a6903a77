"""How fast each method function answers for one rich account of the sample company: the limit is 50 ms each.

Run: python benchmarks/account.py [--account A-003] [--rounds 7] [--over MS]. Prints the processor time in ms of the fastest round
of every public function of the stages and of the rooms that they share, the slowest first, and of who-leaves on an
invented map of 60 people, whose limit is 100 ms.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pandas as pd

from kamlib import schema
from kamlib.data import sample, workspace
from kamlib.method import coaching, goal_setting, measures, planning, relationships, review, team

ROOMS = (goal_setting, planning, relationships, team, measures, review, coaching)
LIMIT_MS, LEAVING_LIMIT_MS = 50.0, 100.0


def public(room: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions of a room, or of the rooms of a folder, that have no underscore."""
    for name, function in inspect.getmembers(room, inspect.isfunction):
        if function.__module__.startswith(room.__name__) and not name.startswith("_"):
            yield f"{room.__name__.rsplit('.', 1)[-1]}.{name}", function


def asked(function: Callable[..., Any]) -> list[str] | None:
    """Return the names of what the function needs; None where it is something that an account does not give."""
    needed = [each for each in inspect.signature(function).parameters.values() if each.default is each.empty]
    known = {"account", "goals", "followed"}
    if not needed or any(each.name not in known or each.kind is each.KEYWORD_ONLY for each in needed):
        return None
    return [each.name for each in needed]


def milliseconds(
    function: Callable[..., Any], names: list[str], account: schema.Account, rounds: int
) -> float:
    """Return the processor time of the fastest of some rounds, each on an account that remembers nothing."""
    taken = []
    followed = goal_setting.progress(account)
    for _ in range(rounds):
        fresh = dataclasses.replace(account)
        given = {"account": fresh, "goals": fresh.goal, "followed": followed}
        start = time.process_time()
        function(*(given[name] for name in names))
        taken.append((time.process_time() - start) * 1000)
    return min(taken)


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
    account = workspace.open(sample.ready()).account(chosen.account)
    timed = {
        name: milliseconds(function, names, account, chosen.rounds)
        for room in ROOMS
        for name, function in public(room)
        if (names := asked(function)) is not None
    }
    for name, ms in sorted(timed.items(), key=lambda item: -item[1]):
        if ms >= chosen.over:
            print(f"{ms:8.1f} ms  {name}{'  OVER' if ms > LIMIT_MS else ''}")
    over = sum(ms > LIMIT_MS for ms in timed.values())
    print(f"{len(timed)} functions of {account.name}, {over} above {LIMIT_MS:.0f} ms")
    taken = milliseconds(relationships.who_leaves, ["account"], crowded(account), chosen.rounds)
    print(f"{taken:8.1f} ms  who leaves, 60 people{'  OVER' if taken > LEAVING_LIMIT_MS else ''}")


if __name__ == "__main__":
    main()
