"""Notebook 01 in a real browser: the clean page (Voilà) and JupyterLab, and the same file in batch.

A slider redraws the ranking without re-running a cell, a reload keeps what was set, a killed kernel loses
nothing, and no request leaves the machine. Waits on what the page says of itself, never on the clock.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import psutil
import pytest

from kamlib import schema, text
from kamlib.data import workspace
from kamlib.live import serve
from kamlib.method import segmentation
from kamlib.run import notebooks

pytestmark = pytest.mark.browser

TOP = Path(__file__).resolve().parents[1]
NOTEBOOK = TOP / "notebooks" / "01_segmentation.ipynb"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PATIENCE = 150_000  # milliseconds: two busy cores and a first matplotlib import
MOVED = "willingness_to_partner"
IDLE = """async () => {
  const here = window.jupyterapp?.shell.currentWidget;
  if (!here?.sessionContext) return false;
  await here.sessionContext.ready;
  return here.sessionContext.session?.kernel?.status === "idle";
}"""


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    if not CHROMIUM:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of notebook 01 in a folder of its own, as `kam open` prepares it."""
    target = tmp_path_factory.mktemp("room") / NOTEBOOK.name
    return notebooks.prepare(NOTEBOOK, target, {"live": True}, notebooks.Variant(live=True))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> workspace.Workspace:
    """Eight customers whose order depends on the weights: the strategic ones are the unwilling ones."""
    made = workspace.create(tmp_path_factory.mktemp("store") / "company.sqlite", name="Provbolaget")
    ids = [f"A-{n}" for n in range(1, 9)]
    months = pd.date_range(end="2026-09-01", periods=36, freq="MS")
    revenue = [
        {"account_id": each, "month": month, "product_group": "Pumpar", "revenue": 1e6 + 1e5 * n, "orders": 3}
        for n, each in enumerate(ids)
        for month in months
    ]
    rows = {"account": [{"account_id": each, "name": f"Kund {each}"} for each in ids], "revenue": revenue}
    made.import_facts(
        {name: schema.TABLES[name].typed(pd.DataFrame(found)) for name, found in rows.items()}, source="test"
    )
    made.save([_judged(each, n, criterion) for n, each in enumerate(ids) for criterion in _SCORES], by="Alva")
    return made


_SCORES: dict[str, Callable[[int], int]] = {
    "strategic_importance": lambda n: 5 - n // 2,
    MOVED: lambda n: 2 + n // 2 if n < 7 else 5,
    "internal_complexity": lambda _: 3,
    "business_risk": lambda _: 2,
    "our_position": lambda _: 3,
}


def _judged(account_id: str, n: int, criterion: str) -> workspace.Change:
    score = max(1, min(5, _SCORES[criterion](n)))
    row = {"criterion": criterion, "score": score, "round": 1, "assessed_on": "2026-09-15"}
    row_id = f"{account_id}-{criterion}"
    return workspace.Change("assessment", row_id, row, account_id=account_id, operation="insert")


def saved(company: workspace.Workspace, criterion: str) -> float | None:
    """The weight that stands in the store."""
    weights = company.portfolio().weight.set_index("criterion")["weight"]
    return float(weights[criterion]) if criterion in weights else None


