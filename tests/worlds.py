"""Worlds that several test files share: small and odd workspaces, worlds of canaries, notebooks of one's own, `kam`."""

from __future__ import annotations

import ast
import base64
import datetime as dt
import html
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bundles
import matplotlib as mpl
import nbformat
import pandas as pd
import pytest
from nbformat import NotebookNode, v4

from kamlib import schema
from kamlib.data import workspace
from kamlib.data.workspace import Change
from kamlib.run import batch, notebooks
from kamlib.show import tables


def kam(*arguments: str, timeout: int = 300) -> subprocess.CompletedProcess[str]:
    """Run the command as a process, without what this shell says of a workspace."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}
    return subprocess.run(
        [sys.executable, "-m", "kamlib", *arguments],
        capture_output=True, text=True, encoding="utf-8", env=bare, timeout=timeout, check=False,
    )  # fmt: skip


HEAD = 'account_id: str = ""\nas_of: str = ""\nlang: str = "sv"\naudience: str = ""\nlive: bool = True'


def notebook(path: Path, *cells: str) -> Path:
    """A notebook of one's own: the parameters of every notebook, then these cells."""
    first = nbformat.v4.new_code_cell(HEAD, metadata={"tags": ["parameters"]})
    made = nbformat.v4.new_notebook(cells=[first, *map(nbformat.v4.new_code_cell, cells)])
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


def job(path: Path, folder: Path) -> batch.Job:
    return batch.Job(
        str(path), "none.sqlite", str(folder), "A-1", "Titel", {"account_id": "A-1", "live": False}
    )


def ran(made: NotebookNode, values: dict[str, Any]) -> Iterator[tuple[NotebookNode, Any]]:
    """Run a notebook's cells in this process: each code cell, and what its last line is worth."""
    names: dict[str, Any] = {"__name__": "__page__"}
    for cell in (each for each in made.cells if each.cell_type == "code"):
        *body, last = ast.parse(cell.source).body or [ast.Pass()]
        ends = isinstance(last, ast.Expr)
        exec(compile(ast.Module([*body, *([] if ends else [last])], []), "<cell>", "exec"), names)  # noqa: S102
        yield cell, eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if ends else None  # noqa: S307
        if "parameters" in notebooks.tags(cell):
            names |= {name: value for name, value in values.items() if name in names}


def executed(path: Path, which: notebooks.Variant, values: dict[str, Any]) -> NotebookNode:
    """A notebook run in this process with what its cells show as outputs: what a kernel would hand over."""
    made = notebooks.variant(notebooks.read(path), which)
    with mpl.rc_context():
        for count, (cell, value) in enumerate(ran(made, values), 1):
            cell.execution_count = count
            cell.outputs = _displayed(value, count)
    return made


def _displayed(value: Any, count: int) -> list[NotebookNode]:
    """The output of a cell that ends with this value."""
    if value is None:
        return []
    shown = tables.of(value) if isinstance(value, schema.Result) else value
    bundle = shown._repr_mimebundle_() if hasattr(shown, "_repr_mimebundle_") else {"text/plain": repr(shown)}
    content, marks = bundle if isinstance(bundle, tuple) else (bundle, {})
    return [v4.new_output("execute_result", content, metadata=marks, execution_count=count)]


def run_here(patch: pytest.MonkeyPatch) -> None:
    """Let batches run the cells of their notebooks in this process, job after job: no worker and no kernel.

    All else of a batch is as it is: snapshot, projection, refusals, the search for leaks, pages, manifest. For what is
    on a page; `test_leaks` holds such pages against a kernel's, byte for byte.
    """

    def cells_run(job: batch.Job, _: Path) -> NotebookNode:
        notebooks.refuse_unknown(notebooks.read(Path(job.notebook)), job.parameters, Path(job.notebook).name)
        which = notebooks.Variant(job.lang, job.audience, live=False)
        return executed(Path(job.notebook), which, dict(job.parameters))

    patch.setattr(batch, "_executed", cells_run)
    patch.setattr(batch, "_pooled", lambda jobs, _: ((job, batch.execute(job)) for job in jobs))


