"""KPI formulas: how success is measured (Q4, method.md 6.7-6.9 as corrected by P8, P11, P13 and P14).

Of one account: rows and answers in which None is what is not known, never zero; over all accounts: frames. A period is the
trailing twelve months (R12) up to the last complete revenue month. Shares are 0..1, money in the workspace's
currency, scores 0..100.
"""

from kamlib.method.measures.agreements import agreements
from kamlib.method.measures.board import exposures, loss_range, shared_causes
from kamlib.method.measures.figures import figure, named
from kamlib.method.measures.forecasts import (
    YearOutlook,
    budget_gap,
    ends_year,
    forecast_errors,
    forecast_summary,
    year_outlook,
)
from kamlib.method.measures.health import (
    band,
    health,
    health_exceptions,
    health_parts,
    health_total,
    health_trend,
    weighted,
)
from kamlib.method.measures.library import library
from kamlib.method.measures.loyalty import (
    ListGrowth,
    customers_counted,
    key_account_growth,
    key_accounts,
    key_views,
    repurchase,
    retention,
    retention_shares,
)
from kamlib.method.measures.money import (
    at_stake,
    bridge,
    customer_profit,
    exposure,
    growth,
    growth_word,
    growth_words,
    lifetime,
    lifetime_value,
    sales,
    sales_by_group,
    service_costs,
    trend,
)
from kamlib.method.measures.periods import within
from kamlib.method.measures.promises import (
    Promise,
    commitments,
    delivery_precision,
    plan_updated_on,
    precision,
    project_completion,
    projects,
    promises,
)
from kamlib.method.measures.squad import KamHours, hours, initiative_hours, is_small_squad, squad, squad_gaps
from kamlib.method.measures.success import success
from kamlib.method.measures.voices import answers, nps, promoter_score, satisfaction
from kamlib.method.measures.wallet import estimate, wallet_high, wallet_share, year_of_sales
from kamlib.method.units import groups_of
