"""The invented company as a workspace: facts through the same intake as any company's, plans through the log."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from kamlib import schema
from kamlib.data import intake, kit, locate, sources, workspace
from kamlib.errors import KamError

SOURCE = "sample"
NAME = "Skarvlunda Flödesteknik AB"


def ready(lang: str = "sv") -> Path:
    """Return the sample workspace's path; it is made on first use, and starters may race.

    One made from other sample files than the kit's is kept beside, and a fresh one takes its place.
    """
    path = locate.sample_path()
    if path.is_file() and (made_of := workspace.open(path).about.get("sample")) != _digest():
        path.replace(path.with_name(f"sample-{made_of}.sqlite"))
    if not path.is_file():
        build(path, lang=lang)
    return path


def build(path: Path, *, lang: str = "sv") -> None:
    """Make the sample workspace aside and put it in place whole; the first of several starters wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.stem}-{uuid4().hex}.part")
    try:
        made = workspace.create(aside, name=NAME, lang=lang, is_sample=True)
        fill(made, lang=lang)
        made.set_about(sample=_digest())
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink(missing_ok=True)


def _digest() -> str:
    """Return a short hash of the kit's sample files, whatever their language."""
    files = sorted(kit.path("sample_data").glob("??/*.*"))
    content = b"".join(hashlib.sha256(each.read_bytes()).digest() for each in files)
    return hashlib.sha256(content).hexdigest()[:8]


def fill(target: workspace.Workspace, *, lang: str = "sv") -> None:
    """Import the sample's files and replay its plan log, save by save, each at its own moment."""
    folder = kit.path("sample_data") / lang
    tables, findings, _ = intake.judge(sources.read(folder))
    faults = [finding for finding in findings if finding.severity == "error"]
    if faults:
        raise KamError(*faults)
    target.import_facts(tables, source=SOURCE)
    replay(target, json.loads((folder / "plan_log.json").read_text("utf-8")))


def replay(target: workspace.Workspace, log: Sequence[dict[str, Any]]) -> None:
    """Save the log's rows in their order; neighbours of one moment, author, session and reason are one save."""
    current: dict[tuple[str, str], dict[str, Any]] = {}
    for (moment, by, session, reason), rows in groupby(
        log, itemgetter("recorded_at", "by", "session", "reason")
    ):
        several = [_change(row, current) for row in rows]
        at = datetime.fromisoformat(moment).astimezone(UTC)
        target.save(several, by=by, reason=reason or "", session=session or "", at=at)


def _change(row: dict[str, Any], current: dict[tuple[str, str], dict[str, Any]]) -> workspace.Change:
    key, after = (row["table"], row["row_id"]), dict(row["after"] or {})
    known = current.get(key)
    table = schema.TABLES[row["table"]]
    before = None if known is None else {name: known.get(name) for name in after}
    current[key] = {**(known or {}), **after}
    identity = f"{row['recorded_at']} {table.name} {row['row_id']} {sorted(after.items(), key=str)}"
    return workspace.Change(
        table.name,
        row["row_id"],
        after,
        account_id=row.get("account_id") or "",
        before=before,
        operation=row["operation"],
        op_id=str(uuid5(NAMESPACE_URL, identity)),
        effective_on=row.get("effective_on") or None,
    )
