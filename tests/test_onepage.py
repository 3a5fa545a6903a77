"""The one-page plan on paper: fifteen boxes, their state, and nothing of it in the customer's edition."""

from __future__ import annotations

from kamlib.method import planning
from kamlib.show import onepage
from tests import bundles
from tests.test_planning import full


def test_each_box_stands_once_and_required_ones_are_starred() -> None:
    """Fifteen boxes, eight stars; a full page carries no pill."""
    account = full()
    html = onepage.sheet(planning.one_page(account), account, "Testkund AB").html
    assert html.count("<article") == 15
    assert html.count("<abbr") == 8
    assert "kam-pill" not in html
    assert "15 av 15 rutor är ifyllda" in html


def test_a_missing_box_says_what_to_add_and_names_are_escaped() -> None:
    """An empty account asks in every box, and its name is written as it is."""
    account = bundles.account(account=[{"account_id": "A-1", "name": "A$5% & B <ö>"}])
    html = onepage.sheet(planning.one_page(account), account, account.name).html
    assert html.count("kam-box-add") == 15
    assert "A$5% &amp; B &lt;ö&gt;" in html
    assert (
        "0 av 15 rutor är ifyllda; obligatoriska som återstår: 8. Beräknad tid att fylla resten: 45 min."
        in html
    )


def test_the_customers_page_carries_no_state_source_or_advice() -> None:
    """In the customer's edition only titles and content stand."""
    account = full("customer", stakeholder=[{}], risk=[])
    html = onepage.sheet(planning.one_page(account), account, "Testkund AB").html
    for word in ("kam-pill", "kam-box-add", "kam-box-source", "<abbr", "obligatorisk"):
        assert word not in html
