"""The batch: a run is ok only when all of it ran, and one bad account stops nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest

from kamlib.run import batch, kernels

pytestmark = pytest.mark.slow

PARAMETERS = 'account_id: str = ""  # id\nlive: bool = True  # False in batch'


def notebook(path: Path, *cells: str) -> Path:
    first = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    made = nbformat.v4.new_notebook(cells=[first, *(nbformat.v4.new_code_cell(cell) for cell in cells)])
    nbformat.write(made, path)
    return path


def job(path: Path, folder: Path, account_id: str = "A-1", **changes: object) -> batch.Job:
    values = {"account_id": account_id, "live": False}
    fields = {"lang": "sv", "audience": "internal", "parameters": values, **changes}
    return batch.Job(str(path), "none.sqlite", str(folder), account_id, "Titel", **fields)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("import os; os._exit(0)", "NotExecuted|DeadKernelError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "NotExecuted|DeadKernelError"),
    ],
)
def test_what_papermill_may_call_a_success_is_a_failure(tmp_path: Path, cell: str, kind: str) -> None:
    """A fault, an early exit and a dead kernel fail, say the kind, and leave the last good report alone."""
    folder = tmp_path / "kund"
    good = batch.execute(job(notebook(tmp_path / "n.ipynb", "1"), folder))
    before = (folder / "n.html").read_bytes()
    bad = batch.execute(job(notebook(tmp_path / "n.ipynb", "1", cell), folder))
    assert (good.status, bad.status) == ("ok", "failed")
    assert bad.error["kind"] in kind.split("|")
    assert (folder / "n.html").read_bytes() == before


def test_an_unknown_parameter_never_runs_the_default_account(tmp_path: Path) -> None:
    """Papermill only warns; here it is a failure with the nearest name."""
    made = job(notebook(tmp_path / "n.ipynb", "1"), tmp_path / "k", parameters={"acount_id": "A-1"})
    outcome = batch.execute(made)
    assert outcome.status == "failed"
    assert "account_id" in outcome.error["message"]


def test_values_arrive_as_what_they_are(tmp_path: Path) -> None:
    """Ids that look like numbers or booleans stay text on their way into the notebook."""
    for account_id in ("007", "1E5", "NO", "A$5% & B <ö>"):
        path = notebook(
            tmp_path / "n.ipynb", f"assert account_id == {account_id!r}, account_id", "assert live is False"
        )
        assert batch.execute(job(path, tmp_path / "k", account_id)).status == "ok"


def test_a_customers_kernel_sees_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment holds the projected workspace and what the system needs, nothing else."""
    monkeypatch.setenv("KAM_DATABASE_URL", "postgresql://kam:secret@db/kam")
    path = notebook(
        tmp_path / "n.ipynb",
        "import os\nassert 'secret' not in str(dict(os.environ))",
        "assert os.environ['KAM_WORKSPACE']",
    )
    outcome = batch.execute(job(path, tmp_path / "k", audience="customer"))
    assert outcome.status == "ok", outcome.error
    assert os.environ["KAM_DATABASE_URL"].endswith("/kam")
    assert sorted(each.name for each in (tmp_path / "k").iterdir()) == ["n.html"]


