"""A company's own settings: a YAML file laid over the kit's, value by value, judged as a whole before it is kept.

The file has the shape of `settings.yaml`; a setting may be given as its bare value (`fall_share: -0.15`). `terms` holds
the company's own words for ours, in each form of the word.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from kamlib import schema, text
from kamlib.data import mapping
from kamlib.errors import Finding, KamError, nearest

#: Limits of values whose kind alone says too little.
_RANGES = {"fiscal_year_start_month": (1, 12)}


def settings(about: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings in force in a workspace that says `about` of itself: the kit's under its own."""
    return _in_force(about.get("settings", "{}"))


@lru_cache(maxsize=8)
def _in_force(own: str) -> dict[str, Any]:
    return schema.load_settings(json.loads(own))


def speak(about: Mapping[str, str]) -> None:
    """Let this process use the words of the company whose workspace it is."""
    text.own_words(settings(about)["terms"])


def read(path: Path) -> dict[str, Any]:
    """Return the settings of a file, ready to be laid over the kit's.

    Raises
    ------
    KamError
        With every unknown name and every value of the wrong kind at once.
    """
    found: list[Finding] = []
    judged = _Judge(path.name, found).section(mapping.parsed(path), schema.load_settings(), ())
    if found:
        raise KamError(*found)
    return judged


def written(about: Mapping[str, str]) -> str:
    """Return the own settings as YAML; empty where there are none."""
    own = json.loads(about.get("settings", "{}"))
    return yaml.safe_dump(own, allow_unicode=True, sort_keys=True).rstrip("\n") if own else ""


def customer_part(about: Mapping[str, str]) -> dict[str, str]:
    """Return what of the own settings a customer's file carries: the words, and when the year begins."""
    own = json.loads(about.get("settings", "{}"))
    month = own.get("thresholds", {}).get("fiscal_year_start_month")
    kept = {"terms": own.get("terms"), "thresholds": {"fiscal_year_start_month": month} if month else None}
    told = {name: value for name, value in kept.items() if value}
    return {"settings": json.dumps(told, ensure_ascii=False, sort_keys=True)} if told else {}


class _Judge:
    """Walk a file beside the kit's settings, and collect what does not fit."""

    def __init__(self, file: str, found: list[Finding]) -> None:
        self._file, self._found = file, found

    def section(self, said: Any, kit: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        if path == ("terms",):
            return dict(self._terms(said))
        if not isinstance(said, Mapping):
            return self._wrong("settings_shape", path, said)
        names = {str(name): name for name in kit}
        for name in said:
            if name not in names:
                near = nearest(str(name), names)
                self._wrong("settings_unknown", (*path, str(name)), said[name], near=near)
        known = ((names[name], value) for name, value in said.items() if name in names)
        return {name: self._one(value, kit[name], (*path, str(name))) for name, value in known}

    def _one(self, said: Any, kit: Any, path: tuple[str, ...]) -> Any:
        if isinstance(kit, Mapping) and "value" in kit:
            given = said.get("value") if isinstance(said, Mapping) and "value" in said else said
            told = said.get("source") if isinstance(said, Mapping) else None
            value = self._value(given, kit["value"], path)
            return {"value": value, "source": str(told or self._file), "status": "company"}
        return self.section(said, kit, path) if isinstance(kit, Mapping) else self._value(said, kit, path)

    def _value(self, said: Any, kit: Any, path: tuple[str, ...]) -> Any:
        if isinstance(kit, Mapping):
            whole = copy.deepcopy(dict(kit))
            return whole | self.section(said, kit, path)
        if isinstance(kit, list):
            alike = isinstance(said, list) and (len(said) == len(kit) or isinstance(kit[0], str))
            expected = text.t("settings.list", n=len(kit))
            if not alike:
                return self._wrong("settings_value", path, said, expected=expected)
            return [self._value(each, kit[0], path) for each in said]
        return self._scalar(said, kit, path)

    def _scalar(self, said: Any, kit: Any, path: tuple[str, ...]) -> Any:
        if isinstance(kit, bool):
            if said in ("true", "false"):
                return said == "true"
            return self._wrong("settings_value", path, said, expected="true, false")
        if isinstance(kit, int | float):
            return self._number(said, kit, path)
        if isinstance(said, str):
            return said
        return self._wrong("settings_value", path, said, expected=text.t("settings.text"))

    def _number(self, said: Any, kit: float, path: tuple[str, ...]) -> Any:
        try:
            number = float(said)
        except (TypeError, ValueError):
            number = float("nan")
        low, high = _RANGES.get(path[-1], (-1, 1) if path[-1].endswith("_share") else (-1e12, 1e12))
        if not low <= number <= high:
            ends = text.t("settings.number", low=low, high=high)
            return self._wrong("settings_value", path, said, expected=ends)
        return int(number) if isinstance(kit, int) and number.is_integer() else number

    def _terms(self, said: Any) -> Iterator[tuple[str, dict[str, str]]]:
        for lang, words in said.items() if isinstance(said, Mapping) else [("", said)]:
            told = words.values() if isinstance(words, Mapping) else [None]
            fits = all(isinstance(each, str) and each for each in told)
            if lang in text.LANGUAGES and fits:
                yield lang, dict(words)
            else:
                self._wrong("settings_terms", ("terms", str(lang)), words)

    def _wrong(self, rule: str, path: tuple[str, ...], said: Any, **values: Any) -> dict[str, Any]:
        place, found = {"file": self._file, "column": ".".join(path)}, str(said)[:80]
        self._found.append(Finding(rule, "error", place, {"found": found, **values}))
        return {}
