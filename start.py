"""From a fresh clone to a report, on any system: `python start.py report`.

Makes the environment in .venv from a hashed lock, installs kamlib into it, and runs what is asked for, in plain
words. Only Python's own library is used, and only what Python 3.8 can read, so that an old Python is told what is
wrong. No catalogue can be read before the packages are there: the words are English, like README.md.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn, Sequence

TOP = Path(__file__).resolve().parent
VENV = TOP / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST, NEWEST = (3, 11), (3, 13)
RUN, DEV = "requirements.lock", "requirements-dev.lock"
MEGABYTES = {RUN: 1_000, DEV: 1_400}  # while installing: the packages, and what pip unpacks beside them
LONGEST_PATH = 165  # of a packed file below the clone; Windows stops at 260 in all

SAMPLE = ["-m", "kamlib", "init", "--sample"]
PYTEST = ["-m", "pytest", "tests", "kamlib", "-n", "auto", "--dist", "loadfile"]


class Command(NamedTuple):
    """What can be asked for: the lock it needs, what it does, and the lines that Python is given."""

    lock: str
    does: str
    lines: list[list[str]]
    on_sample: bool = False


COMMANDS: dict[str, Command] = {
    "report": Command(RUN, "a report per key account: reports/index.html", [["-m", "kamlib", "report"]]),
    "lab": Command(RUN, "JupyterLab on the notebooks", [["-m", "kamlib", "open", "--lab"]]),
    "setup": Command(RUN, "only the environment, in .venv (the others make it too)", []),
    "check": Command(
        DEV,
        "the quick tests, about a minute: before each commit",
        [[*PYTEST, "-m", "not slow and not browser and not torture"]],
        on_sample=True,
    ),
    "test": Command(
        DEV,
        "every test and every notebook; or only what is named: test tests/test_text.py",
        [
            SAMPLE,
            [*PYTEST, "-m", "not torture"],
            ["-m", "pytest", "notebooks", "--nbval-lax", "--nbval-current-env"],
        ],
        on_sample=True,
    ),
    "lint": Command(
        DEV,
        "ruff and mypy",
        [["-m", "ruff", "check", "."], ["-m", "ruff", "format", "--check", "."], ["-m", "mypy"]],
    ),
    "torture": Command(
        DEV,
        "the fault, fuzz and property tests at full counts",
        [[*PYTEST, "--hypothesis-profile", "torture"]],
        on_sample=True,
    ),
    "notebooks": Command(
        DEV,
        "refresh the checked outputs of the notebooks, strip all others, renew the example report",
        [SAMPLE, [".ci/refresh.py"]],
        on_sample=True,
    ),
    "bench": Command(
        DEV,
        "measure speed",
        [[path.relative_to(TOP).as_posix()] for path in sorted(TOP.glob("benchmarks/*.py"))],
    ),
}

#: What pip and venv say when something is wrong, and what to do about it; the first that fits is told.
CURES = {
    r"No space left|Errno 28|WinError 112|not enough space": (
        "The disk is full. Free at least {megabytes} MB and run the same command again."
    ),
    r"ensurepip is not available|No module named '?(venv|ensurepip)": (
        "This Python lacks its venv module. On Debian and Ubuntu: sudo apt install python3-venv. Then run the same"
        " command again."
    ),
    r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerification": (
        "The package index shows a certificate that this computer does not trust. In a company it is often the"
        " company's own: ask for its file and run: pip config set global.cert FILE. Then run the same command again."
    ),
    r"name resolution|getaddrinfo|NameResolutionError|NewConnectionError|Network is unreachable|ProxyError|timed out"
    r"|ConnectTimeout|ReadTimeout|Connection (refused|aborted|reset)|Max retries|No route to host": (
        "The package index cannot be reached. Check the network; behind a proxy set HTTPS_PROXY; where your company"
        " has an index of its own, name it with: pip config set global.index-url ADDRESS. Then run the same command"
        " again: what was fetched is kept."
    ),
    r"DO NOT MATCH THE HASHES": (
        "A package is not the one that the lock names: it was changed or damaged on the way. Nothing of it was"
        " installed. Run: pip cache purge, then the same command again; if it stays, tell the maintainers."
    ),
    r"Permission ?denied|Errno 13|WinError (5|32)\b|Access is denied|Read-only file system": (
        "A file in {venv} cannot be written. Close programs that use it (JupyterLab, an editor), check your right to"
        " write in the folder, and run the same command again."
    ),
    r"No matching distribution|Failed (to build|building)|metadata-generation-failed|is not a supported wheel": (
        "There is no ready-made package for this Python on this system. Use a 64-bit Python 3.11, 3.12 or 3.13 from"
        " python.org; where your company has an index of its own, ask whether the package is in it."
    ),
}


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return the exit code."""
    name, rest = (arguments[0], list(arguments[1:])) if arguments else ("help", [])
    if name in ("help", "-h", "--help"):
        return help_()
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, 1)
        stop(
            f"There is no command {name}. {f'Did you mean {near[0]}?' if near else 'python start.py lists them.'}"
        )
    if not is_ready(COMMANDS[name].lock):
        if not OLDEST <= sys.version_info[:2] <= NEWEST:
            return with_another_python(arguments)
        make_ready(COMMANDS[name].lock)
    return run_all(COMMANDS[name], rest, only_named=name == "test")


