"""What every view of a workspace carries as of one day: the day, the months known, the settings, whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from kamlib.schema.settings import load_settings


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """As of one day. `facts_through` is the last complete revenue month; None without revenue."""

    as_of: date
    facts_through: pd.Timestamp | None
    settings: Mapping[str, Any] = field(default_factory=load_settings)
    workspace: str = ""
    is_sample: bool = False
    currency: str = "SEK"
    imported_on: date | None = None

    if TYPE_CHECKING:  # a field of a portfolio, made on demand of an account

        @property
        def tables(self) -> Mapping[str, pd.DataFrame]:
            """Every table as a frame, by name."""

        @property
        def people_named(self) -> Mapping[str, tuple[str | None, str | None]]:
            """Name and title of everybody known, by contact_id."""

        @property
        def customers_named(self) -> Mapping[str, str]:
            """Names of the accounts, by account_id."""

    def __getattr__(self, name: str) -> pd.DataFrame:
        # Reached only when no field has the name; dunder look-ups (copy, pickle) must not recurse.
        if name.startswith("_") or name in ("tables", "rows"):
            raise AttributeError(name)
        try:
            return self.tables[name]
        except KeyError:
            raise AttributeError(f"no table {name!r} in schema.TABLES") from None

    @property
    def year(self) -> int:
        """The fiscal year of the day, named after the calendar year in which it begins."""
        return self.fiscal_year(self.as_of)

    def fiscal_year(self, day: date) -> int:
        """Return the fiscal year of a day, named after the calendar year in which it begins."""
        return day.year - (day.month < int(self.limit("fiscal_year_start_month")))

    @property
    def today(self) -> date:
        """The day as of which everything is told."""
        return self.as_of

    def days_late(self, due_on: date | None, done_on: date | None = None) -> int:
        """Return the days between what was due and what was done, or today while it is not; 0 in time or without a day."""
        return max(((done_on or self.today) - due_on).days, 0) if due_on else 0

    def window(self, months: int = 12, *, back: int = 0) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """First and last month of `months` trailing months, `back` months ago; None without revenue."""
        return None if self.facts_through is None else _trailing(self.facts_through, months, back)

    def months(self, months: int = 12, *, back: int = 0) -> tuple[date, date] | None:
        """As `window`, as the first days of the first and the last month."""
        ends = self.window(months, back=back)
        return None if ends is None else (ends[0].date(), ends[1].date())

    def limit(self, name: str) -> Any:
        """Return the value of one threshold of `settings.yaml`."""
        return self.settings["thresholds"][name]["value"]


@cache
def _trailing(through: pd.Timestamp, months: int, back: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    last = through - pd.DateOffset(months=back)
    return last - pd.DateOffset(months=months - 1), last
