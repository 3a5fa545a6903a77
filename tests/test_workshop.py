"""The room on paper: minutes, days, both languages, and a customer's folder that holds only the customer's."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import bundles
import pytest
from nbformat import v4
from worlds import MARK, build, forms

from kamlib import text
from kamlib.data import workspace
from kamlib.data.workspace import Change
from kamlib.errors import KamError
from kamlib.method import review, workshop
from kamlib.run import export, standings
from kamlib.run import workshop as papers
from kamlib.show import paper

CHROMIUM = Path("/usr/bin/chromium")
NAME = "A$5% & B <ö>"
ON_THE_TABLE = [
    f"{n}_{name}.html"
    for n, name in enumerate(("invitation", "pre_read", "agenda", "canvases", "follow_up"), 1)
]
Write = Callable[..., papers.Delivery]


def day(on: str) -> date:
    return date.fromisoformat(on)


@pytest.fixture(scope="module")
def thin(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """Accounts and revenue, nothing else; one account has a name that tests every page."""
    made = workspace.create(tmp_path_factory.mktemp("tunn") / "tunn.sqlite", name="Prov")
    rows = [dict(row, account_id="007") for row in bundles.months("2026-09", [100.0] * 24)]
    accounts = [{"account_id": "007", "name": NAME}, {"account_id": "A-2", "name": "Annan AB"}]
    tables = bundles.frames({"account": accounts, "revenue": rows})
    made.import_facts({name: tables[name] for name in ("account", "revenue")}, source="prov")
    standings.refresh(made)
    return made


@pytest.fixture
def write(thin: workspace.Workspace, tmp_path: Path) -> Write:
    """Write papers of the thin workspace."""

    def written(here: workspace.Workspace = thin, **request: Any) -> papers.Delivery:
        return papers.write(here, papers.Request(out=tmp_path, **request))

    return written


def read(delivery: papers.Delivery, *folders: str) -> str:
    """Everything written, or what lies in some folders, as a reader sees it: without style, unescaped."""
    held = [path for path in delivery.files if not folders or path.parent.name in folders]
    pages = [re.sub(r"<style>.*?</style>", "", path.read_text("utf-8"), flags=re.DOTALL) for path in held]
    bare = re.sub(r"<[^>]+>", " ", re.sub(r"</?span[^>]*>", "", "\n".join(pages)))
    return " ".join(html.unescape(bare).split())


# --- minutes and days ---


@pytest.mark.parametrize(
    ("kind", "minutes", "items"),
    [
        ("plan", 60, [5, 10, 10, 15, 10, 7, 3]),
        ("joint", 90, [5, 20, 15, 10, 20, 10, 5, 5]),
        ("segmentation", 180, [10, 20, 25, 20, 15, 10, 40, 15, 15, 10]),
        ("internal", 30, [5, 5, 8, 4, 5, 3]),
        ("customer", 60, [5, 15, 10, 10, 15, 5]),
    ],
)
def test_the_minutes_of_p1_and_p23(kind: str, minutes: int, items: list[int]) -> None:
    """Each agenda is the method's, item by item, adds up to what its name says, and is led in both languages."""
    rows = review.agenda(kind)
    assert [each.minutes for each in rows] == items
    assert rows[-1].to_minute == sum(items) == minutes
    for lang in text.LANGUAGES:
        text.use(lang)
        for each in rows:
            assert str(each.item) != text.t(each.key.replace("agenda", "lead", 1))


@pytest.mark.parametrize("kind", papers.KINDS)
def test_the_name_says_the_minutes(kind: str) -> None:
    """A workshop's name holds the minutes of its agenda, so that neither drifts from the other."""
    code = kind.replace("-", "_")
    rows = review.agenda(bundles.portfolio().settings["workshops"][code]["agenda"])
    for lang in text.LANGUAGES:
        text.use(lang)
        assert str(rows[-1].to_minute) in text.t(f"workshop.{code}.name") or kind == "segmentation"
        assert kind != "segmentation" or "180" in text.t(f"workshop.{code}.name")


def test_the_countdown_of_p24() -> None:
    """Ten, five, three and one working day before; the next weekday and thirty days after."""
    steps = workshop.countdown(bundles.account(), day("2026-10-21"))  # a Wednesday
    assert [str(each.due_on) for each in steps] == [
        "2026-10-07", "2026-10-14", "2026-10-16", "2026-10-20", "2026-10-21", "2026-10-22", "2026-11-20",
    ]  # fmt: skip
    assert [str(each.label) for each in steps] == ["T−10", "T−5", "T−3", "T−1", "T", "T+24 h", "T+30"]
    assert not any(each.is_quiet for each in steps)


