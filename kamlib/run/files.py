"""Files put in place whole, under names that every system can carry."""

from __future__ import annotations

import hashlib
import os
import re
import time
import unicodedata
from pathlib import Path

_LATIN = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ł": "l"})
_TRIES = 6


def slug(account_id: str, name: str) -> str:
    """Return a folder name for an account: readable, at most 40 characters, and a hash that keeps it unique."""
    folded = unicodedata.normalize("NFKD", f"{account_id} {name}".casefold().translate(_LATIN))
    plain = re.sub(r"[^a-z0-9]+", "-", folded.encode("ascii", "ignore").decode()).strip("-")
    digest = hashlib.sha256(account_id.encode()).hexdigest()[:8]
    return f"{plain[:31].strip('-')}-{digest}".lstrip("-")


def put(target: Path, content: str) -> str:
    """Write a text file so that a reader sees the old one or the new one, never half; return its SHA-256."""
    written = content.encode("utf-8")
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
