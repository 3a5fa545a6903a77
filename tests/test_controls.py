"""Controls without a browser: what they hold, what they refuse, what they save."""

from __future__ import annotations

import ast
import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kamlib import schema, text
from kamlib.data import workspace
from kamlib.live import choice_page, controls
from kamlib.method import segmentation
from kamlib.method.segmentation import weights
from kamlib.show import page

CRITERION = "strategic_importance"
OTHER = "willingness_to_partner"
THIRD = "internal_complexity"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> workspace.Workspace:
    made = workspace.create(tmp_path / "w.sqlite", name="Provbolaget")
    accounts = pd.DataFrame([{"account_id": "A-1", "name": "Testkund AB"}])
    made.import_facts({"account": schema.TABLES["account"].typed(accounts)}, source="test")
    monkeypatch.setenv("KAM_WORKSPACE", str(tmp_path / "w.sqlite"))
    monkeypatch.setenv("KAM_BY", "Alva")
    return made


@pytest.fixture
def panel(here: workspace.Workspace) -> controls.LiveWeights:
    made = controls.weights(here.portfolio(), live=True)
    assert isinstance(made, controls.LiveWeights)
    return made


def asked(
    value: Any, criterion: Any = CRITERION, *, op_id: str = "op-00000001", **more: Any
) -> dict[str, Any]:
    """One change as the browser sends it."""
    return {
        "op_id": op_id,
        "session": "session-1",
        "criterion": criterion,
        "value": value,
        "before": None,
        "at": 1,
        **more,
    }


def share(choice: segmentation.Choice, _: schema.Portfolio) -> page.Shown:
    """A part of a page: here only what one criterion weighs, in per cent."""
    return page.Shown(f"<p>{100 * choice.weights[CRITERION]:.0f}</p>", "")


def test_the_settings_apply_until_somebody_saves(here: workspace.Workspace) -> None:
    """Without a saved weight the panel holds the settings' points, of every criterion."""
    panel = controls.weights(here.portfolio(), live=False)
    assert panel.values == weights.default_points(here.portfolio().settings)
    assert type(panel.values) is dict


def test_a_saved_weight_wins_over_the_settings(here: workspace.Workspace) -> None:
    """A saved weight of the company level is in force; one of an account is not."""
    row = {"criterion": CRITERION, "weight": 70}
    one = workspace.Change("weight", "w-1", row, operation="insert")
    elsewhere = {"criterion": CRITERION, "weight": 5}
    two = workspace.Change("weight", "w-2", elsewhere, account_id="A-1", operation="insert")
    here.save([one, two], by="Alva")
    for live in (False, True):
        assert controls.weights(here.portfolio(), live=live).values[CRITERION] == 70


def test_without_live_the_weights_are_a_plain_table(here: workspace.Workspace) -> None:
    """The batch shows points and shares as HTML and draws once, with the same function."""
    panel = controls.weights(here.portfolio(), live=False)
    assert "<table" in panel._repr_html_()
    assert "strategisk betydelse" in panel._repr_html_()
    drawn = controls.follow(share, panel)
    assert drawn == share(panel.choice, here.portfolio())