def test_one_bad_account_never_stops_the_others(tmp_path: Path) -> None:
    """A worker process that is killed takes only its own job with it; outcomes come in the jobs' order."""
    fatal = notebook(tmp_path / "fatal.ipynb", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")
    fine = notebook(tmp_path / "fine.ipynb", "1")
    jobs = [job(path, tmp_path / f"k{n}", f"A-{n}") for n, path in enumerate([fine, fatal, fine, fine])]
    told: list[batch.Outcome] = []
    outcomes = batch.run(jobs, workers=2, told=told.append)
    assert [each.status for each in outcomes if each.notebook == "fine"] == ["ok"] * 3
    assert (outcomes[1].status, outcomes[1].error["kind"]) == ("failed", "WorkerDied")
    assert sorted(each.account_id for each in told) == ["A-0", "A-1", "A-2", "A-3"]


def test_widgets_and_paths_leave_the_executed_copy(tmp_path: Path) -> None:
    """The kept notebook holds no widget state and no path of this machine."""
    folder = tmp_path / "kund"
    path = notebook(tmp_path / "n.ipynb", "import ipywidgets\nipywidgets.IntSlider()")
    assert batch.execute(job(path, folder)).status == "ok"
    kept = (folder / "n.ipynb").read_text("utf-8")
    assert "widgets" not in json.loads(kept)["metadata"]
    assert str(tmp_path) not in kept


def test_a_manifest_keeps_earlier_entries(tmp_path: Path) -> None:
    """Running one account again leaves what the manifest says of the others."""
    first = [batch.Outcome("A-1", "n", "ok"), batch.Outcome("A-2", "n", "failed")]
    batch.write_manifest(tmp_path, {"run_id": "1"}, first)
    batch.write_manifest(tmp_path, {"run_id": "2"}, [batch.Outcome("A-2", "n", "ok")])
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert manifest["run_id"] == "2"
    assert {each["account_id"]: each["status"] for each in manifest["runs"]} == {"A-1": "ok", "A-2": "ok"}


STOPPABLE = """
import signal, sys
from pathlib import Path
from kamlib.run import batch
def end(*_):
    raise batch.Terminated
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    folder = Path(sys.argv[1])
    jobs = [
        batch.Job(str(folder / name), "none", str(folder / name[:-6]), name, "T", {"live": False})
        for name in ("fine.ipynb", "slow.ipynb", "slow.ipynb")
    ]
    done = batch.run(jobs, workers=1, told=lambda each: print(each.status, flush=True))
    print([(each.status, each.error and each.error["kind"]) for each in done], flush=True)
"""


def test_a_signal_ends_the_batch_at_once_and_leaves_what_was_done(tmp_path: Path) -> None:
    """SIGTERM in the middle: the finished report stands, the rest is called interrupted, nothing runs on."""
    notebook(tmp_path / "fine.ipynb", "1")
    notebook(
        tmp_path / "slow.ipynb",
        f"import time\nopen({str(tmp_path / 'pid')!r}, 'w').write('x')\ntime.sleep(600)",
    )
    (tmp_path / "stoppable.py").write_text(STOPPABLE, "utf-8")
    command = [sys.executable, str(tmp_path / "stoppable.py"), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().strip() == "ok"
        while not (tmp_path / "pid").exists():
            time.sleep(0.1)
        running.terminate()
        told = running.communicate(timeout=60)[0]
    assert "[('ok', None), ('interrupted', 'SIGTERM'), ('interrupted', 'SIGTERM')]" in told
    assert (tmp_path / "fine" / "fine.html").is_file()


def test_a_long_temporary_folder_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets can't live under a long path: the kernel then speaks encrypted TCP, and the report is made."""
    deep = tmp_path / ("djup-" * 18)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert batch.execute(job(notebook(tmp_path / "n.ipynb", "1"), tmp_path / "k")).status == "ok"
    assert kernels.QuietKernelManager().transport == "tcp"


def test_a_folder_that_another_batch_removes_meanwhile_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between seeing a folder and looking at its age its own batch may clear it; one that is days old still goes."""
    monkeypatch.setattr(batch.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(batch.tempfile, "mkdtemp", lambda prefix: str(tmp_path / f"{prefix}ny"))
    old, gone = tmp_path / f"{batch._WORK}gammal", tmp_path / f"{batch._WORK}borta"
    old.mkdir()
    os.utime(old, (0, 0))
    monkeypatch.setattr(Path, "glob", lambda *_: iter([gone, old]))
    assert batch.work_folder() == tmp_path / f"{batch._WORK}ny"
    assert not old.exists()
