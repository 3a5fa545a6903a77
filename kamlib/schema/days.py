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


def notice_day(ends_on: date, months: int) -> date:
    """Return the last day to give notice of an agreement, counted back from its end; the safe day of two that may do.

    >>> notice_day(date(2027, 3, 31), 3), notice_day(date(2026, 12, 31), 3)
    (datetime.date(2026, 12, 31), datetime.date(2026, 9, 30))
    >>> notice_day(date(2027, 4, 30), 6)  # the 31st would do by the letter; nobody should wait for it
    datetime.date(2026, 10, 30)
    """
    return months_from(ends_on, -months)


def working_days_from(day: date, count: int) -> date:
    """Return the day so many working days (Monday to Friday) later, earlier where negative; 0 is the next one from a weekend.

    >>> working_days_from(date(2026, 10, 2), 5), working_days_from(date(2026, 10, 3), -1)
    (datetime.date(2026, 10, 9), datetime.date(2026, 10, 2))
    """
    moved: date = np.busday_offset(day, count, roll="backward" if count > 0 else "forward").astype(object)
    return moved
