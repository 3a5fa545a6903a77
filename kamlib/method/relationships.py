"""Who the customer's people are, who knows whom, and what the relation loses when somebody leaves.

Any stage may ask here. Unknown is a value of its own, never a zero; what is judged about a person is stated
per matter and dated (P6). During a public tender all advice on contact is silent (P7).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kamlib import text
from kamlib.errors import Finding
from kamlib.method.once import once
from kamlib.schema import AccountView

_JUDGED = ["role", "influence", "support", "matter", "coverage", "level_now", "level_wanted", "interval_days"]
_NOTED = ["known_by", "evidence", "is_confirmed", "noted_on"]


@once
def people(account: AccountView) -> pd.DataFrame:
    """Return the customer's people and the roles that nobody is known to hold.

    One row is one person with the newest known value of each judgement, or a placeholder (no contact_id).
    Freshness compares the days since the last two-way contact with the role's interval (P11), days in
    weeks 28-31 not counted. The most influential come first.
    """
    persons = _present(account).merge(_newest_judgements(account), how="left", on="contact_id")
    persons = persons.merge(_last_two_way(account), how="left", on="contact_id")
    persons = _with_freshness(persons, account)
    everybody = pd.concat([persons, _placeholders(persons, account)], ignore_index=True)
    order = ["influence", "last_two_way_on", "title"]
    return everybody.sort_values(order, ascending=[False, False, True], ignore_index=True)


@once
def stances(account: AccountView) -> pd.DataFrame:
    """Return support per person and matter (P6): contact_id, matter, support -2..2, evidence, noted_on."""
    known = account.stakeholder.dropna(subset=["contact_id", "support"])
    columns = ["contact_id", "matter", "support", "evidence", "is_confirmed", "noted_on"]
    newest = known.sort_values("noted_on").drop_duplicates(["contact_id", "matter"], keep="last")
    return newest.sort_values("noted_on", ascending=False)[columns].reset_index(drop=True)


def _present(account: AccountView) -> pd.DataFrame:
    theirs = account.contact[account.contact["side"].eq("customer")]
    stays = theirs["gone_on"].isna() | (theirs["gone_on"] > _today(account))
    columns = ["contact_id", "name", "title", "unit", "reports_to", "is_placeholder", "joined_on"]
    return theirs.loc[stays, columns].fillna({"is_placeholder": False})


def _newest_judgements(account: AccountView) -> pd.DataFrame:
    """One row per person; each column its newest known value over the person's matters."""
    known = account.stakeholder.dropna(subset=["contact_id"]).sort_values("noted_on")
    return known.groupby("contact_id", as_index=False)[[*_JUDGED, *_NOTED]].last()


def _last_two_way(account: AccountView) -> pd.DataFrame:
    return _two_way(account).groupby("contact_id", as_index=False).agg(last_two_way_on=("held_on", "max"))


def _two_way(account: AccountView) -> pd.DataFrame:
    touchpoints = account.touchpoint.dropna(subset=["contact_id", "held_on"])
    return touchpoints[
        touchpoints["is_two_way"].fillna(value=False) & (touchpoints["held_on"] <= _today(account))
    ]


def _placeholders(persons: pd.DataFrame, account: AccountView) -> pd.DataFrame:
    """One row per role of the decision that nobody is known to hold (S3.1); none for the customer's eyes."""
    expected = [] if account.audience == "customer" else account.limit("decision_roles")
    absent = [role for role in expected if role not in set(persons["role"].dropna())]
    rows = pd.DataFrame({"role": absent, "is_placeholder": True, "freshness": "never"})
    return rows.reindex(columns=persons.columns).astype(persons.dtypes)


def _with_freshness(persons: pd.DataFrame, account: AccountView) -> pd.DataFrame:
    intervals = {role: rule["value"] for role, rule in account.settings["contact_intervals"].items()}
    agreed = persons["interval_days"].astype("Float64")
    interval = agreed.fillna(persons["role"].map(intervals).astype("Float64"))
    quiet = account.limit("quiet_weeks")
    days = [_days_or_none(last, _today(account), quiet) for last in persons["last_two_way_on"]]
    passed = pd.Series(days, dtype="Int64", index=persons.index)
    states = [contact_state(done, agreed_days) for done, agreed_days in zip(passed, interval, strict=True)]
    return persons.assign(
        interval_days=interval.astype("Int64"), days=passed, freshness=pd.Series(states, persons.index, "str")
    )


def _days_or_none(last: pd.Timestamp, until: pd.Timestamp, quiet: list[int]) -> int | None:
    return None if pd.isna(last) else counted_days(last, until, quiet=quiet)


