"""Days by the calendar: months that keep to the end of a month, working days."""

from __future__ import annotations

import calendar
from datetime import date

import numpy as np


def months_from(day: date, months: int) -> date:
    """Return the day so many months later (earlier where negative); a day that the month lacks is its last.

    >>> months_from(date(2026, 8, 31), -6)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def working_days_from(day: date, count: int) -> date:
    """Return the day so many working days (Monday to Friday) later.

    >>> working_days_from(date(2026, 10, 2), 5)
    datetime.date(2026, 10, 9)
    """
    moved: date = np.busday_offset(day, count, roll="backward").astype(object)
    return moved
