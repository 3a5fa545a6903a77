"""Does the method hold against what happened afterwards: selection, early signs, expected revenue (P20, method.md 6.8).

`past` is the portfolio as it was known a year before the last complete month: only dated rows, master data without a
date refused (`sources` says which). `back_test` lets a way of selecting choose there and counts the following twelve
months against revenue alone and the best possible; `rank_bands` measures the regression to the mean that flatters or
shames any list; `separation` and `calibration` ask whether early signs came before loss; `expected_revenue` and
`forecast_test` look forward by a stated model. One year of one company is an indication, never a proof, and
invented data is not even that.
"""

from kamlib.method.evidence.outlook import expected_revenue, forecast_test, noise
from kamlib.method.evidence.past import caution, limits, outcomes, past, refusal, sources
from kamlib.method.evidence.selection import back_test, lists, rank_bands, regression, verdict
from kamlib.method.evidence.separation import auc, auc_interval, brier, calibration, early_signs, separation
