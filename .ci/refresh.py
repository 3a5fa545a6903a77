"""Refresh the notebooks as they are committed: `make notebooks`.

Each notebook is executed on the sample company. Cells tagged `nbval-check-output` keep their output and their
execution count (nbval compares nothing without both); every other cell is stripped.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

CHECKED = "nbval-check-output"


def main(folder: str) -> None:
    """Refresh every notebook below `folder`; the first that fails stops, and is left as it was."""
    for path in sorted(Path(folder).rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            notebook = nbformat.read(path, as_version=4)
            if any(CHECKED in tags(cell) for cell in notebook.cells):
                NotebookClient(
                    notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}
                ).execute()
            strip(notebook)
            nbformat.write(notebook, path)
            print(path)


def strip(notebook: NotebookNode) -> None:
    """Take away all that a run leaves behind, but for the checked cells."""
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        checked = CHECKED in tags(cell)
        cell.execution_count = number if checked else None
        cell.outputs = [renumbered(output, number) for output in cell.outputs] if checked else []
    for cell in notebook.cells:
        cell.metadata = {"tags": tags(cell)} if tags(cell) else {}


def renumbered(output: NotebookNode, number: int) -> NotebookNode:
    """One output with its cell's number, where it has one."""
    return NotebookNode({**output, "execution_count": number}) if "execution_count" in output else output


def tags(cell: NotebookNode) -> list[str]:
    """The cell's tags in their order."""
    return list(cell.metadata.get("tags", []))


if __name__ == "__main__":
    main(*sys.argv[1:])
