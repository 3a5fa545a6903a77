"""The method footer: every criterion, weight and threshold in force, with unit, source and status (D21)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kamlib import text
from kamlib.show import cells, page
from kamlib.show.page import NOTHING, Bundle, Shown, audience, dated, escape, framed

#: Settings whose values are codes -> where the codes have their words.
_CHOICES = {
    "decision_roles": "stakeholder_role",
    "squad_minimum": "function",
    "squad_levels": "function",
    "shared_kpi_functions": "function",
    "frequency_days": "frequency",
    "hours_by_quadrant": "quadrant",
    "next_test_months": "outcome",
    "whitespace_odds": "whitespace_status",
    "health_weights": "health_part",
    "score_half_width": "confidence",
}


def settings(bundle: Bundle) -> Shown:
    """Show every criterion, weight and threshold in force with its source and status, behind a fold."""
    if audience(bundle) == "customer":
        return NOTHING
    parts = {name: list(_inside(section)) for name, section in bundle.settings.items()}
    shown = {_name(name, "setting_group"): _rows(name, found) for name, found in parts.items() if found}
    columns = text.entry("sheet.settings")["columns"]
    title = text.t("appendix.title")
    inside = "".join(cells.table(name, columns, rows) for name, rows in shown.items())
    note = dated(bundle)
    body = f"<details><summary>{escape(title)}</summary>{inside}{page.note(note)}</details>"
    words = "\n".join(cells.plain(name, columns, rows, "") for name, rows in shown.items())
    return Shown(framed(body, "kam-sheet kam-appendix"), f"{title}\n{words}{note}", "appendix", (title,))


def _inside(section: Any, path: str = "") -> Iterable[tuple[str, Mapping[str, Any]]]:
    if not isinstance(section, Mapping):
        return
    if {"value", "unit"} <= section.keys():
        yield path, section
        return
    for name, below in section.items():
        yield from _inside(below, f"{path}.{name}" if path else str(name))


def _rows(group: str, found: Iterable[tuple[str, Mapping[str, Any]]]) -> list[list[cells.Cell]]:
    return [[(escape(part), part) for part in _words(group, name, setting)] for name, setting in found]


def _words(group: str, name: str, setting: Mapping[str, Any]) -> list[str]:
    codes = f"agenda.{name}" if group == "agendas" else f"choice.{_CHOICES.get(name, '')}"
    written = [_name(name, "setting"), _value(setting["value"], codes)]
    return [
        *written,
        *(_part(f"setting_{part}", setting.get(part, "")) for part in ("unit", "source")),
        text.label("setting_status", setting.get("status")),
    ]


def _name(name: str, kind: str) -> str:
    words = text.catalogue().get(f"{kind}.{name}")
    return str(words[text.language()]) if words else name.replace(".", ": ").replace("_", " ")


def _part(kind: str, words: object) -> str:
    """A unit or a source in the reader's language; a company's own words, and a bare reference, as they stand."""
    known = text.catalogue().get(f"{kind}.{key(words)}")
    return str(known[text.language()]) if known else str(words)


def key(words: object) -> str:
    """Return the key under which the catalogue has a unit or a source of `settings.yaml`."""
    return re.sub(r"\W+", "_", str(words)).strip("_").lower()


def _value(value: Any, codes: str) -> str:
    """Write a value; a code in the words that the catalogue has for it below `codes`."""
    if isinstance(value, Mapping) and {"part", "minutes"} == value.keys():
        return f"{_value(value['part'], codes)} {_value(value['minutes'], codes)}"
    if isinstance(value, Mapping):
        return "; ".join(f"{_value(str(name), codes)} {_value(part, codes)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_value(part, codes) for part in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        words = text.catalogue().get(f"{codes}.{value}")
        return str(words[text.language()]) if words else str(value).replace("_", " ")
    return text.number(value, 0 if float(value).is_integer() else 2)
