"""Reading files as they stand: encodings, separators, physical lines, workbooks, canonical names."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kamlib import text
from kamlib.data import intake, sources
from kamlib.data.raw import DAY, NUMBER, Grid, Raw
from kamlib.errors import KamError

ACCOUNTS = "account_id;name\n"


def written(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    """Write one file into the folder and return the folder."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return folder


def grid(raw: Raw, table: str = "account") -> Grid:
    """The cells of the one table called so."""
    (only,) = [each.grid for each in raw if each.table == table]
    return only


def column(cells: Grid, name: str) -> list[str]:
    """A column's texts by its header."""
    return list(cells.cells[cells.header.index(name)])


def rules(raw: Raw) -> list[str]:
    """Every rule that reading told of, files first."""
    return [finding.rule for each in raw for finding in each.findings] + [f.rule for f in raw.findings]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp850", "mac_roman"]
)
def test_swedish_names_survive_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    """å ä ö Å Ä Ö é come out right without being told the encoding."""
    names = ["Bergsvägen Åkeri", "Örnsköldsvik Järn", "Café Småland", "ÄLVSJÖ BRÄDGÅRD"]
    content = ACCOUNTS + "".join(f"{n};{name}\n" for n, name in enumerate(names))
    raw = sources.read(written(tmp_path, "accounts.csv", content, encoding))
    assert column(grid(raw), "name") == names


def test_a_guessed_encoding_is_told_with_samples(tmp_path: Path) -> None:
    """The reader sees decoded words and can judge them; UTF-8 needs no such note."""
    raw = sources.read(written(tmp_path, "accounts.csv", ACCOUNTS + "1;Malmö Gjuteri\n", "cp1252"))
    (note,) = grid_findings(raw)
    assert note.rule == "encoding_guessed"
    assert "cp1252" in note.sentence()
    assert "Malmö" in note.sentence()


def grid_findings(raw: Raw) -> list[object]:
    """Findings of all files."""
    return [finding for each in raw for finding in each.findings]  # type: ignore[misc]


def test_text_that_the_export_has_damaged_is_told(tmp_path: Path) -> None:
    """`Ã¤` in a UTF-8 file was wrong before we came."""
    raw = sources.read(written(tmp_path, "accounts.csv", ACCOUNTS + "1;BergsvÃ¤gen\n"))
    assert rules(raw) == ["damaged_text"]


def test_the_mapping_may_say_the_encoding(tmp_path: Path) -> None:
    """A person's word wins over the rule; a wrong word is told."""
    folder = written(tmp_path, "kunder.csv", ACCOUNTS + "1;Ö\n", "cp437")
    entry = {"file": "kunder.csv", "table": "account", "encoding": "cp437"}
    assert column(grid(sources.read(folder, {"files": [entry]})), "name") == ["Ö"]
    assert rules(sources.read(folder, {"files": [{**entry, "encoding": "utf-8"}]})) == ["cannot_decode"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    """Decimal commas and texts with commas do not mislead."""
    rows = [["account_id", "name", "payment_days"], ["1", "A", "30"], ["2", "B", "10"]]
    content = "\n".join(separator.join(row) for row in rows)
    assert grid(sources.read(written(tmp_path, "accounts.csv", content))).header == tuple(rows[0])


def test_decimal_commas_do_not_look_like_separators(tmp_path: Path) -> None:
    """Semicolons between fields, commas inside numbers."""
    raw = sources.read(
        written(tmp_path, "revenue.csv", "account_id;month;revenue\n1;2026-01;1,5\n2;2026-01;2,5\n")
    )
    assert column(grid(raw, "revenue"), "revenue") == ["1,5", "2,5"]


def test_the_line_is_the_physical_line(tmp_path: Path) -> None:
    """Line breaks inside quotes, blank lines and Windows line ends all count."""
    content = 'account_id;name\r\n1;"A\r\nB"\r\n\r\n2;C\r\n3;D\r\n'
    cells = grid(sources.read(written(tmp_path, "accounts.csv", content)))
    assert list(cells.lines) == [2, 5, 6]
    assert column(cells, "name") == ["A\r\nB", "C", "D"]


def test_a_row_with_too_many_fields_is_told_and_never_shifted(tmp_path: Path) -> None:
    """12 fields where the header has 11: the line, both counts and the row itself."""
    raw = sources.read(written(tmp_path, "accounts.csv", "account_id,name\n1,A\n2,Berg, Dahl & Co\n3,C\n"))
    assert column(grid(raw), "account_id") == ["1", "3"]
    (finding,) = grid_findings(raw)
    text.use("en")
    assert finding.sentence().startswith("accounts.csv, row 3: 3 fields, expected 2: '2,Berg, Dahl & Co'.")  # type: ignore[attr-defined]


def test_a_quote_that_never_closes_is_told(tmp_path: Path) -> None:
    """The rest of the file is not swallowed in silence."""
    raw = sources.read(written(tmp_path, "accounts.csv", 'account_id;name\n1;A\n2;"B\n3;C\n'))
    (finding,) = grid_findings(raw)
    assert (finding.rule, finding.place["line"]) == ("broken_quote", 3)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file_empty"),
        (b" \n \n", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (b"a;b\n\x00\x01;2\n", "not_a_text_file"),
    ],
)
def test_files_without_a_table_are_told(tmp_path: Path, content: bytes, rule: str) -> None:
    """Empty, blank, only a BOM, or binary."""
    assert rules(sources.read(written(tmp_path, "accounts.csv", content))) == [rule]