def counted_days(since: pd.Timestamp, until: pd.Timestamp, *, quiet: list[int]) -> int:
    """Return the days after `since` up to `until` that do not fall in the ISO weeks `quiet` (first, last).

    >>> counted_days(pd.Timestamp("2026-06-30"), pd.Timestamp("2026-08-31"), quiet=[28, 31])
    34
    """
    first, last = quiet
    still = 0
    for year in range(since.year, until.year + 1):
        start = pd.Timestamp.fromisocalendar(year, first, 1) - pd.Timedelta(days=1)
        end = start + pd.Timedelta(weeks=last - first + 1)
        still += max((min(until, end) - max(since, start)).days, 0)
    return (until - since).days - still


def contact_state(days: object, interval: object) -> str:
    """Return fresh (within the interval), ageing (to 1.5 times), stale (beyond), never or unknown (P11)."""
    if text.is_missing(days):
        return "never"
    if text.is_missing(interval):
        return "unknown"
    times = float(days) / float(interval)  # type: ignore[arg-type]
    return "fresh" if times <= 1 else "ageing" if times <= 1.5 else "stale"


def freshness(account: AccountView) -> pd.DataFrame:
    """Return one row per known person: contact_id, role, influence, last_two_way_on, days, interval_days, state."""
    persons = people(account).dropna(subset=["contact_id"]).rename(columns={"freshness": "state"})
    columns = ["contact_id", "role", "influence", "last_two_way_on", "days", "interval_days", "state"]
    return persons[columns].reset_index(drop=True)


@once
def links(account: AccountView) -> pd.DataFrame:
    """Return who knows whom: one row per own person and customer person.

    Columns our_person_id, contact_id, contacts (two-way, 12 months), last_on; a tie that is only noted
    (`known_by`) has 0 contacts.
    """
    recent = _two_way(account).dropna(subset=["our_person_id"])
    recent = recent[recent["held_on"] > _today(account) - pd.DateOffset(months=12)]
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
    return float(persons.loc[_covered(persons), "influence"].sum() / total) if total else None


def influence_weighted_support(persons: pd.DataFrame) -> tuple[float | None, float | None]:
    """Return support -1..1 weighted by influence, and the share of influence whose stance is unknown (6.5)."""
    rated = persons.dropna(subset=["influence"])
    known = rated.dropna(subset=["support"])
    total, heard = float(rated["influence"].sum()), float(known["influence"].sum())
    support = float((known["influence"] * known["support"]).sum() / (2 * heard)) if heard else None
    return support, (1 - heard / total if total else None)


def _covered(persons: pd.DataFrame) -> pd.Series:
    return persons["coverage"].fillna(0) >= 3


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
    recent = _two_way(account)
    recent = recent[recent["held_on"] > _today(account) - pd.DateOffset(months=12)]
    counts = recent.groupby("contact_id", as_index=False).agg(contacts=("held_on", "size"))
    counts["share"] = counts["contacts"] / max(counts["contacts"].sum(), 1)
    return counts.sort_values("share", ascending=False, ignore_index=True)


@once
def threading(account: AccountView) -> pd.DataFrame:
    """Return one row per decision role: role, people, last_two_way_on, is_threaded (within 90 days)."""
    held = people(account)
    held = held[held["role"].isin(account.limit("decision_roles")) & held["contact_id"].notna()]
    roles = held.groupby("role").agg(
        people=("contact_id", "size"), last_two_way_on=("last_two_way_on", "max")
    )
    roles = roles.reindex(account.limit("decision_roles")).rename_axis("role").reset_index()
    since = _today(account) - pd.Timedelta(days=account.limit("threading_days"))
    return roles.assign(
        people=roles["people"].fillna(0).astype("Int64"), is_threaded=roles["last_two_way_on"] >= since
    )


