"""Every threshold is printed in the method footer, with a name in the reader's language, its source and its status."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from kamlib import schema, text
from kamlib.show import appendix

STATES = {"field_standard", "vendor_practice", "our_default"}


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


@pytest.mark.parametrize(("name", "setting"), SETTINGS)
def test_a_setting_has_a_name_a_source_and_a_status(name: str, setting: Mapping[str, Any]) -> None:
    """The name in both languages; whose rule it is, and whether it is the field's or ours."""
    words = text.catalogue()[f"setting.{name}"]
    assert words["sv"]
    assert words["en"]
    assert str(setting["source"]).strip()
    assert setting["status"] in STATES


def test_every_group_has_a_name() -> None:
    """A group that the footer prints is called by a name, not by its key."""
    groups = {group for group, section in schema.load_settings().items() if list(shown(section))}
    assert {group for group in groups if f"setting_group.{group}" not in text.catalogue()} == set()


@pytest.mark.parametrize(("name", "setting"), SETTINGS)
def test_a_unit_and_a_source_are_told_in_both_languages(name: str, setting: Mapping[str, Any]) -> None:
    """A Swedish page holds no English unit; a source that is more than references is translated too."""
    assert f"setting_unit.{appendix.key(setting['unit'])}" in text.catalogue(), name
    source = str(setting["source"])
    is_reference = re.fullmatch(r"(Part )?[A-Z]?[\d.]+( \(T\d\))?(, [A-Z]?[\d.]+)*", source)
    assert is_reference or f"setting_source.{appendix.key(source)}" in text.catalogue(), source


def test_no_translated_unit_or_source_is_left_over() -> None:
    """Every word in the catalogue is one that the settings use."""
    used = {
        f"setting_{part}.{appendix.key(each.values[1][part])}"
        for each in SETTINGS
        for part in ("unit", "source")
    }
    kept = {key for key in text.catalogue() if key.startswith(("setting_unit.", "setting_source."))}
    assert kept - used == set()
