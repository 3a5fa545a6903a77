"""How strong the relation is: who knows whom, how the contacts fall, which roles we reach (6.5)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.method.once import once
from kamlib.method.relationships.people import people, today, two_way
from kamlib.schema import AccountView


@once
def links(account: AccountView) -> pd.DataFrame:
    """Return who knows whom: one row per own person and customer person.

    Columns our_person_id, contact_id, contacts (two-way, 12 months), last_on; a tie that is only noted
    (`known_by`) has 0 contacts.
    """
    recent = two_way(account).dropna(subset=["our_person_id"])
    recent = recent[recent["held_on"] > today(account) - pd.DateOffset(months=12)]
    met = recent.groupby(["our_person_id", "contact_id"], as_index=False).agg(
        contacts=("held_on", "size"), last_on=("held_on", "max")
    )
    noted = account.stakeholder.dropna(subset=["contact_id", "known_by"])
    noted = noted[["known_by", "contact_id"]].set_axis(["our_person_id", "contact_id"], axis=1)
    pairs = pd.concat([met, noted.assign(contacts=0)]).drop_duplicates(["our_person_id", "contact_id"])
    return pairs.sort_values("contacts", ascending=False, kind="stable", ignore_index=True)


def influence_coverage(persons: pd.DataFrame) -> float | None:
    """Return the share of known influence held by people whom we know well (coverage 3 or 4); 6.5."""
    total = persons["influence"].sum()
    return float(persons.loc[covered(persons), "influence"].sum() / total) if total else None


def influence_weighted_support(persons: pd.DataFrame) -> tuple[float | None, float | None]:
    """Return support -1..1 weighted by influence, and the share of influence whose stance is unknown (6.5)."""
    rated = persons.dropna(subset=["influence"])
    known = rated.dropna(subset=["support"])
    total, heard = float(rated["influence"].sum()), float(known["influence"].sum())
    support = float((known["influence"] * known["support"]).sum() / (2 * heard)) if heard else None
    return support, (1 - heard / total if total else None)


def covered(persons: pd.DataFrame) -> pd.Series[bool]:
    """Tell for each person whether we know them well: coverage 3 or 4."""
    return persons["coverage"].fillna(0) >= 3


def map_status(persons: pd.DataFrame, account: AccountView) -> int:
    """Return how far the map has come: 0 nobody noted, 1 people, 2 a key player, 3 one who supports (6.5).

    A key player has influence 4 or 5 and is a person with a name, not a placeholder.
    """
    noted = persons[persons["role"].notna() & ~persons["is_placeholder"].fillna(value=False).astype(bool)]
    players = noted[noted["influence"].ge(account.limit("key_player_influence")).fillna(value=False)]
    stages = (len(noted), len(players), int(players["support"].gt(0).fillna(value=False).sum()))
    return sum(bool(stage) for stage in stages)


def effective_contacts(counts: Iterable[float]) -> tuple[float | None, float | None]:
    """Return HHI and 1/HHI of the contacts per person; None without contacts (6.5).

    >>> effective_contacts([7, 2, 1])
    (0.54, 1.85)
    """
    numbers = np.array(list(counts), dtype=float)
    if not numbers.sum():
        return None, None
    hhi = float(((numbers / numbers.sum()) ** 2).sum())
    return round(hhi, 4), round(1 / hhi, 2)


@once
def contact_shares(account: AccountView) -> pd.DataFrame:
    """Return contact_id, contacts, share: how the two-way contacts of 12 months fall on their people."""
    recent = two_way(account)
    recent = recent[recent["held_on"] > today(account) - pd.DateOffset(months=12)]
    met = (
        recent["contact_id"].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    )
    counts = met.rename("contacts").reset_index()
    return counts.assign(share=counts["contacts"] / max(int(counts["contacts"].sum()), 1))


@once
def threading(account: AccountView) -> pd.DataFrame:
    """Return one row per decision role: role, people, last_two_way_on, is_threaded (within 90 days)."""
    held = people(account)[["role", "contact_id", "last_two_way_on"]]
    known: dict[str, list[pd.Timestamp]] = {role: [] for role in account.limit("decision_roles")}
    for role, person, last in held.itertuples(index=False):
        if role in known and not text.is_missing(person):
            known[role].append(last)
    last_on = pd.Series([max(filter(pd.notna, days), default=pd.NaT) for days in known.values()])
    since = today(account) - pd.Timedelta(days=account.limit("threading_days"))
    return pd.DataFrame(
        {
            "role": pd.Series(list(known), dtype="str"),
            "people": pd.Series([len(days) for days in known.values()], dtype="Int64"),
            "last_two_way_on": last_on.astype("datetime64[us]"),
            "is_threaded": last_on.ge(since),
        }
    )


def strength(account: AccountView) -> pd.DataFrame:
    """Return the relation in six figures: measure, value, known_share and a `reading` in words.

    value: share of influence covered, support -1..1, effective contacts (number), roles with two-way
    contact, people inside their interval, status of the map 0..3. A figure that cannot be told is missing, and the reading says why.
    """
    persons, roles, shares = people(account), threading(account), contact_shares(account)
    named = persons[persons["contact_id"].notna()]
    support, unknown = influence_weighted_support(named)
    known = None if unknown is None else 1 - unknown
    hhi, effective = effective_contacts(shares["contacts"])
    heaviest = float(shares["share"].max()) if len(shares) else None
    agreed = named[named["interval_days"].notna()]
    fresh, status = int(agreed["freshness"].eq("fresh").sum()), map_status(named, account)
    return pd.DataFrame(
        [
            _figure("coverage", influence_coverage(named), n=int(named["influence"].notna().sum())),
            _figure("support", support, known=known),
            _figure("effective", effective, hhi=hhi, share=text.percent(heaviest), n=len(shares)),
            _figure("threads", int(roles["is_threaded"].sum()), n=len(roles)),
            _figure("fresh", fresh if len(agreed) else None, n=len(agreed)),
            {"measure": "map", "value": status, "reading": text.t(f"relation.map.{status}")},
        ]
    )


def _figure(
    measure: str, value: float | None, known: float | None = None, **values: object
) -> dict[str, object]:
    key = f"relation.{measure}.none" if value is None else f"relation.{measure}"
    told = {"value": value, "share": text.percent(value), "known": text.percent(known), **values}
    if isinstance(value, float):
        told["value"] = text.number(value, 2, signed=measure == "support")
    return {"measure": measure, "value": value, "known_share": known, "reading": text.t(key, **told)}
