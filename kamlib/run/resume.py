"""A batch that goes on where it was stopped: what is done, and still as it was made, is not made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kamlib import schema, text
from kamlib.data.workspace import Workspace
from kamlib.errors import Finding, problem
from kamlib.run import batch

#: What must be the same for two runs to be one.
_SAME = ("as_of", "version", "data")

Entry = Mapping[str, Any]
Key = tuple[str, str]


@dataclass
class Earlier:
    """What a manifest says of a run that is to be continued."""

    folder: Path
    entries: dict[Key, Entry]
    notes: list[Finding] = field(default_factory=list)

    def accounts(self) -> tuple[str, ...]:
        """Return the ids of the accounts in it."""
        return tuple(sorted({account_id for account_id, _ in self.entries if account_id}))

    def notebooks(self) -> tuple[str, ...]:
        """Return the names of the notebooks in it."""
        return tuple(sorted({name for _, name in self.entries}))

    def left(self, jobs: Sequence[batch.Job], *, named: bool, state: str) -> list[batch.Job]:
        """Return the jobs that are not done; where none were named, only those of the earlier run."""
        known = [job for job in jobs if named or _key(job) in self.entries]
        return [job for job in known if not self._stands(self.entries.get(_key(job), {}), job, state)]

    def _stands(self, entry: Entry, job: batch.Job, state: str) -> bool:
        if entry.get("status") != "ok" or entry.get("data") != state:
            return False
        if not all(entry.get(kind) for kind in job.wanted.kinds(job.name)):  # asked for now, not then
            return False
        for name, digest in _files(entry):
            found = _digest(self.folder / name)
            if found != digest:
                rule = "report_changed" if found else "report_missing"
                self.notes.append(Finding(rule, "note", values={"found": name}))
                return False
        return True


def _key(job: batch.Job) -> Key:
    return job.account_id, job.name


def _files(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield each file of an entry with its SHA-256: `html` with `sha256`, others with `sha256_` and their name."""
    yield str(entry["html"]), str(entry["sha256"])
    for name, digest in entry.items():
        if name.startswith("sha256_") and digest:
            yield str(entry[name.removeprefix("sha256_")]), str(digest)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def state_of(snapshot: Workspace) -> str:
    """Return a fingerprint of what reports are made from: what was imported, what was changed, all settings."""
    rows = snapshot.imports()[["source", "table", "content_hash"]]
    said = [snapshot.about, schema.load_settings(), rows.to_numpy().tolist(), snapshot.latest_seq()]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]


def earlier(out: Path, about: Mapping[str, Any], *, any_day: bool) -> Earlier:
    """Return the run to continue: of the day named, else the newest of its edition.

    Raises `KamError` where there is none, or where it was another request: the message says what differs.
    """
    edition = f"{about['audience']}-{about['lang']}"
    found = {path.parent: batch.manifest(path.parent) for path in out.glob(f"*/{edition}/manifest.json")}
    readable = {folder: told for folder, told in found.items() if told and "made_at" in told}
    if not any_day:
        readable = {f: told for f, told in readable.items() if told["as_of"] == about["as_of"]}
    if not readable:
        raise problem("resume_nothing", found=str(out))
    folder, told = max(readable.items(), key=lambda each: str(each[1]["made_at"]))
    differing = [name for name in _SAME if told.get(name) != about[name]]
    if differing:
        states = [(name, str(told.get(name)), str(about[name])) for name in differing]
        changes = text.listed(text.t(f"resume.{name}", was=was, now=now) for name, was, now in states)
        raise problem("resume_differs", found=changes, folder=str(folder))
    return Earlier(folder, {(entry["account_id"], entry["notebook"]): entry for entry in told["runs"]})
