"""The sample company keeps its promises: what sample_data/README.md and the stories say is true of the files."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kamlib import schema, text
from kamlib.data import intake, kit, sources, workspace
from kamlib.method import coaching, goal_setting, measures, planning, relationships, segmentation
from kamlib.run import standings

FOLDER = kit.path("sample_data")
TWELVE = {
    "A-003": 58.4, "A-011": 46.1, "A-008": 71.2, "A-021": 33.5, "A-029": 27.8, "A-034": 22.4,
    "A-041": 41.0, "A-017": 38.6, "A-052": 19.7, "A-046": 24.9, "A-026": 30.2, "A-088": 9.6,
}  # fmt: skip
OTHERS = {"A-005": 52.3, "A-163": 1.9, "A-117": 8.8, "A-070": 20.5, "A-094": 17.3, "A-101": 6.2}
REVIEW_DAYS = ["2025-11-12", "2026-02-11", "2026-05-20", "2026-09-09"]
#: Words that a customer must never read, in both languages.
NEVER = {
    "sv": ("andel av inköp", "merförsäljning", "risk att tappa", "konkurrent", "täckningsgrad", "motstånd", "potential"),
    "en": ("share of purchase", "upsell", "risk of losing", "competitor", "contribution margin", "resistance", "potential"),
}  # fmt: skip


def read(name: str, lang: str = "sv") -> pd.DataFrame:
    """One file as text, exactly as it stands."""
    return pd.read_csv(FOLDER / lang / f"{name}.csv", dtype=str, keep_default_na=False)


def log(lang: str = "sv") -> list[dict[str, Any]]:
    """The change list of the plan."""
    changes: list[dict[str, Any]] = json.loads((FOLDER / lang / "plan_log.json").read_text("utf-8"))
    return changes


def rows_of(table: str, lang: str = "sv") -> pd.DataFrame:
    """The plan's rows of one table as they stand on the data day, folded from the change list."""
    folded: dict[str, dict[str, Any]] = {}
    for change in log(lang):
        if change["table"] == table and change["operation"] == "retire":
            folded.pop(change["row_id"])
        elif change["table"] == table:
            row = folded.setdefault(change["row_id"], {"account_id": change["account_id"]})
            row.update(change["after"])
    return pd.DataFrame.from_dict(folded, orient="index").rename_axis("row_id").reset_index()


def bought(first: str = "2025-10", last: str = "2026-09") -> pd.DataFrame:
    """Revenue rows of some months with numbers, by the group's top customer."""
    revenue, parents = read("revenue"), read("accounts").set_index("account_id")["parent_id"]
    revenue = revenue[revenue["month"].between(first, last)].astype(
        {"revenue": float, "contribution_margin": float}
    )
    tops = [parents[key] or key for key in revenue["account_id"]]
    return revenue.assign(account_id=tops)


@pytest.fixture(scope="session")
def store(sample_file: Path) -> workspace.Workspace:
    """The sample as a workspace, made the way `kam` makes it."""
    return workspace.open(sample_file)


@pytest.fixture(scope="session")
def segments(store: workspace.Workspace) -> pd.DataFrame:
    """The segmentation of the sample, one row per group."""
    return segmentation.assign(store.portfolio()).set_index("account_id")


# Files -------------------------------------------------------------------------------------------------------


def test_the_script_writes_the_same_bytes(tmp_path: Path) -> None:
    """A run of make.py gives exactly the committed files, at most 4 MB per language."""
    subprocess.run([sys.executable, str(FOLDER / "make.py"), "--out", str(tmp_path)], check=True, timeout=60)
    for lang in text.LANGUAGES:
        names = sorted(file.name for file in (FOLDER / lang).iterdir())
        assert names == sorted(file.name for file in (tmp_path / lang).iterdir())
        assert all(
            (FOLDER / lang / name).read_bytes() == (tmp_path / lang / name).read_bytes() for name in names
        )
        assert sum((FOLDER / lang / name).stat().st_size for name in names) < 4_000_000


@pytest.mark.parametrize("lang", text.LANGUAGES)
def test_the_files_pass_the_intake(lang: str) -> None:
    """Each language's folder is read without a finding and fills every fact table."""
    tables, findings, _ = intake.judge(sources.read(FOLDER / lang))
    assert [finding.sentence() for finding in findings] == []
    facts = {name for name, table in schema.TABLES.items() if table.role == "fact"}
    assert facts == {name for name, rows in tables.items() if len(rows)}


