"""Goals for the customer and for ourselves (S2.1-S2.6): propose, check, follow, anchor, agree, trace.

`one_page` is all goals with the one next thing for each. `propose` fits the library of typical goals, each with its
KPI card, to the account's own figures; `check` holds goals to SMART field by field; `cards` shows the KPI cards; `progress`
compares the way gone with what the path expects (`readings`: in words); `outlook` says how likely a financial target
is; `anchoring` and `joint` tell who stands behind a goal on each side; `unled` lists goals that nothing drives; `trace`
and `orphans` follow the chain from the customer's goal to our review and list what hangs loose.
"""

from kamlib.method.goal_setting.anchoring import anchoring, ask_state, joint, unled
from kamlib.method.goal_setting.cards import cards, next_reading_on
from kamlib.method.goal_setting.goal_page import figures, one_page, readings
from kamlib.method.goal_setting.library import propose
from kamlib.method.goal_setting.outlook import odds, outlook, outlook_state
from kamlib.method.goal_setting.progress import expected_share, goal_state, is_tolerated, progress, way_gone
from kamlib.method.goal_setting.smart import check
from kamlib.method.goal_setting.tracing import orphans, trace
