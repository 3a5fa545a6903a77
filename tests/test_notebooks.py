"""Notebooks are built by one skeleton: what a cell may hold, say and be called.

That they run is tested by nbval (`start.py test`) and by the batch; here is what can be seen without a kernel.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode

from kamlib.run import notebooks

FOLDER = Path(__file__).parents[1] / "notebooks"
METHOD = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
EVERY = sorted(path for path in FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
ABOUT_ALL = {"00_start_here", "01_segmentation", "07_portfolio"}
TAGS = {
    "parameters", "injected-parameters", "sv", "en", "live", "facilitator", "internal", "customer", "level-2", "level-3",
    "nbval-check-output", "solution",
}  # fmt: skip
FREE = {
    "parameters",
    "injected-parameters",
    "level-2",
    "level-3",
}  # levels fold, they leave nothing out
FIRST = {"account_id": '""', "as_of": '""', "lang": '"sv"', "audience": '"internal"', "live": "True"}
CELLS, LINES = range(20, 36), 12

of_method = pytest.mark.parametrize("path", METHOD, ids=lambda path: path.stem)
of_every = pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)


@cache
def cells(path: Path) -> list[NotebookNode]:
    return list(notebooks.read(path).cells)


def code(path: Path) -> list[NotebookNode]:
    return [cell for cell in cells(path) if cell.cell_type == "code"]


def parsed(path: Path) -> list[tuple[NotebookNode, ast.Module]]:
    return [(cell, ast.parse(cell.source)) for cell in code(path)]


def names(tree: ast.AST) -> set[str]:
    """Names that a piece of code assigns."""
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def test_the_eight_notebooks_are_there() -> None:
    """00 to 07, one for each step, in their order."""
    steps = "start_here segmentation goal_setting planning team follow_up review portfolio".split()  # noqa: SIM905
    assert [path.stem for path in METHOD] == [f"{number:02d}_{step}" for number, step in enumerate(steps)]


@of_every
def test_only_known_tags_are_used(path: Path) -> None:
    """A misspelt tag would silently show a facilitator's note to a customer."""
    assert set().union(*(notebooks.tags(cell) for cell in cells(path))) <= TAGS


@of_every
def test_a_cell_that_may_be_left_out_assigns_nothing(path: Path) -> None:
    """Variants differ in what is shown, never in what is computed."""
    for cell, tree in parsed(path):
        if notebooks.tags(cell) - FREE:
            assert names(tree) == set(), cell.source


@of_every
def test_prose_comes_in_twins(path: Path) -> None:
    """Each Swedish cell is followed by its English twin with the same other tags, and of the same shape."""
    prose = [cell for cell in cells(path) if cell.cell_type == "markdown"]
    for swedish, english in zip(prose[::2], prose[1::2], strict=True):
        tags = notebooks.tags(swedish), notebooks.tags(english)
        assert "sv" in tags[0] - tags[1], swedish.source
        assert tags[0] - {"sv"} == tags[1] - {"en"}, english.source
        assert marks(swedish.source) == marks(english.source), english.source


def marks(prose: str) -> list[str]:
    """Headings, list items and table rows of a text, by the sign that begins their line."""
    signs = (re.match(r"#+ |[-*] |\d+\. |\|", line) for line in prose.splitlines())
    return [sign[0] for sign in signs if sign]


