"""Refresh the notebooks as they are committed: `make notebooks`.

A notebook with checked cells is executed on the sample company; those cells keep output and execution count
(nbval compares nothing without both), every other cell is stripped. Then the example report is made anew.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from kamlib.run import kernels, notebooks


def main(folder: str) -> None:
    """Refresh every notebook below `folder`; the first that fails stops, and is left as it was."""
    for path in sorted(Path(folder).rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            notebook = notebooks.read(path)
            if any("nbval-check-output" in notebooks.tags(cell) for cell in notebook.cells):
                beside = {"metadata": {"path": str(path.parent)}}
                NotebookClient(
                    notebook, timeout=300, resources=beside, kernel_manager_class=kernels.QuietKernelManager
                ).execute()
            nbformat.write(notebooks.strip(notebook), path)
            print(path)


def example(target: Path) -> None:
    """Put the plan of one invented customer where a visitor of the repository can look at it."""
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as out:
        wanted = ["report", "A-003", "--notebook", "03_planning", "--out", out]
        subprocess.run([sys.executable, "-m", "kamlib", *wanted], check=True)
        shutil.copy(next(Path(out).rglob("03_planning.html")), target)


if __name__ == "__main__":
    main("notebooks")
    example(Path("reports/example/03_planning.html"))
