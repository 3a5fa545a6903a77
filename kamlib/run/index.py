"""`index.html`, the way in: what needs somebody first, the portfolio, each account with its reports, older runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from kamlib import text
from kamlib.errors import SEVERITIES
from kamlib.run import batch, export, files
from kamlib.show import cells, page
from kamlib.show.sparkline import Line, sparkline

PORTFOLIO = "portfolio"
#: What the index tells of a run; a manifest without it is none of ours.
_HEAD = {"as_of", "audience", "lang", "workspace", "currency", "accounts"}
#: Kinds of fault whose message says what to do; any other is a fault of the notebook.
_CURED = {
    "KamError", "NotExecuted", "DeadKernelError", "CellTimeoutError", "TimeLimit", "KernelStart", "TooLarge", "OwnOutput",
    "DiskFull", "WorkerDied", "SIGINT", "SIGTERM", "Killed", "refused", "Leak", "PdfFailed", "DeckFailed",
}  # fmt: skip
_NAMED, _TOLD = 3, 400

Entry = Mapping[str, Any]
Run = tuple[Path, Mapping[str, Any]]


def write(out: Path, lang: str) -> Path:
    """Write the index of all manifests below `out`, the newest day first and older days folded; it is internal."""
    text.use(lang)
    runs = [(path.parent, batch.manifest(path.parent)) for path in sorted(out.glob("*/*/manifest.json"))]
    known = sorted((run for run in runs if run[1].keys() >= _HEAD), key=_newest_first)
    days = [list(several) for _, several in groupby(known, key=lambda run: run[1]["as_of"])]
    shown = [_prose(f"# {text.t('index.title')}\n\n{text.t('index.lead')}")]
    for run in days[0] if days else []:
        shown += [_prose(f"## {_title(run[1])}"), *_run_cells(run, out)]
    older = [run for several in days[1:] for run in several]
    if older:
        shown += [_prose(f"## {text.t('index.older')}"), *(_shown(_folded(run, out)) for run in older)]
    made = nbformat.v4.new_notebook(cells=shown)
    target = out / "index.html"
    files.put(target, export.to_html(made, title=text.t("index.title"), lang=lang, audience="internal"))
    return target


def _newest_first(run: Run) -> tuple[int, bool, bool, str]:
    told = run[1]
    day = int(re.sub(r"\D", "", str(told["as_of"])) or 0)
    return -day, told["audience"] != "internal", told["lang"] != text.language(), str(told["lang"])


def _title(told: Mapping[str, Any]) -> str:
    edition = text.t(f"index.edition.{told['audience']}", lang=told["lang"])
    return text.t("index.run", edition=edition, **{n: _literal(told[n]) for n in ("as_of", "workspace")})


def _run_cells(run: Run, out: Path) -> Iterator[NotebookNode]:
    parts = {"failures": _failures(run[1]), "first": _first(run, out), "portfolio": _portfolio(run, out)}
    for name, body in parts.items():
        if body:
            yield from (_prose(f"### {text.t(f'index.h.{name}')}"), _shown(body))
    table = _accounts(run, out)
    if table:
        yield _shown(table)


def _folded(run: Run, out: Path) -> str:
    folder, told = run
    edition = text.t(f"index.edition.{told['audience']}", lang=told["lang"])
    label = text.t("index.run", edition=edition, as_of=told["as_of"], workspace=told["workspace"])
    body = _failures(told) + _portfolio((folder, told), out) + _accounts(run, out)
    return f"<details><summary>{page.escape(label)}</summary>{body}</details>"


def _in_its_language(words: str, told: Mapping[str, Any]) -> str:
    said = page.escape(words)
    return (
        said if told["lang"] == text.language() else f'<span lang="{page.escape(told["lang"])}">{said}</span>'
    )


def _lines(lines: Iterable[tuple[str, str, str]]) -> str:
    """Return a list of what needs somebody: a word in a pill, its tone, and the HTML of a sentence."""
    items = "".join(f"<li>{cells.pill(word, tone)}<span>{body}</span></li>" for word, tone, body in lines)
    return f'<ul class="kam-findings">{items}</ul>' if items else ""


# --- what did not come -------------------------------------------------------------------------------------


def _failures(told: Mapping[str, Any]) -> str:
    """Return one line per reason: which reports, why, and what to do; those that complained come last."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for entry in sorted(told["runs"], key=lambda entry: entry["status"] == "ok"):
        why = _why(entry)
        if why:
            name = told["accounts"].get(entry["account_id"], {}).get("name") or entry["account_id"]
            report = f"{name or text.t('index.portfolio')}, {_name(entry)}"
            reasons.setdefault((entry["status"], why), []).append(report)
    return _lines(
        (
            text.t(f"index.{status}"),
            {"failed": "bad", "skipped": ""}.get(status, "warn"),
            f"<strong>{page.escape(_some(names))}</strong>: {_in_its_language(why, told)}",
        )
        for (status, why), names in reasons.items()
    )