def facts(**rows: bundles.Rows) -> dict[str, pd.DataFrame]:
    made = bundles.frames(rows)
    return {name: made[name] for name in rows}


def two_accounts(folder: Path) -> workspace.Workspace:
    """A workspace with one account that buys and one that has stopped buying."""
    made = workspace.create(folder / "prov.sqlite", name="Prov AB")
    made.import_facts(
        facts(
            account=[{"account_id": "A-1", "name": "Ett AB"}, {"account_id": "A-2", "name": "Slut AB"}],
            revenue=bundles.months("2026-09", [100.0] * 24, account_id="A-1", product_group="Pumpar")
            + bundles.months("2025-09", [70.0] * 12, account_id="A-2", product_group="Pumpar"),
        ),
        source="erp",
    )
    return made


SIMPLE = {"text": "t", "id": "A-1", "date": "2026-01-01", "month": "2026-01-01", "flag": True}


def accounts(count: int, **fields: Any) -> bundles.Rows:
    return [{"account_id": f"A-{n}", "name": f"Kund {n} AB", **fields} for n in range(1, count + 1)]


def sold(
    account_id: str, amount: float, *, months: int = 24, last: str = "2026-09", **fields: Any
) -> bundles.Rows:
    return bundles.months(last, [amount] * months, account_id=account_id, **fields)


def sold_alike(count: int, amount: float, **fields: Any) -> bundles.Rows:
    return [row for n in range(1, count + 1) for row in sold(f"A-{n}", amount * n, **fields)]


def circle() -> bundles.Rows:
    """Parents in a circle, an account that is its own parent, one whose parent nobody knows."""
    parents = ["A-2", "A-3", "A-1", "A-4", "SAKNAS"]
    return [{**row, "parent_id": parent} for row, parent in zip(accounts(5), parents, strict=True)]


def bare(table: schema.Table, n: int) -> dict[str, Any]:
    """A row of which only what is required is known, and every reference leads nowhere."""
    kept = {column.name for column in table.columns if column.required} | set(table.key)
    made = {
        column.name: "SAKNAS"
        if column.refers_to
        else SIMPLE.get(column.kind, next(iter(column.choices), column.low or 1))
        for column in table.columns
        if column.name in kept
    }
    own = {"account_id": "A-1", "row_id": f"{table.name}-{n}", f"{table.name}_id": f"{table.name}-{n}"}
    return made | {name: value for name, value in own.items() if name in table.by_name}


def bare_rows(role: str) -> dict[str, bundles.Rows]:
    return {
        table.name: [bare(table, n) for n in ((1, 2) if table.key[-1].endswith("_id") else (1,))]
        for table in schema.TABLES.values()
        if table.role == role and table.name not in ("account", "revenue")
    }


def crowd() -> bundles.Rows:
    """Two thousand people at one customer, some without a name, each below another."""
    return [
        {
            "contact_id": f"c{n}", "account_id": "A-1", "side": "customer", "name": f"Namn {n}" if n % 7 else None,
            "title": "chef" if n % 3 else None, "reports_to": f"c{n // 2}",
        }
        for n in range(2000)
    ]  # fmt: skip


ODD: dict[str, dict[str, bundles.Rows]] = {
    "only accounts": {"account": accounts(2)},
    "one account": {"account": accounts(1), "revenue": sold("A-1", 1e6)},
    "one account without revenue": {"account": accounts(1)},
    "zero": {"account": accounts(2), "revenue": sold_alike(2, 0.0)},
    "credited only": {"account": accounts(2), "revenue": sold_alike(2, -500.0, contribution_margin=-10.0)},
    "one credited": {"account": accounts(2), "revenue": sold("A-1", -9e5) + sold("A-2", 100.0)},
    "one month": {"account": accounts(3), "revenue": sold_alike(3, 500.0, months=1)},
    "no product group": {"account": accounts(2), "revenue": sold_alike(2, 5e5, months=39)},
    "far ahead": {"account": accounts(2), "revenue": sold("A-1", 5e5, last="2031-09") + sold("A-2", 7e5, last="2020-09")},
    "circle": {"account": circle(), "revenue": sold_alike(5, 1e5)},
    "crowd": {"account": accounts(2), "revenue": sold_alike(2, 5e5, product_group="P"), "contact": crowd()},
    "gone": {"account": accounts(2), "revenue": sold("A-1", 5e5, last="2022-09") + sold("A-2", 7e5)},
    "smallest and largest": {
        "account": accounts(2),
        "revenue": sold("A-1", 0.01, contribution_margin=0.0) + sold("A-2", 9e11, contribution_margin=1e10),
    },
    "all alike": {"account": accounts(30), "revenue": [row for n in range(1, 31) for row in sold(f"A-{n}", 1e5)]},
    "bare facts": {"account": accounts(2), "revenue": sold_alike(2, 5e5), **bare_rows("fact")},
    "bare plan": {"account": accounts(2), "revenue": sold_alike(2, 5e5, product_group="P"), **bare_rows("plan")},
}  # fmt: skip


