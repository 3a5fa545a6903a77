"""The figures: each takes rows that a method has made and says in its title what they show.

A title is chosen by rule from the data, between limits that stand in `settings.yaml` (method.md P21). Without
rows a figure says what to add, and nothing at all to a customer.
"""

from kamlib.show.charts.account import revenue_by_group
from kamlib.show.charts.business import bridge_bars, bridge_floor, revenue_bridge
from kamlib.show.charts.choice import acceptability, account_matrix, contributions, first_tip, sensitivity
from kamlib.show.charts.grids import risk_map, whitespace
from kamlib.show.charts.people import influence_map, organisation
from kamlib.show.charts.plan import journey, roadmap
from kamlib.show.charts.portfolio import concentration, exposure, panels, whale
from kamlib.show.charts.relation import goal_progress, health_trend, promise_ages
from kamlib.show.charts.squad import coverage
