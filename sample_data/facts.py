"""What the systems know beside sales: contacts, deals, projects, answers, cases, costs, deliveries and agreements."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from company import DATA_DAY, Customer, Row, customers, dice, pages, people, say
from sales import MONTHS, R12, bought_in, by_month

FIRST_CONTACT = date(2025, 7, 1)
QUIET_WEEKS = range(28, 32)
KINDS = ("call", "call", "mail", "mail", "mail", "visit", "meeting")
LAST_YEARS = (MONTHS[-24:-12], R12)
ACTIVITIES = ("visits", "orders", "deliveries", "support", "call_outs", "returns")
_DEAL = ("product_group", "stage", "amount", "probability", "created_on", "expected_on", "closed_on",
         "value_quantified_on", "priced_on", "competitor")  # fmt: skip
_PROJECT = ("status", "starts_on", "planned_end_on", "actual_end_on", "expected_end_on",
            "milestones_due", "milestones_met")  # fmt: skip
_AGREEMENT = ("kind", "starts_on", "ends_on", "notice_months", "has_price_clause", "has_change_of_control",
              "is_exclusive")  # fmt: skip


def touchpoint_rows(lang: str) -> list[Row]:
    """One row: a contact between one of us and one of them."""
    told = [_told(*line) for line in pages("facts")["told_touchpoints"]]
    drawn = [row for customer in customers().values() for row in _talk(customer)]
    rows = sorted(
        told + drawn, key=lambda row: (row["held_on"], row["account_id"], row["contact_id"], row["note"])
    )
    return [_numbered(row, "touchpoint_id", "T", n, lang) for n, row in enumerate(rows, 1)]


def _told(day: date, account_id: str, person: str, ours: str, *rest: Any) -> Row:
    kind, began, is_sale, note = rest
    return _touch(account_id, person, ours, day, kind) | {
        "initiated_by": began,
        "is_two_way": "true",
        "is_about_sale": _flag(is_sale),
        "note": note,
    }


def _talk(customer: Customer) -> Iterator[Row]:
    """Draw a customer's contacts: by the story where there is one, else a few with whoever is there."""
    luck, story = dice("talk", customer.account_id), pages("facts")["talk"].get(customer.account_id)
    story = story or _ordinary_talk(customer, luck)
    for _ in range(story["count"]):
        day = _workday(luck, story.get("last", DATA_DAY))
        person, ours = _pick(luck, story["people"]), _pick(luck, story["ours"])
        kind, note = luck.choice(KINDS), luck.choice(pages("facts")["notes"])
        is_sale = luck.random() < 0.45 and day < story.get("plain_from", DATA_DAY)
        yield _touch(_employer(person), person, ours, day, kind) | {
            "initiated_by": "customer" if luck.random() < story["theirs"] else "ours",
            "is_two_way": _flag(kind != "mail" or luck.random() < 0.6),
            "is_about_sale": _flag(is_sale),
            "note": note if luck.random() < 0.5 else "",
        }


def _ordinary_talk(customer: Customer, luck: random.Random) -> Row:
    known = _staff_of(customer.account_id)
    count = luck.randint(2, 8) if known and luck.random() < 0.75 else 0
    return {"count": count, "people": dict.fromkeys(known, 1), "ours": {customer.owner: 1}, "theirs": 0.5}


def _touch(account_id: str, person: str, ours: str, day: date, kind: str) -> Row:
    return {
        "touchpoint_id": "",
        "account_id": account_id,
        "contact_id": person,
        "our_person_id": ours,
        "held_on": str(day),
        "kind": kind,
    }


def _workday(luck: random.Random, last: date) -> date:
    while True:
        day = FIRST_CONTACT + timedelta(days=luck.randrange((last - FIRST_CONTACT).days + 1))
        if day.weekday() < 5 and day.isocalendar().week not in QUIET_WEEKS:
            return day


def _pick(luck: random.Random, weights: dict[str, float]) -> str:
    return luck.choices(list(weights), list(weights.values()))[0]


def _staff_of(account_id: str) -> list[str]:
    return [
        p["contact_id"] for p in people() if p["account_id"] == account_id and p["name"] and not p["gone_on"]
    ]


def _employer(person: str) -> str:
    return f"A-{person[2:5]}"


def _flag(value: object) -> str:
    return "true" if value else "false"


def _numbered(row: Row, column: str, letter: str, number: int, lang: str) -> Row:
    return {name: say(value, lang) for name, value in row.items()} | {column: f"{letter}-{number:04d}"}


