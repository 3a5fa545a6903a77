"""Many reports, each by itself: a bad account never stops the others, an old good report is never lost.

A job is plain values, so it can travel to another process; what happened comes back as plain values too.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from pathlib import Path
from threading import Thread
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.exceptions import PapermillException

from kamlib import text
from kamlib.errors import KamError
from kamlib.run import export, files, notebooks

#: A Unix socket's whole path holds at most 103 bytes on macOS, 107 on Linux; a few go to the socket's own name.
LONGEST_SOCKET_FOLDER = 90
CELL_SECONDS = 600
_PRINTED = 20_000  # characters that a cell's printed output keeps
_WORK, _STALE_SECONDS = "kam-batch-", 2 * 24 * 3600
#: What a kernel needs from the system to start at all; everything else stays outside a customer's run.
_BARE = (
    "PATH",
    "HOME",
    "LANG",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
)


@dataclass(frozen=True)
class Job:
    """One notebook for one account (or for the portfolio: `account_id` empty)."""

    notebook: str
    workspace: str
    folder: str
    account_id: str
    title: str
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    lang: str = "sv"
    audience: str = "internal"

    @property
    def name(self) -> str:
        """The notebook's name."""
        return Path(self.notebook).stem


@dataclass(frozen=True)
class Outcome:
    """What came of a job: one entry of the manifest's `runs`."""

    account_id: str
    notebook: str
    status: str
    seconds: float = 0.0
    html: str = ""
    sha256: str = ""
    error: Mapping[str, Any] | None = None


class QuietKernelManager(AsyncKernelManager):
    """A kernel whose wires nobody else can take or hear.

    Each run has a class of its own with a folder for its sockets: two kernels that start at once may pick the
    same TCP port, and one of them dies. Windows has TCP only, and a socket's path may not be long: there the
    wires are TCP and encrypted, for ipykernel warns on every run of one that is not.
    """

    sockets = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if os.name == "nt" or not 0 < len(os.fsencode(self.sockets)) <= LONGEST_SOCKET_FOLDER:
            self.transport_encryption = "required"
        else:
            self.transport, self.ip = "ipc", f"{self.sockets}/k"


def run(
    jobs: Sequence[Job], *, workers: int = 1, told: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Execute jobs in worker processes and return their outcomes in the jobs' order.

    A worker that dies takes no other job with it: what it held is tried once more in a fresh pool.
    """
    outcomes: dict[Job, Outcome] = {}
    try:
        for job, outcome in _attempts(jobs, workers):
            outcomes[job] = outcome
            told(outcome)
    except KeyboardInterrupt as stop:
        by = "SIGTERM" if isinstance(stop, Terminated) else "SIGINT"
        outcomes |= {job: _interrupted(job, by) for job in jobs if job not in outcomes}
    return [outcomes[job] for job in jobs]


class Terminated(KeyboardInterrupt):
    """Somebody asked the program to end (SIGTERM); handled like Ctrl-C, told apart by its exit code."""


def _attempts(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Outcome]]:
    """Yield every job's outcome; what a dying worker took with it is tried again, each job in a pool of its own."""
    lost = []
    for job, outcome in _pooled(jobs, workers):
        if outcome is None:
            lost.append(job)
        else:
            yield job, outcome
    for job in lost:
        for _, outcome in _pooled([job], 1):
            yield job, outcome or _failed(job, "WorkerDied", text.t("batch.worker_died"))


def _pooled(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Outcome | None]]:
    if not jobs:
        return
    apart = get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=apart, initializer=_settle) as pool:
        yield from submit(pool, jobs)


def _settle() -> None:
    """Give a worker a temporary folder of its own, and see that worker and folder end with the batch.

    A parent that is killed ends nobody by itself: its workers would go on with what they hold, and wait for ever.
    """
    with Path(os.devnull).open(
        "w"
    ) as nothing:  # what goes wrong is an outcome; a kernel cut off only makes noise
        os.dup2(nothing.fileno(), 2)
    own = tempfile.mkdtemp(prefix="kam-")
    tempfile.tempdir = own
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), own))  # of the kernels too
    Finalize(None, shutil.rmtree, (own,), {"ignore_errors": True}, exitpriority=1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everybody: the batch decides who ends
    signal.signal(signal.SIGTERM, lambda *_: _leave(own))
    Thread(target=_watch, args=(own,), daemon=True).start()


def _watch(own: str) -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _leave(own)


def _leave(own: str) -> None:
    shutil.rmtree(own, ignore_errors=True)
    os._exit(143)  # a kernel ends by itself when its worker is gone


def submit(pool: Executor, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome | None]]:
    """Send jobs to any executor and yield each with its outcome as it comes; None where its worker died."""
    waiting = {pool.submit(execute, job): job for job in jobs}
    try:
        for done in as_completed(waiting):
            try:
                yield waiting[done], done.result()
            except BrokenProcessPool:
                yield waiting[done], None
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in active_children():
            worker.terminate()
        raise