def test_unknown_files_are_told_with_the_nearest_name(tmp_path: Path) -> None:
    """A folder may hold other things, but what looks like data is named."""
    folder = written(tmp_path, "acounts.csv", ACCOUNTS)
    written(folder, "README.md", "hej")
    raw = sources.read(folder)
    assert rules(raw) == ["file_not_read"]
    assert "accounts" in raw.findings[0].sentence()


def test_a_source_that_does_not_exist_is_raised(tmp_path: Path) -> None:
    """The only thing that reading raises beside a wrong mapping."""
    with pytest.raises(KamError, match="finns inte"):
        sources.read(tmp_path / "nothing")


def test_the_same_table_twice_is_told(tmp_path: Path) -> None:
    """accounts.csv and account.csv: nobody guesses which one counts."""
    folder = written(tmp_path, "account.csv", ACCOUNTS + "1;A\n")
    assert "table_twice" in rules(sources.read(written(folder, "accounts.csv", ACCOUNTS + "1;B\n")))


def test_one_file_can_be_read_alone(tmp_path: Path) -> None:
    """A file instead of a folder."""
    written(tmp_path, "accounts.csv", ACCOUNTS + "1;A\n")
    assert [each.table for each in sources.read(tmp_path / "accounts.csv")] == ["account"]


def book(path: Path, **sheets: list[list[object]]) -> openpyxl.Workbook:
    """A workbook of sheets, saved and handed back for changes."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return workbook


def test_cells_of_a_workbook_become_faithful_text(tmp_path: Path) -> None:
    """Float ids lose `.0`, texts stay, dates are ISO, booleans are words, small numbers have no exponent."""
    from datetime import date, datetime

    values: list[object] = [
        17850.0,
        "007",
        date(2026, 9, 30),
        datetime(2026, 9, 30, 14, 5),  # noqa: DTZ001 - sheets know no zones
        True,
        0.00001,
        12.5,
    ]
    book(tmp_path / "accounts.xlsx", account=[["account_id", *"bcdefg"], values])
    cells = grid(sources.read(tmp_path))
    assert [str(each[0]) for each in cells.cells] == [
        "17850", "007", "2026-09-30", "2026-09-30 14:05:00", "true", "0.00001", "12.5"
    ]  # fmt: skip
    assert [int(mark[0]) for mark in cells.marks] == [NUMBER, 0, DAY, DAY, 0, NUMBER, NUMBER]
    assert list(cells.lines) == [2]


def test_a_number_shown_with_leading_zeros_keeps_them(tmp_path: Path) -> None:
    """7 in the format 00000 is the id 00007 in its owner's eyes."""
    workbook = book(tmp_path / "accounts.xlsx", account=[["account_id", "name"], [7, "A"]])
    workbook["account"]["A2"].number_format = "00000"
    workbook.save(tmp_path / "accounts.xlsx")
    assert column(grid(sources.read(tmp_path)), "account_id") == ["00007"]


def test_a_formula_without_a_saved_value_is_told(tmp_path: Path) -> None:
    """Openpyxl would give an empty cell; the cure is to open and save the file in Excel."""
    book(tmp_path / "accounts.xlsx", account=[["account_id", "name"], ["1", "=A2&A2"]])
    (finding,) = grid_findings(sources.read(tmp_path))
    assert (finding.rule, finding.place["line"], finding.place["column"]) == ("formula_without_value", 2, "B")  # type: ignore[attr-defined]


