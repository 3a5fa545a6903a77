"""The key account plan (S3.1-S3.8): first one page, then what stands behind it.

`one_page` is the plan as fifteen boxes (P15) and `draft` what the facts alone can put in them. `customer` holds
what we know of the customer, `work` what is planned and waits for what, `promises`, `risks`, `value`, `journey` and
`swot` a register each, `loose_ends` what nothing is done about, `road` what comes in the next months, `stages` how close
we are, `brief` the page before a meeting, `freshness` what has gone stale, is overdue or was copied, `edition` why a
customer's edition is not made.
"""

from kamlib.method.planning.brief import brief
from kamlib.method.planning.customer import (
    insights,
    organisation,
    penetration,
    volume,
    whitespace,
    whitespace_words,
)
from kamlib.method.planning.draft import draft
from kamlib.method.planning.edition import joint_edition_refusal, tender_edition_refusal
from kamlib.method.planning.freshness import clocks, copied_texts, staleness, tailor_made
from kamlib.method.planning.journey import journey
from kamlib.method.planning.loose_ends import loose_ends
from kamlib.method.planning.page import one_page
from kamlib.method.planning.promises import promise_ages, reciprocity
from kamlib.method.planning.risks import risk_level, risks
from kamlib.method.planning.road import road
from kamlib.method.planning.stages import stage_reading, stages
from kamlib.method.planning.swot import swot
from kamlib.method.planning.value import value_headline, value_ledger
from kamlib.method.planning.work import gates, initiatives, steps