def test_the_languages_tell_the_same(store: workspace.Workspace) -> None:
    """Swedish and English differ only in words: same rows, ids, numbers and days."""
    for name, table in schema.TABLES.items():
        if table.role == "fact":
            stem = table.file.removesuffix(".csv")
            plain = [each.name for each in table.columns if each.kind != "text"]
            pd.testing.assert_frame_equal(read(stem, "sv")[plain], read(stem, "en")[plain], obj=name)
    keys = ("effective_on", "recorded_at", "by", "account_id", "table", "row_id", "operation")
    assert [[change[key] for key in keys] for change in log("sv")] == [
        [c[key] for key in keys] for c in log("en")
    ]


def test_the_dictionary_is_the_schema_of_today(tmp_path: Path) -> None:
    """DATA_DICTIONARY.md names every table and column that the schema declares, and no other."""
    said = (FOLDER / "DATA_DICTIONARY.md").read_text("utf-8")
    for table in schema.TABLES.values():
        assert said.count(f"### {table.name}: ") == 2
        assert all(f"| `{column.name}` |" in said for column in table.columns)
    assert said.count("### ") == 2 * len(schema.TABLES)


# Sales -------------------------------------------------------------------------------------------------------


def test_sales_are_what_the_stories_say() -> None:
    """R12 is 640 mkr within 1 %; the twelve have 423.4 of them; each story has its own sum."""
    sums = bought().groupby("account_id")["revenue"].sum() / 1e6
    assert sums.sum() == pytest.approx(640, rel=0.01)
    assert sums[list(TWELVE)].sum() == pytest.approx(423.4, abs=0.05)
    for account_id, amount in (TWELVE | OTHERS).items():
        assert sums[account_id] == pytest.approx(amount, abs=0.01), account_id


def test_there_are_39_months_and_about_180_customers() -> None:
    """39 months end with September 2026; about 180 customers, some in groups, about 600 people."""
    assert read("revenue")["month"].nunique() == 39
    assert read("revenue")["month"].max() == "2026-09"
    assert 170 <= len(read("accounts")) <= 190
    parents = read("accounts")["parent_id"].value_counts()
    assert parents["A-070"] == 6 and parents["A-041"] == 3 and len(parents.drop("")) >= 4  # noqa: PT018
    assert 570 <= len(read("contacts")) <= 640


def test_product_groups_have_their_sums_and_hose_stands_still() -> None:
    """The seven groups sum as in the story; hose and hydraulics moves at most 1 % a year, at the yard not at all."""
    years = [("2023-10", "2024-09"), ("2024-10", "2025-09"), ("2025-10", "2026-09")]
    sums = [bought(*year).groupby("product_group")["revenue"].sum() / 1e6 for year in years]
    last = dict(sorted(sums[-1].round(1).items()))
    assert sorted(last.values()) == [18.0, 61.0, 74.0, 104.0, 109.0, 126.0, 148.0]
    hose = [each["Slang och hydraulik"] for each in sums]
    assert all(abs(now / then - 1) <= 0.01 for then, now in itertools.pairwise(hose))
    for year in years:
        yard = bought(*year).query("account_id == 'A-046' and product_group == 'Slang och hydraulik'")
        assert yard["revenue"].sum() / 1e6 == pytest.approx(11.6, abs=0.01)


def test_the_year_has_its_rhythm() -> None:
    """July is the weakest month of every year, December is weak, May and September are strong."""
    months = bought("2024-01", "2025-12").groupby("month")["revenue"].sum()
    for year in ("2024", "2025"):
        one = months[months.index.str.startswith(year)]
        assert one.idxmin() == f"{year}-07"
        assert one[f"{year}-12"] < one.median() < min(one[f"{year}-05"], one[f"{year}-09"])


def test_nine_months_have_a_credit_note() -> None:
    """Exactly nine months hold a negative row."""
    revenue = read("revenue").astype({"revenue": float})
    assert revenue.loc[revenue["revenue"] < 0, "month"].nunique() == 9


