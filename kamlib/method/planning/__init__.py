"""The key account plan (S3.1-S3.8): first one page, then what stands behind it.

`one_page` is the plan as fifteen boxes (P15) and `draft` what the facts alone can put in them. `customer` holds
what we know of the customer, `work` what is planned, promised, risked and worth, `road` what comes in the next
months, `joint` what waits for what, the promises both ways, the journey and SWOT, `stages` how close we are, `brief`
the page before a meeting, `alive` what has gone stale, what is overdue and what was copied.
"""

from kamlib.method.planning.alive import (
    clocks,
    copied_texts,
    joint_edition_refusal,
    staleness,
    tailor_made,
    tender_edition_refusal,
)
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
from kamlib.method.planning.joint import gates, journey, loose_ends, promise_ages, reciprocity, swot
from kamlib.method.planning.page import one_page
from kamlib.method.planning.road import road
from kamlib.method.planning.stages import stage_reading, stages
from kamlib.method.planning.work import (
    initiatives,
    risk_level,
    risks,
    steps,
    value_headline,
    value_ledger,
)