def opportunity_rows(lang: str) -> list[Row]:
    """One row: a deal, won, lost, open or stalled."""
    told = [_deal(*line) for line in pages("facts")["opportunities"]]
    drawn = [_drawn_deal(number, dice("deal", number)) for number in range(len(told) + 1, 111)]
    groups = pages("company")["product_groups"]
    return [
        {
            name: say(groups[value]["name"] if name == "product_group" else value, lang)
            for name, value in row.items()
        }
        for row in told + drawn
    ]


def _deal(deal_id: str, account_id: str, name: str, *rest: Any) -> Row:
    return {"opportunity_id": deal_id, "account_id": account_id, "name": name} | dict(
        zip(_DEAL, rest, strict=True)
    )


def _drawn_deal(number: int, luck: random.Random) -> Row:
    account_id = luck.choice([key for key in customers() if sum(bought_in(key, R12).values()) > 300_000])
    group = luck.choice(list(bought_in(account_id, R12)))
    stage = luck.choice(["won", "won", "lost", "open", "open", "stalled"])
    created = date(2025, 1, 13) + timedelta(weeks=luck.randrange(84))
    expected, priced = (
        created + timedelta(days=luck.randint(60, 240)),
        created + timedelta(days=luck.randint(10, 50)),
    )
    closed = (
        min(expected + timedelta(days=luck.randint(-20, 20)), DATA_DAY) if stage in ("won", "lost") else ""
    )
    amount = round(customers()[account_id].r12 * 1e6 * luck.uniform(0.03, 0.15), -4) + 20_000
    chance = {"won": 1, "lost": 0}.get(stage, luck.choice([0.2, 0.3, 0.5, 0.7]))
    valued = created + timedelta(days=luck.randint(5, 60)) if luck.random() < 0.35 else ""
    rival = luck.choice(["", "", "Fluvanta AB", "Tätverk Nord AB"])
    known = (valued if str(valued) <= str(DATA_DAY) else "", priced if priced <= DATA_DAY else "", rival)
    rest = (group, stage, int(amount), chance, created, expected, closed, *known)
    return _deal(f"OP-{number:03d}", account_id, pages("facts")["deal_names"][group], *rest)


def project_rows(lang: str) -> list[Row]:
    """One row: a project with planned and expected end."""
    return [
        {"project_id": key, "account_id": account_id, "name": say(name, lang)}
        | dict(zip(_PROJECT, rest, strict=True))
        for key, account_id, name, *rest in pages("facts")["projects"]
    ]


def feedback_rows(lang: str) -> list[Row]:
    """One row: one person's answer."""
    rows = [_answer(*line) for line in pages("facts")["feedback"]] + list(_drawn_answers())
    rows.sort(key=lambda row: (row["answered_on"], row["contact_id"], row["kind"]))
    return [_numbered(row, "feedback_id", "F", n, lang) for n, row in enumerate(rows, 1)]


def _answer(account_id: str, kind: str, person: str, *said: Any) -> Row:
    score, day, comment = said
    return {
        "feedback_id": "",
        "account_id": account_id,
        "contact_id": person,
        "answered_on": str(day),
        "kind": kind,
        "score": score,
        "comment": comment,
    }


def _drawn_answers() -> Iterator[Row]:
    for key, each in customers().items():
        luck, known = dice("answers", key), _staff_of(key)
        if key not in pages("company")["accounts"] and each.r12 > 0.4 and known and luck.random() < 0.5:
            yield _answer(
                key,
                "nps",
                luck.choice(known),
                luck.choice([5, 6, 7, 7, 8, 8, 9, 9, 10]),
                _workday(luck, DATA_DAY),
                "",
            )


def case_rows(lang: str) -> list[Row]:
    """One row: a service ticket."""
    told = [
        dict(zip(("account_id", "opened_on", "closed_on", "severity", "title"), line, strict=True))
        for line in pages("facts")["cases"]
    ]
    rows = sorted([*told, *_drawn_cases()], key=lambda row: (str(row["opened_on"]), row["account_id"]))
    return [_numbered({"case_id": ""} | row, "case_id", "S", n, lang) for n, row in enumerate(rows, 1)]


