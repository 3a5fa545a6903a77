"""Which workspace is meant: the one named, else KAM_WORKSPACE, else the nearest kam.toml, else the sample."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from kamlib.data import kit
from kamlib.errors import problem

FILE = "kam.toml"


def workspace(target: str | Path | None = None) -> str:
    """Return the path or URL of the workspace; the sample is made where nothing else is named."""
    if target:
        return _absolute(str(target))
    if named := os.environ.get("KAM_WORKSPACE"):
        if "://" not in named and not Path(named).is_absolute():
            raise problem("workspace_relative", found=named)
        return named
    written = configuration()
    if "workspace" in written:
        return named_workspace(str(written["workspace"]), beside=Path(written["folder"]))
    return str(sample_path())


def configuration(start: Path | None = None) -> dict[str, Any]:
    """Return what the nearest `kam.toml` above `start` says; empty where there is none."""
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            try:
                found: dict[str, Any] = tomllib.loads((folder / FILE).read_text("utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as broken:
                raise problem("configuration_broken", place={"file": FILE}, found=str(broken)) from None
            return {**found, "folder": str(folder)}
    return {}


def named_workspace(name: str, beside: Path | None = None) -> str:
    """Return where a workspace of this name lives: a file beside `beside` or here, a bare name in the app-data folder."""
    if "://" in name or Path(name).is_absolute():
        return name
    if Path(name).name != name or Path(name).suffix:
        return str((beside or Path.cwd()) / name)
    return str(app_data() / f"{name}.sqlite")


def without_password(target: str) -> str:
    """Return a workspace's path or URL as it may be shown."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", target)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and try that it can be written in; told in words where it can't."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as refused:
        raise problem("folder_not_writable", found=str(folder), reason=str(refused.strerror)) from refused


def app_data() -> Path:
    """Return the local folder for workspaces: never one that a sync program watches."""
    return user_data_path("kam", appauthor=False, roaming=False)


def sample_path() -> Path:
    """Return where the sample workspace lies: in the clone, or in the app-data folder."""
    clone = kit.clone()
    return (clone / ".kam" if clone else app_data()) / "sample.sqlite"


def _absolute(name: str) -> str:
    return name if "://" in name else str(Path(name).absolute())
