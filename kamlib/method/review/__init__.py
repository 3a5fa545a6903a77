"""Step 5: follow up every month, review every quarter, tell it, and let four reviews become next year's plan.

`follow_up` is the monthly page; `compare` reads the log since the last review; `questions` answers S5.3 from the
data; `agenda` holds the two meetings of P1; `communication` the notes afterwards; `next_year` the draft.
"""

from kamlib.method.review.champion import champion_pack
from kamlib.method.review.changes import compare, tally
from kamlib.method.review.memory import hit_rate
from kamlib.method.review.month import follow_up, summary
from kamlib.method.review.notes import communication
from kamlib.method.review.opening import figures, sentences, sources
from kamlib.method.review.quarter import Item, agenda, decisions, held, questions
from kamlib.method.review.year import goal_verdict, ground, next_year