def strength(account: AccountView) -> pd.DataFrame:
    """Return the relation in five figures: measure, value, known_share and a `reading` in words.

    value: share of influence covered, support -1..1, effective contacts (number), roles with two-way
    contact, people inside their interval. A figure that cannot be told is missing, and the reading says why.
    """
    persons, roles, shares = people(account), threading(account), contact_shares(account)
    named = persons[persons["contact_id"].notna()]
    support, unknown = influence_weighted_support(named)
    known = None if unknown is None else 1 - unknown
    hhi, effective = effective_contacts(shares["contacts"])
    heaviest = float(shares["share"].max()) if len(shares) else None
    agreed = named[named["interval_days"].notna()]
    fresh = int(agreed["freshness"].eq("fresh").sum())
    return pd.DataFrame(
        [
            _figure("coverage", influence_coverage(named), n=int(named["influence"].notna().sum())),
            _figure("support", support, known=known),
            _figure("effective", effective, hhi=hhi, share=text.percent(heaviest), n=len(shares)),
            _figure("threads", int(roles["is_threaded"].sum()), n=len(roles)),
            _figure("fresh", fresh if len(agreed) else None, n=len(agreed)),
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


def who_leaves(account: AccountView) -> pd.DataFrame:
    """Return what goes if one person leaves, on either side; the largest loss first.

    Columns contact_id, side, lost_coverage (part of influence coverage that goes with the person: the seat
    remains and the successor is unknown), lost_share (of what we cover today), contact_share (of 12 months'
    two-way contacts), goals (whose only customer owner or sponsor this is).
    """
    persons = people(account).dropna(subset=["contact_id"])
    covered = persons[_covered(persons)].set_index("contact_id")["influence"].astype("float64").fillna(0.0)
    rows = [*_customer_losses(account, persons, covered), *_own_losses(account, persons, covered)]
    columns = ["contact_id", "side", "lost_coverage", "lost_share", "contact_share", "goals"]
    losses = pd.DataFrame(rows, columns=columns)
    matters = losses[["lost_coverage", "contact_share", "goals"]].fillna(0).gt(0).any(axis=1)
    return losses[matters].sort_values(["lost_coverage", "contact_share"], ascending=False, ignore_index=True)


def _customer_losses(
    account: AccountView, persons: pd.DataFrame, covered: pd.Series[float]
) -> list[tuple[object, ...]]:
    shares = contact_shares(account).set_index("contact_id")["share"]
    goals = _open_goals(account)["customer_owner_id"].value_counts()
    rows: list[tuple[object, ...]] = []
    for contact_id in persons["contact_id"]:
        lost = covered.get(contact_id, 0.0)
        figures = _lost(lost, persons, covered)
        rows.append(
            (contact_id, "customer", *figures, shares.get(contact_id, 0.0), int(goals.get(contact_id, 0)))
        )
    return rows


def _own_losses(
    account: AccountView, persons: pd.DataFrame, covered: pd.Series[float]
) -> list[tuple[object, ...]]:
    """A covered customer person is lost with our person when nobody else of ours has a tie to them."""
    ties, goals = links(account), _open_goals(account)["sponsor_id"].value_counts()
    only = ties[~ties["contact_id"].duplicated(keep=False)]
    contacts = max(ties["contacts"].sum(), 1)
    rows: list[tuple[object, ...]] = []
    for person_id in pd.unique(pd.concat([ties["our_person_id"], pd.Series(goals.index, dtype="str")])):
        lost = covered.reindex(only.loc[only["our_person_id"].eq(person_id), "contact_id"]).sum()
        share = ties.loc[ties["our_person_id"].eq(person_id), "contacts"].sum() / contacts
        rows.append((person_id, "ours", *_lost(lost, persons, covered), share, int(goals.get(person_id, 0))))
    return rows


def _lost(lost: float, persons: pd.DataFrame, covered: pd.Series[float]) -> tuple[float | None, float | None]:
    total = float(persons["influence"].sum())
    return (lost / total if total else None), (lost / covered.sum() if covered.sum() else None)


def _open_goals(account: AccountView) -> pd.DataFrame:
    goals = account.goal
    return goals[
        (goals["due_on"].isna() | (goals["due_on"] >= _today(account)))
        & goals["customer_status"].ne("declined")
    ]


def next_introduction(account: AccountView) -> pd.DataFrame:
    """Return whom to meet next, most covered influence per effort first; empty during a public tender (P7).

    One row is one person whom we do not know well: contact_id, gain (of influence coverage), steps (1 we have
    a tie, 2 through somebody we know, 3 the sponsor asks), via_id, our_person_id, gain_per_effort, reading.
    """
    columns = ["contact_id", "gain", "steps", "via_id", "our_person_id", "gain_per_effort", "reading"]
    persons = people(account).dropna(subset=["contact_id"])
    total = float(persons["influence"].sum())
    if silence(account) or not total:
        return pd.DataFrame(columns=columns)
    unmet = persons[~_covered(persons) & persons["influence"].notna()]
    ways = [_way_in(account, person, persons) for _, person in unmet.iterrows()]
    chances = pd.DataFrame(ways, columns=["steps", "via_id", "our_person_id"], index=unmet.index)
    chances["contact_id"], chances["gain"] = unmet["contact_id"], unmet["influence"].astype("float64") / total
    effort = dict(enumerate(account.limit("introduction_effort"), 1))
    chances["gain_per_effort"] = chances["gain"] / chances["steps"].map(effort)
    chances["reading"] = [_introduction(account, chance) for _, chance in chances.iterrows()]
    return chances.sort_values("gain_per_effort", ascending=False, kind="stable", ignore_index=True)[columns]


def _way_in(
    account: AccountView, person: pd.Series, persons: pd.DataFrame
) -> tuple[int, str | None, str | None]:
    ties = links(account)
    own = ties.loc[ties["contact_id"].eq(person["contact_id"]), "our_person_id"]
    if len(own):
        return 1, None, str(own.iloc[0])
    near = persons[_covered(persons) & _is_near(persons, person)]
    through = ties[ties["contact_id"].isin(near["contact_id"])]
    if len(through):
        return 2, str(through["contact_id"].iloc[0]), str(through["our_person_id"].iloc[0])
    sponsors = account.account_plan["sponsor_id"].dropna()
    return 3, None, (str(sponsors.iloc[-1]) if len(sponsors) else None)


def _is_near(persons: pd.DataFrame, person: pd.Series) -> pd.Series[bool]:
    """Chief, subordinate, colleague under the same chief, or somebody of the same unit."""
    chief = persons["contact_id"].eq(person["reports_to"])
    below = persons["reports_to"].eq(person["contact_id"])
    beside = persons["reports_to"].eq(person["reports_to"]) & persons["reports_to"].notna()
    return chief | below | beside | (persons["unit"].eq(person["unit"]) & persons["unit"].notna())


def _introduction(account: AccountView, chance: pd.Series) -> str:
    names = {name: person_name(account, chance[name]) for name in ("contact_id", "via_id", "our_person_id")}
    key = f"introduction.{chance['steps']}" if chance["our_person_id"] else "introduction.nobody"
    return text.t(key, share=text.percent(chance["gain"]), **names)


@once
def due_contacts(account: AccountView) -> pd.DataFrame:
    """Return the people to get in touch with when there is nothing to sell (T7); empty during a tender (P7).

    One row is one person past the agreed interval, or with a role of the decision and never met.
    """
    persons = people(account).dropna(subset=["contact_id"])
    late = persons["freshness"].isin(["ageing", "stale"])
    unmet = persons["freshness"].eq("never") & persons["role"].isin(account.limit("decision_roles"))
    due = persons[late | unmet] if silence(account) is None else persons.head(0)
    columns = ["contact_id", "role", "last_two_way_on", "days", "interval_days", "freshness", "known_by"]
    return due[columns].reset_index(drop=True)


@once
def silence(account: AccountView) -> Finding | None:
    """Return the rule that silences advice on contact: a public buyer's tender is on (P7), else None.

    A tender is on from its event until `ends_on`, or until `account_plan.tender_until`. Only the regime
    `none` lifts an event: while the regime is not stated the careful reading holds. A missing end is open.
    """
    ends = _tender_ends(account)
    if ends.empty:
        return None
    last = pd.NaT if ends.isna().any() else ends.max()
    rule = "tender_open" if pd.isna(last) else "tender_silence"
    return Finding(rule, "warning", {"account": account.name}, {"until": text.day(last)})


def rule_said(finding: Finding) -> str:
    """Return the sentence of a rule without its place, for use within another text."""
    return text.t(f"finding.{finding.rule}", **finding.values)


def _tender_ends(account: AccountView) -> pd.Series[pd.Timestamp]:
    today = _today(account)
    own = account.account[account.account["account_id"].eq(account.account_id)]
    is_private = own["procurement_regime"].eq("none").any()
    tenders = account.event[account.event["kind"].eq("tender") & (account.event["happened_on"] <= today)]
    if is_private:
        tenders = tenders.head(0)
    ends: pd.Series[pd.Timestamp] = pd.concat(
        [tenders["ends_on"], account.account_plan["tender_until"].dropna()]
    )
    return ends.loc[ends.isna() | (ends >= today)]


def person_name(account: AccountView, contact_id: object) -> str:
    """Return the person's name, the title where the name is not known (and said so), a dash for nobody."""
    if text.is_missing(contact_id):
        return text.MISSING
    found = account.contact[account.contact["contact_id"].eq(str(contact_id))]
    if found["name"].notna().any():
        return str(found["name"].dropna().iloc[0])
    titles = found["title"].dropna()
    return (
        text.t("people.title_only", title=titles.iloc[0]) if len(titles) else text.t("people.unknown_person")
    )


def _today(account: AccountView) -> pd.Timestamp:
    return pd.Timestamp(account.as_of)
