"""Judging a company's files: every problem at once, in the user's words, and nothing loaded in part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kamlib import schema, text
from kamlib.data import intake, sources
from kamlib.errors import Finding, KamError

ACCOUNTS = "account_id;name\n1;Alfa\n2;Beta\n"
REVENUE = "account_id;month;revenue\n1;2026-09;100\n"
Outcome = tuple[dict[str, pd.DataFrame], list[Finding], pd.DataFrame]


def judged(folder: Path, mapping: Any = None, /, *, known: Any = None, **files: str) -> Outcome:
    """Judge a folder of these files (name without .csv); accounts and revenue are there unless given."""
    for name, content in {"accounts": ACCOUNTS, "revenue": REVENUE, **files}.items():
        if content:
            (folder / f"{name}.csv").write_bytes(content.encode())
    return intake.judge(sources.read(folder, mapping), known=known)


def rules(findings: list[Finding]) -> list[str]:
    """Rules of the findings, notes left out."""
    return [finding.rule for finding in findings if finding.severity != "note"]


def message(findings: list[Finding], lang: str = "en") -> str:
    """The whole message that stops the import."""
    text.use(lang)
    with pytest.raises(KamError) as error:
        intake.refuse(findings)
    assert error.value.exit_code == 3
    return error.value.told()


def test_accounts_and_revenue_are_enough(tmp_path: Path) -> None:
    """Two files, three columns: typed frames in the dtypes of the schema, no finding."""
    tables, findings, report = judged(tmp_path)
    assert findings == []
    intake.refuse(findings)
    for name, rows in tables.items():
        assert dict(rows.dtypes) == dict(schema.TABLES[name].empty().dtypes)
    assert list(report["rows_accepted"]) == [2, 1]


def test_two_problems_are_told_in_one_message(tmp_path: Path) -> None:
    """The pattern that docs/house.md gives: headline, then place, found, expected, cure."""
    content = REVENUE + "1;2026-08;5\n1;2026-07;12,5 mkr\n1;2026-06;abc\n"
    told = message(judged(tmp_path, revenue=content)[1])
    assert told.startswith("2 problems in table 'revenue' (revenue.csv); nothing was loaded.")
    assert "revenue.csv, row 4, column 'revenue': found \"12,5 mkr\", expected a number" in told
    assert "revenue.csv, row 5, column 'revenue': found \"abc\", expected a number" in told


def test_the_same_message_in_swedish(tmp_path: Path) -> None:
    """The reader's language, the same places."""
    told = message(judged(tmp_path, revenue=REVENUE + "1;2026-08;12,5 mkr\n")[1], "sv")
    assert told.startswith("1 problem i tabellen ”revenue” (revenue.csv); ingenting lästes in.")
    assert "rad 3, kolumn ”revenue”: hittade ”12,5 mkr”" in told
    assert "unit: tkr eller mkr" in told


BAD = {
    "missing column": ({"revenue": "account_id;month;amount\n1;2026-09;5\n"}, "column_missing"),
    "duplicated id": ({"accounts": ACCOUNTS + "2;Gamma\n"}, "key_twice"),
    "empty file": ({"accounts": " "}, "file_empty"),
    "mixed dates": ({"revenue": REVENUE + "1;01/02/2026;5\n"}, "mixed_dates"),
    "ambiguous dates": ({"cases": "case_id;account_id;opened_on\nC1;1;01/02/2026\n"}, "ambiguous_date"),
    "unit": ({"revenue": REVENUE + "1;2026-08;12,5 mkr\n"}, "unit_asked"),
    "exponent": ({"revenue": REVENUE + "1;2026-08;1e5\n"}, "number_exponent"),
    "hexadecimal": ({"revenue": REVENUE + "1;2026-08;0x10\n"}, "not_a_number"),
    "lone thousand": ({"revenue": "account_id;month;revenue\n1;2026-09;1,234\n"}, "ambiguous_number"),
    "two decimal signs": ({"revenue": REVENUE + "1;2026-08;1,5\n1;2026-07;2.5\n"}, "mixed_numbers"),
    "required empty": ({"accounts": ACCOUNTS + ";Gamma\n"}, "required_empty"),
    "bad choice": ({"contacts": "contact_id;side\nK1;vendor\n"}, "not_a_choice"),
    "bad flag": ({"contacts": "contact_id;is_placeholder\nK1;kanske\n"}, "not_a_flag"),
    "bad share": (
        {"opportunities": "opportunity_id;account_id;name;probability\nO1;1;X;12\n"},
        "not_a_share",
    ),
    "not whole": ({"accounts": "account_id;name;payment_days\n1;A;1,5\n"}, "not_whole"),
    "range": ({"accounts": "account_id;name;payment_days\n1;A;500\n"}, "outside_range"),
    "below zero": ({"revenue": "account_id;month;revenue;orders\n1;2026-09;5;-1\n"}, "too_small"),
    "sheet error": ({"accounts": ACCOUNTS + "3;#REF!\n"}, "sheet_error"),
    "wrong fields": ({"accounts": ACCOUNTS + "3;C;D\n"}, "field_count"),
    "header twice": ({"accounts": "account_id;name;name\n1;A;B\n"}, "header_twice"),
    "no rows": ({"accounts": "account_id;name\n"}, "no_rows"),
    "all unknown": ({"revenue": "account_id;month;revenue\n001;2026-09;5\n"}, "reference_none"),
}


