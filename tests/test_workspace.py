"""The store: what is saved stays, what is refused leaves no trace, what is past can be read again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import bundles
import pandas as pd
import pytest

from kamlib import schema, text
from kamlib.data import changes, projection, workspace
from kamlib.data.workspace import Change, Conflict
from kamlib.errors import KamError


def at(day: str) -> datetime:
    return datetime.fromisoformat(day + "T09:00:00").replace(tzinfo=UTC)


def facts(**rows: bundles.Rows) -> dict[str, pd.DataFrame]:
    made = bundles.frames(rows)
    return {name: made[name] for name in rows}


@pytest.fixture
def ws(tmp_path: Path) -> workspace.Workspace:
    made = workspace.create(tmp_path / "prov.sqlite", name="Prov AB")
    made.import_facts(
        facts(
            account=[
                {"account_id": "A-1", "name": "A$5% & B <ö>"},
                {"account_id": "A-2", "name": "Bruk AB"},
                {"account_id": "A-3", "name": "Bruk Norr AB", "parent_id": "A-2"},
            ],
            revenue=bundles.months(
                "2026-09", [100.25, 200.5, 300.0], account_id="A-1", product_group="Pumpar"
            )
            + bundles.months("2026-09", [50.0], account_id="A-3", product_group="Pumpar"),
            contact=[{"contact_id": "C-1", "account_id": "A-1", "side": "customer", "name": "Vera Prov"}],
        ),
        source="erp",
    )
    return made


def goal(row_id: str = "G-1", **after: object) -> Change:
    values = {"title": "Färre stopp", "goal_class": "strategic", "side": "ours", **after}
    return Change("goal", row_id, values, account_id="A-1", operation="insert")


def test_what_goes_in_comes_out_with_its_kinds(ws: workspace.Workspace) -> None:
    """Facts come back typed, to the öre, under the name they were given."""
    account = ws.account("A-1")
    assert account.name == "A$5% & B <ö>"
    assert account.revenue["revenue"].tolist() == [100.25, 200.5, 300.0]
    assert {n: str(d) for n, d in account.revenue.dtypes.items()}["month"] == "datetime64[us]"
    assert account.facts_through == pd.Timestamp("2026-09-01")
    assert account.as_of == date(2026, 9, 30)


def test_every_table_is_there_even_empty(ws: workspace.Workspace) -> None:
    """A notebook can name any table of schema.py, in a portfolio and in an account."""
    for bundle in (ws.portfolio(), ws.account("A-2")):
        assert set(bundle.tables) == set(schema.TABLES)
        for name, rows in bundle.tables.items():
            assert list(rows.columns) == [column.name for column in schema.TABLES[name].columns]


def test_an_account_holds_its_descendants_and_nobody_else(ws: workspace.Workspace) -> None:
    """The group's notebook shows the mill's revenue; another customer's never."""
    assert ws.account("A-2").revenue["revenue"].tolist() == [50.0]
    assert set(ws.account("A-2").account["account_id"]) == {"A-2", "A-3"}


def test_a_save_is_logged_with_who_and_why(ws: workspace.Workspace) -> None:
    """Row and log entry are written together, with the author, the reason and the changed fields."""
    saved = ws.save([goal(target=20, due_on="2027-06-30")], by="Elin", reason="verkstad", session="s1")
    assert len(saved.seqs) == 1
    assert ws.account("A-1").goal["target"].tolist() == [20.0]
    entry = ws.history("A-1").iloc[-1]
    assert (entry["by"], entry["reason"], entry["operation"]) == ("Elin", "verkstad", "insert")
    assert entry["after"]["due_on"] == "2027-06-30"


def test_a_replayed_operation_is_harmless(ws: workspace.Workspace) -> None:
    """The same op_id twice is one change: an outbox may send again."""
    first = goal()
    ws.save([first], by="Elin")
    assert ws.save([first], by="Elin").seqs == ()
    assert len(ws.history("A-1")) == 1


def test_a_stale_write_is_a_conflict_and_leaves_nothing(ws: workspace.Workspace) -> None:
    """Both versions are told; of the other changes in the same save nothing is written."""
    ws.save([goal()], by="Elin", session="s1")
    stale = ws.change("goal", "G-1", title="Inga stopp")
    ws.save([ws.change("goal", "G-1", title="Tjugo stopp")], by="Leif", session="s2")
    with pytest.raises(Conflict, match=r"Färre stopp.*Inga stopp.*Tjugo stopp"):
        ws.save([goal("G-2"), stale], by="Elin", session="s1")
    assert ws.account("A-1").goal["title"].tolist() == ["Tjugo stopp"]


