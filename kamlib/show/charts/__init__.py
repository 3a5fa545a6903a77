"""The figures: each takes rows that a method has made and says in its title what they show.

A title is chosen by rule from the data, between limits that stand in `settings.yaml` (method.md P21). Without
rows a figure says what to add, and nothing at all to a customer.
"""

from kamlib.show.charts.account import (
    goal_progress,
    health,
    influence_map,
    revenue_by_group,
    revenue_trend,
)
from kamlib.show.charts.choice import acceptability, account_matrix, contributions, sensitivity
from kamlib.show.charts.portfolio import concentration, exposure, panels, portfolio_growth, whale
from kamlib.show.charts.squad import coverage

__all__ = [
    "acceptability",
    "account_matrix",
    "concentration",
    "contributions",
    "coverage",
    "exposure",
    "goal_progress",
    "health",
    "influence_map",
    "panels",
    "portfolio_growth",
    "revenue_by_group",
    "revenue_trend",
    "sensitivity",
    "whale",
]
