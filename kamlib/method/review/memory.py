"""What the reviews have taught: which kinds of goals we reach, read before new ones are set (S5.4, D10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kamlib import words
from kamlib.schema import Bundle, result
from kamlib.words import Words


@dataclass(frozen=True)
class HitRate:
    """How the goals of one class have gone: those that ended, those reached, those that still run."""

    goal_class: str
    ended: int
    reached: int
    running: int
    on_track: int
    reading: Words


@result("hit_rate")
def hit_rate(bundle: Bundle, followed: Sequence[Any]) -> Iterable[HitRate]:
    """Return one row per goal class.

    `followed` is goal_setting.progress of one account, or of several one after the other. A goal has ended when its
    day has passed or its target is reached; with fewer than ten ended the goals are counted out, not a percentage.
    """
    for goal_class in sorted({each.goal_class for each in followed}):
        yield _of_class(bundle, goal_class, [each for each in followed if each.goal_class == goal_class])


def _of_class(bundle: Bundle, goal_class: str, goals: Sequence[Any]) -> HitRate:
    reached = [each for each in goals if each.way is not None and each.way >= 1]
    left = [each for each in goals if each not in reached]
    running = [each for each in left if each.due_on is None or each.due_on > bundle.today]
    ended = len(goals) - len(running)
    share = len(reached) / ended if ended else None
    is_small = ended < bundle.limit("small_sample_answers")
    key = "none" if not ended else "small" if is_small else "told"
    told = words.sentence(f"hit_rate.{key}", reached=len(reached), ended=ended, share=words.percent(share))
    on_track = sum(each.state == "on_track" for each in running)
    return HitRate(goal_class, ended, len(reached), len(running), on_track, told)
