"""Goals for the customer and for ourselves (S2.1-S2.6): propose, check, follow, anchor, agree.

`propose` fits the library of typical goals to the account's own figures; `check` holds goals to SMART field by
field; `progress` compares the way gone with what the path expects; `anchoring` and `joint` tell who stands
behind a goal on each side; `unled` lists goals that nothing drives.
"""

from kamlib.method.goal_setting.anchoring import anchoring, ask_state, joint, unled
from kamlib.method.goal_setting.library import propose
from kamlib.method.goal_setting.progress import goal_state, progress, way_gone
from kamlib.method.goal_setting.smart import best_change, check

__all__ = [
    "anchoring",
    "ask_state",
    "best_change",
    "check",
    "goal_state",
    "joint",
    "progress",
    "propose",
    "unled",
    "way_gone",
]
