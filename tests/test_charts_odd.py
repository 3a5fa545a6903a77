"""Every public figure against names and numbers that no catalogue foresaw."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from inspect import getmembers, isfunction, signature
from typing import Any
from xml.etree import ElementTree as ET

import bundles
import pandas as pd
import pytest
from test_charts import ROWS
from test_charts_choice import points, squad, stakes, weighed

from kamlib.show import charts
from kamlib.show.page import Shown

DAY = pd.Timestamp("2026-09-30")
NAMES = ("name", "title", "product_group", "person", "unit", "state_told", "competitor")


def _people() -> pd.DataFrame:
    known = {"title": "chef", "influence": 4.0, "support": 1.0, "coverage": 3.0, "is_placeholder": False}
    then = {"influence_before": 3.0, "support_before": -1.0, "since": DAY}
    return pd.DataFrame([{"name": "Bo Ek", **known, **then}, {"name": "Eva Alm", **known, **then}])


def _tree() -> pd.DataFrame:
    seat = {"title": "chef", "unit": "Drift", "role": "user", "influence": 4.0, "is_placeholder": False}
    rows = [{"depth": n, "contact_id": f"C-{n}", "person": f"P{n}", **seat} for n in range(2)]
    return pd.DataFrame(rows)


def _road() -> pd.DataFrame:
    step = {"side": "ours", "starts_on": DAY - pd.Timedelta(days=30), "ends_on": DAY, "days_late": 3.0}
    return pd.DataFrame([{"kind": "initiative", "title": "Steg", **step}])


def _journey() -> pd.DataFrame:
    told = {
        "customer_goal": "Mål",
        "touchpoint": "Port",
        "proposal": "Nytt",
        "initiative": "",
        "owner_id": None,
    }
    step = {"step": 1, "score": 2.0, "answers": "2 svar", "state": "Sent", "is_moment_of_truth": True}
    more = {"is_pain": True, "is_loose": False, "is_stale": False, "asked_on": DAY}
    return pd.DataFrame([{"title": "Leverans", **told, **step, **more}] * 2)


def _risks() -> pd.DataFrame:
    sides = {"probability": 2, "impact": 5, "residual_probability": 1, "residual_impact": 5, "noted_on": DAY}
    told = {"action": "Gör", "owner_id": None, "signal": "Tyst", "watcher_id": None, "lacks": ""}
    return pd.DataFrame([{"title": "Risk", "level": "high", "residual_level": "high", **sides, **told}])


def _white() -> pd.DataFrame:
    amounts = {"potential": 3e6, "current": 0.0, "room": 3e6, "expected": 9e5}
    cell = {"status": "open", "competitor": "Rival", "valued_on": DAY, **amounts}
    return pd.DataFrame([{"product_group": "Pumpar", "unit": "Drift", **cell}])


def _panels() -> pd.DataFrame:
    told = {"band": "watch", "worst": "delivery", "revenue_12m": 12e6, "growth_share": -0.02}
    return pd.DataFrame([{"account_id": "A-1", **told, "revenues": [1e6] * 12}])


TIES = bundles.typed(pd.DataFrame([{"our_person_id": "S-1", "contact_id": "C-1", "contacts": 2}]))
WHITE = dict.fromkeys(("ours", "relevant", "share", "expected", "through"), "1")

#: Figure -> rows that it draws, and what else it takes.
SAMPLES: dict[str, tuple[Callable[[], pd.DataFrame], dict[str, Any]]] = {
    **{name: (lambda rows=rows: pd.DataFrame(rows), {}) for name, rows in ROWS.items()},
    "influence_map": (_people, {}),
    "organisation": (_tree, {"ties": TIES}),
    "roadmap": (_road, {}),
    "journey": (_journey, {}),
    "risk_map": (_risks, {}),
    "whitespace": (_white, WHITE),
    "panels": (_panels, {}),
    "coverage": (lambda: squad(("lead", "kam", "C-1", "filled")), {}),
    "contributions": (lambda: points((40, 12), (20, 10)), {"places": 1}),
    "exposure": (lambda: stakes(0.4, 0.05), {}),
    "sensitivity": (lambda: pd.DataFrame([weighed(1, [(0.0, 0.3)], has_place=True)]), {}),
}
OF_ALL = {
    "acceptability", "account_matrix", "concentration", "contributions", "exposure", "panels",
    "portfolio_growth", "sensitivity", "whale",
}  # fmt: skip
FIGURES = [
    name for name, draw in getmembers(charts, isfunction) if signature(draw).return_annotation == "Shown"
]
EVERY = pytest.mark.parametrize("name", FIGURES)


def drawn(name: str, change: Callable[[pd.DataFrame], pd.DataFrame], customer: str = "Kund") -> Shown:
    rows, more = SAMPLES[name]
    if name in OF_ALL:
        bundle: Any = bundles.portfolio(
            account=[{"account_id": f"A-{n}", "name": customer} for n in range(1, 12)]
        )
    else:
        person = {"contact_id": "S-1", "name": customer, "title": "KAM", "side": "ours"}
        bundle = bundles.account(contact=[person, {**person, "contact_id": "C-1", "side": "customer"}])
    draw: Callable[..., Shown] = getattr(charts, name)
    whole = {"days_late": "Int64"} if "days_late" in rows() else {}
    changed = change(rows().astype(whole))
    return draw(changed if name in OF_ALL else bundles.typed(changed), bundle, **more)


def named(name: str, customer: str) -> Shown:
    def renamed(rows: pd.DataFrame) -> pd.DataFrame:
        told = [*(each for each in NAMES if each in rows), *(["state"] if name == "journey" else [])]
        return rows.assign(**{each: _first(rows[each], customer) for each in told})

    return drawn(name, renamed, customer)


def _first(names: pd.Series, customer: str) -> pd.Series:
    """The names with the first one changed: two rows never share a name."""
    known = names.astype(object)
    return known.where(known.isna() | (known.notna().cumsum() != 1), customer)


def counted(name: str, amount: float) -> Shown:
    def replaced(rows: pd.DataFrame) -> pd.DataFrame:
        floats = rows.select_dtypes("float").columns
        return rows.assign(**dict.fromkeys(floats, amount))

    return drawn(name, replaced)


def is_sound(shown: Shown) -> bool:
    """Every drawing is well-formed XML, and nothing in it or around it is no number or endless."""
    for svg in re.findall(r"<svg.*?</svg>", shown.html, flags=re.DOTALL):
        ET.fromstring(html.unescape(svg) if "&nbsp;" in svg else svg)  # noqa: S314 - our own drawing
    seen = re.sub(r"<[^>]*>", " ", shown.html)
    return not re.search(r"\b(nan|NaN|NaT|inf|<NA>)\b", seen) and bool(shown.html)


def test_every_public_figure_has_a_sample() -> None:
    """A new figure is held against all of this too."""
    assert set(SAMPLES) >= set(FIGURES)
    assert all(is_sound(drawn(name, lambda rows: rows)) for name in FIGURES)


@EVERY
@pytest.mark.parametrize(
    "customer",
    [r"$\frac{1}$ $a_b_c$", r"$\evil$ A$5% & B$_x", "Cost $5 vs $6", "_hidden", "å😀 客户 عميل", "A\nB\tC"],
)
def test_a_name_is_drawn_as_it_stands(name: str, customer: str) -> None:
    """No formula, no legend that drops it, no line break that covers a neighbour; any script."""
    shown = named(name, customer)
    assert is_sound(shown)
    if "Kund" in str(SAMPLES[name][0]()) or set(NAMES) & set(SAMPLES[name][0]().columns):
        assert html.escape(customer.split("\n", maxsplit=1)[0]) in shown.html


@EVERY
def test_signs_that_no_page_may_hold_are_replaced(name: str) -> None:
    """Control signs and half pairs never break a drawing or the writing of the page."""
    shown = named(name, "A\x00B\x07C\x1b[31mD\x7fE\ufffeF\ud800G")
    assert is_sound(shown)
    shown.html.encode("utf-8")
    assert not set("\x00\x07\x1b\x7f\ufffe\ud800") & set(shown.html)


@EVERY
def test_a_name_without_end_is_cut(name: str) -> None:
    """A hundred thousand characters: title and drawing stay short, and it takes at most a second."""
    began = time.process_time()
    shown = named(name, "x" * 100_000)
    assert time.process_time() - began <= 1.0
    assert is_sound(shown)
    assert len(shown.plain.splitlines()[0]) < 400
    for svg in re.findall(r"<svg.*?</svg>", shown.html, flags=re.DOTALL):
        assert "x" * 200 not in svg


@EVERY
@pytest.mark.parametrize("amount", [float("nan"), 0.0, -1.0, 1e15, float("inf"), float("-inf")])
def test_any_number_gives_a_figure_or_a_message(name: str, amount: float) -> None:
    """All missing, all zero, negative, huge or endless: a figure or what to add, never an exception."""
    assert is_sound(counted(name, amount))


@EVERY
def test_one_row_is_drawn(name: str) -> None:
    """The smallest data do not break a figure."""
    assert is_sound(drawn(name, lambda rows: rows.head(1)))
