"""What all tests share: Swedish unless a test says otherwise, small seeded counts, no silent browser skip."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import settings

from kamlib import text

settings.register_profile("small", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("torture", max_examples=3_000, deadline=None)
settings.load_profile("small")

# A shell that starts tests in the background lets them ignore Ctrl-C, and so would all that they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: a quarter of the time a worker waits for kernels, browsers and disks."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that run kernels and browsers: two workers then end together, with what is quick."""
    slow = {
        item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")
    }
    items.sort(key=lambda item: item.path not in slow)
