"""What `kam open` starts, without starting it; and that what was started is ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from kamlib.errors import KamError
from kamlib.live import serve

NOTEBOOK = Path("/room/01_segmentation.ipynb")


@pytest.mark.parametrize("kind", ["page", "lab"])
def test_only_this_machine_is_served(kind: serve.Kind) -> None:
    """Loopback, the port asked for, no browser of its own, and kernels that do not stay behind."""
    command = serve.command_line(kind, NOTEBOOK, 20_123)
    assert any(part.endswith("ip=127.0.0.1") for part in command)
    assert "--port=20123" in command
    assert "--no-browser" in command
    assert "--MappingKernelManager.cull_idle_timeout=600" in command


@pytest.mark.parametrize("kind", ["page", "lab"])
def test_the_token_is_not_on_the_command_line(kind: serve.Kind) -> None:
    """Anybody on the machine may list commands; the token travels in the environment and in the address."""
    around = serve.environment(Path("/room"), "/w.sqlite", "hush", {"PATH": "/bin"})
    assert "hush" not in " ".join(serve.command_line(kind, NOTEBOOK, 20_123))
    assert around["JUPYTER_TOKEN"] == "hush"  # noqa: S105 (a token of this test)
    assert serve.address(kind, NOTEBOOK, 20_123, "hush").endswith("?token=hush")


def test_the_users_own_jupyter_stays_out() -> None:
    """Own settings, kernels and start-up files; everything else of the environment is kept."""
    around = serve.environment(
        Path("/room"), "/w.sqlite", "hush", {"PATH": "/bin", "JUPYTER_CONFIG_DIR": "/home"}
    )
    assert around["KAM_WORKSPACE"] == "/w.sqlite"
    assert around["PATH"] == "/bin"
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        assert Path(around[name]).parent == Path("/room/.jupyter")


def test_no_news_reaches_the_projector() -> None:
    """JupyterLab's toast about news is off, in the folder that our environment points at."""
    around = serve.environment(Path("/room"), "/w.sqlite", "hush", {})
    settings = Path(around["JUPYTER_CONFIG_PATH"]) / "labconfig" / "default_setting_overrides.json"
    held = json.loads(settings.read_text("utf-8"))
    assert held["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_a_workspace_keeps_its_port() -> None:
    """The browser keeps unsaved changes by address: the same workspace comes back at the same port."""
    assert serve.usual_port("page", "/w.sqlite") == serve.usual_port("page", "/w.sqlite")
    assert serve.usual_port("page", "/w.sqlite") != serve.usual_port("lab", "/w.sqlite")


def test_a_taken_port_gives_another() -> None:
    """Somebody else's server is left alone."""
    with socket.socket() as taken:
        taken.bind((serve.HOST, 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert serve.free_port(number) not in (0, number)


def test_a_server_that_dies_is_told(tmp_path: Path) -> None:
    """The message names the file that holds what the server said."""
    dead = [sys.executable, "-c", "raise SystemExit('no such notebook')"]
    with pytest.raises(KamError, match=r"server\.log"):
        serve._run(dead, dict(os.environ), tmp_path, "http://127.0.0.1:9/")
    assert "no such notebook" in (tmp_path / ".jupyter" / "server.log").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_ending_kam_ends_the_server(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C and a plain kill both end the server and leave no process behind."""
    port = serve.free_port(0)
    server = [sys.executable, "-m", "http.server", str(port), "--bind", serve.HOST]
    script = (
        f"import os, sys; from pathlib import Path; from kamlib.live import serve; sys.exit(serve._run({server!r}, "
        f"dict(os.environ), Path({str(tmp_path)!r}), 'http://127.0.0.1:{port}/?token=x'))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as kam:
        assert kam.stdout is not None
        assert str(port) in kam.stdout.readline()
        (started,) = psutil.Process(kam.pid).children()
        kam.send_signal(number)
        assert kam.wait(30) == code
    assert not started.is_running()
