"""The first hour: what start.py makes of a fresh clone, and what it says when something is in the way."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import start
from kamlib.data import locate

TOP = Path(start.__file__).parent
PARTS = ("start.py", "pyproject.toml", "build_backend.py", "README.md", "LICENSE", "kamlib")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with nothing but what an environment is made from, its Python already in place and sound."""
    for name in (start.RUN, start.DEV, "pyproject.toml", "build_backend.py"):
        (tmp_path / name).write_text(f"a==1 \\\n# {name}", "utf-8")
    monkeypatch.setattr(start, "TOP", tmp_path)
    monkeypatch.setattr(start, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(start, "PYTHON", Path(sys.executable))
    (tmp_path / ".venv").mkdir()
    return tmp_path


def test_an_old_python_can_read_that_it_is_too_old() -> None:
    """start.py is written in what Python 3.8 understands, and needs nothing that is not in Python."""
    tree = ast.parse((TOP / "start.py").read_text("utf-8"), feature_version=(3, 8))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    assert modules <= set(sys.stdlib_module_names)


def test_where_no_python_is_supported_the_versions_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clone: Path
) -> None:
    """Exit 3, the versions that are, and the one that this is; nothing is made."""
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert start.main(["report"]) == 3
    assert "needs Python 3.11, 3.12 or 3.13; this is Python 3.8.18" in capsys.readouterr().out
    assert list(start.VENV.iterdir()) == []


def test_a_supported_python_beside_an_old_one_is_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], clone: Path
) -> None:
    """Started by Python 3.10, the newest supported one of this computer takes over with the same command."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 0, "final", 0))
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(subprocess, "call", lambda launcher, **_: int("3.13" in launcher[-3]))
    taken: list[list[str]] = []
    monkeypatch.setattr(start, "wait", lambda line, _: taken.append(line) or 0)
    assert start.main(["report", "A-003"]) == 0
    assert taken[0][-3:] == [str(clone / "start.py"), "report", "A-003"]
    assert "3.12" in taken[0][-4]
    assert "3.12" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "advice"), [
    ("OSError: [Errno 28] No space left on device", "disk is full"),
    ("because ensurepip is not available.  On Debian/Ubuntu systems", "apt install python3-venv"),
    ("No module named venv", "apt install python3-venv"),
    ("NewConnectionError: [Errno -3] Temporary failure in name resolution\nNo matching distribution found", "network"),
    ("[Errno 11001] getaddrinfo failed", "network"),
    ("ProxyError('Cannot connect to proxy.')", "HTTPS_PROXY"),
    ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed')) Max retries", "global.cert"),
    ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "changed or damaged"),
    ("[WinError 5] Access is denied: 'C:\\\\klon\\\\.venv'", "cannot be written"),
    ("ERROR: No matching distribution found for numpy==2.4.6", "64-bit Python"),
    ("something that nobody has seen", "Run the same command again"),
])  # fmt: skip
def test_what_went_wrong_is_told_with_its_cure(words: str, advice: str) -> None:
    """The words of pip, venv and the system become one thing to do; the cause stands before its consequences."""
    assert advice in start.cure(words, start.RUN)


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_made(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the way of .venv, or no right to write: the folder's name and what to do."""
    start.VENV.rmdir()
    start.VENV.write_text("", "utf-8")
    with pytest.raises(SystemExit) as ended:
        start.make_ready(start.RUN)
    assert ended.value.code == 3
    assert f"{start.VENV} cannot be written" in capsys.readouterr().out