def test_ones_own_queue_is_no_conflict(ws: workspace.Workspace) -> None:
    """Two quick changes from one session may both say what they saw first."""
    ws.save([goal()], by="Elin", session="s1")
    first, second = ws.change("goal", "G-1", title="B"), ws.change("goal", "G-1", title="C")
    ws.save([first], by="Elin", session="s1")
    ws.save([second], by="Elin", session="s1")
    assert ws.account("A-1").goal["title"].tolist() == ["C"]


def test_two_people_may_change_different_fields(ws: workspace.Workspace) -> None:
    """Conflict is judged per field."""
    ws.save([goal()], by="Elin", session="s1")
    title, unit = ws.change("goal", "G-1", title="B"), ws.change("goal", "G-1", unit="h")
    ws.save([title], by="Elin", session="s1")
    ws.save([unit], by="Leif", session="s2")
    row = ws.account("A-1").goal.iloc[0]
    assert (row["title"], row["unit"]) == ("B", "h")


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({"goal_class": "vague"}, "inget av valen"),
        ({"target": "mycket"}, "går inte att läsa"),
        ({"colour": "red"}, "ingen sådan kolumn"),
        ({"title": None}, "krävs"),
        ({"title": "a\x00b"}, "nolltecken"),
        ({"due_on": "2027-13-45"}, "går inte att läsa"),
    ],
)
def test_bad_values_are_refused_in_words(ws: workspace.Workspace, after: dict, told: str) -> None:
    """The gate names the value and what is allowed, and writes nothing."""
    with pytest.raises(KamError, match=told):
        ws.save([goal("G-0"), goal(**after)], by="Elin")
    assert ws.account("A-1").goal.empty
    assert ws.history("A-1").empty


def test_an_update_must_say_what_it_saw(ws: workspace.Workspace) -> None:
    """Without `before` a write could be the silent last one: refused."""
    ws.save([goal()], by="Elin")
    with pytest.raises(KamError, match="stod där förut"):
        ws.save([Change("goal", "G-1", {"title": "B"}, account_id="A-1")], by="Leif")


def test_the_plan_as_of_a_past_day_is_what_it_was(ws: workspace.Workspace) -> None:
    """Changes with a later day of effect are not seen; a retired row is back before its end."""
    ws.save([goal()], by="Elin", at=at("2026-02-01"))
    ws.save([ws.change("goal", "G-1", title="B")], by="Elin", at=at("2026-05-01"))
    ws.save([Change("goal", "G-1", {}, "A-1", {}, "retire")], by="Elin", at=at("2026-08-01"))
    titles = {
        day: ws.account("A-1", day).goal["title"].tolist()
        for day in ("2026-01-31", "2026-02-01", "2026-06-01")
    }
    assert titles == {"2026-01-31": [], "2026-02-01": ["Färre stopp"], "2026-06-01": ["B"]}
    assert ws.account("A-1").goal.empty


def test_the_current_rows_are_the_fold_of_the_log(ws: workspace.Workspace) -> None:
    """What stands in the table is exactly what the log adds up to."""
    ws.save([goal(), goal("G-2", target=1)], by="Elin", at=at("2026-02-01"))
    ws.save([ws.change("goal", "G-2", target=None)], by="Elin", at=at("2026-03-01"))
    ws.save([ws.change("goal", "G-1", is_shared=True)], by="Elin", at=at("2026-04-01"))
    now = ws.account("A-1").goal
    # A change with effect in the future makes "now" read from the log instead of the rows.
    ws.save([ws.change("goal", "G-1", title="Senare")], by="Elin", at=at("2027-04-01"))
    pd.testing.assert_frame_equal(ws.account("A-1", "2026-12-31").goal, now)


def test_time_never_runs_backwards_and_needs_a_zone(ws: workspace.Workspace) -> None:
    """A naive time is refused; so is one before the row's last change."""
    ws.save([goal()], by="Elin", at=at("2026-05-01"))
    with pytest.raises(KamError, match="före radens senaste"):
        ws.save([ws.change("goal", "G-1", title="B")], by="Elin", at=at("2026-04-01"))
    with pytest.raises(KamError, match="saknar tidszon"):
        ws.save([goal("G-2")], by="Elin", at=datetime(2026, 5, 2))  # noqa: DTZ001


def test_the_log_never_holds_a_persons_values(ws: workspace.Workspace) -> None:
    """Erasing one contact row erases the person: the log knows the id and the fields, not the words."""
    ws.save(
        [Change("contact", "C-9", {"account_id": "A-1", "name": "Vera Ny"}, "A-1", operation="insert")],
        by="E",
    )
    ws.save([ws.change("contact", "C-9", name="Vera Nyare")], by="E")
    assert "Vera Nyare" in set(ws.account("A-1").contact["name"])
    assert "Vera Ny" not in ws.history().to_csv()
    assert set(ws.history().iloc[-1]["after"]) == {"name"}