@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("case", BAD)
def test_bad_input_stops_the_import_and_is_told(tmp_path: Path, case: str, lang: str) -> None:
    """Every kind of bad input of the issue: an error of its own rule that names the file."""
    files, rule = BAD[case]
    findings = judged(tmp_path, **files)[1]
    assert rule in rules(findings)
    told = message(findings, lang)
    assert f"{next(iter(files))}.csv" in told
    assert "{" not in told


def test_ids_and_names_stay_as_they_are_written(tmp_path: Path) -> None:
    """`007`, `1E5` and `NO` are ids, `NA` and `NULL` company names; space around is trimmed."""
    accounts = "account_id;name\n 007 ;NA\n1E5;NULL\nNO;A$5% & B <ö>\n"
    tables, findings, _ = judged(
        tmp_path, accounts=accounts, revenue="account_id;month;revenue\n007;2026-09;5\n"
    )
    assert findings == []
    assert list(tables["account"]["account_id"]) == ["007", "1E5", "NO"]
    assert list(tables["account"]["name"]) == ["NA", "NULL", "A$5% & B <ö>"]


def test_ids_that_went_through_floats_lose_their_zero(tmp_path: Path) -> None:
    """`17850.0` in every row is `17850`; one text id among them and nothing is changed."""
    revenue = "account_id;month;revenue\n17850.0;2026-09;5\n"
    assert rules(judged(tmp_path, accounts="account_id;name\n17850;A\n", revenue=revenue)[1]) == []
    accounts = "account_id;name\n17850.0;A\nX1;B\n"
    assert rules(judged(tmp_path, accounts=accounts, revenue=revenue)[1]) == ["reference_none"]


def test_missing_is_missing_and_not_zero(tmp_path: Path) -> None:
    """Empty, `-`, `NULL` and `n/a` are no number, no choice, no date; never 0."""
    content = (
        "case_id;account_id;opened_on;closed_on;severity\nC1;1;2026-01-31;-;n/a\nC2;1;2026-02-01;NULL;\n"
    )
    cases = judged(tmp_path, cases=content)[0]["case"]
    assert cases["closed_on"].isna().all()
    assert cases["severity"].isna().all()


@pytest.mark.parametrize("said", ["lou", "LOU", "luf"])
def test_a_choice_is_read_by_its_code(tmp_path: Path, said: str) -> None:
    """In any case of letters."""
    tables, findings, _ = judged(tmp_path, accounts=f"account_id;name;procurement_regime\n1;A;{said}\n")
    assert (rules(findings), tables["account"]["procurement_regime"][0]) == ([], said.lower())


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_a_choice_is_read_by_its_label_in_either_language(tmp_path: Path, lang: str) -> None:
    """What a person reads on the page may stand in the file."""
    labels = {code: words[lang] for code, words in schema.TABLES["case"].by_name["severity"].choices.items()}
    rows = "".join(f"C{n};1;2026-01-31;{label}\n" for n, label in enumerate(labels.values()))
    tables, findings, _ = judged(tmp_path, cases="case_id;account_id;opened_on;severity\n" + rows)
    assert (rules(findings), list(tables["case"]["severity"])) == ([], list(labels))


def test_flags_are_read_as_people_write_them(tmp_path: Path) -> None:
    """ja/nej, yes/no, 1/0, x, true/false, sant/falskt; blank is unknown."""
    words = {
        "ja": True,
        "nej": False,
        "Yes": True,
        "no": False,
        "1": True,
        "0": False,
        "x": True,
        "FALSE": False,
        "": None,
    }
    rows = "".join(f"K{n};{word}\n" for n, word in enumerate(words))
    contacts = judged(tmp_path, contacts="contact_id;is_placeholder\n" + rows)[0]["contact"]
    assert [None if pd.isna(flag) else bool(flag) for flag in contacts["is_placeholder"]] == list(
        words.values()
    )


