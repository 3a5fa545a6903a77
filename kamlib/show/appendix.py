"""The method footer: every criterion, weight and threshold in force, with unit, source and status (D21)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kamlib import text
from kamlib.show import cells, page
from kamlib.show.page import NOTHING, Bundle, Shown, audience, dated, escape, framed


def settings(bundle: Bundle) -> Shown:
    """Show every criterion, weight and threshold in force with its source and status, behind a fold."""
    if audience(bundle) == "customer":
        return NOTHING
    parts = {name: list(_printed(section)) for name, section in bundle.settings.items()}
    shown = {text.t(f"setting_group.{name}"): _rows(inside) for name, inside in parts.items() if inside}
    columns = text.entry("sheet.settings")["columns"]
    title = text.t("appendix.title")
    inside = "".join(cells.table(name, columns, rows) for name, rows in shown.items())
    note = dated(bundle)
    body = f"<details><summary>{escape(title)}</summary>{inside}{page.note(note)}</details>"
    words = "\n".join(cells.plain(name, columns, rows, "") for name, rows in shown.items())
    return Shown(framed(body, "kam-sheet kam-appendix"), f"{title}\n{words}{note}", "appendix", (title,))


def _printed(section: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the settings of a section that have a value and a unit, however deep they lie."""
    if isinstance(section, Mapping) and {"value", "unit"} <= section.keys():
        yield section
    elif isinstance(section, Mapping):
        for below in section.values():
            yield from _printed(below)


def _rows(section: Iterable[Mapping[str, Any]]) -> list[list[cells.Cell]]:
    return [[(escape(part), part) for part in _parts(setting)] for setting in section]


def _parts(setting: Mapping[str, Any]) -> list[str]:
    name, unit, source = (_in_language(setting[part]) for part in ("name", "unit", "source"))
    status = text.label("setting_status", setting["status"])
    return [name, _value(setting["value"], setting), unit, source, status]


def _in_language(words: str | Mapping[str, str]) -> str:
    """Return words of the kit in the reader's language; a reference, and what a company wrote, as they stand."""
    lang = text.language()
    return words if isinstance(words, str) else text.in_own_words(words[lang], lang)


def _value(value: Any, setting: Mapping[str, Any]) -> str:
    """Write a value, each code in the words that the setting has or names for it."""
    if isinstance(value, Mapping) and {"part", "minutes"} == value.keys():
        return f"{_word(value['part'], setting)}: {value['minutes']}"
    if isinstance(value, Mapping):
        return "; ".join(f"{_word(code, setting)}: {_value(part, setting)}" for code, part in value.items())
    if isinstance(value, list):
        return ", ".join(_value(part, setting) for part in value)
    return _word(value, setting) if isinstance(value, str) else _number(value)


def _word(code: str, setting: Mapping[str, Any]) -> str:
    own = setting.get("words", {}).get(code)
    named = (text.catalogue().get(f"{prefix}.{code}") for prefix in setting.get("codes", ()))
    return _in_language(own or next(filter(None, named), code))


def _number(value: float) -> str:
    """Write a limit with all its decimals: 0.015 is not 0.01."""
    return text.number(value, len(f"{value % 1:.6f}".rstrip("0")) - len("0."))
