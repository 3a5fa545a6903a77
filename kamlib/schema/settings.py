"""The settings in force: the kit's, with a company's own laid over them, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def _kit_settings() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a fifth of the time
    written = files("kamlib").joinpath("settings.yaml").read_text("utf-8")
    settings: dict[str, Any] = yaml.load(written, loader)  # noqa: S506  a SafeLoader
    return settings


def load_settings(overlay: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the kit's settings with the company's own laid over them, value by value; to be read only."""
    return _laid_over(_kit_settings(), overlay or {})


def _laid_over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    nested = {key: value for key, value in above.items() if isinstance(value, Mapping)}
    inside = {
        key: _laid_over(below[key], value)
        for key, value in nested.items()
        if isinstance(below.get(key), dict)
    }
    return {**below, **above, **inside}
