"""The command line: what users and scripts rely on, and what it says when something is off."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import worlds

from kamlib.data import kit, workspace
from kamlib.run import reports

Kam = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow

#: The commands of docs/contracts.md.
COMMANDS = {
    "init",
    "import",
    "check",
    "accounts",
    "report",
    "settings",
    "open",
    "workshop",
    "history",
    "doctor",
}

ACCOUNTS = "account_id;name\nA-1;Ett AB\n007;A$5% & B <ö>\nNO;NA\n"
REVENUE = "account_id;month;product_group;revenue\n" + "".join(
    f"{account};{year}-{month:02};Pumpar;{amount},50\n"
    for account, amount in (("A-1", 1000), ("007", 200), ("NO", 30))
    for year in (2024, 2025)
    for month in range(1, 13)
)


def kam(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("KAM_")}
    command = [sys.executable, "-m", "kamlib", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env={**bare, **env},
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def thin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with nothing but accounts and revenue, made as a newcomer would."""
    folder = tmp_path_factory.mktemp("thin")
    source = folder / "export"
    source.mkdir()
    (source / "accounts.csv").write_text(ACCOUNTS, "utf-8-sig")
    (source / "revenue.csv").write_text(REVENUE, "cp1252")
    target = str(folder / "företag.sqlite")
    assert kam("init", target, cwd=folder).returncode == 0
    done = kam("import", "export", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_help_lists_exactly_the_commands_that_are_built() -> None:
    """A command that is not built is absent, not a stub."""
    listed = kam("--help").stdout.split("Commands:")[1]
    assert set(re.findall(r"^  (\w+)", listed, re.MULTILINE)) == COMMANDS


def test_ids_and_names_come_through_as_written(thin: Path) -> None:
    """`007`, `NO` and a company called NA are text; the list for scripts has the promised fields."""
    listed = json.loads(kam("accounts", "--json", cwd=thin).stdout)
    assert {row["account_id"]: row["name"] for row in listed} == {
        "007": "A$5% & B <ö>",
        "A-1": "Ett AB",
        "NO": "NA",
    }
    assert set(listed[0]) == {"account_id", "name", "revenue_12m", "segment", "is_key", "basis", "counted_in"}
    assert {row["revenue_12m"] for row in listed} == {12 * 1000.5, 12 * 200.5, 12 * 30.5}
    assert {row["basis"] for row in listed} == {"proposed"}


def test_a_thin_workspace_gives_reports_that_say_what_to_add(
    thin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts and revenue alone run in every notebook; empty sections ask for what is missing."""
    worlds.run_here(monkeypatch)
    done = reports.run(workspace.open(thin / "företag.sqlite"), reports.Request(thin / "ut", ("007",)))
    assert done.exit_code == 0
    manifest = json.loads(next((thin / "ut").glob("*/internal-sv/manifest.json")).read_text("utf-8"))
    assert [entry["status"] for entry in manifest["runs"]] == ["ok"] * 5
    pages = [path.read_text("utf-8") for path in (thin / "ut").glob("*/internal-sv/*/*.html")]
    assert all("kam-empty" in page for page in pages)
    assert all("A$5% &amp; B &lt;ö&gt;" in page for page in pages)
    assert not any(
        re.search(r"\bnan\b|NaT|Traceback|<NA>", re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL))
        for page in pages
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("report", "A-11"), 3, "Närmast: A-1"),
        (("report", "A-1", "--key"), 3, "Välj ett av tre"),
        (("report", "--key", "--all"), 3, "Välj ett av tre"),
        (("report", "--notebook", "planing"), 3, "planning"),
        (("report", "--as-of", "i maj"), 3, "i maj"),
        (("report", "--audience", "customer", "--notebook", "01"), 3, "ingen kundversion"),
        (("history", "A-99"), 3, "finns inte"),
        (("import", "finns-inte"), 3, "finns-inte"),
        (("--workspace", "fel.sqlite", "accounts"), 3, "finns inte"),
    ],
)
def test_a_wrong_word_is_told_and_nothing_starts(
    thin: Path, kam_here: Kam, arguments: tuple[str, ...], code: int, told: str
) -> None:
    """Exit 3, a sentence with the value and the cure, and no traceback."""
    done = kam_here(*arguments, cwd=thin)
    assert done.returncode == code, done.stdout + done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_bad_files_change_nothing(thin: Path) -> None:
    """An amount in words refuses the whole import and says where; what was there before stays."""
    before = kam("accounts", "--json", cwd=thin).stdout
    bad = thin / "fel"
    bad.mkdir(exist_ok=True)
    (bad / "accounts.csv").write_text(ACCOUNTS + "A-9;Ny AB\n", "utf-8")
    (bad / "revenue.csv").write_text(
        "account_id;month;product_group;revenue\nA-1;2026-01;Pumpar;12,5 mkr\n", "utf-8"
    )
    done = kam("import", "fel", cwd=thin)
    assert done.returncode == 3
    assert "12,5 mkr" in done.stderr
    assert "revenue.csv" in done.stderr
    assert "2" in done.stderr
    assert kam("accounts", "--json", cwd=thin).stdout == before


def test_a_dry_run_writes_nothing_and_the_same_files_change_nothing(thin: Path, kam_here: Kam) -> None:
    """Judged in full, imported not at all; a second import of the same files is no change."""
    assert "inget skrevs" in kam_here("import", "export", "--dry-run", cwd=thin).stdout
    assert "oförändrad" in kam_here("import", "export", cwd=thin).stdout


def test_a_workspace_is_never_overwritten(thin: Path, kam_here: Kam) -> None:
    """`init` on an existing file is refused."""
    done = kam_here("init", str(thin / "företag.sqlite"), cwd=thin)
    assert (done.returncode, "finns redan" in done.stderr) == (3, True)


@pytest.fixture(scope="module")
def invented(sample_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company in a workspace of its own."""
    target = tmp_path_factory.mktemp("sample") / "exempel.sqlite"
    workspace.open(sample_file).snapshot(target)
    return target


def test_the_awkward_customer_survives(invented: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`A$5% & B <ö>` goes through plan and review, in English; test_faults takes odd names through every notebook."""
    worlds.run_here(monkeypatch)
    out = invented.parent / "ut"
    asked = reports.Request(out, ("A-117",), notebooks=("03", "06"), lang="en")
    assert reports.run(workspace.open(invented), asked).exit_code == 0
    pages = list(out.glob("*/internal-en/a-117-*/*.html"))
    assert len(pages) == 2
    for page in pages:
        assert "A$5% &amp; B &lt;ö&gt;" in page.read_text("utf-8")
        assert page.stat().st_size < 300_000
        assert page.with_suffix(".ipynb").stat().st_size < 300_000
        assert '"widgets"' not in page.with_suffix(".ipynb").read_text("utf-8")


def test_a_customer_edition_shows_no_closed_value(invented: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A canary in every internal text of the plan is in the internal edition's data and in no customer file."""
    worlds.run_here(monkeypatch)
    here = workspace.open(invented, read_only=False)
    canaried = 0
    for name, rows in here.account("A-003").tables.items():
        table = here_tables()[name]
        closed = [c.name for c in table.columns if c.kind == "text" and c.audience == "internal"]
        if table.role == "plan" and closed:
            for row_id in rows["row_id"]:
                words = {column: f"KANARIE-{name}-{column}" for column in closed}
                here.save([here.change(name, row_id, **words)], by="prov", session="prov")
                canaried += 1
    assert canaried > 10
    out = invented.parent / "ut"
    asked = reports.Request(out, ("A-003",), notebooks=("03", "06"))  # test_leaks takes all of them
    assert reports.run(here, replace(asked, audience="customer")).exit_code == 0
    files = [path for path in out.glob("*/customer-sv/*/*") if path.is_file()]
    assert {path.suffix for path in files} == {".html"}
    assert len(files) == 2
    assert not [path.name for path in files if "KANARIE" in path.read_text("utf-8")]
    reports.run(here, replace(asked, notebooks=("03",)))
    internal = [path.read_text("utf-8") for path in out.glob("*/internal-sv/a-003-*/*.html")]
    assert any("KANARIE" in page for page in internal), "the positive control must show the canary"


def here_tables() -> dict:
    from kamlib import schema

    return schema.TABLES


def test_a_declined_joint_plan_has_no_customer_edition(
    invented: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sällviks Mejeri said no: 02 and 03 are skipped with the reason, the others are made."""
    worlds.run_here(monkeypatch)
    out = invented.parent / "ut"
    asked = reports.Request(out, ("A-026",), notebooks=("02", "03", "05"), audience="customer")
    assert reports.run(workspace.open(invented), asked).exit_code == 0
    manifest = json.loads(next(out.glob("*/customer-sv/manifest.json")).read_text("utf-8"))
    states = {
        entry["notebook"]: entry["status"] for entry in manifest["runs"] if entry["account_id"] == "A-026"
    }
    assert states["02_goal_setting"] == states["03_planning"] == "skipped"
    assert states["05_follow_up"] == "ok"


@pytest.mark.parametrize("module", ["kamlib", "kamlib.cli"])
def test_python_runs_what_kam_runs(module: str) -> None:
    """`python -m kamlib` is the whole command, and names itself so in its help."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.startswith(f"Usage: python -m {module} ")
    assert set(COMMANDS) <= set(re.findall(r"^  ([a-z]+) ", done.stdout, re.MULTILINE))


@pytest.mark.parametrize(("lang", "words"), [("sv", ("Skrev", "orörd")), ("en", ("Wrote", "untouched"))])
def test_init_says_that_this_folder_now_means_the_workspace(
    tmp_path: Path, kam_here: Kam, lang: str, words: tuple[str, str]
) -> None:
    """A kam.toml made here is named, and so is one that was here already and still rules."""
    written = tmp_path / "kam.toml"
    first, second = (
        kam_here("init", name, "--lang", lang, cwd=tmp_path).stdout for name in ("a.sqlite", "b.sqlite")
    )
    assert f"{words[0]} {written}" in first
    assert f"{written} " in second
    assert words[1] in second
    assert written.read_text("utf-8") == 'workspace = "a.sqlite"\n'


def test_history_tells_who_what_when_and_why(invented: Path, kam_here: Kam) -> None:
    """The log in words, for one account and since a day."""
    done = kam_here("--workspace", str(invented), "history", "A-003", "--since", "2026-06-01")
    assert done.returncode == 0
    assert re.search(r"^2026-\d\d-\d\d .+ A-003 ", done.stdout, re.MULTILINE)


def test_doctor_finds_the_installation_well(invented: Path) -> None:
    """Python, the packages of the card, the workspace and the notebooks, each on a line."""
    done = kam("--workspace", str(invented), "doctor")
    assert done.returncode == 0, done.stdout
    assert "papermill" in done.stdout
    assert len(re.findall("0[0-7]_", done.stdout)) == len(list(kit.path("notebooks").glob("0*.ipynb")))


def test_check_exits_with_one_where_an_error_stands(invented: Path, kam_here: Kam) -> None:
    """The rules speak per account; an unknown account is refused."""
    done = kam_here("--workspace", str(invented), "check")
    assert done.returncode in (0, 1)
    assert "A-003" in done.stdout
    assert (done.returncode == 1) == bool(re.search(r"^  error", done.stdout, re.MULTILINE))


def test_the_sample_is_read_only_by_default(tmp_path: Path) -> None:
    """An import without a workspace of one's own is refused with the cure."""
    (tmp_path / "accounts.csv").write_text(ACCOUNTS, "utf-8")
    done = kam("import", str(tmp_path), cwd=tmp_path)
    assert (done.returncode, "kam init" in done.stderr) == (3, True)


def test_a_company_keeps_its_own_settings(tmp_path: Path, kam_here: Kam) -> None:
    """`kam settings FILE` judges and keeps, `kam settings` shows, `--clear` takes away; a fault changes nothing."""
    here = ["--workspace", str(tmp_path / "vi.sqlite")]
    assert kam_here(*here, "init", cwd=tmp_path).returncode == 0
    own = tmp_path / "egna.yaml"
    own.write_text("thresholds: {fall_share: -0.15}\nterms: {sv: {nyckelkund: storkund}}\n", "utf-8")
    assert kam_here(*here, "settings", str(own)).returncode == 0
    assert "storkund" in kam_here(*here, "settings").stdout
    own.write_text("thresholds: {fall_share: mycket}\n", "utf-8")
    refused = kam_here(*here, "settings", str(own))
    assert refused.returncode == 3
    assert "mycket" in refused.stderr
    assert "storkund" in kam_here(*here, "settings").stdout
    assert kam_here(*here, "settings", "--clear").returncode == 0
    assert "storkund" not in kam_here(*here, "settings").stdout
