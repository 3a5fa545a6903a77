"""`index.html`: every run below the output folder, each account with its reports, and what failed and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from kamlib import text
from kamlib.run import batch, export, files
from kamlib.show import page

PORTFOLIO = "portfolio"
#: What the index tells of a run; a manifest without it is none of ours.
_HEAD = {"as_of", "audience", "lang", "workspace", "currency", "accounts"}


def write(out: Path, lang: str) -> Path:
    """Write the index of all manifests below `out`, the newest day first; it is internal."""
    text.use(lang)
    manifests = sorted(out.glob("*/*/manifest.json"), key=lambda path: path.parent.as_posix(), reverse=True)
    cells = [_prose(f"# {text.t('index.title')}\n\n{text.t('index.lead')}")]
    for path in manifests:
        found = batch.manifest(path.parent)
        cells += _run_cells(path.parent, found, out) if found.keys() >= _HEAD else []
    made = nbformat.v4.new_notebook(cells=cells)
    target = out / "index.html"
    files.put(target, export.to_html(made, title=text.t("index.title"), lang=lang, audience="internal"))
    return target


def _run_cells(folder: Path, manifest: Mapping[str, Any], out: Path) -> list[NotebookNode]:
    values = {name: _literal(manifest[name]) for name in ("as_of", "workspace")}
    edition = text.t(f"index.edition.{manifest['audience']}", lang=manifest["lang"])
    failed = [entry for entry in manifest["runs"] if entry["status"] != "ok"]
    told = [
        _failures(failed, manifest) if failed else "",
        _portfolio(folder, manifest, out),
        _accounts(folder, manifest, out),
    ]
    head = _prose(f"## {text.t('index.run', edition=edition, **values)}")
    return [head, *(_shown(body) for body in told if body)]


def _portfolio(folder: Path, manifest: Mapping[str, Any], out: Path) -> str:
    entries = [entry for entry in manifest["runs"] if not entry["account_id"]]
    links = " · ".join(_link(folder, entry, out) for entry in entries)
    return f"<p>{page.escape(text.t('index.portfolio'))}: {links}</p>" if links else ""


def _accounts(folder: Path, manifest: Mapping[str, Any], out: Path) -> str:
    by_account: dict[str, list[Mapping[str, Any]]] = {}
    for entry in manifest["runs"]:
        if entry["account_id"]:
            by_account.setdefault(entry["account_id"], []).append(entry)
    if not by_account:
        return ""
    about = manifest["accounts"]
    ranked = sorted(by_account, key=lambda each: -(about.get(each, {}).get("revenue_12m") or 0))
    # The manifest of customer editions says neither revenue nor segment.
    names = [n for n in _CELLS if n not in ("revenue", "segment") or manifest["audience"] == "internal"]
    heads = "".join(
        f'<th scope="col"{_class(name)}>{page.escape(text.t(f"index.{name}"))}</th>' for name in names
    )
    rows = "".join(
        _row(names, about.get(each, {}), [_link(folder, entry, out) for entry in by_account[each]], each)
        for each in ranked
    )
    unit = text.money_unit(manifest["currency"])
    caption = page.escape(text.t("index.caption", n=len(ranked), currency=unit))
    table = f"<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="kam-scroll" tabindex="0" role="group" aria-label="{caption}">{table}</div>'


def _class(name: str) -> str:
    return " class=kam-n" if name == "revenue" else ""


def _row(names: Iterable[str], about: Mapping[str, Any], links: Iterable[str], account_id: str) -> str:
    told = {"account_id": account_id, "name": account_id, **about, "links": " · ".join(links)}
    first, *rest = [_CELLS[name](told) for name in names]
    cells = "".join(
        f"<td{_class(name)}>{cell}</td>" for name, cell in zip(list(names)[1:], rest, strict=True)
    )
    return f'<tr><th scope="row">{first}</th>{cells}</tr>'


def _account(told: Mapping[str, Any]) -> str:
    number = f'<span class="kam-muted">{page.escape(told["account_id"])}</span>'
    return f"{page.escape(told['name'])} {number}"


def _segment(told: Mapping[str, Any]) -> str:
    basis = "" if told.get("basis") != "proposed" else f" ({text.t('index.proposed')})"
    return page.escape(text.label("outcome", told.get("segment")) + basis)


_CELLS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "account": _account,
    "revenue": lambda told: text.money(told.get("revenue_12m")),
    "segment": _segment,
    "reports": lambda told: str(told["links"]),
}


def _link(folder: Path, entry: Mapping[str, Any], out: Path) -> str:
    words = page.escape(text.t(f"notebook.{entry['notebook'][3:]}") if _is_ours(entry) else entry["notebook"])
    if not entry["html"]:
        return f"<span>{words}: {page.escape(text.t('index.' + entry['status']))}</span>"
    links = [f'<a href="{page.escape(target)}">{words}</a>' for words, target in _targets(words, entry, folder, out)]
    return links[0] + (f" ({', '.join(links[1:])})" if links[1:] else "")


def _targets(words: str, entry: Mapping[str, Any], folder: Path, out: Path) -> Iterator[tuple[str, str]]:
    """Yield what a report is there as: the page, and the PDF and the deck beside it."""
    for name, kind in ((words, "html"), ("PDF", "pdf"), ("PowerPoint", "pptx")):
        if entry.get(kind):
            yield name, (folder / entry[kind]).relative_to(out).as_posix()


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return f"notebook.{entry['notebook'][3:]}" in text.catalogue()


def _failures(failed: Iterable[Mapping[str, Any]], manifest: Mapping[str, Any]) -> str:
    def line(entry: Mapping[str, Any]) -> str:
        name = manifest["accounts"].get(entry["account_id"], {}).get("name", entry["account_id"] or PORTFOLIO)
        why = (entry["error"] or {}).get("message", "")
        head = f"<strong>{page.escape(name)}, {page.escape(entry['notebook'])}</strong>"
        return f"<li>{head}: {page.escape(text.t('index.' + entry['status']))}. {page.escape(why)}</li>"

    lead = page.escape(text.t("index.failures"))
    lines = "".join(map(line, failed))
    return f'<div class="kam kam-empty"><p class="kam-what">{lead}</p><ul>{lines}</ul></div>'


def _literal(words: str) -> str:
    """Return text that stands in markdown as it is: a workspace's name is no markup."""
    return re.sub(r"([^\w\s])", r"\\\1", " ".join(words.split()))


def _prose(words: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_markdown_cell(words)
    return cell


def _shown(body: str) -> NotebookNode:
    content, marks = {"text/html": page.framed(body)}, {"kam": {"kind": "index"}}
    shown = nbformat.v4.new_output("display_data", content, metadata=marks)
    cell: NotebookNode = nbformat.v4.new_code_cell("", outputs=[shown])
    return cell
