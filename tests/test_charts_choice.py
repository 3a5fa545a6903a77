"""Figures of the choice, the squad and what is at stake: titles at their limits, edges, both languages."""

from __future__ import annotations

from typing import Any

import bundles
import pandas as pd
import pytest

from kamlib import text
from kamlib.show import charts
from kamlib.show.charts import bars, choice, words
from kamlib.show.page import Shown

NAN = float("nan")
ODD = "A$5% & B <ö>"
LONG = "x" * 100_000


def portfolio(*names: str) -> Any:
    named = names or (ODD, "Beta", "Gamma", "Delta")
    return bundles.portfolio(
        account=[{"account_id": f"A-{n}", "name": each} for n, each in enumerate(named, 1)]
    )


# --- what one weight does ----------------------------------------------------------------------------------


def weighed(n: int, spans: list[tuple[float, float]], *, has_place: bool, **more: Any) -> dict[str, Any]:
    told = {
        "account_id": f"A-{n}",
        "name": f"Kund {n}",
        "place": n,
        "has_place": has_place,
        "verdict": "contested",
    }
    limits = {"criterion": "willingness_to_partner", "weight": 0.25, "least": 0.20, "most": 0.35}
    return {**told, **limits, "spans": spans, **more}


def title(*rows: dict[str, Any]) -> str:
    shown = charts.sensitivity(pd.DataFrame(rows), portfolio())
    return shown.plain.splitlines()[0].replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("spans", "has_place", "said"),
    [
        ([(0.308, 1.0)], False, "Kund 1 kommer med bara om viljan till partnerskap väger 31 % eller mer"),
        ([(0.0, 0.212)], False, "Kund 1 kommer med bara om viljan till partnerskap väger 21 % eller mindre"),
        ([(0.0, 0.308)], True, "Kund 1 faller ur om viljan till partnerskap väger 31 % eller mer"),
        ([(0.212, 1.0)], True, "Kund 1 faller ur om viljan till partnerskap väger 21 % eller mindre"),
        ([(0.0, 0.35)], True, "Kund 1 faller ur om viljan till partnerskap väger 35 % eller mer"),
        ([(0.0, 0.3501)], True, "Ingen enskild vikt inom rimliga gränser ändrar vilka som är med"),
        ([(0.0, 1.0)], True, "Ingen enskild vikt inom rimliga gränser ändrar vilka som är med"),
        ([], False, "Ingen enskild vikt inom rimliga gränser ändrar vilka som är med"),
    ],
)
def test_the_title_tells_the_nearest_reasonable_change(
    spans: list[tuple[float, float]], has_place: bool, said: str
) -> None:
    """In or out, more or less, up to and including the reasonable limit; beyond it the choice holds."""
    assert title(weighed(1, spans, has_place=has_place)) == said


def test_two_that_change_at_one_weight_change_places() -> None:
    """Where one drops out as another gets in, both are named; the nearest weight is told, whoever stands first."""
    out, into = weighed(1, [(0.0, 0.308)], has_place=True), weighed(2, [(0.308, 1.0)], has_place=False)
    assert title(out, into) == "Kund 1 ger plats åt Kund 2 om viljan till partnerskap väger 31 % eller mer"
    assert title(into, out) == title(out, into)
    nearer = weighed(3, [(0.26, 1.0)], has_place=False)
    assert title(out, into, nearer).startswith("Kund 3 kommer med bara om")


def test_weights_are_told_in_words_beside_the_bar() -> None:
    """Always, never, or between which weights; the customer's name is its own and no markup."""
    rows = [
        weighed(1, [(0.0, 1.0)], has_place=True),
        weighed(2, [(0.0, 0.077), (0.333, 1.0)], has_place=False),
        weighed(3, [], has_place=False),
    ]
    shown = charts.sensitivity(pd.DataFrame(rows), portfolio())
    for said in (
        ">alltid<",
        ">0–8\N{NO-BREAK SPACE}% och 33–100\N{NO-BREAK SPACE}%<",
        ">aldrig<",
        "1. A$5% &amp; B &lt;ö&gt;",
    ):
        assert said in shown.html
    assert "rimligt 20–35" in shown.html
    assert shown.html.count(' class="kam-cut"') == 1
    assert "1 av dem byter sida" in shown.plain