def _drawn_cases() -> Iterator[Row]:
    for key, each in customers().items():
        luck = dice("cases", key)
        for _ in range(min(7, int(each.r12 / 5 + luck.random() * 1.4))):
            opened = _workday(luck, date(2026, 9, 4))
            yield {
                "account_id": key,
                "opened_on": opened,
                "closed_on": opened + timedelta(days=luck.randint(1, 21)),
                "severity": luck.choice(["low", "low", "medium", "medium", "high"]),
                "title": luck.choice(pages("facts")["case_titles"]),
            }


def service_cost_rows() -> list[Row]:
    """One row: what one activity cost us for a customer in a month."""
    shares = {
        key: each.service_share for key, each in customers().items() if each.service_share and each.r12 > 0.3
    }
    rows = [row for key, share in shares.items() for row in _costs(key, share)]
    return [*_mine(), *rows]


def _mine() -> Iterator[Row]:
    for activity, totals in pages("facts")["mine_costs"].items():
        for months, total in zip(LAST_YEARS, totals, strict=True):
            luck = dice("mine", activity, months[0])
            weights = [luck.uniform(0.7, 1.3) for _ in months]
            parts = _split(round(total * 1e6), weights)
            yield from (
                _cost("A-008", month, activity, cost) for month, cost in zip(months, parts, strict=True)
            )


def _costs(key: str, share: float) -> Iterator[Row]:
    luck, sales = dice("costs", key), by_month()
    used = luck.sample(ACTIVITIES, 3)
    for month in MONTHS[-24:]:
        for activity in used:
            cost = round(max(sales.get((key, month), 0), 0) * share / 3 * luck.uniform(0.6, 1.4), -2)
            if cost:
                yield _cost(key, month, activity, int(cost))


def _cost(key: str, month: str, activity: str, cost: int) -> Row:
    rate = {"call_outs": 14_500, "express_freight": 6_800, "on_site_stock": 1, "orders": 650}.get(
        activity, 2_400
    )
    quantity = "" if activity == "on_site_stock" else round(cost / rate, 1)
    return {"account_id": key, "month": month, "activity": activity, "cost": cost, "quantity": quantity}


def _split(whole: int, weights: list[float]) -> list[int]:
    parts = [round(whole * weight / sum(weights)) for weight in weights]
    parts[-1] += whole - sum(parts)
    return parts


def delivery_rows() -> list[Row]:
    """One row: order lines due and met in a month."""
    measured = {key: each.otif for key, each in customers().items() if each.otif and each.r12 > 0.3}
    return [row for key, precise in measured.items() for row in _deliveries(key, precise)]


def _deliveries(key: str, precise: float) -> Iterator[Row]:
    """Lines of two years; the last year meets the story's precision exactly, the one before was better where it is low."""
    luck, sales = dice("deliveries", key), by_month()
    for months, precision in zip(LAST_YEARS, (max(precise, 0.86), precise), strict=True):
        due = [
            max(4, round(sales.get((key, month), 0) / 55_000 * luck.uniform(0.85, 1.15))) for month in months
        ]
        missed = _missed(luck, due, round(sum(due) * (1 - precision)))
        for month, lines, late in zip(months, due, missed, strict=True):
            claims = sum(luck.random() < 0.12 for _ in range(late))
            yield {
                "account_id": key,
                "month": month,
                "lines_due": lines,
                "lines_on_time_in_full": lines - late,
                "claims": claims,
            }


def _missed(luck: random.Random, due: list[int], whole: int) -> list[int]:
    places = [place for place, lines in enumerate(due) for _ in range(lines)]
    chosen = luck.sample(places, whole)
    return [chosen.count(place) for place in range(len(due))]


def agreement_rows() -> list[Row]:
    """One row: an agreement and its terms."""
    told: Iterable[list[Any]] = pages("facts")["agreements"]
    rows = [
        {"agreement_id": key, "account_id": account_id} | dict(zip(_AGREEMENT, rest, strict=True))
        for key, account_id, *rest in [*told, *_drawn_agreements()]
    ]
    return [{name: _flag(v) if isinstance(v, bool) else v for name, v in row.items()} for row in rows]


def _drawn_agreements() -> Iterator[list[Any]]:
    larger = [
        key for key, each in customers().items() if each.r12 > 1.9 and key not in pages("company")["accounts"]
    ]
    for number, key in enumerate(larger, 16):
        starts = date(dice("agreement", key).choice([2023, 2024, 2025, 2026]), 1, 1)
        ends = starts.replace(year=starts.year + 3) - timedelta(days=1)
        yield [f"AG-{number}", key, "price", starts, max(ends, date(2026, 12, 31)), 3, True, False, False]
