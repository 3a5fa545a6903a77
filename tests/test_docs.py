"""The documents in docs/ say what is so: each reference leads somewhere, and the contracts are those of the code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import worlds
from click.testing import CliRunner

from kamlib.cli import kam
from kamlib.data import workspace
from kamlib.run import reports

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
METHOD = (DOCS / "method.md").read_text("utf-8")
CONTRACTS = (DOCS / "contracts.md").read_text("utf-8")
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


def sections() -> dict[str, str]:
    """What docs/contracts.md says of each command: its usage -> the lines below it."""
    parts = re.split(r"^### `(kam .+)`$", CONTRACTS, flags=re.MULTILINE)[1:]
    return dict(
        zip(parts[::2], (re.split(r"^## ", part, flags=re.MULTILINE)[0] for part in parts[1::2]), strict=True)
    )


def helped(*arguments: str) -> str:
    return CliRunner().invoke(kam, [*arguments, "--help"], prog_name="kam").stdout


COMMANDS = sorted(kam.commands)


def test_the_contracts_name_the_commands_that_exist() -> None:
    """`kam --help` and docs/contracts.md list the same commands; one that is not built is absent."""
    listed = re.findall(r"^  (\w+)", helped().split("Commands:")[1], re.MULTILINE)
    assert sorted(usage.split()[1] for usage in sections()) == sorted(listed) == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_contracts_name_each_option_of_a_command(command: str) -> None:
    """Usage and options stand in docs/contracts.md as `kam COMMAND --help` gives them, no more and no less."""
    help_text = helped(command)
    usage = re.sub(r"\s+", " ", help_text.split("Usage: ")[1].split("\n\n")[0])
    told = sections()[usage]
    options = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", help_text, re.MULTILINE)) - {"--help"}
    assert set(re.findall(r"^- `(--[\w-]+)`", told, re.MULTILINE)) == options


def keys(heading: str) -> list[str]:
    """The keys of the first table below some words of docs/contracts.md."""
    table = CONTRACTS.split(heading)[1].split("\n\n")[1:]
    rows = next(part for part in table if part.startswith("| key"))
    return re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE)


@pytest.mark.slow
def test_a_manifest_has_the_keys_that_the_contracts_name(
    sample_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Head and entry of a real manifest, for us and for a customer."""
    worlds.run_here(monkeypatch)
    here = workspace.open(sample_file)
    for audience in ("internal", "customer"):
        request = reports.Request(out=tmp_path, accounts=("A-003",), notebooks=("03",), audience=audience)
        reports.run(here, request)
        manifest = json.loads(next(tmp_path.glob(f"*/{audience}-sv/manifest.json")).read_text("utf-8"))
        assert list(manifest) == keys("### manifest.json")
        assert sorted(manifest["runs"][0]) == sorted(keys("An entry of `runs`:"))


def test_the_house_is_read_in_five_minutes() -> None:
    """docs/house.md has at most 1,500 words; what is not built stands in docs/status.md alone."""
    assert len((DOCS / "house.md").read_text("utf-8").split()) <= 1500
    for page in ("house.md", "contracts.md", "method.md"):
        assert not re.search(
            r"not (yet )?(built|begun)|planned|kam train", (DOCS / page).read_text("utf-8")
        ), page


def test_every_link_between_the_documents_leads_somewhere() -> None:
    """A relative link in docs/ names a file that is there."""
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
