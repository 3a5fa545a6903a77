"""Controls without a browser: what they hold, what they refuse, what they save."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kamlib import schema
from kamlib.data import workspace
from kamlib.live import controls, ledger
from kamlib.show import page

CRITERION = "strategic_importance"
OTHER = "willingness_to_partner"


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


def told(values: dict[str, float]) -> page.Shown:
    """What a notebook would draw: here only the figure itself."""
    return page.Shown(f"<p>{values[CRITERION]:g}</p>", "")


def test_the_settings_apply_until_somebody_saves(here: workspace.Workspace) -> None:
    """Without a saved weight the panel holds the settings' points, of every criterion."""
    panel = controls.weights(here.portfolio(), live=False)
    assert panel.values == ledger.defaults(here.portfolio())
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
    drawn = controls.follow(told, panel, live=False)
    assert drawn._repr_html_() == f"<p>{panel.values[CRITERION]:g}</p>"


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
    pane = controls.follow(told, panel, live=True)
    (answer,) = panel.receive([asked(65)])
    assert answer.state == "saved"
    assert panel.values[CRITERION] == 65
    assert pane.html == "<p>65</p>"
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
    assert "81" in answer.told
    assert "12" in answer.told
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
    assert "0 till 100" in answer.told
    assert panel.values == values
    assert here.latest_seq() == 0


def test_one_bad_change_does_not_stop_the_others(panel: controls.LiveWeights) -> None:
    """Each change of a message gets its own answer."""
    answers = panel.receive([asked(400), asked(20, OTHER, op_id="op-00000002")])
    assert [answer.state for answer in answers] == ["refused", "saved"]
    assert panel.values[OTHER] == 20


def test_another_kernels_saving_is_drawn(here: workspace.Workspace, panel: controls.LiveWeights) -> None:
    """When the log has grown, values and panes follow; when it has not, nothing is drawn again."""
    pane = controls.follow(told, panel, live=True)
    panel.catch_up()
    assert pane.drawn == 1
    row = {"criterion": CRITERION, "weight": 77}
    here.save([workspace.Change("weight", "w-1", row, operation="insert")], by="Bo")
    panel.catch_up()
    assert (pane.drawn, pane.html) == (2, "<p>77</p>")


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

    def broken(values: dict[str, float]) -> page.Shown:
        raise ZeroDivisionError(f"<b>{len(values)}</b>")

    pane = controls.follow(broken, panel, live=True)
    assert "kunde inte ritas" in pane.html
    assert "<b>" not in pane.html
    assert "Traceback" not in pane.html


def test_a_cell_run_again_replaces_its_pane(panel: controls.LiveWeights) -> None:
    """The earlier pane of the same place is closed; another cell with the same drawing keeps its own."""
    for _ in range(3):
        controls.follow(told, panel, live=True)
    controls.follow(told, panel, live=True)
    assert len(panel._panes) == 2


def test_the_control_cell_run_again_ends_the_earlier_watch(here: workspace.Workspace) -> None:
    """One live control of a kind at a time: the earlier one is closed."""
    first = controls.weights(here.portfolio(), live=True)
    controls.weights(here.portfolio(), live=True)
    assert isinstance(first, controls.LiveWeights)
    assert first.widget.comm is None
