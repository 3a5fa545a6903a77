"""The rules of the choice as tables: gate, verdict, outcome, quadrant. Every combination has exactly one answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamlib.schema import Portfolio

GATES = ("passed", "conditional", "failed", "not_asked")
VERDICTS = ("robust_in", "contested", "robust_out", "not_compared")

#: gate -> where it stands -> (what is proposed, why), below the limit of exposure (P3, P4).
_OUTCOMES: dict[str, dict[str, tuple[str, str]]] = {
    "passed": {
        "in": ("grow", "chosen"),
        "near": ("develop", "nearly_chosen"),
        "out": ("watch", "others_stronger"),
    },
    "conditional": {
        "in": ("develop", "conditional_in"),
        "near": ("develop", "conditional_near"),
        "out": ("watch", "conditional_out"),
    },
    "failed": dict.fromkeys(("in", "near", "out"), ("not_now", "gate_failed")),
    "not_asked": {
        "in": ("develop", "ask_in"),
        "near": ("watch", "ask_near"),
        "out": ("not_now", "not_asked"),
    },
}


def outcome(
    gate: str, verdict: str, *, has_place: bool, is_exposed: bool, is_promising: bool = False
) -> tuple[str, str]:
    """Return what is proposed (grow, defend, develop, watch, not_now) and the rule that says so (P3, P4).

    `is_promising`: not compared, but what is known of it is as good as the last chosen one's score.
    """
    if is_exposed:
        return "defend", f"exposed_{'in' if has_place and gate != 'failed' else 'out'}"
    is_near = verdict in ("contested", "robust_in") or (verdict == "not_compared" and is_promising)
    return _OUTCOMES[gate]["in" if has_place else "near" if is_near else "out"]


def gates(willingness: pd.Series, written_no: pd.Series, portfolio: Portfolio) -> np.ndarray:
    """Return the gate of each score of willingness (P4): a written no fails whatever our own median says."""
    score = willingness.astype(float)
    fail, passes = portfolio.limit("gate_fail_score"), portfolio.limit("gate_pass_score")
    return np.select(
        [written_no | (score <= fail), score.isna(), score < passes],
        ["failed", "not_asked", "conditional"],
        "passed",
    )


def verdicts(acceptability: pd.Series, portfolio: Portfolio) -> np.ndarray:
    """Return how the choice holds over all reasonable weights: klar, gränsfall, utanför (6.3, P9)."""
    sure, out = portfolio.limit("robust_in_share"), portfolio.limit("robust_out_share")
    share = acceptability.round(6)
    return np.select(
        [share.isna(), share >= sure, share <= out], ["not_compared", "robust_in", "robust_out"], "contested"
    )


#: (attractive, strong) -> quadrant; high strength stands to the right, the book's convention is left (P18).
_QUADRANTS = {
    (True, True): "strategic",
    (True, False): "star",
    (False, True): "status",
    (False, False): "streamline",
}


def quadrant(attractiveness: Any, position: Any, cut: float) -> str:
    """Return the field of the matrix; empty where either axis is not known."""
    if np.isnan(attractiveness) or np.isnan(position):
        return ""
    return _QUADRANTS[attractiveness >= cut, position >= cut]