def test_the_fish_farm_grows_19_per_cent() -> None:
    """K06 grows 19 % a year."""
    now, then = (bought(*year).query("account_id == 'A-034'")["revenue"].sum() for year in
                 (("2025-10", "2026-09"), ("2024-10", "2025-09")))  # fmt: skip
    assert now / then - 1 == pytest.approx(0.19, abs=0.005)


def test_the_auction_customer_has_a_thin_margin() -> None:
    """N1 leaves 9.1 % in contribution margin."""
    rows = bought().query("account_id == 'A-005'")
    assert rows["contribution_margin"].sum() / rows["revenue"].sum() == pytest.approx(0.091, abs=0.0005)


# Accounts and people -----------------------------------------------------------------------------------------


def test_the_awkward_name_stands_exactly_so() -> None:
    """N3 is written as the customer writes it."""
    assert read("accounts").set_index("account_id")["name"]["A-117"] == "A$5% & B <ö>"


def test_rivals_regime_and_former_names() -> None:
    """K01 and K07 compete, K05 buys by LUF, two customers changed name."""
    accounts = read("accounts").set_index("account_id")
    assert (accounts["competes_with"]["A-003"], accounts["competes_with"]["A-041"]) == ("A-041", "A-003")
    assert accounts["procurement_regime"]["A-029"] == "luf"
    assert (accounts["former_name"] != "").sum() == 2


def test_four_people_are_kept_as_placeholders() -> None:
    """Four roles are known without a name; nobody else lacks one."""
    people = read("contacts")
    unnamed = people[people["name"] == ""]
    assert len(unnamed) == 4
    assert set(unnamed["is_placeholder"]) == {"true"}
    assert (people["side"] == "ours").sum() == 15
    assert (people.loc[people["side"] == "ours", "account_id"] == "").all()


def test_nine_of_ten_contacts_at_the_pulp_mill_are_one_person() -> None:
    """K02: at least 90 % of the contacts are with Bo Granlöv."""
    contacts = read("touchpoints").query("account_id == 'A-011'")
    named = read("contacts").set_index("contact_id")["name"]
    assert (contacts["contact_id"].map(named) == "Bo Granlöv").mean() >= 0.9


def test_no_meeting_in_the_summer_weeks() -> None:
    """Nobody meets in weeks 28 to 31."""
    weeks = pd.to_datetime(read("touchpoints")["held_on"]).dt.isocalendar()["week"]
    assert not weeks.between(28, 31).any()


def test_every_table_has_a_customer_with_nothing_in_it() -> None:
    """For every table some customer has no row at all: empty sections are shown in the sample too."""
    everyone = set(read("accounts")["account_id"])
    for name, table in schema.TABLES.items():
        if table.role == "fact" and name != "account":
            assert everyone - set(read(table.file.removesuffix(".csv"))["account_id"]), name
        elif table.role == "plan":
            assert everyone - {change["account_id"] for change in log() if change["table"] == name}, name


# Deliveries, costs, answers ----------------------------------------------------------------------------------


def test_the_mine_loses_money_after_service(segments: pd.DataFrame) -> None:
    """K03: 24 % margin, 20.2 mkr of service, 3.1 mkr lost; last on the whale curve."""
    costs = read("service_costs").query("account_id == 'A-008' and month >= '2025-10'")
    assert costs["cost"].astype(float).sum() / 1e6 == pytest.approx(20.2, abs=0.01)
    profits = segments["profit_12m"]
    assert profits["A-008"] / 1e6 == pytest.approx(-3.1, abs=0.1)
    assert profits.idxmin() == "A-008"


def test_the_steel_mill_waits_for_its_deliveries() -> None:
    """K08: 81 % of the lines of the year were on time in full."""
    lines = read("deliveries").query("account_id == 'A-017' and month >= '2025-10'")
    met, due = (lines[column].astype(int).sum() for column in ("lines_on_time_in_full", "lines_due"))
    assert met / due == pytest.approx(0.81, abs=0.005)


def test_the_mean_hides_a_four() -> None:
    """K06: ten answers with mean 8.3, one of them a 4 from the largest site."""
    answers = read("feedback").query("account_id == 'A-034' and kind == 'nps'")
    scores = answers["score"].astype(float)
    assert (scores.mean(), scores.min(), (scores < 7).sum()) == (pytest.approx(8.3), 4, 1)
    assert answers.loc[scores.idxmin(), "contact_id"] == "C-034-02"