def test_without_live_no_widget_is_imported(here: workspace.Workspace) -> None:
    """A report's kernel never loads anywidget or ipywidgets: what is not imported is not constructed."""
    script = (
        "import sys; from kamlib.data import workspace; from kamlib.live import controls; "
        "controls.weights(workspace.enter(live=False), live=False)._repr_html_(); "
        "sys.exit(bool({'anywidget', 'ipywidgets'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_change_is_saved_with_its_log_row(here: workspace.Workspace, panel: controls.LiveWeights) -> None:
    """Value, log row, session, author and drawing follow from one message."""
    pane = controls.follow(share, panel)
    (answer,) = panel.receive([asked(65)])
    assert answer.state == "saved"
    assert panel.values[CRITERION] == 65
    assert pane.html == "<p>57</p>"
    (entry,) = here.history().to_dict("records")
    assert (entry["op_id"], entry["session"], entry["by"]) == ("op-00000001", "session-1", "Alva")
    assert here.portfolio().weight["weight"].tolist() == [65.0]


def test_a_replayed_change_is_harmless(here: workspace.Workspace, panel: controls.LiveWeights) -> None:
    """The same id twice is one log row, and a late replay never undoes what was saved after it."""
    panel.receive([asked(65)])
    later = asked(30, op_id="op-00000002", before=65)
    panel.receive([later])
    (answer,) = panel.receive([asked(65)])
    assert answer.state == "saved"
    assert panel.values[CRITERION] == 30
    assert here.latest_seq() == 2


def test_two_moves_before_the_first_answer_are_one_queue(panel: controls.LiveWeights) -> None:
    """A slider that moves on while its first change is under way does not conflict with itself."""
    first, second = asked(40), asked(50, op_id="op-00000002")
    assert [answer.state for answer in panel.receive([first, second])] == ["saved", "saved"]
    assert panel.values[CRITERION] == 50


@pytest.mark.parametrize("row_id", [f"weight-{CRITERION}", "their-own-row"])
def test_somebody_elses_weight_is_never_overwritten(
    here: workspace.Workspace, panel: controls.LiveWeights, row_id: str
) -> None:
    """A change that did not see the other's value is refused with both values in its sentence."""
    theirs = {"criterion": CRITERION, "weight": 81}
    one = workspace.Change("weight", row_id, theirs, operation="insert")
    here.save([one], by="Bo", session="other-kernel")
    (answer,) = panel.receive([asked(12)])
    assert answer.state == "conflict"
    assert "81" in answer.message
    assert "12" in answer.message
    assert panel.values[CRITERION] == 81
    assert here.latest_seq() == 1


def test_a_persons_own_weight_stays_beside_the_rooms(
    here: workspace.Workspace, panel: controls.LiveWeights
) -> None:
    """The slider writes its own row: what a person has said, also on its own row set earlier, is kept."""
    theirs = {"criterion": CRITERION, "weight": 81, "set_by": "Bo", "set_on": "2020-01-01"}
    here.save([workspace.Change("weight", "w-1", theirs, operation="insert")], by="Bo")
    panel.receive([asked(30, before=81)])
    panel.receive([asked(35, before=30, op_id="op-00000002")])
    assert panel.values[CRITERION] == 35
    weights = here.portfolio().weight.set_index("set_by")["weight"]
    assert weights.to_dict() == {"Bo": 81.0, "Alva": 35.0}


@pytest.mark.parametrize(
    "change",
    [
        asked(101),
        asked(-1),
        asked(float("nan")),
        asked(float("inf")),
        asked("40"),
        asked(True),
        asked(None),
        asked(40, "churn"),
        asked(40, "business_risk"),
        asked(40, ["our_position"]),
        asked(40, op_id="x'; drop table"),
        asked(40, before="mycket"),
        asked(40, session=""),
        "40",
        None,
    ],
    ids=lambda change: repr(change)[-40:],
)
def test_a_message_that_we_never_send_is_refused(
    here: workspace.Workspace, panel: controls.LiveWeights, change: Any
) -> None:
    """Out of range, not a number, an unknown criterion, a foreign id: nothing is written, nothing moves."""
    values = dict(panel.values)
    (answer,) = panel.receive([change])
    assert answer.state == "refused"
    assert "0 till 100" in answer.message
    assert panel.values == values
    assert here.latest_seq() == 0


def test_one_bad_change_does_not_stop_the_others(panel: controls.LiveWeights) -> None:
    """Each change of a message gets its own answer."""
    answers = panel.receive([asked(400), asked(20, OTHER, op_id="op-00000002")])
    assert [answer.state for answer in answers] == ["refused", "saved"]
    assert panel.values[OTHER] == 20


def test_another_kernels_saving_is_drawn(here: workspace.Workspace, panel: controls.LiveWeights) -> None:
    """When the log has grown, values and panes follow; when it has not, nothing is drawn again."""
    pane = controls.follow(share, panel)
    panel.catch_up()
    assert pane.drawn == 1
    row = {"criterion": CRITERION, "weight": 77}
    here.save([workspace.Change("weight", "w-1", row, operation="insert")], by="Bo")
    panel.catch_up()
    assert (pane.drawn, pane.html) == (2, "<p>61</p>")


def test_the_sample_is_tried_but_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The read-only sample says so, keeps the values of the page, and answers so that the outbox empties."""
    sample = workspace.create(tmp_path / "sample.sqlite", is_sample=True)
    monkeypatch.setenv("KAM_WORKSPACE", str(tmp_path / "sample.sqlite"))
    panel = controls.weights(sample.portfolio(), live=True)
    assert isinstance(panel, controls.LiveWeights)
    assert "kam open --sample" in panel.widget.note
    (answer,) = panel.receive([asked(90)])
    assert answer.state == "tried"
    assert panel.values[CRITERION] == 90
    assert sample.latest_seq() == 0
    monkeypatch.setenv("KAM_OPEN_SAMPLE", "1")
    opened = controls.weights(sample.portfolio(), live=True)
    assert isinstance(opened, controls.LiveWeights)
    assert opened.receive([asked(90)])[0].state == "saved"


def test_a_look_back_in_time_saves_nothing(here: workspace.Workspace) -> None:
    """Whoever looks at the state of an earlier day may try weights there, never save them."""
    panel = controls.weights(here.portfolio("2020-01-01"), live=True)
    assert isinstance(panel, controls.LiveWeights)
    assert panel.receive([asked(90)])[0].state == "tried"
    assert here.latest_seq() == 0


def test_a_locked_workspace_leaves_the_change_in_the_outbox(
    panel: controls.LiveWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that has to wait too long answers `later`: the browser keeps the change and asks again."""
    from kamlib.errors import problem

    def busy(*_: Any, **__: Any) -> None:
        raise problem("workspace_busy", seconds=10)

    monkeypatch.setattr(workspace.Workspace, "save", busy)
    (answer,) = panel.receive([asked(44)])
    assert (answer.state, panel.values[CRITERION]) == ("later", 44)


def test_a_drawing_that_fails_says_so(panel: controls.LiveWeights) -> None:
    """An old picture is never left standing beside new weights, and no traceback is shown."""

    def broken(choice: segmentation.Choice, _: schema.Portfolio) -> page.Shown:
        raise ZeroDivisionError(f"<b>{len(choice.weights)}</b>")

    pane = controls.follow(broken, panel)
    assert "kunde inte ritas" in pane.html
    assert "<b>" not in pane.html
    assert "Traceback" not in pane.html


def test_a_cell_run_again_replaces_its_pane(panel: controls.LiveWeights) -> None:
    """The earlier pane of the same place is closed; another cell with the same drawing keeps its own."""
    for _ in range(3):
        controls.follow(share, panel)
    controls.follow(share, panel)
    assert len(panel._followed) == 2


def test_the_control_cell_run_again_ends_the_earlier_watch(here: workspace.Workspace) -> None:
    """One live control of a kind at a time: the earlier one is closed."""
    first = controls.weights(here.portfolio(), live=True)
    controls.weights(here.portfolio(), live=True)
    assert isinstance(first, controls.LiveWeights)
    assert first.widget.comm is None


#: Points by criterion, and what each weighs: the panel, the label, the ranking and the choice say the same.
WEIGHINGS: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "all zero": ({CRITERION: 0, OTHER: 0, THIRD: 0}, {CRITERION: 0.0, OTHER: 0.0, THIRD: 0.0}),
    "one-sided": ({CRITERION: 0, OTHER: 7, THIRD: 0}, {CRITERION: 0.0, OTHER: 1.0, THIRD: 0.0}),
    "one missing": ({CRITERION: 75, OTHER: 0}, {CRITERION: 0.75, OTHER: 0.0, THIRD: 0.25}),
    "a lens beside": ({CRITERION: 25, OTHER: 50, "our_position": 90}, {CRITERION: 0.25, OTHER: 0.5, THIRD: 0.25}),
}  # fmt: skip


