"""Step 1, segment: which few customers are key accounts, why, and how surely (S1.1-S1.6).

`choose` makes the choice under some weights; the other functions look at it from one side each. Five lenses stand
beside each other and are never summed silently (P3): attractiveness (strategic importance), partnership (willingness: a gate, and a
criterion above it), complexity (the need of a coordinated team; its cost stands beside), exposure (what is lost
with the customer; never a merit) and our position (the matrix's other axis).
"""

from kamlib.method.segmentation.capacity import capacity
from kamlib.method.segmentation.choice import Choice, as_opened, assign, choose
from kamlib.method.segmentation.raters import Disagreement, agreement, criteria_correlation, disagreements
from kamlib.method.segmentation.rules import GATES, VERDICTS, outcome, quadrant
from kamlib.method.segmentation.scores import judged_scores, open_spend, ratings, scores
from kamlib.method.segmentation.sensitivity import sensitivity
from kamlib.method.segmentation.views import (
    anchors,
    changes,
    contested,
    decided,
    figures,
    findings,
    headline,
    lenses,
    moves,
    points,
    robustness,
    shortlist,
    side_by_side,
    sources,
    standings,
    swap,
)
from kamlib.method.segmentation.weights import (
    group_weights,
    in_words,
    individual_weights,
    points_in_force,
    shares,
    weighing,
    weights_in_force,
)