def test_the_dock_is_nine_weeks_late() -> None:
    """K10: Dock 3 is expected nine weeks after its planned end."""
    dock = read("projects").set_index("project_id").loc["PR-01"]
    assert (pd.Timestamp(dock["expected_end_on"]) - pd.Timestamp(dock["planned_end_on"])).days == 63


def test_agreements_of_the_stories() -> None:
    """K04 can be ended with three months' notice on a change of control; K05 has a framework."""
    agreements = read("agreements").set_index("account_id")
    assert agreements.loc["A-021", ["notice_months", "has_change_of_control"]].tolist() == ["3", "true"]
    assert agreements.loc["A-029", "kind"] == "framework"


# The plan ----------------------------------------------------------------------------------------------------


def test_the_log_is_dated_and_in_order() -> None:
    """The change list spans the last year in order of writing; nothing is written before it happened."""
    changes = log()
    written = [change["recorded_at"] for change in changes]
    assert written == sorted(written)
    assert all(change["effective_on"] <= change["recorded_at"][:10] <= "2026-09-30" for change in changes)
    for change in changes:
        for day in (
            "noted_on",
            "done_on",
            "judged_on",
            "confirmed_on",
            "held_on",
            "measured_on",
            "graded_on",
        ):
            assert str(change["after"].get(day) or "") <= change["recorded_at"][:10], change


def test_seven_of_twelve_promises_are_late(store: workspace.Workspace) -> None:
    """K08: of twelve promises of ours that were due, seven were late or are; one of the customer's is too."""
    ours = measures.commitments(store.account("A-017")).ours
    assert (ours.due, ours.late + ours.overdue) == (12, 7)


def test_the_brewery_plan_has_not_moved_since_october() -> None:
    """K09: the plan's last change is of October 2025; only a review and an event were written after."""
    changes = [change for change in log() if change["account_id"] == "A-052"]
    later = {change["table"] for change in changes if change["effective_on"] >= "2025-11"}
    assert later == {"review", "event"}
    assert max(c["effective_on"] for c in changes if c["table"] not in later).startswith("2025-10")


def test_reviews_were_held_four_times() -> None:
    """Internal reviews on the four days, none in July; K09 missed three; K04's last one waits since the purchase."""
    held = rows_of("review").query("kind == 'internal'")
    assert sorted(held["held_on"].unique()) == REVIEW_DAYS
    missed = {key: 4 - count for key, count in held.groupby("account_id").size().items() if count < 4}
    assert missed == {"A-052": 3, "A-021": 1}


def test_the_twelve_are_selected_and_the_foundry_is_not() -> None:
    """The twelve are key accounts; N6 was deselected in November 2025 with a reason and names."""
    decisions = rows_of("selection").sort_values("decided_on").drop_duplicates("account_id", keep="last")
    assert set(decisions.loc[decisions["is_key"], "account_id"]) == set(TWELVE)
    foundry = decisions.set_index("account_id").loc["A-101"]
    assert foundry["decided_on"].startswith("2025-11")
    assert "Petter Lindaryd" in foundry["decided_by"]


def test_k05_k09_k12_have_no_sponsor() -> None:
    """Three plans have no sponsor, on purpose."""
    plans = rows_of("account_plan")
    assert set(plans.loc[plans["sponsor_id"].isna(), "account_id"]) == {"A-029", "A-052", "A-088"}


def test_the_kam_of_four_has_too_few_hours(store: workspace.Workspace) -> None:
    """Petter Lindaryd's plans need 1,420 hours; 1,150 exist; of who is new nobody has said how many there are."""
    hours = measures.hours(store.portfolio()).frame().set_index("person_id")
    assert hours.loc["S-04", ["hours_needed", "hours_available"]].tolist() == [1420, 1150]
    states = {
        "S-03": "enough",
        "S-04": "short",
        "S-05": "enough",
        "S-06": "enough",
        "S-07": "unknown",
        "S-08": "left",
    }
    assert hours["state"].to_dict() == states


def test_the_hours_of_an_initiative_are_counted_once(store: workspace.Workspace) -> None:
    """K08: the five open initiatives take 290 hours in all, however many are accountable and responsible."""
    hours = measures.initiative_hours(store.account("A-017"))
    assert sum(hours.values()) == 290
    assert hours["S-12"] == 80


