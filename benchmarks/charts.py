"""How much processor time the figures of one account's report take, and how much its export takes.

Run: python benchmarks/charts.py [--account A-003] [--rounds 7] [--over MS]. Runs the account plan and the review for one rich
account of the sample company in this process, then draws each of their figures again and exports each
page again, all warm. The limits: 300 ms for all figures of one report, 15 ms for one export. Prints the fastest round.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict

from kamlib.data import sample
from kamlib.run import export, notebooks
from kamlib.show import charts, page

REPORTS = ("03_planning", "06_review")
CHARTS_LIMIT_MS, EXPORT_LIMIT_MS = 300.0, 15.0

Call = tuple[str, Callable[[], page.Shown]]


def noted(calls: list[Call]) -> dict[str, Callable[..., page.Shown]]:
    """Return the figures of `charts`, each noting with what it was asked."""

    def noting(name: str, draw: Callable[..., page.Shown]) -> Callable[..., page.Shown]:
        def drawn(*args: Any, **options: Any) -> page.Shown:
            calls.append((name, lambda: draw(*args, **options)))
            return draw(*args, **options)

        return drawn

    return {
        name: noting(name, getattr(charts, name))
        for name, _ in inspect.getmembers(charts, inspect.isfunction)
    }


def executed(path: Path, account_id: str) -> tuple[NotebookNode, list[Call]]:
    """Run a notebook's internal edition in this process; return it with its outputs, and the figures it asked for."""
    variant = notebooks.variant(notebooks.read(path), notebooks.Variant("sv", "internal", live=False))
    calls: list[Call] = []
    rooms = vars(charts)
    kept = dict(rooms)
    rooms.update(noted(calls))
    names: dict[str, Any] = {}
    for cell in variant.cells:
        if cell.cell_type != "code":
            continue
        source = (
            f"{cell.source}\naccount_id, live = {account_id!r}, False"
            if "parameters" in notebooks.tags(cell)
            else cell.source
        )
        cell.outputs, cell.execution_count = _outputs(source, names), 1
    rooms.update(kept)
    return variant, calls


def _outputs(source: str, names: dict[str, Any]) -> list[NotebookNode]:
    """Run a cell and return what its last line shows, as a kernel would."""
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)  # noqa: S102  the kit's own notebooks
    if last is None:
        return []
    shown = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307
    if not isinstance(shown, page.Shown):
        return []
    held, marks = shown._repr_mimebundle_()
    return [
        from_dict({"output_type": "execute_result", "data": held, "metadata": marks, "execution_count": 1})
    ]


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """Return the processor time of the fastest of some rounds."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append((time.process_time() - start) * 1000)
    return min(taken)


def line(ms: float, told: str, limit: float | None = None) -> None:
    """Print one time, marked where it is above its limit."""
    print(f"{ms:8.1f} ms  {told}{'  OVER' if limit is not None and ms > limit else ''}")


def main() -> None:
    """Time the figures and the export of each report, and print them."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--account", default="A-003")
    wanted.add_argument("--rounds", type=int, default=7)
    wanted.add_argument("--over", type=float, default=0.0, help="only those above this, in ms")
    chosen = wanted.parse_args()
    os.environ["KAM_WORKSPACE"] = str(sample.ready())
    for name in REPORTS:
        notebook, calls = executed(notebooks.find(name, notebooks.folder()), chosen.account)
        timed = sorted(((milliseconds(draw, chosen.rounds), figure) for figure, draw in calls), reverse=True)
        for ms, figure in timed:
            if ms >= chosen.over:
                line(ms, f"{name}: {figure}")
        line(sum(ms for ms, _ in timed), f"{name}: all {len(timed)} figures", CHARTS_LIMIT_MS)

        def exported(notebook: NotebookNode = notebook) -> str:
            return export.to_html(notebook, title="-", lang="sv", audience="internal")

        size = len(exported().encode())
        line(milliseconds(exported, chosen.rounds), f"{name}: export, {size / 1000:.0f} kB", EXPORT_LIMIT_MS)


if __name__ == "__main__":
    main()