class Room:
    """One server and what its pages asked for; the server is ours, so we end it by its own id."""

    def __init__(self, kind: serve.Kind, notebook: Path, company: workspace.Workspace) -> None:
        self.kind, self.notebook = kind, notebook
        self.asked: list[str] = []
        self.executed = 0
        port = serve.free_port(0)
        around = serve.environment(notebook.parent, company.target, "test-token", os.environ)
        command = serve.command_line(kind, notebook, port)
        command += ["--LabApp.expose_app_in_browser=True"] if kind == "lab" else []
        self.address = serve.address(kind, notebook, port, "test-token")
        with (notebook.parent / f"{kind}.log").open("w") as log:
            self.server = subprocess.Popen(
                command, cwd=notebook.parent, env=around, stdout=log, stderr=log, start_new_session=True
            )
        serve._await(self.server, self.address, notebook.parent / f"{kind}.log")

    def page(self, chrome: Any) -> Any:
        """A page of a fresh browser profile; its requests and executions are counted."""
        page = chrome.new_context(viewport={"width": 1280, "height": 900}, locale="sv-SE").new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def _sent(self, frame: str | bytes) -> None:
        found = frame.encode() if isinstance(frame, str) else frame
        self.executed += b"execute_request" in found

    def enter(self, page: Any) -> None:
        """Open the page and, in JupyterLab, run the notebook: what a facilitator does before the room fills."""
        reset = "&reset" if self.kind == "lab" else ""
        page.goto(self.address + reset, wait_until="commit")
        if self.kind == "lab":
            page.wait_for_selector(".jp-Notebook")
            page.wait_for_function(IDLE)
            page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.await_controls(page)

    def await_controls(self, page: Any) -> None:
        """Wait until the sliders and the first pane are there."""
        page.wait_for_selector(".kam-weights[data-ready=true]")
        page.wait_for_selector(".kam-pane[data-drawn]")

    def kernels(self) -> list[psutil.Process]:
        """The kernels that this server has started."""
        return [
            p
            for p in psutil.Process(self.server.pid).children(recursive=True)
            if "ipykernel" in str(p.cmdline())
        ]

    def kill_kernels(self) -> None:
        """End every kernel of this server the hard way, as a crash would."""
        for process in self.kernels():
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)

    def outside(self) -> set[str]:
        """Every host but this machine that a page has asked."""
        local = {serve.HOST, "localhost", ""}
        return {urlsplit(url).hostname or "" for url in self.asked} - local


@pytest.fixture(scope="module", params=["page", "lab"])
def room(
    request: pytest.FixtureRequest, chrome: Any, notebook: Path, company: workspace.Workspace
) -> Iterator[Room]:
    opened = Room(request.param, notebook, company)
    yield opened
    serve.end(opened.server)


@pytest.fixture(scope="module")
def page(room: Room, chrome: Any) -> Iterator[Any]:
    """The page of a facilitator who has just come in."""
    opened = room.page(chrome)
    room.enter(opened)
    yield opened
    opened.context.close()


def slider(page: Any, criterion: str = MOVED) -> Any:
    return page.locator(f".kam-weights-slider[data-criterion={criterion}]").first


def ranking(page: Any) -> Any:
    """The pane right below the sliders."""
    return page.locator(
        "xpath=(//*[contains(@class, 'kam-weights-fields')]/following::*[@class='kam-pane'])[1]"
    )


def await_saved(page: Any) -> None:
    page.wait_for_selector('.kam-weights-status[data-pending="0"]')


def test_a_slider_redraws_and_a_reload_keeps_it(room: Room, page: Any, company: workspace.Workspace) -> None:
    """Moving a weight changes the ranking below with no cell run again; the log and a reload hold it."""
    pane = ranking(page)
    before, drawn, executed = pane.inner_text(), pane.get_attribute("data-drawn"), room.executed
    value = (int(slider(page).input_value()) + 60) % 101
    slider(page).fill(str(value))
    page.wait_for_function("([el, was]) => el.dataset.drawn !== was", arg=[pane.element_handle(), drawn])
    await_saved(page)
    assert pane.inner_text() != before
    assert room.executed == executed
    assert saved(company, MOVED) == value
    last = company.history().iloc[-1]
    assert (last["table"], last["after"]["weight"]) == ("weight", value)
    _reload(room, page)
    assert int(slider(page).input_value()) == value
    assert len(room.asked) > 5
    assert room.outside() == set()


def _reload(room: Room, page: Any) -> None:
    if room.kind == "lab":  # the same kernel: the control comes back by itself, no cell is run
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload(wait_until="commit")
    room.await_controls(page)


def test_what_another_kernel_saves_is_followed(room: Room, page: Any, company: workspace.Workspace) -> None:
    """A weight saved elsewhere moves the slider and redraws the ranking within a beat or two."""
    row_id = f"weight-{MOVED}"
    value = (int(slider(page).input_value()) + 17) % 100
    operation, before = (
        ("insert", None) if saved(company, MOVED) is None else ("update", {"weight": saved(company, MOVED)})
    )
    row = {"weight": value} | ({"criterion": MOVED} if operation == "insert" else {})
    pane = ranking(page)
    drawn = pane.get_attribute("data-drawn")
    company.save([workspace.Change("weight", row_id, row, before=before, operation=operation)], by="Bo")
    page.wait_for_function("([el, was]) => el.dataset.drawn !== was", arg=[pane.element_handle(), drawn])
    assert int(slider(page).input_value()) == value