def odd_workspace(folder: Path, rows: dict[str, bundles.Rows]) -> workspace.Workspace:
    made = workspace.create(folder / "udda.sqlite", name="Udda AB")
    plan = {name: each for name, each in rows.items() if schema.TABLES[name].role == "plan"}
    made.import_facts(facts(**{name: each for name, each in rows.items() if name not in plan}), source="erp")
    changes = [
        Change(
            name, row["row_id"], {k: v for k, v in row.items() if k not in ("row_id", "account_id")} | {"is_shared": True},
            "A-1", operation="insert",
        )
        for name, each in plan.items()
        for row in each
    ]  # fmt: skip
    if changes:
        made.save(changes, by="prov", at=dt.datetime(2026, 9, 30, tzinfo=dt.UTC))
    return made


MARK = "KANARIE"
MONTHS = pd.date_range("2024-10-01", "2026-09-01", freq="MS")


def refers(column: schema.Column) -> str:
    """An id that stands: people of the customer where the column says so, else ours."""
    if column.refers_to == "contact":
        theirs = column.name in ("contact_id", "customer_owner_id", "confirmed_by", "hero_id")
        return "C-1" if theirs else "O-1"
    return {"account": "A-1"}.get(column.refers_to, f"{column.refers_to}-1")


def opened(column: schema.Column, n: int) -> Any:
    """What a customer may read: the same in every world."""
    if column.refers_to:
        return refers(column)
    if column.kind == "integer" and column.low == 2000:
        return 2026
    low = column.low or 1
    simple = {
        "date": f"2026-{n + 6:02}-15",
        "flag": True,
        "money": 1000.0 * n,
        "number": 10.0 * n,
        "share": 0.5,
        "integer": int(low) + n,
        "scale": 3,
        "id": f"{column.table}-{n}",
        "text": f"öppet {column.table} {column.name} {n}",
    }
    if column.kind == "choice":
        return list(column.choices)[0 if column.name == "side" else n % len(column.choices)]
    return simple[column.kind]


def closed(column: schema.Column, n: int, world: int) -> Any:
    """What a customer must never read: a canary where the kind has room for one, else another value per world."""
    if column.kind == "text":
        return f"{MARK}-{column.table}-{column.name}-{n}-{world}"
    if column.kind == "id":
        return f"{MARK}-{column.table}-{column.name}" if column.refers_to != "contact" else f"O-{world + 2}"
    if column.kind == "choice":
        return list(column.choices)[(n + world) % len(column.choices)]
    low, high = column.low or 0, column.high or 1e9
    inside = {
        "money": 7_313_131.31 + world * 1_111_111.11,
        "number": min(high, 73_131 + world),
        "share": 0.7313 - world / 9,
        "integer": int(min(high, low + 1 + 2 * world)),
        "scale": 1 + 3 * world,
        "flag": bool(world),
        "date": f"2026-0{world + 3}-0{n}",
        "month": "2026-09-01",
    }
    return inside[column.kind]


def row(table: schema.Table, n: int, world: int, *, shared: bool = True) -> dict[str, Any]:
    """One row: open columns open, closed columns closed; of a row that is not shared everything is closed."""
    kept = ("row_id", "account_id", "is_shared", *table.key)
    return {
        column.name: opened(column, n)
        if shared and column.audience == "customer"
        else closed(column, n, world)
        for column in table.columns
        if column.name not in kept
    }