def test_the_same_import_twice_changes_nothing(ws: workspace.Workspace) -> None:
    """Rows in another order are the same rows."""
    again = ws.portfolio().revenue.iloc[::-1]
    assert ws.import_facts({"revenue": again}, source="erp") == {"revenue": "unchanged"}


def test_a_revenue_import_replaces_exactly_its_months(ws: workspace.Workspace) -> None:
    """August is corrected, also where a customer falls out of it; July and September stay."""
    ws.import_facts(
        facts(
            revenue=[
                {"account_id": "A-1", "month": "2026-08-01", "product_group": "Ventiler", "revenue": 7.0}
            ]
        ),
        source="erp",
    )
    kept = ws.account("A-1").revenue.set_index("month")["revenue"]
    assert kept.to_dict() == {
        pd.Timestamp("2026-07-01"): 100.25,
        pd.Timestamp("2026-08-01"): 7.0,
        pd.Timestamp("2026-09-01"): 300.0,
    }


def test_absence_deletes_nothing_without_replace(ws: workspace.Workspace) -> None:
    """A file with fewer customers leaves the others; with replace it does not; a vanished person is gone on a day."""
    ws.import_facts(facts(account=[{"account_id": "A-1", "name": "Nytt namn"}]), source="erp")
    assert len(ws.accounts()) == 3
    ws.import_facts(facts(account=[{"account_id": "A-1", "name": "Nytt namn"}]), source="erp", replace=True)
    assert ws.accounts()["name"].tolist() == ["Nytt namn"]
    ws.import_facts({"contact": schema.TABLES["contact"].empty()}, source="erp", replace=True)
    assert ws.account("A-1").contact["gone_on"].notna().all()


def test_an_import_never_touches_what_was_typed(ws: workspace.Workspace) -> None:
    """A typed contact survives an import with replace from the company's system."""
    ws.save(
        [Change("contact", "C-9", {"account_id": "A-1", "name": "Typad"}, "A-1", operation="insert")], by="E"
    )
    ws.import_facts({"contact": schema.TABLES["contact"].empty()}, source="erp", replace=True)
    assert "Typad" in set(ws.account("A-1").contact["name"])


def test_open_makes_no_file_and_create_overwrites_none(tmp_path: Path, ws: workspace.Workspace) -> None:
    """A misspelt workspace is told, not made; an existing one is never overwritten."""
    with pytest.raises(KamError, match="finns inte"):
        workspace.open(tmp_path / "fel.sqlite")
    assert not (tmp_path / "fel.sqlite").exists()
    with pytest.raises(KamError, match="finns redan"):
        workspace.create(ws.target)
    (tmp_path / "brev.sqlite").write_text("inte en databas, bara text " * 99)
    with pytest.raises(KamError, match="ingen arbetsyta"):
        workspace.open(tmp_path / "brev.sqlite")


def test_a_read_only_workspace_refuses_to_write(ws: workspace.Workspace) -> None:
    """A batch can't write, whatever a notebook cell tries."""
    with pytest.raises(KamError, match="för läsning"):
        workspace.open(ws.target).save([goal()], by="Elin")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"account_id": 7}, "account_id är 7"),
        ({"live": "false"}, "live är 'false'"),
        ({"lang": "no"}, "lang är 'no'"),
        ({"audience": "boss"}, "audience är 'boss'"),
        ({"as_of": "1 maj"}, "as_of är ”1 maj”"),
        ({"account_id": "A-11"}, "Närmast: A-1"),
        ({"audience": "customer"}, "görs bara av"),
    ],
)
def test_a_notebook_stops_at_a_bad_parameter(
    ws: workspace.Workspace, monkeypatch: pytest.MonkeyPatch, wrong: dict, told: str
) -> None:
    """The first cell names the parameter, what was found and what is allowed."""
    monkeypatch.setenv("KAM_WORKSPACE", ws.target)
    with pytest.raises(KamError, match=told):
        workspace.enter(**{"account_id": "A-1", **wrong})


