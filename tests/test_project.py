"""The project keeps its word: what README, Makefile, lock and wheel say is so."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import conftest
import pytest
import yaml

import kamlib
import start
from kamlib import text

TOP = Path(__file__).parents[1]
DECLARED = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
PROJECT, GROUPS = DECLARED["project"], DECLARED["dependency-groups"]
README = (TOP / "README.md").read_text("utf-8")
CARD = {"jupyterlab", "pandas", "ipywidgets", "matplotlib", "papermill", "nbval"}


def name_of(requirement: str) -> str:
    return re.split(r"[ \[<>=~!;]", requirement)[0]


def plain(package: str) -> str:
    return package.lower().replace("_", "-")


def committed(*patterns: str) -> list[Path]:
    """Files that git knows, or would know: not those that it ignores."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(listed, cwd=TOP, capture_output=True, text=True, check=True).stdout.splitlines()
    return [TOP / name for name in names if (TOP / name).is_file()]


def test_the_version_is_said_once() -> None:
    """pyproject.toml, the package and the newest heading of CHANGELOG.md agree."""
    newest = re.search(r"^## (\S+)", (TOP / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest
    assert PROJECT["version"] == kamlib.__version__ == newest[1]


def test_conda_gets_what_pip_gets() -> None:
    """environment.yml: the card's packages from conda, all others and the live page from pip, same limits."""
    environment = yaml.safe_load((TOP / "environment.yml").read_text("utf-8"))["dependencies"]
    from_pip = next(part["pip"] for part in environment if isinstance(part, dict))
    from_conda = [part for part in environment if isinstance(part, str) and part != "pip"]
    base, live = PROJECT["dependencies"], PROJECT["optional-dependencies"]["live"]
    assert from_conda == [
        f"python {PROJECT['requires-python']}",
        *(need for need in base if name_of(need) in CARD),
    ]
    assert from_pip == [*(need for need in base if name_of(need) not in CARD), *live, "-e ."]


#: Declared, and imported by nobody: what each is there for.
NOT_IMPORTED = {
    "jupyterlab": "the kit's card; kam open --lab starts it",
    "ipywidgets": "the kit's card; what anywidget shows its controls through",
    "nbval": "the kit's card; a plugin of pytest, for the notebooks",
    "tzdata": "time zones where the system has none (Windows)",
    "voila": "kam open starts it as a process",
    "weasyprint": "kam report --pdf starts it as a process",
    "mypy": "a command of its own",
    "pandas-stubs": "read by mypy",
    "pytest-xdist": "a plugin of pytest",
    "ruff": "a command of its own",
    "types-pyyaml": "read by mypy",
}


def imported(*patterns: str) -> set[str]:
    """Return the distributions that Python files import, those that are ours and Python's own left out."""
    files = committed(*patterns)
    ours = {"kamlib", "tests", *(path.stem for path in files)}
    distributions = packages_distributions()
    modules = {
        name.partition(".")[0]
        for path in files
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
        )
    }
    return {plain(distributions[name][0]) for name in modules - ours - set(sys.stdlib_module_names)}


def declared(*groups: list[str]) -> set[str]:
    return {plain(name_of(need)) for needs in groups for need in needs}


def test_what_is_declared_is_what_is_imported() -> None:
    """The package's needs are its imports, the tests' are theirs beyond those: none missing, none idle but with its reason."""
    run = declared(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    dev = declared(*GROUPS.values())
    by_kamlib, by_tests = imported("kamlib/*.py"), imported("*.py", ":!kamlib")
    assert by_kamlib - run == set()
    assert by_tests - run - dev == set()
    assert (run - by_kamlib) | (dev - by_tests) == set(NOT_IMPORTED)
    assert {plain(name) for name in CARD} <= declared(PROJECT["dependencies"])
    assert run & dev == set()


def pins(lock: str) -> set[str]:
    """Return `name==version` with its marker for each package of a lock; every one has its hashes."""
    written = (TOP / lock).read_text("utf-8")
    pinned = re.findall(r"^([\w.-]+(?:\[[\w,]+\])?==[^\n]+?) \\\n    --hash=sha256:", written, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[\w.-]+", written, re.MULTILINE))
    return set(pinned)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_is_whole_and_names_no_address(lock: str) -> None:
    """Every package is pinned with hashes, every need of pyproject.toml is in its lock, and no index is written."""
    assert (
        re.findall(r"https?://|--index|--find-links|--extra-index|@ file", (TOP / lock).read_text("utf-8"))
        == []
    )
    groups = GROUPS.values() if "dev" in lock else [GROUPS["build"]]
    wanted = declared(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values(), *groups)
    assert wanted - {plain(re.split(r"[\[=]", pin)[0]) for pin in pins(lock)} == set()


def test_the_tests_run_on_what_a_report_runs_on() -> None:
    """The lock of the tests is the lock of a report and more: not one version differs."""
    assert pins("requirements.lock") < pins("requirements-dev.lock")


def test_make_and_the_readme_name_what_start_py_can_do() -> None:
    """Each command of start.py is a target of make that calls it, and stands in README.md; both name no other."""
    makefile = (TOP / "Makefile").read_text("utf-8")
    targets = re.search(r"^([\w ]+):\n\t@\$\(PYTHON\) start\.py \$@$", makefile, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets
    assert phony
    assert set(targets[1].split()) == set(start.COMMANDS) == set(phony[1].split()) - {"help", "lock"}
    assert set(re.findall(r"start\.py ([a-z]+)", README)) == set(start.COMMANDS)
    assert set(re.findall(r"(?:^|`)make (\w+)", README, re.MULTILINE)) <= set(phony[1].split())


def test_every_line_of_the_readme_runs_where_programs_are_blocked() -> None:
    """Commands to type begin with python: an unsigned kam.exe is stopped on many companies' computers."""
    typed = [line for block in re.findall(r"```\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
    typed += re.findall(r"`((?:kam|jupyter|papermill|pytest) [^`]+)`", README)
    assert [
        line for line in typed if re.match(r"\s*(\.venv\S*[/\\](?!python)|kam |pytest |papermill )", line)
    ] == []


def test_the_supported_pythons_are_said_alike() -> None:
    """pyproject.toml, start.py, README.md and kam doctor name the same oldest and newest Python."""
    oldest, after = map(int, re.findall(r"3\.(\d+)", PROJECT["requires-python"]))
    assert ((3, oldest), (3, after - 1)) == (start.OLDEST, start.NEWEST)
    listed = ", ".join(f"3.{minor}" for minor in range(oldest, after - 1)) + f" or 3.{after - 1}"
    assert f"Python {listed}" in README
    text.use("en")
    assert f"Python {listed}" in text.t("doctor.python_cure")


def test_the_readme_names_the_commands_that_exist() -> None:
    """The table of commands is `kam --help`, no more and no less; a command not built is absent."""
    shown = subprocess.run(
        [sys.executable, "-m", "kamlib", "--help"],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    ).stdout
    built = re.findall(r"^  ([a-z]+) ", shown.partition("Commands:")[2], re.MULTILINE)
    assert re.findall(r"^\| `python -m kamlib (\w+)`", README, re.MULTILINE) == sorted(built, key=ORDER.index)


ORDER = [
    "init",
    "import",
    "check",
    "accounts",
    "report",
    "open",
    "workshop",
    "train",
    "settings",
    "history",
    "export",
    "template",
    "backup",
    "restore",
    "copy",
    "privacy",
    "notebooks",
    "doctor",
]


STEPS = {"S1": 6, "S2": 6, "S3": 8, "S4": 5, "S5": 6}
ROWS = [f"{step}.{n}" for step, last in STEPS.items() for n in range(1, last + 1)]
ROWS += [f"{kind}{n}" for kind, last in (("T", 10), ("Q", 5)) for n in range(1, last + 1)]


def test_every_row_of_the_method_is_carried() -> None:
    """README.md says for each row of the method which section carries it, and that section is there."""
    covered = dict(re.findall(r"^\| ([STQ][\d.]+) \|.*\| (.+) \|$", README, re.MULTILINE))
    assert list(covered) == ROWS
    headings = {path.stem[:2]: english_headings(path) for path in (TOP / "notebooks").glob("[0-9]*.ipynb")}
    for row, sections in covered.items():
        for number, _, heading in (section.partition(" · ") for section in sections.split("; ")):
            assert heading in headings[number], f"{row}: {number} has no section {heading!r}"


def english_headings(path: Path) -> set[str]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    english = ["".join(cell["source"]) for cell in cells if "en" in cell["metadata"].get("tags", [])]
    return set(re.findall(r"^#+ (.+)$", "\n".join(english), re.MULTILINE))


def test_links_of_the_documents_lead_somewhere() -> None:
    """A link to a file of the project points at a file that is there."""
    for page in (TOP / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")):
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_what_is_called_slow_is_there() -> None:
    """Each file and test that `start.py check` leaves out, by the list in conftest.py, exists: none is left out by an old name."""
    for name in conftest.SLOW:
        stem, _, test = name.partition("::")
        written = (TOP / "tests" / f"{stem}.py").read_text("utf-8")
        assert f"def {test}(" in written if test else written


def test_contributing_points_at_tests_that_exist() -> None:
    """Each test file named in CONTRIBUTING.md and docs/status.md is there."""
    for page in ("CONTRIBUTING.md", "docs/status.md"):
        named = re.findall(r"`(tests/test_\w+\.py)`", (TOP / page).read_text("utf-8"))
        assert [name for name in named if not (TOP / name).is_file()] == []


def test_nothing_of_a_machine_is_committed() -> None:
    """No home folder, no temporary folder of somebody, no key, in any file that git knows."""
    private = re.compile(
        rb"/(home|Users)/[a-z]+/|/ro{2}t/|C:\\\\Users|BEGIN [A-Z ]*PRIVATE KEY|(?<![\w/])/work/|ghp_\w{20}|AKIA[0-9A-Z]{16}"
    )
    found = {str(path) for path in committed() if private.search(path.read_bytes())}
    assert found - {str(Path(__file__))} == set()


def test_the_hooks_before_a_commit_fetch_nothing() -> None:
    """Only local hooks, run by Python or by pre-commit itself, with tools of the tests' environment."""
    repositories = yaml.safe_load((TOP / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    hooks = [hook for repository in repositories for hook in repository["hooks"]]
    assert {repository["repo"] for repository in repositories} == {"local"}
    assert {hook["language"] for hook in hooks} == {"system", "pygrep"}
    assert all(hook["entry"].startswith("python ") for hook in hooks if hook["language"] == "system")


def test_a_notebook_is_stripped_before_a_commit(tmp_path: Path) -> None:
    """`.ci/refresh.py --strip` takes away outputs that nobody checks, says so once, and executes nothing."""
    notebook = json.loads((TOP / "notebooks" / "00_start_here.ipynb").read_text("utf-8"))
    cell = next(each for each in notebook["cells"] if each["cell_type"] == "code" and not each["outputs"])
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["left"]}]
    left = tmp_path / "n.ipynb"
    left.write_text(json.dumps(notebook), "utf-8")
    strip = [sys.executable, ".ci/refresh.py", "--strip", str(left)]
    first, second = (subprocess.run(strip, cwd=TOP, capture_output=True, check=False) for _ in range(2))
    assert (first.returncode, second.returncode, second.stdout) == (1, 0, b"")
    assert left.read_text("utf-8") == (TOP / "notebooks" / "00_start_here.ipynb").read_text("utf-8")


def test_nothing_is_left_to_do_in_the_code() -> None:
    """No note to self: what is not done stands in docs/status.md."""
    notes = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = {
        str(path)
        for path in committed("*.py", "*.yaml", "*.js", "*.ipynb")
        if notes.search(path.read_text("utf-8"))
    }
    assert found - {str(Path(__file__))} == set()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this clone."""
    out = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*build, "-w", str(out), str(TOP)], check=True, cwd=out)
    return next(out.glob("*.whl"))


def test_the_wheel_carries_the_kit(wheel: Path) -> None:
    """Every notebook and every file of the sample company lies in the wheel, and nothing left by a run."""
    names = set(zipfile.ZipFile(wheel).namelist())
    kit = [path.relative_to(TOP).as_posix() for path in committed("notebooks", "sample_data")]
    assert {f"kamlib/kit/{name}" for name in kit} <= names
    assert [name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name] == []
    assert not (TOP / "kamlib" / "kit").exists(), "the build changed the clone"


@pytest.mark.slow
def test_an_installed_wheel_makes_a_report(wheel: Path, tmp_path: Path) -> None:
    """Outside the clone, with nothing but the wheel and its needs, `kam report` makes a report on the sample."""
    site, home = tmp_path / "site", tmp_path / "home"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(site),
    ]
    subprocess.run([*install, str(wheel)], check=True)
    home.mkdir()
    outside = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")} | {
        "PYTHONPATH": str(site),
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
    }
    report = [
        sys.executable,
        "-m",
        "kamlib",
        "report",
        "A-003",
        "--notebook",
        "03_planning",
        "--out",
        "reports",
    ]
    run = subprocess.run(
        report, cwd=home, env=outside, capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(list((home / "reports").rglob("03_planning.html"))) == 1
