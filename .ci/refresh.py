"""Refresh the notebooks as they are committed: `make notebooks`.

A notebook with checked cells is executed on the sample company; those cells keep output and execution count
(nbval compares nothing without both), every other cell is stripped.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from kamlib.run import batch, notebooks


def main(folder: str) -> None:
    """Refresh every notebook below `folder`; the first that fails stops, and is left as it was."""
    for path in sorted(Path(folder).rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            notebook = notebooks.read(path)
            if any("nbval-check-output" in notebooks.tags(cell) for cell in notebook.cells):
                beside = {"metadata": {"path": str(path.parent)}}
                NotebookClient(
                    notebook, timeout=300, resources=beside, kernel_manager_class=batch.QuietKernelManager
                ).execute()
            nbformat.write(notebooks.strip(notebook), path)
            print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
