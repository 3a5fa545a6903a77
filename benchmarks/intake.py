"""Time and memory of reading and judging revenue files: `python benchmarks/intake.py [ROWS]`.

Figures depend on the machine; those measured last stand in README.md, Speed.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl

from kamlib.data import intake, sources

ACCOUNTS = 20_000
HEADER = ("account_id", "month", "product_group", "revenue", "contribution_margin", "orders")


def peak_gigabytes() -> float:
    """Return the process's peak memory, or NaN where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def invoices(count: int) -> Iterator[tuple[str, str, str, float, float, int]]:
    """Give seeded rows, one per account, month and product group in turn."""
    draw = random.Random(1)  # noqa: S311 - a seeded sample, no secret
    for n in range(count):
        month, amount = n // ACCOUNTS % 48, round(draw.lognormvariate(9, 1), 2)
        day = f"{2023 + month // 12}-{1 + month % 12:02}-01"
        yield f"A-{n % ACCOUNTS}", day, f"G{n // ACCOUNTS // 48}", amount, round(amount * 0.3, 2), n % 9


def write(folder: Path, count: int, *, workbook: bool) -> None:
    """Write accounts and revenue, as Swedish CSV or as a workbook."""
    names = [f"A-{n};Kund {n}" for n in range(ACCOUNTS)]
    (folder / "accounts.csv").write_text("\n".join(["account_id;name", *names]), "utf-8")
    if workbook:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("revenue")
        for row in (HEADER, *invoices(count)):
            sheet.append(row)
        book.save(folder / "revenue.xlsx")
        return
    with (folder / "revenue.csv").open("w", encoding="cp1252") as target:
        target.write(";".join(HEADER) + "\n")
        for row in invoices(count):
            target.write(";".join(str(cell).replace(".", ",") for cell in row) + "\n")


def timed(count: int, *, workbook: bool) -> str:
    """Read and judge once; return one line for the table of figures."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), count, workbook=workbook)
        start = time.perf_counter()
        raw = sources.read(name)
        middle = time.perf_counter()
        tables, findings, _ = intake.judge(raw)
        end = time.perf_counter()
    assert not findings
    assert len(tables["revenue"]) == count
    kind = "xlsx" if workbook else "csv"
    return f"{kind:<5}{count:>10,} rows  read {middle - start:5.1f} s  judged {end - middle:5.1f} s  peak {peak_gigabytes():.2f} GB"


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(timed(wanted, workbook=False))
    print(timed(min(wanted, 50_000), workbook=True))