def test_revenue_is_summed_to_month_and_product_group(tmp_path: Path) -> None:
    """Any day of the month, repeated: one row with the sum; an unknown part makes the margin unknown."""
    content = (
        "account_id;month;product_group;revenue;contribution_margin;orders\n"
        "1;2026-09-02;Pumpar;0,10;0,05;1\n1;2026-09-30;Pumpar;0,20;;2\n1;2026-09-30;;7;3,0;1\n"
    )
    tables, findings, report = judged(tmp_path, revenue=content)
    rows = tables["revenue"]
    assert list(rows["revenue"]) == [0.3, 7]
    assert rows["contribution_margin"].isna().tolist() == [True, False]
    assert list(rows["orders"]) == [3, 1]
    assert list(rows["month"]) == [pd.Timestamp("2026-09-01")] * 2
    assert "sum_unknown" in rules(findings)
    assert report["money_accepted"][1] == 730


def test_quantities_are_added_only_within_one_unit(tmp_path: Path) -> None:
    """Pieces and metres make no sum: the quantity is then unknown, and so is its unit."""
    content = (
        "account_id;month;product_group;revenue;quantity;quantity_unit\n"
        "1;2026-09-02;Pumpar;1;3;st\n1;2026-09-30;Pumpar;2;-1;st\n"
        "1;2026-09-02;Slang;1;3;st\n1;2026-09-30;Slang;2;4;m\n"
        "1;2026-09-02;Filter;1;3;st\n1;2026-09-30;Filter;2;4;\n"
    )
    tables, findings, _ = judged(tmp_path, revenue=content)
    rows = tables["revenue"].set_index("product_group")
    assert rows["quantity"].fillna(-99).to_dict() == {"Pumpar": 2, "Slang": -99, "Filter": -99}
    assert rows["quantity_unit"].fillna("").to_dict() == {"Pumpar": "st", "Slang": "", "Filter": ""}
    assert "sum_unknown" in rules(findings)


def test_equal_rows_of_revenue_are_summed_and_told(tmp_path: Path) -> None:
    """Two equal invoices are two invoices, but the reader hears of them."""
    tables, findings, _ = judged(tmp_path, revenue=REVENUE + "1;2026-09;100\n")
    assert tables["revenue"]["revenue"].tolist() == [200]
    assert rules(findings) == ["copies_summed"]


def test_exact_copies_of_an_id_count_once(tmp_path: Path) -> None:
    """Counted in the report, named in a warning."""
    tables, findings, report = judged(tmp_path, accounts=ACCOUNTS + "2;Beta\n")
    assert (len(tables["account"]), rules(findings), report["rows_copies"][0]) == (2, ["copies_dropped"], 1)


def test_an_id_with_two_contents_names_both_rows(tmp_path: Path) -> None:
    """Both lines, and which columns differ."""
    told = message(judged(tmp_path, accounts=ACCOUNTS + "2;Gamma\n")[1])
    assert (
        "row 4, column 'account_id': \"2\" already stands on row 3 of accounts.csv with different content (name)"
        in told
    )


def test_revenue_of_an_unknown_customer_is_left_out_with_its_money(tmp_path: Path) -> None:
    """A warning with rows, ids, money and the nearest id; the report adds up."""
    tables, findings, report = judged(tmp_path, revenue=REVENUE + "X9;2026-09;77,50\nX9;2026-08;2,50\n")
    (finding,) = findings
    text.use("en")
    assert finding.sentence().startswith(
        "revenue.csv, row 3, column 'account_id': 2 rows belong to unknown customers (1: X9)"
    )
    assert "amount: 80" in finding.sentence()
    assert len(tables["revenue"]) == 1
    assert report.loc[1, ["money_read", "money_accepted", "money_refused"]].tolist() == [18000, 10000, 8000]


def test_a_loose_end_is_a_warning(tmp_path: Path) -> None:
    """A parent that nobody knows stays, and is told."""
    tables, findings, _ = judged(tmp_path, accounts="account_id;name;parent_id\n1;A;9\n2;B;1\n")
    assert rules(findings) == ["reference_dangling"]
    assert list(tables["account"]["parent_id"]) == ["9", "1"]


def test_missing_accounts_are_told_with_their_least_columns(tmp_path: Path) -> None:
    """Revenue names customers, nobody says who they are."""
    told = message(judged(tmp_path, accounts="")[1])
    assert "revenue names 1 customers, but no file says who they are" in told
    assert "at least the columns account_id, name" in told


