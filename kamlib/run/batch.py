"""Many reports, each by itself: a bad account never stops the others, an old good report is never lost.

A job is plain values, so it can travel to another process; what happened comes back as plain values too.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from pathlib import Path
from threading import Thread
from typing import Any

import nbformat
from nbformat import NotebookNode

from kamlib import text
from kamlib.errors import KamError
from kamlib.run import attachments, export, files, kernels, leaks, notebooks, own_outputs

#: What a notebook may display in all, in characters: a report of more can't be mailed or opened on a phone.
LARGEST = 3_000_000
_PRINTED, _TOLD = 20_000, 2_000  # characters that a cell's printed output keeps, and a message
DISK_FULL = "DiskFull"
_MISUSED = "UsageError"  # a magic that isn't there: IPython only prints so, and goes on
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LEAVING_SECONDS = 3
_WORK, _STALE_SECONDS = "kam-batch-", 2 * 24 * 3600
#: What a kernel needs from the system to start at all; everything else stays outside a customer's run.
_BARE = (
    "PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
)  # fmt: skip


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
    wanted: attachments.Attachments = attachments.NONE
    terms: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)  # a company's own words
    closed_values: str = ""  # for a customer: the file that says what must not stand in theirs

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
    warning: str = ""
    pdf: str = ""
    sha256_pdf: str = ""
    pptx: str = ""
    sha256_pptx: str = ""


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
        outcomes |= {job: interrupted(job, by) for job in jobs if job not in outcomes}
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
    # What goes wrong is an outcome; a kernel cut off only makes noise.
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 2)
    own = tempfile.mkdtemp(prefix="kam-")
    tempfile.tempdir = own
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), own))  # of the kernels too
    Finalize(None, shutil.rmtree, (own,), {"ignore_errors": True}, exitpriority=1)
    kernels.adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everybody: the batch decides who ends
    signal.signal(signal.SIGTERM, lambda *_: _leave(own))
    Thread(target=_watch, args=(own,), daemon=True).start()


def _watch(own: str) -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _leave(own)


def _leave(own: str) -> None:
    kernels.end_all()
    shutil.rmtree(own, ignore_errors=True)
    os._exit(143)


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
        _dismiss(active_children())
        raise


def _dismiss(workers: Sequence[BaseProcess]) -> None:
    """Ask workers to leave, and end those that don't: a stopped process hears nothing."""
    for worker in workers:
        worker.terminate()
    until = time.monotonic() + _LEAVING_SECONDS
    for worker in workers:
        worker.join(max(0.0, until - time.monotonic()))
        worker.kill()


def execute(job: Job) -> Outcome:
    """Run one notebook and put its report in place; whatever goes wrong is an outcome, never a stop."""
    text.use(job.lang)
    text.own_words(job.terms)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kam-", ignore_cleanup_errors=True) as work:
        try:
            with surroundings(job):
                executed = _executed(job, Path(work))
            error = verdict(executed)
            if job.audience == "customer":
                error = error or own_outputs.refusal(executed, job.name)
            cleaned(executed)
            with files.scan_before_write(leaks.look(job.closed_values, job.workspace, job.account_id)):
                outcome = _failed(job, **error) if error else _deliver(job, executed)
            if job.audience == "internal":  # a customer's folder holds no word of ours about the run
                outcome = replace(outcome, warning=_warning(executed))
            _keep_failed(job, executed if error else None)
        except KamError as told:
            outcome = _failed(job, type(told).__name__, str(told))
        except Exception as fault:  # noqa: BLE001 - the batch must go on; the manifest says what happened
            outcome = _failed(job, *_plainly(fault))
    return replace(outcome, seconds=round(time.monotonic() - started, 2))


def _plainly(fault: Exception) -> tuple[str, str]:
    """Return the kind of a fault and what a person can do about it."""
    if isinstance(fault, OSError) and fault.errno in _FULL:
        return DISK_FULL, text.t("batch.disk_full", found=str(fault.filename or ""))
    kind = type(fault).__name__
    said = {"DeadKernelError": "batch.not_executed", "CellTimeoutError": "batch.cell_too_long"}.get(kind)
    return kind, text.t(said, n=kernels.CELL_SECONDS) if said else _last_line(fault)


@contextmanager
def surroundings(job: Job) -> Iterator[None]:
    """Give the kernel its workspace; a customer's kernel gets nothing else of ours.

    The worker runs one job at a time, so the process's environment is its own.
    """
    before = dict(os.environ)
    kept = before if job.audience == "internal" else _bare()
    try:
        os.environ.clear()
        os.environ.update({**kept, "KAM_WORKSPACE": job.workspace, "PYTHONUTF8": "1"})
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.upper() in _BARE}