@of_method
def test_headings_skip_no_level(path: Path) -> None:
    """One first heading, at the top; then second and third, none skipped; so in each edition."""
    read = notebooks.read(path)
    editions = itertools.product(("sv", "en"), ("internal", "customer"))
    for variant in (notebooks.variant(read, notebooks.Variant(*which)) for which in editions):
        prose = [cell.source for cell in variant.cells if cell.cell_type == "markdown"]
        levels = [len(sign) for sign in re.findall(r"^(#+) ", "\n".join(prose), re.MULTILINE)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(below <= above + 1 for above, below in pairwise(levels))


@of_method
def test_parameters_are_the_same_everywhere(path: Path) -> None:
    """One annotated literal a line, with a comment for its unit; account notebooks also take an account."""
    (cell,) = [cell for cell in code(path) if "parameters" in notebooks.tags(cell)]
    first = {
        name: value for name, value in FIRST.items() if name != "account_id" or path.stem not in ABOUT_ALL
    }
    declared = notebooks.parameters(notebooks.read(path))
    assert list(declared.items())[: len(first)] == list(first.items())
    for line in cell.source.splitlines():
        assert re.fullmatch(r"\w+: (str|bool|int|float) = [^#]+  # \S.*", line), line


@of_method
def test_imports_stand_above_parameters_and_the_door_below(path: Path) -> None:
    """Imports, then parameters, then the one line that opens the workspace and checks them."""
    imports, parameters, door = code(path)[:3]
    assert all(isinstance(node, ast.ImportFrom) for node in ast.parse(imports.source).body)
    assert "parameters" in notebooks.tags(parameters)
    assert "workspace.enter(" in door.source
    late = [
        cell.source for cell in code(path)[1:] if re.search(r"^\s*(import|from) ", cell.source, re.MULTILINE)
    ]
    assert late == []


@of_method
def test_a_cell_reads_as_a_sentence_of_the_workshop(path: Path) -> None:
    """No function, class or loop; at most 12 lines, most of them 4 or fewer; nothing read from a file."""
    never = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda, ast.With, ast.Try)
    for cell, tree in parsed(path):
        assert not [node for node in ast.walk(tree) if isinstance(node, never)], cell.source
        assert len(cell.source.splitlines()) <= LINES, cell.source
        assert not re.search(r"\bopen\(|read_csv|Path\(|plt\.|\bax\b", cell.source), cell.source
    lines = sorted(len(cell.source.splitlines()) for cell in code(path))
    assert lines[len(lines) // 2] <= 4


@of_every
def test_no_variable_takes_a_modules_name(path: Path) -> None:
    """`goals = goal_setting.propose(...)`: a module is the activity, a variable what it yields."""
    imported = {name.asname or name.name for _, tree in parsed(path) for name in of_imports(tree)}
    assert imported & set().union(*(names(tree) for _, tree in parsed(path))) == set()


def of_imports(tree: ast.Module) -> list[ast.alias]:
    return [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in node.names
    ]


@of_method
def test_a_notebook_fits_a_meeting(path: Path) -> None:
    """Between 20 and 35 cells in one variant, depth that is folded not counted; the start page is shorter."""
    variant = notebooks.variant(notebooks.read(path), notebooks.Variant("sv", "internal", live=True))
    shown = [cell for cell in variant.cells if not notebooks.tags(cell) & {"level-2", "level-3"}]
    assert len(shown) <= CELLS[-1]
    assert len(shown) >= CELLS[0] or path.stem == "00_start_here"


@of_every
def test_committed_notebooks_hold_no_run(path: Path) -> None:
    """No output and no count, but for checked cells, which have both; run `python start.py notebooks`."""
    raw = json.loads(path.read_text("utf-8"))
    assert raw["metadata"].keys() == {"kernelspec", "language_info"}
    for cell in raw["cells"]:
        assert cell["metadata"].keys() <= {"tags"}
        if cell["cell_type"] == "code":
            assert is_checked(cell) == bool(cell["outputs"]) == (cell["execution_count"] is not None), cell[
                "source"
            ]


@of_method
def test_no_test_print_is_shown_in_the_room(path: Path) -> None:
    """A live page leaves the checked cells out, in both languages; what stays prints nothing."""
    for lang in ("sv", "en"):
        live = notebooks.variant(notebooks.read(path), notebooks.Variant(lang, live=True))
        assert not any(is_checked(cell) for cell in live.cells)
        assert not any("print(" in cell.source for cell in live.cells if cell.cell_type == "code")


@of_method
def test_each_notebook_checks_something(path: Path) -> None:
    """At least one cell's output is compared at every run."""
    assert any(is_checked(cell) for cell in cells(path))


@of_method
@pytest.mark.parametrize("live", [True, False])
def test_what_is_printed_for_the_tests_is_shown_to_nobody(path: Path, *, live: bool) -> None:
    """A checked cell prints for nbval: neither the room nor a report has it."""
    made = notebooks.variant(notebooks.read(path), notebooks.Variant("sv", "internal", live=live))
    assert not any(map(is_checked, made.cells))


def is_checked(cell: dict[str, Any]) -> bool:
    return "nbval-check-output" in cell["metadata"].get("tags", [])