@pytest.mark.parametrize(
    ("on", "step", "due"),
    [
        ("2026-10-23", "follow_up", "2026-10-26"),  # Friday: 24 hours later is a Saturday
        ("2026-10-22", "promises_checked", "2026-11-23"),  # thirty days later is a Saturday
        ("2026-10-19", "pre_flight", "2026-10-16"),  # Monday: the working day before is a Friday
        ("2026-10-24", "pre_flight", "2026-10-23"),  # Saturday: so it is of a day that should be moved
    ],
)
def test_no_step_falls_on_a_weekend(on: str, step: str, due: str) -> None:
    """What would fall on a Saturday or Sunday is moved to a working day."""
    steps = {each.step: each.due_on for each in workshop.countdown(bundles.account(), day(on))}
    assert str(steps[step]) == due


@pytest.mark.parametrize(
    ("on", "rules"),
    [
        ("2026-10-21", []),
        ("2027-07-14", ["workshop_quiet"]),  # week 28
        ("2027-08-13", ["workshop_quiet"]),  # week 32, but T-10 lies in week 30
        ("2026-10-24", ["workshop_weekend"]),
        ("2026-10-05", ["workshop_late", "workshop_late"]),  # T-10 and T-5 lie before the state of the data
        ("2026-09-09", []),  # held already: the mail is printed again
    ],
)
def test_days_that_are_warned_of(on: str, rules: list[str]) -> None:
    """Holiday weeks 28-31, weekends, and steps whose day has passed; each in words."""
    bundle = bundles.account()
    found = workshop.warnings(bundle, workshop.countdown(bundle, day(on)))
    assert [finding.rule for finding in found] == rules
    assert all(re.search(r"\d", finding.sentence()) for finding in found)


def test_without_a_day_the_steps_have_none() -> None:
    """A kit may be printed before the day is set: no date is made up."""
    assert {each.due_on for each in workshop.countdown(bundles.account(), None)} == {None}


# --- who, and what was agreed ---


def test_the_customers_people_are_those_behind_shared_work() -> None:
    """P2: goals, values, promises and work, never roles or stances; who has left is marked."""
    people = [{"contact_id": f"C-{n}", "side": "customer", "name": f"Kund {n}"} for n in (1, 2, 3, 4)]
    people[1]["gone_on"] = "2026-08-01"
    account = bundles.account(
        contact=[*people, {"contact_id": "O-1", "side": "ours", "account_id": None, "name": "KAM Ett"}],
        account_plan=[{"year": 2026, "owner_id": "O-1"}],
        goal=[{"title": "M", "goal_class": "strategic", "side": "joint", "customer_owner_id": "C-1"}],
        commitment=[{"title": "L", "direction": "customer", "customer_owner_id": "C-2"}],
        stakeholder=[{"contact_id": "C-4", "role": "economic", "influence": 5}],
    )
    rows = workshop.guests(account, with_customer=True)
    assert [(each.contact_id, each.part, each.has_left) for each in rows] == [
        ("C-1", "invited_for.goal", False),
        ("C-2", "invited_for.promise", True),
        ("O-1", "function.kam", False),
        (None, "function.sponsor", False),
    ]
    assert any("Kund 2" in str(line) for line in workshop.to_know(account))


def test_inside_the_whole_squad_is_asked() -> None:
    """P22: who is there, and a line to write on for each function of the minimum that nobody holds."""
    rows = workshop.guests(bundles.account(), with_customer=False)
    assert {each.contact_id for each in rows} == {None}
    assert [each.part for each in rows] == [
        f"function.{name}" for name in bundles.account().limit("squad_minimum")
    ]