def test_a_folder_of_strangers_says_what_is_missing_and_what_was_not_read(tmp_path: Path) -> None:
    """The warnings that explain an error go along with it."""
    told = message(judged(tmp_path, accounts="", revenue="", acounts=ACCOUNTS)[1])
    assert "accounts.csv: the file is missing" in told
    assert "acounts.csv: the file was not read" in told


def test_a_workspace_that_knows_its_accounts_takes_revenue_alone(tmp_path: Path) -> None:
    """Next month's file is one file."""
    assert judged(tmp_path, accounts="", known={"account": ["1"]})[1] == []
    assert rules(judged(tmp_path, accounts="", known={"account": ["2"]})[1]) == ["reference_none"]


def test_twenty_of_a_rule_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    """A thousand bad cells are twenty sentences and a number."""
    rows = "".join(f"1;2026-09;bad{n}\n" for n in range(1000))
    findings = judged(tmp_path, revenue="account_id;month;revenue\n" + rows)[1]
    assert rules(findings) == ["not_a_number"] * 20 + ["more_like_this"]
    told = message(findings)
    assert told.startswith("1,000 problems in table 'revenue'")
    assert "980 more problems of the same kind" in told


def test_unknown_columns_are_a_note_with_the_nearest_name(tmp_path: Path) -> None:
    """A misspelt optional column is not lost in silence."""
    (finding,) = judged(tmp_path, accounts="account_id;name;contry\n1;A;SE\n")[1]
    assert (finding.severity, finding.rule, finding.values["near"].split(",")[0]) == (
        "note",
        "column_not_read",
        "country",
    )


MAPPING = {
    "dates": "%d.%m.%Y",
    "files": [
        {"file": "kunder.csv", "table": "account", "columns": {"account_id": "Kundnr", "name": "Kundnamn"},
         "constants": {"country": "NO"}},
        {"file": "fakturor.csv", "table": "revenue", "unit": "tkr", "keep": {"Status": ["bokförd"]},
         "columns": {"account_id": "Kundnr", "month": "Fakturadatum", "revenue": "Belopp"}},
    ],
}  # fmt: skip
CUSTOMERS = "Kundnr;Kundnamn;Ort\n007;Alfa;Umeå\n"
INVOICES = "Kundnr;Fakturadatum;Belopp;Status\n007;01.02.2026;1,5;bokförd\n007;03.02.2026;x;makulerad\n007;03.02.2026;2;makulerad\n"


def test_a_mapping_turns_own_files_into_tables(tmp_path: Path) -> None:
    """Own names, a constant, a unit, a date format and a filter; what the filter leaves out is counted, not judged."""
    tables, findings, report = judged(
        tmp_path, MAPPING, accounts="", revenue="", kunder=CUSTOMERS, fakturor=INVOICES
    )
    assert rules(findings) == []
    assert tables["account"].loc[0, ["account_id", "name", "country"]].tolist() == ["007", "Alfa", "NO"]
    assert tables["revenue"]["revenue"].tolist() == [1500]
    assert tables["revenue"]["month"].tolist() == [pd.Timestamp("2026-02-01")]
    assert report.loc[1, ["rows_read", "rows_accepted", "rows_left_out", "money_left_out"]].tolist() == [
        3,
        1,
        2,
        200_000,
    ]


def test_a_mapped_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With the file's own headings and the nearest one."""
    told = message(
        judged(
            tmp_path, MAPPING, accounts="", revenue="", kunder="KundNo;Kundnamn\n1;A\n", fakturor=INVOICES
        )[1]
    )
    assert (
        "the mapping names column 'Kundnr', but the file has KundNo, Kundnamn. Nearest: Kundnamn, KundNo"
        in told
    )


def test_a_foreign_currency_is_refused(tmp_path: Path) -> None:
    """The kit guesses no rate."""
    told = message(judged(tmp_path, {"currency": "EUR"})[1])
    assert "the mapping says EUR but the workspace counts in SEK" in told


def test_typed_cells_of_a_workbook_keep_their_meaning_beside_texts(tmp_path: Path) -> None:
    """A column of numbers and of texts with decimal comma: both are read; an id that became a date is refused."""
    workbook = openpyxl.Workbook()
    workbook.active.title = "accounts"
    for row in (["account_id", "name"], [7, "A"]):
        workbook.active.append(row)
    sheet = workbook.create_sheet("revenue")
    for row in (
        ["account_id", "month", "revenue"],
        ["7", pd.Timestamp("2026-09-15"), 1.234],
        ["7", "2026-08", "12,5"],
    ):
        sheet.append(row)
    workbook.save(tmp_path / "export.xlsx")
    tables, findings, _ = judged(tmp_path, accounts="", revenue="")
    assert rules(findings) == []
    assert tables["revenue"]["revenue"].tolist() == [1.23, 12.5]
    workbook["accounts"]["A2"] = pd.Timestamp("2026-09-01")
    workbook.save(tmp_path / "export.xlsx")
    assert "id_became_date" in rules(judged(tmp_path, accounts="", revenue="")[1])


