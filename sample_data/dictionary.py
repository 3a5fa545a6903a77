"""The data dictionary, generated from the schema: every table and column in both languages."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from company import HERE, LANGUAGES

sys.path.insert(0, str(HERE.parent))
from kamlib import schema

_WORDS = {
    "sv": {
        "title": "Dataordlista",
        "intro": "Skapad ur `kamlib/schema` med `python sample_data/make.py --dictionary`. Ändra inte för hand.",
        "fact": "Fakta: läses från fil",
        "plan": "Plan: skrivs av människor, varje ändring sparas i loggen",
        "file": "Fil",
        "key": "Nyckel",
        "heads": ("Kolumn", "Heter", "Slag", "Krävs", "Får kunden se", "Betyder"),
        "yes": "ja",
        "no": "nej",
        "one_of": "Ett av",
    },
    "en": {
        "title": "Data dictionary",
        "intro": "Generated from `kamlib/schema` by `python sample_data/make.py --dictionary`. Do not edit by hand.",
        "fact": "Facts: read from a file",
        "plan": "Plan: written by people, every change kept in the log",
        "file": "File",
        "key": "Key",
        "heads": ("Column", "Called", "Kind", "Required", "Customer may see", "Means"),
        "yes": "yes",
        "no": "no",
        "one_of": "One of",
    },
}


def write() -> None:
    """Write DATA_DICTIONARY.md, Swedish first."""
    pages = ["\n".join(_page(lang)) for lang in LANGUAGES]
    (HERE / "DATA_DICTIONARY.md").write_text("\n".join(pages), encoding="utf-8", newline="\n")


def _page(lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield f"# {words['title']}\n\n{words['intro']}\n"
    for role in ("fact", "plan"):
        yield f"## {words[role]}\n"
        for table in schema.TABLES.values():
            if table.role == role:
                yield from _table(table, lang)


def _table(table: schema.Table, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield f"### {table.name}: {table.title[lang]}\n\n{table.meaning[lang]}\n"
    file = f"{words['file']}: `{table.file}`. " if table.file else ""
    yield f"{file}{words['key']}: `{', '.join(table.key)}`.\n"
    yield _line(words["heads"])
    yield _line("---" for _ in words["heads"])
    yield from (_column(column, lang) for column in table.columns)
    yield ""


def _column(column: schema.Column, lang: str) -> str:
    words = _WORDS[lang]
    kind = column.kind + (f" ({column.unit})" if column.unit else "")
    codes = ", ".join(f"`{code}` {labels[lang]}" for code, labels in column.choices.items())
    meaning = column.meaning[lang] + (f" {words['one_of']}: {codes}." if codes else "")
    open_to = words["yes" if column.audience == "customer" else "no"]
    required = words["yes" if column.required else "no"]
    return _line((f"`{column.name}`", column.title[lang], kind, required, open_to, meaning))


def _line(cells: Iterator[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
