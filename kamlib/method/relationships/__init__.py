"""Who the customer's people are, who knows whom, and what the relation loses when somebody leaves.

Any stage may ask here. Unknown is a value of its own, never a zero; what is judged about a person is stated
per matter and dated (P6). During a public tender all advice on contact is silent (P7).
"""

from kamlib.method.relationships.leaving import next_introduction, who_leaves
from kamlib.method.relationships.moves import moves
from kamlib.method.relationships.people import (
    contact_state,
    counted_days,
    people,
    person_name,
)
from kamlib.method.relationships.scales import scales
from kamlib.method.relationships.tender import due_contacts, rule_said, silence
from kamlib.method.relationships.ties import (
    contact_shares,
    effective_contacts,
    influence_coverage,
    influence_weighted_support,
    links,
    map_status,
    strength,
    threading,
)