@pytest.mark.parametrize("points", [(0, 60, 20), (0, 0, 0), (50, 0, 0)], ids=str)
def test_the_labels_say_what_the_ranking_counts_with(
    room: Room, page: Any, company: workspace.Workspace, points: tuple[int, ...]
) -> None:
    """Beside each slider stands the share that the choice counts with; all at zero is said by panel and ranking."""
    sliders = page.locator(".kam-weights-slider")
    for place, value in enumerate(points):
        sliders.nth(place).fill(str(value))
    await_saved(page)
    bundle = company.portfolio()
    rows = segmentation.weighing(segmentation.points_in_force(bundle.settings, bundle.weight))
    assert rows["points"].tolist() == list(points)
    expected = [f"{row.points:g} poäng, {text.percent(row.share)}" for row in rows.itertuples()]
    assert page.locator(".kam-weights-value").all_inner_texts() == expected
    assert rows["share"].tolist() == pytest.approx(list(segmentation.choose(bundle).weights.values()))
    nothing = text.t("segment.weights.none")
    assert (nothing in page.locator(".kam-weights-note").inner_text()) == (sum(points) == 0)
    assert (nothing in ranking(page).inner_text()) == (sum(points) == 0)


def test_a_killed_kernel_loses_nothing(room: Room, page: Any, company: workspace.Workspace) -> None:
    """What is set on a dead kernel waits in the browser, is said to be unsaved, and is saved after a reload."""
    room.kill_kernels()
    value = (int(slider(page).input_value()) + 31) % 100
    seq = company.latest_seq()
    slider(page).fill(str(value))
    page.wait_for_selector('.kam-weights-status[data-lost=true][data-pending="1"]')
    assert company.latest_seq() == seq
    room.enter(page)
    await_saved(page)
    assert int(slider(page).input_value()) == value
    assert saved(company, MOVED) == value
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('kam:'))") == []
    assert room.outside() == set()


def test_keys_on_a_slider_never_reach_the_notebook(room: Room, page: Any) -> None:
    """In JupyterLab `d d` on a focused control would delete the cell, and arrows would move between cells."""
    count = "() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length ?? 0"
    cells, value = page.evaluate(count), int(slider(page).input_value())
    slider(page).focus()
    for key in ("d", "d", "x", "x", "ArrowLeft"):
        page.keyboard.press(key)
    await_saved(page)
    assert page.evaluate(count) == cells
    assert (cells > 0) == (room.kind == "lab")
    assert int(slider(page).input_value()) == max(0, value - 1)


def test_batch_shows_the_saved_weights_without_a_widget(company: workspace.Workspace, tmp_path: Path) -> None:
    """The same file through papermill: plain output, no widget state, no widget library in the kernel."""
    run = (
        "import papermill, sys; papermill.execute_notebook(sys.argv[1], sys.argv[2], "
        "parameters={'live': False}, progress_bar=False)"
    )
    source = json.loads(NOTEBOOK.read_text("utf-8"))
    asks = "import sys\nprint(sorted({'anywidget', 'ipywidgets'} & set(sys.modules)))"
    source["cells"].append(
        {
            "cell_type": "code",
            "id": "asks",
            "metadata": {},
            "source": asks,
            "outputs": [],
            "execution_count": None,
        }
    )
    (tmp_path / "in.ipynb").write_text(json.dumps(source), "utf-8")
    around = {**os.environ, "KAM_WORKSPACE": company.target}
    command = [sys.executable, "-c", run, str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb")]
    subprocess.run(command, env=around, check=True, capture_output=True)
    executed = json.loads((tmp_path / "out.ipynb").read_text("utf-8"))
    assert "widgets" not in executed["metadata"]
    outputs = [output for cell in executed["cells"] for output in cell.get("outputs", [])]
    assert outputs[-1]["text"] == ["[]\n"]
    plain = "".join("".join(output.get("data", {}).get("text/html", "")) for output in outputs)
    weight = saved(company, MOVED)
    assert "vilja till partnerskap" in plain
    assert weight is None or f">{weight:.0f}<" in plain
    assert "widget-view" not in json.dumps(executed)