# --- what the points are made of ---------------------------------------------------------------------------


def points(*rows: tuple[float, float]) -> pd.DataFrame:
    named = [
        {
            "account_id": f"A-{n}",
            "name": f"Kund {n}",
            "strategic_importance": a,
            "our_position": b,
            "score": a + b,
        }
        for n, (a, b) in enumerate(rows, 1)
    ]
    return pd.DataFrame(
        named, columns=["account_id", "name", "strategic_importance", "our_position", "score"]
    )


@pytest.mark.parametrize(("apart", "case"), [([0.5, 1.0], "alike"), ([0.5, 1.01], "apart"), ([0.0], "alike")])
def test_criteria_set_customers_apart_only_beyond_the_limit(apart: list[float], case: str) -> None:
    """Up to and including one point they are alike; a single customer has nobody to differ from."""
    assert words.spread_case(pd.Series(apart), 2, 1.0) == case
    assert words.spread_case(pd.Series(apart), 1, 1.0) == "one"


def test_the_criterion_that_differs_most_is_named() -> None:
    """The title names it with its range; the parts are drawn in order, and small ones carry no number."""
    shown = charts.contributions(points((40, 12), (20, 10), (38, 2)), portfolio(), places=2)
    assert shown.plain.startswith("Den strategiska betydelsen skiljer kunderna mest åt: 20 till 40 poäng")
    assert 'style="left:0.0%;width:40.0%">40</i>' in shown.html
    assert 'style="left:38.0%;width:2.0%"></i>' in shown.html
    assert shown.html.count(' class="kam-cut"') == 1
    assert "strategisk betydelse 40, vår position 12" in shown.html
    assert "A$5% &amp; B &lt;ö&gt;" in shown.html


def test_one_customer_and_unknown_points_are_told_too() -> None:
    """One customer: what gives it most. A criterion that nobody is judged on is not drawn; without points, what to add."""
    one = charts.contributions(points((40, NAN)).assign(score=40.0), portfolio())
    assert one.plain.startswith("Kund 1 får 40 poäng; mest ger den strategiska betydelsen")
    assert "kam-soft" not in one.html
    assert "kam-empty" in charts.contributions(points((NAN, NAN)), portfolio()).html


# --- what is at stake --------------------------------------------------------------------------------------


def stakes(*shares: float) -> pd.DataFrame:
    rows = [
        {
            "account_id": f"A-{n}",
            "exposure_share": share,
            "contribution_margin": 1e6,
            "replacement_months": 18.0,
            "at_risk": 1.5e6,
            "chance": 0.05,
            "expected_loss": 75_000.0,
            "chance_basis": "risk",
        }
        for n, share in enumerate(shares, 1)
    ]
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else _STAKES)


_STAKES = ["account_id", "exposure_share", "at_risk", "replacement_months"]


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (
            (0.1, 0.05),
            "Ingen nyckelkund bär mer än 10 % av täckningsbidraget; störst är A$5% & B <ö> med 10,0 %",
        ),
        ((0.1001, 0.05), "A$5% & B <ö> bär 10,0 % av täckningsbidraget, över gränsen 10 %"),
        (
            (0.11, 0.2),
            "2 nyckelkunder bär var för sig mer än 10 % av täckningsbidraget: Beta och A$5% & B <ö>",
        ),
    ],
)
def test_who_stands_above_the_limit_is_said_in_words(shares: tuple[float, ...], said: str) -> None:
    """Exactly ten per cent is not above it; above, the row says so too, beside loss and months."""
    shown = charts.exposure(stakes(*shares), portfolio())
    assert shown.plain.splitlines()[0].replace("\N{NO-BREAK SPACE}", " ") == said
    assert shown.html.count(", över · ") == sum(share > 0.1 for share in shares)
    assert "1,5\N{NO-BREAK SPACE}mkr · 18 mån" in shown.html


