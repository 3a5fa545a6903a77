"""The mapping file: every scalar is text, nothing unknown is accepted, all problems are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamlib.data import mapping
from kamlib.errors import KamError

EXAMPLE = """
currency: SEK
decimal: ","
dates: "%d.%m.%Y"
files:
  - {file: kunder.csv, table: account, columns: {account_id: kundnr, name: kundnamn}, constants: {country: NO}}
  - {file: fakturor.xlsx, sheet: 2026, table: revenue, columns: {account_id: kundnr, month: datum, revenue: belopp},
     keep: {status: [bokförd]}, unit: tkr, decimal: "."}
"""


def said(tmp_path: Path, content: str) -> mapping.FolderMapping:
    """The mapping of a file with this content."""
    path = tmp_path / "mapping.yaml"
    path.write_text(content, "utf-8")
    return mapping.load(path)


def rules(error: pytest.ExceptionInfo[KamError]) -> list[str]:
    """Rules of what was raised."""
    return [finding.rule for finding in error.value.findings]


def test_the_example_of_the_house_is_read(tmp_path: Path) -> None:
    """`NO` is Norway, `2026` a sheet's name; a file's own word wins over the folder's."""
    accounts, revenue = said(tmp_path, EXAMPLE).files
    assert accounts.constants == {"country": "NO"}
    assert (accounts.decimal, revenue.decimal, accounts.dates) == (",", ".", "%d.%m.%Y")
    assert (revenue.sheet, revenue.unit, revenue.keep) == ("2026", "tkr", {"status": ("bokförd",)})


def test_no_mapping_is_an_empty_mapping() -> None:
    """Canonical names are expected then."""
    assert mapping.load(None).files == ()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("currency: SEK\ncurrency: EUR\n", "mapping_not_yaml"),
        ("files: [{file: a, file: b}]\n", "mapping_not_yaml"),
        ("files: {file: a}\n", "mapping_not_list"),
        ("filez: []\n", "mapping_key"),
        ("decimal: komma\n", "mapping_value"),
        ("dates: YYYY\n", "mapping_value"),
        ("currency: kronor\n", "mapping_value"),
        ("files: [{file: a.csv, table: acount}]\n", "mapping_table"),
        ("files: [{table: account}]\n", "mapping_no_file"),
        ("files: [{file: a.csv, table: account, colums: {}}]\n", "mapping_key"),
        ("files: [{file: a.csv, table: account, columns: {acount_id: x}}]\n", "mapping_key"),
        ("files: [{file: a.csv, table: account, columns: {name: [x]}}]\n", "mapping_value"),
        ("files: [{file: a.csv, table: account, keep: status}]\n", "mapping_not_mapping"),
        ("files: [{file: a.csv, table: account, encoding: klingon}]\n", "mapping_value"),
        ("files: [{file: a.csv, table: account, header_row: 0}]\n", "mapping_value"),
        ("files: [{file: a.csv, table: account, unit: mdr}]\n", "mapping_value"),
        ("- a\n- b\n", "mapping_not_mapping"),
        ("{", "mapping_not_yaml"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, content: str, rule: str) -> None:
    """Each way of being wrong has its sentence."""
    with pytest.raises(KamError) as error:
        said(tmp_path, content)
    assert rule in rules(error)


def test_all_problems_are_told_at_once_with_the_nearest_name(tmp_path: Path) -> None:
    """Two wrong entries, two sentences, one run."""
    content = (
        "files:\n  - {file: a.csv, table: acount}\n  - {file: b.csv, table: revenue, columns: {moneth: m}}\n"
    )
    with pytest.raises(KamError, match=r"account(.|\n)*month") as error:
        said(tmp_path, content)
    assert rules(error) == ["mapping_table", "mapping_key"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The mapping itself may be missing."""
    with pytest.raises(KamError) as error:
        mapping.load(tmp_path / "none.yaml")
    assert rules(error) == ["mapping_unreadable"]


LEAVES = st.text(max_size=8) | st.sampled_from(["account", "revenue", "name", "a.csv", "1", ","])
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["file", "table", "files", "columns", "name", "keep", "unit", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["files", "decimal", "dates", "currency", "y"]), TREES, max_size=3))
def test_any_tree_is_read_or_told(tree: dict[str, object]) -> None:
    """Whatever stands in the file: a mapping or a KamError."""
    outcome: object = None
    try:
        outcome = mapping.load(tree)
    except KamError as error:
        outcome = error.told()
    assert outcome


@given(st.text(alphabet="abfiles:{}[]-,&*!?|>'\"#%@ \n\t", max_size=60))
def test_any_text_is_a_mapping_or_told(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    """Broken YAML, anchors, tags and odd keys: never another exception."""
    outcome: object = None
    try:
        outcome = said(tmp_path_factory.mktemp("mapping"), content)
    except KamError as error:
        outcome = error.told()
    assert outcome