def help_() -> int:
    """Say what can be asked for."""
    say("python start.py COMMAND     (on Windows: py start.py COMMAND)\n")
    for name, command in COMMANDS.items():
        say(f"  {name:<10} {command.does}")
    say("\nWhat follows report and lab goes to kamlib: python start.py report A-003 --pdf")
    return 0


def with_another_python(arguments: Sequence[str]) -> int:
    """Hand over to a Python that is supported, if this computer has one."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        launcher = ["py", f"-3.{minor}"] if os.name == "nt" else [f"python3.{minor}"]
        if (
            shutil.which(launcher[0])
            and subprocess.call([*launcher, "-c", ""], stderr=subprocess.DEVNULL) == 0
        ):
            say(f"This is Python {version()}; using Python 3.{minor} instead.")
            return wait([*launcher, str(TOP / "start.py"), *arguments], dict(os.environ))
    say(
        f"kamlib needs Python 3.11, 3.12 or 3.13; this is Python {version()}, and no other was seen. Install one"
        " from python.org (or your system's packages) and run the same command with it."
    )
    return 3


def version() -> str:
    """Return the running Python's version, such as 3.12.1."""
    return ".".join(map(str, sys.version_info[:3]))


def is_ready(lock: str) -> bool:
    """Tell whether .venv holds what the lock says now; the tests' lock holds all of a report's."""
    current = any(
        stamp(each).is_file() and stamp(each).read_text("utf-8") == digest(each) for each in {lock, DEV}
    )
    return current and works()