def test_an_unknown_share_is_left_out_and_a_loss_draws_nothing() -> None:
    """Missing is not zero; a negative contribution has no length, and its number stands."""
    assert "kam-empty" in charts.exposure(stakes(NAN), portfolio()).html
    shown = charts.exposure(stakes(0.05, -0.02), portfolio())
    assert "left:0.0%;width:0.0%" in shown.html
    assert "\N{MINUS SIGN}2,0" in shown.html


# --- one panel per key account -----------------------------------------------------------------------------


def panels(*bands: str, months: int = 24) -> Shown:
    rows = [
        {
            "account_id": f"A-{n}",
            "band": band,
            "worst": None if band == "unknown" else "delivery",
            "revenue_12m": 12e6,
            "growth_share": NAN if band == "unknown" else -0.02,
            "revenues": [1e6 + m * 1e4 for m in range(months)],
        }
        for n, band in enumerate(bands, 1)
    ]
    columns = ["account_id", "band", "worst", "revenue_12m", "growth_share", "revenues"]
    return charts.panels(pd.DataFrame(rows, columns=columns), portfolio())


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        (("weak", "strong"), "1 av 2 nyckelkunder har svag hälsa: A$5% & B <ö>"),
        (("watch", "strong", "watch"), "Ingen nyckelkund har svag hälsa; 2 av 3 behöver bevakas"),
        (("strong", "unknown"), "Hälsan är god hos alla nyckelkunder där den är känd"),
        (("unknown",), "Ingen nyckelkunds hälsa är känd än"),
    ],
)
def test_the_worst_health_makes_the_title(bands: tuple[str, ...], said: str) -> None:
    """Weak before watch before strong; each account has a panel with its own line, and unknown is a word."""
    shown = panels(*bands)
    assert shown.plain.splitlines()[0] == said
    assert shown.html.count("<li>") == shown.html.count("<svg") == len(bands)
    assert (">för lite känt<" in shown.html) == ("unknown" in bands)


@pytest.mark.parametrize(("months", "lines"), [(0, 0), (1, 0), (2, 1), (11, 1), (12, 1), (13, 2)])
def test_a_mean_of_twelve_needs_twelve_months(months: int, lines: int) -> None:
    """A short history has its months only, and one month has no line; the first mean is a dot, two are a line."""
    drawn = panels("watch", months=months).html
    assert drawn.count("<polyline") == lines
    assert ("<circle" in drawn) == (months >= 12)


def test_no_key_account_has_no_panel() -> None:
    """Without key accounts the page says where to choose them."""
    assert "kam-empty" in panels().html


# --- the squad ---------------------------------------------------------------------------------------------


def squad(*rows: tuple[str, str, str | None, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["level", "function", "person_id", "state"])


def covered(*rows: tuple[str, str, str | None, str], audience: str = "internal") -> Shown:
    people = [{"contact_id": "P-1", "name": ODD, "title": "KAM", "side": "ours"}]
    return charts.coverage(bundles.typed(squad(*rows)), bundles.account(contact=people, audience=audience))


KAM = ("lead", "kam", "P-1", "filled")
MISSING = ("operations", "quality", None, "missing")
LEFT = ("operations", "quality", "P-1", "left")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((KAM,), "Alla 1 funktioner"),
        ((KAM, MISSING), "1 av 2 funktioner är på plats; det saknas kvalitet och reklamationer"),
        ((MISSING, ("lead", "sales", "P-1", "extra")), "Ingen av de 1 funktioner"),
        ((("lead", "sales", "P-1", "extra"),), "Teamet har funktioner utöver minimum"),
    ],
)
def test_what_the_squad_lacks_is_said(rows: Any, said: str) -> None:
    """All, some or none of the minimum; what is beyond it never counts as in place of it."""
    assert said in covered(*rows).plain


def test_a_function_stands_once_with_its_best_state() -> None:
    """Whoever left does not hide that the function is missing, nor does a leaver hide who holds it now."""
    shown = covered(KAM, LEFT, MISSING)
    assert shown.html.count("kvalitet och reklamationer</span>") == 1
    assert "saknas</span>" in shown.html
    assert "har slutat</span>" not in shown.html
    held = covered(KAM, LEFT, ("operations", "quality", "P-1", "filled"))
    assert "Alla 2 funktioner" in held.plain
    assert "A$5% &amp; B &lt;ö&gt;" in held.html


