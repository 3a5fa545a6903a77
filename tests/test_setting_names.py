"""Every threshold is printed in the method footer in the reader's words, with its source and its status."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import bundles
import pytest

from kamlib import schema, text
from kamlib.show import appendix

STATES = {"field_standard", "vendor_practice", "our_default"}
#: Settings whose texts are the very words that people write, in whatever language.
WRITTEN = {"revenue_words", "revenue_beside", "share_words", "exclusive_words", "currency_units"}
REFERENCE = r"[A-Z]?[\d.]+( \((T\d|bootstrap)\))?(, [A-Z]?[\d.]+)*"


def shown(section: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The settings that the footer prints: those with a value and a unit."""
    if isinstance(section, Mapping) and {"value", "unit"} <= section.keys():
        yield path, section
    elif isinstance(section, Mapping):
        for name, below in section.items():
            yield from shown(below, f"{path}.{name}" if path else str(name))


SETTINGS = [
    pytest.param(name, setting, id=f"{group}.{name}")
    for group, section in schema.load_settings().items()
    for name, setting in shown(section)
]
EVERY = pytest.mark.parametrize(("name", "setting"), SETTINGS)


def codes(value: Any) -> Iterator[str]:
    """Every text inside a value: names of parts and codes in lists."""
    if isinstance(value, Mapping):
        parts = [value["part"]] if {"part", "minutes"} == value.keys() else [*value, *value.values()]
        for part in parts:
            yield from codes(part)
    elif isinstance(value, list):
        for part in value:
            yield from codes(part)
    elif isinstance(value, str) and not value.isdigit():
        yield value


@EVERY
def test_name_and_unit_stand_in_both_languages_beside_the_value(
    name: str, setting: Mapping[str, Any]
) -> None:
    """Two languages, none of them empty; a status that the footer has a word for."""
    for part in ("name", "unit"):
        assert list(setting[part]) == ["sv", "en"], (name, part)
        assert all(words.strip() for words in setting[part].values()), (name, part)
    assert setting["status"] in STATES


@EVERY
def test_a_source_of_words_stands_in_both_languages(name: str, setting: Mapping[str, Any]) -> None:
    """A bare reference is the same everywhere; what says more is said in both languages."""
    source = setting["source"]
    assert list(source) == ["sv", "en"] if isinstance(source, dict) else re.fullmatch(REFERENCE, source), name


@EVERY
def test_no_code_of_a_value_reaches_the_page(name: str, setting: Mapping[str, Any]) -> None:
    """Each code has its words, from the setting or from the entries that it names: `pre_flight` is no Swedish."""
    named = {code for prefix in setting.get("codes", []) for code in text.entries(prefix)}
    worded = named | setting.get("words", {}).keys()
    assert set(codes(setting["value"])) <= worded or name in WRITTEN, set(codes(setting["value"])) - worded


def test_the_swedish_footer_shows_no_code() -> None:
    """No underscore, and no code that is not itself the Swedish word, stands in any cell."""
    written = tuple(each.values[1]["name"]["sv"] for each in SETTINGS if each.values[0] in WRITTEN)
    lines = appendix.settings(bundles.portfolio()).plain.split("\n")
    page = "\n".join(line for line in lines if not line.startswith(written))
    raw = {
        code for each in SETTINGS if each.values[0] not in WRITTEN for code in codes(each.values[1]["value"])
    }
    swedish = {words["sv"] for words in text.catalogue().values() if isinstance(words.get("sv"), str)}
    cells = set(re.split(r"; |: |, | \| |\n", page))
    assert "_" not in page
    assert {code for code in raw - swedish if {code, code.replace("_", " ")} & cells} == set()


def test_a_limit_is_printed_with_all_its_decimals() -> None:
    """0.015 and 0.005 are not 0.01."""
    page = appendix.settings(bundles.portfolio()).plain
    assert "0,015" in page
    assert "0,005, 0,02, 0,05, 0,1" in page


def test_a_companys_own_value_source_and_words_are_printed() -> None:
    """The value and the source as the company wrote them, the name in the company's own words."""
    own = {"thresholds": {"key_accounts_low": {"value": 4, "source": "styrelsen 2026", "status": "company"}}}
    text.own_words({"sv": {"nyckelkunder": "strategiska kunder"}})
    try:
        page = appendix.settings(bundles.portfolio(settings=own)).plain
    finally:
        text.own_words({})
    assert "Strategiska kunder, minst | 4 | kunder | styrelsen 2026 | ert eget värde" in page


def test_every_group_has_a_name() -> None:
    """A group that the footer prints is called by a name, not by its key; no name is left over."""
    groups = {group for group, section in schema.load_settings().items() if list(shown(section))}
    assert groups == set(text.entries("setting_group"))
