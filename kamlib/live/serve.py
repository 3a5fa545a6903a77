"""What `kam open` starts: the clean page (Voilà) or JupyterLab, on loopback, with a token, until Ctrl-C.

The functions that build a command line and an environment are pure; `open_page` and `open_lab` run them.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Literal, NoReturn

from kamlib import text
from kamlib.errors import problem

Kind = Literal["lab", "page"]

HOST = "127.0.0.1"
_SHARE = Path(__file__).parent / "share"
_OWN = ".jupyter"  # settings, run files and the server's log, beside the notebook and out of its file list
_PATIENCE_SECONDS = 120
_FAREWELL_SECONDS = 15


def open_page(notebook: Path, workspace: str, *, writes_sample: bool = False) -> int:
    """Serve a prepared notebook as a page without code; returns when a person ends it."""
    return _open("page", notebook, workspace, writes_sample=writes_sample)


def open_lab(notebook: Path, workspace: str, *, writes_sample: bool = False) -> int:
    """Serve a prepared notebook in JupyterLab; returns when a person ends it."""
    return _open("lab", notebook, workspace, writes_sample=writes_sample)


def _open(kind: Kind, notebook: Path, workspace: str, *, writes_sample: bool) -> int:
    token = secrets.token_urlsafe(24)
    port = free_port(usual_port(kind, workspace))
    command = command_line(kind, notebook, port)
    surroundings = environment(notebook.parent, workspace, token, os.environ)
    surroundings |= {"KAM_OPEN_SAMPLE": "1"} if writes_sample else {}
    return _run(command, surroundings, notebook.parent, address(kind, notebook, port, token))


def command_line(kind: Kind, notebook: Path, port: int) -> list[str]:
    """Return the command that serves one notebook; the token travels in the environment, where `ps` is blind."""
    both = [
        f"--port={port}",
        "--no-browser",
        "--KernelManager.transport_encryption=auto",
        # A page that was closed leaves its kernel behind; ten idle minutes without a page end it.
        "--MappingKernelManager.cull_idle_timeout=600",
        "--MappingKernelManager.cull_interval=60",
    ]
    if kind == "page":
        own = [str(notebook), "--template=kam", f"--Voila.ip={HOST}", "--Voila.auto_token=True"]
        return [sys.executable, "-m", "voila", *own, *both]
    own = [
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.root_dir={notebook.parent}",
        "--ServerApp.allow_root=True",  # only this machine can reach it: a container's root is no danger
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    return [sys.executable, "-m", "jupyterlab", *own, *both]


def environment(folder: Path, workspace: str, token: str, base: Mapping[str, str]) -> dict[str, str]:
    """Return the server's environment: the user's own Jupyter settings and kernels stay out of the room."""
    own = folder / _OWN
    return {
        **base,
        "KAM_WORKSPACE": workspace,
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_RUNTIME_DIR": str(own / "runtime"),
        "IPYTHONDIR": str(own / "ipython"),
        "JUPYTER_CONFIG_PATH": str(_SHARE / "config"),
        "JUPYTER_PATH": str(_SHARE),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }


def address(kind: Kind, notebook: Path, port: int, token: str) -> str:
    """Return what a person opens in the browser."""
    place = "" if kind == "page" else f"lab/tree/{notebook.name}"
    return f"http://{HOST}:{port}/{place}?token={token}"


def usual_port(kind: Kind, workspace: str) -> int:
    """Return the port of a workspace's page: always the same, since a browser keeps its outbox by address."""
    return 20_000 + zlib.crc32(f"{kind}:{workspace}".encode()) % 12_000


def free_port(wanted: int) -> int:
    """Return `wanted`, or a port of the system's choice where somebody else listens on it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise problem("no_free_port", found=wanted)


def _run(command: list[str], surroundings: dict[str, str], folder: Path, where: str) -> int:
    log = folder / _OWN / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as written:
        server = subprocess.Popen(  # noqa: S603 (our own command line, no shell)
            command, cwd=folder, env=surroundings, stdout=written, stderr=written, start_new_session=True
        )
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), _stopped)
        try:
            _await(server, where, log)
            _say(text.t("live.open", address=where))
            return server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            end(server)


def _await(server: subprocess.Popen[bytes], where: str, log: Path) -> None:
    port = int(where.split(":")[2].split("/", maxsplit=1)[0])
    last = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < last and server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.2)
    raise problem("server_silent", found=str(log))


def end(server: subprocess.Popen[bytes]) -> None:
    """End a server and what it started: first asked, so that it ends its kernels, then with force."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    if hasattr(os, "killpg"):
        try:
            os.killpg(server.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def _stopped(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