@pytest.fixture
def judged_company(here: workspace.Workspace) -> workspace.Workspace:
    """Five customers that are ranked otherwise by each criterion; the one settings' weight that is not saved is 25."""
    ids = [f"A-{n}" for n in range(1, 6)]
    rows = pd.DataFrame([{"account_id": each, "name": f"Kund {each}"} for each in ids])
    here.import_facts({"account": schema.TABLES["account"].typed(rows)}, source="test")
    scores = {CRITERION: (1, 2, 3, 4, 5), OTHER: (5, 4, 3, 4, 3), THIRD: (3, 3, 5, 1, 2)}
    here.save(
        [
            workspace.Change(
                "assessment",
                f"{account_id}-{criterion}",
                {"criterion": criterion, "score": score, "round": 1, "assessed_on": "2026-09-15"},
                account_id=account_id,
                operation="insert",
            )
            for criterion, each in scores.items()
            for account_id, score in zip(ids, each, strict=True)
        ],
        by="Alva",
    )
    here.set_about(settings='{"criteria": {"internal_complexity": {"weight": 25}}}')
    return here


def set_weights(here: workspace.Workspace, points: dict[str, float]) -> None:
    """Save points of the company level, as the sliders do."""
    rows = [
        workspace.Change("weight", f"weight-{name}", {"criterion": name, "weight": each}, operation="insert")
        for name, each in points.items()
    ]
    here.save(rows, by="Alva")