def execute(job: Job) -> Outcome:
    """Run one notebook and put its report in place; whatever goes wrong is an outcome, never a stop."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kam-", ignore_cleanup_errors=True) as work:
        try:
            with surroundings(job):
                executed = _executed(job, Path(work))
            error = verdict(executed)
            outcome = _failed(job, **error) if error else _deliver(job, executed)
            _keep_failed(job, executed if error else None)
        except KamError as told:
            outcome = _failed(job, type(told).__name__, str(told))
        except Exception as fault:  # noqa: BLE001 - the batch must go on; the manifest says what happened
            outcome = _failed(job, type(fault).__name__, _last_line(fault))
    return Outcome(**{**asdict(outcome), "seconds": round(time.monotonic() - started, 2)})


@contextmanager
def surroundings(job: Job) -> Iterator[None]:
    """Give the kernel its workspace; a customer's kernel gets nothing else of ours.

    The worker runs one job at a time, so the process's environment is its own.
    """
    before = dict(os.environ)
    kept = before if job.audience == "internal" else {n: v for n, v in before.items() if n.upper() in _BARE}
    try:
        os.environ.clear()
        os.environ.update({**kept, "KAM_WORKSPACE": job.workspace, "PYTHONUTF8": "1"})
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _executed(job: Job, work: Path) -> NotebookNode:
    """Return the notebook with its outputs, also when a cell failed: the fault stands in it."""
    source = notebooks.read(Path(job.notebook))
    notebooks.refuse_unknown(source, job.parameters, Path(job.notebook).name)
    made = notebooks.variant(source, notebooks.Variant(job.lang, job.audience, live=False))
    target, sockets = work / "executed.ipynb", work.with_name(f"{work.name}-k")
    sockets.mkdir(mode=0o700)
    try:
        executed = papermill.execute_notebook(
            made,
            str(target),
            parameters=dict(job.parameters),
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=str(work),
            kernel_manager_class=type("OwnKernelManager", (QuietKernelManager,), {"sockets": str(sockets)}),
            execution_timeout=CELL_SECONDS,
            shutdown_kernel="immediate",  # its outputs are here; asking it to leave costs 0.3 s and a warning
        )
    except PapermillException:
        executed = nbformat.read(target, as_version=4)
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    return cleaned(executed)


def cleaned(executed: NotebookNode) -> NotebookNode:
    """Drop what a report must not carry: widget state, paths of this machine."""
    executed.metadata.pop("widgets", None)
    executed.metadata.pop("papermill", None)
    for cell in executed.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = list(_shortened(cell.outputs))
    return executed


def _shortened(outputs: Sequence[NotebookNode]) -> Iterator[NotebookNode]:
    """Keep the beginning of what a cell printed; a loop that prints would fill the disk."""
    room = _PRINTED
    for output in outputs:
        if output.output_type == "stream":
            output.text, room = output.text[:room], max(0, room - len(output.text))
            if not output.text:
                continue
        yield output


def verdict(executed: NotebookNode) -> dict[str, Any]:
    """Say why a run is not ok, or nothing: every code cell ran, none failed, the kernel lived to the end."""
    for number, cell in enumerate(executed.cells):
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                return {"kind": output.ename, "message": output.evalue, "cell": number}
        if cell.source.strip() and cell.execution_count is None:
            return {"kind": "NotExecuted", "message": text.t("batch.not_executed"), "cell": number}
    return {}


def _deliver(job: Job, executed: NotebookNode) -> Outcome:
    page = export.to_html(executed, title=job.title, lang=job.lang, audience=job.audience)
    folder = Path(job.folder)
    digest = files.put(folder / f"{job.name}.html", page)
    if job.audience == "internal":
        files.put(folder / f"{job.name}.ipynb", nbformat.writes(executed))
    return Outcome(job.account_id, job.name, "ok", html=f"{folder.name}/{job.name}.html", sha256=digest)


def _keep_failed(job: Job, executed: NotebookNode | None) -> None:
    """Leave a failed run's notebook beside the last good report; a good run clears it away."""
    target = Path(job.folder) / f"{job.name}.failed.ipynb"
    if executed is None:
        target.unlink(missing_ok=True)
    elif job.audience == "internal":
        files.put(target, nbformat.writes(executed))


def _failed(job: Job, kind: str, message: str, cell: int | None = None) -> Outcome:
    error = {"kind": kind, "message": message, "cell": cell}
    return Outcome(job.account_id, job.name, "failed", error=error)


def _interrupted(job: Job, by: str) -> Outcome:
    error = {"kind": by, "message": text.t("batch.interrupted"), "cell": None}
    return Outcome(job.account_id, job.name, "interrupted", error=error)


def _last_line(fault: BaseException) -> str:
    return "".join(traceback.format_exception_only(fault)).strip()


def write_manifest(folder: Path, about: Mapping[str, Any], outcomes: Sequence[Outcome]) -> Path:
    """Write `manifest.json`, last of all; what it says of earlier runs in the same folder stands until run again."""
    target = folder / "manifest.json"
    earlier = manifest(folder)
    fresh = {(each.account_id, each.notebook): asdict(each) for each in outcomes}
    kept = {(entry["account_id"], entry["notebook"]): entry for entry in earlier.get("runs", [])}
    runs = sorted((kept | fresh).values(), key=lambda entry: (entry["account_id"], entry["notebook"]))
    accounts = earlier.get("accounts", {}) | about.get("accounts", {})
    told = {**about, "accounts": accounts, "runs": runs}
    files.put(target, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return target


def manifest(folder: Path) -> dict[str, Any]:
    """Return a folder's manifest; empty where there is none, or none that can be read (it is made anew)."""
    try:
        found = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("runs"), list) else {}


def work_folder() -> Path:
    """Return a private folder for snapshots and projected files, which the caller removes.

    What a killed batch has left there (it holds a whole workspace) goes the next time, when it is days old.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_WORK}*"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=_WORK))


def clear(folder: Path) -> None:
    """Remove a work folder, also where Windows still holds a file for a moment."""
    shutil.rmtree(folder, ignore_errors=True)