def test_hidden_rows_and_merged_cells_are_told(tmp_path: Path) -> None:
    """What nobody sees in the sheet is still read, and said so."""
    workbook = book(
        tmp_path / "accounts.xlsx", account=[["account_id", "name"], ["1", "A"], ["2", "B"], ["3", None]]
    )
    workbook["account"].row_dimensions[3].hidden = True
    workbook["account"].merge_cells("B3:B4")
    workbook.save(tmp_path / "accounts.xlsx")
    assert rules(sources.read(tmp_path)) == ["hidden_rows", "merged_cells"]


def test_one_workbook_may_hold_all_tables(tmp_path: Path) -> None:
    """Sheets named like the tables or their files, in any case; other sheets are left alone."""
    book(
        tmp_path / "export.xlsx",
        Accounts=[["account_id", "name"], ["1", "A"]],
        revenue=[["account_id", "month", "revenue"], ["1", "2026-09", 5]],
        Anteckningar=[["hej"]],
    )
    tables, findings, _ = intake.judge(sources.read(tmp_path))
    assert set(tables) == {"account", "revenue"}
    assert findings == []


def test_which_sheet_is_asked_when_several_could_be_meant(tmp_path: Path) -> None:
    """The sheet is never chosen by chance; the mapping may name it, also `2026`."""
    rows: list[list[object]] = [["account_id", "name"], ["1", "A"]]
    book(tmp_path / "accounts.xlsx", **{"2025": rows, "2026": rows})
    assert rules(sources.read(tmp_path)) == ["sheet_unclear"]
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("files:\n  - {file: accounts.xlsx, table: account, sheet: 2026}\n", "utf-8")
    assert column(grid(sources.read(tmp_path, mapping)), "name") == ["A"]
    mapping.write_text("files:\n  - {file: accounts.xlsx, table: account, sheet: 2027}\n", "utf-8")
    assert rules(sources.read(tmp_path, mapping)) == ["sheet_missing"]


def test_a_damaged_workbook_is_told(tmp_path: Path) -> None:
    """A password or a broken zip: open and save again."""
    assert rules(sources.read(written(tmp_path, "accounts.xlsx", b"PK\x03\x04 not a zip"))) == [
        "workbook_unreadable"
    ]


def test_preamble_and_footer_are_skipped_where_the_mapping_says(tmp_path: Path) -> None:
    """Titles above the header and a total below."""
    content = "Report of September\n\naccount_id;name\n1;A\n2;B\nTotal;2\n"
    entry = {"file": "k.csv", "table": "account", "header_row": "3", "skip_footer": "1", "separator": ";"}
    cells = grid(sources.read(written(tmp_path, "k.csv", content), {"files": [entry]}))
    assert (column(cells, "name"), list(cells.lines)) == (["A", "B"], [4, 5])


def test_a_pattern_takes_many_files_as_one_table(tmp_path: Path) -> None:
    """One file per year gives the same totals as one file."""
    head = "account_id,month,revenue\n"
    for year in (2025, 2026):
        written(tmp_path, f"rev-{year}.csv", head + f"1,{year}-01,10.50\n")
    written(tmp_path, "kunder.csv", "account_id,name\n1,A\n")
    files = [{"file": "kunder.csv", "table": "account"}, {"file": "rev-*.csv", "table": "revenue"}]
    tables, findings, report = intake.judge(sources.read(tmp_path, {"files": files}))
    assert findings == []
    assert tables["revenue"]["revenue"].sum() == 21
    assert list(report["money_accepted"].dropna()) == [1050, 1050]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), name=st.sampled_from(["accounts.csv", "revenue.csv", "revenue.xlsx"]))
def test_any_bytes_give_findings_and_never_a_traceback(tmp_path: Path, content: bytes, name: str) -> None:
    """Random bytes in place of a file: judged, told, never another exception."""
    for old in tmp_path.iterdir():
        old.unlink()
    tables, findings, _ = intake.judge(sources.read(written(tmp_path, name, content)))
    with pytest.raises(KamError):
        intake.refuse(findings)
    assert all(finding.sentence() for finding in findings)
    assert isinstance(tables, dict)