def test_a_disk_without_room_is_told_before_anything_is_made(
    clone: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left, and what is needed."""
    monkeypatch.setitem(start.MEGABYTES, start.RUN, 10**9)
    with pytest.raises(SystemExit):
        start.make_ready(start.RUN)
    assert "1000000000 are needed" in capsys.readouterr().out


def test_the_environment_is_renewed_when_it_no_longer_fits(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready while lock and declarations are as they were; the tests' environment holds a report's, not the other way."""
    assert not start.is_ready(start.RUN)
    start.stamp(start.DEV).write_text(start.digest(start.DEV), "utf-8")
    assert start.is_ready(start.RUN)
    assert start.is_ready(start.DEV)
    start.stamp(start.DEV).unlink()
    start.stamp(start.RUN).write_text(start.digest(start.RUN), "utf-8")
    assert start.is_ready(start.RUN)
    assert not start.is_ready(start.DEV)
    monkeypatch.setattr(start, "PYTHON", clone / "gone")
    assert not start.is_ready(start.RUN)


@pytest.mark.parametrize("changed", [start.RUN, "pyproject.toml", "build_backend.py", "TOP"])
def test_what_the_environment_is_made_from_makes_it_stale(
    clone: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    """A new lock, other declarations, or the clone moved to another folder."""
    start.stamp(start.RUN).write_text(start.digest(start.RUN), "utf-8")
    if changed == "TOP":
        monkeypatch.setattr(start, "TOP", shutil.copytree(clone, clone / "moved"))
    else:
        (clone / changed).write_text("b==2 \\", "utf-8")
    assert not start.is_ready(start.RUN)


@pytest.mark.parametrize("sound", [True, False])
def test_only_a_whole_environment_is_built_upon(
    clone: Path, monkeypatch: pytest.MonkeyPatch, *, sound: bool
) -> None:
    """A stale one is renewed in place; a half-made one, without the mark of a finished one, is made anew."""
    made: list[str] = []
    for name in ("make_anew", "pip"):
        monkeypatch.setattr(start, name, lambda *_, name=name: made.append(name))
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: 0)
    if sound:
        start.stamp(start.RUN).write_text("of an earlier lock", "utf-8")
    start.make_ready(start.RUN)
    assert made == ["pip", "pip"] if sound else ["make_anew", "pip", "pip"]
    assert start.is_ready(start.RUN)


def test_what_follows_is_handed_on(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`report` gives it to kamlib, `test` runs only what is named; the first line that fails ends a command."""
    lines: list[list[str]] = []
    monkeypatch.setattr(start, "wait", lambda line, _: lines.append(line[1:]) or len(lines) // 3)
    start.run_all(start.COMMANDS["report"], ["A-003", "--pdf"], only_named=False)
    assert lines == [["-m", "kamlib", "report", "A-003", "--pdf"]]
    start.run_all(start.COMMANDS["test"], ["tests/test_text.py"], only_named=True)
    assert lines[1:] == [start.SAMPLE, ["-m", "pytest", "tests/test_text.py"]]
    assert start.run_all(start.COMMANDS["lint"], [], only_named=False) == 1
    assert len(lines) == 4


def test_tests_run_on_the_sample_whatever_the_shell_has_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report is made of the workspace that the user chose; a test never touches it."""
    monkeypatch.setenv("KAM_WORKSPACE", "mine")
    assert start.environment(on_sample=False)["KAM_WORKSPACE"] == "mine"
    assert start.environment(on_sample=True)["KAM_WORKSPACE"] == str(locate.sample_path())


@pytest.mark.slow
def test_a_clone_in_a_folder_with_any_letters_is_set_up(tmp_path: Path) -> None:
    """With spaces and å ä ö in its name, without git and without network: kamlib is found from every folder, once made.

    The packages are those of this environment, so both locks are empty; the rest is as in a fresh clone.
    """
    clone = tmp_path / "ny mapp åäö"
    clone.mkdir()
    for name in PARTS:
        copy = shutil.copytree if (TOP / name).is_dir() else shutil.copy
        copy(TOP / name, clone / name)
    (clone / start.RUN).write_text("# nothing\n", "utf-8")
    (clone / ".venv").mkdir()
    (clone / ".venv" / "half").touch()
    variables = {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib"), "PYTHONIOENCODING": "utf-8"}
    first, second = (
        subprocess.run(
            [sys.executable, "start.py", "setup"],
            cwd=clone, env=variables, capture_output=True, encoding="utf-8", check=False,
        )
        for _ in range(2)
    )  # fmt: skip
    assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr
    assert "made anew" in first.stdout
    assert second.stdout == ""
    inside = clone / ".venv" / start.PYTHON.relative_to(start.VENV)
    place = "import kamlib, sys; sys.stdout.buffer.write(kamlib.__file__.encode())"
    elsewhere = subprocess.run(
        [inside, "-c", place], cwd=tmp_path, env=variables, capture_output=True, check=True
    )
    assert elsewhere.stdout.decode().startswith(str(clone))