def works() -> bool:
    """Tell whether the environment's Python starts: the one that it was made from may have been removed."""
    try:
        return subprocess.call([str(PYTHON), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def stamp(lock: str) -> Path:
    """Return the file that is written when all of a lock is in place."""
    return VENV / ("set-up-" + lock)


def digest(lock: str) -> str:
    """Return what the environment was made from: the lock, the declarations, and where the clone lies."""
    parts = [
        str(TOP).encode("utf-8"),
        *((TOP / each).read_bytes() for each in (lock, "pyproject.toml", "build_backend.py")),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make_ready(lock: str) -> None:
    """Make or renew the environment, step by step."""
    begun = time.monotonic()
    examine_room(lock)
    packages = len(re.findall(r"(?m)^[\w.-]+(?:\[[\w,]+\])?==", (TOP / lock).read_text("utf-8")))
    say(f"Setting up kamlib in {VENV}: the first time takes 1 to 5 minutes.")
    step(1, f"Python {version()} in a folder of its own")
    if not (any(map(Path.is_file, map(stamp, (RUN, DEV)))) and works()):
        make_anew(lock)
    step(2, f"about {packages} packages, each checked against its hash (some 120 MB to fetch)")
    pip(lock, "--require-hashes", "-r", lock)
    step(3, "kamlib itself")
    pip(lock, "--no-deps", "--no-build-isolation", "--no-index", "-e", ".")
    step(4, "the fonts of the figures")
    subprocess.call([str(PYTHON), "-c", "import matplotlib.pyplot"], cwd=str(TOP))
    stamp(lock).write_text(digest(lock), "utf-8")
    say(f"Ready after {time.monotonic() - begun:.0f} s; next time this is skipped.\n")


def examine_room(lock: str) -> None:
    """Stop where the folder can't be written, has no room, or lies too deep for Windows."""
    try:
        VENV.mkdir(exist_ok=True)
        (VENV / "may-write").write_text("", "utf-8")
        (VENV / "may-write").unlink()
    except OSError as refused:
        stop(f"{VENV} cannot be written ({refused.strerror}). Move the clone to a folder of your own.")
    free = shutil.disk_usage(str(TOP)).free // 1_000_000
    if free < MEGABYTES[lock]:
        stop(f"The disk has {free} MB left, and {MEGABYTES[lock]} are needed. Free some and run again.")
    if os.name == "nt" and len(str(TOP)) + LONGEST_PATH > 259:
        say(
            "Note: this folder lies deep, and Windows may refuse the long paths. If so, move it nearer to C:\\."
        )


def make_anew(lock: str) -> None:
    """Make the environment from nothing; what a broken or half-made one left is cleared away."""
    if any(VENV.iterdir()):
        say("    .venv was half made or no longer works: it is made anew")
    base = getattr(sys, "_base_executable", None) or sys.executable
    made = subprocess.run(
        [base, "-m", "venv", "--clear", str(VENV)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if made.returncode:
        give_up(made.stdout.decode("utf-8", "replace"), lock)


def pip(lock: str, *arguments: str) -> None:
    """Install, counting aloud on a terminal; stop with the cure where it fails."""
    install = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", *arguments]
    output: list[str] = []
    with subprocess.Popen(install, cwd=str(TOP), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        for line in running.stdout or ():
            output.append(line.decode("utf-8", "replace"))
            count(sum(each.startswith(("Collecting", "Requirement already")) for each in output))
    if running.returncode:
        give_up("".join(output), lock)


def count(packages: int) -> None:
    """Show on a terminal that something moves."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r    {packages} ")
        sys.stdout.flush()


def give_up(output: str, lock: str) -> NoReturn:
    """Say what went wrong and the cure; keep all that was said beside the clone's other leavings."""
    log = VENV / "set-up.log"
    with suppress(OSError):  # a full disk has no room for it either
        log.write_text(output, "utf-8")
    last = "\n".join("    " + line for line in output.strip().splitlines()[-4:])
    stop(f"{cure(output, lock)}\n\nThe last that was said (all of it is in {log}):\n{last}")


def cure(output: str, lock: str) -> str:
    """Return what to do about the words of pip or venv."""
    for pattern, words in CURES.items():
        if re.search(pattern, output, re.IGNORECASE):
            return words.format(megabytes=MEGABYTES[lock], venv=VENV)
    return "The environment could not be made. Run the same command again; if it stays, tell the maintainers."


def run_all(command: Command, rest: list[str], *, only_named: bool) -> int:
    """Run each line of a command; the first that fails ends it."""
    lines = [list(line) for line in command.lines]
    if rest and only_named:
        lines = [SAMPLE, ["-m", "pytest", *rest]]
    elif rest:
        lines = [*lines[:-1], [*(lines[-1] if lines else []), *rest]]
    for line in lines:
        code = wait([str(PYTHON), *line], environment(on_sample=command.on_sample))
        if code:
            return code
    return 0


def environment(*, on_sample: bool) -> dict[str, str]:
    """Return the shell's variables; tests and notebooks run on the sample, whatever shell or kam.toml has chosen."""
    variables = {
        **os.environ,
        **({"KAM_WORKSPACE": str(TOP / ".kam" / "sample.sqlite")} if on_sample else {}),
    }
    variables.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # hundreds of short processes would each compile all modules anew
    return variables


def wait(line: list[str], variables: dict[str, str]) -> int:
    """Run one line to its end; Ctrl-C is its own business, and a request to end is handed on."""
    running = subprocess.Popen(line, cwd=str(TOP), env=variables)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: running.terminate())
    code = running.wait()
    return code if code >= 0 else 128 - code  # ended by a signal: the number that a shell would give


def step(number: int, words: str) -> None:
    """Say which of the four steps is being taken."""
    say(f"  {number} of 4  {words}")


def say(words: str) -> None:
    """Print for a person, also where the output can't show every letter of a folder's name."""
    encoding = sys.stdout.encoding or "ascii"
    print(words.encode(encoding, "replace").decode(encoding), flush=True)


def stop(words: str) -> NoReturn:
    """End with a sentence and exit code 3: nothing was started."""
    say("\n" + words)
    raise SystemExit(3)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as refused:
        stop(f"{cure(repr(refused), DEV)}\n\n    {refused}")
