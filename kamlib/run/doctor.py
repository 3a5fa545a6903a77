"""A look at the installation and the workspace: what is well, what is not, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kamlib import text
from kamlib.data import kit, locate, sample, workspace
from kamlib.errors import KamError
from kamlib.run import notebooks, pdf

CARD = ("jupyterlab", "pandas", "ipywidgets", "matplotlib", "papermill", "nbval", "anywidget")
EXTRAS = ("voila", "python-pptx")
_SYNCED = ("onedrive", "dropbox", "google drive", "icloud", "sharepoint")


@dataclass(frozen=True)
class Sign:
    """One thing examined: `ok`, `note` or `fault`."""

    state: str
    what: str
    cure: str = ""


def run(target: str, *, say: Callable[[str], object]) -> int:
    """Examine everything and say it line by line; 1 where something is at fault."""
    signs = [*_python(), *_packages(), *_pdf(), *_workspace(target), *_notebooks()]
    for sign in signs:
        say(text.t(f"doctor.{sign.state}", what=sign.what, cure=sign.cure))
    return int(any(sign.state == "fault" for sign in signs))


def _python() -> Iterator[Sign]:
    found = ".".join(map(str, sys.version_info[:3]))
    tested = (3, 11) <= sys.version_info[:2] <= (3, 13)
    state = "ok" if tested else "fault"
    yield Sign(state, text.t("doctor.python", found=found), text.t("doctor.python_cure"))


def _packages() -> Iterator[Sign]:
    for name in (*CARD, *EXTRAS):
        try:
            yield Sign("ok", text.t("doctor.package", found=name, version=version(name)))
        except PackageNotFoundError:
            state, cure = "fault", text.t("doctor.package_cure")
            if name in EXTRAS:
                what = text.t(f"doctor.extra.{name.removeprefix('python-')}")
                state, cure = "note", text.t("doctor.extra_cure", what=what)
            yield Sign(state, text.t("doctor.package_absent", found=name), cure)


def _pdf() -> Iterator[Sign]:
    try:
        engine = pdf.find()
    except KamError as stop:
        yield Sign("note", text.t("doctor.no_pdf"), stop.told())
        return
    yield Sign("ok", text.t(f"doctor.pdf.{engine.name}", found=engine.program))


def _workspace(target: str) -> Iterator[Sign]:
    try:
        if target == str(locate.sample_path()):
            sample.ready()
        here = workspace.open(target)
        counts = {"accounts": len(here.accounts()), "changes": here.latest_seq()}
        yield Sign("ok", text.t("doctor.workspace", found=here.name, **counts))
    except KamError as stop:
        yield Sign("fault", stop.told(), text.t("doctor.workspace_cure"))
    if any(name in target.casefold() for name in _SYNCED):
        yield Sign("note", text.t("doctor.synced", found=target), text.t("doctor.synced_cure"))


def _notebooks() -> Iterator[Sign]:
    where, ours = notebooks.folder(), kit.path("notebooks")
    for name in notebooks.names(where):
        own, kits = where / f"{name}.ipynb", ours / f"{name}.ipynb"
        if _differs(own, kits):
            yield Sign("note", text.t("doctor.notebook_differs", found=name), text.t("doctor.notebook_cure"))
        else:
            yield Sign("ok", text.t("doctor.notebook", found=name))


def _differs(own: Path, kits: Path) -> bool:
    return not kits.is_file() or own.read_bytes() != kits.read_bytes()