def test_the_share_of_purchases_is_that_of_the_year(store: workspace.Workspace) -> None:
    """K12: 2.9 of 26 million in 2026 are 11 % (10-13 %); the estimates of 2027 and 2028 are never part of it."""
    (valves,) = measures.wallet_share(store.account("A-088"))
    shares = (valves.low_share, valves.likely_share, valves.high_share)
    assert [round(each or 0, 2) for each in shares] == [0.10, 0.11, 0.13]
    assert (valves.year, valves.likely) == (2026, 26e6)
    tops = [
        measures.wallet_high(store.account("A-088"), valves.product_group, year)
        for year in (2026, 2028, 2030)
    ]
    assert tops == [30e6, 46e6, None]


def test_a_later_years_purchases_give_no_share(store: workspace.Workspace) -> None:
    """A-163: only 2029 is estimated; the estimate is shown with its year, and no share of it."""
    (whole,) = measures.wallet_share(store.account("A-163"))
    assert (whole.year, whole.likely, whole.likely_share) == (2029, 19e6, None)


@pytest.mark.parametrize(
    ("account_id", "last_day"),
    [
        ("A-017", "2026-12-31"),
        ("A-046", "2026-09-30"),
        ("A-052", "2026-09-30"),
        ("A-008", "2026-10-30"),
        ("A-026", "2026-12-30"),
    ],
)
def test_the_last_day_of_notice(store: workspace.Workspace, account_id: str, last_day: str) -> None:
    """An agreement to 31 March with three months' notice has its last day on 31 December, not a day later or sooner."""
    days = {
        str(each.notice_on): each.days_to_notice for each in measures.agreements(store.account(account_id))
    }
    assert days[last_day] == (pd.Timestamp(last_day) - pd.Timestamp("2026-09-30")).days


def test_a_sum_says_for_how_many_it_is_known(store: workspace.Workspace) -> None:
    """Cost to serve is known for 25 of the 168 who bought: what is left is their sum, and nobody else's cost is zero."""
    text.use("sv")
    portfolio = store.portfolio()
    left = measures.customer_profit(portfolio)
    assert (left.known, left.of) == (25, 168)
    row = measures.library(portfolio).where(measure="profit")[0]
    assert str(row.known) == "25 av 168"
    assert row.known_share == pytest.approx(25 / 168)


def test_goals_are_held_to_what_is_left_and_to_their_own_history(store: workspace.Workspace) -> None:
    """A-017: 1.4 mkr in three months where the best year gave -0.8; hose against its own +0.36, and measured as in 03."""
    text.use("sv")
    account = store.account("A-017")
    paces = {
        each.title: str(each.remark).replace(text.NBSP, " ")
        for each in goal_setting.check(account).where(field="pace")
    }
    assert paces["Tillbaka till 40 mkr"].startswith(
        "1,4 mkr återstår på 3 månader, och det har inte hänt förut"
    )
    assert "vårt bästa år i Slang och hydraulik gav 0,4 mkr" in paces["Slang i kallvalsverket"]
    (hose,) = goal_setting.progress(account).where(title="Slang i kallvalsverket")
    (group,) = measures.sales_by_group(account).where(product_group="Slang och hydraulik")
    assert group.revenue_12m is not None
    assert (hose.now, round(hose.now or 0, 1)) == (pytest.approx(group.revenue_12m / 1e6), 5.1)


def test_a_goal_stands_at_one_value_on_every_page(store: workspace.Workspace) -> None:
    """02's road is the one-page plan's road, for each goal that both show."""
    text.use("sv")
    for account_id in ("A-017", "A-021", "A-041", "A-046", "A-052"):
        account = store.account(account_id)
        (box,) = planning.one_page(account).where(box="goals")
        roads = {
            text.bare(each.title): str(each.road)
            for each in goal_setting.progress(account)
            if each.now is not None
        }
        for line in map(str, box.lines):
            title, _, rest = line.partition(": ")
            assert title not in roads or rest.startswith(roads[title])


def test_a_share_on_track_that_nobody_believes_in_is_told(store: workspace.Workspace) -> None:
    """A-088: the way is as expected, 2 % believe in it: said where either is shown."""
    (ahead,) = goal_setting.outlook(store.account("A-088"))
    (followed,) = goal_setting.progress(store.account("A-088"))
    assert (followed.state, ahead.state, ahead.is_contradicted) == ("on_track", "unlikely", True)


