"""The living plan as a dated change list: what people judged, decided and promised over the last year."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from company import HERE, Row, customers, pages, say
from sales import MONTHS, bought_in

sys.path.insert(0, str(HERE.parent))
from kamlib import schema

RATERS = {"kam": "", "service": "S-09", "technology": "S-10", "finance": "S-14"}
FIRST_ROUND, SECOND_ROUND = "2025-10-15", "2025-10-16"
LATE_ROUNDS = {"A-163": ("2026-09-16", "2026-09-17"), "A-094": ("2026-09-16", "2026-09-17")}


@cache
def diary() -> tuple[Row, ...]:
    """Every entry of `texts/plan/*.yaml` in the order in which it was written down, words in both languages."""
    folder = HERE / "texts" / "plan"
    told = [entry for file in sorted(folder.glob("*.yaml")) for entry in _page(file)]
    listed = [entry for file in sorted(folder.glob("*.csv")) for entry in _list(file)]
    entries = [part for entry in (*listed, *told, *_ratings()) for part in _by_own_day(entry)]
    return tuple(sorted(entries, key=lambda entry: (entry["recorded_at"], entry["account_id"])))


def log_rows(lang: str) -> list[Row]:
    """One row: a change of one plan row, in the language; the first change of a row is its insert."""
    seen: set[str] = set()
    rows = []
    for entry in diary():
        for name, fields in entry["rows"].items():
            operation = "retire" if fields is None else "update" if name in seen else "insert"
            seen.add(name)
            rows.append(
                _change(entry, name, operation, _after(fields or {}, operation, lang)) | _words(entry, lang)
            )
    return rows


def write_log(path: Path, lang: str) -> None:
    """Write the change list as JSON, one change a line."""
    lines = (json.dumps(row, ensure_ascii=False, default=str) for row in log_rows(lang))
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8", newline="\n")


def _page(file: Path) -> Iterator[Row]:
    account_id = "" if file.stem == "company" else file.stem
    for number, entry in enumerate(yaml.safe_load(file.read_text("utf-8"))):
        yield _entry(account_id, number, **entry)


def _entry(account_id: str, number: int, day: date, by: str, rows: Row, **more: Any) -> Row:
    written = more.get("written", day)
    return {
        "effective_on": str(day),
        "recorded_at": f"{written}T{8 + number % 9:02d}:{number * 7 % 60:02d}:00+00:00",
        "by": by,
        "session": more.get("session", f"{written} {account_id or 'KAM'}"),
        "reason": more.get("reason", ""),
        "account_id": account_id,
        "rows": rows,
    }


def _list(file: Path) -> Iterator[Row]:
    """One entry per line of a table's list: `day` and `by` say when and by whom, the rest are the row's fields."""
    with file.open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines, delimiter=";"):
            fields = {name: _typed(file.stem, name, value) for name, value in line.items() if value}
            account_id, row_id = fields.pop("account_id", ""), fields.pop("row_id")
            day = date.fromisoformat(fields.pop("day", _PLAN_DAY.get(account_id, "2025-10-22")))
            by = fields.pop("by", KAM_OF.get(account_id, "S-02"))
            reason = fields.pop("why", _born_reason(file.stem, str(day)))
            if file.stem == "review" and "business" not in fields:
                fields |= _counted(account_id, fields["held_on"])
            yield _entry(account_id, 0, day, by, {f"{file.stem} {row_id}": fields}, reason=reason)


def _counted(account_id: str, day: str) -> Row:
    """What a review could read off on its day: sales of twelve months against the twelve before, and promises kept."""
    own = [key for key, each in customers().items() if account_id in (key, each.parent)]
    known = [month for month in MONTHS if month < day[:7]]
    now, before = (
        sum(sum(bought_in(key, span).values()) for key in own) for span in (known[-12:], known[-24:-12])
    )
    due = [row for row in _promises(account_id) if row["due_on"] <= day]
    kept = [row for row in due if row["done_on"] and row["done_on"] <= row["due_on"]]
    return {
        "business": {
            "sv": f"{now / 1e6:.1f} mkr på tolv månader, {(now / before - 1) * 100:+.0f} % mot fg år.".replace(
                ".", ",", 1
            ).replace("-", "\N{MINUS SIGN}"),
            "en": f"{now / 1e6:.1f} MSEK in twelve months, {now / before - 1:+.0%} on the year before.".replace(
                "-", "\N{MINUS SIGN}"
            ),
        },
        "plan": {
            "sv": f"{len(kept)} av {len(due)} åtaganden i tid." if due else "Inga åtaganden förfallna.",
            "en": f"{len(kept)} of {len(due)} commitments on time." if due else "No commitments due.",
        },
    }


@cache
def _promises(account_id: str) -> list[dict[str, str]]:
    with (HERE / "texts" / "plan" / "commitment.csv").open(encoding="utf-8", newline="") as lines:
        return [line for line in csv.DictReader(lines, delimiter=";") if line["account_id"] == account_id]


def _typed(table: str, name: str, value: str) -> Any:
    column = schema.TABLES[table].by_name.get(name)
    return _PARSE.get(column.kind, str)(value) if column else value == "true" if name == "shared" else value


def _by_own_day(entry: Row) -> Iterator[Row]:
    """Split an entry: a row dated after it is written on its own day, and each outcome on the outcome's day."""
    for name, fields in entry["rows"].items():
        if fields is None:
            yield entry | {"rows": {name: None}}
            continue
        born = max([entry["effective_on"], *(str(fields[day]) for day in _BORN if fields.get(day))])
        days = _outcome_days(name.split(" ")[0], fields, born)
        for day in sorted({born, *days.values()}):
            told = {
                key: value for key, value in fields.items() if days.get(key, born) == day and key != "kept_on"
            }
            waiting = _WAITING.get(name.split(" ")[0]) if day == born and "status" in days else None
            rows = {name: told | ({"status": waiting} if waiting else {})}
            yield _moved(entry, day, rows, is_outcome=day > born)


