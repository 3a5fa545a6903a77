"""Where the kit's own notebooks and sample data lie: in a clone, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def clone() -> Path | None:
    """Return the top folder of the clone that this package runs from; None when installed."""
    top = _PACKAGE.parent
    return top if (top / "pyproject.toml").is_file() and (top / "notebooks").is_dir() else None


def path(name: str) -> Path:
    """Return the folder `notebooks` or `sample_data` of the kit."""
    top = clone()
    return top / name if top else _PACKAGE / "kit" / name