def test_enter_without_an_account_takes_the_first_key_account(
    ws: workspace.Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty account_id means the first recorded key account; the language is chosen on the way."""
    monkeypatch.setenv("KAM_WORKSPACE", ws.target)
    chosen = {"outcome": "grow", "is_key": True}
    ws.save([Change("selection", "S-1", chosen, account_id="A-2", operation="insert")], by="Mats")
    assert workspace.enter(account_id="", lang="en").account_id == "A-2"
    assert text.language() == "en"


def test_a_relative_workspace_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative KAM_WORKSPACE means different files in different folders."""
    monkeypatch.setenv("KAM_WORKSPACE", "mitt.sqlite")
    with pytest.raises(KamError, match="relativ sökväg"):
        workspace.open()


def test_standings_belong_to_one_state_and_day(ws: workspace.Workspace) -> None:
    """After any change the kept standing no longer counts: old ranks are not shown as new."""
    ws.keep_standings(pd.DataFrame([{"account_id": "A-1", "rank": 1, "segment": "grow"}]))
    assert ws.account("A-1").standing == schema.Standing(rank=1, segment="grow")
    assert ws.account("A-1", "2026-08-31").standing is None
    ws.save([goal()], by="Elin")
    assert ws.account("A-1").standing is None
    assert ws.standings().empty


CANARY = "HEMLIG-KANARIE"


def canaries(table: schema.Table, column: schema.Column) -> object:
    """A value that can be found again in bytes, whatever the kind of the column."""
    by_kind = {
        "money": 98765432.0,
        "number": 98765432.0,
        "integer": 98765432,
        "share": 0.98765432,
        "scale": 5,
    }
    return by_kind.get(column.kind, CANARY)


def test_the_projected_file_holds_no_closed_value(ws: workspace.Workspace, tmp_path: Path) -> None:
    """A canary in every internal text and amount of every table is not in the customer's file; it is in ours."""
    for name, table in schema.TABLES.items():
        closed = {
            c.name: canaries(table, c)
            for c in table.columns
            if c.audience == "internal" and c.name not in table.key
        }
        kinds = {n: table.by_name[n].kind for n in closed}
        free = {n: v for n, v in closed.items() if kinds[n] in ("text", "id", "money", "number")}
        if table.role == "plan":
            row = {"row_id": f"{name}-1", "account_id": "A-1", "is_shared": True, **free}
            ws.import_facts({}, source="none")
            _insert_plan(ws, name, row)
        else:
            key = {
                k: {"month": "2026-09-01"}.get(k, "A-1" if k == "account_id" else f"{name}-1")
                for k in table.key
            }
            _insert_fact(ws, name, {**free, **key, "account_id": "A-1"})
    projection.write(ws, "A-1", tmp_path / "kund.sqlite")
    theirs, ours = (tmp_path / "kund.sqlite").read_bytes(), Path(ws.target).read_bytes()
    for canary in (CANARY.encode(), b"98765432"):
        assert canary in ours
        assert canary not in theirs
    shown = workspace.open(tmp_path / "kund.sqlite").account("A-1")
    assert shown.audience == "customer"
    assert not shown.goal.empty


def _insert_plan(ws: workspace.Workspace, name: str, row: dict) -> None:
    frame = bundles.frames({name: [row]})[name]
    with_engine = changes.store
    record = with_engine.frame_to_store(schema.TABLES[name], frame)[0]
    body = {
        k: v for k, v in record.items() if k not in ("row_id", "account_id", "is_shared") and v is not None
    }
    with with_engine.writing(ws._engine) as connection:
        connection.execute(
            with_engine.plan_row.insert().values(
                table=name,
                row_id=row["row_id"],
                account_id="A-1",
                is_shared=True,
                retired=False,
                body=with_engine.packed(body),
            )
        )


def _insert_fact(ws: workspace.Workspace, name: str, row: dict) -> None:
    frame = bundles.frames({name: [row]})[name]
    ws.import_facts({name: frame}, source=f"canary-{name}")


def test_a_row_that_is_not_shared_stays_at_home(ws: workspace.Workspace, tmp_path: Path) -> None:
    """The second lock: an open column of a row that nobody opened is not in the customer's file."""
    ws.save([goal(is_shared=True), goal("G-2", title=CANARY)], by="Elin")
    projection.write(ws, "A-1", tmp_path / "kund.sqlite")
    assert CANARY.encode() not in (tmp_path / "kund.sqlite").read_bytes()
    assert workspace.open(tmp_path / "kund.sqlite").account("A-1").goal["title"].tolist() == ["Färre stopp"]


def test_the_projected_file_knows_no_other_customer(ws: workspace.Workspace, tmp_path: Path) -> None:
    """One account, as of one day, and no log."""
    projection.write(ws, "A-1", tmp_path / "kund.sqlite", as_of="2026-08-31")
    theirs = workspace.open(tmp_path / "kund.sqlite")
    assert theirs.accounts()["account_id"].tolist() == ["A-1"]
    assert theirs.history().empty
    assert theirs.account("A-1").as_of == date(2026, 8, 31)
    with pytest.raises(KamError, match="för läsning"):
        workspace.open(theirs.target, read_only=False).save([goal()], by="Elin")