def test_the_mail_holds_what_was_noted_on_the_day() -> None:
    """Goals confirmed and promises made that day stand in the right part; other days' do not."""
    goal = {"title": "M", "goal_class": "strategic", "side": "joint", "customer_status": "confirmed"}
    account = bundles.account(
        goal=[{**goal, "customer_status_on": on} for on in ("2026-09-09", "2026-09-10")],
        commitment=[
            {"title": "Vi", "direction": "ours", "owner_id": "O", "made_on": "2026-09-09"},
            {"title": "Ni", "direction": "customer", "customer_owner_id": "C", "made_on": "2026-09-09"},
            {"title": "Sedan", "direction": "ours", "made_on": "2026-09-11"},
        ],
    )
    rows = list(workshop.agreed(account, day("2026-09-09")))
    assert [(each.part, each.title) for each in rows] == [("agreed", "M"), ("ours", "Vi"), ("theirs", "Ni")]
    assert [each.person_id for each in rows[1:]] == ["O", "C"]
    assert not list(workshop.agreed(account, None))


def test_the_next_day_is_after_the_workshop() -> None:
    """The earliest booked meeting with the customer later than the day; none is none."""
    account = bundles.account(
        account_plan=[{"year": 2026, "next_meeting_on": "2026-12-01"}],
        meeting=[{"title": "S", "kind": kind, "planned_on": on} for kind, on in (
            ("customer_review", "2026-10-21"), ("squad", "2026-10-25"), ("visit", "2026-11-05")
        )],
    )  # fmt: skip
    assert workshop.next_day(account, day("2026-10-21")) == day("2026-11-05")
    assert workshop.next_day(account, day("2026-12-01")) is None
    for on in (None, day("2026-09-09")):  # before a day is set, and of a workshop that is over
        assert account.next_meeting
        assert workshop.next_day(account, on) == account.next_meeting.on


def test_the_kam_is_that_of_the_plan_in_force() -> None:
    """A coming year's draft names no KAM and no need of today's meeting; without a plan the register names one."""
    people = [
        {"contact_id": who, "side": "ours", "account_id": None, "name": who.title()}
        for who in ("nu", "sedan")
    ]
    plans = [{"year": 2026, "owner_id": "nu"}, {"year": 2027, "owner_id": "sedan"}]
    assert workshop.kam(bundles.account(contact=people, account_plan=plans)) == "Nu"
    assert (
        workshop.kam(bundles.account(account=[{"account_id": "A-1", "name": "A", "owner": "Bo Ek"}]))
        == "Bo Ek"
    )
    assert workshop.kam(bundles.account()) == ""


# --- the papers ---


@pytest.mark.parametrize("lang", text.LANGUAGES)
@pytest.mark.parametrize("kind", papers.KINDS)
def test_accounts_and_revenue_are_enough(write: Write, kind: str, lang: str) -> None:
    """Every kind in both languages from a thin workspace, with and without a day; nothing broken reaches paper."""
    account = {} if kind == "segmentation" else {"account_id": "007"}
    folders = {"customer" if kind in ("joint", "customer-review") else "participants", "facilitator"}
    for on in ("2026-10-21", ""):
        delivery = write(kind=kind, lang=lang, on=on, **account)
        assert {path.parent.name for path in delivery.files} == folders
        assert [path.name for path in delivery.files if path.parent.name != "facilitator"] == ON_THE_TABLE
        words = read(delivery)
        assert not re.search(r"\bnan\b|NaT|<NA>|\bNone\b(?! of)|Traceback|[{}]", words)
        assert NAME in words
        assert ("2026-10-07" in words) == bool(on)


def test_a_name_is_shown_and_never_obeyed(write: Write) -> None:
    """`A$5% & B <ö>` is escaped in title, head and foot of every paper."""
    for path in write(kind="joint", account_id="007").files:
        page = path.read_text("utf-8")
        assert "A$5% &amp; B &lt;ö&gt;" in page
        assert NAME not in page


def test_paper_stands_alone_under_the_policy_of_the_reports(write: Write) -> None:
    """No script, no address; the very policy that a report carries; A4 and A3 across."""
    report = export.to_html(v4.new_notebook(), title="T", lang="sv", audience="internal")
    assert f'content="{paper.POLICY}"' in report
    for path in write(kind="plan", account_id="007").files:
        page = path.read_text("utf-8")
        assert f'content="{paper.POLICY}"' in page
        assert not re.search(r"https?://|<script|<link|@import|<img|url\((?!data:)", page)
        assert re.search(r"@page a3 ?\{\s*size: ?A3 landscape", page)