def canary_facts(world: int) -> dict[str, pd.DataFrame]:
    """Facts of the customer, its daughter, a stranger, and of our own people."""
    made = {}
    for table in schema.TABLES.values():
        if table.role == "plan":
            continue
        rows = [fact(table, n, account, world) for account in ("A-1", "A-2") for n in (1, 2)]
        if table.name == "account":
            rows = [
                {"account_id": "A-1", **row(table, 1, world), "name": "Prov AB", "parent_id": None},
                {"account_id": "A-3", **row(table, 2, world), "name": "Prov Norr AB", "parent_id": "A-1"},
                {"account_id": "A-2", "name": f"Annan-{MARK}-kund-{world}"},
            ]
        if table.name == "contact":
            rows = people(table, world)
        if "month" in table.by_name:
            rows = [
                {**each, "month": month}
                for each in rows[::2]
                for month in (
                    MONTHS if table.by_name["month"].audience == "customer" else MONTHS[: 20 + world]
                )
            ]
        made[table.name] = table.typed(pd.DataFrame(rows))
    return made


def fact(table: schema.Table, n: int, account: str, world: int) -> dict[str, Any]:
    """One fact; a stranger's is closed in every column."""
    own = account == "A-1"
    keys = {
        name: f"{table.name}-{n}" if own else f"{MARK}-{table.name}-{n}"
        for name in table.key
        if table.by_name[name].kind in ("id", "text")
    }
    keys |= {
        name: next(iter(table.by_name[name].choices)) for name in table.key if table.by_name[name].choices
    }
    return {**row(table, n, world, shared=own), **keys, "account_id": account}


def people(table: schema.Table, world: int) -> list[dict[str, Any]]:
    """The customer's people, one of ours whom shared rows name, some whom only closed columns name, a stranger's."""
    ours = {"side": "ours", "account_id": None}
    return [
        {**row(table, 1, world), "contact_id": "C-1", "account_id": "A-1", "side": "customer"},
        {**row(table, 2, world), "contact_id": "O-1", **ours},
        *({**row(table, 3, world, shared=False), "contact_id": f"O-{n}", **ours} for n in (2, 3)),
        {**row(table, 4, world, shared=False), "contact_id": "C-9", "account_id": "A-2", "side": "customer"},
    ]


def plans(world: int) -> list[Change]:
    """Per plan table: two shared rows, one not shared, one of the company, one of a stranger."""
    made = []
    for table in (each for each in schema.TABLES.values() if each.role == "plan"):
        kinds = [("A-1", 1, True), ("A-1", 2, True), ("A-1", 3, False), ("", 4, True), ("A-2", 5, True)]
        for account, n, shared in kinds:
            own = account == "A-1" and shared
            after = {**row(table, n, world, shared=own), "is_shared": shared}
            row_id = f"{table.name}-{n}" if own else f"{MARK}-{table.name}-{n}"
            made.append(Change(table.name, row_id, after, account, operation="insert"))
    return made


def build(target: Path, world: int) -> workspace.Workspace:
    """A workspace where everything closed differs from world to world."""
    made = workspace.create(target, name=f"{MARK}-AB-{world}")
    made.import_facts(canary_facts(world), source=f"{MARK}-källa")
    who = {"by": f"{MARK}-vem", "reason": f"{MARK}-varför-{world}", "session": f"{MARK}-session"}
    at = dt.datetime(2026, 9, 30, 8 + world, tzinfo=dt.UTC)
    made.save(plans(world), **who, at=at)
    return made


def forms(page: str) -> str:
    """A page in every form that somebody may read it in: as it stands, unescaped, unquoted, base64 decoded."""
    held = [base64.b64decode(found) for found in re.findall(r"base64,([A-Za-z0-9+/=]+)", page)]
    decoded = [content.decode("latin-1") for content in held]
    return "\n".join([page, html.unescape(page), urllib.parse.unquote(page), *decoded])