def _executed(job: Job, work: Path) -> NotebookNode:
    """Return the notebook with its outputs, also when a cell failed: the fault stands in it."""
    source = notebooks.read(Path(job.notebook))
    notebooks.refuse_unknown(source, job.parameters, Path(job.notebook).name)
    made = notebooks.variant(source, notebooks.Variant(job.lang, job.audience, live=False))
    return kernels.execute(made, job.parameters, work)


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
    """Keep the beginning of what a cell printed, and no display of many megabytes: they would fill the disk."""
    room = _PRINTED
    for output in outputs:
        if output.output_type == "stream":
            printed, output.text = output.text, output.text[: max(0, room)]
            room -= len(printed)
            if not output.text:
                continue
            if room < 0 and output.name == "stdout":
                output.text += f"\n{text.t('batch.left_out')}\n"
        elif output.output_type == "error":
            output.evalue = output.evalue[:_PRINTED]
            output.traceback = [line[:_PRINTED] for line in output.traceback[-50:]]
        elif _size(output) > LARGEST:
            output.data = {"text/plain": text.t("batch.left_out")}
        yield output


def verdict(executed: NotebookNode) -> dict[str, Any]:
    """Say why a run is not ok, or nothing: all code cells ran, none failed, none shows more than a report may hold."""
    for number, cell in enumerate(executed.cells):
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                return {"kind": output.ename, "message": output.evalue[:_TOLD], "cell": number}
            if output.get("name") == "stderr" and output.text.startswith(_MISUSED):
                return {"kind": _MISUSED, "message": output.text[len(_MISUSED) + 2 : _TOLD], "cell": number}
        if cell.source.strip() and cell.execution_count is None:
            return {"kind": "NotExecuted", "message": text.t("batch.not_executed"), "cell": number}
    sizes = [sum(map(_size, cell.get("outputs", ()))) for cell in executed.cells]
    if sum(sizes) <= LARGEST:
        return {}
    told = {"found": text.number(sum(sizes) / 1e6, 1), "limit": text.number(LARGEST / 1e6)}
    message = text.t("batch.too_large", **told)
    return {"kind": "TooLarge", "message": message, "cell": sizes.index(max(sizes))}


def _size(output: NotebookNode) -> int:
    return sum(len(str(content)) for content in output.get("data", {}).values())


def _warning(executed: NotebookNode) -> str:
    """Return the last line that a run complained with (a fault in a thread, say): a report may still be right."""
    outputs = [output for cell in executed.cells for output in cell.get("outputs", ())]
    printed = [str(output.text) for output in outputs if output.get("name") == "stderr"]
    lines = "\n".join(printed).strip().splitlines()
    return lines[-1][:_TOLD] if lines else ""


def _deliver(job: Job, executed: NotebookNode) -> Outcome:
    page = export.to_html(executed, title=job.title, lang=job.lang, audience=job.audience)
    folder = Path(job.folder)
    digest = files.put(folder / f"{job.name}.html", page)
    if job.audience == "internal":
        files.put(folder / f"{job.name}.ipynb", nbformat.writes(executed))
    made = Outcome(job.account_id, job.name, "ok", html=f"{folder.name}/{job.name}.html", sha256=digest)
    source = {name: str(job.parameters.get(name, "")) for name in ("account_id", "as_of")}
    with surroundings(job):
        source["workspace"] = job.workspace
        more = attachments.make(folder / f"{job.name}.html", job.wanted, source, _bare())
    return replace(made, **more)


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


def interrupted(job: Job, by: str = "Killed") -> Outcome:
    """Return the outcome of a job that was not finished: what a manifest says until it is."""
    error = {"kind": by, "message": text.t("batch.interrupted"), "cell": None}
    return Outcome(job.account_id, job.name, "interrupted", error=error)


def _last_line(fault: BaseException) -> str:
    return "".join(traceback.format_exception_only(fault)).strip()


def write_manifest(folder: Path, about: Mapping[str, Any], outcomes: Iterable[Outcome]) -> Path:
    """Write `manifest.json`; what it says of earlier runs in the same folder stands until they are run again.

    Each entry keeps the fingerprint of the data it was made from: a folder may hold the reports of several runs.
    """
    target = folder / "manifest.json"
    earlier, state = manifest(folder), about.get("data", "")
    fresh = {(each.account_id, each.notebook): asdict(each) | {"data": state} for each in outcomes}
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
        with suppress(FileNotFoundError):  # another batch has just removed its own
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=_WORK))


def clear(folder: Path) -> None:
    """Remove a work folder, also where Windows still holds a file for a moment."""
    shutil.rmtree(folder, ignore_errors=True)
