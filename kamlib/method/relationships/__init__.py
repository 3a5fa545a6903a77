"""Who the customer's people are, who knows whom, and what the relation loses when somebody leaves.

Any stage may ask here. Unknown is a value of its own, never a zero; what is judged about a person is stated
per matter and dated (P6). During a public tender all advice on contact is silent (P7).
"""

from kamlib.method.relationships.contacts import contact_shares, due_contacts, effective_contacts, links
from kamlib.method.relationships.introductions import next_introduction
from kamlib.method.relationships.leaving import who_leaves
from kamlib.method.relationships.moves import moves
from kamlib.method.relationships.people import Person, contact_state, counted_days, people, person_name
from kamlib.method.relationships.scales import scales
from kamlib.method.relationships.strength import (
    influence_coverage,
    influence_weighted_support,
    map_status,
    strength,
    threading,
)
from kamlib.method.relationships.tender import rule_said, silence
