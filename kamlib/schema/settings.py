"""The settings in force: the kit's, with a company's own laid over them, value by value."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def _kit_settings() -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load(files("kamlib").joinpath("settings.yaml").read_text("utf-8"))
    return settings


def load_settings(overlay: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the kit's settings with the company's own laid over them, value by value."""
    return _laid_over(copy.deepcopy(_kit_settings()), overlay or {})


def _laid_over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in above.items():
        nested = isinstance(value, Mapping) and isinstance(below.get(key), dict)
        below[key] = _laid_over(below[key], value) if nested else value
    return below
