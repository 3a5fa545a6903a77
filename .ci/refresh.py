"""Refresh the notebooks as they are committed: `python start.py notebooks`.

A notebook with checked cells is executed on the sample company; those cells keep output and execution count
(nbval compares nothing without both), every other cell is stripped. Then the example report is made anew.
With `--strip` nothing is executed: the notebooks named (or all) are stripped, before a commit.
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


def committed() -> list[Path]:
    """Return the notebooks of the kit."""
    return [
        path for path in sorted(Path("notebooks").rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts
    ]


def refresh(path: Path) -> None:
    """Execute a notebook that has checked cells, and strip it; one that fails is left as it was."""
    notebook = notebooks.read(path)
    if any("nbval-check-output" in notebooks.tags(cell) for cell in notebook.cells):
        beside = {"metadata": {"path": str(path.parent)}}
        NotebookClient(
            notebook, timeout=300, resources=beside, kernel_manager_class=kernels.QuietKernelManager
        ).execute()
    nbformat.write(notebooks.strip(notebook), path)
    print(path)


def strip(path: Path) -> bool:
    """Strip a notebook in place; tell whether there was anything to strip."""
    stripped = nbformat.writes(notebooks.strip(notebooks.read(path))) + "\n"
    if path.read_text("utf-8") == stripped:
        return False
    path.write_text(stripped, "utf-8", newline="\n")
    print(f"stripped {path}: add it to the commit")
    return True


def example(target: Path) -> None:
    """Put the plan of one invented customer where a visitor of the repository can look at it."""
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as out:
        wanted = ["report", "A-003", "--notebook", "03_planning", "--out", out]
        subprocess.run([sys.executable, "-m", "kamlib", *wanted], check=True)
        shutil.copy(next(Path(out).rglob("03_planning.html")), target)


if __name__ == "__main__":
    if "--strip" in sys.argv[1:]:
        wanted = [Path(name) for name in sys.argv[1:] if name != "--strip"]
        sys.exit(min(1, sum(strip(path) for path in wanted or committed())))
    for each in committed():
        refresh(each)
    example(Path("reports/example/03_planning.html"))
