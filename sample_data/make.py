"""Write the sample company: CSV files and the plan's change list, in Swedish and in English.

`python sample_data/make.py` writes sample_data/sv and sample_data/en; the same run gives the same bytes.
`--out DIR` writes elsewhere, `--dictionary` writes DATA_DICTIONARY.md from the schema.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import company
import dictionary
import facts
import plan
import sales


def write(folder: Path, lang: str) -> None:
    """Write every file of one language."""
    tables = {
        "accounts": company.account_rows(lang),
        "revenue": sales.revenue_rows(lang),
        "contacts": company.contact_rows(lang),
        "budgets": sales.budget_rows(),
        "touchpoints": facts.touchpoint_rows(lang),
        "opportunities": facts.opportunity_rows(lang),
        "projects": facts.project_rows(lang),
        "feedback": facts.feedback_rows(lang),
        "cases": facts.case_rows(lang),
        "service_costs": facts.service_cost_rows(),
        "deliveries": facts.delivery_rows(),
        "agreements": facts.agreement_rows(),
    }
    for name, rows in tables.items():
        company.write_csv(folder / f"{name}.csv", rows)
    plan.write_log(folder / "plan_log.json", lang)


def main() -> None:
    """Read the arguments and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=company.HERE)
    parser.add_argument("--dictionary", action="store_true")
    chosen = parser.parse_args()
    if chosen.dictionary:
        dictionary.write()
        return
    for lang in company.LANGUAGES:
        write(chosen.out / lang, lang)


if __name__ == "__main__":
    main()
