"""What all tests share: Swedish unless a test says otherwise, small seeded counts, no silent browser skip."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import worlds
from click.testing import CliRunner
from hypothesis import settings

from kamlib import cli, text
from kamlib.data import sample, workspace
from kamlib.data.workspace import Workspace
from kamlib.run import standings

settings.register_profile("small", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("torture", max_examples=3_000, deadline=None)
settings.load_profile("small")

# A shell that starts tests in the background lets them ignore Ctrl-C, and so would all that they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


#: Files and tests that `start.py check` leaves to `start.py test`, beside those that say so themselves: they build whole
#: workspaces (the sample, worlds of canaries), start processes, print PDFs and decks, draw hundreds of figures,
#: or walk large grids.
SLOW = {
    "test_architecture::test_importing_the_house_has_no_side_effects",
    "test_charts_odd",
    "test_controls::test_without_live_no_widget_is_imported",
    "test_deck",
    "test_escaping",
    "test_evidence",
    "test_coaching::test_the_sample_fires_every_rule",
    "test_faults",
    "test_goal_setting::test_every_outlook_has_one_state",
    "test_leaks",
    "test_live_browser",
    "test_pdf",
    "test_project::test_a_notebook_is_stripped_before_a_commit",
    "test_project::test_the_readme_names_the_commands_that_exist",
    "test_project::test_the_wheel_carries_the_kit",
    "test_resume",
    "test_sample",
    "test_sample_workspace",
    "test_segmentation::test_a_better_account_never_ranks_lower",
    "test_segmentation::test_an_added_account_never_reorders_the_others",
    "test_segmentation::test_scaling_and_order_change_nothing",
    "test_serve",
    "test_workshop",
    "test_workspace::test_the_projected_file_holds_no_closed_value",
}


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """A workspace with one account that buys and one that has stopped buying."""
    return worlds.two_accounts(tmp_path)


def once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """A file that is made once for all workers of a run: the first makes it aside, the others wait for it."""
    made, claim, until = folder / name, folder / f"{name}.claim", time.monotonic() + 300
    while not made.exists():
        try:
            claim.mkdir()
        except FileExistsError:
            assert time.monotonic() < until, f"{claim} is held by a worker that has ended"
            time.sleep(0.1)
            continue
        try:
            if not made.exists():
                make(aside := folder / f"{name}.part")
                aside.rename(made)
        finally:
            claim.rmdir()
    return made


def kept_sample(path: Path) -> None:
    """Make the sample as `kam` does: with its standings kept."""
    sample.build(path)
    standings.refresh(workspace.open(path, read_only=False))


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company's workspace, made in this run by the code of today; to be read only: `snapshot` copies it."""
    base = tmp_path_factory.getbasetemp()
    return once(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base, "sample.sqlite", kept_sample)


@pytest.fixture
def kam_here(monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`kam` in this process: for what starts no notebook."""
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    for name in [name for name in os.environ if name.startswith("KAM_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        text.use("sv")
        with monkeypatch.context() as patch:
            if cwd:
                patch.chdir(cwd)
            done = CliRunner().invoke(cli.kam, arguments)
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture(autouse=True)
def _swedish() -> None:
    text.use("sv")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test of a browser or of a PDF that is skipped where CI is set has failed: nobody would miss it otherwise."""
    report = yield
    watched = item.get_closest_marker("browser") or item.get_closest_marker("poppler")
    if report.skipped and os.environ.get("CI") and watched:
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    return report


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are processors: a quarter of the time one waits for kernels; quick tests never wait."""
    return (os.cpu_count() or 1) + ("not slow" not in config.option.markexpr)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow; begin with the files that run kernels and browsers: all workers then end together."""
    for item in items:
        if item.path.stem in SLOW or f"{item.path.stem}::{getattr(item, 'originalname', item.name)}" in SLOW:
            item.add_marker("slow")
    waiting = {
        item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")
    }
    items.sort(key=lambda item: item.path not in waiting)
