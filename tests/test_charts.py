"""Each figure says in its title what its data show, and what to add where there are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import bundles
import pandas as pd
import pytest

from kamlib import text
from kamlib.show import charts, page
from kamlib.show.charts import marks, words
from kamlib.show.figure import Figure

NAN = float("nan")
HOSTILE = "A$5% & B <ö>"

ROWS: dict[str, list[dict[str, Any]]] = {
    "revenue_by_group": [
        {"product_group": HOSTILE, "revenue_12m": 9.0e6, "revenue_previous_12m": 7.0e6},
        {"product_group": "Service", "revenue_12m": 2.0e6, "revenue_previous_12m": NAN},
    ],
    "goal_progress": [
        {"title": HOSTILE, "way": 0.6, "expected": 0.5, "state": "on_track"},
        {"title": "Andra", "way": -0.4, "expected": NAN, "state": "off_track"},
        {"title": "Omätt", "way": NAN, "expected": 0.2, "state": "no_reading"},
    ],
    "revenue_bridge": [
        {"step": step, "product_group": group, "amount": amount, "year": year, "price": NAN}
        | {"quantity_unit": None, "quantity_12m": NAN, "quantity_previous_12m": NAN}
        for step, group, amount, year in (
            ("before", None, 10.0e6, None),
            ("group", HOSTILE, 2.0e6, None),
            ("group", "Service", -0.5e6, None),
            ("now", None, 11.5e6, None),
            ("budget", None, 12.0e6, None),
            ("forecast", None, 12.5e6, 2026),
        )
    ],
    "health_trend": [
        {"on": pd.Timestamp("2026-06-30"), "total": NAN, "relationship": 60.0, "value": NAN}
        | {"commercial": NAN, "delivery": NAN},
        {"on": pd.Timestamp("2026-09-30"), "total": 48.0, "relationship": 40.0, "value": NAN}
        | {"commercial": 80.0, "delivery": NAN},
    ],
    "promise_ages": [
        {"direction": "ours", "due_on": pd.Timestamp("2026-06-01"), "state": "kept", "days_late": 0},
        {"direction": "customer", "due_on": pd.Timestamp("2026-06-01"), "state": "overdue", "days_late": 121},
        {"direction": "ours", "due_on": pd.NaT, "state": "open", "days_late": None},
    ],
    "influence_map": [
        {"name": HOSTILE, "title": "VD", "influence": 5, "support": 1, "coverage": 4},
        {"name": "Bo Ek", "title": "Chef", "influence": 4, "support": None, "coverage": None},
    ],
    "concentration": [{"account_id": f"A-{n}", "revenue_12m": 1000.0 / n**2} for n in range(1, 12)],
    "whale": [{"account_id": f"A-{n}", "profit": 5.0 - n} for n in range(8)]
    + [{"account_id": "A-9", "profit": NAN}],
    "account_matrix": [
        {
            "account_id": "A-1",
            "attractiveness": 4.5,
            "our_position": 4.0,
            "verdict": "robust_in",
            "is_key": True,
            "revenue_12m": 2e6,
        },
        {
            "account_id": "A-2",
            "attractiveness": 4.5,
            "our_position": 4.0,
            "verdict": "contested",
            "is_key": False,
            "revenue_12m": -1.0,
        },
        {
            "account_id": "A-3",
            "attractiveness": 2.0,
            "our_position": NAN,
            "verdict": "robust_out",
            "is_key": True,
            "revenue_12m": 2e6,
        },
    ],
    "acceptability": [
        {"account_id": "A-1", "acceptability": 1.0, "verdict": "robust_in"},
        {"account_id": "A-2", "acceptability": 0.4, "verdict": "contested"},
        {"account_id": "A-3", "acceptability": 0.0, "verdict": "robust_out"},
    ],
}
TITLES = {
    "revenue_by_group": "har ändrats mest: 2,0",
    "goal_progress": "1 av 2 mätta mål",
    "revenue_bridge": "A$5% & B <ö> driver tillväxten (+2,0\N{NO-BREAK SPACE}mkr); Service tar tillbaka en fjärdedel",
    "health_trend": "Svagast är relation: 40 av 100, en svag nivå; relation har fallit 20 poäng sedan juni 2026",
    "promise_ages": "Kunden är sen med ett åtagande, sedan 121 dagar; vi ligger inte efter",
    "influence_map": "1 av 2 med stort inflytande",
    "concentration": "2 av 11 kunder står för",
    "whale": "5 kunder ger 125\N{NO-BREAK SPACE}% av vinsten; 3\N{NO-BREAK SPACE}kr går åt till kunder med förlust (2)",
    "account_matrix": "Hos båda kunderna i bilden",
    "acceptability": "1 kund har en klar plats, 1 är gränsfall",
}
ACCOUNT = (
    "revenue_bridge",
    "revenue_by_group",
    "goal_progress",
    "health_trend",
    "promise_ages",
    "influence_map",
)
#: Small curves beside their numbers, one for each part.
SVGS = {"health_trend": 5, "influence_map": 1}


def _bundle(name: str, audience: str = "internal") -> Any:
    if name in ACCOUNT:
        return bundles.account(audience=audience)
    names = [{"account_id": "A-1", "name": HOSTILE}, {"account_id": "A-2", "name": "Baltic Foods"}]
    return bundles.portfolio(account=names)


def _drawn(name: str, rows: list[dict[str, Any]] | None = None, **more: Any) -> page.Shown:
    draw: Callable[..., page.Shown] = getattr(charts, name)
    frame = pd.DataFrame(ROWS[name] if rows is None else rows, columns=list(ROWS[name][0]))
    if name == "influence_map":
        frame = frame.astype(dict.fromkeys(["influence", "support", "coverage"], "Int64"))
    return draw(bundles.typed(frame) if name in ACCOUNT else frame, _bundle(name, **more))


@pytest.mark.parametrize("name", list(ROWS))
def test_the_title_says_what_the_data_show(name: str) -> None:
    """Each figure draws its rows under a title chosen from them: twice, or once as a list that fits any width."""
    shown = _drawn(name)
    assert TITLES[name] in shown.plain
    assert shown.html.count("<svg") == SVGS.get(name, 0 if "kam-bars" in shown.html else 2)
    assert "nan" not in re.sub(r"data:[^)]*|[a-z]+nan[a-z]*", "", shown.html.lower())


@pytest.mark.parametrize("name", list(ROWS))
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_no_rows_say_what_to_add(name: str, lang: str) -> None:
    """Without rows there are no empty axes but a sentence on what to add; a customer sees nothing."""
    text.use(lang)
    shown = _drawn(name, [])
    assert "<svg" not in shown.html
    assert "kam-empty" in shown.html
    if name in ACCOUNT:
        assert _drawn(name, [], audience="customer").html == ""


@pytest.mark.parametrize("name", list(ROWS))
def test_hostile_names_are_shown_as_they_stand(name: str) -> None:
    """No name becomes markup or a formula."""
    html = _drawn(name).html
    assert "<ö>" not in html
    assert ("A$5% &amp; B &lt;ö&gt;" in html) == (
        HOSTILE in str(ROWS[name]) or name in ("account_matrix", "acceptability", "concentration", "whale")
    )


def test_people_never_meet_a_customer() -> None:
    """Stance and influence are ours alone, whatever rows are given."""
    assert _drawn("influence_map", audience="customer").html == ""


def test_a_page_of_figures_shares_no_id() -> None:
    """All figures on one page keep their ids apart."""
    ids = re.findall(r' id="([^"]+)"', "".join(_drawn(name).html for name in ROWS))
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("change", "before", "case"),
    [([5, 1], 100, "up"), ([-5, 1], 100, "down"), ([4.99, 1], 100, "even"), ([5, 1], 0, "even")],
)
def test_a_group_drives_only_from_the_limit_on(change: list[float], before: float, case: str) -> None:
    """One group is said to drive a change of at least five per cent of the whole."""
    assert words.driver_case(pd.Series(change), before, 0.05) == case


@pytest.mark.parametrize(
    ("count", "of", "case"), [(0, 0, "unknown"), (0, 3, "none"), (1, 3, "some"), (3, 3, "all")]
)
def test_all_some_and_none_are_exact(count: int, of: int, case: str) -> None:
    """No quantity word without its count."""
    assert words.all_case(count, of) == case


@pytest.mark.parametrize(("few", "case"), [(1, "steep"), (5, "steep"), (6, "flat")])
def test_a_portfolio_is_flat_only_above_half(few: int, case: str) -> None:
    """More than half of the customers for the target share: even (S1.4)."""
    assert words.concentration_case(few, 10, 0.5) == case


def test_names_never_cover_each_other() -> None:
    """Crowded dots: each written name has room of its own, and who found none is told."""
    ax = Figure(figsize=(4, 3)).add_axes((0, 0, 1, 1))
    ax.set_xlim(0, 10)
    ax.set_ylim(0, 10)
    crowd = [marks.Mark(5 + n % 3 * 0.2, 5 + n // 3 * 0.2, 0.07, f"Kund nummer {n}") for n in range(30)]
    homeless = marks.label(ax, crowd)
    assert len(ax.texts) == 30 - len(homeless)
    assert homeless
    assert len(marks.label(ax, [marks.Mark(2, 2, 0.07, "En"), marks.Mark(8, 8, 0.07, "Två")])) == 0


def test_a_portfolio_of_one_and_a_loss_are_drawn_too() -> None:
    """The smallest data do not break a figure, and a loss in total asks for more instead."""
    assert "kam-bars" in _drawn("concentration", [{"account_id": "A-1", "revenue_12m": 5.0}]).html
    assert "kam-empty" in _drawn("whale", [{"account_id": "A-1", "profit": -5.0}]).html