def _why(entry: Entry) -> str:
    """Return the reason of an entry that is not well, with what to do; empty where all is well."""
    if entry["status"] == "ok" and not entry.get("error"):
        return text.t("index.warned", found=entry["warning"]) if entry.get("warning") else ""
    error = entry["error"] or {}
    message = " ".join(str(error.get("message", "")).split())
    message = message if len(message) <= _TOLD else message[: _TOLD - 1] + "\N{HORIZONTAL ELLIPSIS}"
    if error.get("kind") in _CURED:
        return message
    place = {"cell": error.get("cell"), "file": f"{entry['notebook']}.failed.ipynb"}
    return text.t("index.fault", found=message, kind=error.get("kind", ""), **place)


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return "; ".join(names) if rest < 2 else text.t("index.and_more", found="; ".join(names[:_NAMED]), n=rest)


# --- accounts ----------------------------------------------------------------------------------------------


def _first(run: Run, out: Path) -> str:
    """Return one line per account that somebody must look at: something large, or weak health."""
    told, reports = run[1], _reports(run[1])
    lines = []
    for account_id, about in _ranked(told, reports):
        if _is_exception(about):
            severity, account = about["severity"], _account(account_id, about, reports[account_id], run, out)
            sign = text.t(f"severity.{severity}") if severity in SEVERITIES else _band(about)
            why = f"{_in_its_language(about['exception'] or _band(about), told)}{_more(about)}"
            lines.append((sign, cells.tone(severity), f"<strong>{account}</strong>: {why}"))
    return _lines(lines)


def _more(about: Mapping[str, Any]) -> str:
    words = page.escape(text.t("index.more", n=about["more"])) if about["more"] else ""
    return f' <span class="kam-sub">{words}</span>' if words else ""


def _is_exception(about: Mapping[str, Any]) -> bool:
    return bool(about.get("exception")) or about.get("band") == "weak"


def _reports(told: Mapping[str, Any]) -> dict[str, list[Entry]]:
    by_account: dict[str, list[Entry]] = {}
    for entry in told["runs"]:
        if entry["account_id"]:
            by_account.setdefault(entry["account_id"], []).append(entry)
    return by_account


