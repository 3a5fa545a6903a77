"""The house stands as docs/house.md draws it: which room may know which, and how large it may be."""

from __future__ import annotations

import ast
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from kamlib import text

PACKAGE = Path(__file__).parents[1] / "kamlib"
ROOMS = sorted(PACKAGE.rglob("*.py"))

# The drawing. Each floor, and the floors that it may import.
GROUND = {"errors", "schema", "text", "words"}
MAY_IMPORT = {
    **dict.fromkeys(GROUND, GROUND),
    "data": GROUND | {"data"},
    "method": GROUND | {"method"},
    "show": GROUND | {"show"},
    "live": GROUND | {"data", "method", "show", "live"},
    "run": GROUND | {"data", "method", "show", "run"},
    "cli": GROUND | {"data", "method", "show", "live", "run", "cli"},
    "__main__": {"cli"},
    "__init__": set(),
}
STAGES = {
    "segmentation",
    "goal_setting",
    "planning",
    "team",
    "review",
    "coaching",
    "steering",
    "readiness",
    "evidence",
}
ONLY_IN = {
    "matplotlib": "show",
    "ipywidgets": "live",
    "anywidget": "live",
    "papermill": "run",
    "nbconvert": "run",
    "nbclient": "run",
    "sqlalchemy": "data",
}
FLOORS = ("ground", "data", "method", "show", "live", "run", "cli")
LINES_OF_BODY, MEDIAN_BODY, ARGUMENTS = 40, 8, 5
#: Today's counts, which only go down.
RATCHET: dict[str, int] = yaml.safe_load((Path(__file__).parent / "ratchet.yaml").read_text("utf-8"))
COMMENTS = (0.01, 0.04)  # share of comment lines: each says why, and there is something to say
NO_ROOM = {"utils", "util", "helpers", "common", "core", "base", "manager", "misc"}
NO_TABLE = {"df", "data", "tmp", "res"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(room: Path) -> ast.Module:
    return ast.parse(room.read_text("utf-8"))


def floor(room: Path) -> str:
    return room.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(node: ast.AST) -> list[str]:
    """Full dotted names that one statement imports: `from kamlib import text` is `kamlib.text`."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{name.name}" for name in node.names]
    return []


def arrows(room: Path) -> Iterator[str]:
    for node in ast.walk(tree(room)):
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{room}: relative import"
        yield from imported(node)


def functions(room: Path) -> list[Function]:
    return [node for node in ast.walk(tree(room)) if isinstance(node, Function)]


def body_lines(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def name_of(room: Path) -> str:
    return ".".join(("kamlib", *room.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_no_arrow_runs_back_up(room: Path) -> None:
    """A floor imports only what stands on or below it."""
    known = [name.split(".")[1] for name in arrows(room) if name.startswith("kamlib.")]
    assert set(known) - {"__version__"} <= MAY_IMPORT[floor(room)]


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_heavy_libraries_are_known_on_one_floor_only(room: Path) -> None:
    """Only show knows matplotlib, only data knows sqlalchemy, and so on."""
    libraries = {name.split(".")[0] for name in arrows(room)}
    assert {library for library in libraries if ONLY_IN.get(library, floor(room)) != floor(room)} == set()


#: What the method may ask of `text`: nothing that is written in a language.
SAYS_NOTHING = {"MISSING", "bare", "catalogue", "entries", "is_missing", "money_units"}


@pytest.mark.parametrize("room", sorted(PACKAGE.glob("method/**/*.py")), ids=name_of)
def test_the_method_has_no_language(room: Path) -> None:
    """What is computed is words and values; sentences, numbers and labels are written where they are read."""
    asked = {name.removeprefix("kamlib.text.") for name in arrows(room) if name.startswith("kamlib.text.")}
    for node in ast.walk(tree(room)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "text":
            asked.add(node.attr)
    assert asked <= SAYS_NOTHING


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_stages_never_import_each_other(stage: str) -> None:
    """The steps of the method are joined by tables, in notebooks."""
    rooms = [*PACKAGE.glob(f"method/{stage}.py"), *PACKAGE.glob(f"method/{stage}/*.py")]
    others = {f"kamlib.method.{other}" for other in STAGES - {stage}}
    for room in rooms:
        assert {arrow for arrow in arrows(room) if ".".join(arrow.split(".")[:3]) in others} == set()


def test_lower_rooms_of_the_method_know_no_stage() -> None:
    """The stages use scoring, measures and relationships, which know nothing of them."""
    for room in PACKAGE.glob("method/**/*.py"):
        if room.relative_to(PACKAGE / "method").parts[0].removesuffix(".py") in STAGES:
            continue
        known = {arrow.split(".")[2] for arrow in arrows(room) if arrow.startswith("kamlib.method.")}
        assert known & STAGES == set(), name_of(room)


def test_no_two_rooms_need_each_other() -> None:
    """All imports together, those inside functions too, hold no circle: none is hidden to dodge one."""
    names = {name_of(room) for room in ROOMS}
    needs = {name_of(room): {name for name in map(room_of, arrows(room)) if name in names} for room in ROOMS}
    TopologicalSorter(needs).prepare()  # raises CycleError with the circle


@cache
def room_of(arrow: str) -> str:
    """Return the room that an arrow points at: `kamlib.text.t` is the room `kamlib.text`."""
    names = {name_of(room) for room in ROOMS}
    parts = arrow.split(".")
    return next(
        (".".join(parts[:n]) for n in range(len(parts), 1, -1) if ".".join(parts[:n]) in names), arrow
    )


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_a_late_import_says_why(room: Path) -> None:
    """An import inside a function stands there for a reason, on its line; the command line starts fast."""
    lines = room.read_text("utf-8").splitlines()
    for node in (node for function in functions(room) for node in ast.walk(function)):
        if imported(node) and floor(room) != "cli":
            assert "#" in lines[node.lineno - 1], f"{name_of(room)}:{node.lineno}"


def test_importing_the_house_has_no_side_effects() -> None:
    """After importing every room the process is as before: folder, environment, figure settings, silence."""
    names = [name_of(room) for room in ROOMS]
    answer = subprocess.run(
        [sys.executable, "-c", WATCH, json.dumps(names)], capture_output=True, text=True, check=False
    )
    assert (answer.stdout, answer.stderr) == ("", ""), answer.stderr[-800:]


WATCH = """
import importlib, json, locale, logging, os, sys
import matplotlib, pandas, papermill  # what they do at import is theirs
def state():
    return (os.getcwd(), dict(os.environ), dict(matplotlib.rcParams), list(sys.path),
            list(logging.root.handlers), locale.setlocale(locale.LC_ALL), pandas.get_option("display.max_rows"))
before = state()
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
for was, now in zip(before, state()):
    if was != now:
        print(was, "became", now)
"""


def lines_of(room: Path) -> tuple[int, int]:
    """Lines of code, and of comment: blank lines and docstrings are neither."""
    docstrings: set[int] = set()
    for node in ast.walk(tree(room)):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node):
            docstrings |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    written = enumerate(map(str.strip, room.read_text("utf-8").splitlines()), 1)
    lines = [line for n, line in written if line and n not in docstrings]
    comments = sum(line.startswith("#") for line in lines)
    return len(lines) - comments, comments


def counts() -> dict[str, int]:
    """The size of the house today, in the order of tests/ratchet.yaml."""
    lines = dict.fromkeys(FLOORS, 0)
    for room in ROOMS:
        lines[floor(room) if floor(room) in FLOORS else "ground"] += lines_of(room)[0]
    return {
        **{f"lines_of_{name}": count for name, count in lines.items()},
        "lines_of_the_house": sum(lines.values()),
        "functions": sum(len(functions(room)) for room in ROOMS),
        "catalogue_keys": len(text.catalogue()),
    }


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_a_room_is_well_named_and_its_functions_are_small(room: Path) -> None:
    """A domain noun; a function has at most 40 lines and 5 positional arguments."""
    assert room.stem.strip("_") not in NO_ROOM
    for function in functions(room):
        positional = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        assert body_lines(function) <= LINES_OF_BODY, f"{function.name} has {body_lines(function)} lines"
        assert len([name for name in positional if name not in ("self", "cls")]) <= ARGUMENTS, function.name


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_a_table_is_called_by_what_one_row_is(room: Path) -> None:
    """No variable and no argument is called df, data, tmp or res."""
    stored = {
        node.id
        for node in ast.walk(tree(room))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    arguments = {node.arg for node in ast.walk(tree(room)) if isinstance(node, ast.arg)}
    assert (stored | arguments) & NO_TABLE == set()


def test_the_house_only_gets_smaller() -> None:
    """No count is above tests/ratchet.yaml, and none has fallen more than one percent below it unnoticed."""
    today = counts()
    grown = {name: count for name, count in today.items() if count > RATCHET.get(name, 0)}
    assert grown == {}, "take something away, or say in the commit why the house has to grow"
    fallen = {name: count for name, count in today.items() if count < 0.99 * RATCHET[name]}
    assert fallen == {}, "smaller: write these counts into tests/ratchet.yaml, so that it stays so"
    assert RATCHET.keys() == today.keys()


def test_half_of_all_functions_are_very_small() -> None:
    """Half of all functions have at most 8 lines."""
    assert statistics.median(body_lines(each) for room in ROOMS for each in functions(room)) <= MEDIAN_BODY


def test_comments_are_few() -> None:
    """One to four lines of a hundred: a comment says why, never what."""
    code, comments = (sum(each) for each in zip(*map(lines_of, ROOMS), strict=True))
    assert COMMENTS[0] <= comments / (code + comments) <= COMMENTS[1]


def test_the_drawing_knows_every_floor() -> None:
    """A new floor or ground room is drawn here and in docs/house.md first."""
    assert {floor(room) for room in ROOMS} <= MAY_IMPORT.keys()
