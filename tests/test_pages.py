"""Finished reports as their readers meet them: valid, accessible, within a phone's width, alone with no network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import pytest
import worlds
from axe_playwright_python.base import AXE_SCRIPT

from kamlib.data import workspace
from kamlib.run import index, reports

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
]
WIDTHS = (1280, 390)
#: Language and edition -> the notebooks that are looked at in each run; `start.py torture` looks at all of them.
EDITIONS = {
    ("sv", "internal"): ("03", "06", "07"),
    ("en", "internal"): ("01",),
    ("sv", "customer"): ("03",),
    ("en", "customer"): ("06",),
}
EVERY = {
    "internal": ("00", "01", "02", "03", "04", "05", "06", "07"),
    "customer": ("02", "03", "04", "05", "06"),
}
KILOBYTES = {"internal": 300, "customer": 150}
XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(
    scope="module", params=["some", pytest.param("every", marks=pytest.mark.torture)], ids=["some", "every"]
)
def pages(
    request: pytest.FixtureRequest, sample_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The reports of the partner in four editions, the portfolio's, and the index, by a name that says which.

    Some are made in this process, every one by a kernel.
    """
    out = tmp_path_factory.mktemp("rapporter")
    here = workspace.open(sample_file)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "some":
            worlds.run_here(patch)
        for (lang, audience), some in EDITIONS.items():
            notebooks = some if request.param == "some" else EVERY[audience]
            asked = reports.Request(
                out, accounts=("A-003",), notebooks=notebooks, lang=lang, audience=audience, workers=2
            )
            delivery = reports.run(here, asked)
            assert [each for each in delivery.outcomes if each.status != "ok"] == []
            for path in delivery.folder.glob("*/*.html"):
                found[f"{lang}-{audience}-{path.stem}"] = path
    found["sv-internal-index"] = index.write(out, "sv")
    return found


def parsed(path: Path) -> Any:
    """The page's tree; a page that breaks a rule of HTML is refused."""
    return html5lib.HTMLParser(strict=True).parse(path.read_text("utf-8"))


def test_every_page_is_valid_and_small(pages: dict[str, Path]) -> None:
    """No error of HTML; at most 300 kB, a customer's 150 kB."""
    for name, path in pages.items():
        parsed(path)
        audience = name.split("-")[1]
        assert path.stat().st_size <= KILOBYTES[audience] * 1000, (name, path.stat().st_size)


def test_every_page_has_one_h1_and_no_jump_among_its_headings(pages: dict[str, Path]) -> None:
    """A screen reader walks from heading to heading: one first level, never a level skipped downwards."""
    for name, path in pages.items():
        levels = [
            int(each.tag[-1])
            for each in parsed(path).iter()
            if re.fullmatch(rf"{XHTML}h[1-6]", str(each.tag))
        ]
        assert levels.count(1) == 1, name
        assert levels[0] == 1, name
        assert [(a, b) for a, b in pairwise(levels) if b > a + 1] == [], name


def test_every_page_says_its_language_and_no_id_twice(pages: dict[str, Path]) -> None:
    """`lang` is the reader's; every id stands once and every reference within the page has its target."""
    for name, path in pages.items():
        tree = parsed(path)
        assert tree.get("lang") == name[:2], name
        ids = [each.get("id") for each in tree.iter() if each.get("id")]
        assert len(ids) == len(set(ids)), name
        named = " ".join(each.get("aria-labelledby") or "" for each in tree.iter()).split()
        links = [each.get("href") or "" for each in tree.iter(f"{XHTML}a")]
        inside = [link[1:] for link in links if link.startswith("#")]
        assert {*named, *inside} - {*ids} == set(), name
        assert [
            link for link in links if not link.startswith("#") and not (path.parent / link).is_file()
        ] == []


def test_every_figure_is_told_to_those_who_do_not_see_it(pages: dict[str, Path]) -> None:
    """A picture has a title and a description of its own, never a placeholder; a figure has its numbers behind it."""
    seen = 0
    for name, path in pages.items():
        tree = parsed(path)
        for drawn in (each for each in tree.iter(f"{SVG}svg") if each.get("role") == "img"):
            title, told = drawn.find(f"{SVG}title"), drawn.find(f"{SVG}desc")
            assert title is not None, name
            assert told is not None, name
            assert len(title.text) > 10, name
            assert len(told.text) > 20, (name, told.text)
            seen += 1
        for picture in tree.iter(f"{XHTML}img"):
            assert len(picture.get("alt") or "") > 10, name
    assert seen >= 6


def test_nothing_in_a_page_points_outside_it(pages: dict[str, Path]) -> None:
    """No script, no frame, no handler; no address in src, href or style but within the file or the reports' folder."""
    for name, path in pages.items():
        html = path.read_text("utf-8")
        tree = parsed(path)
        tags = {str(each.tag).rpartition("}")[2] for each in tree.iter()}
        assert tags & {"script", "iframe", "object", "embed", "link", "form", "base"} == set(), name
        held = [(each.tag, key, value) for each in tree.iter() for key, value in each.attrib.items()]
        assert [each for each in held if str(each[1]).startswith("on")] == [], name
        outside = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
        pointing = [value for _, key, value in held if str(key).rpartition("}")[2] in ("src", "href", "data")]
        assert [each for each in pointing if outside.match(each) and not each.startswith("data:")] == [], name
        assert re.findall(r"url\((?!#|data:|['\"]?data:)[^)]*\)", html) == [], name


# --- in a real browser -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(
    pages: dict[str, Path], browser: Any, width: int, request: pytest.FixtureRequest
) -> None:
    """axe-core, every rule, every fold opened: no violation, at desktop and at phone width.

    Here every second page at one width and the others at the other; `start.py torture` takes every page at both.
    """
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    found = []
    whole = "every" in request.node.name
    for name, path in list(pages.items())[slice(None) if whole else slice(WIDTHS.index(width), None, 2)]:
        opened = context.new_page()
        opened.goto(path.as_uri())
        opened.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        opened.evaluate(AXE_SCRIPT)
        told = opened.evaluate("axe.run()")
        assert len(told["passes"]) > 15, name
        found += [
            (name, rule["id"], node["html"][:160]) for rule in told["violations"] for node in rule["nodes"]
        ]
        opened.close()
    context.close()
    assert found == []


@pytest.mark.browser
def test_a_page_asks_nobody_for_anything(pages: dict[str, Path], browser: Any) -> None:
    """Opened from the disk, every request recorded: the file itself and what lies in it, nothing else."""
    for name, path in pages.items():
        asked: list[str] = []
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        opened = context.new_page()
        opened.on("request", lambda request, asked=asked: asked.append(request.url))
        opened.goto(path.as_uri())
        opened.wait_for_load_state("networkidle")
        context.close()
        assert [url for url in asked if url != path.as_uri() and not url.startswith("data:")] == [], name


@pytest.mark.browser
def test_nothing_scrolls_sideways_on_a_phone(pages: dict[str, Path], browser: Any) -> None:
    """At 390 px, folds shut and open, the page is as wide as the screen: only a table's own box may scroll."""
    context = browser.new_context(viewport={"width": 390, "height": 800})
    wide = []
    for name, path in pages.items():
        opened = context.new_page()
        opened.goto(path.as_uri())
        widths = [opened.evaluate("document.documentElement.scrollWidth")]
        opened.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        widths.append(opened.evaluate("document.documentElement.scrollWidth"))
        if max(widths) > 390:
            wide.append((name, widths))
        opened.close()
    context.close()
    assert wide == []