def test_one_a3_per_canvas(write: Write) -> None:
    """The one-page plan has its fifteen boxes, a canvas its rows; the customer's are the settings' four."""
    canvases = {
        kind: next(
            path for path in write(kind=kind, account_id="007").files if "canvases" in path.name
        ).read_text("utf-8")
        for kind in ("plan", "joint")
    }
    assert canvases["plan"].count('<section class="kam tex2jax_ignore mathjax_ignore paper canvas">') == 2
    assert canvases["plan"].count("<article>") == 15
    assert canvases["joint"].count("<tbody>") == 4
    assert canvases["joint"].count("<tr style=") == 6 + 3 + 7 + 8


def test_what_a_canvas_is_asked_to_hold() -> None:
    """Every canvas of the settings is declared, its widths fill the sheet, and the rule of P23 is on the joint one."""
    for setup in bundles.portfolio().settings["workshops"].values():
        for name in setup["canvases"]:
            declared = text.entry(f"canvas.{name}")
            widths = [int(words["width"]) for words in declared.get("columns", {}).values()]
            assert sum(widths) == 100 or name == "one_page"
    goals = text.entry("canvas.joint_goals")
    assert list(goals["columns"]) == ["goal", "measure", "baseline", "target", "theirs", "ours", "involved"]
    assert goals["rows"] == "3"


# --- refusals ---


def saved(here: workspace.Workspace, *changes: Change) -> workspace.Workspace:
    here.save(list(changes), by="prov", at=datetime(2026, 9, 30, 12, tzinfo=UTC))
    return here


@pytest.fixture
def own(thin: workspace.Workspace, tmp_path: Path) -> workspace.Workspace:
    """A copy of the thin workspace to write in."""
    return workspace.open(shutil.copy(thin.target, tmp_path / "egen.sqlite"), read_only=False)


@pytest.mark.parametrize("kind", ["joint", "customer-review"])
def test_during_a_tender_nobody_is_invited(
    write: Write, own: workspace.Workspace, tmp_path: Path, kind: str
) -> None:
    """P7: refused with the reason, nothing written, also for a day after the tender; inside work goes on."""
    shutil.copy(own.target, tmp_path / "före.sqlite")
    tender = {"kind": "tender", "title": "Ramavtal", "happened_on": "2026-08-01", "ends_on": "2027-01-15"}
    saved(own, Change("event", "E-1", tender, "007", operation="insert"))
    for on in ("", "2026-10-21", "2027-03-01"):
        with pytest.raises(KamError, match="2027-01-15"):
            write(own, kind=kind, account_id="007", on=on)
    assert not (tmp_path / "workshops").exists()
    before = write(workspace.open(tmp_path / "före.sqlite"), kind=kind, account_id="007", on="2026-10-21")
    with pytest.raises(KamError, match="2027-01-15"):
        write(own, kind=kind, account_id="007", on="2026-10-21")
    assert not (before.folder / "customer").exists()  # what lay there to be sent is no longer there
    assert len(list((before.folder / "withdrawn").iterdir())) == len(ON_THE_TABLE)
    assert write(own, kind="plan", account_id="007").files


def declined(own: workspace.Workspace) -> workspace.Workspace:
    goal = {
        "title": "Två genomgångar om året.", "goal_class": "relational", "side": "joint",
        "customer_status": "declined", "customer_status_on": "2026-04-22", "customer_said": "Inga planer före 2027.",
        "ask_again_on": "2027-01-20",
    }  # fmt: skip
    return saved(own, Change("goal", "G-1", goal, "007", operation="insert"))


@pytest.mark.parametrize(
    ("kind", "on"), [("joint", "2026-10-21"), ("joint", ""), ("customer-review", "2026-10-21")]
)
def test_after_a_no_there_is_the_ladder(write: Write, own: workspace.Workspace, kind: str, on: str) -> None:
    """P25: no invitation, the six steps and the customer's own words, and the day to ask again."""
    delivery = write(declined(own), kind=kind, account_id="007", on=on)
    assert [path.name for path in delivery.files] == ["1_no_ladder.html"]
    assert not (delivery.folder / "customer").exists()
    assert delivery.refusal
    assert "2027-01-20" in delivery.refusal.sentence()
    words = read(delivery)
    assert "2026-04-22: Två genomgångar om året. ”Inga planer före 2027.” Fråga igen: 2027-01-20" in words
    assert all(
        text.t(f"ladder.{rung}.do") in words
        for rung in ("time", "plan", "figures", "higher", "goal", "alone")
    )


