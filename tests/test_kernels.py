"""One notebook, one kernel: it ends in its time, whatever a cell does, and nothing of it is left."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from worlds import job, notebook

from kamlib.run import batch, kernels

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """A worker adopts what its kernels leave; here the tests' process does, and must end without children."""
    kernels.adopt_orphans()
    before = kernels._below()
    yield
    assert {each for each in kernels._below() - before if each.is_running()} == set()


@pytest.mark.parametrize(
    "cell",
    [
        "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
        pytest.param("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", marks=pytest.mark.torture),
    ],
    ids=["holds the interpreter", "stopped"],
)  # fmt: skip
def test_a_notebook_ends_in_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str) -> None:
    """A kernel that hears no interrupt is killed when the notebook's time is over, and the report says so."""
    monkeypatch.setattr(kernels, "NOTEBOOK_SECONDS", 3)
    begun = time.monotonic()
    outcome = batch.execute(job(notebook(tmp_path / "n.ipynb", cell, "1"), tmp_path / "kund"))
    assert (outcome.status, outcome.error["kind"]) == ("failed", "TimeLimit")
    assert "3 sekunder" in outcome.error["message"]
    assert time.monotonic() - begun < 15


def test_a_kernel_that_never_answers_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit counts from the start, also of what never gets that far."""
    monkeypatch.setattr(kernels, "NOTEBOOK_SECONDS", 1)
    monkeypatch.setattr(kernels, "command", lambda: [sys.executable, "-c", "import time; time.sleep(600)"])
    outcome = batch.execute(job(notebook(tmp_path / "n.ipynb", "1"), tmp_path / "kund"))
    assert (outcome.status, outcome.error["kind"]) == ("failed", "TimeLimit")


def test_a_kernel_that_will_not_start_is_tried_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once is an accident, twice is a reason to ask `kam doctor`."""
    dead, real = [sys.executable, "-c", "raise SystemExit(1)"], kernels.command
    starts = iter([dead, dead])
    monkeypatch.setattr(kernels, "command", lambda: next(starts, real()))
    path = notebook(tmp_path / "n.ipynb", "1")
    outcome = batch.execute(job(path, tmp_path / "kund"))
    assert (outcome.status, outcome.error["kind"]) == ("failed", "KernelStart")
    assert "kam doctor" in outcome.error["message"]
    starts = iter([dead])
    assert batch.execute(job(path, tmp_path / "kund")).status == "ok"


CHILDREN = """
import subprocess, sys
for apart in (False, True):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=apart)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a worker inherit")
@pytest.mark.parametrize(
    "last",
    ["1", pytest.param("import os\nos._exit(1)", marks=pytest.mark.torture)],
    ids=["ends well", "dies"],
)
def test_what_a_cell_has_started_is_ended_with_it(tmp_path: Path, last: str) -> None:
    """Processes of a cell, detached ones too, are gone when the outcome is there (the fixture counts them)."""
    outcome = batch.execute(job(notebook(tmp_path / "n.ipynb", CHILDREN, last), tmp_path / "kund"))
    assert outcome.status == ("ok" if last == "1" else "failed")
    asleep = [
        each for each in psutil.process_iter(["cmdline"]) if "time.sleep(600)" in str(each.info["cmdline"])
    ]
    assert [each for each in asleep if each.create_time() > time.time() - 60] == []


def test_a_notebook_that_shows_too_much_is_no_report(tmp_path: Path) -> None:
    """Megabytes on display fail with the cell's number; the last good report and a short notebook stay."""
    folder = tmp_path / "kund"
    assert batch.execute(job(notebook(tmp_path / "n.ipynb", "1"), folder)).status == "ok"
    before = (folder / "n.html").read_bytes()
    flood = "from IPython.display import HTML\nHTML('<b>x</b>' * 500_000)"
    outcome = batch.execute(job(notebook(tmp_path / "n.ipynb", "1", flood), folder))
    assert (outcome.status, outcome.error["kind"], outcome.error["cell"]) == ("failed", "TooLarge", 3)
    assert "4,0" in outcome.error["message"]
    assert (folder / "n.html").read_bytes() == before
    assert (folder / "n.failed.ipynb").stat().st_size < 100_000


def test_what_goes_to_stderr_is_told_in_the_manifest(tmp_path: Path) -> None:
    """A fault in a thread stops no notebook; it is not kept silent either, but for the customer's folder."""
    silent = (
        "import threading\nthread = threading.Thread(target=lambda: 1 / 0)\nthread.start()\nthread.join()"
    )
    path = notebook(tmp_path / "n.ipynb", silent)
    outcome = batch.execute(job(path, tmp_path / "kund"))
    assert (outcome.status, outcome.warning) == ("ok", "ZeroDivisionError: division by zero")


def test_another_kernel_of_the_same_name_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's own `python3` in the home folder may be any Python, or none: ours is this one."""
    spec = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    path = notebook(tmp_path / "n.ipynb", f"import sys\nassert sys.executable == {sys.executable!r}")
    assert batch.execute(job(path, tmp_path / "kund")).status == "ok"
