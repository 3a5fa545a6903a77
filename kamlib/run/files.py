"""Files put in place whole, under names that every system can carry."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path

from kamlib.errors import problem

_LATIN = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l"})
_TRIES = 6
LOCK = ".kam-lock"


def slug(account_id: str, name: str) -> str:
    """Return a folder name for an account: readable, at most 40 characters, and a hash that keeps it unique."""
    folded = unicodedata.normalize("NFKD", f"{account_id} {name}".casefold().translate(_LATIN))
    plain = re.sub(r"[^a-z0-9]+", "-", folded.encode("ascii", "ignore").decode()).strip("-")
    digest = hashlib.sha256(account_id.encode()).hexdigest()[:8]
    return f"{plain[:31].strip('-')}-{digest}".lstrip("-")


def put(target: Path, content: str | bytes) -> str:
    """Write a file so that a reader sees the old one or the new one, never half; return its SHA-256."""
    written = content.encode("utf-8") if isinstance(content, str) else content
    _look.get()(target.name, written)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as part:
            part.write(written)
            part.flush()
            os.fsync(part.fileno())
        _replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
    return hashlib.sha256(written).hexdigest()


_look: ContextVar[Callable[[str, bytes], None]] = ContextVar("look", default=lambda *_: None)


@contextmanager
def scan_before_write(look: Callable[[str, bytes], None]) -> Iterator[None]:
    """Let `look` see the name and content of every file before it is put in place; what it raises stops that."""
    before = _look.set(look)
    try:
        yield
    finally:
        _look.reset(before)


def _replace(aside: Path, target: Path) -> None:
    # A virus scanner or an open preview holds files on Windows for a moment: wait and try again.
    for attempt in range(_TRIES):
        try:
            aside.replace(target)
        except PermissionError:
            if attempt == _TRIES - 1:
                raise
            time.sleep(0.05 * 2**attempt)
        else:
            return


@contextmanager
def exclusive(out: Path) -> Iterator[None]:
    """Hold the output folder for one batch; raises `KamError` that names the one which holds it already.

    The lock is SQLite's on a small file: it works on every system, and it ends with its process, however that ends.
    """
    since = datetime.now().astimezone().isoformat(" ", timespec="minutes")
    with closing(sqlite3.connect(out / LOCK, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY, pid, host, since)")
            lock.execute("REPLACE INTO holder VALUES (1, ?, ?, ?)", (os.getpid(), platform.node(), since))
            lock.execute("BEGIN IMMEDIATE")  # others may still read who we are
        except sqlite3.DatabaseError as refused:
            raise _held(lock, out, refused) from refused
        try:
            yield
        finally:
            if [each.name for each in out.iterdir()] == [LOCK]:  # nothing was made: leave nothing behind
                with suppress(OSError):  # Windows keeps what is open
                    (out / LOCK).unlink()


def _held(lock: sqlite3.Connection, out: Path, refused: sqlite3.DatabaseError) -> Exception:
    if refused.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return problem("folder_not_writable", found=str(out / LOCK), reason=str(refused))
    pid, host, since = lock.execute("SELECT pid, host, since FROM holder").fetchone() or ("?",) * 3
    return problem("batch_runs", found=str(out), pid=str(pid), host=host, since=since)
