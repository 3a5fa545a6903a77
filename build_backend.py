"""flit_core, plus the kit: a wheel also carries notebooks/ and sample_data/ below kamlib/kit.

flit_core packs what lies in the package's folder and has no hook for more. So the wheel is built from a copy
of the source in which the two folders have been put where they belong; the clone itself is never touched.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flit_core import buildapi
from flit_core.buildapi import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

KIT = ("notebooks", "sample_data")
BESIDE = ("pyproject.toml", "LICENSE", "README.md")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".ipynb_checkpoints", ".kam")

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, object] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel with the kit in it; return its file name."""
    target = str(Path(wheel_directory).absolute())
    with _source_with_kit():
        return str(buildapi.build_wheel(target, config_settings, metadata_directory))


@contextmanager
def _source_with_kit() -> Iterator[None]:
    top = Path.cwd()
    with tempfile.TemporaryDirectory() as staging:
        source = Path(staging)
        for name in BESIDE:
            shutil.copy(top / name, source / name)
        shutil.copytree(top / "kamlib", source / "kamlib", ignore=LEFT_OUT)
        for name in KIT:
            shutil.copytree(top / name, source / "kamlib" / "kit" / name, ignore=LEFT_OUT)
        os.chdir(source)
        try:
            yield
        finally:
            os.chdir(top)
