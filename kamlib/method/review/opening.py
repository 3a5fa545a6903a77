"""What opens the review: two sentences and four numbers, for us and, in words of their own, for the customer (S5.2, P1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kamlib import words
from kamlib.method import measures
from kamlib.method.measures.periods import in_months, share_of, total
from kamlib.schema import Account
from kamlib.words import Words

Said = dict[str, Any]


def sentences(account: Account, followed: Sequence[Any], ledger: Sequence[Any]) -> list[Said]:
    """Return two sentences (a key of the catalogue and its values), chosen by rule from what is known.

    `followed` is goal_setting.progress and `ledger` planning.value_ledger of the account. To us: how the revenue moved
    and where goals, promises and health are. To the customer: what they have confirmed, and what comes next.
    """
    if account.audience == "customer":
        return [_gained(account, ledger), _ahead(account)]
    state = {"goals": _goals(followed), "promises": _promised(account), "health": _weakest(account)}
    return [_sold(account), {"key": "opening.state", **state}]


def _sold(account: Account) -> Said:
    grown = measures.growth(account)
    if grown.share is None:
        key = "unknown" if grown.now is None else "new"
    else:
        key = {"flat": "flat", "growing": "up", "shrinking": "down"}[grown.word]
    growth = words.percent(None if grown.share is None else abs(grown.share), 1)
    told = {"name": account.name, "now": _revenue_words(account), "growth": growth}
    return {"key": f"opening.sales.{key}", **told}


def _revenue_words(account: Account) -> Words:
    return measures.figure(account, "revenue", measures.growth(account).now)


def _goals(followed: Sequence[Any]) -> Words:
    states = [each.state for each in followed]
    on_track = sum(each in ("on_track", "not_due") for each in states)
    measured = on_track + sum(each in ("at_risk", "off_track") for each in states)
    all_well = "calm" if "not_due" in states else "all"
    reached = all_well if on_track == measured else "some" if on_track else "behind"
    key = reached if measured else "unmeasured" if states else "none"
    counts = {"count": on_track, "measured": measured, "n": measured or len(states)}
    return words.sentence(f"opening.goals.{key}", **counts)


def _promised(account: Account) -> Words:
    sides = measures.commitments(account)
    late = sum(each.overdue for each in sides)
    key = "late" if late else "calm" if sum(each.due + each.not_due for each in sides) else "none"
    days = max((each.oldest_days for each in sides if each.oldest_days is not None), default="")
    return words.sentence(f"opening.promises.{key}", n=late, days=days)


def _weakest(account: Account) -> Words:
    worst = measures.health_total(account).worst
    if worst is None:
        return words.sentence("opening.health.unknown")
    return words.sentence("opening.health.worst", part=_part(worst), score=_worst_score(account))


def _part(part: str) -> Words:
    return words.label("health_part_within", part)


def _worst_score(account: Account) -> Words:
    return measures.figure(account, "health_worst", measures.health_total(account).worst_score)


def _gained(account: Account, ledger: Sequence[Any]) -> Said:
    confirmed = [each for each in ledger if each.is_counted]
    gained = sum(max(each.amount, 0.0) for each in confirmed)
    cost = sum(max(-each.amount, 0.0) for each in confirmed)
    key = "both" if gained and cost else "cost" if cost else "gained" if gained else "none"
    return {
        "key": f"opening.gained.{key}",
        "gained": words.money(gained, account.currency),
        "cost": words.money(cost, account.currency),
        "day": words.long_day(max((each.confirmed_on for each in confirmed), default=None)),
        "n": len(confirmed),
    }


def _ahead(account: Account) -> Said:
    late = {each.direction: each.overdue for each in measures.commitments(account)}
    key = "opening.ahead.late" if sum(late.values()) else "opening.ahead.calm"
    meeting = account.next_meeting
    return {
        "key": "opening.ahead" if meeting else "opening.ahead.unset",
        "promises": words.sentence(key, ours=late["ours"], theirs=late["customer"]),
        "day": words.long_day(meeting.on if meeting else None),
    }


def figures(account: Account, ledger: Sequence[Any]) -> list[Said]:
    """Return four numbers for the strip: label, value, change in words, tone, and a series where there is one.

    To us: revenue, margin share, health, our promises. To the customer: confirmed value, promises both ways, next day.
    """
    parts: Mapping[str, Callable[[], Said]] = {
        "internal": {
            "revenue": lambda: _revenue(account),
            "margin": lambda: _margin(account),
            "health": lambda: _health(account),
            "promises_ours": lambda: _kept(account, "ours"),
        },
        "customer": {
            "value": lambda: _value(account, ledger),
            "promises_ours": lambda: _kept(account, "ours"),
            "promises_customer": lambda: _kept(account, "customer"),
            "next": lambda: _meets(account),
        },
    }[account.audience]
    label = "opening.figure" if account.audience == "internal" else "opening.figure_for_customer"
    return [{"label": words.sentence(f"{label}.{name}"), **card()} for name, card in parts.items()]


def sources(account: Account) -> Words:
    """Return where the numbers come from and how far they reach, for the line below them."""
    return words.sentence(f"opening.note.{account.audience}", month=words.month(account.facts_through))


def _moved(change: float | None, said: Words) -> Said:
    if change is None:
        return {"change": "", "tone": ""}
    tone = "" if not change else "good" if change > 0 else "bad"
    return {"change": words.sentence("opening.against", change=said), "tone": tone}


def _revenue(account: Account) -> Said:
    share = measures.growth(account).share
    months = [each.rolling_12m for each in measures.trend(account)[-13:]]
    moved = _moved(share, measures.figure(account, "growth", share))
    return {"value": _revenue_words(account), "series": months, **moved}


def _margin(account: Account) -> Said:
    shares = [_margin_share(account, back) for back in (12, 9, 6, 3, 0)]
    first, last = shares[0], shares[-1]
    change = None if first is None or last is None else round(last - first, 3)
    value = measures.figure(account, "margin", last)
    return {"value": value, "series": shares, **_moved(change, words.points(change, 1))}


def _margin_share(account: Account, back: int) -> float | None:
    ends = account.months(12, back=back)
    is_whole = ends is not None and any(each.month <= ends[0] for each in account.revenues)
    if ends is None or not is_whole:  # a part of a year says nothing of a year
        return None
    rows = in_months(account.revenues, ends)
    known = [each for each in rows if each.contribution_margin is not None]
    earned = total(each.contribution_margin for each in known)
    return share_of(earned, total(each.revenue for each in known))


def _health(account: Account) -> Said:
    whole = measures.health_total(account)
    if whole.score is None:
        change = words.sentence("opening.known", known=words.percent(whole.known_share))
    elif whole.is_capped:
        change = words.sentence("opening.capped", why=whole.cap_words)
    else:
        change = words.sentence("opening.worst", part=_part(whole.worst or ""), score=_worst_score(account))
    return {"value": whole.shown, "change": change}


def _kept(account: Account, side: str) -> Said:
    row = next(each for each in measures.commitments(account) if each.direction == side)
    late, is_judged = row.overdue, bool(row.due)
    value = words.sentence("opening.kept", kept=row.on_time, due=row.due) if is_judged else words.number(None)
    key = "late" if late else "calm" if is_judged else "not_due" if row.not_due else "none"
    change = words.sentence(f"opening.kept.{key}", n=late or row.not_due, count=row.not_due)
    return {"value": value, "change": change, "tone": "bad" if late else ""}


def _value(account: Account, ledger: Sequence[Any]) -> Said:
    amounts = [each.amount for each in ledger if each.is_counted]
    cost = sum(-each for each in amounts if each < 0)
    is_both = bool(cost) and any(each > 0 for each in amounts)
    change = words.sentence("opening.cost", cost=words.money(cost, account.currency)) if is_both else ""
    return {"value": words.money(sum(amounts) if amounts else None, account.currency), "change": change}


def _meets(account: Account) -> Said:
    meeting = account.next_meeting
    change = "" if meeting else words.sentence("opening.unset")
    return {"value": words.day(meeting.on if meeting else None), "change": change}