def test_a_review_may_be_offered_again_from_the_agreed_day(write: Write, own: workspace.Workspace) -> None:
    """A no to a joint plan shuts the customer review until the day to ask again, a joint plan until there is a yes."""
    declined(own)
    assert write(own, kind="customer-review", account_id="007", on="2027-02-10").refusal is None
    assert write(own, kind="joint", account_id="007", on="2027-02-10").refusal


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"on": "21 oktober"}, "21 oktober"),
        ({"account_id": "A-3"}, "A-2"),
        ({"kind": "segmentation", "account_id": "007"}, "utan kund"),
    ],
)
def test_a_wrong_word_is_told(write: Write, request_: dict[str, str], told: str) -> None:
    """A day that is none, an account that is none, an account where all are meant: said with the cure."""
    with pytest.raises(KamError, match=told):
        write(**request_)


# --- the customer's folder ---


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[workspace.Workspace]:
    """Two worlds that differ in everything that is closed to the customer; no tender, no refusal."""
    folder = tmp_path_factory.mktemp("världar")
    made = [build(folder / f"{world}.sqlite", world) for world in (0, 1)]
    for here in made:
        portfolio = here.portfolio()
        ended = [Change("event", row_id, {}, operation="retire") for row_id in portfolio.event["row_id"]]
        plans = portfolio.account_plan["row_id"]
        ended += [here.change("account_plan", row_id, tender_until=None) for row_id in plans]
        here.save(ended, by="prov", at=datetime(2026, 9, 30, 15, tzinfo=UTC))
    return made


@pytest.mark.parametrize("kind", ["joint", "customer-review"])
def test_a_customers_folder_holds_only_the_customers(
    worlds: list[workspace.Workspace], tmp_path: Path, kind: str
) -> None:
    """Canaries in every closed place never reach it, and two worlds that differ only there give the same bytes."""
    pages = []
    for world, here in enumerate(worlds):
        request = papers.Request(tmp_path / str(world), kind, "A-1", "2026-10-21", "sv")
        delivery = papers.write(here, request)
        assert delivery.refusal is None
        folder = delivery.folder / "customer"
        assert sorted(path.name for path in folder.iterdir()) == ON_THE_TABLE
        pages.append({path.name: path.read_text("utf-8") for path in folder.iterdir()})
        assert MARK in read(delivery, "facilitator")
    assert pages[0] == pages[1]
    for page in pages[0].values():
        assert MARK.casefold() not in forms(page).casefold()
    shared = "".join(pages[0].values())
    assert "öppet goal title 1" in shared
    assert "öppet contact name" in shared


@pytest.mark.parametrize("kind", ["joint", "customer-review"])
def test_papers_that_name_another_customer_are_not_written(
    write: Write, own: workspace.Workspace, tmp_path: Path, kind: str
) -> None:
    """Somebody opened a row that names another customer: told with place and cure, and not one file is there."""
    goal = {"title": "Färre stopp, som hos Annan AB", "goal_class": "strategic", "side": "joint"}
    saved(own, Change("goal", "G-9", {**goal, "is_shared": True}, "007", operation="insert"))
    with pytest.raises(KamError, match="en annan kunds namn") as stopped:
        write(own, kind=kind, account_id="007", on="2026-10-21")
    assert "Annan AB" not in str(stopped.value)
    assert not (tmp_path / "workshops").exists()


# --- on paper ---


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.exists() or not shutil.which("pdfinfo"), reason="needs chromium and pdfinfo")
def test_it_prints_on_a4_and_a3(write: Write, tmp_path: Path) -> None:
    """The sheets come out on A4 upright, each canvas on one A3 across."""
    sizes = {}
    for path in write(kind="joint", account_id="007", on="2026-10-21").files:
        target = tmp_path / f"{path.stem}.pdf"
        printing = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command = [str(CHROMIUM), *printing, f"--print-to-pdf={target}", path.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        told = subprocess.run(
            ["pdfinfo", "-l", "9", str(target)], check=True, capture_output=True, text=True
        ).stdout
        sizes[path.stem] = re.findall(r"\((A\d)\)", told)
    assert sizes == {
        "1_invitation": ["A4"], "2_pre_read": ["A4"], "3_agenda": ["A4"], "4_canvases": ["A3"] * 4,
        "5_follow_up": ["A4"], "1_guide": ["A4"] * 2, "2_no_ladder": ["A4"],
    }  # fmt: skip
