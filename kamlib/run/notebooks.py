"""Notebooks as the kit sees them: their names, their parameters, and the variant that is run.

Cell tags are the whole vocabulary; `variant` is the only place that reads them before a run.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat import NotebookNode

from kamlib import text
from kamlib.data import kit, locate
from kamlib.errors import nearest, problem

#: Notebooks that a customer may have an edition of (method.md S5.5, P1).
FOR_CUSTOMERS = ("02_goal_setting", "03_planning", "04_team", "05_follow_up", "06_review")

#: What reading raises of a file that is no notebook: not there, not text, not JSON, or JSON of something else.
_BROKEN = (OSError, ValueError, AttributeError, KeyError, TypeError)
#: A cell that prints for nbval alone: what it says is no sentence for a reader.
CHECKED = "nbval-check-output"
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Variant:
    """Which cells a reader gets: language, audience, and whether somebody works in the page."""

    lang: str = "sv"
    audience: str = "internal"
    live: bool = False

    def leaves_out(self) -> set[str]:
        """Return the tags whose cells are not in this variant."""
        out = {"sv", "en"} - {self.lang} | {"solution", CHECKED}
        if not self.live:
            out |= {"live", "facilitator"}
        return out | ({"internal", "facilitator"} if self.audience == "customer" else {"customer"})


def folder(named: str | Path | None = None) -> Path:
    """Return the folder of notebooks: the one named, else kam.toml's, else the kit's own."""
    written = locate.configuration().get("notebooks")
    chosen = Path(named or written or kit.path("notebooks"))
    if not chosen.is_dir():
        raise problem("no_notebook_folder", found=str(chosen))
    return chosen.absolute()


def names(where: Path) -> list[str]:
    """Return the names of the method's notebooks in their order."""
    return sorted(path.stem for path in where.glob("[0-9][0-9]_*.ipynb"))


def find(asked: str, where: Path) -> Path:
    """Return the notebook meant by `03_planning`, `03` or `planning`; refuses with the nearest names."""
    known = names(where)
    wanted = asked.removesuffix(".ipynb")
    hits = [name for name in known if wanted in (name, name[:2], name[3:])]
    if not hits:
        raise problem(
            "unknown_notebook", found=asked, near=nearest(wanted, [*known, *(n[3:] for n in known)])
        )
    return where / f"{hits[0]}.ipynb"


def read(path: Path) -> NotebookNode:
    """Return a notebook from disk; a broken file is told by name."""
    try:
        notebook: NotebookNode = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (*_BROKEN, nbformat.ValidationError) as broken:
        raise problem("notebook_broken", place={"file": path.name}, found=str(broken)[:200]) from broken
    # A notebook written elsewhere may not name its kernel; the kit's own is the one that has kamlib.
    notebook.metadata.setdefault("kernelspec", nbformat.from_dict(_KERNEL))
    return notebook


def parameters(notebook: NotebookNode) -> dict[str, str]:
    """Return the declared parameters: name -> default as it is written."""
    return {name: about["default"] for name, about in papermill.inspect_notebook(notebook).items()}


def is_about_one_account(notebook: NotebookNode) -> bool:
    """Tell an account notebook from a portfolio notebook: only the first takes an `account_id`."""
    return "account_id" in parameters(notebook)


def refuse_unknown(notebook: NotebookNode, values: Mapping[str, Any], name: str) -> None:
    """Stop where a value has no parameter to go to; papermill alone would run the default account."""
    declared = parameters(notebook)
    for asked in values:
        if asked not in declared:
            near = nearest(asked, declared)
            raise problem("unknown_parameter", place={"file": name}, found=asked, near=near)


def variant(notebook: NotebookNode, which: Variant) -> NotebookNode:
    """Return a copy with only the cells of one variant, without outputs."""
    made = copy.deepcopy(notebook)
    out = which.leaves_out()
    made.cells = [cell for cell in made.cells if not tags(cell) & out]
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = text.in_own_words(cell.source, which.lang)
    made.metadata.pop("widgets", None)
    return made


def tags(cell: Mapping[str, Any]) -> set[str]:
    """Return the tags of a cell."""
    return set(cell["metadata"].get("tags", []))


def prepare(source: Path, target: Path, values: Mapping[str, Any], which: Variant) -> Path:
    """Write the copy that is worked in live: one variant, its parameters set in their own cell."""
    notebook = read(source)
    refuse_unknown(notebook, values, source.name)
    ready = papermill.iorw.load_notebook_node(
        variant(notebook, which)
    )  # with the metadata papermill asks for
    made = papermill.parameterize.parameterize_notebook(ready, dict(values))
    for cell in made.cells:
        if "injected-parameters" in tags(cell) and cell.cell_type == "code":
            cell.metadata["jupyter"] = {"source_hidden": True}
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, target)
    return target


def strip(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook as it is committed: no output but that of checked cells, counts from one."""
    made = copy.deepcopy(notebook)
    made.metadata = nbformat.from_dict({"kernelspec": _KERNEL, "language_info": {"name": "python"}})
    count = 0
    for cell in made.cells:
        kept = tags(cell)
        cell.metadata = nbformat.from_dict({"tags": cell.metadata["tags"]} if kept else {})
        if cell.cell_type != "code":
            continue
        count += 1
        checked = CHECKED in kept
        cell.execution_count = count if checked else None
        cell.outputs = [_plain_output(out, count) for out in cell.outputs] if checked else []
    return made


def _plain_output(output: NotebookNode, count: int) -> NotebookNode:
    """Keep of a checked output what nbval compares: its text, not its pictures or pages."""
    plain = copy.deepcopy(output)
    if "data" in plain:
        plain.data = nbformat.from_dict({"text/plain": plain.data.get("text/plain", "")})
        plain.metadata = nbformat.from_dict({})
    if plain.output_type == "execute_result":
        plain.execution_count = count
    return plain
