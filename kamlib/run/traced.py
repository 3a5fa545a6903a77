"""The numbers of a run's pages, written down: `figures.csv`, for whoever wants to know where one comes from."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from kamlib import text
from kamlib.run import files
from kamlib.schema import TABLES

NAME = "figures.csv"
COLUMNS = (
    "account", "notebook", "section", "figure", "of", "value", "words", "unit", "formula", "source", "data_on",
    "known", "known_of",
)  # fmt: skip
_HEADING = re.compile(r"^#{2,3} +(.+)$", re.MULTILINE)
_OBEYED = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take what begins so for a formula


def write(folder: Path) -> Path:
    """Write the figures of every internal report in a run's folder; returns the file."""
    lines = [line for page in sorted(folder.glob("*/*.ipynb")) for line in _of_page(page)]
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    files.put(folder / NAME, "\ufeff" + table.getvalue())  # the mark tells Excel that it is UTF-8
    return folder / NAME


def _of_page(page: Path) -> Iterator[dict[str, Any]]:
    if page.name.endswith(".failed.ipynb"):
        return
    for section, figure in figures(nbformat.read(page, as_version=4)):
        yield {name: _harmless(value) for name, value in _line(page.stem, section, figure).items()}


def figures(executed: NotebookNode) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the figures that an executed notebook shows, each with the heading that it is below."""
    section = ""
    for cell in executed.cells:
        if cell.cell_type == "markdown":
            headings = _HEADING.findall(cell.source)
            section = headings[-1].strip() if headings else section
        for output in cell.get("outputs", ()):
            for figure in output.get("metadata", {}).get("kam", {}).get("figures", ()):
                yield section, figure


def _line(notebook: str, section: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    known = figure["known"] or ("", "")
    return {
        **{name: figure[name] for name in ("of", "words", "unit", "formula", "data_on")},
        "account": figure["account_id"],
        "notebook": notebook,
        "section": section,
        "figure": figure["name"],
        "value": "" if figure["value"] is None else f"{figure['value']:.12g}",
        "source": ", ".join(TABLES[each].title[text.language()] for each in figure["tables"]),
        "known": known[0],
        "known_of": known[1],
    }


def _harmless(value: Any) -> Any:
    """Return a cell that a spreadsheet shows and does not obey; a number stays a number."""
    is_number = isinstance(value, str) and re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?", value)
    is_obeyed = isinstance(value, str) and value.startswith(_OBEYED) and not is_number
    return f"'{value}" if is_obeyed else value
