"""A figure is clean inline SVG with words, numbers and ids of its own."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import bundles
import matplotlib as mpl
from matplotlib.axes import Axes

from kamlib.show import figure, page

HOSTILE = "A$5% & B <ö> $x$"


def _paint(ax: Axes) -> None:
    figure.margins(ax, left=0.5)
    ax.bar(range(3), [1, 2, 3], hatch="//")
    ax.plot([0, 2], [0, 9])
    ax.text(0, 1, HOSTILE)
    ax.set_xticks([0, 1, 2])


def _shown(title: str = "Titel & <b>") -> page.Shown:
    words = figure.Words(title, "Under", "Beskrivning", "Källa.")
    wide, phone = figure.Drawing(_paint, (7.1, 3.3)), figure.Drawing(_paint, (3.75, 3.3))
    return figure.shown(wide, words, bundles.account(), table="<table></table>", phone=phone)


def _svgs(html: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)


def test_the_same_data_give_the_same_bytes() -> None:
    """Two drawings of the same figure are equal to the last byte."""
    assert _shown().html == _shown().html


def test_it_is_drawn_once_where_that_is_read_on_a_phone_too() -> None:
    """One drawing, one key, and a style that keeps it from growing over a desktop's whole width."""
    shown = figure.shown(figure.Drawing(_paint, (4.3, 3)), figure.Words("T"), bundles.account())
    assert len(_svgs(shown.html)) == len(shown.keys) == 1
    assert '<div class="kam-one">' in shown.html
    assert ".kam .kam-one svg.kam-svg {max-width:" in page.stylesheet()


def test_it_is_drawn_wide_and_for_a_phone() -> None:
    """Both drawings are there, well-formed, and the style shows one of them."""
    shown = _shown()
    wide, narrow = _svgs(shown.html)
    assert wide != narrow
    for svg in (wide, narrow):
        assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own drawing
    assert "kam-wide" in shown.html
    assert ".kam-narrow {display: none;}" in page.stylesheet()


def test_no_id_is_shared_and_no_reference_is_lost() -> None:
    """Ids carry the figure's own key; what is referred to is there, what is not is gone."""
    other = figure.shown(figure.Drawing(_paint, (5, 3)), figure.Words("Annan"), bundles.account())
    html = _shown().html + other.html
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    named = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', html))
    assert {one or two for one, two in named} <= set(ids)


def test_text_stays_text_and_is_escaped() -> None:
    """Names can be selected, are read as they stand, and are never taken for a formula or markup."""
    html = _shown().html
    assert html.count("A$5% &amp; B &lt;ö&gt; $x$") == 2
    assert "Titel &amp; &lt;b&gt;" in html
    assert "<b>" not in html


def test_it_is_described_for_those_who_do_not_see_it() -> None:
    """Role, title, description and the numbers behind."""
    html = _shown().html
    assert html.count('role="img"') == 2
    assert html.count("<desc") == 2
    assert "Beskrivning" in html
    assert "Visa siffrorna som tabell" in html


def test_nothing_of_the_drawing_tool_is_left() -> None:
    """No comments, metadata, page-wide styles or addresses but the namespace of SVG."""
    html = _shown().html
    for needless in ("<!--", "<metadata", "<style", "matplotlib", "font-family"):
        assert needless not in html
    assert set(re.findall(r"https?://[^\"' ]+", html)) == {"http://www.w3.org/2000/svg"}


def test_the_reader_s_own_settings_are_left_alone() -> None:
    """Drawing changes no global setting, and is not changed by one."""
    before = dict(mpl.rcParams)
    plain = _shown().html
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert _shown().html == plain
    assert dict(mpl.rcParams) == before


def test_width_is_measured_with_the_font_of_the_page() -> None:
    """Longer, larger and bolder text is wider; the measure is inches."""
    assert 0.4 < figure.width("Nordvik AB") < 1.0
    assert figure.width("Nordvik AB", bold=True) > figure.width("Nordvik AB") > figure.width("Nordvik")


def test_a_long_name_is_cut() -> None:
    """A name that does not fit ends with an ellipsis; a short one stands."""
    assert figure.short("Kort") == "Kort"
    assert len(figure.short("x" * 99)) == figure.LONGEST
