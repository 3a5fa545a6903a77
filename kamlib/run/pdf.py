"""A delivered page as PDF: WeasyPrint where it is installed, else a browser that is there already.

Either engine runs as a process of its own, in an empty folder and without our environment, sees one page and
nothing else, and is ended with all that it has started when it takes too long. The same page gives the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from kamlib.errors import problem
from kamlib.run import files

SECONDS = 60
OLDEST_WEASYPRINT = 70  # the first that takes a drawing's title as its alternative text

#: What a browser must not do: ask the network, look after itself, keep or show anything.
_QUIET = (
    "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync",
    "--disable-breakpad", "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--no-first-run", "--no-default-browser-check", "--no-pdf-header-footer", "--generate-pdf-document-outline",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
_NAMES = (
    "google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable", "chromium", "chromium-browser",
    "chrome", "msedge",
)  # fmt: skip
_MAC = ("Google Chrome", "Microsoft Edge", "Chromium")
_WINDOWS = ("Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe")


@dataclass(frozen=True)
class Engine:
    """What turns a page into a PDF: `weasyprint` or `browser`, and the program to start."""

    name: str
    program: str

    def command(self, page: Path, target: Path) -> list[str]:
        """Return what to run to print `page` into `target`."""
        if self.name == "weasyprint":
            options = ["--quiet", "--pdf-variant", "pdf/ua-1", "--allowed-protocols", "data"]
            return [self.program, "-m", "weasyprint", *options, str(page), str(target)]
        own = [f"--user-data-dir={page.parent / 'browser'}", f"--print-to-pdf={target}"]
        # Chrome's sandbox needs another user than root; the page is ours, and its policy lets no script run.
        root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        return [self.program, *_QUIET, *root, *own, page.as_uri()]


def find() -> Engine:
    """Return the engine of this machine; raises what to install where there is none, or nothing to read its files."""
    if find_spec("pypdf") is None:
        raise problem("no_pdf_reader")
    if _has_weasyprint():
        return Engine("weasyprint", sys.executable)
    program = next(browsers(), None)
    if program is None:
        raise problem("no_pdf_engine")
    return Engine("browser", program)


def _has_weasyprint() -> bool:
    """Ask WeasyPrint itself: it can be installed and still lack the system's Pango."""
    if find_spec("weasyprint") is None:
        return False
    asked = subprocess.run(
        [sys.executable, "-m", "weasyprint", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"(\d+)\.\d+", asked.stdout)
    return asked.returncode == 0 and found is not None and int(found[1]) >= OLDEST_WEASYPRINT


def browsers() -> Iterator[str]:
    """Yield the browsers that can print, wherever the three systems usually keep them."""
    yield from filter(None, map(shutil.which, _NAMES))
    homes = (Path("/Applications"), Path.home() / "Applications")
    on_mac = (home / f"{name}.app" / "Contents" / "MacOS" / name for home in homes for name in _MAC)
    places = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    on_windows = (Path(place, path) for place in places if place for path in _WINDOWS)
    yield from (str(path) for path in chain(on_mac, on_windows) if path.is_file())


def write(page: Path, engine: Engine, surroundings: Mapping[str, str]) -> str:
    """Print a page into the file of the same name that ends in `.pdf`; return its SHA-256.

    `surroundings` is the whole environment that the engine gets. Raises `KamError` where nothing came of it.
    """
    with tempfile.TemporaryDirectory(prefix="kam-pdf-", ignore_cleanup_errors=True) as folder:
        copy, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        copy.write_text(_printable(page.read_text("utf-8")), "utf-8")
        _print(engine.command(copy, target), Path(folder), surroundings)
        made = target.read_bytes() if target.is_file() else b""
    if not made.startswith(b"%PDF-") or b"%%EOF" not in made[-32:]:
        raise problem("pdf_unmade", found="-")
    return files.put(page.with_suffix(".pdf"), _undated(made) if engine.name == "browser" else made)


#: What is never printed: the drawings for a phone and the numbers behind a fold.
_UNPRINTED = r'<div class="kam-narrow">.*?</svg></div>|<details class="kam-data">.*?</details>'


def _printable(html: str) -> str:
    """Leave out what a page's print style hides, which is half the work, and help WeasyPrint with the drawings.

    It takes a drawing's title alone for the alternative text, where a browser reads the description too, and it
    does not set a drawing in the page's typeface.
    """
    printed = re.sub(_UNPRINTED, "", html, flags=re.DOTALL)
    described = re.sub(r"</title><desc[^>]*>([^<]*)</desc>", r" \1</title>", printed)
    return described.replace('<svg class="kam-svg"', '<svg class="kam-svg" font-family="Inter"')


#: In a browser's file: when, by what and on which machine it was made, and the ids of its tags.
_TELLTALE = rb"/(?:CreationDate|ModDate|Creator) ?\((?:\\.|[^\\)])*\)"
_TAG = rb"\(node(\d{8})\)"


def _undated(made: bytes) -> bytes:
    """Return a browser's file without clock and machine, so that the same page gives the same bytes.

    A browser counts the ids of its tags from wherever it is in its work; here they are counted from one. Everything is
    written over in its place, so that the file's index stays right.
    """
    blank = re.sub(_TELLTALE, lambda entry: b" " * len(entry[0]), made)
    tags = sorted(set(re.findall(_TAG, blank)))
    ranks = {tag: b"(node%08d)" % rank for rank, tag in enumerate(tags, 1)}
    return re.sub(_TAG, lambda tag: ranks[tag[1]], blank)


def _print(command: list[str], folder: Path, surroundings: Mapping[str, str]) -> None:
    quiet = subprocess.DEVNULL
    try:
        running = subprocess.Popen(  # noqa: S603 - an engine that `find` has named
            command,
            cwd=folder,
            env=dict(surroundings),
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            start_new_session=os.name == "posix",
        )
    except OSError as refused:
        raise problem("pdf_unmade", found=refused.strerror or type(refused).__name__) from refused
    try:
        code = running.wait(SECONDS)
    except subprocess.TimeoutExpired:
        raise problem("pdf_slow", n=SECONDS) from None
    finally:
        end(running)
    if code:
        raise problem("pdf_unmade", found=code)


def end(running: subprocess.Popen[bytes]) -> None:
    """End a process and everything it has started."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):  # all of it has ended by itself
            os.killpg(running.pid, 9)
    elif running.poll() is None:
        tree = ["taskkill", "/F", "/T", "/PID", str(running.pid)]
        subprocess.run(tree, capture_output=True, check=False)  # noqa: S603
    running.wait()