def _ranked(told: Mapping[str, Any], reports: Iterable[str]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return accounts and what is told of them: what needs somebody first, by money at stake, then the largest."""

    def rank(each: tuple[str, Mapping[str, Any]]) -> tuple[bool, float, float]:
        about = each[1]
        return not _is_exception(about), -(about.get("at_stake") or 0), -(about.get("revenue_12m") or 0)

    return sorted(((each, told["accounts"].get(each, {})) for each in reports), key=rank)


def _portfolio(run: Run, out: Path) -> str:
    entries = [entry for entry in run[1]["runs"] if not entry["account_id"]]
    entries.sort(key=lambda entry: entry["notebook"], reverse=True)
    items = "".join(f"<li>{_link(run[0], entry, out)}</li>" for entry in entries)
    return f'<ul class="kam-ways">{items}</ul>' if items else ""


_COLUMNS = {
    "account": "text", "state": "text", "health": "text", "revenue": "money", "growth": "percent", "segment": "text",
    "reports": "text",
}  # fmt: skip


def _accounts(run: Run, out: Path) -> str:
    told, reports = run[1], _reports(run[1])
    if not reports:
        return ""
    # The manifest of customer editions says neither revenue nor segment.
    names = list(_COLUMNS) if told["audience"] == "internal" else ["account", "reports"]
    columns = {n: {"kind": _COLUMNS[n], text.language(): text.t(f"index.{n}")} for n in names}
    rows = []
    for each, about in _ranked(told, reports):
        told_of = _cells_of(about, told) | {
            "account": (_account(each, about, reports[each], run, out), each),
            "reports": (" \N{MIDDLE DOT} ".join(_link(run[0], entry, out) for entry in reports[each]), "-"),
        }
        rows.append([told_of[name] for name in names])
    caption = "index.caption" if told["audience"] == "internal" else "index.caption_customer"
    return cells.table(text.t(caption, n=len(rows)), columns, rows)


def _account(account_id: str, about: Mapping[str, Any], entries: Sequence[Entry], run: Run, out: Path) -> str:
    """Return a customer's name, as a link to the plan or else to the first report that is there."""
    name = page.escape(about.get("name") or account_id)
    there = sorted(
        (entry for entry in entries if entry["html"]), key=lambda entry: "planning" not in entry["notebook"]
    )
    linked = f'<a href="{page.escape(_target(run[0], there[0]["html"], out))}">{name}</a>' if there else name
    return f'{linked} <span class="kam-sub kam-nw">{page.escape(account_id)}</span>'


def _cells_of(about: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, cells.Cell]:
    money, growth = text.money(about.get("revenue_12m"), told["currency"]), about.get("growth_share")
    severity, basis = (
        about.get("severity", ""),
        f" ({text.t('index.proposed')})" * (about.get("basis") == "proposed"),
    )
    state = text.label("exception_state", severity) if severity else text.MISSING
    segment = text.label("outcome", about.get("segment")) + basis
    change = text.percent(growth, 1, signed=True)
    health = _band(about)
    return {
        "state": (cells.pill(state, cells.tone(severity)) if severity else state, state),
        "health": (page.escape(health), health),
        "revenue": (sparkline([Line(about.get("trend", ()))], (64, 20)) + page.escape(money), money),
        "growth": (page.escape(change), change),
        "segment": (page.escape(segment), segment),
    }


def _band(about: Mapping[str, Any]) -> str:
    if not about.get("band"):
        return text.MISSING
    score = about.get("health")
    word = text.label("health_band", about["band"])
    if score is None:
        return word
    caps = [text.t(f"health.exception.{each}") for each in about.get("capped_by", ())]
    told = f"{text.number(score)} {word}"
    return text.t("kpi.held", told=told, why=text.listed(caps)) if caps else told


# --- links -------------------------------------------------------------------------------------------------


def _name(entry: Entry) -> str:
    return text.t(f"notebook.{entry['notebook'][3:]}") if _is_ours(entry) else str(entry["notebook"])


def _target(folder: Path, name: str, out: Path) -> str:
    return (folder / name).relative_to(out).as_posix()


def _link(folder: Path, entry: Mapping[str, Any], out: Path) -> str:
    words = page.escape(_name(entry))
    if not entry["html"]:
        return f"<span>{words}: {page.escape(text.t('index.' + entry['status']))}</span>"
    targets = _targets(words, entry, folder, out)
    links = [f'<a href="{page.escape(target)}">{named}</a>' for named, target in targets]
    return links[0] + (f" ({', '.join(links[1:])})" if links[1:] else "")


def _targets(words: str, entry: Mapping[str, Any], folder: Path, out: Path) -> Iterator[tuple[str, str]]:
    """Yield what a report is there as: the page, and the PDF and the deck beside it."""
    for name, kind in ((words, "html"), ("PDF", "pdf"), ("PowerPoint", "pptx")):
        if entry.get(kind):
            yield name, _target(folder, entry[kind], out)


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return f"notebook.{entry['notebook'][3:]}" in text.catalogue()


def _literal(words: str) -> str:
    """Return text that stands in markdown as it is: a workspace's name is no markup."""
    return re.sub(r"([^\w\s])", r"\\\1", " ".join(words.split()))


def _prose(words: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_markdown_cell(words)
    return cell


def _shown(body: str) -> NotebookNode:
    content, marks = {"text/html": page.framed(body, "kam-sheet")}, {"kam": {"kind": "index"}}
    shown = nbformat.v4.new_output("display_data", content, metadata=marks)
    cell: NotebookNode = nbformat.v4.new_code_cell("", outputs=[shown])
    return cell