def test_the_year_in_one_row(store: workspace.Workspace) -> None:
    """K08: forecast 37.0 (33.0-39.5), pace 38.7, goal 40 above all of it; two estimates of one figure."""
    year = measures.year_outlook(store.account("A-017"))
    assert year is not None
    amounts = (year.low, year.likely, year.high, year.pace, year.goal)
    assert [round((each or 0) / 1e6, 1) for each in amounts] == [33.0, 37.0, 39.5, 38.7, 40.0]
    assert year.clashes == ("goal_above", "two_estimates")
    brewery = measures.year_outlook(store.account("A-052"))
    assert brewery is not None
    assert "who_left" in brewery.clashes


def test_a_health_below_its_parts_says_why(store: workspace.Workspace) -> None:
    """K11: 74 though every part is higher: the cap is named wherever the number is."""
    account = store.account("A-026")
    total = measures.health_total(account)
    assert total.score == 74 < (total.worst_score or 0)
    assert total.capped_by == ("economic_unmet",)
    why = text.t("health.exception.economic_unmet")
    assert why in str(measures.library(account).where(measure="health")[0].shown)
    assert why in text.t(**total.reading)
    assert standings.signs(account)["capped_by"] == ["economic_unmet"]


def test_growth_is_one_figure_in_one_word(store: workspace.Workspace) -> None:
    """K01 grows by 7.49999 %: +7.5 % wherever it is written."""
    text.use("sv")
    account = store.account("A-003")
    grown = measures.growth(account)
    shown = {
        str(grown.words),
        str(measures.figure(account, "growth", grown.share)),
        str(measures.library(account).where(measure="growth")[0].shown),
        text.percent(standings.signs(account)["growth_share"], 1, signed=True),
    }
    assert shown == {f"+7,5{text.NBSP}%"}
    assert grown.word == "growing"


def test_the_declined_goal_keeps_the_customers_words() -> None:
    """K11's joint goal is declined with the customer's words and a day to ask again; its plan is not shared."""
    goal = rows_of("goal").set_index("row_id").loc["G6"]
    assert (goal["customer_status"], goal["ask_again_on"]) == ("declined", "2027-01-20")
    assert goal["customer_said"].endswith("före ramavtalet 2027.")
    assert not rows_of("account_plan").set_index("account_id")["is_shared"]["A-026"]


def test_a_tender_silences_advice(store: workspace.Workspace) -> None:
    """K05's tender runs, so no finding asks anybody to get in touch."""
    view = store.account("A-029")
    assert relationships.silence(view) is not None
    assert not [each for each in coaching.check(view) if coaching.RULES[each.rule].is_contact]


def test_rows_are_shared_exactly_where_the_story_says() -> None:
    """Of the told goals, promises, insights, values, steps and risks exactly those marked K are shared."""
    told = {
        "goal": (["G1"], ["G2", "G3", "G4", "G5", "G6"]),
        "commitment": (["C1", "C2", "C3", "C4", "C5", "C6"], []),
        "insight": (["I1"], ["I2", "I3", "I4"]),
        "value": (["V1", "V3", "V5"], ["V2", "V4"]),
        "journey_step": (["J1", "J2", "J3"], []),
        "risk": ([], ["R1", "R2", "R3", "R4", "R5", "R6"]),
    }
    for table, (shared, kept) in told.items():
        flags = rows_of(table).set_index("row_id")["is_shared"]
        assert flags[shared].all(), table
        assert not flags[kept].any(), table
        assert not (table == "risk" and flags.any())


@pytest.mark.parametrize("lang", text.LANGUAGES)
def test_what_a_customer_reads_has_no_inside_words(lang: str) -> None:
    """No open column of a shared row, in any table, holds a word that is ours only."""
    for name, table in schema.TABLES.items():
        if table.role != "plan":
            continue
        rows = rows_of(name, lang)
        open_columns = [column for column in table.open_columns() if column in rows]
        shared = rows.loc[rows["is_shared"], open_columns] if len(rows) else rows
        said = " ".join(str(value) for value in shared.to_numpy().ravel()).casefold()
        assert not [word for word in NEVER[lang] if word in said], name