@pytest.mark.parametrize("case", WEIGHINGS)
@pytest.mark.parametrize("live", [True, False])
def test_one_answer_to_what_weighs(judged_company: workspace.Workspace, case: str, live: bool) -> None:
    """Panel, slider's label, lenses, chart, ranking and choice all count with the same shares, in both languages."""
    points, expected = WEIGHINGS[case]
    set_weights(judged_company, points)
    bundle = judged_company.portfolio()
    panel = controls.weights(bundle, live=live)
    assert panel.choice.weights == pytest.approx(expected)
    assert segmentation.choose(bundle).weights == panel.choice.weights
    assert segmentation.weighing(panel.values)["share"].tolist() == pytest.approx(list(expected.values()))
    in_table = segmentation.lenses(panel.choice, bundle).set_index("criterion")["weight"].dropna()
    assert in_table.to_dict() == pytest.approx(expected)
    in_group = segmentation.group_weights(bundle, panel.choice.weights).set_index("criterion")["weight"]
    assert in_group.to_dict() == pytest.approx(expected)
    for lang in text.LANGUAGES:
        text.use(lang)
        written = {name: text.percent(share) for name, share in expected.items()}
        if isinstance(panel, controls.LiveWeights):
            assert {name: label.split(", ")[1] for name, label in panel._labels().items()} == written
        else:
            assert all(f">{share}<" in panel.shown().html for share in written.values())
        opening = choice_page.opening(panel.choice, bundle).plain
        assert all(share in opening for share in written.values()) == any(expected.values())


@pytest.mark.parametrize("case", WEIGHINGS)
def test_the_ranking_is_by_the_shares_that_are_shown(judged_company: workspace.Workspace, case: str) -> None:
    """A customer's points are its scores times the shares beside the sliders; with all zero nobody has any."""
    points, expected = WEIGHINGS[case]
    set_weights(judged_company, points)
    panel = controls.weights(judged_company.portfolio(), live=False)
    ranked = panel.choice.segments
    if not any(expected.values()):
        assert ranked[["score", "rank", "place"]].isna().all(axis=None)
        assert not ranked[["has_place", "is_key", "proposed_is_key"]].any(axis=None)
        return
    by_hand = sum(share * (ranked[name] - 1) * 25 for name, share in expected.items())
    assert ranked["score"].tolist() == pytest.approx(by_hand.tolist())
    assert ranked["score"].is_monotonic_decreasing