def test_the_report_is_a_sheet_of_the_catalogue(tmp_path: Path) -> None:
    """Every column that the page names is there, money in currency units."""
    report = intake.in_currency(judged(tmp_path)[2])
    assert set(text.entry("sheet.intake_report")["columns"]) <= set(report)
    assert report["money_read"].tolist()[1] == 100
    assert report["table"].tolist()[0] == schema.TABLES["account"].title["sv"]


WORDS = st.text(alphabet="abcåäöÅÄÖé ;,\"'\n&<%NA01E-", min_size=1, max_size=12).map(str.strip).filter(bool)
IDS = st.lists(st.text(alphabet="01EeNOax.-", min_size=1, max_size=6), min_size=1, max_size=5, unique=True)
ORE = st.integers(-(10**9), 10**11)


@st.composite
def portfolios(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    """Accounts and their revenue, typed."""
    ids = draw(IDS.filter(lambda ids: not all(each.endswith(".0") for each in ids)))
    accounts = {
        "account_id": ids,
        "name": draw(st.lists(WORDS, min_size=len(ids), max_size=len(ids))),
        "payment_days": draw(st.lists(st.none() | st.integers(0, 365), min_size=len(ids), max_size=len(ids))),
    }
    months = pd.date_range("2024-01-01", periods=len(ids), freq="MS")
    ore = st.lists(ORE, min_size=len(ids), max_size=len(ids))
    revenue = {"account_id": ids, "month": months, "revenue": [part / 100 for part in draw(ore)]}
    revenue["contribution_margin"] = [part / 100 for part in draw(ore)]
    frames = {"account": pd.DataFrame(accounts), "revenue": pd.DataFrame(revenue)}
    return {name: schema.TABLES[name].typed(rows) for name, rows in frames.items()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tables=portfolios(),
    style=st.sampled_from(
        [(";", ",", "cp1252"), (";", ",", "utf-8-sig"), (",", ".", "utf-8"), ("\t", ".", "utf-16")]
    ),
)
def test_what_is_written_reads_back_the_same(
    tmp_path: Path, tables: dict[str, pd.DataFrame], style: tuple[str, str, str]
) -> None:
    """Round trip in the Swedish and the English way of writing CSV: the same typed frames."""
    separator, decimal, encoding = style
    for name, rows in tables.items():
        written = rows.copy()
        for amount in ("revenue", "contribution_margin"):
            if amount in written:
                written[amount] = [f"{value:.2f}".replace(".", decimal) for value in rows[amount]]
        content = written.to_csv(sep=separator, index=False, date_format="%Y-%m-%d")
        (tmp_path / schema.TABLES[name].file).write_bytes(content.encode(encoding))
    read, findings, _ = intake.judge(sources.read(tmp_path, {"files": [
        {"file": "accounts.csv", "table": "account", "encoding": encoding},
        {"file": "revenue.csv", "table": "revenue"},
    ]}))  # fmt: skip
    assert rules(findings) == []
    for name, rows in tables.items():
        pd.testing.assert_frame_equal(read[name], rows)


CELLS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["1,5", "1.5", "2026-09", "01/02/2026", "NA", "", "-", "12 %", "(5)", "ja", "#N/A", "1e5", '"']
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.sampled_from([name for name, table in schema.TABLES.items() if table.role == "fact"]),
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5),
    data=st.data(),
)
def test_any_cells_give_tables_or_findings(
    tmp_path: Path, table: str, rows: list[list[str]], data: st.DataObject
) -> None:
    """Random cells under real headings: never another exception, and the report always adds up."""
    names = list(schema.TABLES[table].by_name)
    header = data.draw(st.lists(st.sampled_from(names), min_size=3, max_size=3, unique=True))
    lines = [";".join(header), *(";".join(row) for row in rows)]
    for old in tmp_path.iterdir():
        old.unlink()
    (tmp_path / schema.TABLES[table].file).write_bytes("\n".join(lines).encode())
    _, findings, report = intake.judge(sources.read(tmp_path))
    assert all(finding.sentence() for finding in findings)
    parts = report[["rows_accepted", "rows_refused", "rows_left_out", "rows_copies"]].sum(axis=1)
    assert (report["rows_read"] == parts).all()
