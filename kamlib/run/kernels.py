"""One notebook in a kernel of its own, that nobody outlives: not the kernel, nothing that a cell has started.

On Linux a kernel dies with the process that started it, and a worker inherits whatever lost its parent, so that it
can end it. Elsewhere only what still has its parent is found: what a cell has detached on Windows may live on.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Event, Timer
from typing import Any

import nbformat
import papermill
import psutil
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.exceptions import PapermillException

from kamlib.errors import KamError, problem

#: Wall clock: a cell, a whole notebook (also where no interrupt is heard: C code, a stopped process), a start.
CELL_SECONDS, NOTEBOOK_SECONDS, START_SECONDS = 300, 600, 180
#: A Unix socket's whole path holds at most 103 bytes on macOS, 107 on Linux; a few go to the socket's own name.
LONGEST_SOCKET_FOLDER = 90
#: From <sys/prctl.h> of Linux.
PR_SET_CHILD_SUBREAPER = 36


class TimeLimit(KamError):  # noqa: N818 - its name is the kind that a manifest tells
    """A notebook that had not ended when its time was over; its kernel has been killed."""


class KernelStart(KamError):  # noqa: N818 - likewise
    """A kernel that would not start, twice."""


class QuietKernelManager(AsyncKernelManager):
    """A kernel whose wires nobody else can take or hear.

    Each run has a class of its own with a folder for its sockets: two kernels that start at once may pick the
    same TCP port, and one of them dies. Windows has TCP only, and a socket's path may not be long: there the
    wires are TCP and encrypted, for ipykernel warns on every run of one that is not.
    """

    sockets = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.sockets:  # not in the home folder, which may be nobody's or read-only
            self.connection_file = f"{self.sockets}/kernel.json"
        if os.name == "nt" or not 0 < len(os.fsencode(self.sockets)) <= LONGEST_SOCKET_FOLDER:
            self.transport_encryption = "required"
        else:
            self.transport, self.ip = "ipc", f"{self.sockets}/k"

    @cached_property
    def kernel_spec(self) -> KernelSpec:
        """Always this Python, whatever kernels somebody has installed under the same name."""
        return KernelSpec(**{**get_kernel_dict(), "argv": command()})


def command() -> list[str]:
    """Return what starts a kernel; on Linux on a leash that its parent's death pulls (leash.py).

    Where a worker is killed outright, nothing of it is left to end its kernel: on Linux the system does that, asked
    by the kernel's own process before it becomes the kernel. It is asked there and not by the worker, for the wish
    belongs to the process that makes it, and `-I -S` starts that process with nothing but the standard library.
    """
    argv: list[str] = get_kernel_dict()["argv"]
    leash = [sys.executable, "-I", "-S", str(Path(__file__).with_name("leash.py")), str(os.getpid())]
    return [*leash, *argv] if sys.platform == "linux" else argv


def execute(made: NotebookNode, parameters: Mapping[str, Any], work: Path) -> NotebookNode:
    """Return the notebook with its outputs, also when a cell failed: the fault stands in it.

    Raises `TimeLimit` when its time is over, `KernelStart` where the kernel did not start at the second try either.
    """
    sockets, before = work.with_name(f"{work.name}-k"), _below()
    sockets.mkdir(mode=0o700)
    try:
        with _limited(before) as over:
            return _tried(lambda: _ran(made, parameters, work, sockets), over)
    finally:
        _end(before)
        shutil.rmtree(sockets, ignore_errors=True)


def _tried(run: Callable[[], NotebookNode], over: Event) -> NotebookNode:
    for left in (1, 0):
        try:
            return run()
        except RuntimeError as fault:
            if over.is_set():
                raise TimeLimit(*problem("time_limit", n=NOTEBOOK_SECONDS).findings) from fault
            if type(fault) is not RuntimeError:  # it had started, and died later
                raise
            if not left:
                raise KernelStart(*problem("kernel_start", found=str(fault)).findings) from fault
    raise AssertionError


def _ran(made: NotebookNode, parameters: Mapping[str, Any], work: Path, sockets: Path) -> NotebookNode:
    target = work / "executed.ipynb"
    try:
        executed: NotebookNode = papermill.execute_notebook(
            made,
            str(target),
            parameters=dict(parameters),
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=str(work),
            kernel_manager_class=type("OwnKernelManager", (QuietKernelManager,), {"sockets": str(sockets)}),
            start_timeout=START_SECONDS,
            execution_timeout=CELL_SECONDS,
            shutdown_kernel="immediate",  # its outputs are here; asking it to leave costs 0.3 s and a warning
        )
    except PapermillException:
        executed = nbformat.read(target, as_version=4)
    return executed


@contextmanager
def _limited(before: set[psutil.Process]) -> Iterator[Event]:
    """Kill the kernel when the notebook's time is over; the event says that it was."""
    over = Event()

    def stop() -> None:
        over.set()
        _end(before)

    timer = Timer(NOTEBOOK_SECONDS, stop)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()


def adopt_orphans() -> None:
    """Let this process inherit what loses its parent below it, so that it can end it (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_all() -> None:
    """Kill everything below this process."""
    _end(set())


def _below() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def _end(before: set[psutil.Process]) -> None:
    # Again and again: what is orphaned by a kill shows up below us, and one that starts others does so meanwhile.
    for _ in range(20):
        left = _below() - before
        if not left:
            return
        for each in left:
            with suppress(psutil.Error):
                each.kill()
        psutil.wait_procs(left, timeout=0.5)
