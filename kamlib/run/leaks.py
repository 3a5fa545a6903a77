"""Whether a file for a customer holds what is internal: every closed value of the workspace is sought in it.

The projection is the lock (what is not in the customer's file can't reach a page); this is the look at what was
made, before it is put in place and whenever somebody asks. `closed_values` says what is looked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from kamlib import schema, text
from kamlib.data import projection, workspace
from kamlib.errors import Finding, KamError
from kamlib.run import closed_values, extract_text, files
from kamlib.run.closed_values import ClosedValues, Value, Words, plain

UNKNOWN, AROUND = "?", 40
#: What no page may hold whatever the workspace says.
_NEVER = {
    "password": re.compile(r"\b[a-z][a-z0-9+]{2,}://[^\s/:@\"'<>]+:[^\s/@\"'<>]+@"),
    "traceback": re.compile(r"traceback \(most recent call last\)"),
    "machine": re.compile(r"(?<![\w.])(?:/home/|/users/|[a-z]:\\users\\)[\w.-]+[/\\]|/kam-[\w-]+/"),
}


@dataclass(frozen=True)
class Hit:
    """A closed value in a file: where, the words around it, and the column that it belongs to."""

    file: str
    around: str
    belongs: str

    @property
    def said(self) -> str:
        """What it is, or the table and the column that hold it."""
        if words := text.catalogue().get(f"leaks.{self.belongs}"):
            return str(words[text.language()])
        table, column = self.belongs.split(".")
        held = schema.TABLES[table]
        return f"{held.title[text.language()]}: {held.by_name[column].title[text.language()]}"

    def finding(self) -> Finding:
        """Say it as a finding."""
        values = {"around": self.around, "belongs": self.said}
        return Finding("leak", place={"file": self.file}, values=values)


def scan(name: str, content: bytes, closed: ClosedValues) -> list[Hit]:
    """Return every closed value in one file and in its name, each once."""
    hits: dict[tuple[str, Words], Hit] = {}
    for how, told in (("words", name), *extract_text.texts(name, content)):
        written = plain(told)
        for value, start, end in closed.found(written):
            if how != "rest" or value.is_rare:
                where = _around(written, start, end, closed)
                hits.setdefault((value.place, value.words[:1]), Hit(name, where, value.place))
        if how == extract_text.UNREAD:
            hits["unread", ()] = Hit(name, "", how)
        for kind, pattern in _NEVER.items():
            for found in pattern.finditer(written):
                hits.setdefault((kind, ()), Hit(name, _around(written, *found.span(), closed), kind))
    if name.endswith(".ipynb"):
        hits["notebook", ()] = Hit(name, "", "notebook")
    return list(hits.values())


def _around(told: str, start: int, end: int, closed: ClosedValues) -> str:
    """Return the words around a hit; of anything closed only how it begins: it may be another customer's secret."""
    first = max(0, start - AROUND)
    snippet = told[first : end + AROUND]
    spans = [(start - first, end - first), *((low, high) for _, low, high in closed.found(snippet))]
    hidden = {n for low, high in spans for n in range(low + 2, high)}
    shown = "".join("\0" if n in hidden else letter for n, letter in enumerate(snippet))
    return re.sub(r"<[^<>]*>|\s+", " ", re.sub("\0+", "\N{HORIZONTAL ELLIPSIS}", shown)).strip()


class Leak(KamError):  # noqa: N818 - the kind of fault that a manifest names
    """A file for a customer holds something internal: it is not put in place."""


def look(kept: str, projected: str, account_id: str) -> Callable[[str, bytes], None]:
    """Return what sees a customer's file before it is put in place; it raises `Leak`. Nothing looks at our own."""

    def seen(name: str, content: bytes) -> None:
        if kept:
            stop(name, content, guard(kept, projected, account_id))

    return seen


def stop(name: str, content: bytes, closed: ClosedValues) -> None:
    """Raise `Leak` where a file holds, or is called, what is sought."""
    if hits := scan(name, content, closed):
        belongs = text.listed(sorted({hit.said for hit in hits}))
        told = {"belongs": belongs, "around": hits[0].around}
        raise Leak(Finding("leak_stopped", place={"file": name}, values=told))


def keep(portfolio: schema.Portfolio, target: Path, *earlier: schema.Portfolio) -> None:
    """Write what is sought where a worker finds it, and whose shared rows may name others.

    `earlier`: the same as of the day of a report, whose values may have changed since.
    """
    rows = portfolio.waiver[portfolio.waiver["rule"].eq(closed_values.RULE)]
    sought = closed_values.everything(portfolio, *earlier).values
    held = [list(vars(value).values()) for value in sought.values()]
    waived = list(rows.loc[rows["until_on"] >= pd.Timestamp(portfolio.as_of), "account_id"].dropna())
    files.put(target, json.dumps({"values": held, "waived": waived}))


@cache
def _kept(kept: str) -> tuple[ClosedValues, list[str]]:
    told = json.loads(Path(kept).read_text("utf-8"))
    values = [Value(tuple(words), *rest) for words, *rest in told["values"]]
    return ClosedValues({value.words: value for value in values}), told["waived"]


@cache
def guard(kept: str, projected: str, account_id: str) -> ClosedValues:
    """Return what must not stand in one customer's files, from what `keep` wrote and the customer's own file."""
    everyone, waived = _kept(kept)
    view = workspace.open(projected).account(account_id)
    return closed_values.for_customer(everyone, view, is_waived=account_id in waived)


def check(here: workspace.Workspace, out: Path, *, say: Callable[[str], None]) -> int:
    """Scan everything that is for customers below the output folder; 1 where something internal stands there."""
    everyone, hits, files_seen = closed_values.everything(here.portfolio()), [], 0
    for folder, account_id, as_of in _folders(here, out):
        closed = _of_folder(here, everyone, folder, account_id, as_of)
        found = folder.rglob("*") if account_id else folder.glob("*")
        for path in sorted(each for each in found if each.is_file()):
            hits += scan(path.relative_to(out).as_posix(), path.read_bytes(), closed)
            files_seen += 1
    for hit in hits:
        say(hit.finding().sentence())
    say(text.t("leaks.seen", n=files_seen, values=len(everyone.values), hits=len(hits)))
    return int(bool(hits))


def _folders(here: workspace.Workspace, out: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield each folder made for a customer, whose it is, and as of when; a run's own folder is nobody's."""
    known = {files.slug(each, "")[-8:]: each for each in here.accounts()["account_id"]}
    for run in sorted(out.glob("[0-9]*-*-*/customer-*")):
        yield run, "", run.parent.name
        for folder in sorted(each for each in run.iterdir() if each.is_dir()):
            yield folder, known.get(folder.name[-8:], UNKNOWN), run.parent.name
    for folder in sorted(out.glob("workshops/*/*/customer")):
        yield folder, known.get(folder.parents[1].name[-8:], UNKNOWN), ""


def _of_folder(
    here: workspace.Workspace, everyone: ClosedValues, folder: Path, account_id: str, as_of: str
) -> ClosedValues:
    """Return what must not stand in a folder; the customers that a run is for may be named in its manifest."""
    if account_id and account_id != UNKNOWN:
        view = projection.seen(here, account_id, as_of)
        waived = closed_values.is_waived(here.account(account_id, as_of))  # a waiver is never shared
        theirs = {name: projection.opened(view, name) for name in view.rows}
        return closed_values.for_customer(everyone, replace(view, rows=theirs), is_waived=waived)
    listed = _manifest(folder).get("accounts", {})
    return everyone.opened(json.dumps(listed, ensure_ascii=False))


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
