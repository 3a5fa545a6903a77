"""Who there is: the customers with a story, the ordinary ones that are invented, and every person."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
DATA_DAY = date(2026, 9, 30)
LANGUAGES = ("sv", "en")
HIGHEST_ID = 184
COUNTRIES = {"SE": 108, "NO": 19, "FI": 16, "DK": 7}
INDUSTRY, COMPANY_FORM = 0, {"SE": 1, "NO": 2, "FI": 3, "DK": 4}
KAM_OF_COUNTRY = {"SE": ("S-03", "S-04", "S-05"), "NO": ("S-06",), "FI": ("S-06",), "DK": ("S-06",)}

Row = dict[str, Any]
Cell = tuple[str, str]


@dataclass(frozen=True)
class Customer:
    """One customer; sales in million SEK a year, `None` growth means invented."""

    account_id: str
    name: str
    industry: str
    country: str
    r12: float
    growth: float
    margin: float
    owner: str
    days: int
    mix: list[float]
    people: int = 2
    key: str = ""
    parent: str = ""
    former: str = ""
    rival: str = ""
    owned_by: str = ""
    regime: str = "none"
    service_share: float | None = None
    otif: float | None = None
    cells: dict[str, float] = field(default_factory=dict)


@cache
def pages(name: str) -> dict[str, Any]:
    """Return one YAML file of `texts/`."""
    return yaml.safe_load((HERE / "texts" / f"{name}.yaml").read_text("utf-8"))


def dice(*names: object) -> random.Random:
    """Return dice that depend on `names` only, so that a new table never moves an old one."""
    return random.Random("skarvlunda " + " ".join(map(str, names)))


def say(words: Any, lang: str) -> Any:
    """Return `words` in one language: a mapping by language, or a text 'Swedish | English'."""
    if isinstance(words, dict) and words.keys() == set(LANGUAGES):
        return words[lang]
    if isinstance(words, str) and " | " in words:
        return words.split(" | ")[LANGUAGES.index(lang)]
    return words


@cache
def customers() -> dict[str, Customer]:
    """Every customer by id, in the order of the ids."""
    told = {key: Customer(key, **story) for key, story in pages("company")["accounts"].items()}
    free = [f"A-{n:03d}" for n in range(1, HIGHEST_ID + 1) if f"A-{n:03d}" not in told]
    invented = zip(free, _invented_names(len(free)), _sizes(free, told), strict=True)
    everyone = told | {key: _ordinary(key, *name, size) for key, name, size in invented}
    return dict(sorted(everyone.items()))


def _ordinary(account_id: str, name: str, industry: str, country: str, size: float) -> Customer:
    luck = dice("customer", account_id)
    mix = [luck.choice([0, 0, 1, 1, 2]) for _ in range(6)] + [luck.choice([0, 0, 0, 0, 0.3])]
    return Customer(
        account_id,
        name,
        industry,
        country,
        size,
        growth=round(luck.gauss(0.05, 0.10), 3),
        margin=round(luck.uniform(0.25, 0.42), 3),
        owner=luck.choice(KAM_OF_COUNTRY[country]),
        days=luck.choice([30, 30, 30, 45, 60]),
        mix=mix if sum(mix) else [0, 0, 1, 0, 1, 0, 0],
        people=luck.choice([1, 2, 2, 3, 3, 4, 4]),
        service_share=_service_share(luck) if luck.random() < 0.25 else None,
        otif=round(luck.uniform(0.90, 0.985), 3) if luck.random() < 0.35 else None,
    )


def _service_share(luck: random.Random) -> float:
    """Cost to serve as a share of sales; a few small customers cost more than they leave."""
    return round(luck.uniform(0.02, 0.12) if luck.random() < 0.8 else luck.uniform(0.36, 0.48), 3)


def _invented_names(count: int) -> list[tuple[str, str, str]]:
    luck, parts, used = dice("names"), pages("invention"), set()
    trades = [trade for trade in parts["industries"] for _ in range(trade[5])]
    countries = [country for country, share in COUNTRIES.items() for _ in range(share)]
    luck.shuffle(countries)
    chosen = []
    for country in countries[:count]:
        places = ["".join(both) for both in _parts(parts, "place", country)]
        place = luck.choice([place for place in places if place not in used])
        used.add(place)
        trade = luck.choice(trades)
        chosen.append((f"{place} {trade[COMPANY_FORM[country]]}", trade[INDUSTRY], country))
    return chosen


def _parts(parts: Row, kind: str, country: str) -> Iterable[tuple[str, str]]:
    return product(parts[f"{kind}_starts"][country], parts[f"{kind}_ends"][country])


def _sizes(free: list[str], told: dict[str, Customer]) -> list[float]:
    """Yearly sales of the ordinary customers: what the stories leave, 26 of them above two millions."""
    luck, gone = dice("sizes"), pages("company")["left"]
    total = sum(group["r12"] for group in pages("company")["product_groups"].values())
    large = [round(luck.uniform(2.05, 3.2), 2) for _ in range(26)]
    rest = total - sum(customer.r12 for customer in told.values()) - sum(large)
    tail = [rank**-0.6 for rank in range(1, len(free) - len(large) - len(gone) + 1)]
    small = [rest * share / sum(tail) for share in tail]
    sizes = large + small
    luck.shuffle(sizes)
    return [0.0 if account_id in gone else sizes.pop() for account_id in free]


def account_rows(lang: str) -> list[Row]:
    """One row: a customer."""
    return [
        {
            "account_id": each.account_id,
            "name": each.name,
            "parent_id": each.parent,
            "parent_name": each.owned_by,
            "former_name": each.former,
            "industry": say(each.industry, lang),
            "country": each.country,
            "owner": each.owner,
            "procurement_regime": each.regime,
            "competes_with": each.rival,
            "payment_days": each.days,
        }
        for each in customers().values()
    ]


@cache
def people() -> tuple[Row, ...]:
    """One row: a person at a customer or of ours, words still in both languages."""
    rows = [_one_of_us(person_id, **told) for person_id, told in pages("company")["ours"].items()]
    return (*rows, *(person for customer in customers().values() for person in _staff(customer)))


def contact_rows(lang: str) -> list[Row]:
    """One row: a person."""
    return [{name: say(value, lang) for name, value in person.items()} for person in people()]


def _one_of_us(person_id: str, name: str, title: str, unit: str, **more: Any) -> Row:
    row = _person(person_id, "", [name, title, unit, 0])
    return row | {
        "side": "ours",
        "reports_to": more.get("boss", ""),
        "joined_on": more.get("joined", ""),
        "gone_on": more.get("gone", ""),
        "capacity_hours_year": more.get("hours", ""),
    }


def _staff(customer: Customer) -> list[Row]:
    told = [list(person) for person in pages("company")["people"].get(customer.account_id, [])]
    luck, stem = dice("staff", customer.account_id), f"C-{customer.account_id[2:]}"
    known = []
    for number in range(1, max(customer.people, len(told)) + 1):
        person = told[number - 1] if number <= len(told) else _invented_person(known, luck)
        person[0] = _name(customer.country, luck) if person[0] == "?" else person[0]
        known.append(_person(f"{stem}-{number:02d}", customer.account_id, person))
    return known


def _invented_person(known: list[Row], luck: random.Random) -> list[Any]:
    """Draw a title that nobody there holds yet; when all are held, one that several may hold."""
    titles, held = pages("invention")["titles"], {person["title"] for person in known}
    free = [title for title in titles if title[0] not in held] or titles[-len(known) :]
    title, unit = free[0] if len(known) < 2 else luck.choice(free)
    boss = 1 if known and luck.random() < 0.7 else 0
    return ["?", title, unit, boss, _joined(luck), ""]


def _joined(luck: random.Random) -> str:
    return str(date(luck.randint(2004, 2024), luck.randint(1, 12), 1)) if luck.random() < 0.3 else ""


def _name(country: str, luck: random.Random) -> str:
    parts = pages("invention")
    surname = "".join(luck.choice(list(_parts(parts, "surname", country)))).replace("lll", "ll")
    return f"{luck.choice(parts['first_names'][country])} {surname}"


def _person(person_id: str, account_id: str, told: list[Any]) -> Row:
    name, title, unit, boss, joined, gone = (*told, "", "")[:6]
    return {
        "contact_id": person_id,
        "account_id": account_id,
        "side": "customer",
        "name": name,
        "title": title,
        "unit": unit,
        "reports_to": f"{person_id[:-2]}{boss:02d}" if boss else "",
        "is_placeholder": "false" if name else "true",
        "joined_on": joined,
        "gone_on": gone,
        "capacity_hours_year": "",
    }


def write_csv(path: Path, rows: list[Row]) -> None:
    """Write rows as UTF-8 CSV with Unix line ends; the first row gives the columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