def test_value_is_counted_by_stage() -> None:
    """The five told values have their stage and sum; the caused downtime is a confirmed minus."""
    values = rows_of("value").set_index("row_id")
    assert values["amount"].loc[["V1", "V2", "V3", "V5"]].tolist() == [842_800, 192_200, 700_000, -594_000]
    stages = values["stage"].loc[["V1", "V2", "V3", "V4", "V5"]].tolist()
    assert stages == ["confirmed", "measured", "agreed", "hypothesis", "confirmed"]


def test_every_coaching_rule_fires(store: workspace.Workspace) -> None:
    """Each rule finds something in the sample; that the choice is old shows once nobody has renewed it."""
    portfolio = store.portfolio()
    views = [store.account(key) for key in (*TWELVE, *OTHERS, "A-139")]
    views.append(store.account("A-003", "2027-12-31"))
    found = {hit.rule for view in views for hit in coaching.check(view)}
    found |= {
        hit.rule for day in ("", "2027-12-31") for hit in coaching.check_company(store.portfolio(as_of=day))
    }
    untold = {
        "person_overloaded",
        "meeting_days_differ",
    }  # nobody has seven tasks, no booked day is contradicted
    assert (coaching.RULES | coaching.COMPANY_RULES).keys() - found == untold
    assert portfolio.is_sample


def test_the_story_of_a_stop_is_told_right(store: workspace.Workspace) -> None:
    """A-017: notice of AG-05 by 31 December, and of the reviews of 9 September only the squad heard nothing."""
    hits = {hit.rule: hit for hit in coaching.check(store.account("A-017"))}
    text.use("sv")
    assert "sista dag att säga upp det är 2026-12-31, om 92 dagar" in hits["agreement_ends"].sentence()
    assert "Efter genomgången 2026-09-09 har kundteamet inte fått" in hits["review_not_told"].sentence()
    for account_id in ("A-046", "A-052"):
        hits = {hit.rule: hit for hit in coaching.check(store.account(account_id))}
        assert "sista dag att säga upp det är i dag, 2026-09-30" in hits["agreement_ends"].sentence()


def test_measured_sales_are_the_invoiced_ones() -> None:
    """Baselines and readings of sales goals agree with the revenue of the twelve months before, within 0.06 mkr."""
    goals = (
        rows_of("goal").query("source == 'fakturering' and baseline_on <= '2026-09-30'").set_index("row_id")
    )
    goals = goals[goals.index != "G12-2"]
    readings = rows_of("reading").query("source == 'fakturering'")
    said = [(key, row["baseline_on"], row["baseline"]) for key, row in goals.iterrows()]
    said += list(readings[["goal_id", "measured_on", "value"]].itertuples(index=False, name=None))
    for goal_id, day, amount in said:
        last = pd.Period(day, "M")
        rows = bought(str(last - 11), str(last))
        rows = rows[rows["account_id"] == goals["account_id"][goal_id]]
        groups = [g for g in rows["product_group"].unique() if g.casefold() in goals["kpi"][goal_id]]
        groups = groups or [
            g for g in rows["product_group"].unique() if g.split()[0].casefold() in goals["kpi"][goal_id]
        ]
        rows = rows[rows["product_group"].isin(groups)] if groups else rows
        assert rows["revenue"].sum() / 1e6 == pytest.approx(amount, abs=0.06), (goal_id, day)


# Segmentation ------------------------------------------------------------------------------------------------


def test_revenue_alone_would_choose_others(segments: pd.DataFrame) -> None:
    """By revenue N1 and N4 are among the twelve; K09 and K12 are not."""
    largest = set(segments.nlargest(12, "revenue_12m").index)
    assert {"A-005", "A-070"} <= largest
    assert not {"A-052", "A-088"} & largest


def test_the_recycler_is_robust_in_though_small(segments: pd.DataFrame) -> None:
    """N2 has a place in nine of ten reasonable weightings, though below rank 40 on sales."""
    assert segments["revenue_rank"]["A-163"] > 40
    assert segments["verdict"]["A-163"] == "robust_in"


def test_the_partner_is_robust_in_and_the_star_is_a_star(segments: pd.DataFrame) -> None:
    """K01 holds whatever the weights; K12 is attractive where we are weak."""
    assert (segments["verdict"]["A-003"], segments["quadrant"]["A-088"]) == ("robust_in", "star")


def test_the_auction_customer_fails_the_gate(segments: pd.DataFrame) -> None:
    """N1 does not want to partner: it is not compared at all."""
    assert segments["gate"]["A-005"] == "failed"