@pytest.mark.parametrize("lang", text.LANGUAGES)
@pytest.mark.parametrize("live", [True, False])
def test_all_zero_is_said_where_it_matters(
    judged_company: workspace.Workspace, lang: str, live: bool
) -> None:
    """Panel, opening, ranking and decision say that nothing weighs; no figure shows a ranking of equal weights."""
    text.use(lang)
    nothing = {"sv": "Alla vikter är noll", "en": "All weights are zero"}[lang]
    set_weights(judged_company, dict.fromkeys((CRITERION, OTHER, THIRD), 0.0))
    panel = controls.weights(judged_company.portfolio(), live=live)
    shown = panel.widget.note if isinstance(panel, controls.LiveWeights) else panel.shown().plain
    assert nothing in shown
    parts = [choice_page.opening, choice_page.shortlist, choice_page.ranking, choice_page.decision]
    for part in parts:
        assert nothing in part(panel.choice, panel.portfolio).plain, part.__name__
    for part in (choice_page.points, choice_page.acceptability, choice_page.sensitivity):
        assert part(panel.choice, panel.portfolio).kind == "empty"


PARTS = [
    getattr(choice_page, node.name)
    for node in ast.parse(Path(str(choice_page.__file__)).read_text("utf-8")).body
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
]


def test_every_part_is_the_same_live_and_in_batch(judged_company: workspace.Workspace) -> None:
    """After a slider has moved the page shows what a report of the saved weights shows, part by part."""
    live = controls.weights(judged_company.portfolio(), live=True)
    assert isinstance(live, controls.LiveWeights)
    panes = {part: live.follow(part, part.__name__, at_rest=True) for part in PARTS}
    live.receive([asked(90)])
    assert len({id(pane) for pane in panes.values()}) == len(PARTS) > 10
    assert {pane.drawn for pane in panes.values()} == {2}
    still = controls.weights(judged_company.portfolio(), live=False)
    panes.pop(
        choice_page.ranking
    )  # who has moved since the page was opened: a report opens with the new weights
    for part, pane in panes.items():
        assert pane.html == controls.follow(part, still).html, part.__name__


def test_what_is_slow_waits_for_the_slider_to_rest(panel: controls.LiveWeights) -> None:
    """A part that follows at rest is drawn in the next beat, however many steps the slider has taken."""
    panel._watch = asyncio.new_event_loop().create_future()  # type: ignore[assignment]
    quick, slow = (panel.follow(share, place, at_rest=place == "slow") for place in ("quick", "slow"))
    for n in range(3):
        panel.receive([asked(60 + n, op_id=f"op-0000000{n}", before=60 + n - 1 if n else None)])
    assert (quick.drawn, slow.drawn) == (4, 1)
    panel.catch_up()
    assert (quick.drawn, slow.drawn) == (4, 2)
    assert quick.html == slow.html


def test_a_look_back_shows_the_weights_of_that_day(here: workspace.Workspace) -> None:
    """Live as in a report: what was set later is not in force on an earlier day."""
    set_weights(here, {CRITERION: 90})
    earlier = here.portfolio("2020-01-01")
    live, still = (controls.weights(earlier, live=each) for each in (True, False))
    assert live.values == still.values == weights.default_points(earlier.settings)
    assert live.choice.weights == still.choice.weights


def test_a_change_reads_one_table_and_opens_nothing(
    panel: controls.LiveWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A moved slider opens no workspace anew and types no table but the weights'."""
    typed: list[str] = []
    original = schema.Table.typed

    def noted(self: schema.Table, rows: pd.DataFrame) -> pd.DataFrame:
        typed.append(self.name)
        return original(self, rows)

    monkeypatch.setattr(schema.Table, "typed", noted)
    monkeypatch.setattr(workspace, "open", lambda *_, **__: pytest.fail("the workspace was opened anew"))
    (answer,) = panel.receive([asked(65)])
    assert answer.state == "saved"
    assert set(typed) == {"weight"}
