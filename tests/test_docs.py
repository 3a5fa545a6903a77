"""The documents in docs/ say what is so: each reference leads somewhere, and the contracts are those of the code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
METHOD = (DOCS / "method.md").read_text("utf-8")
#: A row of the method (S1.2, T4, P15, D13), a part of its formulas (6.7), or a document by its name.
REFERENCE = re.compile(
    r"(?<![\w.-])([STPD]\d{1,2}(?:\.\d)?|Q[1-5](?= |,|\.|\)|\"|$))(?![\w-])"
    r"|(?<![\d.,§–:-])\b(6\.\d{1,2})(?![\d%\N{NO-BREAK SPACE}])"
    r"|\b([a-z]+\.md)\b"
    r"|\b(?:Part|Del) [A-F]\b.{0,4}"
)


def written() -> Iterator[tuple[str, str]]:
    """Every place of the kit that cites the method: docstrings, rules' rows, YAML and notebooks."""
    for room in sorted((TOP / "kamlib").rglob("*.py")):
        for node in ast.walk(ast.parse(room.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield f"{room.name}:{getattr(node, 'name', 'top')}", ast.get_docstring(node) or ""
            elif isinstance(node, ast.Constant) and re.fullmatch(r"[STQPD]\d+(\.\d)?", str(node.value)):
                yield f"{room.name}:{node.lineno}", str(node.value)
    for page in sorted((TOP / "kamlib").rglob("*.yaml")):
        yield page.name, page.read_text("utf-8")
    for notebook in sorted((TOP / "notebooks").glob("*.ipynb")):
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
            yield notebook.name, "".join(cell["source"])


def cited() -> dict[str, str]:
    """Each reference and one place that cites it."""
    return {found[0].strip(): place for place, words in written() for found in REFERENCE.finditer(words)}


def explained() -> set[str]:
    """Every reference that docs/method.md explains: at the head of a point, or of one of the parts between dots."""
    heads = re.findall(
        r"(?:^- \*\*|^|·\s+|\*\* )([STQPD]\d{1,2}(?:\.\d)?|6\.\d{1,2})\b", METHOD, re.MULTILINE
    )
    return {*heads, *(page.name for page in DOCS.glob("*.md"))}


def test_every_reference_is_explained() -> None:
    """Whoever meets S5.6, P13 or D20 on a page or in the code finds in docs/method.md what it stands for."""
    assert {reference: place for reference, place in cited().items() if reference not in explained()} == {}


def test_the_method_explains_each_reference_once() -> None:
    """Steps, tips, questions and corrections are all there, without a gap."""
    rows = [f"T{n}" for n in range(1, 11)] + [f"Q{n}" for n in range(1, 6)] + [f"P{n}" for n in range(1, 28)]
    assert {*rows, *(f"S{n}" for n in range(1, 6)), *(f"6.{n}" for n in range(1, 11))} <= explained()