def test_the_chemist_tips_at_31_per_cent(segments: pd.DataFrame) -> None:
    """N5 has a place only if willingness to partner weighs at least 31 %."""
    chemist = segments.loc["A-094"]
    assert (chemist["verdict"], chemist["tipping_criterion"]) == ("contested", "willingness_to_partner")
    assert chemist["tipping_weight"] == pytest.approx(0.31, abs=0.01)
    assert not chemist["has_place"]


def test_the_mine_is_above_the_concentration_limit(segments: pd.DataFrame) -> None:
    """K03 carries 11 % of sales, and its exposure is a decision of its own."""
    assert segments["revenue_12m"]["A-008"] / segments["revenue_12m"].sum() == pytest.approx(0.111, abs=0.001)
    assert segments["is_exposed"]["A-008"]


#: What opens an account's pages: the cause, and words of its story (docs: the sample company's twelve).
STORIES: dict[str, tuple[str, str, str]] = {
    "A-003": ("", "har bekräftat 843", "Färre stopptimmar"),
    "A-008": ("service_cost", "Kvar efter service: −3,1", "Ordinarie tid från 16 december"),
    "A-011": ("people", "Bo Granlöv går i pension i juni 2027", "serviceplanen för platschefen 12 november"),
    "A-017": ("delivery", "delar volymen med en annan leverantör", "Ansvarig är Tomas Grahnberg"),
    "A-021": ("owner_change", "inköpen ska samlas i Utrecht", "Resa till Utrecht"),
    "A-026": ("refusal", "Vi gör inga planer med enskilda leverantörer", "Fråga inte igen före 2027-01-20"),
    "A-029": ("tender", "En upphandling pågår till 2027-01-15", "Drift och jour som vanligt"),
    "A-034": ("satisfaction", "Tor-Arne Lyngmoen gav 4", "Två reservpumpar på Ytterholmen"),
    "A-041": ("budget", "mot budgeterade 33,1", "skriv en ny prognos"),
    "A-046": ("project", "Docka 3” är 63 dagar efter plan", "sista dag att säga upp det är i dag"),
    "A-052": ("plan", "utan ansvarig KAM sedan Krister Vallnäs slutade", "Idun Falkmo"),
    "A-088": ("growth", "Fluvanta får hall 3", "Buffertlager av ventiler"),
}


@pytest.mark.parametrize("account_id", STORIES)
def test_each_account_opens_with_its_story(store: workspace.Workspace, account_id: str) -> None:
    """The first thing said is what the account is about, with what is done about it, and what that is worth."""
    text.use("sv")
    account = store.account(account_id)
    findings = coaching.check(account)
    cause, seen, done = STORIES[account_id]
    first = coaching.message(account, findings).first
    assert (first.cause if first else "") == cause
    said = (
        " ".join(text.t(**each) for each in coaching.opening(account, findings) if each)
        .replace("**", "")
        .replace(text.NBSP, " ")
    )
    assert seen in said
    assert done in said
    assert ("täckningsbidrag" in said) == bool(cause)


#: What stands above an account's pages.
HEADLINES = {
    "A-003": "Ljungvarp Kartong AB har bekräftat 843 tkr",
    "A-008": "Tunnerås Gruv AB: kostar mer än kunden ger, −3,1 mkr efter service",
    "A-011": "Granmora Massa AB: 95 % av kontakterna går genom Bo Granlöv",
    "A-017": "Örnavik Stål AB: 7 av våra 12 åtaganden blev inte klara i tid",
    "A-029": "Stenvarda Energi AB: upphandling till 2027-01-15",
    "A-046": "Hovsunda Varv AB: Docka 3 är 63 dagar sent",
    "A-088": "Tjärnlunda Datahallar AB: Fluvanta får hall 3 på ledtid",
}


@pytest.mark.parametrize("account_id", HEADLINES)
def test_a_page_is_headed_by_the_customer_and_what_matters_there(
    store: workspace.Workspace, account_id: str
) -> None:
    """The heading is the customer's name and a few words; the method's name is not in it."""
    text.use("sv")
    account = store.account(account_id)
    said = str(coaching.headline(account, coaching.check(account))).replace(text.NBSP, " ")
    assert said == HEADLINES[account_id]