def _outcome_days(table: str, fields: Row, born: str) -> dict[str, str]:
    """Day per field that was written later than the row."""
    return {
        key: str(fields[day])
        for day, keys in _OUTCOME.get(table, {}).items()
        for key in keys
        if key in fields and str(fields.get(day) or "") > born
    }


def _born_reason(table: str, day: str) -> str:
    reasons = pages("reasons")
    return str(reasons["plan"] if day < "2025-11-15" else reasons["born"][table])


def _moved(entry: Row, day: str, rows: Row, *, is_outcome: bool) -> Row:
    """The entry on a later day: of the row's own when it was born then, else of its outcome."""
    if day == entry["effective_on"]:
        return entry | {"rows": rows}
    table = next(iter(rows)).split(" ")[0]
    return entry | {
        "effective_on": day,
        "recorded_at": day + entry["recorded_at"][10:],
        "session": f"{day} {entry['account_id'] or 'KAM'}",
        "reason": pages("reasons")["outcome" if is_outcome else "born"][table],
        "rows": rows,
    }


def _words(entry: Row, lang: str) -> Row:
    return {"reason": say(entry["reason"], lang)}


def _change(entry: Row, name: str, operation: str, after: Row) -> Row:
    table, row_id = name.split(" ")
    kept = {
        column: entry[column]
        for column in ("effective_on", "recorded_at", "by", "session", "reason", "account_id")
    }
    return kept | {"table": table, "row_id": row_id, "operation": operation, "after": after}


def _after(fields: Row, operation: str, lang: str) -> Row:
    told = {name: say(value, lang) for name, value in fields.items() if name != "shared"}
    shared = (
        {"is_shared": bool(fields.get("shared", False))}
        if operation == "insert" or "shared" in fields
        else {}
    )
    return shared | told


def _ratings() -> Iterator[Row]:
    """Two rounds of scores: silent first, then the second after the discussion, with the evidence."""
    with (HERE / "texts" / "assessments.csv").open(encoding="utf-8", newline="") as file:
        judged = list(csv.DictReader(file))
    for account_id in dict.fromkeys(row["account_id"] for row in judged):
        own = [row for row in judged if row["account_id"] == account_id]
        days = LATE_ROUNDS.get(account_id, (FIRST_ROUND, SECOND_ROUND))
        for number, (day, which) in enumerate(zip(days, ("first", "second"), strict=True), 1):
            rows = dict(each for row in own for each in _scores(row, which, number, day))
            yield _entry(
                account_id, number, date.fromisoformat(day), "S-15", rows, session=f"{day} KAM", reason=_ROUND
            )


_PLAN_DAY = {"A-052": "2025-10-14"}
_BORN = ("made_on", "noted_on", "valued_on", "graded_on", "measured_on", "asked_on", "sent_on")
_OUTCOME = {
    "account_plan": {
        "approved_on": ("approved_by", "approved_on"),
        "kept_on": ("next_meeting_on", "next_review_on", "tender_until"),
    },
    "squad_member": {"kept_on": ("hours_spent_quarter",)},
    "goal": {
        "signed_on": ("sponsor_id", "signed_on"),
        "customer_status_on": ("customer_status", "customer_status_on", "customer_said", "ask_again_on"),
        "judged_on": ("judgement", "judged_on", "reason"),
        "estimated_on": ("low", "likely", "high", "estimated_on"),
        "kept_on": ("insight_id", "formula", "frequency", "tolerance", "lead_lag"),
    },
    "commitment": {"done_on": ("done_on",)},
    "meeting": {"held_on": ("held_on",)},
    "initiative": {"done_on": ("done_on", "status")},
    "decision": {"decided_on": ("decided_on", "status")},
}
_WAITING = {"initiative": "ongoing", "decision": "asked"}
_PARSE: dict[str, Callable[[str], Any]] = {
    "money": float,
    "share": float,
    "number": float,
    "integer": int,
    "scale": int,
    "flag": lambda value: value == "true",
}
_ROUND = "Årets segmentering | This year's segmentation"


def _scores(row: Row, which: str, number: int, day: str) -> Iterator[tuple[str, Row]]:
    evidence = {"sv": row["evidence_sv"], "en": row["evidence_en"]}
    for (function, rater), score in zip(RATERS.items(), row[which].split(), strict=True):
        name = f"assessment AS-{row['account_id'][2:]}-{row['criterion']}-{function}-{number}"
        yield (
            name,
            {
                "criterion": row["criterion"],
                "score": int(score),
                "rater_id": rater or KAM_OF[row["account_id"]],
                "function": function,
                "round": number,
                "said_by": row["said_by"],
                "confidence": row["confidence"],
                "evidence": evidence if function == "kam" else "",
                "assessed_on": day,
            },
        )


#: Who judged as KAM; the brewery's KAM was still with us then.
KAM_OF = {
    "A-003": "S-03", "A-005": "S-02", "A-008": "S-04", "A-011": "S-03", "A-017": "S-04", "A-021": "S-05",
    "A-026": "S-05", "A-029": "S-04", "A-034": "S-06", "A-041": "S-06", "A-046": "S-04", "A-052": "S-08",
    "A-088": "S-02", "A-070": "S-03", "A-094": "S-05", "A-101": "S-04", "A-163": "S-04",
}  # fmt: skip