def test_the_squads_gaps_are_never_the_customers() -> None:
    """A customer sees nothing; without anybody in place the page says what to write."""
    assert covered(KAM, audience="customer").html == ""
    assert "kam-empty" in covered(MISSING).html
    assert "kam-empty" in covered().html


# --- the matrix and the staircase --------------------------------------------------------------------------


def test_first_words_name_customers_on_a_phone_where_they_tell_them_apart() -> None:
    """Two that begin alike keep their whole names; a name of no words stands as it is."""
    assert choice._brief(["Nord Kraft AB", "Nord Papper", "Väst AB", " "]) == [
        "Nord Kraft AB",
        "Nord Papper",
        "Väst",
        " ",
    ]


def test_the_staircase_names_the_largest_and_counts_the_rest() -> None:
    """The cut stands where the target is reached, who is no key account is said, and the rest is one row."""
    rows = pd.DataFrame(
        {"account_id": [f"A-{n}" for n in range(1, 40)], "revenue_12m": [900.0] + [10.0] * 38}
    )
    shown = charts.concentration(rows.assign(is_key=rows["account_id"] == "A-1"), portfolio())
    assert shown.html.count("ej nyckelkund") == 16
    assert "22 kunder till" in shown.html
    assert shown.html.index(' class="kam-cut"') > shown.html.index("A$5% &amp; B &lt;ö&gt;") - 60
    assert 'class="kam-accent" style="left:0.0%;width:70.3%"' in shown.html


def test_losses_go_back_and_stand_last_by_name() -> None:
    """Whoever loses money is named after the sum of those between; the highest sum fills the track."""
    profits = [100.0] + [1.0] * 20 + [-8.0, -12.0]
    rows = pd.DataFrame({"account_id": [f"A-{n}" for n in range(1, 24)], "profit": profits})
    shown = charts.whale(rows, portfolio())
    assert shown.plain.startswith(
        "21 kunder ger 120\N{NO-BREAK SPACE}% av vinsten; 20\N{NO-BREAK SPACE}kr går åt"
    )
    assert "11 kunder till" in shown.html
    assert shown.html.count(", förlust") == 2
    assert 'class="kam-over" style="left:83.3%;width:10.0%"' in shown.html
    many = rows.assign(profit=[300.0] + [-1.0] * 22)
    assert charts.whale(many, portfolio()).html.count("width:0.0%") <= 1
    assert charts.whale(rows.head(1), portfolio()).html.count("<li") == 1


def test_a_track_never_leaves_its_room() -> None:
    """Shares outside 0..1 are cut; what is written in a part is escaped."""
    html = bars.track([bars.Part(-0.5, 1.7, "accent", ODD)], [2.0])
    assert "left:0.0%;width:100.0%" in html
    assert "left:100.0%" in html
    assert "A$5% &amp; B &lt;ö&gt;" in html


# --- all of them -------------------------------------------------------------------------------------------

DRAWN = {
    "sensitivity": lambda bundle: charts.sensitivity(
        pd.DataFrame([weighed(1, [(0.0, 0.3)], has_place=True, name=bundle.account["name"].iloc[0])]), bundle
    ),
    "contributions": lambda bundle: charts.contributions(points((1e9, 2), (3, NAN)), bundle),
    "exposure": lambda bundle: charts.exposure(stakes(0.4, 0.5), bundle),
    "concentration": lambda bundle: charts.concentration(
        pd.DataFrame([{"account_id": "A-1", "revenue_12m": 1e15}]), bundle
    ),
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("lang", ["sv", "en"])
@pytest.mark.parametrize("customer", [ODD, LONG, "\u202eolleH", " "])
def test_odd_names_and_huge_numbers_are_drawn_as_they_are(name: str, lang: str, customer: str) -> None:
    """No name becomes markup, no title grows without end, and the same rows give the same bytes."""
    text.use(lang)
    bundle = portfolio(customer)
    shown = DRAWN[name](bundle)
    assert "<ö>" not in shown.html
    assert "nan" not in shown.plain
    assert len(shown.plain.splitlines()[0]) < 300
    assert shown.html == DRAWN[name](bundle).html
