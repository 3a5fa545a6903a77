"""A program that becomes another one and dies with whoever started it (Linux): `leash.py PARENT PROGRAM [ARGUMENT ...]`.

A process may ask the system for a signal at its parent's death, and keeps that wish when it becomes another program.
The parent may have died before the wish was made; then there is nobody to wait for, and the program is not started.
Started by path, without the package: it has the standard library only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>


def main(parent: str, *command: str) -> None:
    """Become `command`, to be killed when the process `parent` ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        raise SystemExit(1)
    os.execv(command[0], command)  # noqa: S606 - a kernel, as Jupyter names it


if __name__ == "__main__":
    main(*sys.argv[1:])
